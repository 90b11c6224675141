"""Supervised rows for PTX and for perplexity: batches, and one forward that computes logits only where they are needed."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from instructwild_trainer.ppo.actors import Actors
from instructwild_trainer.ppo.ptx import IGNORED, ptx_loss


@dataclass(frozen=True)
class Supervised:
    """One conversation as token ids; labels are the same with `IGNORED` wherever a token is no part of an answer."""

    input_ids: Sequence[int]
    labels: Sequence[int]

    @property
    def answer(self) -> int:
        """Tokens from the first labelled one to the end."""
        return len(self.labels) - next((i for i, label in enumerate(self.labels) if label != IGNORED), len(self.labels))


def cycled(rows: Sequence[Supervised], number: int, size: int, seed: int) -> list[Supervised]:
    """Batch `number` of a loader that goes round and round, in a new order each time.

    Each row of a batch is one object: its ids and labels cannot come from different rows.
    """
    found: list[Supervised] = []
    while len(found) < size:
        epoch, at = divmod(number * size + len(found), len(rows))
        order = torch.randperm(len(rows), generator=torch.Generator().manual_seed((seed + epoch) % 2**63))
        found += [rows[i] for i in order[at:at + size - len(found)].tolist()]
    return found


def ptx_forward(actors: Actors, role: str, rows: Sequence[Supervised], pad: int) -> tuple[Tensor, Tensor]:
    """One pass over padded rows.

    Args:
        actors: the models.
        role: whose log-probabilities are wanted.
        rows: B conversations.
        pad: the padding token.

    Returns:
        Logits [B, K, V] and labels [B, K] of the last columns, from the one before the first answer token on; label k
        belongs to logits k − 1.
    """
    width, keep = max(len(row.input_ids) for row in rows), max(row.answer for row in rows) + 1
    ids = torch.tensor([[pad] * (width - len(row.input_ids)) + list(row.input_ids) for row in rows])
    labels = torch.tensor([[IGNORED] * (width - len(row.labels)) + list(row.labels) for row in rows])
    mask = torch.tensor([[0] * (width - len(row.input_ids)) + [1] * len(row.input_ids) for row in rows])
    keep = min(keep, width)
    ids, labels, mask = (x.to(actors.device) for x in (ids, labels, mask))
    logits = actors.acting(role)(input_ids=ids, attention_mask=mask, position_ids=(mask.cumsum(1) - 1).clamp(min=0),
                                 use_cache=False, logits_to_keep=keep).logits
    return logits, labels[:, -keep:]


@torch.no_grad()
def perplexity(actors: Actors, role: str, rows: Sequence[Supervised], pad: int, batch_size: int) -> float:
    """e to the mean negative log-likelihood of an answer token, over all rows; NaN where there are none.

    Args:
        actors: the models.
        role: whose perplexity.
        rows: conversations.
        pad: the padding token.
        batch_size: rows at a time.
    """
    total = count = 0.0
    for batch in (rows[i:i + batch_size] for i in range(0, len(rows), batch_size)):
        logits, labels = ptx_forward(actors, role, batch, pad)
        tokens = int((labels[:, 1:] != IGNORED).sum())
        total, count = total + ptx_loss(logits, labels).item() * tokens, count + tokens
    return math.exp(total / count) if count else math.nan
