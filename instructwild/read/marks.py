"""Marks of good and bad that a row puts on its answer: KTO's `label` and `kto_tag`, and what others call them."""

from collections.abc import Iterable, Mapping
from typing import Any

KTO = ("label", "kto_tag", "is_desirable", "is_safe", "preference")
"""Names of the mark: TRL's and most others', LLaMA-Factory's, turbo-alignment's, BeaverTails', NeMo-Aligner's."""
IN_WORDS = ("preference",)
"""Columns that are a mark only where they say so in words: a number there compares two answers."""
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


def mark_of(row: Mapping[str, Any]) -> tuple[str, bool] | None:
    """The column that marks the answer of a row, and whether as good; None where none does."""
    for name in KTO:
        good = is_good(row[name]) if name in row and (name not in IN_WORDS or isinstance(row[name], str)) else None
        if good is not None:
            return name, good
    return None


def are_classes(values: Iterable[Any]) -> bool:
    """Whether the values of a column `label` are classes of some other kind: any is neither good nor bad, or 0 beside -1."""
    texts = {str(value).strip().lower() for value in values if value is not None and value != ""}
    return any(is_good(text) is None for text in texts) or (bool(texts.intersection(MINUS)) and bool(texts & {"0", "0.0"}))
