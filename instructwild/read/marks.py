"""Marks of good and bad that a row puts on its answer: KTO's `label` and `kto_tag`."""

from collections.abc import Iterable
from typing import Any

KTO = ("label", "kto_tag")
MINUS = ("-1", "-1.0")
GOOD = ("true", "1", "1.0", "good", "desirable", "chosen", "accepted", "preferred", "thumbs_up", "thumbs up", "upvote", "👍",
        "好", "优")
BAD = ("false", "0", "0.0", *MINUS, "bad", "undesirable", "rejected", "dispreferred", "thumbs_down", "thumbs down",
       "downvote", "👎", "坏", "差")
"""Words of preferences only: yes and no, positive and negative are classes of other kinds as often."""


def is_good(value: Any) -> bool | None:
    """Whether a mark says good or bad: true and false, 1 and 0 or -1, also as text, or a word; None where it is no mark."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value == 1 if value in (-1, 0, 1) else None
    text = value.strip().lower() if isinstance(value, str) else ""
    return True if text in GOOD else False if text in BAD else None


def are_classes(values: Iterable[Any]) -> bool:
    """Whether the values of a column `label` are classes of some other kind: any is neither good nor bad, or 0 beside -1."""
    texts = {str(value).strip().lower() for value in values if value is not None and value != ""}
    return any(is_good(text) is None for text in texts) or (bool(texts.intersection(MINUS)) and bool(texts & {"0", "0.0"}))
