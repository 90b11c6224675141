"""One turn of a conversation."""

import json
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, field_validator, model_serializer

from instructwild.schema.identity import turn_of

Role = Literal["system", "user", "assistant", "tool"]


class Message(BaseModel):
    """What one side said in one turn. Fields that are null are left out of its dump."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    role: Role = Field(description="system, user, assistant or tool")
    content: str = Field(description="what was said; empty in a turn that only calls tools")
    reasoning_content: str | None = Field(default=None, description="thoughts of the model before it answered")
    tool_calls: str | None = Field(default=None, description="JSON list of calls, as OpenAI and TRL write them")
    tool_call_id: str | None = Field(default=None, description="of a tool turn: the call it answers")
    name: str | None = Field(default=None, description="of the tool or the speaker")

    @field_validator("tool_calls", mode="before")
    @classmethod
    def _as_text(cls, value: Any) -> Any:
        return list_as_text(value)

    @model_serializer(mode="wrap")
    def _without_nulls(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in handler(self).items() if value is not None}

    @property
    def turn(self) -> tuple[str, ...]:
        """What of it counts in ids, as `identity.turn_of` says."""
        return turn_of({"role": self.role, "content": self.content, "tool_calls": self.tool_calls,
                        "tool_call_id": self.tool_call_id})

    def chat(self) -> dict[str, Any]:
        """The message as chat templates and endpoints take it: `tool_calls` a list, nothing that is null."""
        return chat_message(self.model_dump())


def list_as_text(value: Any) -> Any:
    """A list (of tool calls, of turns) as the JSON text that is stored, None where it is empty; any other value as it is."""
    if isinstance(value, list | tuple):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")) if value else None
    return value


def readable_calls(tool_calls: str | None) -> str:
    """Stored tool calls as lines for people: `name(arguments)`, with the arguments as JSON of sorted keys."""
    calls = json_value(tool_calls or "[]")
    return "\n".join(map(_readable_call, calls)) if isinstance(calls, list) else str(calls)


def _readable_call(call: Any) -> str:
    function = call.get("function", call) if isinstance(call, Mapping) else None
    if not isinstance(function, Mapping):
        return str(call)
    arguments = json_value(function.get("arguments"))
    text = arguments if isinstance(arguments, str) else json.dumps(arguments or {}, ensure_ascii=False, sort_keys=True)
    return f"{function.get('name')}({text})"


def json_value(value: Any) -> Any:
    """What JSON text says; any other value, and text that is no JSON, as it is."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value


def chat_message(message: Mapping[str, Any]) -> dict[str, Any]:
    """A message as it is stored (`tool_calls` JSON, nulls) as chat templates and endpoints take it."""
    plain = {name: value for name, value in message.items() if value is not None}
    if isinstance(plain.get("tool_calls"), str):
        plain["tool_calls"] = json.loads(plain["tool_calls"])
    return plain
