"""Every call and its answer in one SQLite file: what was paid for is there after a crash, and is not paid for again.

A call is written down before it is sent, with the most it can cost, and is settled once its answer is in. A call that was
sent and never answered, because the process was killed, may have been charged: it counts as spent at its bound.

Calls that are on their way together note what happens to them in one transaction for each turn of the event loop, and each
waits until its own is in the file (group commit; DeWitt et al. 1984, section 2).
"""

import asyncio
import json
import sqlite3
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from instructwild.errors import OutputError
from instructwild.llm.request import Reply
from instructwild.stage.atomic import write_atomic
from instructwild.stage.folder import SCRATCH

SCHEMA = """
CREATE TABLE IF NOT EXISTS replies (key TEXT PRIMARY KEY, reply TEXT NOT NULL, usd REAL NOT NULL, run TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS sent (key TEXT, run TEXT, usd REAL NOT NULL, PRIMARY KEY (key, run)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lost (run TEXT NOT NULL, usd REAL NOT NULL);
CREATE TABLE IF NOT EXISTS billed (run TEXT NOT NULL, usd REAL NOT NULL, sent INTEGER NOT NULL, received INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS batches (name TEXT PRIMARY KEY, run TEXT NOT NULL, place TEXT NOT NULL, provider_id TEXT,
                                    created REAL NOT NULL, bounds TEXT NOT NULL, usd REAL NOT NULL);
CREATE TABLE IF NOT EXISTS closed_batches (name TEXT PRIMARY KEY, place TEXT NOT NULL, provider_id TEXT,
                                           created REAL NOT NULL);
"""
OPEN = """FROM sent WHERE run = ? AND NOT EXISTS
    (SELECT 1 FROM replies WHERE replies.key = sent.key AND replies.run = sent.run)"""
CALLS = "calls.sqlite"
"""The file in a run's scratch folder."""
RUN_NAME = "run"
"""The file beside it with the name under which the run pays."""
CHECKPOINT = 20_000
"""Pages that are written before they are gathered into one file, which waits for the disk."""
SETTLE = "INSERT OR REPLACE INTO replies VALUES (?, ?, ?, ?)"
WITHDRAW = "DELETE FROM sent WHERE key = ? AND run = ?"
LOSE = "INSERT INTO lost VALUES (?, ?)"
BILL = "INSERT INTO billed VALUES (?, ?, ?, ?)"
ENCODER = json.JSONEncoder(ensure_ascii=False)
KEPT = ("text", "finish", "prompt_tokens", "completion_tokens", "usd", "request_id", "problem")
KEPT_IF_ANY = ("reasoning", "reasoning_tokens", "repairs")

Change = tuple[str, tuple[object, ...]]
"""A statement and its values."""


@dataclass(frozen=True)
class Spending:
    """What one run has cost so far.

    Args:
        settled: US$ charged, for answers and for responses that held none.
        possible: US$ that calls without an answer may have cost at most.
        billed: the part of `settled` that bought no answer.
        prompt_tokens, completion_tokens: tokens of that part.
    """

    settled: float
    possible: float
    billed: float = 0.0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    @property
    def total(self) -> float:
        """The most that was spent."""
        return self.settled + self.possible


