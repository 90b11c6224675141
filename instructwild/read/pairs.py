"""The two sides of a preference pair: single answers, or whole conversations that share all turns but the last."""

from collections.abc import Mapping, Sequence
from typing import Any

from instructwild.read.cells import is_empty, parsed_messages, text_of
from instructwild.read.exports import labelled_turns
from instructwild.read.names import PAIR
from instructwild.read.turns import Turn, answered, turn, turns_from

__all__ = ["PAIR", "shared_turns", "side_turns"]


def side_turns(value: Any, name: str) -> list[Turn]:
    """The turns of one side: an answer as text or message, a list of messages, or a text whose turns are labelled.

    Raises:
        ValueError: it is empty, or holds what is no message; `name` says which side.
        LeftOut: it holds media.
    """
    value = parsed_messages(value)
    if is_empty(value):
        raise ValueError(f"{name} is empty")
    if isinstance(value, Mapping):
        value = [value]
    if isinstance(value, Sequence) and not isinstance(value, str):
        turns = [made for number, message in enumerate(value) for made in turns_from(message, number)]
    else:
        text = text_of(value, name) or ""
        turns = labelled_turns(text, answered_too=True) or [turn("assistant", text)]
    turns, _ = answered(turns)
    if not turns:
        raise ValueError(f"{name} is empty")
    return turns


def shared_turns(chosen: Sequence[Turn], rejected: Sequence[Turn]) -> int:
    """How many turns both sides begin with, up to and including the last of a user or a tool."""
    shared = 0
    for better, worse in zip(chosen, rejected, strict=False):
        if better != worse:
            break
        shared += 1
    while shared and chosen[shared - 1]["role"] not in ("user", "tool"):
        shared -= 1
    return shared
