"""Provider batches: the answers of live calls at half the price, and nothing paid twice whatever happens on the way."""

import json
import os
import random
import signal
import subprocess
import sys

import pytest
from batch_provider import Provider, serving

from instructwild import stage
from instructwild.errors import ConfigError, EndpointError
from instructwild.expand.plan import ExpandPlan
from instructwild.expand.replies import ResponsePlan
from instructwild.expand.respond import respond
from instructwild.expand.run import expand
from instructwild.llm.batches import engine, http, providers
from instructwild.llm.endpoints import parse_endpoints
from instructwild.llm.open import Limits
from instructwild.llm.price import Price
from instructwild.llm.scripted import NONE, Script
from instructwild.llm.scripted_server import FaultInjection, serve_scripted
from instructwild_trainer.evaluate.comparison import PairwisePlan
from instructwild_trainer.evaluate.pairwise import compare

BOTH = pytest.mark.parametrize("protocol", ["openai", "anthropic"])


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch):
    for module, name, value in [(engine, "FIRST_POLL", 0.005), (engine, "LONGEST_POLL", 0.02), (http, "LONGEST_PAUSE", 0.02),
                                (providers, "FIND_PAUSE", 0.005), (engine, "LOOK_PAUSE", 0.005)]:
        monkeypatch.setattr(module, name, value)


@pytest.fixture
def prompts(tmp_path):
    path = tmp_path / "prompts.jsonl"
    texts = ["守塔人夜里做的{}件事是什么？", "Name {} things a lighthouse keeper does at night."]
    rows = [{"instruction": texts[n % 2].format(n)} for n in range(2, 26)]
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return path


def answered(folder):
    return stage.load(folder).frame().select("id", "messages").sort("id")


def run(prompts, out, url, **limits):
    return respond([prompts], out, [f"{url}#scripted"], ResponsePlan(), limits=Limits(provider_batch=True, **limits))


def live(prompts, out):
    with serve_scripted(Script(NONE)) as (url, _):
        return respond([prompts], out, [f"{url}#scripted"], ResponsePlan(), limits=Limits())


def test_rows_are_those_of_live_calls_at_half_the_price(prompts, tmp_path):
    live(prompts, tmp_path / "live")
    provider = Provider()
    with serving(provider) as url:
        done = run(prompts, tmp_path / "batch", url, price=Price(2.0, 8.0))
    assert answered(tmp_path / "batch").equals(answered(tmp_path / "live"))
    sent, received = provider.usage
    assert done.manifest.usd == pytest.approx((sent * 1.0 + received * 4.0) / 1e6, abs=2e-6)
    assert len(provider.batches) == 1
    assert max(provider.paid.values()) == 1


@BOTH
def test_nothing_is_paid_twice_on_a_hostile_way(prompts, tmp_path, protocol):
    for seed in range(6):
        provider = Provider(protocol, seed=seed, faults={"lost": 0.2, "overloaded": 0.1, "unanswered": 0.1, "expired": 0.1,
                                                         "twice": 0.2, "garbage": 0.5, "broken": 0.2})
        with serving(provider) as url:
            done = run(prompts, tmp_path / f"{protocol}-{seed}", url, price=Price(2.0, 8.0), concurrency=7)
        assert done.frame().height == 24
        assert set(provider.paid.values()) == {1}
        sent, received = provider.usage
        assert done.manifest.usd == pytest.approx((sent * 1.0 + received * 4.0) / 1e6, abs=2e-6)


@BOTH
def test_both_protocols_bring_the_same_rows(prompts, tmp_path, protocol):
    provider = Provider(protocol, faults={"refused": 0.1}, seed=3)
    with serving(provider) as url:
        done = run(prompts, tmp_path / protocol, url)
    assert provider.seen["refused"]
    assert done.frame().height == 24
    assert done.manifest.metrics["failed_requests"] == provider.seen["refused"]


def test_the_budget_is_kept_and_what_is_given_back_is_used(prompts, tmp_path):
    provider = Provider()
    with serving(provider) as url:
        done = run(prompts, tmp_path / "out", url, price=Price(2.0, 8.0), budget=0.004)
    sent, received = provider.usage
    assert (sent * 1.0 + received * 4.0) / 1e6 <= 0.004
    assert 0 < done.frame().height < 24
    assert len(provider.batches) > 1
    assert done.manifest.metrics["stopped"] == "budget"


def test_a_judge_of_pairs_asks_in_batches_and_decides_as_live(tmp_path):
    sides = []
    for name in ("short", "long"):
        path = tmp_path / f"{name}.jsonl"
        path.write_text("".join(json.dumps({"instruction": f"What lies behind dune {number}?", "output": f"A {name} lake."})
                                + "\n" for number in range(4)))
        sides.append(str(path))
    with serve_scripted(Script(NONE)) as (url, _):
        live = compare(sides, tmp_path / "live", PairwisePlan(f"{url}#scripted"))
    provider = Provider(faults={"unanswered": 0.2})
    with serving(provider) as url:
        done = compare(sides, tmp_path / "out", PairwisePlan(f"{url}#scripted"), limits=Limits(provider_batch=True))
    assert len(provider.paid) == 8
    assert set(provider.paid.values()) == {1}
    assert done.manifest.metrics["win_rate"] == live.manifest.metrics["win_rate"]
    with pytest.raises(ConfigError, match="behind an endpoint"):
        compare(sides, tmp_path / "none", PairwisePlan("scripted"), limits=Limits(provider_batch=True))


