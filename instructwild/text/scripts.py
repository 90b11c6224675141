"""Where Han, Kana and Hangul are in Unicode, for all that has to know: as ranges, and as classes for regular expressions.

Every code point of category L, M or N in these ranges is a token by itself (`text.tokens`).
"""

from collections.abc import Iterable

Range = tuple[int, int]

HAN: tuple[Range, ...] = ((0x3005, 0x3005), (0x3007, 0x3007), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF),
                          (0x20000, 0x3FFFF))
KANA: tuple[Range, ...] = ((0x3040, 0x30FF), (0x31F0, 0x31FF))
HANGUL: tuple[Range, ...] = ((0x1100, 0x11FF), (0x3130, 0x318F), (0xAC00, 0xD7AF))


def characters(ranges: Iterable[Range]) -> str:
    r"""The ranges as they stand between the brackets of a regular expression's class, of Python or of polars.

    >>> characters(((0x3005, 0x3005), (0x4E00, 0x9FFF)))
    '\\U00003005\\U00004e00-\\U00009fff'
    """
    return "".join(f"\\U{first:08x}" if first == last else f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)


HAN_CHARACTERS = characters(HAN)
"""To stand inside a class: `[\\w{HAN_CHARACTERS}]`."""
CJK_CHARACTERS = characters((*HAN, *KANA, *HANGUL))
ANY_HAN = f"[{HAN_CHARACTERS}]"
"""A class by itself: one Han character."""
ANY_CJK = f"[{CJK_CHARACTERS}]"
"""A class by itself: one Han, Kana or Hangul character."""
