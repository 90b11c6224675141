"""What the page filters, counts and searches by: one flat row of facts for each row of a source, kept or dropped."""

from typing import Any

import polars as pl

from instructwild.stage.frames import INSTRUCTION, MESSAGES, named_reason

FACTS = pl.Schema({
    "n": pl.UInt32, "part": pl.UInt32, "pos": pl.UInt32, "kept": pl.Boolean, "id": pl.String, "response_id": pl.String,
    "language": pl.String, "source": pl.List(pl.String), "kind": pl.List(pl.String), "model": pl.List(pl.String),
    "type": pl.String, "risk": pl.List(pl.String), "flags": pl.List(pl.String),
    "scores": pl.List(pl.Struct({"name": pl.String, "value": pl.Float64})), "step": pl.String, "reason": pl.String,
    "twin": pl.String, "turns": pl.UInt32, "length": pl.UInt32, "answer_length": pl.UInt32,
    "prompt": pl.String, "answer": pl.String})
"""`n` counts all rows of the source from 0; `part` and `pos` say where the whole row lies; lengths are in characters."""
TEXTS = ("prompt", "answer")
ROW = pl.Struct(INSTRUCTION)
NAMES = pl.List(pl.String)


def kept_facts(rows: pl.DataFrame) -> pl.DataFrame:
    """The facts of instruction, ranking or preference rows, but for `n`, `part` and `pos`."""
    columns, empty = rows.columns, pl.lit([], NAMES)
    messages = pl.col("messages" if "messages" in columns else "prompt").list
    turn = pl.element().struct
    contents = turn.field("content").fill_null("")
    origin = pl.col("origin").list if "origin" in columns else None
    made_by = pl.col("made_by").struct.field("model") if "made_by" in columns else pl.lit(None, pl.String)
    labels = pl.col("labels").struct if "labels" in columns else None
    facts = rows.select(
        id=pl.col("id") if "id" in columns else pl.lit(""),
        response_id=pl.col("response_id") if "response_id" in columns else pl.lit(None, pl.String),
        language=pl.col("language") if "language" in columns else pl.lit("und"),
        source=origin.eval(pl.element().struct.field("source")).list.unique(maintain_order=True) if origin else empty,
        kind=origin.eval(pl.element().struct.field("kind")).list.unique(maintain_order=True) if origin else empty,
        model=_models(columns, made_by),
        type=labels.field("type") if labels else pl.lit(None, pl.String),
        risk=labels.field("risk") if labels else empty, flags=labels.field("flags") if labels else empty,
        scores=pl.col("scores") if "scores" in columns else pl.lit([], FACTS["scores"]),
        turns=messages.len(),
        prompt=messages.eval(pl.element().filter(turn.field("role") != "assistant").struct.field("content").fill_null(""))
        .list.join("\n"),
        answer=_answers(columns, messages, contents))
    return _measured(facts.with_columns(kept=pl.lit(True), step=pl.lit(None, pl.String), reason=pl.lit(None, pl.String),
                                        twin=pl.lit(None, pl.String)))


def dropped_facts(rows: pl.DataFrame) -> pl.DataFrame:
    """The facts of rows that left, in the columns of `dropped.parquet`; one without messages has its JSON as text."""
    held = _held(rows["row"])
    facts = kept_facts(held.select(pl.col(INSTRUCTION.names())).with_columns(pl.col("messages").fill_null([])))
    has = held["messages"].list.len().fill_null(0) > 0
    facts = facts.with_columns(
        rows["id"].fill_null(""), rows["step"], rows.select(reason=named_reason())["reason"], kept=pl.lit(False),
        twin=_twins(rows["evidence"]),
        source=pl.col("source").fill_null([]), kind=pl.col("kind").fill_null([]), model=pl.col("model").fill_null([]),
        prompt=pl.when(has).then("prompt").otherwise(rows["row"].fill_null("")))
    return _measured(facts)


def _measured(facts: pl.DataFrame) -> pl.DataFrame:
    return facts.with_columns(
        pl.col("id", "prompt", "answer").fill_null(""), pl.col("language").fill_null("und"),
        pl.col("source", "kind", "model", "risk", "flags", "scores").fill_null([]),
        length=pl.col("prompt").str.len_chars(), answer_length=pl.col("answer").str.len_chars()
    ).select([pl.col(name).cast(dtype) for name, dtype in FACTS.items() if name not in ("n", "part", "pos")])


def _models(columns: list[str], made_by: pl.Expr) -> pl.Expr:
    if "candidates" in columns:
        return pl.col("candidates").list.eval(pl.element().struct.field("model")).list.drop_nulls().list.unique()
    return pl.concat_list(made_by).list.drop_nulls()


def _answers(columns: list[str], messages: Any, contents: pl.Expr) -> pl.Expr:
    """The text of all answers: of the assistant's turns, of the candidates, or of both sides of a preference."""
    if "candidates" in columns:
        return pl.col("candidates").list.eval(pl.element().struct.field("text")).list.join("\n")
    if "chosen" in columns:
        return pl.concat_str([pl.col(name).list.eval(contents).list.join("\n") for name in ("chosen", "rejected")],
                             separator="\n", ignore_nulls=True)
    spoken = pl.element().filter(pl.element().struct.field("role") == "assistant").struct.field("content").fill_null("")
    return messages.eval(spoken).list.join("\n")


def _held(rows: pl.Series) -> pl.DataFrame:
    """The rows in JSON as columns of an instruction; a row of another shape is all null."""
    try:
        return pl.DataFrame({"row": rows.fill_null("null").str.json_decode(ROW)}).unnest("row")
    except pl.exceptions.PolarsError:
        if len(rows) == 1:
            return pl.DataFrame([dict.fromkeys(INSTRUCTION)], schema=INSTRUCTION)
        half = len(rows) // 2
        return pl.concat([_held(rows[:half]), _held(rows[half:])])


def _twins(evidence: pl.Series) -> pl.Series:
    """The id of the kept row that a dropped one duplicates, where its evidence names one."""
    return evidence.str.extract(r'"twin":\s?"([0-9a-f]{16})"', 1)


def readable_messages(value: Any) -> list[dict[str, Any]]:
    """The turns of a row as the page shows them; none where they have another shape."""
    from instructwild.read.cells import json_text

    if isinstance(value, str):
        return [{"role": "user", "content": value}]
    if not isinstance(value, list) or not all(isinstance(turn, dict) and "role" in turn for turn in value):
        return []
    return [{name: turn[name] if isinstance(turn[name], str) else json_text(turn[name])
             for name in MESSAGES.inner.to_schema() if turn.get(name) is not None}  # type: ignore[union-attr]
            for turn in value]
