"""The page a person reads after cleaning."""

from collections.abc import Mapping
from typing import Any

import polars as pl


def page(before: pl.DataFrame, after: pl.DataFrame, dropped: pl.DataFrame, notes: Mapping[str, Mapping[str, Any]]) -> str:
    """One self-contained HTML page."""
    from instructwild.report import figures
    from instructwild.report.page import Page, Table

    total = before.height + dropped.filter(pl.col("step") == "read").height
    shown = Page(title="Clean", lead=f"{total:,} rows in, {after.height:,} kept.")
    reasons = dict(dropped["reason"].value_counts(sort=True).iter_rows())
    shown.add("Why rows left", figures.bars(reasons), Table(["reason", "rows"], [[r, f"{n:,}"] for r, n in reasons.items()]))
    shown.add("Step by step", Table(["step", "rows in", "dropped"],
                                    [[name, f"{note['in']:,}", f"{note['dropped']:,}"] for name, note in notes.items()]))
    return shown.html()
