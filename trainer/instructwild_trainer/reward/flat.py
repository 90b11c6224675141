"""Candidates behind one another in one row without padding, each attending to itself alone: on a GPU no token is wasted."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from instructwild_trainer.reward.head import ScoreHead


def flattened(rows: Sequence[Sequence[int]]) -> dict[str, Tensor]:
    """Input_ids and position_ids [1, T] of rows behind one another, and the column `last` [N] in which each ends."""
    lengths = torch.tensor([len(row) for row in rows])
    return {"input_ids": torch.tensor([[token for row in rows for token in row]]),
            "position_ids": torch.cat([torch.arange(len(row)) for row in rows])[None],
            "last": lengths.cumsum(0) - 1}


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


@torch.no_grad()
def reads_flat(model: Any) -> bool:
    """Whether a reward model gives candidates that stand behind one another the scores that it gives them alone."""
    draw = torch.Generator().manual_seed(0)
    most = min(model.config.get_text_config().vocab_size, 1000)
    rows = [torch.randint(most, (length,), generator=draw).tolist() for length in (9, 12)]
    device, training = next(model.parameters()).device, model.training
    model.eval()
    try:
        flat, alone = ([scores_of_flat(model, {name: value.to(device) for name, value in flattened(part).items()})[0]
                        for part in parts] for parts in ([rows], [[row] for row in rows]))
    except (RuntimeError, TypeError, ValueError, AttributeError, LookupError, AssertionError, NotImplementedError):
        return False
    finally:
        model.train(training)
    noise = 1e-4 if model.dtype == torch.float32 else 2e-2
    return bool((flat[0] - torch.cat(alone)).abs().max() <= noise * torch.cat(alone).abs().max().clamp(min=1e-6))
