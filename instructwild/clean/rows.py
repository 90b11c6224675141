"""The frame that steps work on: instruction rows with their place in the input and their texts as plain columns."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from instructwild.read.plain import turn_ids
from instructwild.schema.identity import content_id, response_id, turn_of
from instructwild.stage.frames import INSTRUCTION, MESSAGES, lists
from instructwild.text.normal_form import nfc

AT, PROMPT, ANSWER = "at", "prompt", "answer"
"""Place in the input, counted from 0; the text that duplicates are judged on; the answer after it, or null."""
_OF_CONTENTS = ("id", "response_id", "messages", "parents", PROMPT, ANSWER)
"""The columns that follow from the contents of a row's turns."""


def opened(frame: pl.DataFrame) -> pl.DataFrame:
    """Instruction rows with the columns `at`, `prompt` and `answer` beside their own."""
    return _with_texts(frame.with_row_index(AT))


def closed(rows: pl.DataFrame) -> pl.DataFrame:
    """The instruction rows alone again."""
    return rows.select(INSTRUCTION.names())


def turns(rows: pl.DataFrame) -> pl.DataFrame:
    """Every turn as a row: `at`, `role`, `content`."""
    return rows.select(AT, "messages").explode("messages").unnest("messages")


def single(rows: pl.DataFrame) -> pl.Series:
    """Which rows are one question of a user and perhaps its answer, and nothing else, so that `prompt` is all of it."""
    messages = pl.col("messages")
    first, second = messages.list.first().struct, messages.list.get(1, null_on_oob=True).struct
    return rows.select(
        ((messages.list.len() == 1) | ((messages.list.len() == 2) & (second.field("role") == "assistant").fill_null(False)))
        & (first.field("role") == "user").fill_null(False) & first.field("content").is_not_null()
        & first.field("tool_calls").is_null() & first.field("tool_call_id").is_null()).to_series()


def _with_others(rows: pl.DataFrame, alone: pl.Series, of_single: pl.Series, of_others: pl.Series) -> pl.Series:
    """One text a row out of those of single questions and those of all other rows."""
    if of_others.is_empty():
        return of_single
    order = np.empty(rows.height, np.int64)
    order[alone.to_numpy()] = np.arange(len(of_single))
    order[~alone.to_numpy()] = len(of_single) + np.arange(len(of_others))
    return pl.concat([of_single, of_others], rechunk=True)[order]


def request_texts(rows: pl.DataFrame) -> pl.Series:
    """What each row asks for, as `clean.near.request_text` defines it."""
    alone = single(rows)
    return _with_others(rows, alone, rows["prompt"].filter(alone), _request_texts(rows.filter(~alone)))


def _request_texts(rows: pl.DataFrame) -> pl.Series:
    listed = turns(rows).filter(pl.col("role") != "system").with_row_index("turn")
    last = listed.filter(pl.col("role") != "assistant").group_by(AT).agg(pl.col("turn").max().alias("last"))
    asks = (listed.join(last, on=AT, how="inner", maintain_order="left").filter(pl.col("turn") <= pl.col("last"))
            .group_by(AT).agg(pl.col("content").str.join("\n")))
    joined = rows.select(AT).join(asks, on=AT, how="left", maintain_order="left")
    return joined["content"].fill_null("")


def whole_prompts(rows: pl.DataFrame) -> pl.Series:
    """All turns of each row up to its last answer, with roles and calls of tools, and the tools it may use: equal for twins.

    The answer is what the assistant says after the last turn of a user or a tool. White space is made one.
    """
    alone = single(rows)
    few = rows.select("tools", PROMPT).filter(alone)
    spaced = few.select("tools", whole=pl.lit("user\x1f") + spaced_alike(few[PROMPT]))
    return _with_others(rows, alone, _with_tools(spaced), _whole_prompts(rows.filter(~alone)))


