"""Means with intervals by bootstrap, by part of the data."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from instructwild_trainer.reward.measure import Estimate, ratio

RESAMPLES, STEPS, RIDGE = 400, 30, 0.01
"""Of the bootstrap, of Newton's method, and the ridge that keeps a fit finite where one side wins always."""


def by_part(totals: Sequence[float], weights: Sequence[float], groups: Sequence[str], parts: Sequence[str],
            ) -> dict[str, Estimate]:
    """The ratio Σ totals / Σ weights over all items and over each part of them, with its interval by bootstrap over groups.

    Args:
        totals, weights: one of each an item.
        groups: what an item belongs to, such as its prompt: items of one group are drawn together.
        parts: which part an item is in, such as its language; `all` comes first where there is more than one part.
    """
    over, under, named = np.asarray(totals, float), np.asarray(weights, float), np.asarray(parts, dtype=str)
    _, group = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    masks = {name: named == name for name in sorted(set(parts))}
    if len(masks) != 1:
        masks = {"all": np.ones(len(named), dtype=bool), **masks}
    return {name: ratio(over[mask], under[mask], group[mask]) for name, mask in masks.items() if mask.any()}


def length_controlled(values: Sequence[float], lengths: Sequence[tuple[int, int]], groups: Sequence[str],
                      parts: Sequence[str]) -> dict[str, Estimate]:
    """The win rate that the first side would have if both answers were of the same length, by part.

    A logistic regression of the outcome on the difference of lengths, read at no difference (Dubois et al. 2024,
    "Length-Controlled AlpacaEval", without its term for the difficulty of a prompt). The difference is tanh of the log ratio
    of lengths over its standard deviation, so that a Chinese character and an English letter need not weigh the same.

    Args:
        values: 1 where the first side won, 0 where the second did, 0.5 for a tie.
        lengths: characters of the first and of the second answer.
        groups, parts: as in `by_part`.
    """
    won = np.asarray(values, float)
    ratios = np.array([math.log((first + 1) / (second + 1)) for first, second in lengths])
    named = np.asarray(parts, dtype=str)
    _, group = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    masks = {name: named == name for name in sorted(set(parts))}
    if len(masks) != 1:
        masks = {"all": np.ones(len(named), dtype=bool), **masks}
    result = {}
    for name, mask in masks.items():
        if not mask.any():
            continue
        own, owner = ratios[mask], np.unique(group[mask], return_inverse=True)[1]
        spread = own.std()
        difference = np.tanh(own / spread) if spread > 0 else np.zeros(len(own))
        count = owner.max() + 1
        rng = np.random.default_rng(0)
        drawn = np.vstack([np.ones(count), rng.multinomial(count, np.full(count, 1 / count), RESAMPLES)])
        rates = _rates_at_no_difference(won[mask], difference, drawn[:, owner])
        low, high = np.quantile(rates[1:], [0.025, 0.975])
        result[name] = Estimate(float(rates[0]), float(low), float(high), int(mask.sum()), int(count))
    return result


def _rates_at_no_difference(won: np.ndarray, difference: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The fitted rate at difference 0 for each row of weights [R, N], by Newton's method with a small ridge."""
    level, slope = np.zeros(len(weights)), np.zeros(len(weights))
    for _ in range(STEPS):
        rate = 1 / (1 + np.exp(-(level[:, None] + slope[:, None] * difference)))
        error, curve = weights * (won - rate), weights * rate * (1 - rate)
        a, b = error.sum(1) - RIDGE * level, (error * difference).sum(1) - RIDGE * slope
        h11, h12, h22 = curve.sum(1) + RIDGE, (curve * difference).sum(1), (curve * difference**2).sum(1) + RIDGE
        determinant = h11 * h22 - h12**2
        level = level + np.clip((h22 * a - h12 * b) / determinant, -2, 2)
        slope = slope + np.clip((h11 * b - h12 * a) / determinant, -2, 2)
    return np.asarray(1 / (1 + np.exp(-level)))


def estimates_json(estimates: Mapping[str, Estimate], of: Callable[[float], float] = float) -> dict[str, dict[str, Any]]:
    """Estimates as JSON values; `of`, which must rise, is applied to the value and to both ends of its interval."""
    return {name: {"value": of(each.value), "low": of(each.low), "high": of(each.high), "rows": each.pairs}
            for name, each in estimates.items()}


def interval(estimate: Mapping[str, float], digits: int | None = None, *, sign: bool = False, percent: bool = False) -> str:
    """`12.31 [11.80, 12.95]`, or the same as percentages; by default with four digits that count.

    >>> interval({"value": 12.306, "low": 11.8, "high": 12.951}), interval({"value": 1026.3, "low": 1017.7, "high": 1034.5})
    ('12.31 [11.80, 12.95]', '1026 [1018, 1034]')
    """
    decimals = digits if digits is not None else max(0, 3 - math.floor(math.log10(max(abs(estimate["value"]), 1e-3))))
    form = f"{'+' if sign else ''}.{decimals}{'%' if percent else 'f'}"
    return f"{estimate['value']:{form}} [{estimate['low']:{form}}, {estimate['high']:{form}}]"
