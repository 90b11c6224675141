"""What logits say of tokens, a row at a time: a whole batch of them in fp32 would be the peak of memory."""

from typing import Any

import torch
from torch import Tensor


def token_logprobs(logits: Tensor, tokens: Tensor, temperature: float) -> Tensor:
    """[B, T] fp32: log-probability of each token under logits [B, T, V] taken at a temperature."""
    result: Tensor = _Logprobs.apply(logits, tokens, temperature)
    return result


@torch.no_grad()
def token_entropy(logits: Tensor, temperature: float) -> Tensor:
    """[B, T] fp32: entropy in nats of the distributions that logits [B, T, V] give at a temperature; no gradient."""
    rows = []
    for row in logits:
        logs = torch.log_softmax(_scaled(row, temperature), dim=-1)
        rows.append(-(logs.exp() * logs).sum(-1))
    return torch.stack(rows) if rows else logits.new_zeros(logits.shape[:2], dtype=torch.float32)


class _Logprobs(torch.autograd.Function):
    """Keeps the logits as they came and log Σ exp; softmax is computed again on the way back."""

    @staticmethod
    def forward(ctx: Any, logits: Tensor, tokens: Tensor, temperature: float) -> Tensor:
        totals = torch.empty(tokens.shape, dtype=torch.float32, device=logits.device)
        result = torch.empty_like(totals)
        for i, row in enumerate(logits):
            scaled = _scaled(row, temperature)
            totals[i] = scaled.logsumexp(-1)
            result[i] = scaled.gather(-1, tokens[i].unsqueeze(-1)).squeeze(-1) - totals[i]
        ctx.save_for_backward(logits, tokens, totals)
        ctx.temperature = temperature
        return result

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        """∂ log p(token) / ∂ logit = (1[token] − softmax) / temperature."""
        logits, tokens, totals = ctx.saved_tensors
        back = torch.empty_like(logits)
        for i, (row, gradient) in enumerate(zip(logits, gradients[0] / ctx.temperature, strict=True)):
            softmax = _scaled(row, ctx.temperature).sub_(totals[i].unsqueeze(-1)).exp_()
            back[i] = softmax.mul_(-gradient.unsqueeze(-1)).scatter_add_(-1, tokens[i].unsqueeze(-1), gradient.unsqueeze(-1))
        return back, None, None


def _scaled(row: Tensor, temperature: float) -> Tensor:
    """[T, V] fp32, a copy."""
    return row.to(torch.float32, copy=True).div_(temperature)
