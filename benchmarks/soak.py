"""Long runs at a hostile endpoint and behind a server: nothing lost or paid twice, memory and open files flat.

    BENCH_SOAK=requests,serve,page BENCH_REQUESTS=10000 BENCH_MINUTES=30 python -m benchmarks soak

`requests`: `instructwild respond` at an endpoint that refuses, breaks off, answers with nonsense or hangs in one request of
eight. `serve`: the tiny model behind `instructwild serve`, whose clients stream, break off, and send what is no request.
`page`: people rank on `instructwild annotate page`, reload, come with wrong links and leave without a word. Each runs as a
program of its own; every half second its memory and open files are read from /proc.
"""

import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from benchmarks.results import save
from instructwild.llm.scripted_server import FaultInjection, serve_scripted
from instructwild.stage.manifest import read_manifest

SOAKS = os.environ.get("BENCH_SOAK", "requests").split(",")
REQUESTS = int(os.environ.get("BENCH_REQUESTS", "2000"))
MINUTES = float(os.environ.get("BENCH_MINUTES", "30"))
CLIENTS, PAUSE = 4, float(os.environ.get("BENCH_PAUSE", "0.5"))
"""Visitors at once, and the most seconds that each waits between two visits."""
FAULTS = FaultInjection(latency=0.05, capacity=48, server_errors=0.05, hangs=0.002, half_answers=0.03, html=0.02,
                        wrong_json=0.02, hang_seconds=20)
TENTHS = (0.1, 0.25, 0.5, 0.75, 1.0)


class Sample(NamedTuple):
    """A look at a running program."""

    done: int
    mib: float
    files: int


def main() -> None:
    for name in SOAKS:
        {"requests": soak_requests, "serve": soak_serve, "page": soak_page}[name]()


def soak_requests() -> None:
    with tempfile.TemporaryDirectory() as folder, serve_scripted(faults=FAULTS) as (url, server):
        prompts, out = Path(folder) / "prompts.jsonl", Path(folder) / "out"
        prompts.write_text("".join(json.dumps({"instruction": f"Tell me of the town number {number}."}) + "\n"
                                   for number in range(REQUESTS)))
        began = time.monotonic()
        child = subprocess.Popen([sys.executable, "-m", "instructwild", "respond", prompts, "--out", out, "--model",
                                  f"{url}#scripted", "--timeout", "5", "--price", "1,1"], stderr=subprocess.DEVNULL)
        seen = watched(child, lambda: len(server.bill.charged))
        seconds = time.monotonic() - began
        if child.returncode:
            raise RuntimeError(f"respond ended with {child.returncode}")
        manifest, bill = read_manifest(out), server.bill
        if manifest.rows.in_ != REQUESTS:
            raise AssertionError(f"{REQUESTS} prompts, {manifest.rows.in_} rows")
        if bill.twice:
            raise AssertionError(f"{len(bill.twice)} requests were charged twice")
    under_way = [sample for sample in seen if 0 < sample.done < REQUESTS]
    save("soak", "Many requests at a hostile endpoint",
         f"`instructwild respond`, {REQUESTS:,} prompts, one answer each, {seconds:.0f} s; the endpoint fails in about one "
         f"request of eight. While requests are under way {_growth(under_way, 'answers')}; at the end, when rows and report "
         f"are written, {max(sample.mib for sample in seen):.0f} MiB.",
         [_table(under_way, "answers"),
          {"caption": "What became of the requests", "columns": ["what", "how many"],
           "rows": [["answered", manifest.rows.kept], ["left, with the reason", manifest.rows.dropped],
                    ["requests that the endpoint saw", sum(bill.seen.values())],
                    ["charged", len(bill.charged)], ["charged twice", len(bill.twice)]]}], [])


def soak_serve() -> None:
    server = subprocess.Popen([sys.executable, "-m", "instructwild", "serve", "tiny", "--port", "0"],
                              stderr=subprocess.PIPE, text=True)
    assert server.stderr is not None
    url = next(match[0] for line in server.stderr if (match := re.search(r"http://[\d.]+:\d+", line)))
    threading.Thread(target=server.stderr.read, daemon=True).start()
    _soak_server("soak_serve", "A server of a model, for long",
                 f"`instructwild serve tiny`: {CLIENTS} clients stream answers, break off in the midst of one, send what is "
                 "no request, and look at the chat page.", server,
                 lambda number, rng: _ask(url, number, rng), "requests")


def soak_page() -> None:
    from instructwild_annotation.page.exchange import push_rows, read_rankings
    from instructwild_annotation.page.store import Store
    from tests.annotation.argilla.conftest import free_port
    from tests.annotation.page.test_page_command import start
    from tests.annotation.rows import row

    os.environ.setdefault("INSTRUCTWILD_SALT", "salt and pepper")
    with tempfile.TemporaryDirectory() as folder:
        home, port = Path(folder) / "home", free_port()
        with Store(home) as store:
            push_rows(store, [row(f"Question {number}: why is the lake {number % 7}?", [f"Since it is {part} {number}."
                                  for part in "abc"]) for number in range(40_000)], overlap=1)
            links = [store.invite(f"person {number}") for number in range(CLIENTS)]
        kept: list[int] = []
        server = start(home, port)
        threading.Thread(target=server.stderr.read, daemon=True).start()
        threading.Thread(target=server.stdout.read, daemon=True).start()
        _soak_server("soak_page", "The annotation page, for long",
                     f"`instructwild annotate page`, 40,000 records: {CLIENTS} people sign in, rank, look at the pages, "
                     "break off, and come with links that are none.", server,
                     lambda number, rng: _rank(port, links[number % CLIENTS], rng, kept), "visits")
        with Store(home) as store:
            stored = sum(len(each.rankings) for each in read_rankings(store).rows)
        if stored != len(kept):
            raise AssertionError(f"{len(kept)} rankings were acknowledged, {stored} are there")


