"""DPO from rankings through the real command: pairs, held-out accuracy, a complete model, and exact resume."""

import json

import pytest
from typer.testing import CliRunner

from instructwild import stage
from instructwild.read.rankings import read_rankings
from instructwild_trainer.adapter import load_chat, load_policy, source_of
from instructwild_trainer.cli import train
from instructwild_trainer.dpo.pairs import labelled_dataset, labels, pair_dataset, preferred
from instructwild_trainer.reward.groups import groups

SMALL = ["--model", "tiny", "--config", "smoke", "--max-length", "96", "--max-steps", "8", "--learning-rate", "0.01"]


@pytest.fixture(scope="module")
def ranked(tmp_path_factory):
    path = tmp_path_factory.mktemp("dpo") / "ranked.jsonl"
    path.write_text("".join(json.dumps({"instruction": f"Name knot {n}." if n % 2 else f"说出第{n}种绳结。",
                                        "output": ["reef " * 2, "no", "不"]}, ensure_ascii=False) + "\n" for n in range(16)),
                    encoding="utf-8")
    return path


def run(*words):
    return CliRunner().invoke(train, [str(word) for word in words], catch_exceptions=True)


@pytest.fixture(scope="module")
def made(ranked):
    result = run("dpo", ranked, "--out", ranked.parent / "dpo", *SMALL)
    assert result.exit_code == 0, result.output
    return stage.load(ranked.parent / "dpo")


def test_a_pair_is_prompt_chosen_and_rejected_in_the_tokens_at_use(ranked):
    chat = load_chat("tiny")
    [group, *_], _ = groups(read_rankings([ranked]).rows, chat, 96)
    assert preferred(group) == [(0, 1), (0, 2), (1, 2)]
    row = pair_dataset([group])[0]
    assert row["prompt_ids"] == chat.prompt_ids(group.messages)
    assert chat.tokenizer.decode(row["chosen_ids"]) == "reef reef <|im_end|>"
    assert chat.tokenizer.decode(row["rejected_ids"]) == "no<|im_end|>"


def test_held_out_pairs_are_judged_beside_baselines_and_the_model_is_complete(made):
    every = made.manifest.metrics["accuracy"]["all pairs"]
    assert set(every) == {"policy", "longer wins", "likelier wins"}
    assert every["policy"]["value"] > 0.9
    assert made.manifest.rows.model_dump() == {"in_": 16, "kept": 16, "dropped": 0}
    load_policy(made.path)


def test_an_interrupted_run_ends_in_the_same_weights(made, ranked, tmp_path, monkeypatch):
    from transformers import Trainer

    class Killed(BaseException):
        pass

    step, steps = Trainer.training_step, []

    def dies(self, *args, **kwargs):
        steps.append(1)
        if len(steps) == 6:
            raise Killed
        return step(self, *args, **kwargs)

    words = ["dpo", ranked, "--out", tmp_path / "again", *SMALL, "--save-steps", "3"]
    monkeypatch.setattr(Trainer, "training_step", dies)
    with pytest.raises(Killed):
        run(*words)
    monkeypatch.setattr(Trainer, "training_step", step)
    assert run(*words).exit_code == 0
    assert source_of(tmp_path / "again").sha256 == source_of(made.path).sha256


def test_answers_that_won_more_than_they_lost_are_desirable_and_kl_is_taken_at_an_answer_to_another_prompt(ranked):
    chat = load_chat("tiny")
    groups_, _ = groups(read_rankings([ranked]).rows, chat, 96)
    assert labels(groups_[0]) == {0: True, 2: False}        # the second of three won as often as it lost
    rows = labelled_dataset(groups_, seed=1)
    prompts = {chat.tokenizer.decode(group.messages and chat.prompt_ids(group.messages)): group for group in groups_}
    for row in rows:
        group = prompts[chat.tokenizer.decode(row["prompt_ids"])]
        answer = chat.tokenizer.decode(row["completion_ids"])
        assert answer == group.texts[0 if row["label"] else 2] + "<|im_end|>"
    assert len(rows) == 2 * len(groups_)
    assert rows["prompt_ids"] != labelled_dataset(groups_, seed=2)["prompt_ids"]


def test_kto_learns_the_order_of_held_out_pairs_from_labels_alone(ranked, tmp_path):
    result = run("kto", ranked, "--out", tmp_path / "kto", *SMALL)
    assert result.exit_code == 0, result.output
    made = stage.load(tmp_path / "kto")
    assert made.manifest.metrics["accuracy"]["all pairs"]["policy"]["value"] > 0.9
    assert made.manifest.metrics["train_examples"] == 2 * made.manifest.metrics["train_prompts"]
    load_policy(made.path)


def test_kto_with_one_answer_a_batch_is_refused(ranked, tmp_path):
    refused = run("kto", ranked, "--out", tmp_path / "kto", *SMALL, "--per-device-train-batch-size", 1)
    assert "at least 2" in str(refused.exception)


@pytest.mark.parametrize("verb", ["grpo", "rloo"])
def test_online_algorithms_are_verbs_of_their_own_and_run(verb, tmp_path):
    (tmp_path / "prompts.jsonl").write_text("".join(json.dumps({"instruction": f"Name knot {n}."}) + "\n" for n in range(8)),
                                            encoding="utf-8")
    (tmp_path / "rewards.py").write_text("def short(completions, **_):\n    return [-len(str(c)) / 50 for c in completions]",
                                         encoding="utf-8")
    result = run(verb, tmp_path / "prompts.jsonl", "--out", tmp_path / "o", "--model", "tiny", "--config", "ppo-smoke",
                 "--reward-func", f"{tmp_path / 'rewards.py'}:short", "--max-steps", 1, "--samples", 0,
                 "--learning-rate", 0.01, "--missing-eos-penalty", "none")
    assert result.exit_code == 0, result.output
    assert stage.load(tmp_path / "o").manifest.config["algorithm"] == verb
    assert source_of(tmp_path / "o").sha256 != source_of("tiny").sha256
