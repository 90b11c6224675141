"""Inputs of any layout as one frame of instruction rows; what cannot be read becomes dropped rows."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from instructwild.errors import InputError
from instructwild.read.assemble import Found, from_columns, from_lines
from instructwild.read.files import columns_of, lines_of
from instructwild.schema.identity import content_id
from instructwild.schema.verdict import Dropped
from instructwild.stage.folder import DATA, Stage, input_record, is_stage, load
from instructwild.stage.frames import INSTRUCTION, is_ranking
from instructwild.stage.manifest import FileRecord


@dataclass(frozen=True)
class Table:
    """The rows of all inputs in order, those that could not be read, and the inputs by content."""

    frame: pl.DataFrame
    malformed: list[Dropped]
    inputs: list[FileRecord]


def read(sources: Iterable[str | Path], encoding: str | None = None) -> Table:
    """Read stage folders and plain files, in the order given, into one frame of instruction rows.

    Raises:
        InputError: an input cannot be read at all, or holds rankings.
        GateError: an input is a stage whose gate failed.
    """
    frames: list[pl.DataFrame] = []
    malformed: list[Dropped] = []
    inputs: list[FileRecord] = []
    for source in sources:
        if Path(source).is_dir() and is_stage(source):
            frame, bad = rows_of(load(source))
            frames.append(frame)
            malformed += bad
            inputs.append(input_record(source))
            continue
        name, columns = str(source), columns_of(source)
        frame, bad = from_lines(lines_of(source, encoding), name) if columns is None else from_columns(columns, name)
        frames.append(frame)
        malformed += bad
        if Path(source).exists():
            inputs.append(input_record(source, rows=frame.height + len(bad)))
        else:
            inputs.append(FileRecord(path=str(source), sha256=_content(frame), rows=frame.height + len(bad)))
    return Table(pl.concat(frames, rechunk=True) if frames else pl.DataFrame(schema=INSTRUCTION), malformed, inputs)


def rows_of(stage: Stage) -> Found:
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
