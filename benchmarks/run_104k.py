"""The recipe `instructionwild-104k`, all of it, against a scripted endpoint on this machine that behaves like a real one.

The endpoint, in its own process, takes its time, turns requests away with 429 and Retry-After when it is asked too much, and
now and then refuses, breaks off, answers in another form or language, or repeats itself, in English and Chinese. The seeds
are an X archive of invented posts. Interrupted, it goes on: run it again with the same folder.

    python -m benchmarks.run_104k FOLDER [--rows N] [--minutes M] [--hostile --against FOLDER] [--save]

`--hostile` adds status 500, hangs, half answers, HTML, wrong JSON and slow drips: the rows have to be the same as without.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from benchmarks.results import save
from instructwild.llm.scripted import Script, question
from instructwild.llm.scripted_server import FaultInjection, ScriptedServer
from instructwild.stage import load

PRICE = (0.15, 0.60)
SEEDS = 450
FAIR = FaultInjection(latency=0.15, capacity=100, retry_after=0.2)
HOSTILE = replace(FAIR, server_errors=0.03, hangs=0.001, half_answers=0.02, html=0.02, wrong_json=0.02, slow_drips=0.02,
                  hang_seconds=3)
FAULTS = ("server_errors", "hangs", "half_answers", "html", "wrong_json", "slow_drips")
STAGES = ("seeds", "expand", "clean", "answers")


def write_archive(path: Path) -> None:
    """An X archive of invented posts: prompts in both languages under a label, and talk between them."""
    rng = random.Random(104)
    posts = []
    for number in range(SEEDS):
        for language, label in (("en", "Prompt: "), ("zh", "提示词：")):
            posts.append(label + question(language, rng))
        posts.append(f"what a day, bus {number} was late again lol")
    tweets = [{"tweet": {"id_str": str(10**18 + n), "full_text": text, "created_at": "Wed Mar 01 10:00:00 +0000 2023",
                         "entities": {}}} for n, text in enumerate(posts)]
    path.write_text("window.YTD.tweets.part0 = " + json.dumps(tweets, ensure_ascii=False), encoding="utf-8")


def serve(connection, faults: FaultInjection, bill: Path) -> None:
    """The endpoint's process: it leaves its bill behind when it is ended."""
    async def forever() -> None:
        endpoint = ScriptedServer(Script(), faults, seed=time.time_ns())
        server, port = await endpoint.start()
        connection.send(port)
        loop, over = asyncio.get_running_loop(), asyncio.Event()
        loop.add_signal_handler(signal.SIGTERM, over.set)
        async with server:
            await over.wait()
        sent, received = endpoint.bill.tokens
        bill.write_text(json.dumps({"sent": sent, "received": received, "answers": len(endpoint.bill.charged),
                                    "at_once": endpoint.bill.most_at_once, **endpoint.bill.seen}))
        os._exit(0)

    asyncio.run(forever())


@contextmanager
def endpoint(faults: FaultInjection, bill: Path):
    """The endpoint while the block runs; its address."""
    receiving, sending = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(sending, faults, bill), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{receiving.recv()}/v1"
    finally:
        process.terminate()
        process.join(10)


def run(folder: Path, rows: int, faults: FaultInjection, minutes: float) -> bool:
    """Run the recipe, or go on with it, for so long; whether it is finished."""
    archive = folder / "tweets.js"
    if not archive.exists():
        folder.mkdir(parents=True, exist_ok=True)
        write_archive(archive)
    with endpoint(faults, folder / f"bill-{time.time_ns()}.json") as url:
        command = [sys.executable, "-m", "instructwild", "run", "instructionwild-104k", "--out", str(folder / "out")]
        variables = {"posts": archive, "model": f"{url}#scripted", "price": f"{PRICE[0]},{PRICE[1]}", "rows": rows}
        command += [word for name, value in variables.items() for word in ("--set", f"{name}={value}")]
        process = subprocess.Popen(command, start_new_session=True)
        try:
            return process.wait(minutes * 60) == 0
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGINT)
            process.wait(60)
            return False


def manifests(folder: Path) -> dict[str, dict]:
    """What the finished stages say of themselves, by name."""
    return {name: json.loads((folder / "out" / name / "manifest.json").read_text(encoding="utf-8"))
            for name in STAGES if (folder / "out" / name / "manifest.json").exists()}


def billed(folder: Path) -> Counter:
    """What the endpoint charged and met with, all pieces of the run together."""
    total: Counter = Counter()
    for path in folder.glob("bill-*.json"):
        manifest = json.loads(path.read_text(encoding="utf-8"))
        most = max(total["at_once"], manifest["at_once"])
        total.update(manifest)
        total["at_once"] = most
    return total


