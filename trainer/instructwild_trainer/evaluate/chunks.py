"""Measurements in resumable chunks: one that was interrupted goes on where it stopped."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from instructwild_trainer.fit import once

if TYPE_CHECKING:
    from instructwild.stage import Run

CHUNK = 256
Item = TypeVar("Item")


def in_chunks(run: "Run", name: str, items: Sequence[Item], work: Callable[[Sequence[Item]], list[Any]]) -> list[Any]:
    """`work` over the items, a few hundred at a time; each chunk is kept, so that an interrupted run measures it no more.

    Args:
        run: whose scratch folder keeps the chunks.
        name: of the measurement in it.
        items: in an order that is always the same.
        work: gives one JSON value for each item.
    """
    results: list[Any] = []
    for start in range(0, len(items), CHUNK):
        chunk = items[start:start + CHUNK]
        results += once(run, f"{name}-{start // CHUNK}", lambda chunk=chunk: work(chunk))
    return results
