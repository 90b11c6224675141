"""Training all weights in several processes: policy, value and reference are cut, and each process keeps its part.

Every pass over a model that is cut is an appointment: all processes must make it, or those that do wait for ever. So each
process takes as many rows as the others, and a response, whose length is nobody's choice, is sampled from a whole policy
that is put together once for all of a rollout.
"""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.distributed.tensor import DTensor

from instructwild.errors import ConfigError
from instructwild.text.quantity import quantity
from instructwild_trainer.likelihood import trunk_of
from instructwild_trainer.ppo.actors import POLICY, REFERENCE, VALUE, value_head
from instructwild_trainer.ppo.config import PPOOptions
from instructwild_trainer.ppo.separate import SeparateActors
from instructwild_trainer.processes import Processes, device

if TYPE_CHECKING:
    from transformers import PreTrainedModel


class ShardedActors(SeparateActors):
    """Policy, value and reference as models of their own, each cut over all processes.

    What is trained is kept in fp32, with gradients and moments in the same parts; passes are made in `dtype`.

    Args:
        load: the SFT model on the CPU, anew each time: one model at a time is whole there.
        processes: this process among the others.
        dtype: what passes are made in; the reference is kept in it as well.
        shared_trunk: no value model; a head on the policy's last layer instead.
    """

    in_parts = True

    def __init__(self, load: Callable[[], "PreTrainedModel"], processes: Processes, dtype: torch.dtype, *,
                 shared_trunk: bool = False) -> None:
        self._load, self._processes, self.shared_trunk = load, processes, shared_trunk
        policy = load().eval()
        head = value_head(policy)
        self.base, self._whole_heads = emptied(policy, dtype), nn.ModuleDict({VALUE: emptied(head, torch.float32)})
        self.models = {POLICY: cut(policy, dtype), REFERENCE: cut(load().eval().requires_grad_(False), dtype)}
        if not shared_trunk:
            self.models[VALUE] = cut(load().eval().base_model, dtype)
        self.heads = nn.ModuleDict({VALUE: cut(head, torch.float32)})
        self._policy, self._value = super().policy_parameters(), super().value_parameters()

    def policy_parameters(self) -> dict[str, nn.Parameter]:
        """The part of each weight of the policy that is here, by name."""
        return self._policy

    def value_parameters(self) -> dict[str, nn.Parameter]:
        """The part of each weight of the value model and its head that is here, by name."""
        return self._value

    @contextmanager
    def summon_full_parameters(self) -> Iterator[None]:
        """The policy is whole here while the block runs, in the dtype of its passes; all processes must begin the block."""
        named = [(self.base, self._policy), (self._whole_heads[VALUE], {"weight": self._value["value_head.weight"]})]
        for model, parts in named:
            for name, parameter in model.named_parameters():
                parameter.data = together(parts[name], parameter.dtype)
        cut_policy, cut_heads = self.models[POLICY], self.heads
        self.models[POLICY], self.heads = self.base, self._whole_heads
        try:
            yield
        finally:
            self.models[POLICY], self.heads = cut_policy, cut_heads
            for model, _ in named:
                for parameter in model.parameters():
                    parameter.data = parameter.data.new_empty(0)

    def unwrap(self) -> Any:
        """The policy as one model on the CPU of the first process, put together a weight at a time; None in the others."""
        model = self._load() if self._processes.first else None
        own = {} if model is None else dict(model.named_parameters())
        for name, part in self._policy.items():
            weight = together(part, part.dtype)
            if own:
                own[name].data.copy_(weight)
        return model


def cut(model: Any, dtype: torch.dtype) -> Any:
    """A model of which each process keeps a part: every layer by itself, and what lies around them.

    Weights that are trained are kept in fp32, others in `dtype`. Gradients are summed over processes, not averaged: each
    process's loss already has the weight of its share of all tokens.

    Args:
        model: on the CPU; changed in place. Its parts go to where this process computes, a layer at a time.
        dtype: what its passes are made in.
    """
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard
    from transformers.modeling_layers import GradientCheckpointingLayer

    mesh = init_device_mesh(torch.device(device()).type, (torch.distributed.get_world_size(),))
    policy = MixedPrecisionPolicy(param_dtype=dtype, reduce_dtype=torch.float32)
    layers = [module for module in model.modules() if isinstance(module, GradientCheckpointingLayer) and module is not model]
    for part in (*layers, model):
        for parameter in part.parameters():
            if not isinstance(parameter, DTensor):
                parameter.data = parameter.data.to(torch.float32 if parameter.requires_grad else dtype)
        fully_shard(part, mesh=mesh, mp_policy=policy, reshard_after_forward=True)
        part.set_gradient_divide_factor(1.0)
        part.set_force_sum_reduction_for_comms(True)   # a sum with a factor, even of 1, is more than gloo has
    return model


def shard_below_head(model: Any, dtype: torch.dtype) -> Any:
    """A frozen model of which each process keeps a part of the trunk, and all of a small head, where it computes."""
    model.requires_grad_(False)
    cut(trunk_of(model), dtype)
    for tensor in (*model.parameters(), *model.buffers()):
        if not isinstance(tensor, DTensor):
            tensor.data = tensor.data.to(device())
    return model


def emptied(model: Any, dtype: torch.dtype) -> Any:
    """A copy of a model with its config and buffers and without its weights, where this process computes."""
    nothing = {id(p): nn.Parameter(torch.empty(0, dtype=dtype, device=device()), requires_grad=False)
               for p in model.parameters()}
    return copy.deepcopy(model, nothing).to(device())


def together(part: Tensor, dtype: torch.dtype) -> Tensor:
    """The whole of a weight of which this process has a part, in a dtype; every process must ask for it."""
    whole = part.detach().to(dtype)
    return whole.full_tensor() if isinstance(whole, DTensor) else whole


def check_even(o: PPOOptions, world: int, *, ptx: bool) -> None:
    """Refuse batches of which some process would take more rows than another.

    Raises:
        ConfigError: one is no multiple of the number of processes.
    """
    for name in ("batch_size", "mini_batch_size", *(["ptx_batch_size"] if ptx and o.ptx_coef else [])):
        rows = getattr(o, name)
        if rows % world:
            raise ConfigError(f"{name} {rows} = {quantity(world, 'process')} × {quantity(rows // world, 'row')} + "
                              f"{rows % world}; where all "
                              "weights are cut into parts, every process must take as many rows as the others",
                              where="torchrun",
                              remedy=f"--{name.replace('_', '-')} {(rows // world + 1) * world}, or another number of them")
