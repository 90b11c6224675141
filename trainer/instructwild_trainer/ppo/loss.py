"""The clipped losses of PPO (Schulman et al. 2017), as masked token means."""

import torch
from torch import Tensor

from instructwild_trainer.ppo.masked import kept, masked_mean

LOG_RATIO_BOUND = 20.0
"""|log ρ| beyond which the ratio is held, so that exp cannot overflow to an infinite loss; far outside any clip range."""


def policy_loss(logprobs: Tensor, old_logprobs: Tensor, advantages: Tensor, mask: Tensor,
                clip: float) -> tuple[Tensor, Tensor]:
    """Masked token mean of max(−A·ρ, −A·clip(ρ, 1 ± clip)) with ρ = exp(logprobs − old_logprobs).

    Schulman et al. 2017, equation 7.

    Args:
        logprobs: [B, T] under the policy being trained; the only argument that gets a gradient.
        old_logprobs: [B, T] under the policy that sampled.
        advantages: [B, T].
        mask: [B, T], bool or 0/1 of any dtype.
        clip: ε.

    Returns:
        The loss [] fp32, and the share [] of tokens at which the clipped side was taken.
    """
    ratio = kept(logprobs.float() - old_logprobs.detach().float(), mask).clamp(-LOG_RATIO_BOUND, LOG_RATIO_BOUND).exp()
    a = kept(advantages.detach(), mask)
    plain, clipped = -a * ratio, -a * ratio.clamp(1.0 - clip, 1.0 + clip)
    return masked_mean(torch.maximum(plain, clipped), mask), masked_mean((clipped > plain).detach(), mask)


def value_loss(values: Tensor, old_values: Tensor, returns: Tensor, mask: Tensor, clip: float) -> tuple[Tensor, Tensor]:
    """Masked token mean of 0.5 · max((V − R)², (clip(V, V_old ± clip) − R)²).

    Args:
        values: [B, T] of the value model being trained; the only argument that gets a gradient.
        old_values: [B, T] at the time of the rollout.
        returns: [B, T].
        mask: [B, T], bool or 0/1 of any dtype.
        clip: how far a value may move from its old one before it stops gaining.

    Returns:
        The loss [] fp32, and the share [] of tokens at which the clipped side was taken.
    """
    v, old, target = kept(values, mask), kept(old_values.detach(), mask), kept(returns.detach(), mask)
    plain = (v - target).square()
    clipped = (torch.clamp(v, old - clip, old + clip) - target).square()
    return 0.5 * masked_mean(torch.maximum(plain, clipped), mask), masked_mean((clipped > plain).detach(), mask)
