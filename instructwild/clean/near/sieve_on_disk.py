"""The sieve with its keys on disk: `sieve.SiftedTexts` for more texts than memory holds keys of.

Columns lie in files that are mapped into memory while they are read: the system can take their pages back. Memory of its own
is some 80 bytes a text. The keys of texts without a run of cores, by far the most, are first looked up in a table of bits,
which leaves few of them. The pairs that remain, and the numbers under which texts meet by their keywords, are joined part by
part.

Where very many texts may meet by one key of cores (of Chinese texts few characters are cores, as most stand in a phrase of
the lexicon), these are read, and meet by what `content` says they ask for, which parts them much further.
"""

import mmap
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from instructwild.clean.near.sieve import BITS_A_TEXT, COLUMNS, CROWD, Floors, Sifted, Texts, rare_tokens, starts
from instructwild.clean.near.sieve_kernel import listed, may_be_noted, meet, meet_about, note
from instructwild.clean.near.sieve_on_disk_kernel import (
    count_up,
    join_pairs,
    meet_crowd,
    put_in_order,
    rarest_first,
)

READ_FROM = 40_000
"""Texts that may meet by their cores from which on it costs less to read them than to compare them."""
AT_ONCE = 2_000_000
"""Pairs, keys or numbers that are in memory at once."""
WORD_COUNTS = 1 << 22
"""Counts of words, by bits of their hashes."""

Closely = Callable[[NDArray[np.int64]], Iterable[Sifted]]
"""The keys of some texts, of each in turn, as `sieve.sift_closely` has them."""


class ColumnOnDisk:
    """Numbers in a file: parts are added, then all are read.

    Args:
        path: the file to write.
        like: an array of none of them, of their type and, for several a text, their number.
    """

    def __init__(self, path: Path, like: NDArray[Any]) -> None:
        self._path, self._file, self._like = path, path.open("w+b"), like
        self._width = like.dtype.itemsize * int(np.prod(like.shape[1:], dtype=np.int64))
        self._size = 0

    def __len__(self) -> int:
        return self._size // self._width

    def append(self, numbers: NDArray[Any]) -> None:
        """Add some."""
        self._file.write(np.ascontiguousarray(numbers, self._like.dtype).tobytes())
        self._size += len(numbers) * self._width

    def mapped(self) -> NDArray[Any]:
        """All of them; pages are read as they are used, and changes do not reach the file."""
        if not self._size:
            return self._like
        self._file.flush()
        return np.frombuffer(mmap.mmap(self._file.fileno(), self._size, access=mmap.ACCESS_COPY),
                             self._like.dtype).reshape(-1, *self._like.shape[1:])

    def slices(self, size: int) -> Iterator[NDArray[Any]]:
        """All of them, so many at a time."""
        self._file.flush()
        for begin in range(0, len(self), size):
            self._file.seek(begin * self._width)
            numbers = np.frombuffer(self._file.read(size * self._width), self._like.dtype)
            yield numbers.reshape(-1, *self._like.shape[1:])
        self._file.seek(0, 2)

    def delete(self) -> None:
        """Take the file away; what is mapped of it can still be read."""
        self._file.close()
        self._path.unlink(missing_ok=True)


