"""PPO updates with TRL 1.12's PPOTrainer, the last that had one: `ppo_trl.py MODEL QUESTION.json ANSWER.json`."""

import copy
import json
import sys
import time
from pathlib import Path

import torch
from datasets import Dataset
from peft import LoraConfig
from protocol import cpu, megabytes
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer, TrainerCallback
from trl.experimental.ppo import PPOConfig, PPOTrainer

settings = json.loads(Path(sys.argv[2]).read_text())
torch.manual_seed(0)
floor = megabytes()
tokenizer = AutoTokenizer.from_pretrained(sys.argv[1], padding_side="left")
dtype = getattr(torch, settings["dtype"])
policy = AutoModelForCausalLM.from_pretrained(sys.argv[1], dtype=dtype)
value, reward = (AutoModelForSequenceClassification.from_pretrained(sys.argv[1], dtype=dtype, num_labels=1)
                 for _ in range(2))
ends = []


class Clock(TrainerCallback):
    def on_step_end(self, *arguments, **kwargs):
        ends.append((time.perf_counter(), cpu()))


rows, width = settings["batch"], settings["prompt"]
prompts = torch.randint(100, 1000, (rows * (settings["updates"] + 1), width), generator=torch.Generator().manual_seed(0))
arguments = PPOConfig(
    output_dir=str(Path(sys.argv[-1]).parent / "out"), per_device_train_batch_size=rows, gradient_accumulation_steps=1,
    num_mini_batches=1, num_ppo_epochs=settings["epochs"], total_episodes=rows * (settings["updates"] + 1),
    response_length=settings["response"], temperature=0.7, num_sample_generations=0, report_to=[], save_strategy="no",
    use_cpu=True, bf16=False, local_rollout_forward_batch_size=rows, learning_rate=1e-5, gradient_checkpointing=False)
trainer = PPOTrainer(
    args=arguments, processing_class=tokenizer, model=policy, ref_model=None, reward_model=reward, value_model=value,
    train_dataset=Dataset.from_dict({"input_ids": prompts.tolist()}), callbacks=[Clock()],
    eval_dataset=Dataset.from_dict({"input_ids": prompts[:rows].tolist()}),
    peft_config=LoraConfig(r=8, lora_alpha=16, task_type="CAUSAL_LM", target_modules=copy.copy(settings["targets"])))
trainer.train()
(wall, used), (wall_end, used_end) = ends[0], ends[-1]
Path(sys.argv[-1]).write_text(json.dumps({
    "wall": (wall_end - wall) / settings["updates"], "cpu": (used_end - used) / settings["updates"], "floor": floor,
    "megabytes": megabytes()}))
