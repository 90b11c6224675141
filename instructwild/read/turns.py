"""One message of any conversation layout as a turn of ours: roles, parts, thoughts and calls of tools."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from instructwild.read.cells import is_empty, json_text, parsed
from instructwild.read.parts import LeftOut, Part, parts_of
from instructwild.text.blank import shows
from instructwild.text.quantity import quantity
from instructwild.text.thoughts import split_thoughts

__all__ = ["ROLES", "LeftOut", "Turn", "answered", "turn", "turn_from", "turns_from", "unread"]

ROLES = {"user": "user", "human": "user", "prompter": "user",
         "assistant": "assistant", "gpt": "assistant", "bot": "assistant", "chatgpt": "assistant", "model": "assistant",
         "chatbot": "assistant", "ai": "assistant", "用户": "user", "助手": "assistant", "系统": "system",
         "function_call": "assistant", "tool_call": "assistant",
         "system": "system", "developer": "system",
         "tool": "tool", "observation": "tool", "function": "tool", "function_response": "tool", "tool_response": "tool",
         "ipython": "tool"}
CALLS = ("function_call", "tool_call")
DETAILS = "reasoning_details"
CALL_KEYS = ("tool_calls", "function_call")
READ = frozenset({"role", "from", "content", "value", "reasoning_content", "reasoning", "thinking", "tool_calls",
                  "tool_call_id", "name", "function_call", "parts"})

Turn = dict[str, Any]


def turn(role: str, content: str, reasoning: str | None = None, question: str = "") -> Turn:
    """A turn; thoughts in an assistant's content are split off, with a closer look where `question` names their tags."""
    if role == "assistant":
        thoughts, content = split_thoughts(content, question)
        reasoning = "\n".join(filter(None, (reasoning, thoughts))) or None
    return {"role": role, "content": content, **({"reasoning_content": reasoning} if reasoning else {})}


def turn_from(message: Any, number: int) -> Turn:
    """One message of a conversation that is one turn.

    Raises:
        ValueError: as `turns_from`, or it holds several turns.
        LeftOut: it holds an image, sound, film or file.
    """
    turns = turns_from(message, number)
    if len(turns) != 1:
        raise ValueError(f"turn {number} holds {quantity(len(turns), 'turn')}, where a message is expected")
    return turns[0]


def turns_from(message: Any, number: int, question: str = "") -> list[Turn]:
    """The turns of one message: one, or with results of tools among its parts (Anthropic, Gemini, Bedrock) one for each.

    `question` is what the user said before it.

    Raises:
        ValueError: it is no message, has an unknown role, or its content is not text.
        LeftOut: it holds an image, sound, film or file.
    """
    if not isinstance(message, Mapping):
        raise ValueError(f"turn {number} should be an object, found {type(message).__name__}")
    role = message.get(_role_key(message))
    if not isinstance(role, str) or role.lower() not in ROLES:
        raise ValueError(f"turn {number} has the unknown role {role!r}")
    spoken = message.get(_content_key(message))
    if spoken is None and ROLES[role.lower()] in ("user", "system") and "content" not in message and "value" not in message:
        raise ValueError(f"turn {number} has no content: found the keys {', '.join(map(str, list(message)[:8]))}")
    if ROLES[role.lower()] == "tool" and isinstance(spoken, Mapping) and not {"type", "text"}.intersection(spoken):
        spoken = json_text(spoken)                                           # what a tool gave back, as an object
    parts = [Part("text", spoken)] if isinstance(spoken, str) else list(parts_of(spoken, f"turn {number}"))
    if any(part.kind == "result" for part in parts):
        return _with_results(ROLES[role.lower()], parts)
    content = "".join(part.text for part in parts if part.kind == "text")
    thoughts = [part.text for part in parts if part.kind == "thought" and part.text.strip()]
    if name := _thought_key(message):
        thoughts.insert(0, message[name] if isinstance(message[name], str) else _detailed(message[name]))
    calls = _calls(message, number) or [part.call for part in parts if part.call]
    if role.lower() in CALLS:
        before, content = split_thoughts(content)
        thoughts += filter(None, [before])
        calls = calls or _shared_calls(content)
        content = "" if calls else content
    made = turn(ROLES[role.lower()], content, "\n".join(thoughts) or None, question)
    if calls:
        made["tool_calls"] = json_text(calls)
    for name in ("tool_call_id", "name"):
        if isinstance(message.get(name), str | int) and message[name] != "":
            made[name] = str(message[name])
    return [made]


