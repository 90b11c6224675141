"""A written GGUF file against its source: what it says, and what it computes, each token's whole distribution included."""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from instructwild.llm.gguf_keys import keys_of, open_gguf
from instructwild.llm.rendering import Renderer
from instructwild_trainer.export.child import in_child
from instructwild_trainer.export.gguf.runtime import greedy, open_runtime
from instructwild_trainer.export.probe import ANSWER_TOKENS, AS_IT_IS, TURNS, Held, Probe
from instructwild_trainer.export.questions import LANGUAGES, QUESTIONS

if TYPE_CHECKING:
    import torch

PLACES = 64
"""Whose distributions are compared at once: a whole row of a vocabulary of 262,144 words takes gigabytes."""
BEGINNING = 8
"""Tokens of a greedy answer that are compared."""
TOKENIZED = ("Hello, world! It's 2024 \u2014 3.14\n\n  x = 10", "你好，世界！今天是2024年。\n\t谢谢🌊",
             "naïve café Привет かな")
"""Texts that rules of cutting differ in: digits, apostrophes, line breaks, Han, emoji, accents."""


@dataclass(frozen=True)
class ReadBack:
    """What was found in the file and in what it computes.

    Args:
        probe: the measurements that every gate compares.
        source: the source's losses and likeliest tokens, measured on the way: `Probe.losses` as it is, and its `likeliest`.
        runtime: `llama.cpp` or `transformers`.
        divergence: KL(source, file) of next-token distributions in nats: `mean` and `p99` over held-out tokens.
        beginnings: language -> of how many questions the greedy answers begin alike, and of how many.
        failures: what is wrong with the file's own words: tokens, BOS, tie.
    """

    probe: Probe
    source: dict[str, Any]
    runtime: str
    divergence: dict[str, float]
    beginnings: dict[str, list[int]]
    failures: list[str]


def read_back(source: Path, file: Path, held: Held, scratch: Path, *, stops: Sequence[int],
              questions: Sequence[str] = QUESTIONS) -> ReadBack:
    """Load the file and its source in a new process and compare them.

    Args:
        source: the complete full-precision folder.
        file: the GGUF file.
        held: what perplexity is measured on.
        scratch: for the child.
        stops: the ids that end an answer.
        questions: answered greedily.

    Raises:
        ChildError: it cannot be loaded or run.
    """
    plan = {"source": str(source.resolve()), "file": str(file.resolve()), "held": held, "stops": list(stops),
            "questions": list(questions)}
    made = in_child(f"{__name__}:measure", plan, scratch, label="measuring the export",
                    total=sum(map(len, held.values())) + len(questions))
    return ReadBack(**{**made, "probe": Probe(**made["probe"])})


