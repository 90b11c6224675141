"""Near-duplicates by Self-Instruct's rule, exact, in English and Chinese.

A text is dropped iff an earlier kept text has ROUGE-L F > 7/10 over the tokens of `tokens`. `near_duplicates` gives the
verdicts, `near_duplicate_matches` the evidence too, and `Index` takes texts one at a time. All give the same verdicts:
compiled code serves many texts, NumPy and rapidfuzz few, or one at a time, or all where numba is not installed.

That is the plain rule; `rule` has the verdict on two texts. About half of what the plain rule drops asks for something else
("什么是进程", "什么是多线程"), so that `clean` and `expand` merge only those of its pairs that ask for the same:
`SameRequests` for many, `RequestIndex` for one at a time, `embedding.MeaningIndex` where an embedding model decides too.
"""

from collections.abc import Sequence
from fractions import Fraction

from instructwild.clean.near.batch import NearDuplicates, compile_ahead
from instructwild.clean.near.index import Index
from instructwild.clean.near.request_index import RequestIndex
from instructwild.clean.near.rule import Match, request_text
from instructwild.clean.near.same_requests import SameRequests
from instructwild.text.tokens import tokens

__all__ = ["Index", "Match", "NearDuplicates", "RequestIndex", "SameRequests", "compile_ahead", "near_duplicate_matches",
           "near_duplicates", "request_text", "tokens"]


def near_duplicates(texts: Sequence[str], threshold: Fraction = Fraction(7, 10)) -> list[int | None]:
    """For each text the index of the kept text it duplicates, or None where it is kept.

    Greedy, in input order: a text is dropped iff an earlier kept text has F > threshold; the earliest such is named. A text
    with no token is never a near-duplicate.

    Raises:
        ConfigError: the threshold is no number from 0 to 1.
    """
    return NearDuplicates(texts, threshold).verdicts


def near_duplicate_matches(texts: Sequence[str], threshold: Fraction = Fraction(7, 10)) -> NearDuplicates:
    """The same verdicts with their evidence, the pairs nearest the threshold, and the counts at other thresholds."""
    return NearDuplicates(texts, threshold)
