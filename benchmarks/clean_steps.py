"""`clean` with its default steps, step by step; and six regular expressions in polars beside `datasets.filter`."""

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.peer import HERE
from benchmarks.results import save
from instructwild.clean.page import page
from instructwild.clean.pipeline import DEFAULT, made
from instructwild.clean.rows import closed, opened
from instructwild.stage import read

DATA = Path(os.environ.get("BENCH_ROWS", HERE.parent.parent / "shared" / "data" / "bench" / "bench_200k.parquet"))
PATTERNS = [r"(?i)as an ai", r"https?://", r"(?i)n/?a$", r"\d{5,}", r"[\x00-\x08]", r"抱歉|对不起"]


def main() -> None:
    if not DATA.exists():
        return
    costs: list[tuple[str, int, float, float]] = []

    def timed(name: str, rows: int, work: Callable[[], Any]) -> Any:
        cpu, wall = time.process_time(), time.monotonic()
        result = work()
        costs.append((name, rows, time.process_time() - cpu, time.monotonic() - wall))
        return result

    made("near").verdicts(opened(read([DATA]).frame.head(6000)))      # compiled code is loaded once
    table = timed("read", 0, lambda: read([DATA]))
    total = table.frame.height
    before = rows = timed("open", total, lambda: opened(table.frame))
    notes = {}
    for name in DEFAULT:
        given = rows
        judged = timed(name, given.height, lambda step=made(name), given=given: step.verdicts(given))
        rows = judged.rows.join(judged.drops.select("at"), on="at", how="anti", maintain_order="left")
        notes[name] = {"in": given.height, "dropped": judged.drops.height, "seconds": costs[-1][3], **judged.notes}
    lost = pl.DataFrame(schema={name: pl.String for name in ("id", "step", "reason", "evidence", "row")})
    timed("report", total, lambda: page(before, rows, lost, notes))
    with tempfile.TemporaryDirectory() as folder:
        timed("write", rows.height, lambda: closed(rows).write_parquet(Path(folder) / "data.parquet"))
    cpu, wall = sum(cost[2] for cost in costs), sum(cost[3] for cost in costs)
    costs.append(("**all**", total, cpu, wall))
    steps = [[name, count or total, round(c, 2), round(w, 2), round((count or total) / max(c, 1e-9))]
             for name, count, c, w in costs]
    save("clean_steps", "Cleaning, step by step", f"The default steps over {total:,} rows of {DATA.name}, warm.",
         [{"caption": "clean", "columns": ["step", "rows", "CPU s", "wall s", "rows/s of CPU"], "rows": steps},
          {"caption": "Six regular expressions over the answers", "columns": ["method", "rows", "CPU s", "rows/s of CPU"],
           "rows": _filters()}], [])


def _filters() -> list[list[Any]]:
    import re

    import datasets

    answers = pl.read_parquet(DATA, columns=["output"])
    compiled = [re.compile(pattern) for pattern in PATTERNS]
    began = time.process_time()
    kept = answers.filter(~pl.any_horizontal(pl.col("output").str.contains(pattern) for pattern in PATTERNS)).height
    ours = time.process_time() - began
    given = datasets.Dataset.from_polars(answers)
    datasets.disable_progress_bars()
    began = time.process_time()
    same = len(given.filter(lambda batch: [not any(p.search(text or "") for p in compiled) for text in batch["output"]],
                            batched=True, keep_in_memory=True, load_from_cache_file=False))
    theirs = time.process_time() - began
    if kept != same:
        raise AssertionError(f"polars keeps {kept} rows, datasets {same}")
    return [["**polars**", answers.height, round(ours, 2), round(answers.height / ours)],
            ["datasets.filter, batched", answers.height, round(theirs, 2), round(answers.height / theirs)]]
