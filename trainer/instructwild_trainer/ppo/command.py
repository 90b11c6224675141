"""`instructwild train ppo`: the options, the stage folder, and what is shown while it runs."""

from typing import Annotated, Any

import typer

from instructwild.console.options import Columns, DryRun, Encoding, Force, Json, Out, announce
from instructwild_trainer.begin import Config
from instructwild_trainer.command_options import command
from instructwild_trainer.config import columns_in
from instructwild_trainer.ppo.config import PPOOptions


@command(PPOOptions)
def ppo(prompts: Annotated[list[str], typer.Argument(help="Prompts: stage folders or plain files.", show_default=False)],
        out: Out,
        typed: dict[str, Any],
        reward: Annotated[str | None, typer.Option("--reward", help="A reward stage trained on --model.")] = None,
        reward_func: Annotated[list[str] | None, typer.Option(
            "--reward-func", help="FILE.py:NAME, a reward function in the form of TRL's GRPO; several add up, and add to "
            "--reward.")] = None,
        ptx: Annotated[list[str] | None, typer.Option("--ptx", help="Answered rows for the PTX loss.")] = None,
        config: Config = None,
        force: Force = False, as_json: Json = False, dry_run: DryRun = False, columns: Columns = None,
        encoding: Encoding = None) -> None:
    """Train a policy with PPO and PTX: one frozen base, policy, value and reward as adapters on it.

    An update samples a response to each of its prompts, has them scored, and takes several epochs of optimiser steps on
    policy loss + vf_coef · value loss + ptx_coef · PTX loss. Started again, it goes on where it stopped.
    """
    from instructwild.read.names import parse_map
    from instructwild_trainer.ppo.stage import PPORun, run
    from instructwild_trainer.preview import Preview

    previews: list[Preview] = []
    made = run(PPORun(prompts=prompts, out=out, reward=reward, reward_functions=reward_func or [],
                      ptx=ptx or [], config=config, overrides=typed, force=force, encoding=encoding, dry_run=dry_run,
                      columns=parse_map(columns) if columns else columns_in(config, "ppo"),
                      on_preview=previews.append if as_json else None))
    if made is not None:
        announce(made, as_json)
    for shown in previews:
        print(shown.to_json())