def spaced_alike(texts: pl.Series) -> pl.Series:
    """The texts in NFC, with single spaces for white space, and none around them; most need no change, and none is made."""
    texts = nfc(texts)
    other = texts.str.contains(r"[^\S ]|  |\A | \z")
    changed = texts.filter(other).str.replace_all(r" ?[^\S ]\s*|  \s*", " ").str.strip_chars()    # all but single spaces
    order = np.arange(len(texts))
    order[other.to_numpy()] = len(texts) + np.arange(len(changed))
    return pl.concat([texts, changed], rechunk=True)[order]


def _with_tools(prompts: pl.DataFrame) -> pl.Series:
    return prompts.select(pl.concat_str("whole", "tools", separator="\x1c", ignore_nulls=True))["whole"].fill_null("")


def _whole_prompts(rows: pl.DataFrame) -> pl.Series:
    listed = turns(rows).with_row_index("turn")
    last = listed.filter(pl.col("role") != "assistant").group_by(AT).agg(pl.col("turn").max().alias("last"))
    spaced = pl.col("content").str.normalize("NFC").str.replace_all(r"\s+", " ").str.strip_chars()
    calls = pl.concat_str("role", "tool_calls", "tool_call_id", separator="\x1d", ignore_nulls=True)
    whole = (listed.join(last, on=AT, how="left", maintain_order="left")
             .filter(pl.col("last").is_null() | (pl.col("turn") <= pl.col("last")))
             .group_by(AT).agg((calls + "\x1f" + spaced).str.join("\x1e").alias("whole")))
    return _with_tools(rows.select(AT, "tools").join(whole, on=AT, how="left", maintain_order="left"))


def among(rows: pl.DataFrame, places: pl.Series) -> pl.Series:
    """Which rows have an `at` among `places`."""
    return pl.Series(np.isin(rows[AT].to_numpy(), places.to_numpy()))


def rewritten(rows: pl.DataFrame, contents: Mapping[int, Sequence[str | Mapping[str, Any] | None]]) -> pl.DataFrame:
    """The rows with the contents of all turns of some of them replaced; `contents` are by `at`, one for each turn.

    In place of a content the whole turn may stand.

    A row whose prompt changes is another prompt: it gets the id of its new text, and its old id joins its parents.
    """
    if not contents:
        return rows
    places = pl.Series(AT, sorted(contents), dtype=pl.UInt32)
    hit = among(rows, places)
    mended = _with_texts(_mended(rows.filter(hit), contents))
    order = np.arange(rows.height)
    order[hit.to_numpy()] = rows.height + np.arange(mended.height)
    # A gather over several chunks of nested columns is some fifty times slower than over one.
    return rows.with_columns(pl.concat([rows.select(_OF_CONTENTS), mended.select(_OF_CONTENTS)], rechunk=True)[order])


def names_of_hits(hits: pl.DataFrame) -> pl.DataFrame:
    """The rows with a hit, `at`, and the `names` of their hits; `hits` has `at`, and one boolean column for each name."""
    names = pl.Series([name for name in hits.columns if name != AT], dtype=pl.String)
    row, column = np.nonzero(hits.drop(AT).fill_null(False).to_numpy())
    return pl.DataFrame({AT: hits[AT][row], "names": names[column]}).group_by(AT, maintain_order=True).agg("names")


def flagged(rows: pl.DataFrame, hits: pl.DataFrame) -> pl.DataFrame:
    """The rows with flags added: `hits` has `at`, and one boolean column for each flag, named after it."""
    changed = names_of_hits(hits).rename({"names": "new"})
    if changed.is_empty():
        return rows
    old = pl.col("labels").struct.field("flags")
    joined = rows.select(AT, "labels").join(changed, on=AT, how="left", maintain_order="left")
    flags = pl.when(pl.col("new").is_not_null()).then(old.list.set_union("new")).otherwise(old)
    return rows.with_columns(joined.select(pl.col("labels").struct.with_fields(flags=flags)))


