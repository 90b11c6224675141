"""Exact duplicates: the same prompt again, whatever its spacing."""

from dataclasses import dataclass
from typing import ClassVar

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
        keyed = rows.select("at", "id", "prompt", "answer", "origin", "labels", unanswered=pl.col("answer").is_null(),
                            turns=pl.col("messages").list.len(),
                            flags=pl.col("labels").struct.field("flags").list.filter(~pl.element().str.contains(NO_DEFECT))
                            .list.sort().fill_null([]),
                            key=whole_prompts(rows))
        twins = (keyed.filter(pl.col("key").is_duplicated()).with_columns(flagged=pl.col("flags").list.len() > 0)
                 .sort("flagged", "unanswered", "turns", "at", descending=[False, False, True, False]))
        if twins.is_empty():
            return Verdicts(rows, notes={"conflicts": 0})
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
        lost = drops(judged.sort("at"), Reason.EXACT_DUPLICATE, twin=pl.col("twin"), same_answer=agree, differs=differs)
        conflicts = stays.filter(pl.col("answers") > 1).sort("answers", descending=True, maintain_order=True)
        return Verdicts(_joined(rows, stays), lost, {
            "conflicts": conflicts.height,
            "conflict_samples": conflicts.head(SHOWN).select(
                prompt=pl.col("kept_prompt").str.head(LONGEST), answers="answers", some=pl.col("different")).to_dicts()})


def _union(lists: pl.Expr) -> pl.Expr:
    return lists.list.explode(keep_nulls=False, empty_as_null=False).unique(maintain_order=True)


def _joined(rows: pl.DataFrame, stays: pl.DataFrame) -> pl.DataFrame:
    """The rows with the origins and labels of all their twins."""
    joined = rows.select("at", "labels").join(stays.select("type", "risk", at="stays"), on="at", how="left",
                                              maintain_order="left")
    old = pl.col("labels").struct
    labels = old.with_fields(type=pl.coalesce(old.field("type"), "type"), risk=pl.coalesce("risk", old.field("risk")))
    return rows.with_columns(joined.select(labels)).update(stays.select("origin", at="stays"), on="at")

