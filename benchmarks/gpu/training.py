"""Supervised training and rewards: ours beside TRL's, in turns on the same rows and the same weights."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from benchmarks.gpu.measure import emit, free, missing, timed, wait
from benchmarks.gpu.sizes import base, chat, conversations, device, dtype, forget_base, random_model, rankings, size


def sft() -> None:
    """LoRA on the 7B shape: packed rows beside TRL's SFTTrainer, padded and with liger's fused losses."""
    model = base()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        rows = conversations(folder)
        # Rows of a padded batch hold about as many tokens as a packed one.
        ours, plain = _sft_options(), _sft_options(packing=False, **_padded())
        sides = {"ours, packed": lambda: _ours(model, ours, rows, folder),
                 "TRL, padded": lambda: _trl(model, plain, rows, folder)}
        if not missing("sft", "TRL with liger", "liger_kernel"):
            sides["TRL with liger"] = lambda: _trl(model, plain, rows, folder, use_liger_kernel=True)
        rates: dict[str, list[float]] = {name: [] for name in sides}
        for turn in range(2 if device() == "cuda" else 1):
            for name, make in sides.items():
                rates[name] += _turn("sft", name, make, model, turn)
        _ratios("sft", rates, "ours, packed")


def all_weights() -> None:
    """All weights of the 1B shape, packed."""
    import torch

    forget_base()
    model = random_model("1b", of=torch.float32)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        options = _sft_options(use_peft=False, learning_rate=1e-5)
        _turn("all_weights", "ours, packed", lambda: _ours(model, options, conversations(folder), folder), model, 0)


def qlora() -> None:
    """LoRA on the 7B shape held in 4 bits by torchao, packed."""
    from instructwild_trainer.quantized_base import quantize_base

    if missing("qlora", "ours, packed", "torchao"):
        return
    options = _sft_options(base_bits="4")
    model = quantize_base(base(), options, device())
    forget_base()      # it is in 4 bits now
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        _turn("qlora", "ours, packed", lambda: _ours(model, options, conversations(folder), folder), model, 0)


def reward() -> None:
    """LoRA on the 7B shape: K = 4 candidates a prompt at once beside TRL's RewardTrainer on the six pairs."""
    from instructwild_trainer.config import RewardOptions, load

    options = load(RewardOptions, "reward", "one-gpu-lora", _common() | _ranked())
    model, groups = _reward_model(), rankings()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        sides = {"K-way": lambda: _k_way(model, options, groups, folder),
                 "TRL, pairs": lambda: _pairwise(model, options, groups, folder)}
        rates: dict[str, list[float]] = {name: [] for name in sides}
        for turn in range(2 if device() == "cuda" else 1):
            for name, make in sides.items():
                share = 1.0 if name == "K-way" else 1 / 3      # of three tokens read in pairs two were read before
                rates[name] += [rate * share for rate in _turn("reward", name, make, model, turn)]
        _ratios("reward", rates, "K-way", note="useful tokens: those of a candidate count once")


def _reward_model() -> Any:
    """A reward model on the trunk that the parts share."""
    import torch
    from transformers import LlamaForSequenceClassification

    from instructwild_trainer.reward.head import ScoreHead

    trunk = base()
    trunk.config.num_labels, trunk.config.pad_token_id = 1, chat().tokenizer.pad_token_id
    with torch.device("meta"):
        model = LlamaForSequenceClassification(trunk.config)
    model.model, model.score = trunk.model, ScoreHead(trunk.config.hidden_size).to(device())
    return model


def _common() -> dict[str, Any]:
    batches = {"gradient_accumulation_steps": 4} if device() == "cuda" else {
        "gradient_accumulation_steps": 2, "per_device_train_batch_size": 2}
    return {"max_steps": size().updates, "save_steps": 10**6, "max_length": size().max_length, "warmup_steps": 0,
            "dtype": str(dtype()).removeprefix("torch."), **batches}


def _padded() -> dict[str, Any]:
    return {"per_device_train_batch_size": 8} if device() == "cuda" else {}


def _ranked() -> dict[str, Any]:
    return {"gradient_accumulation_steps": 16} if device() == "cuda" else {}


def _sft_options(**changes: Any) -> Any:
    from instructwild_trainer.config import SftOptions, load

    return load(SftOptions, "sft", "one-gpu-lora", _common() | changes)


def _run(folder: Path) -> Any:
    return SimpleNamespace(scratch=folder, folder=folder)


def _ours(model: Any, options: Any, rows: Any, folder: Path) -> Any:
    from instructwild_trainer.data import Split
    from instructwild_trainer.packing import attend_by_document
    from instructwild_trainer.sft import _trainer

    attend_by_document(model)
    return _trainer(model, options, _run(folder), chat(), Split(rows, {}), {})


