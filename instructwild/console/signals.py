"""SIGTERM ends a command as Ctrl-C does: finished work is kept, one line is printed; only the exit code differs."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

TERMINATED = 128 + signal.SIGTERM
"""Exit code of a command that SIGTERM ended."""
_received = False


def was_terminated() -> bool:
    """Whether SIGTERM, not Ctrl-C, is what interrupted this process."""
    return _received


@contextmanager
def terminate_as_interrupt() -> Iterator[None]:
    """Within the block the first SIGTERM acts as Ctrl-C; a second one ends the process at once.

    Only the main thread of a process may set handlers: elsewhere nothing changes. Forked children keep the default.
    """
    global _received
    owner = os.getpid()

    def handle(number: int, frame: Any) -> None:
        global _received
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        if os.getpid() != owner:                            # a forked child is ended by it, as its parent means
            signal.raise_signal(signal.SIGTERM)
            return
        _received = True
        interrupt = signal.getsignal(signal.SIGINT)         # asyncio's own, where it waits for Ctrl-C
        if callable(interrupt):
            interrupt(signal.SIGINT, frame)
        else:                                               # a job of the background, which ignores Ctrl-C
            raise KeyboardInterrupt

    _received = False
    try:
        before = signal.signal(signal.SIGTERM, handle)
    except ValueError:
        yield
        return
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGTERM) in (handle, signal.SIG_DFL):
            signal.signal(signal.SIGTERM, before)
