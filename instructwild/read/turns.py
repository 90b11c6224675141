"""One message of any conversation layout as a turn of ours: roles, parts, thoughts and calls of tools."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from instructwild.read.cells import json_text, parsed, text_of
from instructwild.schema.verdict import Reason
from instructwild.text.thoughts import split_thoughts

ROLES = {"user": "user", "human": "user", "prompter": "user",
         "assistant": "assistant", "gpt": "assistant", "bot": "assistant", "chatgpt": "assistant", "model": "assistant",
         "function_call": "assistant", "tool_call": "assistant",
         "system": "system", "developer": "system",
         "tool": "tool", "observation": "tool", "function": "tool", "function_response": "tool", "tool_response": "tool",
         "ipython": "tool"}
CALLS = ("function_call", "tool_call")
TEXT_PARTS = ("text", "input_text", "output_text", "refusal")
THOUGHT_PARTS = ("thinking", "reasoning", "thought")
MEDIA = ("image", "audio", "video", "file", "input_image", "input_audio", "input_file")
READ = frozenset({"role", "from", "content", "value", "reasoning_content", "reasoning", "thinking", "tool_calls",
                  "tool_call_id", "name", "function_call"})

Turn = dict[str, Any]


class LeftOut(ValueError):
    """A row that was understood and is not kept; `reason` says why."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def turn(role: str, content: str, reasoning: str | None = None) -> Turn:
    """A turn; thoughts in an assistant's content are split off."""
    if role == "assistant":
        thoughts, content = split_thoughts(content)
        reasoning = "\n".join(filter(None, (reasoning, thoughts))) or None
    return {"role": role, "content": content, **({"reasoning_content": reasoning} if reasoning else {})}


def turn_from(message: Any, number: int) -> Turn:
    """One message of a conversation.

    Raises:
        ValueError: it is no message, has an unknown role, or its content is not text.
        LeftOut: it holds an image, sound, film or file.
    """
    if not isinstance(message, Mapping):
        raise ValueError(f"turn {number} should be an object, found {type(message).__name__}")
    role = message.get("role", message.get("from"))
    if not isinstance(role, str) or role.lower() not in ROLES:
        raise ValueError(f"turn {number} has the unknown role {role!r}")
    spoken = message.get("content")
    content, thoughts = _content(message.get("value") if spoken is None else spoken, number)
    for name in ("reasoning_content", "reasoning", "thinking"):
        if isinstance(message.get(name), str) and message[name].strip():
            thoughts.insert(0, message[name])
            break
    calls = _calls(message, number)
    if role.lower() in CALLS:
        calls = calls or _shared_calls(content)
        content = "" if calls else content
    made = turn(ROLES[role.lower()], content, "\n".join(thoughts) or None)
    if calls:
        made["tool_calls"] = json_text(calls)
    for name in ("tool_call_id", "name"):
        if isinstance(message.get(name), str | int) and message[name] != "":
            made[name] = str(message[name])
    return made


def unread(message: Mapping[str, Any]) -> dict[str, Any]:
    """What a message holds that `turn_from` does not read."""
    return {key: value for key, value in message.items() if key not in READ and value is not None}


def answered(turns: Iterable[Turn]) -> tuple[list[Turn], list[str]]:
    """The turns without empty turns of the assistant, which are no answers; and the thoughts that stood in these."""
    kept: list[Turn] = []
    thoughts: list[str] = []
    for made in turns:
        if made["role"] == "assistant" and not made["content"].strip() and not made.get("tool_calls"):
            thoughts += filter(None, [made.get("reasoning_content")])
        else:
            kept.append(made)
    return kept, thoughts


def _content(value: Any, number: int) -> tuple[str, list[str]]:
    """The text of a content, and the thoughts among its parts."""
    if isinstance(value, Mapping):
        value = [value] if "type" in value or "text" in value else value
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        return text_of(value, f"turn {number}") or "", []
    texts: list[str] = []
    thoughts: list[str] = []
    for part in value:
        if isinstance(part, str):
            texts.append(part)
            continue
        if not isinstance(part, Mapping):
            raise ValueError(f"turn {number} has a part that is no text, found {type(part).__name__}")
        kind = str(part.get("type") or "text")
        if kind in TEXT_PARTS:
            texts.append(text_of(part.get("text", part.get(kind)), f"turn {number}") or "")
        elif kind in THOUGHT_PARTS:
            thoughts.append(str(part.get(kind) or part.get("text") or ""))
        elif kind in MEDIA or any(word in kind for word in ("image", "audio", "video")):
            raise LeftOut(Reason.MEDIA, f"turn {number} holds a part of type {kind}")
        else:
            raise ValueError(f"turn {number} has a part of the unknown type {kind!r}")
    return "".join(texts), [thought for thought in thoughts if thought.strip()]


def _calls(message: Mapping[str, Any], number: int) -> list[Any]:
    calls = parsed(message.get("tool_calls"))
    if isinstance(calls, Mapping):
        calls = [calls]
    if isinstance(calls, list) and calls:
        return [_without_nulls(call) for call in calls]
    if calls:
        raise ValueError(f"turn {number} has tool_calls that are no list")
    single = parsed(message.get("function_call"))
    return [_call(single)] if isinstance(single, Mapping) and single.get("name") else []


def _shared_calls(content: str) -> list[Any]:
    """The calls that ShareGPT writes as the JSON text of a turn; none where it is no such JSON."""
    value = parsed(content.strip().removeprefix("<tool_call>").removesuffix("</tool_call>").strip())
    calls = value if isinstance(value, list) else [value]
    named = all(isinstance(call, Mapping) and isinstance(call.get("name"), str) for call in calls)
    return [_call(call) for call in calls] if named else []


def _call(call: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "function", "function": _without_nulls(call)}


def _without_nulls(call: Any) -> Any:
    """A call without the nulls that a Parquet file adds to it."""
    if isinstance(call, Mapping):
        return {key: _without_nulls(value) if key == "function" else value
                for key, value in call.items() if value is not None}
    return call
