"""Generalised advantage estimation and whitening."""

import math

import torch
from torch import Tensor

from instructwild_trainer.ppo.masked import kept

INDISTINCT = 1e-7
"""Values of one batch that differ by less than this, relative to the largest, are told apart by rounding alone."""


@torch.no_grad()
def gae(rewards: Tensor, values: Tensor, mask: Tensor, gamma: float, lam: float) -> tuple[Tensor, Tensor]:
    """δ_t = r_t + γ·V_{t+1} − V_t; A_t = δ_t + γλ·A_{t+1}; returns = A + V. V and A past the last token are 0.

    Schulman et al. 2016, equations 11 to 16.

    Args:
        rewards: [B, T].
        values: [B, T]; values[:, t] was read at the position that predicts token t.
        mask: [B, T], 1 on response tokens up to and including EOS; bool or 0/1 of any dtype.
        gamma: discount γ.
        lam: λ; 1 gives the whole sum of rewards minus the value, 0 one step.

    Returns:
        advantages [B, T] and returns [B, T], fp32, 0 off the mask, constants to autograd. Whiten the advantages
        afterwards: the returns are of the advantages as they are.
    """
    r, v = kept(rewards, mask), kept(values, mask)
    on = (mask != 0).float()
    advantages = torch.zeros_like(r)
    next_value = next_advantage = torch.zeros_like(r[:, 0]) if r.shape[1] else r.sum(1)
    for t in range(r.shape[1] - 1, -1, -1):
        delta = r[:, t] + gamma * next_value - v[:, t]
        next_advantage = (delta + gamma * lam * next_advantage) * on[:, t]
        next_value = v[:, t]
        advantages[:, t] = next_advantage
    return advantages, advantages + v


@torch.no_grad()
def truncated_weights(logprobs: Tensor, sampler_logprobs: Tensor, mask: Tensor, cap: float) -> Tensor:
    """min(π(token) / μ(token), cap) [B, T] fp32, 0 off the mask: what a token counts that μ drew in π's place.

    Truncated importance sampling (Ionides 2008; V-trace's ρ, Espeholt et al. 2018), with π the policy as it computes here
    and μ the same weights in another engine.

    Args:
        logprobs: [B, T] of π.
        sampler_logprobs: [B, T] of μ.
        mask: [B, T], 1 on response tokens; bool or 0/1 of any dtype.
        cap: largest weight.
    """
    return kept((kept(logprobs, mask) - kept(sampler_logprobs, mask)).clamp(max=math.log(cap)).exp(), mask)


@torch.no_grad()
def whiten(x: Tensor, mask: Tensor) -> Tensor:
    """Shift and scale to mean 0 and (biased) variance 1 over the mask.

    Args:
        x: [B, T].
        mask: [B, T], bool or 0/1 of any dtype.

    Returns:
        [B, T] fp32, 0 off the mask; 0 everywhere where the values do not differ.
    """
    on = mask != 0
    y = kept(x, on)
    count = on.sum().clamp(min=1)
    scale = y.abs().amax() if y.numel() else y.sum()
    y = y / scale.clamp(min=torch.finfo(torch.float32).tiny)     # so that no square overflows or vanishes
    for _ in range(2):                                           # the second pass takes the rounding of the first away
        y = kept(y - y.sum() / count, on)
    deviation = (y.square().sum() / count).sqrt()
    return torch.where(deviation > INDISTINCT, y / deviation, 0.0)
