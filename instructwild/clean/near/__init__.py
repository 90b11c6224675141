"""Near-duplicates by Self-Instruct's rule, exact, in English and Chinese.

A row is dropped iff an earlier kept row has ROUGE-L F > 7/10 over the tokens of `tokens`. See `Index` to add rows one at
a time and `near_duplicate_matches` for the evidence.
"""

from collections.abc import Sequence
from fractions import Fraction

from instructwild.clean.near.index import Index
from instructwild.clean.near.match import Difference, Match, difference
from instructwild.clean.near.tokens import tokens

__all__ = ["Difference", "Index", "Match", "difference", "near_duplicates", "tokens"]


def near_duplicates(texts: Sequence[str], threshold: Fraction = Fraction(7, 10)) -> list[int | None]:
    """For each text the index of the kept text it duplicates, or None where it is kept.

    Greedy, in input order: a text is dropped iff an earlier kept text has F > threshold; the earliest such is named.
    """
    index = Index(threshold)
    return [None if match is None else match.index for match in map(index.add, texts)]
