"""The share of a prompt's instructions that a response meets, in the form of TRL's reward functions.

`train grpo` and `train ppo` take it as `--reward-func …/verifiers/reward.py:verified`; rows bring their instructions in the
column `checks`: a list of `{"kind": …, ARGUMENT: …}`, or that as JSON.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from instructwild.errors import InputError
from instructwild_trainer.verifiers.kinds import Check, satisfied


def checks_of(value: Any) -> list[Check]:
    """The instructions in a row's column.

    Raises:
        InputError: it is no list of objects with a `kind`.
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


def share_met(checks: Sequence[Check], response: str) -> float:
    """The share of the instructions that a response meets; 1 where there are none."""
    return sum(satisfied(check, response) for check in checks) / len(checks) if checks else 1.0


def verified(completions: Sequence[Any], checks: Sequence[Any], **_: Any) -> list[float | None]:
    """One number in [0, 1] for each completion; None where its row has no instruction to check.

    Args:
        completions: texts, or lists of messages of which the last is the response.
        checks: the column, one of each completion.
    """
    texts = [item if isinstance(item, str) else item[-1]["content"] for item in completions]
    return [share_met(found, text) if (found := checks_of(value)) else None
            for value, text in zip(checks, texts, strict=True)]
