"""The rows of a plain file, a part at a time: instructions, or rankings where no row is an instruction."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import polars as pl

from instructwild.errors import InputError
from instructwild.read.assemble import Reading, from_columns, from_lines
from instructwild.read.files import columns_of, lines_of
from instructwild.read.names import ColumnNames, proposed
from instructwild.read.rankings import read_rankings
from instructwild.schema.verdict import Dropped, Reason
from instructwild.stage.frames import dropped_frame, ranking_frame
from instructwild.stage.remote import printable
from instructwild.view.source import FIRST, PART, RowPart, ranges, slices


def file_parts(path: Path, encoding: str | None = None, columns: Mapping[str, str] | None = None) -> Iterator[RowPart]:
    """All rows of a file.

    Raises:
        InputError: no row can be read.
    """
    rows = _FileRows(path, encoding, Reading(printable(path), ColumnNames(columns)))
    if path.is_file() and path.suffix.lower() == ".parquet":
        return rows.of_table(slices(path))
    if (table := columns_of(path)) is not None:
        return rows.of_table((offset, table.slice(offset, length)) for offset, length in ranges(table.height))
    return rows.of_lines()


@dataclass(frozen=True)
class _FileRows:
    path: Path
    encoding: str | None
    reading: Reading

    def of_table(self, parts: Iterable[tuple[int, pl.DataFrame]]) -> Iterator[RowPart]:
        for offset, part in parts:
            rows, bad = from_columns(part, self.reading)
            if not offset and not rows.height:
                yield from self._rankings(part.columns)
                return
            yield RowPart(rows, dropped_frame(_numbered(row, self.reading.name, offset) for row in bad))

    def of_lines(self) -> Iterator[RowPart]:
        lines, size = lines_of(self.path, self.encoding), FIRST
        while batch := list(islice(lines, size)):
            rows, bad = from_lines(batch, self.reading)
            if size == FIRST and not rows.height and all(row.reason is Reason.MALFORMED for row in bad):
                yield from self._rankings([str(key) for line in batch[:20] if isinstance(line.value, dict)
                                           for key in line.value])
                return
            yield RowPart(rows, dropped_frame(bad))
            size = PART
        if size == FIRST:
            raise InputError("holds no rows", where=printable(self.path), remedy="check how the file was made")

    def _rankings(self, columns: list[str]) -> Iterator[RowPart]:
        """Rankings, or a message that says how to name the columns."""
        try:
            table = read_rankings([self.path], self.encoding)
        except InputError as error:
            unique = list(dict.fromkeys(columns))
            options = " ".join(f"--map {key}={column}" for key, column in proposed(unique).items())
            remedy = f"name the columns ({', '.join(unique[:20])}), for example with {options}" if unique else error.remedy
            raise InputError("holds no row that can be read", where=printable(self.path), remedy=remedy) from None
        yield RowPart(ranking_frame(table.rows), dropped_frame(table.dropped))


def _numbered(row: Dropped, name: str, offset: int) -> Dropped:
    """A row that a part could not read, its line counted from where the file begins."""
    _, _, line = str(row.evidence).rpartition(":")
    return row.model_copy(update={"evidence": f"{name}:{int(line) + offset}"}) if line.isdigit() else row
