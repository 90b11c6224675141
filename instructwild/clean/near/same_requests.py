"""Near-duplicates that ask for the same among many texts, group by group: in any number of processes, within bounded memory.

The compiled sieve tells which texts can meet at all, directly or through others. A verdict depends on no text of another
group, so that groups are decided one after another or at once, and only the texts of a few are in memory as Python holds
them: all texts may lie on disk, and by far the most of their keys. The verdicts are those of `RequestIndex` on all texts in
their order.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from functools import cached_property, partial
from heapq import nsmallest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from instructwild.clean.near.batch import RETHRESHOLD
from instructwild.clean.near.request_index import RequestIndex
from instructwild.clean.near.rule import Keyed, Match, keyed
from instructwild.clean.near.texts_on_disk import TextsOnDisk
from instructwild.clean.near.threshold import DEFAULT, as_threshold, needed
from instructwild.clean.workers import Workers
from instructwild.console.collector import paused
from instructwild.text.tokens import tokens

if TYPE_CHECKING:
    from instructwild.clean.near.sieve import Sifted

SIFTED_FROM = 20_000     # below, the compiled sieve costs more than it saves
BELOW = Fraction(1, 20)
"""How far below the threshold the nearest kept pairs are looked for."""
SIFTED_AT_ONCE, DECIDED_AT_ONCE = 50_000, 10_000
"""Texts of one item of work."""
BOUNDED = 1_000_000
"""Texts from which on time is spent to hold less of them in memory."""
LARGE = 2_000
"""Texts of a group that is looked at more closely."""
NEAREST = 100
"""Pairs just below the threshold that are kept to be shown."""
Advance = Callable[[str, int, int], object]
"""What is done with texts, with how many more, and of how many in all."""


def _silent(what: str, texts: int, of: int) -> None:
    pass


class SameRequests:
    """Which texts are near an earlier kept one and ask for the same, at one threshold.

    Attributes:
        threshold: pairs need an F above it.
        rows, twins: the texts that duplicate another, in order, and the earliest kept text that each duplicates.
    """

    def __init__(self, texts: Sequence[str] | pl.Series | TextsOnDisk, threshold: Fraction | float | str = DEFAULT, *,
                 sifted: bool | None = None, workers: Workers | None = None, anew: int = 0,
                 folder: Path | None = None, advance: Advance = _silent) -> None:
        """Find them.

        Args:
            texts: what is asked: user turns with their inputs. A Series takes less memory; of texts on disk memory holds
                some hundred bytes each.
            threshold: pairs need an F above it.
            sifted: leave out at once, by compiled code, texts that share too few words with any other; None lets the number
                of texts decide. The results are the same.
            workers: processes to use. The results are the same.
            anew: decide the first so many at `RETHRESHOLD` too while the texts are at hand, for `dropped_at`.
            folder: where keys of texts on disk are kept meanwhile; it is there.
            advance: called as the work goes on.
        """
        self._advance = advance
        self.threshold = as_threshold(threshold)
        self._texts = texts
        self._workers, self._folder = workers or Workers(), folder
        self._decided_anew = min(anew, len(texts))
        self._floor = max(self.threshold - BELOW, Fraction(0))
        self._floor_anew = max(min([self.threshold - BELOW, *(RETHRESHOLD if anew else ())]), Fraction(0))
        big = len(texts) >= SIFTED_FROM if sifted is None else sifted
        self._copies: tuple[NDArray[np.int64], NDArray[np.int64]] = np.zeros(0, np.int64), np.zeros((4, 0), np.int64)
        self._first = self._sift() if big else None
        self._anew: Counter[Fraction] | None = Counter(dict.fromkeys(RETHRESHOLD, 0)) if anew else None
        self._below: list[tuple[int, Match]] = []
        all_rows, all_matches = self._decide(RETHRESHOLD if anew else ())
        order = np.argsort(all_rows, kind="stable")
        self.rows, (self.twins, self._lcs, *self._lengths) = all_rows[order], all_matches[:, order]

    def __len__(self) -> int:
        return len(self._texts)

    @property
    def f(self) -> NDArray[np.float64]:
        """For each of `rows` its F with its twin."""
        f: NDArray[np.float64] = 2 * self._lcs / (self._lengths[0] + self._lengths[1])
        return f

    @cached_property
    def matches(self) -> list[Match | None]:
        """For each text the earliest kept one that it duplicates, or None where it is kept."""
        matches: list[Match | None] = [None] * len(self._texts)
        for row, match in self._pairs():
            matches[row] = match
        return matches

    @property
    def verdicts(self) -> list[int | None]:
        """For each text the index of the kept text it duplicates, or None where it is kept."""
        return [None if match is None else match.index for match in self.matches]

    @property
    def dropped(self) -> int:
        """How many texts duplicate another."""
        return len(self.rows)

    def dropped_at(self, thresholds: Iterable[Fraction] = RETHRESHOLD) -> dict[Fraction, int]:
        """How many texts would be dropped at other thresholds, each decided anew: of the first texts, where only those were
        decided so as the class was made, or else of all.
        """
        thresholds = tuple(thresholds)
        if self._anew is None or not {*thresholds} <= {*self._anew}:
            if any(threshold < self._floor for threshold in thresholds) and self._first is not None:
                self._floor = self._floor_anew = min(thresholds)
                self._first = None
                self._copies = self._copies[0][:0], self._copies[1][:, :0]
            self._anew = Counter({threshold: len(self._copies[0]) if threshold < 1 else 0 for threshold in thresholds})
            for decided in self._workers.map(partial(_counts, thresholds=thresholds), map(self._part, self._batches())):
                self._anew.update(decided)
        return {threshold: self._anew[threshold] for threshold in thresholds}

    def just_dropped(self, limit: int = 20) -> list[tuple[int, Match]]:
        """The dropped texts whose F is the closest to the threshold, closest first."""
        return nsmallest(limit, self._pairs(), key=lambda pair: float(pair[1]))

    def just_kept(self, limit: int = 20) -> list[tuple[int, Match]]:
        """The kept texts that ask the same as an earlier kept one and are just not near enough, closest first: up to 100."""
        return self._below[:limit]

    def _pairs(self) -> Iterator[tuple[int, Match]]:
        columns = (self.rows, self.twins, self._lcs, *self._lengths)
        for row, twin, lcs, length, other in zip(*(column.tolist() for column in columns), strict=True):
            yield row, Match(twin, lcs, (length, other))

    def _sift(self) -> "NDArray[np.int32] | None":
        """For each text the first of its group; None where no compiler is installed."""
        try:
            from instructwild.clean.near.sieve import sift, sift_closely
        except ImportError:
            return None
        own = self._first_of_each()
        rows = np.flatnonzero(own == np.arange(len(own)))              # each text once
        length, group = self._grouped(sift, rows, SIFTED_AT_ONCE)
        large = np.flatnonzero(np.bincount(group, minlength=len(rows))[group] > LARGE)
        if len(large) and (self._workers.count > 1 or self._folder is not None or len(own) >= BOUNDED):
            # short texts chain together what has little in common: such a group is parted by what its texts ask for
            group[large] = large[self._grouped(sift_closely, rows[large], DECIDED_AT_ONCE)[1]]
        return self._without_mere_copies(own, rows, group, length)

    def _grouped(self, sift: "Callable[[Sequence[str]], Sifted]", rows: NDArray[np.int64],
                 size: int) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """How many tokens each of some texts has, and the first text of its group.

        Args:
            sift: gives their keys.
            rows: which texts.
            size: of how many at once.
        """
        from instructwild.clean.near.sieve import Floors, SiftedTexts, sift_closely

        floors = Floors(self._floor, self._floor_anew, self._decided_anew).among(rows)
        if self._folder is None:
            keys = SiftedTexts()
            for part in self._sifted(sift, rows, size):
                keys.add(part)
            return keys.length, keys.grouped(floors)
        from instructwild.clean.near.sieve_on_disk import SiftedOnDisk

        def closely(crowd: NDArray[np.int64]) -> "Iterator[Sifted]":
            return self._workers.map(sift_closely, map(self._part, _spans(rows[crowd], DECIDED_AT_ONCE)))

        with TemporaryDirectory(dir=self._folder) as folder:
            stored = SiftedOnDisk(Path(folder) / "keys")
            for part in self._sifted(sift, rows, size):
                stored.add(part)
            return stored.length, stored.grouped(floors, None if sift is sift_closely else closely)

    def _sifted(self, sift: "Callable[[Sequence[str]], Sifted]", rows: NDArray[np.int64], size: int) -> "Iterator[Sifted]":
        spans = _spans(rows, size)
        for span, part in zip(spans, self._workers.map(sift, map(self._part, spans)), strict=True):
            yield part
            self._advance("read", len(span), len(rows))

    def _first_of_each(self) -> NDArray[np.int64]:
        """For each text the first identical one; of texts on disk none is looked for."""
        if isinstance(self._texts, TextsOnDisk):
            return np.arange(len(self._texts))
        if isinstance(self._texts, pl.Series):
            frame = pl.DataFrame({"text": self._texts.rename("text"), "row": pl.int_range(len(self._texts), eager=True)})
            return frame.select(pl.col("row").first().over("text"))["row"].to_numpy()
        first = dict(zip(reversed(self._texts), range(len(self._texts) - 1, -1, -1), strict=True))
        return np.fromiter(map(first.__getitem__, self._texts), np.int64, len(self._texts))

    def _without_mere_copies(self, own: NDArray[np.int64], rows: NDArray[np.int64], group: NDArray[np.int32],
                             length: NDArray[np.int64]) -> NDArray[np.int32]:
        """For each text the first of its group; copies of a text that can meet no other are decided here.

        Args:
            own: for each text the first identical one.
            rows: the first ones.
            group: for each of these the first of its group, a position in `rows`.
            length: how many tokens it has.
        """
        alone = np.bincount(group, minlength=len(rows))[group] == 1
        at = np.searchsorted(rows, own)
        first = rows[group][at].astype(np.int32)
        copies = np.flatnonzero((own != np.arange(len(own))) & alone[at])
        first[copies] = copies
        copies = copies[length[at[copies]] > 0]
        tokens_of = length[at[copies]]
        self._copies = copies, np.stack([own[copies], tokens_of, tokens_of, tokens_of])
        return first

    def _batches(self) -> Iterable[NDArray[np.int64]]:
        if self._first is None:
            return [np.arange(len(self._texts))] if len(self._texts) else []
        from instructwild.clean.near.sieve import batches

        return batches(self._first, DECIDED_AT_ONCE)

    def _part(self, rows: NDArray[np.int64]) -> list[str]:
        """Some of the texts."""
        if isinstance(self._texts, TextsOnDisk):
            return self._texts.gather(rows)
        if isinstance(self._texts, pl.Series):
            return self._texts.gather(rows).to_list()
        return [self._texts[row] for row in rows.tolist()]

    def _decide(self, anew: Sequence[Fraction]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The rows that duplicate another, and for each its twin, the common tokens and both lengths: int64 [4, rows]."""
        planned: list[NDArray[np.int64]] = []

        def parts() -> Iterator[tuple[list[str], int]]:
            for rows in self._batches():
                planned.append(rows)
                yield self._part(rows), int(np.searchsorted(rows, self._decided_anew))

        most = len(self._copies[0]) if self.threshold < 1 else 0       # nothing exceeds 1, not even an identical text
        all_rows, all_matches = [self._copies[0][:most]], [self._copies[1][:, :most]]
        if self._anew is not None:
            copies = int((self._copies[0] < self._decided_anew).sum())
            self._anew.update({threshold: copies for threshold in anew})
        decide = partial(_decided, threshold=self.threshold, anew=anew)
        meeting = len(self._texts) if self._first is None else int((np.bincount(self._first)[self._first] > 1).sum())
        for number, decided in enumerate(self._workers.map(decide, parts())):
            rows, planned[number] = planned[number], np.zeros(0, np.int64)
            self._advance("compared", len(rows), meeting)
            all_rows.append(rows[decided.rows])
            all_matches.append(np.concatenate([rows[decided.matches[:1]], decided.matches[1:]]))
            self._below += [(int(rows[row]), Match(int(rows[match.index]), match.lcs, match.lengths))
                            for row, match in decided.below]
            self._below = nsmallest(NEAREST, sorted(self._below, key=lambda pair: pair[0]), key=_farthest)
            if self._anew is not None:
                self._anew.update(decided.counts)
        return np.concatenate(all_rows), np.concatenate(all_matches, axis=1)


