"""The trainer's verbs, by name: each lives in its own module, which imports nothing heavy until it runs."""

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from instructwild_trainer.config import spelled

STAGES = {
    "sft": "instructwild_trainer.sft:sft",
    "reward": "instructwild_trainer.reward.command:reward",
    "ppo": "instructwild_trainer.ppo.command:ppo",
}
"""The sub-commands of `train`, in the order of the chain."""

VERBS = {
    "export": "instructwild_trainer.export.command:export",
    "serve": "instructwild_trainer.serve.command:serve",
    "chat": "instructwild_trainer.chat.command:chat",
    "evaluate": "instructwild_trainer.evaluate.command:evaluate",
}


class Stages(TyperGroup):
    """Sub-commands found by name."""

    def list_commands(self, ctx: Any) -> list[str]:
        """In the order of the chain."""
        return list(STAGES)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Import one sub-command."""
        if cmd_name not in STAGES:
            return None
        app = typer.Typer(add_completion=False)
        app.command(cmd_name, context_settings={"token_normalize_func": spelled})(_found(STAGES[cmd_name]))
        made = get_command(app)
        made.name = cmd_name
        return made


train = typer.Typer(cls=Stages, no_args_is_help=True, add_completion=False)


@train.callback()
def _train() -> None:
    """Train a model: sft, then reward, then ppo; each builds on the one before and says what it takes over."""


def _found(place: str) -> Any:
    module, _, attribute = place.partition(":")
    return getattr(import_module(module), attribute)


def __getattr__(name: str) -> Any:
    if name in VERBS:
        return _found(VERBS[name])
    raise AttributeError(name)
