"""A rule: what a kind of personal data or secret looks like, and what sorts out that which only looks like it."""

import re
from collections.abc import Callable
from typing import NamedTuple

Match = tuple[str, int, int, str]
"""type, start, end, key: two pieces with one type and key are the same."""


class Rule(NamedTuple):
    """Candidates, and whether one of them is real; group `it` is what gets masked, by default all of the match."""

    type: str
    pattern: re.Pattern[str]
    check: Callable[[re.Match[str]], bool] = lambda match: True
    needs: str = ""
    """Without one of these characters in the text the rule cannot match: a quick way past the pattern."""
    words: tuple[str, ...] = ()
    """Nor without one of these words, in small letters."""
    digits: int = 0
    """Nor in a text of fewer ASCII digits."""
    run: bool = False
    """Nor without a run of 16 characters and more, as keys are."""
    spares_code: bool = False
    """Code, in backticks or fences, is not looked into."""


def holds(folded: str, words: tuple[str, ...]) -> bool:
    """Whether one of the words stands anywhere in the text, both in small letters."""
    return any(word in folded for word in words)
