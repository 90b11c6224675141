"""What a training run needs, worked out before any weight is loaded: batch arithmetic and memory."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from instructwild.errors import ModelError
from instructwild.llm.dtypes import AUTO, BFLOAT16, chosen_dtype
from instructwild.llm.quantized import quantization_of
from instructwild.text.quantity import quantity
from instructwild_trainer.config import SharedOptions, TrainOptions
from instructwild_trainer.processes import device
from instructwild_trainer.quantized_base import BYTES

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedConfig

GIB = 2**30
FLOOR = int(0.85 * GIB)
"""Python, torch, transformers and TRL themselves, with the buffers of their allocators."""


@dataclass(frozen=True)
class Shape:
    """A model's sizes, read from its config."""

    parameters: int
    lora_parameters: int
    layers: int
    hidden: int
    intermediate: int
    vocabulary: int
    context: int
    cached: int = 0
    """Numbers that one token leaves in the key-value cache while text is generated."""


@dataclass(frozen=True)
class Need:
    """Bytes that a run needs at its peak, by what they are for."""

    weights: int
    gradients: int
    optimizer: int
    activations: int
    floor: int = FLOOR

    @property
    def total(self) -> int:
        """All of it."""
        return self.weights + self.gradients + self.optimizer + self.activations + self.floor

    def __str__(self) -> str:
        parts = ", ".join(f"{name} {getattr(self, name) / GIB:.2f}"
                          for name in ("weights", "gradients", "optimizer", "activations"))
        return f"{self.total / GIB:.1f} GiB ({parts})"


def shape_of(folder: Path, options: TrainOptions, *, trust_remote_code: bool = False) -> Shape:
    """Sizes of a model without its weights: it is built on the meta device, which holds none.

    Raises:
        ModelError: its config cannot be read, or its weights are quantized.
    """
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    from instructwild.llm.generation.slot_cache import column_bytes

    if quantization_of(folder) is not None:
        raise ModelError("its weights are quantized: what is trained could not be merged into them", where=folder.name,
                         remedy="train the model it was quantized from, then export it again")
    try:
        config = AutoConfig.from_pretrained(folder, trust_remote_code=trust_remote_code)
        with torch.device("meta"):
            model = AutoModelForCausalLM.from_config(config, trust_remote_code=trust_remote_code)
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"its config cannot be read ({str(error).splitlines()[0]})", where=folder.name,
                         remedy="give the folder of a causal language model") from None
    if getattr(config, "quantization_config", None) is not None:
        raise ModelError("its weights are quantized: adapters could not be merged into them afterwards", where=folder.name,
                         remedy="train the model it was exported from, and export the result")
    text: PreTrainedConfig = config.get_text_config()
    linear = [module for name, module in model.named_modules() if isinstance(module, torch.nn.Linear)
              and not name.endswith(("lm_head", "score"))]
    lora = sum(options.lora_r * (layer.in_features + layer.out_features) for layer in linear)
    return Shape(model.num_parameters(), lora, text.num_hidden_layers, text.hidden_size,
                 getattr(text, "intermediate_size", None) or 4 * text.hidden_size, text.vocab_size,
                 getattr(text, "max_position_embeddings", 0) or 0, column_bytes(text, 1))


def need_of(shape: Shape, options: TrainOptions, dtype: str, rows: int | None = None, parts: int = 1) -> Need:
    """An estimate of the peak, on the high side: every row as long as max_length.

    Activations count what a transformer layer keeps for its backward pass (Korthikanti et al. 2022, section 4, without the
    attention scores that fused attention does not keep), and the logits of one chunk of the fused head. Held-out rows are
    measured before and after, see `measuring`; what is larger counts.

    Args:
        shape: the model.
        options: what is trained and how.
        dtype: what passes are made in, "bfloat16" or "float32"; all weights are trained in float32 in either case.
        rows: sequences in one forward pass; None is the batch size (a reward batch holds K sequences a prompt).
        parts: into how many parts weights, gradients and optimizer are cut, one a device.
    """
    size = 2 if dtype == "bfloat16" else 4
    trained = shape.lora_parameters if options.use_peft else shape.parameters
    tokens = (rows or options.per_device_train_batch_size) * min(options.max_length, shape.context or options.max_length)
    in_layer = tokens * _in_layer(shape, size)
    between = shape.layers * tokens * shape.hidden * size
    kept = between + in_layer if options.gradient_checkpointing else shape.layers * in_layer
    weights = _base(shape, options, size) + shape.lora_parameters * 4 if options.use_peft else \
        shape.parameters * (4 if size == 4 else 4 + size)      # autocast keeps its copies for the backward pass
    return Need(weights=weights // parts, gradients=trained * 4 // parts, optimizer=trained * 8 // parts,
                activations=max(kept + min(tokens, 1024) * shape.vocabulary * 8, measuring(shape, size)))


def _base(shape: Shape, options: SharedOptions, size: int) -> int:
    """Bytes of the frozen base: embedding and output layer keep their dtype where others are in 4 bits, decoded by layer."""
    if options.base_bits != "4":
        return shape.parameters * size
    around = min(shape.parameters, 2 * shape.vocabulary * shape.hidden)
    return int((shape.parameters - around) * BYTES) + around * size + 2 * shape.hidden * shape.intermediate * size


