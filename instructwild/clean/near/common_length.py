"""How many tokens two texts have in common, in their order."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any


def common_length(first: Sequence[Any], second: Sequence[Any], least: int) -> int:
    """The length of the longest common subsequence, or 0 where it is less than `least`."""
    return _similarity()(first, second, score_cutoff=least)


@cache
def _similarity() -> Callable[..., int]:
    from rapidfuzz.distance import LCSseq  # few rows seldom have a pair to compare, and it takes time to load

    return LCSseq.similarity
