"""Reductions over response tokens. All of PPO's losses and figures go through these two."""

import torch
from torch import Tensor


def kept(x: Tensor, mask: Tensor) -> Tensor:
    """`x` in fp32 with zeros off the mask, whatever stood there (padding may hold NaN or infinities).

    Args:
        x: [B, T] of any dtype.
        mask: [B, T], bool or 0/1 of any dtype.

    Returns:
        [B, T] fp32. No gradient reaches what was off the mask.
    """
    return torch.where(mask != 0, x.float(), 0.0)


def masked_mean(x: Tensor, mask: Tensor) -> Tensor:
    """The mean over all tokens on the mask, each counting alike whichever its row; 0 (with a graph) where there is none.

    Args:
        x: [B, T] of any dtype.
        mask: [B, T], bool or 0/1 of any dtype.

    Returns:
        [] fp32.
    """
    return kept(x, mask).sum() / (mask != 0).sum().clamp(min=1)
