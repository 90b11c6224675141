"""Python's garbage collector, kept from looking through what is no garbage: the modules of a program that starts or ends."""

import atexit
import gc
from collections.abc import Iterator
from contextlib import contextmanager

_one_command = False
_enabled_before: list[bool] = []
"""Of each block in which the collector is paused now, the outermost first, whether it was at work before."""


@contextmanager
def paused() -> Iterator[None]:
    """No collection within the block: for work that makes many objects which stay."""
    _enabled_before.append(gc.isenabled())
    gc.disable()
    try:
        yield
    finally:
        if _enabled_before.pop():
            gc.enable()


def resume() -> None:
    """Collect again within the blocks that pause the collector, unless it did no work before the first of them."""
    if any(_enabled_before):
        gc.enable()


@contextmanager
def loading() -> Iterator[None]:
    """No collection within the block, and later ones leave out what was made in it: for the modules of a program."""
    with paused():
        yield
        settled()


def settled() -> None:
    """Leave out what is there from later collections, where the process ends with this command."""
    if _one_command:
        gc.freeze()


def ends_with_command() -> None:
    """End this process, which was started for one command, without the last collections.

    They free one by one, in 0.2 seconds, what the system frees at once. What holds files or processes is closed by
    its own exit function before.
    """
    global _one_command
    _one_command = True
    atexit.register(gc.freeze)       # the first to be registered is the last to run
