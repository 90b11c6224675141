"""Turns that stand in pairs of question and answer, or in turn without their roles."""

from collections.abc import Mapping, Sequence
from typing import Any

from instructwild.read.cells import is_empty, optional_text, parsed_list, text_of
from instructwild.read.turns import Turn, turn, turns_from

PAIR_NAMES = (("user", "assistant"), ("human", "assistant"), ("question", "answer"), ("prompt", "response"),
              ("instruction", "output"), ("query", "response"), ("input", "output"), ("user", "bot"), ("human", "bot"),
              ("human", "gpt"), ("human", "ai"), ("q", "a"), ("prompt", "completion"), ("instruction", "response"),
              ("问", "答"), ("问题", "回答"))


def history(value: Any) -> list[Turn]:
    """Earlier turns: pairs as lists or objects, messages, or questions and answers in turn."""
    value = parsed_list(value)
    if is_empty(value) or (isinstance(value, str) and not optional_text(value, "history").strip()):
        return []
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise ValueError("history should hold pairs of [question, answer]")
    if all(isinstance(item, str) for item in value):
        value = [value[at:at + 2] for at in range(0, len(value), 2)]
    turns: list[Turn] = []
    for number, pair in enumerate(value):
        if pair is None:
            continue
        if isinstance(pair, Mapping) and ("role" in pair or "from" in pair):
            turns += turns_from(pair, number)
            continue
        if isinstance(pair, Mapping):
            names = pair_names(pair)
            pair = [pair[name] for name in names] if names else None
        if not isinstance(pair, Sequence) or isinstance(pair, str) or not 1 <= len(pair) <= 2:
            raise ValueError("history should hold pairs of [question, answer]")
        texts = [text_of(item, "history") or "" for item in pair]
        turns += [turn(role, text) for role, text in zip(("user", "assistant"), texts, strict=False)]
    return turns


def pair_names(item: Mapping[str, Any]) -> tuple[str, str] | None:
    """Under which names an object holds a question and its answer."""
    return next((names for names in PAIR_NAMES if {*names} <= {*item}), None)


def in_turn(texts: Sequence[str]) -> list[Turn]:
    """What a user and an assistant said in turn."""
    return [turn("user" if number % 2 == 0 else "assistant", text) for number, text in enumerate(texts)]
