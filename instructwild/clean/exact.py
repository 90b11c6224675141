"""Exact duplicates: the same prompt again, whatever its spacing."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import polars as pl

from instructwild.clean.rows import whole_prompts
from instructwild.clean.step import Verdicts, drops
from instructwild.schema.verdict import Reason

NO_DEFECT = r"^(?:repaired_.*|edited_.*|personal_data)$"
"""Flags that name what was mended, masked or edited by hand: such a row is no worse than its twin."""
SHOWN, EACH, LONGEST = 10, 3, 400
"""Conflicts that the report shows, answers of each, characters of a text."""


@dataclass(frozen=True)
class Exact:
    """Drop every row whose whole prompt is another row's; the row that stays takes over the origins and labels of its twins.

    Two rows are twins where all turns up to the last answer agree, whatever their spacing. Of twins the one stays that rules
    have not flagged; of several, one that has an answer; of several, the longest conversation; of several, the first.
    """

    name: ClassVar[str] = "exact"

    def verdicts(self, rows: pl.DataFrame) -> Verdicts:
        """Drop a row that repeats another prompt; the evidence names the row that stays and tells in what the two differ."""
        twins = twins_among(keyed(rows))
        if twins.stays.is_empty():
            return Verdicts(rows, notes=conflict_notes([]))
        return Verdicts(joined(rows, twins.stays), twins.lost, conflict_notes([twins]))


class Twins(NamedTuple):
    """What is decided about rows that may be twins.

    Attributes:
        lost: the rows that leave, as `step.DROPS`, in their order.
        stays: for each row that has twins its place, and the origins, type and risks of all of them.
        conflicts: of those with different answers: how many answers, its place, the prompt and some of the answers.
    """

    lost: pl.DataFrame
    stays: pl.DataFrame
    conflicts: pl.DataFrame


def keyed(rows: pl.DataFrame) -> pl.DataFrame:
    """What tells twins: of each row its whole prompt, and what decides which of several rows stays."""
    return rows.select("at", "id", "prompt", "answer", "origin", "labels", unanswered=pl.col("answer").is_null(),
                       turns=pl.col("messages").list.len(), key=whole_prompts(rows))


def twins_among(keyed_rows: pl.DataFrame) -> Twins:
    """Decide about rows as `keyed` gives them, among which are all twins of each."""
    defects = pl.col("labels").struct.field("flags").list.filter(~pl.element().str.contains(NO_DEFECT))
    twins = (keyed_rows.filter(pl.col("key").is_duplicated()).with_columns(flags=defects.list.sort().fill_null([]))
             .with_columns(flagged=pl.col("flags").list.len() > 0)
             .sort("flagged", "unanswered", "turns", "at", descending=[False, False, True, False]))
    stays = twins.group_by("key", maintain_order=True).agg(
        stays=pl.col("at").first(), twin=pl.col("id").first(), kept_answer=pl.col("answer").first(),
        kept_flags=pl.col("flags").first(), kept_prompt=pl.col("prompt").first(), kept_turns=pl.col("turns").first(),
        answers=pl.col("answer").drop_nulls().n_unique(),
        different=pl.col("answer").drop_nulls().unique(maintain_order=True).head(EACH).str.head(LONGEST),
        origin=_union(pl.col("origin")), risk=_union(pl.col("labels").struct.field("risk")),
        type=pl.col("labels").struct.field("type").drop_nulls().first())
    judged = twins.drop("origin", "labels").join(stays.drop("origin"), on="key").filter(pl.col("at") != pl.col("stays"))
    agree = pl.col("answer").is_null() | (pl.col("answer") == pl.col("kept_answer")).fill_null(False)
    differs = pl.concat_list(
        pl.when(condition).then(pl.lit(name)) for name, condition in (
            ("answer", pl.col("answer").ne_missing(pl.col("kept_answer"))),
            ("spacing", pl.col("prompt") != pl.col("kept_prompt")), ("turns", pl.col("turns") != pl.col("kept_turns")),
            ("flags", pl.col("flags") != pl.col("kept_flags")))).list.drop_nulls()
    return Twins(drops(judged.sort("at"), Reason.EXACT_DUPLICATE, twin=pl.col("twin"), same_answer=agree, differs=differs),
                 stays.select("origin", "type", "risk", at="stays"),
                 stays.filter(pl.col("answers") > 1).select("answers", pl.col("stays").alias("at"), some="different",
                                                            prompt=pl.col("kept_prompt").str.head(LONGEST)))


def conflict_notes(parts: Iterable[Twins]) -> dict[str, Any]:
    """How many prompts came with different answers, and those with most of them."""
    count, most = 0, pl.DataFrame()
    for part in parts:
        count += part.conflicts.height
        most = pl.concat([most, part.conflicts] if most.width else [part.conflicts]).sort(
            "answers", "at", descending=[True, False]).head(SHOWN)
    return {"conflicts": count, "conflict_samples": most.select("prompt", "answers", "some").to_dicts()} if count else {
        "conflicts": 0}


def _union(lists: pl.Expr) -> pl.Expr:
    return lists.list.explode(keep_nulls=False, empty_as_null=False).unique(maintain_order=True)


def joined(rows: pl.DataFrame, stays: pl.DataFrame) -> pl.DataFrame:
    """The rows with the origins and labels of all their twins."""
    of_twins = rows.select("at", "labels").join(stays.select("at", "type", "risk"), on="at", how="left",
                                                maintain_order="left")
    old = pl.col("labels").struct
    labels = old.with_fields(type=pl.coalesce(old.field("type"), "type"), risk=pl.coalesce("risk", old.field("risk")))
    return rows.with_columns(of_twins.select(labels)).update(stays.select("origin", "at"), on="at")
