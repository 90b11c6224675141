"""LoRA layers as they are trained here: plain linear ones, kept in fp32, computing in what the base computes in."""

from typing import Any

from torch import Tensor, nn
from torch.nn.functional import linear


class Factor(nn.Linear):
    """A LoRA matrix that is kept in fp32 and computes in the dtype of its input, as autocast would have it."""

    def forward(self, inputs: Tensor) -> Tensor:
        """[..., out]."""
        return linear(inputs, self.weight.to(inputs.dtype))


def follow_base(model: nn.Module) -> None:
    """Have all adapters of a model compute in the dtype of the base.

    PEFT computes them in fp32: for a base in bfloat16 each layer would keep a copy of its input twice as large, and on GPUs
    leave the quick units unused. Weights, gradients and the optimiser stay in fp32.
    """
    from peft.tuners.lora import LoraLayer

    for layer in model.modules():
        if isinstance(layer, LoraLayer):
            layer.cast_input_dtype_enabled = False
            for factor in (*layer.lora_A.values(), *layer.lora_B.values()):
                if type(factor) is nn.Linear:
                    factor.__class__ = Factor


def plain_layers(config: Any) -> None:
    """Say that linear layers are plain ones: PEFT would import every quantizer that is installed to make sure of it."""
    from peft.tuners.lora import Linear

    config._register_custom_module({nn.Linear: Linear})
