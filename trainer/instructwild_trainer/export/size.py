"""The memory arithmetic of a 4-bit model, from its config alone; docs/quantization.md works it out for 7B.

A linear layer with `out` rows and `in` columns in groups of g holds, in auto-gptq's layout, in bytes:

    qweight   bits/8 · out · in        the codes
    qzeros    bits/8 · out · in/g      one zero point a group
    scales    2 · out · in/g           one 16-bit scale a group
    g_idx     4 · in                   the group of every column

Embeddings, the head and norms stay as they were, and so does a layer whose inputs no group divides. While it writes, a model
holds for every token 2 · layers · key heads · head width numbers in its cache.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from transformers import PreTrainedConfig


PACKING = 32
"""Codes are packed into 32-bit words: bits x out must fill whole ones, or a layer's zero points cannot be stored."""


@dataclass(frozen=True)
class ModelShape:
    """The widths of a decoder.

    Args:
        linear: (out, in) of every linear layer of all blocks.
        outside: parameters that stay at full precision: embeddings, head, norms, biases.
        cache: numbers that a token leaves in the cache of keys and values.
        names: of the linear layers within their block, such as `self_attn.o_proj`, in the order of `linear`.
        itemsize: bytes of a weight as it is stored.
    """

    linear: tuple[tuple[int, int], ...]
    outside: int
    cache: int
    names: tuple[str, ...] = ()
    itemsize: int = 2

    @property
    def weights(self) -> int:
        """Parameters of the linear layers."""
        return sum(out * width for out, width in self.linear)

    def packed(self, bits: int, group: int, number: int = 2) -> int:
        """Bytes of the linear layers at `bits` bits in groups of `group`; others take `number` a weight."""
        return sum(bits * out * width // 8 + (bits * out // 8 + 2 * out) * (width // group) + 4 * width
                   if divides(out, width, bits, group) else number * out * width for out, width in self.linear)

    def stored(self, bits: int, group: int, number: int = 2) -> int:
        """Bytes of all weights of the 4-bit model, where what is not quantized takes `number` bytes."""
        return self.packed(bits, group, number) + number * self.outside

    def cached(self, tokens: int, number: int = 2) -> int:
        """Bytes of the cache of keys and values after so many tokens."""
        return number * tokens * self.cache

    def quantized(self, bits: int, group: int) -> int:
        """Weights of the linear layers that such groups divide."""
        return sum(out * width for out, width in self.linear if divides(out, width, bits, group))

    def unquantized(self, bits: int, group: int) -> list[str]:
        """Names of the layers that such groups do not divide, each once."""
        return sorted({name for name, (out, width) in zip(self.names, self.linear, strict=True)
                       if not divides(out, width, bits, group)})


def divides(out: int, width: int, bits: int, group: int) -> bool:
    """Whether a linear layer of `out` rows and `width` columns can be stored in groups of `group`."""
    return width % group == 0 and bits * out % PACKING == 0


def shape_of(config: "PreTrainedConfig | Path | Mapping[str, Any]") -> ModelShape:
    """The shape of a causal language model, from its config or its folder; it is built without its weights."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    from instructwild.llm.generation.slot_cache import column_bytes

    if isinstance(config, Path):
        config = AutoConfig.from_pretrained(config, trust_remote_code=False)
    elif isinstance(config, Mapping):
        config = AutoConfig.for_model(**config)
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config, trust_remote_code=False)
    head = model.get_output_embeddings()
    layers = {name: layer for name, layer in model.named_modules()
              if isinstance(layer, torch.nn.Linear) and layer is not head}
    linear = tuple((layer.out_features, layer.in_features) for layer in layers.values())
    text = config.get_text_config()
    itemsize = torch.empty(0, dtype=text.dtype).element_size() if isinstance(text.dtype, torch.dtype) else 4
    return ModelShape(linear, model.num_parameters() - sum(out * inside for out, inside in linear),
                 column_bytes(text, 1), tuple(map(_within_block, layers)), itemsize)


def _within_block(name: str) -> str:
    """`model.layers.3.self_attn.o_proj` as `self_attn.o_proj`: what follows the number of the block."""
    parts = name.split(".")
    block = next((i for i, part in enumerate(parts) if part.isdigit()), -1)
    return ".".join(parts[block + 1:])


def linear_share(folder: Path, bits: int, group: int) -> tuple[int, float]:
    """Bytes of a model's linear weights at 16 bits, and the share of that which they should take quantized."""
    shape = shape_of(folder)
    return 2 * shape.weights, shape.packed(bits, group, shape.itemsize) / (2 * shape.weights)
