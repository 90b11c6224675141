"""Near-duplicates that ask for the same among texts on disk: memory holds some hundred bytes of a text, never the text.

The verdicts are those of `SameRequests` on all texts. What tells which texts may meet (`sieve.Sifted`) is computed part by
part; of it, the keys of whole texts are in memory, and those of texts without a run of words, by far the most, on disk: each
part of them is looked up once. Groups of texts that may meet are then read and decided, some at a time.
"""

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from functools import partial
from heapq import nsmallest
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from instructwild.clean.near.batch import RETHRESHOLD
from instructwild.clean.near.match import Match
from instructwild.clean.near.same_requests import BELOW, NEAREST, SameRequests
from instructwild.clean.near.texts_on_disk import TextsOnDisk
from instructwild.clean.near.threshold import DEFAULT, as_threshold
from instructwild.clean.workers import Workers

SIFTED_FROM = 20_000
"""Texts below which all are decided together."""
SIFTED_AT_ONCE, DECIDED_AT_ONCE, LARGE = 20_000, 10_000, 2_000
"""Texts of one item of work; texts of a group that is looked at more closely."""
JOINED_AT_ONCE = 2_000_000
"""Texts without a run of words that are looked up at once."""


class RequestsOnDisk:
    """Which texts are near an earlier kept one and ask for the same, at one threshold.

    Attributes:
        threshold: pairs need an F above it.
        rows, twins, f: as in `SameRequests`.
    """

    def __init__(self, texts: TextsOnDisk, folder: Path, threshold: Fraction | float | str = DEFAULT, *,
                 workers: Workers | None = None) -> None:
        """Find them.

        Args:
            texts: what is asked.
            folder: where keys are kept meanwhile.
            threshold: pairs need an F above it.
            workers: processes to use. The results are the same.
        """
        self.threshold = as_threshold(threshold)
        self._texts, self._folder, self._workers = texts, folder, workers or Workers()
        self._below: list[tuple[int, Match]] = []
        self._above: list[tuple[int, Match]] = []
        rows, twins, f = self._decide()
        order = np.argsort(rows, kind="stable")
        self.rows, self.twins, self.f = rows[order], twins[order], f[order]

    def of_first(self, count: int) -> SameRequests:
        """The verdicts on the first texts alone, at other thresholds too."""
        return SameRequests(self._texts[:count], self.threshold, workers=self._workers, anew=True)

    def dropped_at(self, thresholds: Iterable[Fraction] = RETHRESHOLD) -> dict[Fraction, int]:
        """How many texts would be dropped at other thresholds; all texts are read for it."""
        return self.of_first(len(self._texts)).dropped_at(thresholds)

    def just_dropped(self, limit: int = 20) -> list[tuple[int, Match]]:
        """The dropped texts whose F is the closest to the threshold, closest first: up to 100."""
        return self._above[:limit]

    def just_kept(self, limit: int = 20) -> list[tuple[int, Match]]:
        """The kept texts that ask the same as an earlier kept one and are just not near enough, closest first: up to 100."""
        return self._below[:limit]

    def _decide(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        planned: list[NDArray[np.int64]] = []

        def parts() -> Iterator[list[str]]:
            for rows in self._batches():
                planned.append(rows)
                yield self._texts.gather(rows)

        all_rows, twins, all_f = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], [np.zeros(0, np.float64)]
        for number, decided in enumerate(self._workers.map(partial(_decided, threshold=self.threshold), parts())):
            rows, planned[number] = planned[number], np.zeros(0, np.int64)
            all_rows.append(rows[decided.rows])
            twins.append(rows[decided.twins])
            all_f.append(decided.f)
            self._above = _nearest([*self._above, *_renumbered(decided.above, rows)], 1)
            self._below = _nearest([*self._below, *_renumbered(decided.below, rows)], -1)
        return np.concatenate(all_rows), np.concatenate(twins), np.concatenate(all_f)

    def _batches(self) -> Iterable[NDArray[np.int64]]:
        """The texts of groups of several, whole groups together; all texts where they are few or no compiler is there."""
        count = len(self._texts)
        if not count:
            return []
        if count < SIFTED_FROM:
            return [np.arange(count)]
        try:
            from instructwild.clean.near.sieve import batches, keys_of_requests, sift
        except ImportError:
            return [np.arange(count)]
        keys = _Keys(self._folder, count)
        spans = [np.arange(begin, min(begin + SIFTED_AT_ONCE, count)) for begin in range(0, count, SIFTED_AT_ONCE)]
        for part in self._workers.map(sift, map(self._texts.gather, spans)):
            keys.add(part.whole, part.length, part.bits, part.row, part.shorter)
        floor = max(min(self.threshold - BELOW, *RETHRESHOLD), Fraction(0))
        length, bits = keys.length, keys.bits
        first = keys.grouped(floor)
        large = np.flatnonzero(np.bincount(first, minlength=count)[first] > LARGE)
        if len(large):
            # short texts chain together what has little in common: such a group is parted by what its texts ask for
            finer = _Keys(self._folder, len(large))
            spans = [large[begin:begin + DECIDED_AT_ONCE] for begin in range(0, len(large), DECIDED_AT_ONCE)]
            parts = self._workers.map(keys_of_requests, map(self._texts.gather, spans))
            for rows, (whole, row, shorter) in zip(spans, parts, strict=True):
                finer.add(whole, length[rows], bits[rows], row, shorter)
            first[large] = large[finer.grouped(floor)]
        return batches(first, DECIDED_AT_ONCE)


