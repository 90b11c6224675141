"""Seeds become more rows: every candidate is kept or dropped for a reason, and the result depends on content only."""

import json
import random

import pytest

from instructwild.clean.near import SameRequests
from instructwild.errors import ConfigError, InputError
from instructwild.expand.plan import ExpandPlan, parse_quota
from instructwild.expand.pool import Bucket, Goal, Pool, PoolRules
from instructwild.expand.run import expand, given_up
from instructwild.expand.template import kinds, template
from instructwild.llm.open import Limits
from instructwild.llm.request import Reply
from instructwild.llm.scripted import question
from instructwild.read.instructions import read
from instructwild.schema import instruction_of
from instructwild.stage.frames import instructions


@pytest.fixture
def seeds(tmp_path):
    path = tmp_path / "seeds.jsonl"
    rng = random.Random(5)
    rows = [question(language, rng) for language in ("en", "zh") for _ in range(12)]
    path.write_text("".join(json.dumps({"instruction": row}, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def test_the_output_holds_only_new_rows_that_name_their_parents_and_maker(seeds, tmp_path):
    made = expand([seeds], tmp_path / "out", "scripted", ExpandPlan(target=60), limits=Limits(concurrency=4))
    rows = list(instructions(made.frame()))
    people = {row.id for row in instructions(read([seeds]).frame)}
    names = people | {row.id for row in rows}
    assert len(rows) == 60
    counts = {language: sum(row.language.startswith(language) for row in rows) for language in ("en", "zh")}
    assert counts == {"en": 30, "zh": 30}
    for row in rows:
        assert row.id not in people
        assert row.parents
        assert set(row.parents) <= names
        assert row.made_by.model == "scripted"
        assert row.made_by.template_hash == template(row.language[:2], "chat").digest
    assert any(set(row.parents) - people for row in rows), "some examples were made by the model, the InstructionWild way"
    texts = [row.messages[0].content for row in [*instructions(read([seeds]).frame), *rows]]
    assert SameRequests(texts).verdicts == [None] * len(texts)


def test_every_candidate_that_was_not_taken_says_why(seeds, tmp_path):
    made = expand([seeds], tmp_path / "out", "scripted", ExpandPlan(target=300))
    lost = made.dropped()
    assert made.manifest.rows.in_ == 300 + lost.height
    reasons = set(lost["reason"])
    assert {"exact_duplicate", "wrong_language", "truncated"} <= reasons
    for reason, evidence, row in lost.select("reason", "evidence", "row").iter_rows():
        assert json.loads(row)["made_by"]["template"]
        if reason == "near_duplicate":
            assert json.loads(evidence)["twin"]


def test_the_same_command_gives_the_same_rows_and_another_seed_others(seeds, tmp_path):
    def ids(out, **options):
        return expand([seeds], tmp_path / out, "scripted", ExpandPlan(target=50, **options)).frame()["id"].to_list()

    assert ids("a") == ids("b")
    assert ids("a") != ids("c", seed=1)


def test_a_model_that_cannot_write_a_language_is_given_up_with_a_word_of_advice():
    english_only = Reply("6. Please describe the old harbor of our quiet town\n7. Sell me a lantern quickly")
    zh = Bucket("zh")
    growth = Pool({"zh": [instruction_of("什么是进程？")]}, {zh: Goal(5, template("zh", "chat"))}, "m",
                  PoolRules(max_empty=3))
    while (request := growth.next_request()) is not None:
        growth.accept(request, english_only)
    assert growth.given_up == {zh: {"wrong_language": 6}}
    assert not growth.kept
    assert "Qwen/Qwen3-0.6B" in given_up(growth, zh)


@pytest.mark.parametrize(("plain", "reasons"), [(False, []), (True, ["near_duplicate"])])
def test_the_plain_rule_drops_what_asks_for_something_else_too(plain, reasons):
    zh = Bucket("zh")
    growth = Pool({"zh": [instruction_of("什么是进程？")]}, {zh: Goal(1, template("zh", "chat"))}, "m",
                  PoolRules(plain=plain))
    growth.accept(growth.next_request(), Reply("6. 什么是线程？"))
    assert [row.reason.value for row in growth.dropped] == reasons
    assert len(growth.kept) == 1 - len(reasons)


def test_replies_are_judged_in_the_order_of_requests_whatever_the_window(seeds, tmp_path):
    wide = expand([seeds], tmp_path / "wide", "scripted", ExpandPlan(target=40), limits=Limits(concurrency=4))
    assert wide.manifest.config["concurrency"] == 4
    assert wide.frame().height == 40


def test_seeds_that_lack_a_wanted_language_are_one_message(tmp_path):
    (tmp_path / "en.jsonl").write_text('{"instruction": "How do I plant a lemon tree?"}\n')
    with pytest.raises(InputError, match="no seed in zh"):
        expand([tmp_path / "en.jsonl"], tmp_path / "out", "scripted", ExpandPlan(target=5))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("options", "said"), [
    ({"prompt_style": "loud"}, "no style 'loud'"), ({"languages": ("en", "xx")}, "no template for the language 'xx'"),
    ({"template": "nothing"}, "no template 'nothing'"), ({"template": "nowhere.yaml"}, "cannot be read"),
])
def test_a_wrong_option_is_one_message(seeds, tmp_path, options, said):
    with pytest.raises((ConfigError, InputError), match=said):
        expand([seeds], tmp_path / "out", "scripted", ExpandPlan(target=5, **options))


def test_local_only_refuses_an_endpoint_elsewhere_before_anything_is_read(tmp_path):
    with pytest.raises(ConfigError, match="--local-only refuses"):
        expand(["absent"], tmp_path / "out", "gpt-4o-mini", ExpandPlan(target=5), limits=Limits(local_only=True))


def test_quotas_are_met_by_language_and_kind_and_conversations_have_turns(seeds, tmp_path):
    plan = ExpandPlan(target=60, quotas=(parse_quota("multi_turn=0.2"), parse_quota("zh:summarization=5")))
    rows = list(instructions(expand([seeds], tmp_path / "out", "scripted", plan).frame()))
    talks = [row for row in rows if len(row.messages) > 1]
    assert len(rows) == 60
    assert sorted(row.language[:2] for row in talks) == ["en"] * 6 + ["zh"] * 6
    assert all(row.messages[-1].role == "user" for row in talks)
    assert sum(row.labels.type == "Summarization" for row in rows) == 5


def test_the_alpaca_way_brings_answers_along(seeds, tmp_path):
    rows = list(instructions(expand([seeds], tmp_path / "out", "scripted", ExpandPlan(target=20, method="alpaca")).frame()))
    assert len(rows) == 20
    assert all(row.response for row in rows)
    assert {row.made_by.template for row in rows} == {"en/pairs", "zh/pairs"}


@pytest.mark.parametrize(("plan", "said"), [
    ({"quotas": ("poetry=1",)}, "no kind 'poetry'"), ({"quotas": ("chat=99",)}, "ask for 99 rows"),
    ({"quotas": ("ja:chat=1",)}, "'ja', which is not in --languages"), ({"method": "evol"}, "no method 'evol'"),
    ({"method": "alpaca", "prompt_style": "base"}, "follows instructions"), 
    ({"quotas": ("multi_turn=1",), "prompt_style": "base"}, "follows instructions"),
])
def test_a_plan_that_cannot_be_met_is_one_message(plan, said):
    plan = {**plan, "quotas": tuple(map(parse_quota, plan.get("quotas", ())))}
    with pytest.raises(ConfigError, match=said):
        ExpandPlan(target=10, **{"prompt_style": "chat", **plan}).goals(plan.get("prompt_style", "chat"))


@pytest.mark.parametrize("given", ["chat", "chat=", "=3", "chat=-1", "chat=many"])
def test_a_quota_that_cannot_be_read_is_one_message(given):
    with pytest.raises(ConfigError, match="is no quota"):
        parse_quota(given)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", ["base", "chat", "pairs", "talks"])
def test_every_shipped_template_shows_its_examples_and_says_what_is_wanted(language, name):
    made = template(language, name)
    asked = made.request(7, examples=["{{ first }} <b>", "second example"], first=3, kind="X-kind")
    text = asked.text or asked.messages[0].content
    assert "1. {{ first }} <b>" in text
    assert "2. second example" in text
    if name == "base":
        assert text.endswith("\n3.")
    else:
        assert str(2 + made.count) in text
        assert ("X-kind" in text) == (name != "talks")


def test_templates_of_both_languages_ask_the_same_way():
    for name in ("base", "chat", "pairs", "talks"):
        en, zh = template("en", name), template("zh", name)
        assert (en.style, en.form, en.count, en.sampling) == (zh.style, zh.form, zh.count, zh.sampling)
    assert list(kinds("en")) == list(kinds("zh"))
