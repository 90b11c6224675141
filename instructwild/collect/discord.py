"""Discord: one channel as JSON, written by DiscordChatExporter; or a user's own data package.

`{"guild": {...}, "channel": {...}, "messages": [{"id", "type", "timestamp", "content", "author", "mentions", ...}]}`; in
the contents mentions are already spelled out as `@nickname`, or with `--markdown false` left as `<@ID>`. Its CSV has the
columns `AuthorID,Author,Date,Content,Attachments,Reactions` and tells neither channels nor bots. A data package has
`messages/cID/messages.json`, `[{"ID", "Timestamp", "Contents", "Attachments"}]` (older: `messages.csv`), and `channel.json`
beside it, whose type says whether others could read along.
"""

import re
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from instructwild.collect.export import Member, members
from instructwild.collect.json_stream import json_first, json_items
from instructwild.collect.post import Post, bot_name, mapping, moment, person, sequence, text_of
from instructwild.collect.table_file import is_table, table_items
from instructwild.errors import InputError

FILES = ("*.json", "*.csv")
PACKAGE = ("messages.json", "messages.csv")
SERVER_CHANNELS = ("0", "2", "5", "10", "11", "13", "15", "GUILD_TEXT", "GUILD_VOICE", "GUILD_ANNOUNCEMENT", "GUILD_FORUM",
                   "PUBLIC_THREAD", "ANNOUNCEMENT_THREAD", "GUILD_STAGE_VOICE")
"""Types of channels that all of a server may read."""
MENTION = re.compile(r"<@!?(?P<id>\d+)>")
DIRECT = "Direct Messages"
"""How DiscordChatExporter names files of messages outside of servers."""
WRITTEN = ("Default", "Reply", "0", "19")


def posts(path: Path, encoding: str | None = None) -> Iterator[Post]:
    """Every message of an export, those of bots and of the system among them.

    Raises:
        InputError: the export cannot be read.
    """
    for member in _files(path):
        if is_table(member):
            private = _private(member)
            for where, line in table_items(member, encoding):
                yield _table_row(line.value, where, private) if line.problem is None else Post(where, problem=line.problem)
            continue
        guild, channel = (mapping(json_first(member, (part,))) for part in ("guild", "channel"))
        channel_url = f"https://discord.com/channels/{guild.get('id')}/{channel.get('id')}"
        private = text_of(channel.get("type")).startswith("Direct")
        own = _private(member)
        for where, line in json_items(member, ("messages", "item"), ("item",), encoding=encoding):
            message = line.value
            if isinstance(message, Mapping) and "Contents" in message:
                yield _own(message, where, own)
                continue
            if not isinstance(message, Mapping) or not isinstance(message.get("content"), str):
                yield Post(where, problem=line.problem or "no message with a content")
                continue
            yield _post(message, where, f"{channel_url}/{message.get('id')}", private)


def _files(path: Path) -> list[Member]:
    """Of a data package the messages; else every JSON file."""
    with suppress(InputError):
        if path.is_dir() or zipfile.is_zipfile(path):
            return members(path, PACKAGE)
    return members(path, FILES)


def _private(member: Member) -> bool:
    """Whether the channel of a package's messages is no open one; so too where nothing beside them says what it is."""
    try:
        return str(json_first(member.beside("channel.json"), ("type",))) not in SERVER_CHANNELS
    except (InputError, KeyError):
        return True


def _table_row(row: Mapping[str, Any], where: str, private: bool) -> Post:
    """A row of a package's messages, or of the CSV of DiscordChatExporter, which names a file after its server."""
    if "Contents" in row or not isinstance(row.get("Content"), str):
        return _own(row, where, private)
    author = text_of(row.get("Author"))
    names = [name for name in (author, author.rpartition("#")[0]) if name]
    mentioned = tuple(name for identity in MENTION.findall(row["Content"]) for name in person(identity))
    text = MENTION.sub(lambda match: f"@{match['id']}", row["Content"])
    return Post(where, text.strip(), people=person(*names) + mentioned,
                author=text_of(row.get("AuthorID")) or author or None, created=moment(_seconds(text_of(row.get("Date")))),
                skip="a bot wrote it" if bot_name(author) else None,
                private=where.startswith(DIRECT))


def _seconds(stamp: str) -> str:
    """A time stamp of .NET, whose seconds have seven digits behind the point, as Python reads it."""
    return re.sub(r"(\.\d{6})\d+", r"\1", stamp)


def _own(message: Mapping[str, Any], where: str, private: bool) -> Post:
    """A message of a data package: all of them are of its owner."""
    text = message.get("Contents")
    if not isinstance(text, str):
        return Post(where, problem="no message with Contents")
    mentioned = tuple(name for identity in MENTION.findall(text) for name in person(identity))
    return Post(where, MENTION.sub(lambda match: f"@{match['id']}", text).strip(), people=mentioned, private=private,
                created=moment(message.get("Timestamp"), "%Y-%m-%d %H:%M:%S"))


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
