"""Conversations as token ids, with what is trained on and where the model learns to stop; checked before the first step.

What is trained on is defined by what the model sees when it is used: an answer starts where the template's generation
prompt ends, and ends with the stop token, which is trained on too. A template needs no `{% generation %}` block for that,
and one that has a wrong block cannot spoil it. The text is cut in `answer_text`, its tokens are made here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from instructwild.errors import InputError, ModelError
from instructwild.llm.rendering import Renderer, Turn
from instructwild.llm.rendering import turns as turns
from instructwild.text.quantity import quantity
from instructwild_trainer.answer_text import AnswerWriter, Reasoning

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

IGNORED = -100
PLAIN = ("{% for message in messages %}{{ {'system': '', 'user': 'User:\n', 'assistant': 'Assistant:\n', 'tool': 'Tool:\n'}"
         "[message['role']] + message['content'] }}{% if message['role'] == 'assistant' %}{{ eos_token }}{% endif %}"
         "{{ '\n\n' }}{% endfor %}{% if add_generation_prompt %}{{ 'Assistant:\n' }}{% endif %}")
"""For a base model that has no chat template: words that every vocabulary has, and the model's own end of text.

A newline parts the role from the text: a space would merge with the first word of an answer, which would then never be
trained, and use would end in a lone space that training never saw.
"""

ADD_EOS = ("{% if messages and messages[-1]['role'] == 'assistant' and not add_generation_prompt %}{{ eos_token }}"
           "{% endif %}")
"""Behind a template that writes no stop token after answers: the last answer ends with the end token, where use ends too."""
ADD_ANSWER = ADD_EOS.replace("{{ eos_token }}", "{{ messages[-1]['content'] }}{{ eos_token }}")
"""Behind a template that ends in the generation prompt even where the last turn is an answer, and leaves that out."""


@dataclass(frozen=True)
class Encoded:
    """One example: its tokens, and the same with `IGNORED` wherever nothing is learned."""

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

    def spans(self) -> list[list[int]]:
        """The runs of tokens that are trained on, in order."""
        runs = groupby(zip(self.input_ids, self.labels, strict=True), key=lambda pair: pair[1] != IGNORED)
        return [[token for token, _ in run] for trained, run in runs if trained]


@dataclass(frozen=True)
class Chat:
    """A tokenizer with a template that is fit for training and for use.

    Args:
        tokenizer: with a chat template.
        note: what was changed about it, to be shown.
        reasoning: what becomes of the thoughts of an answer: `train` and `mask` keep them, `drop` leaves them out, `auto`
            trains them where the template writes them at use.
    """

    tokenizer: "PreTrainedTokenizerBase"
    note: str = ""
    reasoning: Reasoning = "auto"

    @cached_property
    def stop_ids(self) -> tuple[int, ...]:
        """The ids that end an answer: what ends one in words, what ends a tool call, and the end-of-text token."""
        ends = filter(None, (self._writer.plain_stop, self._writer.call_stop))
        return tuple(dict.fromkeys((*map(self.tokenizer.convert_tokens_to_ids, ends), self.tokenizer.eos_token_id)))

    @cached_property
    def _renderer(self) -> Renderer:
        return Renderer(self.tokenizer)

    @cached_property
    def _writer(self) -> AnswerWriter:
        return AnswerWriter(self._renderer, self.reasoning)

    def prompt_text(self, messages: Sequence[Turn], tools: Sequence[Any] | None = None) -> str:
        """The conversation up to where the assistant's answer begins, as the model reads it."""
        return self._renderer.text(messages, prompt=True, tools=tools)

    def prompt_ids(self, messages: Sequence[Turn], tools: Sequence[Any] | None = None) -> list[int]:
        """Token ids of `prompt_text`."""
        return self._ids(self.prompt_text(messages, tools))

    def answer(self, messages: Sequence[Turn], tools: Sequence[Any] | None = None) -> Encoded:
        """The last message, an answer, after its prompt as it is at use; only that and its stop token are trained on.

        The ids of the prompt are the beginning of the example's ids, whatever the answer begins with.

        Raises:
            ModelError: see `AnswerWriter.answer`.
        """
        text = self._writer.answer(messages, tools)
        ids = self._ids(text.prompt)
        labels = [IGNORED] * len(ids)
        so_far = text.prompt
        for part, trained in ((text.masked, False), (text.trained, True)):
            so_far += part
            together = self._ids(so_far) if part else ids
            added = together[len(ids):] if together[:len(ids)] == ids else self._ids_after(part)
            ids, labels = ids + added, labels + (added if trained else [IGNORED] * len(added))
        rest = self._ids_after(text.rest) if text.rest else []
        return Encoded(ids + rest, labels + [IGNORED] * len(rest))

    def examples(self, messages: Sequence[Turn], tools: Sequence[Any] | None = None) -> tuple[Encoded, ...]:
        """All answers of a conversation, each after its prompt as it is at use.

        An answer whose tokens are the beginning of a later answer's prompt shares its example: one in all where the template
        writes a conversation like its own beginning, else one for each answer. Blank answers beside others are context
        only, and so are those of `weight` 0.

        Raises:
            ModelError: see `AnswerWriter.answer`; or no message is an answer.
        """
        answers = [i for i, message in enumerate(messages) if message["role"] == "assistant"]
        made: list[Encoded] = []
        for i in reversed([i for i in answers if is_answer(messages[i])] or answers[-1:]):
            example = self.answer(messages[:i + 1], tools)
            begins = example.to_stop
            length = len(begins.input_ids)
            if made and made[-1].input_ids[:length] == begins.input_ids:
                later = made.pop()
                example = Encoded(later.input_ids, begins.labels + later.labels[length:])
            made.append(example)
        if not made:
            raise ModelError("no message is an answer", where=self._renderer.name, remedy="give answered rows")
        return tuple(reversed(made))

    def encode(self, messages: Sequence[Turn], tools: Sequence[Any] | None = None) -> Encoded:
        """The example that ends in the last answer; see `examples`."""
        return self.examples(messages, tools)[-1]

    def _ids(self, text: str) -> list[int]:
        return list(self.tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])

    def _ids_after(self, text: str) -> list[int]:
        """Ids of a text that does not begin a document: some tokenizers put a space before those that do."""
        return self._ids(f"{self.tokenizer.eos_token}{text}")[1:]


