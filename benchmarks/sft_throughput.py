"""SFT: our trainer against plain `SFTTrainer`, and packed against padded, in useful tokens a second on the same rows.

    python -m benchmarks.sft_throughput ROWS.json… [--model tiny] [--rows 256] [--pairs 9]

The two are timed one after the other, in turns, so that what else the machine does falls on both. A useful token is one of a
conversation; padding is none. Prints one JSON object.
"""

import argparse
import json
import math
import random
import statistics
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

from instructwild import stage
from instructwild_trainer.adapter import load_chat, load_policy, source_of
from instructwild_trainer.config import SftOptions
from instructwild_trainer.data import Conversation, Split, conversations
from instructwild_trainer.fit import arguments, calm, lora
from instructwild_trainer.memory import as_torch, dtype_of
from instructwild_trainer.sft import _trainer
from instructwild_trainer.templates import Chat

STUDENT_T = {2: 4.303, 4: 2.776, 8: 2.306}
"""97.5% quantiles by degrees of freedom."""


def seconds(trainer) -> float:
    began = time.perf_counter()
    trainer.train()
    return time.perf_counter() - began


def ours(model: str, options: SftOptions, chat: Chat, rows: list[Conversation], folder: Path):
    policy, _ = load_policy(model, dtype=as_torch(dtype_of(options)))
    return _trainer(policy, options, SimpleNamespace(scratch=folder), chat, Split(rows, {}), {})


def plain(model: str, options: SftOptions, chat: Chat, rows: list[Conversation], folder: Path):
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    policy, _ = load_policy(model, dtype=as_torch(dtype_of(options)))
    data = Dataset.from_list([{"messages": row.messages} for row in rows])
    config = SFTConfig(**arguments(options, SimpleNamespace(scratch=folder)), assistant_only_loss=True)
    return SFTTrainer(model=policy, args=config, processing_class=chat.tokenizer, train_dataset=data,
                      peft_config=lora(options, "CAUSAL_LM"))


def interval(ratios: list[float]) -> dict[str, float]:
    """The geometric mean of paired ratios, with its 95% interval."""
    logs = [math.log(ratio) for ratio in ratios]
    middle, spread = statistics.fmean(logs), statistics.stdev(logs) / math.sqrt(len(logs))
    reach = STUDENT_T.get(len(logs) - 1, 1.96) * spread
    return {"ratio": math.exp(middle), "low": math.exp(middle - reach), "high": math.exp(middle + reach)}


def compared(first, second, pairs: int) -> tuple[list[float], list[float]]:
    """Seconds of both, in turns, the order drawn anew for each pair."""
    draw, times = random.Random(0), ([], [])
    for _ in range(pairs):
        order = [0, 1]
        draw.shuffle(order)
        for which in order:
            times[which].append((first, second)[which]())
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="+")
    parser.add_argument("--model", default="tiny")
    parser.add_argument("--rows", type=int, default=256)
    parser.add_argument("--pairs", type=int, default=9)
    parser.add_argument("--max-length", type=int, default=512)
    asked = parser.parse_args()
    options = SftOptions(max_length=asked.max_length, per_device_train_batch_size=8, save_steps=10**6, warmup_steps=0)
    chat = load_chat(source_of(asked.model))
    rows, _ = conversations(stage.read(asked.data).frame, chat, asked.max_length)
    random.Random(0).shuffle(rows)
    rows = rows[: asked.rows]
    useful = sum(len(row.encoded.input_ids) for row in rows)
    packed = SftOptions(**{**options.__dict__, "packing": True, "per_device_train_batch_size": 1})
    with calm(), tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        mine, theirs = compared(lambda: seconds(ours(asked.model, options, chat, rows, folder)),
                                lambda: seconds(plain(asked.model, options, chat, rows, folder)), asked.pairs)
        tight, loose = compared(lambda: seconds(ours(asked.model, packed, chat, rows, folder)),
                                lambda: seconds(ours(asked.model, options, chat, rows, folder)), max(3, asked.pairs // 3))
    print(json.dumps({
        "model": asked.model, "rows": len(rows), "useful tokens": useful, "max length": asked.max_length,
        "useful tokens a second": {name: useful / statistics.median(times) for name, times in
                                   (("ours", mine), ("plain SFTTrainer", theirs), ("packed", tight), ("padded", loose))},
        "ours over plain": interval([b / a for a, b in zip(mine, theirs, strict=True)]),
        "packed over padded": interval([b / a for a, b in zip(tight, loose, strict=True)])}, indent=2))


if __name__ == "__main__":
    main()
