"""What people did on one set, summed up over its records part by part: how large a set is costs time and no memory."""

import sqlite3
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import NamedTuple

import numpy as np

from instructwild.errors import InputError
from instructwild_annotation.alpha import Coincidences
from instructwild_annotation.comparisons import AgreementGroup, Comparisons, united
from instructwild_annotation.page.store import Store, set_names, unpacked

AT_ONCE = 1000      # records whose work is in memory at once
LOW = 0.5           # share of pairs agreed on below which a prompt waits to be settled, until there is a majority


class SetRecord(NamedTuple):
    """A record of a set without its texts."""

    id: int
    language: str
    kind: str
    overlap: int
    needed: int


class FinishedWork(NamedTuple):
    """A question that somebody ranked or passed over."""

    record: int
    person: int
    status: str
    ranks: str | None
    seconds: float | None
    at: float


class RecordList:
    """Records with a value each, 16 bytes a record; read in the order of values, then of records."""

    def __init__(self) -> None:
        self._records, self._values = array("q"), array("d")

    def __len__(self) -> int:
        return len(self._records)

    def add(self, entries: Iterable[tuple[int, float]]) -> None:
        """Further records with their values."""
        for record, value in entries:
            self._records.append(record)
            self._values.append(value)

    def page(self, start: int, length: int) -> list[tuple[int, float]]:
        """So many records from number `start` on, with their values."""
        order = np.lexsort((self._records, self._values))[start:start + length]
        return [(self._records[number], self._values[number]) for number in order.tolist()]


@dataclass
class PersonFigures:
    """What one person did on a set."""

    skipped: int = 0
    seconds: "array[float]" = field(default_factory=lambda: array("d"))     # of each ranking whose time is known
    moments: "array[float]" = field(default_factory=lambda: array("d"))     # when each ranking was submitted

    @property
    def done(self) -> int:
        """How many records this person ranked."""
        return len(self.moments)


