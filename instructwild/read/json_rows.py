"""Which values of a JSON document are rows: a list under some name, columns, splits, or an object by ids."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from instructwild.errors import InputError
from instructwild.read.api_rows import REQUESTS
from instructwild.read.app_exports import is_conversation
from instructwild.read.chat_files import is_chat_file
from instructwild.read.line import Line
from instructwild.read.names import CONVERSATION_KEYS, KNOWN

DESCRIBE = frozenset({"license", "source", "url", "language", "category", "id", "text", "system"})
"""What may stand beside a list of rows to describe them all."""


def rows_within(value: Mapping[str, Any], name: str) -> Iterator[Line]:
    """The rows of one object: those of the list it holds, those of its columns, or itself.

    What stands beside a list and is no list or object itself is part of each of its rows.

    Raises:
        InputError: it holds several lists of rows, and nothing else.
    """
    if any(isinstance(value.get(key), list) and _messages(value[key]) for key in (*CONVERSATION_KEYS, "contents")
           ) or is_conversation(value) or is_chat_file(value):
        yield Line(1, value)
        return
    if {*value} >= {"columns", "data"} and _is_split(value):                # pandas, orient="split"
        for number, cells in enumerate(value["data"], start=1):
            yield Line(number, dict(zip(value["columns"], cells, strict=True)))
        return
    if _by_key(value):                                                      # pandas, orient="index", and rows by their id
        for number, (key, row) in enumerate(value.items(), start=1):
            yield Line(number, row if "key" in row else {**row, "key": key})
        return
    columns = {key: [*item.values()] if isinstance(item, Mapping) else item for key, item in value.items()}
    indexed = all(isinstance(item, Mapping) and all(key.isdigit() for key in item) for item in value.values())
    lengths = {len(item) for item in columns.values() if isinstance(item, list)}
    known = any(key.lower() in KNOWN for key in columns)
    if (len(lengths) == 1 and 0 not in lengths and (known or (len(columns) > 1 and _are_cells(columns.values())))
            and (indexed or all(isinstance(item, list) and not any(isinstance(cell, Mapping) for cell in item)
                                for item in value.values()))):
        for number, cells in enumerate(zip(*columns.values(), strict=True), start=1):
            yield Line(number, dict(zip(columns, cells, strict=True)))
        return
    yield from rows_of_list(value, name)


def rows_of_list(value: Mapping[str, Any], name: str) -> Iterator[Line]:
    """The rows of the one list that an object is around, or that an object in it is around; else the object as a row."""
    if isinstance(value.get("features"), list) and isinstance(value.get("rows"), list):       # the Hub's dataset viewer
        value = {"rows": value["rows"]}
    lists = [item for item in value.values() if are_rows(item)]
    beside = {key: item for key, item in value.items() if isinstance(item, str | int | float)}
    within = [item for key, item in value.items() if key not in (*KNOWN, *REQUESTS) and isinstance(item, Mapping)
              and sum(map(are_rows, item.values())) == 1]
    if any(isinstance(value.get(key), str) for key in KNOWN - DESCRIBE):
        yield Line(1, value)
    elif len(lists) == 1:
        for number, row in enumerate(lists[0], start=1):
            of_viewer = isinstance(row.get("row"), Mapping) and "row_idx" in row
            yield Line(number, row["row"] if of_viewer else {**beside, **row})
    elif len(lists) > 1 and len(lists) == len(value):
        raise InputError(f"holds several lists of rows: {', '.join(map(str, value))}", where=name,
                         remedy="save each of them as a file of its own")
    elif not lists and len(within) == 1:
        for line in rows_of_list(within[0], name):
            yield Line(line.number, {**beside, **line.value})
    else:
        yield Line(1, value)


def are_rows(item: Any) -> bool:
    """Whether a list holds objects, and so may be rows."""
    return isinstance(item, list) and bool(item) and all(isinstance(row, Mapping) for row in item) and not _messages(item)


def _are_cells(columns: Iterable[Any]) -> bool:
    """Whether columns hold nothing but what a table holds."""
    return all(isinstance(cell, str | int | float | None)
               for column in columns if isinstance(column, list) for cell in column)


def _is_split(value: Mapping[str, Any]) -> bool:
    names, rows = value["columns"], value["data"]
    return isinstance(names, list) and isinstance(rows, list) and all(isinstance(name, str) for name in names) and all(
        isinstance(row, list) and len(row) == len(names) for row in rows)


def _by_key(value: Mapping[str, Any]) -> bool:
    """Whether an object holds one row under each of its keys: no key is a name that is read, and each row has such names."""
    return bool(value) and not any(key.lower() in KNOWN for key in value) and all(
        isinstance(row, Mapping) and any(isinstance(key, str) and key.lower() in KNOWN for key in row)
        for row in value.values())


def _messages(items: list[Any]) -> bool:
    return bool(items) and all(isinstance(item, Mapping) and (
        "from" in item or ("role" in item and ("content" in item or "parts" in item))) for item in items)
