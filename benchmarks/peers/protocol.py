"""How a peer's script is called and answers: `SCRIPT ROWS.jsonl [OPTION…] ANSWER.json`.

A row is {"text", "tokens"}: the tokens are ready for those that leave tokenizing to their user. The answer names the rows
dropped, and the step that dropped each where `find` says it. Imports, reading the rows and a first run on a few of them
(which loads or compiles code) are not in its seconds.
"""

import itertools
import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

OPTIONS = sys.argv[2:-1]


def cpu() -> float:
    """CPU seconds of this process and of the children it waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def megabytes() -> float:
    """Peak resident memory of this process or of the largest child.

    The kernel's own figure for this program: what a parent measures begins at the parent's size.
    """
    status = Path("/proc/self/status").read_text()
    own = int(status.partition("VmHWM:")[2].split()[0])
    return max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1024


def answer(find: Callable[[list[dict]], Iterable[int]], warm: int = 0) -> None:
    with Path(sys.argv[1]).open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    if warm:
        find(rows[:warm])
    before, began = cpu(), time.perf_counter()
    verdicts = find(rows)
    dropped = sorted(int(row) for row in verdicts)
    took = {"cpu": cpu() - before, "wall": time.perf_counter() - began, "megabytes": megabytes()}
    steps = {str(row): step for row, step in verdicts.items()} if isinstance(verdicts, dict) else {}
    Path(sys.argv[-1]).write_text(json.dumps({"dropped": dropped, "steps": steps, **took}))


def bigrams(tokens: list[str]) -> list[str]:
    """Pairs of neighbouring tokens, or the token itself where there is one only."""
    return [f"{a}\x1f{b}" for a, b in itertools.pairwise(tokens)] or tokens
