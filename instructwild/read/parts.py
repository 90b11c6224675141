"""The parts of a message's content as OpenAI, Anthropic, Gemini and Bedrock write them: text, thoughts, calls, results."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from instructwild.read.cells import is_empty, json_text, parsed, text_of
from instructwild.schema.verdict import Reason

TEXT_PARTS = ("text", "input_text", "output_text", "refusal")
THOUGHT_PARTS = ("thinking", "reasoning", "thought")
MEDIA = ("image", "audio", "video", "file", "input_image", "input_audio", "input_file", "document")
MEDIA_KEYS = ("image", "document", "video", "audio", "inlineData", "inline_data", "fileData", "file_data")
"""Keys of parts without a type, as Bedrock and Gemini write media."""
MEDIA_COLUMNS = ("image", "images", "audio", "audios", "video", "videos")
MEDIA_MARK = re.compile(r"<(?:image|audio|video)>")
"""Where in a text a picture of such a column stands (LLaVA, LLaMA-Factory, ms-swift)."""


class LeftOut(ValueError):
    """A row that was understood and is not kept; `reason` says why."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class Part:
    """One part of a content: `kind` is text, thought, call or result.

    `text` is what was said, thought, or given back by a tool; `call` is a call as OpenAI writes it; `call_id` and `name` are
    those of the call that a result answers; `rest` is what the part holds beside that.
    """

    kind: str
    text: str = ""
    call: Mapping[str, Any] | None = None
    call_id: str | None = None
    name: str | None = None
    rest: Mapping[str, Any] | None = None


def parts_of(value: Any, where: str) -> Iterator[Part]:
    """The parts of a content, in their order; a content that is text is one part.

    Args:
        value: text, a part, or a list of both.
        where: what a message calls the content.

    Raises:
        ValueError: a part is no text and of no known type.
        LeftOut: a part is an image, sound, film or file.
    """
    if isinstance(value, Mapping) and value:
        value = [value]
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        yield Part("text", text_of(value, where) or "")
        return
    for part in value:
        if isinstance(part, str):
            yield Part("text", part)
        elif isinstance(part, Mapping):
            yield _part({key: item for key, item in part.items() if item is not None}, where)
        else:
            raise ValueError(f"{where} has a part that is no text, found {type(part).__name__}")


def _part(part: Mapping[str, Any], where: str) -> Part:
    kind = str(part["type"]) if "type" in part else _kind_of(part)
    if kind in TEXT_PARTS:
        thought = part.get("thought") is True                                          # Gemini marks its thoughts so
        spoken = part.get("text", part.get(kind))
        if isinstance(spoken, Mapping) and isinstance(spoken.get("value"), str):        # OpenAI's threads of assistants
            beside = {name: item for name, item in spoken.items() if name != "value" and not is_empty(item)}
            return Part("text", spoken["value"], rest={"text": beside} if beside else None)
        return Part("thought" if thought else "text", text_of(spoken, where) or "",
                    rest=_rest(part, "text", kind, "thought"))
    if kind in THOUGHT_PARTS:
        return Part("thought", _thoughts(part.get(kind) or part.get("text") or part.get("summary")),
                    rest=_rest(part, "text", "summary", kind))
    if kind == "reasoningContent":                                                      # Bedrock
        inner = part[kind].get("reasoningText") if isinstance(part[kind], Mapping) else None
        text = inner.get("text") if isinstance(inner, Mapping) else inner
        return Part("thought", str(text or ""), rest={kind: part[kind]})
    if kind == "redacted_thinking":                                                     # encrypted: nobody can read it
        return Part("thought", rest=_rest(part))
    if kind in ("tool_use", "toolUse", "functionCall", "function_call"):
        return _call(part if kind == "tool_use" else part[kind], _rest(part, kind, "id", "name", "input"), where)
    if kind in ("tool_result", "toolResult", "functionResponse", "function_response"):
        return _result(part if kind == "tool_result" else part[kind],
                       _rest(part, kind, "tool_use_id", "content"), where)
    if kind in MEDIA or any(word in kind for word in ("image", "audio", "video")) or kind in MEDIA_KEYS:
        raise LeftOut(Reason.MEDIA, f"{where} holds a part of type {kind}")
    raise ValueError(f"{where} has a part of the unknown type {kind!r}")


def _thoughts(value: Any) -> str:
    """Thoughts as text, or as the list of texts that Mistral and OpenAI's summaries hold."""
    if isinstance(value, Mapping):
        return _thoughts(value.get("text") or value.get("summary"))
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return "\n".join(filter(None, map(_thoughts, value)))
    return str(value or "")


def _kind_of(part: Mapping[str, Any]) -> str:
    """The type of a part that does not write it down."""
    names = ("text", "toolUse", "toolResult", "functionCall", "function_call", "functionResponse", "function_response",
             "reasoningContent", *MEDIA_KEYS)
    return next((name for name in names if name in part), next(iter(part), "text"))


def _call(value: Any, rest: Mapping[str, Any] | None, where: str) -> Part:
    if not isinstance(value, Mapping) or not isinstance(value.get("name"), str):
        raise ValueError(f"{where} has a call of a tool without a name")
    arguments: Any = next((value[key] for key in ("input", "args", "arguments") if value.get(key) is not None), {})
    name = value.get("id") or value.get("toolUseId")
    call = {**({"id": str(name)} if name else {}), "type": "function",
            "function": {"name": value["name"], "arguments": parsed(arguments)}}
    return Part("call", call=call, rest=rest)


def _result(value: Any, rest: Mapping[str, Any] | None, where: str) -> Part:
    if not isinstance(value, Mapping):
        raise ValueError(f"{where} has a result of a tool that is no object")
    name = value.get("tool_use_id") or value.get("toolUseId") or value.get("id")
    content = value.get("content", value.get("response"))
    if isinstance(content, Sequence) and not isinstance(content, str | bytes):
        text = "\n".join(json_text(item["json"]) if isinstance(item, Mapping) and "json" in item else
                         json_text(item) if isinstance(item, Mapping) and item.get("type") == "knowledge" else      # Claude
                         "".join(part.text for part in parts_of([item], where)) for item in content)
    else:
        text = json_text(content) if isinstance(content, Mapping) else text_of(content, where) or ""
    spoken = value.get("name")
    return Part("result", text, call_id=str(name) if name else None, name=spoken if isinstance(spoken, str) else None,
                rest=rest)


def _rest(part: Mapping[str, Any], *read: str) -> Mapping[str, Any] | None:
    return {key: value for key, value in part.items() if key not in (*read, "type")} or None
