"""Rows on disk while they are cleaned: chunks in their order, and rows handed out to parts by number."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from instructwild.clean.drawn import copied

BUFFERED = 200_000
"""Rows that wait in memory to be written to their parts."""
PARTS = 64
"""Parts into which decisions are put until their chunk's turn comes."""


class SpilledChunks:
    """Frames in files, in the order in which they were written.

    Attributes:
        ends: how many rows there are up to the end of each.
        firsts: the `at` of the first row of each, where rows have one.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self.ends: list[int] = []
        self.firsts: list[int] = []

    @property
    def height(self) -> int:
        """All rows."""
        return self.ends[-1] if self.ends else 0

    def write(self, rows: pl.DataFrame) -> None:
        """Add a frame; one without rows is left out."""
        if rows.height:
            rows.write_ipc(self._path(len(self.ends)), compression="lz4")
            self.ends.append(self.height + rows.height)
            self.firsts.append(rows["at"][0] if "at" in rows.columns else 0)

    def frames(self, *, delete: bool = False) -> Iterator[pl.DataFrame]:
        """The frames, read one after another; each file is deleted once it was read where nobody reads it again."""
        for number in range(len(self.ends)):
            rows = _read(self._path(number))
            if delete:
                self._path(number).unlink()
            yield rows

    def delete(self) -> None:
        """Take all files away."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:06d}.arrow"


class SpilledParts:
    """Rows of any order handed out to parts by number, to be read part by part."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self._folder = folder
        self._files: dict[int, list[Path]] = {}
        self._waiting: list[pl.DataFrame] = []
        self._written = 0

    def add(self, rows: pl.DataFrame, part: NDArray[np.integer]) -> None:
        """Add some rows, each to the part of its number."""
        if rows.height:
            self._waiting.append(copied(rows.with_columns(pl.Series("part", part, dtype=pl.UInt32))))
            if sum(frame.height for frame in self._waiting) >= BUFFERED:
                self._flush()

    def read(self, part: int) -> pl.DataFrame | None:
        """The rows of a part, in the order in which they came; None where it has none. Its files go."""
        self._flush()
        paths = self._files.pop(part, [])
        frames = [_read(path) for path in paths]
        for path in paths:
            path.unlink()
        return pl.concat(frames, rechunk=True) if frames else None

    def _flush(self) -> None:
        if not self._waiting:
            return
        rows, self._waiting = pl.concat(self._waiting), []
        for (part,), frame in rows.partition_by("part", as_dict=True, include_key=False, maintain_order=True).items():
            path = self._folder / f"{self._written:06d}.arrow"
            frame.write_ipc(path, compression="lz4")
            self._written += 1
            self._files.setdefault(int(part), []).append(path)


class ByChunk:
    """Decisions on rows by their `at`, to be taken chunk by chunk."""

    def __init__(self, folder: Path, chunks: SpilledChunks) -> None:
        self._parts = SpilledParts(folder)
        self._firsts = np.array(chunks.firsts, np.int64)
        self._span = max(1, -(-len(chunks.firsts) // PARTS))

    def add(self, decided: pl.DataFrame) -> None:
        """Add decisions on some rows: `at`, and what else there is."""
        chunk = np.searchsorted(self._firsts, decided["at"].to_numpy(), side="right") - 1
        self._parts.add(decided, chunk // self._span)

    def of_chunks(self) -> Iterator[pl.DataFrame | None]:
        """What was decided on the rows of each chunk, in their order; None where nothing was."""
        part: pl.DataFrame | None = None
        for chunk, first in enumerate(self._firsts.tolist()):
            if chunk % self._span == 0:
                part = self._parts.read(chunk // self._span)
            if part is None:
                yield None
                continue
            rows = part.filter(pl.col("at") >= first)
            if chunk + 1 < len(self._firsts):
                rows = rows.filter(pl.col("at") < int(self._firsts[chunk + 1]))
            yield rows.sort("at") if rows.height else None


def _read(path: Path) -> pl.DataFrame:
    with path.open("rb") as handle:      # given by its name it would be mapped into memory, and count as the process's own
        return pl.read_ipc(handle)
