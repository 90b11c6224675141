"""The frame that steps work on: instruction rows with their place in the input and their texts as plain columns."""

from collections.abc import Callable, Mapping
from typing import Any

import polars as pl

from instructwild.schema.identity import content_id, response_id
from instructwild.stage.frames import INSTRUCTION

AT, PROMPT, ANSWER = "at", "prompt", "answer"
"""Place in the input, counted from 0; the text that duplicates are judged on; the answer after it, or null."""


def opened(frame: pl.DataFrame) -> pl.DataFrame:
    """Instruction rows with the columns `at`, `prompt` and `answer` beside their own."""
    return _with_texts(frame.with_row_index(AT))


def closed(rows: pl.DataFrame) -> pl.DataFrame:
    """The instruction rows alone again."""
    return rows.select(INSTRUCTION.names())


def turns(rows: pl.DataFrame) -> pl.DataFrame:
    """Every turn as a row: `at`, `turn` (place in the conversation), `role`, `content`."""
    listed = rows.select(AT, "messages").explode("messages").unnest("messages")
    return listed.select(AT, pl.int_range(pl.len(), dtype=pl.Int64).over(AT).alias("turn"), "role", "content")


def rewritten(rows: pl.DataFrame, mend: Callable[[str], str], where: pl.Series) -> pl.DataFrame:
    """The rows with `mend` applied to every turn of those in `where` (values of `at`).

    A row whose prompt changes is another prompt: it gets the id of its new text, and its old id joins its parents.
    """
    touched = rows.filter(pl.col(AT).is_in(where.implode()))
    if touched.is_empty():
        return rows
    changed = [_mended(row, mend) for row in closed(touched).iter_rows(named=True)]
    new = _with_texts(pl.DataFrame(changed, schema=INSTRUCTION).insert_column(0, touched[AT]))
    rest = rows.filter(~pl.col(AT).is_in(where.implode()))
    return pl.concat([rest, new.select(rest.columns)]).sort(AT)


def _mended(row: Mapping[str, Any], mend: Callable[[str], str]) -> dict[str, Any]:
    messages = [{"role": message["role"], "content": mend(message["content"])} for message in row["messages"]]
    said = [(message["role"], message["content"]) for message in messages]
    name = content_id(said)
    parents = row["parents"] if name == row["id"] else [*row["parents"], row["id"]]
    return {**row, "id": name, "response_id": response_id(said), "messages": messages, "parents": parents}


def _with_texts(rows: pl.DataFrame) -> pl.DataFrame:
    """Add `prompt` and `answer`, as `schema.prompt_text` and `Instruction.response` define them."""
    listed = rows.select(AT, "messages").explode("messages").unnest("messages").with_row_index("place")
    last = listed.filter(pl.col("role") == "user").group_by(AT).agg(pl.col("place").max().alias("last"))
    listed = listed.join(last, on=AT, how="left", maintain_order="left")
    asked = pl.col("place") <= pl.col("last")
    prompt = listed.filter(asked & (pl.col("role") != "assistant")).group_by(AT).agg(pl.col("content").str.join("\n"))
    answer = listed.filter(pl.col("place") > pl.col("last")).group_by(AT).agg(pl.col("content").last().alias(ANSWER))
    return (rows.drop(PROMPT, ANSWER, strict=False)
            .join(prompt.rename({"content": PROMPT}), on=AT, how="left", maintain_order="left")
            .join(answer, on=AT, how="left", maintain_order="left")
            .with_columns(pl.col(PROMPT).fill_null("")))
