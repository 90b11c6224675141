"""SFT of SmolLM2 on real rows: our trainer against plain `SFTTrainer`, and packed against padded, in turns.

    python -m benchmarks sft_throughput          BENCH_DATA names the folder of real data, BENCH_MODEL another model

A useful token is one of a conversation; padding is none. Stopped at any moment, it goes on where it was.
"""

import os
import random
import statistics
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from benchmarks.peer import HERE
from benchmarks.results import save
from benchmarks.turns import in_turns, ratio
from instructwild.read.instructions import read
from instructwild_trainer.adapter import load_chat, load_policy, source_of
from instructwild_trainer.config import SftOptions
from instructwild_trainer.data import Conversation, Split, conversations
from instructwild_trainer.fit import arguments, lora, silence_libraries
from instructwild_trainer.memory import as_torch, dtype_of
from instructwild_trainer.sft import _trainer
from instructwild_trainer.templates import Chat

DATA = Path(os.environ.get("BENCH_DATA", HERE.parent.parent / "shared" / "data"))
MODEL = os.environ.get("BENCH_MODEL", "smollm2")
FILES = ("demo/alpaca_en_demo.json", "demo/alpaca_zh_demo.json", "demo/oaast_sft_zh.json",
         "alpaca_chinese/zh-data-part-00.json")
PLAIN = {"max_length": 256, "per_device_train_batch_size": 8}
LONG = {"max_length": 1024, "gradient_checkpointing": True}
NOTES = [
    "Both trainers train the same tokens with the same options; the base of ours is TRL's own SFTTrainer.",
    "Other work shared the cores: the ratios are of runs beside each other, the rates are not those of a quiet machine.",
    "Packed and padded are in CPU seconds of one thread. Padded batches are drawn at random, as TRL draws them; the last "
    "column is what no padding can give (2,000 batches of 1,500 rows of the same files); attention that ends where a "
    "document ends gives the rest. Gradients are checkpointed, TRL's default, for memory."]
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
PACKED = {**LONG, "packing": True, "per_device_train_batch_size": 2}


def main() -> None:
    """Measure both, and write the section after each."""
    if not DATA.exists():
        return
    chat = load_chat(source_of(MODEL))
    with silence_libraries(), tempfile.TemporaryDirectory() as scratch:
        tables = [same(chat, Path(scratch))]
        write(tables)
        tables.append(packing(chat, Path(scratch)))
    write(tables)


def same(chat: Chat, folder: Path) -> dict[str, Any]:
    """Our trainer and TRL's own on the same rows."""
    rows = rows_of(chat, PLAIN["max_length"], 8)
    times = in_turns(f"sft-{MODEL}", {"ours": lambda: seconds(ours(PLAIN, chat, rows, folder)),
                                      "plain SFTTrainer": lambda: seconds(plain(PLAIN, chat, rows, folder))}, 9)
    return {"caption": f"Our trainer and plain SFTTrainer: {len(rows)} rows up to {PLAIN['max_length']} tokens, 9 pairs",
            "columns": ["trainer", "useful tokens a second (median)", "ours over it"],
            "rows": [[name, round(tokens(rows) / statistics.median(of), 1),
                      ratio(of, times["ours"]) if name != "ours" else "1"] for name, of in times.items()]}


def packing(chat: Chat, folder: Path) -> dict[str, Any]:
    """Packed and padded batches of the same rows."""
    rows = rows_of(chat, LONG["max_length"], 16)
    padded = {f"padded, batches of {size}": {**LONG, "per_device_train_batch_size": size} for size in (8, 16)}
    times = in_turns(f"packing-{MODEL}", {name: lambda options=options: cpu_seconds(ours(options, chat, rows, folder))
                                          for name, options in {"packed": PACKED, **padded}.items()}, ROUNDS)
    waste = {name: wasted(chat, options["per_device_train_batch_size"]) for name, options in padded.items()}
    return {"caption": f"Packed and padded: {len(rows)} rows of at most {LONG['max_length']} tokens, rounds: {ROUNDS}",
            "columns": ["batches", "useful tokens a CPU second (median)", "packed over it", "computed for a useful token"],
            "rows": [[name, round(tokens(rows) / statistics.median(of), 1),
                      *([ratio(of, times["packed"]), f"{waste[name]:.2f}"] if name in padded else ["1", "1.00"])]
                     for name, of in times.items()]}


def write(tables: list[dict[str, Any]]) -> None:
    """The section, with what has been measured."""
    save("sft_throughput", "SFT: throughput", f"{MODEL}, LoRA r 16 on all linear layers, {dtype_of(SftOptions())}, rows of "
         "Alpaca in English and Chinese and of Open Assistant in Chinese, timed in turns; 95% intervals of paired ratios.",
         tables, NOTES[:len(tables) + 1])


def rows_of(chat: Chat, longest: int, count: int) -> list[Conversation]:
    """Some real rows, drawn from all files."""
    frame = read([DATA / file for file in FILES]).frame.sample(n=1500, shuffle=True, seed=1)
    rows, _ = conversations(frame, chat, longest)
    return rows[:count]


def wasted(chat: Chat, size: int) -> float:
    """Tokens that a padded batch of that size computes for each useful one."""
    lengths = [len(row.encoded.input_ids) for row in rows_of(chat, LONG["max_length"], 1500)]
    draw = random.Random(0)
    return statistics.fmean(max(draw.choices(lengths, k=size)) for _ in range(2000)) / statistics.fmean(lengths)


def tokens(rows: list[Conversation]) -> int:
    """Useful tokens."""
    return sum(len(row.encoded.input_ids) for row in rows)


def seconds(trainer: Any) -> float:
    """One pass over the rows."""
    began = time.perf_counter()
    trainer.train()
    return time.perf_counter() - began


def cpu_seconds(trainer: Any) -> float:
    """CPU seconds of one pass: on one thread what a quiet machine takes."""
    began = time.process_time()
    trainer.train()
    return time.process_time() - began


def ours(settings: dict[str, Any], chat: Chat, rows: list[Conversation], folder: Path) -> Any:
    """The trainer of `train sft`."""
    options = SftOptions(**settings, save_steps=10**6, warmup_steps=0)
    policy, _ = load_policy(MODEL, dtype=as_torch(dtype_of(options)))
    return _trainer(policy, options, SimpleNamespace(scratch=folder), chat, Split(rows, {}), {})


def plain(settings: dict[str, Any], chat: Chat, rows: list[Conversation], folder: Path) -> Any:
    """TRL's own, given messages."""
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    options = SftOptions(**settings, save_steps=10**6, warmup_steps=0)
    policy, _ = load_policy(MODEL, dtype=as_torch(dtype_of(options)))
    config = SFTConfig(**arguments(options, SimpleNamespace(scratch=folder)), assistant_only_loss=True)
    return SFTTrainer(model=policy, args=config, processing_class=chat.tokenizer,
                      peft_config=lora(options, policy, "CAUSAL_LM"),
                      train_dataset=Dataset.from_list([{"messages": row.messages} for row in rows]))


if __name__ == "__main__":
    main()
