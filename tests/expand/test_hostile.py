"""An endpoint that breaks down in every way costs time, and neither a row nor a cent."""

import json
import random

import pytest

from instructwild.expand.plan import ExpandPlan
from instructwild.expand.replies import ResponsePlan
from instructwild.expand.respond import respond
from instructwild.expand.run import expand
from instructwild.llm import client
from instructwild.llm.open import Limits
from instructwild.llm.price import Price
from instructwild.llm.scripted import Script, question
from instructwild.llm.scripted_server import FaultInjection, serve_scripted

HOSTILE = FaultInjection(server_errors=0.03, hangs=0.01, half_answers=0.02, html=0.02, wrong_json=0.02, slow_drips=0.02,
                  hang_seconds=0.2, latency=0.005, capacity=12, retry_after=0.01)
LIMITS = Limits(price=Price(1.0, 4.0), timeout=5)


def test_a_hostile_endpoint_loses_and_doubles_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(client.Endpoint, "_backoff", lambda self, tried: 0.001)
    rng = random.Random(4)
    seeds = tmp_path / "seeds.jsonl"
    rows = [question(language, rng) for language in ("en", "zh") for _ in range(8)]
    seeds.write_text("".join(json.dumps({"instruction": row}, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    found = {}
    for name, faults in (("fair", FaultInjection()), ("hostile", HOSTILE)):
        with serve_scripted(Script(), faults) as (url, server):
            made = expand([seeds], tmp_path / name / "expand", f"{url}#scripted", ExpandPlan(target=120), limits=LIMITS)
            answered = respond([made.path], tmp_path / name / "respond", [f"{url}#scripted"], ResponsePlan(), limits=LIMITS)
        assert made.manifest.usd + answered.manifest.usd == pytest.approx(server.bill.usd(1.0, 4.0), abs=1e-5)
        assert not server.bill.twice
        found[name] = (made.frame()["id"].to_list(), made.dropped().select("id", "reason").rows(),
                       answered.frame().select("id", "response_id").rows(), server.bill.charged)
        met = server.bill.seen
    assert found["hostile"] == found["fair"]
    assert sum(bool(met[name]) for name in ("429", "server_errors", "half_answers", "html", "wrong_json", "slow_drips")) >= 4
