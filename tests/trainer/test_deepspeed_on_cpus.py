"""DeepSpeed's ZeRO-2 and ZeRO-3 with two gloo processes, where it is installed; its first start compiles for minutes."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
import yaml
from safetensors.torch import load_file

from instructwild_trainer import config

CONFIGS = Path(config.__file__).parent / "configs" / "accelerate"
pytestmark = [pytest.mark.slow, pytest.mark.skipif(find_spec("deepspeed") is None, reason="deepspeed is not installed")]


def environment(name):
    """What `accelerate launch` makes of a config, in fp32; it takes DeepSpeed for DDP itself where there is no GPU."""
    settings = yaml.safe_load((CONFIGS / f"{name}.yaml").read_text())["deepspeed_config"]
    named = {"zero_stage": "ZERO_STAGE", "offload_optimizer_device": "OFFLOAD_OPTIMIZER_DEVICE",
             "offload_param_device": "OFFLOAD_PARAM_DEVICE", "zero3_init_flag": "ZERO3_INIT",
             "zero3_save_16bit_model": "ZERO3_SAVE_16BIT_MODEL"}
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "DS_ACCELERATOR": "cpu", "OMP_NUM_THREADS": "1",
            "ACCELERATE_USE_DEEPSPEED": "true", "ACCELERATE_MIXED_PRECISION": "no",
            **{f"ACCELERATE_DEEPSPEED_{named[key]}": str(value).lower() for key, value in settings.items()}}


def weights(stage):
    tensors = {key: value for file in stage.glob("model/*.safetensors") for key, value in load_file(file).items()}
    return torch.cat([tensors[key].float().flatten() for key in sorted(tensors)])


@pytest.mark.parametrize("name", ["zero2", "zero3"])
def test_weights_shared_out_by_deepspeed_take_the_path_of_one_process(name, tmp_path):
    rows = tmp_path / "rows.jsonl"
    asked = [{"instruction": f"Which {word} is number {number}?", "output": f"It is {number} {word}s."}
             for number in range(12) for word in ("buoy", "浮标")]
    rows.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in asked), encoding="utf-8")
    words = ["-m", "instructwild", "train", "sft", str(rows), "--model", "tiny", "--config", "smoke", "--max-length", "96",
             "--samples", "0", "--held-out-rows", "2", "--max-steps", "4", "--no-use-peft"]
    subprocess.run([sys.executable, *words, "--out", tmp_path / "one", "--per-device-train-batch-size", "4"], check=True,
                   env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
    subprocess.run([sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", *words, "--out",
                    tmp_path / "two", "--per-device-train-batch-size", "2"], check=True, env=environment(name))
    one, two = weights(tmp_path / "one"), weights(tmp_path / "two")
    assert ((one - two).norm() / one.norm()).item() < 1e-5
