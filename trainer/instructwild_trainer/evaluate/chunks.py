"""Measurements in resumable chunks: one that was interrupted goes on where it stopped."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from instructwild_trainer.fit import once

if TYPE_CHECKING:
    from instructwild.stage import Run

CHUNK = 256
Item = TypeVar("Item")


def in_chunks(run: "Run", name: str, items: Sequence[Item], work: Callable[[Sequence[Item]], list[Any]],
              size: int = 0) -> list[Any]:
    """`work` over the items, some at a time; each chunk is kept, so that an interrupted run measures it no more.

    Args:
        run: whose scratch folder keeps the chunks.
        name: of the measurement in it.
        items: in an order that is always the same.
        work: gives one JSON value for each item.
        size: items of a chunk; 0 for `CHUNK`.
    """
    results: list[Any] = []
    size = size or CHUNK
    for start in range(0, len(items), size):
        chunk = items[start:start + size]
        results += once(run, f"{name}-{start // size}", lambda chunk=chunk: work(chunk))
    return results
