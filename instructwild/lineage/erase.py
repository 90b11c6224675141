"""Erasing from files of every kind the toolkit writes, each rewritten aside and renamed; and searching them."""

import csv
import gzip
import html
import io
import json
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import polars as pl

from instructwild.lineage.gone import Gone, squeezed
from instructwild.read.zst import unpacked
from instructwild.stage.atomic import atomic_path, write_atomic
from instructwild.stage.frames import DROPPED

WEIGHTS = {".safetensors", ".gguf", ".bin", ".pt", ".pth", ".onnx", ".npy", ".npz"}
GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
PASSED_BY = {".git", ".venv", "node_modules", "__pycache__"}


def files(root: Path) -> Iterator[Path]:
    """Every file under a root but version control, environments and weights; hidden ones included."""
    for place, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in PASSED_BY)
        for name in sorted(names):
            path = Path(place) / name
            if path.suffix not in WEIGHTS and not path.is_symlink():
                yield path


def _head(path: Path) -> bytes:
    with path.open("rb") as handle:
        return handle.read(16)


def kind_of(path: Path) -> str:
    """What a file is, by its first bytes and then by its ending."""
    head = _head(path)
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(b"SQLite format 3\x00"):
        return "sqlite"
    packed = head.startswith((GZIP, ZSTD))
    endings = [suffix.lower() for suffix in path.suffixes if suffix.lower() not in (".gz", ".zst")]
    ending = endings[-1] if endings else ""
    known = {".jsonl": "lines", ".ndjson": "lines", ".json": "json", ".csv": "table", ".tsv": "table", ".html": "page"}
    return known.get(ending, "packed" if packed else "text")


def holds(path: Path, what: Gone) -> bool:
    """Whether anything of it stands in the file."""
    kind = kind_of(path)
    if kind == "parquet":
        return any(what.among(_row_texts(pl.read_parquet(path))))
    if kind == "sqlite":
        return any(what.in_value(row) for _, row in _sqlite_rows(path))
    text = _read(path)
    if text is None:
        raw = path.read_bytes()
        return any(pattern.encode() in raw for pattern in what.patterns)
    if kind == "page":
        return what.begun_in(text) or what.begun_in(html.unescape(re.sub(r"<[^>]*>", "", text)))
    return what.within(text)


def erase(path: Path, what: Gone) -> bool:
    """Take everything of it out of the file; whether there was anything."""
    kind = kind_of(path)
    if kind == "parquet":
        return _erase_parquet(path, what)
    if kind == "sqlite":
        return _erase_sqlite(path, what)
    if not holds(path, what):
        return False
    text = _read(path)
    if text is None:
        return False
    rewrite = {"lines": _lines, "json": _whole_json, "table": _table}.get(kind, lambda said, what, path: what.redacted(said))
    try:
        changed = rewrite(text, what, path)
    except (ValueError, csv.Error):
        changed = what.redacted(text)
    _write(path, what.redacted(changed) if what.within(changed) else changed)
    return True


def _read(path: Path) -> str | None:
    """The text of a file, packed or not; None where it is no text."""
    try:
        if _head(path).startswith(GZIP):
            return gzip.decompress(path.read_bytes()).decode()
        if _head(path).startswith(ZSTD):
            with unpacked(path.open("rb")) as handle:
                return handle.read().decode()
        return path.read_bytes().decode()
    except (UnicodeDecodeError, OSError, EOFError):
        return None


def _write(path: Path, text: str) -> None:
    raw = text.encode()
    if _head(path).startswith(GZIP):
        raw = gzip.compress(raw)
    elif _head(path).startswith(ZSTD):
        import zstandard

        raw = zstandard.compress(raw)
    write_atomic(path, raw)


def _lines(text: str, what: Gone, path: Path) -> str:
    lines = text.splitlines(keepends=True)
    hits = what.among([squeezed(line) for line in lines])
    return "".join(line for line, hit in zip(lines, hits, strict=True) if not hit)


def _whole_json(text: str, what: Gone, path: Path) -> str:
    return json.dumps(what.without(json.loads(text)), ensure_ascii=False, indent=2) + "\n"


