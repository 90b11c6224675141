"""Training all weights: models of their own in place of adapters on one base."""

from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from instructwild_trainer.ppo.actors import POLICY, REFERENCE, VALUE, Actors, value_head
from instructwild_trainer.ppo.experience import Experience

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor
    from transformers import PreTrainedModel


class SeparateActors(Actors):
    """Policy and value are models of their own, the reference a frozen copy of the policy.

    Args:
        policy: the SFT model; all of it is trained.
        reference: the same once more.
        value: the same a third time; None puts the value head on the policy's last layer.
    """

    def __init__(self, policy: "PreTrainedModel", reference: "PreTrainedModel", value: "PreTrainedModel | None") -> None:
        self.base = policy.eval()
        self.shared_trunk = value is None
        self.models = {POLICY: policy, REFERENCE: reference.eval().requires_grad_(False)}
        if value is not None:
            self.models[VALUE] = value.eval()
        self.heads = nn.ModuleDict({VALUE: value_head(policy)}).to(policy.device)

    def lower(self, batch: Experience) -> None:
        """All of the value model is trained."""

    def set_adapter(self, role: str) -> "PreTrainedModel":
        """The model of that role."""
        return self.models[role]

    def policy_parameters(self) -> dict[str, nn.Parameter]:
        """All weights of the policy, by name."""
        return dict(self.models[POLICY].named_parameters())

    def value_parameters(self) -> dict[str, nn.Parameter]:
        """All weights of the value model below its head, and the head's, by name."""
        own = {} if self.shared_trunk else self.models[VALUE].base_model.named_parameters()
        return {f"value.{name}": p for name, p in dict(own).items()} | {
            f"value_head.{name}": p for name, p in self.heads[VALUE].named_parameters()}

    def unwrap(self) -> Any:
        """The policy, ready to be saved."""
        return self.base


class MasterWeightActors(SeparateActors):
    """All weights in one process with passes in bfloat16: what is trained is kept in fp32 beside the weights of passes.

    The optimiser moves the fp32 weights, into whose gradients those of passes are added; `after_step` casts them back.

    Args:
        policy, reference, value: as in `SeparateActors`, in the dtype they are stored in.
        dtype: what passes are made in.
    """

    def __init__(self, policy: "PreTrainedModel", reference: "PreTrainedModel", value: "PreTrainedModel | None",
                 dtype: torch.dtype) -> None:
        self._masters: dict[Tensor, nn.Parameter] = {}
        for model in filter(None, (policy, value)):
            for parameter in model.parameters():
                self._masters[parameter] = nn.Parameter(parameter.detach().to(torch.float32, copy=True))
            model.to(dtype)
        for parameter, master in self._masters.items():
            parameter.register_post_accumulate_grad_hook(_into(master))
        super().__init__(policy, reference.to(dtype), value)

    def policy_parameters(self) -> dict[str, nn.Parameter]:
        """All weights of the policy in fp32, by name."""
        return {name: self._masters[p] for name, p in super().policy_parameters().items()}

    def value_parameters(self) -> dict[str, nn.Parameter]:
        """All weights of the value model below its head in fp32, by name, and the head's."""
        return {name: self._masters.get(p, p) for name, p in super().value_parameters().items()}

    def after_step(self) -> None:
        """Cast the fp32 weights for the next pass."""
        with torch.no_grad():
            for parameter, master in self._masters.items():
                parameter.copy_(master)

    def unwrap(self) -> Any:
        """The policy in fp32, ready to be saved."""
        model = self.base.to(torch.float32)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.copy_(self._masters[parameter])
        return model


def _into(master: nn.Parameter) -> "Callable[[Tensor], None]":
    """Move a gradient that is complete into the fp32 weight's."""
    def moved(parameter: "Tensor") -> None:
        gradient = parameter.grad
        if gradient is not None:
            master.grad = gradient.float() if master.grad is None else master.grad.add_(gradient)
        parameter.grad = None
    return moved
