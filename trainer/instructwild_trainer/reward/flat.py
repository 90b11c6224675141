"""Candidates behind one another in one row without padding, each attending to itself alone: on a GPU no token is wasted."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from instructwild_trainer.packing import flattened
from instructwild_trainer.reward.head import ScoreHead


def flat_candidates(rows: Sequence[Sequence[int]]) -> dict[str, Tensor]:
    """What `flattened` gives, and the column `last` [N] in which each ends."""
    return {**flattened(rows), "last": torch.tensor([len(row) for row in rows]).cumsum(0) - 1}


def joined(batches: Sequence[Mapping[str, Any]], tokens: int) -> list[dict[str, Any]]:
    """Flat batches put together as long as they hold at most `tokens` tokens; a batch of more stays by itself."""
    result: list[dict[str, Any]] = []
    for batch in batches:
        if result and result[-1]["input_ids"].shape[1] + batch["input_ids"].shape[1] <= tokens:
            result[-1] = _behind(result[-1], batch)
        else:
            result.append(dict(batch))
    return result


def _behind(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Two flat batches as one: what counts tokens, candidates, prompts and rankings goes on counting."""
    after = {"last": first["input_ids"].shape[1], "candidate": len(first["last"]), "group": first["prompts"],
             "order": first["rankings"]}
    return {name: torch.cat([value, second[name] + after.get(name, 0)], -1) if isinstance(value, Tensor)
            else value + second[name] for name, value in first.items()}


def nothing(device: "torch.device | str") -> dict[str, Any]:
    """A batch of no prompt."""
    return {"input_ids": torch.zeros((1, 0), dtype=torch.long, device=device), "prompts": 0}


def scores_of_flat(model: nn.Module, batch: Mapping[str, Any]) -> tuple[Tensor, Any]:
    """The scores [N] fp32 of a flat batch, each read at the last token of its candidate; and what the model gave."""
    seen: list[Tensor] = []
    hooks = [head.register_forward_hook(lambda _, inputs, scores: seen.append(scores))
             for head in model.modules() if isinstance(head, ScoreHead)]
    try:
        outputs = model(input_ids=batch["input_ids"], position_ids=batch["position_ids"], use_cache=False)
    finally:
        for hook in hooks:
            hook.remove()
    return seen[0][0, batch["last"], 0].float(), outputs
