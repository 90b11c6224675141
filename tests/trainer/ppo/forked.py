"""Processes that share a run, forked from the test: nothing is imported again."""

import os
import signal
import socket
import time
import traceback

from instructwild_trainer.processes import processes

LONGEST = 600.0
"""Seconds after which processes that wait for one another for ever are ended."""


def after(seconds):
    """A moment so many seconds from now."""
    end = time.monotonic() + seconds
    return lambda: time.monotonic() > end


def in_processes(world, work, killed_when=None, first_to_die=0):
    """`work(processes)` in each of `world` processes.

    Returns:
        Whether all did their work; killed with -9 once `killed_when()` says so, one a moment before the others, whether they
        were killed at it. An error in one of them, or a wait without an end, fails the test.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    children = [_forked(rank, world, port, work) for rank in range(world)]
    late, running, failed = after(LONGEST), set(children), False
    while running and not failed and not late() and not (killed_when and killed_when()):
        for child in list(running):
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                running.discard(child)
                failed |= status != 0
        time.sleep(0.005)
    for child in sorted(running, key=lambda child: child != children[first_to_die]):
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        time.sleep(0.02)
    assert not failed, "a process failed: see its traceback"
    assert not late(), f"processes still waited after {LONGEST:g} s"
    return bool(running) == bool(killed_when)


def _forked(rank, world, port, work):
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        os.environ.update(RANK=str(rank), WORLD_SIZE=str(world), MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
        with processes() as dist:
            work(dist)
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)
