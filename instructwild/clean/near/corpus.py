"""Many texts made ready once, to be joined at any threshold."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from instructwild.clean.near import kernel
from instructwild.clean.near.encode import encode
from instructwild.clean.near.threshold import limits

AT_ONCE = 1_000      # texts joined by one call: Ctrl-C is heard between two
FREQUENT = 512       # a token in more texts than this has its list split by length
_CLASS = 1.5         # lengths of one class differ by no more than this factor
_GRADE = np.floor(np.log(np.maximum(np.arange(kernel.CAP + 1), 1)) / np.log(_CLASS)).astype(np.int64)


class Corpus:
    """Texts as the kernel takes them: the earliest of each set of identical ones, tokens ranked from rare to frequent."""

    def __init__(self, texts: Sequence[str]) -> None:
        encoded = encode(texts)
        self.lengths = encoded.length
        self._first = kernel.first_of_each(encoded.ids, encoded.start, encoded.length)
        self._rows = np.flatnonzero((self._first == np.arange(len(texts))) & (encoded.length > 0)).astype(np.int32)
        self._ids, self._words = encoded.ids, encoded.words
        self._start = encoded.start[self._rows]
        lengths = encoded.length[self._rows].astype(np.int64)
        self._longest = int(lengths.max(initial=1))
        self._begin = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
        distinct, holders = kernel.by_occurrence(self._ids, self._start, lengths, self._words)
        order = np.argsort(holders, kind="stable")
        rank = np.empty(len(order), np.int32)
        rank[order] = np.arange(len(order), dtype=np.int32)
        self._holders = holders[order]
        self._ranks, self._bits = kernel.rare_first(distinct, self._begin, rank, holders)
        self._singles = int(np.searchsorted(self._holders, 2))
        self.work = (0, 0)                   # of the last join: pairs that met the signature, pairs measured

    def verdicts(self, threshold: Fraction) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """For each text the earliest kept one it duplicates (-1: kept) and their longest common subsequence, int32."""
        twin, lcs = np.full(len(self.lengths), -1, np.int32), np.zeros(len(self.lengths), np.int32)
        if threshold == 1:                           # nothing exceeds it, not even an identical text
            return twin, lcs
        twin_of, common = self._join(threshold, np.zeros(len(self._rows), np.bool_), nearest=False)
        has = twin_of >= 0
        twin[self._rows[has]], lcs[self._rows] = self._rows[twin_of[has]], common
        copies = np.flatnonzero((self._first != np.arange(len(twin))) & (self.lengths > 0))
        models = self._first[copies]                 # a copy duplicates what its model does, or else the model
        kept = twin[models] < 0
        twin[copies] = np.where(kept, models, twin[models])
        lcs[copies] = np.where(kept, self.lengths[models], lcs[models])
        return twin, lcs

    def nearest(self, rows: Sequence[int], floor: Fraction) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Among some of the texts, for each the earlier one of highest F above the floor, the earliest of several."""
        twin, lcs = np.full(len(self.lengths), -1, np.int32), np.zeros(len(self.lengths), np.int32)
        if floor == 1:
            return twin, lcs
        at = np.asarray(rows, np.int64)
        selected = np.zeros(len(twin), np.bool_)
        _, earliest = np.unique(self._first[at], return_index=True)     # of identical ones, the earliest of those asked for
        models = np.full(len(twin), -1, np.int32)
        models[self._first[at[earliest]]] = at[earliest]
        selected[self._first[at]] = True
        twin_of, common = self._join(floor, ~selected[self._rows], nearest=True)
        has = twin_of >= 0
        twin[models[self._rows[has]]] = models[self._rows[twin_of[has]]]
        lcs[models[self._rows[has]]] = common[has]
        copies = at[(models[self._first[at]] != at) & (self.lengths[at] > 0)]
        twin[copies], lcs[copies] = models[self._first[copies]], self.lengths[copies]
        return twin, lcs

    def _join(self, threshold: Fraction, skip: NDArray[np.bool_], *,
              nearest: bool) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        limit = limits(threshold, self._longest)
        grades = int(_GRADE[min(self._longest, kernel.CAP)]) + 1
        base, head = kernel.layout(self._begin, self._ranks, self._singles, self._holders, FREQUENT, limit.reach,
                                   limit.shortest, _GRADE, grades, skip)
        count = len(self._rows)
        twin, lcs, seen = np.full(count, -1, np.int32), np.zeros(count, np.int32), np.full(count, -1, np.int32)
        postings, lists = np.empty((head[-1], 2), np.uint64), np.stack([head, head], axis=1).astype(np.uint32)
        masks, carry = np.zeros(self._words, np.uint64), np.zeros(self._longest + 1, np.uint8)
        self.work = (0, 0)
        for since in range(0, count, AT_ONCE):
            signed, measured = kernel.join(
                self._ids, self._start, self._begin, self._ranks, self._bits, self._singles, masks, carry, limit.need,
                limit.reach, limit.shortest, _GRADE, base, head, postings, lists, seen, skip, nearest, twin, lcs,
                since, min(since + AT_ONCE, count))
            self.work = self.work[0] + signed, self.work[1] + measured
        return twin, lcs
