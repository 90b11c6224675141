"""Sheets of Excel workbooks as frames: the header is the first row that names columns; titles above it stay beside."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from instructwild.errors import InputError
from instructwild.read.names import KNOWN
from instructwild.read.zips import open_zip

TITLE = "sheet_title"
"""The column that holds what stands above the header."""
MOST_TITLES = 10
"""Rows above a header; a sheet with more of them is a table of one column."""
MOST_CELLS = 40_000_000
"""Cells that the rows of a workbook may come to, empty ones between others included."""
LARGE, DENSE = 64 << 20, 200
"""A part of more bytes than `LARGE` that was packed to less than one of `DENSE` is made to fill the memory."""


def excel_sheet(path: Path, name: str) -> pl.DataFrame:
    """The one sheet with rows of a workbook.

    Args:
        path: the workbook.
        name: what messages call it.

    Raises:
        InputError: the reader is not installed, the file is damaged or made to fill the memory, several sheets hold rows,
            or a column is named twice.
    """
    try:
        from openpyxl import load_workbook  # type: ignore[import-untyped]
    except ImportError:
        raise InputError("needs the reader of Excel files, which is not installed", where=name,
                         remedy="pip install openpyxl, or save the sheet as .csv") from None
    try:
        _check_parts(path, name)
        workbook = load_workbook(path, read_only=True, data_only=True)
        sheets = {sheet.title: _rows_of(sheet, name) for sheet in workbook.worksheets}
        workbook.close()
    except InputError:
        raise
    except Exception as error:      # the reader raises many kinds: a damaged zip, no sheet, odd XML
        raise InputError(f"cannot be read as an Excel file ({type(error).__name__})", where=name,
                         remedy="save the sheet as .csv") from None
    filled = {title: rows for title, rows in sheets.items() if len(rows) > 1}
    if len(filled) > 1:
        raise InputError(f"holds several sheets with rows: {', '.join(filled)}", where=name,
                         remedy="save each of them as .csv, or as a workbook of its own")
    return _frame(next(iter(filled.values())), name) if filled else pl.DataFrame()


def _check_parts(path: Path, name: str) -> None:
    with open_zip(path) as archive:
        for part in archive.infolist():
            if part.file_size > LARGE and part.file_size > DENSE * part.compress_size:
                raise InputError(f"its part {part.filename} unpacks to {part.file_size >> 20:,} MiB from "
                                 f"{part.compress_size >> 10:,} KiB", where=name, remedy="save the sheet as .csv")


def _rows_of(sheet: Any, name: str) -> list[tuple[Any, ...]]:
    """The rows that hold something. What the sheet says of its own size is not believed: some programs write the largest."""
    sheet.reset_dimensions()
    rows, cells = [], 0
    for row in sheet.iter_rows(values_only=True):
        if any(cell not in (None, "") for cell in row):
            rows.append(row)
            cells += len(row)
            if cells > MOST_CELLS:
                raise InputError(f"holds more than {MOST_CELLS:,} cells", where=name, remedy="save the sheet as .csv")
    return rows


def _frame(rows: Sequence[tuple[Any, ...]], name: str) -> pl.DataFrame:
    start = _header_of(rows)
    width = max(len(row) for row in rows)
    if width * len(rows) > MOST_CELLS:
        raise InputError(f"holds more than {MOST_CELLS:,} cells", where=name, remedy="save the sheet as .csv")
    table = [(*row, *[None] * (width - len(row))) for row in rows[start:]]
    used = [at for at in range(width) if any(row[at] not in (None, "") for row in table)]
    names = {at: str(table[0][at]).strip() if table[0][at] not in (None, "") else f"column {at + 1}" for at in used}
    if len({*names.values()}) < len(names):
        twice = next(title for title in names.values() if [*names.values()].count(title) > 1)
        raise InputError(f"names the column {twice!r} more than once", where=name, remedy="rename one of them")
    frame = pl.DataFrame({title: _column(title, [row[at] for row in table[1:]]) for at, title in names.items()})
    titles = " ".join(str(cell) for row in rows[:start] for cell in row if cell not in (None, ""))
    return frame.with_columns(pl.lit(titles).alias(TITLE)) if titles and TITLE not in frame.columns else frame


def _header_of(rows: Sequence[tuple[Any, ...]]) -> int:
    """The first row with more than one cell, where few rows of one cell stand above it; else the first row.

    A first row of one cell whose name is read is a header too.
    """
    if any(str(cell).strip().lower() in KNOWN for cell in rows[0] if cell is not None):
        return 0
    first = next((number for number, row in enumerate(rows) if sum(cell not in (None, "") for cell in row) > 1), 0)
    return first if first <= MOST_TITLES and first < len(rows) - 1 else 0


def _column(name: str, cells: Sequence[Any]) -> pl.Series:
    """Cells of one type as they are; those of several types as text."""
    cells = [None if cell == "" else cell for cell in cells]
    kinds = {type(cell) for cell in cells if cell is not None}
    if len(kinds) > 1 and kinds != {int, float}:
        cells = [cell if cell is None or isinstance(cell, str) else str(cell) for cell in cells]
    return pl.Series(name, cells, strict=False)
