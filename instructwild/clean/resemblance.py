"""Near-duplicates: prompts that say the same in almost the same words, by the exact definition of `clean.near`."""

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar

import polars as pl

from instructwild.clean.step import Verdicts, drops
from instructwild.schema.verdict import Reason

if TYPE_CHECKING:
    from instructwild.clean.near import Match, NearDuplicates

SHOWN = 10
DECIDED_ANEW = 50_000
"""Rows that other thresholds are tried on: each takes about as long as the step itself."""


@dataclass(frozen=True)
class Near:
    """Drop a row whose tokens resemble those of an earlier kept row: ROUGE-L F above the threshold.

    Attributes:
        threshold: between 0 and 1.
        guard: keep rows that share a template and differ in informative words.
    """

    name: ClassVar[str] = "near"

    threshold: float = 0.7
    guard: bool = False

    def verdicts(self, rows: pl.DataFrame) -> Verdicts:
        """Drop a near-duplicate; the evidence names the earliest kept row it resembles, and their F."""
        from instructwild.clean.near import near_duplicate_matches

        limit, texts = Fraction(str(self.threshold)), rows["prompt"].to_list()
        plain = near_duplicate_matches(texts, limit)
        matches, notes = plain.matches, _close_look(plain, texts)
        if self.guard:
            from instructwild.clean.guard import guarded

            matches = guarded(texts, matches, limit)
            notes["kept_by_guard"] = plain.dropped - sum(match is not None for match in matches)
        found = [(place, match) for place, match in enumerate(matches) if match is not None]
        lost = rows[[place for place, _ in found]].select("at").with_columns(
            rows[[match.index for _, match in found]]["id"].alias("twin"),
            pl.Series("f", [round(float(match), 4) for _, match in found], dtype=pl.Float64))
        return Verdicts(rows, drops(lost, Reason.NEAR_DUPLICATE, twin=pl.col("twin"), f=pl.col("f")), notes)


def _close_look(found: "NearDuplicates", texts: list[str]) -> dict[str, Any]:
    """The pairs closest to the threshold on either side, of all rows; what other thresholds would drop of the first ones."""
    from instructwild.clean.near import near_duplicate_matches

    def shown(listed: "list[tuple[int, Match]]") -> list[dict[str, Any]]:
        return [{"f": round(float(match), 4), "left": texts[match.index], "right": texts[row]} for row, match in listed]

    first = found if len(texts) <= DECIDED_ANEW else near_duplicate_matches(texts[:DECIDED_ANEW], found.threshold)
    return {"threshold": float(found.threshold), "decided_anew": min(len(texts), DECIDED_ANEW),
            "dropped_at": {str(float(at)): count for at, count in first.dropped_at().items()},
            "just_dropped": shown(found.just_dropped(SHOWN)), "just_kept": shown(found.just_kept(SHOWN))}
