"""The commonest layout, one prompt and perhaps its answer in plain text columns, turned into instruction rows all at once.

It gives the same rows as `build.Builder` does one by one.
"""

import hashlib

import numpy as np
import polars as pl

from instructwild.read.layouts import ANSWER_KEYS, PROMPT_KEYS
from instructwild.schema.identity import ID_LENGTH
from instructwild.stage.frames import INSTRUCTION, lists

TEXTS = (*PROMPT_KEYS, *ANSWER_KEYS, "input", "system", "language", "source", "url", "license", "instruction_type",
         "category")
NESTED = frozenset({"messages", "conversations", "conversation", "history", "special_tag", "origin", "parents", "made_by",
                    "labels", "scores"})


def fits(frame: pl.DataFrame) -> pl.Series:
    """Which rows are one prompt and perhaps an answer, in text columns, with nothing that needs a closer look."""
    unfit = (NESTED.intersection(frame.columns) or not any(key in frame.columns for key in PROMPT_KEYS)
             or any(frame.schema[key] not in (pl.String, pl.Null) for key in TEXTS if key in frame.columns))
    if unfit:
        return pl.repeat(False, frame.height, eager=True)
    return texts(frame).select(pl.coalesce(PROMPT_KEYS).is_not_null() & (pl.col("system").fill_null("") == "")).to_series()


def texts(frame: pl.DataFrame) -> pl.DataFrame:
    """The columns of `TEXTS`, missing ones as nulls."""
    return frame.select(pl.col(key).cast(pl.String) if key in frame.columns else
                        pl.repeat(None, frame.height, dtype=pl.String).alias(key) for key in TEXTS)


def instruction_rows(frame: pl.DataFrame, kind: str, source: str) -> pl.DataFrame:
    """Rows that fit, in the columns of `frames.INSTRUCTION`.

    Args:
        frame: rows of which `fits` is true.
        kind, source: the origin of rows that do not name their own.
    """
    found, extra = texts(frame), pl.col("input").fill_null("")
    prompt = pl.coalesce(PROMPT_KEYS)
    said = found.select(
        prompt=pl.when(extra.str.strip_chars() == "").then(prompt).otherwise(pl.concat_str(prompt, extra, separator="\n")),
        answer=_given(pl.coalesce(ANSWER_KEYS)))
    origin = found.select(
        kind=pl.repeat(kind, pl.len()), source=_given(pl.col("source")).fill_null(source), url=_given(pl.col("url")),
        author=pl.lit(None, pl.String), license=_given(pl.col("license")), collected_at=pl.lit(None, pl.String))
    nothing = pl.lit([], pl.List(pl.String))
    return found.select(
        id=turn_ids("user", said["prompt"]),
        response_id=turn_ids("assistant", said["answer"]),
        messages=_messages(said),
        language=_given(pl.col("language")).fill_null("und"),
        origin=lists(origin, np.arange(1, found.height + 1)),
        parents=nothing,
        made_by=pl.lit(None, INSTRUCTION["made_by"]),
        labels=pl.struct(type=pl.coalesce(_given(pl.col("instruction_type")), _given(pl.col("category"))), risk=nothing,
                         flags=nothing),
        scores=pl.lit([], INSTRUCTION["scores"]),
    ).cast(dict(INSTRUCTION))


def _given(text: pl.Expr) -> pl.Expr:
    return pl.when(text != "").then(text)


def _messages(said: pl.DataFrame) -> pl.Series:
    """One or two turns a row: the prompt, and the answer where there is one."""
    answered = said["answer"].is_not_null().to_numpy()
    there = np.stack([np.ones_like(answered), answered], axis=1).ravel()
    places = np.arange(2 * said.height).reshape(2, -1).T.ravel()[there]
    turns = pl.DataFrame({"role": pl.Series(["user", "assistant"])[(places >= said.height).astype(np.int64)],
                          "content": pl.concat([said["prompt"], said["answer"]])[places]})
    return lists(turns, np.cumsum(1 + answered))


def turn_ids(role: str, contents: pl.Series) -> pl.Series:
    """What `content_id` and `response_id` call single turns of one role; null for null."""
    # polars writes JSON strings with the same escapes as `schema.identity`, and much faster.
    canonical = _nfc(contents).to_frame("c").select(pl.struct("c").struct.json_encode().cast(pl.Binary)).to_series()
    head, skip = f'[["{role}",'.encode(), len('{"c":')
    ids = [hashlib.sha256(head + found[skip:-1] + b"]]").hexdigest()[:ID_LENGTH] for found in canonical.to_list()]
    return pl.select(pl.when(contents.is_not_null()).then(pl.Series(ids, dtype=pl.String))).to_series()


def _nfc(texts: pl.Series) -> pl.Series:
    """The texts in NFC; those of ASCII alone are left as they are, which is much faster."""
    other = (texts.str.len_bytes() != texts.str.len_chars()).fill_null(False)
    places = np.arange(len(texts))
    places[other.to_numpy()] = len(texts) + np.arange(int(other.sum()))
    return pl.concat([texts, texts.filter(other).str.normalize("NFC")])[places]
