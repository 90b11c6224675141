"""Reward models on K-way rankings: an epoch of ours against TRL's pairwise `RewardTrainer` on the same rankings, in turns.

    python -m benchmarks reward_rankings         BENCH_DATA names the folder of real data

Ours takes K forwards a prompt; TRL's takes one chosen and one rejected answer for each of the prompt's ordered pairs.
Stopped at any moment, it goes on where it was.
"""

import statistics
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch

from benchmarks.results import save
from benchmarks.sft_throughput import DATA, seconds
from benchmarks.turns import in_turns, ratio
from instructwild.read.rankings import read_rankings
from instructwild_trainer.adapter import Source, load_chat, source_of
from instructwild_trainer.config import RewardOptions
from instructwild_trainer.data import Split
from instructwild_trainer.fit import arguments, lora, silence_libraries
from instructwild_trainer.memory import as_torch, dtype_of
from instructwild_trainer.reward.command import _trainer
from instructwild_trainer.reward.groups import Group, groups
from instructwild_trainer.reward.head import reward_model
from instructwild_trainer.templates import Chat

FILES = {"Chinese": DATA / "rankings" / "oaast_rm_zh.json", "English": DATA / "rankings" / "oasst_en_50_trees.jsonl"}
SIZES = {"tiny": (200, 1024, 5), "smollm2": (16, 512, 5)}
"""For each base: prompts, the longest in tokens, rounds."""


def main() -> None:
    """Measure each base and write the section."""
    if not DATA.exists():
        return
    rows = []
    for name, sizes in SIZES.items():
        rows.append(row_of(name, *sizes))
        write(rows)


def write(rows: list[list[Any]]) -> None:
    """The section, with the bases that are done."""
    save("reward_rankings", "Reward models: K forwards a prompt, not one for each member of a pair",
         "One pass over the same human rankings of Open Assistant, Chinese and English, with LoRA, in turns.",
         [{"caption": "Seconds a pass (median), and the ratio of paired rounds with its 95% interval",
           "columns": ["base", "longest", "prompts", "pairs", "forwards, ours", "pairwise", "ours, s", "pairwise, s",
                       "pairwise over ours"], "rows": rows}],
         ["Updates of 4 prompts and of 4 pairs, one at a time, on two threads. The gain grows with K: these prompts have "
          "2.6 ranked answers on average."])


def row_of(name: str, count: int, longest: int, rounds: int) -> list[Any]:
    """One base: what a pass is, and its seconds both ways."""
    source = source_of(name)
    chat = load_chat(source)
    ranked, _ = groups(read_rankings(list(FILES.values())).rows, chat, longest)
    ranked = ranked[:: max(1, len(ranked) // count)][:count]
    options = RewardOptions(max_length=longest, per_device_train_batch_size=1, gradient_accumulation_steps=4,
                            save_steps=10**6, warmup_steps=0)
    with silence_libraries(), tempfile.TemporaryDirectory() as scratch:
        run = SimpleNamespace(scratch=Path(scratch))
        times = in_turns(f"reward-{name}", {
            "ours": lambda: seconds(_trainer(options, source, run, chat, Split(ranked, {}), [])),
            "pairwise": lambda: seconds(pairwise(options, source, chat, ranked, run))}, rounds)
    pairs = sum(len(order.pairs) for group in ranked for order in group.orders)
    return [name, longest, len(ranked), pairs, sum(len(group.encoded) for group in ranked), 2 * pairs,
            *(round(statistics.median(times[side]), 1) for side in ("ours", "pairwise")),
            ratio(times["pairwise"], times["ours"])]


def pairwise(options: RewardOptions, source: Source, chat: Chat, ranked: list[Group], run: Any) -> Any:
    """TRL's own trainer on every ordered pair of the same rankings."""
    from datasets import Dataset
    from trl import RewardConfig, RewardTrainer

    torch.manual_seed(options.seed)
    model = reward_model(source.folder, chat.tokenizer, dtype=as_torch(dtype_of(options)))
    data = [{"chosen_ids": group.encoded[a].input_ids, "rejected_ids": group.encoded[b].input_ids}
            for group in ranked for order in group.orders for a, b in order.pairs]
    return RewardTrainer(model=model, args=RewardConfig(**arguments(options, run)), processing_class=chat.tokenizer,
                         train_dataset=Dataset.from_list(data),
                         peft_config=lora(options, model, "SEQ_CLS", modules_to_save=["score"]))


if __name__ == "__main__":
    main()
