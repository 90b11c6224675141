"""`instructwild train grpo` and `train rloo`: TRL's trainers on the prompts and scores of `train ppo`."""

import inspect
from collections.abc import Callable
from typing import Any

from instructwild_trainer.ppo.command import ppo

PPO_ONLY = ("algorithm", "kl_target", "kl_horizon", "gamma", "lam", "cliprange_value", "vf_coef", "ptx_coef",
            "ptx_batch_size", "whiten_rewards", "whiten_advantages", "value_trunk", "value_init", "value_layers", "kl_stop",
            "entropy_stop", "endless_stop", "use_peft")
"""Options that TRL's trainers have no use for."""


def _verb(algorithm: str, summary: str) -> Callable[..., None]:
    """`train ppo` with its algorithm chosen, and only the options that it has a use for."""
    def called(**values: Any) -> None:
        ppo(**values, algorithm=algorithm)

    called.__dict__.update(ppo.__dict__)    # the old spellings it takes
    parameters = inspect.signature(ppo).parameters.values()
    called.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [parameter for parameter in parameters if parameter.name not in PPO_ONLY])
    called.__name__, called.__doc__, called.__annotations__ = algorithm, summary, {}
    return called


grpo = _verb("grpo", "Train a policy with GRPO: several answers a prompt, each judged against the others.")
rloo = _verb("rloo", "Train a policy with RLOO: several answers a prompt, the others' mean is the baseline.")
