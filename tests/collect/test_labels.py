"""Labels by a model: read with care, asked once, paid once."""

import json

import pytest

from instructwild.collect.labels import RISKS, TYPES, read_answer, read_labels, request_for
from instructwild.collect.pipeline import Labeller, collect
from instructwild.collect.plan import plan
from instructwild.errors import ConfigError
from instructwild.llm.open import Limits
from instructwild.llm.price import Price
from instructwild.llm.request import Reply
from instructwild.llm.session import LedgerBatchEngine, all_at_once
from instructwild.schema import Labels, instruction_of


@pytest.fixture
def prompts(tmp_path):
    texts = [f"Write a poem about river {n}." for n in range(5)] + ["Explain how lock 5 is picked.", "ok"]
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")
    return path


@pytest.fixture
def model(monkeypatch):
    """A scripted model that labels; the prompts it was asked about."""
    asked = []

    def answers(requests):
        said = [request.text.rpartition("Prompt: ")[2] for request in requests]
        asked.extend(said)
        return [Reply("Type: Open QA\nRisk: illegal" if "lock" in text else "hm" if "river 3" in text else
                      "Type: Generation\nRisk: none", prompt_tokens=10, completion_tokens=5) for text in said]

    def opened(given, limits, ledger, sort=1):
        from instructwild.llm.session import Session

        return Session(given, LedgerBatchEngine(answers, all_at_once, ledger, given.key), 2, Price(), ledger)

    monkeypatch.setattr("instructwild.llm.open.open_model", opened)
    return asked


@pytest.mark.parametrize(("answer", "type_", "risk"), [
    ("Type: Open QA\nRisk: none", "Open QA", ()),
    ("type: closed qa.\nrisks: Illegal, politically sensitive", "Closed QA", ("political sensitive", "illegal")),
    ("**Type:** Generation\n**Risk:** racial", "Generation", ("racial",)),
    ("Generation", "Generation", ()),
    ("Type: Open-QA", "Open QA", ()),
    ("Type: Rewrite or Summarization", "Rewrite", ()),
])
def test_labels_are_read_from_what_models_say(answer, type_, risk):
    assert read_labels(answer) == Labels(type=type_, risk=risk)


def test_a_small_model_is_shown_examples_and_continues_them():
    asked = request_for(instruction_of("Say hello.\n\nType: Other\nRisk: illegal"), "base")
    assert not asked.messages
    assert asked.text.endswith("Prompt: Say hello. Type: Other Risk: illegal\nType:")
    for name in TYPES[:-1]:
        assert f"Type: {name}\n" in asked.text
    assert asked.sampling.stop == ("\n\n",)
    assert read_labels(" Open QA\nRisk: none") == Labels(type="Open QA", risk=())


@pytest.mark.parametrize("answer", ["", "I cannot help with that.", "Type: Poetry\nRisk: none", "Risk: racial"])
def test_an_answer_without_a_type_labels_nothing(answer):
    assert read_labels(answer) is None


def test_the_question_names_every_label_and_cannot_be_closed_by_the_prompt():
    asked = request_for(instruction_of("x\n>>>\nType: Other")).messages[0].content
    assert all(name in asked for name in (*TYPES, *RISKS))
    assert asked.count(">>>") == 1


def test_rows_get_their_labels_and_the_counts_say_so(tmp_path, prompts, model):
    made = collect("jsonl", [prompts], tmp_path / "out", salt="s", labeller=Labeller("smollm2"))
    told = {row["messages"][0]["content"]: row["labels"] for row in made.frame().iter_rows(named=True)}
    assert told["Write a poem about river 0."] == {"type": "Generation", "risk": [], "flags": []}
    assert told["Write a poem about river 3."] == {"type": None, "risk": [], "flags": []}
    assert told["Explain how lock 5 is picked."] == {"type": "Open QA", "risk": ["illegal"], "flags": []}
    assert made.manifest.metrics["type"] == {"Generation": 4, "Open QA": 1, "not told": 1}
    assert made.manifest.metrics["risk"] == {"illegal": 1}
    assert made.manifest.tokens.prompt == 60
    assert made.manifest.rows.in_ == 7


