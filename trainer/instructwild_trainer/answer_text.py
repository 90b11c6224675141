"""Where an answer stands in the text of a conversation: the prompt as it is at use, masked, trained, stop.

An answer is looked for from the end of the text, and its stop token behind it: templates write headers, thoughts and special
tokens before an answer, and some write another end of text after the token that ends it.
"""

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from instructwild.errors import ModelError
from instructwild_trainer.rendering import REMEDY, Renderer, Turn

Reasoning = Literal["auto", "train", "mask", "drop"]
BLOCKS = (("<think>", "</think>"), ("<|channel>thought\n", "<channel|>"), ("<|START_THINKING|>", "<|END_THINKING|>"),
          ("[THINK]", "[/THINK]"), ("<seed:think>", "</seed:think>"))
"""How families open and close thoughts."""
EMPTY = re.compile(r"\s*(?:" + "|".join(rf"{re.escape(a)}\s*{re.escape(b)}" for a, b in BLOCKS) + r")\s*")
OPENED = re.compile("(?P<open>" + "|".join(re.escape(a.strip()) for a, _ in BLOCKS) + r")\s*(?P<close>"
                    + "|".join(re.escape(b) for _, b in BLOCKS) + r")?\s*\Z")
QUESTION, ANSWER, NEXT = "qq", "zz", "ww"
PROBE_CALL: dict[str, Any] = {"type": "function", "id": "call00001", "function": {
    "name": "lookup", "arguments": {"key": "value"}}}
PROBE_TOOL: dict[str, Any] = {"type": "function", "function": {"name": "lookup", "description": "Looks up.", "parameters": {
    "type": "object", "properties": {"key": {"type": "string"}}, "required": ["key"]}}}


@dataclass(frozen=True)
class AnswerText:
    """The text of one answer in its conversation, in four runs that follow each other."""

    prompt: str
    masked: str
    trained: str
    rest: str
    """What the template writes after the stop token."""


