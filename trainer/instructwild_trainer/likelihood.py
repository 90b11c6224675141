"""How likely a model finds answers: held-out loss, perplexity, and the likelihood baseline all start from here."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch.nn.functional import cross_entropy

from instructwild_trainer.templates import IGNORED, Encoded

if TYPE_CHECKING:
    from torch import Tensor

TOKENS_AT_ONCE = 4096


@torch.no_grad()
def answer_loss(model: Any, rows: Sequence[Encoded], pad_id: int, *, tokens_at_once: int = TOKENS_AT_ONCE,
                done: Callable[[int], None] = lambda rows: None) -> list[tuple[float, int]]:
    """For each row the summed negative log-likelihood of its trained tokens in nats, in fp32, and how many they are.

    Rows are taken longest first, so that a batch holds little padding; logits are made only where a token is predicted.

    Args:
        model: a causal language model; its mode is left as it was found.
        rows: encoded conversations.
        pad_id: what rows are padded with, on the right.
        tokens_at_once: most padded tokens in one forward pass.
        done: told how many rows were finished by each pass.
    """
    device = next(model.parameters()).device
    result: list[tuple[float, int]] = [(0.0, 0)] * len(rows)
    training = model.training
    model.eval()
    try:
        for batch in batches([len(row.input_ids) for row in rows], tokens_at_once):
            ids, mask = padded([rows[i].input_ids for i in batch], pad_id, device)
            labels, _ = padded([rows[i].labels for i in batch], IGNORED, device)
            trained = labels[:, 1:] != IGNORED
            hidden = trunk_of(model)(input_ids=ids, attention_mask=mask, use_cache=False).last_hidden_state[:, :-1][trained]
            losses = torch.cat([
                cross_entropy(model.get_output_embeddings()(part).float(), target, reduction="none")
                for part, target in zip(hidden.split(1024), labels[:, 1:][trained].split(1024), strict=True)])
            row_of = trained.nonzero()[:, 0]
            sums = torch.zeros(len(batch), device=device).index_add_(0, row_of, losses).tolist()
            for i, total, count in zip(batch, sums, trained.sum(1).tolist(), strict=True):
                result[i] = (total, count)
            done(len(batch))
    finally:
        model.train(training)
    return result


def held_out_loss(model: Any, rows: Mapping[str, Sequence[Encoded]], pad_id: int,
                  done: Callable[[int], None] = lambda rows: None) -> dict[str, float]:
    """The mean loss of an answer token in nats, in each language."""
    means = {}
    for language, encoded in rows.items():
        results = answer_loss(model, encoded, pad_id, done=done)
        means[language] = sum(total for total, _ in results) / max(1, sum(count for _, count in results))
    return means


def batches(lengths: Sequence[int], tokens_at_once: int) -> list[list[int]]:
    """Indices of rows in batches of like length, longest first, each at most `tokens_at_once` when padded."""
    groups: dict[int, list[int]] = defaultdict(list)
    number = 0
    for i in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        if groups[number] and (len(groups[number]) + 1) * lengths[groups[number][0]] > tokens_at_once:
            number += 1
        groups[number].append(i)
    return list(groups.values())


def padded(rows: Sequence[Sequence[int]], value: int, device: "torch.device | str" = "cpu",
           side: str = "right") -> "tuple[Tensor, Tensor]":
    """Rows as one tensor [B, T], and its mask [B, T]: 1 where there is a token."""
    longest = max(map(len, rows))
    ids = torch.full((len(rows), longest), value)
    mask = torch.zeros((len(rows), longest), dtype=torch.long)
    for i, row in enumerate(rows):
        at = slice(longest - len(row), longest) if side == "left" else slice(0, len(row))
        ids[i, at] = torch.tensor(row, dtype=torch.long)
        mask[i, at] = 1
    return ids.to(device, non_blocking=True), mask.to(device, non_blocking=True)


def trunk_of(model: Any) -> Any:
    """The model below its language head, adapters included."""
    plain = model.get_base_model() if hasattr(model, "get_base_model") else model
    return plain.base_model
