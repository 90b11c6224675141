"""Marks of good and bad that a row puts on its answer: KTO's `label` and `kto_tag`."""

from collections.abc import Iterable
from typing import Any

KTO = ("label", "kto_tag")
GOOD, BAD = ("true", "1", "1.0"), ("false", "0", "0.0")


def is_good(value: Any) -> bool | None:
    """Whether a mark says good or bad: true and false, 1 and 0, also as text; None where it is no such mark."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return bool(value) if value in (0, 1) else None
    text = value.strip().lower() if isinstance(value, str) else ""
    return True if text in GOOD else False if text in BAD else None


def are_classes(values: Iterable[Any]) -> bool:
    """Whether the values of a column `label` are classes of some other kind: any of them is neither good nor bad."""
    return any(value is not None and value != "" and is_good(value) is None for value in values)
