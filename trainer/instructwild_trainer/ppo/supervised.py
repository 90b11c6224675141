"""PTX batches: a loader that goes round and round, and one forward that computes logits only where an answer is."""

from collections.abc import Sequence

import torch
from torch import Tensor

from instructwild_trainer.likelihood import padded
from instructwild_trainer.packing import as_mask, attends_to_all, flattened
from instructwild_trainer.ppo.actors import Actors, columns
from instructwild_trainer.ppo.ptx import IGNORED, answer_positions
from instructwild_trainer.templates import Encoded


def cycled(rows: Sequence[Encoded], number: int, size: int, seed: int) -> list[Encoded]:
    """Batch `number` of a loader that goes round and round, in a new order each time.

    A row is one object: its ids, labels and mask cannot come from different rows.
    """
    result: list[Encoded] = []
    while len(result) < size:
        epoch, at = divmod(number * size + len(result), len(rows))
        order = torch.randperm(len(rows), generator=torch.Generator().manual_seed((seed + epoch) % 2**63))
        result += [rows[i] for i in order[at:at + size - len(result)].tolist()]
    return result


def ptx_forward(actors: Actors, role: str, rows: Sequence[Encoded], pad: int) -> tuple[Tensor, Tensor, Tensor]:
    """One pass over left-padded rows.

    Args:
        actors: the models.
        role: whose log-probabilities are wanted.
        rows: B conversations.
        pad: the padding token.

    Returns:
        Logits [B, K, V] and labels [B, K] of the last K columns, from the one before the earliest answer token on. Label k
        belongs to logits k − 1, as `ptx_loss` takes them; and where in them the tokens of answers are predicted, [2, N].
        Of rows behind one another [1, N, V], [1, N + 1] and [2, N]: nothing but what predicts a token of an answer.
    """
    if actors.flat:
        return _flat_forward(actors, role, rows)
    ids, mask = padded([row.input_ids for row in rows], pad, actors.device, side="left")
    labels, _ = padded([row.labels for row in rows], IGNORED, side="left")
    width = ids.shape[1]
    keep = min(max(_answer_span(row) for row in rows) + 1, width)
    labels = labels[:, -keep:]
    logits = actors.set_adapter(role)(input_ids=ids, attention_mask=mask, position_ids=(mask.cumsum(1) - 1).clamp(min=0),
                                 use_cache=False, logits_to_keep=columns(width - keep, width, ids.device)).logits
    answers = answer_positions(labels)      # looked for before the labels go to a device
    return logits, labels.to(ids.device, non_blocking=True), answers.to(ids.device, non_blocking=True)


def _flat_forward(actors: Actors, role: str, rows: Sequence[Encoded]) -> tuple[Tensor, Tensor, Tensor]:
    """The same where rows stand behind one another; the first token of a row is predicted by none."""
    labels = torch.tensor([label for row in rows for label in (IGNORED, *row.labels[1:])])
    bounds = torch.tensor([0, *(len(row.labels) for row in rows)]).cumsum(0)
    predicted = (labels != IGNORED).nonzero()[:, 0]
    inputs = {**flattened([row.input_ids for row in rows]), "logits_to_keep": predicted - 1}
    model = actors.set_adapter(role)
    whole = as_mask(bounds.to(actors.device, non_blocking=True)) if attends_to_all(model) else None
    logits = model(**{name: index.to(actors.device, non_blocking=True) for name, index in inputs.items()},
                   attention_mask=whole, use_cache=False).logits
    shifted = torch.cat([torch.tensor([IGNORED]), labels[predicted]])[None]
    answers = torch.stack([torch.zeros_like(predicted), torch.arange(len(predicted))])
    return logits, shifted.to(logits.device, non_blocking=True), answers.to(logits.device, non_blocking=True)


def _answer_span(row: Encoded) -> int:
    """Tokens from the first that is learned to the end."""
    return len(row.labels) - next((i for i, label in enumerate(row.labels) if label != IGNORED), len(row.labels))
