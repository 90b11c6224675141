"""Updates that are the same on any number of processes: `--global-batch-size` says how many rows one takes over all of them.

Gradient accumulation follows from it, and a pass is filled up to whole updates from the beginning of its own order, so that
update n has the same rows however many processes there are and however many rows go through the model at once. A run may
therefore go on with another number of processes.
"""

import dataclasses
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeVar

from torch.utils.data import Sampler

from instructwild.errors import ConfigError
from instructwild.text.quantity import quantity
from instructwild_trainer.config import TrainOptions

if TYPE_CHECKING:
    from transformers import Trainer

Options = TypeVar("Options", bound=TrainOptions)
FOLLOW = ("gradient_accumulation_steps", "per_device_train_batch_size")
"""Options that do not change the result, up to the rounding of sums, where the global batch is set."""


def accumulated(options: Options, processes: int) -> Options:
    """The options with the gradient accumulation that the global batch takes; unchanged where none is set.

    Raises:
        ConfigError: the global batch is no multiple of the rows that all processes take at once.
    """
    if not options.global_batch_size:
        return options
    together = options.per_device_train_batch_size * processes
    steps, rest = divmod(options.global_batch_size, together)
    if rest:
        raise ConfigError(
            f"{options.global_batch_size} is no multiple of {together}: "
            f"{quantity(options.per_device_train_batch_size, 'row')} in each "
            f"of {processes} process{'es' if processes > 1 else ''}", where="--global-batch-size",
            remedy="change it or --per-device-train-batch-size")
    return dataclasses.replace(options, gradient_accumulation_steps=steps)


class PassOrder(Sampler[int]):
    """Row indices of one pass in an order that seed and pass decide, repeated from its beginning up to whole updates.

    Args:
        rows: how many there are.
        update: rows of one update.
        seed: of the run.
        updates_done: asked when a pass begins, which also makes a run that goes on in the middle begin the right pass.
    """

    def __init__(self, rows: int, update: int, seed: int, updates_done: Callable[[], int]) -> None:
        self.rows, self.update, self.seed, self.updates_done = rows, update, seed, updates_done

    def __len__(self) -> int:
        return self.rows + -self.rows % self.update

    def __iter__(self) -> Iterator[int]:
        import torch

        number = self.updates_done() // (len(self) // self.update)
        order = torch.randperm(self.rows, generator=torch.Generator().manual_seed(self.seed * 1_000_003 + number)).tolist()
        return (order[i % self.rows] for i in range(len(self)))


def fill_updates(trainer: "Trainer", options: TrainOptions) -> None:
    """Have a trainer take its rows in `PassOrder` where the global batch is set."""
    if options.global_batch_size:
        rows = len(trainer.train_dataset)  # type: ignore[arg-type]
        order = PassOrder(rows, options.global_batch_size, options.seed, lambda: trainer.state.global_step)
        trainer._get_train_sampler = lambda train_dataset=None: order  # type: ignore[method-assign]
