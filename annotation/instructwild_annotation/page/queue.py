"""What one person is asked, in which order, and what they answer. Nothing here can reach another person's work."""

import json
import random
import secrets
import sqlite3
import time
from dataclasses import dataclass
from typing import Any

from instructwild.errors import InputError
from instructwild.schema import RankingRow
from instructwild.schema.ranking import dense
from instructwild_annotation.agreement import compare
from instructwild_annotation.page.store import GOLD, Person, Store, recount, set_names, unpacked

RESERVED = 1800.0       # seconds for which a question that somebody has open is not given to more people than it needs
GOLD_EVERY = 6          # about one gold prompt among so many others
GOLD_FIRST = 2          # the first comes after so many others
GOLD_ENOUGH = 3         # gold prompts before a person's work can be set aside
LONGEST_TEXT = 50_000   # characters of a correction or a reason
LONGEST_WORK = 3600.0   # seconds; more is a break, not a judgement
CLOCK_SET_BACK = 86400.0    # seconds by which a person's last answer may seem to lie ahead
SAFETY = ("safe", "unsafe", "unsure")
RNG = random.SystemRandom()


@dataclass(frozen=True)
class Item:
    """One question as one person sees it: `shuffle[s]` is the candidate in slot s, `ranks[s]` the rank of that slot."""

    id: str
    row: RankingRow
    shuffle: tuple[int, ...]
    status: str
    ranks: tuple[int, ...] | None
    extra: dict[str, Any]
    ask: tuple[str, ...]


@dataclass(frozen=True)
class Submission:
    """What a person says about an item, ranks by slot.

    Raises:
        InputError: from `checked`, where something does not fit the item.
    """

    ranks: tuple[int, ...]
    extra: dict[str, Any]
    seconds: float | None

    @classmethod
    def checked(cls, value: Any, size: int) -> "Submission":
        """Check what came from the browser about an item of so many answers."""
        ranks = value.get("ranks") if isinstance(value, dict) else None
        if not isinstance(ranks, list) or len(ranks) != size or not all(type(rank) is int and 1 <= rank <= size
                                                                       for rank in ranks):
            raise InputError(f"every answer needs a place from 1 to {size}", where="ranks")
        extra: dict[str, Any] = {}
        rating, safety, correction = (value.get(name) for name in ("rating", "safety", "correction"))
        if rating is not None:
            if type(rating) is not int or not 1 <= rating <= 5:
                raise InputError("goes from 1 to 5", where="rating")
            extra["rating"] = rating
        if safety is not None:
            if safety not in SAFETY:
                raise InputError(f"is one of {', '.join(SAFETY)}", where="safety")
            extra["safety"] = safety
        if correction is not None and correction != "":
            extra["correction"] = _text(correction, "correction")
        return cls(dense(ranks), extra, _seconds(value.get("seconds")))


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        raise InputError(f"is a text of at most {LONGEST_TEXT:,} characters", where=where)
    return value.encode("utf-8", "replace").decode()       # half a surrogate pair cannot be kept


def _seconds(value: Any) -> float | None:
    known = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= LONGEST_WORK
    return round(float(value), 1) if known else None


