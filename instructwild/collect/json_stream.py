"""JSON files of any size, one element at a time: memory is bounded, and what cannot be read costs its element alone.

A parser of events (ijson) gives neither: one text of gigabytes, 200,000 brackets or an integer of 5,000 digits ends all of a
file or fills the memory. Here the extent of each element is known first, and each is read by the standard library by itself.
"""

import codecs
import re
from collections.abc import Iterator
from typing import IO, Any

from instructwild.collect.export import Member
from instructwild.errors import InputError
from instructwild.read.encoding import codec_of, misencoded
from instructwild.read.json_files import json_lines
from instructwild.read.line import LONGEST_LINE, Line
from instructwild.read.unique_keys import DECODER

HEAD = 4096
CHUNK = 1 << 16
LONGEST_VALUE = LONGEST_LINE
"""Characters of one element; a longer one is a malformed row."""
SPACE = re.compile(r"[ \t\r\n]*")
SCALAR = re.compile(r"[^,\]}\s]*")
TEXT_OR_BRACKET = re.compile(r'"(?:[^"\\]++|\\.)*+"|["\[\]{}]', re.DOTALL)
TEXT_END = re.compile(r'(?:[^"\\]++|\\.)*+', re.DOTALL)

Keys = tuple[str, ...]
"""Where an element stands: keys, and `item` for each array on the way."""


def json_rows(member: Member, encoding: str | None = None) -> Iterator[tuple[str, Line]]:
    """The rows of a file of JSON lines or of one JSON array: where each stands, and what it is.

    A file that one object fills is one row.

    Raises:
        InputError: it cannot be read, or is cut off.
    """
    form = _form(member, encoding)
    if form is not None:
        yield from json_items(member, form, encoding=encoding)
        return
    with member.opened() as handle:
        for line in json_lines(handle, member.where, encoding):
            yield f"{member.name}:{line.number}", line


def json_records(member: Member, *paths: Keys, encoding: str | None = None) -> Iterator[tuple[str, Line]]:
    """The lines of a file that is named as one of JSON lines, of another the elements at any of the paths.

    Raises:
        InputError: it cannot be read, is no JSON, or is cut off.
    """
    if member.name.lower().endswith((".jsonl", ".ndjson")):
        return json_rows(member, encoding)
    return json_items(member, *paths, encoding=encoding)


def json_items(member: Member, *paths: Keys, after: str = "", encoding: str | None = None) -> Iterator[tuple[str, Line]]:
    """The elements at any of the paths in the order of the file, each with where it stands (`FILE#N`, N from 1).

    Args:
        paths: `("messages", "item")` for the elements of the array under `messages`.
        after: what precedes the JSON, where it does not begin at once: `=` for a script that assigns it.

    Raises:
        InputError: it is no JSON, or is cut off.
    """
    values = json_values(member, *paths, after=after, encoding=encoding)
    for number, (_, value, problem) in enumerate(values, start=1):
        yield f"{member.name}#{number}", Line(number, value, problem)


def json_first(member: Member, path: Keys, *, after: str = "") -> Any:
    """The first value at a path, or None.

    Raises:
        InputError: it is no JSON, or is cut off before that value.
    """
    return next((value for _, value, _ in json_values(member, path, after=after)), None)


def json_values(member: Member, *paths: Keys, after: str = "",
                encoding: str | None = None) -> Iterator[tuple[Keys, Any, str | None]]:
    """The values at any of the paths in the order of the file: path, value, and why there is none.

    Raises:
        InputError: it is no JSON, or is cut off.
    """
    with member.opened() as handle:
        source = _Source(handle, member.where, encoding, after)
        yield from _walk(source, (), paths)
        if source.peek() not in ("", ";"):
            raise source.broken("it goes on after its end")


def _walk(source: "_Source", path: Keys, paths: tuple[Keys, ...]) -> Iterator[tuple[Keys, Any, str | None]]:
    """The values under one path. No deeper than the longest of `paths`."""
    opening = source.peek()
    if path in paths:
        yield path, *source.value()
        return
    if not path and opening not in ("[", "{"):
        raise source.no_json(opening)
    if opening not in ("[", "{") or not any(outer[:len(path)] == path for outer in paths):
        source.value()
        return
    source.advance()
    closing = "]" if opening == "[" else "}"
    if source.peek() == closing:
        source.advance()
        return
    while True:
        yield from _walk(source, (*path, "item" if opening == "[" else source.key()), paths)
        after = source.peek()
        if after not in (",", closing):
            raise source.broken(f"expected , or {closing}, found {after[:1]!r}" if after else "it ends too early")
        source.advance()
        if after == closing:
            return
        if source.peek() == closing:
            raise source.broken(f"nothing stands between , and {closing}")


