"""The embedded Argilla: seconds to start, a queue page at ten thousand records, many annotators at once, a pull.

Its environment must be there: instructwild annotate serve --prepare.
"""

import os
import random
import statistics
import tempfile
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from benchmarks.results import save
from instructwild_annotation.connection import Connection
from instructwild_annotation.pull import harvest
from instructwild_annotation.push import push_rows
from instructwild_annotation.server import environment
from instructwild_annotation.server.process import Home, running
from tests.annotation.argilla.conftest import Person, free_port
from tests.annotation.argilla.test_argilla_browser import CHROMIUM, ENGLISH, FLAGS, opened, rank_by_keys, signed_in, submit
from tests.annotation.argilla.test_argilla_server import Serving
from tests.annotation.rows import row

RECORDS, PAGES, PEOPLE, EACH, MORE = 10_000, 60, 8, 30, 1000


def main() -> None:
    if not environment.is_ready(environment.location()):
        print("no server to measure: instructwild annotate serve --prepare")
        return
    python = environment.ensure(lambda line: None)
    os.environ["INSTRUCTWILD_SALT"] = "pepper"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        home = Home(Path(folder) / "argilla")
        starts = [_started(home, python) for _ in range(4)]
        first = _first_ranking(Path(folder))
        with (running(home, python, "127.0.0.1", free_port()) as (url, _),
              Connection(url, server_home=home.path) as connection):
            loaded = _timed(lambda: push_rows(connection, _rows("many", RECORDS, 3), "many", overlap=2))
            pages = _pages(connection)
            pulled = _timed(lambda: harvest(connection, "many"))
            latencies, kept, loading = _crowd(connection)
    save("annotate", "Annotate: the embedded Argilla", "Argilla 2.8.0 on SQLite, started by `instructwild annotate serve`; "
         "requests go through the REST API that the web page uses.",
         [{"caption": "Start, load, read", "columns": ["what", "seconds"], "rows": [
             ["ready, first start (database made)", f"{starts[0]:.1f}"],
             ["ready, later starts, median of 3", f"{statistics.median(starts[1:]):.1f}"],
             ["from `annotate serve … --invite anna` to a first submitted ranking in Chromium: 1 command, 1 link, 1 click, "
              "4 keys", "no Chromium" if first is None else f"{first:.1f}"],
             [f"push of {RECORDS:,} records with 3 answers", f"{loaded:.1f}"],
             [f"pull of {RECORDS:,} records", f"{pulled:.1f}"],
             [f"queue page at {RECORDS:,} records, median of {PAGES}", f"{statistics.median(pages):.3f}"],
             [f"queue page at {RECORDS:,} records, 95th percentile", f"{_high(pages):.3f}"]]},
          {"caption": f"{PEOPLE} annotators submit {EACH} rankings each while {MORE:,} records load",
           "columns": ["submissions", "kept", "median s", "95th percentile s", "loading s"],
           "rows": [[PEOPLE * EACH, kept, f"{statistics.median(latencies):.2f}", f"{_high(latencies):.2f}",
                     f"{loading:.1f}"]]}],
         ["A queue page is what the web page asks for: ten pending records in the annotator's own order.",
          "Server and clients share the machine's cores."])


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
    dice = random.Random(name)
    return [row(f"{name} {i} {dice.random()}", [f"answer {j} of {dice.random()}" for j in range(size)])
            for i in range(count)]


def _timed(work) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _started(home: Home, python: Path) -> float:
    began = time.perf_counter()
    with running(home, python, "127.0.0.1", free_port()):
        ready = time.perf_counter() - began
    return ready


def _pages(connection: Connection) -> list[float]:
    somebody = Person.invited(connection, "somebody")
    dataset = connection.datasets("many")[3]["id"]
    seconds = [_timed(lambda: somebody.queue(dataset)) for _ in range(PAGES)]
    somebody.http.close()
    return seconds


def _crowd(connection: Connection) -> tuple[list[float], int, float]:
    """Seconds of each submission, how many were kept, and seconds that loading took meanwhile."""
    push_rows(connection, _rows("crowd", 200, 2), "crowd", overlap=3)
    dataset = connection.datasets("crowd")[2]["id"]
    people = [Person.invited(connection, f"annotator {i}") for i in range(PEOPLE)]
    latencies: list[float] = []

    def work(one: Person) -> None:
        for _ in range(EACH):
            record = one.queue(dataset, limit=1)[0][0]
            began = time.perf_counter()
            answer = one.answer(record["id"], [{"value": "answer_a", "rank": 1}, {"value": "answer_b", "rank": 1}])
            latencies.append(time.perf_counter() - began)
            assert answer.json()["items"][0]["error"] is None

    with ThreadPoolExecutor(PEOPLE + 1) as pool:
        loading = pool.submit(_timed, lambda: push_rows(connection, _rows("more", MORE, 2), "more"))
        list(pool.map(work, people))
        seconds = loading.result()
    for one in people:
        with suppress(Exception):
            one.http.close()
    return latencies, sum(len(one.rankings) for one in harvest(connection, "crowd").rows), seconds


def _high(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


if __name__ == "__main__":
    main()
