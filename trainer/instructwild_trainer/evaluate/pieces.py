"""What every measurement here shares: it goes on where it stopped, and its means come with intervals."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from instructwild_trainer.fit import once
from instructwild_trainer.reward.measure import Estimate, ratio

if TYPE_CHECKING:
    from instructwild.stage import Run

PIECE = 256
Item = TypeVar("Item")


def in_pieces(run: "Run", name: str, items: Sequence[Item], work: Callable[[Sequence[Item]], list[Any]]) -> list[Any]:
    """`work` over the items, a few hundred at a time; each piece is kept, so that an interrupted run measures it no more.

    Args:
        run: whose scratch folder keeps the pieces.
        name: of the measurement in it.
        items: in an order that is always the same.
        work: gives one JSON value for each item.
    """
    found: list[Any] = []
    for start in range(0, len(items), PIECE):
        part = items[start:start + PIECE]
        found += once(run, f"{name}-{start // PIECE}", lambda part=part: work(part))
    return found


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


def plain(found: Mapping[str, Estimate], of: Callable[[float], float] = float) -> dict[str, dict[str, Any]]:
    """Estimates as JSON values; `of`, which must rise, is applied to the value and to both ends of its interval."""
    return {name: {"value": of(one.value), "low": of(one.low), "high": of(one.high), "rows": one.pairs}
            for name, one in found.items()}


def interval(one: Mapping[str, float], digits: int | None = None, *, sign: bool = False, percent: bool = False) -> str:
    """`12.31 [11.80, 12.95]`, or the same as percentages; by default with four digits that count.

    >>> interval({"value": 12.306, "low": 11.8, "high": 12.951}), interval({"value": 1026.3, "low": 1017.7, "high": 1034.5})
    ('12.31 [11.80, 12.95]', '1026 [1018, 1034]')
    """
    places = digits if digits is not None else max(0, 3 - math.floor(math.log10(max(abs(one["value"]), 1e-3))))
    form = f"{'+' if sign else ''}.{places}{'%' if percent else 'f'}"
    return f"{one['value']:{form}} [{one['low']:{form}}, {one['high']:{form}}]"


def told_apart(names: Iterable[str]) -> list[str]:
    """The names, the second of equal ones as `name (2)`."""
    seen: dict[str, int] = {}
    found = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return found
