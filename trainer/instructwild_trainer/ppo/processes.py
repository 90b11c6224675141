"""Several processes on one run: each takes every n-th row, and gradients are added up.

What is drawn follows from the seed and a row's place in the whole batch, and every mean is over the tokens of all processes,
so that any number of processes follows the same trajectory, up to the rounding of sums.
"""

import os
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from instructwild_trainer.ppo.experience import Experience, joined

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Processes:
    """One process among those of a run."""

    rank: int = 0
    world: int = 1

    @property
    def first(self) -> bool:
        """Whether this process writes what is written once."""
        return self.rank == 0

    def share(self, n: int) -> range:
        """Which of n rows this process takes."""
        return range(self.rank, n, self.world)

    def add_up(self, tensors: Sequence[Tensor]) -> None:
        """Replace each tensor by its sum over the processes, in one message."""
        if self.world > 1 and tensors:
            flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
            torch.distributed.all_reduce(flat)
            for tensor, total in zip(tensors, flat.split([tensor.numel() for tensor in tensors]), strict=True):
                tensor.copy_(total.view_as(tensor))

    def added(self, figures: dict[str, float]) -> dict[str, float]:
        """Figures summed over the processes; each must hold the same names."""
        if self.world == 1:
            return figures
        total = torch.tensor(list(figures.values()), dtype=torch.float64)
        torch.distributed.all_reduce(total)
        return dict(zip(figures, total.tolist(), strict=True))

    def together(self, part: Experience) -> Experience:
        """The rows of all processes, in the order of their places; what is too much to send is computed again."""
        if self.world == 1:
            return part
        parts = self._gathered(replace(part, lower=None).to("cpu"))
        return joined([(one.row, one) for one in parts]).to(part.prompt.device)

    def heard(self, word: Any = None) -> Any:
        """What the first process says, in all of them."""
        return self._gathered(word)[0] if self.world > 1 else word

    def _gathered(self, thing: Any) -> list[Any]:
        found: list[Any] = [None] * self.world
        torch.distributed.all_gather_object(found, thing)
        return found


@contextmanager
def processes() -> "Iterator[Processes]":
    """The processes that torchrun started, for as long as the block runs; one where it did not."""
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world == 1:
        yield Processes()
        return
    gpu = torch.cuda.is_available()
    if gpu:
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    torch.distributed.init_process_group("cpu:gloo,cuda:nccl" if gpu else "gloo")
    try:
        yield Processes(torch.distributed.get_rank(), world)
    finally:
        torch.distributed.destroy_process_group()