class Queue:
    """The work of one person."""

    def __init__(self, store: Store, person: Person, gold_bar: float = 0.6) -> None:
        self.store, self.person, self.gold_bar = store, person, gold_bar

    def next(self) -> Item | None:
        """The question that is open, else a new one; None where nothing is left for this person.

        A new one is one that needs fewest further people, so that questions are completed rather than begun.
        """
        # Which question somebody has open is no work of theirs, and fsync costs more than all the rest.
        with self.store.write(durable=False) as db:
            known = db.execute("SELECT work.*, records.row, records.ask FROM work JOIN records ON records.id=record "
                               "WHERE person=? AND status='open' ORDER BY opened LIMIT 1", (self.person.id,)).fetchone()
            if known:
                return _item(known)
            waiting = self._waiting(db)
            record = self._due_gold(db, self._sets(db, waiting)) or waiting
            return None if record is None else self._assign(db, record)

    def _tongues(self) -> tuple[str, list[str]]:
        if not self.person.languages:
            return "", []
        marks = ",".join("?" * len(self.person.languages))
        return f" AND (tongue = 'und' OR tongue IN ({marks}))", list(self.person.languages)

    def _sets(self, db: sqlite3.Connection, waiting: int | None) -> list[str]:
        """The sets whose gold prompts may come now: that of the question which waits, or all where none does."""
        if waiting is None:
            return set_names(db)
        return [db.execute("SELECT name FROM records WHERE id=?", (waiting,)).fetchone()[0]]

    def _due_gold(self, db: sqlite3.Connection, sets: list[str]) -> int | None:
        """A gold prompt of one of these sets that is due by this person's work on the set."""
        where, languages = self._tongues()
        for name in sets:
            # The gold prompts of the set, which are few, and how many of them this person met.
            there, met = db.execute("SELECT count(*), count(item) FROM records LEFT JOIN work ON record=id AND person=? AND "
                                    "status!='seen' WHERE gold IS NOT NULL AND name=?",
                                    (self.person.id, name + GOLD)).fetchone()
            if not there:
                continue
            every = db.execute("SELECT count(*) FROM work CROSS JOIN records INDEXED BY overview ON name=? AND gold IS NULL "
                               "AND id=record WHERE person=?", (name, self.person.id)).fetchone()[0]
            due = (every - GOLD_FIRST) // GOLD_EVERY + 1 if every >= GOLD_FIRST else 0
            # Where nothing else is left, gold prompts wait for nobody.
            if met < due and (record := self._first(db, f"gold IS NOT NULL AND name=?{where}",
                                                        [name + GOLD, *languages], "id")):
                return record
        return None

    def _waiting(self, db: sqlite3.Connection) -> int | None:
        where, languages = self._tongues()
        now = time.time()       # what was opened after it was opened before the clock was set back
        reserved = "(SELECT count(*) FROM work WHERE record=records.id AND status='open' AND opened BETWEEN ? AND ?)"
        return self._first(db, f"gold IS NULL AND needed > 0 AND needed > {reserved}{where}",
                           [now - RESERVED, now + 1, *languages], "needed, id")

    def _first(self, db: sqlite3.Connection, where: str, values: list[Any], order: str) -> int | None:
        row = db.execute(f"SELECT id FROM records WHERE {where} AND NOT EXISTS (SELECT 1 FROM work WHERE person=? AND "
                         f"record=records.id) ORDER BY {order} LIMIT 1", (*values, self.person.id)).fetchone()
        return int(row[0]) if row else None

    def _assign(self, db: sqlite3.Connection, record: int) -> Item:
        text = db.execute("SELECT row FROM records WHERE id=?", (record,)).fetchone()[0]
        order = list(range(len(json.loads(text)["candidates"])))
        RNG.shuffle(order)
        item = secrets.token_urlsafe(12)
        db.execute("INSERT INTO work(person, record, item, shuffle, status, opened) VALUES(?,?,?,?,'open',?)",
                   (self.person.id, record, item, json.dumps(order), time.time()))
        return self._mine(db, item)

    def assign(self, record: int) -> Item:
        """A given record as an item of this person; the lead settles disagreements so."""
        with self.store.write() as db:
            known = db.execute("SELECT item FROM work WHERE person=? AND record=?", (self.person.id, record)).fetchone()
            if known:
                return self._mine(db, known[0])
            if not db.execute("SELECT 1 FROM records WHERE id=?", (record,)).fetchone():
                raise InputError("there is no such record", where=str(record))
            return self._assign(db, record)

    def _mine(self, db: sqlite3.Connection, item: str) -> Item:
        row = db.execute("SELECT work.*, records.row, records.ask FROM work JOIN records ON records.id=record "
                         "WHERE item=? AND person=?", (item, self.person.id)).fetchone()
        if row is None:
            raise InputError("there is no such question", where=item)
        return _item(row)

    def item(self, item: str) -> Item:
        """One of this person's own items.

        Raises:
            InputError: it is not theirs, or there is none.
        """
        with self.store.read() as db:
            return self._mine(db, item)

    def submit(self, item: str, value: Any) -> None:
        """Keep a ranking; a second one of the same item replaces the first.

        Raises:
            InputError: the item is not theirs, or the ranking does not fit it.
        """
        with self.store.write() as db:
            record, shuffle = self._record(db, item)
            sent = Submission.checked(value, len(shuffle))
            ranks = [0] * len(shuffle)
            for slot, candidate in enumerate(shuffle):
                ranks[candidate] = sent.ranks[slot]
            db.execute("UPDATE work SET status='submitted', ranks=?, extra=?, seconds=?, at=? WHERE item=?",
                       (json.dumps(ranks), json.dumps(sent.extra, ensure_ascii=False), sent.seconds, self._moment(db), item))
            self._settle(db, record)

    def skip(self, item: str, reason: Any) -> None:
        """Pass an item over, with a reason."""
        with self.store.write() as db:
            record, _ = self._record(db, item)
            db.execute("UPDATE work SET status='skipped', ranks=NULL, extra=?, at=? WHERE item=?",
                       (json.dumps({"reason": _text(reason or "", "reason")}, ensure_ascii=False), self._moment(db), item))
            self._settle(db, record)

    def _record(self, db: sqlite3.Connection, item: str) -> tuple[int, list[int]]:
        """The record of one of this person's own items, and the candidate in each of its slots."""
        row = db.execute("SELECT record, shuffle FROM work WHERE item=? AND person=?", (item, self.person.id)).fetchone()
        if row is None:
            raise InputError("there is no such question", where=item)
        return row["record"], unpacked(row["shuffle"])

    def _moment(self, db: sqlite3.Connection) -> float:
        """Now, or just after the person's last answer where the clock was set back: what they did last stays the last."""
        now = time.time()
        last = max(db.execute("SELECT coalesce(max(at), 0) FROM work WHERE person=? AND status=?",
                              (self.person.id, status)).fetchone()[0] for status in ("submitted", "skipped"))
        return float(last) + 0.001 if now <= last < now + CLOCK_SET_BACK else now

    def undo(self) -> Item | None:
        """Take the last answer or skip back and open its item again; its ranks stay on the screen."""
        with self.store.write() as db:
            row = db.execute("SELECT item, record FROM work WHERE person=? AND status IN ('submitted', 'skipped') "
                             "ORDER BY at DESC LIMIT 1",
                             (self.person.id,)).fetchone()
            if row is None:
                return None
            # Opened before all others, so that it comes next.
            db.execute("UPDATE work SET status='open', opened=0 WHERE item=?", (row["item"],))
            self._settle(db, row["record"])
            return self._mine(db, row["item"])

    def _settle(self, db: sqlite3.Connection, record: int) -> None:
        recount(db, [record])
        name, gold = db.execute("SELECT name, gold IS NOT NULL FROM records WHERE id=?", (record,)).fetchone()
        if gold and self.person.role == "annotator":
            judge_by_gold(db, self.person.id, name.removesuffix(GOLD), self.gold_bar)

    def history(self, limit: int = 50) -> list[dict[str, Any]]:
        """The person's own latest answers and skips, newest first."""
        with self.store.read() as db:
            rows = db.execute("SELECT item, status, at, row FROM work JOIN records ON records.id=record WHERE person=? "
                              "AND status IN ('submitted', 'skipped') ORDER BY at DESC LIMIT ?",
                              (self.person.id, limit)).fetchall()
        return [{"id": row["item"], "status": row["status"], "at": row["at"],
                 "prompt": json.loads(row["row"])["messages"][-1]["content"][:120]} for row in rows]

    def progress(self) -> dict[str, int]:
        """How many this person ranked and skipped, and how many wait for them."""
        where, languages = self._tongues()
        with self.store.read() as db:
            counts = dict(db.execute("SELECT status, count(*) FROM work WHERE person=? GROUP BY status", (self.person.id,)))
            waiting = db.execute(f"SELECT coalesce(sum(records), 0) FROM waiting_counts WHERE true{where}",
                                 languages).fetchone()[0]
            mine = db.execute("SELECT count(*) FROM work WHERE person=? AND status!='open' AND record IN (SELECT id "
                              f"FROM records WHERE id = work.record AND gold IS NULL AND needed > 0{where})",
                              (self.person.id, *languages)).fetchone()[0]
        return {"done": counts.get("submitted", 0), "skipped": counts.get("skipped", 0), "waiting": int(waiting - mine)}


