"""How far each annotator can be trusted, measured by the others; a formula that can be checked by hand."""

from collections import defaultdict
from collections.abc import Iterable
from itertools import combinations
from math import log

from instructwild.schema import RankingRow
from instructwild_annotation.agreement import counted

WEIGHTS = ("equal", "reliability")
ROUNDS = 20


def reliabilities(rows: Iterable[RankingRow]) -> dict[str, float]:
    """The weight of each annotator.

    For every ordered pair of answers that an annotator judged, the others' weighted majority is asked:

        ability = (pairs with the majority + half of those without one + 1) / (pairs + 2)
        weight  = ln(ability / (1 - ability)), at least 0

    and again with the new weights, until they stand still. The log odds are the weights under which a majority of
    independent annotators errs least (Nitzan and Paroush 1982). They enter `merge` as the number of votes that an
    annotator has, so with Bradley-Terry this is its model with a known ability for each annotator. Who agrees with others
    no more often than a coin has no vote. All weights are 1 where nobody is better than a coin.
    """
    # votes[k] lists, for each pair of answers that two or more ordered, who put the first before the second (+1 or -1)
    votes = [pair for row in rows for pair in _votes(row)]
    names = sorted({who for pair in votes for who in pair})
    weights = dict.fromkeys(names, 1.0)
    for _ in range(ROUNDS):
        right: dict[str, float] = defaultdict(float)
        pairs: dict[str, int] = defaultdict(int)
        for pair in votes:
            total = sum(weights[who] * side for who, side in pair.items())
            for who, side in pair.items():
                others = (total - weights[who] * side) * side
                right[who] += 1.0 if others > 1e-9 else 0.0 if others < -1e-9 else 0.5
                pairs[who] += 1
        ability = {who: (right[who] + 1) / (pairs[who] + 2) for who in names}
        updated = {who: max(log(ability[who] / (1 - ability[who])), 0.0) for who in names}
        if not any(updated.values()):
            return dict.fromkeys(names, 1.0)
        moved = max(abs(updated[who] - weights[who]) for who in names)
        weights = updated
        if moved < 1e-9:
            break
    return weights


def _votes(row: RankingRow) -> list[dict[str, int]]:
    rankings = counted(row)
    result = []
    for a, b in combinations(range(len(row.candidates)), 2):
        pair = {ranking.annotator: 1 if ranking.ranks[a] < ranking.ranks[b] else -1
                for ranking in rankings if ranking.ranks[a] != ranking.ranks[b]}
        if len(pair) > 1:
            result.append(pair)
    return result
