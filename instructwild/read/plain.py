"""The commonest layout, one prompt and perhaps its answer in plain text columns, turned into instruction rows all at once.

It gives the same rows as `build.Builder` does one by one.
"""

import hashlib
import math
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from instructwild.read.cells import ABSENT, is_empty, json_text
from instructwild.read.marks import KTO
from instructwild.read.names import ANSWER_KEYS, PROMPT_KEYS
from instructwild.read.parts import MEDIA_COLUMNS
from instructwild.schema.columns import INPUT_LINE
from instructwild.schema.identity import ID_LENGTH
from instructwild.stage.frames import INSTRUCTION, MESSAGES, lists
from instructwild.text.blank import SHOWN, WHITE_SPACE
from instructwild.text.normal_form import nfc
from instructwild.text.thoughts import MARK_OF_THOUGHTS, MAY_HOLD_THOUGHTS

TURN = tuple(field.name for field in MESSAGES.inner.fields)  # type: ignore[union-attr]
TEXTS = (*PROMPT_KEYS, *ANSWER_KEYS, "input", "system", "language", "source", "url", "license", "instruction_type",
         "category")
NESTED = frozenset({"messages", "conversations", "conversation", "history", "special_tag", "origin", "parents", "made_by",
                    "labels", "scores", "tools", "functions", "extra", "reasoning_content", *KTO, *MEDIA_COLUMNS,
                    "generation", "toolConfig", "systemInstruction", "system_instruction", "response_a", "answers"})
"""Columns that need a closer look, row by row."""
IDS = ("id", "response_id")
"""A user's own ids are `extra`; those that `schema.identity` gives are not, and need a closer look."""
NOT_BLANK = f"[^{WHITE_SPACE}]"
CONTENT_ID = re.compile(rf"^[0-9a-f]{{{ID_LENGTH}}}$")


def readable(columns: Collection[str]) -> bool:
    """Whether a row of these columns can be read at once: one column for the prompt, at most one for each other thing."""
    return (not NESTED.intersection(columns) and sum(key in columns for key in PROMPT_KEYS) == 1
            and sum(key in columns for key in ANSWER_KEYS) <= 1
            and not ("instruction_type" in columns and "category" in columns))


def fits(frame: pl.DataFrame) -> pl.Series:
    """Which rows are one prompt and perhaps an answer, in text columns, with nothing that needs a closer look."""
    if not readable(frame.columns) or any(frame.schema[key] not in (pl.String, pl.Null) for key in TEXTS
                                          if key in frame.columns):
        return pl.repeat(False, frame.height, eager=True)
    prompt, columns = pl.coalesce(PROMPT_KEYS), texts(frame)
    return columns.select(
        prompt.is_not_null() & ~prompt.str.contains(r"^(?:\n\nHuman:|### Human:|Human[:：]|\s*\[[{ \n])")
        & (pl.col("system").fill_null("") == "")
        & ~_holds_content_ids(frame) & ~_may_hold_thoughts(columns.select(pl.coalesce(ANSWER_KEYS)).to_series())).to_series()


def _may_hold_thoughts(answers: pl.Series) -> pl.Series:
    marked = answers.str.contains(MARK_OF_THOUGHTS).fill_null(False)
    return marked.scatter(marked.arg_true(), answers.filter(marked).str.contains(MAY_HOLD_THOUGHTS))


def _holds_content_ids(frame: pl.DataFrame) -> pl.Series:
    columns = [name for name in IDS if frame.schema.get(name) == pl.String]
    if not columns:
        return pl.repeat(False, frame.height, eager=True)
    return frame.select(pl.any_horizontal(
        pl.col(name).str.contains(CONTENT_ID.pattern).fill_null(False) for name in columns)).to_series()


def is_content_id(value: Any) -> bool:
    """Whether a value looks like an id that `schema.identity` gives."""
    return isinstance(value, str) and CONTENT_ID.fullmatch(value) is not None


def texts(frame: pl.DataFrame) -> pl.DataFrame:
    """The columns of `TEXTS`, missing ones as nulls."""
    return frame.select(pl.col(key).cast(pl.String) if key in frame.columns else
                        pl.repeat(None, frame.height, dtype=pl.String).alias(key) for key in TEXTS)


def instruction_rows(frame: pl.DataFrame, kind: str, source: str,
                     extra: Sequence[str | None] | pl.Series | None = None) -> pl.DataFrame:
    """Rows that fit, in the columns of `frames.INSTRUCTION`.

    Args:
        frame: rows of which `fits` is true.
        kind, source: the origin of rows that do not name their own.
        extra: for each row what `extra_text` gives of its other columns; None where no row has any.
    """
    columns, beside = texts(frame), _present(pl.col("input")).fill_null("")
    prompt = pl.coalesce(PROMPT_KEYS)
    joined = beside.str.contains(NOT_BLANK)
    turns = columns.select(
        line=pl.when(joined).then(prompt.str.count_matches("\n", literal=True) + 1),
        prompt=pl.when(joined).then(pl.concat_str(prompt, beside, separator="\n")).otherwise(prompt),
        answer=_written(pl.coalesce(ANSWER_KEYS)))
    origin = columns.select(
        kind=pl.repeat(kind, pl.len()), source=_not_empty(pl.col("source")).fill_null(source), url=_not_empty(pl.col("url")),
        author=pl.lit(None, pl.String), license=_not_empty(pl.col("license")), collected_at=pl.lit(None, pl.String))
    nothing = pl.lit([], pl.List(pl.String))
    return columns.select(
        id=turn_ids("user", turns["prompt"]),
        response_id=turn_ids("assistant", turns["answer"]),
        messages=_messages(turns),
        language=_not_empty(pl.col("language")).fill_null("und"),
        origin=lists(origin.to_struct(), np.arange(1, columns.height + 1)),
        parents=nothing,
        made_by=pl.lit(None, INSTRUCTION["made_by"]),
        labels=pl.struct(type=pl.coalesce(_not_empty(pl.col("instruction_type")), _not_empty(pl.col("category"))),
                         risk=nothing, flags=nothing),
        scores=pl.lit([], INSTRUCTION["scores"]),
        tools=pl.lit(None, pl.String),
        extra=_extra(turns, extra),
    ).cast(INSTRUCTION)


