"""Telegram: `result.json` as Telegram Desktop exports it, one chat or all of them.

One chat is `{"name", "type", "id", "messages": [...]}`, all of them `{"chats": {"list": [chat, ...]}}`. A text is a string
or a list of strings and marked pieces.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from instructwild.collect.export import members
from instructwild.collect.json_stream import json_rows, json_values
from instructwild.collect.post import Post, bot_name, mapping, moment, person, sequence, text_of

FILES = ("result*.json", "*.json")
ROOT = ("item",)
"""Where messages stand that a script dumped by Telethon, as an array or one a line: `{"_": "Message", "message": …}`."""
CHATS = ((), ("chats", "list", "item"), ("left_chats", "list", "item"))
"""Where chats are."""
OPEN = ("public_channel", "public_supergroup", "bot_chat")


def posts(path: Path, encoding: str | None = None) -> Iterator[Post]:
    """Every message of an export.

    Raises:
        InputError: the export cannot be read.
    """
    paths = [(*chat, *rest) for chat in CHATS for rest in (("type",), ("id",), ("name",), ("messages", "item"))] + [ROOT]
    for member in members(path, FILES):
        if member.name.lower().endswith((".jsonl", ".ndjson")):
            for where, line in json_rows(member, encoding):
                yield (_post(line.value, where, {}) if isinstance(line.value, Mapping) else
                       Post(where, problem=line.problem or "no message"))
            continue
        chat: dict[str, Any] = {}
        number = 0
        for path_of_value, value, problem in json_values(member, *paths, encoding=encoding):
            if path_of_value[-1] != "item":  # facts of the chat, which stand before its messages
                chat[path_of_value[-1]] = value
                continue
            number += 1
            where = f"{member.name}#{number}"
            yield _post(value, where, chat) if isinstance(value, Mapping) else Post(where, problem=problem or "no message")


def _text(pieces: Sequence[Any]) -> str:
    """The text with code in its fences."""
    return "".join(piece if isinstance(piece, str) else _marked(piece)
                   for piece in pieces if isinstance(piece, str | Mapping))


def _marked(piece: Mapping[str, Any]) -> str:
    text = text_of(piece.get("text"))
    if piece.get("type") == "pre":
        return f"\n```{text_of(piece.get('language'))}\n{text.strip(chr(10))}\n```\n"
    if piece.get("type") == "code" and text and "`" not in text:
        return f"`{text}`"
    return text


def _post(message: Mapping[str, Any], where: str, chat: Mapping[str, Any]) -> Post:
    pieces = [message.get("text")] if isinstance(message.get("text"), str) else list(sequence(message.get("text")))
    if message.get("_") == "Message" and isinstance(message.get("message"), str):
        return _dumped(message, where)
    if message.get("type") == "service":
        return Post(where, skip="a service message")
    if message.get("type") != "message" or "text" not in message:
        return Post(where, problem="no message with a text")
    people = person(message.get("from"))
    for piece in pieces:
        if isinstance(piece, Mapping) and piece.get("type") in ("mention_name", "mention"):
            people += person(piece.get("text"))
    return Post(where, _text(pieces).strip(), author=text_of(message.get("from_id")) or None, people=people,
                url=f"https://t.me/c/{chat.get('id')}/{message.get('id')}", private=chat.get("type") not in OPEN,
                created=moment(message.get("date_unixtime")) or moment(message.get("date")),
                repost="forwarded_from" in message, presented=chat.get("type") == "bot_chat",
                skip="a bot wrote it" if _automatic(message, chat) else None)


def _dumped(message: Mapping[str, Any], where: str) -> Post:
    """A message of Telethon's `to_dict`, which does not say whether its chat is open to all: it counts as private."""
    sender = mapping(message.get("from_id"))
    identity = next((str(sender[key]) for key in ("user_id", "channel_id", "chat_id") if sender.get(key)), None)
    return Post(where, text_of(message.get("message")).strip(), author=identity, created=moment(message.get("date")),
                private=True, repost=bool(message.get("fwd_from")),
                skip="a bot wrote it" if message.get("via_bot_id") else None)


def _automatic(message: Mapping[str, Any], chat: Mapping[str, Any]) -> bool:
    """Whether a bot wrote it: named as such, the other side of a chat with one, or by its name, which must end in `bot`."""
    other_side = chat.get("type") == "bot_chat" and text_of(message.get("from_id")) == f"user{chat.get('id')}"
    return bool(message.get("via_bot")) or other_side or bot_name(message.get("from"))
