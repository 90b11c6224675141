"""What the one who leads decides: one person more for a prompt, gold prompts."""

import json

from instructwild.errors import InputError
from instructwild_annotation.page.store import GOLD, Store, recount, unpacked


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
        db.execute("INSERT OR IGNORE INTO records(name, key, row, tongue, overlap, needed, gold, ask, language, kind) "
                   "VALUES(?,?,?,?,0,0,?,?,?,?)",
                   (row["name"] + GOLD, row["key"], row["row"], row["tongue"], json.dumps(list(*orders)), row["ask"],
                    row["language"], row["kind"]))
        copy = db.execute("SELECT id FROM records WHERE name=? AND key=?", (row["name"] + GOLD, row["key"])).fetchone()[0]
        # Those who ranked the record are not asked again: their copy counts as skipped.
        db.execute("INSERT OR IGNORE INTO work(person, record, item, shuffle, status, opened, at) SELECT person, ?, "
                   "lower(hex(randomblob(12))), shuffle, 'seen', opened, at FROM work WHERE record=?", (copy, record))
