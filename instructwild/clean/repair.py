"""The repair step: damage with one reading is undone, damage with two is flagged, and the row goes on.

A half-translated row is repaired as far as that goes: signs and placeholders that the translation left behind. What stands
in the other language is flagged by the rule `half_translated`: only a translator can mend it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal

import polars as pl

from instructwild.clean.damage import DAMAGE, ON_DEMAND
from instructwild.clean.rows import among, flagged, rewritten, turns
from instructwild.clean.rules import rule_drops
from instructwild.clean.step import Verdicts, actions

Action = Literal["off", "flag", "repair", "drop"]


@dataclass(frozen=True)
class Repair:
    """Mend damaged rows; a mended row keeps its old id among its parents and names every repair in its flags."""

    name: ClassVar[str] = "repair"

    rules: Mapping[str, Action] = field(default_factory=dict)

    def verdicts(self, rows: pl.DataFrame) -> Verdicts:
        """Mend, flag or drop a row in which a kind of damage shows, as `rules` say for each kind.

        A repair is flagged `repaired_KIND`; damage that may be meant, or that is only to be flagged, is flagged `KIND`.
        """
        by_default = {name: "off" if name in ON_DEMAND else "repair" for name in DAMAGE}
        chosen = actions(self.rules, by_default, ("off", "flag", "repair", "drop"), self.name)
        active = {name: action for name, action in chosen.items() if action != "off"}
        suspects = _suspects(turns(rows), list(active))
        contents: dict[int, list[str]] = {}
        marks: dict[str, list[int]] = {name: [] for name in (*active, *(f"repaired_{name}" for name in active))}
        for at, roles, texts, *shown in suspects.iter_rows():
            after, seen = _examined(roles, texts, active, dict(zip(active, shown, strict=True)))
            if after != texts:
                contents[at] = after
            for name in seen:
                marks[name].append(at)
        flags = {name: places for name, places in marks.items() if places and active.get(name) != "drop"}
        after_rows = flagged(rewritten(rows, contents), _columns(flags)) if flags else rows
        lost = rule_drops(_columns({name: marks[name] for name, action in active.items() if action == "drop"}))
        counts = {name: len(marks[name]) + len(marks[f"repaired_{name}"]) for name in active}
        return Verdicts(after_rows, lost, {**counts, "samples": {
            name: _samples(rows, after_rows, places) for name in active
            if (places := marks[f"repaired_{name}"]) and name != "outer_space"}})


def _suspects(listed: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """The rows in which damage may be: `at`, `roles`, `texts`, and for each kind whether it may be."""
    if not names:
        return pl.DataFrame(schema={"at": pl.UInt32, "roles": pl.List(pl.String), "texts": pl.List(pl.String)})
    shown = listed.select("at", "role", "content", *(DAMAGE[name].suspected.fill_null(False).alias(name) for name in names))
    hit = shown.filter(pl.any_horizontal(names))["at"].unique()
    return shown.filter(among(shown, hit)).group_by("at", maintain_order=True).agg(
        pl.col("role").alias("roles"), pl.col("content").alias("texts"), pl.col(names).any())


def _examined(roles: Sequence[str], texts: Sequence[str], active: Mapping[str, str],
              shown: Mapping[str, bool]) -> tuple[list[str], list[str]]:
    """The texts of one row with all repairs done, and the flags that say what was done or seen.

    Args:
        roles, texts: of each turn.
        active: what is done about each kind of damage.
        shown: whether a kind may be in the row as it is.
    """
    now, seen = list(texts), []
    for name, action in active.items():
        if not shown[name] and now == texts:
            continue                                   # one repair may uncover another damage
        turned = list(zip(roles, (text or "" for text in now), strict=True))
        after = [new if old is not None else None for old, new in zip(now, DAMAGE[name].mended(turned), strict=True)]
        if after != now and action == "repair":
            now, seen = after, [*seen, f"repaired_{name}"]  # type: ignore[assignment]
        elif after != now or (action != "drop" and (doubtful := DAMAGE[name].doubtful) and doubtful(turned)):
            seen.append(name)
    return now, seen


def _columns(marks: Mapping[str, Sequence[int]]) -> pl.DataFrame:
    """Places by mark as one boolean column for each mark, beside `at`."""
    places = pl.Series("at", sorted({at for listed in marks.values() for at in listed}), dtype=pl.UInt32)
    return places.to_frame().with_columns(places.is_in(pl.Series(listed, dtype=pl.UInt32).implode()).alias(name)
                                          for name, listed in marks.items())


def _samples(before: pl.DataFrame, after: pl.DataFrame, hit: Sequence[int]) -> list[tuple[str, str]]:
    """A few rows as they were and as they are: prompt and answer together."""
    few = pl.Series("at", hit[:5], dtype=pl.UInt32)
    whole = pl.concat_str(pl.col("prompt"), pl.col("answer").fill_null(""), separator="\n\n").str.strip_chars()
    shown = [frame.filter(among(frame, few)).select(whole).to_series().str.head(400).to_list() for frame in (before, after)]
    return list(zip(*shown, strict=True))
