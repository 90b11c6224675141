"""Conversations as token ids, with what is trained on and where the model learns to stop; checked before the first step.

What is trained on is defined by what the model sees when it is used: an answer starts where the template's generation
prompt ends, and ends with the stop token, which is trained on too. A template needs no `{% generation %}` block for that,
and one that has a wrong block cannot spoil it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from instructwild.errors import InputError, ModelError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

IGNORED = -100
PLAIN = ("{% for message in messages %}{{ {'system': '', 'user': 'User: ', 'assistant': 'Assistant: '}[message['role']] "
         "+ message['content'] }}{% if message['role'] == 'assistant' %}{{ eos_token }}{% endif %}{{ '\n\n' }}{% endfor %}"
         "{% if add_generation_prompt %}{{ 'Assistant: ' }}{% endif %}")
"""For a base model that has no chat template: words that every vocabulary has, and the model's own end of text."""

Turn = Mapping[str, str]


@dataclass(frozen=True)
class Encoded:
    """One conversation: its tokens, and the same with `IGNORED` wherever nothing is learned."""

    input_ids: list[int]
    labels: list[int]

    @property
    def trained(self) -> int:
        """How many tokens are trained on."""
        return sum(label != IGNORED for label in self.labels)

    @property
    def to_stop(self) -> "Encoded":
        """The same up to and including the last stop token, without what the template writes after it.

        A generated answer ends there too, so that a score read at the last token is read at the same place.
        """
        end = max((i for i, label in enumerate(self.labels) if label != IGNORED), default=len(self.labels) - 1) + 1
        return Encoded(self.input_ids[:end], self.labels[:end])


@dataclass(frozen=True)
class Chat:
    """A tokenizer with a template that has been found fit for training and for use."""

    tokenizer: "PreTrainedTokenizerBase"
    note: str = ""

    @cached_property
    def stop_ids(self) -> tuple[int, ...]:
        """The ids that end an answer: the end-of-text token first, then what the template ends turns with."""
        text = self._render([_turn("user", "a"), _turn("assistant", "b"), _turn("user", "c")])
        after = text[len(self._render([_turn("user", "a")], prompt=True)) + 1:]
        ids = self.tokenizer(after, add_special_tokens=False)["input_ids"]
        own = self.tokenizer.eos_token_id
        first = next((i for i in ids if i in self._special), own)
        return tuple(dict.fromkeys((first, own)))

    @cached_property
    def _special(self) -> frozenset[int]:
        added = {i for i, token in self.tokenizer.added_tokens_decoder.items() if token.special}
        return frozenset({*self.tokenizer.all_special_ids, *added})

    def prompt_text(self, messages: Sequence[Turn]) -> str:
        """The conversation up to where the assistant's answer begins, as the model reads it."""
        return self._render(messages, prompt=True)

    def prompt_ids(self, messages: Sequence[Turn]) -> list[int]:
        """Token ids of `prompt_text`."""
        return list(self.tokenizer(self.prompt_text(messages), add_special_tokens=False)["input_ids"])

    def encode(self, messages: Sequence[Turn]) -> Encoded:
        """A whole conversation; every answer in it is trained on, with the stop token after it and nothing else.

        Raises:
            ModelError: the template writes no stop token after an answer, or an answer otherwise than after a prompt.
        """
        text = self._render(messages)
        spans = [self._span(messages, i, text) for i, message in enumerate(messages) if message["role"] == "assistant"]
        tokens = self.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
        ids = list(tokens["input_ids"])
        labels = [IGNORED] * len(ids)
        for start, end in spans:
            inside = [i for i, (a, b) in enumerate(tokens["offset_mapping"]) if a >= start and b <= end and b > a]
            stop = next((i for i in reversed(inside) if ids[i] in self.stop_ids), None)
            if stop is None:
                raise ModelError("the chat template ends an answer without a stop token: the model would never learn to "
                                 "stop", where=self._name, remedy="give another template with --chat-template FILE, "
                                 f"whose assistant turns end with {self.tokenizer.eos_token!r}")
            for i in inside:
                if i <= stop:
                    labels[i] = ids[i]
        return Encoded(ids, labels)

    def _span(self, messages: Sequence[Turn], i: int, text: str) -> tuple[int, int]:
        start, whole = self._render(messages[:i], prompt=True), self._render(messages[: i + 1])
        if not (text.startswith(whole) and whole.startswith(start)):
            raise ModelError("the chat template writes a conversation otherwise than its own beginning: what the model "
                             "would be trained on is not what it sees when it is used", where=self._name,
                             remedy="give another template with --chat-template FILE")
        return len(start), len(whole)

    def _render(self, messages: Sequence[Turn], prompt: bool = False) -> str:
        from jinja2 import TemplateError

        try:
            return str(self.tokenizer.apply_chat_template([dict(message) for message in messages], tokenize=False,
                                                          add_generation_prompt=prompt))
        except (TemplateError, TypeError, ValueError) as error:
            raise ModelError(f"the chat template cannot write this conversation ({error})", where=self._name,
                             remedy="give another template with --chat-template FILE") from None

    @property
    def _name(self) -> str:
        return Path(self.tokenizer.name_or_path).name or "the tokenizer"


