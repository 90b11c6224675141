"""Rows that are handed over piece by piece, and Parquet files written of them: memory is bounded by a piece, not by all.

The bytes of a file follow from its rows alone. How rows lie in memory shows in what a Parquet writer makes of them (pages
end where slices do), so that each row group is copied to memory of its own before it is written.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

ROW_GROUP = 50_000
"""Rows of a row group of a file."""
COMPRESSION_LEVEL = 2
"""Of Zstandard: files are a twentieth larger than at 3, polars' own level, and written in three quarters of the time."""


@dataclass(frozen=True)
class Pieces:
    """Rows of which only some are in memory at a time.

    Attributes:
        schema: their columns.
        height: how many there are.
        frames: gives them in their order, from the first one each time it is called.
    """

    schema: pl.Schema
    height: int
    frames: Callable[[], Iterator[pl.DataFrame]]


def pieces_of(rows: pl.DataFrame | pl.LazyFrame | Pieces) -> Pieces:
    """Rows in any form, to be taken piece by piece. A lazy frame streams."""
    if isinstance(rows, Pieces):
        return rows
    if isinstance(rows, pl.DataFrame):
        return Pieces(rows.schema, rows.height, lambda: iter([rows]))
    return Pieces(rows.collect_schema(), int(rows.select(pl.len()).collect().item()),
                  lambda: rows.collect_batches(chunk_size=ROW_GROUP, maintain_order=True))


def cut(frames: Iterable[pl.DataFrame], sizes: Iterable[int]) -> Iterator[pl.DataFrame]:
    """The rows of some frames in pieces of other sizes, in their order; the last one holds what is left.

    Args:
        frames: rows.
        sizes: rows of each piece; as many as are needed are taken.
    """
    rest = iter(frames)
    waiting: list[pl.DataFrame] = []
    height = 0
    for size in sizes:
        while height < size and (frame := next(rest, None)) is not None:
            waiting.append(frame)
            height += frame.height
        if not height:
            return
        rows = pl.concat(waiting) if len(waiting) > 1 else waiting[0]
        yield rows[:size]
        waiting = [rows[size:]] if height > size else []
        height = max(0, height - size)


def write_parquet(path: Path, schema: pl.Schema, frames: Iterable[pl.DataFrame]) -> None:
    """Write a Parquet file of some frames, one row group after another. Equal rows make equal bytes.

    Args:
        path: the file.
        schema: the columns of all frames.
        frames: the rows.
    """
    import numpy as np
    from polars.io.plugins import register_io_source

    def groups(columns: list[str] | None, predicate: pl.Expr | None, limit: int | None,
               size: int | None) -> Iterator[pl.DataFrame]:
        for rows in cut(frames, iter(lambda: ROW_GROUP, 0)):
            yield rows.rechunk()[np.arange(rows.height)]             # a copy: no offsets, one chunk

    register_io_source(groups, schema=schema).sink_parquet(path, compression_level=COMPRESSION_LEVEL,
                                                          row_group_size=ROW_GROUP, maintain_order=True)
