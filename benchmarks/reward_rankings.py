"""Reward models on K-way rankings: an epoch against pairwise `RewardTrainer`, and cross-validated accuracy.

    python -m benchmarks.reward_rankings epoch RANKINGS… [--model tiny] [--groups 120] [--pairs 3]
    python -m benchmarks.reward_rankings folds RANKINGS… [--model tiny] [--folds 5] [--max-length 512]

`epoch` trains one pass over the same rankings both ways, in turns: ours with K forwards a prompt, TRL's with one chosen
and one rejected answer for each of the K(K-1)/2 pairs. `folds` splits by prompt, trains on all folds but one, judges that
one, and pools the pairs. Prints one JSON object.
"""

import argparse
import dataclasses
import json
import statistics
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import torch

from benchmarks.sft_throughput import compared, interval
from instructwild_trainer.adapter import load_chat, source_of
from instructwild_trainer.config import RewardOptions
from instructwild_trainer.data import Split, place
from instructwild_trainer.fit import arguments, calm, lora
from instructwild_trainer.memory import as_torch, dtype_of
from instructwild_trainer.reward.command import _likelihood, _trainer
from instructwild_trainer.reward.groups import Group, groups
from instructwild_trainer.reward.head import reward_model
from instructwild_trainer.reward.measure import calibration, differences, judged, longer_wins, pairs_of
from instructwild_trainer.reward.rankings import read
from instructwild_trainer.reward.trainer import score


def pairwise(options: RewardOptions, source, chat, ranked: list[Group], folder: Path):
    """TRL's own trainer on every ordered pair of the same rankings."""
    from datasets import Dataset
    from trl import RewardConfig, RewardTrainer

    torch.manual_seed(options.seed)
    model = reward_model(source.folder, chat.tokenizer, dtype=as_torch(dtype_of(options)))
    data = [{"chosen_ids": group.encoded[a].input_ids, "rejected_ids": group.encoded[b].input_ids}
            for group in ranked for order in group.orders for a, b in order.pairs]
    return RewardTrainer(model=model, args=RewardConfig(**arguments(options, SimpleNamespace(scratch=folder))),
                         processing_class=chat.tokenizer, train_dataset=Dataset.from_list(data),
                         peft_config=lora(options, "SEQ_CLS", modules_to_save=["score"]))


def seconds(trainer) -> float:
    began = time.perf_counter()
    trainer.train()
    return time.perf_counter() - began


def epoch(asked, options: RewardOptions, source, chat, ranked: list[Group], folder: Path) -> dict:
    ranked = ranked[: asked.groups]
    run = SimpleNamespace(scratch=folder)
    mine, theirs = compared(lambda: seconds(_trainer(options, source, run, chat, Split(ranked, {}), [])),
                            lambda: seconds(pairwise(options, source, chat, ranked, folder)), asked.pairs)
    pairs = sum(len(order.pairs) for group in ranked for order in group.orders)
    return {"prompts": len(ranked), "pairs": pairs, "forwards an epoch": {
                "ours": sum(len(group.encoded) for group in ranked), "pairwise": 2 * pairs},
            "seconds an epoch": {"ours": statistics.median(mine), "pairwise": statistics.median(theirs)},
            "pairwise over ours": interval([b / a for a, b in zip(mine, theirs, strict=True)])}


def folds(asked, options: RewardOptions, source, chat, ranked: list[Group], folder: Path) -> dict:
    held_all: list[Group] = []
    scores: list[list[float]] = []
    likely: list[list[float]] = []
    for fold in range(asked.folds):
        held = [group for group in ranked if int(place(group.key) * asked.folds) == fold]
        train = [group for group in ranked if int(place(group.key) * asked.folds) != fold]
        trainer = _trainer(options, source, SimpleNamespace(scratch=folder / str(fold)), chat, Split(train, {}), [])
        trainer.train()
        scores += score(trainer.model, held, chat.tokenizer.pad_token_id)
        likely += _likelihood(source, options, chat, held) or []
        held_all += held
    pairs = pairs_of(held_all)
    judges = {"reward model": pairs.margins(scores), "longer wins": longer_wins(pairs),
              "likelier wins": pairs.margins(likely)}
    plain = {part: {judge: dataclasses.asdict(one) for judge, one in found.items()}
             for part, found in judged(pairs, judges).items()}
    apart = {part: {judge: dataclasses.asdict(one) for judge, one in found.items()}
             for part, found in differences(pairs, judges, "reward model").items()}
    return {"prompts": len(held_all), "pairs": len(pairs.prompt), "folds": asked.folds, "accuracy": plain,
            "reward model minus": apart, "calibration error": calibration(judges["reward model"])[1]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["epoch", "folds"])
    parser.add_argument("data", nargs="+")
    parser.add_argument("--model", default="tiny")
    parser.add_argument("--groups", type=int, default=120)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--max-length", type=int, default=512)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    asked = parser.parse_args()
    options = RewardOptions(max_length=asked.max_length, per_device_train_batch_size=4, save_steps=10**6, warmup_steps=0,
                            learning_rate=asked.learning_rate)
    source = source_of(asked.model)
    chat = load_chat(source)
    found = read(asked.data)
    ranked, dropped = groups(found.rows, chat, asked.max_length)
    with calm(), tempfile.TemporaryDirectory() as scratch:
        made = {"epoch": epoch, "folds": folds}[asked.what](asked, options, source, chat, ranked, Path(scratch))
    print(json.dumps({"model": asked.model, "max length": asked.max_length, "dropped": len(dropped), **made}, indent=2))


if __name__ == "__main__":
    main()
