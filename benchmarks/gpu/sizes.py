"""What is measured: the shape of LLaMA-7B on a GPU, something tiny on a CPU; weights, tokenizer and texts are made here."""

import json
import random
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Size:
    """How large everything is.

    Args:
        shapes: hidden, layers, heads, key heads, intermediate, by name.
        vocabulary: of the random models.
        rows: supervised rows, and rankings of four.
        words: least and most words of a text.
        updates: optimiser steps of a trainer; the first is not counted.
        batch, mini_batch, prompt, response, epochs: of PPO.
        tokens: written in generation.
        batches: rows at once in generation.
        clients: at once in `serve`.
        four_bit_tokens: written by the 4-bit model.
        group: numbers of a 4-bit model that share a scale.
        max_length: of a training sequence.
    """

    shapes: dict[str, tuple[int, int, int, int, int]]
    vocabulary: int
    rows: tuple[int, int]
    words: tuple[int, int]
    updates: int
    batch: int
    mini_batch: int
    prompt: int
    response: int
    epochs: int
    tokens: int
    batches: tuple[int, ...]
    clients: tuple[int, ...]
    four_bit_tokens: int
    group: int
    max_length: int


REAL = Size({"7b": (4096, 32, 32, 32, 11008), "1b": (2048, 22, 32, 4, 5632)}, vocabulary=32000, rows=(400, 64),
            words=(30, 400), updates=3, batch=64, mini_batch=16, prompt=256, response=256, epochs=4, tokens=128,
            batches=(1, 32, 128), clients=(1, 16, 64), four_bit_tokens=128, group=128, max_length=2048)
TINY = Size({"7b": (64, 2, 4, 2, 128), "1b": (64, 2, 4, 2, 128)}, vocabulary=1024, rows=(12, 4), words=(5, 15), updates=2,
            batch=4, mini_batch=4, prompt=8, response=6, epochs=1, tokens=6, batches=(1, 3), clients=(1, 3),
            four_bit_tokens=8, group=32, max_length=128)
DISTINCT = 1023
"""Tokens that random prompts are drawn from: the tokenizer knows no more."""


def size() -> Size:
    """The real one where there is a GPU."""
    import torch

    return REAL if torch.cuda.is_available() else TINY


def device() -> str:
    """Where everything is."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def dtype():
    """bf16 on a GPU; on a CPU fp32, which every CPU computes."""
    import torch

    return torch.bfloat16 if torch.cuda.is_available() else torch.float32


def config(shape: str):
    """The config of a LLaMA of that shape."""
    from transformers import LlamaConfig

    hidden, layers, heads, key_heads, intermediate = size().shapes[shape]
    return LlamaConfig(vocab_size=size().vocabulary, hidden_size=hidden, num_hidden_layers=layers, num_attention_heads=heads,
                       num_key_value_heads=key_heads, intermediate_size=intermediate, max_position_embeddings=2048,
                       tie_word_embeddings=False, dtype=str(dtype()).removeprefix("torch."), bos_token_id=1, eos_token_id=2,
                       pad_token_id=0, rms_norm_eps=1e-6)


def random_model(shape: str, kind=None, of=None):
    """A model with random weights that were made where they are used, none on the CPU first."""
    import torch
    from transformers import LlamaForCausalLM

    made = config(shape)
    if kind is not None:
        made.num_labels = 1
    with torch.device("meta"):
        model = (kind or LlamaForCausalLM)(made)
    model = model.to(of or dtype()).to_empty(device=device())
    generator = torch.Generator(device()).manual_seed(0)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.fill_(1.0) if "norm" in name else parameter.normal_(0, 0.02, generator=generator)
    model.base_model.rotary_emb = type(model.base_model.rotary_emb)(config=made).to(device())   # its buffers were on meta
    if getattr(model, "generation_config", None) is not None:
        model.generation_config.eos_token_id, model.generation_config.pad_token_id = 2, 0
    return model.eval()


_BASE: list = []


def base():
    """The causal model of the 7B shape that parts of a process share, as it was made: no adapters, no gradients."""
    if not _BASE:
        _BASE.append(random_model("7b"))
    model = _BASE[0]
    model.requires_grad_(False).eval().set_attn_implementation("sdpa")
    return model


def forget_base() -> None:
    """Give its memory back; the next part that needs it makes it anew."""
    _BASE.clear()
    from benchmarks.gpu.measure import free

    free()


def tokenizer():
    """The tokenizer of the tiny model, which the tests use: 1,024 tokens, English and Chinese, with a chat template."""
    from transformers import AutoTokenizer

    from instructwild.llm.models import resolve
    from instructwild_trainer.adapter import source_of

    return AutoTokenizer.from_pretrained(source_of(resolve("tiny")).folder)


def chat():
    """The same, as the trainers use it."""
    from instructwild_trainer.templates import Chat

    return Chat(tokenizer())


def texts(count: int, seed: int) -> list[str]:
    """So many texts of sentences that the tokenizer was made of, short ones more often than long ones."""
    from instructwild.llm.tiny import corpus

    rng, sentences, (least, most) = random.Random(seed), corpus(), size().words
    result = []
    for _ in range(count):
        words = min(most, int(least * rng.paretovariate(1.2)))
        text = ""
        while len(text.split()) < words and len(text) < 6 * words:
            text += rng.choice(sentences) + " "
        result.append(text.strip())
    return result


def conversations(folder: Path):
    """Supervised rows, read as the trainer reads them."""
    from instructwild.read.instructions import read
    from instructwild_trainer.data import conversations as encoded

    count = size().rows[0]
    file = folder / "rows.jsonl"
    file.write_text("".join(json.dumps({"messages": [{"role": "user", "content": f"{n}: {prompt}"},
                                                     {"role": "assistant", "content": answer}]}, ensure_ascii=False) + "\n"
                            for n, (prompt, answer) in enumerate(zip(texts(count, 1), texts(count, 2), strict=True))),
                    encoding="utf-8")
    return encoded(read([file]).frame, chat(), size().max_length)[0]


def rankings():
    """Prompts with four ranked candidates each, encoded."""
    from instructwild.schema import Candidate, Message, Ranking, RankingRow
    from instructwild_trainer.reward.groups import groups

    count = size().rows[1]
    answers = iter(texts(4 * count, 3))
    rows = [RankingRow(id=f"{n:016x}", messages=(Message(role="user", content=f"{n}: {prompt}"),), language="en",
                       candidates=tuple(Candidate(id=f"{4 * n + k:016x}", text=f"{k} {next(answers)}") for k in range(4)),
                       rankings=(Ranking(annotator="person:x", ranks=(1, 2, 3, 4)),))
            for n, prompt in enumerate(texts(count, 4))]
    return groups(rows, chat(), size().max_length)[0]


def prompts(count: int, length: int, seed: int = 0) -> list[list[int]]:
    """Random prompts of tokens."""
    rng = random.Random(seed)
    return [[rng.randrange(5, DISTINCT) for _ in range(length)] for _ in range(count)]


def ppo_options():
    """The preset for 7B, one update of which is made."""
    from instructwild_trainer.config import load
    from instructwild_trainer.ppo.config import PPOOptions

    s = size()
    return load(PPOOptions, "ppo", "ppo-24gb-7b", {
        "batch_size": s.batch, "mini_batch_size": s.mini_batch, "response_length": s.response, "num_ppo_epochs": s.epochs,
        "max_steps": 1, "save_steps": 10**6, "max_length": s.prompt + s.response, "entropy_stop": 0, "kl_stop": 0,
        "endless_stop": 0, "dtype": str(dtype()).removeprefix("torch.")})
