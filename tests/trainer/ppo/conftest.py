"""One small PPO run on the tiny model: as a trainer, and as a command line."""

import json

import pytest
import torch
from ppo_run import actors_on, trainer_on
from taught import CHINESE, ENGLISH, prompts

from instructwild_trainer.adapter import save_adapter, source_of


@pytest.fixture
def make_actors(tiny_model):
    """Actors on a fresh copy of the tiny model; see `actors_on`."""
    def make(**given):
        return actors_on(tiny_model, **given)
    return make


@pytest.fixture
def make_trainer(make_actors, tmp_path):
    """A trainer whose checkpoints are in a folder of that name; options of `SMALL` may be changed, and actors given."""
    def make(folder="run", *, actors=None, shared_trunk=False, **given):
        parts = {name: given.pop(name) for name in ("score", "ptx") if name in given}
        return trainer_on(actors or make_actors(shared_trunk=shared_trunk), tmp_path / folder, changes=given, **parts)
    return make


@pytest.fixture
def command(tmp_path, tiny_model):
    """A small `train ppo` on the tiny model as a command line, its output folder last."""
    english, chinese = prompts()
    rows = [{"instruction": question, "output": answer} for question, answer in
            zip(english[:12] + chinese[:12], (ENGLISH + CHINESE) * 4, strict=True)]
    (tmp_path / "rows.json").write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    (tmp_path / "rewards.py").write_text(
        "def short(completions, **_):\n    return [-len(one[0]['content']) / 50 for one in completions]")
    return ["train", "ppo", str(tmp_path / "rows.json"), "--ptx", str(tmp_path / "rows.json"), "--model", str(tiny_model),
            "--reward-func", f"{tmp_path / 'rewards.py'}:short", "--config", "ppo-smoke", "--learning-rate", "0.01",
            "--kl-target", "2", "--max-steps", "6", "--samples", "1", "--out"]


@pytest.fixture
def reward_stage(tiny_model, tmp_path):
    """A reward model's adapter folder on the tiny model, with a head that tells responses apart."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoTokenizer

    from instructwild_trainer.reward.head import reward_model

    base, folder = source_of(tiny_model), tmp_path / "reward"
    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    torch.manual_seed(3)
    model = get_peft_model(reward_model(base.folder, tokenizer, dtype=torch.float32), LoraConfig(
        r=2, lora_alpha=4, target_modules="all-linear", task_type="SEQ_CLS", modules_to_save=["score"]))
    for name, weight in model.named_parameters():
        if "lora_B" in name or "modules_to_save" in name:
            weight.data.normal_(std=0.5)
    save_adapter(model, folder, base)
    tokenizer.save_pretrained(folder)
    return folder
