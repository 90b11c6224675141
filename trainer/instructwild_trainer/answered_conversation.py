"""A conversation that ends in an answer, as a chat template writes it."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from instructwild.llm.rendering import Renderer, Turn


@dataclass(frozen=True)
class AnsweredConversation:
    """A conversation that ends in an answer, as one renderer writes it."""

    messages: Sequence[Turn]
    tools: Sequence[object] | None
    renderer: Renderer

    @property
    def answer(self) -> Turn:
        """The last message."""
        return self.messages[-1]

    @property
    def thoughts(self) -> str:
        """Of the answer, empty where it has none."""
        return str(self.answer.get("reasoning_content") or "")

    def text(self, *, prompt: bool = False) -> str:
        """The whole, or up to where the answer begins."""
        return self.renderer.text(self.messages[:-1] if prompt else self.messages, prompt=prompt, tools=self.tools)

    def as_written(self, whole: str) -> "AnsweredConversation":
        """The same without newlines and spaces before the answer that the template strips: those written there are its own.

        Args:
            whole: the text of this conversation.
        """
        content = str(self.answer["content"] or "")
        for shorter in dict.fromkeys((content.lstrip(), content.lstrip("\n"))):
            if shorter and shorter != content:
                stripped = dataclasses.replace(self, messages=[*self.messages[:-1], {**self.answer, "content": shorter}])
                if stripped.text() == whole:
                    return stripped
        return self

    def without_thoughts(self) -> str:
        """The whole, as it is written where nothing was thought."""
        return self.renderer.text(without_thoughts(self.messages), tools=self.tools)

    def with_thoughts_inside(self) -> "AnsweredConversation | None":
        """The same with its thoughts as a block in the answer's content, where the template has no field for them but knows
        the tag and writes it; else None.
        """
        block = f"<think>\n{self.thoughts.strip()}\n</think>\n\n"
        [answer] = without_thoughts(self.messages[-1:])
        inside = dataclasses.replace(self, messages=[*self.messages[:-1],
                                                     {**answer, "content": block + str(answer["content"] or "")}])
        knows = "<think>" in str(self.renderer.tokenizer.chat_template)
        return inside if knows and block.strip() in inside.text() else None


def without_thoughts(messages: Sequence[Turn]) -> Sequence[Turn]:
    """The messages; the last has no thoughts."""
    return [*messages[:-1], {key: value for key, value in messages[-1].items() if key != "reasoning_content"}]
