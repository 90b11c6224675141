"""A PPO run as a stage folder: what goes in, what is checked before any step, and what is left behind."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from instructwild import stage
from instructwild.console.terminal import console
from instructwild.errors import ConfigError
from instructwild.llm.quiet import quiet_imports
from instructwild.read.instructions import read_several
from instructwild.text.quantity import quantity
from instructwild_trainer.adapter import Source, load_chat, save_policy, source_of
from instructwild_trainer.answers import answers
from instructwild_trainer.begin import resolved_config
from instructwild_trainer.config import load
from instructwild_trainer.fit import CHECKPOINTS, check_scale, once, silence_libraries
from instructwild_trainer.likelihood import held_out_loss
from instructwild_trainer.ppo import checkpoint, report
from instructwild_trainer.ppo.actors import POLICY
from instructwild_trainer.ppo.callbacks import reporters
from instructwild_trainer.ppo.config import PPOOptions
from instructwild_trainer.ppo.loop import Outcome
from instructwild_trainer.ppo.models import build_models
from instructwild_trainer.ppo.plan import checked, print_plan, shards_of
from instructwild_trainer.ppo.rows import PPORows, prepared
from instructwild_trainer.ppo.sharded import check_even
from instructwild_trainer.ppo.vllm_rollouts import check_vllm
from instructwild_trainer.ppo.workers import follow, train_with_progress, trainer_of
from instructwild_trainer.preview import Preview, preview
from instructwild_trainer.processes import Processes, processes, refuse_url
from instructwild_trainer.templates import Chat
from instructwild_trainer.trl_algorithms import checked as check_divisible
from instructwild_trainer.trl_algorithms import train_with_trl
from instructwild_trainer.unchanged import are_unchanged, untrained_policy, weights_sha256s

if TYPE_CHECKING:
    from transformers import TrainerCallback

@dataclass(frozen=True)
class PPORun:
    """A PPO run as the command line or a program describes it."""

    prompts: Sequence[str]
    out: Path
    reward: str | None = None
    reward_functions: Sequence[str] = ()
    ptx: Sequence[str] = ()
    config: str | None = None
    overrides: Mapping[str, Any] | None = None
    force: bool = False
    encoding: str | None = None
    columns: Mapping[str, str] | None = None
    """NAME -> COLUMN of plain files, as `--map` names them."""
    dry_run: bool = False
    on_preview: Callable[[Preview], None] | None = None
    """Given the preview of a dry run."""
    callbacks: Sequence["TrainerCallback"] = ()
    """From Python: transformers' callbacks, one step an update."""


def run(request: PPORun) -> stage.Stage | None:
    """Train, or go on with training, or find it done.

    Returns:
        The finished stage; None after a dry run, and in every process but the first.

    Raises:
        InstructwildError: see `errors`; each before the first training step.
    """
    quiet_imports()
    with processes() as dist, silence_libraries():
        return _run(request, dist)


def _run(request: PPORun, dist: Processes) -> stage.Stage | None:
    console.quiet = not dist.first
    base = source_of(load(PPOOptions, "ppo", request.config, request.overrides).model)
    options = load(PPOOptions, "ppo", request.config, request.overrides, base.inherited)
    if not request.reward and not request.reward_functions:
        raise ConfigError("nothing judges the responses", where="--reward",
                          remedy="give --reward STAGE, or --reward-func FILE.py:NAME")
    check_scale(options)
    if options.algorithm != "ppo":
        check_divisible(options)
    check_vllm(base, options, dist.world)
    refuse_url(request.out)
    if dist.world > (options.batch_size if options.algorithm == "ppo" else 1):
        raise ConfigError(f"{quantity(dist.world, 'process')} for batches of {options.batch_size} with {options.algorithm}",
                          where="torchrun", remedy="start fewer processes; grpo, rloo and dpo run in one")
    if (shards := shards_of(options, dist.world)) > 1:
        check_even(options, shards, ptx=bool(request.ptx))
    reward = source_of(request.reward) if request.reward else None
    options = checked(base, options, reward=reward is not None, world=dist.world)
    tables = read_several([request.prompts, request.ptx], request.encoding, request.columns)
    inputs = [*tables[0].inputs, *tables[1].inputs, base.record, *([reward.record] if reward else []),
              *(stage.input_record(path.rpartition(":")[0]) for path in request.reward_functions)]
    config = resolved_config(options)
    config["reward_functions"] = [Path(path).name for path in request.reward_functions]

    def encoded() -> tuple[Chat, PPORows]:
        chat = load_chat(base, options.chat_template, reasoning=options.reasoning,
                         trust_remote_code=options.trust_remote_code)
        return chat, prepared(tables[0], tables[1], chat, options)

    if not dist.first:
        if (scratch := dist.broadcast()) is not None:
            chat, rows = encoded()
            actors, score = build_models(base, reward, request.reward_functions, chat, rows.prompts, options, dist)
            follow(trainer_of(actors, score, rows, chat, options, Path(scratch), dist, base.folder))
        return None
    with stage.start(request.out, "ppo", config=config, inputs=inputs, force=request.force) as work:
        if work.finished is not None:
            dist.broadcast()
            return work.finished
        chat, rows = encoded()
        latest = checkpoint.latest(work.scratch / CHECKPOINTS)
        if latest and (begun := checkpoint.read_state(latest)["parts"]) != shards:
            console.print(f"{latest.name} was written by {begun} process{'es' if begun > 1 else ''}, and {shards} go on: "
                          "sums are added up in another order, so results differ by rounding", highlight=False)
        print_plan(base, options, len(rows.prompts), len(rows.held_out_prompts), len(rows.ptx), dist.world)
        dist.broadcast(None if request.dry_run else str(work.scratch))
        if request.dry_run:
            if request.on_preview is not None:
                request.on_preview(preview(chat, rows.total - len(rows.dropped), rows.dropped, rows.examples))
            return None
        return _trained(work, request, options, base, reward, chat, rows, dist)


