"""K answers to one prompt, and the orders that annotators put them in. Ties are part of the type."""

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from instructwild.schema.message import Message

Status = Literal["submitted", "draft", "discarded"]


def dense(ranks: Sequence[int]) -> tuple[int, ...]:
    """The same order with its gaps closed: [2, 5, 2] becomes (1, 2, 1)."""
    places = {rank: place for place, rank in enumerate(sorted(set(ranks)), start=1)}
    return tuple(places[rank] for rank in ranks)


class Candidate(BaseModel):
    """One of the K responses to a prompt."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    text: str
    model: str | None = None


class Ranking(BaseModel):
    """One annotator's order: `ranks[i]` belongs to candidate i, 1 is best, equal is a tie, gaps are closed.

    `annotator` starts with who it is: `person:` and a salted hash, `model:` and its name, or `scripted:` and its rule.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    annotator: str
    ranks: tuple[int, ...] = Field(min_length=1)
    status: Status = "submitted"
    seconds: float | None = None

    @field_validator("ranks")
    @classmethod
    def _close_gaps(cls, ranks: tuple[int, ...]) -> tuple[int, ...]:
        return dense(ranks)

    @classmethod
    def from_groups(cls, annotator: str, groups: Iterable[Iterable[int]], **fields: object) -> "Ranking":
        """From groups of tied candidate indices, best group first."""
        place = {candidate: rank for rank, group in enumerate(groups, start=1) for candidate in group}
        if sorted(place) != list(range(len(place))):
            raise ValueError(f"groups must name each of the {len(place)} candidates once, got {sorted(place)}")
        return cls(annotator=annotator, ranks=tuple(place[i] for i in range(len(place))), **fields)

    @property
    def groups(self) -> tuple[tuple[int, ...], ...]:
        """Tied candidate indices together, best group first."""
        return tuple(tuple(i for i, rank in enumerate(self.ranks) if rank == place)
                     for place in range(1, max(self.ranks) + 1))

    @property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """All strictly ordered pairs (better, worse) of candidate indices; ties give none."""
        return tuple((a, b) if self.ranks[a] < self.ranks[b] else (b, a)
                     for a, b in combinations(range(len(self.ranks)), 2) if self.ranks[a] != self.ranks[b])


class RankingRow(BaseModel):
    """A prompt, its candidates, and every ranking of them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    messages: tuple[Message, ...] = Field(min_length=1)
    language: str = "und"
    candidates: tuple[Candidate, ...]
    rankings: tuple[Ranking, ...] = ()

    @model_validator(mode="after")
    def _one_rank_each(self) -> "RankingRow":
        for ranking in self.rankings:
            if len(ranking.ranks) != len(self.candidates):
                raise ValueError(f"ranking of {ranking.annotator!r} has {len(ranking.ranks)} ranks "
                                 f"for {len(self.candidates)} candidates")
        return self
