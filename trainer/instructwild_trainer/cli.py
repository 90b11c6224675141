"""`instructwild train …`: one table of its commands, each imported only when it is called."""

import typer

from instructwild.console.lazy_group import lazy_group
from instructwild_trainer.command_options import with_underscores_as_dashes

COMMANDS = {
    "sft": "instructwild_trainer.sft:sft",
    "reward": "instructwild_trainer.reward.command:reward",
    "dpo": "instructwild_trainer.dpo.command:dpo",
    "kto": "instructwild_trainer.dpo.command:kto",
    "ppo": "instructwild_trainer.ppo.command:ppo",
    "grpo": "instructwild_trainer.ppo.online:grpo",
    "rloo": "instructwild_trainer.ppo.online:rloo",
    "join": "instructwild_trainer.join:join",
}
"""In the order of the chain."""

train = typer.Typer(cls=lazy_group(COMMANDS, token_normalize_func=with_underscores_as_dashes), no_args_is_help=True,
                    add_completion=False, rich_markup_mode=None)


@train.callback()
def _train() -> None:
    """Train a model: sft, then reward and ppo, or dpo, kto, grpo or rloo; each builds on the one before."""
