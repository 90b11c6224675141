"""What logits say of tokens, a row at a time: a whole batch of them in fp32 would be the peak of memory."""

from typing import Any

import torch
from torch import Tensor

TOKENS = 512
"""Of a row in which others stand behind one another, how many are looked at at a time."""


def token_logprobs(logits: Tensor, tokens: Tensor, temperature: float) -> Tensor:
    """[B, T] fp32: log-probability of each token under logits [B, T, V] taken at a temperature."""
    result: Tensor = _Logprobs.apply(logits, tokens, temperature)
    return result


@torch.no_grad()
def token_entropy(logits: Tensor, temperature: float) -> Tensor:
    """[B, T] fp32: entropy in nats of the distributions that logits [B, T, V] give at a temperature; no gradient."""
    result = logits.new_zeros(logits.shape[:2], dtype=torch.float32)
    for part, out in zip(_parts(logits), _parts(result), strict=True):
        logs = torch.log_softmax(_scaled(part, temperature), dim=-1)
        out.copy_(-(logs.exp() * logs).sum(-1))
    return result


class _Logprobs(torch.autograd.Function):
    """Keeps the logits as they came and log Σ exp; softmax is computed again on the way back."""

    @staticmethod
    def forward(ctx: Any, logits: Tensor, tokens: Tensor, temperature: float) -> Tensor:
        totals = torch.empty(tokens.shape, dtype=torch.float32, device=logits.device)
        result = torch.empty_like(totals)
        for part, ids, total, out in zip(*map(_parts, (logits, tokens, totals, result)), strict=True):
            scaled = _scaled(part, temperature)
            total.copy_(scaled.logsumexp(-1))
            out.copy_(scaled.gather(-1, ids.unsqueeze(-1)).squeeze(-1) - total)
        ctx.save_for_backward(logits, tokens, totals)
        ctx.temperature = temperature
        return result

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        """∂ log p(token) / ∂ logit = (1[token] − softmax) / temperature."""
        logits, tokens, totals = ctx.saved_tensors
        back = torch.empty_like(logits)
        whole = logits, gradients[0] / ctx.temperature, tokens, totals, back
        for part, gradient, ids, total, out in zip(*map(_parts, whole), strict=True):
            softmax = _scaled(part, ctx.temperature).sub_(total.unsqueeze(-1)).exp_()
            out.copy_(softmax.mul_(-gradient.unsqueeze(-1)).scatter_add_(-1, ids.unsqueeze(-1), gradient.unsqueeze(-1)))
        return back, None, None


def _parts(whole: Tensor) -> list[Tensor]:
    """Views of [B, T, …]: each row, of a single one so many tokens at a time."""
    return list(whole) if len(whole) != 1 else list(whole[0].split(TOKENS))


def _scaled(row: Tensor, temperature: float) -> Tensor:
    """[T, V] fp32, a copy."""
    return row.to(torch.float32, copy=True).div_(temperature)
