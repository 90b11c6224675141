"""What GGUF calls a model's widths and weights, for the decoders whose weights need no more than a new name and order.

The names are `gguf`'s own map; what llama.cpp expects beyond them: rotary dimensions of Llama as neighbouring pairs instead
of two halves, and Gemma's norms with the 1 added that transformers adds while it computes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from instructwild.errors import ModelError

if TYPE_CHECKING:
    import torch
    from gguf import GGUFWriter
    from transformers import PreTrainedConfig, PreTrainedModel

ARCHITECTURES = {"llama": "LLAMA", "mistral": "LLAMA", "qwen2": "QWEN2", "qwen3": "QWEN3", "gemma3_text": "GEMMA3"}
"""transformers' model_type, and the name of `gguf.MODEL_ARCH`."""
PAIRED = ("q_proj", "k_proj")
GEMMA_PATTERN = 6
"""Every sixth layer of Gemma 3 attends to all tokens: llama.cpp has this number in its code."""


@dataclass(frozen=True)
class NamedTensor:
    """A weight as GGUF names and orders it.

    Args:
        name: in the file.
        source: the module that it belongs to in transformers, such as `model.layers.0.mlp.up_proj`.
        value: float32.
    """

    name: str
    source: str
    value: "torch.Tensor"


def architecture_of(config: "PreTrainedConfig") -> str:
    """The architecture's name in the file, such as `llama`.

    Raises:
        ModelError: its weights are not written here, or its rotary scaling or attention pattern has no key in the file.
    """
    from gguf import MODEL_ARCH, MODEL_ARCH_NAMES

    kind = config.model_type
    if kind not in ARCHITECTURES:
        raise ModelError(f"is of the architecture {kind!r}; GGUF is written for {', '.join(ARCHITECTURES)}",
                         where="--format gguf",
                         remedy="export it with --format merged and convert that with llama.cpp's convert_hf_to_gguf.py")
    rope = _rope(config)
    if rope.get("rope_type", "default") not in ("default", "linear", "llama3"):
        raise ModelError(f"scales its rotary positions by {rope['rope_type']!r}", where="--format gguf",
                         remedy="export it with --format merged and convert that with llama.cpp's convert_hf_to_gguf.py")
    if kind == "gemma3_text" and list(config.layer_types) != _gemma_layers(config.num_hidden_layers):
        raise ModelError("has another order of local and global attention than llama.cpp computes for Gemma 3",
                         where="--format gguf", remedy="export it with --format merged")
    return str(MODEL_ARCH_NAMES[MODEL_ARCH[ARCHITECTURES[kind]]])


def add_hyperparameters(writer: "GGUFWriter", config: "PreTrainedConfig") -> None:
    """Write the model's widths, its context and its rotary base."""
    from gguf import RopeScalingType

    heads = config.num_attention_heads
    width = getattr(config, "head_dim", None) or config.hidden_size // heads
    writer.add_vocab_size(config.vocab_size)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(heads)
    writer.add_head_count_kv(getattr(config, "num_key_value_heads", None) or heads)
    writer.add_key_length(width)
    writer.add_value_length(width)
    writer.add_rope_dimension_count(width)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    rope = _rope(config)
    writer.add_rope_freq_base(float(rope.get("rope_theta", 10000.0)))
    if rope.get("rope_type") == "linear":
        writer.add_rope_scaling_type(RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(float(rope["factor"]))
    if config.model_type == "gemma3_text":
        writer.add_sliding_window(config.sliding_window)


def tensors_of(model: "PreTrainedModel") -> Iterator[NamedTensor]:
    """The model's weights one by one, a head that shares the embedding's memory left out: the runtime reads that again.

    A head with weights of its own is written, whatever the config says about tying.

    Raises:
        ModelError: a weight has no name in GGUF.
    """
    import gguf

    config = model.config
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH[ARCHITECTURES[config.model_type]], config.num_hidden_layers)
    head, embedding = model.get_output_embeddings(), model.get_input_embeddings()
    tied = head is not None and head.weight.data_ptr() == embedding.weight.data_ptr()
    for source, value in model.state_dict().items():
        if tied and source == "lm_head.weight":
            continue
        name = names.get_name(source, try_suffixes=(".weight", ".bias"))
        if name is None:
            raise ModelError(f"has weights that GGUF knows no name for ({source})", where="--format gguf",
                             remedy="export it with --format merged")
        yield NamedTensor(name, source.rpartition(".")[0], _ordered(source, value.float().cpu(), config))
    if (factors := _rope_factors(config)) is not None:
        yield NamedTensor("rope_freqs.weight", "", factors)


def _ordered(source: str, value: "torch.Tensor", config: "PreTrainedConfig") -> "torch.Tensor":
    part = source.split(".")[-2]
    if ARCHITECTURES[config.model_type] == "LLAMA" and part in PAIRED:
        heads = config.num_attention_heads if part == "q_proj" else config.num_key_value_heads or config.num_attention_heads
        return pairs_from_halves(value, heads)
    if config.model_type == "gemma3_text" and part.endswith("norm"):
        return value + 1
    return value


def pairs_from_halves(weight: "torch.Tensor", heads: int) -> "torch.Tensor":
    """Rotary dimensions as llama.cpp orders them: neighbouring pairs instead of the two halves of each head.

    Args:
        weight: [heads * head_dim, ...], a weight or a bias.
        heads: how many heads the rows belong to.
    """
    rows = weight.shape[0]
    return weight.reshape(heads, 2, rows // heads // 2, *weight.shape[1:]).transpose(1, 2).reshape(weight.shape)


def _rope(config: "PreTrainedConfig") -> dict[str, Any]:
    """The rotary parameters; of Gemma 3 those of its global layers."""
    rope = dict(getattr(config, "rope_parameters", None) or {})
    return dict(rope["full_attention"]) if "full_attention" in rope else rope


def _rope_factors(config: "PreTrainedConfig") -> "torch.Tensor | None":
    """Llama 3's divisors of the rotary frequencies [head_dim / 2], which the file keeps as a tensor; None without them.

    As in `transformers.modeling_rope_utils._compute_llama3_parameters`: long waves are slowed by `factor`, short ones are
    left, those between are mixed.
    """
    import math

    import torch

    rope = _rope(config)
    if rope.get("rope_type") != "llama3":
        return None
    width = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    frequencies = 1.0 / float(rope["rope_theta"]) ** (torch.arange(0, width, 2, dtype=torch.float32) / width)
    low, high, factor = rope["low_freq_factor"], rope["high_freq_factor"], rope["factor"]
    waves = 2 * math.pi / frequencies
    share = ((rope["original_max_position_embeddings"] / waves - low) / (high - low)).clamp(0, 1)
    return 1 / ((1 - share) / factor + share)


def _gemma_layers(count: int) -> list[str]:
    return ["full_attention" if (layer + 1) % GEMMA_PATTERN == 0 else "sliding_attention" for layer in range(count)]
