"""A trunk cut at a layer: where nothing below is trained, it is computed once, and what is above as often as needed."""

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor


def depth(name: str) -> float:
    """Which layer, from 0, a module or parameter belongs to; beyond all where it belongs to none."""
    number = re.search(r"\.(\d+)\.", name)
    return int(number[1]) if number else math.inf


def lower(trunk: Any, at: int, **inputs: Any) -> Tensor:
    """[B, S, H] what layer `at` is given."""
    seen: list[Tensor] = []
    hook = trunk.norm.register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    try:
        with _only(trunk, 0, at):
            trunk(**inputs, use_cache=False)
    finally:
        hook.remove()
    return seen[0]


def upper(trunk: Any, at: int, hidden: Tensor, **inputs: Any) -> Tensor:
    """[B, S, H] the trunk's output, from what layer `at` is given."""
    with _only(trunk, at, len(trunk.layers)):
        out: Tensor = trunk(inputs_embeds=hidden, **inputs, use_cache=False).last_hidden_state
    return out


@torch.no_grad()
def can_be_cut(trunk: Any, at: int) -> bool:
    """Whether the two parts give what the whole gives: seen on a few tokens, where the layers are of one kind."""
    if not (hasattr(trunk, "layers") and hasattr(trunk, "norm") and 0 < at < len(trunk.layers)):
        return False
    if len(set(getattr(trunk.config, "layer_types", None) or [""])) > 1:
        return False
    ids = torch.arange(2, 7, device=trunk.device).view(1, -1)
    rows = {"attention_mask": torch.ones_like(ids), "position_ids": torch.arange(5, device=trunk.device).view(1, -1)}
    whole = trunk(input_ids=ids, **rows, use_cache=False).last_hidden_state
    return torch.equal(upper(trunk, at, lower(trunk, at, input_ids=ids, **rows), **rows), whole)


@contextmanager
def _only(trunk: Any, start: int, stop: int) -> Iterator[None]:
    whole = trunk.layers
    trunk.layers = whole[start:stop]
    try:
        yield
    finally:
        trunk.layers = whole
