"""All rankings of many prompts compared at once, as arrays: agreement by person, language and kind, with intervals."""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import numpy as np

from instructwild.schema import RankingRow
from instructwild_annotation.agreement import Agreement, counted
from instructwild_annotation.people import kind

RESAMPLES = 400
SEED = 0
Interval = tuple[float, float]
Name = TypeVar("Name", bound=Hashable)


@dataclass(frozen=True)
class AgreementGroup:
    """What was compared within one group: `prompts[same, half, opposed]` prompts have so many pairs that are the same, half
    or opposed. Few combinations occur, so that a group of any size is small; groups of further prompts are added with `+`.
    """

    prompts: Mapping[tuple[int, int, int], int]

    def __add__(self, other: "AgreementGroup") -> "AgreementGroup":
        return AgreementGroup(Counter(self.prompts) + Counter(other.prompts))

    @property
    def compared(self) -> int:
        """How many prompts were compared."""
        return sum(self.prompts.values())

    @property
    def total(self) -> Agreement:
        """The agreement over all prompts of the group."""
        return Agreement(*(sum(counts[column] * prompts for counts, prompts in self.prompts.items()) for column in range(3)))

    @property
    def share(self) -> float | None:
        """The share of pairs judged the same, or None where nothing was compared."""
        return self.total.share

    @property
    def interval(self) -> Interval | None:
        """The 95% bootstrap interval of the share over prompts."""
        return share_interval([(counts[0], sum(counts)) for counts in self.prompts], often=list(self.prompts.values()))


def percentiles(values: Iterable[float | None]) -> Interval | None:
    """The middle 95% of bootstrap results, those that are None left out."""
    known = [value for value in values if value is not None]
    if not known:
        return None
    low, high = np.percentile(known, [2.5, 97.5])
    return float(low), float(high)


def share_interval(counts: Sequence[tuple[float, float]] | np.ndarray, resamples: int = RESAMPLES, *,
                   often: Sequence[int] | None = None) -> Interval | None:
    """The 95% bootstrap interval of a share over prompts: prompts drawn with replacement, percentiles of the results.

    Args:
        counts: (pairs judged the same, all pairs) of each prompt.
        resamples: how often prompts are drawn anew.
        often: how many prompts have these counts; by default one each.
    """
    table = np.asarray(counts, dtype=float).reshape(-1, 2)
    numbers = np.ones(len(table), dtype=np.int64) if often is None else np.asarray(often, dtype=np.int64)
    table, numbers = table[table[:, 1] > 0], numbers[table[:, 1] > 0]
    prompts = int(numbers.sum())
    if prompts < 2:
        return None
    # Few different values occur, and how often each is drawn is multinomial: the same as drawing prompt by prompt.
    values, inverse = np.unique(table[:, 0] + 1j * table[:, 1], return_inverse=True)
    chances = np.bincount(inverse, weights=numbers) / prompts
    draws = np.random.default_rng(SEED).multinomial(prompts, chances, size=resamples)
    same, pairs = draws @ values.real, draws @ values.imag
    return percentiles((same / pairs).tolist())


