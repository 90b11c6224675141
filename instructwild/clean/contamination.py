"""Contamination: rows that an evaluation set holds already, so that a score on it would measure memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import ClassVar

import polars as pl

from instructwild.clean.rows import opened
from instructwild.clean.step import Verdicts, drops
from instructwild.read import read
from instructwild.schema.verdict import Reason

NGRAM = 13


@dataclass(frozen=True)
class Contamination:
    """Drop rows that share 13 tokens in a row with a prompt of an evaluation set (Brown et al. 2020, appendix C), or that
    are near-duplicates of one.

    Attributes:
        against: stage folders or files with the evaluation prompts.
        digests: what they held, by content: part of what determines the result.
    """

    name: ClassVar[str] = "contamination"

    against: Sequence[str] = field(default=(), metadata={"config": False})
    ngram: int = NGRAM
    threshold: float = 0.7
    digests: tuple[str, ...] = field(default=(), init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "digests", tuple(record.sha256 for record in read(self.against).inputs))

    def verdicts(self, rows: pl.DataFrame) -> Verdicts:
        """Drop a contaminated row; the evidence names the evaluation prompt, and the words or the F they share."""
        targets = opened(read(self.against).frame)
        shared, near = self._shared(rows, targets), self._near(rows, targets)
        found = pl.concat([shared, near.join(shared, on="at", how="anti")]).sort("at")
        told = found.join(targets.select("id", "prompt", target="at"), on="target", how="left", maintain_order="left")
        lost = drops(told, Reason.CONTAMINATED, target=pl.col("id"), prompt=pl.col("prompt").str.head(300),
                     shared=pl.col("shared"), f=pl.col("f"))
        notes = {"targets": targets.height, "ngram": shared.height, "near": found.height - shared.height}
        return Verdicts(rows, lost, notes)

    def _shared(self, rows: pl.DataFrame, targets: pl.DataFrame) -> pl.DataFrame:
        grams: dict[str, int] = {}
        for at, words in zip(targets["at"], map(str.split, spaced(targets["prompt"])), strict=True):
            for place in range(len(words) - self.ngram + 1):
                grams.setdefault(f" {' '.join(words[place:place + self.ngram])} ", at)
        found = spaced(rows["prompt"]).str.extract_many(list(grams)).list.first() if grams else pl.lit(None, pl.String)
        seen = rows.select("at", gram=found).drop_nulls()
        return seen.select("at", target=pl.Series([grams[gram] for gram in seen["gram"]], dtype=pl.UInt32),
                           shared=pl.col("gram").str.strip_chars(), f=pl.lit(None, pl.Float64))

    def _near(self, rows: pl.DataFrame, targets: pl.DataFrame) -> pl.DataFrame:
        """Rows that resemble a target. Targets come first, so that rows are judged by them before any other row; targets
        that resemble one another take turns.
        """
        from instructwild.clean.near import near_duplicate_matches

        limit, texts, found = Fraction(str(self.threshold)), rows["prompt"].to_list(), {}
        left = targets.select("at", "prompt")
        while left.height:
            matches = near_duplicate_matches([*left["prompt"], *texts], limit).matches
            for row, match in enumerate(matches[left.height:]):
                if match is not None and match.index < left.height:
                    found.setdefault(row, (left["at"][match.index], round(float(match), 4)))
            left = left.filter(pl.Series([match is not None for match in matches[:left.height]]))
        places = sorted(found)
        return pl.DataFrame({"at": rows["at"][places], "target": [found[row][0] for row in places], "shared": None,
                             "f": [found[row][1] for row in places]},
                            schema={"at": pl.UInt32, "target": pl.UInt32, "shared": pl.String, "f": pl.Float64})


def spaced(texts: pl.Series) -> pl.Series:
    """The tokens of each text with one space before, between and after them."""
    from instructwild.clean.near import tokens

    return pl.Series([f" {' '.join(tokens(text))} " for text in texts], dtype=pl.String)