class CorePairs:
    """Which texts may meet by their cores: for each key the texts that have it, and those that have it without a run.

    Args:
        whole, length: the key of each text, and how many tokens it has.
        path: for the pairs of texts and keys.

    Attributes:
        members: the texts, those of a key together, the shortest first.
        begin: where those of each key begin.
        group: of each of the members its key, by its number.
        askers: for each key how many may meet its members: these, where there are several, and those without a run.
    """

    def __init__(self, whole: NDArray[np.uint64], length: NDArray[np.int64], path: Path) -> None:
        self.members = np.lexsort((length, whole))
        ordered = whole[self.members]
        fresh = np.append(True, ordered[1:] != ordered[:-1])[:len(ordered)]
        self._keys, self.begin = ordered[fresh], np.append(np.flatnonzero(fresh), len(ordered))
        self.group = np.cumsum(fresh, dtype=np.int32) - np.int32(1)
        count = np.diff(self.begin)
        self._several = count > 1
        self.askers = np.where(self._several, count, 0)
        self._table = np.zeros(1 << (BITS_A_TEXT * len(whole) // 64).bit_length(), np.uint64)
        note(whole, self._table)
        self._pairs = ColumnOnDisk(path, np.zeros((0, 2), np.int32))

    def add(self, row: NDArray[np.int32], key: NDArray[np.uint64]) -> None:
        """Add texts with a key that each has without a run, where it is the key of any."""
        hits = may_be_noted(key, self._table)
        hits = hits[np.argsort(key[hits])]                      # in their order they are looked up several times as fast
        at = np.searchsorted(self._keys, key[hits])
        known = self._keys[np.minimum(at, len(self._keys) - 1)] == key[hits]
        count_up(at[known], self.askers)
        self._pairs.append(np.stack([row[hits[known]], at[known].astype(np.int32)], axis=1))

    def parts(self) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """All pairs of a text and a key that it asks for, some at a time."""
        for at in range(0, len(self.members), AT_ONCE):
            target = self.group[at:at + AT_ONCE].astype(np.int64)
            several = self._several[target]
            yield self.members[at:at + AT_ONCE][several], target[several]
        for part in self._pairs.slices(AT_ONCE):
            yield part[:, 0].astype(np.int64), part[:, 1].astype(np.int64)

    def crowds(self, crowded: NDArray[np.bool_]) -> Iterator[NDArray[np.int64]]:
        """For each of some keys all texts that may meet by it.

        Args:
            crowded: which.
        """
        turn = np.where(crowded, np.cumsum(np.where(crowded, self.askers, 0)) // AT_ONCE, -1)
        for now in np.unique(turn[crowded]).tolist():           # keys whose pairs are in memory at once
            chosen = [(asker[hit], target[hit]) for asker, target in self.parts() if (hit := turn[target] == now).any()]
            asker, target = (np.concatenate(column) for column in zip(*chosen, strict=True))
            order = np.argsort(target, kind="stable")
            asker, target = asker[order], target[order]
            for key in np.flatnonzero(turn == now).tolist():
                low, high = np.searchsorted(target, [key, key + 1])
                yield np.union1d(self.members[self.begin[key]:self.begin[key + 1]], asker[low:high])

    def delete(self) -> None:
        """Take the file away."""
        self._pairs.delete()


class SiftedOnDisk:
    """The keys of many texts, gathered part by part.

    Args:
        folder: where they lie; it is made.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self._folder, self._count = folder, 0
        self._columns = {name: ColumnOnDisk(folder / name, like) for name, like in (
            *COLUMNS.items(), ("row", np.zeros(0, np.int32)), ("shorter", np.zeros(0, np.uint64)))}

    def add(self, part: Sifted) -> None:
        """Take the keys of the next texts."""
        put_in_order(part.tokens, starts(part.length))      # what is mapped stays unchanged, or it would stay in memory
        for name, column in self._columns.items():
            column.append(part.row + np.int32(self._count) if name == "row" else getattr(part, name))
        self._count += len(part.whole)

    @property
    def length(self) -> NDArray[np.int64]:
        """How many tokens each text has."""
        return self._columns["length"].mapped().copy()

    def grouped(self, floors: Floors, closely: Closely | None = None) -> NDArray[np.int32]:
        """For each text the first text of its group, int32 [texts]: itself where it can meet none before it.

        The keys are used up.

        Args:
            floors: below them no pair counts.
            closely: asked for finer keys of texts that may meet very many others by their cores.
        """
        texts, root = self._texts(), np.arange(self._count, dtype=np.int32)
        crowd = np.flatnonzero(self._by_cores(texts, floors, root, self._count if closely is None else READ_FROM))
        if closely is not None and len(crowd):
            finer = SiftedOnDisk(self._folder / "closely")
            for part in closely(crowd):
                finer.add(part)
            alike = np.arange(len(crowd), dtype=np.int32)
            finer._by_cores(finer._texts(), floors.among(crowd), alike, len(crowd))
            finer._delete()
            join_pairs(crowd, crowd[alike], root)
        self._by_keywords(texts, floors, root)
        self._delete()
        join_pairs(crowd[:0], crowd[:0], root)
        first = np.full(self._count, self._count, np.int32)
        np.minimum.at(first, root, np.arange(self._count, dtype=np.int32))
        return first[root]

    def _texts(self) -> Texts:
        return Texts.of(self._mapped("bits"), self._mapped("marks"), self.length, self._mapped("tokens"), ordered=True)

    def _mapped(self, name: str) -> NDArray[Any]:
        return self._columns[name].mapped()

    def _delete(self) -> None:
        for column in self._columns.values():
            column.delete()

    def _by_cores(self, texts: Texts, floors: Floors, root: NDArray[np.int32], most: int) -> NDArray[np.bool_]:
        """Join the groups of texts that may meet by their cores; which are left, for more than so many may meet by one key.

        Args:
            texts: what parts them.
            floors: below them no pair counts.
            root: for each text another one of its group, or itself.
            most: so many texts are compared with each other.
        """
        pairs = CorePairs(self._mapped("whole"), texts.length, self._folder / "pairs")
        for row, key in zip(*(self._columns[name].slices(AT_ONCE) for name in ("row", "shorter")), strict=True):
            pairs.add(row, key)
        crowded, left = pairs.askers > CROWD, pairs.askers > most
        unmet = np.zeros(self._count, np.bool_)
        unmet[pairs.members[left[pairs.group]]] = True
        for asker, target in pairs.parts():
            few = ~crowded[target]
            unmet[asker[left[target]]] = True
            meet(asker[few], target[few], pairs.begin, pairs.members, *texts, floors.bounds, root)
        for crowd in pairs.crowds(crowded & ~left):
            some = texts.only(crowd)
            meet_crowd(crowd, *rare_tokens(some, floors.first), *some, floors.bounds, root)
        pairs.delete()
        return unmet

    def _by_keywords(self, texts: Texts, floors: Floors, root: NDArray[np.int32]) -> None:
        """Join the groups of texts that may meet by their keywords: by the rarest ones, so that few meet in vain."""
        about, size, counts, words = map(self._mapped, ("about", "size", "counts", "words"))
        start = starts(counts)
        texts_with = np.zeros(WORD_COUNTS, np.int32)
        for some in self._columns["words"].slices(AT_ONCE):
            count_up((some & np.uint32(WORD_COUNTS - 1)).astype(np.int64), texts_with)
        count = 1 + (len(words) + self._count) // AT_ONCE
        parts = [ColumnOnDisk(self._folder / f"listed-{part}", np.zeros(0, _LISTED)) for part in range(count)]
        for low in range(0, self._count, AT_ONCE // 8):
            high = min(low + AT_ONCE // 8, self._count)
            begin = start[low:high + 1] - start[low]
            rarest = rarest_first(words[start[low]:start[high]], begin, texts_with)
            owner, bucket = listed(about[low:high], size[low:high], begin, rarest)
            part_of = (bucket >> np.uint64(32)) % np.uint64(count)
            for number, part in enumerate(parts):
                hit = part_of == number
                numbers = np.empty(int(hit.sum()), _LISTED)
                numbers["owner"], numbers["bucket"] = owner[hit] + low, bucket[hit]
                part.append(numbers)
        for part in parts:
            mapped = part.mapped()
            ordered = mapped[np.argsort(mapped["bucket"])]
            meet_about(ordered["owner"].copy(), ordered["bucket"].copy(), size, start, words, *texts, floors.bounds, root)
            part.delete()


_LISTED = np.dtype([("owner", np.int32), ("bucket", np.uint64)])
"""A text, and a number under which it meets others by its keywords."""
