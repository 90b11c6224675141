"""Rows into the page's file and rankings out of it, in the form that Argilla's exchange has."""

import json
import random
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from instructwild.console.terminal import progress
from instructwild.errors import ConfigError, InputError
from instructwild.privacy.forgotten import FILE_NAME, forgotten, is_forgotten
from instructwild.privacy.salt import user_salt
from instructwild.schema import Ranking, RankingRow
from instructwild.text.quantity import quantity
from instructwild_annotation.merge import merged
from instructwild_annotation.page.store import Store, recount, set_names, unpacked
from instructwild_annotation.people import person
from instructwild_annotation.pull import PullResult
from instructwild_annotation.rows import with_languages
from instructwild_annotation.settings import LETTERS, OPTIONAL, dataset_name
from instructwild_annotation.wire import PulledRecord, SubmittedAnswer, record_id

PART = 200      # rows added in one transaction


def push_rows(store: Store, rows: Sequence[RankingRow], name: str = "rankings", *, overlap: int = 1,
              ask: Iterable[str] = OPTIONAL, gold: bool = False, types: Mapping[str, str] | None = None) -> tuple[int, int]:
    """Add rows that are not there yet; what is there stays, and takes a higher overlap.

    Args:
        store: the page's file.
        rows: with two or more candidates each.
        name: what they are pulled by.
        overlap: how many people should rank each row.
        ask: optional questions, of `OPTIONAL`.
        gold: the rows' own rankings are right; people meet them without knowing.
        types: kinds of questions by row id, as far as they are known; agreement is told by them.

    Returns:
        How many were sent, and how many were there already.

    Raises:
        ConfigError: a row has too many candidates, or is gold and has no ranking.
    """
    named = with_languages(rows)
    right = [_right(row, name, gold=gold) for row in named]
    sent = 0
    # Not all at once: people who rank meanwhile wait for a part only. After an interruption the same call adds the rest.
    with progress() as shown:
        task = shown.add_task("prompts sent", total=len(named), note="")
        for start in range(0, len(named), PART):
            part = list(zip(named[start:start + PART], right[start:start + PART], strict=True))
            with store.write() as db:
                for row, ranking in part:
                    sent += _add(db, row, name, overlap, ",".join(ask), ranking, (types or {}).get(row.id, ""))
            shown.advance(task, len(part))
    return sent, len(named) - sent


def _right(row: RankingRow, name: str, *, gold: bool) -> Ranking | None:
    """The ranking that people are measured by; None for a row that is not gold."""
    if len(row.candidates) > len(LETTERS):
        raise ConfigError(f"a prompt has {quantity(len(row.candidates), 'candidate')}, more than the {len(LETTERS)} that "
                          "can be shown", where=name, remedy=f"keep at most {len(LETTERS)}")
    right = merged(row) if gold else None
    if gold and right is None:
        raise ConfigError(f"the prompt {row.id} has no ranking to be measured by", where="--gold",
                          remedy="give rows with rankings, such as a merge stage")
    return right


def _add(db: sqlite3.Connection, row: RankingRow, name: str, overlap: int, ask: str, right: Ranking | None,
         kind: str) -> bool:
    text = json.dumps(row.model_dump(mode="json", exclude={"rankings"}), ensure_ascii=False)
    values = (name, record_id(row), text.encode("utf-8", "replace").decode(), row.language.partition("-")[0],
              overlap, overlap, None if right is None else json.dumps(right.ranks), ask, row.language, kind)
    if db.execute("INSERT OR IGNORE INTO records(name, key, row, tongue, overlap, needed, gold, ask, language, "
                  "kind) VALUES(?,?,?,?,?,?,?,?,?,?)", values).rowcount:
        return True
    known = db.execute("SELECT id, overlap FROM records WHERE name=? AND key=?", values[:2]).fetchone()
    if known["overlap"] < overlap:
        db.execute("UPDATE records SET overlap=? WHERE id=?", (overlap, known["id"]))
        recount(db, [known["id"]])
    return False


