"""K answers to one prompt, and the orders that annotators put them in. Ties are part of the type."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from instructwild.schema.identity import pair_id
from instructwild.schema.message import Message, list_as_text, readable_calls

Status = Literal["submitted", "draft", "discarded"]

ANNOTATOR_KINDS = ("person", "model", "scripted")
"""In the order of what counts: where people ranked, only their rankings do."""


def dense(ranks: Sequence[int]) -> tuple[int, ...]:
    """The same order with its gaps closed: [2, 5, 2] becomes (1, 2, 1)."""
    closed = {rank: number for number, rank in enumerate(sorted(set(ranks)), start=1)}
    return tuple(closed[rank] for rank in ranks)


class Candidate(BaseModel):
    """One of the K responses to a prompt."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    id: str = Field(description="the answer's id, as `response_id`")
    text: str = Field(description="the answer; empty where it only calls tools")
    model: str | None = Field(default=None, description="who wrote it")
    reasoning_content: str | None = Field(default=None, description="thoughts of the model before it answered")
    tool_calls: str | None = Field(default=None, description="JSON list of calls, as OpenAI and TRL write them")
    turns: str | None = Field(default=None, description="JSON list of the messages between the prompt and the answer, where "
                                                        "whole conversations are compared")

    @field_validator("tool_calls", "turns", mode="before")
    @classmethod
    def _as_text(cls, value: Any) -> Any:
        return list_as_text(value)

    @property
    def messages(self) -> list[Message]:
        """What follows the prompt: the answer, after the turns that are this candidate's alone where there are any."""
        return [*(Message.model_validate(turn) for turn in json.loads(self.turns or "[]")), self.message]

    @property
    def message(self) -> Message:
        """The answer as a turn of the assistant: the last one of a conversation."""
        return Message(role="assistant", content=self.text, reasoning_content=self.reasoning_content or None,
                       tool_calls=self.tool_calls or None)

    @property
    def shown(self) -> str:
        """The answer as text that a person or a judge reads: its calls of tools stand below it, without their ids.

        Of a conversation each turn stands below the name of its role.
        """
        if self.turns:
            return "\n\n".join(f"[{turn.role}]\n{_shown(turn.content, turn.tool_calls)}" for turn in self.messages)
        return _shown(self.text, self.tool_calls)


def _shown(text: str, tool_calls: str | None) -> str:
    return "\n".join(filter(None, (text, readable_calls(tool_calls)))) if tool_calls else text


class Ranking(BaseModel):
    """One annotator's order: `ranks[i]` belongs to candidate i, 1 is best, equal is a tie, gaps are closed.

    `annotator` starts with who it is: `person:` and a salted hash, `model:` and its name, or `scripted:` and its rule.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

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
        ranks = {candidate: rank for rank, group in enumerate(groups, start=1) for candidate in group}
        if sorted(ranks) != list(range(len(ranks))):
            raise ValueError(f"groups must name each candidate from 0 to {len(ranks) - 1} once, got {sorted(ranks)}")
        return cls(annotator=annotator, ranks=tuple(ranks[i] for i in range(len(ranks))), **fields)

    @property
    def groups(self) -> tuple[tuple[int, ...], ...]:
        """Tied candidate indices together, best group first."""
        return tuple(tuple(i for i, rank in enumerate(self.ranks) if rank == level)
                     for level in range(1, max(self.ranks) + 1))

    @property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """All strictly ordered pairs (better, worse) of candidate indices; ties give none."""
        return tuple((a, b) if self.ranks[a] < self.ranks[b] else (b, a)
                     for a, b in combinations(range(len(self.ranks)), 2) if self.ranks[a] != self.ranks[b])


class RankingRow(BaseModel):
    """A prompt, its candidates, and every ranking of them."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    id: str = Field(description="the prompt's id, as of an instruction")
    messages: tuple[Message, ...] = Field(min_length=1, description="the prompt")
    language: str = Field(default="und", description="BCP 47")
    candidates: tuple[Candidate, ...] = Field(description="K answers to it")
    rankings: tuple[Ranking, ...] = Field(default=(), description="everybody's order of them")
    tools: list[Any] | None = Field(default=None, description="JSON: the tools that may be called, as OpenAI and TRL write "
                                                              "them")

    @model_validator(mode="after")
    def _one_rank_each(self) -> "RankingRow":
        for ranking in self.rankings:
            if len(ranking.ranks) != len(self.candidates):
                raise ValueError(f"ranking of {ranking.annotator!r} has another number of ranks ({len(ranking.ranks)}) "
                                 f"than the row has candidates ({len(self.candidates)})")
        return self

    def submitted(self) -> tuple[str, list[Ranking]]:
        """Whose submitted rankings count, and those rankings: people's where people ranked, else models', else scripts'.

        Of several rankings by one annotator the last counts.
        """
        for kind in ANNOTATOR_KINDS:
            latest = {ranking.annotator: ranking for ranking in self.rankings
                      if ranking.status == "submitted" and ranking.annotator.startswith(f"{kind}:")}
            if latest:
                return kind, list(latest.values())
        return "", []

    def preference_pairs(self) -> list["PreferencePair"]:
        """Every pair of candidates with different texts that more of the counting rankings put one way than the other.

        Candidates of equal text count as one: a ranking that puts them apart says nothing about a pair that they would be
        on both sides of. Pairs come in the order of the candidates, each with an id of its own.
        """
        kind, counting = self.submitted()
        first_of: dict[str, int] = {}
        same_text = [first_of.setdefault(candidate.shown, i) for i, candidate in enumerate(self.candidates)]
        votes: Counter[tuple[int, int]] = Counter()
        for ranking in counting:
            ordered = {(same_text[better], same_text[worse]) for better, worse in ranking.pairs}
            votes.update((better, worse) for better, worse in ordered
                         if better != worse and (worse, better) not in ordered)
        return [PreferencePair(pair_id(self.id, self.candidates[better].id, self.candidates[worse].id), better, worse, kind,
                               count / len(counting))
                for (better, worse), count in sorted(votes.items()) if count > votes[worse, better]]


class PreferencePair(NamedTuple):
    """Two candidates of one row, by index, of which one is preferred.

    `annotator` is the kind that said so (person, model or scripted), `agreement` the share of its rankings that did; ties
    count against neither.
    """

    id: str
    chosen: int
    rejected: int
    annotator: str
    agreement: float
