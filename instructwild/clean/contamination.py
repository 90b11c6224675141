"""Contamination: rows that hold a question of an evaluation set, so that a score on it would measure memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import ClassVar, NamedTuple

import polars as pl

from instructwild.clean.particular import particular
from instructwild.clean.rows import opened, request_texts, turns
from instructwild.clean.step import Verdicts, drops
from instructwild.read.instructions import read
from instructwild.schema.verdict import Reason

RUN, SHORT_RUN = 4, 3
"""Tokens in a row that count as taken over, and that do so beside such a run: around a word that was left out."""
SHORTEST = 8
"""Tokens of a question that is looked for within other texts; a shorter one is compared with prompts only."""
ENOUGH_PARTICULAR = 7
"""Particular tokens that tell a question by themselves; of one with fewer its other tokens count too."""
FOUND = pl.Schema({"at": pl.UInt32, "target": pl.UInt32, "shared": pl.String, "covered": pl.Float64, "f": pl.Float64})


class Question(NamedTuple):
    """The tokens of an evaluation prompt, which of them are particular to it, and which have to be covered."""

    words: list[str]
    particular: list[bool]
    counted: list[bool]


@dataclass(frozen=True)
class Contamination:
    """Drop rows one of whose turns holds a question of an evaluation set, or whose prompt asks the same.

    All turns count, those of the system (whose examples may be such questions), thoughts and calls of tools included.

    A turn holds a question where both have a run of four tokens, and runs of at least three cover the share `coverage` of
    the question's particular words: phrases such as "read the text and answer" or 下列说法正确的是 do not count. Where a
    question has fewer than seven particular tokens, they cover that share of all its tokens: who names 操作系统 does not ask
    下列不属于操作系统的是.

    Attributes:
        against: stage folders or files with the evaluation prompts.
        coverage: share of a question's particular words.
        threshold: a prompt asks the same where F is above it and the two ask for the same.
        digests: what they held, by content: part of what determines the result.
    """

    name: ClassVar[str] = "contamination"

    against: Sequence[str] = field(default=(), metadata={"config": False})
    coverage: float = 0.8
    threshold: float = 0.7
    digests: tuple[str, ...] = field(default=(), init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "digests", tuple(record.sha256 for record in read(self.against).inputs))

    def verdicts(self, rows: pl.DataFrame) -> Verdicts:
        """Drop a contaminated row; the evidence names the evaluation prompt, and the words or the F they share."""
        targets = _targets(tuple(self.against), self.digests)
        within, near = self._within(rows, targets), self._near(rows, targets)
        hits = pl.concat([within, near.join(within, on="at", how="anti")]).sort("at")
        named = hits.join(targets.select("id", "prompt", target="at"), on="target", how="left", maintain_order="left")
        lost = drops(named, Reason.CONTAMINATED, target=pl.col("id"), prompt=pl.col("prompt").str.head(300),
                     shared=pl.col("shared"), covered=pl.col("covered"), f=pl.col("f"))
        return Verdicts(rows, lost, {"targets": targets.height, "within": within.height,
                                    "near": hits.height - within.height})

    def _within(self, rows: pl.DataFrame, targets: pl.DataFrame) -> pl.DataFrame:
        """Rows a turn of which holds a question: for each the one that it covers most."""
        questions = _questions(targets)
        anchors: dict[str, list[int]] = {}
        for at, question in questions.items():
            for begin in range(len(question.words) - RUN + 1):
                if any(question.particular[begin:begin + RUN]):
                    anchors.setdefault(f" {' '.join(question.words[begin:begin + RUN])} ", []).append(at)
        if not anchors:
            return pl.DataFrame(schema=FOUND)
        spoken_turns = turns(rows).select("at", text=spaced(
            pl.concat_str("content", "reasoning_content", "tool_calls", separator="\n", ignore_nulls=True)))
        matched = spoken_turns.with_columns(runs=pl.col("text").str.extract_many(list(anchors), overlapping=True)).filter(
            pl.col("runs").list.len() > 0)
        best: dict[int, tuple[float, int, str]] = {}
        for at, text, runs in matched.select("at", "text", "runs").iter_rows():
            words = text.split()
            held = {tuple(words[begin:begin + SHORT_RUN]) for begin in range(len(words) - SHORT_RUN + 1)}
            for target in sorted({target for run in runs for target in anchors[run]}):
                covered, shared = _covered(questions[target], held)
                if covered >= self.coverage and covered > best.get(at, (0.0, 0, ""))[0]:
                    best[at] = (covered, target, shared)
        listed = sorted(best)
        return pl.DataFrame({"at": listed, "target": [best[at][1] for at in listed],
                             "shared": [best[at][2] for at in listed],
                             "covered": [round(best[at][0], 4) for at in listed], "f": [None] * len(listed)}, schema=FOUND)

    def _near(self, rows: pl.DataFrame, targets: pl.DataFrame) -> pl.DataFrame:
        """Rows whose prompt is near a question and asks for the same."""
        from instructwild.clean.near import RequestIndex

        index = RequestIndex(self.threshold)
        for text in request_texts(targets):
            index.keep(text)
        hits = [(at, match) for at, text in zip(rows["at"], request_texts(rows), strict=True)
                if (match := index.find(text)) is not None]
        return pl.DataFrame({"at": [at for at, _ in hits], "target": [targets["at"][match.index] for _, match in hits],
                             "shared": [None] * len(hits), "covered": [None] * len(hits),
                             "f": [round(float(match), 4) for _, match in hits]}, schema=FOUND)


@lru_cache(maxsize=1)
def _targets(against: tuple[str, ...], digests: tuple[str, ...]) -> pl.DataFrame:
    """The evaluation prompts, read once a process while they hold the same."""
    return opened(read(against).frame)


def _questions(targets: pl.DataFrame) -> dict[int, Question]:
    """Each question that is long enough."""
    from instructwild.clean.near import tokens

    listed = ((at, tokens(text)) for at, text in zip(targets["at"], request_texts(targets), strict=True))
    marked = ((at, words, particular(words)) for at, words in listed if len(words) >= SHORTEST)
    return {at: Question(words, marks, marks if sum(marks) >= ENOUGH_PARTICULAR else [True] * len(words))
            for at, words, marks in marked if any(marks)}


def _covered(question: Question, held: set[tuple[str, ...]]) -> tuple[float, str]:
    """The share of the words that count which runs of another text cover, and the longest stretch of such runs."""
    words, _, counted = question
    taken = [False] * len(words)
    for begin in range(len(words) - SHORT_RUN + 1):
        if tuple(words[begin:begin + SHORT_RUN]) in held:
            taken[begin:begin + SHORT_RUN] = [True] * SHORT_RUN
    longest, begin = "", 0
    for end in range(len(words) + 1):
        if end == len(words) or not taken[end]:
            longest = max(longest, " ".join(words[begin:end]), key=len)
            begin = end + 1
    return sum(map(bool.__and__, taken, counted)) / sum(counted), longest


def spaced(texts: pl.Expr) -> pl.Expr:
    """The tokens of each text with one space before, between and after them."""
    from instructwild.clean.near import tokens

    return texts.map_batches(lambda column: pl.Series([f" {' '.join(tokens(text))} " for text in column], dtype=pl.String),
                             return_dtype=pl.String)
