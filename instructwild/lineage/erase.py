"""Erasing from files of every kind the toolkit writes and from archives, each written anew whole or not at all."""

import csv
import gzip
import io
import json
import os
import shutil
import sqlite3
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import polars as pl

from instructwild.errors import InputError
from instructwild.lineage.databases import connected, quoted, sqlite_rows
from instructwild.lineage.gone import Gone, squeezed
from instructwild.lineage.search import row_texts, search
from instructwild.lineage.text_codec import codec_of_text
from instructwild.read.zst import packed, unpacked
from instructwild.stage.atomic import atomic_path, write_atomic
from instructwild.stage.frames import DROPPED

GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
PASSED_BY = {".git", ".venv", "node_modules", "__pycache__"}
ENVIRONMENT = "pyvenv.cfg"
"""Marks a Python environment whatever its folder is called, such as the one of the embedded Argilla in the cache."""


def unwalked(root: Path) -> Iterator[tuple[Path, str]]:
    """(what under a root `files` does not give, why): links that lead elsewhere, folders that cannot be listed."""
    closed: list[OSError] = []
    inside = root.resolve()
    for folder, folders, names in os.walk(root, onerror=closed.append):
        folders[:] = _entered(folder, folders)
        for name in (*folders, *names):
            path = Path(folder) / name
            if path.is_symlink() and (target := Path(os.path.realpath(path))).exists() \
                    and inside not in (target, *target.parents):
                yield path, f"a link to {target}, which lies outside the root"
    for error in closed:
        yield Path(str(error.filename)), f"cannot be listed ({error.strerror})"


def repositories(root: Path) -> Iterator[Path]:
    """The git repositories under a root, which keep earlier versions of files."""
    for folder, folders, _ in os.walk(root):
        if ".git" in folders:
            yield Path(folder) / ".git"
        folders[:] = [name for name in folders if name not in PASSED_BY]


def _entered(folder: str, folders: list[str]) -> list[str]:
    """The folders that are looked into, in order."""
    return sorted(name for name in folders
                  if name not in PASSED_BY and not os.path.exists(os.path.join(folder, name, ENVIRONMENT)))


def files(root: Path) -> Iterator[Path]:
    """Every file under a root but version control and environments; hidden ones and weights included."""
    for folder, folders, names in os.walk(root):
        folders[:] = _entered(folder, folders)
        for name in sorted(names):
            path = Path(folder) / name
            if not path.is_symlink() and path.is_file():
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
    if head.startswith(b"PK\x03\x04"):
        return "zip"
    packed = head.startswith((GZIP, ZSTD))
    endings = [suffix.lower() for suffix in path.suffixes if suffix.lower() not in (".gz", ".zst")]
    ending = endings[-1] if endings else ""
    known = {".jsonl": "lines", ".ndjson": "lines", ".json": "json", ".csv": "table", ".tsv": "table", ".html": "page"}
    return known.get(ending, "packed" if packed else "text")


def erase(path: Path, what: Gone) -> bool:
    """Take everything of it out of the file; whether there was anything."""
    kind = kind_of(path)
    if kind == "parquet":
        return _erase_parquet(path, what)
    if kind == "sqlite":
        return _erase_sqlite(path, what)
    if kind == "zip":
        return _erase_zip(path, what)
    if not search(path, what).holds:
        return False
    if (decoded := _read(path)) is None:
        return False
    text, codec = decoded
    rewrite = {"lines": _lines, "json": _whole_json, "table": _table}.get(kind, lambda text, what, path: what.redacted(text))
    try:
        changed = rewrite(text, what, path)
    except (ValueError, csv.Error):
        changed = what.redacted(text)
    _write(path, what.redacted(changed) if what.within(changed) else changed, codec)
    return True


def _read(path: Path) -> tuple[str, str] | None:
    """The text of a file, packed or not, and its encoding; None where it is no text."""
    try:
        head = _head(path)
        if head.startswith(GZIP):
            raw = gzip.decompress(path.read_bytes())
        elif head.startswith(ZSTD):
            with unpacked(path.open("rb")) as handle:
                raw = handle.read()
        else:
            raw = path.read_bytes()
        codec = codec_of_text(raw)
        return raw.decode(codec), codec
    except (UnicodeDecodeError, OSError, EOFError):
        return None


