"""Open Assistant's messages, one a row, put together into the trees that they are of."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from instructwild.read.cells import is_empty, optional_text
from instructwild.read.line import Line

NUMBER = re.compile(r"\d{1,9}(\.0)?")
COLUMNS = ("message_id", "parent_id", "role", "text")


def are_messages(columns: Collection[str]) -> bool:
    """Whether rows of these columns are messages of trees."""
    return all(name in columns for name in COLUMNS)


def joined_trees(lines: Iterable[Line]) -> Iterator[Line]:
    """The lines, those that are messages of trees as one line a tree, in the order in which their first messages come.

    A tree is read as `{"prompt": {role, text, …, "replies": […]}}` and stands where its first message does. A message whose
    parent is missing is a line of its own that cannot be read. Trees come last: their messages may stand anywhere.
    """
    messages: dict[str, tuple[Line, dict[str, Any]]] = {}
    for line in lines:
        value = line.value
        if isinstance(value, dict) and isinstance(value.get("message_id"), str) and are_messages(value):
            if value["message_id"] in messages:
                yield Line(line.number, value, f"a second message with the id {value['message_id']}")
                continue
            kept = {key: _cell(item) for key, item in value.items()
                    if not is_empty(item) and key not in ("parent_id", "replies")}
            texts = {key: str(value[key]) for key in ("message_id", "text") if value[key] is not None}
            messages[value["message_id"]] = line, {**kept, **texts, "replies": []}
        else:
            yield line
    for line, message in messages.values():
        parent = _parent(line)
        if parent in messages:
            messages[parent][1]["replies"].append(message)
        elif parent:
            yield Line(line.number, line.value, "a reply of a message tree whose parent is not in the file")
    yield from _in_circles(messages)
    for line, message in messages.values():
        if not _parent(line):
            yield Line(line.number, {"prompt": message})


def _in_circles(messages: Mapping[str, tuple[Line, dict[str, Any]]]) -> Iterator[Line]:
    """Messages that no way leads to from a root or from one whose parent is missing."""
    waiting = [message for line, message in messages.values() if _parent(line) not in messages]
    reached = set[str]()
    while waiting:
        message = waiting.pop()
        reached.add(message["message_id"])
        waiting += message["replies"]
    for name, (line, _) in messages.items():
        if name not in reached:
            yield Line(line.number, line.value, "replies of a message tree that go in a circle")


def _parent(line: Line) -> str:
    """The id of the message before; empty at the root of a tree."""
    return optional_text(line.value["parent_id"], "parent_id")


def _cell(value: Any) -> Any:
    """A cell of a table of text as the number or the truth value that it writes."""
    text = value.strip().lower() if isinstance(value, str) else ""
    if text in ("true", "false"):
        return text == "true"
    return int(float(text)) if NUMBER.fullmatch(text) else value