def _trained(work: stage.Run, request: PPORun, options: PPOOptions, base: Source, reward: Source | None, chat: Chat,
             rows: PPORows, dist: Processes) -> stage.Stage:
    reporting = [*request.callbacks, *reporters(options.report_to, request.out / "tensorboard")]
    actors, score = build_models(base, reward, request.reward_functions, chat, rows.prompts, options, dist)
    pad = chat.tokenizer.pad_token_id
    ptx = {language: [example for row in held for example in row.examples] for language, held in rows.held_out_ptx.items()}
    shown_prompts = rows.held_out_prompts[:options.samples]

    def perplexity() -> dict[str, float]:
        return {language: math.exp(loss) for language, loss in held_out_loss(actors.set_adapter(POLICY), ptx, pad).items()}

    def sample() -> list[str]:
        return answers(actors.set_adapter(POLICY), chat, [prompt.ids for prompt in shown_prompts], options.response_length)

    with actors.summon_full_parameters():
        before, answers_before = once(work, "perplexity", perplexity), once(work, "answers", sample)
    print_perplexity("before", before)
    weights_before = weights_sha256s(actors.policy_parameters())
    if options.algorithm == "ppo":
        trainer = trainer_of(actors, score, rows, chat, options, work.scratch, dist, base.folder)
        outcome = train_with_progress(trainer, reporting, request.out)
    else:
        outcome = Outcome(train_with_trl(actors, score, rows.prompts, chat, options, work, reporting))
    with actors.summon_full_parameters():
        after, answers_after = perplexity(), sample()
    print_perplexity("after", after)
    if not outcome.stopped and are_unchanged(actors.policy_parameters(), weights_before):
        raise untrained_policy(f"train {options.algorithm}")
    story = report.Story(
        outcome.history, before, after, config=work.config, notes=[chat.note] if chat.note else [], stopped=outcome.stopped,
        stopped_on=_responses(outcome, chat)[:8],
        answers=[report.SampledAnswer(prompt.messages[-1]["content"], prompt.language, *pair) for prompt, *pair in
                 zip(shown_prompts, answers_before, answers_after, strict=True)])
    with work.atomic("model") as folder:
        save_policy(actors.unwrap(), chat, folder, base, final=request.out / "model")
    return work.finish(
        rows=stage.Rows(**{"in": rows.total, "kept": rows.total - len(rows.dropped), "dropped": len(rows.dropped)}),
        dropped=rows.dropped, report=report.page(story), gate="failed" if outcome.stopped else None,
        metrics={"updates": len(outcome.history), "stopped": outcome.stopped, "perplexity_before": before,
                 "perplexity_after": after, "first": outcome.history[0] if outcome.history else {},
                 "last": outcome.history[-1] if outcome.history else {}, "curves": report.curves(outcome.history)})


def print_perplexity(when: str, perplexities: Mapping[str, float]) -> None:
    """Held-out perplexity by language, in one line."""
    if perplexities:
        values = ", ".join(f"{name} {value:.2f}" for name, value in perplexities.items())
        console.print(f"held-out perplexity {when}: {values}", highlight=False)


def _responses(outcome: Outcome, chat: Chat) -> list[str]:
    if outcome.last is None:
        return []
    return [chat.tokenizer.decode(tokens[on], skip_special_tokens=True)
            for tokens, on in zip(outcome.last.response, outcome.last.mask, strict=True)]


