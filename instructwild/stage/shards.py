"""Rows and lines of one output in several files."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import polars as pl

from instructwild.stage.pieces import ROW_GROUP, cut


def split_frames(frames: Iterator[pl.DataFrame], ends: Sequence[int]) -> Iterator[Iterator[pl.DataFrame]]:
    """The rows of some frames in several parts, each given by where it ends; each is to be taken before the next."""
    sizes = [end - begin for begin, end in zip([0, *ends], ends, strict=False)]
    pieces = cut(frames, (size for total in sizes for size in _sizes(total)))
    for total in sizes:
        yield islice(pieces, len(list(_sizes(total))))


def _sizes(total: int) -> Iterator[int]:
    """Sizes of pieces that are so many rows together, none larger than a row group."""
    yield from [ROW_GROUP] * (total // ROW_GROUP)
    if total % ROW_GROUP or not total:
        yield total % ROW_GROUP


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Write a text file of these lines."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)
