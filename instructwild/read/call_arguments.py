"""Arguments and tools as models and chat templates write them: JSON, Python, names with texts as values, XML."""

import json
import re
from collections.abc import Mapping
from typing import Any

from instructwild.read.cells import python_value
from instructwild.text.lazy_pattern import LazyPattern

SPACE = LazyPattern(r"\s*")
STRINGS = ("string", "str", "text", "enum")
BOOLEANS = ("boolean", "bool")
KINDS: Mapping[str, Any] = {
    "integer": int, "int": int, "number": (int, float), "float": (int, float), **dict.fromkeys(BOOLEANS, bool),
    "object": dict, "dict": dict, "array": list, "list": list, "null": type(None)}
XML_TOOL = LazyPattern(r"\s*<function>\s*<name>(.*?)</name>(.*?)</function>", re.DOTALL)
XML_PARAMETER = LazyPattern(r"\s*<parameter>\s*<name>(.*?)</name>(.*?)</parameter>", re.DOTALL)
XML_FIELD = LazyPattern(r"\s*<([\w$-]+)>(.*?)</\1>", re.DOTALL)
XML_PARAMETERS = LazyPattern(r"\s*<parameters>(.*)</parameters>", re.DOTALL)


def value_of(text: str, default: Any = None) -> Any:
    """A value as JSON, or as Python writes it (Hermes' rows hold both); `default` where it is neither."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return python_value(text, default)


def objects_in(text: str) -> list[Any]:
    """JSON objects one after another; none where something else stands among them."""
    decoder, text, at, values = json.JSONDecoder(), text.strip(), 0, list[Any]()
    while at < len(text):
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            return []
        values.append(value)
        at = SPACE.match(text, at).end()  # type: ignore[union-attr]
    return values


def pairs_in(pattern: LazyPattern, text: str) -> dict[str, str]:
    """Names and values one after another.

    Raises:
        ValueError: something else stands among them, or a name comes twice.
    """
    values: dict[str, str] = {}
    text, at = text.rstrip(), 0
    while at < len(text):
        match = pattern.match(text, at)
        if match is None or match.group(1) in values:
            raise ValueError("no arguments")
        values[match.group(1)] = match.groups()[-1]
        at = match.end()
    return values


def typed(texts: Mapping[str, str], schema: Mapping[str, Any] | None) -> dict[str, Any]:
    """Arguments that were written without types, by the types that the schema of the tool names.

    Raises:
        ValueError: a value is not of its type, or has none and may be text as well as something else.
    """
    properties = (schema or {}).get("properties")
    return {name: _of_type(text, properties.get(name) if isinstance(properties, Mapping) else None)
            for name, text in texts.items()}


def _of_type(text: str, schema: Any) -> Any:
    kinds = schema.get("type") if isinstance(schema, Mapping) else None
    kinds = [kinds] if isinstance(kinds, str) else kinds if isinstance(kinds, list) else []
    value = value_of(text, text)
    if not kinds:
        if value is not text:
            raise ValueError(f"{text!r} may be text, and may be something else")
        return text
    others = [kind for kind in kinds if kind not in STRINGS]
    if len(others) < len(kinds) and not (value is None and "null" in others):
        return text
    if not any(isinstance(value, KINDS.get(kind, ())) and not (isinstance(value, bool) and kind not in BOOLEANS)
               for kind in others):
        raise ValueError(f"{text!r} is none of {', '.join(kinds)}")
    return value


def xml_tools(text: str) -> list[Mapping[str, Any]]:
    """The tools that Qwen3-Coder's template writes as XML; none where something else stands among them."""
    tools: list[Mapping[str, Any]] = []
    text, at = text.rstrip(), 0
    try:
        while at < len(text):
            match = XML_TOOL.match(text, at)
            if match is None:
                return []
            tools.append(_xml_tool(match.group(1).strip(), match.group(2)))
            at = match.end()
    except ValueError:
        return []
    return tools


def _xml_tool(name: str, inner: str) -> Mapping[str, Any]:
    parameters = XML_PARAMETERS.search(inner)
    around = inner if parameters is None else inner[:parameters.start()] + inner[parameters.end():]
    schema: dict[str, Any] = {"type": "object", "properties": {}}
    if parameters is not None:
        rest, at = parameters.group(1), 0
        while match := XML_PARAMETER.match(rest, at):
            schema["properties"][match.group(1).strip()] = _xml_fields(match.group(2))
            at = match.end()
        schema |= _xml_fields(rest[at:])
    return {"type": "function", "function": {"name": name, **_xml_fields(around), "parameters": schema}}


def _xml_fields(text: str) -> dict[str, Any]:
    texts = pairs_in(XML_FIELD, text)
    return {name: text if name == "description" else value_of(text, text) for name, text in texts.items()}
