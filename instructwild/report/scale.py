"""Where the ticks and the bins of a figure lie."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Values = Sequence[float] | NDArray[Any]


def ticks(low: float, high: float, about: int = 4, least: float = 0.0) -> list[float]:
    """Round numbers from at or below `low` to at or above `high`, about as many as asked for and at least `least` apart."""
    if not (high - low) / max(1, about) > 0:     # equal, or as near as the least numbers are
        high = low + (abs(low) * 0.1 or 1.0)
        low = low - (abs(low) * 0.1 if low else 0.0)
    raw = max((high - low) / max(1, about), least)
    digits = 3 - math.floor(math.log10(raw))
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= raw * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(n * step, digits) for n in range(first, last + 1)]


def labels(marks: Sequence[float]) -> list[str]:
    """The ticks as text, short, with the digits that tell them apart and the same number of them: 25k, 6.8982, 5e-05."""
    top, step = max(map(abs, marks)), min((b - a for a, b in pairwise(marks)), default=0.0) or 1.0
    if 0 < top < 1e-3:
        return [f"{mark:.2g}" for mark in marks]
    size, letter = next((pair for pair in ((1e9, "G"), (1e6, "M"), (1e3, "k")) if top >= 10 * pair[0]), (1.0, ""))
    digits = next((n for n in range(8) if abs(round(step / size, n) - step / size) <= 1e-6 * step / size), 8)
    return [f"{mark / size:,.{digits}f}{letter}" if mark else "0" for mark in marks]


@dataclass(frozen=True)
class Bins:
    """Edges of bins, and whether they grow by a factor instead of a step."""

    edges: tuple[float, ...]
    log: bool

    def count(self, values: "Values") -> list[int]:
        """How many values lie in each bin; the last bin holds its upper edge."""
        import numpy as np

        return [int(n) for n in np.histogram(np.asarray(values, dtype=float), bins=np.asarray(self.edges))[0]]


def bins(values: "Values", about: int = 24) -> Bins:
    """Bins over all values: by a step, or by a factor where the values are positive and the tail is long.

    Whole numbers of a short range get a bin each.
    """
    import numpy as np

    array = np.asarray(values, dtype=float)
    low, high = float(array.min()), float(array.max())
    whole = bool(np.all(array == np.round(array)))
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        margin = max(0.5, abs(low) * 1e-3)
        return Bins((low - margin, high + margin), False)
    if whole and high - low <= about:
        return Bins(tuple(float(n) - 0.5 for n in range(int(low), int(high) + 2)), False)
    middle, tail = (float(q) for q in np.quantile(array, [0.5, 0.99]))
    if (low >= 0 and middle > 0 and tail > 8 * middle) or (low > 0 and high > 100 * middle):
        start = max(low, 1.0 if whole else float(array[array > 0].min()))
        edges = np.geomspace(start, high, about + 1)
        edges = np.unique(np.round(edges) if whole else edges)
        edges[-1] = max(edges[-1], high)
        head = (0.0,) if low < edges[0] else ()
        return Bins((*head, *(float(e) for e in edges)), True)
    marks = ticks(low, high, about)
    if whole and marks[1] - marks[0] < 1:
        marks = [float(n) for n in range(int(low), int(high) + 2)]
    if marks[-1] <= high and whole:
        marks.append(2 * marks[-1] - marks[-2])
    return Bins((min(marks[0], low), *marks[1:-1], max(marks[-1], high)), False)
