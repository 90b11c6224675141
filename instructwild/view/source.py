"""What can be looked at: a stage folder or a file, read a part at a time, and never whole in memory."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import polars as pl

from instructwild.errors import InputError
from instructwild.stage import Manifest, load
from instructwild.stage.folder import DATA, DROPPED_FILE
from instructwild.stage.frames import DROPPED, INSTRUCTION, dropped_frame, upgraded
from instructwild.stage.panics import reading_parquet
from instructwild.stage.remote import printable

FIRST, PART = 4_096, 65_536
"""Rows of the first part, which the page shows at once, and of each further one."""
Kind = Literal["instruction", "ranking", "preference"]


@dataclass(frozen=True)
class RowPart:
    """A part of a source: rows that stay, and rows that left or could not be read, each perhaps none.

    Attributes:
        offset: where its rows begin in the source's own Parquet file; None where they lie in no such file and are to be
            kept beside the index.
    """

    kept: pl.DataFrame
    dropped: pl.DataFrame
    offset: int | None = None


@dataclass(frozen=True)
class ViewSource:
    """One stage folder or file, opened to be looked at.

    Args:
        path: the folder or file.
        encoding, columns: of plain files, as every command takes them.
    """

    path: Path
    encoding: str | None = None
    columns: Mapping[str, str] | None = None
    manifest: Manifest | None = None
    schema: pl.Schema = field(default_factory=pl.Schema)

    @classmethod
    def open(cls, path: str | Path, encoding: str | None = None, columns: Mapping[str, str] | None = None) -> "ViewSource":
        """Open a stage folder or file.

        Raises:
            InputError: it is missing, unfinished, broken, holds a model, or holds no rows.
        """
        folder = Path(path)
        if str(path) == "-":
            raise InputError("cannot be looked at: its rows are gone once they are read", where="standard input",
                             remedy="write them to a file and give that")
        if not folder.exists():
            raise InputError("does not exist", where=printable(path), remedy="check the path")
        unfinished = folder.is_dir() and not (folder / "manifest.json").is_file() and (
            (folder / ".work").exists() or (folder / DATA).exists() or (folder / DROPPED_FILE).exists())
        if not (folder.is_dir() and ((folder / "manifest.json").is_file() or unfinished)):
            return cls(folder, encoding, columns)
        stage = load(folder, even_failed=True)
        data = folder / DATA
        if not data.exists():
            stage.frame()       # says that it holds a model, or that its rows are missing
        schema = upgraded(scanned(data).head(0).collect()).schema
        if (folder / DROPPED_FILE).exists():
            scanned(folder / DROPPED_FILE)
        if not (stage.manifest.rows.kept or stage.manifest.rows.dropped):
            raise InputError("holds no rows", where=printable(path), remedy="look at the stage that it was made from")
        return cls(folder, encoding, columns, stage.manifest, schema)

    @property
    def name(self) -> str:
        """What the page calls it."""
        return printable(self.path.resolve().name if str(self.path) in (".", "..") else self.path)

    @cached_property
    def kind(self) -> Kind:
        """What its rows are; of a file, what the first rows are."""
        if "candidates" in self.schema:
            return "ranking"
        return "preference" if {"chosen", "rejected"} <= set(self.schema) else "instruction"

    @property
    def in_place(self) -> bool:
        """Whether whole rows are read from the source itself, not from copies beside the index."""
        known = all(self.schema.get(name) == dtype for name, dtype in INSTRUCTION.items())
        return self.manifest is not None and (known or self.kind != "instruction")

    def fingerprint(self) -> str:
        """A hash over what the rows are read from, without reading them: another after any of the files was replaced."""
        files = [self.path] if self.path.is_file() else sorted(path for path in self.path.iterdir() if path.is_file())
        seen = [(path.name, status.st_size, status.st_mtime_ns, status.st_ino) for path in files for status in [path.stat()]]
        settings = [str(self.path.resolve()), self.encoding, dict(self.columns or {}), seen]
        return hashlib.sha256(json.dumps(settings).encode()).hexdigest()[:32]

    def parts(self) -> Iterator[RowPart]:
        """All rows, a part at a time.

        Raises:
            InputError: a part cannot be read; or no row of a file can.
        """
        if self.manifest is not None:
            yield from self._stage_parts()
            return
        from instructwild.view.file_parts import file_parts  # the readers of files are not needed for a stage folder

        yield from file_parts(self.path, self.encoding, self.columns)

    def _stage_parts(self) -> Iterator[RowPart]:
        data, dropped = self.path / DATA, self.path / DROPPED_FILE
        nothing = pl.DataFrame(schema=DROPPED)
        for offset, rows in slices(data):
            rows = upgraded(rows)
            if self.in_place:
                yield RowPart(rows, nothing, offset)
            else:
                from instructwild.read.assemble import Reading, from_columns

                read, bad = from_columns(rows, Reading(str(data)))
                yield RowPart(read, dropped_frame(bad))
        none_kept = pl.DataFrame(schema=INSTRUCTION if not self.in_place else self.schema)
        for offset, rows in slices(dropped) if dropped.exists() else ():
            yield RowPart(none_kept, rows.select(DROPPED.names()), offset if self.in_place else None)

    def row(self, folder: Path, part: int, pos: int, *, kept: bool) -> dict[str, Any]:
        """One whole row, from the source or from the copies in its index folder."""
        if self.in_place:
            path = self.path / (DATA if kept else DROPPED_FILE)
        else:
            path = folder / f"{'rows' if kept else 'dropped'}-{part:05d}.parquet"
        return upgraded(scanned(path).slice(pos, 1).collect()).row(0, named=True)


def scanned(path: Path) -> pl.LazyFrame:
    """A Parquet file, its columns known and nothing else of it read.

    Raises:
        InputError: it is missing, damaged or no Parquet.
    """
    with reading_parquet(path):
        frame = pl.scan_parquet(path, glob=False)
        frame.collect_schema()
        return frame


def slices(path: Path) -> Iterator[tuple[int, pl.DataFrame]]:
    """A Parquet file a part at a time: (where the part begins, its rows).

    Raises:
        InputError: a part cannot be read.
    """
    frame = scanned(path)
    with reading_parquet(path):
        height = int(frame.select(pl.len()).collect().item())
    for offset, length in ranges(height):
        with reading_parquet(path):
            part = frame.slice(offset, length).collect()
        yield offset, part


def ranges(rows: int) -> Iterator[tuple[int, int]]:
    """(offset, length) of every part."""
    offset, length = 0, FIRST
    while offset < rows:
        yield offset, min(length, rows - offset)
        offset, length = offset + length, PART
