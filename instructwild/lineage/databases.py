"""SQLite databases, only read: all their rows, whatever the encoding."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from instructwild.lineage.packed import stream_opener


def connected(path: Path) -> sqlite3.Connection:
    """A database that is only read; text that is not UTF-8 is shown as far as it goes."""
    base = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    base.text_factory = decoded
    return base


def decoded(raw: bytes) -> str:
    """Text of a database, as far as it is UTF-8."""
    return raw.decode("utf-8", "replace")


def sqlite_rows(base: sqlite3.Connection,
                packed: list[bytes] | None = None) -> Iterator[tuple[tuple[str, int | None], list[Any]]]:
    """((table, rowid), values) of every row of every ordinary table; rowid is None in tables without row ids.

    Args:
        base: the database.
        packed: gets the values that are archives or packed, which tell nothing as text.
    """
    tables = base.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' "
                          "AND sql NOT LIKE 'CREATE VIRTUAL%'").fetchall()
    for table, sql in tables:
        without = "WITHOUT ROWID" in sql.upper()
        for rowid, *values in base.execute(f"SELECT {'NULL' if without else 'rowid'}, * FROM {quoted(table)}"):
            if packed is not None:
                packed += [value for value in values if isinstance(value, bytes)
                           and (stream_opener(value[:8]) or value.startswith(b"PK\x03\x04"))]
            yield (table, rowid), [decoded(value) if isinstance(value, bytes) else value for value in values]


def quoted(name: str) -> str:
    """A name as SQL quotes it."""
    return '"' + name.replace('"', '""') + '"'
