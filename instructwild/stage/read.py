"""Inputs of any layout as one frame of instruction rows; what cannot be read becomes dropped rows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from instructwild.errors import InputError
from instructwild.schema.columns import compact
from instructwild.schema.identity import content_id, response_id
from instructwild.schema.layouts import to_messages
from instructwild.schema.verdict import Dropped, Reason
from instructwild.stage.folder import input_record, is_stage, load
from instructwild.stage.frames import INSTRUCTION, is_ranking
from instructwild.stage.manifest import FileRecord
from instructwild.stage.sources import Line, lines_of


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
            frame = load(source).frame()
            if is_ranking(frame):
                raise InputError("holds rankings where instructions are wanted", where=str(source),
                                 remedy="give an instruction stage, or convert it: instructwild convert")
            frames.append(frame.select(INSTRUCTION.names()))
            inputs.append(input_record(source))
            continue
        rows, bad = _rows(lines_of(source, encoding), str(source))
        frames.append(pl.DataFrame(rows, schema=INSTRUCTION))
        malformed += bad
        if Path(source).exists():
            inputs.append(input_record(source, rows=len(rows) + len(bad)))
        else:
            inputs.append(FileRecord(path=str(source), sha256=_content(frames[-1]), rows=len(rows) + len(bad)))
    return Table(pl.concat(frames) if frames else pl.DataFrame(schema=INSTRUCTION), malformed, inputs)


def _content(frame: pl.DataFrame) -> str:
    """The name of rows that came from no file: a hash over ids and answers."""
    return content_id([(row[0], row[1] or "") for row in frame.select("id", "response_id").iter_rows()])


def _rows(lines: Iterable[Line], name: str) -> tuple[list[dict[str, Any]], list[Dropped]]:
    rows, bad = [], []
    kind = Path(name).suffixes[0].lstrip(".") if Path(name).suffixes else "hub"
    for line in lines:
        problem = line.problem
        if problem is None:
            try:
                rows.append(instruction_columns(line.value, kind, Path(name).name))
                continue
            except (ValueError, TypeError) as error:
                problem = "text with a lone surrogate" if isinstance(error, UnicodeEncodeError) else str(error)
        found = None if line.value is None else compact(line.value).encode("utf-8", "replace").decode()
        bad.append(Dropped(id="", step="read", reason=Reason.MALFORMED, evidence=f"{name}:{line.number}",
                           row={"problem": problem, "value": found and found[:2000]}))
    return rows, bad


def instruction_columns(value: Any, kind: str, source: str) -> dict[str, Any]:
    """One found row as instruction columns.

    Raises:
        ValueError: it has no known layout, or holds text that no file can hold.
    """
    if not isinstance(value, Mapping):
        raise ValueError(f"expected an object, found {type(value).__name__}")
    messages = to_messages(value)
    turns = [(message["role"], message["content"]) for message in messages]
    language = value.get("language")
    return {
        "id": content_id(turns),
        "response_id": response_id(turns),
        "messages": messages,
        "language": language if isinstance(language, str) else "und",
        "origin": _origin(value, kind, source),
        "parents": _texts(value.get("parents")),
        "made_by": value.get("made_by") if isinstance(value.get("made_by"), dict) else None,
        "labels": {"type": _text(value.get("instruction_type")), "risk": _texts(value.get("special_tag")), "flags": []},
        "scores": [],
    }


def _origin(value: Mapping[str, Any], kind: str, source: str) -> list[dict[str, Any]]:
    given = value.get("origin")
    if isinstance(given, list) and given and isinstance(given[0], dict):
        return [{key: _text(place.get(key)) for key in ("kind", "source", "url", "author", "license", "collected_at")}
                for place in given]
    return [{"kind": kind, "source": _text(value.get("source")) or source, "url": _text(value.get("url")), "author": None,
             "license": _text(value.get("license")), "collected_at": None}]


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value] if value else []
    return [item for item in value if isinstance(item, str)] if isinstance(value, list | tuple) else []
