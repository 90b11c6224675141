"""Continuous batching: one thread answers whoever asks, all rows of a model in one batch that they join and leave.

Jobs wait in the order in which they came. One is let in as soon as there is a free slot for each of its rows and the cache
could hold them at their longest; the rows that are being answered pause for a chunk of its prompt at a time only.
"""

import secrets
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from instructwild.llm.local import LocalModel, row_settings
from instructwild.llm.request import Request
from instructwild.text.quantity import quantity
from instructwild_trainer.serve.admission import AnswerChunk, Job, ModelQueue, kv_budget_of
from instructwild_trainer.serve.batch import Slot, TokenLogprob, note_prompt, note_tokens
from instructwild_trainer.serve.detokenizer import Detokenizer

if TYPE_CHECKING:
    import torch

    from instructwild.llm.generation.decoder import Decoder

LONGEST_WAIT = 60
PREFILL_TOKENS = 512
"""How many prompt tokens are read between two steps of the rows that are already being answered."""
PREFILL_TOKENS_ON_GPU = 4096
"""The same on a GPU, which reads so many in about the time that a few take it."""
STREAMED = 4
"""Steps on a device between two looks at what was written: what a stream may lag behind."""
FIRST_COLUMNS = 1024
"""Columns of a slot before a row needs more."""
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


