"""What SFT and reward training share: arguments of TRL's trainers, live progress, checkpoints to resume from, LoRA."""

import io
import json
import logging
import math
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from instructwild.errors import ConfigError, InstructwildError
from instructwild_trainer.config import TrainOptions
from instructwild_trainer.memory import computes_in_bfloat16
from instructwild_trainer.quantized_base import check_bits

if TYPE_CHECKING:
    from peft import LoraConfig
    from rich.progress import Progress
    from transformers import Trainer, TrainerCallback

    from instructwild.stage import Run
    from instructwild_trainer.ppo.config import PPOOptions

CHECKPOINTS = "checkpoints"
MAMBA_OUTPUT = "out_proj"
"""The layer of a Mamba mixer whose weights its fused kernels read by themselves: adapters on it would learn nothing."""


def arguments(options: TrainOptions, run: "Run", **more: Any) -> dict[str, Any]:
    """Our options as keyword arguments of TRL's SFTConfig and RewardConfig."""
    import torch

    gpu = torch.cuda.is_available()
    if options.report_to == "tensorboard":
        os.environ["TENSORBOARD_LOGGING_DIR"] = str(run.folder / "logs")
    same = ("num_train_epochs", "max_steps", "per_device_train_batch_size", "gradient_accumulation_steps", "learning_rate",
            "lr_scheduler_type", "warmup_steps", "weight_decay", "max_grad_norm", "gradient_checkpointing", "logging_steps",
            "save_steps", "max_length", "seed")
    return {
        **{name: getattr(options, name) for name in same},
        "output_dir": str(run.scratch / CHECKPOINTS), "save_strategy": "steps", "save_total_limit": 2,
        "eval_strategy": "steps" if options.eval_steps else "no", "eval_steps": options.eval_steps or None,
        "per_device_eval_batch_size": options.per_device_train_batch_size,
        "bf16": computes_in_bfloat16(options),
        "use_cpu": not gpu, "dataloader_pin_memory": gpu, "disable_tqdm": True, "report_to": options.report_to,
        "logging_first_step": True, "logging_nan_inf_filter": False,
        "optim": "adamw_torch_fused" if gpu else "adamw_torch", **more,
    }


def check_scale(options: "TrainOptions | PPOOptions") -> None:
    """Refuse adapters that are scaled to nothing, and a base in 4 bits without adapters.

    Raises:
        ConfigError: all weights are trained over 4 bits, or the scale lora_alpha / lora_r is so small that hardly
            anything would be learned.
    """
    check_bits(options)
    if options.use_peft and options.lora_alpha / options.lora_r < 0.1:
        raise ConfigError(f"lora_alpha {options.lora_alpha:g} with lora_r {options.lora_r} scales adapters by "
                          f"{options.lora_alpha / options.lora_r:.3f}: hardly anything would be learned",
                          where="--lora-alpha", remedy=f"set it to {2 * options.lora_r}")


def lora(options: "TrainOptions | PPOOptions", model: Any, task: str, **more: Any) -> "LoraConfig | None":
    """The adapters to train, without dropout for PPO; None for full training.

    Raises:
        ConfigError: layers are named whose adapters would be passed by.
    """
    if not options.use_peft:
        return None
    from peft import LoraConfig

    named = [name.strip() for name in options.lora_target_modules.split(",") if name.strip()]
    targets = named[0] if named == ["all-linear"] else named
    mamba = _mamba_outputs(model)
    if mamba and MAMBA_OUTPUT in named:
        raise ConfigError(f"the kernels of Mamba layers read the weights of {MAMBA_OUTPUT} past its adapters",
                          where="--lora-target-modules", remedy=f"leave {MAMBA_OUTPUT} out, or give --no-use-peft")
    if without := sorted({*mamba, *_other_layers(model)}):
        more["exclude_modules"] = without
    dropout = options.lora_dropout if isinstance(options, TrainOptions) else 0.0
    return LoraConfig(r=options.lora_r, lora_alpha=options.lora_alpha, lora_dropout=dropout,  # type: ignore[arg-type]
                      target_modules=targets, task_type=task, **more)


def _mamba_outputs(model: Any) -> set[str]:
    """The last two parts of the names of Mamba mixers' output projections; `A_log` and `D` are such mixers' weights."""
    return {f"{name.rpartition('.')[2]}.{MAMBA_OUTPUT}" for name, module in model.named_modules()
            if {"A_log", "D"} <= dict(module.named_parameters(recurse=False)).keys()
            and MAMBA_OUTPUT in dict(module.named_children())}


def _other_layers(model: Any) -> set[str]:
    """The last two parts of the names of layers that are linear by class and compute something else, as routers do."""
    import torch

    return {".".join(name.rsplit(".", 2)[-2:]) for name, module in model.named_modules()
            if isinstance(module, torch.nn.Linear) and type(module).forward is not torch.nn.Linear.forward
            and name.rpartition(".")[2] != "score"}


def fuse_layers(model: Any) -> None:
    """Have a model on a GPU compute norms, rotary positions and gated layers by liger's kernels, where it is installed.

    In a 7B model they take about a quarter of an update otherwise. Models that liger does not know stay as they are. Rotary
    positions change for all models of that architecture in this process.
    """
    import torch

    if not torch.cuda.is_available() or find_spec("liger_kernel") is None:
        return
    logging.getLogger("liger_kernel").setLevel(logging.ERROR)     # it names each device that this machine lacks
    from liger_kernel.transformers import _apply_liger_kernel_to_instance

    _apply_liger_kernel_to_instance(model=model, cross_entropy=False, fused_linear_cross_entropy=False)