def _table(text: str, what: Gone, path: Path) -> str:
    separator = "\t" if ".tsv" in path.name.lower() else ","
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=separator).writerows(row for row in rows if not what.in_value(row))
    return out.getvalue()


def _row_texts(frame: pl.DataFrame) -> list[str]:
    """Each row as one text."""
    if not frame.columns or frame.is_empty():
        return []
    return [squeezed(text) for text in frame.select(pl.struct(pl.all()).struct.json_encode())
            .to_series().to_list()]


def to_go(frame: pl.DataFrame, what: Gone) -> list[bool]:
    """For each row whether it is, was made from, or quotes what is to be forgotten."""
    hits = what.among(_row_texts(frame))
    for place, row in enumerate(frame.iter_rows(named=True)) if what.whole else ():
        hits[place] = hits[place] or bool(set(_fields(row)) & what.exact)
    return hits


def _fields(row: dict[str, Any]) -> Iterator[str]:
    """The prompts of a row, whole: an answer of few words is nobody's own."""
    for message in row.get("messages") or ():
        if isinstance(message, dict) and message.get("role") == "user":
            yield (message.get("content") or "").strip()


def _erase_parquet(path: Path, what: Gone) -> bool:
    frame = pl.read_parquet(path)
    if set(frame.columns) == set(DROPPED.names()):
        rewritten = erased_drops(frame, what)
    else:
        hits = to_go(frame, what)
        rewritten = frame.filter(pl.Series([not hit for hit in hits], dtype=pl.Boolean)) if any(hits) else frame
    if rewritten.equals(frame):
        return False
    with atomic_path(path) as temporary:
        rewritten.write_parquet(temporary)
    return True


def erased_drops(frame: pl.DataFrame, what: Gone) -> pl.DataFrame:
    """Dropped rows without those to be forgotten; where only the evidence names them, the evidence goes."""
    own = frame.select("id", row=pl.col("row").fill_null(""))
    hits = [hit or one in what.ids or _held_exactly(row, what)
            for hit, (one, row) in zip(what.among([squeezed(row) for row in own["row"]]), own.iter_rows(), strict=True)]
    left = frame.filter(pl.Series([not hit for hit in hits], dtype=pl.Boolean))
    named = pl.Series(what.among([squeezed(text) for text in left["evidence"].fill_null("")]), dtype=pl.Boolean)
    return left.with_columns(evidence=pl.when(named).then(pl.lit('"forgotten"')).otherwise(pl.col("evidence"))) \
        if named.any() else left


def _held_exactly(row: str, what: Gone) -> bool:
    if not what.whole:
        return False
    try:
        held = json.loads(row)
    except ValueError:
        return False
    return isinstance(held, dict) and bool(set(_fields(held)) & what.exact)


def _sqlite_rows(path: Path) -> Iterator[tuple[tuple[str, int], list[Any]]]:
    """((table, rowid), values) of every row of every table that has row ids."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as base:
        base.text_factory = lambda raw: raw.decode("utf-8", "replace")
        for table in _tables(base):
            for rowid, *values in base.execute(f"SELECT rowid, * FROM {_quoted(table)}"):
                yield (table, rowid), [value.decode("utf-8", "replace") if isinstance(value, bytes) else value
                                       for value in values]


def _tables(base: sqlite3.Connection) -> list[str]:
    named = base.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' "
                         "AND sql NOT LIKE '%WITHOUT ROWID%' AND sql NOT LIKE 'CREATE VIRTUAL%'")
    return [name for (name,) in named]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _erase_sqlite(path: Path, what: Gone) -> bool:
    doomed = [place for place, row in _sqlite_rows(path) if what.in_value(row)]
    if not doomed:
        return False
    with closing(sqlite3.connect(path)) as base:
        base.execute("PRAGMA secure_delete = ON")
        for table, rowid in doomed:
            base.execute(f"DELETE FROM {_quoted(table)} WHERE rowid = ?", (rowid,))
        base.commit()
        base.execute("VACUUM")
        base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return True
