"""SFT, reward and DPO in several processes: sharded as in one process, and resumed on another number of them."""

import json

import pytest
import torch
from launched import KILLED, launched
from safetensors.torch import load_file
from typer.testing import CliRunner

from instructwild_trainer.cli import train
from instructwild_trainer.config import DpoOptions, RewardOptions, SftOptions
from instructwild_trainer.global_batch import PassOrder, accumulated
from instructwild_trainer.memory import batch_arithmetic, updates_of

SMALL = ["--model", "tiny", "--config", "smoke", "--max-length", 96, "--held-out-rows", 2, "--learning-rate", 0.003,
         "--global-batch-size", 4]
WORDS = ["knot", "sail", "tide", "绳结", "潮汐"]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Eleven answered questions and eleven pairs: no multiple of the global batch, with what is held out or without."""
    folder = tmp_path_factory.mktemp("files")
    answered = [{"instruction": f"What is {WORDS[n % 5]} {n}?", "output": f"It is {WORDS[(n + 2) % 5]} {n * n}."}
                for n in range(11)]
    pairs = [{"prompt": f"Name {WORDS[n % 5]} {n}.", "chosen": f"{WORDS[(n + 1) % 5]}, thank you", "rejected": f"no {n}"}
             for n in range(11)]
    for name, rows in (("sft", answered), ("reward", pairs), ("dpo", pairs)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows),
                                              encoding="utf-8")
    return folder


def words(verb, files, out, *more):
    samples = ["--samples", 0] if verb == "sft" else []
    return [verb, files / f"{verb}.jsonl", "--out", out, *SMALL, *samples, *more]


def weights(stage):
    tensors = {key: value for file in stage.glob("model/*.safetensors") for key, value in load_file(file).items()}
    return torch.cat([tensors[key].float().flatten() for key in sorted(tensors)])


def apart(one, other):
    """The relative difference of all weights of two stages."""
    first, second = weights(one), weights(other)
    return ((first - second).norm() / first.norm()).item()


@pytest.mark.parametrize(("verb", "more"), [
    ("reward", ("--no-use-peft",)),
    pytest.param("sft", ("--no-use-peft",), marks=pytest.mark.slow),
    pytest.param("dpo", ("--no-use-peft",), marks=pytest.mark.slow)])
def test_weights_shared_out_by_fsdp2_over_two_processes_take_the_path_of_one(verb, more, files, tmp_path):
    steps = ("--max-steps", 4, *more)
    assert launched(1, *words(verb, files, tmp_path / "one", *steps)) == [0]
    assert launched(2, *words(verb, files, tmp_path / "two", *steps, "--per-device-train-batch-size", 2),
                    sharded=True) == [0, 0]
    assert apart(tmp_path / "one", tmp_path / "two") < 1e-5


@pytest.mark.parametrize(("verb", "first", "then", "sharded"), [
    ("sft", 2, 1, False),
    pytest.param("reward", 2, 1, False, marks=pytest.mark.slow), pytest.param("dpo", 1, 2, False, marks=pytest.mark.slow),
    pytest.param("reward", 2, 4, True, marks=pytest.mark.slow)])
def test_an_interrupted_run_goes_on_with_another_number_of_processes(verb, first, then, sharded, files, tmp_path):
    # 7 updates of 4 are several passes of 9 rows: the first run ends in the middle of one
    steps = ("--max-steps", 7, "--save-steps", 2, *(["--no-use-peft"] if sharded else []))
    assert launched(1, *words(verb, files, tmp_path / "whole", *steps)) == [0]
    assert launched(first, *words(verb, files, tmp_path / "cut", *steps, "--per-device-train-batch-size", 1),
                    sharded=sharded, killed_at=5) == [KILLED] * first
    assert launched(then, *words(verb, files, tmp_path / "cut", *steps, "--per-device-train-batch-size", 4 // then),
                    sharded=sharded) == [0] * then
    assert apart(tmp_path / "whole", tmp_path / "cut") < 1e-5


@pytest.mark.parametrize(("verb", "killed_at"), [
    ("kto", 5), pytest.param("grpo", 5, marks=pytest.mark.slow), pytest.param("rloo", 5, marks=pytest.mark.slow)])
def test_a_killed_run_of_trls_other_algorithms_ends_in_the_same_weights_bit_for_bit(verb, killed_at, files, tmp_path):
    (tmp_path / "rewards.py").write_text("def short(completions, **_):\n    return [-len(str(c)) / 50 for c in completions]",
                                         encoding="utf-8")
    if verb == "kto":
        command = [verb, files / "dpo.jsonl", *SMALL[:-2], "--max-steps", 7, "--save-steps", 2]
    else:     # an update of ppo-smoke is four optimiser steps, which TRL counts
        command = [verb, files / "sft.jsonl", "--model", "tiny", "--config", "ppo-smoke", "--max-steps", 3,
                   "--save-steps", 1, "--samples", 0, "--reward-func", f"{tmp_path / 'rewards.py'}:short",
                   "--missing-eos-penalty", "none", "--learning-rate", 0.01]
    assert launched(1, *command, "--out", tmp_path / "whole") == [0]
    assert launched(1, *command, "--out", tmp_path / "cut", killed_at=killed_at) == [KILLED]
    assert launched(1, *command, "--out", tmp_path / "cut") == [0]
    assert torch.equal(weights(tmp_path / "whole"), weights(tmp_path / "cut"))


@pytest.mark.parametrize("kind", [SftOptions, RewardOptions, DpoOptions])
@pytest.mark.parametrize(("batch", "processes", "steps"), [(4, 1, 6), (4, 2, 3), (8, 3, 1), (1, 4, 6), (24, 1, 1)])
def test_accumulation_follows_from_the_global_batch(kind, batch, processes, steps):
    options = accumulated(kind(global_batch_size=24, per_device_train_batch_size=batch), processes)
    assert options.gradient_accumulation_steps == steps
    assert updates_of(options, 50, processes) == 3
    assert "= 24 rows an update" in batch_arithmetic(options, 50, processes=processes)
    assert "a pass begins again with 22 to fill its last update" in batch_arithmetic(options, 50, processes=processes)


def test_a_global_batch_that_cannot_be_shared_out_is_refused(files, tmp_path):
    made = CliRunner().invoke(train, [str(word) for word in words("sft", files, tmp_path / "o",
                                                                  "--per-device-train-batch-size", 3, "--dry-run")])
    assert "4 is no multiple of 3: 3 rows in each of 1 process" in str(made.exception)
    kto = ["kto", *words("dpo", files, tmp_path / "o", "--dry-run")[1:]]
    assert "another one on another number of processes" in str(CliRunner().invoke(train, list(map(str, kto))).exception)


def test_a_pass_holds_every_row_in_an_order_of_its_own_and_ends_with_a_whole_update():
    done = 0
    order = PassOrder(10, 4, seed=3, updates_done=lambda: done)
    passes = []
    for done in (0, 3, 6):     # noqa: B007 - read by the order
        passes.append(list(order))
    assert all(len(rows) == 12 and sorted(rows[:10]) == list(range(10)) and rows[10:] == rows[:2] for rows in passes)
    assert passes[0] != passes[1] != passes[2]
    done = 4      # in the middle of the second pass: that pass again
    assert list(order) == passes[1]
    assert list(PassOrder(3, 8, 0, lambda: 0))[:3] * 2 == list(PassOrder(3, 8, 0, lambda: 0))[:6]
