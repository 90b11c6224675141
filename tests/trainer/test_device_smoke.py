"""Each kind of training once, on the device that the tests were asked for: `pytest --device cuda` runs these on a GPU."""

import json

import pytest
import torch
from typer.testing import CliRunner

from instructwild import stage
from instructwild_trainer import processes
from instructwild_trainer.adapter import load_policy, source_of
from instructwild_trainer.cli import train

SMOKE = ["--model", "tiny", "--max-steps", "2", "--samples", "0"]
VERBS = {"sft": ["rows.jsonl", "--config", "smoke", "--packing"], "reward": ["ranked.jsonl", "--config", "smoke"],
         "dpo": ["ranked.jsonl", "--config", "smoke"], "kto": ["ranked.jsonl", "--config", "smoke"],
         "ppo": ["rows.jsonl", "--config", "ppo-smoke", "--ptx", "rows.jsonl", "--reward-func", "rewards.py:short"]}


@pytest.mark.parametrize("verb", VERBS)
def test_it_trains_where_it_shall(verb, device, tmp_path, monkeypatch):
    colours = ["blue", "red", "蓝色", "红色"]
    rows = [{"instruction": f"Name colour {n}.", "output": colours[n % 4]} for n in range(12)]
    ranked = [row | {"output": [row["output"] * 2, "no"]} for row in rows]
    for name, lines in (("rows.jsonl", rows), ("ranked.jsonl", ranked)):
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "rewards.py").write_text("def short(completions, **_):\n    return [-len(str(c)) for c in completions]")
    monkeypatch.chdir(tmp_path)
    smoke = [word for word in SMOKE if verb in ("sft", "ppo") or word not in ("--samples", "0")]
    done = CliRunner().invoke(train, [verb, *VERBS[verb], *smoke, "--out", "o"])
    assert done.exit_code == 0, done.output
    assert source_of(tmp_path / "o").sha256 != source_of("tiny").sha256
    assert torch.device(processes.device()).type == device
    if verb != "reward":
        model, _ = load_policy(source_of(tmp_path / "o"))
        assert all(weight.isfinite().all() for weight in model.parameters())
    assert stage.load(tmp_path / "o").manifest.rows.kept