def _soak_server(name: str, title: str, lead: str, server: "subprocess.Popen[str]",
                 visit: Callable[[int, random.Random], None], what: str) -> None:
    """Visit a server for so long, from several threads, and save how much it held."""
    until = time.monotonic() + 60 * MINUTES
    visits: list[int] = []                                # appended to by all threads, which a sum would not bear
    broken: list[int] = []

    def client(number: int) -> None:
        rng = random.Random(number)
        while time.monotonic() < until and server.poll() is None:
            try:
                visit(number, rng)
            except httpx.TransportError:
                broken.append(number)
            visits.append(number)
            time.sleep(PAUSE * rng.random())

    def end() -> None:
        for thread in threads:
            thread.join()
        server.terminate()

    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    for thread in [*threads, threading.Thread(target=end)]:
        thread.start()
    seen = [sample for sample in watched(server, lambda: len(visits)) if 0 < sample.done < len(visits)]
    if server.returncode:
        raise RuntimeError(f"the server ended with {server.returncode}")
    if MINUTES < 10:
        print(_table(seen, what), _growth(seen, what), len(broken))
        return
    save(name, title, f"{lead} {MINUTES:.0f} min, {len(visits):,} {what}, {len(broken)} connections broken by the "
         f"server; {_growth(seen, what)}.", [_table(seen, what)], [])


def _ask(url: str, number: int, rng: random.Random) -> None:
    body = {"model": "tiny", "max_tokens": rng.choice((4, 16, 48)), "seed": rng.randrange(99), "stream": rng.random() < 0.7,
            "messages": [{"role": "user", "content": "why? " * rng.randrange(1, 60)}]}
    kind, path = rng.random(), f"{url}/v1/chat/completions"
    if kind < 0.1:
        httpx.post(path, content=rng.choice((b"{", b"[]", b'{"messages": 3}', b"\xff" * 99)), timeout=60)
    elif kind < 0.15:
        httpx.get(url, timeout=60)
    elif kind < 0.2:
        httpx.post(path, json={**body, "messages": [{"role": "user", "content": "long " * 9000}]}, timeout=60)
    else:
        with httpx.stream("POST", path, json=body, timeout=60) as answer:
            for line, _ in enumerate(answer.iter_lines()):
                if kind < 0.4 and line > 2:
                    return                                # the client leaves in the midst of an answer
            answer.raise_for_status()


def _rank(port: int, link: str, rng: random.Random, kept: list[int]) -> None:
    from tests.annotation.page.test_page_command import browser

    base = f"http://127.0.0.1:{port}"
    if (kind := rng.random()) < 0.1:
        httpx.post(f"{base}/api/session", headers={"x-annotate": "1"}, json={"token": "x" * rng.randrange(99)}, timeout=60)
    elif kind < 0.2:
        httpx.get(base + rng.choice(("/", "/nowhere", "/static/none.js")), timeout=60)
    client = browser(port, f"#{link}")
    for _ in range(rng.randrange(1, 6)):
        item = client.post("/api/next", json={}).json()["item"]
        if item is None or rng.random() < 0.1:
            break                                         # leaves without a word
        answer = {"ranks": [rng.randint(1, 3) for _ in item["answers"]], "seconds": 1}
        if client.post(f"/api/item/{item['id']}", json=answer).status_code == 200:
            kept.append(item["id"])
    client.close()


def watched(child: "subprocess.Popen[Any]", done: Callable[[], int]) -> list[Sample]:
    """Looks at a program until it ends."""
    seen = []
    while child.poll() is None:
        with suppress(OSError, IndexError):               # it has ended meanwhile
            pages = int(Path(f"/proc/{child.pid}/statm").read_text().split()[1])
            seen.append(Sample(done(), pages * os.sysconf("SC_PAGE_SIZE") / 2**20,
                               len(os.listdir(f"/proc/{child.pid}/fd"))))
        time.sleep(0.5)
    return seen


def _growth(seen: list[Sample], what: str) -> str:
    """How memory grew after the first tenth of the work, by least squares, in words."""
    later = [sample for sample in seen if sample.done >= 0.1 * seen[-1].done]
    slope = statistics.linear_regression([sample.done for sample in later], [sample.mib for sample in later]).slope
    return (f"memory grows by {1000 * slope:.2f} MiB for 1,000 {what} after the first tenth of them, open files from "
            f"{later[0].files} to {later[-1].files}")


def _table(seen: list[Sample], what: str) -> dict[str, Any]:
    """What was held at some parts of the work."""
    rows, begin = [], 0
    for part in TENTHS:
        end = next((number for number, sample in enumerate(seen, 1) if sample.done >= part * seen[-1].done), len(seen))
        span = seen[begin:max(end, begin + 1)]
        mib, files = [sample.mib for sample in span], [sample.files for sample in span]
        rows.append([f"{span[-1].done:,}", round(min(mib)), round(max(mib)), min(files), max(files)])
        begin = min(end, len(seen) - 1)
    return {"caption": "Memory and open files of the program while it runs",
            "columns": [f"up to so many {what}", "MiB, least", "MiB, most", "open files, least", "open files, most"],
            "rows": rows}
