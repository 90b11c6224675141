"""The lead's figures, from the tables themselves: how far the work came, who agrees with whom, what is disputed."""

import json
import sqlite3
import sys
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from instructwild.errors import InputError
from instructwild_annotation.alpha import alpha, alpha_interval
from instructwild_annotation.comparisons import AgreementGroup, Comparisons, Interval, as_shares
from instructwild_annotation.page.queue import gold_score
from instructwild_annotation.page.store import Store, unpacked
from instructwild_annotation.people import person
from instructwild_annotation.pull import pace

LISTED = 20     # prompts on one page of a list
LOW = 0.5       # share of pairs agreed on below which a prompt waits to be settled
UNLABELLED = "unlabelled"


class FinishedWork(NamedTuple):
    """A question that somebody ranked or passed over; texts that many share are one object, for there may be 100,000s."""

    record: int
    person: int
    who: str
    status: str
    ranks: str
    seconds: float | None
    at: float
    set_aside: int


@dataclass
class SetTables:
    """What the file holds of one set, without the texts: its records in order, finished work on them, all people's work."""

    records: list[sqlite3.Row]
    work: list[FinishedWork]
    every: list[FinishedWork]

    @classmethod
    def read(cls, store: Store, name: str) -> "SetTables":
        """The set pushed under a name.

        Raises:
            InputError: nothing was pushed under the name.
        """
        with store.read() as db:
            records = db.execute("SELECT id, language, kind, overlap, needed FROM records INDEXED BY overview WHERE name=? "
                                 "AND gold IS NULL ORDER BY id", (name,)).fetchall()
            names = {row["id"]: (row["name"], row["set_aside"]) for row in db.execute("SELECT * FROM people")}
            every = [FinishedWork(record, by, names[by][0], sys.intern(status), sys.intern(ranks or ""), seconds, at,
                                  names[by][1])
                     for record, by, status, ranks, seconds, at in db.execute(
                         "SELECT record, person, status, ranks, seconds, at FROM work WHERE status!='open'")]
            known = [row[0] for row in db.execute("SELECT DISTINCT name FROM records")] if not records else []
        if not records:
            raise InputError(f"nothing was pushed under the name {name!r} (there is {', '.join(known) or 'nothing'})",
                             where=str(store.path), remedy="push first, or check --name")
        own = {record["id"] for record in records}
        return cls(records, [entry for entry in every if entry.record in own], every)

    @cached_property
    def counted(self) -> list[sqlite3.Row]:
        """The submitted rankings of people who are not set aside."""
        return [entry for entry in self.work if entry.status == "submitted" and not entry.set_aside]

    @cached_property
    def compared(self) -> Comparisons:
        """The counted rankings; prompts are numbered in the order of `records`, people go by name."""
        numbers = {record["id"]: number for number, record in enumerate(self.records)}
        ranks = {text: unpacked(text) for text in {entry.ranks for entry in self.counted}}
        return Comparisons((numbers[entry.record], "person:" + entry.who, ranks[entry.ranks])
                           for entry in self.counted)

    def disputed(self) -> list[tuple[int, float]]:
        """Records to be settled with the share of pairs agreed on, least agreement first."""
        prompts, counts = self.compared.by_prompt()
        shares = counts[:, 0] / np.maximum(counts.sum(axis=1), 1)
        low = sorted((float(share), number) for number, share in zip(prompts.tolist(), shares.tolist(), strict=True)
                     if share < LOW)
        return [(int(self.records[number]["id"]), share) for share, number in low]

    def unanimous(self) -> list[int]:
        """Records that two or more people ranked alike, not all tied, those ranked by most first."""
        orders: dict[int, list[str]] = {}
        for entry in self.counted:
            orders.setdefault(entry.record, []).append(entry.ranks)
        alike = [record for record, ranks in orders.items()
                 if len(ranks) > 1 and ranks.count(ranks[0]) == len(ranks) and max(unpacked(ranks[0])) > 1]
        return sorted(alike, key=lambda record: (-len(orders[record]), record))


class OverviewCache:
    """The overview of one set, worked out anew only when the file has changed."""

    def __init__(self, store: Store, name: str) -> None:
        self.store, self.name = store, name
        self._state: tuple[int, int] | None = None
        self._overview: dict[str, Any] = {}

    def get(self) -> dict[str, Any]:
        """As `overview`."""
        state = self.store.state
        if state != self._state:
            self._overview, self._state = overview(self.store, self.name), state
        return self._overview


