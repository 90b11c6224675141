"""How near-duplicates grow with the rows: ours, compiled, from 10,000 to a million."""

import itertools
import json
import math
import random
import sys
import tempfile
from pathlib import Path

import polars as pl

from benchmarks.near_duplicates import DATA, LIMIT
from benchmarks.peer import HERE, run
from benchmarks.results import save
from instructwild.console.terminal import console

SIZES = (10_000, 50_000, 100_000, 200_000, 500_000, 1_000_000)
LEAD = "Ours, compiled, one thread; the exponent is that of growth since the line before."
NOTE = (f"Beyond the real rows of {DATA.name}, rows are made by splicing the first part of one real row and the last part "
        "of another, each cut at a random character (seeded). They bring few new words: lists of rows per word are longer "
        "than with real ones.")
COLUMNS = ["rows", "CPU s", "peak MB", "dropped", "exponent"]


def main() -> None:
    if not DATA.exists():
        return
    with tempfile.TemporaryDirectory() as scratch:
        growth = [grown(size, Path(scratch)) for size in SIZES]
    save("near_growth", "Near-duplicates: growth", LEAD,
         [{"caption": "From raw text to verdicts", "columns": COLUMNS, "rows": with_exponents(growth)}], [NOTE])


def grown(size: int, scratch: Path) -> tuple[int, float, float, int]:
    """Ours on so many rows: (rows, CPU seconds, MB, dropped). Where there are fewer real ones, spliced ones are added."""
    texts = pl.read_parquet(DATA, n_rows=size)["instruction"].to_list()
    texts += spliced(texts, size - len(texts))
    path = scratch / "growth.jsonl"
    with path.open("w", encoding="utf-8") as out:
        for text in texts:
            out.write(json.dumps({"text": text}) + "\n")
    outcome = run(Path(sys.executable), HERE / "peers" / "near_ours.py", [str(path)], LIMIT)
    console.print("growth", size, outcome.error or outcome.answer["cpu"])
    return size, outcome.answer["cpu"], outcome.answer["megabytes"], len(outcome.answer["dropped"])


def spliced(texts: list[str], count: int) -> list[str]:
    """Made-up rows: the first part of one real row and the last part of another, cut at a random character."""
    rng = random.Random(1)
    made = []
    for _ in range(count):
        first, second = rng.choice(texts), rng.choice(texts)
        made.append(first[:rng.randrange(len(first) + 1)] + " " + second[rng.randrange(len(second) + 1):])
    return made


def with_exponents(growth: list[tuple[int, float, float, int]]) -> list[list[str]]:
    """Rows of the table, each with the exponent of growth since the line before."""
    exponents = ["", *(f"{math.log(b[1] / a[1]) / math.log(b[0] / a[0]):.2f}" for a, b in itertools.pairwise(growth))]
    return [[f"{size:,}", f"{seconds:.2f}", f"{megabytes:,.0f}", f"{dropped:,}", exponent]
            for (size, seconds, megabytes, dropped), exponent in zip(growth, exponents, strict=True)]
