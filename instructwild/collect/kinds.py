"""The kinds of sources: each one module with `posts(path, encoding)`; some also with `live(query, limit)`."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from instructwild.errors import ConfigError, InputError, InstructwildError

if TYPE_CHECKING:
    from instructwild.collect.post import Post


@dataclass(frozen=True)
class SourceKind:
    """One kind of source: the word on the command line, its reader, and what an export of it looks like."""

    name: str
    module: str
    export: str
    live: str = ""
    """What a query looks like, where the source can also be asked over the network."""

    @property
    def reader(self) -> ModuleType:
        """The module that reads it."""
        return import_module(f"instructwild.collect.{self.module}")

    def posts(self, path: Path | str, encoding: str | None = None) -> "Iterator[Post]":
        """The posts of one export, one at a time.

        Raises:
            InputError: it cannot be read, or not as this kind.
        """
        try:
            yield from self.reader.posts(path, encoding)
        except InstructwildError:
            raise
        except (LookupError, ValueError, TypeError, AttributeError) as error:
            raise InputError(f"cannot be read as {self.name} ({type(error).__name__}: {error})"[:200], where=Path(path).name,
                             remedy=f"expected {self.export}; or name another kind of source") from None

    def ask(self, query: str, limit: int) -> "Iterator[Post]":
        """The posts that a live query finds, newest first."""
        read: Iterator[Post] = self.reader.live(query, limit)
        return read


KINDS = {kind.name: kind for kind in (
    SourceKind("x", "x", "the X archive: its zip, folder, tweets.js or note-tweet.js; or tweets of the API"),
    SourceKind("discord", "discord", "DiscordChatExporter's JSON or CSV, a folder of it, or a data package"),
    SourceKind("reddit", "reddit", "a Reddit dump (.zst, .jsonl), a listing of its API, or posts.csv",
               "r/NAME, or r/NAME and words to search for"),
    SourceKind("mastodon", "mastodon", "a Mastodon archive: its zip, folder or outbox.json", "#hashtag"),
    SourceKind("bluesky", "bluesky", "a feed, the records of a Bluesky account or its unpacked repository, as JSON"),
    SourceKind("meta", "meta", "Meta's copy of Threads, Instagram or Facebook, format JSON"),
    SourceKind("telegram", "telegram", "Telegram Desktop's result.json"),
    SourceKind("weibo", "weibo", "the JSON, CSV or SQLite of weiboSpider, weibo-crawler or weibo-search"),
    SourceKind("hackernews", "hackernews", "JSON of Algolia's or Firebase's API; BigQuery's CSV", "words to search for"),
    SourceKind("stackexchange", "stackexchange", "Posts.xml of a Stack Exchange dump"),
    SourceKind("sharegpt", "sharegpt", "ShareGPT conversations (.json, .jsonl)"),
    SourceKind("jsonl", "plain", "JSON lines (also .gz, .zst)"),
    SourceKind("json", "plain", "a JSON array"),
    SourceKind("csv", "plain", "CSV or TSV"),
    SourceKind("parquet", "plain", "Parquet"),
    SourceKind("hub", "plain", "a Hub dataset", "owner/name"),
)}


def kind_named(name: str) -> SourceKind:
    """The kind of that name.

    Raises:
        ConfigError: there is none.
    """
    if name not in KINDS:
        raise ConfigError(f"unknown kind of source {name!r}", where="collect", remedy=f"one of {', '.join(KINDS)}")
    return KINDS[name]
