"""Two texts that are near-duplicates, and what they differ in."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from rapidfuzz.distance import LCSseq

from instructwild.clean.near.tokens import tokens


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
        return (f"F = {float(self):.3f} with row {self.index}: {self.lcs} tokens in common "
                f"of {self.lengths[0]} and {self.lengths[1]}")

    def evidence(self) -> dict[str, Any]:
        """The match as a JSON value."""
        return {"index": self.index, "f": round(float(self), 4), "lcs": self.lcs, "lengths": list(self.lengths)}


@dataclass(frozen=True, slots=True)
class Difference:
    """Two texts aligned along one longest common subsequence of their tokens.

    Attributes:
        first: (token, whether it is in the common subsequence) of the first text, in order.
        second: the same of the second text.
    """

    first: tuple[tuple[str, bool], ...]
    second: tuple[tuple[str, bool], ...]

    @property
    def lcs(self) -> int:
        """Length of the common subsequence."""
        return sum(shared for _, shared in self.first)

    @property
    def f(self) -> Fraction:
        """ROUGE-L's F1 of the two; 0 where neither has a token."""
        return Fraction(2 * self.lcs, max(len(self.first) + len(self.second), 1))

    @property
    def only_first(self) -> list[str]:
        """Tokens of the first text that the alignment leaves alone."""
        return [token for token, shared in self.first if not shared]

    @property
    def only_second(self) -> list[str]:
        """Tokens of the second text that the alignment leaves alone."""
        return [token for token, shared in self.second if not shared]


def difference(first: str, second: str) -> Difference:
    """Which tokens two texts share, in order, and which they do not."""
    names: dict[str, int] = {}
    ours, theirs = tokens(first), tokens(second)
    shared_ours, shared_theirs = [False] * len(ours), [False] * len(theirs)
    for step in LCSseq.opcodes(_numbered(ours, names), _numbered(theirs, names)):
        if step.tag == "equal":
            shared_ours[step.src_start:step.src_end] = [True] * (step.src_end - step.src_start)
            shared_theirs[step.dest_start:step.dest_end] = [True] * (step.dest_end - step.dest_start)
    return Difference(tuple(zip(ours, shared_ours, strict=True)), tuple(zip(theirs, shared_theirs, strict=True)))


def _numbered(words: Sequence[str], names: dict[str, int]) -> list[int]:
    """Words as numbers: rapidfuzz compares hashes, and only small integers are their own."""
    return [names.setdefault(word, len(names)) for word in words]
