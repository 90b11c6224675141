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

    id: str = Field(description="the answer's id, as `response_id`")
    text: str = Field(description="the answer")
    model: str | None = Field(default=None, description="who wrote it")
    reasoning_content: str | None = Field(default=None, description="thoughts of the model before it answered")


class Ranking(BaseModel):
    """One annotator's order: `ranks[i]` belongs to candidate i, 1 is best, equal is a tie, gaps are closed.

    `annotator` starts with who it is: `person:` and a salted hash, `model:` and its name, or `scripted:` and its rule.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    annotator: str = Field(description="`person:` and a salted hash, `model:` and its name, or `scripted:` and its rule")
    ranks: tuple[int, ...] = Field(min_length=1, description="`ranks[i]` belongs to `candidates[i]`; 1 is best, equal is a "
                                                             "tie, no gaps")
    status: Status = Field(default="submitted", description="submitted, draft or discarded; only the first counts")
    seconds: float | None = Field(default=None, description="how long it took")

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

    id: str = Field(description="the prompt's id, as of an instruction")
    messages: tuple[Message, ...] = Field(min_length=1, description="the prompt")
    language: str = Field(default="und", description="BCP 47")
    candidates: tuple[Candidate, ...] = Field(description="K answers to it")
    rankings: tuple[Ranking, ...] = Field(default=(), description="everybody's order of them")

    @model_validator(mode="after")
    def _one_rank_each(self) -> "RankingRow":
        for ranking in self.rankings:
            if len(ranking.ranks) != len(self.candidates):
                raise ValueError(f"ranking of {ranking.annotator!r} has {len(ranking.ranks)} ranks "
                                 f"for {len(self.candidates)} candidates")
        return self
