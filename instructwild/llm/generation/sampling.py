"""From logits to the next token of each row, where the logits are."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

REDRAWS = 4
"""How often a token outside the nucleus is drawn again before the nucleus is worked out, which costs far more."""
ONE = 0x3F800000
"""The bits of 1.0 in fp32: floats from 0 to 1 are ordered as their bits are."""


@dataclass
class Settings:
    """How each of B rows is sampled: temperature, top_p and penalty [B] fp32, and which of these matter at all."""

    temperature: Tensor
    top_p: Tensor
    penalty: Tensor
    samples: bool = True
    """Whether any row has a temperature above 0."""
    nucleus: bool = True
    """Whether any row has a top_p below 1."""


def penalized(logits: Tensor, penalty: Tensor) -> Tensor:
    """The repetition penalty of CTRL (Keskar et al. 2019, section 4.1) in the form that transformers uses.

    Args:
        logits: of any shape, those of tokens that were seen.
        penalty: of a shape that broadcasts to it; positive logits are divided by it, negative ones multiplied.
    """
    return torch.where(logits > 0, logits / penalty, logits * penalty)


def repetition_penalized(logits: Tensor, history: Tensor, penalty: Tensor) -> Tensor:
    """Logits [B, V] with those of tokens in `history` [B, T] made less likely; a token may stand there many times."""
    return logits.scatter(1, history, penalized(logits.gather(1, history), penalty[:, None]))


def draw(logits: Tensor, settings: Settings, number: Callable[[int], Tensor]) -> Tensor:
    """The next token of each row [B]; temperature 0 takes the likeliest.

    With top_p below 1 the token is drawn from the nucleus. On a CPU it is drawn from the whole distribution and drawn again
    while it lies outside, which gives the same distribution without looking for the nucleus; on a device, where a branch
    would wait for the device, the nucleus is looked for each time.

    Args:
        logits: [B, V] fp32.
        settings: of the rows.
        number: gives the numbers [B] in [0, 1), fp64, of the first draw, the second and so on.
    """
    likeliest = logits.argmax(-1)
    if not settings.samples:
        return likeliest
    heat = torch.where(settings.temperature > 0, settings.temperature, 1.0)
    probability = torch.softmax(logits / heat[:, None], dim=-1)
    if not settings.nucleus:
        token = drawn(probability, number(0))
    elif logits.device.type == "cpu":
        token = _redrawn(probability, settings, number)
    else:
        token = drawn(nucleus(probability, settings.top_p), number(0))
    return torch.where(settings.temperature > 0, token, likeliest)


def drawn(probability: Tensor, number: Tensor | None) -> Tensor:
    """The token at which the cumulative probability passes a number; the likeliest without one.

    Args:
        probability: [B, V], not necessarily of sum 1.
        number: [B] fp64 in [0, 1), or None.

    Returns:
        [B] token ids, never one of probability 0.
    """
    if number is None:
        return probability.argmax(-1)
    cumulative = probability.double().cumsum(-1)
    token = torch.searchsorted(cumulative, number[:, None] * cumulative[:, -1:], right=True)
    return token[:, 0].clamp(max=probability.shape[1] - 1)


def _redrawn(probability: Tensor, settings: Settings, number: Callable[[int], Tensor]) -> Tensor:
    """Tokens [B] from the nucleus: drawn from the whole, again where one lies outside, from the nucleus itself at last."""
    rows = torch.arange(len(probability), device=probability.device)
    share = torch.where(settings.temperature > 0, settings.top_p, 1.0)
    tokens = torch.zeros_like(rows)
    for count in range(REDRAWS):
        token = drawn(probability, number(count)[rows])
        tokens[rows] = token
        # Eight times as fast as `torch.where` on some processors: no branch on a condition that nobody can predict.
        likelier = (probability * (probability > probability.gather(1, token[:, None]))).sum(-1)
        outside = ((share < 1) & (likelier >= share)).nonzero()[:, 0]
        if not len(outside):
            return tokens
        rows, probability, share = rows[outside], probability[outside], share[outside]
    tokens[rows] = drawn(nucleus(probability, share), number(REDRAWS)[rows])
    return tokens


def nucleus(probability: Tensor, share: Tensor) -> Tensor:
    """Probabilities [B, V] with 0 where the likelier tokens have at least `share` [B] of all already.

    The least probability inside is found by bisection over the bits of floats, 30 sums over the vocabulary, which needs
    neither an ordered copy nor a look at the result; tokens as likely as the least one all stay.
    """
    low = torch.zeros(len(probability), dtype=torch.int32, device=probability.device)
    high = torch.full_like(low, ONE)
    for _ in range(31):
        middle = low + (high - low) // 2
        floor = middle.view(torch.float32)[:, None]
        enough = (probability * (probability > floor)).sum(-1) < share
        high, low = torch.where(enough, middle, high), torch.where(enough, low, middle + 1)
    inside = (probability >= high.view(torch.float32)[:, None]) | (share >= 1)[:, None]
    return probability * inside
