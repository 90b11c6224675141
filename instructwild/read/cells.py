"""What a cell of a table means as text: numbers and booleans are text, NaN and empty lists are absent."""

import ast
import json
import math
import re
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from instructwild.read.unique_keys import DECODER

OBJECTS_APART = re.compile(r"\}\s*\n\s*\{")
ABSENT = ("nan", "NaN", "NAN", "-nan", "None", "null", "NULL", "(null)", "(NULL)", "<NA>", "NaT", "\\N", "#N/A", "#NULL!")
"""What pandas, spreadsheets and databases write for an empty cell: read as nothing in columns that may be empty."""


def text_of(value: Any, name: str) -> str | None:
    """The text of a cell, or None where it is empty.

    Raises:
        ValueError: it is a list or an object that holds something; `name` says which cell.
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, Sequence | Mapping) and not value:
        return None
    if isinstance(value, Mapping | Sequence | bytes):
        raise ValueError(f"{name} should be text, found {type(value).__name__}")
    return str(value)


def optional_text(value: Any, name: str) -> str:
    """The text of a cell that may be empty, and nothing for what stands for an empty cell.

    Raises:
        ValueError: as `text_of`.
    """
    text = text_of(value, name) or ""
    return "" if text.strip() in ABSENT else text


def is_empty(value: Any) -> bool:
    """Whether a cell holds nothing at all: null, NaN, no text, an empty list or object."""
    if value is None or isinstance(value, str):
        return not value
    if isinstance(value, int | float):                  # before the abstract classes, which are slow to ask
        return isinstance(value, float) and math.isnan(value)
    return isinstance(value, Sequence | Mapping) and not len(value)


def parsed(value: Any) -> Any:
    """A list or an object that stands in the cell as JSON text; the value itself otherwise, and where a key is repeated."""
    if isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
        try:
            return DECODER.decode(value)
        except (ValueError, RecursionError):
            return value
    return value


def parsed_list(value: Any) -> Any:
    """As `parsed`; a list is also read as Python writes it."""
    value = parsed(value)
    made = python_value(value) if isinstance(value, str) and value.lstrip().startswith("[") else None
    return made if isinstance(made, list) else value


def python_value(text: str, default: Any = None) -> Any:
    """A value as Python writes it; `default` where it is none."""
    try:
        return ast.literal_eval(python_expression(text))
    except (ValueError, MemoryError, RecursionError, TypeError):
        return default


def python_expression(text: str) -> ast.expr:
    """A text as an expression of Python, without the warnings that escapes in it may give.

    Raises:
        ValueError: it is none.
        MemoryError, RecursionError: it is nested too deeply.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text.strip(), mode="eval").body
        except SyntaxError as error:
            raise ValueError(str(error)) from None


def parsed_messages(value: Any) -> Any:
    """As `parsed`; a list of objects is also read as Python and numpy write it, which is what pandas puts into tables.

    numpy parts the objects by a line break alone. A line break within a text is written as an escape there.
    """
    value = parsed(value)
    if not isinstance(value, str) or not value.lstrip().startswith(("[{'", '[{"', "{'role'", "{'from'")):
        return value
    made = python_value(OBJECTS_APART.sub("},{", value))
    items = made if isinstance(made, list) else [made]
    return made if all(isinstance(item, Mapping) for item in items) else value


def json_text(value: Any) -> str:
    """A value as JSON that any file can hold: NaN as null, a lone surrogate as its escape, dates as text.

    Raises:
        RecursionError: it is nested too deeply.
    """
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str, allow_nan=False)
    except ValueError:
        text = json.dumps(_finite(value), ensure_ascii=False, separators=(",", ":"), default=str)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(json.loads(text), separators=(",", ":"))
    return text


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, list | tuple) else value
