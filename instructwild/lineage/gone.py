"""What is to be forgotten, and how it is recognised again in whatever it was written to."""

import base64
import html
import json
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote, quote_plus

import polars as pl

ENOUGH, QUOTED = 14, 60
"""Weight that a text must have before it is searched for, and before a row that holds it counts as a quotation of it."""
MARK = "[forgotten]"


def weight(text: str) -> int:
    """How much a text says, roughly: a character beyond Latin scripts counts three times."""
    return len(text) + 2 * sum(ord(character) > 0x2E7F for character in text)


def beginning(text: str) -> str:
    """As much of the text as is enough to know it by."""
    return next(text[:end] for end in range(1, len(text) + 1) if weight(text[:end]) >= QUOTED or end == len(text))


def squeezed(text: str) -> str:
    """The text with every run of white space as one space."""
    return " ".join(text.split())


@dataclass(frozen=True)
class Gone:
    """Rows to be forgotten: their ids, and their texts that are worth searching for.

    Args:
        ids: of rows; candidates and answers of theirs included.
        texts: searched for anywhere, as part of anything.
        whole: texts that others say too as part of something longer; they count only where they stand alone.
    """

    ids: frozenset[str]
    texts: tuple[str, ...]
    whole: tuple[str, ...] = ()

    @cached_property
    def patterns(self) -> list[str]:
        """The ids, and every text in every spelling that our files use."""
        unique = dict.fromkeys(sorted(self.ids))
        for text in self.texts:
            unique |= dict.fromkeys(spellings(text))
        return list(unique)

    @cached_property
    def beginnings(self) -> list[str]:
        """How long texts begin, for pages, which cut them off."""
        return list(dict.fromkeys(spelled for text in self.texts if weight(text) > 2 * QUOTED
                                  for spelled in spellings(beginning(text))))

    @cached_property
    def exact(self) -> frozenset[str]:
        """All texts, those included that count only as a whole."""
        return frozenset((*self.texts, *self.whole))

    def within(self, text: str) -> bool:
        """Whether the text holds anything of it, white space aside."""
        return bool(self.patterns) and bool(self.among([squeezed(text)])[0])

    def among(self, texts: Sequence[str]) -> list[bool]:
        """For each text whether it holds anything of it."""
        if not self.patterns:
            return [False] * len(texts)
        hits = pl.Series(texts, dtype=pl.String).str.contains_any(self._needles)
        return [bool(hit) for hit in hits.to_list()]

    @cached_property
    def _needles(self) -> pl.Series:
        return pl.Series(self.patterns, dtype=pl.String).implode()

    def in_value(self, value: Any) -> bool:
        """Whether a JSON value holds anything of it, at any depth."""
        return any(text in self.exact or self.within(text) for text in strings(value))

    def begun_in(self, page: str) -> bool:
        """Whether a page holds anything of it, or the beginning of a long text of it."""
        text = squeezed(page)
        return self.within(text) or any(begun in text for begun in self.beginnings)

    def redacted(self, text: str) -> str:
        """The text with everything of it replaced by a mark."""
        if not self.patterns:
            return text
        longest_first = sorted((*self.patterns, *self.beginnings), key=len, reverse=True)
        loose = [r"\s+".join(map(re.escape, pattern.split())) for pattern in longest_first]
        return re.sub("|".join(loose), MARK, text)

    def without(self, value: Any) -> Any:
        """A JSON value without the list items and entries that hold anything of it; a lone text becomes a mark."""
        if isinstance(value, str):
            return MARK if value in self.exact or self.within(value) else value
        if isinstance(value, list):
            return [self.without(item) if isinstance(item, list) else item for item in value
                    if isinstance(item, list) or not self.in_value(item)]
        if isinstance(value, dict):
            return {key: self.without(item) for key, item in value.items() if not self.within(str(key))}
        return value


