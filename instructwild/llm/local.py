"""Batched generation in this process: many requests at once, each with its own random numbers.

Each request draws its random numbers from its own seed, so that what it is batched with decides nothing but rounding.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from instructwild.errors import ModelError
from instructwild.llm.answer import understood
from instructwild.llm.chat_template import with_template, without_template
from instructwild.llm.decoded_text import TextDecoder, opened_thoughts
from instructwild.llm.dtypes import chosen_dtype
from instructwild.llm.generation.rows import DecodedRow
from instructwild.llm.model_files import ADAPTER_CONFIG, check_code
from instructwild.llm.models import base_of, is_adapter, resolve
from instructwild.llm.quantized import loading, quantization_of, settle
from instructwild.llm.quiet import quiet, quiet_imports
from instructwild.llm.reading import tokens_of_thoughts
from instructwild.llm.rendering import Renderer, Turn
from instructwild.llm.request import Reply, Request
from instructwild.llm.thinking import template_fields
from instructwild.llm.threads import limit_spinning
from instructwild.text.quantity import quantity
from instructwild.text.thoughts import without_bare_mark

if TYPE_CHECKING:
    from instructwild.llm.generation.decoder import Decoder


@dataclass(eq=False)
class Row(DecodedRow):
    """One request while it is being answered."""

    request: Request = field(kw_only=True)


def row_settings(request: Request) -> dict[str, Any]:
    """What a decoded row takes over from a request."""
    sampling = request.sampling
    return {"max_tokens": sampling.max_tokens, "seed": request.seed, "temperature": sampling.temperature,
            "top_p": sampling.top_p, "repetition_penalty": sampling.repetition_penalty}


class LocalModel:
    """A model folder loaded into this process.

    Args:
        path: a folder, an adapter folder, or any name that `resolve` knows.
        adapter: an adapter folder to put on top.
        batch: how many requests are answered at once.
        dtype: a torch dtype name, or `auto` for what this machine computes fastest. Quantized models keep their own.
        chat_template: for a model that has none of its own.

    Raises:
        ModelError: the folder is no causal language model with a tokenizer.
    """

    def __init__(self, path: str | Path, *, adapter: str | Path | None = None, batch: int = 32, dtype: str = "auto",
                 device: str | None = None, chat_template: str = "") -> None:
        self.path = resolve(path)
        self._take(*load(self.path, adapter=adapter, dtype=dtype, device=device), batch, chat_template)

    @classmethod
    def around(cls, model: Any, tokenizer: Any, *, batch: int = 32) -> "LocalModel":
        """The same for a model that is in memory already."""
        local = cls.__new__(cls)
        local.path = Path(model.name_or_path or "model")
        local._take(model, tokenizer, batch)
        return local

    @classmethod
    def without_weights(cls, path: str | Path, batch: int = 32, chat_template: str = "") -> "LocalModel":
        """The tokenizer alone, to encode requests and form batches that other processes answer."""
        from transformers import AutoTokenizer

        local = cls.__new__(cls)
        local.path, local.batch = resolve(path), batch
        holder = local.path
        if (holder / ADAPTER_CONFIG).is_file() and not (holder / "tokenizer_config.json").is_file():
            holder = resolve(base_of(holder))
        check_code(holder)
        try:
            with quiet():
                local.tokenizer = with_template(AutoTokenizer.from_pretrained(holder, trust_remote_code=False),
                                                chat_template)
        except (OSError, ValueError, KeyError) as error:
            raise ModelError(f"has no tokenizer that can be loaded ({str(error).splitlines()[0][:300]})", where=str(path),
                             remedy="check that the folder holds a whole causal language model and its tokenizer") from error
        return local

    def _take(self, model: Any, tokenizer: Any, batch: int, chat_template: str = "") -> None:
        self.model, self.tokenizer, self.batch = model, with_template(tokenizer, chat_template), batch
        self.context = int(getattr(model.config, "max_position_embeddings", 0) or 2048)
        self.ends = _end_tokens(self.model, self.tokenizer)
        self.answer_text, self.plain_text = TextDecoder(self.tokenizer), TextDecoder(self.tokenizer, marks=False)
        self.pad = self.tokenizer.pad_token_id if self.tokenizer.pad_token_id is not None else min(self.ends)

    def encode(self, request: Request) -> list[int]:
        """The token ids that the model sees: the chat template around messages, a text as it is.

        Raises:
            ModelError: messages for a model without a chat template.
        """
        if request.text:
            return list(self.tokenizer(request.text)["input_ids"])
        text = self.prompt_text(request.chat_messages(), template_fields(request.sampling.thinking))
        return list(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def prompt_text(self, messages: Sequence[Turn], variables: Mapping[str, Any] | None = None) -> str:
        """A conversation up to where the answer begins, written as it is in training.

        Args:
            messages: as chat templates read them, tool calls and thoughts included.
            variables: further ones of the template, such as `enable_thinking`.

        Raises:
            ModelError: the model has no chat template, or it does not write this conversation.
        """
        if not self.tokenizer.chat_template:
            raise without_template(str(self.path))
        renderer = Renderer(self.tokenizer, variables, whole=False) if variables else self._renderer
        return renderer.text(messages, prompt=True)

    @cached_property
    def _renderer(self) -> Renderer:
        return Renderer(self.tokenizer, whole=False)

    def generate(self, requests: Sequence[Request]) -> list[Reply]:
        """Answer requests, the longest prompts first; the replies are in the order of the requests.

        Args:
            requests: any mixture of messages and texts. Beyond `batch`, those that wait take the places of those that end.
        """
        rows = [Row(self.encode(request) or [self.pad], request=request, **row_settings(request)) for request in requests]
        fitting = sorted((row for row in rows if row.reserved <= self.context), key=lambda row: -len(row.prompt))
        if fitting:
            self._write(fitting)
        return [self._reply(row) for row in rows]

    def _write(self, rows: Sequence[Row]) -> None:
        """Every row to its end."""
        import torch

        from instructwild.llm.generation.decode_rows import decode

        with torch.inference_mode():
            decode(self.decoder(min(self.batch, len(rows)), max(row.reserved for row in rows)), rows, self._append)

    def decoder(self, slots: int, columns: int) -> "Decoder":
        """What decodes rows of this model, so many at once, each of so many tokens with its prompt."""
        from instructwild.llm.generation.decoder import Decoder
        from instructwild.llm.generation.forward import forward_of

        return Decoder(forward_of(self.model), self.model.config, device=self.model.device, dtype=self.model.dtype,
                       slots=slots, columns=columns + 1)

    def batches(self, lengths: Sequence[int]) -> list[list[int]]:
        """Indices in batches of similar length, the longest first, so that what does not fit memory fails at once."""
        order = sorted(range(len(lengths)), key=lambda i: (-lengths[i], i))
        return [order[start:start + self.batch] for start in range(0, len(order), self.batch)]

    def _reply(self, row: Row) -> Reply:
        if row.finish is None:
            return Reply("", "failed", problem=f"{quantity(len(row.prompt), 'token')} and "
                                               f"{row.request.sampling.max_tokens} more do not "
                                               f"fit the model's context of {self.context}")
        text = (self.plain_text if row.request.text else self.answer_text)(row.generated, self.ends)
        text = without_bare_mark(_cut(text, row.request.sampling.stop)[0])
        opening = "" if row.request.text else opened_thoughts(self.tokenizer, row.prompt)
        answer = understood(opening + text, question=row.request.prompt_text)
        thoughts = tokens_of_thoughts(answer.reasoning, answer.content, len(row.generated))
        return Reply(answer.content, row.finish, len(row.prompt), len(row.generated), reasoning=answer.reasoning,
                     reasoning_tokens=thoughts, repairs=answer.repairs)

    def _append(self, row: DecodedRow, token: int) -> None:
        row.append(token, self.ends)
        stops = row.request.sampling.stop if isinstance(row, Row) else ()
        if stops and row.finish != "stop" and _cut(self.tokenizer.decode(row.generated), stops)[1]:
            row.finish = "stop"


@lru_cache(maxsize=1)
def _loaded(source: str, batch: int, chat_template: str) -> LocalModel:
    return LocalModel(source, batch=batch, chat_template=chat_template)


def answered(source: str, batch: int, chat_template: str, requests: Sequence[Request]) -> list[Reply]:
    """The replies of a model that this process loads once: for processes that answer one batch after another.

    Args:
        source: a folder, or any name that `resolve` knows.
        batch: how many requests are answered at once.
        chat_template: for a model that has none of its own.
        requests: as in `LocalModel.generate`.
    """
    return _loaded(source, batch, chat_template).generate(requests)


def load(path: Path, *, adapter: str | Path | None = None, dtype: str = "auto", device: str | None = None,
         ) -> tuple[Any, Any]:
    """Model and tokenizer of a folder, in evaluation mode; an adapter is merged into its base.

    Raises:
        ModelError: transformers cannot load it; the message is its own.
    """
    quiet_imports()
    limit_spinning()
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    if is_adapter(path):
        base, adapter = resolve(base_of(path)), path
    else:
        base = path
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    torch_dtype = chosen_dtype(dtype, device)
    quantized = quantization_of(base) is not None
    holder = Path(adapter) if adapter is not None and (Path(adapter) / "tokenizer_config.json").exists() else base
    for folder in dict.fromkeys((base, holder)):
        check_code(folder)
    try:
        with quiet():
            model = AutoModelForCausalLM.from_pretrained(
                base, dtype=torch_dtype, trust_remote_code=False, use_safetensors=True,
                **(loading(base, device) if quantized else {}))
            if quantized:
                settle(model, device)
            tokenizer = AutoTokenizer.from_pretrained(holder, trust_remote_code=False)
            if adapter is not None:
                from peft import PeftModel

                model = PeftModel.from_pretrained(model, str(adapter)).merge_and_unload()
    except Exception as error:                               # whatever these files make the libraries raise
        if "custom code" in str(error):
            raise ModelError("needs Python code of its own for its tokenizer or its classes, which is never run",
                             where=str(path), remedy="choose a model that transformers has itself") from None
        raise ModelError(f"cannot be loaded ({_reason(error)})", where=str(path),
                         remedy="check that the folder holds a whole causal language model and its tokenizer") from error
    model.to(device)
    return model.eval(), tokenizer


def _reason(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    known = isinstance(error, OSError | ValueError | RuntimeError | ImportError)
    return (lines[0] if known and lines else f"{type(error).__name__}: {' '.join(lines)}")[:300]


def _end_tokens(model: Any, tokenizer: Any) -> frozenset[int]:
    configured = getattr(model.generation_config, "eos_token_id", None)
    ids = {*(configured if isinstance(configured, list) else [configured]), tokenizer.eos_token_id}
    return frozenset(token for token in ids if token is not None)


def _cut(text: str, stops: Sequence[str]) -> tuple[str, bool]:
    """The text before the first stop string, and whether it holds one."""
    begins = [begin for stop in stops if (begin := text.find(stop)) >= 0]
    return (text[: min(begins)], True) if begins else (text, False)
