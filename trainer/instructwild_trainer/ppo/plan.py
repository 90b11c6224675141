"""What a run will do and need, printed and checked before any weight is loaded."""

import dataclasses
from typing import TYPE_CHECKING

from instructwild.console.terminal import console
from instructwild.errors import ConfigError, ModelError
from instructwild.text.quantity import quantity
from instructwild_trainer.memory import GIB, Need, Shape, available, dtype_of, measuring, need_of, shape_of
from instructwild_trainer.ppo.config import PPOOptions

if TYPE_CHECKING:
    from instructwild_trainer.adapter import Source
    from instructwild_trainer.ppo.actors import Actors


FLOOR = int(0.6 * GIB)
"""Python, torch and transformers themselves: PPO loads nothing of TRL."""


def steps_per_update(o: PPOOptions) -> int:
    """Optimiser steps of one update."""
    return o.num_ppo_epochs * -(-o.batch_size // o.mini_batch_size)


def updates_of(o: PPOOptions, prompts: int) -> int:
    """Updates of the whole run."""
    return o.max_steps if o.max_steps >= 0 else -(-int(o.num_train_epochs * prompts) // o.batch_size)


def tokens_at_once(o: PPOOptions, actors: "Actors") -> int:
    """Padded tokens of a micro-batch on a GPU, as many as the estimate of memory holds; 0 where rows count.

    On a CPU more rows of a batch take more memory and no less time. Where weights are cut, every process must make as many
    passes as the others.
    """
    return o.per_device_train_batch_size * o.max_length if actors.device.type == "cuda" and not actors.in_parts else 0


def shards_of(o: PPOOptions, world: int) -> int:
    """Into how many parts weights are cut: one for each of `world` processes where all weights are trained."""
    return 1 if o.use_peft else world


def need(shape: Shape, o: PPOOptions, dtype: str, *, reward: bool, parts: int = 1) -> Need:
    """An estimate of the peak of one process, on the high side: every row as long as max_length.

    With LoRA the base is there once, whatever the number of roles; without it each role is a model, see `_all_weights`.
    Rolling out, learning and measuring take turns, so the largest counts: the key-value cache and the next token's
    distributions of a batch of rollouts, and where vLLM writes them the weights once more; the activations of a micro-batch
    or of a PTX batch, which goes through at once, or what perplexity is measured with. What the value model's lower layers
    gave is kept for the whole batch.

    Args:
        shape: of the base.
        o: the options.
        dtype: of the base's weights.
        reward: whether there is a reward model, counted as an adapter on the base or as one more model of its size.
        parts: into how many parts weights are cut.
    """
    rows = max(o.per_device_train_batch_size, -(-o.ptx_batch_size // parts) if o.ptx_coef else 0)
    item = need_of(shape, o, dtype, rows)  # type: ignore[arg-type]  # reads the fields that both kinds of options have
    trained = 1 if o.value_trunk == "policy" else 2
    size = 2 if dtype == "bfloat16" else 4
    rollout = o.rollout_batch_size * (min(o.max_length, shape.context or o.max_length) * shape.cached * size
                                      + shape.vocabulary * 32) + (shape.parameters * size if o.engine == "vllm" else 0)
    if not o.use_peft:
        return _all_weights(shape, o, size, trained, 1 + reward, parts, item.activations,
                            max(rollout, measuring(shape, size)))
    kept = o.batch_size * o.max_length * shape.hidden * size if trained == 2 and o.value_layers < 1 else 0
    return dataclasses.replace(item, floor=FLOOR, weights=item.weights + shape.lora_parameters * 4 * (trained - 1 + reward),
                               gradients=item.gradients * trained, optimizer=item.optimizer * trained,
                               activations=kept + max(item.activations, rollout))


def _all_weights(shape: Shape, o: PPOOptions, size: int, trained: int, frozen: int, parts: int, learning: int,
                 sampling: int) -> Need:
    """Bytes of one process where all weights of `trained` models are learned beside `frozen` ones.

    A step holds the gradient of PTX beside those of the models. What is learned is held in fp32, in one process beside the
    weights of passes. Where it is cut, a pass puts two layers, the embedding and the output layer together, and their
    gradients before these are added up; a rollout, when there are no gradients, puts the whole policy together.
    """
    master, beside = 4, size if parts == 1 and size < 4 else 0
    gradients = shape.parameters * master * (trained + (o.ptx_coef > 0)) // parts
    if parts > 1:
        layer, around = shape.parameters // shape.layers, 2 * shape.vocabulary * shape.hidden
        learning += (around + 2 * layer) * size + (around + layer) * (size + 4)
        sampling += shape.parameters * size - gradients
    return Need(weights=shape.parameters * ((master + beside) * trained + size * frozen) // parts, gradients=gradients,
                optimizer=shape.parameters * 2 * master * trained // parts, activations=max(learning, sampling), floor=FLOOR)


def checked(base: "Source", o: PPOOptions, *, reward: bool, world: int = 1) -> PPOOptions:
    """The options with max_length held to the model's context, once it is known that the run can fit.

    Raises:
        ConfigError: no token is left for a prompt.
        ModelError: the run needs more memory than there is.
    """
    from instructwild_trainer.adapter import base_folder

    folder = base_folder(base.folder)
    shape = shape_of(folder, o, trust_remote_code=o.trust_remote_code)  # type: ignore[arg-type]
    if shape.context and o.max_length > shape.context:
        console.print(f"max_length {o.max_length} is more than the model's context: {shape.context} is used",
                      highlight=False)
        o = dataclasses.replace(o, max_length=shape.context)
    if o.response_length >= o.max_length:
        raise ConfigError(f"response_length {o.response_length} leaves no token for a prompt within max_length "
                          f"{o.max_length}", where="options", remedy="lower the first or raise the second")
    parts, (free, device) = shards_of(o, world), available()
    needed = need(shape, o, dtype_of(o), reward=reward, parts=parts)  # type: ignore[arg-type]
    console.print(f"memory: about {needed}" + (f" of {free / GIB:.1f} GiB free on {device}" if free else ""),
                  highlight=False)
    if free and needed.total > free:
        remedies = [] if o.per_device_train_batch_size == 1 else ["--per-device-train-batch-size 1"]
        remedies += [] if parts == 1 or o.rollout_batch_size == 1 else [f"--rollout-batch-size {o.rollout_batch_size // 2}"]
        remedies += [] if o.use_peft else ["--use-peft", "more processes, among which weights are cut"]
        remedies += [] if o.gradient_checkpointing else ["--gradient-checkpointing"]
        raise ModelError(f"needs about {needed}, and {device} has {free / GIB:.1f} GiB free", where="memory",
                         remedy=", or ".join([*remedies, f"--max-length {o.max_length // 2}", "a smaller --model"]))
    return o


def print_plan(base: "Source", o: PPOOptions, prompts: int, held_out: int, supervised: int, world: int) -> None:
    """Say what is inherited and the batch arithmetic."""
    if base.manifest is not None and base.inherited:
        console.print(f"inherited from the {base.manifest.stage} stage: model, tokenizer, template, " + ", ".join(
            f"{key} {value}" for key, value in base.inherited.items() if getattr(o, key, None) == value), highlight=False)
    rolled_out = f"{quantity(o.batch_size, 'prompt')}" if o.algorithm in ("ppo", "dpo") else (
        f"{quantity(o.batch_size, 'response')} to {quantity(o.batch_size // o.num_generations, 'prompt')}")
    console.print(f"{quantity(prompts, 'prompt')} ({held_out:,} held out), {supervised:,} supervised rows; an update "
                  "rolls out "
                  f"{rolled_out} and takes {quantity(o.num_ppo_epochs, 'epoch')} × {o.batch_size} / {o.mini_batch_size} = "
                  f"{quantity(steps_per_update(o), 'step')}; {quantity(updates_of(o, prompts), 'update')}"
                  + (f", on {quantity(world, 'process')}" if world > 1 else "")
                  + (f", weights cut into {world} parts" if shards_of(o, world) > 1 else ""), highlight=False)
