"""What follows from the losses of two models on the same held-out rows: pure functions over plain lists.

`losses` are by language, then by row, the loss in nats of every token but the first (see `probe.Losses`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp

import numpy as np

Rows = Mapping[str, Sequence[Sequence[float]]]
RESAMPLES = 2000


@dataclass(frozen=True)
class Interval:
    """A figure and the 95% interval of its bootstrap over rows."""

    value: float
    low: float
    high: float

    def rounded(self, digits: int = 4) -> dict[str, float]:
        """As JSON."""
        return {name: round(getattr(self, name), digits) for name in ("value", "low", "high")}

    def __str__(self) -> str:
        return f"{self.value:.0%} [{self.low:.0%}, {self.high:.0%}]"


def perplexities(losses: Rows) -> dict[str, float]:
    """Exp of the mean loss of a token, in each language and over all of them together as `all`."""
    named = {**losses, "all": [row for rows in losses.values() for row in rows]}
    sums = {name: (sum(map(sum, rows)), sum(map(len, rows))) for name, rows in named.items()}
    return {name: exp(total / count) for name, (total, count) in sums.items() if count}


def closed(source: Rows, export: Rows, rounded: Rows) -> dict[str, Interval]:
    """How much of the gap in perplexity from a rounded model to the source the export closes, by language and over all.

    (rounded - export) / (rounded - source): 1 is as good as full precision, 0 no better than rounding. Rows are drawn
    again together for the three models, so that what is hard for all of them cancels. A language in which rounding costs
    nothing has no gap and is left out.
    """
    result = {}
    for name in [*source, "all"]:
        pick = list(source) if name == "all" else [name]
        sums, counts = _sums([source, export, rounded], pick)
        if not counts.sum():
            continue

        def share(total: np.ndarray, count: np.ndarray) -> np.ndarray:
            item, other, worst = np.exp(total / count)
            return (worst - other) / np.where(worst - item > 0, worst - item, np.nan)

        value = float(share(sums.sum(1), counts.sum()))
        if np.isnan(value):
            continue
        sampled = _draws(len(counts))
        spread = share(sums[:, sampled].sum(-1), counts[sampled].sum(-1))
        low, high = np.nanquantile(spread, [0.025, 0.975])
        result[name] = Interval(value, float(low), float(high))
    return result


def worse(export: Rows, rounded: Rows, margin: float = 0.01) -> bool:
    """Whether the export's mean loss is above the rounded model's by more than `margin` nats, and by more than chance.

    Chance is which rows were held out: the lower end of the 95% interval of the difference counts.
    """
    (item, other), counts = _sums([export, rounded], list(export))
    if len(counts) < 2:
        return False
    sampled = _draws(len(counts))
    return bool(np.quantile((item - other)[sampled].sum(-1) / counts[sampled].sum(-1), 0.025) > margin)


def agreement(item: Mapping[str, Sequence[Sequence[int]]], other: Mapping[str, Sequence[Sequence[int]]]) -> float:
    """The share of places at which both name the same token; 1 where there is no place."""
    pairs = [(a, b) for language in item for row, its in zip(item[language], other[language], strict=True)
             for a, b in zip(row, its, strict=True)]
    return sum(a == b for a, b in pairs) / len(pairs) if pairs else 1.0


def likelihood_change(item: Rows, other: Rows) -> float:
    """The mean absolute difference, in nats, of the log-likelihood that two models give to a token."""
    result = [abs(a - b) for language in item for row, its in zip(item[language], other[language], strict=True)
             for a, b in zip(row, its, strict=True)]
    return sum(result) / len(result) if result else 0.0


def _sums(models: Sequence[Rows], languages: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Summed losses [models, rows] and token counts [rows]."""
    sums = np.array([[sum(row) for name in languages for row in model[name]] for model in models])
    return sums, np.array([len(row) for name in languages for row in models[0][name]])


def _draws(rows: int) -> np.ndarray:
    """Rows drawn with replacement [RESAMPLES, rows], the same every time."""
    return np.random.default_rng(0).integers(rows, size=(RESAMPLES, rows))