class BatchEngine:
    """Answers requests for one or more models, all in one thread, so that they share the machine's cores by turns.

    Args:
        models: by the names they are asked for.
        slots: how many answers each model gives at once.
        waiting: how many calls may wait for one.
        kv_budget: columns of each model's cache, over all rows; None allows half of what memory is free for them.
    """

    def __init__(self, models: dict[str, LocalModel], *, slots: int = 16, waiting: int = 64,
                 kv_budget: int | None = None) -> None:
        self.queues = {name: ModelQueue(local, slots, kv_budget or kv_budget_of(local) // len(models))
                       for name, local in models.items()}
        self.waiting, self.pace = waiting, 0.05
        self._turn = threading.Condition()
        self._closing = self._stopped = False
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._thread.start()

    def at_once(self, model: str, requests: Sequence[tuple[Request, list[int]]]) -> int:
        """How many answers to such requests a model gives at once, at least one."""
        longest = max((len(prompt) + request.sampling.max_tokens for request, prompt in requests), default=1)
        model_queue = self.queues[model]
        return max(1, min(model_queue.slots, model_queue.kv_budget // longest))

    def submit(self, model: str, requests: Sequence[tuple[Request, list[int]]], sink: Callable[[AnswerChunk], None],
               top: int | None = None, of_prompt: bool = False) -> Job:
        """Have requests answered; the chunks of answer i carry index i.

        Args:
            model: one of the names.
            requests: each request with its prompt as tokens.
            sink: called with every chunk, in the engine's thread; it must not block.
            top: how many log probabilities to give with each token; None for none.
            of_prompt: whether the tokens of the prompt get theirs too.

        Raises:
            TooLarge: more answers than there are slots, or longer ones than memory holds.
            Busy: too many wait already.
            Closed: the engine is shutting down.
        """
        model_queue = self.queues[model]
        job, local = Job([], sink), model_queue.local
        job.rows = [Slot(prompt, request=request, **row_settings(request), job=job, index=i, top=top, of_prompt=of_prompt,
                         detokenizer=Detokenizer(local.plain_text if request.text else local.answer_text,
                                                 request.sampling.stop))
                    for i, (request, prompt) in enumerate(requests)]
        if len(job.rows) > model_queue.slots:
            raise TooLarge(f"{quantity(len(job.rows), 'answer')} at once are more than the {model_queue.slots} this "
                           "server gives")
        if not model_queue.fits(job.rows):
            raise TooLarge(f"{quantity(len(job.rows), 'answer')} of "
                           f"{quantity(max(row.reserved for row in job.rows), 'token')}, prompt included, do "
                           f"not fit this server's memory of {quantity(model_queue.kv_budget, 'token')}")
        with self._turn:
            if self._closing:
                raise Closed(SHUTTING_DOWN)
            if len(model_queue.waiting) >= self.waiting + (model_queue.slots - model_queue.held):
                raise Busy(self._soon(model_queue))
            model_queue.waiting.append(job)
            self._turn.notify()
        return job

    def cancel(self, job: Job) -> None:
        """Forget a call whose client has left; its slots are free at the next step."""
        with self._turn:
            job.cancelled = True
            self._turn.notify()

    @property
    def load(self) -> tuple[int, int]:
        """How many answers are under way, and how many calls wait."""
        return (sum(model_queue.held for model_queue in self.queues.values()),
                sum(len(model_queue.waiting) for model_queue in self.queues.values()))

    @property
    def closing(self) -> bool:
        """Whether nothing is taken in any more."""
        return self._closing

    def close(self) -> None:
        """Take nothing in any more, and tell those who wait; what is under way goes on."""
        with self._turn:
            self._closing = True
            for model_queue in self.queues.values():
                self._fail((row for job in model_queue.waiting for row in job.rows), SHUTTING_DOWN)
                model_queue.waiting.clear()
            self._turn.notify()

    def stop(self) -> None:
        """Close, end what is still under way and tell its clients so, and end the thread."""
        self.close()
        with self._turn:
            self._stopped = True
            self._turn.notify()
        self._thread.join()

    def _soon(self, model_queue: ModelQueue) -> int:
        left = min((row.left for row in model_queue.rows), default=1)
        return max(1, min(LONGEST_WAIT, round(left * self.pace)))

    def _run(self) -> None:
        import torch

        with torch.inference_mode():
            while True:
                with self._turn:
                    while not self._stopped and not any(each.rows or each.waiting for each in self.queues.values()):
                        self._turn.wait()
                    if self._stopped:
                        break
                for model_queue in self.queues.values():
                    try:
                        self._serve(model_queue)
                    except Exception as error:  # out of memory, a model's own fault: those in the batch are told
                        self._fail(model_queue.rows, f"the model failed ({type(error).__name__}: {str(error)[:200]})")
                        model_queue.decoder = model_queue.reading = None
                    model_queue.held = len(model_queue.rows)
        for model_queue in self.queues.values():
            self._fail(model_queue.rows, SHUTTING_DOWN)
            model_queue.decoder, model_queue.reading, model_queue.held = None, None, 0

    def _serve(self, model_queue: ModelQueue) -> None:
        """One turn of one model: those who left are forgotten, a piece of new prompts is read, every row gets a token."""
        with self._turn:
            for job in [job for job in model_queue.waiting if job.cancelled]:
                model_queue.waiting.remove(job)
            fresh = [] if model_queue.reading else model_queue.admitted()
        decoder = model_queue.decoder = model_queue.decoder or self._decoder(model_queue)
        _drop_cancelled(decoder, model_queue)
        if fresh:
            try:
                model_queue.reading = decoder.read(fresh)
            except Exception as error:
                self._fail(fresh, f"the model failed ({type(error).__name__})")
                raise
        if decoder.rows:
            self._step(decoder, model_queue)
        if model_queue.reading is not None:
            _read_on(decoder, model_queue)

    def _decoder(self, model_queue: ModelQueue) -> "Decoder":
        """A decoder whose cache begins small: it grows to what the longest answer needs."""
        return model_queue.local.decoder(model_queue.slots, min(FIRST_COLUMNS, model_queue.local.context))

    def _step(self, decoder: "Decoder", model_queue: ModelQueue) -> None:
        """A token for every row, on a device some; they are handed on, and the rows that ended leave."""
        rows, began = model_queue.decoded, time.monotonic()
        noted = any(row.top is not None for row in rows)
        count = 1 if noted or decoder.lookahead == 1 else STREAMED
        written = decoder.step(count, (lambda logits, tokens: note_tokens(rows, logits, tokens)) if noted else None)
        self.pace += 0.1 * ((time.monotonic() - began) / max(1, len(written[0])) - self.pace)
        for row, tokens in zip(rows, written, strict=True):
            for token in tokens:
                _accept_token(row, token, model_queue.local.ends)
                if row.finish is not None:
                    break
        decoder.leave([number for number, row in enumerate(rows) if row.finish is not None])

    def _fail(self, rows: Iterable[Slot], problem: str) -> None:
        for row in rows:
            row.finish = "failed"
            row.job.sink(AnswerChunk(row.index, "", len(row.generated), "failed", problem=problem))


def _drop_cancelled(decoder: "Decoder", model_queue: ModelQueue) -> None:
    """Free the slots of those who left; a prompt that others share a pass with is read to its end, and dropped then."""
    decoder.leave([number for number, row in enumerate(model_queue.decoded) if row.job.cancelled])
    if model_queue.reading is not None and all(row.job.cancelled for row in model_queue.read):
        decoder.drop_reading()
        model_queue.reading = None


def _read_on(decoder: "Decoder", model_queue: ModelQueue) -> None:
    """Read a piece of the prompts; once they are read their rows are among the others."""
    rows, noted = model_queue.read, [row.of_prompt and row.top is not None for row in model_queue.read]

    def observe(start: int, end: int, logits: "torch.Tensor") -> None:
        for row, own, of_prompt in zip(rows, logits, noted, strict=True):
            if of_prompt:
                note_prompt(row, own, start, decoder.offset(row))

    if decoder.advance(PREFILL_TOKENS if decoder.device.type == "cpu" else PREFILL_TOKENS_ON_GPU,
                       observe if any(noted) else None):
        for row, of_prompt in zip(rows, noted, strict=True):
            if of_prompt and not row.logprobs:        # a prompt of one token, which no other predicts
                row.logprobs.append(TokenLogprob(row.prompt[0], None))
        observed = any(row.top is not None for row in rows)
        decoder.join((lambda logits, tokens: note_tokens(rows, logits, tokens)) if observed else None)
        model_queue.reading = None
        decoder.leave([number for number, row in enumerate(model_queue.decoded) if row.job.cancelled])


def _accept_token(row: Slot, token: int, ends: frozenset[int]) -> None:
    """Count a token in, and hand on the text that is certain now."""
    row.generated.append(token)
    text = ""
    if token in ends:
        row.finish = "stop"
    else:
        text = row.detokenizer.add(token)
        if row.detokenizer.stopped:
            row.finish = "stop"
        elif row.left <= 0:
            row.finish = "length"
    if row.finish is not None:
        text += row.detokenizer.end()
        if row.detokenizer.stopped:
            row.finish = "stop"
    if text or row.finish is not None:
        logprobs, row.logprobs = tuple(row.logprobs), []
        row.job.sink(AnswerChunk(row.index, text, len(row.generated), row.finish, logprobs))


def seed_of(seed: int | None, index: int) -> int:
    """The seed of answer `index` of a call: the call's own for the first, others that follow from it; else any."""
    return secrets.randbits(62) if seed is None else (seed + index * 0x9E3779B97F4A7C15) % 2**63
