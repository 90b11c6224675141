"""JSON whose objects name no key twice with different values: a parser keeps the last of them, and the others are lost."""

import json
from collections.abc import Iterator
from typing import Any

from pydantic_core import from_json

SPACED = (b" :", b"\t:", b"\r:", b"\n:")
"""A key may be parted from its colon by these."""


class RepeatedKeyError(ValueError):
    """An object names a key twice, with different values."""


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object of some keys and values (`object_pairs_hook`); a key that comes again with the same value is no fault.

    Raises:
        RepeatedKeyError: a key comes twice with different values; the message names it.
    """
    made = dict(pairs)
    if len(made) < len(pairs):
        for key, value in pairs:
            if made[key] != value or isinstance(made[key], bool) != isinstance(value, bool):
                raise RepeatedKeyError(f"an object names the key {key!r} twice, with different values")
    return made


DECODER = json.JSONDecoder(object_pairs_hook=unique)


def quick_value(line: bytes) -> Any:
    """The value of a line in UTF-8, by pydantic's parser, which is several times quicker than Python's own.

    It keeps the last value of a repeated key. Every key ends in `":`, so an object has no repeated keys where the line holds
    no more of these than the value has keys; else Python's parser looks closer.

    Raises:
        ValueError: pydantic's parser does not take it.
        RepeatedKeyError: as `unique`.
        RecursionError: it is nested too deeply.
    """
    value = from_json(line)
    if line.count(b'":') > sum(map(len, objects_within(value))) or any(space in line for space in SPACED):
        return DECODER.decode(line.decode())
    return value


REPEATED = "\0repeated"
"""The key under which `noted` puts what is to be said of an object."""


def noted(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An `object_pairs_hook` that goes on: an object that names a key twice has the last value, and says so itself."""
    try:
        return unique(pairs)
    except RepeatedKeyError as error:
        return {**dict(pairs), REPEATED: str(error)}


def objects_within(value: Any) -> Iterator[dict[str, Any]]:
    """The objects of a value, itself and those at any depth."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            yield item
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
