"""Figures as inline SVG and HTML: they follow the page's colours, keep their text as text, and fit a phone."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from instructwild.report.blocks import Figure
from instructwild.report.scale import bins, labels, ticks
from instructwild.report.template import decimal, render, shown
from instructwild.text.quantity import quantity

if TYPE_CHECKING:
    from numpy.typing import NDArray

COLOURS, DASHES = 8, 4
WIDTH, HEIGHT = 330.0, 200.0
LEFT, RIGHT, TOP, BOTTOM = 42.0, 12.0, 10.0, 36.0
CHARACTER = 6.6
POINTS = 240
HUGE = 1e100

Point = tuple[float, float]


def bars(counts: Mapping[str, float], *, title: str = "", caption: str = "", most: int = 15, sort: bool = True,
         percent: bool = False, wide: bool = False) -> Figure:
    """One horizontal bar for each name.

    Args:
        counts: name -> value of at least 0.
        most: further names are added up into one bar.
        sort: largest first; otherwise in the order given.
        percent: values are shares, shown as such.
        wide: as wide as the page.
    """
    items = sorted(counts.items(), key=lambda item: -item[1]) if sort else list(counts.items())
    rest = items[most:]
    items = items[:most] + ([(f"{len(rest)} others", sum(value for _, value in rest))] if rest else [])
    top = max((value for _, value in items if math.isfinite(value)), default=0)
    rows = [("bar", name, _part(value, top), _value(value, percent), 0) for name, value in items]
    return Figure(render("bars.html.j2", rows=rows), title, caption, wide)


def grouped_bars(groups: Mapping[str, Mapping[str, float]], *, title: str = "", caption: str = "",
                 percent: bool = False) -> Figure:
    """Bars in groups, on one scale: {"en": {"base": 18.2, "SFT": 12.1}, "zh": {...}}; a missing value leaves a gap."""
    names = list(dict.fromkeys(name for group in groups.values() for name in group))
    top = max((value for group in groups.values() for value in group.values() if math.isfinite(value)), default=0)
    rows: list[tuple[Any, ...]] = []
    for group, values in groups.items():
        rows.append(("group", group, 0, "", 0))
        rows += [("bar", name, _part(values.get(name, math.nan), top), _value(values.get(name), percent),
                  index % COLOURS) for index, name in enumerate(names)]
    return Figure(render("bars.html.j2", rows=rows), title, caption)


def stacked(rows: Mapping[str, Mapping[str, float]], *, title: str = "", caption: str = "", most: int = 8,
            sort: bool = True) -> Figure:
    """One full-width bar for each row, cut into shares: {"in": {"en": 60, "zh-Hans": 40}, "kept": {...}}.

    Args:
        sort: the largest share first; otherwise in the order given.
    """
    totals: dict[str, float] = {}
    for shares in rows.values():
        for name, value in shares.items():
            totals[name] = totals.get(name, 0) + value
    names = sorted(totals, key=lambda name: -totals[name]) if sort else list(totals)
    kept = names if len(names) <= most else names[: most - 1]
    drawn = []
    for row, shares in rows.items():
        total = sum(shares.values())
        parts = [(name, shares.get(name, 0)) for name in kept]
        if len(kept) < len(names):
            parts.append(("others", sum(shares.get(name, 0) for name in names[most - 1:])))
        at, cut = 0.0, []
        for index, (name, value) in enumerate(parts):
            width = 100 * value / total if total else 0.0
            cut.append((name, round(at, 3), round(width, 3), f"{width:.1f}%", index % COLOURS, shown(value)))
            at += width
        drawn.append((row, shown(total), cut))
    return Figure(render("share.html.j2", rows=drawn), title, caption)


def histogram(groups: "Mapping[str, Sequence[float] | NDArray[Any]] | Sequence[float]", *, label: str = "", title: str = "",
              caption: str = "", about: int = 24, percent: bool = False) -> Figure:
    """How values are spread: one set, or several such as {"before": …, "after": …} on the same bins.

    The bins grow by a factor where the tail is long; the axis says so.

    Args:
        about: how many bins.
        percent: heights are shares of each set, so that a small one can be seen beside a large one.
    """
    import numpy as np

    named = groups if isinstance(groups, Mapping) else {"": groups}
    read = {name: np.asarray(values, np.float64) for name, values in named.items()}        # None becomes NaN
    series = {name: values[np.abs(values) < HUGE] for name, values in read.items()}
    everything = np.concatenate([*series.values(), np.empty(0)])
    if not len(everything):
        return Figure(render("nothing.html.j2"), title, caption)
    cut = bins(everything, about)
    counts = {name: cut.count(values) for name, values in series.items()}
    heights = {name: [100 * count / len(series[name]) for count in binned] if percent and len(series[name]) else binned
               for name, binned in counts.items()}
    marks = ticks(0, max(max(binned) for binned in heights.values()))
    across = (WIDTH - LEFT - RIGHT) / (len(cut.edges) - 1)
    boxes, paths = [], []
    for index, (name, binned) in enumerate(counts.items()):
        if index:
            paths.append((_outline(heights[name], across, marks), index % COLOURS, 0, []))
            continue
        for at, count in enumerate(binned):
            if count:
                y = _y(heights[name][at], marks)
                boxes.append((round(LEFT + at * across + 0.5, 2), y, round(max(0.6, across - 1), 2),
                              round(HEIGHT - BOTTOM - y, 2), index,
                              f"{name + ': ' if name else ''}{count:,}"
                              f"{f' ({heights[name][at]:.1f}%)' if percent else ''} from {decimal(cut.edges[at])} "
                              f"to {decimal(cut.edges[at + 1])}"))
    every = max(1, math.ceil((len(cut.edges) - 1) / 6))
    below = [(round(LEFT + at * across, 2), _short(edge)) for at, edge in enumerate(cut.edges)
             if at % every == 0]
    if len(cut.edges) > 1 and cut.edges[1] - cut.edges[0] == 1 and cut.edges[0] % 1 == 0.5:
        below = [(round(x + across / 2, 2), _short(float(edge) + 0.5))
                 for (x, _), edge in zip(below, cut.edges[::every], strict=True) if edge != cut.edges[-1]]
    axis = label + (" (bins grow by a factor)" if cut.log else "")
    described = "; ".join(f"{name + ': ' if name else ''}{quantity(len(values), 'value')}, median "
                          f"{decimal(float(np.median(values)))}, "
                          f"{decimal(float(values.min()))} to {decimal(float(values.max()))}"
                          for name, values in series.items() if len(values))
    legend = [(name, index % COLOURS, 0, "line" if index else "box") for index, name in enumerate(counts) if name]
    beside = [(at, f"{text}%" if percent else text) for at, text in _beside(marks)]
    return Figure(render("plot.svg.j2", boxes=boxes, paths=paths, below=below, beside=beside, label=axis, side="",
                         legend=legend, size=_size(),
                         described=f"Histogram of {label or 'values'}. {described}."), title, caption)


def lines(series: Mapping[str, Sequence[float | None] | Sequence[Point]], *, x: str = "step", y: str = "", title: str = "",
          caption: str = "", zero: bool = False) -> Figure:
    """Curves: each series a list of values (x counts from 1) or of (x, y) points. What is not finite leaves a gap.

    Args:
        zero: the vertical axis begins at 0.
    """
    curves = {name: _points(values) for name, values in series.items()}
    finite = [point for points in curves.values() for point in points if math.isfinite(point[1])]
    if not finite:
        return Figure(render("nothing.html.j2"), title, caption)
    left, right = min(p[0] for p in finite), max(p[0] for p in finite)
    across = ticks(left, right, 5, least=1.0 if all(p[0].is_integer() for p in finite) else 0.0)
    marks = ticks(min(0.0, *(p[1] for p in finite)) if zero else min(p[1] for p in finite), max(p[1] for p in finite))
    span = right - left or 1.0
    margin = max(LEFT, 12 + CHARACTER * max(map(len, labels(marks))))
    position = lambda value: round(margin + (value - left) / span * (WIDTH - margin - RIGHT), 2)  # noqa: E731
    paths = []
    for index, points in enumerate(curves.values()):
        drawn, pen = [], "M"
        for at, value in _thinned(points):
            if not math.isfinite(value):
                pen = "M"
                continue
            drawn.append(f"{pen}{position(at)} {_y(value, marks)}")
            pen = "L"
        paths.append((" ".join(drawn), index % COLOURS, index % DASHES,
                      [(position(at), _y(value, marks)) for at, value in points if math.isfinite(value)]
                      if len(points) <= 12 else []))
    below = [(position(mark), text) for mark, text in zip(across, labels(across), strict=True) if left <= mark <= right]
    described = "; ".join(f"{name}: from {decimal(finite[0][1])} to {decimal(finite[-1][1])}"
                          for name, points in curves.items() if (finite := [p for p in points if math.isfinite(p[1])]))
    return Figure(render("plot.svg.j2", boxes=[], paths=paths, below=below, beside=_beside(marks), label=x, side=y,
                         legend=[(n, i % COLOURS, i % DASHES, "line") for i, n in enumerate(curves)], size=_size(margin),
                         described=f"{y or 'Values'} by {x}. {described}."), title, caption)


def _outline(counts: Sequence[float], across: float, marks: Sequence[float]) -> str:
    """The upper edge of a set of bars as one stepped path."""
    steps = [f"M{LEFT} {HEIGHT - BOTTOM}"]
    for index, count in enumerate(counts):
        steps.append(f"V{_y(count, marks)}H{round(LEFT + (index + 1) * across, 2)}")
    return "".join(steps) + f"V{HEIGHT - BOTTOM}"


def _points(values: Sequence[Any]) -> list[Point]:
    pairs = [value if isinstance(value, tuple | list) else (number, value) for number, value in enumerate(values, start=1)]
    return [(float(at), float(value) if value is not None and abs(value) < HUGE else math.nan) for at, value in pairs]


def _thinned(points: list[Point]) -> list[Point]:
    """At most about POINTS points: of each bucket its lowest and highest, so that no spike is lost."""
    if len(points) <= POINTS:
        return points
    width = math.ceil(len(points) / (POINTS // 2))
    kept = [points[0]]
    for begin in range(0, len(points), width):
        bucket = points[begin:begin + width]
        finite = [p for p in bucket if math.isfinite(p[1])] or bucket[:1]
        kept += sorted({min(finite, key=lambda p: p[1]), max(finite, key=lambda p: p[1])})
    return [*kept, points[-1]]


def _part(value: float, top: float) -> float:
    """The share of the full width in percent; what is above nothing stays visible."""
    if not top or not math.isfinite(value) or value <= 0:
        return 0.0
    return round(max(0.6, 100 * value / top), 2)


def _value(value: float | None, percent: bool) -> str:
    if value is None:
        return "–"
    return f"{100 * value:.1f}%" if percent else shown(value)


def _y(value: float, marks: Sequence[float]) -> float:
    share = (value - marks[0]) / ((marks[-1] - marks[0]) or 1.0)
    return round(HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP), 2)


def _beside(marks: Sequence[float]) -> list[tuple[float, str]]:
    return [(_y(mark, marks), text) for mark, text in zip(marks, labels(marks), strict=True)]


def _short(value: float) -> str:
    """A tick's number in few characters: 1200 -> 1.2k."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"


def _size(left: float = LEFT) -> dict[str, float]:
    return {"width": WIDTH, "height": HEIGHT, "left": left, "right": WIDTH - RIGHT, "top": TOP, "floor": HEIGHT - BOTTOM}
