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
from instructwild.read.files import Line
from instructwild.read.names import ColumnNames
from instructwild.read.turns import LeftOut
from instructwild.schema.columns import compact
from instructwild.schema.verdict import Dropped, Reason
from instructwild.stage.frames import INSTRUCTION, upgraded

BATCH = 50_000
LONGEST_VALUE = 2000
"""Characters of a malformed row that are kept to be looked at."""

Placed = tuple[Sequence[int], pl.DataFrame]
Rows = tuple[pl.DataFrame, list[Dropped]]


def from_lines(lines: Iterable[Line], name: str, names: ColumnNames | None = None) -> Rows:
    """The instruction rows among the lines, and a drop for each of the others."""
    rest, frames, bad = iter(lines), [pl.DataFrame(schema=INSTRUCTION)], []
    names = names or ColumnNames()
    while batch := list(islice(rest, BATCH)):
        quick = list(_plain_lines(batch, name, names))
        done = {place for places, _ in quick for place in places}
        slow = ((place, line) for place, line in enumerate(batch) if place not in done)
        frame, unread = _merged(quick, slow, name, names)
        frames.append(frame)
        bad += unread
    return pl.concat(frames, rechunk=True), bad


def from_columns(frame: pl.DataFrame, name: str, names: ColumnNames | None = None) -> Rows:
    """The instruction rows of a frame: our own columns as they are, plain text columns at once, other rows one by one."""
    frame, names = upgraded(frame), names or ColumnNames()
    if not names and all(frame.schema.get(column) == kind for column, kind in INSTRUCTION.items()):
        fit = (frame["messages"].list.len().fill_null(0) > 0) & frame["id"].is_not_null()
        rows = frame.filter(fit).select(INSTRUCTION.names())
    else:
        renames = names.renames(frame.columns)
        plain_frame = frame.rename(renames)
        fit = plain.fits(plain_frame)
        others = [column for column in frame.columns if renames.get(column, column) not in plain.TEXTS]
        extra = [plain.extra_text(row) for row in frame.filter(fit).select(others).iter_rows(named=True)] if others else None
        rows = plain.instruction_rows(plain_frame.filter(fit), _kind(name), Path(name).name, extra)
    slow = zip(fit.not_().arg_true(), frame.filter(~fit).iter_rows(named=True), strict=True)
    return _merged([(fit.arg_true().to_list(), rows)], ((place, Line(place + 1, row)) for place, row in slow), name, names)


@dataclass
class _Group:
    """Rows with the same text columns, whatever other columns each has."""

    columns: dict[str, str]
    places: list[int] = field(default_factory=list)
    extra: bool = False


def _plain_lines(lines: Sequence[Line], name: str, names: ColumnNames) -> Iterator[Placed]:
    """The rows in plain text columns, by the text columns they have."""
    by_keys: dict[tuple[str, ...], _Group | None] = {}
    groups: dict[tuple[tuple[str, str], ...], _Group] = {}
    for place, line in enumerate(lines):
        if not isinstance(line.value, dict):
            continue
        keys = tuple(line.value)
        if keys not in by_keys:
            by_keys[keys] = _group(keys, groups, names)
        if (group := by_keys[keys]) is not None:
            group.places.append(place)
            group.extra = group.extra or len(keys) > len(group.columns)
    for group in groups.values():
        try:
            frame = pl.DataFrame({read_as: pl.Series([lines[place].value[key] for place in group.places], dtype=pl.String)
                                  for read_as, key in group.columns.items()})
        except (TypeError, UnicodeEncodeError, pl.exceptions.PolarsError):
            continue  # a value that is no text, or no text for a file: row by row tells which
        fit = plain.fits(frame)
        if fit.any():
            places = list(compress(group.places, fit))
            used = {*group.columns.values()}
            try:
                extra = [plain.extra_text({key: value for key, value in lines[place].value.items() if key not in used})
                         for place in places] if group.extra else None
            except RecursionError:
                continue
            yield places, plain.instruction_rows(frame.filter(fit), _kind(name), Path(name).name, extra)


def _group(keys: tuple[str, ...], groups: dict[tuple[tuple[str, str], ...], _Group], names: ColumnNames) -> _Group | None:
    """The group of a row with these columns; None where it needs a closer look."""
    if not all(isinstance(key, str) for key in keys):
        return None
    renames = names.renames(keys)
    read_as = {renames.get(key, key): key for key in keys}
    if not plain.readable(read_as):
        return None
    columns = {name: key for name, key in read_as.items() if name in plain.TEXTS}
    return groups.setdefault(tuple(columns.items()), _Group(columns))


def _merged(quick: Sequence[Placed], rest: Iterable[tuple[int, Line]], name: str, names: ColumnNames) -> Rows:
    builder, places, bad = Builder(_kind(name), Path(name).name, names), [], []
    for place, line in rest:
        problem, reason = line.problem, Reason.MALFORMED
        if problem is None:
            try:
                builder.add(line.value)
                places.append(place)
                continue
            except LeftOut as error:
                problem, reason = str(error), error.reason
            except UnicodeEncodeError:
                problem = "text with a lone surrogate"
            except (ValueError, TypeError, OverflowError, RecursionError) as error:
                problem = str(error)
        bad.append(Dropped(id="", step="read", reason=reason, evidence=f"{name}:{line.number}",
                           row=_left(line.value, problem, reason)))
    parts = [part for part in (*quick, (places, builder.frame())) if len(part[0])]
    if len(parts) < 2:
        return (parts[0][1] if parts else builder.frame()), bad
    order = np.argsort(np.concatenate([np.asarray(places) for places, _ in parts]))
    return pl.concat([frame for _, frame in parts], rechunk=True)[order], bad


def _kind(name: str) -> str:
    suffixes = [suffix for suffix in Path(name).suffixes if suffix.lower() not in (".gz", ".zst")]
    return suffixes[-1].lstrip(".").lower() if suffixes else "hub"


def _left(value: Any, problem: str, reason: Reason) -> Any:
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
