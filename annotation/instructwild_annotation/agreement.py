"""How far two rankings agree, pair by pair; `comparisons` has many at once, `alpha` Krippendorff's alpha."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from instructwild.schema import Ranking, RankingRow
from instructwild.text.quantity import quantity


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
        raise ValueError(f"rankings of {len(first)} and {quantity(len(second), 'candidate')} cannot be compared")
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


def of_people(rows: Iterable[RankingRow]) -> list[RankingRow]:
    """The rows with the rankings of people alone."""
    return [row.model_copy(update={"rankings": tuple(ranking for ranking in row.rankings
                                                     if ranking.annotator.startswith("person:"))}) for row in rows]
