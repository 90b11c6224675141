"""How well scores agree with rankings: accuracy over held-out pairs, with its uncertainty, its baselines and its slices."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from instructwild_trainer.reward.groups import Group

Floats = NDArray[np.float64]
NEAR = 0.25
"""Two answers are of like length when they differ by at most this share of the longer one."""


@dataclass(frozen=True)
class HeldOutPairs:
    """Every strictly ordered pair of every ranking of some groups, as parallel arrays of length P.

    `prompt` numbers the group a pair comes from; `distance` is how many ranks apart the two are; `better` and `worse` are
    the lengths of the two answers in characters; `language` is the group's.
    """

    prompt: NDArray[np.int64]
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    distance: NDArray[np.int64]
    better: Floats
    worse: Floats
    language: NDArray[np.str_]

    def margins(self, scores: Sequence[Sequence[float]]) -> Floats:
        """Score of the better answer minus that of the worse, for scores in the shape of the groups: [P]."""
        return np.array([scores[p][a] - scores[p][b]
                         for p, a, b in zip(self.prompt, self.first, self.second, strict=True)], dtype=float)

    @property
    def near(self) -> NDArray[np.bool_]:
        """Which pairs are of like length."""
        near: NDArray[np.bool_] = np.abs(self.better - self.worse) <= NEAR * np.maximum(self.better, self.worse)
        return near

    def slices(self) -> dict[str, NDArray[np.bool_]]:
        """The parts of the pairs that are looked at one by one."""
        every = np.ones(len(self.prompt), dtype=bool)
        longer = self.better > self.worse
        parts = {"all pairs": every, **{f"language {name}": self.language == name for name in sorted(set(self.language))},
                 "1 rank apart": self.distance == 1, "2 ranks apart": self.distance == 2,
                 "3 or more ranks apart": self.distance > 2, "lengths within 25%": self.near,
                 "the longer is better": longer & ~self.near, "the shorter is better": ~longer & ~self.near}
        return {name: part for name, part in parts.items() if part.any()}


def pairs_of(groups: Sequence[Group]) -> HeldOutPairs:
    """The pairs of some groups, in order."""
    rows = [(p, a, b, order.ranks[b] - order.ranks[a], len(group.texts[a]), len(group.texts[b]), group.language)
             for p, group in enumerate(groups) for order in group.orders for a, b in order.pairs]
    columns = list(zip(*rows, strict=True)) or [()] * 7
    whole = [np.array(column, dtype=np.int64) for column in columns[:4]]
    return HeldOutPairs(*whole, *(np.array(column, dtype=float) for column in columns[4:6]), np.array(columns[6], dtype=str))


def correct(margins: Floats) -> Floats:
    """1 where the better answer has the higher score, 0.5 where both have the same, 0 elsewhere."""
    return np.where(margins > 0, 1.0, np.where(margins < 0, 0.0, 0.5))


@dataclass(frozen=True)
class Estimate:
    """A mean over pairs, with its 95% interval."""

    value: float
    low: float
    high: float
    pairs: int
    prompts: int

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def estimate(values: Floats, prompt: NDArray[np.int64], resamples: int = 2000, seed: int = 0) -> Estimate:
    """The mean of values over pairs, its interval by bootstrap over prompts: pairs of one prompt are not independent.

    Differences of two measures on the same pairs are estimated the same way, which pairs them.

    Args:
        values: [P].
        prompt: [P], which prompt a value belongs to.
        resamples: draws.
        seed: of the draws.
    """
    return ratio(values, np.ones(len(values)), prompt, resamples, seed)


def ratio(totals: Floats, weights: Floats, group: NDArray[np.int64], resamples: int = 2000, seed: int = 0) -> Estimate:
    """Σ totals / Σ weights, such as nats over tokens, its interval by bootstrap over groups.

    Efron's percentile interval over `resamples` draws of as many groups as there are.

    Args:
        totals, weights: [N].
        group: [N], which group an item belongs to.
        resamples: draws.
        seed: of the draws.
    """
    if not len(totals):
        return Estimate(float("nan"), float("nan"), float("nan"), 0, 0)
    _, of_item = np.unique(group, return_inverse=True)
    sums, counts = np.bincount(of_item, totals), np.bincount(of_item, weights)
    draws = np.random.default_rng(seed).integers(0, len(sums), (resamples, len(sums)))
    means = sums[draws].sum(1) / counts[draws].sum(1)
    low, high = np.quantile(means, [0.025, 0.975])
    return Estimate(float(totals.sum() / weights.sum()), float(low), float(high), len(totals), len(sums))


def calibration(margins: Floats, bins: int = 5) -> tuple[list[tuple[float, float, int]], float]:
    """Whether a preference that the model is 80% sure of holds in 80% of the pairs.

    The model's confidence in a pair is σ(|margin|), Bradley and Terry's probability.

    Returns:
        For each bin of confidence between 0.5 and 1 that holds pairs: mean confidence, share that is right, and pairs; and
        the expected calibration error, the mean distance of the two weighted by pairs.
    """
    confidence = 1 / (1 + np.exp(-np.abs(margins)))
    right = correct(margins)
    bin_of = np.minimum(((confidence - 0.5) * 2 * bins).astype(int), bins - 1)
    rows = [(float(confidence[bin_of == b].mean()), float(right[bin_of == b].mean()), int((bin_of == b).sum()))
            for b in range(bins) if (bin_of == b).any()]
    error = sum(abs(sure - held) * count for sure, held, count in rows) / max(1, len(margins))
    return rows, error


def judged(pairs: HeldOutPairs, judges: Mapping[str, Floats]) -> dict[str, dict[str, Estimate]]:
    """Accuracy of each judge on each slice of the pairs: {slice: {judge: estimate}}.

    Args:
        pairs: the pairs.
        judges: margins [P] by the name of who gives them.
    """
    return {name: {judge: estimate(correct(margins[part]), pairs.prompt[part]) for judge, margins in judges.items()}
            for name, part in pairs.slices().items()}


def differences(pairs: HeldOutPairs, judges: Mapping[str, Floats], of: str) -> dict[str, dict[str, Estimate]]:
    """How much more often `of` is right than each other judge, on the same pairs: {slice: {other judge: estimate}}."""
    return {name: {other: estimate(correct(judges[of][part]) - correct(margins[part]), pairs.prompt[part])
                   for other, margins in judges.items() if other != of}
            for name, part in pairs.slices().items()}


def longer_wins(pairs: HeldOutPairs) -> Floats:
    """Margins of the judge who always prefers the longer answer: [P]."""
    margins: Floats = pairs.better - pairs.worse
    return margins


def in_shape(flat: Sequence[float], groups: Sequence[Group], of: Callable[[Group], Sequence[object]]) -> list[list[float]]:
    """Values of all candidates of all groups, one list a group."""
    values = iter(flat)
    return [[next(values) for _ in of(group)] for group in groups]