def measure(plan: Mapping[str, Any], step: Callable[[int], object]) -> dict[str, Any]:
    """In the child."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    held, questions, file = plan["held"], plan["questions"], Path(plan["file"])
    reader = open_gguf(file)
    keys = keys_of(reader)
    tokenizer = AutoTokenizer.from_pretrained(plan["source"], trust_remote_code=False)
    source = AutoModelForCausalLM.from_pretrained(plan["source"], dtype=torch.float32, trust_remote_code=False).eval()
    named = [keys[f"tokenizer.ggml.{name}_token_id"] for name in ("eos", "eot", "eom")
             if f"tokenizer.ggml.{name}_token_id" in keys]
    longest = max([len(row) for rows in held.values() for row in rows] + [0])
    prompts = [_prompt(tokenizer, question) for question in questions]
    runtime = open_runtime(file, max(longest, max(map(len, prompts), default=0) + ANSWER_TOKENS), named)
    done, divergence = 0, []
    own, others = (({language: [] for language in held}, {language: [] for language in held}) for _ in range(2))
    for language, rows in held.items():
        for row in rows:
            with torch.inference_mode():
                expected = source(torch.tensor([row])).logits[0, :-1].float()
            written = torch.from_numpy(runtime.logits(row))[:-1, :expected.shape[1]]
            kept, away = _compared(expected, written, row[1:])
            divergence += away
            for (losses, likeliest), (lost, likely) in zip((others, own), kept, strict=True):
                losses[language].append(lost)
                likeliest[language].append(likely)
            done += 1
            step(done)
    answers, beginnings = [], {}
    for language, prompt in zip(LANGUAGES, prompts, strict=False):
        written = runtime.greedy(prompt, ANSWER_TOKENS, plan["stops"])
        expected = greedy(source, prompt, BEGINNING, plan["stops"])
        same, of = beginnings.get(language, [0, 0])
        beginnings[language] = [same + (written[:BEGINNING] == expected), of + 1]
        answers.append(tokenizer.decode(written, skip_special_tokens=True).strip())
        done += 1
        step(done)
    probe = {"losses": {AS_IT_IS: own[0]}, "likeliest": own[1], "answers": answers,
             "rendered": rendered(keys, tokenizer), "stops": sorted(set(runtime.ends([*plan["stops"], *named]))),
             "peak": 0, "linear": sum(int(tensor.n_bytes) for tensor in reader.tensors if _in_block(tensor))}
    figures = {"mean": float(np.mean(divergence)), "p99": float(np.quantile(divergence, 0.99))} if divergence else {}
    return {"probe": probe, "source": {"losses": others[0], "likeliest": others[1]}, "runtime": runtime.name,
            "beginnings": beginnings,
            "divergence": {name: round(value, 5) for name, value in figures.items()},
            "failures": [*_tokens(keys, tokenizer, runtime), *_bos(keys, tokenizer),
                         *_tie({tensor.name for tensor in reader.tensors}, source)]}


def _compared(expected: "torch.Tensor", written: "torch.Tensor", following: Sequence[int],
              ) -> tuple[list[tuple[list[float], list[int]]], list[float]]:
    """Of source and file the loss of each following token and the likeliest one, and KL(source, file) at each place.

    Args:
        expected, written: logits [places, vocabulary].
        following: the token that comes after each place.
    """
    import torch

    sides: list[tuple[list[float], list[int]]] = [([], []), ([], [])]
    divergence: list[float] = []
    for start in range(0, len(following), PLACES):
        part = slice(start, start + PLACES)
        logs = [torch.log_softmax(logits[part], -1) for logits in (expected, written)]
        ids = torch.tensor(following[part])[:, None]
        for (losses, likeliest), log in zip(sides, logs, strict=True):
            losses += [round(-value, 5) for value in log.gather(1, ids)[:, 0].tolist()]
            likeliest += log.argmax(-1).tolist()
        divergence += (logs[0].exp() * (logs[0] - logs[1])).sum(-1).clamp(min=0).tolist()
    return sides, divergence


def notes_of(result: ReadBack) -> list[tuple[str, str]]:
    """The figures that only a GGUF export has, for the gate's table."""
    notes = [("read back by", result.runtime)]
    if result.divergence:
        figures = result.divergence
        notes.append(("KL from the source, nats", f"mean {figures['mean']:.4f}, 99% {figures['p99']:.3f}"))
    return [*notes, *((f"answers that begin alike, {language}", f"{same} of {of}")
                      for language, (same, of) in result.beginnings.items())]


def _prompt(tokenizer: Any, question: str) -> list[int]:
    text = Renderer(tokenizer).text([{"role": "user", "content": question}], prompt=True)
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])


def _in_block(tensor: Any) -> bool:
    return tensor.name.startswith("blk.") and tensor.name.endswith(".weight") and len(tensor.shape) > 1 \
        and int(tensor.shape[1]) > 1


def rendered(keys: Mapping[str, Any], tokenizer: Any) -> str | None:
    """A short conversation as the file's chat template writes it; None where it has none."""
    template = keys.get("tokenizer.chat_template")
    if not template:
        return None
    reader = copy.copy(tokenizer)
    reader.chat_template = template
    return Renderer(reader).text(TURNS, prompt=True)


def _tokens(keys: Mapping[str, Any], tokenizer: Any, runtime: Any) -> list[str]:
    """Where the file's vocabulary is another, or the runtime cuts text otherwise."""
    failures = []
    if list(keys["tokenizer.ggml.tokens"][:len(tokenizer)]) != tokenizer.convert_ids_to_tokens(range(len(tokenizer))):
        failures.append("the file's tokens are not the source's")
    for text in TOKENIZED:
        own = tokenizer(text, add_special_tokens=False)["input_ids"]
        ids = runtime.prompt_ids(text)
        if ids is not None and _without_bos(ids, keys) != own:
            failures.append(f"{runtime.name} cuts {text!r} into other tokens than the source's tokenizer")
    return failures


def _without_bos(ids: list[int], keys: Mapping[str, Any]) -> list[int]:
    added = keys.get("tokenizer.ggml.add_bos_token") and ids[:1] == [keys.get("tokenizer.ggml.bos_token_id")]
    return ids[1:] if added else ids


def _bos(keys: Mapping[str, Any], tokenizer: Any) -> list[str]:
    """A runtime puts BOS before a prompt where the file says so: the template must not have written one then."""
    bos = tokenizer.bos_token
    if not (bos and keys.get("tokenizer.ggml.add_bos_token", False)):
        return []
    return [f"prompts begin with {bos!r} twice: the template writes it and add_bos_token adds it"] \
        if (rendered(keys, tokenizer) or "").startswith(bos) else []


def _tie(names: set[str], source: Any) -> list[str]:
    """A head of its own that the file lacks: the runtime would read the embedding for it."""
    head, embedding = source.get_output_embeddings().weight, source.get_input_embeddings().weight
    same = head.data_ptr() == embedding.data_ptr()
    return [] if same or "output.weight" in names else [
        "the file has no output.weight although the source's head is not its embedding"]
