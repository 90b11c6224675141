"""One row of a file as it was read, before its layout is looked at."""

from typing import Any, NamedTuple

LONGEST_LINE = 16 * 2**20


class Line(NamedTuple):
    """One row as it stands in a file: its value, or why it has none, and the line it starts on, counted from 1."""

    number: int
    value: Any = None
    problem: str | None = None
