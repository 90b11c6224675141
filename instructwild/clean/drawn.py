"""Some rows of many, at even distances, for figures and samples of a report."""

from io import BytesIO

import polars as pl

from instructwild.clean.rows import AT, opened
from instructwild.stage.frames import INSTRUCTION

DRAWN = 50_000
"""Rows that the figures and samples of a report are drawn from."""


def copied(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows in memory of their own: some rows of a frame would keep the texts of all its rows there."""
    copy = BytesIO()
    rows.write_ipc(copy, compat_level=pl.CompatLevel.oldest())
    copy.seek(0)
    return pl.read_ipc(copy)


class DrawnRows:
    """Rows at even distances by their `at`: the more rows come, the farther apart."""

    def __init__(self) -> None:
        self.every, self._frames, self._height = 1, list[pl.DataFrame](), 0

    def add(self, rows: pl.DataFrame) -> None:
        """Take some of the next rows."""
        self._frames.append(copied(rows.filter(pl.col(AT) % self.every == 0)) if self.every > 1 else rows)
        self._height += self._frames[-1].height
        if self._height > DRAWN:
            self.every *= 2
            self._frames = [copied(pl.concat(self._frames).filter(pl.col(AT) % self.every == 0))]
            self._height = sum(frame.height for frame in self._frames)

    def rows(self) -> pl.DataFrame:
        """The rows that were taken, in their order."""
        return pl.concat(self._frames, rechunk=True) if self._frames else opened(pl.DataFrame(schema=INSTRUCTION))
