"""Tokens a second of SmolLM2-135M on cores that others use too, over those of a quiet machine.

    python -m benchmarks.competitors [TOKENS [A_CORE…]]       competitors a core: 2 without any

Two processes for each core count and do nothing else, each in a session of its own: where the kernel groups processes by
session (autogroup) it shares the cores among sessions, else among threads. In turns quiet and beside them, for one and for
all threads; the machine must be quiet otherwise. What a fair share of the cores would leave stands beside.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from instructwild.llm.threads import limit_spinning

TURNS, ROWS = 3, 4


@contextmanager
def competitors(count: int) -> Iterator[None]:
    """So many processes that need a core each."""
    running = [subprocess.Popen([sys.executable, "-c", "while True: pass"], start_new_session=True) for _ in range(count)]
    time.sleep(0.5)
    try:
        yield
    finally:
        for each in running:
            each.kill()
        for each in running:
            each.wait()


def by_session() -> bool:
    """Whether the kernel shares cores among sessions."""
    switch = Path("/proc/sys/kernel/sched_autogroup_enabled")
    return switch.is_file() and switch.read_text().strip() == "1"


def fair(threads: int, cores: int, others: int) -> float:
    """The part of its quiet rate that a fair share of the cores leaves a program of so many threads."""
    entities = 1 if by_session() else threads
    return min(1.0, cores * entities / (others + entities) / threads)


def main() -> None:
    """Measure and print a table."""
    limit_spinning()        # as the commands do, before torch is loaded
    import torch

    from benchmarks.local_speed import speed
    from instructwild.llm.local import LocalModel

    numbers = [int(argument) for argument in sys.argv[1:] if argument.isdigit()]
    tokens, cores = (numbers[0] if numbers else 24), os.cpu_count() or 1
    model = LocalModel("smollm2", batch=ROWS)
    print("| threads | competitors a core | tokens/s quiet | beside them | ratio | fair share |\n|---|---|---|---|---|---|")
    for threads in dict.fromkeys((1, cores)):
        torch.set_num_threads(threads)
        speed(model, ROWS, 4, 0)
        for a_core in numbers[1:] or [2]:
            quiet, busy = [], []
            for turn in range(TURNS):
                quiet.append(speed(model, ROWS, tokens, turn)[0])
                with competitors(a_core * cores):
                    busy.append(speed(model, ROWS, tokens, turn)[0])
            before, beside = statistics.median(quiet), statistics.median(busy)
            print(f"| {threads} | {a_core} | {before:.1f} | {beside:.1f} | {beside / before:.2f} | "
                  f"{fair(threads, cores, a_core * cores):.2f} |", flush=True)


if __name__ == "__main__":
    main()
