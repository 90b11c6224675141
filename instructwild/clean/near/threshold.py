"""When two texts are near-duplicates, decided in integers for any rational threshold.

F = 2L/(m+n) of two token lists (lengths m, n; longest common subsequence L) is ROUGE-L's F1 (Lin 2004). F > p/q holds
iff L >= need[m+n] with need[s] = floor(p*s / 2q) + 1: everything else here follows from that table.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from instructwild.errors import ConfigError

DEFAULT = Fraction(7, 10)
_SAFE = 1 << 62


def as_threshold(value: Fraction | float | str) -> Fraction:
    """A threshold as the fraction that its decimal digits say: 0.7 is 7/10, not the nearest binary number.

    Raises:
        ConfigError: it is no number from 0 to 1.
    """
    try:
        threshold = Fraction(repr(value) if isinstance(value, float) else value)
    except (ValueError, TypeError, ZeroDivisionError):
        threshold = Fraction(-1)
    if not 0 <= threshold <= 1:
        raise ConfigError(f"{value!r} is no similarity", where="threshold", remedy="give a number from 0 to 1, such as 0.7")
    return threshold


def needed(threshold: Fraction, total: int) -> int:
    """The smallest L with which two texts of `total` tokens together exceed the threshold."""
    return threshold.numerator * total // (2 * threshold.denominator) + 1


@dataclass(frozen=True)
class LengthLimits:
    """What the threshold allows, for texts of up to `longest` tokens: int64 tables.

    Attributes:
        need: [2 * longest + 1] for each total of tokens, the smallest L that exceeds the threshold.
        reach: [longest + 1] its inverse: for each L, the largest total that it suffices for.
        shortest: [longest + 1] for each length, the smallest length of a partner. (A text of length 0 has none.)
    """

    need: NDArray[np.int64]
    reach: NDArray[np.int64]
    shortest: NDArray[np.int64]


@lru_cache(maxsize=16)
def limits(threshold: Fraction, longest: int) -> LengthLimits:
    """The tables for one threshold below 1."""
    p, q = threshold.numerator, threshold.denominator
    need = _quotients(p, 0, 2 * q, 2 * longest) + 1
    reach = _quotients(2 * q, -1, p, longest, ceiling=2 * longest) if p else np.full(longest + 1, 2 * longest)
    shortest = _quotients(p, 0, 2 * q - p, longest) + 1
    for table in (need, reach, shortest):
        table.flags.writeable = False
    return LengthLimits(need, reach, shortest)


def _quotients(factor: int, plus: int, divisor: int, last: int, ceiling: int = _SAFE) -> NDArray[np.int64]:
    """(factor * k + plus) // divisor for k = 0 … last, no more than the ceiling: exact for integers of any size."""
    if factor * last < _SAFE:
        quotients: NDArray[np.int64] = np.minimum((factor * np.arange(last + 1) + plus) // divisor, ceiling)
        return quotients
    return np.array([min((factor * k + plus) // divisor, ceiling) for k in range(last + 1)])
