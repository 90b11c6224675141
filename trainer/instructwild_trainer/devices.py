"""What training takes on several GPUs of a stated size: peak memory a rank by strategy, and the preset to take.

Nothing is loaded. State is counted by the weight (P of the model, L of adapters, N ranks), in bytes; activations as in
`memory.need_of`, and what a strategy puts together for a pass beside them.

| strategy | weights | gradients | moments | beside |
|---|---|---|---|---|
| LoRA, DDP | 2 P + 4 L | 4 L | 8 L | buckets 4 L |
| QLoRA, DDP | 0.52 P + 4 L | 4 L | 8 L | buckets 4 L; embedding and output layer in 2 bytes; one layer decoded |
| DDP | 4 P + 2 P (autocast) | 4 P | 8 P | buckets 4 P |
| ZeRO-2 | 2 P + 4 P / N | 2 P / N | 8 P / N | two buckets of 5e8 numbers |
| FSDP2 | 4 P / N | 4 P / N | 8 P / N | two layers, embedding and output layer, and their gradients |
| ZeRO-3, offload | on the host: 18 P / N | | | live and prefetched parameters, two buckets of 5e8 numbers |
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from instructwild_trainer.config import PRESETS, TrainOptions
from instructwild_trainer.memory import GIB, Need, Shape, need_of

BUCKET = 500_000_000
"""DeepSpeed's default for reduce and all-gather buckets, in numbers."""
LIVE = 1_000_000_000
"""DeepSpeed's default for parameters that ZeRO-3 holds together at a time."""


@dataclass(frozen=True)
class Strategy:
    """A way of sharing a training run out over GPUs."""

    name: str
    launch: str
    """The file in `configs/accelerate` that `accelerate launch` takes."""
    use_peft: bool
    one_gpu: bool = False
    """Whether it makes sense on one GPU."""
    base_bits: Literal["16", "4"] = "16"


STRATEGIES = (
    Strategy("LoRA, DDP", "ddp", use_peft=True, one_gpu=True),
    Strategy("QLoRA, DDP", "ddp", use_peft=True, one_gpu=True, base_bits="4"),
    Strategy("all weights, DDP", "ddp", use_peft=False, one_gpu=True),
    Strategy("all weights, FSDP2", "fsdp", use_peft=False),
    Strategy("all weights, ZeRO-2", "zero2", use_peft=False),
    Strategy("all weights, ZeRO-3 with CPU offload", "zero3-offload", use_peft=False, one_gpu=True),
)
"""The simplest first: the first that fits is the one to take."""


def transformer(layers: int, hidden: int, intermediate: int, vocabulary: int, key_values: int, *, tied: bool = False,
                lora_r: int = 16) -> Shape:
    """The sizes of a Llama-like model; `key_values` is the width of its keys."""
    attention, feed_forward = 2 * hidden * hidden + 2 * hidden * key_values, 3 * hidden * intermediate
    embeddings = vocabulary * hidden * (1 if tied else 2)
    lora = lora_r * layers * (2 * 2 * hidden + 2 * (hidden + key_values) + 3 * (hidden + intermediate))
    return Shape(layers * (attention + feed_forward + 2 * hidden) + embeddings + hidden, lora, layers, hidden, intermediate,
                 vocabulary, 0, 2 * layers * key_values)


def known_shapes(lora_r: int) -> dict[str, Shape]:
    """Models of 1B to 70B, by the sizes in their published configs."""
    sizes = {"1B (Llama-3.2)": (16, 2048, 8192, 128256, 512), "3B (Llama-3.2)": (28, 3072, 8192, 128256, 1024),
             "8B (Llama-3.1)": (32, 4096, 14336, 128256, 1024), "14B (Qwen2.5)": (48, 5120, 13824, 152064, 1024),
             "32B (Qwen2.5)": (64, 5120, 27648, 152064, 1024), "70B (Llama-3.1)": (80, 8192, 28672, 128256, 1024)}
    return {name: transformer(*size, tied=name.startswith(("1B", "3B")), lora_r=lora_r) for name, size in sizes.items()}