class Comparisons:
    """Counted rankings of many prompts, and each two of the same prompt compared pair by pair.

    Args:
        entries: (number of the prompt, annotator, ranks of its K candidates); each annotator at most once a prompt.

    Attributes:
        annotators: their names, by number.
        by_size: for each K the arrays prompt [N], annotator [N] and ranks [N, K], in the order of prompts.
    """

    def __init__(self, entries: Iterable[tuple[int, str, Sequence[int]]]) -> None:
        names: dict[str, int] = {}
        groups: dict[int, list[tuple[int, int, Sequence[int]]]] = {}
        for prompt, annotator, ranks in entries:
            groups.setdefault(len(ranks), []).append((prompt, names.setdefault(annotator, len(names)), ranks))
        self.annotators = list(names)
        self.by_size: dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]] = {}
        for size, group in sorted(groups.items()):
            prompts = np.array([entry[0] for entry in group], dtype=np.int64)
            order = np.argsort(prompts, kind="stable")
            self.by_size[size] = (prompts[order], np.array([entry[1] for entry in group], dtype=np.int64)[order],
                                  np.array([entry[2] for entry in group], dtype=np.int16)[order])

    @classmethod
    def of(cls, rows: Iterable[RankingRow]) -> "Comparisons":
        """Those of rows; prompts are numbered in their order."""
        return cls((number, ranking.annotator, ranking.ranks) for number, row in enumerate(rows) for ranking in counted(row))

    @cached_property
    def _compared(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Prompt [M], first and second annotator [M], and counts [M, 3] of each two rankings of one prompt."""
        parts = [part for size, group in self.by_size.items() for part in _compared_within(size, *group)]
        if not parts:
            none = np.zeros(0, dtype=np.int64)
            return none, none, none, np.zeros((0, 3), dtype=np.int64)
        prompt, first, second, counts = (np.concatenate(column) for column in zip(*parts, strict=True))
        return prompt, first, second, counts

    def _grouped(self, names: Sequence[Name], keys: np.ndarray, rows: np.ndarray) -> dict[Name, AgreementGroup]:
        """Counts by name and prompt; `names[keys[i]]` is a group of the comparison `rows[i]`."""
        prompt, _, _, counts = self._compared
        if not len(rows):
            return {}
        span = int(prompt.max()) + 1
        cells, inverse = np.unique(keys * span + prompt[rows], return_inverse=True)
        sums = _sums(inverse, counts[rows], len(cells))
        different, prompts = np.unique(np.column_stack([cells // span, sums]), axis=0, return_counts=True)
        groups: dict[Name, dict[tuple[int, int, int], int]] = {}
        for (owner, *each), number in zip(different.tolist(), prompts.tolist(), strict=True):
            groups.setdefault(names[owner], {})[each[0], each[1], each[2]] = number
        return {name: AgreementGroup(groups[name]) for name in sorted(groups, key=str)}

    def overall(self) -> AgreementGroup:
        """All annotators with each other."""
        prompt = self._compared[0]
        every = self._grouped([""], np.zeros(len(prompt), dtype=np.int64), np.arange(len(prompt)))
        return every.get("", AgreementGroup({}))

    def by_prompt(self) -> tuple[np.ndarray, np.ndarray]:
        """The numbers of the prompts that two or more annotators ranked, and their counts [prompts, 3]."""
        prompt, _, _, counts = self._compared
        cells, inverse = np.unique(prompt, return_inverse=True)
        return cells, _sums(inverse, counts, len(cells))

    def by_label(self, labels: Sequence[Name]) -> dict[Name, AgreementGroup]:
        """Prompts of one label together, such as their language; `labels` are by number of the prompt."""
        prompt = self._compared[0]
        names = list(dict.fromkeys(labels))
        numbers = {name: number for number, name in enumerate(names)}
        keys = np.array([numbers[labels[number]] for number in prompt.tolist()], dtype=np.int64)
        return self._grouped(names, keys, np.arange(len(prompt)))

    def by_annotator(self) -> dict[str, AgreementGroup]:
        """Each annotator with all others."""
        _, first, second, counts = self._compared
        rows = np.arange(len(counts))
        return self._grouped(self.annotators, np.concatenate([first, second]), np.concatenate([rows, rows]))

    def by_kinds(self) -> dict[tuple[str, str], AgreementGroup]:
        """Kinds of annotators with each other, such as (person, scripted) or (model, person)."""
        _, first, second, counts = self._compared
        kinds = [kind(name) for name in self.annotators]
        pairs = [tuple(sorted((kinds[a], kinds[b]))) for a, b in zip(first.tolist(), second.tolist(), strict=True)]
        names = [(pair[0], pair[1]) for pair in dict.fromkeys(pairs)]
        numbers = {name: number for number, name in enumerate(names)}
        return self._grouped(names, np.array([numbers[pair[0], pair[1]] for pair in pairs], dtype=np.int64),
                             np.arange(len(counts)))

    def with_people(self) -> dict[str, AgreementGroup]:
        """Each model and each script with people, on what both ranked."""
        _, first, second, _ = self._compared
        people = np.array([kind(name) == "person" for name in self.annotators], dtype=bool)
        rows = np.flatnonzero(people[first] != people[second])
        keys = np.where(people[first[rows]], second[rows], first[rows])
        return self._grouped(self.annotators, keys, rows)


def _sums(numbers: np.ndarray, counts: np.ndarray, length: int) -> np.ndarray:
    """The sums of `counts` [M, 3] by number, [length, 3]."""
    return np.column_stack([np.bincount(numbers, weights=counts[:, column], minlength=length)
                            for column in range(3)]).astype(np.int64)


def _compared_within(size: int, prompts: np.ndarray, annotators: np.ndarray, ranks: np.ndarray
                     ) -> Iterable[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
    """Each two rankings of the same prompt, all prompts with `size` candidates at once."""
    left, right = np.triu_indices(size, k=1)
    signs = np.sign(ranks[:, left] - ranks[:, right]).astype(np.int8)
    for apart in range(1, len(prompts)):
        rows = np.flatnonzero(prompts[:-apart] == prompts[apart:])      # the rankings of a prompt lie side by side
        if not len(rows):
            return
        earlier, later = signs[rows], signs[rows + apart]
        same = (earlier == later).sum(axis=1)
        opposed = (earlier * later < 0).sum(axis=1)
        counts = np.column_stack([same, len(left) - same - opposed, opposed]).astype(np.int64)
        yield prompts[rows], annotators[rows], annotators[rows + apart], counts


def united(tables: Iterable[Mapping[Name, AgreementGroup]]) -> dict[Name, AgreementGroup]:
    """Groups of several parts of the prompts, by name."""
    result: dict[Name, AgreementGroup] = {}
    for table in tables:
        for name, group in table.items():
            result[name] = result[name] + group if name in result else group
    return {name: result[name] for name in sorted(result, key=str)}


def as_shares(groups: Mapping[str, AgreementGroup]) -> dict[str, dict[str, Any]]:
    """The share, pairs and interval of each group, for JSON."""
    return {name: {"share": group.share, "pairs": group.total.pairs, "interval": group.interval}
            for name, group in groups.items()}


def second_look(rows: Sequence[RankingRow], compared: Comparisons, below: float = 0.5) -> list[tuple[RankingRow, Agreement]]:
    """The rows whose annotators agree on less than the share `below` of pairs, least agreement first.

    Args:
        rows: the rows that `compared` was made of.
        compared: their rankings.
        below: a share from 0 to 1.
    """
    prompts, counts = compared.by_prompt()
    low = [(rows[number], Agreement(*count)) for number, count in zip(prompts.tolist(), counts.tolist(), strict=True)
           if count[0] < below * sum(count)]
    return sorted(low, key=lambda item: (item[1].share or 0.0, item[0].id))
