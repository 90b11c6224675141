"""Many generation requests against a hostile endpoint on this machine: nothing lost or paid twice, memory and handles flat.

    BENCH_REQUESTS=10000 python -m benchmarks soak

`instructwild respond` runs as a program of its own; every half second its memory and open files are read from /proc. The
endpoint refuses, breaks off, answers with nonsense or hangs in one request of eight.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.results import save
from instructwild.llm.scripted_server import FaultInjection, serve_scripted
from instructwild.stage.manifest import read_manifest

REQUESTS = int(os.environ.get("BENCH_REQUESTS", "2000"))
FAULTS = FaultInjection(latency=0.05, capacity=48, server_errors=0.05, hangs=0.002, half_answers=0.03, html=0.02,
                        wrong_json=0.02, hang_seconds=20)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, serve_scripted(faults=FAULTS) as (url, server):
        prompts, out = Path(folder) / "prompts.jsonl", Path(folder) / "out"
        prompts.write_text("".join(json.dumps({"instruction": f"Tell me of the town number {number}."}) + "\n"
                                   for number in range(REQUESTS)))
        began = time.monotonic()
        child = subprocess.Popen([sys.executable, "-m", "instructwild", "respond", prompts, "--out", out, "--model",
                                  f"{url}#scripted", "--timeout", "5", "--price", "1,1"], stderr=subprocess.DEVNULL)
        seen = []
        while child.poll() is None:
            if (sample := _held(child.pid)) is not None:
                seen.append(sample)
            time.sleep(0.5)
        seconds = time.monotonic() - began
        if child.returncode:
            raise RuntimeError(f"respond ended with {child.returncode}")
        manifest, bill = read_manifest(out), server.bill
        if manifest.rows.in_ != REQUESTS:
            raise AssertionError(f"{REQUESTS} prompts, {manifest.rows.in_} rows")
        if bill.twice:
            raise AssertionError(f"{len(bill.twice)} requests were charged twice")
    quarter = max(1, len(seen) // 4)
    parts = {"first quarter": seen[:quarter], "last quarter": seen[-quarter:]}
    save("soak", "Many requests at a hostile endpoint",
         f"`instructwild respond`, {REQUESTS:,} prompts, one answer each, {seconds:.0f} s; the endpoint fails in about one "
         "request of eight.",
         [{"caption": "Memory and open files of the program while it runs",
           "columns": ["", "MiB, least", "MiB, most", "open files, least", "open files, most"],
           "rows": [[name, min(rss for rss, _ in part), max(rss for rss, _ in part), min(files for _, files in part),
                     max(files for _, files in part)] for name, part in parts.items()]},
          {"caption": "What became of the requests", "columns": ["what", "how many"],
           "rows": [["answered", manifest.rows.kept], ["left, with the reason", manifest.rows.dropped],
                    ["requests that the endpoint saw", sum(bill.seen.values())],
                    ["charged", len(bill.charged)], ["charged twice", len(bill.twice)]]}], [])


def _held(pid: int) -> tuple[int, int] | None:
    """Resident MiB and open files of a process; None where it has ended."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") // 2**20, len(os.listdir(f"/proc/{pid}/fd"))
    except (OSError, IndexError):
        return None
