"""Bluesky: a feed as the API gives it, saved as JSON, or the records of one's own repository as JSON.

A feed is `{"feed": [{"post": {"uri", "author": {...}, "record": {...}}, "reason": ...}]}` (`app.bsky.feed.getAuthorFeed`), a
search `{"posts": [post, ...]}`, a listing of a repository `{"records": [{"uri", "cid", "value": {...}}]}`
(`com.atproto.repo.listRecords`), an unpacked one has a record in each file; each also one object a line. A record is
`{"$type": "app.bsky.feed.post", "text", "createdAt", "langs", "facets", "embed", "reply"}`;
links are cut short in its text and whole in `facets`.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from instructwild.collect.export import Member, members
from instructwild.collect.json_stream import json_first, json_items, json_records
from instructwild.collect.post import Post, mapping, moment, person, sequence, text_of
from instructwild.errors import InputError
from instructwild.read.line import Line

FILES = ("*.json", "*.jsonl", "*.ndjson")
LISTS = (("feed", "item"), ("posts", "item"), ("records", "item"), ("item",))
"""Where posts stand."""
WRITTEN = ("app.bsky.feed.post", "")


def posts(path: Path, encoding: str | None = None) -> Iterator[Post]:
    """Every post of the files, reposts among them.

    Raises:
        InputError: a file cannot be read.
    """
    for member in members(path, FILES):
        if member.name.lower().endswith(".car"):
            raise InputError("is a repository packed as CAR", where=member.where,
                             remedy="unpack it first (goat repo unpack FILE.car), and give the folder of JSON files")
        for where, line in _records(member, encoding):
            yield (_post(line.value, where) if isinstance(line.value, Mapping) else
                   Post(where, problem=line.problem or "no post"))


def _records(member: Member, encoding: str | None) -> Iterator[tuple[str, Line]]:
    """Posts of a list, or the one record that an unpacked repository has in each file."""
    lines = member.name.lower().endswith((".jsonl", ".ndjson"))
    if not lines and isinstance(json_first(member, ("$type",)), str):
        return json_items(member, (), encoding=encoding)
    return json_records(member, *LISTS, encoding=encoding)


def _post(item: Mapping[str, Any], where: str) -> Post:
    shown = mapping(item.get("post")) or item
    record = mapping(shown.get("record")) or mapping(item.get("value")) or item
    kind = text_of(record.get("$type"))
    if kind not in WRITTEN:
        return Post(where, skip=f"a record that is no post ({kind})")
    if not isinstance(record.get("text"), str):
        return Post(where, problem="no post with a text")
    author, address = mapping(shown.get("author")), text_of(shown.get("uri"))
    identity = text_of(author.get("did")) or address.removeprefix("at://").partition("/")[0]
    languages = [name for name in sequence(record.get("langs")) if isinstance(name, str)]
    return Post(where, _with_links(record).strip(), author=identity or None,
                alt_texts=tuple(_alt_texts(record.get("embed"))),
                people=person(author.get("handle"), author.get("displayName")), created=moment(record.get("createdAt")),
                language=languages[0] if len(languages) == 1 else None,
                repost=text_of(mapping(item.get("reason")).get("$type")).endswith("reasonRepost"))


def _with_links(record: Mapping[str, Any]) -> str:
    """The text with its links whole; facets count bytes of UTF-8."""
    text = text_of(record.get("text")).encode("utf-8", "replace")
    links = []
    for facet in map(mapping, sequence(record.get("facets"))):
        index = mapping(facet.get("index"))
        start, end = index.get("byteStart"), index.get("byteEnd")
        for feature in map(mapping, sequence(facet.get("features"))):
            whole = isinstance(start, int) and isinstance(end, int) and 0 <= start <= end <= len(text)
            if whole and text_of(feature.get("uri")):
                links.append((start, end, text_of(feature.get("uri"))))
    for start, end, link in sorted(links, reverse=True):
        text = text[:start] + link.encode("utf-8", "replace") + text[end:]
    return text.decode("utf-8", "replace")


def _alt_texts(embed: Any) -> Iterator[str]:
    held = mapping(embed)
    for picture in map(mapping, sequence(held.get("images") or mapping(held.get("media")).get("images"))):
        if text := text_of(picture.get("alt")):
            yield text
