"""How far the policy has moved from its reference, and how hard it is held."""

from dataclasses import dataclass

import torch
from torch import Tensor

from instructwild_trainer.ppo.masked import kept


def k1(logprobs: Tensor, ref_logprobs: Tensor) -> Tensor:
    """The log-ratio log π − log π_ref, the estimate that is rewarded: unbiased, of either sign.

    Args:
        logprobs, ref_logprobs: [B, T] log-probabilities of tokens sampled from π.

    Returns:
        [B, T] fp32, in nats.
    """
    return logprobs.float() - ref_logprobs.float()


def k3(logprobs: Tensor, ref_logprobs: Tensor) -> Tensor:
    """e^d − 1 − d with d = log π_ref − log π, the estimate that is reported: unbiased, never negative, of low variance.

    Schulman, "Approximating KL divergence" (2020).

    Args:
        logprobs, ref_logprobs: [B, T] log-probabilities of tokens sampled from π.

    Returns:
        [B, T] fp32, in nats.
    """
    d = ref_logprobs.float() - logprobs.float()
    return (torch.expm1(d) - d).clamp(min=0.0)


def per_sequence(kl: Tensor, mask: Tensor) -> Tensor:
    """The mean over responses of the KL summed over their tokens: nats per sequence, a scalar.

    Args:
        kl: [B, T], k1 or k3.
        mask: [B, T], bool or 0/1 of any dtype.
    """
    return kept(kl, mask).sum(1).mean() if kl.shape[0] else kl.sum()


@dataclass
class FixedKL:
    """A KL coefficient that stays as it is."""

    coef: float

    def update(self, kl: float, n: int) -> None:
        """Nothing to do."""


@dataclass
class AdaptiveKL:
    """A KL coefficient that steers towards a target (Ziegler et al. 2019, section 2.2).

    Args:
        coef: β to begin with.
        target: KL aimed at, in nats per sequence.
        horizon: number of sequences over which a lasting error of 1 would double β; the error counts for at most ±0.2.
    """

    coef: float
    target: float
    horizon: float

    def __post_init__(self) -> None:
        if self.target <= 0 or self.horizon <= 0:
            raise ValueError(f"target and horizon must be above 0, found {self.target} and {self.horizon}")

    def update(self, kl: float, n: int) -> None:
        """β ← β · (1 + clip(kl/target − 1, ±0.2) · n/horizon).

        Args:
            kl: the KL just measured, in nats per sequence.
            n: sequences it was measured on.
        """
        error = min(max(kl / self.target - 1.0, -0.2), 0.2)
        self.coef *= 1.0 + error * n / self.horizon
