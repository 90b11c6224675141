"""Ranked prompts, encoded: each is one batch element with all its candidates, ranks and weights."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from instructwild.errors import ConfigError, ModelError
from instructwild.llm.rendering import tools_of, turns
from instructwild.schema import Dropped, RankingRow, Reason
from instructwild_trainer.data import languages_of, shown, split_key
from instructwild_trainer.templates import Chat, Encoded


@dataclass(frozen=True)
class Order:
    """One annotator's ranks of a group's candidates, and the share of the group's loss that they have."""

    ranks: tuple[int, ...]
    weight: float

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """Strictly ordered pairs (better, worse)."""
        return [(a, b) if self.ranks[a] < self.ranks[b] else (b, a)
                for a, b in combinations(range(len(self.ranks)), 2) if self.ranks[a] != self.ranks[b]]


@dataclass(frozen=True)
class Group:
    """A prompt with K encoded candidates and the orders that annotators put them in; weights add up to 1."""

    id: str
    key: str
    language: str
    messages: list[dict[str, Any]]
    texts: list[str]
    encoded: list[Encoded]
    orders: list[Order]
    annotators: tuple[str, ...] = ()


def weights(text: str) -> dict[str, float]:
    """`name=weight,…` as a mapping.

    Raises:
        ConfigError: a part of it is no name with a weight of at least 0.
    """
    by_annotator = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, value = part.rpartition("=")
        try:
            by_annotator[name] = float(value)
        except ValueError:
            by_annotator[name] = -1.0
        if not name or by_annotator[name] < 0:
            raise ConfigError(f"{part!r} is no annotator with a weight", where="--annotator-weights",
                              remedy="write for example person:3fa2=2,scripted:=0.5")
    return by_annotator


def weight_of(annotator: str, by_annotator: Mapping[str, float]) -> float:
    """An annotator's weight: by full name, else by kind (`model:`, `scripted:`, `person:`), else 1."""
    kind = annotator.partition(":")[0] + ":"
    return by_annotator.get(annotator, by_annotator.get(kind, 1.0))


def groups(rows: Iterable[RankingRow], chat: Chat, max_length: int,
           by_annotator: Mapping[str, float] | None = None) -> tuple[list[Group], list[Dropped]]:
    """Ranked prompts as encoded groups; what cannot be learned from leaves with a reason.

    A candidate longer than `max_length` leaves alone; its prompt leaves when fewer than two candidates, or no strictly
    ordered pair of them, are left. Rankings that are drafts or discarded do not count, nor those of weight 0.

    Raises:
        ModelError: the template writes none of the prompts with their answers.
    """
    kept: list[Group] = []
    dropped: list[Dropped] = []
    refused: list[ModelError] = []
    rows = list(rows)
    languages = languages_of((row.language for row in rows), (turns(row.messages) for row in rows))
    for row, language in zip(rows, languages, strict=True):
        messages = turns(row.messages)
        try:
            encoded = [chat.answer([*messages, *turns(candidate.messages)], tools_of(row.tools)).to_stop
                       for candidate in row.candidates]
        except ModelError as error:
            refused.append(error)
            dropped.append(Dropped(id=row.id, step="train", reason=Reason.BAD_FORMAT, row=shown(messages),
                                   evidence=error.what))
            continue
        fitting = [i for i, answer in enumerate(encoded) if len(answer.input_ids) <= max_length]
        orders, annotators = _orders(row, fitting, by_annotator or {})
        reason = None
        if len(row.candidates) < 2:
            reason = Reason.TOO_FEW_CANDIDATES
        elif not any(ranking.status == "submitted" for ranking in row.rankings):
            reason = Reason.NOT_RANKED
        elif len(fitting) < 2:
            reason = Reason.TOO_LONG
        elif not orders:
            reason = Reason.NO_PREFERENCE
        if reason is not None:
            dropped.append(Dropped(id=row.id, step="train", reason=reason, row=shown(messages), evidence={
                "candidates": len(row.candidates), "rankings": len(row.rankings), "fitting": len(fitting)}))
            continue
        kept.append(Group(row.id, split_key(messages), language, messages,
                          [row.candidates[i].shown for i in fitting], [encoded[i] for i in fitting], orders, annotators))
    if refused and len(refused) == len(kept) + len(dropped):
        raise refused[0]
    return kept, dropped


def _orders(row: RankingRow, fitting: Sequence[int],
            by_annotator: Mapping[str, float]) -> tuple[list[Order], tuple[str, ...]]:
    """Each usable ranking of the fitting candidates; weights are shares of the prompt."""
    weighted = [(weight_of(ranking.annotator, by_annotator), tuple(ranking.ranks[i] for i in fitting), ranking.annotator)
             for ranking in row.rankings if ranking.status == "submitted"]
    weighted = [item for item in weighted if item[0] > 0 and len(set(item[1])) > 1]
    total = sum(weight for weight, _, _ in weighted)
    return [Order(ranks, weight / total) for weight, ranks, _ in weighted], tuple(name for _, _, name in weighted)