def open_ledger(folder: Path, name: str, query: str) -> float:
    """A figure of the ledger of a stage that is not finished; 0 where there is none."""
    path = folder / "out" / name / ".work" / "calls.sqlite"
    return (sqlite3.connect(path).execute(query).fetchone()[0] or 0) if path.exists() else 0


def open_spending(folder: Path) -> float:
    """US$ that stages have spent which are not finished."""
    return sum(open_ledger(folder, name, "SELECT sum(usd) FROM replies") for name in STAGES)


def table(folder: Path) -> list[list]:
    """One row a stage: rows, requests, tokens, US$, seconds, memory."""
    rows = []
    for name, manifest in manifests(folder).items():
        kept, metrics = manifest["rows"]["kept"], manifest["metrics"]
        rows.append([name, f"{manifest['rows']['in']:,}", f"{kept:,}", f"{metrics.get('requests', 0):,}",
                     f"{manifest['tokens']['prompt'] + manifest['tokens']['completion']:,}", f"{manifest['usd']:.4f}",
                     f"{manifest['seconds']:.0f}", manifest["peak_memory_mb"],
                     ", ".join(f"{reason} {count:,}" for reason, count in manifest["reasons"].items()) or "–"])
    return rows


def lines_about(folder: Path) -> list[str]:
    """What the run shows beside its table."""
    bill, stages = billed(folder), manifests(folder)
    last = next(name for name in reversed(STAGES) if name in stages)
    rows = load(folder / "out" / last).frame()
    languages = rows["language"].str.slice(0, 2).value_counts(sort=True).rows()
    usd = sum(manifest["usd"] for manifest in stages.values()) + open_spending(folder)
    possible = stages["expand"]["metrics"]["possibly_charged"]
    charged = (bill["sent"] * PRICE[0] + bill["received"] * PRICE[1]) / 1e6
    return [f"After {last}: {rows.height:,} rows ({', '.join(f'{tag} {count:,}' for tag, count in languages)}), "
            f"{rows['id'].n_unique():,} different ids.",
            f"US$ {usd:.4f} by manifests and ledgers, {charged:.4f} by the endpoint's bill ({bill['answers']:,} answers "
            f"charged); {possible:.4f} more may have been charged for attempts of expand that broke off.",
            f"The endpoint met {bill['429']:,} requests with 429, at most {bill['at_once']} at once; "
            + (", ".join(f"{name} {bill[name]:,}" for name in FAULTS if bill[name]) or "nothing else") + "."]


def main() -> None:
    """Run, go on, say what came of it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=106_000)
    parser.add_argument("--hostile", action="store_true")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--against", type=Path, help="a finished folder that must hold the same rows")
    parser.add_argument("--save", action="store_true")
    arguments = parser.parse_args()
    began = time.monotonic()
    done = run(arguments.folder, arguments.rows, HOSTILE if arguments.hostile else FAIR, arguments.minutes)
    print(f"{'finished' if done else 'not finished: run again to go on'} after {time.monotonic() - began:.0f} s")
    for row in table(arguments.folder):
        print(*row, sep=" | ")
    if "expand" not in manifests(arguments.folder):
        return
    notes = lines_about(arguments.folder)
    if not done:
        answered = open_ledger(arguments.folder, "answers", "SELECT count(*) FROM replies")
        notes.append(f"Not finished: of the last stage {answered:,} answers were there. The same command goes on.")
    if arguments.against:
        own, fair = ([load(folder / "out" / name).frame()["id"] for name in STAGES]
                     for folder in (arguments.folder, arguments.against))
        same = all(ids.equals(others) for ids, others in zip(own, fair, strict=True))
        notes.append(f"The rows of every stage are {'' if same else 'NOT '}those of the fair endpoint, in the same order.")
    print(*notes, sep="\n")
    if arguments.save:
        kind = "hostile" if arguments.hostile else "fair"
        save(f"run_104k_{kind}", f"The recipe instructionwild-104k at a {kind} endpoint",
             f"{'All of it' if done else 'As far as it came'}, {arguments.rows:,} new rows wanted, against a scripted "
             "loopback endpoint in its own process (latency 150 ms, 100 at once, else 429; priced at "
             f"US$ {PRICE[0]} and {PRICE[1]} a million tokens; both on two cores).",
             [{"caption": "Stages", "columns": ["stage", "rows in", "kept", "requests", "tokens", "US$", "seconds",
                                                "peak MiB", "dropped for"], "rows": table(arguments.folder)}], notes)


if __name__ == "__main__":
    main()
