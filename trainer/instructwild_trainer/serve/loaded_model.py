"""A model that is ready to speak: loaded, its chat template tried, its stop tokens known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from instructwild.errors import ConfigError, ModelError
from instructwild.llm.request import Request
from instructwild.text.quantity import quantity
from instructwild_trainer.adapter import Source, source_of

if TYPE_CHECKING:
    from instructwild.llm.local import LocalModel
    from instructwild_trainer.serve.token_bytes import TokenBytes
    from instructwild_trainer.templates import Chat

TRIED = ({"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}, {"role": "user", "content": "c"})


NORMALIZED = 4
"""Unicode normalization makes of at most so many letters one."""


class TooLong(Exception):
    """A text has at least `tokens` tokens, which is more than the context holds."""

    def __init__(self, tokens: int) -> None:
        super().__init__(f"at least {quantity(tokens, 'token')}")
        self.tokens = tokens


@dataclass
class LoadedModel:
    """One model under the name it is asked by."""

    name: str
    source: Source
    local: "LocalModel"

    @cached_property
    def chat(self) -> "Chat | None":
        """Its tokenizer with its own template; None where it has none and can only continue texts."""
        from instructwild_trainer.templates import Chat

        return Chat(self.local.tokenizer) if self.local.tokenizer.chat_template else None

    @property
    def defaults(self) -> dict[str, float]:
        """Temperature and top_p where a call names none: those the model was published with, else 1."""
        lines = self.local.model.generation_config
        return {name: float(getattr(lines, name, None) or 1.0) if lines.do_sample else 1.0
                for name in ("temperature", "top_p")}

    def prompt(self, request: Request) -> list[int]:
        """The tokens that the model reads.

        Raises:
            ModelError: messages for a model without a template, or such as its template does not write.
        """
        if request.text or self.chat is None:
            return self.local.encode(request)
        return self.chat_prompt([{"role": turn.role, "content": turn.content} for turn in request.messages])

    def chat_prompt(self, messages: Sequence[Mapping[str, Any]], options: Mapping[str, Any] | None = None) -> list[int]:
        """The tokens of a conversation up to where the answer begins.

        Args:
            messages: as chat templates read them, tool calls and reasoning included.
            options: further variables of the template, such as `enable_thinking`.

        Raises:
            ModelError: there is no template, or it does not write this conversation.
        """
        if self.chat is None:
            raise ModelError("has no chat template, so it cannot answer messages", where=self.name,
                             remedy="choose a chat model, or send a text to continue")
        try:
            text = self.local.prompt_text(messages, options)
        except ModelError as error:
            raise ModelError(error.what[:400], where=self.name, remedy="give another conversation") from None
        self.check_length(text)
        return list(self.local.tokenizer(text, add_special_tokens=False)["input_ids"])

    def check_length(self, text: str) -> None:
        """Refuse a text that cannot fit the context whatever its tokens are, before time is spent on making them.

        Raises:
            TooLong: no more tokens than the context holds could spell it, even if normalizing shortens it to a quarter.
        """
        fewest = len(text) // (NORMALIZED * self._longest_token)
        if fewest > self.local.context:
            raise TooLong(fewest)

    @cached_property
    def _longest_token(self) -> int:
        """Letters of the longest token of the vocabulary."""
        return max(map(len, self.local.tokenizer.get_vocab()), default=1)

    def opens_thoughts(self, prompt: Sequence[int]) -> str:
        """The mark with which a prompt of token ids opens thoughts, as some templates do; else empty."""
        from instructwild.llm.decoded_text import opened_thoughts

        return opened_thoughts(self.local.tokenizer, prompt)

    @property
    def vocabulary(self) -> int:
        """How many token ids the model has an embedding for."""
        return int(self.local.model.get_input_embeddings().weight.shape[0])

    @cached_property
    def token_bytes(self) -> "TokenBytes":
        """What each token stands for."""
        from instructwild_trainer.serve.token_bytes import TokenBytes

        return TokenBytes(self.local.tokenizer)


def named(models: Sequence[str], names: Sequence[str] | None) -> list[str]:
    """What each model is called: as told, or after its folder.

    Raises:
        ConfigError: other names than models, or two of the same name.
    """
    result = list(names) if names else [source_name(model) for model in models]
    if len(result) != len(models):
        raise ConfigError(f"{quantity(len(result), 'name')} for {quantity(len(models), 'model')}", where="--name",
                          remedy="give one per model, or none")
    if len(set(result)) != len(result):
        twice = next(name for name in result if result.count(name) > 1)
        raise ConfigError(f"two models are called {twice!r}", where="MODEL",
                          remedy="tell them apart with --name A --name B")
    return result


def source_name(model: str) -> str:
    """The last part of a path or Hub id."""
    from pathlib import Path

    return Path(model).resolve().name if Path(model).exists() else model.rstrip("/").rpartition("/")[2]


def sources(models: Sequence[str]) -> list[Source]:
    """Find models by name.

    Raises:
        ModelError: one is no model, or one that gives scores instead of answers.
        GateError: one was made by a stage whose gate failed.
    """
    result = [source_of(model) for model in models]
    for source in result:
        if source.manifest is not None and source.manifest.stage == "reward":
            raise ModelError("is a reward model: it gives scores, not answers", where=source.name,
                             remedy="give the folder of a train sft, train ppo or export stage")
    return result


def opened(source: Source, name: str) -> LoadedModel:
    """Load a model, and try its template on a short conversation.

    Raises:
        ModelError: it cannot be loaded, or its template cannot write a conversation.
    """
    from instructwild.llm.local import LocalModel

    local: Any = LocalModel(source.folder)
    loaded = LoadedModel(name, source, local)
    if loaded.chat is not None:
        try:
            rendered = bool(loaded.chat.prompt_text(TRIED))
            local.ends = local.ends | {token for token in loaded.chat.stop_ids if token is not None}
        except ModelError as error:
            raise ModelError(error.what, where=source.label, remedy="mend chat_template.jinja in the model's folder, "
                             "or take that of the model it was made from") from None
        if not rendered:
            raise ModelError("its chat template writes nothing for a plain conversation", where=source.label,
                             remedy="mend chat_template.jinja in the model's folder")
    return loaded
