"""Runs that changed no weight: how they are noticed, and the error they end in."""

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from instructwild.errors import ModelError

if TYPE_CHECKING:
    import torch


def trained_weights(model: Any) -> dict[str, str]:
    """The sha256 of each weight of a model that training is to change, by its name."""
    return weights_sha256s({name: weight for name, weight in model.named_parameters() if weight.requires_grad})


def weights_sha256s(weights: "Mapping[str, torch.Tensor]") -> dict[str, str]:
    """The sha256 of each weight, or of the part of it that this process has, by its name."""
    return {name: _sha256(weight) for name, weight in weights.items()}


def is_unchanged(model: Any, before: Mapping[str, str]) -> bool:
    """Whether all these weights of a model are what they were.

    Args:
        model: after training.
        before: of `trained_weights`.
    """
    return are_unchanged(dict(model.named_parameters()), before)


def are_unchanged(weights: "Mapping[str, torch.Tensor]", before: Mapping[str, str]) -> bool:
    """Whether all weights are what they were; the first that is not ends the search.

    Args:
        weights: after training, by name.
        before: of `weights_sha256s`.
    """
    return bool(before) and all(name in weights and _sha256(weights[name]) == digest for name, digest in before.items())


def _sha256(weight: "torch.Tensor") -> str:
    import torch
    from torch.distributed.tensor import DTensor

    if isinstance(weight, DTensor):
        weight = weight.to_local()
    return hashlib.sha256(weight.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy()).hexdigest()


def untrained(trainer: Any, where: str) -> ModelError:
    """The error of a run that changed no weight: by its only update where the learning rate rises from 0, or by its rate."""
    if trainer.state.max_steps == 1 and trainer.args.get_warmup_steps(1):
        return ModelError("training left every weight as it was: it had one update, and the learning rate rises from 0",
                          where=where, remedy="raise --num-train-epochs, or set --warmup-steps 0")
    return ModelError("training left every weight as it was", where=where,
                      remedy="raise --learning-rate or --num-train-epochs")


def untrained_policy(where: str) -> ModelError:
    """The same of a run that samples: by responses that score alike, or by its rate."""
    return ModelError("training left every weight of the policy as it was", where=where,
                      remedy="where responses score alike, raise temperature or response_length, or give another reward; "
                             "else raise --learning-rate")
