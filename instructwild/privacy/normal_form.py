r"""Texts as rules read them: signs in other dress become plain ones, signs nobody sees go, and places map back.

Full-width, circled and mathematical letters and digits are what NFKC makes of them (those that become one character),
dashes are hyphens, letters of other scripts that look Latin are Latin within a Latin word, escapes (`&#64;`, `%40`,
`\u0040`) are their character, `[.]` in an address is its dot, and zero-width characters, line-break hints and Markdown's
backslashes are left out.
"""

import html
import re
import sys
import unicodedata
from functools import cache
from typing import NamedTuple

from instructwild.text.word_table import listed

UNSEEN = (r"[\u00ad\u034f\u061c\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff\u20e3\u3164"
          r"\uffa0]|"
          r"\\(?=[_*\-@.])|"
          r"\\u(?:00ad|200[b-f]|2060|feff)|"
          r"(?i:<wbr ?/?>|&(?:shy|zwnj|zwj|nbsp);)")
ESCAPE = "|".join(listed(r"""
    (?<=[A-Za-z0-9])=40(?=[A-Za-z][A-Za-z0-9-]{1,40}\.[A-Za-z]{2})
    &(?:#\d{2,4}|#x[0-9a-fA-F]{2,4}|commat|period|lowbar|colon|hyphen|plus);
    (?<=[A-Za-z0-9])。(?=(?:com|cn|net|org|edu|io|co)(?![A-Za-z]))
    \[\.\](?=[A-Za-z0-9]) | %[2-7][0-9A-Fa-f] | \\(?:u00|x)[2-7][0-9a-fA-F]
"""))
CHANGED = re.compile(f"(?P<unseen>{UNSEEN})|{ESCAPE}")
_DRESSED = re.compile(
    r"[\u00a0\u2000-\u200a\u2010-\u2015\u2024\u202f\u205f\u2212\u3000\ufe50-\ufe6f\uff01-\uffee"
    r"\u2460-\u2468\u24b6-\u24ea\u24f5-\u24fe\u24ff\u2776-\u277e\U0001d400-\U0001d7ff\U000e0020-\U000e007e]")
_DASHES = dict.fromkeys([*range(0x2010, 0x2016), 0x2212], "-")
_TAGS = {0xE0000 + code: chr(code) for code in range(0x20, 0x7F)}
"""Tag characters: ASCII that no font shows."""
_ALIKE = str.maketrans("аеорсухіјѕԁԛԝһАВЕКМНОРСТХІЈЅοαρνΑΒΕΖΗΙΚΜΝΟΡΤΥΧɡ", "aeopcyxijsdqwhABEKMHOPCTXIJSoapvABEZHIKMNOPTYXg")
_LOOKS_LATIN = re.compile(f"[{''.join(map(chr, _ALIKE))}]")
_WORD = re.compile(f"[A-Za-z0-9_.@{''.join(map(chr, _ALIKE))}-]+")


class NormalForm(NamedTuple):
    """A text as rules read it.

    Attributes:
        starts: where its i-th character begins in the text itself; None where all stand alike.
        ends: where it ends there.
    """

    text: str
    starts: list[int] | None = None
    ends: list[int] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where a stretch of this form stands in the text itself."""
        if self.starts is None or self.ends is None or start == end:
            return start, end
        return self.starts[start], self.ends[end - 1]


def normal_form(text: str) -> NormalForm:
    """The normal form of a text, in time linear in its length."""
    if not text.isascii():
        if _DRESSED.search(text):
            text = text.translate(_plain())
        if _LOOKS_LATIN.search(text):
            text = _WORD.sub(_latin, text)
    elif not any(sign in text for sign in ("\\", "%", "&", "<", "=", "[.]")):
        return NormalForm(text)
    if not CHANGED.search(text):
        return NormalForm(text)
    parts: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    for match in CHANGED.finditer(text):
        plain = "" if match.group("unseen") is not None else _meant(match.group())
        if plain == match.group():
            continue
        parts += [text[at:match.start()], plain]
        starts += range(at, match.start())
        ends += range(at + 1, match.start() + 1)
        if plain:
            starts.append(match.start())
            ends.append(match.end())
        at = match.end()
    starts += range(at, len(text))
    ends += range(at + 1, len(text) + 1)
    return NormalForm("".join([*parts, text[at:]]), starts, ends)


def _meant(escape: str) -> str:
    """The one character that an escape stands for, or the escape where that is no letter, digit or sign of an address."""
    if escape in ("。", "[.]"):
        return "."
    plain = html.unescape(escape) if escape[0] == "&" else chr(int(escape.lstrip("=%\\ux"), 16))
    return plain if len(plain) == 1 and (plain.isalnum() or plain in "@._-:+=/") else escape


def _latin(match: re.Match[str]) -> str:
    """A word in Latin letters throughout, where one of its letters is Latin already."""
    word = match.group()
    return word.translate(_ALIKE) if not word.isascii() and re.search("[A-Za-z]", word) else word


@cache
def _plain() -> dict[int, str]:
    """Code point -> the one character that NFKC makes of it."""
    return {code: plain for code in range(0x80, min(sys.maxunicode, 0x1F000)) if _DRESSED.match(chr(code))
            and len(plain := unicodedata.normalize("NFKC", chr(code))) == 1} | _DASHES | _TAGS
