"""A PPO run as a stage folder: what goes in, what is checked before any step, and what is left behind."""

import copy
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from instructwild import stage
from instructwild.console.terminal import console, progress
from instructwild.errors import ConfigError, ModelError
from instructwild.llm.quiet import quiet_imports
from instructwild.read import read
from instructwild_trainer.adapter import Source, load_chat, load_policy, load_reward, save_policy, source_of
from instructwild_trainer.answers import answers
from instructwild_trainer.config import load, plain
from instructwild_trainer.fit import CHECKPOINTS, calm, check_scale, once
from instructwild_trainer.likelihood import held_out_loss
from instructwild_trainer.memory import as_torch, dtype_of
from instructwild_trainer.ppo import checkpoint, report
from instructwild_trainer.ppo.actors import POLICY, Actors
from instructwild_trainer.ppo.algorithms import checked as divides
from instructwild_trainer.ppo.algorithms import train_with_trl
from instructwild_trainer.ppo.callbacks import Listeners, reporters
from instructwild_trainer.ppo.config import PPOOptions
from instructwild_trainer.ppo.loop import Outcome, Trainer, Vocabulary
from instructwild_trainer.ppo.plan import checked, parts_of, tell
from instructwild_trainer.ppo.processes import Processes, processes
from instructwild_trainer.ppo.rows import Rows, prepared
from instructwild_trainer.ppo.scores import (
    FunctionScore,
    ModelScore,
    Prompt,
    Score,
    SeparateModelScore,
    Summed,
    reward_function,
)
from instructwild_trainer.ppo.separate import SeparateActors
from instructwild_trainer.ppo.sharded import ShardedActors, check_even, cut_below_head
from instructwild_trainer.preview import Preview, preview
from instructwild_trainer.processes import device
from instructwild_trainer.templates import Chat

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, TrainerCallback

NOT_OF_THE_RESULT = ("model", "save_steps", "report_to", "trust_remote_code")


@dataclass(frozen=True)
class Asked:
    """What was asked for on the command line."""

    prompts: Sequence[str]
    out: Path
    reward: str | None = None
    reward_functions: Sequence[str] = ()
    ptx: Sequence[str] = ()
    config: str | None = None
    given: Mapping[str, Any] | None = None
    force: bool = False
    encoding: str | None = None
    dry_run: bool = False
    on_preview: Callable[[Preview], None] | None = None
    """Given the preview of a dry run."""
    callbacks: Sequence["TrainerCallback"] = ()
    """From Python: transformers' callbacks, one step an update."""


def run(asked: Asked) -> stage.Stage | None:
    """Train, or go on with training, or find it done.

    Returns:
        The finished stage; None after a dry run, and in every process but the first.

    Raises:
        InstructwildError: see `errors`; each before the first training step.
    """
    quiet_imports()
    with processes() as among, calm():
        return _run(asked, among)


def _run(asked: Asked, among: Processes) -> stage.Stage | None:
    console.quiet = not among.first
    base = source_of(load(PPOOptions, "ppo", asked.config, asked.given).model)
    options = load(PPOOptions, "ppo", asked.config, asked.given, base.inherited)
    if not asked.reward and not asked.reward_functions:
        raise ConfigError("nothing judges the responses", where="--reward",
                          remedy="give --reward STAGE, or --reward-func FILE.py:NAME")
    check_scale(options)
    if options.algorithm != "ppo":
        divides(options)
    if among.world > (options.batch_size if options.algorithm == "ppo" else 1):
        raise ConfigError(f"{among.world} processes for batches of {options.batch_size} with {options.algorithm}",
                          where="torchrun", remedy="start fewer processes; grpo, rloo and dpo run in one")
    if (parts := parts_of(options, among.world)) > 1:
        check_even(options, parts, ptx=bool(asked.ptx))
    reward = source_of(asked.reward) if asked.reward else None
    options = checked(base, options, reward=reward is not None, world=among.world)
    tables = read(asked.prompts, asked.encoding), read(asked.ptx, asked.encoding)
    inputs = [*tables[0].inputs, *tables[1].inputs, base.record, *([reward.record] if reward else []),
              *(stage.input_record(place.rpartition(":")[0]) for place in asked.reward_functions)]
    config = {key: value for key, value in plain(options).items() if key not in NOT_OF_THE_RESULT}
    config["reward_functions"] = [Path(place).name for place in asked.reward_functions]

    def encoded() -> tuple[Chat, Rows]:
        chat = load_chat(base, trust_remote_code=options.trust_remote_code)
        return chat, prepared(tables[0], tables[1], chat, options)

    if not among.first:
        if (scratch := among.heard()) is not None:
            chat, rows = encoded()
            _followed(trainer_of(*cast(base, reward, asked.reward_functions, chat, rows.prompts, options, among), rows, chat,
                                 options, Path(scratch), among))
        return None
    with stage.start(asked.out, "ppo", config=config, inputs=inputs, force=asked.force) as work:
        if work.finished is not None:
            among.heard()
            return work.finished
        chat, rows = encoded()
        if found := checkpoint.latest(work.scratch / CHECKPOINTS):
            checkpoint.checked(found, parts)
        tell(base, options, len(rows.prompts), len(rows.held_out_prompts), len(rows.ptx), among.world)
        among.heard(None if asked.dry_run else str(work.scratch))
        if asked.dry_run:
            if asked.on_preview is not None:
                asked.on_preview(preview(chat, rows.total - len(rows.dropped), rows.dropped, rows.examples))
            return None
        return _trained(work, asked, options, base, reward, chat, rows, among)


