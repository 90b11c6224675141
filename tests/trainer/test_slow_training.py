"""Slow tests of SFT and reward training: kill -9, two processes, real data in two languages, a planted preference."""

import json
import multiprocessing
import random
import subprocess
import sys
import time

import pytest
import torch
from safetensors.torch import load_file

from instructwild import stage
from instructwild_trainer.adapter import source_of
from instructwild_trainer.cli import train

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
RUN = "import sys; from instructwild_trainer.cli import train; train(sys.argv[1:], prog_name='train')"
QUICK = ["--model", "tiny", "--config", "smoke", "--max-length", "128", "--held-out", "0.2",
         "--samples", "0", "--max-steps", "30"]
MARK = {"en": " Thank you.", "zh": "谢谢你。"}


def command(*words):
    return [sys.executable, "-c", RUN, *map(str, words)]


def trained(*words):
    train([str(word) for word in words], prog_name="train")


def forked(*words):
    """The command in a process of its own, of a server that has imported the libraries once."""
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload(["trl", "peft", "instructwild_trainer.sft", "instructwild_trainer.reward.trainer"])
    process = server.Process(target=trained, args=words)
    process.start()
    return process


def weights(folder, name="model.safetensors"):
    return torch.cat([tensor.float().flatten() for _, tensor in sorted(load_file(folder / "model" / name).items())])


@pytest.fixture(scope="module")
def files(tmp_path_factory, shared):
    """Real questions and answers in both languages, short enough for the tiny model; and a planted preference on them."""
    folder = tmp_path_factory.mktemp("files")
    rows = [row for name in ("en", "zh") for row in json.loads((shared / "demo" / f"alpaca_{name}_demo.json").read_text())
            if len(row["instruction"] + row["input"]) < 60 and 5 < len(row["output"]) < 120]
    (folder / "answers.json").write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    draw = random.Random(0)
    planted = []
    for row in rows:
        chinese = any("一" <= letter <= "鿿" for letter in row["instruction"])
        text = row["output"][:60]
        thanks = MARK["zh" if chinese else "en"]
        answers = [(text + 2 * thanks, 2), (text + thanks, 1), (text, 0), (text[: len(text) // 2] + text, 0)]
        draw.shuffle(answers)
        planted += [{"user_input": row["instruction"], "completion": answer, "score": score} for answer, score in answers]
    (folder / "planted.jsonl").write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in planted),
                                          encoding="utf-8")
    return folder


def test_held_out_loss_falls_in_both_languages(files, record_property):
    subprocess.run(command("sft", files / "answers.json", "--out", files / "sft", "--model", "tiny", "--config", "smoke",
                           "--no-use-peft", "--max-steps", 120, "--max-length", 256, "--samples", 0), check=True)
    loss = stage.load(files / "sft").manifest.metrics["held_out_loss"]
    for name, after in loss["after"].items():
        record_property(f"held-out loss {name}", f"{loss['before'][name]:.3f} before, {after:.3f} after")
    assert set(loss["after"]) == {"zh", "en"}
    assert all(loss["after"][name] < loss["before"][name] - 1 for name in loss["after"]), loss


def test_a_planted_preference_is_learned_to_95_percent_in_both_languages(files, record_property):
    # the rule: the more often an answer says thanks, the better; repeating itself to be longer does not help
    subprocess.run(command("reward", files / "planted.jsonl", "--out", files / "rm", "--model", "tiny", "--config", "smoke",
                           "--max-steps", 80, "--max-length", 384, "--lora-r", 32, "--lora-alpha", 64,
                           "--per-device-train-batch-size", 8), check=True)
    accuracy = stage.load(files / "rm").manifest.metrics["accuracy"]
    for judge, one in accuracy["all pairs"].items():
        record_property(judge, f"{one['value']:.3f} of {one['pairs']} held-out pairs")
    for name in ("all pairs", "language zh", "language en", "lengths within 25%"):
        assert accuracy[name]["reward model"]["value"] >= 0.95, (name, accuracy[name])
    assert accuracy["all pairs"]["longer wins"]["value"] < 0.95


@pytest.mark.parametrize("verb", ["sft", "reward"])
def test_killed_at_any_moment_it_ends_in_the_same_weights_bit_for_bit(verb, files, record_property):
    given = {"sft": [files / "answers.json"], "reward": [files / "planted.jsonl"]}[verb]
    words = [verb, *given, *QUICK[:-4], *QUICK[-2:], "--save-steps", 4, "--held-out-rows", 5]
    began = time.monotonic()
    forked(*words, "--out", files / f"{verb}-whole").join()
    took = time.monotonic() - began
    draw = random.Random(7)
    for n in range(3):
        out = files / f"{verb}-killed-{n}"
        kills = 0
        while not stage.is_stage(out):
            process = forked(*words, "--out", out)
            begun = out / ".work" / "checkpoints"
            while process.is_alive() and not begun.exists():
                time.sleep(0.05)
            process.join(draw.uniform(0, took / 3))
            if process.is_alive() and kills < 2:
                process.kill()
                kills += 1
            process.join()
        assert kills, "the run was over before it could be killed"
        record_property(f"kills of run {n + 1}", kills)
        assert source_of(out).sha256 == source_of(files / f"{verb}-whole").sha256


ALL_ROWS = ("--per-device-train-batch-size", "8")
HALVES = ("--per-device-train-batch-size", "4", "--gradient-accumulation-steps", "2")
"""Passes of as many rows as in two processes: in bfloat16 a pass of 8 rows rounds otherwise than two of 4, which after ten
updates is 3e-4 of the weights, of which training moves 0.17."""


@pytest.mark.parametrize(("verb", "every", "alone"), [
    ("sft", (), ALL_ROWS), ("reward", (), ALL_ROWS), ("sft", ("--no-use-peft",), ALL_ROWS),
    ("sft", ("--no-use-peft", "--dtype", "bfloat16"), HALVES)])
def test_two_processes_take_the_same_path_as_one(verb, every, alone, files, record_property):
    given = files / {"sft": "answers.json", "reward": "planted.jsonl"}[verb]
    words = [verb, given, *QUICK[:-4], "--max-steps", 10, "--held-out-rows", 5, *every]
    first, second = (files / f"{'-'.join([verb, *every])}-{name}" for name in ("one", "two"))
    subprocess.run(command(*words, "--out", first, *alone), check=True)
    subprocess.run([sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--master-port", "29517", "-m",
                    "instructwild", "train", *map(str, words), "--out", str(second),
                    "--per-device-train-batch-size", "4"], check=True)
    name = {"sft": "model.safetensors", "reward": "adapter_model.safetensors"}[verb]
    one, two = weights(first, name), weights(second, name)
    difference = ((one - two).norm() / one.norm()).item()
    record_property("relative difference of all weights", f"{difference:.1e}")
    assert difference < 1e-5
