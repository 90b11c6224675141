"""Near-duplicates: prompts that say the same in almost the same words, by the exact definition of `clean.near`."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

import polars as pl

from instructwild.clean.step import Verdicts, drops
from instructwild.schema.verdict import Reason

SHOWN = 10
CLOSE_LOOK = 20_000
"""Rows that the closer look of the report is taken at: other thresholds, and the pairs nearest to this one."""


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
        matches = near_duplicate_matches(texts, limit).matches
        notes: dict[str, Any] = {}
        if self.guard:
            from instructwild.clean.guard import guarded

            plain, matches = matches, guarded(texts, matches, limit)
            notes["kept_by_guard"] = sum(match is not None for match in plain) - sum(match is not None for match in matches)
        found = [(place, match) for place, match in enumerate(matches) if match is not None]
        twins = Counter(match.index for _, match in found)
        lost = rows[[place for place, _ in found]].select("at").with_columns(
            rows[[match.index for _, match in found]]["id"].alias("twin"),
            pl.Series("f", [round(float(match.f), 4) for _, match in found], dtype=pl.Float64))
        notes |= _close_look(texts[:CLOSE_LOOK], limit)
        notes["most_absorbing"] = [{"text": texts[place], "id": rows["id"][place], "absorbed": count}
                                   for place, count in twins.most_common(SHOWN)]
        return Verdicts(rows, drops(lost, Reason.NEAR_DUPLICATE, twin=pl.col("twin"), f=pl.col("f")), notes)


def _close_look(texts: Sequence[str], threshold: Fraction) -> dict[str, Any]:
    """What other thresholds would drop, and the pairs closest to this one on either side, of the first rows."""
    from instructwild.clean.near import near_duplicate_matches

    found = near_duplicate_matches(texts, threshold)
    pairs = {name: [{"f": round(float(match.f), 4), "left": texts[match.index], "right": texts[row]}
                    for row, match in listed]
             for name, listed in (("just_dropped", found.just_dropped(SHOWN)), ("just_kept", found.just_kept(SHOWN)))}
    counts = {str(float(at)): count for at, count in found.dropped_at().items()}
    return {"looked_at": len(texts), "dropped_at": counts, **pairs}
