"""Inputs of any layout as one frame of instruction rows; what cannot be read becomes dropped rows."""

import hashlib
import json
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl

from instructwild.errors import InputError
from instructwild.read.assemble import BATCH, Reading, Rows, from_columns, pieces_of_lines
from instructwild.read.batch_results import BatchResults, is_result
from instructwild.read.cells import parsed_messages
from instructwild.read.files import files_of, lines_of, pieces_of_columns, printable
from instructwild.read.line import Line
from instructwild.read.message_rows import are_messages
from instructwild.read.names import (
    CONVERSATION_KEYS,
    KNOWN,
    PAIR,
    PROMPT_KEYS,
    ColumnNames,
    check_columns,
    further,
    proposed,
)
from instructwild.schema.verdict import Dropped, Reason
from instructwild.stage.folder import DATA, Stage, input_record, is_stage, load
from instructwild.stage.frames import INSTRUCTION, is_ranking
from instructwild.stage.manifest import FileRecord
from instructwild.stage.remote import local_copy


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
            self.unread.append(_remedy(name, first, problem))
        read_as = reading.read_as.record(_hint(reading, answered, self._mapping))
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


def _pieces_of_file(file: str | Path, reading: Reading, first: "FirstColumns", encoding: str | None,
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


def _are_messages(value: Any) -> bool:
    items = parsed_messages(value) if isinstance(value, str | list) else None
    return isinstance(items, list) and bool(items) and all(
        isinstance(item, Mapping) and ("role" in item or "from" in item) for item in items)


def _are_turns(value: Any) -> bool:
    """Whether a value may be what two sides said in turn."""
    return isinstance(value, list) and len(value) > 1 and all(isinstance(item, str) and " " in item for item in value)


LAYOUT_COLUMNS = frozenset({*PROMPT_KEYS, *CONVERSATION_KEYS, "contents", "chat", "chat_messages", "mapping", "body",
                            "params", "turns", "plain_text"})
"""Columns that by themselves make a row one of a layout."""


class FirstColumns:
    """The columns of the first rows that go by, and those that a map names, wherever they come."""

    LOOKED_AT = 20

    def __init__(self, mapping: Mapping[str, str] | None = None) -> None:
        self.columns: list[str] = []
        self.texts: list[str] = []
        """Those of them that hold text, or what a person means as text."""
        self.conversation = ""
        """A column that holds lists of messages under a name that is not read."""
        self.of_batch = False
        """Whether a row is an answer of a batch, without its request."""
        self._mapped = {*(mapping or {}).values()}

    def watch(self, lines: Iterable[Line]) -> Iterator[Line]:
        """The lines, while their columns are noted."""
        rest = iter(lines)
        for line in islice(rest, self.LOOKED_AT):
            if isinstance(line.value, Mapping):
                self._look_at(line.value)
            yield line
        self._mapped.difference_update(self.columns)
        while self._mapped and (following := next(rest, None)) is not None:
            if isinstance(following.value, Mapping) and (late := self._mapped.intersection(following.value)):
                self.columns += sorted(late)
                self._mapped -= late
            yield following
        yield from rest


    def look_at_frame(self, frame: pl.DataFrame) -> None:
        """Note the columns of a table's first rows."""
        self.columns += [column for column in frame.columns if column not in self.columns]
        for row in frame.iter_rows(named=True):
            self._look_at(row)

    def _look_at(self, row: Mapping[Any, Any]) -> None:
        self.of_batch = self.of_batch or is_result(row)
        for key, value in row.items():
            name = str(key)
            if name not in self.columns:
                self.columns.append(name)
            if isinstance(value, str | int | float) and name not in self.texts:
                self.texts.append(name)
            if not self.conversation and (_are_messages(value) or _are_turns(value)):
                self.conversation = name


def _hint(reading: Reading, answered: bool, columns: Mapping[str, str] | None) -> str:
    """The `--map` options that probably read more of a file whose rows were read; none where a person named columns."""
    if columns:
        return ""
    likely = further(reading.read_as.extra, answered=answered)
    return _options({name: column for name, column in likely.items() if name not in reading.read_as.fields})


def _remedy(name: str, first: "FirstColumns", problem: str) -> str:
    if first.of_batch:
        return (f"{name}: no row could be read, because it holds the answers of a batch without their requests. Give the "
                "file of the requests in the same command")
    if not first.columns:
        return (f"{name}: no row could be read: {problem}. Each row should be an object, such as "
                '{"instruction": "…", "output": "…"}, or a list of messages')
    known = {column.strip().lower() for column in first.columns}.intersection(LAYOUT_COLUMNS)
    if known:
        return f"{name}: no row could be read, although it has {', '.join(sorted(known))}: {problem}"
    if {"role", "content"} <= {column.strip().lower() for column in first.columns}:
        return (f"{name}: no row could be read, because each is a single message (role, content). Put the messages of a "
                "conversation into one row, as a list under messages")
    proposal = {"messages": first.conversation} if first.conversation else proposed(first.texts)
    remedy = f"Name them, for example with {_options(proposal)}" if proposal else \
        "None of them holds text or messages: write the prompt, and perhaps an answer, into columns of their own"
    return (f"{name}: no row could be read, because none of its columns has a name that is read: "
            f"{', '.join(first.columns[:20])}. {remedy}")


def map_options(first: FirstColumns) -> str:
    """The `--map` options that probably read rankings from a file of these columns; nothing where none do."""
    known = {column.strip().lower() for column in first.columns}
    likely = proposed(column for column in first.texts if column.strip().lower() not in KNOWN)
    if not {*PAIR} <= {*likely}:
        return ""
    sides = {name: likely[name] for name in PAIR}
    if known.intersection((*PROMPT_KEYS, *CONVERSATION_KEYS)):
        return _options(sides)
    return _options({"messages": first.conversation, **sides} if first.conversation else likely)


def _options(names: Mapping[str, str]) -> str:
    return " ".join(f"--map {shlex.quote(f'{key}={column}')}" for key, column in names.items())


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

