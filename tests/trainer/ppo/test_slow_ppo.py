"""Does it learn? On the tiny model, taught to answer in English or Chinese by turns: short lengths, minutes on one core."""

import json
import math
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pytest
import torch
from ppo_run import actors_on, finished, started, trainer_on, weights
from safetensors.torch import load_file
from several import MORE
from taught import CHINESE, ENGLISH, conversation, prompts, teach

from instructwild import stage
from instructwild_trainer.adapter import load_chat, load_policy
from instructwild_trainer.cli import train
from instructwild_trainer.likelihood import held_out_loss, padded
from instructwild_trainer.ppo.actors import POLICY, Actors
from instructwild_trainer.ppo.config import PPOOptions
from instructwild_trainer.ppo.loop import SpecialTokens, Trainer

HAN = re.compile(r"[一-鿿]")
BAND = 8.0
"""Nats per sequence. Turning a fair coin into a sure one costs ln 2 = 0.69."""
GOAL = 0.92
"""Of the reward, whose maximum is 1, over the last five updates: a run ends when it is there, or after 80 updates
(one seed of six takes 62)."""


@pytest.fixture(scope="module")
def taught_model(tmp_path_factory, tiny_model):
    folder = tmp_path_factory.mktemp("taught")
    assert teach(folder, tiny_model) < 1.5
    return folder


@pytest.fixture
def learner(taught_model, tmp_path):
    """A trainer paid 1 for an answer in Chinese to an English prompt, and the perplexity of what PTX stands for."""
    from peft import LoraConfig

    def make(seed, ptx_coef=0.0, **changes):
        torch.manual_seed(seed)
        base, tokenizer = load_policy(taught_model, dtype="float32")
        chat = load_chat(taught_model)
        actors = Actors(base, LoraConfig(r=8, lora_alpha=16, target_modules="all-linear", task_type="CAUSAL_LM"))
        english, chinese = prompts()
        supervised = [chat.encode(conversation(question, answer)) for question in chinese for answer in ENGLISH + CHINESE]
        held_out, trained = supervised[: len(supervised) // 4], supervised[len(supervised) // 4:]

        def score(experience):
            ids = [tokens[on].tolist() for tokens, on in zip(experience.response, experience.mask, strict=True)]
            return torch.tensor([float(bool(HAN.search(text))) for text in tokenizer.batch_decode(ids)])

        options = PPOOptions(**{"max_steps": 80, "batch_size": 32, "mini_batch_size": 16, "per_device_train_batch_size": 16,
                                "num_ppo_epochs": 2, "response_length": 24, "learning_rate": 1e-3, "temperature": 1.0,
                                "dtype": "float32", "kl_coef": 0.02, "ptx_coef": ptx_coef, "ptx_batch_size": 16,
                                "kl_stop": BAND, "seed": seed} | changes)
        trainer = Trainer(actors, [chat.prompt_ids([{"role": "user", "content": text}]) for text in english], score, options,
                          SpecialTokens(chat.stop_ids, tokenizer.pad_token_id), tmp_path / f"{seed}-{ptx_coef}", trained,
                          on_update=lambda *_: late(trainer.history, "reward") > GOAL)

        def perplexity():
            return math.exp(held_out_loss(actors.set_adapter(POLICY), {"": held_out}, tokenizer.pad_token_id)[""])
        return trainer, perplexity
    return make


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("shared_trunk", [False, True])
def test_slow_two_processes_follow_the_trajectory_of_one(tiny_model, tmp_path, shared_trunk, record_property):
    script = Path(__file__).parent / "several.py"
    path = os.pathsep.join([str(script.parent), *(str(place) for place in sys.path if place)])
    ran = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2", script, tiny_model,
         tmp_path / "two", str(shared_trunk)], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path})
    assert ran.returncode == 0, ran.stderr[-2000:]
    one = trainer_on(actors_on(tiny_model, shared_trunk=shared_trunk), tmp_path / "one", changes=MORE)
    one.train()
    two = trainer_on(actors_on(tiny_model, shared_trunk=shared_trunk), tmp_path / "two", changes=MORE)
    assert two.restore() == 2
    apart = max((a - b).abs().max().item() for a, b in zip(weights(one).values(), weights(two).values(), strict=True))
    record_property("largest difference of a weight", f"{apart:.1e}")
    assert apart < 1e-4
    for key in ("reward", "kl", "ptx_loss", "policy_loss", "value_loss", "ptx_grad", "policy_grad"):
        assert [row[key] for row in two.history] == pytest.approx([row[key] for row in one.history], abs=1e-4)


