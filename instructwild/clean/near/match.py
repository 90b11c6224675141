"""Two texts that are near-duplicates, and how near."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from instructwild.text.quantity import quantity


@dataclass(frozen=True, slots=True)
class Match:
    """The earliest kept text that a text duplicates.

    Attributes:
        index: position of that kept text among all texts seen.
        lcs: tokens that both have in the same order (longest common subsequence).
        lengths: tokens of the text itself and of the kept one.
    """

    index: int
    lcs: int
    lengths: tuple[int, int]

    @property
    def f(self) -> Fraction:
        """ROUGE-L's F1, exact."""
        return Fraction(2 * self.lcs, sum(self.lengths))

    def __float__(self) -> float:
        """The same, rounded once."""
        return 2 * self.lcs / sum(self.lengths)

    def __str__(self) -> str:
        return (f"F = {float(self):.3f} with row {self.index}: {quantity(self.lcs, 'token')} in common "
                f"of {self.lengths[0]} and {self.lengths[1]}")

    def evidence(self) -> dict[str, Any]:
        """The match as a JSON value."""
        return {"index": self.index, "f": round(float(self), 4), "lcs": self.lcs, "lengths": list(self.lengths)}
