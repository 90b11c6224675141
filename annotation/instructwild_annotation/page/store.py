"""The SQLite file of a page: tables, people and their links. All that people did is on disk before it is acknowledged."""

import hashlib
import json
import os
import secrets
import shutil
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from unicodedata import normalize

from instructwild.errors import ConfigError, InputError, OutputError
from instructwild_annotation.page.tables import ASIDE, OVERVIEW, TABLES, UPGRADES, VERSION, WAITING

LEAST_FREE = 64 * 1024      # bytes: an index of SQLite's log takes 32 KB, a change of it some pages


GOLD = ":gold"
"""The gold prompts of a set stand under its name and this."""


@dataclass(frozen=True)
class Person:
    """Somebody with a link: `languages` are the primary subtags they read, none for all."""

    id: int
    name: str
    role: str
    languages: tuple[str, ...]


def hashed(token: str) -> str:
    """How a token is kept. A token has 192 random bits, so that a plain hash cannot be guessed back."""
    return hashlib.sha256(token.encode()).hexdigest()


def default_home() -> Path:
    """The folder of this user's page: below XDG_DATA_HOME, by default ~/.local/share."""
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "instructwild" / "page"


class Store:
    """The file `page.sqlite` in a home folder; made where it is not there, unless `must_exist`.

    One connection guarded by a lock: threads and other processes take turns.

    Raises:
        OutputError: the folder or file cannot be written, or is no file of a page.
        InputError: `must_exist`, and there is none.
    """

    def __init__(self, home: Path | None = None, *, must_exist: bool = False) -> None:
        self.home = home or default_home()
        self.path = self.home / "page.sqlite"
        if must_exist and not self.path.exists():
            raise InputError("there is no page there", where=str(self.path),
                             remedy="start one with `instructwild annotate page STAGE`, or check --home")
        self._lock = threading.RLock()
        with self.writable():
            self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
            self.db = sqlite3.connect(self.path, timeout=30, isolation_level=None, check_same_thread=False)
            self.db.row_factory = sqlite3.Row
            for pragma in ("journal_mode=WAL", "foreign_keys=ON"):
                self.db.execute(f"PRAGMA {pragma}")
            version = self.db.execute("PRAGMA user_version").fetchone()[0]
            if version > VERSION:
                raise OutputError("was written by a newer version", where=str(self.path), remedy="upgrade instructwild")
            self.db.executescript(TABLES)
            if version < VERSION:
                steps = " ".join(step for column, step in UPGRADES.items() if column not in self._columns("records"))
                steps += ASIDE if "set_aside" in self._columns("people") else ""
                self.db.executescript(f"BEGIN IMMEDIATE; {steps} {OVERVIEW} {WAITING} PRAGMA user_version={VERSION}; "
                                      "COMMIT;")

    def _columns(self, table: str) -> set[str]:
        return {row["name"] for row in self.db.execute(f"PRAGMA table_info({table})")}

    def close(self) -> None:
        """Close the file."""
        self.db.close()

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    @contextmanager
    def writable(self, path: Path | None = None) -> Iterator[None]:
        """Turn what SQLite and the file system raise into our errors; `path` is what is written, by default this file."""
        try:
            yield
        except (sqlite3.DatabaseError, OSError) as error:
            if isinstance(error, OutputError):
                raise
            reason, where = error.strerror if isinstance(error, OSError) else str(error), path or self.path
            remedy = "check the path, its permissions and the free space; what was kept is kept"
            if is_full(where):
                # SQLite has the same error for it as for a broken disk, and needs some pages even to read.
                reason = "no space is left"
                remedy = f"make at least {LEAST_FREE // 1024} KB of free space" + (
                    "" if path else ", or copy the folder to another file system and give it as --home") + \
                    "; what was kept is kept"
            raise OutputError(f"cannot be used ({reason})", where=str(where), remedy=remedy) from None

    @property
    def state(self) -> tuple[int, int]:
        """Two numbers that stay the same as long as nobody, here or in another process, changes the file."""
        with self.read() as db:
            return int(db.execute("PRAGMA data_version").fetchone()[0]), db.total_changes

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """The connection, for reading."""
        with self._lock, self.writable():
            yield self.db

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """A connection of its own that sees the file as it is now, while others write on; rows are plain tuples."""
        with self.writable(), closing(sqlite3.connect(f"{self.path.resolve().as_uri()}?mode=ro", uri=True, timeout=30,
                                                      isolation_level=None)) as db:
            db.execute("BEGIN")
            yield db

    @contextmanager
    def write(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """The connection in a transaction: all of it is kept, or nothing.

        Args:
            durable: whether it must outlast a power cut (WAL, fsync at commit). Without it an end of the process loses
                nothing either; a later durable transaction brings it to disk too.
        """
        with self._lock, self.writable():
            self.db.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
            self.db.execute("BEGIN IMMEDIATE")
            try:
                yield self.db
                self.db.execute("COMMIT")
            except BaseException:
                if self.db.in_transaction:
                    self.db.execute("ROLLBACK")
                raise

    def invite(self, name: str, *, role: str = "annotator", languages: tuple[str, ...] = (),
               renew: bool = False) -> str | None:
        """A new token for a person; it is shown once and kept as a hash. A new one locks the old and its sessions out.

        Returns:
            The token, or None where the person has one already and `renew` is not set.

        Raises:
            ConfigError: the name is empty, or belongs to somebody in another role.
        """
        name = normalize("NFC", name.strip())       # the same letters typed on different machines are one name
        if not name or len(name) > 100:
            raise ConfigError(f"{name!r} is no name for an annotator", where="--invite", remedy="give 1 to 100 characters")
        token = secrets.token_urlsafe(24)
        with self.write() as db:
            known = db.execute("SELECT * FROM people WHERE name=?", (name,)).fetchone()
            if known and known["role"] != role:
                raise ConfigError(f"{name!r} is the name of the {known['role']}", where="--invite",
                                  remedy="give another name")
            if known and known["token"] and not renew:
                if languages:
                    db.execute("UPDATE people SET languages=? WHERE id=?", (",".join(languages), known["id"]))
                return None
            if known:
                db.execute("DELETE FROM sessions WHERE person=?", (known["id"],))
                db.execute("UPDATE people SET token=?, languages=? WHERE id=?",
                           (hashed(token), ",".join(languages) or known["languages"], known["id"]))
            else:
                db.execute("INSERT INTO people(name, role, token, languages, created) VALUES(?,?,?,?,?)",
                           (name, role, hashed(token), ",".join(languages), time.time()))
        return token

    def revoke(self, name: str) -> None:
        """Lock a person out; what they ranked stays.

        Raises:
            ConfigError: there is nobody of that name.
        """
        with self.write() as db:
            person = self._named(name)
            db.execute("DELETE FROM sessions WHERE person=?", (person,))
            db.execute("UPDATE people SET token=NULL WHERE id=?", (person,))

    def remove(self, name: str) -> int:
        """Remove a person and all that they did; how many rankings went with them.

        Raises:
            ConfigError: there is nobody of that name.
        """
        with self.write() as db:
            person = self._named(name)
            records = [row[0] for row in db.execute("SELECT record FROM work WHERE person=?", (person,))]
            count = db.execute("SELECT count(*) FROM work WHERE person=? AND status='submitted'", (person,)).fetchone()[0]
            db.execute("DELETE FROM people WHERE id=?", (person,))
            recount(db, records)
        return int(count)

    def _named(self, name: str) -> int:
        row = self.db.execute("SELECT id FROM people WHERE name IN (?, ?)", (name, normalize("NFC", name))).fetchone()
        if row is None:
            names = ", ".join(each[0] for each in self.db.execute("SELECT name FROM people ORDER BY name LIMIT 20"))
            raise ConfigError(f"there is nobody called {name!r}", where=str(self.path),
                              remedy=f"choose one of: {names or '-'}")
        return int(row[0])

    def open_session(self, token: str) -> tuple[str, Person] | None:
        """A session for the holder of a token; None where the token is unknown or revoked."""
        with self.write() as db:
            row = db.execute("SELECT * FROM people WHERE token=?", (hashed(token),)).fetchone()
            if row is None:
                return None
            session = secrets.token_urlsafe(24)
            db.execute("INSERT INTO sessions VALUES(?,?)", (hashed(session), row["id"]))
        return session, _person(row)

    def whose(self, session: str) -> Person | None:
        """The person of a session; None where it is unknown or the person was locked out."""
        with self.read() as db:
            row = db.execute("SELECT people.* FROM sessions JOIN people ON people.id=person WHERE sessions.token=?",
                             (hashed(session),)).fetchone()
        return _person(row) if row else None


def is_full(path: Path) -> bool:
    """Whether the file system of a path has too little space left for SQLite to work."""
    with suppress(OSError):
        return shutil.disk_usage(path.parent).free < LEAST_FREE
    return False


def recount(db: sqlite3.Connection, records: list[int]) -> None:
    """Bring up to date how many more people each record needs; the rankings of people set aside there do not count."""
    db.executemany(
        "UPDATE records SET needed = overlap - (SELECT count(*) FROM work WHERE work.record = records.id AND "
        "work.status = 'submitted' AND NOT EXISTS (SELECT 1 FROM aside WHERE aside.person = work.person AND "
        "aside.name = records.name)) WHERE id = ?",
        [(record,) for record in records])


def _person(row: sqlite3.Row) -> Person:
    return Person(row["id"], row["name"], row["role"], tuple(filter(None, row["languages"].split(","))))


def set_names(db: sqlite3.Connection) -> list[str]:
    """The names that were pushed under, gold prompts left out, in the order of their first records."""
    return [row[0] for row in db.execute("SELECT name FROM records WHERE gold IS NULL GROUP BY name ORDER BY min(id)")]


def unpacked(text: str | None) -> list[int]:
    """A list of numbers as kept in a column."""
    return [] if text is None else list(json.loads(text))
