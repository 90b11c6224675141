"""Discord: one channel as JSON, written by DiscordChatExporter.

`{"guild": {...}, "channel": {...}, "messages": [{"id", "type", "timestamp", "content", "author", "mentions", ...}]}`; in
the contents mentions are already spelled out as `@nickname`, or with `--markdown false` left as `<@ID>`.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from instructwild.collect.export import members
from instructwild.collect.json_stream import json_first, json_items
from instructwild.collect.post import Post, mapping, moment, person, sequence, text_of

FILES = ("*.json",)
MENTION = re.compile(r"<@!?(?P<id>\d+)>")
WRITTEN = ("Default", "Reply", "0", "19")


def posts(path: Path, encoding: str | None = None) -> Iterator[Post]:
    """Every message of an export, those of bots and of the system among them.

    Raises:
        InputError: the export cannot be read.
    """
    for member in members(path, FILES):
        guild, channel = (mapping(json_first(member, (part,))) for part in ("guild", "channel"))
        channel_url = f"https://discord.com/channels/{guild.get('id')}/{channel.get('id')}"
        private = text_of(channel.get("type")).startswith("Direct")
        for where, line in json_items(member, ("messages", "item"), encoding=encoding):
            message = line.value
            if not isinstance(message, Mapping) or not isinstance(message.get("content"), str):
                yield Post(where, problem=line.problem or "no message with a content")
                continue
            yield _post(message, where, f"{channel_url}/{message.get('id')}", private)


def _post(message: Mapping[str, Any], where: str, url: str, private: bool) -> Post:
    author = mapping(message.get("author"))
    people = person(author.get("name"), author.get("nickname"))
    bots = set()
    names = {}
    for other in map(mapping, sequence(message.get("mentions"))):
        names[text_of(other.get("id"))] = text_of(other.get("nickname")) or text_of(other.get("name"))
        if other.get("isBot") is True:
            bots |= {text_of(other.get("name")), text_of(other.get("nickname"))}
        else:
            people += person(other.get("name"), other.get("nickname"))
    text = MENTION.sub(lambda match: f"@{names.get(match['id']) or match['id']}", message["content"])
    for mentioned in MENTION.findall(message["content"]):
        people += () if names.get(mentioned) else person(mentioned)
    kind = str(message.get("type", "Default"))
    skip = "a bot wrote it" if author.get("isBot") is True else None if kind in WRITTEN else f"a {kind} message"
    return Post(where, _without_bots(text, bots).strip(), people=people, url=url, skip=skip,
                author=text_of(author.get("id")) or text_of(author.get("name")) or None,
                created=moment(message.get("timestamp")), private=private)


def _without_bots(text: str, bots: set[str]) -> str:
    """A mention of a bot at the start says who is asked, and `@bot` says so to whoever reads the text."""
    for name in sorted(filter(None, bots), key=len, reverse=True):
        text = text.replace(f"@{name}", "@bot")
    return text
