"""A rule: what a kind of personal data or secret looks like, and what sorts out that which only looks like it."""

import re
from collections.abc import Callable, Iterable
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


class WordSearch:
    """Many words that are looked for at once: a longer one only where a shorter one within it stands."""

    def __init__(self, words: Iterable[str]) -> None:
        table = tuple(dict.fromkeys(words))
        shortest = [word for word in table if not any(other in word for other in table if other != word)]
        self._longer = [(short, tuple(word for word in table if short in word)) for short in shortest]
        self._ascii = [(short, longer) for short, longer in self._longer if short.isascii()]

    def within(self, folded: str) -> set[str]:
        """Those that stand anywhere in a text in small letters."""
        table = self._ascii if folded.isascii() else self._longer
        return {word for short, longer in table if short in folded for word in longer if word in folded}


def before(match: re.Match[str], length: int) -> str:
    """So many characters before a match."""
    return match.string[max(0, match.start() - length):match.start()]


def holds(folded: str, words: tuple[str, ...]) -> bool:
    """Whether one of the words stands anywhere in the text, both in small letters."""
    return any(word in folded for word in words)
