"""What a benchmark asks, and when a response is right."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from instructwild_trainer.verifiers.check import Check
from instructwild_trainer.verifiers.echo import own_text
from instructwild_trainer.verifiers.kinds import NUMBER
from instructwild_trainer.verifiers.reward import met

LETTERS = "ABCD"
_STATED = re.compile(r"(?:answer|option|答案|选项?)\s*(?:is|[:：]|是|为)*\s*[(（*]*\s*([A-D])(?![A-Za-z])", re.IGNORECASE)
_OPTION = re.compile(r"[A-D]\. ")
_ALONE = re.compile(r"(?<![A-Za-z])([A-D])(?![A-Za-z])")


@dataclass(frozen=True)
class BenchItem:
    """One question.

    Args:
        id: unique within its task.
        task: the benchmark it belongs to.
        language: en or zh.
        question: as the benchmark has it; what training rows are searched for.
        prompt: what the model is asked.
        max_tokens: of the response.
        expected: the letter or number that is right; empty where `checks` decide.
        checks: the instructions that the response must meet, every one.
        requests: how many the question takes: one for each option where options are scored.
    """

    id: str
    task: str
    language: str
    question: str
    prompt: str
    max_tokens: int
    expected: str = ""
    checks: tuple[Check, ...] = ()
    requests: int = 1

    def score(self, response: str) -> float:
        """1 where the response is right, else 0; what it repeats of the prompt is no answer."""
        if self.checks:
            return float(all(met(self.checks, response, self.prompt)))
        own = own_text(self.prompt, response, _options(self.prompt))
        if self.expected in LETTERS:
            return float(chosen_letter(own) == self.expected)
        return float(last_number(own) == normal_number(self.expected))


def _options(prompt: str) -> list[str]:
    """The options of a prompt, one of which is an answer as it stands there."""
    return [line for line in prompt.splitlines() if _OPTION.match(line)]


@dataclass(frozen=True)
class Measured:
    """One model's scores and responses by item, what went wrong with the others, and how each task was measured."""

    name: str
    scores: dict[str, float]
    responses: dict[str, str]
    lost: dict[str, str]
    tasks: dict[str, dict[str, Any]] = field(default_factory=dict)


def chosen_letter(response: str) -> str | None:
    """The option that a response names: after a word for answer, else the first letter that stands alone.

    >>> chosen_letter("答案是B。"), chosen_letter("C. because A is wrong"), chosen_letter("Because.")
    ('B', 'C', None)
    """
    stated = _STATED.findall(response)
    if stated:
        return str(stated[-1]).upper()
    alone = _ALONE.search(response)
    return alone[1] if alone else None


def last_number(response: str) -> str | None:
    """The last number of a response, or the one after `####`.

    >>> last_number("so 1,000 + 8 = $1,008.00."), last_number("#### 5 (of 7)"), last_number("none")
    ('1008', '5', None)
    """
    _, marked, after = response.rpartition("####")
    numbers = NUMBER.findall(after) if marked else NUMBER.findall(response)
    return normal_number(numbers[0] if marked and numbers else numbers[-1]) if numbers else None


def normal_number(text: str) -> str:
    """A number without thousands' commas, sign of plus and zeros after the point."""
    plain = text.replace(",", "").strip().lstrip("+")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def tasks_of(items: Sequence[BenchItem]) -> list[str]:
    """The tasks in order, each once."""
    return list(dict.fromkeys(item.task for item in items))
