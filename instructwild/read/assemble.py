"""Rows of any layout as instruction rows: plain ones all at once, the others one by one, all in their order."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress, islice
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from instructwild.read import plain
from instructwild.read.build import Builder
from instructwild.read.cells import json_text
from instructwild.read.columns_read import ColumnsRead
from instructwild.read.line import Line
from instructwild.read.message_rows import joined_trees
from instructwild.read.names import ColumnNames
from instructwild.read.turns import LeftOut
from instructwild.schema.columns import compact
from instructwild.schema.verdict import Dropped, Reason
from instructwild.stage.frames import INSTRUCTION, upgraded

BATCH = 50_000
PLAIN = "prompt and answer"
LONGEST_VALUE = 2000
"""Characters of a malformed row that are kept to be looked at."""

At = Sequence[int]
"""The numbers of rows among the lines of a batch, from 0."""
Numbered = tuple[At, pl.DataFrame]
Rows = tuple[pl.DataFrame, list[Dropped]]


@dataclass(frozen=True)
class Reading:
    """How the rows of one file are read: its name, the names of its columns, and what they were read as."""

    name: str
    names: ColumnNames = field(default_factory=ColumnNames)
    read_as: ColumnsRead = field(default_factory=ColumnsRead)

    @property
    def kind(self) -> str:
        """The origin's kind of its rows."""
        return _kind(self.name)

    @property
    def source(self) -> str:
        """The origin's source of its rows."""
        return Path(self.name).name


def from_lines(lines: Iterable[Line], reading: Reading) -> Rows:
    """The instruction rows among the lines, and a drop for each of the others."""
    frames, bad = [pl.DataFrame(schema=INSTRUCTION)], list[Dropped]()
    for frame, unread in pieces_of_lines(lines, reading):
        frames.append(frame)
        bad += unread
    return pl.concat(frames, rechunk=True), bad


def pieces_of_lines(lines: Iterable[Line], reading: Reading) -> Iterator[Rows]:
    """The same, some rows at a time."""
    rest = iter(joined_trees(lines))
    while batch := list(islice(rest, BATCH)):
        reading.names.look_at_labels(line.value["label"] for line in batch
                                     if isinstance(line.value, dict) and "label" in line.value)
        quick = list(_plain_lines(batch, reading))
        done = {number for numbers, _ in quick for number in numbers}
        slow = ((number, line) for number, line in enumerate(batch) if number not in done)
        yield _merged(quick, slow, reading)


def from_columns(frame: pl.DataFrame, reading: Reading, before: int = 0) -> Rows:
    """The instruction rows of a frame: our own columns as they are, plain text columns at once, other rows one by one.

    Args:
        frame: the rows.
        reading: how they are read.
        before: how many rows of the file came before these.
    """
    frame, names = upgraded(frame), reading.names
    if not names and all(frame.schema.get(column) == kind for column, kind in INSTRUCTION.items()):
        fit = (frame["messages"].list.len().fill_null(0) > 0) & frame["id"].is_not_null()
        rows = frame.filter(fit).select(INSTRUCTION.names())
        if rows.height:
            reading.read_as.add("instruction rows", [(name, name) for name in INSTRUCTION.names()], (), rows.height)
    else:
        if "label" in frame.columns:
            names.look_at_labels(frame["label"].unique())
        renames = names.renames(frame.columns)
        plain_frame = frame.rename(renames)
        fit = plain.fits(plain_frame)
        others = [column for column in frame.columns if renames.get(column, column) not in plain.TEXTS]
        extra = plain.extra_texts(frame.filter(fit).select(others)) if others else None
        rows = plain.instruction_rows(plain_frame.filter(fit), reading.kind, reading.source, extra)
        if rows.height:
            read = [(column, renames.get(column, column)) for column in frame.columns if column not in others]
            reading.read_as.add(PLAIN, read, others, rows.height)
    others_at = zip(fit.not_().arg_true(), frame.filter(~fit).iter_rows(named=True), strict=True)
    slow = ((number, Line(before + number + 1, row)) for number, row in others_at)
    return _merged([(fit.arg_true().to_list(), rows)], slow, reading)


@dataclass
class _Group:
    """Rows with the same text columns, whatever other columns each has."""

    columns: dict[str, str]
    numbers: list[int] = field(default_factory=list)
    ids: dict[str, None] = field(default_factory=dict)
    others: dict[str, None] = field(default_factory=dict)


