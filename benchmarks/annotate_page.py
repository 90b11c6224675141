"""Our ranking page under load: fifty people submit once a second each, for ten minutes, at twenty thousand records.

    python -m benchmarks.annotate_page [--seconds 600] [--people 50] [--records 20000] [--state FILE]

Printed are the latencies of a submission and of the next question, the server's CPU time and memory, the seconds of the
lead's overview, the load of the machine, and whether all that was acknowledged is there once. After every half minute the
state is written to --state; the same command goes on from there and measures only what is left. Runs shorter than ten
minutes are printed and not kept among the results.
"""

import argparse
import http.client
import json
import os
import random
import shutil
import signal
import statistics
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from benchmarks.results import save
from instructwild.stage.atomic import write_atomic
from instructwild_annotation.page.exchange import push_rows, read_rankings
from instructwild_annotation.page.store import Store
from tests.annotation.argilla.conftest import free_port
from tests.annotation.page.test_page_command import start
from tests.annotation.rows import row

PART = 30.0         # seconds between two states
OVERLAP = 3


def main() -> None:
    """Measure what is left, and save when all is measured."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--state", type=Path, default=Path(tempfile.gettempdir()) / "annotate-page-load.json")
    options = parser.parse_args()
    os.environ["INSTRUCTWILD_SALT"] = "salt and pepper"
    plan = {name: getattr(options, name) for name in ("seconds", "people", "records")}
    state = json.loads(options.state.read_text()) if options.state.exists() else {}
    if state.get("plan") != plan:
        state = {"plan": plan, "done": 0.0, "submit": [], "next": [], "memory": [], "overview": [], "kept": 0,
                 "cpu": 0.0, "load": []}
        shutil.rmtree(_home(options.state), ignore_errors=True)
    with Store(_home(options.state)) as store:
        if not state["done"]:
            push_rows(store, _rows(options.records), overlap=OVERLAP)
        links = [f"#{store.invite(f'person {number}', renew=True)}" for number in range(options.people)]
        lead = f"#{store.invite('lead', role='lead', renew=True)}"
    port = free_port()
    process = start(_home(options.state), port)
    try:
        while state["done"] < options.seconds:
            seconds = min(PART, options.seconds - state["done"])
            _part(port, links, lead, seconds, state, process.pid)
            state["done"] += seconds
            write_atomic(options.state, json.dumps(state))
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    with Store(_home(options.state)) as store:
        rankings = [ranking for each in read_rankings(store).rows for ranking in each.rankings]
    _save(state, options, len(rankings))
    options.state.unlink()
    shutil.rmtree(_home(options.state), ignore_errors=True)


def _home(state: Path) -> Path:
    return state.with_suffix(".home")


def _rows(count: int) -> list[Any]:
    rng = random.Random(1)
    words = ["sea", "sky", "harbour", "lantern", "kettle", "orchard", "winter", "bridge", "船", "海", "灯", "桥"]
    return [row(f"Question {number}: {' '.join(rng.choices(words, k=12))}?", [" ".join(rng.choices(words, k=150))
                for _ in range(3)], language="en" if number % 2 else "zh-Hans") for number in range(count)]


class Client:
    """One person's browser, as cheap as can be: it shares the cores with the server that is measured."""

    def __init__(self, port: int, link: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = {"x-annotate": "1", "content-type": "application/json"}
        _, cookie = self._request("POST", "/api/session", {"token": link.partition("#")[2]})
        self.headers["cookie"] = cookie.partition(";")[0]

    def request(self, method: str, path: str, body: Any = None) -> tuple[Any, float]:
        """The JSON that is answered, and the seconds until it was there."""
        began = time.perf_counter()
        raw, _ = self._request(method, path, body)
        return json.loads(raw), time.perf_counter() - began

    def _request(self, method: str, path: str, body: Any) -> tuple[bytes, str]:
        self.connection.request(method, path, body=None if body is None else json.dumps(body), headers=self.headers)
        answer = self.connection.getresponse()
        raw = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {raw[:200]!r}")
        return raw, answer.getheader("set-cookie", "")

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


def _part(port: int, links: list[str], lead: str, seconds: float, state: dict[str, Any], pid: int) -> None:
    """So many seconds of everybody's work, and the lead's overview in the middle of it."""
    submits: list[float] = []
    nexts: list[float] = []
    until = time.monotonic() + seconds

    def work(link: str, number: int) -> None:
        rng = random.Random(number)
        client = Client(port, link)
        time.sleep(rng.random())
        while (due := time.monotonic() + 1.0) < until:
            answer, waited = client.request("POST", "/api/next", {})
            nexts.append(waited)
            _, waited = client.request("POST", f"/api/item/{answer['item']['id']}", {
                "ranks": [rng.randint(1, 3) for _ in range(3)], "seconds": 1})
            submits.append(waited)
            time.sleep(max(due - time.monotonic(), 0))
        client.close()

    cpu = _cpu_seconds(pid)
    threads = [threading.Thread(target=work, args=(link, number)) for number, link in enumerate(links)]
    for thread in threads:
        thread.start()
    client = Client(port, lead)
    time.sleep(seconds / 2)
    state["overview"].append(round(client.request("GET", "/api/lead")[1], 3))
    client.close()
    for thread in threads:
        thread.join()
    state["submit"] += [round(value, 4) for value in submits]
    state["next"] += [round(value, 4) for value in nexts]
    state["kept"] += len(submits)
    state["cpu"] += _cpu_seconds(pid) - cpu
    state["memory"].append(_memory(pid))
    state["load"].append(os.getloadavg()[0])


def _memory(pid: int) -> float:
    """Megabytes of the process that are in memory; 0 where there is no /proc."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    except OSError:
        return 0.0


def _cpu_seconds(pid: int) -> float:
    """User and system time of the process so far; 0 where there is no /proc."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except OSError:
        return 0.0


def _save(state: dict[str, Any], options: argparse.Namespace, stored: int) -> None:
    def figures(values: list[float]) -> list[str]:
        cuts = statistics.quantiles(values, n=100)
        return [f"{len(values):,}", *(f"{value * 1000:.0f}" for value in (statistics.median(values), cuts[94], cuts[98]))]

    memory = state["memory"]
    lead = (f"{options.people} people submit once a second each for {options.seconds:.0f} s, {options.records:,} records: "
            f"{state['kept']:,} submissions acknowledged, {stored:,} rankings in the file; the server's memory "
            f"{memory[0]:.0f} MB after the first half minute, {memory[len(memory) // 2]:.0f} MB in the middle, "
            f"{memory[-1]:.0f} MB at the end; the lead's "
            f"overview {max(state['overview']):.2f} s at most. The server took {state['cpu']:.0f} s of CPU, "
            f"{state['cpu'] / (len(state['submit']) + len(state['next'])) * 1000:.1f} ms a request. Load of the machine: "
            f"{min(state['load']):.0f} to {max(state['load']):.0f}.")
    print(lead, figures(state["submit"]), figures(state["next"]), sep="\n")
    if options.seconds < 600:
        return
    save("annotate_page", "Annotate: our own page under load", lead,
         [{"caption": "Milliseconds", "columns": ["request", "number", "median", "95%", "99%"],
           "rows": [["submission", *figures(state["submit"])], ["next question", *figures(state["next"])]]}],
         ["Server and clients share the machine's cores, with whatever else ran."])


if __name__ == "__main__":
    main()
