"""SQLite files that spiders write: one table's rows, read without changing the file."""

import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any

from instructwild.collect.export import Member
from instructwild.errors import InputError

MAGIC = b"SQLite format 3\0"


def is_database(member: Member) -> bool:
    """Whether a file of an export is an SQLite database, by how it begins."""
    with member.opened() as handle:
        return handle.read(len(MAGIC)) == MAGIC


def database_rows(member: Member, table: str, order: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The rows of a table in the order of a column, each with where it stands (`FILE#N`).

    Raises:
        InputError: it lies in a zip, is damaged, or has no such table.
    """
    if member.inside or member.name.lower().endswith((".gz", ".zst")):
        raise InputError("is a database in a packed file", where=member.where, remedy="unpack it, and give the file itself")
    try:
        connection = sqlite3.connect(f"{member.path.absolute().as_uri()}?mode=ro", uri=True)
        try:
            connection.row_factory = sqlite3.Row
            rows = connection.execute(f'select * from "{table}" order by "{order}"')
            for number, row in enumerate(rows, start=1):
                yield f"{member.name}#{number}", dict(row)
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise InputError(f"cannot be read as the spider's database ({error})", where=member.where,
                         remedy="have the spider write JSON, and give that file") from None
