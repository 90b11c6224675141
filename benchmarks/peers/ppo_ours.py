"""The same updates with this toolkit: `ppo_ours.py MODEL QUESTION.json ANSWER.json`."""

import json
import sys
import time
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from protocol import cpu, megabytes

from instructwild_trainer.adapter import load_policy, save_adapter, source_of
from instructwild_trainer.ppo.actors import Actors
from instructwild_trainer.ppo.config import PPOOptions
from instructwild_trainer.ppo.loop import SpecialTokens, Trainer
from instructwild_trainer.ppo.scores import ModelScore
from instructwild_trainer.reward.head import ScoreHead

settings = json.loads(Path(sys.argv[2]).read_text())
floor = megabytes()


def lora(**more):
    return LoraConfig(r=8, lora_alpha=16, target_modules=settings["targets"], **more)


def reward_folder(base):
    """A reward adapter as a reward stage writes it, with a head of its own."""
    folder = Path(sys.argv[-1]).parent / "reward"
    base.score = ScoreHead(base.config.hidden_size)
    model = get_peft_model(base, lora(modules_to_save=["score"]))
    save_adapter(model, folder, source_of(sys.argv[1]))
    plain = model.unload()
    del plain.score
    return folder


base, _ = load_policy(sys.argv[1], dtype=getattr(torch, settings["dtype"]))
reward = reward_folder(base)
actors = Actors(base, lora(task_type="CAUSAL_LM"), reward, shared_trunk=settings["value_trunk"] == "policy",
                value_layers=settings["value_layers"])
rows = settings["batch"]
prompts = torch.randint(100, 1000, (rows * (settings["updates"] + 1), settings["prompt"]),
                        generator=torch.Generator().manual_seed(0)).tolist()
options = PPOOptions(
    max_steps=settings["updates"] + 1, batch_size=rows, mini_batch_size=rows, per_device_train_batch_size=settings["micro"],
    rollout_batch_size=rows, num_ppo_epochs=settings["epochs"], response_length=settings["response"], learning_rate=1e-5,
    kl_stop=0, entropy_stop=0, endless_stop=0, save_steps=settings["updates"] + 1, value_trunk=settings["value_trunk"],
    gradient_checkpointing=settings.get("checkpointing", False))
ends = []
# No token stops a response: TRL, too, generates to the full length here.
trainer = Trainer(actors, prompts, ModelScore(actors, settings["micro"]), options, SpecialTokens((-1,), 0),
                  Path(sys.argv[-1]).parent / "checkpoints",
                  on_update=lambda *_: ends.append((time.perf_counter(), cpu())) or False)
trainer.train()
(wall, used), (wall_end, used_end) = ends[0], ends[-1]
Path(sys.argv[-1]).write_text(json.dumps({
    "wall": (wall_end - wall) / settings["updates"], "cpu": (used_end - used) / settings["updates"], "floor": floor,
    "megabytes": megabytes()}))
