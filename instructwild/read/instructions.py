"""Inputs of any layout as one frame of instruction rows; what cannot be read becomes dropped rows."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from instructwild.errors import InputError
from instructwild.read.assemble import BATCH, Reading, Rows, from_columns, pieces_of_lines
from instructwild.read.batch_results import BatchResults
from instructwild.read.files import files_of, lines_of, pieces_of_columns
from instructwild.read.first_columns import FirstColumns, further_options, unread_remedy
from instructwild.read.message_rows import are_messages
from instructwild.read.names import (
    ColumnNames,
    check_columns,
)
from instructwild.schema.verdict import Dropped, Reason
from instructwild.stage.folder import DATA, Stage, input_record, is_stage, load
from instructwild.stage.frames import INSTRUCTION, is_ranking
from instructwild.stage.manifest import FileRecord
from instructwild.stage.remote import local_copy, printable


@dataclass(frozen=True)
class ReadRows:
    """The rows of all inputs in order, those that could not be read, and the inputs by content."""

    frame: pl.DataFrame
    malformed: list[Dropped]
    inputs: list[FileRecord]
    unread: list[str] = field(default_factory=list)
    """For each input of which no row could be read: its columns, and the `--map` that probably reads it."""
    columns: frozenset[str] = frozenset()
    """The columns of the plain files, as far as they were looked at."""


def read(sources: Iterable[str | Path], encoding: str | None = None, columns: Mapping[str, str] | None = None, *,
         partial: bool = False, marked_bad: bool = False) -> ReadRows:
    """Read stage folders and plain files, in the order given, into one frame of instruction rows.

    Args:
        sources: stage folders, plain files, folders of them, URLs of any of these, `-` or Hub datasets.
        encoding: of text files that are not UTF-8.
        columns: NAME -> COLUMN of plain files, as `names.parse_map` gives it.
        partial: columns that none of these inputs has are not refused: others have them.
        marked_bad: answers that left an input stage because they are marked as bad leave this one as well, so that rankings
            are read from it as from the file.

    Raises:
        InputError: an input cannot be read at all, or holds rankings.
        ConfigError: a column that `columns` names is in none of the plain files.
        GateError: an input is a stage whose gate failed.
    """
    reader = RowReader(sources, encoding, columns, marked_bad=marked_bad)
    frames: list[pl.DataFrame] = []
    malformed: list[Dropped] = []
    for frame, bad in reader.pieces():
        frames.append(frame)
        malformed += bad
    if not partial:
        reader.check_columns()
    return ReadRows(pl.concat(frames, rechunk=True) if frames else pl.DataFrame(schema=INSTRUCTION), malformed,
                    reader.inputs, reader.unread, frozenset(reader.columns))


class RowReader:
    """The rows of stage folders and plain files piece by piece, so that not all of them have to be in memory.

    Attributes:
        inputs: the inputs that were read to their end, by content.
        unread: as in `ReadRows`.
        columns: of the plain files, as far as they were looked at.
    """

    def __init__(self, sources: Iterable[str | Path], encoding: str | None = None,
                 columns: Mapping[str, str] | None = None, *, marked_bad: bool = False) -> None:
        """Nothing is read yet. The arguments are those of `read`."""
        self._sources, self._encoding, self._mapping, self._marked_bad = sources, encoding, dict(columns or {}), marked_bad
        self.inputs: list[FileRecord] = []
        self.unread: list[str] = []
        self.columns: set[str] = set()

    def pieces(self) -> Iterator[Rows]:
        """The rows in their order, and those that could not be read.

        Raises:
            InputError, GateError: as `read`.
        """
        sources = list(self._sources)
        files = {source: None if is_stage(source) else files_of(source) for source in sources}
        self._results = BatchResults([file for plain in files.values() for file in plain or ()],
                                     lambda file: lines_of(file, self._encoding))
        for source in self._results.last(sources):
            plain = files[source]
            yield from self._stage(source) if plain is None else self._files(source, plain)

    def check_columns(self) -> None:
        """Refuse a mapping that names a column which no plain file has.

        Raises:
            ConfigError: it does.
        """
        if self.columns:
            check_columns(self._mapping, self.columns)

    def _stage(self, source: str | Path) -> Iterator[Rows]:
        stage, before = load(source), 0
        for frame in stage.pieces(BATCH):
            yield _rows_of_stage(frame, stage, before)
            before += frame.height
        if self._marked_bad and (bad := [*bad_answers(stage)]):
            yield pl.DataFrame(schema=INSTRUCTION), bad
        self.inputs.append(input_record(source))

    def _files(self, source: str | Path, files: list[str | Path]) -> Iterator[Rows]:
        name, first = printable(source), FirstColumns(self._mapping)
        reading = Reading(name, ColumnNames(self._mapping))
        rows, malformed, answered, content, problem = 0, 0, False, hashlib.sha256(), ""
        here = Path(local_copy(source)).exists()
        for file in self._results.last(files):
            pieces = _pieces_of_file(file, replace(reading, name=printable(file)), first, self._encoding, self._results)
            for frame, bad in pieces:
                yield frame, bad
                rows, answered = rows + frame.height + len(bad), answered or frame["response_id"].null_count() < frame.height
                malformed += sum(row.reason is Reason.MALFORMED for row in bad)
                problem = problem or next((str((row.row or {}).get("problem")) for row in bad), "")
                if not here:
                    content.update("".join(f"{name} {answer}\n" for name, answer in
                                           frame.select("id", "response_id").iter_rows()).encode())
        self.columns.update(first.columns)
        if rows and malformed == rows:
            self.unread.append(unread_remedy(name, first, problem))
        read_as = reading.read_as.record(further_options(reading, answered, self._mapping))
        self.inputs.append(input_record(source, rows=rows, read_as=read_as) if here else
                           FileRecord(path=name, sha256=content.hexdigest(), rows=rows, read_as=read_as))


def read_several(groups: Iterable[Iterable[str | Path]], encoding: str | None = None,
                 columns: Mapping[str, str] | None = None) -> list[ReadRows]:
    """One table for each group of inputs, as `read`; each column that is named has to be in one of them.

    Raises:
        InputError, ConfigError, GateError: as `read`.
    """
    tables = [read(sources, encoding, columns, partial=True) for sources in groups]
    if seen := frozenset().union(*(table.columns for table in tables)):
        check_columns(columns or {}, seen)
    return tables


def _pieces_of_file(file: str | Path, reading: Reading, first: FirstColumns, encoding: str | None,
                    results: BatchResults) -> Iterator[Rows]:
    """The rows of one file; its columns are noted in `first`."""
    table = pieces_of_columns(file, BATCH)
    if table is None or are_messages(table.head.columns):
        yield from pieces_of_lines(first.watch(results.joined(lines_of(file, encoding))), reading)
        return
    first.look_at_frame(table.first(FirstColumns.LOOKED_AT))
    for labels in table.labels():                        # of all rows, before the first ones are read
        reading.names.look_at_labels(labels)
    before = 0
    for frame in table.pieces():
        yield from_columns(frame, reading, before)
        before += frame.height


def rows_of(stage: Stage) -> Rows:
    """The instruction rows of a stage, converted ones read back, and a drop for each that holds none.

    Raises:
        InputError: it holds a model or rankings.
    """
    return _rows_of_stage(stage.frame(), stage)


def _rows_of_stage(frame: pl.DataFrame, stage: Stage, before: int = 0) -> Rows:
    if is_ranking(frame):
        raise InputError("holds rankings where instructions are wanted", where=str(stage.path),
                         remedy="give an instruction stage, or convert it: instructwild convert")
    return from_columns(frame, Reading(str(stage.path / DATA)), before)


def bad_answers(stage: Stage) -> Iterator[Dropped]:
    """The rows that left a stage while it was read because their answers are marked as bad."""
    lost = stage.dropped().filter(reason=Reason.MARKED_BAD.value, step="read")
    for row in lost.iter_rows(named=True):
        yield Dropped(id=row["id"], step=row["step"], reason=Reason.MARKED_BAD, evidence=json.loads(row["evidence"]),
                      row=json.loads(row["row"]))

