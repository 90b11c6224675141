"""The share of a prompt's instructions that a response meets, in the form of TRL's reward functions.

`train grpo` and `train ppo` take it as `--reward-func …/verifiers/reward.py:verified`; rows bring their instructions in the
column `checks`: a list of `{"kind": …, ARGUMENT: …}`, or that as JSON.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from instructwild.errors import InputError
from instructwild_trainer.verifiers.check import Check, satisfied
from instructwild_trainer.verifiers.echo import own_text
from instructwild_trainer.verifiers.prompt_parts import Prompt


def checks_of(value: Any) -> list[Check]:
    """The instructions in a row's column.

    Raises:
        InputError: it is no list of objects with a `kind`.
        ConfigError: a kind does not exist, or takes other arguments.
    """
    if value is None:
        return []
    try:
        items = json.loads(value) if isinstance(value, str) else value
    except ValueError as error:
        raise InputError(f"is no JSON ({error})", where="checks", remedy='write [{"kind": "no_commas"}]') from None
    if not isinstance(items, list) or not all(
            isinstance(item, Mapping) and isinstance(item.get("kind"), str) for item in items):
        raise InputError("is no list of objects with a kind", where="checks", remedy='write [{"kind": "no_commas"}]')
    return [Check(item["kind"], {name: argument for name, argument in item.items() if name != "kind"}) for item in items]


def met(checks: Sequence[Check], response: str, prompt: Prompt) -> list[bool]:
    """Of each instruction whether a response meets it, and what is left of the response without the prompt's words too.

    A response is never better for what it repeats: both must meet the instruction, and an empty rest meets nothing.

    Args:
        checks: the instructions.
        response: what was answered.
        prompt: what was asked, as a text or as messages.
    """
    own = own_text(prompt, response, [text for check in checks for text in _texts(check)])
    return [satisfied(check, response) and (own == response or satisfied(check, own)) for check in checks]


def _texts(check: Check) -> Iterator[str]:
    """What an instruction asks for word for word."""
    for argument in check.arguments.values():
        texts = argument if isinstance(argument, list | tuple) else [argument]
        yield from (text for text in texts if isinstance(text, str))


def share_met(checks: Sequence[Check], response: str, prompt: Prompt) -> float:
    """The share of the instructions that a response meets; 1 where there are none."""
    return sum(met(checks, response, prompt)) / len(checks) if checks else 1.0


def verified(prompts: Sequence[Prompt], completions: Sequence[Any], checks: Sequence[Any], **_: Any) -> list[float | None]:
    """One number in [0, 1] for each completion; None where its row has no instruction to check.

    Args:
        prompts: what each completion answers, as texts or as lists of messages: what a completion repeats of it counts
            for nothing (see `own_text`).
        completions: texts, or lists of messages of which the last is the response.
        checks: the column, one of each completion.
    """
    texts = [item if isinstance(item, str) else item[-1]["content"] for item in completions]
    return [share_met(parsed, text, prompt) if (parsed := checks_of(value)) else None
            for prompt, value, text in zip(prompts, checks, texts, strict=True)]