@dataclass
class SetFigures:
    """The sums over one set. Its gold prompts measure people and are not among its records.

    Attributes:
        name: what the set was pushed under.
        records: how many records it has.
        complete: how many were ranked by as many people as they should.
        left: rankings that are still needed.
        shared: records that more than one person should rank.
        overlap: number of counted rankings of a record -> records.
        not_counted: work that does not count, by the reason.
        people: by the number of the person.
        aside: numbers of the people whose work on this set is set aside.
        leads: numbers of those who lead: what they rank is settled.
        agreement: of all counted rankings; `by_language`, `by_kind` and `by_annotator` are parts of it.
        coincidences: for alpha.
        disputed: records to be settled by the share of pairs agreed on, least agreement first: neither does a majority put
            every pair of answers the same way, nor did the lead rank them.
        unanimous: records that two or more people ranked alike, not all tied, by minus the number of these people.
    """

    name: str
    records: int = 0
    complete: int = 0
    left: int = 0
    shared: int = 0
    overlap: Counter[int] = field(default_factory=Counter)
    not_counted: Counter[str] = field(default_factory=Counter)
    people: dict[int, PersonFigures] = field(default_factory=dict)
    aside: frozenset[int] = frozenset()
    leads: frozenset[int] = frozenset()
    agreement: AgreementGroup = field(default_factory=lambda: AgreementGroup({}))
    by_language: dict[str, AgreementGroup] = field(default_factory=dict)
    by_kind: dict[str, AgreementGroup] = field(default_factory=dict)
    by_annotator: dict[str, AgreementGroup] = field(default_factory=dict)
    coincidences: Coincidences = field(default_factory=lambda: Coincidences({}))
    disputed: RecordList = field(default_factory=RecordList)
    unanimous: RecordList = field(default_factory=RecordList)

    @classmethod
    def read(cls, store: Store, name: str) -> "SetFigures":
        """The sums over the set pushed under a name, as it was at one moment; people go on working meanwhile.

        Raises:
            InputError: nothing was pushed under the name.
        """
        with store.snapshot() as db:
            names = dict(db.execute("SELECT id, name FROM people"))
            aside = frozenset(row[0] for row in db.execute("SELECT person FROM aside WHERE name=?", (name,)))
            leads = frozenset(row[0] for row in db.execute("SELECT id FROM people WHERE role='lead'"))
            result = cls(name, aside=aside, leads=leads)
            for records, work in _parts(db, name):
                result._add(records, work, names)
            known = set_names(db) if not result.records else []
        if not result.records:
            raise InputError(f"nothing was pushed under the name {name!r} (there is {', '.join(known) or 'nothing'})",
                             where=str(store.path), remedy="push first, or check --name")
        return result

    def counted(self, attribute: str) -> np.ndarray:
        """`seconds` or `moments` of all rankings that count."""
        parts = [getattr(each, attribute) for person, each in self.people.items() if person not in self.aside]
        return np.concatenate([np.zeros(0), *parts])

    def _add(self, records: dict[int, SetRecord], work: list[FinishedWork], names: dict[int, str]) -> None:
        """A further part of the records, all work on them included."""
        counted = []
        for entry in work:
            person = self.people.setdefault(entry.person, PersonFigures())
            if entry.status != "submitted":
                person.skipped += entry.status == "skipped"
                self.not_counted["discarded"] += 1
                continue
            person.moments.append(entry.at)
            if entry.seconds is not None:
                person.seconds.append(entry.seconds)
            if entry.person in self.aside:
                self.not_counted["set aside"] += 1
            else:
                counted.append(entry)
        self.records += len(records)
        self.complete += sum(record.needed <= 0 for record in records.values())
        self.left += sum(max(record.needed, 0) for record in records.values())
        self.shared += sum(record.overlap > 1 for record in records.values())
        numbers = Counter(entry.record for entry in counted)
        self.overlap.update(numbers[record] for record in records)
        self.unanimous.add(_unanimous(counted))
        self._compare(list(records.values()), counted, names)

    def _compare(self, records: list[SetRecord], counted: list[FinishedWork], names: dict[int, str]) -> None:
        numbers = {record.id: number for number, record in enumerate(records)}
        ranks = {text: unpacked(text) for text in {entry.ranks for entry in counted}}
        compared = Comparisons((numbers[entry.record], "person:" + names[entry.person], ranks[entry.ranks])
                               for entry in counted)
        self.agreement += compared.overall()
        self.coincidences += Coincidences.of(compared)
        self.by_annotator = united([self.by_annotator, compared.by_annotator()])
        self.by_language = united([self.by_language, compared.by_label([record.language for record in records])])
        self.by_kind = united([self.by_kind, compared.by_label([record.kind for record in records])])
        prompts, counts = compared.by_prompt()
        shares = counts[:, 0] / np.maximum(counts.sum(axis=1), 1)
        low = {records[number].id: share for number, share in zip(prompts.tolist(), shares.tolist(), strict=True)
               if share < LOW}
        rankings: dict[int, list[list[int]]] = {record: [] for record in low}
        for entry in counted:
            if entry.record in low:
                rankings[entry.record].append(ranks[entry.ranks])
        settled = {entry.record for entry in counted if entry.person in self.leads}
        self.disputed.add((record, share) for record, share in low.items()
                          if record not in settled and not has_majority(rankings[record]))


def _parts(db: sqlite3.Connection, name: str) -> Iterator[tuple[dict[int, SetRecord], list[FinishedWork]]]:
    """Records of a set in their order, without the gold prompts, and finished work on them."""
    last = 0
    while True:
        rows = db.execute("SELECT id, language, kind, overlap, needed FROM records INDEXED BY overview WHERE name=? "
                          "AND gold IS NULL AND id>? ORDER BY id LIMIT ?", (name, last, AT_ONCE)).fetchall()
        if not rows:
            return
        records = {row[0]: SetRecord(*row) for row in rows}
        work = db.execute("SELECT record, person, status, ranks, seconds, at FROM work WHERE record BETWEEN ? AND ? "
                          "AND status!='open'", (rows[0][0], rows[-1][0]))
        yield records, [FinishedWork(*row) for row in work if row[0] in records]
        last = rows[-1][0]


def has_majority(rankings: Sequence[Sequence[int]]) -> bool:
    """Whether for every pair of answers more than half of the rankings say the same: this one, that one, or a tie."""
    for first, second in combinations(range(len(rankings[0])), 2):
        votes = Counter((ranks[first] > ranks[second]) - (ranks[first] < ranks[second]) for ranks in rankings)
        if 2 * max(votes.values()) <= len(rankings):
            return False
    return True


def _unanimous(counted: list[FinishedWork]) -> list[tuple[int, int]]:
    """Records that two or more people ranked alike, not all tied, each with minus the number of these people."""
    orders: dict[int, list[str | None]] = {}
    for entry in counted:
        orders.setdefault(entry.record, []).append(entry.ranks)
    return [(record, -len(ranks)) for record, ranks in orders.items()
            if len(ranks) > 1 and ranks.count(ranks[0]) == len(ranks) and max(unpacked(ranks[0])) > 1]