def need_per_rank(strategy: Strategy, shape: Shape, options: TrainOptions, gpus: int,
                  sequences: int | None = None) -> tuple[Need, int]:
    """The peak of one GPU, and the bytes that its process holds on the host.

    Args:
        strategy: how the run is shared out.
        shape: of the model.
        options: length, batch and checkpointing.
        gpus: ranks.
        sequences: sequences in one forward pass, where that is not the batch size.
    """
    options = replace(options, use_peft=strategy.use_peft, dtype="bfloat16", base_bits=strategy.base_bits)
    need, p = need_of(shape, options, "bfloat16", sequences), shape.parameters
    around, layer = 2 * shape.vocabulary * shape.hidden, p // shape.layers
    if strategy.launch == "ddp":
        return replace(need, gradients=need.gradients * (2 if gpus > 1 else 1)), 0
    if strategy.launch == "zero2":
        buckets = 2 * 2 * min(p, BUCKET)
        return replace(need, weights=2 * p + 4 * p // gpus, gradients=2 * p // gpus, optimizer=8 * p // gpus,
                       activations=need.activations + buckets), 0
    if strategy.launch == "fsdp":
        together = (around + 2 * layer) * 2 + (around + layer) * 6
        return replace(need, weights=4 * p // gpus, gradients=4 * p // gpus, optimizer=8 * p // gpus,
                       activations=need.activations + together), 0
    live = 2 * min(p, LIVE + layer) + 2 * 2 * min(p, BUCKET)
    return replace(need, weights=0, gradients=0, optimizer=0, activations=need.activations + live), 18 * p // gpus


@dataclass(frozen=True)
class DevicePlan:
    """One model on GPUs of a stated size: each strategy's peak a rank, and the first that fits."""

    model: str
    peaks: Mapping[str, Need]
    host: Mapping[str, int]
    take: Strategy | None


def device_plans(shapes: Mapping[str, Shape], options: TrainOptions, gpus: int, gib: float,
                 sequences: int | None = None) -> list[DevicePlan]:
    """A plan for each model: of all weights or of adapters, as `options.use_peft` says.

    Args:
        shapes: models by name.
        options: of the run.
        gpus: how many there are.
        gib: memory of one.
        sequences: as in `need_per_rank`.
    """
    possible = [strategy for strategy in STRATEGIES
                if strategy.use_peft == options.use_peft and (gpus > 1 or strategy.one_gpu)]
    plans = []
    for name, shape in shapes.items():
        needs = {strategy: need_per_rank(strategy, shape, options, gpus, sequences) for strategy in possible}
        take = next((strategy for strategy in possible if needs[strategy][0].total <= gib * GIB), None)
        plans.append(DevicePlan(name, {strategy.name: need for strategy, (need, _) in needs.items()},
                                {strategy.name: host for strategy, (_, host) in needs.items() if host}, take))
    return plans


def launch_command(strategy: Strategy, verb: str, gpus: int) -> str:
    """The command that begins such a run, up to the arguments of the verb."""
    more = "" if strategy.base_bits == "16" else f" --base-bits {strategy.base_bits}"
    if gpus == 1 and strategy.launch == "ddp":
        return f"instructwild train {verb}{more}"
    config = PRESETS / "accelerate" / f"{strategy.launch}.yaml"
    return f"accelerate launch --config_file {_short(config)} --num_processes {gpus} -m instructwild train {verb}{more}"


def _short(path: Path) -> str:
    """Relative to the working folder where it lies below it."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def print_device_plans(plans: Sequence[DevicePlan], verb: str, gpus: int, gib: float) -> None:
    """A table of GiB a rank, and the command of what to take."""
    from instructwild.console.terminal import console

    console.print(f"peak GiB a GPU of {gib:g}, on {gpus}; by arithmetic, nothing was loaded", highlight=False)
    for plan in plans:
        peaks = ", ".join(f"{name} {need.total / GIB:.1f}" + (f" (host {plan.host[name] / GIB:.0f})" if name in plan.host
                                                              else "") for name, need in plan.peaks.items())
        console.print(f"{plan.model}: {peaks}", highlight=False, markup=False)
        advice = launch_command(plan.take, verb, gpus) if plan.take else \
            "nothing fits: more GPUs, --gradient-checkpointing, a shorter --max-length or a smaller batch"
        console.print(f"  {plan.take.name + ': ' if plan.take else ''}{advice}", highlight=False, markup=False)