def _farthest(pair: tuple[int, Match]) -> float:
    return -float(pair[1])


def _spans(rows: NDArray[np.int64], size: int) -> list[NDArray[np.int64]]:
    return [rows[begin:begin + size] for begin in range(0, len(rows), size)]


class Decided(NamedTuple):
    """What was decided about some texts, numbered from 0.

    Attributes:
        rows: those that duplicate another, int64 [duplicates].
        matches: their twins, the common tokens, and the lengths of both, int64 [4, duplicates].
        below: kept texts that ask the same as an earlier kept one below the threshold, the nearest ones.
        counts: how many would be dropped at other thresholds.
    """

    rows: NDArray[np.int64]
    matches: NDArray[np.int64]
    below: list[tuple[int, Match]]
    counts: dict[Fraction, int]


def _decided(part: tuple[Sequence[str], int], threshold: Fraction, anew: Sequence[Fraction]) -> Decided:
    """Decide some texts that no other text bears upon, the first of them at other thresholds too.

    Args:
        part: the texts, and how many are to be decided anew.
        threshold: pairs need an F above it.
        anew: other thresholds.
    """
    texts, first = part
    with paused():
        entries = _read(texts)
        index = RequestIndex(threshold, max(threshold - BELOW, Fraction(0)))
        meeting = _meeting(entries.values())
        matches = _at(texts, meeting, index)
        counts = {other: _count(texts[:first], meeting, other) for other in anew}
    pairs = [(row, match) for row, match in enumerate(matches) if match is not None]
    rows = np.array([row for row, _ in pairs], np.int64)
    columns = np.array([(match.index, match.lcs, *match.lengths) for _, match in pairs], np.int64).reshape(-1, 4)
    return Decided(rows, columns.T, nsmallest(NEAREST, index.below.items(), key=_farthest), counts)


