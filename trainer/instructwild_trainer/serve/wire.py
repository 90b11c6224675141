"""OpenAI's shapes: what clients send, and what they get back. What would be ignored in silence is refused instead."""

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from instructwild.llm.request import Request, Sampling
from instructwild.schema import Message

HARMLESS = {"user", "metadata", "store", "service_tier", "safety_identifier", "prompt_cache_key", "parallel_tool_calls"}
"""Fields that change nothing about the answer, and are passed over."""

NEUTRAL: dict[str, tuple[Any, ...]] = {
    "presence_penalty": (0,), "frequency_penalty": (0,), "logit_bias": ({},), "tools": ([],),
    "tool_choice": ("none", "auto"),
    "response_format": ({"type": "text"},), "modalities": (["text"],), "echo": (False,), "suffix": ("",), "best_of": (1,)}
"""Fields that only their neutral values, or null, may be given for."""


class Refused(Exception):
    """A request that is answered with an error of OpenAI's shape."""

    def __init__(self, message: str, *, status: int = 400, kind: str = "invalid_request_error", param: str | None = None,
                 code: str | None = None, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.headers = status, dict(headers or {})
        self.body = {"error": {"message": message, "type": kind, "param": param, "code": code}}


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Part(_Shape):
    """A part of a message; text is the only kind that is read."""

    type: Literal["text"]
    text: str


class Turn(BaseModel):
    """A message as clients send it; fields beside role and content are passed over."""

    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[Part]

    @property
    def message(self) -> Message:
        """The message in the project's own words."""
        text = self.content if isinstance(self.content, str) else "".join(part.text for part in self.content)
        return Message(role="system" if self.role == "developer" else self.role, content=text)


class StreamOptions(_Shape):
    """What a stream carries beside the answer."""

    include_usage: bool = False
    include_obfuscation: bool = False


class Asked(_Shape):
    """What both endpoints take."""

    model: str
    max_tokens: int | None = Field(default=None, ge=1)
    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, gt=0, le=1)
    repetition_penalty: float = Field(default=1.0, gt=0, le=10)
    n: int = Field(default=1, ge=1, le=128)
    stop: str | Annotated[list[str], Field(max_length=16)] | None = None
    seed: int | None = None
    stream: bool = False
    stream_options: StreamOptions | None = None

    @model_validator(mode="before")
    @classmethod
    def _passed_over(cls, given: Any) -> Any:
        """Take out what changes nothing, and nulls, which stand for the default."""
        if not isinstance(given, dict):
            return given
        return {name: value for name, value in given.items()
                if value is not None and name not in HARMLESS and not (name in NEUTRAL and value in NEUTRAL[name])}

    @property
    def stops(self) -> tuple[str, ...]:
        """The stop strings."""
        return tuple(text for text in ([self.stop] if isinstance(self.stop, str) else self.stop or ()) if text)

    @property
    def top(self) -> int | None:
        """How many likelihoods are wanted with each token; None for none."""
        raise NotImplementedError

    @property
    def longest(self) -> int | None:
        """How many tokens an answer may have, where the client says so."""
        return self.max_tokens

    @property
    def with_usage(self) -> bool:
        """Whether the stream ends with the usage."""
        return self.stream_options is not None and self.stream_options.include_usage

    def requests(self) -> list[Request]:
        """What is to be answered, without the sampling."""
        raise NotImplementedError

    def sampling(self, longest: int, defaults: Mapping[str, float]) -> Sampling:
        """How it is to be answered."""
        temperature = defaults["temperature"] if self.temperature is None else self.temperature
        return Sampling(max_tokens=longest, temperature=temperature, stop=self.stops,
                        top_p=defaults["top_p"] if self.top_p is None else self.top_p,
                        repetition_penalty=self.repetition_penalty)


class ChatAsked(Asked):
    """The body of /v1/chat/completions."""

    messages: list[Turn] = Field(min_length=1)
    max_completion_tokens: int | None = Field(default=None, ge=1)
    logprobs: bool = False
    top_logprobs: int = Field(default=0, ge=0, le=20)

    @property
    def top(self) -> int | None:
        """How many likelihoods are wanted with each token; None for none."""
        return self.top_logprobs if self.logprobs else None

    @property
    def longest(self) -> int | None:
        """How many tokens an answer may have, where the client says so."""
        return self.max_completion_tokens or self.max_tokens

    def requests(self) -> list[Request]:
        """The conversation."""
        return [Request(messages=tuple(turn.message for turn in self.messages))]


