"""One of several processes that train all weights in parts: `torchrun … cut_run.py MODEL FOLDER SHARED_TRUNK [DTYPE]`.

The first process leaves `whole.safetensors` beside the checkpoints: the policy as it is saved at the end.
"""

import sys
from pathlib import Path

import torch
from ppo_run import all_weights_on, trainer_on
from safetensors.torch import save_file

from instructwild_trainer.ppo.processes import processes

CUT = {"max_steps": 3, "num_ppo_epochs": 2, "per_device_train_batch_size": 1, "ptx_batch_size": 4, "kl_target": 1.0,
       "learning_rate": 1e-3, "gradient_checkpointing": True}
STOPS = tuple(range(2, 200))
"""So many that responses end at all lengths, and the processes differ in theirs."""

if __name__ == "__main__":
    model, folder, shared_trunk, dtype = [*sys.argv[1:], "float32"][:4]
    with processes() as among:
        actors = all_weights_on(model, among, shared_trunk == "True", getattr(torch, dtype))
        trainer_on(actors, Path(folder), changes=CUT, stops=STOPS, processes=among).train()
        policy = actors.alone()
        if among.first:
            save_file({name: p.detach() for name, p in policy.named_parameters()}, Path(folder) / "whole.safetensors")
