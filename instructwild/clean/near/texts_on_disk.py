"""Many texts in one file, read by their numbers: memory holds eight bytes of each."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import overload

import numpy as np
import polars as pl
from numpy.typing import NDArray

GAP = 4096
"""Bytes between two texts up to which they are read at once."""


class TextsOnDisk(Sequence[str]):
    """Texts that were added one part after another; numbered from 0. They are not changed once they are read.

    Args:
        path: the file to write.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("w+b")
        self._ends: list[NDArray[np.int64]] = []
        self._offsets: NDArray[np.int64] = np.zeros(1, np.int64)
        self._size = 0

    def append(self, texts: pl.Series) -> None:
        """Add some texts, none of them null."""
        ends = np.cumsum(texts.str.len_bytes().to_numpy(), dtype=np.int64) + self._size
        self._file.write("".join(texts.to_list()).encode())
        self._ends.append(ends)
        self._size = int(ends[-1]) if len(ends) else self._size

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __len__(self) -> int:
        return len(self._begin()) - 1

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> list[str]: ...

    def __getitem__(self, at: int | slice) -> str | list[str]:
        if isinstance(at, slice):
            return self.gather(np.arange(*at.indices(len(self))))
        return self.gather(np.array([at]))[0]

    def gather(self, rows: NDArray[np.int64]) -> list[str]:
        """The texts of some rows, which are in their order; those that lie close together are read at once."""
        offsets = self._begin()
        begin, end = offsets[rows], offsets[rows + 1]
        breaks = np.flatnonzero(begin[1:] - end[:-1] > GAP) + 1
        texts: list[str] = []
        for first, last in zip([0, *breaks.tolist()], [*breaks.tolist(), len(rows)], strict=True):
            if first < last:
                start = int(begin[first])
                block = os.pread(self._file.fileno(), int(end[last - 1]) - start, start)
                texts += [block[a:b].decode() for a, b in zip((begin[first:last] - start).tolist(),
                                                              (end[first:last] - start).tolist(), strict=True)]
        return texts

    def _begin(self) -> NDArray[np.int64]:
        """Where each text begins, and the last one ends."""
        if self._ends:
            self._file.flush()
            self._offsets = np.concatenate([self._offsets, *self._ends])
            self._ends = []
        return self._offsets