def measuring(shape: Shape, size: int) -> int:
    """Bytes of activations while held-out rows are measured, `size` bytes a number: 4,096 tokens and 1,024 distributions."""
    return 4096 * _in_layer(shape, size) + 1024 * shape.vocabulary * 10


def _in_layer(shape: Shape, size: int) -> int:
    """Bytes that one token takes in one layer."""
    return (16 * shape.hidden + 4 * shape.intermediate) * size


def available() -> tuple[int, str]:
    """Bytes free on the device that training runs on, and its name; (0, "") where that cannot be told."""
    import torch

    if torch.cuda.is_available():
        return torch.cuda.mem_get_info()[0], torch.cuda.get_device_name()
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return min(int(line.split()[1]) * 1024, _container_limit()), "this machine"
    except OSError:
        pass
    return 0, ""


def _container_limit() -> int:
    try:
        text = Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii").strip()
        return int(text) if text.isdigit() else 1 << 62
    except OSError:
        return 1 << 62


def check_fits(need: Need, options: TrainOptions, free: int, device: str) -> None:
    """Refuse a run that cannot fit, before its weights are loaded.

    Raises:
        ModelError: it needs more than there is; the remedy names what would help most.
    """
    if not free or need.total <= free:
        return
    remedies = []
    if not options.use_peft:
        remedies.append("--use-peft")
    if options.per_device_train_batch_size > 1:
        steps = options.per_device_train_batch_size * options.gradient_accumulation_steps
        remedies.append("--per-device-train-batch-size 1"
                        + (f" --gradient-accumulation-steps {steps}" if not options.global_batch_size else ""))
    if options.use_peft and options.base_bits == "16":
        remedies.append("--base-bits 4")
    if not options.gradient_checkpointing:
        remedies.append("--gradient-checkpointing")
    remedies += [f"--max-length {options.max_length // 2}", "a smaller --model"]
    raise ModelError(f"needs about {need}, and {device} has {free / GIB:.1f} GiB free", where="memory",
                     remedy=", or ".join(remedies))


def batch_arithmetic(options: TrainOptions, rows: int, unit: str = "rows", processes: int = 1) -> str:
    """How rows become updates, in one sentence: the numbers and their product."""
    batch, accumulated = options.per_device_train_batch_size, options.gradient_accumulation_steps
    whole = updates_of(dataclasses.replace(options, max_steps=-1), rows, processes)
    passes = f"{options.num_train_epochs:g} pass{'es' if options.num_train_epochs != 1 else ''} over {rows:,} {unit}"
    ends = f", of which max_steps takes {options.max_steps:,}" if 0 < options.max_steps < whole else \
        f", and max_steps goes on to {options.max_steps:,}" if options.max_steps > whole else ""
    again = -rows % options.global_batch_size if options.global_batch_size else 0
    filled = f"; a pass begins again with {again:,} to fill its last update" if again else ""
    return (f"{batch} {unit} × {accumulated} accumulated × {processes} process{'es' if processes > 1 else ''} = "
            f"{batch * accumulated * processes} {unit} an update; {passes}: {quantity(whole, 'update')}{ends}{filled}")


def updates_of(options: TrainOptions, rows: int, processes: int = 1) -> int:
    """How many updates the trainer will make."""
    if options.max_steps > 0:
        return options.max_steps
    loaded = -(-rows // (options.per_device_train_batch_size * processes))
    each = max(1, -(-loaded // options.gradient_accumulation_steps))
    return max(1, -int(-(each * options.num_train_epochs) // 1))


def dtype_of(options: TrainOptions) -> str:
    """The dtype that weights are held in: under LoRA the one this machine computes in, in full training float32."""
    if options.dtype == AUTO and not options.use_peft:
        return "float32"
    return _name(chosen_dtype(options.dtype, device()))


def _name(dtype: "torch.dtype") -> str:
    return str(dtype).removeprefix("torch.")


def weights_dtype(options: SharedOptions) -> str:
    """The dtype that weights are held in while they are trained on: all weights in float32, whatever passes compute in.

    In bfloat16 a weight does not move where its step is less than 1/256 of it: 3 to 5% of weights did, and norms never.
    """
    return dtype_of(options) if options.use_peft else "float32"


def computes_in_bfloat16(options: SharedOptions) -> bool:
    """Whether weights in float32 are cast to bfloat16 for passes (autocast)."""
    if options.use_peft or (options.dtype == AUTO and device() == "cpu"):
        return False
    return _name(chosen_dtype(options.dtype, device())) == BFLOAT16


def passes(options: SharedOptions) -> "torch.autocast":
    """The context in which passes are made; training enters it by itself."""
    import torch

    return torch.autocast(device().partition(":")[0], dtype=torch.bfloat16, enabled=computes_in_bfloat16(options))


def as_torch(dtype: str) -> Any:
    """The torch dtype of that name."""
    import torch

    return getattr(torch, dtype)
