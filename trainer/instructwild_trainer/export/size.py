"""The memory arithmetic of a 4-bit model, from its config alone; docs/quantization.md works it out for 7B.

A linear layer with `out` rows and `in` columns in groups of g holds, in auto-gptq's layout, in bytes:

    qweight   bits/8 · out · in        the codes
    qzeros    bits/8 · out · in/g      one zero point a group
    scales    2 · out · in/g           one 16-bit scale a group
    g_idx     4 · in                   the group of every column

Embeddings, the head and norms stay as they were. While it writes, a model holds for every token 2 · layers · key heads ·
head width numbers in its cache.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from transformers import PreTrainedConfig


@dataclass(frozen=True)
class Shape:
    """The widths of a decoder.

    Args:
        linear: (out, in) of every linear layer of all blocks.
        outside: parameters that stay at full precision: embeddings, head, norms, biases.
        cache: numbers that a token leaves in the cache of keys and values.
    """

    linear: tuple[tuple[int, int], ...]
    outside: int
    cache: int

    @property
    def weights(self) -> int:
        """Parameters of the linear layers."""
        return sum(out * width for out, width in self.linear)

    def packed(self, bits: int, group: int) -> int:
        """Bytes of the linear layers at `bits` bits in groups of `group`."""
        return sum(bits * out * width // 8 + (bits * out // 8 + 2 * out) * (width // group) + 4 * width
                   for out, width in self.linear)

    def stored(self, bits: int, group: int, number: int = 2) -> int:
        """Bytes of all weights of the 4-bit model, where what is not quantized takes `number` bytes."""
        return self.packed(bits, group) + number * self.outside

    def cached(self, tokens: int, number: int = 2) -> int:
        """Bytes of the cache of keys and values after so many tokens."""
        return number * tokens * self.cache


def shape_of(config: "PreTrainedConfig | Path | Mapping[str, Any]") -> Shape:
    """The shape of a causal language model, from its config or its folder; it is built without its weights."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    if isinstance(config, Path):
        config = AutoConfig.from_pretrained(config, trust_remote_code=False)
    elif isinstance(config, Mapping):
        config = AutoConfig.for_model(**config)
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config, trust_remote_code=False)
    head = model.get_output_embeddings()
    linear = tuple((layer.out_features, layer.in_features) for layer in model.modules()
                   if isinstance(layer, torch.nn.Linear) and layer is not head)
    text = config.get_text_config()
    heads = getattr(text, "num_key_value_heads", None) or text.num_attention_heads
    width = getattr(text, "head_dim", None) or text.hidden_size // text.num_attention_heads
    return Shape(linear, model.num_parameters() - sum(out * inside for out, inside in linear),
                 2 * text.num_hidden_layers * heads * width)


def linear_share(folder: Path, bits: int, group: int) -> tuple[int, float]:
    """Bytes of a model's linear weights at 16 bits, and the share of that which they should take quantized."""
    shape = shape_of(folder)
    return 2 * shape.weights, shape.packed(bits, group) / (2 * shape.weights)
