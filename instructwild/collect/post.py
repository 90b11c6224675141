"""A post: what every reader yields, whatever its source looks like on disk."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from instructwild.schema.message import Message

Person = tuple[str, ...]
"""The names one person goes by: handle, display name, nickname."""


@dataclass(frozen=True, slots=True)
class Post:
    """One post, message or row, as its author published it.

    A reader fills in what its source knows. `problem` marks what could not be read, `skip` what the source itself knows
    to be no prompt (a bot's message, an answer), `repost` what somebody else wrote; they still count as posts.
    """

    where: str
    """FILE:LINE, or FILE#N for the Nth post of a file without lines; never a path of the machine."""
    text: str = ""
    messages: tuple[Message, ...] = ()
    """The turns, where the source holds conversations or instructions instead of posts."""
    alt_texts: tuple[str, ...] = ()
    """Descriptions of attached pictures: people transcribe screenshots of prompts there."""
    author: str | None = None
    people: tuple[Person, ...] = ()
    """Everybody whose names the source tells: the author and those mentioned."""
    url: str | None = None
    created: str | None = None
    """ISO 8601, UTC."""
    language: str | None = None
    license: str | None = None
    presented: bool = False
    """The source itself says that the whole of it is a question."""
    private: bool = False
    """It was not written in public."""
    repost: bool = False
    skip: str | None = None
    problem: str | None = None

    def writable(self) -> "Post":
        """The post without lone surrogates, which JSON can spell and no file can hold; most posts as they are."""
        try:
            f"{self.where}{self.text}{self.author}{self.url}{self.language}{self.license}{self.problem}".encode()
            for text in (*self.alt_texts, *(name for names in self.people for name in names),
                         *(message.content for message in self.messages)):
                text.encode()
        except UnicodeEncodeError:
            return replace(self, **{name: _mended(getattr(self, name)) for name in
                                    ("where", "text", "author", "url", "language", "license", "problem", "skip")},
                           alt_texts=tuple(map(_mended, self.alt_texts)),
                           people=tuple(tuple(map(_mended, names)) for names in self.people),
                           messages=tuple(message.model_copy(update={"content": _mended(message.content)})
                                          for message in self.messages))
        return self

    @property
    def source(self) -> str:
        """The file the post stood in."""
        return self.where.rpartition("#")[0] or self.where.rpartition(":")[0] or self.where


def _mended(text: Any) -> Any:
    return text.encode("utf-8", "replace").decode() if isinstance(text, str) else text


def text_of(value: Any) -> str:
    """The text under a key that may be absent, null or of another type."""
    return value if isinstance(value, str) else ""


def mapping(value: Any) -> Mapping[str, Any]:
    """The object under a key that may be absent, null or of another type."""
    return value if isinstance(value, Mapping) else {}


def sequence(value: Any) -> Sequence[Any]:
    """The list under a key that may be absent, null or of another type."""
    return value if isinstance(value, Sequence) and not isinstance(value, str | bytes) else ()


def person(*names: Any) -> tuple[Person, ...]:
    """One person by the names that are there; nobody where none is."""
    known = tuple(dict.fromkeys(name.strip() for name in names if isinstance(name, str) and name.strip()))
    return (known,) if known else ()


BOT_NAME = re.compile(r"(?:[a-z0-9_ ]B|[_ ]b|^B)ot(?:#\d{4})?$|机器人$")


def bot_name(name: Any) -> bool:
    """Whether a name says that a program writes under it: it ends in `Bot` or `_bot`, as Telegram's rules demand."""
    return isinstance(name, str) and BOT_NAME.search(name) is not None


def moment(value: Any, *formats: str) -> str | None:
    """A time stamp as ISO 8601 in UTC: seconds since 1970, ISO text, or text in one of `formats`; None if it is none."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC).isoformat()
        if not isinstance(value, str) or not value.strip():
            return None
        if value.strip().isdigit():
            return datetime.fromtimestamp(int(value), UTC).isoformat()
        for known in formats:
            try:
                return _utc(datetime.strptime(value.strip(), known))
            except ValueError:
                continue
        return _utc(datetime.fromisoformat(value.strip()))
    except (ValueError, OverflowError, OSError):
        return None


def _utc(stamp: datetime) -> str:
    return (stamp.replace(tzinfo=UTC) if stamp.tzinfo is None else stamp.astimezone(UTC)).isoformat()
