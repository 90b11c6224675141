"""Means with intervals by bootstrap, by part of the data."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from instructwild_trainer.reward.measure import Estimate, ratio


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
