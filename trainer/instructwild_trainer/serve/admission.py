"""Who is let in: the jobs that wait for a model, the slots in use, and how much of the cache memory has place for."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from instructwild.llm.local import LocalModel
from instructwild.llm.request import Finish
from instructwild_trainer.memory import available
from instructwild_trainer.serve.batch import Slot, TokenLogprob

if TYPE_CHECKING:
    from instructwild.llm.generation.decoder import Decoder
    from instructwild.llm.generation.prefill import Prefill


@dataclass(frozen=True)
class AnswerChunk:
    """A further chunk of answer number `index`; the last one has a `finish`.

    `tokens` is how many tokens the answer has by now, `logprobs` the likelihoods of those since the chunk before.
    """

    index: int
    text: str
    tokens: int
    finish: Finish | None = None
    logprobs: tuple[TokenLogprob, ...] = ()
    problem: str | None = None


@dataclass(eq=False)
class Job:
    """One call: one row for every answer that is wanted. `sink` is given the chunks, in the engine's thread."""

    rows: list[Slot]
    sink: Callable[[AnswerChunk], None]
    cancelled: bool = False


@dataclass(eq=False)
class ModelQueue:
    """One model with the rows it is answering, those it is reading, and the jobs that wait for it."""

    local: LocalModel
    slots: int
    kv_budget: int
    """Columns of the cache, over all rows, that memory has place for."""
    waiting: deque[Job] = field(default_factory=deque)
    decoder: "Decoder | None" = None
    """Made when the first job comes, in the engine's thread."""
    reading: "Prefill | None" = None
    held: int = 0
    """Slots in use, as seen from other threads."""

    @property
    def decoded(self) -> list[Slot]:
        """The rows that are given tokens."""
        return cast("list[Slot]", self.decoder.rows) if self.decoder is not None else []

    @property
    def read(self) -> list[Slot]:
        """The rows whose prompts are being read."""
        return cast("list[Slot]", self.reading.rows) if self.reading is not None else []

    @property
    def rows(self) -> list[Slot]:
        """All rows that hold a slot."""
        return [*self.decoded, *self.read]

    def fits(self, rows: Sequence[Slot]) -> bool:
        """Whether these rows together can be held to their ends."""
        return len(rows) <= self.slots and len(rows) * max(row.reserved for row in rows) <= self.kv_budget

    def admitted(self) -> list[Slot]:
        """Take jobs off the queue that fit beside what is under way, and whose prompts are of like length."""
        chosen: list[Slot] = []
        if self.decoder is not None and not self.decoder.joinable:
            return chosen
        while self.waiting:
            more = [*chosen, *self.waiting[0].rows]
            padded = len(more) * max(len(row.prompt) for row in more)
            if not self.fits([*self.rows, *more]) or (chosen and padded > 2 * sum(len(row.prompt) for row in more)):
                break
            self.waiting.popleft()
            chosen = more
        self.held += len(chosen)
        return chosen


def kv_budget_of(local: LocalModel) -> int:
    """How many columns of a model's cache a quarter of the free memory could hold.

    What is not free is left for prompts that are being read, and for the moment in which a cache is made larger.
    """
    from instructwild.llm.generation.slot_cache import column_bytes

    column = column_bytes(local.model.config, local.model.dtype.itemsize)
    return max(1, available()[0] // 4 // column) if column and available()[0] else 1 << 40