def trainer_of(actors: Actors, score: Score, rows: Rows, chat: Chat, options: PPOOptions, scratch: Path,
               among: Processes) -> Trainer:
    """The loop over these rows."""
    return Trainer(actors, [prompt.ids for prompt in rows.prompts], score, options,
                   Vocabulary(chat.stop_ids, chat.tokenizer.pad_token_id), scratch / CHECKPOINTS,
                   [example for row in rows.ptx for example in row.examples], among)


def _followed(trainer: Trainer) -> None:
    """The run as all processes but the first see it: they take part where it measures, trains and saves."""
    console.quiet = False   # from here on each may fail by itself
    with trainer.actors.whole():
        pass
    trainer.train()
    with trainer.actors.whole():
        pass
    trainer.actors.alone()


def _trained(work: stage.Run, asked: Asked, options: PPOOptions, base: Source, reward: Source | None, chat: Chat,
             rows: Rows, among: Processes) -> stage.Stage:
    reporting = [*asked.callbacks, *reporters(options.report_to, asked.out / "tensorboard")]
    actors, score = cast(base, reward, asked.reward_functions, chat, rows.prompts, options, among)
    pad = chat.tokenizer.pad_token_id
    ptx = {language: [example for row in held for example in row.examples] for language, held in rows.held_out_ptx.items()}
    shown_prompts = rows.held_out_prompts[:options.samples]

    def perplexity() -> dict[str, float]:
        return {language: math.exp(loss) for language, loss in held_out_loss(actors.acting(POLICY), ptx, pad).items()}

    def said() -> list[str]:
        asked = [prompt.messages for prompt in shown_prompts]
        return answers(actors.acting(POLICY), chat, asked, options.response_length)

    with actors.whole():
        before, answers_before = once(work, "perplexity", perplexity), once(work, "answers", said)
    tell_perplexity("before", before)
    if options.algorithm == "ppo":
        outcome = _live(trainer_of(actors, score, rows, chat, options, work.scratch, among), reporting, asked.out)
    else:
        outcome = Outcome(train_with_trl(actors, score, rows.prompts, chat, options, work, reporting))
    with actors.whole():
        after, answers_after = perplexity(), said()
    tell_perplexity("after", after)
    story = report.Story(
        outcome.history, before, after, config=work.config, notes=[chat.note] if chat.note else [], stopped=outcome.stopped,
        stopped_on=_responses(outcome, chat)[:8],
        answers=[report.Answered(prompt.messages[-1]["content"], prompt.language, *pair) for prompt, *pair in
                 zip(shown_prompts, answers_before, answers_after, strict=True)])
    with work.aside("model") as folder:
        save_policy(actors.alone(), chat, folder, base, final=asked.out / "model")
    return work.finish(
        rows=stage.Rows(**{"in": rows.total, "kept": rows.total - len(rows.dropped), "dropped": len(rows.dropped)}),
        dropped=rows.dropped, report=report.page(story), gate="failed" if outcome.stopped else None,
        metrics={"updates": len(outcome.history), "stopped": outcome.stopped, "perplexity_before": before,
                 "perplexity_after": after, "first": outcome.history[0] if outcome.history else {},
                 "last": outcome.history[-1] if outcome.history else {}, "curves": report.curves(outcome.history)})


