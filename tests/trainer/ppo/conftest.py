"""One small PPO run on the tiny model, put together from its parts."""

import pytest
import torch
from ppo_run import PAD, PROMPTS, PTX, SMALL, STOP, shortest

from instructwild_trainer.ppo.actors import Actors
from instructwild_trainer.ppo.config import PPOOptions
from instructwild_trainer.ppo.loop import Trainer, Vocabulary


@pytest.fixture
def make_actors(tiny_model):
    """Actors on a fresh copy of the tiny model; `stirred` moves every adapter and head off its start."""
    from peft import LoraConfig

    from instructwild_trainer.adapter import load_policy

    def make(stirred=False, **given):
        torch.manual_seed(0)
        base, _ = load_policy(tiny_model, dtype="float32")
        base.get_input_embeddings().weight.data.mul_(4)   # tied: at the size it is drawn in, all its logits are near 0
        lora = LoraConfig(r=4, lora_alpha=8, target_modules="all-linear", task_type="CAUSAL_LM")
        actors = Actors(base, lora, **given)
        if stirred:
            for parameter in actors.parameters().values():
                parameter.data.normal_(std=0.3)
        return actors
    return make


@pytest.fixture
def make_trainer(make_actors, tmp_path):
    """A trainer; options of `SMALL` may be changed, `actors` and `folder` given."""
    def make(folder="run", *, actors=None, score=shortest, ptx=PTX, shared_trunk=False, **changes):
        return Trainer(actors or make_actors(shared_trunk=shared_trunk), PROMPTS, score, PPOOptions(**SMALL | changes),
                       Vocabulary((STOP,), PAD), tmp_path / folder, ptx)
    return make