def _mended(rows: pl.DataFrame, contents: Mapping[int, Sequence[str | Mapping[str, Any] | None]]) -> pl.DataFrame:
    fields, listed = [field.name for field in MESSAGES.inner.fields], turns(rows)      # type: ignore[union-attr]
    new = [turn if isinstance(turn, Mapping) else {"content": turn} for at in rows[AT] for turn in contents[at]]
    for name in {name for turn in new for name in turn if name in fields}:
        values = [turn.get(name, old) for turn, old in zip(new, listed[name], strict=True)]
        listed = listed.with_columns(pl.Series(name, values, dtype=listed.schema[name]))
    ends = rows["messages"].list.len().cum_sum().to_numpy().astype(np.int64)
    mended = rows.with_columns(messages=lists(listed.select(fields).to_struct(), ends))
    ids = _ids(mended)
    return mended.with_columns(
        parents=pl.when(ids["id"] == pl.col("id")).then("parents").otherwise(pl.concat_list("parents", "id")),
        id=ids["id"], response_id=ids["response_id"])


def _ids(rows: pl.DataFrame) -> pl.DataFrame:
    """`id` and `response_id` as they follow from the turns; those of single questions are found all at once."""
    second = pl.col("messages").list.get(1, null_on_oob=True).struct
    texts = rows.select(alone=single(rows) & rows.select(
        second.field("role").is_null() | (second.field("content").is_not_null() & second.field("tool_calls").is_null()
                                          & second.field("tool_call_id").is_null())).to_series(),
        prompt=pl.col("messages").list.first().struct.field("content"), answer=second.field("content"))
    quick, others = texts.filter("alone"), rows.filter(~texts["alone"])
    talks = [list(map(turn_of, turns)) for turns in others["messages"].to_list()]
    of_single = quick.select(id=turn_ids("user", quick["prompt"]), response_id=turn_ids("assistant", quick["answer"]))
    of_others = pl.DataFrame({"id": list(map(content_id, talks)), "response_id": list(map(response_id, talks))},
                             schema=of_single.schema)
    return pl.DataFrame([_with_others(rows, texts["alone"], of_single[name], of_others[name]).alias(name)
                         for name in of_single.columns])


def _with_texts(rows: pl.DataFrame) -> pl.DataFrame:
    """Add `prompt` and `answer`, as `schema.prompt_text` and `Instruction.response` define them."""
    alone = single(rows)
    first, second = (pl.col("messages").list.get(turn, null_on_oob=True).struct.field("content") for turn in (0, 1))
    # With "" added prompts are copied to lie one after another: rules search them a tenth faster than among all turns.
    of_single = rows.select("messages").filter(alone).select((first + "").alias(PROMPT), second.alias(ANSWER))
    of_others = _texts_of_turns(rows.filter(~alone))
    return rows.drop(PROMPT, ANSWER, strict=False).with_columns(
        _with_others(rows, alone, of_single[name], of_others[name]) for name in (PROMPT, ANSWER))


def _texts_of_turns(rows: pl.DataFrame) -> pl.DataFrame:
    """The prompts and answers of rows of any number of turns."""
    listed = turns(rows).with_row_index("place")
    last = listed.filter(pl.col("role") == "user").group_by(AT).agg(pl.col("place").max().alias("last"))
    listed = listed.join(last, on=AT, how="left", maintain_order="left")
    asks = pl.col("place") <= pl.col("last")
    prompt = listed.filter(asks & (pl.col("role") != "assistant")).group_by(AT).agg(
        pl.col("content").str.join("\n").alias(PROMPT))
    answer = listed.filter(pl.col("place") > pl.col("last")).group_by(AT).agg(pl.col("content").last().alias(ANSWER))
    return (rows.select(AT).join(prompt, on=AT, how="left", maintain_order="left")
            .join(answer, on=AT, how="left", maintain_order="left").with_columns(pl.col(PROMPT).fill_null("")))
