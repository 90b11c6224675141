"""The embedded Argilla: seconds to start, a queue page at ten thousand records, many annotators at once, a pull.

Its environment must be there: instructwild annotate serve --prepare.
"""

import os
import random
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from benchmarks.results import save
from instructwild_annotation.connection import Connection
from instructwild_annotation.pull import read_rankings
from instructwild_annotation.push import push_rows
from instructwild_annotation.server import environment
from instructwild_annotation.server.process import Home, running
from tests.annotation.argilla.conftest import Person, free_port
from tests.annotation.argilla.test_argilla_browser import ENGLISH, opened, rank_by_keys, signed_in, submit
from tests.annotation.argilla.test_argilla_server import Serving
from tests.annotation.rows import row
from tests.browser import CHROMIUM, FLAGS

RECORDS, PAGES, PEOPLE, EACH, MORE = 10_000, 60, 8, 30, 1000


def main() -> None:
    if not environment.is_ready(environment.location()):
        print("no server to measure: instructwild annotate serve --prepare")
        return
    python = environment.python(environment.location())
    os.environ["INSTRUCTWILD_SALT"] = "salt and pepper"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        home = Home(Path(folder) / "argilla")
        starts = [_started(home, python) for _ in range(4)]
        first = _first_ranking(Path(folder))
        with (running(home, python, "127.0.0.1", free_port()) as (url, process),
              Connection(url, server_home=home.path) as connection):
            clock = Clock(process.pid)
            loaded = clock.of(lambda: push_rows(connection, _rows("many", RECORDS, 3), "many", overlap=2))
            pages = _pages(connection, clock)
            pulled = clock.of(lambda: read_rankings(connection, "many"))
            latencies, kept, loading = _crowd(connection, clock)
    rows = [["ready, first start (database made)", *_told(starts[0])],
            ["ready, later starts, median of 3", *_told(_median(starts[1:]))],
            [f"push of {RECORDS:,} records with 3 answers", *_told(loaded)],
            [f"pull of {RECORDS:,} records", *_told(pulled)],
            [f"queue page at {RECORDS:,} records, median of {PAGES}", *_told(_median(pages), 3)],
            [f"queue page at {RECORDS:,} records, 95th percentile", f"{_high([page[0] for page in pages]):.3f}",
             f"{_high([page[1] for page in pages]):.3f}"]]
    if first is not None:
        rows.insert(2, ["from `annotate serve … --invite anna` to a first submitted ranking in Chromium: 1 command, 1 link, "
                        "1 click, 4 keys", f"{first:.1f}", "–"])
    save("annotate", "Annotate: the embedded Argilla", "Argilla 2.8.0 on SQLite, started by `instructwild annotate serve`; "
         "requests go through the REST API that the web page uses.",
         [{"caption": "Start, load, read", "columns": ["what", "seconds", "CPU seconds of the server"], "rows": rows},
          {"caption": f"{PEOPLE} annotators submit {EACH} rankings each while {MORE:,} records load",
           "columns": ["submissions", "kept", "median s", "95th percentile s", "all of it, s", "CPU seconds of the server"],
           "rows": [[PEOPLE * EACH, kept, f"{statistics.median(latencies):.2f}", f"{_high(latencies):.2f}",
                     *_told(loading)]]}],
         ["A queue page is what the web page asks for: ten pending records in the annotator's own order.",
          "Server and clients share the machine's cores, with whatever else ran: the CPU seconds say more "
          "than the seconds."])


class Clock:
    """Wall and CPU seconds of a piece of work, the latter of the server's process."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def spent(self) -> tuple[float, float]:
        """Wall clock, and the process's CPU seconds so far (0 where there is no /proc)."""
        try:
            fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            fields = ["0"] * 13
        return time.perf_counter(), (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def of(self, work: Callable[[], object]) -> tuple[float, float]:
        """(wall, CPU) seconds that the work takes."""
        before = self.spent()
        work()
        return self.since(before)

    def since(self, before: tuple[float, float]) -> tuple[float, float]:
        """(wall, CPU) seconds since then."""
        after = self.spent()
        return after[0] - before[0], after[1] - before[1]


def _told(cost: tuple[float, float], digits: int = 1) -> list[str]:
    return [f"{part:.{digits}f}" for part in cost]


def _median(costs: list[tuple[float, float]]) -> tuple[float, float]:
    return statistics.median(cost[0] for cost in costs), statistics.median(cost[1] for cost in costs)


def _first_ranking(folder: Path) -> float | None:
    """Seconds from the command line to a first submitted ranking, by a person who never hesitates; None without Chromium."""
    if CHROMIUM is None:
        return None
    from playwright.sync_api import sync_playwright

    source = folder / "candidates.jsonl"
    source.write_text(ENGLISH.model_dump_json() + "\n", encoding="utf-8")
    began = time.perf_counter()
    serving = Serving(folder / "newcomer", free_port(), source, "--invite", "anna")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = signed_in(browser, {"link": serving.invitation()})
        opened(page, "rankings-k3")
        rank_by_keys(page, (1, 2, 2))
        submit(page, 1)
        seconds = time.perf_counter() - began
        browser.close()
    serving.stop()
    return seconds


def _rows(name: str, count: int, size: int) -> list:
    rng = random.Random(name)
    return [row(f"{name} {i} {rng.random()}", [f"answer {j} of {rng.random()}" for j in range(size)])
            for i in range(count)]


def _started(home: Home, python: Path) -> tuple[float, float]:
    began = time.perf_counter()
    with running(home, python, "127.0.0.1", free_port()) as (_, process):
        return time.perf_counter() - began, Clock(process.pid).spent()[1]


def _pages(connection: Connection, clock: Clock) -> list[tuple[float, float]]:
    somebody = Person.invited(connection, "somebody")
    dataset = connection.datasets("many")[3]["id"]
    costs = [clock.of(lambda: somebody.queue(dataset)) for _ in range(PAGES)]
    somebody.http.close()
    return costs


def _crowd(connection: Connection, clock: Clock) -> tuple[list[float], int, tuple[float, float]]:
    """Seconds of each submission, how many were kept, and what it cost until all were in and everything was loaded."""
    push_rows(connection, _rows("crowd", 200, 2), "crowd", overlap=3)
    dataset = connection.datasets("crowd")[2]["id"]
    people = [Person.invited(connection, f"annotator {i}") for i in range(PEOPLE)]
    latencies: list[float] = []

    def work(person: Person) -> None:
        for _ in range(EACH):
            record = person.queue(dataset, limit=1)[0][0]
            began = time.perf_counter()
            answer = person.answer(record["id"], [{"value": "answer_a", "rank": 1}, {"value": "answer_b", "rank": 1}])
            latencies.append(time.perf_counter() - began)
            assert answer.json()["items"][0]["error"] is None

    before = clock.spent()
    with ThreadPoolExecutor(PEOPLE + 1) as pool:
        loading = pool.submit(push_rows, connection, _rows("more", MORE, 2), "more")
        list(pool.map(work, people))
        loading.result()
    cost = clock.since(before)
    for person in people:
        with suppress(Exception):
            person.http.close()
    return latencies, sum(len(person.rankings) for person in read_rankings(connection, "crowd").rows), cost


def _high(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


if __name__ == "__main__":
    main()
