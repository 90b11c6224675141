"""LoRA layers as they are trained here: plain linear ones, kept in fp32, computing in what the base computes in."""

from typing import Any

import torch
from peft.tuners.lora import Linear
from torch import Tensor, nn
from torch.nn.functional import linear


class Factor(nn.Linear):
    """A LoRA matrix that is kept in fp32 and computes in the dtype of its input, as autocast would have it."""

    def forward(self, inputs: Tensor) -> Tensor:
        """[..., out]."""
        return linear(inputs, self.weight.to(inputs.dtype))


class FusedLora(Linear):
    """PEFT's LoRA layer in three products forwards and five backwards, without a pass over the outputs for scaling and sum.

    In a 7B model those passes take an eighth of an update on an H100. What is no plain layer with one adapter goes PEFT's
    way.
    """

    def forward(self, x: Tensor, *args: Any, **options: Any) -> Tensor:
        """[..., out] of [..., in]."""
        name = self._plain_adapter(x) if not args and not options else None
        if name is None:
            return super().forward(x, *args, **options)     # type: ignore[no-any-return]  # PEFT is not typed
        first, second = self.lora_A[name].weight.to(x.dtype), self.lora_B[name].weight.to(x.dtype)
        base = self.base_layer
        out: Tensor = _Fused.apply(x.reshape(-1, x.shape[-1]), base.weight, base.bias, first, second, self.scaling[name])
        return out.view(*x.shape[:-1], out.shape[-1])

    def _plain_adapter(self, x: Tensor) -> str | None:
        """The adapter, where there is one and nothing but plain products is asked for."""
        active = [name for name in self.active_adapters if name in self.lora_A]
        if self.disable_adapters or self.merged or len(active) != 1 or active[0] in self.lora_variant:
            return None
        name, base = active[0], self.base_layer
        dropout = self.lora_dropout[name]
        quiet = isinstance(dropout, nn.Identity) or not (dropout.training and dropout.p)
        plain = type(base) is nn.Linear and type(base.weight) is nn.Parameter and not base.weight.requires_grad \
            and base.weight.dtype == x.dtype and self.lora_B[name].bias is None and not self.fan_in_fan_out
        computes = not torch.is_autocast_enabled(x.device.type) or torch.get_autocast_dtype(x.device.type) == x.dtype
        return name if quiet and plain and computes else None


class _Fused(torch.autograd.Function):
    """y = x Wᵀ + b + s · (x Aᵀ) Bᵀ with W and b frozen (Hu et al. 2021, equation 3)."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, first: Tensor, second: Tensor,
                scale: float) -> Tensor:
        """[N, out] of x [N, in], W [out, in], b [out], A [r, in], B [out, r]."""
        low = x @ first.T
        ctx.save_for_backward(x, weight, first, second, low)
        ctx.scale = scale
        return linear(x, weight, bias).addmm_(low, second.T, alpha=scale)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, None, None, Tensor | None, Tensor | None, None]:
        """∂x = ∂y W + s · (∂y B) A, ∂A = s · (∂y B)ᵀ x, ∂B = s · ∂yᵀ (x Aᵀ)."""
        x, weight, first, second, low = ctx.saved_tensors
        back = gradients[0]
        onto_low = (back @ second).mul_(ctx.scale)
        onto_x = (back @ weight).addmm_(onto_low, first) if ctx.needs_input_grad[0] else None
        onto_first = onto_low.T @ x if ctx.needs_input_grad[3] else None
        onto_second = (back.T @ low).mul_(ctx.scale) if ctx.needs_input_grad[4] else None
        return onto_x, None, None, onto_first, onto_second, None


def follow_base(model: nn.Module) -> None:
    """Have all adapters of a model compute in the dtype of the base.

    PEFT computes them in fp32: for a base in bfloat16 each layer would keep a copy of its input twice as large, and on GPUs
    leave the quick units unused. Weights, gradients and the optimiser stay in fp32.
    """
    from peft.tuners.lora import LoraLayer

    for layer in model.modules():
        if isinstance(layer, LoraLayer):
            layer.cast_input_dtype_enabled = False
            if type(layer) is Linear:
                layer.__class__ = FusedLora
            for factor in (*layer.lora_A.values(), *layer.lora_B.values()):
                if type(factor) is nn.Linear:
                    factor.__class__ = Factor


def plain_layers(config: Any) -> None:
    """Say that linear layers are plain ones: PEFT would import every quantizer that is installed to make sure of it."""
    config._register_custom_module({nn.Linear: Linear})