def gold_score(db: sqlite3.Connection, person: int, name: str) -> tuple[int, float | None]:
    """Gold prompts of a set that a person ranked, and the share of their ordered pairs put in the gold order, a tie half."""
    count, right, pairs = 0, 0.0, 0
    # From the gold prompts, which are few, to the person's work on them.
    for ranks, gold in db.execute("SELECT ranks, gold FROM records CROSS JOIN work ON work.record=records.id "
                                  "WHERE gold IS NOT NULL AND records.name=? AND person=? AND status='submitted'",
                                  (name + GOLD, person)):
        count += 1
        mine, right_ranks = unpacked(ranks), unpacked(gold)
        for a in range(len(mine)):
            for b in range(a):
                if right_ranks[a] != right_ranks[b]:
                    result = compare([mine[a], mine[b]], [right_ranks[a], right_ranks[b]])
                    right, pairs = right + result.same + result.half / 2, pairs + 1
    return count, right / pairs if pairs else None


def judge_by_gold(db: sqlite3.Connection, person: int, name: str, bar: float) -> None:
    """Set a person's work on a set aside where they miss the bar on its gold prompts, or count it where they reach it."""
    count, score = gold_score(db, person, name)
    if count >= GOLD_ENOUGH and score is not None and score < bar:
        changed = db.execute("INSERT OR IGNORE INTO aside VALUES(?,?)", (person, name)).rowcount
    else:
        changed = db.execute("DELETE FROM aside WHERE person=? AND name=?", (person, name)).rowcount
    if changed:
        recount(db, [row[0] for row in db.execute("SELECT record FROM work WHERE person=?", (person,))])


def _item(row: sqlite3.Row) -> Item:
    shuffle, ranks = unpacked(row["shuffle"]), unpacked(row["ranks"])
    return Item(row["item"], RankingRow.model_validate_json(row["row"]), tuple(shuffle), row["status"],
                tuple(ranks[candidate] for candidate in shuffle) if ranks else None, json.loads(row["extra"] or "{}"),
                tuple(filter(None, row["ask"].split(","))))
