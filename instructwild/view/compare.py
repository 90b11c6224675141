"""Two sources side by side: the difference that `instructwild diff` finds, a page of it at a time, searched and filtered."""

from collections import OrderedDict
from threading import Lock
from typing import Any

import polars as pl

from instructwild.difference import Difference, difference
from instructwild.report.blocks import differing
from instructwild.view.source import ViewSource

CHANGES = ("added", "dropped", "rewritten")
CHANGED = pl.Schema({"change": pl.String, "id": pl.String, "why": pl.String, "before": pl.String, "after": pl.String})
REMEMBERED, LONGEST = 2, 20_000


def changed_rows(result: Difference) -> pl.DataFrame:
    """Every row that was added, dropped or rewritten: what happened, its id, why it left or what changed, and its texts."""
    rows = [("added", id_, None, None, prompt) for id_, prompt in result.added]
    rows += [("dropped", id_, reason, prompt, None) for id_, prompt, reason in result.dropped]
    rows += [("rewritten", row.id, row.what, row.before, row.after) for row in result.rewritten]
    return pl.DataFrame(rows, schema=CHANGED, orient="row")


class SourceComparisons:
    """Differences between sources, the last ones kept in memory."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str], tuple[Difference, pl.DataFrame]] = OrderedDict()
        self._lock = Lock()

    def page(self, first: ViewSource, second: ViewSource, *, text: str = "", change: str = "", why: str = "",
             offset: int = 0, limit: int = 50) -> dict[str, Any]:
        """Figures of the difference, and the changed rows from `offset` on that hold the text.

        Raises:
            InputError: one of the two cannot be compared.
        """
        with self._lock:    # one at a time: each reads both whole
            result, rows = self._difference(first, second)
        test = pl.lit(True)
        if change:
            test &= pl.col("change") == change
        if why:
            test &= pl.col("why") == why
        if text:
            lower = text.lower()
            test &= pl.any_horizontal([pl.col(name).str.to_lowercase().str.contains(lower, literal=True).fill_null(False)
                                       for name in ("before", "after")] + [pl.col("id") == text])
        listed = rows.filter(test)
        shown = []
        for row in listed.slice(offset, limit).iter_rows(named=True):
            before, after = ((row[name] or "")[:LONGEST] for name in ("before", "after"))
            runs = differing(before, after) if row["change"] == "rewritten" else ([(False, before)], [(False, after)])
            shown.append({**row, "before": runs[0], "after": runs[1]})
        counts = dict(rows.group_by("change").len().iter_rows())
        return {"first": result.first, "second": result.second, "rows": result.rows, "same": result.same,
                "relabelled": result.relabelled, "unread": result.unread,
                "counts": {name: counts.get(name, 0) for name in CHANGES}, "reasons": result.reasons,
                "shifts": result.shifts, "columns": result.columns, "total": listed.height, "shown": shown}

    def _difference(self, first: ViewSource, second: ViewSource) -> tuple[Difference, pl.DataFrame]:
        key = (first.fingerprint(), second.fingerprint())
        if key not in self._known:
            columns = first.columns or second.columns
            result = difference(first.path, second.path, first.encoding, columns)
            self._known[key] = (result, changed_rows(result))
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        self._known.move_to_end(key)
        return self._known[key]
