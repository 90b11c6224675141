"""Rows that are decoded together and come and go: a left-padded key-value cache that rows join and leave between steps.

All rows end at the same column, so that the next token of each goes into the same place; a shorter row has padding in front
of it. A new row is first read alone, in chunks, into a cache of its own, which is then put below the others.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from instructwild.llm.local import LocalModel, Row, draw, penalized
from instructwild_trainer.serve.detokenizer import Detokenizer

if TYPE_CHECKING:
    import torch

PREFILL_TOKENS = 512
"""How many prompt tokens are read between two steps of the rows that are already being answered."""


@dataclass(frozen=True)
class TokenLogprob:
    """A token, its natural log probability under the model (None of a prompt's first), and the likeliest alternatives."""

    token: int
    logprob: float | None
    top: tuple[tuple[int, float], ...] = ()


@dataclass(eq=False)
class Slot(Row):
    """One answer in the making.

    `top` is how many alternatives are logprobs for each token; None notes no likelihoods at all.
    """

    detokenizer: Detokenizer = field(kw_only=True)
    top: int | None = field(default=None, kw_only=True)
    job: Any = field(default=None, kw_only=True)
    index: int = field(default=0, kw_only=True)
    logprobs: list[TokenLogprob] = field(default_factory=list, kw_only=True)
    of_prompt: bool = field(default=False, kw_only=True)
    """Whether the prompt's tokens get log probabilities too; they come before those of the answer."""

    @property
    def reserved(self) -> int:
        """Columns of the cache that the row may come to need."""
        return len(self.prompt) + self.request.sampling.max_tokens

    @property
    def left(self) -> int:
        """Tokens it may still say."""
        return self.request.sampling.max_tokens - len(self.generated)


class CacheBlock:
    """Rows [B] over one cache of [B, heads, T, width] a layer, with their mask [B, T] and next tokens [B]."""

    def __init__(self, local: LocalModel, rows: list[Slot]) -> None:
        import torch
        from transformers import DynamicCache

        self.local, self.rows, self.read = local, rows, 0
        width = max(len(row.prompt) for row in rows)
        self.ids = torch.full((len(rows), width), local.pad, dtype=torch.long)
        self.mask = torch.zeros((len(rows), width), dtype=torch.long)
        for i, row in enumerate(rows):
            self.ids[i, width - len(row.prompt):] = torch.tensor(row.prompt)
            self.mask[i, width - len(row.prompt):] = 1
        self.ids, self.mask = self.ids.to(local.model.device), self.mask.to(local.model.device)
        self.cache = DynamicCache(config=local.model.config)

    def advance(self) -> "torch.Tensor | None":
        """Read a chunk of the prompts; the logits [B, V] of the first token once they are read to the end."""
        end = min(self.ids.shape[1], self.read + max(1, PREFILL_TOKENS // len(self.rows)))
        scored = [i for i, row in enumerate(self.rows) if row.of_prompt and row.top is not None]
        logits = self._forward(self.ids[:, self.read:end], end, every=bool(scored))
        for i in scored:
            self._score_prompt(self.rows[i], logits[i], end)
        self.read = end
        return logits[:, -1] if end == self.ids.shape[1] else None

    def _score_prompt(self, row: Slot, logits: "torch.Tensor", end: int) -> None:
        """Log probabilities of the prompt tokens that the logits [T, V] of the columns from `read` to `end` predict."""
        import torch

        start = self.ids.shape[1] - len(row.prompt)                     # columns before it are padding
        if self.read <= start < end:
            row.logprobs.append(TokenLogprob(row.prompt[0], None))
        first, last = max(self.read, start), min(end, self.ids.shape[1] - 1)
        if first >= last:
            return
        logprobs = torch.log_softmax(logits[first - self.read:last - self.read], dim=-1)
        tokens = torch.tensor(row.prompt[first + 1 - start:last + 1 - start], device=logprobs.device)
        own = logprobs.gather(1, tokens[:, None])[:, 0].tolist()
        values, alternatives = logprobs.topk(row.top or 0)
        for token, logprob, ids, likeliest in zip(tokens.tolist(), own, alternatives.tolist(), values.tolist(), strict=True):
            row.logprobs.append(TokenLogprob(token, logprob, tuple(zip(ids, likeliest, strict=True))))

    def step(self, tokens: "torch.Tensor") -> "torch.Tensor":
        """Say one token [B] and give the logits [B, V] of the one after it."""
        import torch

        self.mask = torch.cat([self.mask, self.mask.new_ones(len(self.rows), 1)], dim=1)
        return self._forward(tokens[:, None], self.mask.shape[1])[:, -1]

    def _forward(self, ids: "torch.Tensor", end: int, every: bool = False) -> "torch.Tensor":
        """Logits [B, 1, V] of the last column, or [B, T, V] of every column of `ids`."""
        mask = self.mask[:, :end]
        positions = (mask.cumsum(-1) - 1).clamp(min=0)[:, end - ids.shape[1]:]
        logits: torch.Tensor = self.local.model(
            input_ids=ids, attention_mask=mask, position_ids=positions, cache=self.cache, use_cache=True,
            logits_to_keep=0 if every else 1).logits.float()
        return logits

    @property
    def joinable(self) -> bool:
        """Whether rows can be put below these: every layer keeps all positions, none slides or keeps a running state."""
        from transformers.cache_utils import DynamicLayer

        return all(type(layer) is DynamicLayer and layer.is_initialized for layer in self.cache.layers)

    def join(self, other: "CacheBlock") -> None:
        """Put the rows of another block below these."""
        import torch
        from torch.nn.functional import pad

        width = max(self.mask.shape[1], other.mask.shape[1])
        for layer, more in zip(self.cache.layers, other.cache.layers, strict=True):
            layer.keys, layer.values = (
                torch.cat([pad(part, (0, 0, width - part.shape[2], 0)) for part in parts])
                for parts in ((layer.keys, more.keys), (layer.values, more.values)))
        self.mask = torch.cat([pad(part, (width - part.shape[1], 0)) for part in (self.mask, other.mask)])
        self.rows = [*self.rows, *other.rows]

    def keep(self, places: list[int]) -> None:
        """Let the other rows go, and the columns that no row needs any longer."""
        import torch

        chosen = torch.tensor(places, device=self.mask.device)
        self.cache.batch_select_indices(chosen)
        self.mask, self.rows = self.mask[chosen], [self.rows[i] for i in places]
        if self.read < self.ids.shape[1]:
            self.ids = self.ids[chosen]
            return
        spare = int(self.mask.shape[1] - self.mask.sum(1).max())
        if spare and self.joinable:
            self.mask = self.mask[:, spare:]
            for layer in self.cache.layers:
                layer.keys, layer.values = layer.keys[:, :, spare:], layer.values[:, :, spare:]


def choose(logits: "torch.Tensor", rows: list[Slot]) -> "torch.Tensor":
    """The next token [B] of each row from logits [B, V], by its own settings and random numbers; notes likelihoods."""
    import torch

    with_logprobs = [i for i, row in enumerate(rows) if row.top is not None]
    likelihoods = torch.log_softmax(logits[with_logprobs], dim=-1) if with_logprobs else None
    for i, row in enumerate(rows):
        penalty = row.request.sampling.repetition_penalty
        if penalty != 1:
            seen = torch.tensor(sorted({*row.prompt, *row.generated}), device=logits.device)
            logits[i, seen] = penalized(logits[i, seen], torch.tensor(penalty, device=logits.device))
    tokens = draw(logits, rows)
    if likelihoods is not None:
        for i, likelihood in zip(with_logprobs, likelihoods, strict=True):
            values, places = likelihood.topk(rows[i].top or 0)
            token = int(tokens[i])
            rows[i].logprobs.append(TokenLogprob(token, float(likelihood[token]),
                                            tuple(zip(places.tolist(), values.tolist(), strict=True))))
    return tokens
