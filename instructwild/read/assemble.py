"""Found rows of any layout as instruction rows: plain ones all at once, the others one by one, all in their order."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import compress, islice
from pathlib import Path

import numpy as np
import polars as pl

from instructwild.read import plain
from instructwild.read.build import Builder
from instructwild.read.files import Line
from instructwild.schema.columns import compact
from instructwild.schema.verdict import Dropped, Reason
from instructwild.stage.frames import INSTRUCTION

BATCH = 50_000
LONGEST_VALUE = 2000
"""Characters of a malformed row that are kept to be looked at."""

Placed = tuple[Sequence[int], pl.DataFrame]
Found = tuple[pl.DataFrame, list[Dropped]]


def from_lines(lines: Iterable[Line], name: str) -> Found:
    """The instruction rows among the lines, and a drop for each of the others."""
    given, frames, bad = iter(lines), [pl.DataFrame(schema=INSTRUCTION)], []
    while batch := list(islice(given, BATCH)):
        quick = list(_plain_lines(batch, name))
        done = {place for places, _ in quick for place in places}
        frame, unread = _merged(quick, ((place, line) for place, line in enumerate(batch) if place not in done), name)
        frames.append(frame)
        bad += unread
    return pl.concat(frames, rechunk=True), bad


def from_columns(frame: pl.DataFrame, name: str) -> Found:
    """The instruction rows of a frame: our own columns as they are, plain text columns at once, other rows one by one."""
    if all(frame.schema.get(column) == kind for column, kind in INSTRUCTION.items()):
        fit = (frame["messages"].list.len().fill_null(0) > 0) & frame["id"].is_not_null()
        rows = frame.filter(fit).select(INSTRUCTION.names())
    else:
        fit = plain.fits(frame)
        rows = plain.instruction_rows(frame.filter(fit), _kind(name), Path(name).name)
    others = zip(fit.not_().arg_true(), frame.filter(~fit).iter_rows(named=True), strict=True)
    return _merged([(fit.arg_true().to_list(), rows)], ((place, Line(place + 1, row)) for place, row in others), name)


def _plain_lines(lines: Sequence[Line], name: str) -> Iterator[Placed]:
    """The rows in plain text columns, by the keys they have."""
    layouts: dict[tuple[str, ...], list[int]] = {}
    for place, line in enumerate(lines):
        if isinstance(line.value, dict):
            layouts.setdefault(tuple(line.value), []).append(place)
    for keys, places in layouts.items():
        if plain.NESTED.intersection(keys):
            continue
        try:
            frame = pl.DataFrame({key: pl.Series([lines[place].value[key] for place in places], dtype=pl.String)
                                  for key in keys if key in plain.TEXTS})
        except (TypeError, UnicodeEncodeError, pl.exceptions.PolarsError):
            continue  # a value that is no text, or no text for a file: row by row tells which
        fit = plain.fits(frame)
        if fit.any():
            yield list(compress(places, fit)), plain.instruction_rows(frame.filter(fit), _kind(name), Path(name).name)


def _merged(quick: Sequence[Placed], rest: Iterable[tuple[int, Line]], name: str) -> Found:
    builder, places, bad = Builder(_kind(name), Path(name).name), [], []
    for place, line in rest:
        problem = line.problem
        if problem is None:
            try:
                builder.add(line.value)
                places.append(place)
                continue
            except UnicodeEncodeError:
                problem = "text with a lone surrogate"
            except (ValueError, TypeError, OverflowError, RecursionError) as error:
                problem = str(error)
        bad.append(Dropped(id="", step="read", reason=Reason.MALFORMED, evidence=f"{name}:{line.number}",
                           row={"problem": problem, "value": _shown(line.value)}))
    parts = [part for part in (*quick, (places, builder.frame())) if len(part[0])]
    if len(parts) < 2:
        return (parts[0][1] if parts else builder.frame()), bad
    order = np.argsort(np.concatenate([np.asarray(places) for places, _ in parts]))
    return pl.concat([frame for _, frame in parts], rechunk=True)[order], bad


def _kind(name: str) -> str:
    suffixes = [suffix for suffix in Path(name).suffixes if suffix.lower() not in (".gz", ".zst")]
    return suffixes[-1].lstrip(".").lower() if suffixes else "hub"


def _shown(value: object) -> str | None:
    """A malformed value as text that any file can hold."""
    if value is None:
        return None
    try:
        return compact(value)[:LONGEST_VALUE].encode("utf-8", "replace").decode()
    except (ValueError, RecursionError):
        return f"a value that cannot be shown ({type(value).__name__})"
