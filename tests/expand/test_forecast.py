"""What a run is said to cost is what the endpoint then bills, within a tenth."""

import json
import random

import pytest
from typer.testing import CliRunner

from instructwild.cli import app
from instructwild.expand.plan import ExpandPlan
from instructwild.expand.replies import ResponsePlan
from instructwild.expand.respond import respond
from instructwild.expand.run import expand
from instructwild.llm.open import Limits
from instructwild.llm.price import Price
from instructwild.llm.scripted import Script, question
from instructwild.llm.scripted_server import serve_scripted

PRICE = Price(1.0, 4.0)


@pytest.fixture
def seeds(tmp_path):
    rng = random.Random(2)
    path = tmp_path / "seeds.jsonl"
    rows = [question(language, rng) for language in ("en", "zh") for _ in range(40)]
    path.write_text("".join(json.dumps({"instruction": row}, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def foretold(*words):
    shown = CliRunner().invoke(app, [*map(str, words), "--price", "1,4", "--dry-run", "--json"])
    assert shown.exit_code == 0, shown.output
    return json.loads(shown.stdout)


def test_expanding_costs_what_was_foretold(seeds, tmp_path):
    with serve_scripted(Script()) as (url, server):
        told = foretold("expand", seeds, "--out", tmp_path / "out", "--model", f"{url}#scripted", "--target", 900)
        assert not server.bill.seen, "a dry run sends nothing"
        assert not (tmp_path / "out").exists()
        made = expand([seeds], tmp_path / "out", f"{url}#scripted", ExpandPlan(target=900), limits=Limits(price=PRICE))
        billed = server.bill.usd(1.0, 4.0)
    assert told["usd"] == pytest.approx(billed, rel=0.1)
    assert told["requests"] == pytest.approx(made.manifest.metrics["requests"], rel=0.1)
    assert told["usd_per_row"] == pytest.approx(billed / 900, rel=0.1)
    assert len(told["samples"]) == 2


def test_responding_costs_what_was_foretold(seeds, tmp_path):
    with serve_scripted(Script()) as (url, server):
        told = foretold("respond", seeds, "--out", tmp_path / "out", "--model", f"{url}#scripted", "-k", 2)
        respond([seeds], tmp_path / "out", [f"{url}#scripted"], ResponsePlan(k=2), limits=Limits(price=PRICE))
        billed = server.bill.usd(1.0, 4.0)
    assert told["usd"] == pytest.approx(billed, rel=0.1)


def test_the_plan_is_shown_in_words_with_two_requests(seeds, tmp_path):
    words = ["expand", str(seeds), "--out", str(tmp_path / "out"), "--model", "scripted", "--target", "50", "--dry-run"]
    shown = CliRunner().invoke(app, words)
    assert shown.exit_code == 0
    assert shown.stdout.count("--- request") == 2
    assert "Nothing was sent" in shown.stdout
