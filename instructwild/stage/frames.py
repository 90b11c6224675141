"""The columns of `data.parquet` and `dropped.parquet` as polars sees them."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import polars as pl

from instructwild.schema.columns import (
    dropped_to_columns,
    instruction_from_columns,
    instruction_to_columns,
    ranking_from_columns,
    ranking_to_columns,
)
from instructwild.schema.instruction import Instruction
from instructwild.schema.ranking import RankingRow
from instructwild.schema.verdict import Dropped

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MESSAGES: pl.List = pl.List(pl.Struct({name: pl.String for name in ("role", "content", "reasoning_content", "tool_calls",
                                                          "tool_call_id", "name")}))

INSTRUCTION = pl.Schema({
    "id": pl.String(),
    "response_id": pl.String(),
    "messages": MESSAGES,
    "language": pl.String(),
    "origin": pl.List(pl.Struct({"kind": pl.String, "source": pl.String, "url": pl.String, "author": pl.String,
                                 "license": pl.String, "collected_at": pl.String})),
    "parents": pl.List(pl.String),
    "made_by": pl.Struct({"model": pl.String, "template": pl.String, "template_hash": pl.String, "sampling": pl.String,
                          "request_id": pl.String, "usd": pl.Float64}),
    "labels": pl.Struct({"type": pl.String, "risk": pl.List(pl.String), "flags": pl.List(pl.String)}),
    "scores": pl.List(pl.Struct({"name": pl.String, "value": pl.Float64})),
    "tools": pl.String(),
    "extra": pl.String(),
})

RANKING = pl.Schema({
    "id": pl.String(),
    "messages": MESSAGES,
    "language": pl.String(),
    "candidates": pl.List(pl.Struct({name: pl.String for name in ("id", "text", "model", "reasoning_content",
                                                                  "tool_calls", "turns")})),
    "rankings": pl.List(pl.Struct({"annotator": pl.String, "ranks": pl.List(pl.Int64), "status": pl.String,
                                   "seconds": pl.Float64})),
    "tools": pl.String(),
})

DROPPED = pl.Schema({name: pl.String for name in ("id", "step", "reason", "evidence", "row")})


def named_reason() -> pl.Expr:
    """Why a row of `dropped.parquet` left; of one that a rule dropped with the rule's name: `rule: refusal`."""
    rules = pl.col("evidence").str.extract(r'"rules":\s?\[([^\]]+)\]', 1)
    rules = rules.str.replace_all('"', "").str.replace_all(r",\s?", ", ")
    return pl.when((pl.col("reason") == "rule") & rules.is_not_null()).then(pl.format("rule: {}", rules)).otherwise("reason")


def upgraded(frame: pl.DataFrame) -> pl.DataFrame:
    """A frame of rows that an earlier version wrote, with the columns and fields that were added since, as nulls."""
    frame = _with_fields(frame, "messages", MESSAGES, ("role", "content"))
    for before in (("id", "text", "model"), ("id", "text", "model", "reasoning_content"),
                   ("id", "text", "model", "reasoning_content", "tool_calls")):
        frame = _with_fields(frame, "candidates", RANKING["candidates"], before)
    if is_ranking(frame) and {"id", "messages", "rankings"} <= {*frame.columns} and "tools" not in frame.columns:
        return frame.with_columns(pl.lit(None, pl.String).alias("tools"))
    if is_ranking(frame) or not {"id", "messages", "origin", "made_by", "labels", "scores"} <= {*frame.columns}:
        return frame
    return frame.with_columns(pl.lit(None, pl.String).alias(name) for name in ("tools", "extra")
                              if name not in frame.columns)


def _with_fields(frame: pl.DataFrame, column: str, target: pl.DataType, before: tuple[str, ...]) -> pl.DataFrame:
    """A frame whose structs of text had the fields `before`, with those that are wanted now, the new ones null."""
    held, inner = frame.schema.get(column), target.inner if isinstance(target, pl.List) else None
    if not isinstance(held, pl.List) or not isinstance(held.inner, pl.Struct) or not isinstance(inner, pl.Struct):
        return frame
    if {field.name: field.dtype for field in held.inner.fields} != dict.fromkeys(before, pl.String()):
        return frame
    item = pl.element().struct
    return frame.with_columns(pl.col(column).list.eval(pl.struct(
        [item.field(field.name) if field.name in before else pl.lit(None, pl.String).alias(field.name)
         for field in inner.fields])))


def lists(items: pl.Series, ends: "NDArray[np.int64]") -> pl.Series:
    """One list a row out of all items in a row: list i ends before items[ends[i]]."""
    import numpy as np

    lengths = np.diff(ends, prepend=0)
    filled = lengths > 0
    rows = pl.Series(np.repeat(np.arange(len(ends)), lengths)).set_sorted()
    groups = pl.DataFrame({"row": rows, "items": items}).group_by("row", maintain_order=True).agg("items")["items"]
    if not filled.all():
        empty = pl.Series([[]], dtype=pl.List(items.dtype))
        # In several chunks, `gather` would take ten times as long.
        groups = pl.concat([groups, empty], rechunk=True).gather(np.where(filled, np.cumsum(filled) - 1, groups.len()))
    return groups.alias("")


def instruction_frame(rows: Iterable[Instruction]) -> pl.DataFrame:
    """Instruction rows as columns."""
    return pl.DataFrame([instruction_to_columns(row) for row in rows], schema=INSTRUCTION)


def instructions(frame: pl.DataFrame) -> Iterator[Instruction]:
    """Columns as instruction rows, one after another."""
    return (instruction_from_columns(row) for row in frame.iter_rows(named=True))


def ranking_frame(rows: Iterable[RankingRow]) -> pl.DataFrame:
    """Ranking rows as columns."""
    return pl.DataFrame([ranking_to_columns(row) for row in rows], schema=RANKING)


def rankings(frame: pl.DataFrame) -> Iterator[RankingRow]:
    """Columns as ranking rows, one after another; further columns are left out."""
    return (ranking_from_columns(row) for row in frame.select(RANKING.names()).iter_rows(named=True))


def dropped_frame(rows: Iterable[Dropped]) -> pl.DataFrame:
    """Dropped rows as columns."""
    return pl.DataFrame([dropped_to_columns(row) for row in rows], schema=DROPPED)


def is_ranking(frame: pl.DataFrame) -> bool:
    """Whether the frame holds rankings rather than instructions."""
    return "candidates" in frame.columns
