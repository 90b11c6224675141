"""A PPO run small enough for a test: prompts, supervised rows, options."""

import subprocess
import sys

import torch
from peft import LoraConfig

from instructwild_trainer.adapter import load_policy, weights_sha256
from instructwild_trainer.ppo.actors import Actors
from instructwild_trainer.ppo.config import PPOOptions
from instructwild_trainer.ppo.loop import Trainer, Vocabulary
from instructwild_trainer.ppo.separate import MasterWeightActors, SeparateActors
from instructwild_trainer.ppo.sharded import ShardedActors
from instructwild_trainer.templates import Encoded

STOP, PAD = 2, 0
PROMPTS = [[5, 6, 7], [9, 10, 11, 12, 13, 14, 15], [20], [30, 31, 32, 33], [40, 41], [50, 51, 52, 53, 54]]
PTX = [Encoded([60 + i, 61, 62, 63 + i, STOP], [-100, -100, 62, 63 + i, STOP]) for i in range(5)] \
    + [Encoded([80, 81, 82, STOP], [-100, 81, 82, STOP])]
SMALL = {"max_steps": 2, "batch_size": 8, "mini_batch_size": 4, "per_device_train_batch_size": 4, "num_ppo_epochs": 1,
         "response_length": 6, "ptx_batch_size": 2, "learning_rate": 1e-2, "temperature": 1.0, "dtype": "float32",
         "lora_r": 4, "lora_alpha": 8}


def shortest(experience):
    """A score that any model can raise: the lower the tokens, the better."""
    return -(experience.response * experience.mask).float().sum(1) / experience.lengths / 500


def actors_on(folder, stirred=False, **given):
    """Actors on a fresh copy of the tiny model; `stirred` moves every adapter and head off its start."""
    base = loud_model(folder)
    actors = Actors(base, LoraConfig(r=4, lora_alpha=8, target_modules="all-linear", task_type="CAUSAL_LM"), **given)
    if stirred:
        for parameter in actors.parameters().values():
            parameter.data.normal_(std=0.3)
    return actors


def loud_model(folder):
    """A fresh copy of the tiny model whose logits tell tokens apart: as its weights are drawn, all are near 0."""
    torch.manual_seed(0)
    model, _ = load_policy(folder, dtype="float32")
    model.get_input_embeddings().weight.data.mul_(4)   # tied
    return model


def all_weights_on(folder, processes=None, shared_trunk=False, dtype=torch.float32):
    """Actors that train all weights of copies of the tiny model: cut over the processes where there are several."""
    if processes is None:
        models = [loud_model(folder) for _ in range(2)] + [None if shared_trunk else loud_model(folder)]
        return SeparateActors(*models) if dtype == torch.float32 else MasterWeightActors(*models, dtype)
    return ShardedActors(lambda: loud_model(folder), processes, dtype, shared_trunk=shared_trunk)


def trainer_on(actors, checkpoints, *, score=shortest, ptx=PTX, changes=None, stops=(STOP,), **given):
    """A trainer with the options of `SMALL`, some of them changed."""
    return Trainer(actors, PROMPTS, score, PPOOptions(**SMALL | (changes or {})), Vocabulary(stops, PAD), checkpoints, ptx,
                   **given)


def weights(trainer):
    """A copy of everything that is trained."""
    return {name: parameter.detach().clone() for name, parameter in trainer.actors.parameters().items()}


def same(one, other):
    """Whether two such copies agree in every bit."""
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def started(command, out, processes=1):
    """`instructwild` with these arguments, the last of them `out`, in several processes under torchrun."""
    several = ["-m", "torch.distributed.run", "--standalone", f"--nproc_per_node={processes}"] if processes > 1 else []
    return subprocess.Popen([sys.executable, *several, "-m", "instructwild", *command, str(out)])


def finished(command, out, processes=1):
    """Run it to the end; the hash of the model's weights."""
    assert started(command, out, processes).wait() == 0
    return weights_sha256(out / "model")
