"""Tables as text: `.csv` and `.tsv`, parted by comma, semicolon, tab or bar, each bad row named by its line and kept."""

import csv
import re
from collections.abc import Iterator
from typing import IO, Any

from instructwild.errors import InputError
from instructwild.read.encoding import codec_of, misencoded, streamed
from instructwild.read.line import LONGEST_LINE, Line
from instructwild.read.names import KNOWN
from instructwild.text.quantity import quantity

DELIMITERS = (",", ";", "\t", "|")
SEPARATOR = re.compile(r"\s*\"?sep=(.)\"?\s*", re.IGNORECASE)
"""A first line by which Excel is told the delimiter."""


def table_rows(handle: IO[bytes], name: str, encoding: str | None) -> Iterator[Line]:
    """The rows of a table with a header; a row with too many or too few cells costs itself and keeps its text.

    Raises:
        InputError: it has no header, names a column twice, holds no rows, or is in another encoding.
    """
    head, codec = codec_of(handle, encoding)
    csv.field_size_limit(LONGEST_LINE)
    lines = _Recorded(streamed(head, handle, codec))
    names, reader = _header(lines, name, codec)
    number, count = lines.skipped + reader.line_num + 1, 0
    while True:
        lines.begin()
        try:
            cells = next(reader)
        except StopIteration:
            break
        except UnicodeError as error:
            raise _misencoded_after(reader.line_num, error, name, codec) from None
        except csv.Error as error:
            yield _too_long(number) if lines.too_long else Line(number, lines.text(), f"not CSV: {error}")
            count, number = count + 1, lines.skipped + reader.line_num + 1
            continue
        if lines.too_long:
            yield _too_long(number)
            count, number = count + 1, lines.skipped + reader.line_num + 1
            continue
        while len(cells) > len(names) and not cells[-1].strip():
            cells.pop()
        if len(cells) == len(names):
            yield Line(number, dict(zip(names, cells, strict=True)))
        elif cells:
            yield Line(number, cells, f"expected {quantity(len(names), 'field')}, found {len(cells)}")
        count += bool(cells)
        number = lines.skipped + reader.line_num + 1
    if not count:
        raise InputError("holds no rows", where=name, remedy="check how the file was made")


def _too_long(number: int) -> Line:
    return Line(number, problem=f"a line is longer than {LONGEST_LINE >> 20} MiB")


class _Recorded:
    """Lines as they go by, with those of the row at hand kept to be shown; of a line too long only the beginning.

    Attributes:
        too_long: whether the row at hand holds such a line.
    """

    def __init__(self, lines: IO[str]) -> None:
        self._lines, self._kept = self._bounded(lines), list[str]()
        self.too_long = False
        self.skipped = 0
        """Lines that no reader of rows has seen."""

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self._kept.append(line)
            yield line

    def _bounded(self, lines: IO[str]) -> Iterator[str]:
        """Lines with a bounded memory: what goes on past the longest allowed is thrown away, and a quote in it closed."""
        while line := lines.readline(LONGEST_LINE + 1):
            if len(line) > LONGEST_LINE:
                self.too_long, rest = True, line
                while rest and not rest.endswith(("\n", "\r")):
                    rest = lines.readline(LONGEST_LINE)
                line += '"' * (line.count('"') % 2) + "\n"
            yield line

    def begin(self) -> None:
        self._kept.clear()
        self.too_long = False

    def text(self) -> str:
        """The row at hand, as it stands in the file."""
        return "".join(self._kept).rstrip("\r\n")

    def first(self) -> str:
        """The first line that is not blank, which stays to be read; nothing where there is none."""
        for line in self._lines:
            if line.strip():
                self._lines = _after(line, self._lines)
                return line
            self.skipped += 1
        return ""

    def skip(self) -> None:
        """Leave out the line that `first` gave."""
        next(self._lines)
        self.skipped += 1


def _after(line: str, lines: Iterator[str]) -> Iterator[str]:
    yield line
    yield from lines


def _header(lines: _Recorded, name: str, codec: str) -> tuple[list[str], Any]:
    usual = "\t" if ".tsv" in name.lower() else ","
    try:
        first = lines.first()
        if (marked := SEPARATOR.fullmatch(first)) is not None:
            lines.skip()
        delimiter = marked.group(1) if marked else _delimiter(first, usual)
        reader = csv.reader(iter(lines), delimiter=delimiter, strict=True)
        names = next(reader, [])
    except UnicodeError as error:
        raise _misencoded_after(0, error, name, codec) from None
    except csv.Error as error:
        raise InputError(f"is not CSV in its first line: {error}", where=name, remedy="mend the file there") from None
    names = [column if column.strip() else f"column {at}" for at, column in enumerate(names, start=1)]
    if len({*names}) < len(names):
        twice = next(column for column in names if names.count(column) > 1)
        raise InputError(f"names the column {twice!r} more than once", where=name, remedy="rename one of them")
    return names, reader


def _delimiter(line: str, usual: str) -> str:
    """What parts the header into most columns that are read, then into most columns; the usual one before others."""
    def parted(delimiter: str) -> tuple[int, int, bool]:
        try:
            names = next(csv.reader([line], delimiter=delimiter), [])
        except csv.Error:
            return 0, 0, delimiter == usual
        return sum(column.strip().lower() in KNOWN for column in names), len(names), delimiter == usual
    return max(DELIMITERS, key=parted)


def _misencoded_after(line: int, error: UnicodeError, name: str, codec: str) -> InputError:
    if not isinstance(error, UnicodeDecodeError):          # UTF-16 or UTF-32 without a byte order mark
        return misencoded(name, str(error), codec)
    at = f"after line {line}" if line else "in the first lines"
    return misencoded(name, f"byte {error.object[error.start]:#04x} {at} is not {codec}", codec)