def _write(path: Path, text: str, codec: str) -> None:
    raw, head = text.encode(codec, "replace"), _head(path)
    if head.startswith(GZIP):
        raw = gzip.compress(raw)
    elif head.startswith(ZSTD):
        raw = packed(raw)
    write_atomic(path, raw)


def _erase_zip(path: Path, what: Gone) -> bool:
    """Rewrite an archive, member by member; members that cannot be opened stay as they are."""
    if not search(path, what).holds:
        return False
    with atomic_path(path) as temporary, tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(path) as archive, \
            zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as rewritten:
        for number, info in enumerate(archive.infolist()):
            member = Path(folder) / str(number) / (Path(info.filename).name or "folder")
            member.parent.mkdir()
            try:
                member.write_bytes(archive.read(info))
            except (RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error) as error:
                raise InputError(f"cannot be rewritten: its member {info.filename} cannot be opened ({error})",
                                 where=str(path), remedy="take the text out of it yourself, or delete it") from None
            if member.stat().st_size:
                erase(member, what)
            rewritten.writestr(info, member.read_bytes(), compress_type=info.compress_type)
            shutil.rmtree(member.parent)
    return True


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


def to_go(frame: pl.DataFrame, what: Gone) -> list[bool]:
    """For each row whether it is, was made from, or quotes what is to be forgotten."""
    hits = what.among(row_texts(frame))
    for index, row in enumerate(frame.iter_rows(named=True)) if what.whole else ():
        hits[index] = hits[index] or bool(set(_fields(row)) & what.exact)
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
    hits = [hit or identity in what.ids or _held_exactly(row, what)
            for hit, (identity, row) in zip(what.among([squeezed(row) for row in own["row"]]), own.iter_rows(), strict=True)]
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


def _erase_sqlite(path: Path, what: Gone) -> bool:
    """Delete the rows that hold it, and those of other tables that refer to them: a ranking goes with its record."""
    with closing(connected(path)) as base:
        doomed: dict[str, list[tuple[Any, ...]]] = {}
        for (table, rowid), values in sqlite_rows(base):
            if what.in_value(values):
                doomed.setdefault(table, []).append(_key(base, table, rowid, values))
    if not doomed:
        return False
    with closing(sqlite3.connect(path)) as base:
        base.execute("PRAGMA secure_delete = ON")
        for table, keys in doomed.items():
            where = _where(_key_columns(base, table))
            for child, column, parent in _references(base, table):
                query = (f"DELETE FROM {quoted(child)} WHERE {quoted(column)} IN "
                         f"(SELECT {parent} FROM {quoted(table)} {where})")
                base.executemany(query, keys)
            base.executemany(f"DELETE FROM {quoted(table)} {where}", keys)
        base.commit()
        base.execute("VACUUM")
        base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return True


def _key_columns(base: sqlite3.Connection, table: str) -> list[str]:
    """What names a row: its rowid, or the primary key of a table without row ids."""
    [sql] = base.execute("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    if "WITHOUT ROWID" not in sql.upper():
        return ["rowid"]
    columns = base.execute(f"PRAGMA table_info({quoted(table)})").fetchall()
    return [quoted(name) for _, name, _, _, _, key in sorted(columns, key=lambda column: column[5]) if key]


def _key(base: sqlite3.Connection, table: str, rowid: int | None, values: list[Any]) -> tuple[Any, ...]:
    if rowid is not None:
        return (rowid,)
    names = [quoted(name) for _, name, *_ in base.execute(f"PRAGMA table_info({quoted(table)})")]
    return tuple(values[names.index(name)] for name in _key_columns(base, table))


def _where(columns: list[str]) -> str:
    return "WHERE " + " AND ".join(f"{column} = ?" for column in columns)


def _references(base: sqlite3.Connection, table: str) -> list[tuple[str, str, str]]:
    """(table, its column, the column here as SQL) of everything that refers to a table."""
    others = [name for [name] in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return [(other, column, quoted(to) if to else "rowid") for other in others
            for _, _, parent, column, to, *_ in base.execute(f"PRAGMA foreign_key_list({quoted(other)})")
            if parent.lower() == table.lower()]
