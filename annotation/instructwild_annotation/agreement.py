"""How far annotators agree: pair by pair, and as Krippendorff's alpha."""

import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from instructwild.schema import Ranking, RankingRow


@dataclass(frozen=True)
class Agreement:
    """Pairs of candidates on which two annotators' rankings were compared.

    `same` counts pairs put in the same order or tied by both, `opposed` those put in opposite orders, `half` those that
    one ties and the other orders.
    """

    same: int = 0
    half: int = 0
    opposed: int = 0

    @property
    def pairs(self) -> int:
        """All pairs compared."""
        return self.same + self.half + self.opposed

    @property
    def share(self) -> float | None:
        """The share of pairs judged the same, or None where nothing was compared."""
        return self.same / self.pairs if self.pairs else None

    def __add__(self, other: "Agreement") -> "Agreement":
        return Agreement(self.same + other.same, self.half + other.half, self.opposed + other.opposed)


def compare(one: Sequence[int], other: Sequence[int]) -> Agreement:
    """Compare two rank lists of the same K candidates over all K(K-1)/2 pairs."""
    if len(one) != len(other):
        raise ValueError(f"rankings of {len(one)} and {len(other)} candidates cannot be compared")
    same = half = opposed = 0
    for a, b in combinations(range(len(one)), 2):
        left, right = np.sign(one[a] - one[b]), np.sign(other[a] - other[b])
        same += bool(left == right)
        half += bool(left != right and 0 in (left, right))
        opposed += bool(left * right < 0)
    return Agreement(same, half, opposed)


def counted(row: RankingRow) -> list[Ranking]:
    """The rankings of a row that count: the submitted ones, the latest of each annotator."""
    return list({ranking.annotator: ranking for ranking in row.rankings if ranking.status == "submitted"}.values())


def _compared(rows: Iterable[RankingRow]) -> Iterator[tuple[RankingRow, Ranking, Ranking, Agreement]]:
    for row in rows:
        for one, other in combinations(counted(row), 2):
            yield row, one, other, compare(one.ranks, other.ranks)


def overall(rows: Iterable[RankingRow]) -> Agreement:
    """The agreement of all annotators with each other."""
    return sum((found for *_, found in _compared(rows)), Agreement())


def by_annotator(rows: Iterable[RankingRow]) -> dict[str, Agreement]:
    """Each annotator's agreement with all others."""
    totals: dict[str, Agreement] = defaultdict(Agreement)
    for _, one, other, found in _compared(rows):
        totals[one.annotator] += found
        totals[other.annotator] += found
    return dict(sorted(totals.items()))


def by_language(rows: Iterable[RankingRow]) -> dict[str, Agreement]:
    """The annotators' agreement on the prompts of each language."""
    totals: dict[str, Agreement] = defaultdict(Agreement)
    for row, _, _, found in _compared(rows):
        totals[row.language] += found
    return dict(sorted(totals.items()))


def by_kinds(rows: Iterable[RankingRow]) -> dict[tuple[str, str], Agreement]:
    """The agreement between kinds of annotators, such as (person, scripted) or (model, person)."""
    totals: dict[tuple[str, str], Agreement] = defaultdict(Agreement)
    for _, one, other, found in _compared(rows):
        left, right = sorted((one.annotator.partition(":")[0], other.annotator.partition(":")[0]))
        totals[left, right] += found
    return dict(sorted(totals.items()))


def with_people(rows: Iterable[RankingRow]) -> dict[str, Agreement]:
    """The agreement of each model and each script with people, on what both ranked."""
    totals: dict[str, Agreement] = defaultdict(Agreement)
    for _, one, other, found in _compared(rows):
        people = [ranking.annotator.startswith("person:") for ranking in (one, other)]
        if sum(people) == 1:
            totals[(other if people[0] else one).annotator] += found
    return dict(sorted(totals.items()))


def of_people(rows: Iterable[RankingRow]) -> list[RankingRow]:
    """The rows with the rankings of people alone."""
    return [row.model_copy(update={"rankings": tuple(ranking for ranking in row.rankings
                                                     if ranking.annotator.startswith("person:"))}) for row in rows]


def second_look(rows: Iterable[RankingRow], below: float = 0.5) -> list[tuple[RankingRow, Agreement]]:
    """The rows whose annotators agree on less than the share `below` of pairs, least agreement first."""
    totals: dict[str, tuple[RankingRow, Agreement]] = {}
    for row, _, _, found in _compared(rows):
        _, sofar = totals.get(row.id, (row, Agreement()))
        totals[row.id] = (row, sofar + found)
    low = [(row, found) for row, found in totals.values() if found.share is not None and found.share < below]
    return sorted(low, key=lambda item: (item[1].share or 0.0, item[0].id))


def alpha(rows: Iterable[RankingRow]) -> float | None:
    """Krippendorff's alpha (ordinal) over all annotators: 1 is full agreement, 0 what chance gives.

    Each candidate of each prompt is a unit, each annotator a coder, each rank a value (Krippendorff 2011, "Computing
    Krippendorff's Alpha-Reliability"). None where no unit has two coders or all ranks are the same.
    """
    import krippendorff

    ratings: dict[str, dict[tuple[int, int], int]] = defaultdict(dict)
    for number, row in enumerate(rows):
        found = counted(row)
        if len(found) < 2:
            continue
        for ranking in found:
            ratings[ranking.annotator].update({(number, i): rank for i, rank in enumerate(ranking.ranks)})
    units = {unit: column for column, unit in enumerate(sorted({unit for given in ratings.values() for unit in given}))}
    table = np.full((len(ratings), len(units)), np.nan)
    for line, given in enumerate(ratings.values()):
        for unit, rank in given.items():
            table[line, units[unit]] = rank
    if len(ratings) < 2 or np.unique(table[~np.isnan(table)]).size < 2:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return float(krippendorff.alpha(reliability_data=table, level_of_measurement="ordinal"))
