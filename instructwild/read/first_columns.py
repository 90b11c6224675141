"""The columns of a file's first rows, and which `--map` options would read them."""

import shlex
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import polars as pl

from instructwild.read.assemble import Reading
from instructwild.read.batch_results import is_result
from instructwild.read.cells import parsed_messages
from instructwild.read.line import Line
from instructwild.read.names import CONVERSATION_KEYS, KNOWN, PAIR, PROMPT_KEYS, further, proposed


def _are_messages(value: Any) -> bool:
    items = parsed_messages(value) if isinstance(value, str | list) else None
    return isinstance(items, list) and bool(items) and all(
        isinstance(item, Mapping) and ("role" in item or "from" in item) for item in items)


def _are_turns(value: Any) -> bool:
    """Whether a value may be what two sides said in turn."""
    return isinstance(value, list) and len(value) > 1 and all(isinstance(item, str) and " " in item for item in value)


LAYOUT_COLUMNS = frozenset({*PROMPT_KEYS, *CONVERSATION_KEYS, "contents", "chat", "chat_messages", "mapping", "body",
                            "params", "turns", "plain_text"})
"""Columns that by themselves make a row one of a layout."""


class FirstColumns:
    """The columns of the first rows that go by, and those that a map names, wherever they come."""

    LOOKED_AT = 20

    def __init__(self, mapping: Mapping[str, str] | None = None) -> None:
        self.columns: list[str] = []
        self.texts: list[str] = []
        """Those of them that hold text, or what a person means as text."""
        self.conversation = ""
        """A column that holds lists of messages under a name that is not read."""
        self.of_batch = False
        """Whether a row is an answer of a batch, without its request."""
        self._mapped = {*(mapping or {}).values()}

    def watch(self, lines: Iterable[Line]) -> Iterator[Line]:
        """The lines, while their columns are noted."""
        rest = iter(lines)
        for line in islice(rest, self.LOOKED_AT):
            if isinstance(line.value, Mapping):
                self._look_at(line.value)
            yield line
        self._mapped.difference_update(self.columns)
        while self._mapped and (following := next(rest, None)) is not None:
            if isinstance(following.value, Mapping) and (late := self._mapped.intersection(following.value)):
                self.columns += sorted(late)
                self._mapped -= late
            yield following
        yield from rest

    def look_at_frame(self, frame: pl.DataFrame) -> None:
        """Note the columns of a table's first rows."""
        self.columns += [column for column in frame.columns if column not in self.columns]
        for row in frame.iter_rows(named=True):
            self._look_at(row)

    def _look_at(self, row: Mapping[Any, Any]) -> None:
        self.of_batch = self.of_batch or is_result(row)
        for key, value in row.items():
            name = str(key)
            if name not in self.columns:
                self.columns.append(name)
            if isinstance(value, str | int | float) and name not in self.texts:
                self.texts.append(name)
            if not self.conversation and (_are_messages(value) or _are_turns(value)):
                self.conversation = name


def further_options(reading: Reading, answered: bool, columns: Mapping[str, str] | None) -> str:
    """The `--map` options that probably read more of a file whose rows were read; none where a person named columns."""
    if columns:
        return ""
    likely = further(reading.read_as.extra, answered=answered)
    return _options({name: column for name, column in likely.items() if name not in reading.read_as.fields})


def unread_remedy(name: str, first: FirstColumns, problem: str) -> str:
    """Why no row of a file could be read, and what to type."""
    if first.of_batch:
        return (f"{name}: no row could be read, because it holds the answers of a batch without their requests. Give the "
                "file of the requests in the same command")
    if not first.columns:
        return (f"{name}: no row could be read: {problem}. Each row should be an object, such as "
                '{"instruction": "…", "output": "…"}, or a list of messages')
    known = {column.strip().lower() for column in first.columns}.intersection(LAYOUT_COLUMNS)
    if known:
        return f"{name}: no row could be read, although it has {', '.join(sorted(known))}: {problem}"
    if {"role", "content"} <= {column.strip().lower() for column in first.columns}:
        return (f"{name}: no row could be read, because each is a single message (role, content). Put the messages of a "
                "conversation into one row, as a list under messages")
    proposal = {"messages": first.conversation} if first.conversation else proposed(first.texts)
    remedy = f"Name them, for example with {_options(proposal)}" if proposal else \
        "None of them holds text or messages: write the prompt, and perhaps an answer, into columns of their own"
    return (f"{name}: no row could be read, because none of its columns has a name that is read: "
            f"{', '.join(first.columns[:20])}. {remedy}")


def map_options(first: FirstColumns) -> str:
    """The `--map` options that probably read rankings from a file of these columns; nothing where none do."""
    known = {column.strip().lower() for column in first.columns}
    likely = proposed(column for column in first.texts if column.strip().lower() not in KNOWN)
    if not {*PAIR} <= {*likely}:
        return ""
    sides = {name: likely[name] for name in PAIR}
    if known.intersection((*PROMPT_KEYS, *CONVERSATION_KEYS)):
        return _options(sides)
    return _options({"messages": first.conversation, **sides} if first.conversation else likely)


def _options(names: Mapping[str, str]) -> str:
    return " ".join(f"--map {shlex.quote(f'{key}={column}')}" for key, column in names.items())
