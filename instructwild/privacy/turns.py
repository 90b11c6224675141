"""All that turns and candidates say, thoughts, arguments of tool calls and a candidate's own turns with it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from instructwild.privacy.json_texts import texts_in, with_texts
from instructwild.schema.columns import compact

SAID = ("content", "text", "reasoning_content")
JSON_FIELDS = ("tool_calls", "turns")
FIELDS = ("content", "reasoning_content", "tool_calls")
"""What of a turn holds text; a candidate has `text` in place of a content."""


def texts_of(turns: Sequence[Mapping[str, Any]]) -> list[tuple[str, str | None]]:
    """(role, text) of all that is said; what has no role is an assistant's."""
    spoken = [(turn.get("role", "assistant"), turn[field]) for turn in turns for field in SAID if field in turn]
    return spoken + [("assistant", text) for name in JSON_FIELDS for text in texts_in(_json(turns, name), arguments=True)]


def with_texts_of(turns: Sequence[Mapping[str, Any]], texts: Iterator[str | None]) -> list[dict[str, Any]]:
    """The turns with other texts, in the order of `texts_of`; what was null or empty stays so."""
    changed = [dict(turn) for turn in turns]
    for turn in changed:
        for field in (field for field in SAID if field in turn):
            text = next(texts)
            turn[field] = text if turn[field] else turn[field]
    for name in JSON_FIELDS:
        values = _json(turns, name)
        for turn, before, after in zip(changed, values, with_texts(values, texts, arguments=True), strict=True):
            if before != after:
                turn[name] = compact(after)
    return changed


def _json(turns: Sequence[Mapping[str, Any]], name: str) -> list[Any]:
    return [json.loads(turn.get(name) or "null") for turn in turns]
