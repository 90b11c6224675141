"""Texts as rules read them: signs in other dress become plain ones, signs nobody sees go, and places map back.

Full-width and mathematical letters and digits are what NFKC makes of them (those that become one character), dashes are
hyphens, and zero-width characters and Markdown's backslashes are left out.
"""

import re
import sys
import unicodedata
from functools import cache
from typing import NamedTuple

UNSEEN = re.compile(r"[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]|\\(?=[_*\-@.])")
_DRESSED = re.compile(r"[\u00a0\u2000-\u200a\u2010-\u2015\u2024\u202f\u205f\u2212\u3000\ufe50-\ufe6f\uff01-\uffee\U0001d4"
        r"00-\U0001d7ff]")
_DASHES = dict.fromkeys([*range(0x2010, 0x2016), 0x2212], "-")


class NormalForm(NamedTuple):
    """A text as rules read it.

    Attributes:
        places: where its i-th character stands in the text itself; None where all stand alike.
    """

    text: str
    places: list[int] | None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where a stretch of this form stands in the text itself."""
        if self.places is None or start == end:
            return start, end
        return self.places[start], self.places[end - 1] + 1


def normal_form(text: str) -> NormalForm:
    """The normal form of a text, in time linear in its length."""
    if not text.isascii() and _DRESSED.search(text):
        text = text.translate(_plain())
    if ("\\" not in text and text.isascii()) or not UNSEEN.search(text):
        return NormalForm(text, None)
    places: list[int] = []
    at = 0
    for match in UNSEEN.finditer(text):
        places += range(at, match.start())
        at = match.end()
    places += range(at, len(text))
    return NormalForm(UNSEEN.sub("", text), places)


@cache
def _plain() -> dict[int, str]:
    """Code point -> the one character that NFKC makes of it."""
    return {code: plain for code in range(0x80, min(sys.maxunicode, 0x1F000)) if _DRESSED.match(chr(code))
            and len(plain := unicodedata.normalize("NFKC", chr(code))) == 1} | _DASHES
