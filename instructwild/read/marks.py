"""Marks of good and bad on an answer, by its row (KTO's `label` and `kto_tag`, and what others call them) or its message."""

from collections.abc import Iterable, Mapping
from typing import Any

IN_WORDS = ("preference", "feedback", "user_feedback", "vote", "thumbs")
"""Columns that are a mark only where they say so in words: a number there compares two answers, or counts."""
KTO = ("label", "kto_tag", "is_desirable", "is_safe", *IN_WORDS)
"""Names of the mark: TRL's and most others', LLaMA-Factory's, turbo-alignment's, BeaverTails', NeMo-Aligner's, and what
applications call the thumb up or down of a user."""
MINUS = ("-1", "-1.0")
RATING_OBJECTS = ("feedback", "annotation")
RATED_BAD = (*MINUS, "thumbsdown", "thumbs_down", "thumbs down", "dislike", "bad", "👎")
GOOD = ("true", "1", "1.0", "good", "desirable", "chosen", "accepted", "preferred", "thumbs_up", "thumbs up", "thumbsup",
        "upvote", "like", "👍", "好", "优", "选中", "优选", "赞", "点赞", "喜欢", "好评")
BAD = ("false", "0", "0.0", *MINUS, "bad", "undesirable", "rejected", "dispreferred", "thumbs_down", "thumbs down",
       "thumbsdown", "downvote", "dislike", "👎", "坏", "差", "落选", "拒绝", "踩", "点踩", "不喜欢", "差评")
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
        good = is_good(row[name]) if name in row and (name not in IN_WORDS or _is_word(row[name])) else None
        if good is not None:
            return name, good
    for name in RATING_OBJECTS:
        if isinstance(row.get(name), Mapping) and is_rated_bad({name: row[name]}):
            return name, False
    if is_rating(row) and (good := is_good(row["data"]["rating"])) is not None:
        return "data", good
    return None


def _is_word(value: Any) -> bool:
    return isinstance(value, str) and not any(letter.isdigit() for letter in value)


def is_rating(row: Mapping[str, Any]) -> bool:
    """Whether a row is a rating that Open WebUI exports."""
    return isinstance(row.get("snapshot"), Mapping) and isinstance(row.get("data"), Mapping) and "rating" in row["data"]


def is_rated_bad(message: Mapping[str, Any]) -> bool:
    """Whether a person rated a message as bad: Open WebUI's `annotation`, LibreChat's `feedback`, a `score` of -1."""
    ratings = [message.get(name) for name in ("score", "rating")]
    ratings += [within["rating"] for name in RATING_OBJECTS
                if isinstance(within := message.get(name), Mapping) and "rating" in within]
    return any(not isinstance(rating, bool) and str(rating).strip().lower() in RATED_BAD for rating in ratings)


def is_context_only(message: Mapping[str, Any]) -> bool:
    """Whether a message is not to be learned, only read: rated as bad, or marked so.

    Marked by OpenAI's `weight` 0, axolotl's `train` or `training`, ms-swift's `loss`, and `trainable`, which are false.
    """
    weight = message.get("weight")
    return (weight == 0 and weight is not False) or is_rated_bad(message) or any(
        message.get(name) is False for name in ("train", "training", "trainable", "loss"))


def are_classes(values: Iterable[Any]) -> bool:
    """Whether the values of a column `label` are classes of some other kind: any is neither good nor bad, or 0 beside -1."""
    texts = {str(value).strip().lower() for value in values if value is not None and value != ""}
    return any(is_good(text) is None for text in texts) or (bool(texts.intersection(MINUS)) and bool(texts & {"0", "0.0"}))