def _with_results(role: str, parts: Iterable[Part]) -> list[Turn]:
    """The turns of a message with results of tools: one for each result, and one for what stands between two of them."""
    turns: list[Turn] = []
    between: list[Part] = []
    for part in parts:
        if part.kind != "result":
            between.append(part)
            continue
        turns += _of_parts(role, between)
        between = []
        turns.append({"role": "tool", "content": part.text, **({"tool_call_id": part.call_id} if part.call_id else {}),
                      **({"name": part.name} if part.name else {})})
    return turns + _of_parts(role, between)


def _of_parts(role: str, parts: Sequence[Part]) -> list[Turn]:
    """The turn of some parts, with its thoughts and calls; none where they say nothing."""
    content = "".join(part.text for part in parts if part.kind == "text")
    thoughts = "\n".join(part.text for part in parts if part.kind == "thought" and part.text.strip())
    calls = [part.call for part in parts if part.call]
    if not content.strip() and not thoughts and not calls:
        return []
    made = turn(role, content if content.strip() else "", thoughts or None)
    return [{**made, "tool_calls": json_text(calls)} if calls else made]


def _content_key(message: Mapping[str, Any]) -> str:
    """Under which name a message holds what it says."""
    return next((name for name in ("content", "value", "parts", "text", "message") if message.get(name) is not None),
                "content")


def _thought_key(message: Mapping[str, Any]) -> str:
    """Under which name a message holds thoughts; nothing where it holds none."""
    named = next((name for name in ("reasoning_content", "reasoning", "thinking")
                  if isinstance(message.get(name), str) and message[name].strip()), "")
    return named or (DETAILS if _detailed(message.get(DETAILS)) else "")


def _detailed(value: Any) -> str:
    """The thoughts that OpenRouter lists, as text or as a summary of them; what is encrypted says nothing."""
    items = value if isinstance(value, list) else []
    texts = [item.get("text") or item.get("summary") for item in items if isinstance(item, Mapping)]
    return "\n".join(text for text in texts if isinstance(text, str) and text.strip())


def _role_key(message: Mapping[str, Any]) -> str:
    """Under which name a message says whose it is: `role` or `from`, or a speaker that is called by a role."""
    return next((name for name in ("role", "from") if name in message),
                next((name for name in ("author", "speaker", "sender") if isinstance(message.get(name), str)), "role"))


def unread(message: Mapping[str, Any]) -> dict[str, Any]:
    """What a message holds that `turns_from` does not read; of its parts (signatures, marks of a cache) by their numbers."""
    read = {_content_key(message), _role_key(message), _thought_key(message), *CALL_KEYS,
            *(name for name in ("tool_call_id", "name") if isinstance(message.get(name), str | int))}
    read.discard(DETAILS)                                                       # it holds signatures beside the thoughts
    same = [message.get(name) for name in (_content_key(message), _thought_key(message))]
    rest = {key: value for key, value in message.items()
            if key not in read and value is not None and not (key in READ and (value in same or is_empty(value)))}
    content = message.get(_content_key(message))
    if isinstance(content, Sequence) and not isinstance(content, str | bytes):
        parts = {str(number): part.rest for number, part in enumerate(parts_of(content, "")) if part.rest}
        if parts:
            rest["parts"] = parts
    return rest


def answered(turns: Iterable[Turn]) -> tuple[list[Turn], list[str]]:
    """The turns without empty turns of the assistant, which are no answers; and the thoughts that stood in these."""
    kept: list[Turn] = []
    thoughts: list[str] = []
    for made in turns:
        if made["role"] == "assistant" and not shows(made["content"]) and not made.get("tool_calls"):
            thoughts += filter(None, [made.get("reasoning_content")])
        else:
            kept.append(made)
    return kept, thoughts


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
