"""What is asked of a model, and what comes back: the same for a model in this process and for one behind an endpoint."""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any, Literal

from instructwild.schema.message import Message

Finish = Literal["stop", "length", "refused", "failed"]
CANONICAL = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@dataclass(frozen=True)
class Sampling:
    """How tokens are drawn. `repetition_penalty` and `top_k` are for models in this process; few endpoints know them."""

    max_tokens: int = 256
    temperature: float = 0.7
    top_p: float = 1.0
    repetition_penalty: float = 1.0
    stop: tuple[str, ...] = ()

    def plain(self) -> dict[str, Any]:
        """The settings as JSON values."""
        return {"max_tokens": self.max_tokens, "temperature": self.temperature, "top_p": self.top_p,
                "repetition_penalty": self.repetition_penalty, "stop": list(self.stop)}


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
        asked: dict[str, Any] = {"text": self.text} if self.text else {"messages": self.spoken()}
        return {**asked, "sampling": self.sampling.plain(), "seed": self.seed}

    def spoken(self) -> list[dict[str, str]]:
        """The messages as JSON values."""
        return [{"role": message.role, "content": message.content} for message in self.messages]

    def key(self, model: str) -> str:
        """Thirty-two hex digits that name this call of this model."""
        return hashlib.sha256(CANONICAL.encode([model, self.plain()]).encode()).hexdigest()[:32]

    @property
    def said(self) -> str:
        """All that is said in the question."""
        return self.text or "\n".join(message.content for message in self.messages)

    @property
    def characters(self) -> int:
        """How long the question is."""
        return len(self.text) + sum(len(message.content) for message in self.messages)


@dataclass(frozen=True)
class Reply:
    """What a model answered.

    `finish` is how it ended: `stop` by itself, `length` cut off at max_tokens, `refused` by the endpoint's filter, and
    `failed` when no answer could be had; `problem` then says why.
    """

    text: str
    finish: Finish = "stop"
    prompt_tokens: int = 0
    completion_tokens: int = 0
    usd: float = 0.0
    request_id: str | None = None
    problem: str | None = None
    cached: bool = field(default=False, compare=False)
