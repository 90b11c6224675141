"""A plan of an export with small defaults, and an adapter folder to export."""

import torch

from instructwild_trainer.adapter import source_of
from instructwild_trainer.export.plan import plan_export

PLAIN: dict = {"bits": 4, "group_size": 128, "samples": 256, "max_length": 512, "held_out": 0.1, "languages": ()}


def plan_of(model, rows, format="gptq", **changes):
    return plan_export(str(model), format, [str(rows)] if rows else [], **{**PLAIN, **changes})


def write_adapter(base, folder):
    from peft import LoraConfig, get_peft_model

    from instructwild_trainer.adapter import load_policy, save_adapter

    model, tokenizer = load_policy(base, dtype="float32")
    torch.manual_seed(1)
    tuned = get_peft_model(model, LoraConfig(r=2, target_modules="all-linear", init_lora_weights=False))
    save_adapter(tuned, folder, source_of(base))
    tokenizer.save_pretrained(folder)
    return tuned
