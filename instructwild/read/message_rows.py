"""Open Assistant's messages, one a row, put together into the trees that they are of."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from instructwild.read.line import Line

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
        if isinstance(value, Mapping) and are_messages(value) and isinstance(value["message_id"], str):
            if value["message_id"] in messages:
                yield Line(line.number, value, f"a second message with the id {value['message_id']}")
                continue
            kept = {key: item for key, item in value.items() if item is not None and key not in ("parent_id", "replies")}
            messages[value["message_id"]] = line, {**kept, "replies": []}
        else:
            yield line
    for line, message in messages.values():
        parent = line.value["parent_id"]
        if parent in messages:
            messages[parent][1]["replies"].append(message)
        elif parent is not None:
            yield Line(line.number, line.value, "a reply of a message tree whose parent is not in the file")
    yield from _in_circles(messages)
    for line, message in messages.values():
        if line.value["parent_id"] is None:
            yield Line(line.number, {"prompt": message})


def _in_circles(messages: Mapping[str, tuple[Line, dict[str, Any]]]) -> Iterator[Line]:
    """Messages that no way leads to from a root or from one whose parent is missing."""
    waiting = [message for line, message in messages.values()
               if line.value["parent_id"] is None or line.value["parent_id"] not in messages]
    reached = set[str]()
    while waiting:
        message = waiting.pop()
        reached.add(message["message_id"])
        waiting += message["replies"]
    for name, (line, _) in messages.items():
        if name not in reached:
            yield Line(line.number, line.value, "replies of a message tree that go in a circle")