def test_expand_makes_the_same_rows_as_live_calls_with_as_many_at_once(prompts, tmp_path):
    plan = ExpandPlan(target=30, languages=("en", "zh"), prompt_style="chat")
    with serve_scripted(Script(NONE)) as (url, _):
        expand([prompts], tmp_path / "live", f"{url}#scripted", plan, limits=Limits(concurrency=5))
    provider = Provider(faults={"unanswered": 0.1})
    with serving(provider) as url:
        expand([prompts], tmp_path / "out", f"{url}#scripted", plan, limits=Limits(concurrency=5, provider_batch=True))
    assert answered(tmp_path / "out").equals(answered(tmp_path / "live"))
    assert set(provider.paid.values()) == {1}


def test_an_endpoint_without_batches_and_a_model_without_an_endpoint_are_one_message(prompts, tmp_path):
    with serve_scripted(Script(NONE)) as (url, _), pytest.raises(ConfigError, match="has no batches"):
        run(prompts, tmp_path / "a", url)
    with pytest.raises(ConfigError, match="behind an endpoint"):
        respond([prompts], tmp_path / "b", ["scripted"], ResponsePlan(), limits=Limits(provider_batch=True))


def test_a_batch_that_fails_is_forgotten_and_free(prompts, tmp_path, monkeypatch):
    provider = Provider()
    monkeypatch.setattr(provider, "described", lambda batch: {
        "id": batch["id"], "status": "failed", "errors": {"data": [{"message": "enqueued token limit"}]}})
    with serving(provider) as url, pytest.raises(EndpointError, match="enqueued token limit"):
        run(prompts, tmp_path / "out", url, budget=5.0, price=Price(2.0, 8.0))


@BOTH
@pytest.mark.slow
def test_thirty_kills_pay_nothing_twice(prompts, tmp_path, protocol):
    _killed(prompts, tmp_path, protocol, kills=30)


@BOTH
def test_kills_on_the_way_pay_nothing_twice(prompts, tmp_path, protocol):
    _killed(prompts, tmp_path, protocol, kills=3)


def _killed(prompts, tmp_path, protocol, kills):
    live(prompts, tmp_path / "live")
    provider = Provider(protocol, polls=3, faults={"lost": 0.1})
    rng = random.Random(protocol)
    struck = 0
    with serving(provider) as url:
        command = [sys.executable, "-m", "instructwild", "respond", str(prompts), "--model", f"{url}#scripted",
                   "--provider-batch", "--price", "2,8", "--concurrency", "6", "--out", str(tmp_path / "out")]
        while True:
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                       env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
            try:
                _, errors = process.communicate(timeout=None if struck >= kills else rng.uniform(0.8, 3.5))
                assert process.returncode == 0, errors.decode()
                break
            except subprocess.TimeoutExpired:
                os.kill(process.pid, signal.SIGKILL)
                process.communicate()
                struck += 1
    assert set(provider.paid.values()) == {1}
    out = stage.load(tmp_path / "out")
    if protocol == "openai":  # Anthropic's API has no seed, so its script answers otherwise
        assert answered(tmp_path / "out").equals(answered(tmp_path / "live"))
    assert out.frame().height == 24
    sent, received = provider.usage
    assert out.manifest.usd == pytest.approx((sent * 1.0 + received * 4.0) / 1e6, abs=2e-6)


def test_several_endpoints_share_the_requests_by_weight(prompts, tmp_path):
    live(prompts, tmp_path / "live")
    slow = FaultInjection(latency=0.02)
    with serve_scripted(Script(NONE), slow) as (a, first), serve_scripted(Script(NONE), slow) as (b, second):
        shares = parse_endpoints([f"{a}=3", f"{b}=1"])
        limits = Limits(endpoints=shares, concurrency=8)
        respond([prompts], tmp_path / "out", [f"{a}#scripted"], ResponsePlan(), limits=limits)
    assert answered(tmp_path / "out").equals(answered(tmp_path / "live"))
    counts = [len(server.bill.charged) for server in (first, second)]
    assert sum(counts) == 24
    assert 4 * counts[1] <= 24 + 12


def test_an_endpoint_that_is_gone_leaves_its_part_to_the_others(prompts, tmp_path, capsys):
    with serve_scripted(Script(NONE)) as (gone, _):
        pass
    with serve_scripted(Script(NONE)) as (url, _):
        done = respond([prompts], tmp_path / "out", [f"{url}#scripted"], ResponsePlan(),
                       limits=Limits(endpoints=parse_endpoints([gone, url])))
    assert done.frame().height == 24
    assert "the other endpoints go on" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["http://x/v1=0", "http://x/v1=many", "ftp://x=1", "x"])
def test_an_endpoint_that_is_none_is_one_message(text):
    with pytest.raises(ConfigError, match="URL=WEIGHT"):
        parse_endpoints([text])


def test_parsed_endpoints_keep_their_query():
    assert parse_endpoints(["http://x/v1", "http://y/v1=2.5"]) == (("http://x/v1", 1.0), ("http://y/v1", 2.5))
