"""Near-duplicates: prompts that say the same in almost the same words, by the exact definition of `clean.near`."""

from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

import polars as pl

from instructwild.clean.step import Verdicts, drops
from instructwild.schema.verdict import Reason


@dataclass(frozen=True)
class Near:
    """Drop a row whose tokens resemble those of an earlier kept row: ROUGE-L F above the threshold."""

    name: ClassVar[str] = "near"

    threshold: float = 0.7

    def verdicts(self, rows: pl.DataFrame) -> Verdicts:
        """Drop a near-duplicate; the evidence names the earliest kept row it resembles, and their F."""
        from instructwild.clean.near import near_duplicates

        texts = rows["prompt"].to_list()
        found = near_duplicates(texts, Fraction(str(self.threshold)))
        places = [(place, twin) for place, twin in enumerate(found) if twin is not None]
        resembled = [resemblance(texts[place], texts[twin]) for place, twin in places]
        lost = rows[[place for place, _ in places]].select("at").with_columns(
            rows[[twin for _, twin in places]]["id"].alias("twin"),
            pl.Series("f", [round(f, 4) for f in resembled], dtype=pl.Float64))
        return Verdicts(rows, drops(lost, Reason.NEAR_DUPLICATE, twin=pl.col("twin"), f=pl.col("f")))


def resemblance(a: str, b: str) -> float:
    """F = 2L / (m + n) of two texts, L the length of their longest common subsequence of tokens."""
    from rapidfuzz.distance import Indel

    from instructwild.clean.near import tokens

    return Indel.normalized_similarity(tokens(a), tokens(b))
