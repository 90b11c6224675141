"""Calls of tools that a conversation holds as text: Hermes' and Qwen's tags, Mistral's and Llama's, Glaive's conversations.

They become `tool_calls`, `tools` and turns of tools only where nothing about them is in doubt: the tools are there, every
call can be parsed and names one of them, and no text follows a call in its turn. Else every text stays as it is.
Sources: NousResearch/hermes-function-calling-v1, glaiveai/glaive-function-calling-v2, the chat templates of Hermes, Qwen,
Mistral (`[TOOL_CALLS]`, with a list or with `NAME[ARGS]`) and Llama 3 (`<|python_tag|>`).
"""

import ast
import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from instructwild.read.cells import json_text
from instructwild.read.turns import Turn, turn

TOOLS = re.compile(r"<tools>((?:(?!<tools>).)*)</tools>", re.DOTALL)
CALL = re.compile(r"<tool_call>(.*?)</tool_call>", re.DOTALL)
RESULT = re.compile(r"\s*<tool_response>(.*?)</tool_response>\s*", re.DOTALL)
SPEAKS_OF_TAGS = re.compile(r"</?tools>|</?tool_call>|</?tool_response>|\"title\": \"FunctionCall\"|^#+ Tools\s*$")
"""Lines of a system turn that say how tools are called in this layout; with `tools` a chat template writes its own."""
GLAIVE_TURN = re.compile(r"(?:\A|\n|<\|endoftext\|>)\s*(USER|ASSISTANT|FUNCTION RESPONSE):[ \t]*")
GLAIVE_ROLES = {"USER": "user", "ASSISTANT": "assistant", "FUNCTION RESPONSE": "tool"}
GLAIVE_CALL = re.compile(r"\s*<functioncall>\s*(\{.*\})\s*(?:</functioncall>)?\s*", re.DOTALL)
GLAIVE_ARGUMENTS = re.compile(r"""\{\s*"name":\s*"([^"]+)",\s*"arguments":\s*'(.*)'\s*\}""", re.DOTALL)
GLAIVE_SENTENCE = re.compile(r",? with access to the following functions\.\s*Use them if required\s*-?\s*\Z")
MISTRAL, LLAMA = "[TOOL_CALLS]", "<|python_tag|>"
MISTRAL_CALL = re.compile(r"\s*([\w.-]+)\s*(?:\[CALL_ID\]\w+)?\[ARGS\](.*)", re.DOTALL)
LAST = re.compile(r"\s*(?:</s>|<\|eom_id\|>|<\|eot_id\|>)\s*\Z")
CALL_MARKS = ("tool_call>", MISTRAL, LLAMA)
MARKS = ("<tool_call>", "<tools>", MISTRAL, LLAMA)


@dataclass(frozen=True)
class ToolConversation:
    """A conversation whose calls are no longer text; `system` is its system text as it stood, where that changed."""

    turns: list[Turn]
    tools: list[Any]
    system: str | None


def tool_conversation(turns: Sequence[Turn], tools: Sequence[Any] | None) -> ToolConversation | None:
    """Turns with Hermes' tags, or None where there are none or where not everything about them is sure.

    Args:
        turns: the conversation.
        tools: what stands beside the turns; else the tools are those between `<tools>` tags in the system turn.
    """
    if not any(mark in made["content"] for made in turns for mark in MARKS):
        return None
    system = turns[0]["content"] if turns[0]["role"] == "system" else ""
    named = list(tools) if tools else _tools_in(system)
    names = tool_names(named)
    if not names:
        return None
    rest: list[Turn] = []
    for made in turns[1 if system else 0:]:
        converted = _converted(made, names)
        if converted is None:
            return None
        rest += converted
    changed = bool(system) and not tools
    left = _without_tags(system) if changed else system
    before = [{**turns[0], "content": left}] if left.strip() else []
    return ToolConversation([*before, *rest], named, system if changed else None)


def tool_names(tools: Sequence[Any] | None) -> frozenset[str]:
    """The names of all tools; empty where one of them has none."""
    functions = [tool.get("function", tool) if isinstance(tool, Mapping) else None for tool in tools or ()]
    names = [function.get("name") if isinstance(function, Mapping) else None for function in functions]
    return frozenset(name for name in names if isinstance(name, str)) if all(
        isinstance(name, str) for name in names) else frozenset()


def calls_in_text(text: str, names: Collection[str]) -> tuple[str, str] | None:
    """The words before the calls that end an answer, and these as JSON; None where there are none or not all is sure."""
    for mark in (MISTRAL, LLAMA):
        if mark in text:
            return _calls_after(mark, text, names)
    blocks = list(CALL.finditer(text))
    if not blocks or text.count("<tool_call>") != len(blocks) or text.count("</tool_call>") != len(blocks):
        return None
    between = [text[before.end():after.start()] for before, after in pairwise(blocks)]
    if any(part.strip() for part in (*between, text[blocks[-1].end():])):
        return None
    calls = [_call(_value(block.group(1))) for block in blocks]
    if not all(call and call["function"]["name"] in names for call in calls):
        return None
    return text[:blocks[0].start()].rstrip(), json_text(calls)


