"""People's votes between two answers, kept as a ranking stage that `convert`, `merge` and `train reward` read.

The stage is whole after every vote: `data.parquet` is read, the vote is put in, and the folder is written anew, the manifest
last. Nothing else remembers a vote, so that what is forgotten there is forgotten.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from instructwild import stage
from instructwild.errors import OutputError
from instructwild.privacy.people import person
from instructwild.schema import Candidate, Message, Ranking, RankingRow, content_id, response_id
from instructwild.stage.frames import ranking_frame, rankings
from instructwild.stage.manifest import FileRecord, read_manifest
from instructwild.text.language import language_of
from instructwild.text.quantity import quantity

if TYPE_CHECKING:
    from instructwild.report.page import Page

STAGE, LOCK = "votes", "votes.lock"


class VoteVerdict(StrEnum):
    """What a person says about two answers."""

    LEFT = "left"
    RIGHT = "right"
    TIE = "tie"
    BOTH_BAD = "both_bad"


COUNTED = ("better", "worse", "tie", "both_bad")
RANKS = {VoteVerdict.LEFT: (1, 2), VoteVerdict.RIGHT: (2, 1), VoteVerdict.TIE: (1, 1), VoteVerdict.BOTH_BAD: (1, 1)}


@dataclass
class Votes:
    """The folder that votes are kept in.

    Args:
        folder: a stage folder of votes, or none yet.
        inputs: the models that answer, as the manifest names them.

    Raises:
        OutputError: the folder holds something else, or cannot be written.
    """

    folder: Path
    inputs: list[FileRecord] = field(default_factory=list)

    def __post_init__(self) -> None:
        with self._locked():
            self._write(self._rows())

    def keep(self, messages: Sequence[Message], answers: Sequence[tuple[str, str]], verdict: VoteVerdict, voter: str,
             seconds: float | None = None) -> str:
        """Keep one vote, and give the id of its row; who votes again on the same two answers changes the vote.

        "Both bad" is a tie that is discarded: neither answer is one to learn from.

        Args:
            messages: the conversation up to the question.
            answers: model and text, left and right as they were shown.
            verdict: which is better.
            voter: who votes; kept as a salted hash.
            seconds: how long it took.
        """
        turns = [message.turn for message in messages]
        candidates = tuple(Candidate(id=f"{response_id([*turns, ('assistant', text)])}-{n}", text=text, model=model)
                           for n, (model, text) in enumerate(sorted(answers)))
        ranks = dict(zip(answers, RANKS[verdict], strict=True))
        ranking = Ranking(annotator=person(voter), ranks=tuple(ranks[answer] for answer in sorted(answers)), seconds=seconds,
                          status="discarded" if verdict is VoteVerdict.BOTH_BAD else "submitted")
        row = RankingRow(id=content_id(turns), messages=tuple(messages), candidates=candidates,
                         language=language_of(messages[-1].content))
        with self._locked():
            rows = self._rows()
            index = next((i for i, old in enumerate(rows) if old.id == row.id and old.messages == row.messages
                          and old.candidates == row.candidates), len(rows))
            earlier = rows[index].rankings if index < len(rows) else ()
            others = tuple(item for item in earlier if item.annotator != ranking.annotator)
            self._write([*rows[:index], row.model_copy(update={"rankings": (*others, ranking)}), *rows[index + 1:]])
        return row.id

    def rows(self) -> list[RankingRow]:
        """All votes so far."""
        return list(rankings(stage.load(self.folder).frame()))

    def _rows(self) -> list[RankingRow]:
        if stage.is_stage(self.folder):
            result = read_manifest(self.folder)
            if result.stage != STAGE:
                raise OutputError(f"holds a {result.stage} stage, not votes", where=str(self.folder),
                                  remedy="choose another --votes")
            known = {record.sha256 for record in self.inputs}
            self.inputs = [*(record for record in result.inputs if record.sha256 not in known), *self.inputs]
            return self.rows()
        if any(path.name != LOCK for path in self.folder.iterdir()):
            raise OutputError("holds files that are no votes", where=str(self.folder), remedy="choose another --votes")
        return []

    def _write(self, rows: Sequence[RankingRow]) -> None:
        run = stage.Run(self.folder, STAGE, {}, self.inputs)
        run.finish(data=ranking_frame(rows), report=_page(rows), metrics=wins(rows))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        from filelock import FileLock

        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self.folder / LOCK):
                yield
        except OSError as error:
            if isinstance(error, OutputError):
                raise
            raise OutputError(f"cannot be written ({error.strerror or error})", where=str(self.folder),
                              remedy="check the path, its permissions and the free space") from None


def wins(rows: Sequence[RankingRow]) -> dict[str, dict[str, int]]:
    """For each model how often its answer was better, worse, as good, or bad as the other was."""
    lines: dict[str, dict[str, int]] = {}
    for row in rows:
        for ranking in row.rankings:
            for index, candidate in enumerate(row.candidates):
                counts = lines.setdefault(candidate.model or "?", dict.fromkeys(COUNTED, 0))
                if ranking.status == "discarded":
                    counts["both_bad"] += 1
                elif len(set(ranking.ranks)) == 1:
                    counts["tie"] += 1
                else:
                    counts["better" if ranking.ranks[index] == 1 else "worse"] += 1
    return lines


def _page(rows: Sequence[RankingRow]) -> "Page":
    from instructwild.report.page import Page, Sample, Samples, Table

    votes = sum(len(row.rankings) for row in rows)
    page = Page(title="Votes", lead=f"{quantity(votes, 'vote')} on {quantity(len(rows), 'pair')} of answers.")
    page.add("Whose answer was better", Table(["model", *(word.replace("_", " ") for word in COUNTED)],
                                              [[model, *counts.values()] for model, counts in wins(rows).items()]))
    page.add("The latest", Samples([Sample(row.messages[-1].content, language=row.language,
                                           replies=tuple((candidate.model or "", candidate.text)
                                                         for candidate in row.candidates)) for row in rows[-20:][::-1]]))
    return page