def read_rankings(store: Store, name: str = "rankings", *, names: Mapping[str, str] | None = None,
                  sample: int | None = None) -> PullResult:
    """All records pushed under a name with what people submitted.

    The rankings of people set aside are there as `discarded`, which nothing counts. Gold prompts measure people and are
    not among the records.

    Args:
        store: the page's file.
        name: what was pushed under.
        names: annotators by name, to save hashing; for tests.
        sample: so many of the records that people ranked, drawn at random, the same each time; by default all records.

    Raises:
        InputError: nothing was pushed under the name.
    """
    result = PullResult()
    with store.read() as db:
        drawn, only = _drawn(db, name, sample)
        records = db.execute(f"SELECT * FROM records WHERE name=? AND gold IS NULL{only} ORDER BY id",
                             (name, *drawn)).fetchall()
        work = db.execute("SELECT work.*, people.name AS who, EXISTS (SELECT 1 FROM aside WHERE aside.person=work.person "
                          "AND aside.name=records.name) AS set_aside FROM work JOIN people ON people.id=person JOIN records "
                          f"ON records.id=record WHERE records.name=? AND gold IS NULL{only} AND status!='open' "
                          "ORDER BY at, person", (name, *drawn)).fetchall()
        known = set_names(db)
    if name not in known:
        raise InputError(f"nothing was pushed under the name {name!r} (there is {', '.join(known) or 'nothing'})",
                         where=str(store.path), remedy="push first, or check --name")
    hashes: dict[str, str] = dict(names or {})
    by_record: dict[int, list[sqlite3.Row]] = {}
    for entry in work:
        by_record.setdefault(entry["record"], []).append(entry)
        hashes.setdefault(entry["who"], "")
    hashes = {who: known_hash or person(who) for who, known_hash in hashes.items()}
    for record in records:
        row = RankingRow.model_validate_json(record["row"])
        pulled = _pulled(row, by_record.get(record["id"], []), hashes, record["needed"] <= 0)
        if record["kind"]:
            result.types[row.id] = record["kind"]
        result.records.append(pulled)
        dataset = dataset_name(name, len(row.candidates))
        result.sizes[dataset] = len(row.candidates)
        result.overlap[dataset] = max(result.overlap.get(dataset, 0), record["overlap"])
        result.activity[dataset] = max(result.activity.get(dataset, ""), *(_moment(entry["at"]).isoformat() for entry in
                                                                           by_record.get(record["id"], [])), "")
    result.records.sort(key=lambda each: (each.row.id, each.row.candidates[0].id))
    return result


def _drawn(db: sqlite3.Connection, name: str, sample: int | None) -> tuple[list[str], str]:
    """Ranked records drawn at random, as a parameter and a condition of a query; both empty where all are read."""
    if sample is None:
        return [], ""
    ranked = [row[0] for row in db.execute("SELECT id FROM records WHERE name=? AND gold IS NULL AND EXISTS (SELECT 1 "
                                           "FROM work WHERE record=id AND status='submitted') ORDER BY id", (name,))]
    drawn = random.Random(0).sample(ranked, min(sample, len(ranked)))
    return [json.dumps(drawn)], " AND records.id IN (SELECT value FROM json_each(?))"


def _pulled(row: RankingRow, work: Sequence[sqlite3.Row], hashes: Mapping[str, str], completed: bool) -> PulledRecord:
    pulled, rankings = PulledRecord(row, completed=completed), []
    for entry in work:
        if entry["status"] != "submitted":
            pulled.others["discarded"] = pulled.others.get("discarded", 0) + 1
            continue
        ranking = Ranking(annotator=hashes[entry["who"]], ranks=tuple(unpacked(entry["ranks"])), seconds=entry["seconds"],
                          status="discarded" if entry["set_aside"] else "submitted")
        rankings.append(ranking)
        if entry["set_aside"]:
            pulled.others["set aside"] = pulled.others.get("set aside", 0) + 1
        else:
            pulled.answers.append(SubmittedAnswer(ranking, _moment(entry["at"]), **json.loads(entry["extra"] or "{}")))
    pulled.row = row.model_copy(update={"rankings": tuple(rankings)})
    return pulled


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def forget_prompts(store: Store, root: Path) -> int:
    """Remove the prompts that ROOT/forgotten names with all work on them; how many these were.

    Raises:
        InputError: there is no forget list.
    """
    marks, salt = forgotten(root), user_salt()
    if not marks:
        raise InputError("there is no forget list", where=str(root / FILE_NAME),
                         remedy="give the --root that `instructwild forget` was called with")
    with store.write() as db:
        db.execute("PRAGMA secure_delete=ON")           # its pages are overwritten, not only let go
        gone = [row["id"] for row in db.execute("SELECT id, row FROM records").fetchall()
                if is_forgotten(salt, json.loads(row["row"])["id"], marks)]
        for table, column in (("work", "record"), ("records", "id")):
            db.executemany(f"DELETE FROM {table} WHERE {column}=?", [(record,) for record in gone])
    with store.read() as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return len(gone)
