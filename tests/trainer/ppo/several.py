"""One of several processes of a run: `torchrun … several.py MODEL FOLDER SHARED_TRUNK`."""

import sys
from pathlib import Path

from ppo_run import actors_on, trainer_on

from instructwild_trainer.processes import processes

MORE = {"max_steps": 2, "num_ppo_epochs": 2, "per_device_train_batch_size": 2, "ptx_batch_size": 3, "kl_target": 1.0}

if __name__ == "__main__":
    with processes() as dist:
        trainer = trainer_on(actors_on(sys.argv[1], shared_trunk=sys.argv[3] == "True"), Path(sys.argv[2]), changes=MORE,
                             processes=dist)
        assert dist.world == 2
        trainer.train()