def _plain_lines(lines: Sequence[Line], reading: Reading) -> Iterator[Numbered]:
    """The rows in plain text columns, by the text columns they have."""
    by_keys: dict[tuple[str, ...], _Group | None] = {}
    groups: dict[tuple[tuple[str, str], ...], _Group] = {}
    for number, line in enumerate(lines):
        if line.problem is not None or not isinstance(line.value, dict):
            continue
        keys = tuple(line.value)
        if keys not in by_keys:
            by_keys[keys] = _group(keys, groups, reading.names)
        if (group := by_keys[keys]) is not None:
            group.numbers.append(number)
    for group in groups.values():
        try:
            frame = pl.DataFrame({read_as: pl.Series([lines[number].value[key] for number in group.numbers], dtype=pl.String)
                                  for read_as, key in group.columns.items()})
        except (TypeError, UnicodeEncodeError, pl.exceptions.PolarsError):
            continue  # a value that is no text, or no text for a file: row by row tells which
        fit = plain.fits(frame) & ~pl.Series([any(plain.is_content_id(lines[number].value.get(key)) for key in group.ids)
                                              for number in group.numbers], dtype=pl.Boolean)
        if fit.any():
            numbers = list(compress(group.numbers, fit))
            used = {*group.columns.values()}
            try:
                extra = [plain.extra_text({key: value for key, value in lines[number].value.items() if key not in used})
                         for number in numbers] if group.others else None
            except RecursionError:
                continue
            columns = [(key, read_as) for read_as, key in group.columns.items()]
            reading.read_as.add(PLAIN, columns, group.others, len(numbers))
            yield numbers, plain.instruction_rows(frame.filter(fit), reading.kind, reading.source, extra)


def _group(keys: tuple[str, ...], groups: dict[tuple[tuple[str, str], ...], _Group], names: ColumnNames) -> _Group | None:
    """The group of a row with these columns; None where it needs a closer look."""
    if not all(isinstance(key, str) for key in keys):
        return None
    renames = names.renames(keys)
    read_as = {renames.get(key, key): key for key in keys}
    if not plain.readable(read_as):
        return None
    columns = {name: key for name, key in read_as.items() if name in plain.TEXTS}
    group = groups.setdefault(tuple(columns.items()), _Group(columns))
    group.ids.update(dict.fromkeys(key for name, key in read_as.items() if name in plain.IDS))
    group.others.update(dict.fromkeys(key for name, key in read_as.items() if name not in columns))
    return group


def _merged(quick: Sequence[Numbered], rest: Iterable[tuple[int, Line]], reading: Reading) -> Rows:
    builder, numbers, bad = Builder(reading.kind, reading.source, reading.names), [], []
    for number, line in rest:
        problem, reason = line.problem, Reason.MALFORMED
        if problem is None:
            try:
                builder.add(line.value)
                numbers.append(number)
                continue
            except LeftOut as error:
                problem, reason = str(error), error.reason
            except UnicodeEncodeError:
                problem = "text with a lone surrogate"
            except (ValueError, TypeError, OverflowError, RecursionError) as error:
                problem = str(error)
        bad.append(Dropped(id="", step="read", reason=reason, evidence=f"{reading.name}:{line.number}",
                           row=left_out(line.value, problem, reason)))
    builder.counted(reading.read_as)
    parts = [part for part in (*quick, (numbers, builder.frame())) if len(part[0])]
    if len(parts) < 2:
        return (parts[0][1] if parts else builder.frame()), bad
    order = np.argsort(np.concatenate([np.asarray(at) for at, _ in parts]))
    return pl.concat([frame for _, frame in parts], rechunk=True)[order], bad


def _kind(name: str) -> str:
    suffixes = [suffix for suffix in Path(name).suffixes if suffix.lower() not in (".gz", ".zst")]
    return suffixes[-1].lstrip(".").lower() if suffixes else "hub"


def left_out(value: Any, problem: str, reason: Reason) -> Any:
    """What `dropped.parquet` keeps of a row that left while it was read."""
    if reason is not Reason.MALFORMED and isinstance(value, Mapping):
        try:
            return {"problem": problem, "value": json_text(value)}
        except (ValueError, RecursionError):
            pass
    return {"problem": problem, "value": _shown(value)}


def _shown(value: object) -> str | None:
    """A malformed value as text that any file can hold."""
    if value is None:
        return None
    try:
        return compact(value)[:LONGEST_VALUE].encode("utf-8", "replace").decode()
    except (ValueError, RecursionError):
        return f"a value that cannot be shown ({type(value).__name__})"
