"""Memory of training as worked out before it begins, beside what runs held: models of several sizes, on this machine.

    BENCH_SHAPES=256x4,512x8,768x12 python -m benchmarks training_memory

Each run is a program of its own: two updates of supervised fine-tuning of a random Llama-like model, every row as long as
training takes them. Worked out is `memory.need_of`, by which `train` refuses what does not fit and which
`train … --dry-run --gpus N` divides among devices.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.results import save
from instructwild.console.terminal import console
from instructwild.stage.manifest import read_manifest

SHAPES = [tuple(map(int, shape.split("x"))) for shape in os.environ.get("BENCH_SHAPES", "256x4,512x8,768x12").split(",")]
"""Width and layers."""
VOCABULARY, LENGTH, BATCH, UPDATES = 8192, 256, 4, 2
WAYS = {"all weights": ("--no-use-peft",), "adapters": ("--use-peft",),
        "all weights, checkpointing": ("--no-use-peft", "--gradient-checkpointing")}


def write_model(folder: Path, hidden: int, layers: int) -> None:
    """A random Llama-like model of this size, with the tokenizer of the tiny one."""
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    from instructwild.llm.tiny import tiny

    tokenizer = AutoTokenizer.from_pretrained(tiny())
    tokenizer.save_pretrained(folder)
    LlamaForCausalLM(LlamaConfig(
        vocab_size=VOCABULARY, hidden_size=hidden, intermediate_size=3 * hidden, num_hidden_layers=layers,
        num_attention_heads=hidden // 64, num_key_value_heads=hidden // 64, max_position_embeddings=2048,
        bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id)).save_pretrained(folder)


def longest_rows(count: int) -> list[dict[str, str]]:
    """Rows of as many tokens as are trained on, or hardly fewer."""
    from transformers import AutoTokenizer

    from instructwild.llm.tiny import tiny

    tokenizer = AutoTokenizer.from_pretrained(tiny())
    rows = []
    for number in range(count):
        prompt, answer = f"Tell me of harbour {number}.", "It is old."
        while len(tokenizer(tokenizer.apply_chat_template(
                [{"role": "user", "content": prompt}, {"role": "assistant", "content": f"{answer} Old."}],
                tokenize=False))["input_ids"]) <= LENGTH:
            answer += " Old."
        rows.append({"instruction": prompt, "output": answer})
    return rows


def planned(folder: Path, peft: bool, checkpointing: bool) -> tuple[int, float]:
    """How many weights a model has, and how many MiB its training is said to need."""
    from instructwild_trainer.config import SftOptions
    from instructwild_trainer.memory import need_of, shape_of

    options = SftOptions(use_peft=peft, per_device_train_batch_size=BATCH, max_length=LENGTH,
                         gradient_checkpointing=checkpointing)
    shape = shape_of(folder, options)
    return shape.parameters, need_of(shape, options, "float32").total / 2**20


def trained(rows: Path, model: Path, out: Path, words: tuple[str, ...]) -> int:
    """The most MiB that a run held."""
    subprocess.run([sys.executable, "-m", "instructwild", "train", "sft", rows, "--model", model, "--out", out, "--config",
                    "smoke", "--dtype", "float32", "--max-length", str(LENGTH), "--per-device-train-batch-size", str(BATCH),
                    "--max-steps", str(UPDATES), "--held-out-rows", "4", "--samples", "0", *words],
                   check=True, stdout=subprocess.DEVNULL)
    return read_manifest(out).peak_memory_mb


def main() -> None:
    table = []
    with tempfile.TemporaryDirectory() as scratch:
        rows = Path(scratch) / "rows.jsonl"
        rows.write_text("".join(json.dumps(row) + "\n" for row in longest_rows(40)), encoding="utf-8")
        for hidden, layers in SHAPES:
            model = Path(scratch) / f"{hidden}x{layers}"
            write_model(model, hidden, layers)
            for number, (way, words) in enumerate(WAYS.items()):
                weights, need = planned(model, words[0] == "--use-peft", len(words) > 1)
                held = trained(rows, model, Path(scratch) / f"out-{hidden}-{number}", words)
                table.append([f"{weights / 1e6:.0f} M", way, round(need), held, f"{need / held - 1:+.0%}"])
                console.print(*table[-1])
    save("training_memory", "Memory of training, worked out and measured",
         f"`instructwild train sft`, float32 on a CPU, {BATCH} rows of {LENGTH} tokens, a vocabulary of {VOCABULARY:,}, the "
         "whole program.",
         [{"caption": "Peak in MiB", "rows": table,
           "columns": ["weights", "trained", "worked out", "measured", "worked out, beside measured"]}], [])
