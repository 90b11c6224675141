"""What the one who leads sees and decides: people by name, agreement, gold prompts, disagreements."""

import json
from statistics import median
from typing import Any

from instructwild.errors import InputError
from instructwild.schema import RankingRow
from instructwild_annotation import agreement
from instructwild_annotation.alpha import Interval, agreement_interval, alpha, alpha_interval, intervals
from instructwild_annotation.page.exchange import read_rankings
from instructwild_annotation.page.queue import gold_score
from instructwild_annotation.page.store import Store, recount, unpacked
from instructwild_annotation.people import person
from instructwild_annotation.pull import PullResult, progress_of
from instructwild_annotation.wire import record_id

LISTED = 50
LOW = 0.5       # share of pairs agreed on below which a prompt waits to be settled


def overview(store: Store, name: str = "rankings") -> dict[str, Any]:
    """All figures of the lead's page and of `status --json`, one object."""
    pulled = read_rankings(store, name)
    rows = pulled.rows
    progress = progress_of(pulled)
    share, ends = agreement.overall(rows).share, agreement_interval(rows)
    return {
        "name": name, "records": progress.records, "complete": progress.complete, "rankings": progress.rankings,
        "left": progress.left, "not_counted": pulled.others, "seconds": progress.seconds, "per_hour": progress.per_hour,
        "hours_left": progress.hours_left, "overlap": progress.overlap,
        "agreement": share, "agreement_interval": ends, "expected_width": _expected_width(pulled, ends),
        "alpha": alpha(rows), "alpha_interval": alpha_interval(rows),
        "agreement_by_language": _shares(rows, agreement.by_language), "people": people(store, rows),
        "disagreements": disagreements(store, name, rows), "unanimous": unanimous(store, name, rows)}


def _expected_width(pulled: PullResult, ends: Interval | None) -> float | None:
    """How wide the interval of agreement will be when all is ranked: widths shrink with the root of the prompts."""
    compared = sum(len(agreement.counted(row)) > 1 for row in pulled.rows)
    planned = sum(pulled.overlap[name] > 1 for record in pulled.records for name, size in pulled.sizes.items()
                  if size == len(record.row.candidates))
    if ends is None or not compared or not planned:
        return None
    return float((ends[1] - ends[0]) * (compared / max(planned, compared)) ** 0.5)


def _shares(rows: list[RankingRow], groups: Any) -> dict[str, dict[str, Any]]:
    widths = intervals(rows, groups)
    return {key: {"share": result.share, "pairs": result.pairs, "interval": widths.get(key)}
            for key, result in groups(rows).items()}


def people(store: Store, rows: list[RankingRow]) -> list[dict[str, Any]]:
    """Each person with what they did; names stay on this screen, data hold the hash."""
    shares = _shares(rows, agreement.by_annotator)
    with store.read() as db:
        table = db.execute("SELECT * FROM people WHERE role='annotator' ORDER BY name").fetchall()
        result = []
        for row in table:
            counts = dict(db.execute("SELECT status, count(*) FROM work WHERE person=? GROUP BY status", (row["id"],)))
            work = db.execute("SELECT seconds, at FROM work WHERE person=? AND status='submitted' ORDER BY at",
                              (row["id"],)).fetchall()
            spent = [each["seconds"] for each in work if each["seconds"] is not None]
            count, score = gold_score(db, row["id"])
            hours = (work[-1]["at"] - work[0]["at"]) / 3600 if len(work) > 1 else 0
            result.append({
                "name": row["name"], "annotator": person(row["name"]), "languages": row["languages"],
                "has_link": row["token"] is not None, "set_aside": bool(row["set_aside"]),
                "done": counts.get("submitted", 0),
                "skipped": counts.get("skipped", 0), "seconds": median(spent) if spent else None,
                "per_hour": (len(work) - 1) / hours if hours else None, "last": work[-1]["at"] if work else None,
                "gold": count, "gold_score": score, "agreement": shares.get(person(row["name"]))})
    return result


def disagreements(store: Store, name: str, rows: list[RankingRow]) -> list[dict[str, Any]]:
    """Prompts to be settled, least agreement first."""
    low = [row for row, _ in agreement.second_look(rows, LOW)][:LISTED]
    shares = {row.id: result.share for row, result in agreement.second_look(rows, LOW)}
    return [{"record": _number(store, name, row), "prompt": row.messages[-1].content[:300], "language": row.language,
             "share": shares[row.id], "rankings": [list(ranking.ranks) for ranking in agreement.counted(row)]}
            for row in low]


def unanimous(store: Store, name: str, rows: list[RankingRow]) -> list[dict[str, Any]]:
    """Prompts that two or more people ranked alike, not all tied: they can become gold."""
    alike = [row for row in rows if len(counted := agreement.counted(row)) > 1
             and len({ranking.ranks for ranking in counted}) == 1 and max(counted[0].ranks) > 1]
    alike.sort(key=lambda row: -len(row.rankings))
    return [{"record": _number(store, name, row), "prompt": row.messages[-1].content[:300], "language": row.language,
             "ranks": list(agreement.counted(row)[0].ranks)} for row in alike[:LISTED]]


def _number(store: Store, name: str, row: RankingRow) -> int:
    with store.read() as db:
        return int(db.execute("SELECT id FROM records WHERE name=? AND key=?", (name, record_id(row))).fetchone()[0])


def add_person(store: Store, record: int) -> None:
    """Ask one person more about a record.

    Raises:
        InputError: there is no such record.
    """
    with store.write() as db:
        if not db.execute("UPDATE records SET overlap=overlap+1 WHERE id=?", (record,)).rowcount:
            raise InputError("there is no such record", where=str(record))
        recount(db, [record])


def make_gold(store: Store, record: int) -> None:
    """Make a copy of a record that people ranked alike a gold prompt for those who have not seen it.

    The record itself and its rankings stay what they are.

    Raises:
        InputError: there is no such record, or people did not rank it alike.
    """
    with store.write() as db:
        row = db.execute("SELECT * FROM records WHERE id=?", (record,)).fetchone()
        orders = {tuple(unpacked(each[0])) for each in db.execute(
            "SELECT ranks FROM work WHERE record=? AND status='submitted'", (record,))}
        if row is None or len(orders) != 1:
            raise InputError("is not ranked alike by all", where=str(record))
        db.execute("INSERT OR IGNORE INTO records(name, key, row, tongue, overlap, needed, gold, ask) "
                   "VALUES(?,?,?,?,0,0,?,?)",
                   (f"{row['name']}:gold", row["key"], row["row"], row["tongue"], json.dumps(list(*orders)), row["ask"]))
        copy = db.execute("SELECT id FROM records WHERE name=? AND key=?", (f"{row['name']}:gold", row["key"])).fetchone()[0]
        # Those who ranked the record are not asked again: their copy counts as skipped.
        db.execute("INSERT OR IGNORE INTO work(person, record, item, shuffle, status, opened, at) SELECT person, ?, "
                   "lower(hex(randomblob(12))), shuffle, 'seen', opened, at FROM work WHERE record=?", (copy, record))
