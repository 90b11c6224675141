"""Training all weights: models of their own in place of adapters on one base."""

from typing import TYPE_CHECKING, Any

from torch import nn

from instructwild_trainer.ppo.actors import POLICY, REFERENCE, VALUE, Actors, value_head
from instructwild_trainer.ppo.experience import Experience

if TYPE_CHECKING:
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