def ready(tokenizer: "PreTrainedTokenizerBase", template: str | Path = "") -> Chat:
    """Make a tokenizer fit for training: a template, an end token, and a padding token that is not the end token.

    Args:
        tokenizer: changed in place.
        template: a Jinja file to use instead of its own template.

    Raises:
        ModelError: the tokenizer has no usable end token, no padding token can be found, or the template does not end
            answers with a stop token.
        InputError: the template file cannot be read.
    """
    name = Path(tokenizer.name_or_path).name or "the tokenizer"
    notes = []
    if not tokenizer.is_fast:
        raise ModelError("its tokenizer tells no character offsets", where=name, remedy="use a model with a fast tokenizer")
    end = tokenizer.eos_token
    if end is None or tokenizer.eos_token_id is None or tokenizer.eos_token_id == tokenizer.unk_token_id \
            or tokenizer(end, add_special_tokens=False)["input_ids"] != [tokenizer.eos_token_id]:
        raise ModelError(f"its end token {end!r} is no token of its vocabulary", where=name,
                         remedy="set eos_token in tokenizer_config.json to the token that ends an answer")
    if template:
        try:
            tokenizer.chat_template = Path(template).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"cannot be read ({error})", where=str(template), remedy="check the path") from None
    elif not tokenizer.chat_template:
        tokenizer.chat_template = PLAIN
        notes.append("the model has no chat template: a plain one (User: / Assistant:) was set and is saved with the model")
    if tokenizer.pad_token_id is None or tokenizer.pad_token_id == tokenizer.eos_token_id:
        tokenizer.pad_token = _padding(tokenizer, name)
        notes.append(f"padding with {tokenizer.pad_token!r}, because the end token must be learned and never padded away")
    return Chat(tokenizer, "; ".join(notes))


def _padding(tokenizer: "PreTrainedTokenizerBase", name: str) -> str:
    named = [token for token in tokenizer.get_vocab() if "pad" in token.lower() and token.startswith(("<", "["))]
    known = ["<|endoftext|>", "<|finetune_right_pad_id|>", "<unk>", tokenizer.unk_token, tokenizer.bos_token]
    for token in [*sorted(named), *known]:
        if token and token != tokenizer.eos_token and token in tokenizer.get_vocab():
            return str(token)
    raise ModelError("has no token but the end token to pad with", where=name,
                     remedy="set pad_token in tokenizer_config.json to a token that no text contains")


def check_masks(rows: Iterable[Encoded]) -> None:
    """Refuse a training set on which nothing, or everything, is trained on.

    Raises:
        ModelError: the mask is all zeros or all ones over all rows.
    """
    trained = total = 0
    for row in rows:
        trained, total = trained + row.trained, total + len(row.labels)
    if trained == 0 or trained == total:
        raise ModelError(f"{trained:,} of {total:,} tokens would be trained on: the template does not tell prompts from "
                         "answers", where="chat template", remedy="give another template with --chat-template FILE")


@dataclass(frozen=True)
class Piece:
    """A run of tokens with one part to play: `given` to the model, `trained` on, or the `stop` token, also trained on."""

    kind: str
    text: str


def pieces(chat: Chat, row: Encoded) -> list[Piece]:
    """One encoded conversation in runs, to show a person what is trained on and where the stop token is."""
    kinds = ["given" if label == IGNORED else "stop" if label in chat.stop_ids else "trained" for label in row.labels]
    runs: list[tuple[str, list[int]]] = []
    for kind, token in zip(kinds, row.input_ids, strict=True):
        if runs and runs[-1][0] == kind:
            runs[-1][1].append(token)
        else:
            runs.append((kind, [token]))
    return [Piece(kind, chat.tokenizer.decode(ids, clean_up_tokenization_spaces=False)) for kind, ids in runs]


def show(chat: Chat, row: Encoded, *, scored: bool = False) -> None:
    """Print one example: grey is given, green is trained on (of a reward model: scored), red is the stop token."""
    from rich.text import Text

    from instructwild.console.terminal import console

    styles = {"given": "dim", "trained": "green", "stop": "bold white on red"}
    body = Text.assemble(*((piece.text, styles[piece.kind]) for piece in pieces(chat, row)))
    learned = "scored" if scored else "trained on"
    console.print(Text.assemble("One example: ", ("given", "dim"), ", ", (learned, "green"), ", ",
                                (" stop ", styles["stop"])))
    console.print(body)
    if scored:
        console.print("the score is read at the stop token, the last one", highlight=False)
        return
    console.print(f"{row.trained} of {len(row.labels)} tokens are trained on; answers stop with "
                  + " or ".join(repr(chat.tokenizer.decode([i])) for i in chat.stop_ids), markup=False, highlight=False)


def _turn(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


def turns(messages: Any) -> list[dict[str, str]]:
    """Schema messages, or dicts, as the plain dicts that templates read."""
    return [_turn(message["role"], message["content"]) if isinstance(message, Mapping)
            else _turn(message.role, message.content) for message in messages]