@cache
def score_trained_positions() -> None:
    """Have TRL's losses compute logits on a CPU only where a token is trained on, as they do on a GPU.

    TRL 1.16 takes all positions on devices without Triton, for compilers that want equal shapes; a CPU compiles nothing.
    """
    from trl.trainer import utils

    own = getattr(utils, "_use_triton", None)
    if own is not None:
        utils._use_triton = lambda device: device.type == "cpu" or own(device)


def last_checkpoint(run: "Run") -> str | None:
    """The newest checkpoint that was written whole: its state is the file that the trainer writes last."""
    folders = sorted((run.scratch / CHECKPOINTS).glob("checkpoint-*"), key=lambda path: -int(path.name.rpartition("-")[2]))
    for folder in folders:
        try:
            json.loads((folder / "trainer_state.json").read_text(encoding="utf-8"))
            return str(folder)
        except (OSError, ValueError):
            continue
    return None


@contextmanager
def silence_libraries() -> Iterator[None]:
    """The libraries without telemetry, deprecation notes, bars of their own, and banners on stdout, which is for data."""
    import datasets

    from instructwild.llm.quiet import ignore_needless, quiet_imports

    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    datasets.disable_progress_bars()
    quiet_imports()
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore", DeprecationWarning)
        ignore_needless()
        yield


def train(trainer: "Trainer", run: "Run", what: str) -> list[dict[str, float]]:
    """Train with live progress from the last checkpoint on, and give back the logged points of the curves.

    Raises:
        InstructwildError: the loss stopped being a number; the last checkpoint is kept.
    """
    from transformers import PrinterCallback

    from instructwild.console.terminal import console, progress
    from instructwild.llm.quiet import quiet
    from instructwild_trainer.sharding import prepare_shards

    prepare_shards(trainer)
    score_trained_positions()
    trainer.remove_callback(PrinterCallback)
    resume = last_checkpoint(run)
    if resume is not None:
        console.print(f"resuming from {Path(resume).name}", highlight=False)
    with progress() as shown, silence_libraries(), quiet():
        trainer.add_callback(_live(shown, what))
        trainer.train(resume_from_checkpoint=resume)
    return [{key: float(value) for key, value in point.items()} for point in trainer.state.log_history
            if "train_runtime" not in point]


def full_model(trainer: "Trainer", run: "Run", load: Callable[[Path], Any]) -> Any:
    """The trained model with all its weights in the first process; None in others where it was in parts.

    FSDP and ZeRO-3 leave each process a part: they are gathered into files, and the first process reads those.

    Args:
        trainer: trained.
        run: whose scratch folder takes the files.
        load: reads a model folder.
    """
    if not (trainer.is_fsdp_enabled or trainer.is_deepspeed_enabled):
        return trainer.model
    folder = run.scratch / "gathered"
    trainer.save_model(str(folder))
    if not trainer.is_world_process_zero():
        return None
    if trainer.is_deepspeed_enabled:
        from transformers.integrations.deepspeed import unset_hf_deepspeed_config

        unset_hf_deepspeed_config()                  # else loading shares out too, and waits for processes that read nothing
    return load(folder)


def curve(history: list[dict[str, float]], key: str) -> list[tuple[float, float]]:
    """(update, value) wherever the key was logged."""
    return [(point["step"], point[key]) for point in history if key in point]


def curves(history: list[dict[str, float]], most: int = 80) -> dict[str, dict[str, list[tuple[float, float]]]]:
    """The curves of a run for its manifest, thinned to `most` points each: what is shown -> series -> (update, value).

    Losses in training and on held-out rows stand in one picture; so do accuracies.
    """
    pictures: dict[str, dict[str, list[tuple[float, float]]]] = {}
    for key in sorted({key for point in history for key in point}):
        name = key.removeprefix("eval_")
        what = next((kind for kind in ("loss", "accuracy") if name.endswith(kind)), None)
        if what is None or name.endswith("token_accuracy"):
            continue
        points = curve(history, key)
        step = -(-len(points) // most)
        of = name.removesuffix(what).strip("_").replace("_", " ")
        series = f"held out {of}".strip() if key != name else of or "training"
        pictures.setdefault(what, {})[series] = [(at, float(f"{value:.5g}")) for at, value in points[::step]]
    return pictures


def _live(shown: "Progress", what: str) -> "TrainerCallback":
    from transformers import TrainerCallback

    class Live(TrainerCallback):
        """The trainer's progress on our terminal, and the end of a run whose loss is no number."""

        def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            self.task = shown.add_task(f"{what}, updates", total=state.max_steps, completed=state.global_step,
                                       before=state.global_step, note="")

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            shown.update(self.task, completed=state.global_step)

        def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float] | None = None, **_: Any) -> None:
            for key in ("loss", "grad_norm"):
                value = (logs or {}).get(key)
                if value is not None and not math.isfinite(value):
                    raise InstructwildError(f"the {key} became {value} at update {state.global_step}", where=what,
                                            remedy="lower --learning-rate, or take --dtype float32; checkpoints are kept")
            if logs and "loss" in logs:
                shown.update(self.task, note=f"loss {logs['loss']:.3f}")

    return Live()


def once(run: "Run", name: str, measure: Any) -> Any:
    """A measurement made before training, taken from the interrupted run where that had made it."""
    path = run.scratch / f"{name}.json"
    if path.exists():
        return json.loads(path.read_text(encoding="utf-8"))
    measurement = measure()
    temporary = path.with_suffix(".part")
    temporary.write_text(json.dumps(measurement, ensure_ascii=False), encoding="utf-8")
    temporary.replace(path)
    return measurement
