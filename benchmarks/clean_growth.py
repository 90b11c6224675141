"""`clean` with rows on disk, from ten thousand rows to the largest number that this machine holds: CPU, memory, disk.

    BENCH_SIZES=10000,100000,1000000 BENCH_IN_MEMORY=1000000 python -m benchmarks clean_growth

The rows are made: real ones first, then the first part of one real prompt and the last part of another with the answer of
the first, cut at random characters (seeded), in shards of 50,000 rows.
"""

import os
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

import polars as pl

from benchmarks.clean_steps import DATA
from benchmarks.results import save
from instructwild.console.terminal import console
from instructwild.stage.content import sha256_of, size_of
from instructwild.stage.manifest import read_manifest

SIZES = tuple(int(size) for size in os.environ.get("BENCH_SIZES", "10000,30000,100000,300000").split(","))
IN_MEMORY = int(os.environ.get("BENCH_IN_MEMORY", "300000"))
"""Up to so many rows are cleaned in memory as well."""
SHARD = 50_000


def write_shards(folder: Path, count: int) -> None:
    """So many rows, deterministic, as Parquet files of 50,000."""
    folder.mkdir(parents=True)
    real = pl.read_parquet(DATA)
    prompts, inputs, answers = (real[name].fill_null("").to_list() for name in ("instruction", "input", "output"))
    rng = random.Random(1)
    for number, begin in enumerate(range(0, count, SHARD)):
        rows = []
        for at in range(begin, min(begin + SHARD, count)):
            if at < len(prompts):
                rows.append((prompts[at], inputs[at], answers[at]))
                continue
            first, second = rng.randrange(len(prompts)), rng.randrange(len(prompts))
            head, tail = prompts[first], prompts[second]
            prompt = head[:rng.randrange(len(head) + 1)] + " " + tail[rng.randrange(len(tail) + 1):]
            rows.append((prompt, "", answers[first]))
        pl.DataFrame(rows, schema=dict.fromkeys(("instruction", "input", "output"), pl.String), orient="row").write_parquet(
            folder / f"part-{number:05d}.parquet")


def cleaned(source: Path, out: Path, *options: str) -> tuple[float, float, int]:
    """CPU seconds, wall seconds and the peak resident MiB of one run of the whole program."""
    began = time.monotonic()
    child = os.posix_spawn(sys.executable, [sys.executable, "-m", "instructwild", "clean", str(source), "--out", str(out),
                                            *options], os.environ)
    _, status, usage = os.wait4(child, 0)
    if status:
        raise RuntimeError(f"clean {source} ended with {os.waitstatus_to_exitcode(status)}")
    return usage.ru_utime + usage.ru_stime, time.monotonic() - began, read_manifest(out).peak_memory_mb


def main() -> None:
    if not DATA.exists():
        return
    table = []
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as folder:
        for size in SIZES:
            source = Path(folder) / f"rows-{size}"
            write_shards(source, size)
            runs = {}
            for label, option in (("on disk", "--on-disk"), ("in memory", "--in-memory")):
                if label == "on disk" or size <= IN_MEMORY:
                    out = Path(folder) / label.replace(" ", "-")
                    shutil.rmtree(out, ignore_errors=True)
                    runs[label] = (*cleaned(source, out, option), out)
            for label, (cpu, wall, peak, out) in runs.items():
                manifest = read_manifest(out)
                table.append([f"{size:,}", label, round(cpu, 1), round(wall, 1), peak, round(cpu / runs["in memory"][0], 2)
                              if "in memory" in runs else "", f"{manifest.rows.kept:,}",
                              round(size_of(source) / 2**20), round(size_of(out) / 2**20)])
                console.print(*table[-1], manifest.metrics["steps"]["near"]["seconds"])
            if len(runs) > 1 and len({tuple(sha256_of(out / name) for name in ("data.parquet", "dropped.parquet"))
                                      for *_, out in runs.values()}) > 1:
                raise AssertionError(f"{size:,} rows: the bytes differ")
            shutil.rmtree(source)
    save("clean_growth", "Cleaning: growth",
         "`instructwild clean`, default steps, one process, whole program; rows on disk and rows in memory.",
         [{"caption": "The same bytes on disk and in memory, where both were run",
           "columns": ["rows", "", "CPU s", "wall s", "peak MiB", "CPU / in memory", "kept", "MiB in", "MiB out"],
           "rows": table}],
         [f"Beyond the real rows of {DATA.name}, prompts are the first part of one and the last part of another, cut at "
          "random characters (seeded), with the answer of the first."])