def late(history, key):
    """The mean over the last five updates; 0 before there are five."""
    return sum(row[key] for row in history[-5:]) / 5 if len(history) >= 5 else 0.0


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(6))
def test_slow_a_checkable_reward_is_learned_to_more_than_nine_tenths_inside_the_band(learner, seed, record_property):
    trainer, _ = learner(seed, max_steps=20)
    outcome = trainer.train()
    record_property("reward", f"{late(outcome.history, 'reward'):.3f}")
    record_property("largest KL", f"{max(row['kl'] for row in outcome.history):.2f}")
    assert not outcome.stopped
    assert outcome.history[0]["reward"] < 0.75
    assert late(outcome.history, "reward") > 0.9
    assert max(row["kl"] for row in outcome.history) < BAND


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(6))
def test_slow_ptx_at_least_halves_what_ppo_costs_in_perplexity_at_equal_reward(learner, seed, record_property):
    rises, rewards = {}, {}
    for coef in (0.0, 1.0):
        trainer, perplexity = learner(seed, coef, learning_rate=2e-3, kl_stop=0.0)
        before = perplexity()
        history = trainer.train().history
        rewards[coef], rises[coef] = late(history, "reward"), perplexity() - before
        record_property(f"ptx_coef {coef:g}", f"reward {rewards[coef]:.3f} after {len(history)} updates, perplexity "
                                              f"{before:.3f} + {rises[coef]:.3f}")
    assert min(rewards.values()) > GOAL                # each run ends where it has reached the goal: equal reward
    assert rises[0.0] > 0
    assert rises[1.0] <= 0.5 * rises[0.0]


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_slow_with_a_trained_reward_model_its_score_rises_and_what_it_was_taught_to_like(taught_model, tmp_path,
                                                                                         record_property):
    english, _ = prompts()
    rankings = [{"user_input": question, "completion": answer, "score": int(bool(HAN.search(answer)))}
              for question in english for answer in ENGLISH + CHINESE]
    (tmp_path / "rankings.jsonl").write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rankings))
    (tmp_path / "prompts.json").write_text(json.dumps([{"instruction": question} for question in english]))
    common = ["--model", str(taught_model), "--dtype", "float32", "--max-length", "128"]
    train(["reward", str(tmp_path / "rankings.jsonl"), "--out", str(tmp_path / "reward"), *common, "--max-steps", "30",
           "--learning-rate", "3e-3", "--per-device-train-batch-size", "8"], standalone_mode=False)
    train(["ppo", str(tmp_path / "prompts.json"), "--out", str(tmp_path / "ppo"), *common,
           "--reward", str(tmp_path / "reward"), "--batch-size", "32", "--per-device-train-batch-size", "16",
           "--num-ppo-epochs", "2", "--response-length", "24",
           "--learning-rate", "1e-3", "--lr-scheduler-type", "constant", "--temperature", "1", "--kl-coef", "0.02",
           "--max-steps", "20", "--samples", "0", "--kl-stop", str(BAND)], standalone_mode=False)
    rewards, made = (stage.load(tmp_path / name) for name in ("reward", "ppo"))
    accuracy = rewards.manifest.metrics["accuracy"]["all pairs"]["reward model"]["value"]
    first, last = made.manifest.metrics["first"], made.manifest.metrics["last"]
    chinese = [_share_chinese(folder, english) for folder in (taught_model, made.model)]
    record_property("held-out accuracy of the reward model", f"{accuracy:.3f}")
    record_property("its score", f"{first['reward']:.2f} before, {last['reward']:.2f} after")
    record_property("answers in Chinese", f"{chinese[0]:.2f} before, {chinese[1]:.2f} after")
    assert accuracy > 0.95
    assert last["reward"] > first["reward"] + 0.5
    assert chinese[1] > 0.9 > chinese[0]


def _share_chinese(model, questions):
    """How many of 200 sampled answers hold a Chinese character."""
    base, tokenizer = load_policy(model, dtype="float32")
    chat = load_chat(model)
    torch.manual_seed(0)
    ids = [chat.prompt_ids([{"role": "user", "content": questions[i % len(questions)]}]) for i in range(200)]
    given, mask = padded(ids, tokenizer.pad_token_id, side="left")
    said = base.generate(input_ids=given, attention_mask=mask, do_sample=True, temperature=1.0, top_k=0, max_new_tokens=24)
    return sum(bool(HAN.search(text)) for text in tokenizer.batch_decode(said[:, given.shape[1]:])) / 200


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_slow_the_command_killed_at_random_moments_leaves_the_same_model_bit_for_bit(command, tmp_path, record_property):
    whole = finished(command, tmp_path / "whole")
    draw, kills = Random(3), 0
    for n in range(2):
        out = tmp_path / f"killed-{n}"
        for _ in range(2):
            process = started(command, out)
            while process.poll() is None and not (out / ".work").exists():
                time.sleep(0.02)
            time.sleep(draw.uniform(0, 5))
            kills += process.poll() is None
            process.kill()
            process.wait()
        assert finished(command, out) == whole
    record_property("kills that met a run at work", kills)
    assert kills >= 2


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_slow_the_command_under_torchrun_leaves_the_model_of_one_process(command, tmp_path, record_property):
    finished(command, tmp_path / "one")
    finished(command, tmp_path / "two", processes=2)
    one, two, start = (torch.cat([weight.flatten() for _, weight in sorted(load_file(folder / "model.safetensors").items())])
                       for folder in (tmp_path / "one" / "model", tmp_path / "two" / "model", Path(command[6])))
    record_property("of what training moved, apart by", f"{(one - two).norm() / (one - start).norm():.1e}")
    assert (one - two).norm() < 1e-3 * (one - start).norm()
    histories = [stage.load(tmp_path / name).manifest.metrics["last"] for name in ("one", "two")]
    for key in ("reward", "kl", "ptx_loss", "ptx_grad", "policy_grad", "value_grad"):
        assert histories[0][key] == pytest.approx(histories[1][key], rel=1e-3, abs=1e-5)
