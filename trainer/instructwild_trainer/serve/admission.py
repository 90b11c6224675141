"""Who is let in: the jobs that wait for a model, the slots in use, and how much of the cache memory has place for."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from instructwild.llm.local import LocalModel
from instructwild.llm.request import Finish
from instructwild_trainer.memory import available
from instructwild_trainer.serve.batch import CacheBlock, Slot, TokenLogprob

if TYPE_CHECKING:
    import torch


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
    block: CacheBlock | None = None
    joining: CacheBlock | None = None
    tokens: "torch.Tensor | None" = None
    held: int = 0
    """Slots in use, as seen from other threads."""

    @property
    def rows(self) -> list[Slot]:
        """All rows that hold a slot."""
        return [row for block in (self.block, self.joining) if block is not None for row in block.rows]

    def fits(self, rows: Sequence[Slot]) -> bool:
        """Whether these rows together can be held to their ends."""
        return len(rows) <= self.slots and len(rows) * max(row.reserved for row in rows) <= self.kv_budget

    def admitted(self) -> list[Slot]:
        """Take jobs off the queue that fit beside what is under way, and whose prompts are of like length."""
        chosen: list[Slot] = []
        if self.block is not None and not self.block.joinable:
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
    """How many columns of a model's cache half of the free memory could hold: keys and values of every layer.

    A column takes 2 x layers x key heads x head width numbers; joining rows holds the cache twice for a moment.
    """
    config = local.model.config.get_text_config()
    heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
    width = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    column = 2 * config.num_hidden_layers * heads * width * local.model.dtype.itemsize
    return max(1, available()[0] // 4 // column) if available()[0] else 1 << 40
