"""When two texts are near-duplicates, decided in integers for any rational threshold.

F = 2L/(m+n) of two token lists (lengths m, n; longest common subsequence L) is ROUGE-L's F1 (Lin 2004). F > p/q holds
iff L >= need[m+n] with need[s] = floor(p*s / 2q) + 1: everything else here follows from that table.
"""

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


@lru_cache(maxsize=16)
def need_table(threshold: Fraction, longest: int) -> NDArray[np.int32]:
    """`needed` for every total up to that of two texts of `longest` tokens: int32 [2 * longest + 1]."""
    totals = range(2 * longest + 1)
    if threshold.denominator * 2 * len(totals) < _SAFE:   # the numerator is never larger than the denominator
        table = threshold.numerator * np.arange(len(totals), dtype=np.int64) // (2 * threshold.denominator) + 1
    else:
        table = np.array([needed(threshold, total) for total in totals])
    table = table.astype(np.int32)
    table.flags.writeable = False
    return table
