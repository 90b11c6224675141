"""JSON whose objects name no key twice with different values: a parser keeps the last of them, and the others are lost."""

import json
import re
from collections.abc import Iterator
from typing import Any

from pydantic_core import from_json

SPACED = re.compile(rb'"[ \t\r\n]+:')


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

    It keeps the last value of a repeated key. Every key is followed by a colon, so a line that has no more colons than the
    value has keys repeats none; neither does one with no more colons that follow a quotation mark, and none a space. Any
    other line is read by Python's parser, which looks at each key.

    Raises:
        ValueError: pydantic's parser does not take it.
        RepeatedKeyError: as `unique`.
        RecursionError: it is nested too deeply.
    """
    value = from_json(line)
    count = _keys(value)
    if line.count(b":") == count or (line.count(b'":') == count and SPACED.search(line) is None):
        return value
    return DECODER.decode(line.decode())


def _keys(value: Any) -> int:
    """How many keys the objects of a value have."""
    is_object = value.__class__ is dict
    if not is_object and value.__class__ is not list:
        return 0
    count = len(value) if is_object else 0
    for item in value.values() if is_object else value:
        if item.__class__ is dict or item.__class__ is list:
            count += _keys(item)
    return count


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