def _counts(texts: Sequence[str], thresholds: Sequence[Fraction]) -> dict[Fraction, int]:
    """How many of some texts would be dropped at each threshold."""
    with paused():
        meeting = _meeting(_read(texts).values())
        return {threshold: _count(texts, meeting, threshold) for threshold in thresholds}


def _count(texts: Sequence[str], meeting: dict[str, Keyed], threshold: Fraction) -> int:
    return sum(match is not None for match in _at(texts, meeting, RequestIndex(threshold)))


def _read(texts: Sequence[str]) -> dict[str, Keyed]:
    return {text: keyed(text) for text in dict.fromkeys(texts)}


def _meeting(entries: Iterable[Keyed]) -> dict[str, Keyed]:
    """Those of some different texts that have a key in common with another: by far the most of a group have none."""
    several = list(entries)
    same, about = Counter(entry.key for entry in several), Counter(bucket for entry in several for bucket in entry.buckets)
    fuller = {key for entry in several for key in entry.shorter}
    return {entry.text: entry for entry in several
            if same[entry.key] > 1 or entry.key in fuller or not same.keys().isdisjoint(entry.shorter)
            or any(about[bucket] > 1 for bucket in entry.buckets)}


def _at(texts: Sequence[str], meeting: dict[str, Keyed], index: RequestIndex) -> list[Match | None]:
    """For each text the earliest kept one that it duplicates. Of identical texts one is looked up.

    Args:
        texts: the texts.
        meeting: those that have a key in common with another.
        index: where they are kept.
    """
    repeated = {text for text, count in Counter(texts).items() if count > 1}
    matches: list[Match | None] = [None] * len(texts)
    copies: dict[str, Match | None] = {}             # what the next identical text duplicates
    for row, text in enumerate(texts):
        if text in copies:
            index.skip()
            matches[row] = copies[text]
            continue
        if (entry := meeting.get(text)) is None:
            index.skip()
        else:
            matches[row] = index.add(entry)
        if text in repeated:
            copies[text] = matches[row] or _identical(text, row, index.threshold)
    return matches


def _identical(text: str, row: int, threshold: Fraction) -> Match | None:
    """The match of a text with an identical one, unless it has no token or nothing exceeds the threshold."""
    length = len(tokens(text))
    return Match(row, length, (length, length)) if length >= needed(threshold, 2 * length) else None
