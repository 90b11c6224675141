"""The texts in a JSON value; in calls of tools those of the arguments too, which are JSON within a text."""

import json
from collections.abc import Iterator
from typing import Any


def texts_in(value: Any, *, arguments: bool = False) -> Iterator[str]:
    """The texts in a JSON value but its keys, in their order.

    Args:
        value: what `json.loads` gave.
        arguments: look into texts that are JSON themselves.
    """
    if isinstance(value, str):
        inner = _inner(value) if arguments else None
        if inner is None:
            yield value
        else:
            yield from texts_in(inner)
    elif isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from texts_in(item, arguments=arguments)


def with_texts(value: Any, texts: Iterator[str | None], *, arguments: bool = False) -> Any:
    """The JSON value with its texts replaced, in the order of `texts_in`; unchanged inner JSON keeps its form."""
    if isinstance(value, str):
        inner = _inner(value) if arguments else None
        if inner is None:
            return next(texts)
        changed = with_texts(inner, texts)
        return value if changed == inner else json.dumps(changed, ensure_ascii=False)
    if isinstance(value, list):
        return [with_texts(item, texts, arguments=arguments) for item in value]
    if isinstance(value, dict):
        return {key: with_texts(item, texts, arguments=arguments) for key, item in value.items()}
    return value


def _inner(text: str) -> Any:
    """The object or list that a text is the JSON of, or None."""
    if text[:1] not in ("{", "["):
        return None
    try:
        inner = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return inner if isinstance(inner, dict | list) else None
