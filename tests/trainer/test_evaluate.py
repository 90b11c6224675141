"""Measuring models: hand-worked numbers, what is counted, what cannot win, and going on after an interruption."""

import json
import math
import shutil
from collections import Counter
from importlib.resources import files

import numpy as np
import polars as pl
import pytest
import torch
from chats import PAIRS, conversation
from typer.testing import CliRunner

from instructwild import stage
from instructwild.errors import ConfigError, InputError, ModelError
from instructwild.llm.open import Limits
from instructwild.llm.request import Sampling
from instructwild.stage.frames import rankings
from instructwild_trainer.data import place, split_key
from instructwild_trainer.evaluate import chunks, pairwise
from instructwild_trainer.evaluate.command import evaluate
from instructwild_trainer.evaluate.comparison import PairwisePlan
from instructwild_trainer.evaluate.models import unique_names
from instructwild_trainer.evaluate.pairwise import compare
from instructwild_trainer.evaluate.perplexity import figures_of, measure
from instructwild_trainer.evaluate.rewards import score
from instructwild_trainer.evaluate.rubric import read_rubric
from instructwild_trainer.evaluate.statistics import by_part, interval, length_controlled

SHORT = Sampling(max_tokens=6, temperature=0.9)


def written(path, rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return str(path)


@pytest.fixture
def answered(tmp_path):
    return written(tmp_path / "answered.jsonl", [{"messages": conversation(*pair)} for pair in PAIRS])


@pytest.fixture(scope="session")
def other_tiny(tmp_path_factory, tiny):
    """Another model with the same vocabulary."""
    from instructwild.llm.tiny import write_tiny

    folder = tmp_path_factory.mktemp("models") / "other"
    folder.mkdir()
    write_tiny(folder, seed=1)
    return folder


@pytest.fixture(scope="session")
def reward_folder(tmp_path_factory, tiny):
    """A reward model that was never trained: it scores all the same."""
    from transformers import AutoTokenizer

    from instructwild_trainer.reward.head import reward_model

    folder = tmp_path_factory.mktemp("models") / "reward"
    tokenizer = AutoTokenizer.from_pretrained(tiny)
    torch.manual_seed(0)
    model = reward_model(tiny, tokenizer)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


# numbers


def test_a_ratio_is_weighted_and_rows_of_one_prompt_are_drawn_together():
    found = by_part([2.0, 6.0, 9.0], [1.0, 3.0, 1.0], ["a", "a", "b"], ["en", "en", "zh"])
    assert found["all"].value == pytest.approx(17 / 5)
    assert found["en"].value == found["en"].low == found["en"].high == 2.0  # one prompt, whatever is drawn
    assert (found["all"].low, found["all"].high) == (2.0, 9.0)              # all a, or all b
    assert interval({"value": 0.25, "low": 0.0, "high": 0.5}, 0, percent=True) == "25% [0%, 50%]"


def test_perplexity_and_bits_a_byte_by_hand():
    two = {"base": [(3 * math.log(2), 3), (1 * math.log(8), 1)], "tuned": [(0.0, 3), (1 * math.log(8), 1)]}
    found = figures_of(["base", "tuned"], ["a", "b"], ["en", "zh"], two, [6, 3])
    assert found["perplexity"]["base"]["en"]["value"] == pytest.approx(2.0)
    assert found["perplexity"]["base"]["all"]["value"] == pytest.approx(math.exp(6 * math.log(2) / 4))
    assert found["bits_per_byte"]["base"]["en"]["value"] == pytest.approx(0.5)
    assert found["less_bits_per_byte"]["tuned"]["en"]["value"] == pytest.approx(0.5)
    assert found["less_bits_per_byte"]["tuned"]["zh"]["value"] == 0.0


def test_equal_names_are_told_apart():
    assert unique_names(["sft", "sft", "base"]) == ["sft", "sft (2)", "base"]


def test_the_win_rate_at_equal_length_undoes_what_length_alone_won():
    rng = np.random.default_rng(0)
    lengths = [(int(first), int(second)) for first, second in rng.integers(20, 400, size=(400, 2))]
    groups = [str(number) for number in range(400)]
    longer = [float(first > second) for first, second in lengths]
    mixed = [pair if number % 2 else (pair[0] + 400, pair[1]) for number, pair in enumerate(lengths)]
    by_length = [float(first > second) for first, second in mixed]
    plain = sum(by_length) / len(by_length)
    held = length_controlled(by_length, mixed, groups, ["en"] * 400)["en"]
    assert plain > 0.7
    assert held.value < plain - 0.2
    fair = length_controlled(longer, lengths, groups, ["en", "zh"] * 200)
    assert set(fair) == {"all", "en", "zh"}
    assert fair["all"].low < 0.5 < fair["all"].high
    equal = length_controlled([1.0, 1.0, 0.0, 0.5], [(9, 9)] * 4, list("abcd"), ["en"] * 4)["en"]
    assert equal.value == pytest.approx(0.625, abs=0.01)      # without a difference in length: the plain rate
    assert length_controlled([1.0] * 3, [(9, 4)] * 3, list("abc"), ["en"] * 3)["en"].value > 0.95


# Perplexity.

@pytest.mark.parametrize(("model", "says"), [("http://127.0.0.1:9/v1#m", "an endpoint"), ("m.gguf", "a GGUF file")])
def test_perplexity_needs_weights_that_are_here(tmp_path, model, says):
    path = tmp_path / "m.gguf"
    path.write_bytes(b"GGUF")
    with pytest.raises(ModelError, match=says):
        measure([tmp_path / "rows.jsonl"], [model.replace("m.gguf", str(path))], tmp_path / "o")



def test_only_answer_tokens_count_and_every_row_is_accounted_for(tmp_path, tiny, chat, answered):
    from transformers import AutoModelForCausalLM

    more = written(tmp_path / "more.jsonl", [{"instruction": "no answer"}, {"messages": conversation("long", "很" * 400)}])
    found = measure([answered, more], ["tiny"], tmp_path / "out", max_length=64, dtype="float32")
    model = AutoModelForCausalLM.from_pretrained(tiny, dtype=torch.float32)
    frame = found.frame()
    assert frame.height == len(PAIRS)
    for row, pair in zip(frame.to_dicts(), PAIRS, strict=True):
        one = chat.encode(conversation(*pair))
        loss = model(torch.tensor([one.input_ids]), labels=torch.tensor([one.labels])).loss.item()
        assert row["models"][0]["tokens"] == one.trained
        assert row["models"][0]["nats"] / one.trained == pytest.approx(loss, rel=1e-4)
        assert row["bytes"] == len(pair[1].encode())
    assert found.manifest.reasons == {"no_answer": 1, "too_long": 1}
    assert found.manifest.rows.in_ == len(PAIRS) + 2
    assert set(found.manifest.metrics["perplexity"]["tiny"]) == {"all", "en", "zh"}


TRIMMED = ("{% for m in messages %}<|im_start|>{{ m.role }}\n{% if m.role == 'assistant' and loop.last %}<think></think>"
           "{% endif %}{{ m.content }}<|im_end|>\n{% endfor %}"
           "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}")
"""A template that writes an answer otherwise once another turn follows it."""


@pytest.fixture
def trimming(tmp_path, tiny):
    """The tiny model with such a template, and a conversation of two answers."""
    from transformers import AutoTokenizer

    folder = tmp_path / "trimming"
    shutil.copytree(tiny, folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.chat_template = TRIMMED
    tokenizer.save_pretrained(folder)
    (folder / "chat_template.jinja").write_text(TRIMMED, encoding="utf-8")
    return str(folder), [*conversation("Name a colour.", "Blue."), *conversation("说一种颜色。", "蓝色。")]


def test_every_answer_counts_where_the_template_rewrites_earlier_turns(tmp_path, trimming):
    from instructwild_trainer.adapter import load_chat, load_policy
    from instructwild_trainer.likelihood import answer_loss

    folder, messages = trimming
    rows = written(tmp_path / "turns.jsonl", [{"messages": messages}])
    examples = load_chat(folder).examples(messages)
    assert len(examples) == 2
    answered_tokens = measure([rows], [folder], tmp_path / "out").frame()["models"][0][0]["tokens"]
    assert answered_tokens == sum(example.trained for example in examples)
    model, tokenizer = load_policy(folder, dtype="float32")
    alone = sum(nats for nats, _ in answer_loss(model, examples, tokenizer.pad_token_id))
    nats = measure([rows], [folder], tmp_path / "again", dtype="float32").frame()["models"][0][0]["nats"]
    assert nats == pytest.approx(alone, rel=1e-4)


def test_former_names_of_options_work_with_a_note(tmp_path, answered):
    called = ["pairwise", answered, answered, "--judge", "scripted", "--out", str(tmp_path / "out"), "--dry-run"]
    now = CliRunner().invoke(evaluate, [*called, "--concurrency", "2", "--timeout", "3"])
    before = CliRunner().invoke(evaluate, [*called, "--window", "2"])
    assert (now.exit_code, before.exit_code) == (0, 0)
    assert "--window is now --concurrency" in before.output


def test_a_model_is_no_better_than_itself_and_another_differs(tmp_path, answered, other_tiny):
    metrics = measure([answered], ["tiny", "tiny", str(other_tiny)], tmp_path / "out").manifest.metrics
    assert metrics["less_bits_per_byte"]["tiny (2)"]["all"] == {"value": 0, "low": 0, "high": 0, "rows": 4}
    assert metrics["less_bits_per_byte"]["other"]["all"]["value"] != 0


def test_held_out_takes_the_prompts_that_training_holds_out(tmp_path):
    rows = [{"messages": conversation(f"Name colour {n}.", "Blue.")} for n in range(60)]
    found = measure([written(tmp_path / "rows.jsonl", rows)], ["tiny"], tmp_path / "out", held_out=0.2)
    expected = [row for row in rows if place(split_key(row["messages"])) < 0.2]
    assert 0 < found.frame().height == len(expected) < 60
    assert found.manifest.metrics["held_back"] == 60 - len(expected)


def test_an_interrupted_measurement_goes_on(tmp_path, answered, other_tiny, monkeypatch):
    from instructwild_trainer import likelihood

    seen, most = [], [3]
    whole = likelihood.answer_loss

    def counted(model, rows, *args, **kwargs):
        if len(seen) == most[0]:
            raise KeyboardInterrupt
        seen.append(len(rows))
        return whole(model, rows, *args, **kwargs)

    monkeypatch.setattr(chunks, "CHUNK", 2)
    monkeypatch.setattr(likelihood, "answer_loss", counted)
    with pytest.raises(KeyboardInterrupt):
        measure([answered], ["tiny", str(other_tiny)], tmp_path / "out")
    assert not stage.is_stage(tmp_path / "out")
    most[0] = 100
    found = measure([answered], ["tiny", str(other_tiny)], tmp_path / "out")
    assert seen == [2, 2, 2, 2]
    assert found.frame().equals(measure([answered], ["tiny", str(other_tiny)], tmp_path / "alone").frame())


def test_a_dry_run_leaves_nothing(tmp_path, answered, capsys):
    assert measure([answered], ["tiny"], tmp_path / "out", dry_run=True) is None
    assert not (tmp_path / "out").exists()
    assert "4 rows to measure (2 en, 2 zh)" in capsys.readouterr().out


def test_nothing_to_measure_is_said(tmp_path):
    with pytest.raises(InputError, match="no row with an answer"):
        measure([written(tmp_path / "rows.jsonl", [{"instruction": "only a question"}])], ["tiny"], tmp_path / "out")


# reward


def test_scores_are_the_reward_models_and_sets_are_compared_prompt_by_prompt(tmp_path, answered, reward_folder, chat):
    from instructwild_trainer.adapter import load_reward

    better = written(tmp_path / "other.jsonl", [{"messages": conversation(question, "No.")} for question, _ in PAIRS[:3]])
    found = score([answered, better], str(reward_folder), tmp_path / "out")
    model, _ = load_reward(reward_folder)
    one = chat.encode(conversation(*PAIRS[0])).to_stop
    expected = model(torch.tensor([one.input_ids]), torch.ones(1, len(one.input_ids))).logits.item()
    frame = found.frame()
    assert frame["score"][0] == pytest.approx(expected, abs=1e-4)
    more = found.manifest.metrics["more_than_first"]["other.jsonl"]["all"]
    own = frame.filter(pl.col("source") == "other.jsonl")["score"].to_list()
    assert more["rows"] == 3
    assert more["value"] == pytest.approx(sum(own) / 3 - sum(frame["score"].to_list()[:3]) / 3, abs=1e-5)


def test_a_model_without_a_head_is_refused(tmp_path, answered):
    with pytest.raises(ModelError, match="no score head"):
        score([answered], "tiny", tmp_path / "out")


# pairwise


@pytest.fixture
def two(tmp_path):
    """Two files of answers: one prompt only the first answers, one that both answer alike."""
    first = [conversation(*pair) for pair in PAIRS] + [conversation("Only mine?", "Yes."), conversation("Alike?", "Yes.")]
    second = [conversation(question, "I do not know. " * 3) for question, _ in PAIRS] + [conversation("Alike?", "Yes.")]
    return [written(tmp_path / f"{name}.jsonl", [{"messages": rows} for rows in given])
            for name, given in (("first", first), ("second", second))]


def test_a_battle_before_a_reward_model_is_mirrored_when_the_sides_change(tmp_path, two, reward_folder):
    plan = PairwisePlan(f"reward:{reward_folder}")
    there, back = (compare(models, tmp_path / name, plan) for name, models in (("a", two), ("b", two[::-1])))
    results = there.manifest.metrics["results"]["all"]
    assert results["ties"] == 1
    assert back.manifest.metrics["results"]["all"] == {"wins": results["losses"], "ties": 1, "losses": results["wins"]}
    assert there.manifest.reasons == {"no_answer": 1}
    assert there.manifest.metrics["win_rate"]["all"]["value"] == pytest.approx(
        1 - back.manifest.metrics["win_rate"]["all"]["value"])
    rows = list(rankings(there.frame()))
    assert [row.rankings[0].annotator for row in rows] == ["model:reward:reward"] * 5
    scores = [[float(said.split()[1]) for said in row] for row in there.frame()["said"].to_list() if row]
    assert [1.0 if a > b else 0.0 for a, b in scores] == [
        {"first": 1.0, "second": 0.0}[winner] for winner in there.frame()["winner"].to_list()[:4]]


def test_a_judge_model_hears_both_orders_and_nothing_is_asked_twice(tmp_path, two, monkeypatch):
    from instructwild.llm.scripted import Script

    asked = []
    whole = Script.replies
    monkeypatch.setattr(Script, "replies", lambda self, requests: asked.extend(requests) or whole(self, requests))
    found = compare(two, tmp_path / "out", PairwisePlan("scripted"))
    assert len({request.key("x") for request in asked}) == len(asked)
    pairs = [request.messages[0].content for request in asked if request.seed == 0]
    assert len(pairs) == 2 * len(PAIRS)  # the prompt that both answer alike is a tie that nobody is asked about
    assert not [text for text in pairs if "Alike?" in text]
    assert found.manifest.metrics["results"]["all"]["ties"] >= 1
    before = len(asked)
    assert compare(two, tmp_path / "out", PairwisePlan("scripted")).manifest == found.manifest
    assert len(asked) == before
    compare(two, tmp_path / "again", PairwisePlan("scripted"), cache=tmp_path / "calls.sqlite")
    now = len(asked)
    compare(two, tmp_path / "third", PairwisePlan("scripted"), cache=tmp_path / "calls.sqlite")
    assert len(asked) == now


def test_two_models_answer_the_prompts_that_ship(tmp_path, other_tiny, tiny):
    twin = tmp_path / "elsewhere" / "other"
    shutil.copytree(tiny, twin)
    found = compare([str(other_tiny), str(twin)], tmp_path / "out", PairwisePlan("scripted", answer=SHORT, limit=20))
    frame = found.frame()
    assert found.manifest.rows.in_ == 20
    assert found.manifest.metrics["sides"] == ["other", "other (2)"]
    assert set(frame["category"].value_counts()["count"]) == {2}
    assert {one["rows"] for one in found.manifest.metrics["by_category_and_language"].values()} == {1}
    assert len(found.manifest.metrics["by_category_and_language"]) == 20
    assert any(a["text"] != b["text"] for a, b in frame["candidates"].to_list())


def test_the_prompts_that_ship_are_of_ten_categories_in_two_languages():
    given = [json.loads(line) for line in files("instructwild_trainer.evaluate").joinpath("questions.jsonl")
             .read_text(encoding="utf-8").splitlines()]
    counts = Counter((row["category"], row["language"]) for row in given)
    assert len(counts) == 20
    assert set(counts.values()) == {2}
    assert len({row["instruction"] for row in given}) == 40


METRICS = {"chat": {"id": 1, "metrics": {"kind": "Kindness (1-5): whether it is kind."}},
           "general": {"id": 2, "metrics": {"right": "Correctness (1-5): whether it is right."}}}
CHINESE = {"chat": {"id": 1, "metrics": {"kind": "友善(1-5)：回答是否友善。"}}}
BATTLE = {"system_prompt": "You compare.", "prompt": "Two numbers first.",
          "prompt_template": "[Q]\n{question}\n[1]\n{answer_1}\n[2]\n{answer_2}\n{prompt}"}


def test_a_rubric_in_colossalchats_layouts_reaches_the_judge(tmp_path):
    paths = [tmp_path / f"{n}.json" for n in range(3)]
    for path, given in zip(paths, (METRICS, CHINESE, BATTLE), strict=True):
        path.write_text(json.dumps(given, ensure_ascii=False), encoding="utf-8")
    rubric = read_rubric(paths)
    assert rubric.of("chat", "en") == "- Kindness (1-5): whether it is kind."
    assert rubric.of("closed_qa", "en") == "- Correctness (1-5): whether it is right."
    assert rubric.of("chat", "zh-Hans") == "- 友善(1-5)：回答是否友善。"
    assert rubric.words["en"].scores
    assert "Two numbers first." in rubric.words["en"].text
    assert read_rubric(paths[:1]).digest != read_rubric(paths[1:2]).digest
    paths[0].write_text('{"chat": {"metrics": 3}}')
    with pytest.raises(InputError, match="is no rubric"):
        read_rubric(paths)


def test_answers_are_escaped_on_the_page(tmp_path, two, reward_folder):
    hostile = "<script>alert(1)</script>"
    third = written(tmp_path / "third.jsonl", [{"messages": conversation(PAIRS[0][0], hostile)}])
    found = compare([two[0], third], tmp_path / "out", PairwisePlan(f"reward:{reward_folder}", names=("<b>one</b>", "two")))
    page = (found.path / "report.html").read_text(encoding="utf-8")
    assert hostile not in page
    assert "<b>one</b>" not in page


def test_a_plan_counts_requests_and_sends_nothing(tmp_path, two, capsys):
    assert compare(two, tmp_path / "out", PairwisePlan("https://api.openai.com/v1#gpt-4o-mini"), dry_run=True) is None
    told = capsys.readouterr().out
    assert "gpt-4o-mini judges each pair in both orders: 10 requests" in told
    assert "US$ 0.0" in told
    assert not (tmp_path / "out").exists()


def test_what_cannot_be_done_is_one_message(tmp_path, two):
    nowhere = written(tmp_path / "none.jsonl", [{"messages": conversation("Else?", "Yes.")}])
    with pytest.raises(InputError, match="answered by both"):
        compare([two[0], nowhere], tmp_path / "out", PairwisePlan("scripted"))
    with pytest.raises(ConfigError, match="--local-only"):
        compare(two, tmp_path / "out", PairwisePlan("https://api.openai.com/v1#gpt-4o-mini"), limits=Limits(local_only=True))
    with pytest.raises(ModelError):
        compare(two, tmp_path / "out", PairwisePlan("reward:tiny"))


def test_the_commands_print_the_manifest(tmp_path, two, answered, reward_folder):
    for words in (["perplexity", answered, "--model", "tiny"], ["reward", answered, "--model", reward_folder],
                  ["pairwise", *two, "--judge", f"reward:{reward_folder}"]):
        result = CliRunner().invoke(evaluate, [*map(str, words), "--out", str(tmp_path / words[0]), "--json"])
        assert result.exit_code == 0, result.output
        manifest = json.loads(result.stdout)
        assert manifest["stage"] == f"evaluate {words[0]}"
        told = CliRunner().invoke(evaluate, [*map(str, words), "--out", str(tmp_path / words[0])])
        assert told.stdout.strip().endswith("report.html")
    assert pairwise.OTHER in manifest["metrics"]["by_category"]
