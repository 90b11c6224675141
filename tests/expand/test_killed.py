"""kill -9 at any moment: the same command goes on, nothing paid is lost or paid twice, and the rows are the same."""

import json
import multiprocessing
import random
import time

import pytest

from instructwild import stage
from instructwild.expand.plan import ExpandPlan
from instructwild.expand.run import expand
from instructwild.llm.open import Limits
from instructwild.llm.price import Price
from instructwild.llm.scripted import Script, question
from instructwild.llm.scripted_server import FaultInjection, serve_scripted

PRICE = Price(1.0, 4.0)
PLAN = ExpandPlan(target=60, max_empty=20)
WINDOW = 6


def one_run(seeds, out, url):
    """What a killed process runs."""
    expand([seeds], out, f"{url}#scripted", PLAN, limits=Limits(price=PRICE, concurrency=WINDOW))


@pytest.fixture
def seeds(tmp_path):
    rng = random.Random(1)
    path = tmp_path / "seeds.jsonl"
    rows = [question(language, rng) for language in ("en", "zh") for _ in range(8)]
    path.write_text("".join(json.dumps({"instruction": row}, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def processes():
    """Processes that start within milliseconds, without this one's threads."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["instructwild.expand.run", "instructwild.expand.page", "instructwild.text.language",
                                    "openai", "instructwild.llm.client", "polars", "rapidfuzz"])
    return context


def killed_and_gone_on(processes, seeds, out, url, after):
    """Run, kill after so many seconds, run again to the end; whether there was anything to kill."""
    first = processes.Process(target=one_run, args=(seeds, out, url))
    first.start()
    first.join(after)
    alive = first.is_alive()
    first.kill()
    first.join()
    second = processes.Process(target=one_run, args=(seeds, out, url))
    second.start()
    second.join(900)
    assert second.exitcode == 0
    return alive


def check(processes, seeds, tmp_path, wanted, faults, rng):
    """Kill so many runs while they are at work, each at a random moment, and go on; how many moments that took."""
    with serve_scripted(Script(), faults) as (url, whole):
        began = time.monotonic()
        killed_and_gone_on(processes, seeds, tmp_path / "whole", url, 120)
        seconds = time.monotonic() - began
    expected = stage.load(tmp_path / "whole").frame()["id"].to_list()
    hits = point = 0
    while hits < wanted:
        assert point < 4 * wanted
        after = rng.uniform(0, seconds)
        with serve_scripted(Script(), faults, seed=point) as (url, server):
            alive = killed_and_gone_on(processes, seeds, tmp_path / f"{point}", url, after)
        hits, seconds = hits + alive, seconds if alive else max(after, 0.9 * seconds)   # a whole run takes less than thought
        made = stage.load(tmp_path / f"{point}")
        spent, possible = made.manifest.usd, made.manifest.metrics["possibly_charged"]
        assert made.frame()["id"].to_list() == expected
        assert server.bill.charged == whole.bill.charged, "each call was charged, and none that an undisturbed run has not"
        if faults.idempotent:
            assert not server.bill.twice
            assert spent == pytest.approx(server.bill.usd(1.0, 4.0), abs=1e-5)
        else:
            assert server.bill.twice.total() <= WINDOW, "only what was on its way can be charged again"
            assert spent + possible >= server.bill.usd(1.0, 4.0) - 1e-5, "and it counts as spent"
        point += 1
    return point


@pytest.mark.parametrize("idempotent", [True, False])
def test_killed_at_two_moments(processes, seeds, tmp_path, idempotent):
    check(processes, seeds, tmp_path, 2, FaultInjection(latency=0.03, idempotent=idempotent), random.Random(3))


@pytest.mark.slow
@pytest.mark.timeout(3000)
@pytest.mark.parametrize(("idempotent", "wanted"), [(True, 50), (False, 20)])
def test_killed_at_many_random_moments(processes, seeds, tmp_path, record_property, idempotent, wanted):
    faults = FaultInjection(latency=0.03, capacity=4, retry_after=0.01, server_errors=0.02, idempotent=idempotent)
    points = check(processes, seeds, tmp_path, wanted, faults, random.Random(7))
    record_property("killed at work", f"{wanted} times, in {points} tries")
