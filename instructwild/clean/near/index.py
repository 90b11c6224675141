"""An index that takes texts one at a time, without compiling anything: NumPy to rule out, rapidfuzz to decide.

Each kept text has a signature of 128 bits, in which every token flips one bit. Where two signatures differ in h bits, at
least h tokens are not shared, so L <= (m+n-h)/2: nearly all pairs are ruled out by one pass over the signatures, exactly.
(The bitmap filter of Sandes, Teodoro, Melo 2020.)
"""

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from instructwild.clean.near.common_length import common_length
from instructwild.clean.near.match import Match
from instructwild.clean.near.threshold import DEFAULT, as_threshold, limits, needed
from instructwild.text.tokens import tokens

_BITS = 128
_CHARACTERS = 0x110000
_CACHED = 1 << 24


class Index:
    """Texts that were kept, to compare new ones with; greedy in the order in which they come.

    Adding texts one by one gives the verdicts of `near_duplicates` on all of them. A look-up takes time in proportion to
    the number of kept texts: about a tenth of a millisecond for ten thousand.
    """

    def __init__(self, threshold: Fraction | float | str = DEFAULT) -> None:
        self.threshold = as_threshold(threshold)
        self.seen = 0
        self._names: dict[str, int] = {}
        self._texts: list[str | list[int]] = []      # tokens of each kept text as numbers
        self._rows: list[int] = []                   # its position among all texts seen
        self._lengths: NDArray[np.intp] = np.zeros(64, np.intp)
        self._low: NDArray[np.uint64] = np.zeros(64, np.uint64)          # its signature, in two halves
        self._high: NDArray[np.uint64] = np.zeros(64, np.uint64)
        self._allowed: dict[int, NDArray[np.int16]] = {}
        self._longest = 64

    def __len__(self) -> int:
        """How many texts are there to be found: those kept that have a token."""
        return len(self._texts)

    def find(self, text: str) -> Match | None:
        """The earliest kept text that this one duplicates, or None."""
        return next(self._matches(self._number(text)), None)

    def nearest(self, text: str) -> Match | None:
        """The kept text of highest F above the threshold, the earliest of several, or None."""
        return max(self._matches(self._number(text)), key=lambda match: match.f, default=None)

    def matches(self, text: str) -> Iterator[Match]:
        """The kept texts that this one is near, in their order."""
        return self._matches(self._number(text))

    def skip(self) -> None:
        """Count a text that is not kept."""
        self.seen += 1

    def add(self, text: str) -> Match | None:
        """Keep a text, or say which kept text it duplicates."""
        numbers = self._number(text)
        match = next(self._matches(numbers), None)
        if match is None:
            self._keep(numbers)
        self.seen += 1
        return match

    def keep(self, text: str) -> None:
        """Keep a text whatever it duplicates."""
        self._keep(self._number(text))
        self.seen += 1

    def _number(self, text: str) -> list[int]:
        return [self._names.setdefault(token, len(self._names)) for token in tokens(text)]

    def _matches(self, numbers: list[int]) -> Iterator[Match]:
        length = len(numbers)
        if not length or not self._texts:
            return
        kept = len(self._texts)
        low, high = _signature(numbers)
        apart = np.bitwise_count(self._low[:kept] ^ low) + np.bitwise_count(self._high[:kept] ^ high)
        possible = np.flatnonzero(apart <= self._allowance(length).take(self._lengths[:kept]))
        query = _comparable(numbers)
        for at in possible.tolist():
            other = self._texts[at]
            need = needed(self.threshold, length + len(other))
            common = common_length(*_same_kind(query, other), need)
            if common >= need:
                yield Match(self._rows[at], common, (length, len(other)))

    def _allowance(self, length: int) -> NDArray[np.int16]:
        """For each length of a kept text the largest number of differing bits that still allows a match, -1 where none."""
        if length > self._longest:
            self._stretch(length)
        bound = self._allowed.get(length)
        if bound is None:
            if len(self._allowed) * self._longest > _CACHED:
                self._allowed.clear()
            others = np.arange(self._longest + 1)
            need = limits(self.threshold, self._longest).need[others + length]
            bound = np.where((np.minimum(others, length) >= need) & (others > 0), others + length - 2 * need, -1)
            bound = self._allowed[length] = np.minimum(bound, _BITS).astype(np.int16)   # more than all bits is all
        return bound

    def _stretch(self, length: int) -> None:
        while self._longest < length:
            self._longest *= 2
        self._allowed.clear()

    def _keep(self, numbers: list[int]) -> None:
        kept = len(self._texts)
        if kept == len(self._lengths):
            self._lengths = np.concatenate([self._lengths, np.zeros_like(self._lengths)])
            self._low = np.concatenate([self._low, np.zeros_like(self._low)])
            self._high = np.concatenate([self._high, np.zeros_like(self._high)])
        if numbers:                                  # a text without tokens is near to nothing
            if len(numbers) > self._longest:
                self._stretch(len(numbers))
            self._lengths[kept] = len(numbers)
            self._low[kept], self._high[kept] = _signature(numbers)
            self._texts.append(_comparable(numbers))
            self._rows.append(self.seen)


def _signature(numbers: list[int]) -> tuple[np.uint64, np.uint64]:
    """128 bits, in which each token has flipped one."""
    bits = 0
    for number in numbers:
        bits ^= 1 << (number * 0x9E3779B97F4A7C15 >> 57 & _BITS - 1)
    return np.uint64(bits & 0xFFFFFFFFFFFFFFFF), np.uint64(bits >> 64)


def _comparable(numbers: list[int]) -> str | list[int]:
    """Numbers as rapidfuzz compares them fastest: one character each, as long as there are characters."""
    return "".join(map(chr, numbers)) if not numbers or max(numbers) < _CHARACTERS else numbers


def _same_kind(first: str | list[int], second: str | list[int]) -> tuple[str | list[int], str | list[int]]:
    if isinstance(first, str) is isinstance(second, str):
        return first, second
    return [list(map(ord, side)) if isinstance(side, str) else side for side in (first, second)]   # type: ignore[return-value]