def cast(base: Source, reward: Source | None, functions: Sequence[str], chat: Chat, prompts: Sequence[Prompt],
         options: PPOOptions, among: Processes) -> tuple[Actors, Score]:
    """The models of the run, and what scores responses. Where all weights are trained by several processes, all are cut.

    Raises:
        InstructwildError: a model cannot be loaded, or a function cannot be found.
    """
    import torch
    from peft import LoraConfig

    called = [FunctionScore(reward_function(place), prompts, chat) for place in functions]
    dtype = as_torch(dtype_of(options))
    torch.manual_seed(options.seed)
    shared_trunk = options.value_trunk == "policy" or options.algorithm != "ppo"
    parts = parts_of(options, among.world)
    on_base = options.use_peft and reward is not None and on_same_base(reward, base)
    targets = options.lora_target_modules
    lora = LoraConfig(r=options.lora_r, lora_alpha=options.lora_alpha, task_type="CAUSAL_LM",
                      target_modules=targets if targets == "all-linear" else [name.strip() for name in targets.split(",")])

    def loaded(dtype: "str | torch.dtype") -> "PreTrainedModel":
        return load_policy(base, dtype=dtype, trust_remote_code=options.trust_remote_code)[0]

    actors: Actors
    if parts > 1:
        actors = ShardedActors(lambda: loaded("auto"), among, dtype, shared_trunk=shared_trunk)
    elif options.use_peft:
        model = loaded(dtype).to(device())
        actors = Actors(model, lora, reward.folder if reward and on_base else None, shared_trunk=shared_trunk,
                        value_from_reward=options.value_init == "reward", value_layers=options.value_layers)
    else:
        model = loaded(dtype).to(device())
        actors = SeparateActors(model, copy.deepcopy(model), None if shared_trunk else copy.deepcopy(model))
    size = options.per_device_train_batch_size
    scores: list[Score] = [*called]
    if reward and on_base:
        scores.append(ModelScore(actors, size))
    elif reward:
        console.print(f"{reward.label} is held beside the policy, with a base of its own", highlight=False)
        judging, its_tokenizer = load_reward(reward, dtype=dtype, trust_remote_code=options.trust_remote_code)
        if its_tokenizer.get_vocab() != chat.tokenizer.get_vocab():
            raise ModelError("reads other tokens than the policy writes", where=reward.label,
                             remedy="train a reward model on the stage that --model names")
        scores.append(SeparateModelScore(cut_below_head(judging, dtype) if parts > 1 else judging.to(actors.device), size))
    return actors, scores[0] if len(scores) == 1 else Summed(scores)


def on_same_base(reward: Source, base: Source) -> bool:
    """Whether the reward model is an adapter on the very weights that the policy starts from."""
    from instructwild_trainer.adapter import ADAPTER_CONFIG, base_of, weights_sha256

    return (reward.folder / ADAPTER_CONFIG).is_file() and weights_sha256(base_of(reward.folder)) == base.sha256


def tell_perplexity(when: str, found: Mapping[str, float]) -> None:
    """Held-out perplexity by language, in one line."""
    if found:
        console.print(f"held-out perplexity {when}: " + ", ".join(f"{name} {value:.2f}" for name, value in found.items()),
                      highlight=False)


def _live(trainer: Trainer, reporting: Sequence["TrainerCallback"], out: Path) -> Outcome:
    told = Listeners(reporting, trainer, out)
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
            return told.updated(done, figures)

        trainer.on_update = on_update
        if found := trainer.restore():
            console.print(f"resuming after update {found}", highlight=False)
            bar.update(task, completed=found)
        told.begin(found)
        outcome = trainer.train()
        told.end()
        return outcome


def _responses(outcome: Outcome, chat: Chat) -> list[str]:
    if outcome.last is None:
        return []
    return [chat.tokenizer.decode(tokens[on], skip_special_tokens=True)
            for tokens, on in zip(outcome.last.response, outcome.last.mask, strict=True)]