class TextAsked(Asked):
    """The body of /v1/completions."""

    prompt: str | Annotated[list[str], Field(min_length=1, max_length=128)]
    logprobs: int | None = Field(default=None, ge=0, le=20)

    @property
    def top(self) -> int | None:
        """How many likelihoods are wanted with each token; None for none."""
        return self.logprobs

    def requests(self) -> list[Request]:
        """Each text to continue."""
        prompts = [self.prompt] if isinstance(self.prompt, str) else self.prompt
        if not all(prompts):
            raise Refused("an empty prompt gives the model nothing to continue", param="prompt")
        return [Request(text=prompt) for prompt in prompts]


def understood(shape: type[BaseModel], body: Any) -> Any:
    """A body in its shape.

    Raises:
        Refused: it has another one; the message names the first field that is wrong.
    """
    try:
        return shape.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = [part for part in first["loc"] if part not in ("str", "list[constrained-str]")]
        name = ".".join(str(part) for part in place)
        told = ("is not supported here, so it is refused rather than ignored" if first["type"] == "extra_forbidden"
                else first["msg"][:1].lower() + first["msg"][1:])
        raise Refused(f"{name or 'the body'}: {told}", param=name or None,
                      code="unsupported_parameter" if first["type"] == "extra_forbidden" else None) from None


class Answer:
    """The envelope of one call's answer, whole or in pieces.

    Args:
        chat: whether messages were asked with, or a text.
        name: the call's id.
        model: who answers.
        decode: turns one token into its text.
    """

    def __init__(self, chat: bool, name: str, model: str, decode: Any) -> None:
        self.chat, self.decode = chat, decode
        self.head = {"id": name, "created": int(time.time()), "model": model}

    def whole(self, texts: Sequence[str], finishes: Sequence[str], noted: Sequence[Sequence[Any] | None],
              usage: Mapping[str, int]) -> dict[str, Any]:
        """The answer all at once."""
        choices = []
        for index, (text, finish, likelihoods) in enumerate(zip(texts, finishes, noted, strict=True)):
            said = {"message": {"role": "assistant", "content": text, "refusal": None}} if self.chat else {"text": text}
            choices.append({"index": index, **said, "finish_reason": finish, "logprobs": self.likelihoods(likelihoods)})
        return {**self.head, "object": "chat.completion" if self.chat else "text_completion", "choices": choices,
                "usage": usage}

    def piece(self, index: int, text: str, finish: str | None = None, noted: Sequence[Any] | None = None,
              first: bool = False) -> dict[str, Any]:
        """A further piece of one choice."""
        if self.chat:
            said: dict[str, Any] = {"delta": {**({"role": "assistant"} if first else {}), "content": text}}
        else:
            said = {"text": text}
        return self._chunk([{"index": index, **said, "finish_reason": finish, "logprobs": self.likelihoods(noted)}])

    def closing(self, usage: Mapping[str, int]) -> dict[str, Any]:
        """The last piece of a stream that was asked for its usage."""
        return {**self._chunk([]), "usage": usage}

    def _chunk(self, choices: list[dict[str, Any]]) -> dict[str, Any]:
        return {**self.head, "object": "chat.completion.chunk" if self.chat else "text_completion", "choices": choices}

    def likelihoods(self, noted: Iterable[Any] | None) -> dict[str, Any] | None:
        """Likelihoods in the shape of the endpoint."""
        if noted is None:
            return None
        if not self.chat:
            found = list(noted)
            return {"tokens": [self.decode(one.token) for one in found], "token_logprobs": [one.logprob for one in found],
                    "top_logprobs": [{self.decode(token): value for token, value in one.top} for one in found]}
        return {"content": [{**self._token(one.token, one.logprob),
                             "top_logprobs": [self._token(token, value) for token, value in one.top]} for one in noted]}

    def _token(self, token: int, logprob: float) -> dict[str, Any]:
        text = self.decode(token)
        return {"token": text, "logprob": logprob, "bytes": list(text.encode())}


def usage_of(prompt: int, completion: int) -> dict[str, int]:
    """How many tokens went in and came out."""
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