def _calls_after(mark: str, text: str, names: Collection[str]) -> tuple[str, str] | None:
    """The same of calls that follow a mark to the end of the text: a list, objects, or Mistral's names and arguments."""
    before, *pieces = LAST.sub("", text).split(mark)
    calls: list[Any] = []
    for piece in pieces:
        named = MISTRAL_CALL.fullmatch(piece) if mark == MISTRAL else None
        value = {"name": named.group(1), "arguments": _value(named.group(2))} if named else _value(piece)
        values = value if isinstance(value, list) else [value]
        calls += [_call(value) for value in values]
    if not calls or not all(call and call["function"]["name"] in names for call in calls):
        return None
    return before.rstrip(), json_text(calls)


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
    names, turns = tool_names(tools), list[Turn]()
    for role, text in labelled:
        block = GLAIVE_CALL.fullmatch(text) if role == "assistant" else None
        call = _glaive_call(block.group(1)) if block else None
        if "<functioncall>" in text and (call is None or call["function"]["name"] not in names):
            plain = [turn(role, text) for role, text in labelled]
            return ToolConversation([*([turn("system", system)] if system else []), *plain], [], None)
        turns.append({"role": role, "content": "", "tool_calls": json_text([call])} if call else turn(role, text))
    head = [turn("system", left)] if left else []
    return ToolConversation([*head, *turns], functions_of(tools), system if tools else None)


def _converted(made: Turn, names: Collection[str]) -> list[Turn] | None:
    """A turn without tags, as one turn or, of results, several; None where not everything about it is sure."""
    text = made["content"]
    if made["role"] == "assistant" and not made.get("tool_calls") and any(mark in text for mark in CALL_MARKS):
        understood = calls_in_text(text, names)
        return [{**made, "content": understood[0], "tool_calls": understood[1]}] if understood else None
    if made["role"] in ("user", "tool") and "<tool_response>" in text:
        blocks = list(RESULT.finditer(text))
        if "".join(block.group(0) for block in blocks) == text:
            return [{**made, "role": "tool", "content": block.group(1).strip(), **_result_name(block.group(1), names)}
                    for block in blocks]
        return [made] if made["role"] == "user" else None
    return [made]


def _result_name(text: str, names: Collection[str]) -> dict[str, str]:
    value = _value(text)
    name = value.get("name") if isinstance(value, Mapping) else None
    return {"name": name} if isinstance(name, str) and name in names else {}


def _tools_in(system: str) -> list[Any]:
    """The tools between tags: a list, or objects one after another; none where they cannot be parsed."""
    blocks = [block for block in TOOLS.findall(system) if block.strip()]
    if len(blocks) != 1:
        return []
    value = _value(blocks[0])
    tools = value if isinstance(value, list) else [value] if isinstance(value, Mapping) else [*_objects(blocks[0])]
    return functions_of(tools) if tool_names(tools) else []


def _without_tags(system: str) -> str:
    """What a system text says beside its tools and the lines that speak of the tags."""
    text = CALL.sub("<tool_call>", TOOLS.sub("<tools>", system))
    return "\n".join(line for line in text.split("\n") if not SPEAKS_OF_TAGS.search(line)).strip()


def _call(value: Any) -> dict[str, Any] | None:
    if not isinstance(value, Mapping) or not isinstance(value.get("name"), str):
        return None
    arguments = value.get("arguments", value.get("parameters"))
    if not isinstance(arguments, Mapping | str):
        return None
    return {"type": "function", "function": {"name": value["name"], "arguments": arguments}}


def _value(text: str) -> Any:
    """A value as JSON, or as Python writes it (Hermes' rows hold both); None where it is neither."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return None


def _objects(text: str) -> Iterator[Any]:
    """JSON objects one after another; nothing where something else stands among them."""
    decoder, at, values = json.JSONDecoder(), 0, []
    while at < len(text := text.rstrip()):
        at += len(text[at:]) - len(text[at:].lstrip())
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            return
        values.append(value)
    yield from values


def _glaive_tools(system: str) -> tuple[str, list[Any]]:
    """A system text without the functions that end it, and these; the whole text and none where they cannot be parsed."""
    start = system.find("{")
    tools = [*_objects(system[start:])] if start >= 0 else []
    if not tool_names(tools):
        return system, []
    return GLAIVE_SENTENCE.sub(".", system[:start].rstrip()), tools


def _glaive_call(text: str) -> dict[str, Any] | None:
    """A call of Glaive's, whose arguments are JSON in single quotes, or an object."""
    quoted = GLAIVE_ARGUMENTS.fullmatch(text)
    if quoted is None:
        return _call(_value(text))
    try:
        arguments = json.loads(quoted.group(2).replace("\\'", "'"))
    except (ValueError, RecursionError):
        return None
    return _call({"name": quoted.group(1), "arguments": arguments})
