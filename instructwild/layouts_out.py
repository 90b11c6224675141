"""The layouts that `convert` writes: what a row becomes in each, and which columns stand beside it."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from instructwild.layout import Layout
from instructwild.schema.columns import INPUT_LINE, compact
from instructwild.schema.instruction import Instruction
from instructwild.schema.message import Message, json_value

if TYPE_CHECKING:
    import polars as pl

SHAREGPT = {"system": "system", "user": "human", "assistant": "gpt", "tool": "observation"}


def misfit(turns: Sequence[Message], layout: Layout) -> str | None:
    """Why turns cannot be written in a layout without losing something; None where they can."""
    if layout is not Layout.ALPACA:
        return None
    roles = [turn.role for turn in turns if turn.role != "system"]
    if sum(turn.role == "system" for turn in turns) > 1 or (turns[0].role != "system" and len(roles) != len(turns)):
        return "a system turn that is not the first"
    if any(turn.tool_calls for turn in turns) or "tool" in roles:
        return "turns of tools"
    pairs, alone = divmod(len(roles), 2)
    if roles != ["user", "assistant"] * pairs + ["user"] * alone:
        return "turns do not alternate between user and assistant"
    return None


def row_in(row: Instruction, layout: Layout) -> dict[str, Any]:
    """One row in a layout it fits, with its id, language, tools, type and origin, and all that it was read with beside."""
    extra = {name: value for name, value in row.extra.items() if name != INPUT_LINE}
    split = row.extra.get(INPUT_LINE)
    written = in_layout(row.messages, layout, split if isinstance(split, int) else None)
    if row.tools:
        written["tools"] = row.tools if layout is Layout.MESSAGES else compact(row.tools)
    written |= {"id": row.id, "language": row.language, **_read_columns(row)}
    return with_extra(written, extra, layout)


def _read_columns(row: Instruction) -> dict[str, Any]:
    """Columns that are no `extra` because they were read: the type, and the origin where it is more than a file's name."""
    columns: dict[str, Any] = {"category": row.labels.type} if row.labels.type else {}
    if row.origin:
        first = row.origin[0]
        columns |= {name: value for name, value in (("url", first.url), ("license", first.license)) if value}
        if "url" in columns or "license" in columns or f".{first.kind}" not in first.source:
            columns["source"] = first.source
    return columns


def with_extra(written: dict[str, Any], extra: Mapping[str, Any], layout: Layout) -> dict[str, Any]:
    """A written row with the further columns beside; a name that the layout uses itself becomes `extra_NAME`."""
    reserved = {*written, *LAYOUT_COLUMNS[layout], "tools"}
    for name, value in extra.items():
        free = f"extra_{name}" if name in reserved else name
        while free in written:
            free = f"extra_{free}"
        written[free] = value
    return written


LAYOUT_COLUMNS = {Layout.MESSAGES: ("messages",),
                  Layout.PREFERENCE: ("prompt", "chosen", "rejected", "id", "language", "annotator", "agreement",
                                      "chosen_model", "rejected_model"),
                  Layout.ALPACA: ("instruction", "input", "output", "system", "history"),
                  Layout.SHAREGPT: ("conversations",)}


def in_layout(turns: Sequence[Message], layout: Layout, input_line: int | None = None) -> dict[str, Any]:
    """One conversation in a layout it fits. Layouts without a field for thoughts hold them as a `<think>` block.

    Args:
        turns: the conversation.
        layout: the layout.
        input_line: at which line of the last user turn an Alpaca row's input begins.
    """
    if layout is Layout.MESSAGES:
        return {"messages": [turn.chat() for turn in turns]}
    if layout is Layout.SHAREGPT:
        return {"conversations": [shared for turn in turns for shared in _shared(turn)]}
    system = turns[0].content if turns[0].role == "system" else ""
    texts = [_with_thoughts(turn) for turn in turns if turn.role != "system"]
    answer = texts.pop() if len(texts) % 2 == 0 else ""
    lines = texts[-1].split("\n")
    cut = input_line if input_line is not None and 0 < input_line < len(lines) else len(lines)
    return {"instruction": "\n".join(lines[:cut]), "input": "\n".join(lines[cut:]), "output": answer, "system": system,
            "history": [[texts[at], texts[at + 1]] for at in range(0, len(texts) - 1, 2)]}


def _with_thoughts(turn: Message) -> str:
    return f"<think>\n{turn.reasoning_content}\n</think>\n\n{turn.content}" if turn.reasoning_content else turn.content


def _shared(turn: Message) -> list[dict[str, str]]:
    """ShareGPT's turns for one message: a call of tools is a turn of its own, after thoughts, without ids of calls."""
    if not turn.tool_calls:
        return [{"from": SHAREGPT[turn.role], "value": _with_thoughts(turn)}]
    calls = [call.get("function", call) for call in json.loads(turn.tool_calls)]
    calls = [{"name": call.get("name"), "arguments": json_value(call.get("arguments"))} for call in calls]
    text = compact(calls[0] if len(calls) == 1 else calls)
    if turn.content.strip():
        return [{"from": SHAREGPT[turn.role], "value": _with_thoughts(turn)}, {"from": "function_call", "value": text}]
    return [{"from": "function_call", "value": _with_thoughts(turn) + text}]


