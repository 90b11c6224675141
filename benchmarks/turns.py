"""Things timed in turns, so that what else the machine does falls on all of them; stopped at any moment, it goes on."""

import json
import math
import random
import statistics
import sys
from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.results import RESULTS

KEPT = RESULTS / "unfinished"
STUDENT_T = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306}
"""97.5% quantiles by degrees of freedom."""


def kept(name: str, made: Callable[[], Any]) -> Any:
    """What `made` gives, as JSON, from the file of that name where an earlier run left it."""
    file = KEPT / f"{name}.json"
    if not file.exists():
        result = made()
        KEPT.mkdir(parents=True, exist_ok=True)
        file.with_suffix(".part").write_text(json.dumps(result), encoding="utf-8")
        file.with_suffix(".part").replace(file)
    return json.loads(file.read_text(encoding="utf-8"))


def in_turns(name: str, sides: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """Seconds of each side in each round; the order is drawn anew for each."""
    seconds: dict[str, list[float]] = {side: [] for side in sides}
    for number in range(rounds):
        order = list(sides)
        random.Random(number).shuffle(order)
        for side in order:
            seconds[side].append(kept(f"{name}-{number}-{side.replace(' ', '_')}", sides[side]))
            print(f"{name} {number + 1}/{rounds} {side}: {seconds[side][-1]:.1f} s", file=sys.stderr, flush=True)
    return seconds


def ratio(above: list[float], below: list[float]) -> str:
    """The geometric mean of paired ratios with its 95% interval (Student's t), as text; of one pair, the ratio."""
    logs = [math.log(a / b) for a, b in zip(above, below, strict=True)]
    if len(logs) == 1:
        return f"{math.exp(logs[0]):.2f}"
    reach = STUDENT_T.get(len(logs) - 1, 1.96) * statistics.stdev(logs) / math.sqrt(len(logs))
    middle = statistics.fmean(logs)
    return f"{math.exp(middle):.2f} [{math.exp(middle - reach):.2f}, {math.exp(middle + reach):.2f}]"
