"""Attention in bfloat16 on a CPU: torch's fused kernel takes two to ten times as long as its own products."""

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

if TYPE_CHECKING:
    from transformers import PreTrainedModel

NAME = "grouped_products"
BLOCK = 128
"""Queries that go through at once: those of a sequence's first half need not be compared with keys of the second."""
LONGEST = 1024
"""Queries and keys beyond which the weights [B, heads, T, S] would take more memory than time is gained."""


def patch_attention(model: "PreTrainedModel") -> None:
    """Have a model in bfloat16 on a CPU attend by plain products; any other, and any that cannot, stays as it is."""
    if model.dtype != torch.bfloat16 or model.device.type != "cpu" or model.config._attn_implementation != "sdpa":
        return
    from transformers import AttentionInterface, AttentionMaskInterface
    from transformers.masking_utils import sdpa_mask

    AttentionInterface.register(NAME, attend)
    AttentionMaskInterface.register(NAME, sdpa_mask)
    model.set_attn_implementation(NAME)


def attend(module: torch.nn.Module, query: Tensor, key: Tensor, value: Tensor, attention_mask: Tensor | None,
           dropout: float = 0.0, scaling: float | None = None, **more: Any) -> tuple[Tensor, None]:
    """softmax(query · keyᵀ · scaling, masked) · value, with the heads that share a key in one product.

    The scores are rounded to bfloat16, as in transformers' eager attention; softmax computes in fp32.

    Args:
        module: the layer.
        query: [B, H, T, D].
        key, value: [B, G, S, D], G a divisor of H.
        attention_mask: [B, 1, T, S] bool; None attends to all that is not later.
        dropout, scaling, more: as transformers hands them to any attention; what is not understood goes to `sdpa`.

    Returns:
        [B, T, H, D], and no weights.
    """
    t, d, s = *query.shape[2:], key.shape[2]
    odd = any(more.get(name) is not None for name in ("softcap", "position_bias", "s_aux", "is_causal"))
    if odd or dropout or (t > 1 and max(t, s) > LONGEST):
        from transformers.integrations.sdpa_attention import sdpa_attention_forward

        return sdpa_attention_forward(module, query, key, value, attention_mask, dropout, scaling, **more)
    blocks = [_products(query, key, value, attention_mask, start, scaling or d**-0.5) for start in range(0, t, BLOCK)]
    return torch.cat(blocks, dim=1), None


def _products(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, start: int, scaling: float) -> Tensor:
    """[B, T', H, D] for a block of queries, and only the keys that the last of them can see."""
    later = key.shape[2] - query.shape[2]
    query = query[:, :, start:start + BLOCK]
    (b, heads, t, d), groups, s = query.shape, key.shape[1], min(start + BLOCK + later, key.shape[2])
    if mask is not None:
        mask = mask[..., start:start + t, :]
        s = key.shape[2] if mask[..., s:].any() else s
        mask = mask[..., :s]
    elif t > 1:
        mask = torch.ones(t, s, dtype=torch.bool).tril(s - t)[None, None]
    key, value = key[:, :, :s], value[:, :, :s]
    scores = ((query * scaling).reshape(b, groups, heads // groups * t, d) @ key.transpose(2, 3)).view(
        b, groups, heads // groups, t, s)
    if mask is not None:
        scores += _bias(mask, scores.dtype).unsqueeze(2)
    weights = scores.softmax(-1).view(b, groups, heads // groups * t, s)
    return (weights @ value).view(b, heads, t, d).transpose(1, 2)


def _bias(mask: Tensor, dtype: torch.dtype) -> Tensor:
    """0 where the mask is, the lowest number elsewhere, so that a row that sees nothing gets no NaN."""
    if mask.dtype != torch.bool:
        return mask
    return torch.zeros(mask.shape, dtype=dtype).masked_fill(~mask, torch.finfo(dtype).min)
