"""The near-duplicates of many texts at once, with what a report needs to explain them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cached_property
from heapq import nsmallest
from threading import Thread
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from instructwild.clean.near.index import Index
from instructwild.clean.near.rule import Match
from instructwild.clean.near.threshold import DEFAULT, as_threshold

if TYPE_CHECKING:
    from instructwild.clean.near.corpus import Corpus

COMPILE_FROM = 5_000      # below, loading the compiled code takes longer than the index does
RETHRESHOLD = tuple(Fraction(percent, 100) for percent in range(60, 95, 5))
BELOW = (Fraction(1, 100), Fraction(1, 10))
"""How far below the threshold the nearest kept pairs are looked for: the less, the quicker."""


class NearDuplicates:
    """Which texts duplicate an earlier kept one, at one threshold, and how close the decisions were.

    Attributes:
        threshold: a text is dropped iff its F with an earlier kept one is larger.
        matches: for each text the earliest kept one that it duplicates, or None where it is kept.
    """

    def __init__(self, texts: Sequence[str], threshold: Fraction | float | str = DEFAULT, *,
                 compiled: bool | None = None) -> None:
        """Find them.

        Args:
            compiled: use the compiled kernel or the index; None lets the number of texts decide. The results are the same.
        """
        self.threshold = as_threshold(threshold)
        self._texts = texts
        if compiled is None:
            compiled = len(texts) >= COMPILE_FROM
        self._corpus = _corpus(texts) if compiled else None
        self.matches = self._at(self.threshold)

    @property
    def verdicts(self) -> list[int | None]:
        """For each text the index of the kept text it duplicates, or None where it is kept."""
        return [None if match is None else match.index for match in self.matches]

    @property
    def dropped(self) -> int:
        """How many texts duplicate another."""
        return sum(match is not None for match in self.matches)

    @cached_property
    def absorbed(self) -> dict[int, list[int]]:
        """For each kept text that has any, the texts that duplicate it, in order."""
        groups: dict[int, list[int]] = {}
        for row, match in enumerate(self.matches):
            if match is not None:
                groups.setdefault(match.index, []).append(row)
        return groups

    @cached_property
    def rows(self) -> NDArray[np.int64]:
        """The texts that duplicate another, in order."""
        return np.array([row for row, match in enumerate(self.matches) if match is not None], np.int64)

    @cached_property
    def twins(self) -> NDArray[np.int64]:
        """For each of `rows` the earliest kept text that it duplicates."""
        return np.array([match.index for match in self.matches if match is not None], np.int64)

    @property
    def f(self) -> NDArray[np.float64]:
        """For each of `rows` its F with its twin."""
        return np.array([float(match) for match in self.matches if match is not None], np.float64)

    def of_first(self, count: int) -> "NearDuplicates":
        """The same of the first texts alone."""
        return NearDuplicates(self._texts[:count], self.threshold)

    def dropped_at(self, thresholds: Iterable[Fraction] = RETHRESHOLD) -> dict[Fraction, int]:
        """How many texts would be dropped at other thresholds.

        Each is decided anew: at another threshold other texts are kept, so that the pairs found at this one do not tell.
        """
        return {threshold: self.dropped if threshold == self.threshold else self._count(threshold)
                for threshold in thresholds}

    def just_dropped(self, limit: int = 20) -> list[tuple[int, Match]]:
        """The dropped texts whose F is the closest to the threshold, closest first."""
        pairs = [(row, match) for row, match in enumerate(self.matches) if match is not None]
        return nsmallest(limit, pairs, key=lambda pair: float(pair[1]))

    def just_kept(self, limit: int = 20, floor: Fraction | None = None) -> list[tuple[int, Match]]:
        """The kept texts that come closest to an earlier kept one, closest first.

        Args:
            floor: only those with F above it; by default a tenth below the threshold.
        """
        kept = [row for row, match in enumerate(self.matches) if match is None]
        pairs: list[tuple[int, Match]] = []
        for bound in (max(self.threshold - below, Fraction(0)) for below in BELOW) if floor is None else (floor,):
            pairs = self._nearest(kept, bound)
            if len(pairs) >= limit:
                break
        return nsmallest(limit, pairs, key=lambda pair: -float(pair[1]))

    def _at(self, threshold: Fraction) -> list[Match | None]:
        if self._corpus is not None:
            return _matches(self._corpus, *self._corpus.verdicts(threshold))
        return list(map(Index(threshold).add, self._texts))

    def _count(self, threshold: Fraction) -> int:
        if self._corpus is not None:
            return int((self._corpus.verdicts(threshold)[0] >= 0).sum())
        return sum(match is not None for match in self._at(threshold))

    def _nearest(self, kept: list[int], floor: Fraction) -> list[tuple[int, Match]]:
        if self._corpus is not None:
            nearest_matches = _matches(self._corpus, *self._corpus.nearest(kept, floor))
            return [(row, match) for row, match in enumerate(nearest_matches) if match is not None]
        index, pairs = Index(floor), []
        for row in kept:
            match = index.nearest(self._texts[row])
            if match is not None:
                pairs.append((row, replace(match, index=kept[match.index])))
            index.keep(self._texts[row])
        return pairs


def compile_ahead(count: int) -> None:
    """Have the kernel compiled, or loaded, by a thread beside other work, where so many texts will want it.

    Nobody waits for the thread at exit: compiling takes half a minute, and Ctrl-C is not to take as long. What it had
    compiled is kept on disk.
    """
    if count >= COMPILE_FROM:
        Thread(target=lambda: NearDuplicates(["a b c", "a b d c"], compiled=True), name="compile", daemon=True).start()


def _corpus(texts: Sequence[str]) -> "Corpus | None":
    """The texts made ready for the kernel, or None where its compiler is not installed or does not fit."""
    try:
        from instructwild.clean.near.corpus import Corpus
    except ImportError:
        return None
    return Corpus(texts)


def _matches(corpus: "Corpus", twin: NDArray[np.int32], lcs: NDArray[np.int32]) -> list[Match | None]:
    matches: list[Match | None] = [None] * len(twin)
    rows = np.flatnonzero(twin >= 0)
    columns = (rows, twin[rows], lcs[rows], corpus.lengths[rows], corpus.lengths[twin[rows]])
    for row, index, common, length, other in zip(*(column.tolist() for column in columns), strict=True):
        matches[row] = Match(index, common, (length, other))
    return matches
