"""Conversations that hold calls of tools as text, in any syntax of `call_syntax`, and Glaive's conversations.

They become `tool_calls`, `tools` and turns of tools only where nothing about them is in doubt: every call can be parsed, no
text follows a call in its turn, and it names a tool that is there, or, where no tools are, a result follows it. Else every
text stays as it is. Sources: NousResearch/hermes-function-calling-v1, glaiveai/glaive-function-calling-v2, and the chat
templates that `call_syntax` names.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from instructwild.read.call_arguments import objects_in, value_of, xml_tools
from instructwild.read.call_syntax import (
    Call,
    Schemas,
    call_of,
    calls_of,
    is_marked,
    may_hold_calls,
)
from instructwild.read.cells import json_text
from instructwild.read.turns import Turn, turn
from instructwild.text.lazy_pattern import LazyPattern

TOOLS = LazyPattern(r"<tools>((?:(?!<tools>).)*)</tools>", re.DOTALL)
CALL = LazyPattern(r"<tool_call>(.*?)</tool_call>", re.DOTALL)
RESULTS = (
    ("<tool_response>", LazyPattern(r"\s*<tool_response>(.*?)</tool_response>\s*", re.DOTALL)),
    ("<｜tool▁output▁begin｜>", LazyPattern(
        r"\s*(?:<｜tool▁outputs▁begin｜>)?\s*<｜tool▁output▁begin｜>(.*?)<｜tool▁output▁end｜>\s*(?:<｜tool▁outputs▁end｜>)?\s*",
        re.DOTALL)))
"""Marks of results of tools, and one result with what may stand around it."""
CODER_SECTION = LazyPattern(
    r"(?:# Tools\s+)?You have access to the following functions:\s*<tools>.*?\n</tools>(?:.*?</IMPORTANT>)?", re.DOTALL)
"""What the template of Qwen3-Coder and Qwen3.5 says of tools and of how to call them."""
SPEAKS_OF_TAGS = LazyPattern(r"</?tools>|</?tool_call>|</?tool_response>|\"title\": \"FunctionCall\"|^#+ Tools\s*$")
"""Lines of a system turn that say how tools are called in this layout; with `tools` a chat template writes its own."""
GLAIVE_TURN = LazyPattern(r"(?:\A|\n|<\|endoftext\|>)\s*(USER|ASSISTANT|FUNCTION RESPONSE):[ \t]*")
GLAIVE_ROLES = {"USER": "user", "ASSISTANT": "assistant", "FUNCTION RESPONSE": "tool"}
GLAIVE_CALL = LazyPattern(r"\s*<functioncall>\s*(\{.*\})\s*(?:</functioncall>)?\s*", re.DOTALL)
GLAIVE_ARGUMENTS = LazyPattern(r"""\{\s*"name":\s*"([^"]+)",\s*"arguments":\s*'(.*)'\s*\}""", re.DOTALL)
GLAIVE_SENTENCE = LazyPattern(r",? with access to the following functions\.\s*Use them if required\s*-?\s*\Z")


@dataclass(frozen=True)
class ToolConversation:
    """A conversation whose calls are no longer text; `system` is its system text as it stood, where that changed."""

    turns: list[Turn]
    tools: list[Any]
    system: str | None


def tool_conversation(turns: Sequence[Turn], tools: Sequence[Any] | None) -> ToolConversation | None:
    """Turns whose calls and results are no longer text, or None where there are none or not everything about them is sure.

    Args:
        turns: the conversation.
        tools: what stands beside the turns; else the tools are those between `<tools>` tags in the system turn.
    """
    if not any(_may_be_text(made) for made in turns):
        return None
    system = turns[0]["content"] if turns[0]["role"] == "system" else ""
    named = list(tools) if tools else _tools_in(system)
    schemas = tool_schemas(named)
    if not schemas and named:
        return None
    rest: list[Turn] = []
    for made in turns[1 if system else 0:]:
        converted = _converted(made, schemas or None)
        if converted is None:
            return None
        rest += converted
    if not (schemas or _answered_calls(rest)) or rest == list(turns):
        return None
    changed = bool(system) and not tools and bool(named)
    left = _without_tags(system) if changed else system
    before = [{**turns[0], "content": left}] if left.strip() else []
    return ToolConversation([*before, *rest], named, system if changed else None)


def _may_be_text(made: Turn) -> bool:
    text = made["content"]
    if made["role"] == "assistant":
        return may_hold_calls(text)
    return "<tools>" in text if made["role"] == "system" else _result_pattern(text) is not None


def _answered_calls(turns: Sequence[Turn]) -> bool:
    """Whether there are calls, and each is followed by a result: then they are calls whatever tools there were."""
    calling = [number for number, made in enumerate(turns) if made.get("tool_calls")]
    return bool(calling) and all(made["role"] == "tool" for number in calling
                                 for made in turns[number + 1:number + 2] or [{"role": ""}])


def tool_schemas(tools: Sequence[Any] | None) -> Schemas:
    """The names of all tools with the schemas of their parameters; empty where one of them has no name."""
    schemas: dict[str, Mapping[str, Any]] = {}
    for tool in tools or ():
        function = tool.get("function", tool) if isinstance(tool, Mapping) else None
        if not isinstance(function, Mapping) or not isinstance(function.get("name"), str):
            return {}
        parameters = function.get("parameters")
        schemas[function["name"]] = parameters if isinstance(parameters, Mapping) else {}
    return schemas


