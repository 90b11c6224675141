"""One row of a file as it was read, before its layout is looked at."""

from dataclasses import dataclass
from typing import Any

LONGEST_LINE = 16 * 2**20


@dataclass(frozen=True)
class Line:
    """One row as it stands in a file: its value, or why it has none, and the line it starts on, counted from 1."""

    number: int
    value: Any = None
    problem: str | None = None
