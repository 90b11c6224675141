"""Which type each weight of a GGUF file takes: llama.cpp's mixtures by name, and what to fall back on for odd widths.

After llama.cpp's `llama_tensor_get_type`: values and the way down of a block, to which a model is most sensitive, take more
bits in some layers; a head (or an embedding that serves as one) takes 6 or 8 bits.
"""

from collections.abc import Callable
from dataclasses import dataclass

from instructwild.errors import ConfigError


@dataclass(frozen=True)
class Mixture:
    """The types of one `--quant`.

    Args:
        base: of the weights of blocks, as `gguf.GGMLQuantizationType` names it.
        sensitive: of `attn_v` and `ffn_down` where `more` says so.
        output: of the head.
        file_type: the number by which llama.cpp knows the whole.
        bits: of the base, to compare with rounding to nearest; None where nothing is rounded.
        more: whether a layer of `count` takes the sensitive type.
        worst_ratio: of the export's perplexity to its source's that the gate lets pass.
    """

    base: str
    sensitive: str
    output: str
    file_type: int
    bits: int | None
    worst_ratio: float
    more: Callable[[int, int], bool] = lambda layer, count: True


def outer_and_every_third(layer: int, count: int) -> bool:
    """The first and the last eighth of the layers, and every third between: llama.cpp's `use_more_bits`."""
    return layer < count // 8 or layer >= 7 * count // 8 or (layer - count // 8) % 3 == 2


MIXTURES = {
    "q2_k": Mixture("Q2_K", "Q3_K", "Q6_K", 10, 2, 3.0),
    "q3_k_m": Mixture("Q3_K", "Q4_K", "Q6_K", 12, 3, 1.6),
    "q4_0": Mixture("Q4_0", "Q4_0", "Q8_0", 2, 4, 1.35),
    "q4_1": Mixture("Q4_1", "Q4_1", "Q8_0", 3, 4, 1.35),
    "q4_k_s": Mixture("Q4_K", "Q5_K", "Q6_K", 14, 4, 1.35, lambda layer, count: layer < count // 8),
    "q4_k_m": Mixture("Q4_K", "Q6_K", "Q6_K", 15, 4, 1.35, outer_and_every_third),
    "q5_0": Mixture("Q5_0", "Q5_0", "Q8_0", 8, 5, 1.15),
    "q5_1": Mixture("Q5_1", "Q5_1", "Q8_0", 9, 5, 1.15),
    "q5_k_m": Mixture("Q5_K", "Q6_K", "Q6_K", 17, 5, 1.15, outer_and_every_third),
    "q6_k": Mixture("Q6_K", "Q6_K", "Q6_K", 18, 6, 1.08),
    "q8_0": Mixture("Q8_0", "Q8_0", "Q8_0", 7, 8, 1.03),
    "f16": Mixture("F16", "F16", "F16", 1, None, 1.01),
}
FALLBACK = {"Q2_K": "Q4_0", "Q3_K": "Q4_0", "Q4_K": "Q5_0", "Q5_K": "Q5_1", "Q6_K": "Q8_0"}
"""What a K-quant becomes where a row is no multiple of its block of 256, as in llama.cpp."""
SENSITIVE = ("attn_v.weight", "ffn_down.weight")
K_BLOCK, BLOCK = 256, 32


def mixture_of(quant: str) -> Mixture:
    """The mixture of a name, written in any case.

    Raises:
        ConfigError: there is none of that name.
    """
    if (mixture := MIXTURES.get(quant.lower())) is None:
        raise ConfigError(f"{quant!r} is no quantization that is written here", where="--quant",
                          remedy=f"give one of {', '.join(MIXTURES)}")
    return mixture


def type_of(name: str, shape: tuple[int, ...], mixture: Mixture, layers: int, *, tied: bool) -> str:
    """The type of one tensor, as `gguf.GGMLQuantizationType` names it.

    Args:
        name: in the file, such as `blk.3.ffn_down.weight`.
        shape: [out, in]; vectors stay float32.
        mixture: of the file.
        layers: of the model.
        tied: whether the embedding is the head too.
    """
    if len(shape) < 2 or not name.endswith(".weight"):
        return "F32"
    kind = mixture.base
    if name == "output.weight" or (name == "token_embd.weight" and tied):
        kind = mixture.output
    elif name.endswith(SENSITIVE) and mixture.more(int(name.split(".")[1]), layers):
        kind = mixture.sensitive
    if kind.endswith("_K") and shape[-1] % K_BLOCK:
        kind = FALLBACK[kind]
    return "F16" if shape[-1] % BLOCK else kind
