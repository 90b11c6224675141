"""How varied new rows are, measured against their seeds by the same yardsticks."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise

from instructwild.clean.near import tokens

SAMPLE = 1_000
"""Rows looked at, at most: shares of distinct n-grams fall with the size of a text, so groups are cut to one size."""
COMMON = 0.1
"""A term that more than this share of the rows has, and more than two rows, is no topic but a small word."""


@dataclass(frozen=True)
class Diversity:
    """How varied a group of texts is.

    Args:
        rows: how many texts were looked at.
        distinct_1, distinct_2: distinct tokens and pairs of tokens, as shares of all (Li et al. 2016).
        nearest_self: mean F of each text with its nearest neighbour in the group.
        nearest_seed: mean F of each text with its nearest seed; None where there are no seeds to compare with.
        openings: distinct first two tokens, as a share of the texts.
        covered: the share of the seeds' topics that some text of the group is about; None likewise.
        beyond: the share of the group's topics that no seed is about; None likewise.
    """

    rows: int
    distinct_1: float
    distinct_2: float
    nearest_self: float
    nearest_seed: float | None
    openings: float
    covered: float | None
    beyond: float | None

    def plain(self) -> dict[str, float | None]:
        """As JSON values."""
        return asdict(self)


def diversity(texts: Sequence[str], seeds: Sequence[str] = (), size: int = SAMPLE, seed: int = 0) -> Diversity:
    """How varied texts are, and how far from the seeds.

    Args:
        texts: the group.
        seeds: what to compare with; none for the seeds themselves.
        size: how many of the texts are looked at, at most; compare groups at one size.
    """
    rng = random.Random(seed)
    chosen = list(texts) if len(texts) <= size else rng.sample(list(texts), size)
    compared = list(seeds) if len(seeds) <= size else rng.sample(list(seeds), size)
    split = [tokens(text) for text in chosen]
    ones = [token for words in split for token in words]
    twos = [pair for words in split for pair in pairwise(words)]
    openings = {tuple(words[:2]) for words in split}
    others = [tokens(text) for text in compared]
    covered, beyond = coverage(split, others) if others else (None, None)
    return Diversity(len(chosen), _share(len(set(ones)), len(ones)), _share(len(set(twos)), len(twos)),
                     _nearest(split, split, itself=True), _nearest(split, others, itself=False) if others else None,
                     _share(len(openings), len(chosen)), covered, beyond)


def coverage(rows: Sequence[Sequence[str]], seeds: Sequence[Sequence[str]]) -> tuple[float, float]:
    """Which share of the seeds' topics the rows are about, and which share of the rows' topics no seed is about.

    A topic is a term, a word or a pair of Chinese characters, that not many rows have.

    Args:
        rows, seeds: texts as tokens.
    """
    about, seed_terms = [_terms(words) for words in rows], [_terms(words) for words in seeds]
    counts = Counter(term for terms in (*about, *seed_terms) for term in terms)
    most = max(2.0, COMMON * (len(rows) + len(seeds)))
    covered, known = ({term for terms in group for term in terms if counts[term] <= most} for group in (about, seed_terms))
    return _share(len(covered & known), len(known)), _share(len(covered - known), len(covered))


def _terms(words: Sequence[str]) -> set[str]:
    alone = {word for word in words if len(word) > 1 or word.isascii()}
    return alone | {first + second for first, second in pairwise(words) if first not in alone and second not in alone}


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


def _nearest(rows: Sequence[list[str]], others: Sequence[list[str]], *, itself: bool) -> float:
    """The mean over rows of the highest ROUGE-L F with another row; `itself` leaves out the row at the same place."""
    import numpy as np
    from rapidfuzz.distance import Indel
    from rapidfuzz.process import cdist

    if not rows or len(others) <= itself:
        return 0.0
    names: dict[str, str] = {}
    first, second = (["".join(names.setdefault(token, chr(0x10000 + len(names))) for token in words) for words in group]
                     for group in (rows, others))
    similarity = cdist(first, second, scorer=Indel.normalized_similarity, dtype=np.float32, workers=1)
    if itself:
        np.fill_diagonal(similarity, 0)
    return round(float(similarity.max(axis=1).mean()), 4)
