"""One ranking per prompt out of many. Candidates that come out even stay tied; no order is made up."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np

from instructwild.schema import Ranking, RankingRow
from instructwild.schema.ranking import dense
from instructwild_annotation.agreement import counted
from instructwild_annotation.people import kind

KINDS = ("person", "model", "scripted")
EVEN = 1e-6         # strengths closer than this are the same: far above the iteration's error
PRIOR = 0.5         # ties with every other candidate that are added before fitting, so that strengths stay finite


def wins(rankings: Sequence[Sequence[int]], weights: Sequence[float] | None = None) -> np.ndarray:
    """How often each candidate was put before each other one; a tie is half a win for both.

    Args:
        rankings: N rank lists of the same K candidates.
        weights: how many votes each of them has; by default one.

    Returns:
        [K, K], `[a, b]` the wins of a over b; the diagonal is 0.
    """
    ranks = np.asarray(rankings, dtype=np.int64)
    votes = np.ones(len(ranks)) if weights is None else np.asarray(weights, dtype=np.float64)
    before = np.tensordot(votes, ranks[:, :, None] < ranks[:, None, :], axes=1)
    tied = np.tensordot(votes, ranks[:, :, None] == ranks[:, None, :], axes=1)
    np.fill_diagonal(tied, 0.0)
    return before + tied / 2


def borda(rankings: Sequence[Sequence[int]], weights: Sequence[float] | None = None) -> tuple[int, ...]:
    """The ranks by Borda count: wins over all others, a tie half a win (Borda 1784; averaged ranks for ties).

    Sums of halves are exact, so two candidates tie exactly when their counts are equal; weighted
    counts tie within EVEN.
    """
    if weights is not None:
        return _levels(wins(rankings, weights).sum(axis=1))
    counts = [Fraction(total).limit_denominator(2) for total in wins(rankings).sum(axis=1)]
    order = sorted(set(counts), reverse=True)
    return tuple(order.index(count) + 1 for count in counts)


def bradley_terry(rankings: Sequence[Sequence[int]], weights: Sequence[float] | None = None) -> tuple[int, ...]:
    """The ranks by Bradley-Terry strength (Bradley and Terry 1952), a tie half a win for both.

    Fitted with Hunter's MM iteration (Hunter 2004, "MM algorithms for generalized Bradley-Terry models"). Strengths that
    differ by less than one part in a million are the same rank.
    """
    won = wins(rankings, weights)
    size = len(won)
    if size < 2:
        return (1,) * size
    won = won + PRIOR / 2 * (1 - np.eye(size))
    played = won + won.T
    strength = np.ones(size)
    for _ in range(10_000):
        updated = won.sum(axis=1) / (played / (strength[:, None] + strength[None, :])).sum(axis=1)
        updated *= size / updated.sum()
        done = np.abs(np.log(updated / strength)).max() < EVEN / 1000
        strength = updated
        if done:
            break
    return _levels(np.log(strength))


def _levels(scores: np.ndarray) -> tuple[int, ...]:
    """Ranks of scores, highest first; neighbours closer than EVEN share a rank."""
    order = np.argsort(-scores, kind="stable")
    ranks, rank = [0] * len(scores), 0
    for position, candidate in enumerate(order):
        if position == 0 or scores[order[position - 1]] - scores[candidate] > EVEN:
            rank += 1
        ranks[candidate] = rank
    return dense(ranks)


METHODS = {"borda": borda, "bradley-terry": bradley_terry}


def merged(row: RankingRow, method: str = "borda", kinds: Sequence[str] = KINDS,
           weights: Mapping[str, float] | None = None) -> Ranking | None:
    """One ranking of a row's candidates, from the first of `kinds` that has any submitted ranking of it.

    People's rankings are never mixed with a model's or a script's. Its annotator is `KIND:merged-METHOD`; its seconds are
    those of all rankings together. `weights` are votes by annotator, as `reliability.reliabilities` gives them. None where
    no annotator of these kinds ranked the row.
    """
    for name in kinds:
        rankings = [ranking for ranking in counted(row) if kind(ranking.annotator) == name]
        if rankings:
            spent = [ranking.seconds for ranking in rankings if ranking.seconds is not None]
            votes = None if weights is None else [weights.get(ranking.annotator, 1.0) for ranking in rankings]
            if votes is not None and not any(votes):
                votes = None        # nobody is better than a coin: all count alike
            return Ranking(annotator=f"{name}:merged-{method}", ranks=METHODS[method]([r.ranks for r in rankings], votes),
                           seconds=sum(spent) if spent else None)
    return None
