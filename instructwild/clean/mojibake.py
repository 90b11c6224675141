"""Text that was UTF-8 and has been decoded as something else: where it shows, and what it was.

Two accidents cover nearly all of it: UTF-8 read as Windows-1252 ("donâ€™t", "ä½ å¥½") and UTF-8 read as GBK ("浣犲ソ").
Some such sequences are also ordinary text: "café…»" holds three characters that are UTF-8 of a rare Chinese one, and
"IRMÃ…" is a shouted word. Those have two readings and are left.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from instructwild.text.lazy_pattern import LazyPattern
from instructwild.text.scripts import CJK_CHARACTERS

CONTINUATION = range(0x80, 0xC0)


def _windows(byte: int) -> str:
    """The character of a byte in Windows-1252, or in Latin-1 where that has none."""
    try:
        return bytes([byte]).decode("cp1252")
    except UnicodeDecodeError:
        return chr(byte)


_BYTE = {chr(byte): byte for byte in range(0x80, 0x100)} | {_windows(byte): byte for byte in range(0x80, 0x100)}
_TAIL = "[" + "".join(re.escape(char) for char, byte in sorted(_BYTE.items()) if byte in CONTINUATION) + "]"

# Of two-byte sequences only those of the Latin-1 letters: others look like ordinary capitals before ordinary quotes.
WINDOWS = f"(?:[ÂÃ]{_TAIL}|[à-ï]{_TAIL}{{2}}|ð{_TAIL}{{3}})"
# The first two of the three bytes of every common Chinese character, as GBK reads them.
GBK = "[" + "".join(bytes([first, second]).decode("gbk") for first in range(0xE4, 0xEA) for second in CONTINUATION) + "]"
SUSPECT = f"{WINDOWS}|{GBK}[^\\x00-\\x7f]*{GBK}"
_HAN_RUN = LazyPattern(r"[\u00a0-\U0010ffff]{3,}")
_WINDOWS_RUN = LazyPattern(f"{WINDOWS}+")
_GBK = LazyPattern(GBK)
_PUNCTUATION = LazyPattern(r"[\u2010-\u2027\u2030-\u205e\u20a0-\u20bf\u2122\u2190-\u21ff\u2200-\u22ff]")
_WIDE = LazyPattern(rf"[\u3000-\u303f\uff00-\uffef{CJK_CHARACTERS}]")


class Misread(NamedTuple):
    """A stretch decoded with the wrong encoding: where it stands, and what it was."""

    start: int
    end: int
    meant: str


def misread(text: str) -> Iterator[Misread]:
    """The stretches of a text that have no other reading, in their order."""
    for match in _WINDOWS_RUN.finditer(text):
        meant = _as_utf8(match.group())
        shouted = text[max(0, match.start() - 1):match.start()].isupper()
        if meant != match.group() and _plausible(meant) and not (shouted and match.group()[0] in "ÂÃ"):
            yield Misread(match.start(), match.end(), meant)
    if not _GBK.search(text):
        return
    for match in _HAN_RUN.finditer(text):
        meant = _from_gbk(match.group())
        if meant != match.group():
            yield Misread(match.start(), match.end(), meant)


def unmangled(text: str) -> str:
    """The text as it was meant; what has another reading stays as it is."""
    parts, at = [], 0
    for piece in sorted(misread(text)):
        if piece.start >= at:
            parts += [text[at:piece.start], piece.meant]
            at = piece.end
    return "".join([*parts, text[at:]])


def _plausible(meant: str) -> bool:
    """Whether what a run would become is worth believing: letters, signs of punctuation, or at least two wide characters."""
    wide = len(_WIDE.findall(meant))
    return wide >= 2 or all(ord(char) <= 0xFF or ord(char) > 0xFFFF or _PUNCTUATION.match(char) for char in meant) \
        or (wide == 1 and meant in "，。！？：；、（）《》「」【】“”‘’")


def _as_utf8(run: str) -> str:
    try:
        return bytes(_BYTE[char] for char in run).decode("utf-8")
    except (KeyError, UnicodeDecodeError):
        return run


def _from_gbk(run: str) -> str:
    """UTF-8 read as GBK: only a run whose bytes are UTF-8 of other Chinese text throughout, which chance does not give."""
    try:
        meant = run.encode("gb18030").decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return run
    return meant if len(meant) >= 2 and all(char > "\u00ff" for char in meant) else run
