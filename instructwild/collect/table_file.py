"""Tables in an export: CSV and TSV, wherever the file lies."""

from collections.abc import Iterator

from instructwild.collect.export import Member
from instructwild.read.line import Line
from instructwild.read.tables import table_rows


def is_table(member: Member) -> bool:
    """Whether a file of an export is CSV or TSV, by its name."""
    name = member.name.lower().removesuffix(".gz").removesuffix(".zst")
    return name.endswith((".csv", ".tsv"))


def table_items(member: Member, encoding: str | None = None) -> Iterator[tuple[str, Line]]:
    """The rows of a table, each with where it stands (`FILE:LINE`).

    Raises:
        InputError: it has no header or no rows, or is in another encoding.
    """
    with member.opened() as handle:
        for line in table_rows(handle, member.where, encoding):
            yield f"{member.name}:{line.number}", line
