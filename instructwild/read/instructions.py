"""Inputs of any layout as one frame of instruction rows; what cannot be read becomes dropped rows."""

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from instructwild.errors import ConfigError, InputError
from instructwild.read.assemble import Rows, from_columns, from_lines
from instructwild.read.files import Line, columns_of, lines_of, printable
from instructwild.read.names import ColumnNames, proposed
from instructwild.schema.identity import content_id
from instructwild.schema.verdict import Dropped, Reason
from instructwild.stage.folder import DATA, Stage, input_record, is_stage, load
from instructwild.stage.frames import INSTRUCTION, is_ranking
from instructwild.stage.manifest import FileRecord


@dataclass(frozen=True)
class Table:
    """The rows of all inputs in order, those that could not be read, and the inputs by content."""

    frame: pl.DataFrame
    malformed: list[Dropped]
    inputs: list[FileRecord]
    unread: list[str] = field(default_factory=list)
    """For each input of which no row could be read: its columns, and the `--map` that probably reads it."""


def read(sources: Iterable[str | Path], encoding: str | None = None, columns: Mapping[str, str] | None = None) -> Table:
    """Read stage folders and plain files, in the order given, into one frame of instruction rows.

    Args:
        sources: stage folders, plain files, folders of them, `-` or Hub datasets.
        encoding: of text files that are not UTF-8.
        columns: NAME -> COLUMN of plain files, as `names.parse_map` gives it.

    Raises:
        InputError: an input cannot be read at all, or holds rankings.
        ConfigError: a column that `columns` names is in none of the plain files.
        GateError: an input is a stage whose gate failed.
    """
    frames: list[pl.DataFrame] = []
    malformed: list[Dropped] = []
    inputs: list[FileRecord] = []
    unread: list[str] = []
    names, seen, plain_files = ColumnNames(columns), set[str](), False
    for source in sources:
        if Path(source).is_dir() and is_stage(source):
            frame, bad = rows_of(load(source))
            frames.append(frame)
            malformed += bad
            inputs.append(input_record(source))
            continue
        plain_files = True
        name, table, first = printable(source), columns_of(source), _FirstColumns()
        if table is not None:
            first.columns = table.columns
        frame, bad = from_lines(first.watch(lines_of(source, encoding)), name, names) if table is None \
            else from_columns(table, name, names)
        seen.update(first.columns)
        if not frame.height and bad and all(row.reason is Reason.MALFORMED for row in bad) and first.columns:
            unread.append(_remedy(name, first.columns))
        frames.append(frame)
        malformed += bad
        if Path(source).exists():
            inputs.append(input_record(source, rows=frame.height + len(bad)))
        else:
            inputs.append(FileRecord(path=name, sha256=_content(frame), rows=frame.height + len(bad)))
    missing = [f"{key}={column}" for key, column in names.mapping.items() if column not in seen]
    if missing and plain_files and seen:
        raise ConfigError(f"names a column that no input has: {', '.join(missing)}", where="--map",
                          remedy=f"the columns are {', '.join(sorted(seen)[:20])}")
    return Table(pl.concat(frames, rechunk=True) if frames else pl.DataFrame(schema=INSTRUCTION), malformed, inputs, unread)


class _FirstColumns:
    """The columns of the first rows that go by, to propose names for them."""

    LOOKED_AT = 20

    def __init__(self) -> None:
        self.columns: list[str] = []

    def watch(self, lines: Iterable[Line]) -> Iterator[Line]:
        for count, line in enumerate(lines):
            if count < self.LOOKED_AT and isinstance(line.value, Mapping):
                self.columns += [key for key in map(str, line.value) if key not in self.columns]
            yield line


def _remedy(name: str, columns: Sequence[str]) -> str:
    options = " ".join(f"--map {shlex.quote(f'{key}={column}')}" for key, column in proposed(columns).items())
    return (f"{name}: no row could be read, because none of its columns has a name that is read: "
            f"{', '.join(columns[:20])}. Name them, for example with {options}")


def rows_of(stage: Stage) -> Rows:
    """The instruction rows of a stage, converted ones read back, and a drop for each that holds none.

    Raises:
        InputError: it holds a model or rankings.
    """
    frame = stage.frame()
    if is_ranking(frame):
        raise InputError("holds rankings where instructions are wanted", where=str(stage.path),
                         remedy="give an instruction stage, or convert it: instructwild convert")
    return from_columns(frame, str(stage.path / DATA))


def _content(frame: pl.DataFrame) -> str:
    """The name of rows that came from no file: a hash over ids and answers."""
    return content_id([(row[0], row[1] or "") for row in frame.select("id", "response_id").iter_rows()])
