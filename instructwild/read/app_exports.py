"""Conversations as chat applications export them: Claude's data export, Open WebUI, LibreChat.

Sources: the conversations.json of claude.ai; open-webui's chat store (`chat.history`); LibreChat's exportConversation.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from instructwild.read.conversation import RowConversation, of_branch, of_messages
from instructwild.read.marks import is_rating
from instructwild.read.parts import LeftOut, parts_of

Message = Mapping[str, Any]
ROOTS = (None, "", "00000000-0000-0000-0000-000000000000")
"""What stands for the parent of a first message."""


def is_conversation(value: Mapping[str, Any]) -> bool:
    """Whether an object is one conversation of such an export, and no object around a list of rows."""
    return isinstance(value.get("chat_messages"), list) or _libre_messages(value) is not None


def claude_export(row: Mapping[str, Any]) -> RowConversation | None:
    """A conversation of Claude's data export: `chat_messages` with `sender`, text parts and `text`.

    Raises:
        LeftOut: it holds media.
        ValueError: it holds what is no message.
    """
    messages = row.get("chat_messages")
    if not isinstance(messages, list) or not all(isinstance(message, Mapping) for message in messages):
        return None
    return of_messages([{**{key: value for key, value in message.items() if key not in ("sender", "text", "content")},
                         "role": message.get("sender"), "content": _claude_content(message)} for message in messages],
                       "chat_messages")


COUNTERS = ("token_budget",)
"""Types of Claude's parts that say nothing."""


def _claude_content(message: Message) -> Any:
    """The parts of a message where all are of known types, else its plain text."""
    content = message.get("content")
    if isinstance(content, Sequence) and not isinstance(content, str) and content:
        parts = [part for part in content if not isinstance(part, Mapping) or part.get("type") not in COUNTERS]
        try:
            list(parts_of(parts, "content"))
            return parts
        except LeftOut:
            raise
        except ValueError:
            pass
    return message.get("text") or content


def open_webui_export(row: Mapping[str, Any]) -> RowConversation | None:
    """A chat of Open WebUI: the branch that was seen last; the whole chat stays in extra where there are others.

    Raises:
        LeftOut: it holds media.
        ValueError: it holds what is no message.
    """
    chat = row.get("chat")
    if not isinstance(chat, Mapping):
        return None
    history = chat.get("history")
    stored = history.get("messages") if isinstance(history, Mapping) else None
    if isinstance(history, Mapping) and isinstance(stored, Mapping) and history.get("currentId") in stored:
        path = branch(stored, history["currentId"], "parentId")
        return of_branch(path, "chat", whole=len(path) == len(stored))
    messages = chat.get("messages")
    if isinstance(messages, list) and messages and all(isinstance(message, Mapping) for message in messages):
        return of_branch(messages, "chat", whole=True)
    return None


def open_webui_feedback(row: Mapping[str, Any]) -> RowConversation | None:
    """A rating that Open WebUI exports: the chat up to the answer that was rated; the whole chat stays in extra.

    Raises:
        LeftOut: it holds media.
        ValueError: the rated answer is not in the chat, or it holds what is no message.
    """
    if not is_rating(row):
        return None
    record = row["snapshot"].get("chat")
    chat = record.get("chat", record) if isinstance(record, Mapping) else None
    history = chat.get("history") if isinstance(chat, Mapping) else None
    stored = history.get("messages") if isinstance(history, Mapping) else None
    meta = row.get("meta")
    rated = meta.get("message_id") if isinstance(meta, Mapping) else None
    if not isinstance(stored, Mapping) or not isinstance(rated, str) or rated not in stored:
        raise ValueError("a rating whose answer is not in its snapshot of the chat")
    return of_branch(branch(stored, rated, "parentId"), "snapshot", whole=False)


def libre_export(row: Mapping[str, Any]) -> RowConversation | None:
    """A conversation of LibreChat: the branch of the last message; all messages stay in extra where there are others.

    Raises:
        LeftOut: it holds media.
        ValueError: it holds what is no message.
    """
    messages = _libre_messages(row)
    if messages is None:
        return None
    flat = _flat(messages)
    path = last_branch(flat, "messageId", "parentMessageId")
    return of_branch([_libre_message(message) for message in path], "messages", whole=len(path) == len(flat))


def _libre_messages(row: Mapping[str, Any]) -> list[Message] | None:
    messages = row.get("messages")
    return messages if isinstance(messages, list) and messages and all(
        isinstance(message, Mapping) and isinstance(message.get("isCreatedByUser"), bool) for message in messages) else None


def _flat(messages: Sequence[Any]) -> list[Message]:
    """Messages and their children, each before what follows it."""
    flat: list[Message] = []
    waiting = [*reversed(messages)]
    while waiting:
        message = waiting.pop()
        if isinstance(message, Mapping):
            flat.append(message)
            waiting += [{"parentMessageId": message.get("messageId"), **child}
                        for child in reversed(message.get("children") or []) if isinstance(child, Mapping)]
    return flat


def _libre_message(message: Message) -> dict[str, Any]:
    """One message with a role and a content; parts of thoughts are named `think` there."""
    content = message.get("content")
    if isinstance(content, list) and content:
        content = [_libre_part(part) if isinstance(part, Mapping) else part for part in content]
    else:
        content = message.get("text")
    rest = {key: value for key, value in message.items() if key not in ("content", "text", "isCreatedByUser", "children")}
    return {**rest, "role": "user" if message["isCreatedByUser"] else "assistant", "content": content}


def _libre_part(part: Mapping[str, Any]) -> Mapping[str, Any]:
    if part.get("type") == "think":
        return {"type": "thinking", "thinking": part.get("think")}
    return {"type": "text", "text": part["text"].get("value")} if isinstance(part.get("text"), Mapping) else part


def last_branch(messages: Sequence[Message], name: str, parent: str) -> Sequence[Message]:
    """The messages from the first one to that which stands last; all as they stand where one has no id of its own.

    Args:
        messages: of all branches.
        name: the field of a message's id.
        parent: the field of the id of the message before it.

    Raises:
        ValueError: they go in a circle.
    """
    by_id = {message[name]: message for message in messages if isinstance(message.get(name), str)}
    return branch(by_id, messages[-1][name], parent) if len(by_id) == len(messages) else messages


def branch(messages: Mapping[str, Message], last: str, parent: str) -> list[Message]:
    """The messages from the first one to the last, by the names of their parents.

    Raises:
        ValueError: they go in a circle.
    """
    path: list[Message] = []
    at: Any = last
    while at not in ROOTS and at in messages:
        if len(path) > len(messages):
            raise ValueError("the messages go in a circle")
        path.append(messages[at])
        at = messages[at].get(parent)
    return path[::-1]