TURN_COLUMNS = {Layout.MESSAGES: ("messages",), Layout.PREFERENCE: ("prompt", "chosen", "rejected")}
"""Columns of messages, by the layout."""


def columns_of(rows: Sequence[Mapping[str, Any]], layout: Layout) -> "dict[str, pl.Series]":
    """Rows as the columns of a Parquet file: further columns of their own types, JSON text where values are of several.

    `tools` and `tool_calls` are JSON text there, since their arguments differ from row to row.
    """
    import polars as pl

    known = schema(layout, rows)
    names = dict.fromkeys([*known, *(name for row in rows for name in row)])
    columns = {}
    for name in names:
        values = [row.get(name) for row in rows]
        if name in TURN_COLUMNS.get(layout, ()):
            values = [[turn | {key: compact(turn[key]) for key in ("tool_calls",) if key in turn} for turn in turns]
                      for turns in values]
        columns[name] = pl.Series(name, values, dtype=known[name]) if name in known else _free_column(name, values)
    return columns


def _free_column(name: str, values: Sequence[Any]) -> "pl.Series":
    import polars as pl

    kinds = {type(value) for value in values if value is not None}
    simple = kinds <= {str} or kinds <= {bool} or kinds <= {int, float} or kinds == {list}
    if name != "tools" and simple:
        try:
            return pl.Series(name, values, strict=kinds != {int, float})
        except (TypeError, OverflowError, pl.exceptions.PolarsError):
            pass                                          # lists of several kinds, integers beyond 64 bits
    texts = [value if value is None or isinstance(value, str) else compact(value) for value in values]
    return pl.Series(name, texts, dtype=pl.String)


def schema(layout: Layout, rows: Sequence[Mapping[str, Any]] = ()) -> "dict[str, Any]":
    """The columns of a layout; messages have the further fields that any of the rows has."""
    import polars as pl

    seen = (name for row in rows for column in ("messages", "prompt", "chosen", "rejected") if column in row
            for turn in row[column] for name in turn)
    fields = dict.fromkeys(["role", "content", *(seen if layout in (Layout.MESSAGES, Layout.PREFERENCE) else ())])
    turns = pl.List(pl.Struct({name: pl.String for name in fields}))
    beside = {"id": pl.String(), "language": pl.String()}
    return {
        Layout.MESSAGES: {"messages": turns, **beside},
        Layout.PREFERENCE: {"prompt": turns, "chosen": turns, "rejected": turns, **beside,
                            "annotator": pl.String(), "agreement": pl.Float64()},
        Layout.ALPACA: {"instruction": pl.String(), "input": pl.String(), "output": pl.String(), "system": pl.String(),
                        "history": pl.List(pl.List(pl.String)), **beside},
        Layout.SHAREGPT: {"conversations": pl.List(pl.Struct({"from": pl.String, "value": pl.String})), **beside},
    }[layout]


LLAMA_FACTORY = "llamafactory.jsonl"
"""The rows as LLaMA-Factory reads them, where that is not what TRL reads."""


def in_llama_factory(row: Mapping[str, Any], layout: Layout) -> dict[str, Any] | None:
    """A row of messages or a preference pair in ShareGPT's layout, the one in which LLaMA-Factory takes tools and thoughts.

    Its reader of pairs takes one object for each side, not TRL's list, and leaves out columns of messages that it does not
    know (llamafactory/data/converter.py). None for a pair of which a side is more than that: several turns, or words and
    calls.
    """
    rest = {name: value for name, value in row.items() if name not in ("messages", "prompt", "chosen", "rejected")}
    if "tools" in rest and not isinstance(rest["tools"], str):
        rest["tools"] = compact(rest["tools"])
    turns = [Message.model_validate(turn) for turn in row["prompt" if layout is Layout.PREFERENCE else "messages"]]
    written = in_layout(turns, Layout.SHAREGPT)
    if layout is Layout.PREFERENCE:
        for name in ("chosen", "rejected"):
            turns_of_side = [shared for turn in row[name] for shared in _shared(Message.model_validate(turn))]
            if len(turns_of_side) != 1:
                return None
            written[name] = turns_of_side[0]
    return written | rest


def dataset_info(name: str, layout: Layout, columns: Sequence[str]) -> dict[str, Any]:
    """LLaMA-Factory's description of the rows, as its `dataset_info.json` wants it (llamafactory/data/parser.py)."""
    tools = {"tools": "tools"} if "tools" in columns else {}
    if layout is Layout.ALPACA:
        return {name: {"file_name": "data.jsonl", "formatting": "alpaca", "columns": {
            "prompt": "instruction", "query": "input", "response": "output", "system": "system", "history": "history",
            **tools}}}
    sides = {"chosen": "chosen", "rejected": "rejected"} if layout is Layout.PREFERENCE else {}
    return {name: {"file_name": "data.jsonl" if layout is Layout.SHAREGPT else LLAMA_FACTORY, "formatting": "sharegpt",
                   **({"ranking": True} if sides else {}),
                   "columns": {"messages": "conversations", **sides, **tools},
                   "tags": {"role_tag": "from", "content_tag": "value", "user_tag": SHAREGPT["user"],
                            "assistant_tag": SHAREGPT["assistant"], "observation_tag": SHAREGPT["tool"],
                            "function_tag": "function_call", "system_tag": SHAREGPT["system"]}}}
