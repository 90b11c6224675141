"""Krippendorff's ordinal alpha over prompts with different numbers of candidates, and its bootstrap interval.

Source: Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability". Own code: PyPI's `krippendorff` is GPL.
"""

import math
from collections.abc import Iterable, Sequence

import numpy as np

from instructwild_annotation.comparisons import RESAMPLES, SEED, Comparisons, Interval, percentiles


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


def _matrices(compared: Comparisons) -> dict[int, np.ndarray]:
    """The coincidence matrices of each prompt with two or more coders, [prompts, K, K] for each number K of candidates."""
    result = {}
    for size, (prompts, _, ranks) in compared.by_size.items():
        _, starts, coders = np.unique(prompts, return_index=True, return_counts=True)
        parts = []
        for number in np.unique(coders[coders > 1]):
            rows = starts[coders == number][:, None] + np.arange(number)
            # [prompts, units, values]
            often = (ranks[rows][..., None] == np.arange(1, size + 1)).sum(axis=1).astype(float)
            matrices = np.einsum("puv,puw->pvw", often, often)
            matrices[:, np.arange(size), np.arange(size)] -= often.sum(axis=1)
            parts.append(matrices / (number - 1))
        if parts:
            result[size] = np.concatenate(parts)
    return result


def alpha(compared: Comparisons) -> float | None:
    """Krippendorff's alpha (ordinal) over all annotators: 1 is full agreement, 0 what chance gives.

    Each candidate of each prompt is a unit, each annotator a coder, each rank a value. None where no unit has two coders
    or all ranks are the same.
    """
    return alpha_of(group.sum(axis=0) for group in _matrices(compared).values())


def alpha_interval(compared: Comparisons, resamples: int = RESAMPLES) -> Interval | None:
    """The 95% bootstrap interval of alpha over prompts: prompts drawn with replacement, percentiles of the results."""
    groups = [group.reshape(len(group), -1) for group in _matrices(compared).values()]
    count = sum(map(len, groups))
    if count < 2:
        return None
    rng = np.random.default_rng(SEED)
    # Prompts with the same matrix are drawn together, as often as the multinomial says: the same as one by one.
    cells = [_distinct(group, rng) for group in groups]
    often = np.concatenate([number for _, number in cells])
    draws = rng.multinomial(count, often / count, size=resamples)
    sums, start = [], 0
    for matrices, number in cells:
        size = math.isqrt(matrices.shape[1])
        sums.append((draws[:, start:start + len(number)] @ matrices).reshape(resamples, size, size))
        start += len(number)
    return percentiles(alpha_of(matrix[resample] for matrix in sums) for resample in range(resamples))


def _distinct(rows: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The different rows of a table, and how often each occurs; found by a random projection, which is quick."""
    _, first, often = np.unique(rows @ rng.random(rows.shape[1]), return_index=True, return_counts=True)
    return rows[first], often