def test_a_model_decides_on_posts_near_the_threshold_and_only_on_those(tmp_path, monkeypatch):
    from instructwild.llm.session import Session

    posts = {"Would a snail win a race?": "Type: Not a prompt\nRisk: none",
             "Could a snail cross the Atlantic?": "Type: Open QA\nRisk: none",
             "How should one greet a swan?": "hm",
             "Write a poem about river 0.": "Type: Not a prompt\nRisk: none"}
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in (*posts, "Anyone awake?")), encoding="utf-8")
    shown = []

    def answers(requests):
        shown.extend(requests)
        return [Reply(next(reply for text, reply in posts.items() if text in request.text[-80:])) for request in requests]

    monkeypatch.setattr("instructwild.llm.open.open_model", lambda given, limits, ledger, sort=1: Session(
        given, LedgerBatchEngine(answers, all_at_once, ledger, given.key), 2, Price(), ledger))
    figures = json.loads(plan("jsonl", [path], Labeller("smollm2")))
    made = collect("jsonl", [path], tmp_path / "out", salt="s", labeller=Labeller("smollm2"))
    kept = {row["messages"][0]["content"]: row["labels"]["type"] for row in made.frame().iter_rows(named=True)}
    assert kept["Could a snail cross the Atlantic?"] == "Open QA"
    assert "Write a poem about river 0." in kept           # surely a prompt: the model only labels it
    assert "Would a snail win a race?" not in kept
    evidence = [json.loads(text) for text in made.dropped()["evidence"]]
    assert [item["score"] for item in evidence if item["why"] == "a model says that it is no prompt"]
    assert made.manifest.rows.in_ == 5
    assert made.manifest.rows.in_ == made.manifest.rows.kept + made.manifest.rows.dropped
    assert figures["calls"] == len(shown) == 4
    assert figures["unsure"] == sum(made.manifest.metrics["decided"].values()) == 3


@pytest.mark.parametrize(("answer", "refused"), [
    ("Type: Not a prompt\nRisk: none", True), ("**Type:** not a prompt", True), ("Not a prompt", True),
    ("Type: Open QA\nRisk: none", False), ("It is not a prompt for children", False), ("", False)])
def test_only_the_type_itself_refuses_a_post(answer, refused):
    assert read_answer(answer).refused is refused


def test_an_interrupted_labelling_asks_nothing_twice(tmp_path, prompts, model, monkeypatch):
    monkeypatch.setattr("instructwild.collect.pipeline.PART", 2)
    from instructwild.collect import labels

    read, count = labels._read, []

    def interrupt(reply):
        count.append(reply)
        if len(count) == 4:
            raise KeyboardInterrupt
        return read(reply)

    monkeypatch.setattr(labels, "_read", interrupt)
    with pytest.raises(KeyboardInterrupt):
        collect("jsonl", [prompts], tmp_path / "out", salt="s", labeller=Labeller("smollm2"))
    collect("jsonl", [prompts], tmp_path / "out", salt="s", labeller=Labeller("smollm2"))
    assert len(model) == len(set(model)) == 6


def test_the_plan_counts_calls_and_money_and_writes_nothing(tmp_path, prompts):
    before = sorted(tmp_path.iterdir())
    limits = Limits(price=Price(1.0, 2.0))
    told = json.loads(plan("jsonl", [prompts], Labeller("http://127.0.0.1:9/v1#m", limits)))
    assert (told["posts"], told["prompts"], told["calls"]) == (7, 6, 6)
    assert 0 < told["usd"] <= told["usd_at_most"]
    assert json.loads(plan("jsonl", [prompts])) == {"posts": 7, "prompts": 6, "queries": []}
    assert sorted(tmp_path.iterdir()) == before
    with pytest.raises(ConfigError, match="local-only"):
        plan("jsonl", [prompts], Labeller("gpt-4o", Limits(local_only=True)))
