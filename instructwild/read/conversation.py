"""One row as it was read, and the conversation that a list of messages makes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from instructwild.read.cells import optional_text
from instructwild.read.marks import is_rated_bad
from instructwild.read.turns import Turn, turn, turns_from, unread


@dataclass
class RowConversation:
    """One row as it was understood: its turns, its tools, and the columns that were read; the others are `extra`.

    `layout` is what messages call the layout, `language` the one that the layout itself names, `rated_bad` whether a person
    rated the last message as bad.
    """

    turns: list[Turn]
    read: set[str]
    tools: Any = None
    extra: dict[str, Any] = field(default_factory=dict)
    layout: str = ""
    language: str | None = None
    rated_bad: bool = False

    def begin_with_system(self, row: Mapping[str, Any], column: str) -> None:
        """Read a column as the system message, where it is text; a blank one is none."""
        text = row.get(column)
        if isinstance(text, str):
            self.read.add(column)
            if optional_text(text, column).strip():
                self.turns.insert(0, turn("system", text))


def of_messages(messages: Sequence[Any], key: str) -> RowConversation:
    """The conversation of a list of messages; what a message holds beside its text stays in `extra` as `KEY_fields`.

    Raises:
        ValueError: it is empty, or holds what is no message.
        LeftOut: it holds media.
    """
    turns: list[Turn] = []
    question = ""
    for number, message in enumerate(messages):
        turns += turns_from(message, number, question)
        if turns and turns[-1]["role"] == "user":
            question = turns[-1]["content"]
    if not turns:
        raise ValueError("the conversation is empty")
    rest = [unread(message) for message in messages]
    return RowConversation(turns, {key}, extra={f"{key}_fields": rest} if any(rest) else {},
                           rated_bad=is_rated_bad(messages[-1]))


def of_branch(path: Sequence[Any], key: str, *, whole: bool) -> RowConversation:
    """The conversation of one branch of a tree of messages; where there are others, all of them stay in `extra`.

    Raises:
        ValueError, LeftOut: see `of_messages`.
    """
    conversation = of_messages(path, key)
    if not whole:
        conversation.read = set()
    return conversation
