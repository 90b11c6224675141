"""QLoRA: the frozen base under adapters in 4 bits (NF4 with quantized scales, Dettmers et al. 2023), by torchao.

Weights are decoded for each pass and passes compute in the dtype of activations, forwards and backwards; adapters and what
is no linear layer below the head keep their dtype. What a run saves are the adapters, and their sum with the base as it is
stored, never with the base in 4 bits.
"""

import math
from typing import TYPE_CHECKING, Any

from torch import nn

from instructwild.errors import ConfigError, ModelError

if TYPE_CHECKING:
    from instructwild_trainer.config import SharedOptions

BLOCK, SCALES = 64, 256
"""Weights that share a scale, and scales that share one of their own."""
BYTES = 0.5 + 1 / BLOCK + 4 / (BLOCK * SCALES)
"""Bytes of a weight."""
MARK = "weights_in_nf4"


def check_bits(options: "SharedOptions") -> None:
    """Refuse 4 bits where all weights are trained.

    Raises:
        ConfigError: there are no adapters.
    """
    if options.base_bits == "4" and not options.use_peft:
        raise ConfigError("4 bits hold a frozen base under adapters, and all weights are trained", where="--base-bits",
                          remedy="leave out --no-use-peft or --base-bits")


def quantize_base(model: Any, options: "SharedOptions", device: str) -> Any:
    """A model whose linear layers are held in 4 bits where the options say so; each goes to the device by itself.

    Args:
        model: on the host; changed in place. Its output layer, and layers whose weights no block divides, stay as they are.
        options: of the run.
        device: where its passes will be made.

    Raises:
        ModelError: torchao is not installed.
    """
    if options.base_bits != "4":
        return model
    to_nf4 = _encoder()
    head = model.get_output_embeddings() if hasattr(model, "get_output_embeddings") else None
    for name, layer in model.named_modules():
        if isinstance(layer, nn.Linear) and layer is not head and not name.endswith(("lm_head", "score")) \
                and layer.weight.numel() % BLOCK == 0:
            weight = layer.weight.detach().to(device)
            del layer._parameters["weight"]
            # No parameter: nothing moves it, casts it or puts it into a checkpoint.
            layer.weight = to_nf4(weight, BLOCK, math.gcd(weight.numel() // BLOCK, SCALES))
    setattr(model, MARK, True)
    return model


def has_quantized_base(model: Any) -> bool:
    """Whether a model, under PEFT or not, is one that `quantize_base` changed."""
    plain = model.get_base_model() if hasattr(model, "get_base_model") else model
    return bool(getattr(plain, MARK, False))


def _encoder() -> Any:
    try:
        from torchao.quantization import to_nf4
    except ImportError:
        try:
            from torchao.dtypes.nf4tensor import to_nf4
        except ImportError:
            raise ModelError("torchao is not installed, which holds weights in 4 bits", where="--base-bits 4",
                             remedy="pip install torchao") from None
    return to_nf4
