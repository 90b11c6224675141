"""The PPO loop in each process of a run: the first trains in view of the user, the others follow."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from instructwild.console.terminal import console, progress
from instructwild_trainer.fit import CHECKPOINTS
from instructwild_trainer.ppo.actors import Actors
from instructwild_trainer.ppo.callbacks import Listeners
from instructwild_trainer.ppo.config import PPOOptions
from instructwild_trainer.ppo.loop import Outcome, SpecialTokens, Trainer
from instructwild_trainer.ppo.rows import PPORows
from instructwild_trainer.ppo.scores import Score
from instructwild_trainer.ppo.vllm_rollouts import VLLMRollouts
from instructwild_trainer.processes import Processes
from instructwild_trainer.templates import Chat

if TYPE_CHECKING:
    from transformers import TrainerCallback


def trainer_of(actors: Actors, score: Score, rows: PPORows, chat: Chat, options: PPOOptions, scratch: Path,
               processes: Processes, base: Path) -> Trainer:
    """The loop over these rows; `base` is the folder of the model that the policy starts from."""
    vllm = VLLMRollouts(base, options, scratch) if options.engine == "vllm" else None
    return Trainer(actors, [prompt.ids for prompt in rows.prompts], score, options,
                   SpecialTokens(chat.stop_ids, chat.tokenizer.pad_token_id), scratch / CHECKPOINTS,
                   [example for row in rows.ptx for example in row.examples], processes, vllm)


def follow(trainer: Trainer) -> None:
    """The run in all processes but the first: they take part where it measures, trains and saves."""
    console.quiet = False   # from here on each may fail by itself
    with trainer.actors.summon_full_parameters():
        pass
    trainer.train()
    with trainer.actors.summon_full_parameters():
        pass
    trainer.actors.unwrap()


def train_with_progress(trainer: Trainer, reporting: Sequence["TrainerCallback"], out: Path) -> Outcome:
    """Train, or go on from the last checkpoint, with a line for each update; callbacks hear of it too."""
    listeners = Listeners(reporting, trainer, out)
    with progress() as bar:
        task = bar.add_task("ppo", total=trainer.updates, note="")

        def on_update(done: int, total: int, figures: dict[str, float]) -> bool:
            line = (f"reward {figures['reward']:+.3f}  KL {figures['kl']:.2f}  entropy {figures['entropy']:.2f}  length "
                    f"{figures['length']:.0f}  ends {figures['ended']:.0%}  clipped {figures['policy_clipped']:.1%} "
                    f"(values {figures['value_clipped']:.1%})  "
                    f"gradients {figures['policy_grad']:.2g}"
                    + (f" + ptx {figures['ptx_grad']:.2g}" if "ptx_grad" in figures else "")
                    + f"  {figures['tokens_per_second']:.0f} tokens/s")
            bar.update(task, completed=done, note="")
            console.print(f"{done:>4}/{total}  {line}", highlight=False)
            return listeners.updated(done, figures)

        trainer.on_update = on_update
        if resumed := trainer.restore():
            console.print(f"resuming after update {resumed}", highlight=False)
            bar.update(task, completed=resumed, before=resumed)
        listeners.begin(resumed)
        outcome = trainer.train()
        listeners.end()
        return outcome
