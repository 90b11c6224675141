"""Exact duplicates: the same prompt again, whatever its spacing."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from instructwild.clean.step import Verdicts, drops
from instructwild.schema.verdict import Reason

SHOWN, EACH, LONGEST = 10, 3, 400
"""Conflicts that the report shows, answers of each, characters of a text."""


@dataclass(frozen=True)
class Exact:
    """Drop every row whose prompt was there before; the row that stays takes over the origins and labels of its twins.

    Of twins the first that has an answer stays, or the first of all where none has one.
    """

    name: ClassVar[str] = "exact"

    def verdicts(self, rows: pl.DataFrame) -> Verdicts:
        """Drop a row that repeats another prompt; the evidence names the row that stays and tells whether answers agree."""
        asked = rows.select("at", "id", "answer", "origin", "labels", unanswered=pl.col("answer").is_null(),
                            key=same_prompt())
        twins = asked.filter(pl.col("key").is_duplicated()).sort("unanswered", "at")
        if twins.is_empty():
            return Verdicts(rows, notes={"conflicts": 0})
        stays = twins.group_by("key", maintain_order=True).agg(
            stays=pl.col("at").first(), twin=pl.col("id").first(), kept_answer=pl.col("answer").first(),
            answers=pl.col("answer").drop_nulls().n_unique(),
            different=pl.col("answer").drop_nulls().unique(maintain_order=True).head(EACH).str.head(LONGEST),
            origin=_union(pl.col("origin")), risk=_union(pl.col("labels").struct.field("risk")),
            type=pl.col("labels").struct.field("type").drop_nulls().first())
        judged = twins.drop("origin", "labels").join(stays.drop("origin"), on="key").filter(pl.col("at") != pl.col("stays"))
        agree = pl.col("answer").is_null() | (pl.col("answer") == pl.col("kept_answer"))
        lost = drops(judged.sort("at"), Reason.EXACT_DUPLICATE, twin=pl.col("twin"), same_answer=agree)
        conflicts = stays.filter(pl.col("answers") > 1).sort("answers", descending=True, maintain_order=True)
        return Verdicts(_joined(rows, stays), lost, {
            "conflicts": conflicts.height,
            "conflict_samples": conflicts.head(SHOWN).select(
                prompt=pl.col("key").str.head(LONGEST), answers="answers", some=pl.col("different")).to_dicts()})


def _union(lists: pl.Expr) -> pl.Expr:
    return lists.list.explode(keep_nulls=False, empty_as_null=False).unique(maintain_order=True)


def _joined(rows: pl.DataFrame, stays: pl.DataFrame) -> pl.DataFrame:
    """The rows with the origins and labels of all their twins."""
    found = rows.select("at", "labels").join(stays.select("type", "risk", at="stays"), on="at", how="left",
                                             maintain_order="left")
    old = pl.col("labels").struct
    labels = old.with_fields(type=pl.coalesce(old.field("type"), "type"), risk=pl.coalesce("risk", old.field("risk")))
    return rows.with_columns(found.select(labels)).update(stays.select("origin", at="stays"), on="at")


def same_prompt() -> pl.Expr:
    """The key under which two prompts are one: NFC, runs of white space as one space."""
    return pl.col("prompt").str.normalize("NFC").str.replace_all(r"\s+", " ").str.strip_chars()
