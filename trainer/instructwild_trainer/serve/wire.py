"""OpenAI's shapes of what clients send. What would be ignored in silence is refused instead."""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictInt, ValidationError, field_validator, model_validator

from instructwild.llm.request import Request, Sampling
from instructwild.schema import Message
from instructwild.text.quantity import quantity
from instructwild_trainer.serve.loaded_model import LoadedModel

HARMLESS = {"user", "metadata", "store", "service_tier", "safety_identifier", "prompt_cache_key", "parallel_tool_calls"}
"""Fields that change nothing about the answer, and are passed over."""

NEUTRAL: dict[str, tuple[Any, ...]] = {
    "presence_penalty": (0,), "frequency_penalty": (0,), "logit_bias": ({},), "tools": ([],),
    "tool_choice": ("none", "auto"),
    "response_format": ({"type": "text"},), "modalities": (["text"],), "suffix": ("",), "best_of": (1,)}
"""Fields that only their neutral values, or null, may be given for."""


class ApiError(Exception):
    """A request that is answered with an error of OpenAI's shape."""

    def __init__(self, message: str, *, status: int = 400, kind: str = "invalid_request_error", param: str | None = None,
                 code: str | None = None, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.headers = status, dict(headers or {})
        self.body = {"error": {"message": message, "type": kind, "param": param, "code": code}}


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ToolFunction(BaseModel):
    """What a tool call of an earlier turn called; `arguments` is JSON, as text or as an object."""

    name: str
    arguments: str | dict[str, Any] = ""


class ToolCall(BaseModel):
    """A tool call of an earlier turn."""

    id: str | None = None
    type: Literal["function"] = "function"
    function: ToolFunction

    def plain(self) -> dict[str, Any]:
        """As chat templates read it: arguments that are a JSON object become one."""
        arguments: Any = self.function.arguments
        if isinstance(arguments, str):
            try:
                parsed = json.loads(arguments)
            except (ValueError, RecursionError):
                parsed = None
            arguments = parsed if isinstance(parsed, dict) else arguments
        return {"type": self.type, **({"id": self.id} if self.id else {}),
                "function": {"name": self.function.name, "arguments": arguments}}


class Turn(BaseModel):
    """A message as clients send it; fields that are not read here are passed over."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | None = None
    reasoning_content: str | None = None
    tool_calls: list[ToolCall] | None = None
    tool_call_id: str | None = None
    name: str | None = None

    @field_validator("content", mode="before")
    @classmethod
    def _joined(cls, content: Any) -> Any:
        """The text parts of a list of parts, joined; the model reads nothing else."""
        if not isinstance(content, list):
            return content
        texts = []
        for part in content:
            kind = part.get("type") if isinstance(part, dict) else None
            if kind != "text" or not isinstance(part.get("text"), str):
                raise ValueError(f"a part of type {str(kind)[:40]!r} cannot be read: this model reads text parts only")
            texts.append(part["text"])
        return "".join(texts)

    @model_validator(mode="after")
    def _with_text(self) -> "Turn":
        if self.content is None and self.role != "assistant":
            raise ValueError(f"content is null, which only an assistant's turn may be, and this one is the {self.role}'s")
        return self

    @property
    def message(self) -> Message:
        """Role and text, in the project's own words."""
        role: Any = "system" if self.role == "developer" else self.role
        return Message(role=role, content=self.content or "")

    def plain(self) -> dict[str, Any]:
        """As chat templates read it; content that is null is empty."""
        turn: dict[str, Any] = {"role": "system" if self.role == "developer" else self.role, "content": self.content or ""}
        if self.tool_calls:
            turn["tool_calls"] = [call.plain() for call in self.tool_calls]
        more = {"reasoning_content": self.reasoning_content, "tool_call_id": self.tool_call_id, "name": self.name}
        return turn | {name: value for name, value in more.items() if value}


MOST_ANSWERS = 128
"""To all prompts of a call."""
LONGEST_STOP = 1000
"""Characters of a stop string: each token of an answer is compared with it."""
GREEDY_BELOW = 1e-5
"""A temperature below this is 0: the likeliest token. Dividing by it could overflow."""
FIXED_BY_SERVER = frozenset(("chat_template", "tokenize", "add_generation_prompt", "continue_final_message", "conversation",
                             "messages", "tools", "documents", "padding", "truncation", "max_length", "return_tensors",
                             "return_dict", "return_assistant_tokens_mask", "tokenizer_kwargs"))
"""Arguments of `apply_chat_template` that no request may set."""


class StreamOptions(_Shape):
    """What a stream carries beside the answer."""

    include_usage: bool = False
    include_obfuscation: bool = False


class CompletionRequest(_Shape):
    """What both endpoints take."""

    model: str
    max_tokens: int | None = Field(default=None, ge=0)
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
    def _passed_over(cls, body: Any) -> Any:
        """Take out what changes nothing, and nulls, which stand for the default."""
        if not isinstance(body, dict):
            return body
        return {name: value for name, value in body.items()
                if value is not None and name not in HARMLESS and not (name in NEUTRAL and value in NEUTRAL[name])}

    @field_validator("stop")
    @classmethod
    def _short(cls, stop: str | list[str] | None) -> str | list[str] | None:
        if any(len(text) > LONGEST_STOP for text in ([stop] if isinstance(stop, str) else stop or ())):
            raise ValueError(f"a stop string may have at most {LONGEST_STOP:,} characters")
        return stop

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

    @property
    def echo_prompt(self) -> bool:
        """Whether the answer begins with the prompt."""
        return False

    def prompts(self, model: LoadedModel) -> list[list[int]]:
        """Each prompt as token ids.

        Raises:
            ApiError: one is empty, or holds ids that are no token of the model.
            ModelError: the model has no chat template, or its template does not write the conversation.
        """
        raise NotImplementedError

    def sampling(self, longest: int, defaults: Mapping[str, float]) -> Sampling:
        """How it is to be answered."""
        temperature = defaults["temperature"] if self.temperature is None else self.temperature
        return Sampling(max_tokens=longest, temperature=0.0 if temperature < GREEDY_BELOW else temperature, stop=self.stops,
                        top_p=defaults["top_p"] if self.top_p is None else self.top_p,
                        repetition_penalty=self.repetition_penalty)


class ChatRequest(CompletionRequest):
    """The body of /v1/chat/completions."""

    messages: list[Turn] = Field(min_length=1)
    max_completion_tokens: int | None = Field(default=None, ge=1)
    logprobs: bool = False
    top_logprobs: int = Field(default=0, ge=0, le=20)
    chat_template_kwargs: dict[str, Any] = {}
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None = None

    @field_validator("chat_template_kwargs")
    @classmethod
    def _free(cls, options: dict[str, Any]) -> dict[str, Any]:
        fixed = sorted(FIXED_BY_SERVER & options.keys())
        if fixed:
            raise ValueError(f"{', '.join(fixed)} cannot be set by a request")
        return options

    @property
    def template_options(self) -> dict[str, Any]:
        """What the chat template is called with; `reasoning_effort: none` is `enable_thinking: false` too."""
        effort = {"reasoning_effort": self.reasoning_effort} if self.reasoning_effort else {}
        return effort | ({"enable_thinking": False} if self.reasoning_effort == "none" else {}) | self.chat_template_kwargs

    @property
    def top(self) -> int | None:
        """How many likelihoods are wanted with each token; None for none."""
        return self.top_logprobs if self.logprobs else None

    @property
    def longest(self) -> int | None:
        """How many tokens an answer may have, where the client says so."""
        return self.max_completion_tokens or self.max_tokens

    def prompts(self, model: LoadedModel) -> list[list[int]]:
        """The conversation, up to where the answer begins."""
        if self.longest == 0:
            raise ApiError("an answer of 0 tokens is none", param="max_tokens")
        return [model.chat_prompt([turn.plain() for turn in self.messages], self.template_options)]


class TextRequest(CompletionRequest):
    """The body of /v1/completions."""

    prompt: str | list[str] | list[StrictInt] | list[list[StrictInt]]
    echo: bool = False
    logprobs: int | None = Field(default=None, ge=0, le=20)

    @property
    def top(self) -> int | None:
        """How many likelihoods are wanted with each token; None for none."""
        return self.logprobs

    @property
    def echo_prompt(self) -> bool:
        """Whether the answer begins with the prompt."""
        return self.echo

    def prompts(self, model: LoadedModel) -> list[list[int]]:
        """Each text to continue, or the token ids that stand for one."""
        if self.max_tokens == 0 and not self.echo:
            raise ApiError("an answer of 0 tokens is none; with echo it is the prompt", param="max_tokens")
        several = isinstance(self.prompt, list) and not isinstance(next(iter(self.prompt), None), int)
        prompts: list[Any] = list(self.prompt) if several else [self.prompt]
        if not prompts or not all(prompts):
            raise ApiError("an empty prompt gives the model nothing to continue", param="prompt")
        if len(prompts) > MOST_ANSWERS:
            raise ApiError(f"{quantity(len(prompts), 'prompt')} are more than the {MOST_ANSWERS} of one "
                           "call", param="prompt")
        vocabulary = model.vocabulary
        for ids in prompts:
            if not isinstance(ids, str) and not all(0 <= token < vocabulary for token in ids):
                raise ApiError(f"token ids lie between 0 and {vocabulary - 1}", param="prompt")
        for text in prompts:
            if isinstance(text, str):
                model.check_length(text)
        return [model.local.encode(Request(text=text)) if isinstance(text, str) else list(text) for text in prompts]


def parse_body(shape: type[BaseModel], body: Any) -> Any:
    """A body in its shape.

    Raises:
        ApiError: it has another one; the message names the first field that is wrong.
    """
    try:
        return shape.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        path = [part for part in first["loc"] if not (isinstance(part, str) and part.startswith(("str", "list[")))]
        name = ".".join(str(part) for part in path)
        problem = first["msg"].removeprefix("Value error, ")
        message = ("is not supported here, so it is refused rather than ignored" if first["type"] == "extra_forbidden"
                   else problem[:1].lower() + problem[1:])
        raise ApiError(f"{name or 'the body'}: {message}", param=name or None,
                       code="unsupported_parameter" if first["type"] == "extra_forbidden" else None) from None