class Ledger:
    """The calls of a run, in a file that other runs may share.

    Args:
        path: the SQLite file, made if need be; `:memory:` keeps nothing.
        run: names the run that pays; answers that another run paid for are free.

    Raises:
        OutputError: the file cannot be opened, or is no such file.
    """

    def __init__(self, path: Path | str, run: str = "") -> None:
        self.run = run
        self.path = path
        self._waiting: list[tuple[tuple[Change, ...], asyncio.Future[None]]] = []
        try:
            self._db = sqlite3.connect(path, isolation_level=None, timeout=30)
            # WAL with NORMAL survives the death of the process at any moment.
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT}")
            self._db.executescript(SCHEMA)
        except sqlite3.Error as error:
            raise OutputError(f"cannot be used as a cache of calls ({error})", where=str(path),
                              remedy="give another --cache, or remove the file") from None

    def close(self) -> None:
        """Write everything back into one file. A run's own, of no call at all, is taken away with the run's name: what could
        not be reached leaves nothing that another try would have to go on with.
        """
        own = Path(self.path).parent.name == SCRATCH and self._holds_nothing()
        self._db.close()
        if own:
            for file in (Path(self.path), Path(self.path).with_name(RUN_NAME)):
                file.unlink(missing_ok=True)

    def _holds_nothing(self) -> bool:
        try:
            tables = self._db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            return not any(self._db.execute(f"SELECT EXISTS (SELECT 1 FROM {table})").fetchone()[0] for (table,) in tables)
        except sqlite3.Error:
            return False

    def get(self, key: str) -> Reply | None:
        """The answer to a call that was made before."""
        row = self._db.execute("SELECT reply FROM replies WHERE key = ?", (key,)).fetchone()
        if row is None:
            return None
        fields = json.loads(row[0])
        return Reply(**{**fields, "repairs": tuple(fields.get("repairs", ()))}, cached=True)

    def send(self, key: str, usd: float) -> None:
        """Note a call before it goes out, with the most it can cost."""
        try:
            self._db.execute("INSERT OR REPLACE INTO sent VALUES (?, ?, ?)", (key, self.run, usd))
        except sqlite3.Error as error:
            raise self._full(error) from None

    async def settle(self, key: str, reply: Reply) -> None:
        """Note an answer; its call is no longer open."""
        await self._note((SETTLE, self._settled(key, reply)))

    async def withdraw(self, key: str) -> None:
        """Forget a call that was certainly not charged."""
        await self._note((WITHDRAW, (key, self.run)))

    async def lose(self, key: str, usd: float) -> None:
        """Note a call that may have been charged without giving an answer: it counts as spent at its bound."""
        await self._note((LOSE, (self.run, usd)), (WITHDRAW, (key, self.run)))

    async def bill(self, key: str, prompt_tokens: int, completion_tokens: int, usd: float) -> None:
        """Note a call that was charged, by what the endpoint says, without giving an answer."""
        await self._note((BILL, (self.run, usd, prompt_tokens, completion_tokens)), (WITHDRAW, (key, self.run)))

    def settle_all(self, answered: Iterable[tuple[str, Reply]]) -> None:
        """Note several answers, all or none."""
        with self._transaction():
            self._db.executemany(SETTLE, (self._settled(key, reply) for key, reply in answered))

    @contextmanager
    def changes(self) -> Iterator[sqlite3.Connection]:
        """The file, to be changed all or nothing; written before the block is left.

        Raises:
            OutputError: it cannot be written.
        """
        try:
            with self._transaction():
                yield self._db
        except sqlite3.Error as error:
            raise self._full(error) from None

    def note_batch(self, answered: Iterable[tuple[str, Reply]], bills: Iterable[tuple[float, int, int]],
                   lost: float) -> None:
        """Within `changes`: the answers of a provider's batch, what was charged besides, and what may have been."""
        self._db.executemany(SETTLE, (self._settled(key, reply) for key, reply in answered))
        self._db.executemany(BILL, ((self.run, *bill) for bill in bills))
        if lost:
            self._db.execute(LOSE, (self.run, lost))

    def spent(self) -> Spending:
        """What this run has spent, earlier interrupted processes included."""
        usd, sent, received = (value or 0 for value in self._db.execute(
            "SELECT sum(usd), sum(sent), sum(received) FROM billed WHERE run = ?", (self.run,)).fetchone())
        possible = (self._sum(f"SELECT sum(usd) {OPEN}") + self._sum("SELECT sum(usd) FROM lost WHERE run = ?")
                    + self._sum("SELECT sum(usd) FROM batches WHERE run = ?"))
        return Spending(self._sum("SELECT sum(usd) FROM replies WHERE run = ?") + usd, possible, usd, sent, received)

    def give_up_open_calls(self) -> int:
        """Count the calls that a killed process left open as possibly charged; returns how many there were."""
        with self._transaction():
            count = self._db.execute(f"INSERT INTO lost SELECT run, usd {OPEN}", (self.run,)).rowcount
            self._db.execute("DELETE FROM sent WHERE run = ?", (self.run,))
            return count

    def open_calls(self) -> dict[str, float]:
        """Calls of this run that went out and were never settled, with their bounds."""
        return dict(self._db.execute(f"SELECT key, usd {OPEN}", (self.run,)))

    def _settled(self, key: str, reply: Reply) -> tuple[object, ...]:
        fields = {name: getattr(reply, name) for name in KEPT}
        text = ENCODER.encode({**fields, **{name: value for name in KEPT_IF_ANY if (value := getattr(reply, name))}})
        return key, text, reply.usd, self.run

    async def _note(self, *changes: Change) -> None:
        """Change the file together with all else that is noted in this turn of the loop; returns once that is done."""
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self._write)
        written = loop.create_future()
        self._waiting.append((changes, written))
        await written

    def _write(self) -> None:
        waiting, self._waiting = self._waiting, []
        problem = None
        try:
            with self._transaction():
                for changes, _ in waiting:
                    for statement, values in changes:
                        self._db.execute(statement, values)
        except Exception as error:  # whatever it is: a waiter that is never told would wait for ever
            problem = self._full(error)
        for _, written in waiting:
            if written.done():
                continue
            if problem is None:
                written.set_result(None)
            else:
                written.set_exception(problem)

    def _full(self, error: Exception) -> OutputError:
        return OutputError(f"calls cannot be written down ({error})", where=str(self.path),
                           remedy="free space on the disk, then run the same command again: it goes on")

    def _sum(self, query: str) -> float:
        return float(self._db.execute(query, (self.run,)).fetchone()[0] or 0.0)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")


def run_name(scratch: Path) -> str:
    """The name under which a run pays: unique everywhere, kept in its scratch folder until the stage is finished."""
    file = scratch / RUN_NAME
    if not file.exists():
        write_atomic(file, uuid.uuid4().hex)
    return file.read_text(encoding="utf-8")
