"""Telegram: `result.json` as Telegram Desktop exports it, one chat or all of them.

One chat is `{"name", "type", "id", "messages": [...]}`, all of them `{"chats": {"list": [chat, ...]}}`. A text is a string
or a list of strings and marked pieces.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from instructwild.collect.export import Event, json_items, members
from instructwild.collect.post import Post, moment, person, sequence, text_of

FILES = ("result*.json", "*.json")
NESTS = ("chats.list.item.", "left_chats.list.item.")
OPEN = ("public_channel", "public_supergroup", "bot_chat")


def posts(path: Path, encoding: str | None = None) -> Iterator[Post]:
    """Every message of an export.

    Raises:
        InputError: the export cannot be read.
    """
    for member in members(path, FILES):
        chat: dict[str, Any] = {}

        def watch(events: Iterable[Event], chat: dict[str, Any] = chat) -> Iterator[Event]:
            """All chats look like one; its `type` and `id` are noted as they pass, before its messages."""
            for prefix, event, value in events:
                nest = next((nest for nest in NESTS if prefix.startswith(nest)), "")
                inner = prefix[len(nest):]
                if inner in ("type", "id", "name"):
                    chat[inner] = value
                yield inner, event, value

        for number, message in json_items(member, "messages.item", watch=watch):
            where = f"{member.name}#{number}"
            yield _post(message, where, chat) if isinstance(message, Mapping) else Post(where, problem="no message")


def _post(message: Mapping[str, Any], where: str, chat: Mapping[str, Any]) -> Post:
    pieces = [message.get("text")] if isinstance(message.get("text"), str) else list(sequence(message.get("text")))
    text = "".join(piece if isinstance(piece, str) else text_of(piece.get("text")) for piece in pieces
                   if isinstance(piece, str | Mapping))
    if message.get("type") == "service":
        return Post(where, skip="a service message")
    if message.get("type") != "message" or "text" not in message:
        return Post(where, problem="no message with a text")
    people = person(message.get("from"))
    for piece in pieces:
        if isinstance(piece, Mapping) and piece.get("type") in ("mention_name", "mention"):
            people += person(piece.get("text"))
    return Post(where, text.strip(), author=text_of(message.get("from_id")) or None, people=people,
                url=f"https://t.me/c/{chat.get('id')}/{message.get('id')}", private=chat.get("type") not in OPEN,
                created=moment(message.get("date_unixtime")) or moment(message.get("date")),
                repost="forwarded_from" in message, skip="a bot wrote it" if message.get("via_bot") else None)