def _not_empty(text: pl.Expr) -> pl.Expr:
    return pl.when(text != "").then(text)


def _written(text: pl.Expr) -> pl.Expr:
    """The text where anything of it shows."""
    return pl.when(text.str.contains(SHOWN)).then(text)


def _present(text: pl.Expr) -> pl.Expr:
    """The text where it does not stand for an empty cell."""
    return pl.when(~text.str.strip_chars(WHITE_SPACE).is_in(ABSENT)).then(text)


def _extra(turns: pl.DataFrame, extra: Sequence[str | None] | pl.Series | None) -> pl.Series:
    """The other columns as JSON, with the line at which the input begins where there is one."""
    line = pl.concat_str(pl.lit(f'"{INPUT_LINE}":'), pl.col("line").cast(pl.String), pl.lit("}"))
    if extra is None:
        return turns.select(pl.concat_str(pl.lit("{"), line)).to_series()
    rest = pl.col("rest")
    return turns.with_columns(rest=pl.Series(extra, dtype=pl.String)).select(
        pl.when(pl.col("line").is_null()).then(rest).when(rest.is_null()).then(pl.concat_str(pl.lit("{"), line))
        .otherwise(pl.concat_str(rest.str.head(-1), pl.lit(","), line))).to_series()


def extra_texts(frame: pl.DataFrame) -> Sequence[str | None] | pl.Series:
    """What `extra_text` gives of each row; columns of texts and numbers are written all at once."""
    if not all(kind in (pl.String, pl.Boolean, pl.Null) or kind.is_integer() or kind.is_float()
               for kind in frame.schema.values()):
        return [extra_text(row) for row in frame.iter_rows(named=True)]
    members = [pl.concat_str(pl.lit(json_text(name) + ":"), _json_values(frame[name])) for name in frame.columns
               if frame.schema[name] != pl.Null]
    if not members:
        return [None] * frame.height
    joined = pl.select(pl.concat_str(members, separator=",", ignore_nulls=True)).to_series()
    return pl.select(pl.when(joined != "").then(pl.concat_str(pl.lit("{"), joined, pl.lit("}")))).to_series()


def _json_values(values: pl.Series) -> pl.Series:
    """Texts, numbers or truth values as JSON, null where there is nothing."""
    if values.dtype == pl.String:
        values = values.set(values == "", None)
        if values.str.contains(r'[\x00-\x1f"\\]').any():
            return pl.select(pl.when(values.is_not_null()).then(_json_strings(values))).to_series()
        return pl.select(pl.concat_str(pl.lit('"'), values, pl.lit('"'))).to_series()
    if values.dtype.is_float():                      # polars writes other digits than Python does
        return pl.Series([None if number is None or number != number else repr(number) if math.isfinite(number) else "null"
                          for number in values.to_list()], dtype=pl.String)
    return values.cast(pl.String)


def _json_strings(values: pl.Series) -> pl.Series:
    """Texts as JSON strings, with the escapes of `json`."""
    head = len('{"c":')
    return values.to_frame("c").select(pl.struct("c").struct.json_encode().str.slice(head).str.head(-1)).to_series()


def extra_text(row: Mapping[str, Any]) -> str | None:
    """Columns that nothing reads as JSON, empty ones left out; None where none is left."""
    kept = {str(key): value for key, value in row.items() if not is_empty(value)}
    return json_text(kept) if kept else None


def _messages(texts: pl.DataFrame) -> pl.Series:
    """One or two turns a row: the prompt, and the answer where there is one."""
    answered = texts["answer"].is_not_null().to_numpy()
    there = np.stack([np.ones_like(answered), answered], axis=1).ravel()
    order = np.arange(2 * texts.height).reshape(2, -1).T.ravel()[there]
    turns = pl.DataFrame({"role": pl.Series(["user", "assistant"])[(order >= texts.height).astype(np.int64)],
                          "content": pl.concat([texts["prompt"], texts["answer"]])[order]})
    turns = turns.with_columns(pl.lit(None, pl.String).alias(name) for name in TURN[2:])
    return lists(turns.to_struct(), np.cumsum(1 + answered))


def turn_ids(role: str, contents: pl.Series) -> pl.Series:
    """What `content_id` and `response_id` call single turns of one role; null for null."""
    # polars writes JSON strings with the same escapes as `schema.identity`, and much faster.
    canonical = pl.select(pl.concat_str(pl.lit(f'[["{role}",'), _json_strings(nfc(contents)), pl.lit("]]"))).to_series()
    digests = pl.Series([hashlib.sha256(text).digest() for text in canonical.cast(pl.Binary).to_list()], dtype=pl.Binary)
    return pl.select(pl.when(contents.is_not_null()).then(digests.bin.head(ID_LENGTH // 2).bin.encode("hex"))).to_series()