def spellings(text: str) -> list[str]:
    """One text as plain files, CSV, JSON (also within JSON) and HTML spell it, white space squeezed."""
    plain = squeezed(text)
    once = [json.dumps(text, ensure_ascii=keep)[1:-1] for keep in (False, True)]
    once += [_ESCAPE.sub(lambda match: f"\\u{match.group(1).upper()}", once[1])]   # Java, .NET
    once += [form.translate(_SAFE) for form in once[:3]]                       # Go, Rails, .NET
    once += [form.replace("/", "\\/") for form in once[:2]]                    # PHP
    twice = [json.dumps(form, ensure_ascii=False)[1:-1] for form in once]
    page = [html.escape(plain), plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"),
            html.escape(plain).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")]
    quotes = [plain.replace('"', '""'), plain.replace("'", "\\'"), plain.replace("'", "''"), plain.replace("'", "’")]
    return list(dict.fromkeys((plain, *quotes, *map(squeezed, (*once, *twice)), *page, *encodings(text[:MOST_ENCODED]))))


def encodings(text: str) -> list[str]:
    """A text in base64 (wherever among other bytes it begins), in hexadecimal digits, in an address and as bytes of C.

    A long one by its beginning.
    """
    raw = text.encode()
    forms = [raw.hex(), raw.hex().upper(), "".join(f"\\x{byte:02x}" for byte in raw), quote(text), quote(text, safe=""),
             quote_plus(text)]
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + raw).decode()
        inner = whole[4 if before else 0:len(whole) - 4 if (before + len(raw)) % 3 else None]
        forms += [inner, inner.translate(_OF_ADDRESSES)]
    return [form for form in forms if weight(form) >= QUOTED // 2]


MOST_ENCODED = 1000
"""Characters of a text that are looked for in encodings."""
_OF_ADDRESSES = str.maketrans("+/", "-_")


_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_SAFE = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&'"}
"""Signs of HTML, which many writers of JSON escape."""


def unescaped(text: str) -> str:
    r"""A text with every `\uXXXX` as its character, however much of it was escaped."""
    plain = _ESCAPE.sub(lambda match: chr(int(match.group(1), 16)), text)
    return plain.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def strings(value: Any) -> Iterable[str]:
    """All texts in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from strings(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from strings(item)


def said_by(row: dict[str, Any]) -> set[str]:
    """The texts of one row, kept or as a dropped row holds it: what was asked, answered, or offered as an answer."""
    texts: set[str] = set()
    for message in row.get("messages") or ():
        if isinstance(message, dict) and message.get("role") != "system":
            texts.add(message.get("content") or "")
    for candidate in row.get("candidates") or ():
        texts.add(candidate.get("text") or "" if isinstance(candidate, dict) else str(candidate))
        if isinstance(candidate, dict):
            texts.update(turn.get("content") or "" for turn in json.loads(candidate.get("turns") or "[]"))
    for key in ("text", "instruction", "prompt", "chosen", "rejected", "output", "response", "value"):
        for text in strings(row.get(key)):
            texts.add(text)
    return {text.strip() for text in texts if text and text.strip()} - {"user", "assistant", "system", "role", "content"}


def ids_of(row: dict[str, Any]) -> set[str]:
    """Every id that a row bears."""
    names = {row.get("id"), row.get("response_id")}
    names |= {candidate.get("id") for candidate in row.get("candidates") or () if isinstance(candidate, dict)}
    return {name for name in names if isinstance(name, str) and len(name) >= 8}


def gone(ids: Collection[str], texts: Collection[str], kept_texts: Iterable[str]) -> Gone:
    """Sort the texts: those to search for anywhere, and those that count only as a whole.

    A text that others say too, as part of a row that stays, identifies nobody and cannot be searched for as a part; so can
    no text of a few letters.
    """
    worth = sorted({text for text in texts if weight(text) >= ENOUGH})
    common: set[str] = set()
    if worth:
        held = pl.Series(list(kept_texts), dtype=pl.String)
        if held.len():
            matches = held.str.extract_many(pl.Series(worth, dtype=pl.String).implode(), overlapping=True)
            common = set(matches.explode().drop_nulls().unique())
    return Gone(frozenset(ids), tuple(text for text in worth if text not in common),
                tuple(sorted((set(texts) - set(worth)) | common)))
