"""Patterns taken apart into their alternatives, and put together by how these open, so that one search sees many of them.

A search costs most of its time before it reads a letter, so that fewer of them are faster. Alternatives that may begin
anywhere stay apart from those that begin at the start of a text, which alone are given up at its first word.
"""

import re
from collections.abc import Iterable, Iterator

_FLAGS = re.compile(r"\(\?([ims]+)\)")
_PIECE = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|[()|]|[^\\\[()|]+", re.DOTALL)
"""An escape, a class, a bracket or bar, or what stands between them."""
AT_THE_START = (r"\A\W*", r"\A")


def grouped(patterns: Iterable[str], openings: Iterable[str] = ()) -> list[str]:
    r"""Patterns of which one matches where one of the given ones does: one for each opening, and one for all others.

    Args:
        patterns: flags may stand at their beginning.
        openings: those that alternatives begin with, beside `\A\W*` and `\A`; the first one that fits is taken.

    >>> grouped([r"(?i)\A\W*now\b|again", r"\A\W*then", "more"])
    ['\\A\\W*(?:(?i:now\\b)|(?:then))', '(?:(?i:again)|(?:more))']
    """
    groups: dict[str, list[str]] = {}
    for pattern in patterns:
        flags = _FLAGS.match(pattern)
        begin = f"(?{flags[1]}:" if flags else "(?:"
        for alternative in alternatives(pattern[flags.end():] if flags else pattern):
            opening = next((start for start in (*openings, *AT_THE_START) if alternative.startswith(start)), "")
            start = opening if opening in ("", *AT_THE_START) else f"{begin}{opening})"
            groups.setdefault(start, []).append(f"{begin}{alternative.removeprefix(opening)})")
    return [f"{start}(?:{'|'.join(rests)})" for start, rests in groups.items()]


def alternatives(pattern: str) -> Iterator[str]:
    r"""What stands between the bars outside of groups.

    >>> list(alternatives(r"a(?:b|c)|[|]\||d"))
    ['a(?:b|c)', '[|]\\|', 'd']
    """
    depth, begin = 0, 0
    for piece in _PIECE.finditer(pattern):
        depth += (piece[0] == "(") - (piece[0] == ")")
        if piece[0] == "|" and not depth:
            yield pattern[begin:piece.start()]
            begin = piece.end()
    yield pattern[begin:]