def _trl(model: Any, options: Any, rows: Any, folder: Path, **more: Any) -> Any:
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    from instructwild_trainer.fit import arguments, lora

    model.set_attn_implementation("sdpa")
    data = Dataset.from_list([{"input_ids": row.encoded.input_ids, "labels": row.encoded.labels} for row in rows])
    return SFTTrainer(model=model, args=SFTConfig(**arguments(options, _run(folder), **more)), train_dataset=data,
                      processing_class=chat().tokenizer, peft_config=lora(options, model, "CAUSAL_LM"))


def _k_way(model: Any, options: Any, groups: Any, folder: Path) -> Any:
    from trl import RewardConfig

    from instructwild_trainer.fit import arguments, fuse_layers, lora
    from instructwild_trainer.lora import follow_base
    from instructwild_trainer.reward.head import ScoreHead
    from instructwild_trainer.reward.trainer import RankingTrainer, collation, dataset

    model.score = ScoreHead(model.config.hidden_size).to(device())
    fuse_layers(model)
    collator, tokens = collation(model, groups, options, chat().tokenizer.pad_token_id, device())
    trainer = RankingTrainer(model=model, args=RewardConfig(**arguments(options, _run(folder))),
                             train_dataset=dataset(groups), processing_class=chat().tokenizer,
                             data_collator=collator, peft_config=lora(options, model, "SEQ_CLS", modules_to_save=["score"]))
    trainer.tokens_at_once = tokens
    follow_base(trainer.model)
    return trainer


def _pairwise(model: Any, options: Any, groups: Any, folder: Path) -> Any:
    from datasets import Dataset
    from trl import RewardConfig, RewardTrainer

    from instructwild_trainer.fit import arguments, lora
    from instructwild_trainer.reward.head import ScoreHead

    model.set_attn_implementation("sdpa")
    model.score = ScoreHead(model.config.hidden_size).to(device())
    pairs = [{"chosen_ids": group.encoded[better].input_ids, "rejected_ids": group.encoded[worse].input_ids}
             for group in groups for better, worse in group.orders[0].pairs]
    # A pass holds about as many tokens as one of ours.
    more = _padded() | ({"gradient_accumulation_steps": 4} if device() == "cuda" else {})
    return RewardTrainer(model=model, args=RewardConfig(**arguments(options, _run(folder), **more)),
                         processing_class=chat().tokenizer, train_dataset=Dataset.from_list(pairs),
                         peft_config=lora(options, model, "SEQ_CLS", modules_to_save=["score"]))


def _turn(part: str, name: str, make: Callable[[], Any], model: Any, turn: int) -> list[float]:
    """One trainer's updates; useful tokens a second of those after the first."""
    from transformers import PrinterCallback, TrainerCallback

    from instructwild_trainer.fit import silence_libraries

    seen: dict[str, Any] = {"tokens": 0, "rates": []}

    class Clock(TrainerCallback):
        def on_step_begin(self, *_: Any, **__: Any) -> None:
            wait()
            seen.update(tokens=0, began=time.perf_counter())

        def on_step_end(self, *_: Any, **__: Any) -> None:
            wait()
            seen["rates"].append((seen["tokens"], time.perf_counter() - seen["began"]))

    with timed(part, name, turn=turn) as figures, silence_libraries():
        trainer = make()
        trainer.add_callback(Clock())
        trainer.remove_callback(PrinterCallback)
        step = trainer.training_step

        def counted(model: Any, inputs: Any, *more: Any, **others: Any) -> Any:
            mask = inputs.get("attention_mask")
            seen["tokens"] += int(mask.sum()) if mask is not None else inputs["input_ids"].numel()
            return step(model, inputs, *more, **others)

        trainer.training_step = counted
        trainer.train()
        counts = seen["rates"][1:] or seen["rates"]
        figures["useful_tokens_s"] = round(sum(tokens for tokens, _ in counts) / sum(seconds for _, seconds in counts))
        figures["seconds_an_update"] = round(sum(seconds for _, seconds in counts) / len(counts), 3)
        if hasattr(trainer.model, "unload"):
            trainer.model.unload()
    for parameter in model.parameters():
        parameter.grad = None
    model.activation_checkpointing_disable()
    free()
    return [figures["useful_tokens_s"]] if "useful_tokens_s" in figures else []


def _ratios(part: str, rates: dict[str, list[float]], ours: str, **more: Any) -> None:
    """Ours over each other, of means over the turns."""
    means = {name: sum(values) / len(values) for name, values in rates.items() if values}
    if ours in means:
        emit(part, "ratios", **{f"over {name}": round(means[ours] / mean, 2) for name, mean in means.items()
                                if name != ours and mean}, **more)
