"""Where an answer stands in the text of a conversation: prompt, masked, trained, stop token.

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
from instructwild.llm.rendering import ANSWER, NEXT, PROBE_TOOL, QUESTION, REMEDY, TOOLS_REMEDY, Renderer, Turn, common_start
from instructwild.llm.thinking import template_fields
from instructwild_trainer.answered_conversation import AnsweredConversation, without_thoughts
from instructwild_trainer.thought_blocks import EMPTY, OPENED, closing

Reasoning = Literal["auto", "train", "mask", "drop"]
PROBE_CALL: dict[str, Any] = {"type": "function", "id": "call00001", "function": {
    "name": "lookup", "arguments": {"key": "value"}}}


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
            messages = without_thoughts(messages)
        renderer = self.renderer
        if self.reasoning == "train" and messages[-1].get("reasoning_content"):
            renderer = dataclasses.replace(renderer, variables=template_fields(True))
        context = AnsweredConversation(messages, tools, renderer)
        prompt, whole = context.text(prompt=True), context.text()
        context = context.as_written(whole)
        begun = OPENED.search(prompt)
        left_out = bool(context.thoughts) and context.thoughts.strip() not in whole
        opens = begun is not None and bool(begun["open"]) and not begun["close"]
        if left_out and not opens and self.reasoning == "train" and (inside := context.with_thoughts_inside()):
            context, whole = inside, inside.text()
        if not whole.startswith(prompt[:begun.start()] if begun else prompt):
            whole = self._after_prompt(context, prompt, whole, begun.start() if begun else len(prompt))
        if whole.startswith(prompt) and not (left_out and opens):
            return self._cut(context, prompt, whole[len(prompt):])
        return self._beside_prompt(context, prompt, whole)

    def _beside_prompt(self, context: "AnsweredConversation", prompt: str, whole: str) -> AnswerText:
        """An answer whose prompt ends in a think block that an answered conversation has otherwise, or not.

        The prompt is what is seen at use: where it leaves the block open thoughts follow, or it is closed, masked.
        """
        begun = OPENED.search(prompt)
        assert begun is not None
        rest = whole[begun.start():]
        if begun["close"] or begun["lone"]:    # at use nothing is thought
            if context.thoughts:
                return self.answer(without_thoughts(context.messages), context.tools)
            return self._cut(context, prompt, rest)
        close = closing(begun["open"])
        ending = f"\n{close}\n\n"
        if written := re.match(rf"\s*{re.escape(begun['open'])}(.*?){re.escape(close)}", rest, re.DOTALL):
            rest = rest[written.end(1):]
            start = self._content_start(rest, context.answer)
            ending, rest = rest[:start or len(close)], rest[start or len(close):]
        elif rest.startswith(begun["open"]):    # opened as in the prompt, and never closed
            rest = rest.removeprefix(begun["open"]).lstrip()
        cut = self._cut(context, prompt, rest)
        before = context.thoughts.strip() + ("" if ending[0] == "\n" or not context.thoughts else "\n") + ending
        if not context.thoughts or self.reasoning == "mask":
            return AnswerText(prompt, before + cut.masked, cut.trained, cut.rest)
        return AnswerText(prompt, "", before + cut.masked + cut.trained, cut.rest)

    def _after_prompt(self, context: "AnsweredConversation", prompt: str, whole: str, until: int) -> str:
        """The prompt up to `until`, then the answer as the whole has it: where a template writes what stands before an
        answer otherwise once it is answered (the system prompt or the tools with the last question only, another header).

        Both texts are cut behind the last message before the answer; the header of the answer is written but once.
        """
        last = str(context.messages[-2]["content"] or "").strip() if len(context.messages) > 1 else ""
        begins = self._answer_start(context, whole)
        here, there = prompt.rfind(last, 0, until), whole.rfind(last, 0, begins)
        if last and min(here, there) >= 0:
            calls = not context.thoughts and self._content_start(whole, context.answer) is None
            header, written = prompt[here + len(last):until], whole[there + len(last):begins]
            if (rest := self._behind_header(header, written, calls=calls)) is not None:
                return prompt[:until] + rest + whole[begins:]
        raise ModelError("the chat template writes an answer otherwise than after its generation prompt: what the model "
                         "would be trained on is not what it sees when it is used", where=self.renderer.name, remedy=REMEDY)

    def _behind_header(self, header: str, written: str, *, calls: bool) -> str | None:
        """What stands behind an answer's header once it is answered; None where the header is another.

        Args:
            header: of the prompt, behind the last question.
            written: from there to the answer's own text, once it is answered.
            calls: whether the answer only calls tools: `written` then ends at a name within the call.
        """
        tokens = list(self.renderer.special.finditer(header))
        end = header[tokens[-1].start():] if tokens else ""
        if end and end in written:
            return written.rpartition(end)[2]
        spaced = list(re.finditer(r"\s*".join(map(re.escape, end.split())), written)) if end.strip() else []
        if spaced:    # the same header, spaced otherwise
            return written[spaced[-1].end():].lstrip()
        if header.split() == written.split():
            return ""
        same = common_start(header, written)
        if calls and header[:same].strip():    # words that begin an answer in words, and no call
            ends = [match.end() for match in re.finditer(r"\s", header[:same])]
            return written[max([*ends, *(token.end() for token in tokens if token.end() <= same)], default=0):]
        shares = header[:same].strip() or not header.strip()
        return written[same:] if shares and not (header[same:].strip() and written[same:].strip()) else None

    def _answer_start(self, context: "AnsweredConversation", whole: str) -> int:
        """Where in the whole the answer's own text begins: its thoughts, words or first call."""
        start = self._content_start(whole, context.answer)
        thoughts = context.thoughts.strip()
        if thoughts and (at := whole.rfind(thoughts, 0, start)) >= 0:
            return at
        calls = context.answer.get("tool_calls") or ()
        if start is None and calls:
            start = whole.rfind(str(calls[0]["function"]["name"]))
        return len(whole) if start is None or start < 0 else start

    def _cut(self, context: "AnsweredConversation", prompt: str, written: str) -> AnswerText:
        content = str(context.answer["content"] or "").strip()
        start = self._content_start(written, context.answer)
        if start is None and content:
            raise self._left_out(content)
        words = self._as_written(content, written)
        at, stop = self._stop_in(context, written, 0 if start is None else written.index(words, start) + len(words))
        if not stop:
            raise self._endless()
        begun = OPENED.search(prompt)
        opened = prompt[begun.start():] if begun and begun["open"] and not begun["close"] else ""
        masked = 0
        if start is not None and EMPTY.fullmatch(opened + written[:start]):
            masked = start
        elif start is None and (empty := EMPTY.match(opened + written)):
            masked = empty.end() - len(opened)
        elif self.reasoning == "mask" and context.thoughts:
            masked = len(written) - _common_end(context.without_thoughts(), written) if start is None else start
        body = written[:at] + stop
        return AnswerText(prompt, body[:masked], body[masked:], written[at + len(stop):])

    def _left_out(self, words: str) -> ModelError:
        end, name = self.renderer.tokenizer.eos_token, self.renderer.name
        if self.writes_last_answer:
            return ModelError(f"the chat template leaves out a part of the answer {words[:60]!r}", where=name, remedy=REMEDY)
        return ModelError("the chat template writes no answer that is the last turn", where=name, remedy=f"train with "
                          f"--add-eos, which writes it and {end!r} behind the generation prompt, or {REMEDY}")

    def _endless(self) -> ModelError:
        end, name = self.renderer.tokenizer.eos_token, self.renderer.name
        if self.plain_stop:
            return ModelError("the chat template ends calls of tools without a stop token, though not answers in words: the "
                              "model would never learn to stop", where=name, remedy=TOOLS_REMEDY)
        return ModelError("the chat template ends an answer without a stop token: the model would never learn to stop",
                          where=name, remedy=f"train with --add-eos, which ends answers with {end!r}, or {REMEDY}")

    def _content_start(self, text: str, answer: Turn) -> int | None:
        """Where the answer's words begin in a text, looked for from the end; None where it has none there."""
        content = str(answer["content"] or "")
        words = self._as_written(content.strip(), text)
        if not words:
            return None
        at = text.rfind(words, 0, len(text) - len(self._special_end(text)))
        if at < 0 and (at := text.rfind(words)) < 0:
            return None
        spaces = content[:len(content) - len(content.lstrip())]
        return at - len(spaces) if text[:at].endswith(spaces) else at

    def _as_written(self, words: str, text: str) -> str:
        """The words as a text of the template has them: some templates write a newline as a token of its own."""
        return words if "\n" not in words or words in text else words.replace("\n", self._newline)

    @cached_property
    def _newline(self) -> str:
        """What the template writes for a newline within an answer; mostly that."""
        dialogue = [{"role": "user", "content": QUESTION}, {"role": "assistant", "content": f"{ANSWER}\n{NEXT}"}]
        try:
            return self.renderer.text(dialogue).rpartition(NEXT)[0].rpartition(ANSWER)[2] or "\n"
        except ModelError:
            return "\n"

    def _stop_in(self, context: "AnsweredConversation", written: str, ends: int) -> tuple[int, str]:
        """Where in the text the stop token of an answer stands, and the token; empty where there is none."""
        if self._by_next_turn:
            stop = (self.call_stop if context.answer.get("tool_calls") else "") or self.plain_stop
            return len(written.rstrip()), stop
        run = len(written) - len(self._special_end(written[ends:]))
        if self.plain_stop and (at := written.find(self.plain_stop, run)) >= 0:
            return at, self.plain_stop
        special = list(self.renderer.special.finditer(written, run))
        return (special[-1].start(), special[-1][0]) if special else (0, "")

    def _special_end(self, text: str) -> str:
        """The end of a text that consists of special tokens and spaces only, from its first special token on."""
        at = first = len(text)
        for match in reversed(list(self.renderer.special.finditer(text))):
            if text[match.end():at].strip():
                break
            at = first = match.start()
        return text[first:]

    @cached_property
    def _after_plain(self) -> tuple[str, str]:
        """What follows a plain answer that is the last turn, and one that is not."""
        dialogue = [{"role": "user", "content": QUESTION}, {"role": "assistant", "content": ANSWER}]
        tools = None
        try:
            last = self.renderer.text(dialogue)
        except ModelError:    # some templates write only conversations with tools
            tools = [PROBE_TOOL]
            last = self.renderer.text(dialogue, tools=tools)
        earlier = self.renderer.text([*dialogue, {"role": "user", "content": NEXT}], tools=tools)
        if ANSWER not in last or ANSWER not in earlier:
            return "", ""
        return last.rpartition(ANSWER)[2], earlier.rpartition(ANSWER)[2].partition(NEXT)[0]

    @cached_property
    def writes_last_answer(self) -> bool:
        """Whether the template writes an answer that is the last turn; some write the generation prompt in its place."""
        dialogue = [{"role": "user", "content": QUESTION}, {"role": "assistant", "content": ANSWER}]
        try:
            return ANSWER in self.renderer.text(dialogue)
        except ModelError:    # what is said of the conversation itself tells why
            return True

    @cached_property
    def plain_stop(self) -> str:
        """The token that ends an answer in words: the end-of-text token where it always follows, else the first that does.

        Empty where no special token follows.
        """
        last, earlier = self._after_plain
        end = str(self.renderer.tokenizer.eos_token)
        if end in last[:common_start(last, earlier)]:
            return end
        first = self.renderer.special.search(last) or self.renderer.special.search(earlier)
        return first[0] if first else ""

    @cached_property
    def _by_next_turn(self) -> bool:
        """Whether nothing but the next turn's first token ends an answer."""
        return bool(self.plain_stop) and self.renderer.special.search(self._after_plain[0]) is None

    @cached_property
    def call_stop(self) -> str:
        """The token that ends an answer of tool calls; empty where the template writes none."""
        call: Turn = {"role": "assistant", "content": "", "tool_calls": [PROBE_CALL]}
        reply = {"role": "tool", "name": "lookup", "tool_call_id": PROBE_CALL["id"], "content": ANSWER}
        context = AnsweredConversation([{"role": "user", "content": QUESTION}, call], [PROBE_TOOL], self.renderer)
        try:
            written = context.text()
            if not self._by_next_turn:
                return self._stop_in(context, written, written.rfind("lookup"))[1]
            replied = self.renderer.text([*context.messages, reply], tools=[PROBE_TOOL])
        except ModelError:
            return ""
        begins = written.rstrip()
        after = self.renderer.special.search(replied, len(begins)) if replied.startswith(begins) else None
        return after[0] if after else ""


def _common_end(a: str, b: str) -> int:
    return common_start(a[::-1], b[::-1])