def is_answer(message: Turn) -> bool:
    """Whether a message is an answer with words or tool calls, and not one that is context only (`weight` 0)."""
    return message["role"] == "assistant" and message.get("weight") != 0 and bool(
        (message["content"] or "").strip() or message.get("tool_calls"))


def plain_template(tokenizer: "PreTrainedTokenizerBase") -> str:
    """`PLAIN` for a tokenizer, behind the token that it puts before every text (BOS), where it does.

    The bases of Gemma and Llama never saw a text without it: an answer costs Gemma 3 of 270M 3.3 nats a token with it and
    5.9 without.
    """
    begins = tokenizer("a")["input_ids"][:1]
    return ("{{ bos_token }}" if begins == [tokenizer.bos_token_id] else "") + PLAIN


def ready(tokenizer: "PreTrainedTokenizerBase", template: str | Path = "", reasoning: Reasoning = "auto", *,
          add_eos: bool = False) -> Chat:
    """Make a tokenizer fit for training: a template, an end token, and a padding token that is not the end token.

    Args:
        tokenizer: changed in place.
        template: a Jinja file to use instead of its own template.
        reasoning: see `Chat`.
        add_eos: end the last answer with the end token where the template writes no stop token (see `ADD_EOS`).

    Raises:
        ModelError: the tokenizer has no usable end token, no padding token can be found, or the template is not valid Jinja.
        InputError: the template file cannot be read.
    """
    name = Path(tokenizer.name_or_path).name or "the tokenizer"
    notes = []
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
        tokenizer.chat_template = plain_template(tokenizer)
        notes.append("the model has no chat template: a plain one (User: / Assistant:) was set and is saved with the model")
    if tokenizer.pad_token_id is None or tokenizer.pad_token_id == tokenizer.eos_token_id:
        tokenizer.pad_token = _padding(tokenizer, name)
        notes.append(f"padding with {tokenizer.pad_token!r}, because the end token must be learned and never padded away")
    Renderer(tokenizer).check(str(template))
    if add_eos:
        notes.append(_end_answers(tokenizer))
    return Chat(tokenizer, "; ".join(notes), reasoning)


def _end_answers(tokenizer: "PreTrainedTokenizerBase") -> str:
    """Have a template end the last answer with the end token, where it writes no stop token; what was done, in words."""
    writer = AnswerWriter(Renderer(tokenizer))
    if writer.plain_stop:
        return "the chat template ends answers with a stop token of its own: --add-eos changes nothing"
    whole = writer.writes_last_answer
    template, added = tokenizer.chat_template, ADD_EOS if whole else ADD_ANSWER
    tokenizer.chat_template = {name: text + added for name, text in template.items()} if isinstance(template, dict) \
        else f"{template}{added}"
    lacks = "no stop token" if whole else "no answer that is the last turn"
    return f"the chat template writes {lacks}: {tokenizer.eos_token!r} ends answers, and is saved with the template"


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
        raise ModelError(f"{trained:,} of {quantity(total, 'token')} would be trained on: the template does not tell "
                         "prompts from "
                         "answers", where="chat template", remedy="give another template with --chat-template FILE")


@dataclass(frozen=True)
class TokenRun:
    """A run of tokens with one part to play: `context`, `trained` on, or the `stop` token, also trained on."""

    kind: str
    text: str


def token_runs(chat: Chat, row: Encoded) -> list[TokenRun]:
    """One encoded conversation in runs, to show a person what is trained on and where the stop token is."""
    kinds = ["context" if label == IGNORED else "stop" if label in chat.stop_ids else "trained" for label in row.labels]
    runs: list[tuple[str, list[int]]] = []
    for kind, token in zip(kinds, row.input_ids, strict=True):
        if runs and runs[-1][0] == kind:
            runs[-1][1].append(token)
        else:
            runs.append((kind, [token]))
    return [TokenRun(kind, chat.tokenizer.decode(ids, clean_up_tokenization_spaces=False)) for kind, ids in runs]


def show(chat: Chat, row: Encoded, *, scored: bool = False) -> None:
    """Print one example: grey is context, green is trained on (of a reward model: scored), red is the stop token."""
    from rich.text import Text

    from instructwild.console.terminal import console

    styles = {"context": "dim", "trained": "green", "stop": "bold white on red"}
    body = Text.assemble(*((run.text, styles[run.kind]) for run in token_runs(chat, row)))
    learned = "scored" if scored else "trained on"
    console.print(Text.assemble("One example: ", ("context", "dim"), ", ", (learned, "green"), ", ",
                                (" stop ", styles["stop"])))
    console.print(body)
    if scored:
        console.print("the score is read at the stop token, the last one", highlight=False)
        return
    console.print(f"{row.trained} of {quantity(len(row.labels), 'token')} are trained on; answers stop with "
                  + " or ".join(repr(chat.tokenizer.decode([i])) for i in chat.stop_ids), markup=False, highlight=False)