@dataclass(frozen=True)
class AnswerWriter:
    """A chat template, and what it was seen to do with answers."""

    renderer: Renderer
    reasoning: Reasoning = "auto"

    def answer(self, messages: Sequence[Turn], tools: Sequence[object] | None = None) -> AnswerText:
        """The runs of the last message, an answer.

        Raises:
            ModelError: the template leaves out a part of the answer, writes it otherwise than after its prompt, or ends it
                without a stop token.
        """
        if self.reasoning == "drop":
            messages = _without_thoughts(messages)
        renderer = self.renderer
        if self.reasoning == "train" and messages[-1].get("reasoning_content"):
            renderer = dataclasses.replace(renderer, thinking=True)
        context = _Context(messages, tools, renderer)
        prompt, whole = context.text(prompt=True), context.text()
        if whole.startswith(prompt):
            return self._cut(context, prompt, whole[len(prompt):])
        return self._beside_prompt(context, prompt, whole)

    def _beside_prompt(self, context: "_Context", prompt: str, whole: str) -> AnswerText:
        """An answer whose prompt ends in a think block that an answered conversation has otherwise, or not.

        The prompt is what is seen at use: where it leaves the block open thoughts follow, or it is closed, masked.
        """
        begun = OPENED.search(prompt)
        if begun is None or not whole.startswith(prompt[:begun.start()]):
            raise ModelError("the chat template writes an answer otherwise than after its generation prompt: what the model "
                             "would be trained on is not what it sees when it is used", where=self.renderer.name,
                             remedy=REMEDY)
        rest = whole[begun.start():]
        if begun["close"]:    # at use nothing is thought
            if context.thoughts:
                return self.answer(_without_thoughts(context.messages), context.tools)
            return self._cut(context, prompt, rest)
        close = next(close for start, close in BLOCKS if start.strip() == begun["open"])
        ending = f"\n{close}\n\n"
        if written := re.match(rf"\s*{re.escape(begun['open'])}(.*?){re.escape(close)}", rest, re.DOTALL):
            rest = rest[written.end(1):]
            start = self._content_start(rest, context.answer)
            ending, rest = rest[:start or len(close)], rest[start or len(close):]
        cut = self._cut(context, prompt, rest)
        before = context.thoughts.strip() + ("" if ending[0] == "\n" or not context.thoughts else "\n") + ending
        if not context.thoughts or self.reasoning == "mask":
            return AnswerText(prompt, before + cut.masked, cut.trained, cut.rest)
        return AnswerText(prompt, "", before + cut.masked + cut.trained, cut.rest)

    def _cut(self, context: "_Context", prompt: str, written: str) -> AnswerText:
        content = str(context.answer["content"] or "").strip()
        start = self._content_start(written, context.answer)
        if start is None and content:
            raise ModelError(f"the chat template leaves out a part of the answer {content[:60]!r}", where=self.renderer.name,
                             remedy=REMEDY)
        at, stop = self._stop_in(context, written, 0 if start is None else written.index(content, start) + len(content))
        if not stop:
            raise ModelError("the chat template ends an answer without a stop token: the model would never learn to stop",
                             where=self.renderer.name, remedy="give another template with --chat-template FILE, whose "
                             f"assistant turns end with {self.renderer.tokenizer.eos_token!r}")
        begun = OPENED.search(prompt)
        opened = prompt[begun.start():] if begun and not begun["close"] else ""
        masked = 0
        if start is not None and EMPTY.fullmatch(opened + written[:start]):
            masked = start
        elif start is None and (empty := EMPTY.match(opened + written)):
            masked = empty.end() - len(opened)
        elif self.reasoning == "mask" and context.thoughts:
            masked = len(written) - _common_end(context.without_thoughts(), written) if start is None else start
        body = written[:at] + stop
        return AnswerText(prompt, body[:masked], body[masked:], written[at + len(stop):])

    def _content_start(self, text: str, answer: Turn) -> int | None:
        """Where the answer's words begin in a text, looked for from the end; None where it has none there."""
        content = str(answer["content"] or "")
        words = content.strip()
        if not words:
            return None
        at = text.rfind(words, 0, len(text) - len(self._special_end(text)))
        if at < 0 and (at := text.rfind(words)) < 0:
            return None
        spaces = content[:len(content) - len(content.lstrip())]
        return at - len(spaces) if text[:at].endswith(spaces) else at

    def _stop_in(self, context: "_Context", written: str, ends: int) -> tuple[int, str]:
        """Where in the text the stop token of an answer stands, and the token; empty where there is none."""
        if self._by_next_turn:
            stop = (self.call_stop if context.answer.get("tool_calls") else "") or self.plain_stop
            return len(written.rstrip()), stop
        run = len(written) - len(self._special_end(written[ends:]))
        if self.plain_stop and (at := written.find(self.plain_stop, run)) >= 0:
            return at, self.plain_stop
        special = list(self.special.finditer(written, run))
        return (special[-1].start(), special[-1][0]) if special else (0, "")

    def _special_end(self, text: str) -> str:
        """The end of a text that consists of special tokens and spaces only, from its first special token on."""
        at = first = len(text)
        for match in reversed(list(self.special.finditer(text))):
            if text[match.end():at].strip():
                break
            at = first = match.start()
        return text[first:]

    @cached_property
    def special(self) -> "re.Pattern[str]":
        """The tokenizer's special tokens as text."""
        tokenizer = self.renderer.tokenizer
        added = {token.content for token in tokenizer.added_tokens_decoder.values() if token.special}
        every = sorted({*added, *tokenizer.all_special_tokens}, key=len, reverse=True)
        return re.compile("|".join(map(re.escape, every)) or r"(?!)")

    @cached_property
    def _after_plain(self) -> tuple[str, str]:
        """What follows a plain answer that is the last turn, and one that is not."""
        dialogue = [{"role": "user", "content": QUESTION}, {"role": "assistant", "content": ANSWER}]
        last = self.renderer.text(dialogue)
        earlier = self.renderer.text([*dialogue, {"role": "user", "content": NEXT}])
        if ANSWER not in last or ANSWER not in earlier:
            return "", ""
        return last.rpartition(ANSWER)[2], earlier.rpartition(ANSWER)[2].partition(NEXT)[0]

    @cached_property
    def plain_stop(self) -> str:
        """The token that ends an answer in words: the end-of-text token where it always follows, else the first that does.

        Empty where no special token follows.
        """
        last, earlier = self._after_plain
        end = str(self.renderer.tokenizer.eos_token)
        if end in last[:_common_start(last, earlier)]:
            return end
        first = self.special.search(last) or self.special.search(earlier)
        return first[0] if first else ""

    @cached_property
    def _by_next_turn(self) -> bool:
        """Whether nothing but the next turn's first token ends an answer."""
        return bool(self.plain_stop) and self.special.search(self._after_plain[0]) is None

    @cached_property
    def call_stop(self) -> str:
        """The token that ends an answer of tool calls; empty where the template writes none."""
        call: Turn = {"role": "assistant", "content": "", "tool_calls": [PROBE_CALL]}
        reply = {"role": "tool", "name": "lookup", "tool_call_id": PROBE_CALL["id"], "content": ANSWER}
        context = _Context([{"role": "user", "content": QUESTION}, call], [PROBE_TOOL], self.renderer)
        try:
            written = context.text()
            if not self._by_next_turn:
                return self._stop_in(context, written, written.rfind("lookup"))[1]
            replied = self.renderer.text([*context.messages, reply], tools=[PROBE_TOOL])
        except ModelError:
            return ""
        after = self.special.search(replied, len(written.rstrip())) if replied.startswith(written.rstrip()) else None
        return after[0] if after else ""


@dataclass(frozen=True)
class _Context:
    """A conversation that ends in an answer, as one renderer writes it."""

    messages: Sequence[Turn]
    tools: Sequence[object] | None
    renderer: Renderer

    @property
    def answer(self) -> Turn:
        return self.messages[-1]

    @property
    def thoughts(self) -> str:
        return str(self.answer.get("reasoning_content") or "")

    def text(self, *, prompt: bool = False) -> str:
        """The whole, or up to where the answer begins."""
        return self.renderer.text(self.messages[:-1] if prompt else self.messages, prompt=prompt, tools=self.tools)

    def without_thoughts(self) -> str:
        """The whole, as it is written where nothing was thought."""
        return self.renderer.text(_without_thoughts(self.messages), tools=self.tools)


def _without_thoughts(messages: Sequence[Turn]) -> Sequence[Turn]:
    """The messages; the last has no thoughts."""
    return [*messages[:-1], {key: value for key, value in messages[-1].items() if key != "reasoning_content"}]


def _common_end(a: str, b: str) -> int:
    return _common_start(a[::-1], b[::-1])


def _common_start(a: str, b: str) -> int:
    return next((i for i, (left, right) in enumerate(zip(a, b, strict=False)) if left != right), min(len(a), len(b)))
