"""What is measured of a model before and after it was quantized."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

Held = Mapping[str, Sequence[Sequence[int]]]
"""Held-out rows by language, each as token ids."""


def perplexities(model: "PreTrainedModel", held: Held) -> dict[str, float]:
    """Exp of the mean next-token loss over all tokens of the rows of a language, and of all of them under `all`."""
    import torch

    losses: dict[str, list[float]] = {language: [] for language in held}
    with torch.inference_mode():
        for language, rows in held.items():
            for row in rows:
                ids = torch.tensor([row], device=model.device)
                logits = model(ids).logits[0, :-1].float()
                losses[language] += torch.nn.functional.cross_entropy(logits, ids[0, 1:], reduction="none").tolist()
    everything = [loss for found in losses.values() for loss in found]
    return {name: math.exp(sum(found) / len(found)) for name, found in {**losses, "all": everything}.items() if found}


def agreement(model: "PreTrainedModel", other: "PreTrainedModel", held: Held) -> float:
    """The share of held-out positions at which both models think the same next token likeliest."""
    import torch

    same = total = 0
    with torch.inference_mode():
        for row in (row for rows in held.values() for row in rows):
            ids = torch.tensor([row])
            first, second = (each(ids.to(each.device)).logits[0].argmax(-1).cpu() for each in (model, other))
            same, total = same + int((first == second).sum()), total + len(row)
    return same / total if total else 1.0


def rounded(model: "PreTrainedModel", bits: int, group: int, symmetric: bool) -> "PreTrainedModel":
    """A copy of the model whose block weights went through round-to-nearest; embeddings and head stay, as in GPTQ."""
    import copy

    import torch

    from instructwild_trainer.export.rounding import round_to_nearest

    twin = copy.deepcopy(model)
    head = twin.get_output_embeddings()
    with torch.no_grad():
        for layer in twin.modules():
            if isinstance(layer, torch.nn.Linear) and layer is not head:
                layer.weight.copy_(round_to_nearest(layer.weight, bits, group, symmetric))
    return twin


def greedy(model: "PreTrainedModel", tokenizer: "PreTrainedTokenizerBase", questions: Sequence[str],
           max_tokens: int) -> list[str]:
    """Greedy answers, so that only the weights decide."""
    import torch

    answers = []
    for question in questions:
        ids = tokenizer.apply_chat_template([{"role": "user", "content": question}], add_generation_prompt=True,
                                            return_tensors="pt", return_dict=True).to(model.device)
        with torch.inference_mode():
            made = model.generate(**ids, max_new_tokens=max_tokens, do_sample=False, pad_token_id=tokenizer.pad_token_id)
        answers.append(tokenizer.decode(made[0, ids["input_ids"].shape[1]:], skip_special_tokens=True).strip())
    return answers


def repetition(text: str, width: int = 4) -> float:
    """The share of a text's runs of `width` characters or words that occurred before in it: 0 fresh, near 1 a loop."""
    parts = text.split() if text.isascii() else list(text)
    runs = Counter(tuple(parts[i:i + width]) for i in range(len(parts) - width + 1))
    total = sum(runs.values())
    return 1 - len(runs) / total if total else 0.0


def linear_bytes(model: "torch.nn.Module") -> int:
    """Bytes that the block's linear weights take at 16 bits."""
    import torch

    head = model.get_output_embeddings()  # type: ignore[operator]
    return sum(2 * layer.weight.numel() for layer in model.modules()
               if isinstance(layer, torch.nn.Linear) and layer is not head)


def weight_bytes(folder: Path) -> int:
    """Bytes of a folder's weight files."""
    return sum(file.stat().st_size for file in folder.glob("*.safetensors"))
