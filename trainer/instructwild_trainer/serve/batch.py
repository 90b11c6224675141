"""What the server keeps of each answer in the making, and the likelihoods it reads off the model's logits."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from instructwild.llm.local import Row
from instructwild_trainer.serve.detokenizer import Detokenizer

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class TokenLogprob:
    """A token, its natural log probability under the model (None of a prompt's first), and the likeliest alternatives."""

    token: int
    logprob: float | None
    top: tuple[tuple[int, float], ...] = ()


@dataclass(eq=False)
class Slot(Row):
    """One answer in the making.

    `top` is how many alternatives are logged for each token; None notes no likelihoods at all.
    """

    detokenizer: Detokenizer = field(kw_only=True)
    top: int | None = field(default=None, kw_only=True)
    job: Any = field(default=None, kw_only=True)
    index: int = field(default=0, kw_only=True)
    logprobs: list[TokenLogprob] = field(default_factory=list, kw_only=True)
    of_prompt: bool = field(default=False, kw_only=True)
    """Whether the prompt's tokens get log probabilities too; they come before those of the answer."""


def note_prompt(row: Slot, logits: "torch.Tensor", start: int, offset: int) -> None:
    """Log probabilities of the prompt tokens that logits [T, V] predict.

    Args:
        row: its prompt.
        logits: of T columns.
        start: the first of them.
        offset: the column in which the prompt begins.
    """
    import torch

    first = max(start, offset)
    last = min(start + len(logits), offset + len(row.prompt) - 1)
    if start <= offset < start + len(logits):
        row.logprobs.append(TokenLogprob(row.prompt[0], None))
    if first >= last:
        return
    logprobs = torch.log_softmax(logits[first - start:last - start], dim=-1)
    tokens = torch.tensor(row.prompt[first + 1 - offset:last + 1 - offset], device=logprobs.device)
    own = logprobs.gather(1, tokens[:, None])[:, 0].tolist()
    values, alternatives = logprobs.topk(row.top or 0)
    for token, logprob, ids, likeliest in zip(tokens.tolist(), own, alternatives.tolist(), values.tolist(), strict=True):
        row.logprobs.append(TokenLogprob(token, logprob, tuple(zip(ids, likeliest, strict=True))))


def note_tokens(rows: Sequence[Slot], logits: "torch.Tensor", tokens: "torch.Tensor") -> None:
    """Log probabilities of the tokens [B] that were chosen from logits [B, V], for rows that want them."""
    import torch

    wanting = [i for i, row in enumerate(rows) if row.top is not None]
    for i, likelihood in zip(wanting, torch.log_softmax(logits[wanting], dim=-1), strict=True):
        values, ids = likelihood.topk(rows[i].top or 0)
        token = int(tokens[i])
        rows[i].logprobs.append(TokenLogprob(token, float(likelihood[token]),
                                             tuple(zip(ids.tolist(), values.tolist(), strict=True))))
