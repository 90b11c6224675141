"""Krippendorff's ordinal alpha over prompts with different numbers of candidates, and its bootstrap interval.

Source: Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability". Own code: PyPI's `krippendorff` is GPL.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from instructwild_annotation.comparisons import RESAMPLES, SEED, Comparisons, Interval, percentiles

DRAWS = 50_000          # numbers drawn at once


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


@dataclass(frozen=True)
class Coincidences:
    """The coincidence matrices of prompts with two or more coders: for each number K of candidates the different ones
    [N, K * K] and how many prompts have each [N]. Those of further prompts are added with `+`.
    """

    by_size: Mapping[int, tuple[np.ndarray, np.ndarray]]

    @classmethod
    def of(cls, compared: Comparisons) -> "Coincidences":
        """Those of all prompts compared."""
        return cls({size: _different(table, np.ones(len(table), dtype=np.int64), size)
                    for size, group in compared.by_size.items() if len(table := _matrices(size, *group))})

    def __add__(self, other: "Coincidences") -> "Coincidences":
        result = dict(self.by_size)
        for size, (matrices, prompts) in other.by_size.items():
            if size in result:
                matrices = np.concatenate([result[size][0], matrices])
                prompts = np.concatenate([result[size][1], prompts])
            result[size] = _different(matrices, prompts, size)
        return Coincidences(dict(sorted(result.items())))

    def alpha(self) -> float | None:
        """Krippendorff's alpha (ordinal) over all annotators: 1 is full agreement, 0 what chance gives.

        Each candidate of each prompt is a unit, each annotator a coder, each rank a value. None where no unit has two
        coders or all ranks are the same.
        """
        return alpha_of((prompts @ matrices).reshape(size, size) for size, (matrices, prompts) in self.by_size.items())

    def interval(self, resamples: int = RESAMPLES) -> Interval | None:
        """The 95% bootstrap interval of alpha over prompts: prompts drawn with replacement, percentiles of the results."""
        prompts = np.concatenate([np.zeros(0, dtype=np.int64), *(number for _, number in self.by_size.values())])
        count = int(prompts.sum())
        if count < 2:
            return None
        rng, results, left = np.random.default_rng(SEED), [], resamples
        while left:
            # Prompts with the same matrix are drawn together, as often as the multinomial says: the same as one by one.
            # Not all resamples at once: where most matrices differ, these would be hundreds of megabytes.
            part = min(left, max(DRAWS // len(prompts), 1))
            draws, start, sums = rng.multinomial(count, prompts / count, size=part), 0, []
            for size, (matrices, number) in self.by_size.items():
                sums.append((draws[:, start:start + len(number)] @ matrices).reshape(part, size, size))
                start += len(number)
            results += [alpha_of(matrix[resample] for matrix in sums) for resample in range(part)]
            left -= part
        return percentiles(results)


def _matrices(size: int, prompts: np.ndarray, annotators: np.ndarray, ranks: np.ndarray) -> np.ndarray:
    """The coincidence matrix of each prompt with two or more coders, [prompts, K * K]."""
    _, starts, coders = np.unique(prompts, return_index=True, return_counts=True)
    parts = [np.zeros((0, size * size))]
    for number in np.unique(coders[coders > 1]):
        rows = starts[coders == number][:, None] + np.arange(number)
        # [prompts, units, values]
        often = (ranks[rows][..., None] == np.arange(1, size + 1)).sum(axis=1).astype(float)
        matrices = np.einsum("puv,puw->pvw", often, often)
        matrices[:, np.arange(size), np.arange(size)] -= often.sum(axis=1)
        parts.append((matrices / (number - 1)).reshape(len(rows), -1))
    return np.concatenate(parts)


def _different(matrices: np.ndarray, prompts: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """The different ones of many matrices, and how many prompts have each; by a random projection, which is quick."""
    key = matrices @ np.random.default_rng(SEED).random(size * size)
    _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    return matrices[first], np.bincount(inverse, weights=prompts).astype(np.int64)


def alpha(compared: Comparisons) -> float | None:
    """As `Coincidences.alpha`, of all that was compared."""
    return Coincidences.of(compared).alpha()


def alpha_interval(compared: Comparisons, resamples: int = RESAMPLES) -> Interval | None:
    """As `Coincidences.interval`, of all that was compared."""
    return Coincidences.of(compared).interval(resamples)
