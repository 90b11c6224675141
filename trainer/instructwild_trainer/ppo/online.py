"""`instructwild train grpo` and `train rloo`: TRL's trainers on the prompts and scores of `train ppo`."""

import inspect
from collections.abc import Callable
from typing import Any

from instructwild_trainer.ppo.command import ppo


def _verb(algorithm: str, summary: str) -> Callable[..., None]:
    """`train ppo` with its algorithm chosen, and no option to choose another."""
    def called(**values: Any) -> None:
        ppo(**values, algorithm=algorithm)

    parameters = inspect.signature(ppo).parameters.values()
    called.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [parameter for parameter in parameters if parameter.name != "algorithm"])
    called.__name__, called.__doc__, called.__annotations__ = algorithm, summary, {}
    return called


grpo = _verb("grpo", "Train a policy with GRPO: several answers a prompt, each judged against the others.")
rloo = _verb("rloo", "Train a policy with RLOO: several answers a prompt, the others' mean is the baseline.")