def calls_in_text(text: str, tools: Schemas | None) -> tuple[str, str] | None:
    """The words before the calls that end an answer, and these as JSON; None where there are none or not all is sure."""
    understood = calls_of(text, tools)
    return (understood[0], json_text(understood[1])) if understood else None


def functions_of(tools: Sequence[Any]) -> list[Any]:
    """Tools as OpenAI writes them: a bare function gets its frame."""
    return [{"type": "function", "function": tool} if isinstance(tool, Mapping) and isinstance(tool.get("name"), str)
            and "type" not in tool and "function" not in tool else tool for tool in tools]


def are_calls(items: Any) -> bool:
    """Whether a list holds calls of tools, as xLAM's answers do: objects of a name and arguments, and no more."""
    return isinstance(items, list) and bool(items) and all(
        isinstance(item, Mapping) and {*item} == {"name", "arguments"} and isinstance(item["name"], str)
        and isinstance(item["arguments"], Mapping | str) for item in items)


def calling_turn(items: Sequence[Mapping[str, Any]]) -> Turn:
    """The turn of the assistant that makes these calls."""
    return {"role": "assistant", "content": "",
            "tool_calls": json_text([{"type": "function", "function": dict(item)} for item in items])}


def glaive_conversation(system: str, chat: str) -> ToolConversation | None:
    """A row of Glaive's: turns labelled USER, ASSISTANT and FUNCTION RESPONSE; None where it is none.

    Calls and tools stay text where not all of them can be parsed.
    """
    pieces = GLAIVE_TURN.split(chat)
    if pieces[0].strip() or len(pieces) < 3 or pieces[1] != "USER":
        return None
    labelled = [(GLAIVE_ROLES[label], text.strip().removesuffix("<|endoftext|>").strip())
                for label, text in zip(pieces[1::2], pieces[2::2], strict=True)]
    system = system.strip().removeprefix("SYSTEM:").strip()
    left, tools = _glaive_tools(system)
    names, turns = tool_schemas(tools), list[Turn]()
    for role, text in labelled:
        block = GLAIVE_CALL.fullmatch(text) if role == "assistant" else None
        call = _glaive_call(block.group(1)) if block else None
        if "<functioncall>" in text and (call is None or call["function"]["name"] not in names):
            plain = [turn(role, text) for role, text in labelled]
            return ToolConversation([*([turn("system", system)] if system else []), *plain], [], None)
        turns.append({"role": role, "content": "", "tool_calls": json_text([call])} if call else turn(role, text))
    head = [turn("system", left)] if left else []
    return ToolConversation([*head, *turns], functions_of(tools), system if tools else None)


def _converted(made: Turn, tools: Schemas | None) -> list[Turn] | None:
    """A turn without tags, as one turn or, of results, several; None where not everything about it is sure."""
    text = made["content"]
    if made["role"] == "assistant" and not made.get("tool_calls") and may_hold_calls(text):
        understood = calls_in_text(text, tools)
        if understood is None:
            return None if is_marked(text) else [made]
        return [{**made, "content": understood[0], "tool_calls": understood[1]}]
    if made["role"] in ("user", "tool") and (result := _result_pattern(text)) is not None:
        blocks = list(result.finditer(text))
        if "".join(block.group(0) for block in blocks) == text:
            return [{**made, "role": "tool", "content": block.group(1).strip(), **_result_name(block.group(1), tools or ())}
                    for block in blocks]
        return [made] if made["role"] == "user" else None
    return [made]


def _result_pattern(text: str) -> LazyPattern | None:
    """How results of tools are marked in a text; None where they are not."""
    return next((pattern for mark, pattern in RESULTS if mark in text), None)


def _result_name(text: str, names: Collection[str]) -> dict[str, str]:
    value = value_of(text)
    name = value.get("name") if isinstance(value, Mapping) else None
    return {"name": name} if isinstance(name, str) and name in names else {}


def _tools_in(system: str) -> list[Any]:
    """The tools between tags: a list, objects one after another, or XML; none where they cannot be parsed."""
    blocks = [block for block in TOOLS.findall(system) if block.strip()]
    if len(blocks) != 1:
        return []
    value = value_of(blocks[0])
    tools = value if isinstance(value, list) else [value] if isinstance(value, Mapping) else (
        objects_in(blocks[0]) or xml_tools(blocks[0]))
    return functions_of(tools) if tool_schemas(tools) else []


def _without_tags(system: str) -> str:
    """What a system text says beside its tools and the lines that speak of the tags."""
    text = CALL.sub("<tool_call>", TOOLS.sub("<tools>", CODER_SECTION.sub("", system)))
    return "\n".join(line for line in text.split("\n") if not SPEAKS_OF_TAGS.search(line)).strip()


def _glaive_tools(system: str) -> tuple[str, list[Any]]:
    """A system text without the functions that end it, and these; the whole text and none where they cannot be parsed."""
    start = system.find("{")
    tools = objects_in(system[start:]) if start >= 0 else []
    if not tool_schemas(tools):
        return system, []
    return GLAIVE_SENTENCE.sub(".", system[:start].rstrip()), tools


def _glaive_call(text: str) -> Call | None:
    """A call of Glaive's, whose arguments are JSON in single quotes, or an object."""
    quoted = GLAIVE_ARGUMENTS.fullmatch(text)
    if quoted is None:
        value = value_of(text)
        name, arguments = (value.get("name"), value.get("arguments")) if isinstance(value, Mapping) else (None, None)
    else:
        name, arguments = quoted.group(1), value_of(quoted.group(2).replace("\\'", "'"))
    try:
        return call_of(name, arguments)
    except ValueError:
        return None