class _Source:
    """The text of a JSON file, of which no more is held than one element and a chunk."""

    def __init__(self, handle: IO[bytes], where: str, encoding: str | None, after: str) -> None:
        head, codec = codec_of(handle, encoding)
        self._handle, self._where, self._codec = handle, where, codec
        self._decoder = codecs.getincrementaldecoder(codec)()
        self._buffer, self._at, self._ended = self._decoded(head), 0, False
        self._decode = DECODER.raw_decode
        if after and self.peek() not in ("[", "{"):
            while len(self._buffer) < HEAD and self._more():
                pass
            self._at = self._buffer.find(after, 0, HEAD) + 1

    def _decoded(self, data: bytes, final: bool = False) -> str:
        try:
            return self._decoder.decode(data, final)
        except UnicodeDecodeError as error:
            wrong = f"byte {error.object[error.start]:#04x} is not {self._codec}"
            raise misencoded(self._where, wrong, self._codec) from None

    def _more(self) -> bool:
        """Read on; whether there was more."""
        if self._ended:
            return False
        data = self._handle.read(CHUNK)
        self._ended = not data
        self._buffer = self._buffer[self._at:] + self._decoded(data, final=not data)
        self._at = 0
        return not self._ended

    def broken(self, why: str) -> InputError:
        return InputError(f"is not whole JSON ({why})", where=self._where,
                          remedy="export or fetch it again: it may have been cut off")

    def no_json(self, opening: str) -> InputError:
        """Why a file is none: pages and texts are what exporters write by default."""
        what = {"": "it is empty", "<": "it is a page of HTML or XML"}.get(opening, f"it begins with {opening!r}")
        return InputError(f"is not JSON ({what})", where=self._where,
                          remedy="export it again in the format JSON; docs/sources.md tells how for each source")

    def peek(self) -> str:
        """The next character that is no space, without taking it; nothing at the end."""
        while True:
            self._at = SPACE.match(self._buffer, self._at).end()  # type: ignore[union-attr]  # matches always
            if self._at < len(self._buffer):
                return self._buffer[self._at]
            if not self._more():
                return ""

    def advance(self) -> None:
        """Take the character that `peek` showed."""
        self._at += 1

    def key(self) -> str:
        """A key and its colon."""
        if self.peek() != '"':
            raise self.broken("expected a key")
        key, problem = self.value()
        if self.peek() != ":":
            raise self.broken("expected : after a key")
        self.advance()
        return key if problem is None else ""

    def value(self) -> tuple[Any, str | None]:
        """The next value, or why it has none.

        Raises:
            InputError: the file ends within it.
        """
        opening = self.peek()
        if opening in '"[{':  # also where there is nothing more
            try:
                value, self._at = self._decode(self._buffer, self._at)
                return value, None
            except (ValueError, RecursionError):
                pass  # cut by the end of the chunk, or wrong: its extent tells
        return _read(self._extent(opening))

    def _extent(self, opening: str) -> str | None:
        """The text of the next value, taken off; None where it is too long."""
        if not opening:
            raise self.broken("it ends too early")
        parts, length, depth, pattern = [], 0, 0, None
        while True:
            end, depth, pattern = self._stretch(opening, depth, pattern)
            length += end - self._at
            if length <= LONGEST_VALUE:
                parts.append(self._buffer[self._at:end])
            self._at = end
            if pattern is None and depth == 0 and (opening in '"[{' or end < len(self._buffer)):
                break
            if not self._more():
                if opening in '"[{':
                    raise self.broken("it ends within a value")
                break
        if not length:
            raise self.broken(f"{opening!r} begins no value")
        return "".join(parts) if length <= LONGEST_VALUE else None

    def _stretch(self, opening: str, depth: int, inside: str | None) -> tuple[int, int, str | None]:
        """How far the value goes on in the buffer, how many brackets are open there, and whether a text is."""
        at, text = self._at, self._buffer
        if opening not in '"[{':
            return SCALAR.match(text, at).end(), 0, None  # type: ignore[union-attr]  # matches always
        while True:
            if inside is not None:
                at = TEXT_END.match(text, at).end()  # type: ignore[union-attr]  # matches always
                if at >= len(text) or text[at] != '"':
                    return at, depth, inside  # a backslash at the end waits for what it escapes
                at, inside = at + 1, None
                if depth == 0:
                    return at, 0, None
            for match in TEXT_OR_BRACKET.finditer(text, at):
                token, at = match.group(), match.end()
                if token == '"':
                    inside = token
                    break
                depth += (token in "[{") - (token in "]}")
                if depth <= 0:
                    return at, 0, None
            else:
                return len(text), depth, None


def _read(text: str | None) -> tuple[Any, str | None]:
    if text is None:
        return None, f"longer than {LONGEST_VALUE >> 20} Mi characters"
    try:
        return DECODER.decode(text), None
    except (ValueError, RecursionError) as error:
        return None, _why(error)


def _why(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "not JSON that can be read: nested too deeply"
    digits = "integer string" in str(error)
    return "not JSON that can be read: a number of thousands of digits" if digits else f"not JSON: {error}"


def _form(member: Member, encoding: str | None) -> Keys | None:
    """Where the rows of a file are, as far as its beginning shows: in one array, or in one object; None: in lines."""
    with member.opened() as handle:
        head, codec = codec_of(handle, encoding)
        text = (head + handle.read(HEAD - len(head))).decode(codec, "ignore").lstrip("\ufeff \t\r\n")
    if text.startswith("["):
        return ("item",)
    first, _, rest = text.partition("\n")
    return () if len(first) < HEAD - 8 and rest.strip() and not rest.lstrip().startswith("{") else None
