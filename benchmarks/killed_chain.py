"""The whole chain of data, killed at random moments: nothing lost, nothing doubled or paid twice, the same rows at the end.

    BENCH_KILLS=200 python -m benchmarks killed_chain

collect, expand, clean on disk, respond, candidates with a judge, convert to preference pairs and to messages in shards, one
command after another in one process, which is killed (SIGKILL) after a random time and begun again until it comes to an end.
"""

import json
import multiprocessing
import os
import random
import shutil
import sys
import tempfile
import time
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

from benchmarks.results import save
from instructwild.llm.scripted import Script, question
from instructwild.llm.scripted_server import FaultInjection, serve_scripted
from instructwild.stage import load
from instructwild.stage.manifest import read_manifest

KILLS = int(os.environ.get("BENCH_KILLS", "200"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "3600"))
"""After so many seconds no further chain is begun."""
FAULTS = FaultInjection(latency=0.02, capacity=8, retry_after=0.02, server_errors=0.02)
ASK = ["--price", "1,4", "--concurrency", "6"]
CHAIN: dict[str, list[str]] = {
    "seeds": ["collect", "jsonl", "{rows}", "--as-is", "--license", "cc0-1.0"],
    "expand": ["expand", "{out}/seeds", "--model", "{url}#scripted", "--target", "24", "--max-empty-requests", "20", *ASK],
    "clean": ["clean", "{out}/seeds", "{out}/expand", "--on-disk"],
    "answers": ["respond", "{out}/clean", "--model", "{url}#scripted", *ASK],
    "ranked": ["respond", "{out}/clean", "--model", "{url}#scripted", "-k", "3", "--judge", "{url}#scripted", *ASK],
    "pairs": ["convert", "{out}/ranked", "--to", "preference"],
    "messages": ["convert", "{out}/answers", "--to", "messages", "--shards", "2"],
}


def run_chain(rows: str, out: str, url: str) -> None:
    """All stages, each as its command; finished ones are skipped."""
    from instructwild.cli import main as command

    sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115
    for name, words in CHAIN.items():
        try:
            command([word.format(rows=rows, out=out, url=url) for word in words] + ["--out", f"{out}/{name}"])
        except SystemExit as ended:
            if ended.code:
                os._exit(int(ended.code) if isinstance(ended.code, int) else 1)


def main() -> None:
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["instructwild.cli", "instructwild.expand.run", "instructwild.expand.respond",
                                      "instructwild.expand.judges", "instructwild.clean.on_disk", "instructwild.convert",
                                      "instructwild.collect.pipeline", "openai", "polars", "rapidfuzz"])
    rng = random.Random(11)
    with tempfile.TemporaryDirectory() as folder:
        rows = Path(folder) / "rows.jsonl"
        rows.write_text("".join(json.dumps({"instruction": question(language, rng)}, ensure_ascii=False) + "\n"
                                for language in ("en", "zh") for _ in range(10)), encoding="utf-8")
        with serve_scripted(Script(), FAULTS) as (url, whole):
            seconds = _run(processes, rows, Path(folder) / "whole", url, None)
        expected, costs = _rows(Path(folder) / "whole"), _costs(Path(folder) / "whole")
        kills, chains, stages, began = 0, 0, dict.fromkeys(CHAIN, 0), time.monotonic()
        while kills < KILLS and time.monotonic() - began < SECONDS:
            out = Path(folder) / f"chain-{chains}"
            with serve_scripted(Script(), FAULTS, seed=chains) as (url, server):
                while _run(processes, rows, out, url, rng.uniform(0.02, 0.35) * seconds) is None:
                    kills += 1
                    stages[next((name for name in CHAIN if not (out / name / "manifest.json").exists()), "messages")] += 1
            chains += 1
            if _rows(out) != expected:
                raise AssertionError(f"chain {chains}: other rows than those of the undisturbed chain")
            if server.bill.twice or server.bill.charged != whole.bill.charged:
                raise AssertionError(f"chain {chains}: {len(server.bill.twice)} calls were charged twice")
            if max(abs(a - b) for a, b in zip(_costs(out), costs, strict=True)) > 1e-5:
                raise AssertionError(f"chain {chains}: the manifests tell {_costs(out)}, not {costs}")
            print(f"{kills} kills in {chains} chains, {time.monotonic() - began:.0f} s", flush=True)
            shutil.rmtree(out)
    save("killed_chain", "The chain of data killed at random moments",
         f"{kills} kills (SIGKILL) in {chains} chains of {len(CHAIN)} stages, an undisturbed one takes {seconds:.0f} s. "
         "Each chain came to the rows of the undisturbed one; its endpoint charged the same calls, none twice, and the "
         "manifests tell the same costs.",
         [{"caption": "The stage at work when the process was killed", "columns": ["stage", "kills"],
           "rows": [[" ".join(CHAIN[name][:1]) + f" ({name})", count] for name, count in stages.items()]}], [])


def _run(processes: ForkServerContext, rows: Path, out: Path, url: str, after: float | None) -> float | None:
    """Begin or go on with a chain; the seconds that it took, None where it was killed after so many."""
    out.mkdir(exist_ok=True)
    began = time.monotonic()
    process = processes.Process(target=run_chain, args=(str(rows), str(out), url))
    process.start()
    process.join(after)
    alive = process.is_alive()
    process.kill()
    process.join()
    if alive:
        return None
    if process.exitcode:
        raise RuntimeError(f"the chain ended with {process.exitcode}")
    return time.monotonic() - began


def _rows(out: Path) -> dict[str, list[Any]]:
    """What is in the rows of each stage, without the moments at which they were made."""
    return {name: [json.loads(json.dumps(row, default=str), object_hook=_timeless)
                   for row in load(out / name).frame().iter_rows(named=True)] for name in CHAIN}


def _costs(out: Path) -> list[float]:
    return [read_manifest(out / name).usd for name in CHAIN]


def _timeless(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in ("collected_at", "source", "seconds")}
