"""What is asked of a model, and what comes back: the same for a model in this process and for one behind an endpoint."""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any, Literal

from instructwild.schema.message import Message

Finish = Literal["stop", "length", "refused", "failed"]
CANONICAL = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))

WRITTEN_ALWAYS = {"role", "content", "reasoning_content"}


@dataclass(frozen=True)
class Sampling:
    """How tokens are sampled. `repetition_penalty` is for models in this process; few endpoints know it.

    `thinking` turns the thoughts of a model that can do both on or off; None leaves it to the model.
    """

    max_tokens: int = 256
    temperature: float = 0.7
    top_p: float = 1.0
    repetition_penalty: float = 1.0
    stop: tuple[str, ...] = ()
    thinking: bool | None = None

    def plain(self) -> dict[str, Any]:
        """The settings as JSON values; `thinking` only where it was chosen, so that older calls keep their names."""
        chosen = {} if self.thinking is None else {"thinking": self.thinking}
        return {"max_tokens": self.max_tokens, "temperature": self.temperature, "top_p": self.top_p,
                "repetition_penalty": self.repetition_penalty, "stop": list(self.stop), **chosen}


@dataclass(frozen=True)
class Request:
    """One call of a model: either messages, answered as the next assistant turn, or a text that the model continues.

    `seed` makes two calls of the same content two calls; the same request with the same seed is the same call, and is
    paid for once.
    """

    messages: tuple[Message, ...] = ()
    text: str = ""
    sampling: Sampling = Sampling()
    seed: int = 0

    def __post_init__(self) -> None:
        if bool(self.messages) == bool(self.text):
            raise ValueError("a request has either messages or a text to continue")

    def plain(self) -> dict[str, Any]:
        """Everything that determines the answer, as JSON values."""
        prompt: dict[str, Any] = {"text": self.text} if self.text else {"messages": self.chat_messages()}
        return {**prompt, "sampling": self.sampling.plain(), "seed": self.seed}

    def chat_messages(self) -> list[dict[str, Any]]:
        """The messages as JSON values, tool calls included; thoughts of earlier turns are not sent back to a model."""
        return [{"role": message.role, "content": message.content, **_further(message)} for message in self.messages]

    def key(self, model: str) -> str:
        """Thirty-two hex digits that name this call of this model."""
        canonical = CANONICAL.encode([model, self.plain()])
        return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()[:32]

    @property
    def prompt_text(self) -> str:
        """The text of the whole prompt."""
        return self.text or "\n".join(message.content for message in self.messages)

    @property
    def characters(self) -> int:
        """How long the question is."""
        return len(self.text) + sum(len(message.content) for message in self.messages)


@dataclass(frozen=True)
class Reply:
    """What a model answered.

    `finish` is how it ended: `stop` by itself, `length` cut off at max_tokens, `refused` by the endpoint's filter, and
    `failed` when no answer could be had; `problem` then says why. `reasoning` holds its thoughts, which never stand in
    `text`; `reasoning_tokens` is their part of `completion_tokens`. `repairs` names what was cut off the text.
    """

    text: str
    finish: Finish = "stop"
    prompt_tokens: int = 0
    completion_tokens: int = 0
    usd: float = 0.0
    request_id: str | None = None
    problem: str | None = None
    reasoning: str | None = None
    reasoning_tokens: int = 0
    repairs: tuple[str, ...] = ()
    cached: bool = field(default=False, compare=False)
    charged_for_nothing: bool = field(default=False, compare=False)
    """Whether attempts without an answer may have been charged: asking again would only be paid again."""

    @property
    def thoughts_cut_off(self) -> bool:
        """Whether the tokens ran out before the answer began: asking again the same way would only be paid again."""
        return self.finish == "length" and not self.text.strip()


def _further(message: Message) -> dict[str, Any]:
    """What a message holds beside role, content and thoughts."""
    if message.model_fields_set <= WRITTEN_ALWAYS:
        return {}
    return message.model_dump(mode="json", exclude_none=True, exclude_defaults=True, exclude=WRITTEN_ALWAYS)
