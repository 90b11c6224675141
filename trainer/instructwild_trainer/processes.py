"""Several processes on one stage, as `torchrun` or `accelerate launch` start them, and what they tell each other.

The first writes, all of them train. In PPO each takes every n-th row and gradients are added up: what is sampled follows
from the seed and a row's index in the whole batch, and every mean is over the tokens of all processes, so that any number
of processes follows the same trajectory, up to the rounding of sums.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from instructwild.errors import InstructwildError, OutputError
from instructwild.stage import FileRecord, Run, load, start
from instructwild.stage.remote import as_url, public

if TYPE_CHECKING:
    from torch import Tensor


def count() -> int:
    """How many processes there are."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def is_first() -> bool:
    """Whether this process is the one that writes and speaks."""
    return int(os.environ.get("RANK", "0")) == 0


def shard_count() -> int:
    """Into how many shards the weights are divided, one a process: 1 unless FSDP or DeepSpeed was launched."""
    return count() if in_parts() else 1


def device() -> str:
    """Where this process computes."""
    import torch

    return f"cuda:{os.environ.get('LOCAL_RANK', '0')}" if torch.cuda.is_available() else "cpu"


def in_parts() -> bool:
    """Whether accelerate was launched to leave each process a part of the weights (FSDP, DeepSpeed)."""
    return any(os.environ.get(f"ACCELERATE_USE_{engine}", "").lower() == "true" for engine in ("FSDP", "DEEPSPEED"))


def refuse_url(out: str | Path) -> None:
    """Refuse to train into an object store.

    Raises:
        OutputError: the output is named by a URL.
    """
    if (url := as_url(out)) is not None:
        raise OutputError("is a URL, and training writes checkpoints as it goes", where=public(url),
                          remedy="train into a local folder, then copy it there, or `instructwild publish` it")


@contextmanager
def started(out: Path, stage: str, config: dict[str, Any], inputs: list[FileRecord], force: bool) -> Iterator[Run]:
    """`stage.start` in the first process; the others get a run with the same scratch folder, and must not write.

    Raises:
        OutputError: as `stage.start`, in every process.
    """
    refuse_url(out)
    if count() == 1:
        with start(out, stage, config=config, inputs=inputs, force=force) as run:
            yield run
        return
    if is_first():
        begun = False
        try:
            with start(out, stage, config=config, inputs=inputs, force=force) as run:
                begun = True
                _broadcast(run.finished is not None)
                yield run
        except InstructwildError as error:
            if not begun:
                _broadcast(error)
            raise
        return
    from instructwild.console.terminal import console

    console.quiet = True
    answer = _broadcast(None)
    if isinstance(answer, InstructwildError):
        raise answer
    yield Run(Path(out), stage, config, inputs, finished=load(out) if answer else None)


def _broadcast(value: Any) -> Any:
    """The first process's value, in every process."""
    import torch
    from accelerate import PartialState
    from torch.distributed import broadcast_object_list

    PartialState(cpu=not torch.cuda.is_available())
    box = [value]
    broadcast_object_list(box, src=0)
    return box[0]


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

    def add_up(self, tensors: "Sequence[Tensor]") -> None:
        """Replace each tensor by its sum over the processes, in one message; shards were summed in the backward pass."""
        import torch
        from torch.distributed.tensor import DTensor

        tensors = [tensor for tensor in tensors if not isinstance(tensor, DTensor)]
        if self.world > 1 and tensors:
            flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
            torch.distributed.all_reduce(flat)
            for tensor, total in zip(tensors, flat.split([tensor.numel() for tensor in tensors]), strict=True):
                tensor.copy_(total.view_as(tensor))

    def sum_figures(self, figures: dict[str, float]) -> dict[str, float]:
        """Figures summed over the processes; each must hold the same names."""
        if self.world == 1:
            return figures
        import torch

        total = torch.tensor(list(figures.values()), dtype=torch.float64)
        torch.distributed.all_reduce(total)
        return dict(zip(figures, total.tolist(), strict=True))

    def broadcast(self, value: Any = None) -> Any:
        """The first process's value, in all of them."""
        return self.all_gather(value)[0]

    def barrier(self) -> None:
        """Wait until every process is here."""
        self.broadcast()

    def all_gather(self, value: Any) -> list[Any]:
        """The values of all processes, by rank."""
        if self.world == 1:
            return [value]
        import torch

        values: list[Any] = [None] * self.world
        torch.distributed.all_gather_object(values, value)
        return values


@contextmanager
def processes() -> Iterator[Processes]:
    """The processes that torchrun started, for as long as the block runs; one where it did not."""
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world == 1:
        yield Processes()
        return
    import torch

    gpu = torch.cuda.is_available()
    if gpu:
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    torch.distributed.init_process_group("cpu:gloo,cuda:nccl" if gpu else "gloo")
    try:
        yield Processes(torch.distributed.get_rank(), world)
    finally:
        torch.distributed.destroy_process_group()
