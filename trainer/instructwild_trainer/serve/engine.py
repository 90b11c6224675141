"""Continuous batching: one thread answers whoever asks, all rows of a model in one batch that they join and leave.

Jobs wait in the order in which they came. One is let in as soon as there is a free slot for each of its rows and the cache
could hold them at their longest; the rows that are being answered pause for a piece of its prompt at a time only.
"""

import secrets
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from instructwild.llm.local import LocalModel
from instructwild.llm.request import Request
from instructwild_trainer.serve.admission import Job, Piece, Served, room_of
from instructwild_trainer.serve.batch import Block, Slot, choose
from instructwild_trainer.serve.spoken import Spoken

if TYPE_CHECKING:
    import torch

LONGEST_WAIT = 60
SHUTTING_DOWN = "the server is shutting down"


class Busy(Exception):
    """All places are taken; `seconds` is when one may be free."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"all places are taken; try again in {seconds} s")
        self.seconds = seconds


class Closed(Exception):
    """The engine takes nothing in any more."""


class TooLarge(Exception):
    """The call asks for more at once than the engine could ever hold."""


class Engine:
    """Answers requests for one or more models, all in one thread, so that they share the machine's cores by turns.

    Args:
        models: by the names they are asked for.
        slots: how many answers each model gives at once.
        waiting: how many calls may wait for one.
        room: columns of each model's cache, over all rows; None allows half of what memory is free for them.
    """

    def __init__(self, models: dict[str, LocalModel], *, slots: int = 16, waiting: int = 64,
                 room: int | None = None) -> None:
        self.served = {name: Served(local, slots, room or room_of(local) // len(models)) for name, local in models.items()}
        self.waiting, self.pace = waiting, 0.05
        self._turn = threading.Condition()
        self._closing = self._stopped = False
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._thread.start()

    def submit(self, model: str, asked: Sequence[tuple[Request, list[int]]], sink: Callable[[Piece], None],
               top: int | None = None) -> Job:
        """Have requests answered; the pieces of answer i carry index i.

        Args:
            model: one of the names.
            asked: each request with its prompt as tokens.
            sink: called with every piece, in the engine's thread; it must not block.
            top: how many likelihoods to note with each token; None for none.

        Raises:
            TooLarge: more answers than there are slots, or longer ones than memory holds.
            Busy: too many wait already.
            Closed: the engine is shutting down.
        """
        import torch

        served = self.served[model]
        job = Job([], sink)
        job.rows = [Slot(request, prompt, torch.Generator().manual_seed(request.seed % 2**63), job=job, index=i, top=top,
                         spoken=Spoken(served.local.tokenizer, request.sampling.stop))
                    for i, (request, prompt) in enumerate(asked)]
        if len(job.rows) > served.slots:
            raise TooLarge(f"{len(job.rows)} answers at once are more than the {served.slots} this server gives")
        if not served.fits(job.rows):
            raise TooLarge(f"{len(job.rows)} answers of {max(row.reserved for row in job.rows)} tokens, prompt included, do "
                           f"not fit this server's memory of {served.room} tokens")
        with self._turn:
            if self._closing:
                raise Closed(SHUTTING_DOWN)
            if len(served.waiting) >= self.waiting + (served.slots - served.held):
                raise Busy(self._soon(served))
            served.waiting.append(job)
            self._turn.notify()
        return job

    def cancel(self, job: Job) -> None:
        """Forget a call whose client has left; its slots are free at the next step."""
        with self._turn:
            job.gone = True
            self._turn.notify()

    @property
    def load(self) -> tuple[int, int]:
        """How many answers are under way, and how many calls wait."""
        return (sum(served.held for served in self.served.values()),
                sum(len(served.waiting) for served in self.served.values()))

    @property
    def closing(self) -> bool:
        """Whether nothing is taken in any more."""
        return self._closing

    def close(self) -> None:
        """Take nothing in any more, and tell those who wait; what is under way goes on."""
        with self._turn:
            self._closing = True
            for served in self.served.values():
                self._fail((row for job in served.waiting for row in job.rows), SHUTTING_DOWN)
                served.waiting.clear()
            self._turn.notify()

    def stop(self) -> None:
        """Close, end what is still under way and tell its clients so, and end the thread."""
        self.close()
        with self._turn:
            self._stopped = True
            self._turn.notify()
        self._thread.join()

    def _soon(self, served: Served) -> int:
        left = min((row.left for row in served.rows), default=1)
        return max(1, min(LONGEST_WAIT, round(left * self.pace)))

    def _run(self) -> None:
        import torch

        with torch.inference_mode():
            while True:
                with self._turn:
                    while not self._stopped and not any(served.rows or served.waiting for served in self.served.values()):
                        self._turn.wait()
                    if self._stopped:
                        break
                for served in self.served.values():
                    try:
                        self._serve(served)
                    except Exception as error:  # out of memory, a model's own fault: those in the batch are told
                        self._fail(served.rows, f"the model failed ({type(error).__name__}: {str(error)[:200]})")
                        served.block = served.joining = served.tokens = None
                    served.held = len(served.rows)
        for served in self.served.values():
            self._fail(served.rows, SHUTTING_DOWN)
            served.block, served.joining, served.held = None, None, 0

    def _serve(self, served: Served) -> None:
        """One turn of one model: those who left are forgotten, a piece of new prompts is read, every row says one token."""
        import torch

        with self._turn:
            for job in [job for job in served.waiting if job.gone]:
                served.waiting.remove(job)
            fresh = [] if served.joining else served.admitted()
        self._forget(served)
        if fresh:
            try:
                served.joining = Block(served.local, fresh)
            except Exception as error:
                self._fail(fresh, f"the model failed ({type(error).__name__})")
                raise
        began = time.monotonic()
        if served.block is not None and served.tokens is not None:
            self._say(served, served.block.step(served.tokens))
            self.pace += 0.1 * (time.monotonic() - began - self.pace)
        if served.joining is not None:
            logits = served.joining.advance()
            if logits is None:
                return
            joined, served.joining = served.joining, None
            if served.block is None:
                served.block = joined
                self._say(served, logits)
                return
            tokens = choose(logits, joined.rows)
            served.block.join(joined)
            before = served.tokens if served.tokens is not None else tokens[:0]
            self._take(served, torch.cat([before, tokens]), first=len(before))

    def _say(self, served: Served, logits: "torch.Tensor") -> None:
        assert served.block is not None
        self._take(served, choose(logits, served.block.rows))

    def _take(self, served: Served, tokens: "torch.Tensor", first: int = 0) -> None:
        """Hand the tokens [B] of rows from `first` on to those who asked, and let finished rows go."""
        assert served.block is not None
        for row, token in zip(served.block.rows[first:], tokens[first:].tolist(), strict=True):
            _said(row, token, served.local.ends)
        served.tokens = tokens
        self._keep(served, [i for i, row in enumerate(served.block.rows) if row.finish is None])

    def _keep(self, served: Served, places: list[int]) -> None:
        assert served.block is not None
        if not places:
            served.block = served.tokens = None
        elif len(places) < len(served.block.rows):
            served.block.keep(places)
            assert served.tokens is not None
            served.tokens = served.tokens[places]

    def _forget(self, served: Served) -> None:
        if served.block is not None:
            self._keep(served, [i for i, row in enumerate(served.block.rows) if not row.job.gone])
        if served.joining is not None:
            here = [i for i, row in enumerate(served.joining.rows) if not row.job.gone]
            if not here:
                served.joining = None
            elif len(here) < len(served.joining.rows):
                if served.joining.read:
                    served.joining.keep(here)
                else:
                    served.joining = Block(served.local, [served.joining.rows[i] for i in here])

    def _fail(self, rows: Iterable[Slot], problem: str) -> None:
        for row in rows:
            row.finish = "failed"
            row.job.sink(Piece(row.index, "", len(row.generated), "failed", problem=problem))


def _said(row: Slot, token: int, ends: frozenset[int]) -> None:
    """Count a token in, and hand on the text that is certain now."""
    row.generated.append(token)
    text = ""
    if token in ends:
        row.finish = "stop"
    else:
        text = row.spoken.add(token)
        if row.spoken.stopped:
            row.finish = "stop"
        elif row.left <= 0:
            row.finish = "length"
    if row.finish is not None:
        text += row.spoken.end()
        if row.spoken.stopped:
            row.finish = "stop"
    if text or row.finish is not None:
        noted, row.noted = tuple(row.noted), []
        row.job.sink(Piece(row.index, text, len(row.generated), row.finish, noted))


def seed_of(seed: int | None, index: int) -> int:
    """The seed of answer `index` of a call: the call's own for the first, others that follow from it; else any."""
    return secrets.randbits(62) if seed is None else (seed + index * 0x9E3779B97F4A7C15) % 2**63
