"""Threads, Instagram and Facebook: the posts of the copy of one's data that Meta gives out, format JSON.

Threads: `threads_and_replies.json`, `{"text_post_app_text_posts": [{"media": [{"title", "creation_timestamp"}]}]}`;
Instagram: `posts_1.json`, `[{"title", "creation_timestamp", "media": [...]}]`; Facebook: `your_posts_1.json`,
`[{"timestamp", "data": [{"post"}], "title"}]`. Their texts are UTF-8 written as if each byte were a character; that is
undone.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from instructwild.collect.export import members
from instructwild.collect.json_stream import json_items
from instructwild.collect.post import Post, mapping, moment, sequence, text_of

FILES = ("threads_and_replies.json", "posts_*.json", "your_posts*.json", "reels.json")
LISTS = (("text_post_app_text_posts", "item"), ("ig_reels_media", "item"), ("item",))
"""Where posts stand."""


def posts(path: Path, encoding: str | None = None) -> Iterator[Post]:
    """Every post of the files.

    Raises:
        InputError: a file cannot be read.
    """
    for member in members(path, FILES):
        for where, line in json_items(member, *LISTS, encoding=encoding):
            yield (_post(line.value, where) if isinstance(line.value, Mapping) else
                   Post(where, problem=line.problem or "no post"))


def _post(item: Mapping[str, Any], where: str) -> Post:
    media = [mapping(piece) for piece in sequence(item.get("media"))]
    pieces = [text_of(mapping(piece).get("post")) for piece in sequence(item.get("data"))]
    texts = [*pieces] if any(pieces) else [text_of(item.get("title"))] if media or "creation_timestamp" in item else []
    if not any(texts):
        texts = [text_of(piece.get("title")) for piece in media]
    stamps = (item.get("timestamp"), item.get("creation_timestamp"), *(piece.get("creation_timestamp") for piece in media))
    created = next(filter(None, map(moment, stamps)), None)
    if not media and not pieces and created is None:
        return Post(where, problem="no post with a text or media")
    return Post(where, _as_written("\n\n".join(dict.fromkeys(filter(None, texts)))).strip(), created=created)


def _as_written(text: str) -> str:
    """The text as its author wrote it, where each character is a byte of it; another text as it is."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text
