"""`clean` with one process and with several, in turns, on the same real rows: the same bytes, wall time and CPU."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl

from benchmarks.clean_steps import DATA
from benchmarks.results import save
from instructwild.stage.content import sha256_of

COUNTS = (1, 2, 3)
TURNS = int(os.environ.get("BENCH_TURNS", "2"))
SETTINGS = {"default steps": (), "with --mask all": ("--mask", "all")}


def main() -> None:
    if not DATA.exists():
        return
    size = int(os.environ.get("BENCH_WORKER_ROWS", "200000"))
    table = []
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "rows.parquet"
        pl.read_parquet(DATA, n_rows=size).write_parquet(source)
        for label, options in SETTINGS.items():
            best: dict[int, tuple[float, float]] = {}
            written: dict[str, set[str]] = {"data.parquet": set(), "dropped.parquet": set()}
            for turn in range(TURNS):
                for count in COUNTS:
                    out = Path(folder) / f"{len(table)}-{turn}-{count}"
                    wall, cpu = _run(source, out, [*options, "--workers", str(count)])
                    least = best.get(count, (wall, cpu))
                    best[count] = (min(wall, least[0]), min(cpu, least[1]))
                    for name, hashes in written.items():
                        hashes.add(sha256_of(out / name))
            if any(len(hashes) > 1 for hashes in written.values()):
                raise AssertionError(f"{label}: the bytes differ")
            table += [[label, count, round(wall, 1), round(cpu, 1), round(best[1][0] / wall, 2)]
                      for count, (wall, cpu) in best.items()]
    save("workers", "Cleaning in several processes",
         f"`instructwild clean` of {size:,} rows of {DATA.name}, whole program; the least of {TURNS} turns.",
         [{"caption": "data.parquet and dropped.parquet have the same sha256 in every run",
           "columns": ["steps", "--workers", "wall s", "CPU s", "times as quick"], "rows": table}],
         ["Parts of the steps in polars use all cores with one process too."])


def _run(source: Path, out: Path, options: list[str]) -> tuple[float, float]:
    before, began = os.times(), time.monotonic()
    subprocess.run([sys.executable, "-m", "instructwild", "clean", source, "--out", out, *options], check=True,
                   capture_output=True)
    after = os.times()
    return (time.monotonic() - began,
            after.children_user - before.children_user + after.children_system - before.children_system)
