"""Batches on their way, in the ledger's file: written down before they are handed in, closed with their answers."""

import json
import sqlite3
import sys
import uuid
from collections.abc import Collection, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from instructwild.llm.ledger import Ledger
from instructwild.llm.reading import Bill
from instructwild.llm.request import Reply


@dataclass(frozen=True)
class OpenBatch:
    """A batch whose answers are not in yet.

    Args:
        name: twelve hex digits, which the provider is told too.
        provider_id: the provider's own name of it; None where it is not known whether the batch arrived.
        created: seconds since 1970.
        bounds: key of each call -> the most it can cost, in US$.
    """

    name: str
    provider_id: str | None
    created: float
    bounds: Mapping[str, float]

    @property
    def usd(self) -> float:
        """The most that the batch can cost."""
        return sum(self.bounds.values())


class BatchRecord:
    """The open batches of one run at one endpoint.

    Args:
        ledger: of the run.
        address: the endpoint's address and the model's name, so that one run may use several.
    """

    def __init__(self, ledger: Ledger, address: str) -> None:
        self.ledger, self.address = ledger, address

    def open(self, bounds: Mapping[str, float], now: float) -> OpenBatch:
        """Write a batch down, before anything of it is sent.

        Args:
            bounds: key of each call -> the most it can cost, in US$.
            now: the time at the provider, in seconds since 1970.
        """
        batch = OpenBatch(uuid.uuid4().hex[:12], None, now, dict(bounds))
        with self.ledger.changes() as db:
            db.execute("INSERT INTO batches VALUES (?, ?, ?, ?, ?, ?, ?)",
                       (batch.name, self.ledger.run, self.address, None, batch.created, json.dumps(batch.bounds), batch.usd))
        return batch

    def arrived(self, batch: OpenBatch, provider_id: str) -> OpenBatch:
        """Note the provider's name of a batch."""
        with self.ledger.changes() as db:
            db.execute("UPDATE batches SET provider_id = ? WHERE name = ?", (provider_id, batch.name))
        return OpenBatch(batch.name, provider_id, batch.created, batch.bounds)

    def waiting(self) -> list[OpenBatch]:
        """The batches that this run handed in, or was about to."""
        with self.ledger.changes() as db:
            rows = db.execute("SELECT name, provider_id, created, bounds FROM batches WHERE run = ? AND place = ? "
                              "ORDER BY created", (self.ledger.run, self.address)).fetchall()
        return [OpenBatch(name, provider_id, created, json.loads(bounds)) for name, provider_id, created, bounds in rows]

    def close(self, batch: OpenBatch, answered: Iterable[tuple[str, Reply]] = (), bills: Iterable[Bill] = (),
              lost: float = 0.0) -> None:
        """Note the answers of a batch and that it is closed, all or none; its files stay with the provider.

        Args:
            answered: replies by key.
            bills: what was charged without an answer.
            lost: US$ that may have been charged without an answer.
        """
        with self.ledger.changes() as db:
            db.execute("INSERT OR IGNORE INTO closed_batches SELECT name, place, provider_id, created FROM batches "
                       "WHERE name = ? AND provider_id IS NOT NULL", (batch.name,))
            if db.execute("DELETE FROM batches WHERE name = ?", (batch.name,)).rowcount:
                billed = ((bill.usd, bill.prompt_tokens, bill.completion_tokens) for bill in bills)
                self.ledger.note_batch(answered, billed, lost)


def batches_in(path: Path) -> list[tuple[str, str]]:
    """(name at the provider, address) of every batch in a file, which need be no ledger: open ones, then closed ones."""
    rows = []
    for table in ("batches", "closed_batches"):
        try:
            with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db:
                rows += db.execute(f"SELECT provider_id, name, place FROM {table} ORDER BY created").fetchall()
        except sqlite3.Error:
            continue
    return [(str(provider_id or f"the batch named {name}"), str(address)) for provider_id, name, address in rows]


def name_abandoned(before: Collection[tuple[str, str]], path: Path) -> None:
    """Name on stderr the open batches that nobody waits for any more, because the run that handed them in was replaced.

    Args:
        before: what `batches_in` told of the run's file when the command began.
        path: that file now.
    """
    kept = batches_in(path) if before else []
    for batch, address in before:
        if (batch, address) not in kept:
            print(f"{batch} at {address} was handed in by the run that is replaced here: nobody waits for its answers, and "
                  "it may still be charged. Cancel it there.", file=sys.stderr)
