"""Batched generation in this process: many requests at once, each with its own random numbers.

Prompts are sorted by length and padded on the left; a row that has finished leaves the batch. Each request draws its
random numbers from its own seed, so that what it is batched with decides nothing but rounding.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from instructwild.errors import ModelError
from instructwild.llm.answer import understood
from instructwild.llm.arithmetic import computing_dtype
from instructwild.llm.model_files import check_code, read_json
from instructwild.llm.models import ADAPTER, resolve
from instructwild.llm.quantized import loading, quantization_of, settle_on_cpu
from instructwild.llm.quiet import quiet, quiet_imports
from instructwild.llm.reading import tokens_of_thoughts
from instructwild.llm.request import Finish, Reply, Request
from instructwild.llm.thinking import template_fields

if TYPE_CHECKING:
    import torch

REDRAWS = 4
"""How often a token outside the nucleus is drawn again before the nucleus is sorted out, which costs far more."""
OPENING_TAGS = ("<think>", "<seed:think>", "<thinking>", "[THINK]", "◁think▷")
"""With one of these a chat template may end the prompt: the model then answers from within its thoughts."""


@dataclass
class Row:
    """One request while it is being answered."""

    request: Request
    prompt: list[int]
    rng: "torch.Generator"
    generated: list[int] = field(default_factory=list)
    finish: Finish | None = None


class LocalModel:
    """A model folder loaded into this process.

    Args:
        path: a folder, an adapter folder, or any name that `resolve` knows.
        adapter: an adapter folder to put on top.
        batch: how many requests are answered at once.
        dtype: a torch dtype name, or `auto` for what this machine computes fastest. Quantized models keep their own.

    Raises:
        ModelError: the folder is no causal language model with a tokenizer.
    """

    def __init__(self, path: str | Path, *, adapter: str | Path | None = None, batch: int = 32, dtype: str = "auto",
                 device: str | None = None) -> None:
        self.path = resolve(path)
        self.batch = batch
        self.model, self.tokenizer = load(self.path, adapter=adapter, dtype=dtype, device=device)
        config = self.model.config
        self.context = int(getattr(config, "max_position_embeddings", 0) or 2048)
        self.ends = _end_tokens(self.model, self.tokenizer)
        self.pad = self.tokenizer.pad_token_id if self.tokenizer.pad_token_id is not None else min(self.ends)

    def encode(self, request: Request) -> list[int]:
        """The token ids that the model sees: the chat template around messages, a text as it is.

        Raises:
            ModelError: messages for a model without a chat template.
        """
        if request.text:
            return list(self.tokenizer(request.text)["input_ids"])
        if not self.tokenizer.chat_template:
            raise ModelError("has no chat template, so it cannot answer messages", where=str(self.path),
                             remedy="choose a chat model, or the template style `base`")
        return list(self.tokenizer.apply_chat_template(
            request.chat_messages(), add_generation_prompt=True, return_dict=True,
            **template_fields(request.sampling.thinking))["input_ids"])

    def generate(self, requests: Sequence[Request], on_batch: Callable[[list[int], list[Reply]], None] | None = None,
                 ) -> list[Reply]:
        """Answer requests, in batches of similar length; the replies are in the order of the requests.

        Args:
            requests: any mixture of messages and texts.
            on_batch: called after each batch with the indices it answered and their replies.
        """
        prompts = [self.encode(request) for request in requests]
        replies: list[Reply | None] = [None] * len(requests)
        for batch in self.batches([len(prompt) for prompt in prompts]):
            answers = self._answer([(requests[i], prompts[i]) for i in batch])
            for i, reply in zip(batch, answers, strict=True):
                replies[i] = reply
            if on_batch is not None:
                on_batch(batch, answers)
        return [reply for reply in replies if reply is not None]

    def batches(self, lengths: Sequence[int]) -> list[list[int]]:
        """Indices in batches of similar length, the longest first, so that what does not fit memory fails at once."""
        order = sorted(range(len(lengths)), key=lambda i: (-lengths[i], i))
        return [order[start:start + self.batch] for start in range(0, len(order), self.batch)]

    def _answer(self, batch: list[tuple[Request, list[int]]]) -> list[Reply]:
        import torch

        rows = [Row(request, prompt, torch.Generator().manual_seed(request.seed % 2**63)) for request, prompt in batch]
        short_enough = [row for row in rows if len(row.prompt) + row.request.sampling.max_tokens <= self.context]
        if short_enough:
            with torch.inference_mode():
                self._decode(short_enough)
        return [self._reply(row) for row in rows]

    def _reply(self, row: Row) -> Reply:
        if row.finish is None:
            return Reply("", "failed", problem=f"{len(row.prompt)} tokens and {row.request.sampling.max_tokens} more do not "
                                               f"fit the model's context of {self.context}")
        text = self.tokenizer.decode([token for token in row.generated if token not in self.ends], skip_special_tokens=True)
        text = _cut(text, row.request.sampling.stop)[0]
        answer = understood(self._opened_thoughts(row) + text, question=row.request.prompt_text)
        thoughts = tokens_of_thoughts(answer.reasoning, answer.content, len(row.generated))
        return Reply(answer.content, row.finish, len(row.prompt), len(row.generated), reasoning=answer.reasoning,
                     reasoning_tokens=thoughts, repairs=answer.repairs)

    def _opened_thoughts(self, row: Row) -> str:
        """The tag with which the chat template itself began the thoughts, so that those that were cut off are known."""
        if row.request.text:
            return ""
        end = self.tokenizer.decode(row.prompt[-8:], skip_special_tokens=False).rstrip()
        return next((tag for tag in OPENING_TAGS if end.endswith(tag)), "")

    def _decode(self, rows: list[Row]) -> None:
        """The decoding loop: prefill once, then a token for each active row until none is left."""
        import torch
        from transformers import DynamicCache

        device = self.model.device
        width = max(len(row.prompt) for row in rows)
        ids = torch.full((len(rows), width), self.pad, dtype=torch.long)
        mask = torch.zeros((len(rows), width), dtype=torch.long)
        for i, row in enumerate(rows):
            ids[i, width - len(row.prompt):] = torch.tensor(row.prompt)
            mask[i, width - len(row.prompt):] = 1
        ids, mask = ids.to(device), mask.to(device)
        cache = DynamicCache(config=self.model.config)
        penalties = torch.tensor([row.request.sampling.repetition_penalty for row in rows], device=device)
        seen = _seen(rows, self.model.config.vocab_size, device) if bool((penalties != 1).any()) else None
        active = list(rows)
        positions = (mask.cumsum(-1) - 1).clamp(min=0)
        while True:
            logits = self.model(input_ids=ids, attention_mask=mask, position_ids=positions, cache=cache,
                                use_cache=True, logits_to_keep=1).logits[:, -1].float()
            if seen is not None:
                row, token = seen[:, :logits.shape[1]].nonzero(as_tuple=True)
                logits[row, token] = penalized(logits[row, token], penalties[row])
            tokens = draw(logits, active)
            for row, token in zip(active, tokens.tolist(), strict=True):
                self._append(row, token)
            keep = [i for i, row in enumerate(active) if row.finish is None]
            if not keep:
                return
            if seen is not None:
                seen[torch.arange(len(active), device=device), tokens] = True
            positions, mask = positions[:, -1:] + 1, torch.cat([mask, mask.new_ones(len(active), 1)], dim=1)
            if len(keep) < len(active):
                chosen = torch.tensor(keep, device=device)
                cache.batch_select_indices(chosen)
                tokens, mask, positions, penalties = tokens[chosen], mask[chosen], positions[chosen], penalties[chosen]
                seen = seen[chosen] if seen is not None else None
                active = [active[i] for i in keep]
            ids = tokens[:, None]

    def _append(self, row: Row, token: int) -> None:
        row.generated.append(token)
        stops = row.request.sampling.stop
        if token in self.ends or (stops and _cut(self.tokenizer.decode(row.generated), stops)[1]):
            row.finish = "stop"
        elif len(row.generated) >= row.request.sampling.max_tokens:
            row.finish = "length"


def penalized(logits: "torch.Tensor", penalty: "torch.Tensor") -> "torch.Tensor":
    """The repetition penalty of CTRL (Keskar et al. 2019, section 4.1) in the form that transformers uses.

    Args:
        logits: of any shape, those of tokens that were seen.
        penalty: of the same shape; positive logits are divided by it, negative ones multiplied.
    """
    import torch

    return torch.where(logits > 0, logits / penalty, logits * penalty)


def draw(logits: "torch.Tensor", rows: Sequence[Row]) -> "torch.Tensor":
    """The next token of each row [B], from the row's own random numbers; temperature 0 takes the likeliest token.

    With top_p below 1 a token is drawn from the whole distribution and drawn again while it lies outside the nucleus
    (Holtzman et al. 2020), which gives the nucleus' distribution without sorting the vocabulary.

    Args:
        logits: [B, V] float.
        rows: the B rows.
    """
    import torch

    chosen = logits.argmax(-1)
    left = [i for i, row in enumerate(rows) if row.request.sampling.temperature > 0]
    if not left:
        return chosen
    heat = torch.tensor([rows[i].request.sampling.temperature for i in left], device=logits.device)
    share = torch.tensor([rows[i].request.sampling.top_p for i in left], device=logits.device)
    probability = torch.softmax(logits[left] / heat[:, None], dim=-1)
    total = probability.cumsum(-1)
    for _ in range(REDRAWS):
        token = _at(total, [rows[i] for i in left])
        chosen[left] = token
        # Eight times as fast as `torch.where` here: no branch on a condition that nobody can predict.
        likelier = (probability * (probability > probability.gather(1, token[:, None]))).sum(-1)
        outside = ((share < 1) & (likelier >= share)).nonzero()[:, 0]
        if not len(outside):
            return chosen
        left = [left[i] for i in outside.tolist()]
        probability, total, share = probability[outside], total[outside], share[outside]
    ordered, order = probability.sort(dim=-1, descending=True)
    ordered = torch.where(ordered.cumsum(-1) - ordered < share[:, None], ordered, 0.0)
    chosen[left] = order.gather(1, _at(ordered.cumsum(-1), [rows[i] for i in left])[:, None])[:, 0]
    return chosen


def _at(total: "torch.Tensor", rows: Sequence[Row]) -> "torch.Tensor":
    """Invert cumulated probabilities [B, V] at the next random number of each row: token ids [B]."""
    import torch

    point = torch.cat([torch.rand(1, generator=row.rng) for row in rows]).to(total.device) * total[:, -1]
    return torch.searchsorted(total, point[:, None], right=True)[:, 0].clamp(max=total.shape[1] - 1)


def load(path: Path, *, adapter: str | Path | None = None, dtype: str = "auto", device: str | None = None,
         ) -> tuple[Any, Any]:
    """Model and tokenizer of a folder, in evaluation mode; an adapter is merged into its base.

    Raises:
        ModelError: transformers cannot load it; the message is its own.
    """
    quiet_imports()
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModelForCausalLM, AutoTokenizer

    if (path / ADAPTER).is_file() and not (path / "config.json").is_file():
        config = read_json(path / ADAPTER)
        base, adapter = resolve(_base_of(path, str(config.get("base_model_name_or_path") or ""))), path
    else:
        base = path
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    torch_dtype = computing_dtype(device) if dtype == "auto" else getattr(torch, dtype)
    quantized = quantization_of(base) is not None
    holder = Path(adapter) if adapter is not None and (Path(adapter) / "tokenizer_config.json").exists() else base
    for folder in dict.fromkeys((base, holder)):
        check_code(folder)
    try:
        with quiet():
            model = AutoModelForCausalLM.from_pretrained(
                base, dtype=torch_dtype, trust_remote_code=False, use_safetensors=True,
                **(loading(base) if quantized else {}))
            if quantized and device == "cpu":
                settle_on_cpu(model)
            tokenizer = AutoTokenizer.from_pretrained(holder, trust_remote_code=False)
            if adapter is not None:
                from peft import PeftModel

                model = PeftModel.from_pretrained(model, str(adapter)).merge_and_unload()
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise ModelError(f"cannot be loaded ({str(error).splitlines()[0][:300]})", where=str(path),
                         remedy="check that the folder holds a whole causal language model and its tokenizer") from error
    model.to(device)
    return model.eval(), tokenizer


def _base_of(adapter: Path, name: str) -> Path | str:
    """The base of an adapter: where `base.json` beside it says, else what its config names; paths start at the adapter."""
    import json

    noted = json.loads((adapter / "base.json").read_text(encoding="utf-8")) if (adapter / "base.json").is_file() else {}
    for path in filter(None, (noted.get("path"), name)):
        beside = (adapter / path).resolve()
        if beside.is_dir():
            return beside
    return noted.get("name") or name


def _end_tokens(model: Any, tokenizer: Any) -> frozenset[int]:
    configured = getattr(model.generation_config, "eos_token_id", None)
    ids = {*(configured if isinstance(configured, list) else [configured]), tokenizer.eos_token_id}
    return frozenset(token for token in ids if token is not None)


def _seen(rows: list[Row], vocabulary: int, device: Any) -> "torch.Tensor":
    import torch

    seen = torch.zeros((len(rows), vocabulary), dtype=torch.bool, device=device)
    for i, row in enumerate(rows):
        seen[i, torch.tensor(row.prompt, device=device)] = True
    return seen


def _cut(text: str, stops: Sequence[str]) -> tuple[str, bool]:
    """The text before the first stop string, and whether it holds one."""
    begins = [begin for stop in stops if (begin := text.find(stop)) >= 0]
    return (text[: min(begins)], True) if begins else (text, False)
