"""A linear layer of 4-bit weights by the kernel that torch itself brings: nothing is compiled and nothing fetched."""

from typing import Any

import torch
from torch import Tensor, nn

from instructwild.llm.quantized import takes_layer

TILES = 8
"""Of 16 inputs each, that the kernel lays together."""


class Int4Linear(nn.Module):
    """y = x Wᵀ + b in bfloat16, W = (q − 8) · scale + zero with q of 4 bits, a scale and a zero for each group of inputs.

    Args:
        numbers: [out, in] q, of any integer dtype, on the device where passes are made.
        scales: [out, in / group].
        zeros: [out, in / group] what q = 8 stands for.
        bias: [out], or None.
    """

    def __init__(self, numbers: Tensor, scales: Tensor, zeros: Tensor, bias: Tensor | None = None) -> None:
        super().__init__()
        self.out_features, self.in_features = numbers.shape
        self.group_size = self.in_features // scales.shape[1]
        self.register_buffer("weight", _packed(numbers), persistent=False)
        both = torch.stack([scales, zeros], dim=-1).transpose(0, 1).to(torch.bfloat16).contiguous()
        self.register_buffer("scales_and_zeros", both, persistent=False)
        self.bias = None if bias is None else nn.Parameter(bias.to(torch.bfloat16), requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        """[..., out] of [..., in]."""
        rows = x.reshape(-1, self.in_features).to(torch.bfloat16)
        kernels = torch.ops.aten
        multiply = kernels._weight_int4pack_mm_for_cpu if x.device.type == "cpu" else kernels._weight_int4pack_mm
        out: Tensor = multiply(rows, self.weight, self.group_size, self.scales_and_zeros)
        if self.bias is not None:
            out = out + self.bias
        return out.view(*x.shape[:-1], self.out_features).to(x.dtype)


def _packed(numbers: Tensor) -> Tensor:
    """As the kernel of the device reads them."""
    if numbers.device.type == "cpu":
        return torch.ops.aten._convert_weight_to_int4pack_for_cpu(numbers.int(), TILES)     # type: ignore[no-any-return]
    pairs = (numbers[:, ::2] << 4 | numbers[:, 1::2]).to(torch.uint8).contiguous()
    return torch.ops.aten._convert_weight_to_int4pack(pairs, TILES)     # type: ignore[no-any-return]


def codes_of(words: Tensor, bits: int) -> Tensor:
    """[in, out] the codes in auto-gptq's words.

    Args:
        words: [in * bits / 32, out] int32, the first code in the lowest bits.
        bits: of a code: 2, 4 or 8.
    """
    shifts = torch.arange(0, 32, bits, device=words.device, dtype=torch.int32)
    codes: Tensor = (words[:, None] >> shifts[:, None]) & (2**bits - 1)
    return codes.flatten(0, 1)


def from_gptq(layer: Any) -> Int4Linear | None:
    """The same weights as a packed layer of gptqmodel that multiplies by plain torch; None where the kernel cannot.

    Args:
        layer: `TorchLinear`, with qweight [in / 8, out], scales [in / group, out] and g_idx [in].
    """
    inputs, outputs, group = layer.in_features, layer.out_features, layer.group_size
    if not takes_layer(layer) or inputs % (16 * TILES) or layer.qweight.dtype != torch.int32:
        return None
    in_order = torch.arange(inputs, device=layer.g_idx.device) // group
    if not torch.equal(layer.g_idx.long(), in_order):
        return None
    numbers = codes_of(layer.qweight, layer.bits)
    dense, scales = layer.dequantize_weight().view(inputs, outputs), layer.scales.float()
    zeros = dense[::group].float() - (numbers[::group] - 8) * scales     # whichever way the file writes them
    return Int4Linear(numbers.T, scales.T, zeros.T, layer.bias)