class _Keys:
    """The keys of many texts: those of whole texts in memory, those of texts without a run of words in files.

    Args:
        folder: of the files.
        count: how many texts there are.
    """

    def __init__(self, folder: Path, count: int) -> None:
        self._folder, self._parts, self._filled = folder, list[tuple[Path, int]](), 0
        self.whole, self.length = np.empty(count, np.uint64), np.empty(count, np.int64)
        self.bits = np.empty((count, 2), np.uint64)

    def add(self, whole: NDArray[np.uint64], length: NDArray[np.int64], bits: NDArray[np.uint64], row: NDArray[np.int32],
            shorter: NDArray[np.uint64]) -> None:
        """Add the next texts, as `Sifted` names what is of them."""
        begin, self._filled = self._filled, self._filled + len(whole)
        self.whole[begin:self._filled], self.length[begin:self._filled], self.bits[begin:self._filled] = whole, length, bits
        path = self._folder / f"keys-{len(self._parts):06d}.npz"
        np.savez(path, row=row, shorter=shorter)
        self._parts.append((path, begin))

    def grouped(self, floor: Fraction) -> NDArray[np.int32]:
        """For each text the first text of its group, int32 [texts], as `sieve.grouped` gives it. The files go."""
        from instructwild.clean.near.sieve import CROWD, meet

        whole, length, count = self.whole, self.length, len(self.whole)
        keys, group, counts = np.unique(whole, return_inverse=True, return_counts=True)
        group = group.astype(np.int32)
        members = np.lexsort((length, group)).astype(np.int32)      # texts of the same cores together, the shortest first
        position = np.empty(count, np.int32)
        position[members] = np.arange(count, dtype=np.int32)
        begin = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
        sorted_length, sorted_bits = length[members], self.bits[members]
        root = np.arange(count, dtype=np.int32)
        for askers, groups in self._askers(keys, group, counts):
            meet(position[askers].astype(np.int64), groups.astype(np.int64), begin, sorted_length, sorted_bits,
                 floor.numerator, floor.denominator, CROWD, root)
        of_text = root[position]
        first = np.full(count, count, np.int32)
        np.minimum.at(first, of_text, np.arange(count, dtype=np.int32))
        return first[of_text]

    def _askers(self, keys: NDArray[np.uint64], group: NDArray[np.int32],
                counts: NDArray[np.int64]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int32]]]:
        """Texts, and groups in which each may meet others."""
        several = np.flatnonzero((counts > 1)[group])
        for begin in range(0, len(several), JOINED_AT_ONCE):
            askers = several[begin:begin + JOINED_AT_ONCE]
            yield askers, group[askers]
        waiting: list[tuple[NDArray[np.int64], NDArray[np.int32]]] = []
        for number, (path, before) in enumerate(self._parts, start=1):
            with np.load(path, allow_pickle=False) as part:
                row, shorter = part["row"], part["shorter"]
            path.unlink()
            at = np.minimum(np.searchsorted(keys, shorter), len(keys) - 1)
            known = keys[at] == shorter
            waiting.append((row[known].astype(np.int64) + before, at[known].astype(np.int32)))
            if number == len(self._parts) or sum(len(rows) for rows, _ in waiting) >= JOINED_AT_ONCE:
                yield np.concatenate([rows for rows, _ in waiting]), np.concatenate([groups for _, groups in waiting])
                waiting = []


class _Decided(NamedTuple):
    """What was decided about some texts that no other text bears upon, numbered from 0."""

    rows: NDArray[np.int64]
    twins: NDArray[np.int64]
    f: NDArray[np.float64]
    above: list[tuple[int, Match]]
    below: list[tuple[int, Match]]


def _decided(texts: Sequence[str], threshold: Fraction) -> _Decided:
    merged = SameRequests(texts, threshold, sifted=False)
    return _Decided(merged.rows, merged.twins, merged.f, merged.just_dropped(NEAREST), merged.just_kept(NEAREST))


def _renumbered(pairs: Iterable[tuple[int, Match]], rows: NDArray[np.int64]) -> Iterator[tuple[int, Match]]:
    for row, match in pairs:
        yield int(rows[row]), Match(int(rows[match.index]), match.lcs, match.lengths)


def _nearest(pairs: Iterable[tuple[int, Match]], sign: int) -> list[tuple[int, Match]]:
    """The pairs of smallest F, or with a negative sign of largest, of equal ones those of the first rows."""
    return nsmallest(NEAREST, sorted(pairs, key=lambda pair: pair[0]), key=lambda pair: sign * float(pair[1]))