def overview(store: Store, name: str = "rankings") -> dict[str, Any]:
    """All figures of the lead's page and of `status --json`, one object.

    Raises:
        InputError: nothing was pushed under the name.
    """
    tables = SetTables.read(store, name)
    compared, overall = tables.compared, tables.compared.overall()
    numbers, spent = Counter(entry.record for entry in tables.counted), _seconds(tables.counted)
    left = sum(max(record["needed"], 0) for record in tables.records)
    per_hour = pace([entry.at for entry in tables.counted])
    return {
        "name": name, "records": len(tables.records), "complete": sum(record["needed"] <= 0 for record in tables.records),
        "rankings": len(tables.counted), "left": left, "not_counted": _not_counted(tables), "seconds": spent,
        "per_hour": per_hour, "hours_left": left / per_hour if per_hour else None,
        "overlap": dict(sorted(Counter(numbers[record["id"]] for record in tables.records).items())),
        "agreement": overall.share, "agreement_interval": overall.interval,
        "expected_width": _expected_width(tables, len(overall.counts), overall.interval),
        "alpha": alpha(compared), "alpha_interval": alpha_interval(compared),
        "agreement_by_language": as_shares(compared.by_label([record["language"] for record in tables.records])),
        "agreement_by_type": as_shares(_by_type(tables)),
        "people": people(store, tables),
        "disagreements": listed(store, name, "disagreements", tables=tables),
        "unanimous": listed(store, name, "unanimous", tables=tables)}


def _by_type(tables: SetTables) -> dict[str, AgreementGroup]:
    if not any(record["kind"] for record in tables.records):
        return {}
    return tables.compared.by_label([record["kind"] or UNLABELLED for record in tables.records])


def _not_counted(tables: SetTables) -> dict[str, int]:
    status = Counter("discarded" if entry.status != "submitted" else "set aside" if entry.set_aside else ""
                     for entry in tables.work)
    return {name: count for name, count in status.items() if name}


def _seconds(work: list[FinishedWork]) -> float | None:
    spent = [entry.seconds for entry in work if entry.seconds is not None]
    return median(spent) if spent else None


def _expected_width(tables: SetTables, compared: int, ends: Interval | None) -> float | None:
    """How wide the interval of agreement will be when all is ranked: widths shrink with the root of the prompts."""
    planned = sum(record["overlap"] > 1 for record in tables.records)
    if ends is None or not compared or not planned:
        return None
    return float((ends[1] - ends[0]) * (compared / max(planned, compared)) ** 0.5)


def people(store: Store, tables: SetTables) -> list[dict[str, Any]]:
    """Each person with what they did; names stay on this screen, data hold the hash."""
    shares = as_shares(tables.compared.by_annotator())
    with store.read() as db:
        table = db.execute("SELECT * FROM people WHERE role='annotator' ORDER BY name").fetchall()
        scores = {row["id"]: gold_score(db, row["id"]) for row in table}
    by_person: dict[int, list[FinishedWork]] = {}
    for entry in tables.every:
        by_person.setdefault(entry.person, []).append(entry)
    result = []
    for row in table:
        every = by_person.get(row["id"], [])
        work = [entry for entry in every if entry.status == "submitted"]
        count, score = scores[row["id"]]
        moments = [entry.at for entry in work]
        hours = (max(moments) - min(moments)) / 3600 if moments else 0
        result.append({
            "name": row["name"], "annotator": person(row["name"]), "languages": row["languages"],
            "has_link": row["token"] is not None, "set_aside": bool(row["set_aside"]), "done": len(work),
            "skipped": sum(entry.status == "skipped" for entry in every), "seconds": _seconds(work),
            "per_hour": (len(work) - 1) / hours if hours else None, "last": max(moments, default=None),
            "gold": count, "gold_score": score, "agreement": shares.get("person:" + row["name"])})
    return result


def listed(store: Store, name: str, which: str, start: int = 0, *, tables: SetTables | None = None) -> dict[str, Any]:
    """One page of a list of prompts: `total`, and `prompts` from number `start` on.

    Args:
        store: the page's file.
        name: what was pushed under.
        which: `disagreements`, to be settled, or `unanimous`, which can become gold.
        start: how many to pass over.
        tables: what `store` holds, where it was read already.

    Raises:
        InputError: there is no such list, or nothing was pushed under the name.
    """
    tables = tables or SetTables.read(store, name)
    if which == "disagreements":
        low = tables.disputed()
        return {"total": len(low), "prompts": [
            {**prompt, "share": share} for prompt, (_, share) in
            zip(_prompts(store, tables, [record for record, _ in low[start:start + LISTED]]), low[start:], strict=False)]}
    if which == "unanimous":
        alike = tables.unanimous()
        return {"total": len(alike), "prompts": _prompts(store, tables, alike[start:start + LISTED])}
    raise InputError("there is no such list", where=which)


def _prompts(store: Store, tables: SetTables, records: list[int]) -> list[dict[str, Any]]:
    rankings: dict[int, list[list[int]]] = {record: [] for record in records}
    for entry in tables.counted:
        if entry.record in rankings:
            rankings[entry.record].append(unpacked(entry.ranks))
    with store.read() as db:
        rows = {record: json.loads(db.execute("SELECT row FROM records WHERE id=?", (record,)).fetchone()[0])
                for record in records}
    return [{"record": record, "prompt": rows[record]["messages"][-1]["content"][:300],
             "language": rows[record]["language"], "rankings": rankings[record]} for record in records]
