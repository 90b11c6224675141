"""How near-duplicates that ask for the same (the default of `clean`) grow with the rows: CPU and memory, made texts."""

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from benchmarks.near_duplicates import DATA
from benchmarks.results import save
from instructwild.console.terminal import console

SIZES = tuple(int(size) for size in os.environ.get("BENCH_SIZES", "10000,100000,1000000").split(","))
MEASURED = """
import resource, sys, time
import polars as pl
from instructwild.clean.near import SameRequests, same_requests
same_requests.BOUNDED = 0
texts = pl.read_ipc(sys.argv[1])["text"]
SameRequests(["a b"], sifted=True)
before, cpu = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
merged = SameRequests(texts)
print(time.process_time() - cpu, before / 1024, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, merged.dropped)
"""


def made(texts: list[str], count: int) -> Iterator[str]:
    """As many texts as wanted: real ones first, then the first part of one and the last part of another (seeded)."""
    yield from texts[:count]
    rng = random.Random(1)
    for _ in range(count - len(texts)):
        first, second = rng.choice(texts), rng.choice(texts)
        yield first[:rng.randrange(len(first) + 1)] + " " + second[rng.randrange(len(second) + 1):]


def main() -> None:
    if not DATA.exists():
        return
    table = []
    for size in SIZES:
        texts = pl.read_parquet(DATA, n_rows=size)["instruction"].to_list()
        path = Path(f"growth-{os.getpid()}.arrow")
        pl.DataFrame({"text": pl.Series(list(made(texts, size)), dtype=pl.String)}).write_ipc(path)
        try:
            answer = subprocess.run([sys.executable, "-c", MEASURED, path], check=True, capture_output=True, text=True)
        finally:
            path.unlink()
        seconds, before, peak, dropped = map(float, answer.stdout.split())
        table.append([f"{size:,}", round(seconds, 1), round(size / seconds), round(before), round(peak), f"{dropped:,.0f}"])
        console.print(*table[-1])
    save("near_requests_growth", "Near-duplicates that ask for the same: growth",
         "The default rule, one process, groups decided one after another; each size in a process of its own.",
         [{"caption": "From texts to verdicts", "columns": ["rows", "CPU s", "rows/s of CPU", "MB before", "MB at the peak",
                                                            "dropped"], "rows": table}],
         [f"Beyond the real rows of {DATA.name}, rows are made by splicing two of them at random characters (seeded)."])
