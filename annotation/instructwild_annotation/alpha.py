"""Krippendorff's ordinal alpha over prompts with different numbers of candidates, and bootstrap intervals of agreement.

Source: Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability". Own code: PyPI's `krippendorff` is GPL.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from instructwild.schema import RankingRow
from instructwild_annotation.agreement import Agreement, by_row, counted

RESAMPLES = 400
SEED = 0
Interval = tuple[float, float]


def coincidences(units: Iterable[Sequence[int]], size: int) -> np.ndarray:
    """How often two coders gave a unit the values v and w, each unit's pairs divided by its coders less one.

    Args:
        units: the values 1..size that coders gave each unit; a unit with fewer than two says nothing.
        size: the number of values.

    Returns:
        [size, size], symmetric; its sum is the number of values that can be paired.
    """
    matrix = np.zeros((size, size))
    for values in units:
        if len(values) > 1:
            counts = np.bincount(np.asarray(values) - 1, minlength=size).astype(float)
            matrix += (np.outer(counts, counts) - np.diag(counts)) / (len(values) - 1)
    return matrix


def disagreement(matrix: np.ndarray) -> tuple[float, float]:
    """Observed and expected ordinal disagreement of a coincidence matrix, both times the number of values.

    The distance of two values is the share of all values that lies between them, half of each end included; as a share,
    not as a count, it means the same for many values as for few.
    """
    counts = matrix.sum(axis=1)
    total = counts.sum()
    if total <= 1:
        return 0.0, 0.0
    middle = (counts.cumsum() - counts / 2) / total
    distance = (middle[:, None] - middle[None, :]) ** 2
    expected = np.outer(counts, counts) - np.diag(counts)
    return float((matrix * distance).sum()), float((expected * distance).sum() / (total - 1))


def alpha_of(matrices: Iterable[np.ndarray]) -> float | None:
    """Alpha over several coincidence matrices, each compared with what chance gives within it.

    1 - sum of observed / sum of expected disagreement: a mean of the alphas, weighted by expected disagreement. Ranks 1 to
    2 and 1 to 10 are different scales: put into one matrix, chance alone would look like agreement.
    None where nothing can be compared or all values are the same.
    """
    pairs = [disagreement(matrix) for matrix in matrices]
    expected = sum(pair[1] for pair in pairs)
    return 1 - sum(pair[0] for pair in pairs) / expected if expected > 0 else None


def _by_size(rows: Iterable[RankingRow]) -> dict[int, np.ndarray]:
    """The coincidence matrices of each row, [rows, K, K] for each number K of candidates."""
    matrices: dict[int, list[np.ndarray]] = {}
    for row in rows:
        ranks = [ranking.ranks for ranking in counted(row)]
        if len(ranks) > 1:
            size = len(row.candidates)
            matrices.setdefault(size, []).append(coincidences(zip(*ranks, strict=True), size))
    return {size: np.stack(group) for size, group in matrices.items()}


def alpha(rows: Iterable[RankingRow]) -> float | None:
    """Krippendorff's alpha (ordinal) over all annotators: 1 is full agreement, 0 what chance gives.

    Each candidate of each prompt is a unit, each annotator a coder, each rank a value. None where no unit has two coders
    or all ranks are the same.
    """
    return alpha_of(group.sum(axis=0) for group in _by_size(rows).values())


def _percentiles(values: Iterable[float | None]) -> Interval | None:
    known = [value for value in values if value is not None]
    if not known:
        return None
    low, high = np.percentile(known, [2.5, 97.5])
    return float(low), float(high)


def alpha_interval(rows: Iterable[RankingRow], resamples: int = RESAMPLES) -> Interval | None:
    """The 95% bootstrap interval of alpha over prompts: prompts drawn with replacement, percentiles of the results."""
    groups = {size: group.reshape(len(group), -1) for size, group in _by_size(rows).items()}
    count = sum(map(len, groups.values()))
    if count < 2:
        return None
    rng = np.random.default_rng(SEED)

    def resample() -> float | None:
        weights = np.bincount(rng.integers(count, size=count), minlength=count).astype(float)
        matrices, start = [], 0
        for size, group in groups.items():
            matrices.append((weights[start:start + len(group)] @ group).reshape(size, size))
            start += len(group)
        return alpha_of(matrices)

    return _percentiles(resample() for _ in range(resamples))


def share_interval(counts: Sequence[tuple[int, int]], resamples: int = RESAMPLES) -> Interval | None:
    """The 95% bootstrap interval of a share over prompts.

    Args:
        counts: (pairs judged the same, all pairs) of each prompt.
        resamples: how often prompts are drawn anew.
    """
    table = np.asarray([pair for pair in counts if pair[1]], dtype=float)
    if len(table) < 2:
        return None
    rng = np.random.default_rng(SEED)
    draws = (rng.integers(len(table), size=len(table)) for _ in range(resamples))
    sums = (table[draw].sum(axis=0) for draw in draws)
    return _percentiles(float(same / pairs) for same, pairs in sums)


def agreement_interval(rows: Iterable[RankingRow]) -> Interval | None:
    """The 95% interval of the share of pairs on which all annotators agree."""
    return share_interval([(each.same, each.pairs) for each in by_row(rows)])


def intervals(rows: Sequence[RankingRow], groups: Callable[[Sequence[RankingRow]], Mapping[Any, Agreement]]
              ) -> dict[Any, Interval | None]:
    """The interval of each group's share of agreement.

    Args:
        rows: the rows with all rankings.
        groups: one of `agreement.by_language`, `by_annotator`, `with_people`: applied to each row by itself.
    """
    counts: dict[Any, list[tuple[int, int]]] = {}
    for row in rows:
        for name, each in groups([row]).items():
            counts.setdefault(name, []).append((each.same, each.pairs))
    return {name: share_interval(pairs) for name, pairs in counts.items()}
