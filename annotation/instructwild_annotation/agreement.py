"""How far annotators agree, pair by pair; `alpha` has Krippendorff's alpha and intervals."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

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


def compare(first: Sequence[int], second: Sequence[int]) -> Agreement:
    """Compare two rank lists of the same K candidates over all K(K-1)/2 pairs."""
    if len(first) != len(second):
        raise ValueError(f"rankings of {len(first)} and {len(second)} candidates cannot be compared")
    same = half = opposed = 0
    for a, b in combinations(range(len(first)), 2):
        left, right = _sign(first[a] - first[b]), _sign(second[a] - second[b])
        same += bool(left == right)
        half += bool(left != right and 0 in (left, right))
        opposed += bool(left * right < 0)
    return Agreement(same, half, opposed)


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)


def counted(row: RankingRow) -> list[Ranking]:
    """The rankings of a row that count: the submitted ones, the latest of each annotator."""
    return list({ranking.annotator: ranking for ranking in row.rankings if ranking.status == "submitted"}.values())


def _compared(rows: Iterable[RankingRow]) -> Iterator[tuple[RankingRow, Ranking, Ranking, Agreement]]:
    for row in rows:
        for first, second in combinations(counted(row), 2):
            yield row, first, second, compare(first.ranks, second.ranks)


def overall(rows: Iterable[RankingRow]) -> Agreement:
    """The agreement of all annotators with each other."""
    return sum((result for *_, result in _compared(rows)), Agreement())


def by_row(rows: Iterable[RankingRow]) -> list[Agreement]:
    """The agreement on each row by itself, rows without two annotators left out."""
    totals: dict[str, Agreement] = defaultdict(Agreement)
    for row, _, _, result in _compared(rows):
        totals[row.id + "".join(candidate.id for candidate in row.candidates)] += result
    return list(totals.values())


def by_annotator(rows: Iterable[RankingRow]) -> dict[str, Agreement]:
    """Each annotator's agreement with all others."""
    totals: dict[str, Agreement] = defaultdict(Agreement)
    for _, first, second, result in _compared(rows):
        totals[first.annotator] += result
        totals[second.annotator] += result
    return dict(sorted(totals.items()))


def by_language(rows: Iterable[RankingRow]) -> dict[str, Agreement]:
    """The annotators' agreement on the prompts of each language."""
    totals: dict[str, Agreement] = defaultdict(Agreement)
    for row, _, _, result in _compared(rows):
        totals[row.language] += result
    return dict(sorted(totals.items()))


def by_kinds(rows: Iterable[RankingRow]) -> dict[tuple[str, str], Agreement]:
    """The agreement between kinds of annotators, such as (person, scripted) or (model, person)."""
    totals: dict[tuple[str, str], Agreement] = defaultdict(Agreement)
    for _, first, second, result in _compared(rows):
        left, right = sorted((first.annotator.partition(":")[0], second.annotator.partition(":")[0]))
        totals[left, right] += result
    return dict(sorted(totals.items()))


def with_people(rows: Iterable[RankingRow]) -> dict[str, Agreement]:
    """The agreement of each model and each script with people, on what both ranked."""
    totals: dict[str, Agreement] = defaultdict(Agreement)
    for _, first, second, result in _compared(rows):
        people = [ranking.annotator.startswith("person:") for ranking in (first, second)]
        if sum(people) == 1:
            totals[(second if people[0] else first).annotator] += result
    return dict(sorted(totals.items()))


def of_people(rows: Iterable[RankingRow]) -> list[RankingRow]:
    """The rows with the rankings of people alone."""
    return [row.model_copy(update={"rankings": tuple(ranking for ranking in row.rankings
                                                     if ranking.annotator.startswith("person:"))}) for row in rows]


def second_look(rows: Iterable[RankingRow], below: float = 0.5) -> list[tuple[RankingRow, Agreement]]:
    """The rows whose annotators agree on less than the share `below` of pairs, least agreement first."""
    totals: dict[str, tuple[RankingRow, Agreement]] = {}
    for row, _, _, result in _compared(rows):
        _, sofar = totals.get(row.id, (row, Agreement()))
        totals[row.id] = (row, sofar + result)
    low = [(row, result) for row, result in totals.values() if result.share is not None and result.share < below]
    return sorted(low, key=lambda item: (item[1].share or 0.0, item[0].id))
