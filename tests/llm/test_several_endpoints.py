"""`--endpoint` several times: one that dies, is rate limited or always fails costs no row, and the others do its part."""

import json
import threading
import time
from contextlib import ExitStack

import pytest

from instructwild import stage
from instructwild.errors import ConfigError, EndpointError
from instructwild.expand.replies import ResponsePlan
from instructwild.expand.respond import respond
from instructwild.llm import client, endpoints
from instructwild.llm.endpoints import parse_endpoints
from instructwild.llm.name import understand
from instructwild.llm.open import Limits, price_of
from instructwild.llm.price import Price
from instructwild.llm.scripted import NONE, Script
from instructwild.llm.scripted_server import FaultInjection, serve_scripted

ROWS = 60


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch):
    monkeypatch.setattr(client, "LONGEST_WAIT", 0.05)
    monkeypatch.setattr(endpoints, "FIRST_REST", 0.05)


@pytest.fixture
def prompts(tmp_path):
    path = tmp_path / "prompts.jsonl"
    path.write_text("".join(json.dumps({"instruction": f"Which harbour has {number} cranes?"}) + "\n"
                            for number in range(ROWS)), encoding="utf-8")
    return path


def run(prompts, out, *urls, **limits):
    return respond([prompts], out, [f"{urls[0]}#scripted"], ResponsePlan(), limits=Limits(
        endpoints=parse_endpoints(list(urls)), price=Price(1.0, 1.0), **limits))


def texts(folder):
    return stage.load(folder).frame().select("id", "messages").sort("id")


def test_an_endpoint_that_dies_in_the_midst_costs_no_row(prompts, tmp_path, capsys):
    with serve_scripted(Script(NONE)) as (url, _):
        run(prompts, tmp_path / "whole", url)
    faults = FaultInjection(latency=0.02)
    with serve_scripted(Script(NONE), faults) as (url, live), ExitStack() as stack:
        dying, first = stack.enter_context(serve_scripted(Script(NONE), faults))

        def end():
            while len(first.bill.charged) < 5:
                time.sleep(0.005)
            stack.close()

        thread = threading.Thread(target=end)
        thread.start()
        done = run(prompts, tmp_path / "out", dying, url, concurrency=8, timeout=2)
        thread.join()
    assert done.manifest.rows.kept == ROWS
    assert texts(tmp_path / "out").equals(texts(tmp_path / "whole"))
    assert len(live.bill.charged) > ROWS // 2
    assert "tried again" in capsys.readouterr().err


def test_one_that_refuses_for_long_keeps_nobody_waiting(prompts, tmp_path):
    busy = FaultInjection(capacity=0, retry_after=30.0)
    with serve_scripted(Script(NONE), busy) as (a, refused), serve_scripted(Script(NONE)) as (b, other):
        began = time.monotonic()
        done = run(prompts, tmp_path / "out", f"{a}=9", f"{b}=1")
    assert time.monotonic() - began < 25
    assert done.manifest.rows.kept == ROWS
    assert not refused.bill.charged
    assert len(other.bill.charged) == ROWS


def test_one_that_always_fails_leaves_its_requests_to_the_other(prompts, tmp_path):
    with serve_scripted(Script(NONE), FaultInjection(server_errors=1.0)) as (a, broken), serve_scripted(
            Script(NONE)) as (b, other):
        done = run(prompts, tmp_path / "out", a, b, concurrency=8)
    assert done.manifest.rows.kept == ROWS
    assert not broken.bill.charged
    assert len(other.bill.charged) == ROWS
    assert done.manifest.metrics["answers_not_taken"] == {}


def test_each_bears_what_it_can(prompts, tmp_path):
    slow, fast = FaultInjection(latency=0.3, capacity=2), FaultInjection(latency=0.02, capacity=16)
    with serve_scripted(Script(NONE), slow) as (a, one), serve_scripted(Script(NONE), fast) as (b, many):
        done = run(prompts, tmp_path / "out", a, b)
    assert done.manifest.rows.kept == ROWS
    assert len(one.bill.charged) < len(many.bill.charged)
    assert len(one.bill.charged) + len(many.bill.charged) == ROWS
    assert not one.bill.charged.keys() & many.bill.charged.keys()


def test_where_all_are_gone_the_error_names_the_last(prompts, tmp_path):
    with serve_scripted(Script(NONE)) as (a, _), serve_scripted(Script(NONE)) as (b, _):
        pass
    with pytest.raises(EndpointError, match="cannot be reached"):
        run(prompts, tmp_path / "out", a, b)


def test_the_budget_counts_the_price_of_the_dearest_endpoint():
    name = understand("http://127.0.0.1:8001/v1#gpt-4o-mini")
    here, elsewhere = ("http://127.0.0.1:8001/v1", 1.0), ("https://api.openai.com/v1", 1.0)
    assert price_of(name, Limits(endpoints=(here,))).free
    assert not price_of(name, Limits(endpoints=(here, elsewhere))).free
    assert price_of(name, Limits(endpoints=(here, ("https://example.org/v1", 1.0)))) is not None
    assert price_of(understand("http://127.0.0.1:8001/v1#harbour"), Limits(endpoints=(
        here, ("https://example.org/v1", 1.0)))) is None


def test_batches_and_several_endpoints_exclude_each_other(prompts, tmp_path):
    with pytest.raises(ConfigError, match="at the endpoint of --model alone"):
        run(prompts, tmp_path / "out", "http://127.0.0.1:9/v1", "http://127.0.0.1:8/v1", provider_batch=True)
