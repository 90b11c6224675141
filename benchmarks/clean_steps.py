"""`clean` with its default steps, step by step; and six regular expressions in polars beside `datasets.filter`."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.peer import HERE
from benchmarks.results import save
from instructwild.clean.chunks import dropped_rows
from instructwild.clean.page import page
from instructwild.clean.pipeline import DEFAULT, made
from instructwild.clean.rows import closed, opened
from instructwild.clean.step import Step, Verdicts
from instructwild.read.instructions import read

DATA = Path(os.environ.get("BENCH_ROWS", HERE.parent.parent / "shared" / "data" / "bench" / "bench_200k.parquet"))
COLD = 104_000
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
    notes, lost = {}, []
    for name in DEFAULT:
        count = rows.height
        judged, rows, gone = timed(name, count, partial(_judged, made(name), rows))
        lost.append(gone)
        notes[name] = {"in": count, "dropped": gone.height, "seconds": costs[-1][3], **judged.notes}
    timed("report", total, lambda: page(before, rows, pl.concat(lost), notes))
    with tempfile.TemporaryDirectory() as folder:
        timed("write", rows.height, lambda: closed(rows).write_parquet(Path(folder) / "data.parquet"))
    cpu, wall = sum(cost[2] for cost in costs), sum(cost[3] for cost in costs)
    costs.append(("**all**", total, cpu, wall))
    steps = [[name, count or total, round(c, 2), round(w, 2), round((count or total) / max(c, 1e-9))]
             for name, count, c, w in costs]
    save("clean_steps", "Cleaning, step by step", f"The default steps over {total:,} rows of {DATA.name}, warm.",
         [{"caption": "clean", "columns": ["step", "rows", "CPU s", "wall s", "rows/s of CPU"], "rows": steps},
          {"caption": f"instructwild clean of {COLD:,} rows, whole program",
           "columns": ["compiled code", "wall s", "CPU s", "rows/s of CPU"], "rows": _programs()},
          {"caption": "Six regular expressions over the answers", "columns": ["method", "rows", "CPU s", "rows/s of CPU"],
           "rows": _filters()}], [])


def _judged(step: Step, rows: pl.DataFrame) -> tuple[Verdicts, pl.DataFrame, pl.DataFrame]:
    """What a step decides, the rows that stay, and those that left as they are written."""
    judged = step.verdicts(rows)
    kept = judged.rows.join(judged.drops.select("at"), on="at", how="anti", maintain_order="left")
    return judged, kept, dropped_rows(judged.rows, judged.drops, step.name)


def _programs() -> list[list[Any]]:
    """The command as a user starts it, first with nothing compiled, then again."""
    measured = []
    with tempfile.TemporaryDirectory() as folder:
        sample = Path(folder) / "rows.parquet"
        pl.read_parquet(DATA, n_rows=COLD).write_parquet(sample)
        for state in ("compiled now", "compiled before"):
            out = Path(folder) / state.replace(" ", "-")
            before, began = os.times(), time.monotonic()
            subprocess.run([sys.executable, "-m", "instructwild", "clean", sample, "--out", out], check=True,
                           capture_output=True, env={**os.environ, "NUMBA_CACHE_DIR": f"{folder}/cache"})
            wall, after = time.monotonic() - began, os.times()
            cpu = after.children_user - before.children_user + after.children_system - before.children_system
            measured.append([state, round(wall, 1), round(cpu, 1), round(COLD / cpu)])
    return measured


def _filters() -> list[list[Any]]:
    import re

    import datasets

    answers = pl.read_parquet(DATA, columns=["output"])
    compiled = [re.compile(pattern) for pattern in PATTERNS]
    began = time.process_time()
    kept = answers.filter(~pl.any_horizontal(pl.col("output").str.contains(pattern) for pattern in PATTERNS)).height
    ours = time.process_time() - began
    dataset = datasets.Dataset.from_polars(answers)
    datasets.disable_progress_bars()
    began = time.process_time()
    same = len(dataset.filter(lambda batch: [not any(p.search(text or "") for p in compiled) for text in batch["output"]],
                            batched=True, keep_in_memory=True, load_from_cache_file=False))
    theirs = time.process_time() - began
    if kept != same:
        raise AssertionError(f"polars keeps {kept} rows, datasets {same}")
    return [["**polars**", answers.height, round(ours, 2), round(answers.height / ours)],
            ["datasets.filter, batched", answers.height, round(theirs, 2), round(answers.height / theirs)]]
