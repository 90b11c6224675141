"""The demo reaches its last line with other seeds, in both dtypes, on one thread and two, on an older instruction set.

A run that is cut goes on: its folder stays below `benchmarks/results/unfinished/` until it has ended.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

UNFINISHED = Path(__file__).resolve().parents[2] / "benchmarks/results/unfinished"
OLDER = {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2"}
SHORT = re.compile(r"^  (\S+): (its gate failed: .+|skipped: .+)$", re.MULTILINE)


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.parametrize(("seed", "dtype", "threads", "environment"), [
    *((seed, "auto", 2, {}) for seed in range(5)),
    (0, "bfloat16", 1, {}), (0, "float32", 2, {}), (0, "bfloat16", 2, OLDER), (0, "float32", 1, OLDER)],
    ids=[*(f"seed {seed}" for seed in range(5)), "bfloat16 one thread", "float32", "bfloat16 older instructions",
         "float32 one thread older instructions"])
def test_the_demo_reaches_its_last_line(seed, dtype, threads, environment, request, record_property):
    out = UNFINISHED / re.sub(r"[^a-z0-9]+", "-", request.node.name)
    command = [sys.executable, "-m", "instructwild", "run", "demo", "--out", str(out), "--set", f"seed={seed}",
               "--set", f"dtype={dtype}"]
    began = time.monotonic()
    run = subprocess.run(command, capture_output=True, text=True,
                         env={**os.environ, "OMP_NUM_THREADS": str(threads), **environment})
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-3000:]
    assert run.stdout.splitlines()[-1] == str(out / "index.html")
    record_property("minutes", f"{(time.monotonic() - began) / 60:.1f}")
    for name, why in SHORT.findall(run.stdout):
        record_property(f"stage {name}", why)
    shutil.rmtree(out)
