"""One checkable instruction: its kind and arguments, how it is put in both languages, and whether a response meets it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from instructwild.errors import ConfigError
from instructwild.text.quantity import quantity

Verify = Callable[..., bool]


class _Number(int):
    """A number that is written with its noun: `{count:word}` is "1 word", "2 words"."""

    def __format__(self, noun: str) -> str:
        return quantity(int(self), noun) if noun else str(int(self))


@dataclass(frozen=True)
class Verifier:
    """One kind.

    Args:
        verify: whether a response meets it.
        example: arguments to ask with.
        english, chinese: the instruction, with the arguments' names in braces; after a colon, in English, the noun that a
            number counts, in the singular.
    """

    verify: Verify
    example: Mapping[str, Any]
    english: str
    chinese: str

    def instruction(self, language: str, arguments: Mapping[str, Any]) -> str:
        """What is asked, in `zh` or else in English."""
        shown = {name: ", ".join(map(str, value)) if isinstance(value, list) else
                 _Number(value) if isinstance(value, int | float) else value for name, value in arguments.items()}
        return (self.chinese if language.startswith("zh") else self.english).format(**shown)


@dataclass(frozen=True)
class Check:
    """One instruction to check: a kind and its arguments.

    Raises:
        ConfigError: there is no such kind, or it takes other arguments.
    """

    kind: str
    arguments: Mapping[str, Any]

    def __post_init__(self) -> None:
        if self.kind not in VERIFIERS:
            raise ConfigError(f"{self.kind!r} is no kind of checkable instruction", where="checks",
                              remedy=f"use one of {', '.join(sorted(VERIFIERS))}")
        expected = VERIFIERS[self.kind].example
        remedy = f'write {{"kind": "{self.kind}", {json.dumps(dict(expected), ensure_ascii=False)[1:-1]}}}'
        if set(self.arguments) != set(expected):
            raise ConfigError(f"{self.kind} takes {', '.join(expected) or 'no arguments'}, not "
                              f"{', '.join(self.arguments) or 'none'}", where="checks", remedy=remedy)
        for name, value in self.arguments.items():
            if not _like(value, expected[name]):
                raise ConfigError(f"{name} of {self.kind} is {value!r}, which is no {_NAMES[type(expected[name])]}",
                                  where="checks", remedy=remedy)


VERIFIERS: dict[str, Verifier] = {}


def verifier(english: str, chinese: str, **example: Any) -> Callable[[Verify], Verify]:
    """Enter a function into the table under its own name."""
    def enter(function: Verify) -> Verify:
        VERIFIERS[function.__name__] = Verifier(function, example, english, chinese)
        return function

    return enter


def satisfied(check: Check, response: str) -> bool:
    """Whether a response meets one instruction."""
    return bool(response.strip()) and VERIFIERS[check.kind].verify(response, **check.arguments)


_NAMES = {int: "whole number", str: "text", list: "list of texts"}


def _like(value: Any, example: Any) -> bool:
    if isinstance(example, int):
        return isinstance(value, int | float) and not isinstance(value, bool) and float(value).is_integer()
    if isinstance(example, str):
        return isinstance(value, str)
    return isinstance(value, list | tuple) and all(isinstance(item, str) for item in value)
