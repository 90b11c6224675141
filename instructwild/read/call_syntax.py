"""How families of models write calls of tools into text, each syntax as one row of a table.

A call is taken only where nothing about it is in doubt: it can be parsed, it names a tool that is known, and nothing but
calls follows the first one. Sources: the chat templates of Hermes and Qwen 2.5/3 (`<tool_call>` around JSON), Qwen3-Coder
and Qwen3.5 (`<function=…><parameter=…>`), GLM-4.5 (`<arg_key>`), Mistral (`[TOOL_CALLS]`), Llama 3 (`<|python_tag|>`, and
its prompts' `<function=…>{…}</function>`), DeepSeek V3 to V3.2, Kimi K2, MiniMax M2, Granite, Phi-4-mini, Command R, and
OpenAI's harmony format (gpt-oss).
"""

import ast
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from instructwild.read.call_arguments import pairs_in, typed, value_of
from instructwild.read.cells import python_expression
from instructwild.text.lazy_pattern import LazyPattern

Call = dict[str, Any]
Schemas = Mapping[str, Mapping[str, Any]]
"""The name of each tool that is known, and the JSON schema of its parameters."""


@dataclass(frozen=True)
class CallSyntax:
    """One way to write calls.

    A text with one of `marks` may hold such calls. `begins` is where the first one begins, `block` one call or a list of
    them, `between` what may stand around blocks. `calls` reads a block and raises ValueError where it is none.
    """

    marks: tuple[str, ...]
    begins: LazyPattern
    block: LazyPattern
    calls: Callable[[re.Match[str], Schemas], list[Call]]
    between: LazyPattern


def calls_of(text: str, tools: Schemas | None) -> tuple[str, list[Call]] | None:
    """The words before the calls that end an answer, and these; None where there are none or not all is sure.

    Args:
        text: what the assistant wrote.
        tools: the tools that are known; None where none are, and any name counts.
    """
    begun = [(match.start(), number) for number, syntax in enumerate(SYNTAXES)
             if any(mark in text for mark in syntax.marks) and (match := syntax.begins.search(text))]
    if not begun:
        return None
    start, number = min(begun)
    syntax, calls = SYNTAXES[number], list[Call]()
    end = len(_without_last(text))
    at = _past(syntax.between, text, start)
    while at < end:
        block = syntax.block.match(text, at, end)
        if block is None or block.end() == at:
            return None
        try:
            calls += syntax.calls(block, tools or {})
        except (ValueError, TypeError, MemoryError, RecursionError):
            return None
        at = _past(syntax.between, text, block.end())
    if not calls or (tools is not None and not all(call["function"]["name"] in tools for call in calls)):
        return None
    return text[:start].rstrip(), calls


def may_hold_calls(text: str) -> bool:
    """Whether a text holds a mark of any syntax: a quick first look."""
    return any(mark in text for mark in MARKS) or any(mark in text for mark in BARE_MARKS)


def is_marked(text: str) -> bool:
    """Whether a text holds a mark that stands for nothing else than a call; the bare syntaxes have none."""
    return any(mark in text for mark in MARKS)


def _without_last(text: str) -> str:
    """A text without the token that ended it, where it still stands there."""
    text = text.rstrip()
    return next((text.removesuffix(token).rstrip() for token in LAST if text.endswith(token)), text)


def _past(pattern: LazyPattern, text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at


def call_of(name: Any, arguments: Any) -> Call:
    """A call as OpenAI writes it.

    Raises:
        ValueError: the name is no text, or the arguments are neither an object nor text.
    """
    if not isinstance(name, str) or not name or not isinstance(arguments, Mapping | str):
        raise ValueError("no call of a tool")
    return {"type": "function", "function": {"name": name, "arguments": arguments}}


def _object(text: str) -> Mapping[str, Any]:
    value = value_of(text)
    if not isinstance(value, Mapping):
        raise ValueError("no object")
    return value


def _call(value: Any) -> Call:
    """A call from an object under any of the names that its two halves have."""
    if not isinstance(value, Mapping):
        raise ValueError("no object")
    return call_of(value.get("name", value.get("tool_name")), value.get("arguments", value.get("parameters")))


def _json_calls(block: re.Match[str], _: Schemas) -> list[Call]:
    value = value_of(block.group(1))
    return [_call(item) for item in (value if isinstance(value, list) else [value])]


def _tagged(block: re.Match[str], tools: Schemas) -> list[Call]:
    """What stands between `<tool_call>` tags: JSON, Qwen3-Coder's function or GLM's keys and values."""
    inner = block.group(1).strip()
    if function := FUNCTION.fullmatch(inner):
        return _function(function, tools)
    if keyed := GLM_CALL.fullmatch(inner):
        name, rest = keyed.group(1), keyed.group(2)
        return [call_of(name, typed(pairs_in(GLM_ARGUMENT, rest), tools.get(name)))]
    return [_call(value_of(inner))]


def _function(block: re.Match[str], tools: Schemas) -> list[Call]:
    """`<function=NAME>` around parameters, whose values are texts or JSON, or around one JSON object."""
    name, inner = block.group(1), block.group(2)
    if inner.lstrip().startswith("{"):
        return [call_of(name, _object(inner))]
    return [call_of(name, typed(pairs_in(PARAMETER, inner), tools.get(name)))]


def _invoked(block: re.Match[str], tools: Schemas) -> list[Call]:
    """`<invoke name="NAME">` around parameters; DeepSeek V3.2 says of each whether it is a string."""
    name, inner = block.group(1), block.group(2)
    pairs_in(INVOKED_PARAMETER, inner)
    stated: dict[str, Any] = {}
    unstated: dict[str, str] = {}
    for parameter in INVOKED_PARAMETER.finditer(inner):
        key, is_string, text = parameter.groups()
        if is_string is None:
            unstated[key] = text
        else:
            stated[key] = text if is_string == "true" else json.loads(text)
    return [call_of(name, {**stated, **typed(unstated, tools.get(name))})]


def _mistral(block: re.Match[str], tools: Schemas) -> list[Call]:
    named = MISTRAL_CALL.fullmatch(block.group(1))
    return [call_of(named.group(1), value_of(named.group(2)))] if named else _json_calls(block, tools)


def _bare_json(block: re.Match[str], _: Schemas) -> list[Call]:
    """A text that is nothing but one call as an object."""
    value = _object(block.group(1))
    if not {*value} <= {"type", "name", "parameters", "arguments"}:
        raise ValueError("an object that says more than a call")
    return [_call(value)]


def _python_calls(block: re.Match[str], _: Schemas) -> list[Call]:
    """A list of calls as Python writes them, of keywords with plain values."""
    listed = python_expression(block.group(1))
    return [_python_call(call) for call in (listed.elts if isinstance(listed, ast.List) else [listed])]


def _python_call(call: ast.expr) -> Call:
    if not isinstance(call, ast.Call) or call.args or not all(argument.arg for argument in call.keywords):
        raise ValueError("no call of keywords alone")
    arguments = {str(argument.arg): ast.literal_eval(argument.value) for argument in call.keywords}
    return call_of(ast.unparse(call.func), arguments)


def _named_json(block: re.Match[str], _: Schemas) -> list[Call]:
    return [call_of(block.group("name"), _object(block.group("arguments")))]


LAST = ("</s>", "<|eom_id|>", "<|eot_id|>", "<｜end▁of▁sentence｜>", "<|im_end|>", "<|END_OF_TURN_TOKEN|>")
FUNCTION = LazyPattern(r"\s*<function=([^<>\s]+)>(.*?)</function>\s*", re.DOTALL)
PARAMETER = LazyPattern(r"\s*<parameter=([^<>]+)>\n?(.*?)\n?</parameter>", re.DOTALL)
GLM_CALL = LazyPattern(r"([\w.-]+)\s*((?:<arg_key>.*)?)", re.DOTALL)
GLM_ARGUMENT = LazyPattern(r"\s*<arg_key>(.*?)</arg_key>\s*<arg_value>(.*?)</arg_value>", re.DOTALL)
INVOKED_PARAMETER = LazyPattern(r'\s*<(?:｜DSML｜|atem:)?parameter name="([^"]*)"(?: string="(true|false)")?>'
                               r"(.*?)</(?:｜DSML｜|atem:)?parameter>", re.DOTALL)
MISTRAL_CALL = LazyPattern(r"\s*([\w.-]+)\s*(?:\[CALL_ID\]\w+)?\[ARGS\](.*)", re.DOTALL)


def _syntax(marks: tuple[str, ...], block: str, calls: Callable[[re.Match[str], Schemas], list[Call]], between: str = "",
            begins: str = "") -> CallSyntax:
    return CallSyntax(marks, LazyPattern(begins or "|".join(map(re.escape, marks))), LazyPattern(block, re.DOTALL), calls,
                      LazyPattern(rf"(?:\s|{between})*" if between else r"\s*"))


CHANNEL = r"(?:<\|channel\|>(?:commentary|analysis))?"
BARE_MARKS = ('{"name":', '{"type":', ")]")
SYNTAXES = (
    _syntax(("<tool_call>",), r"<tool_call>(.*?)</tool_call>", _tagged),
    _syntax(("<function=",), FUNCTION.pattern, _function, r"</?tool_call>"),
    _syntax(("[TOOL_CALLS]",), r"\[TOOL_CALLS\](.*?)(?=\[TOOL_CALLS\]|\Z)", _mistral),
    _syntax(("<|python_tag|>",), r"<\|python_tag\|>(.*?)(?=<\|python_tag\|>|\Z)", _json_calls),
    _syntax(("<｜tool▁calls▁begin｜>", "<｜tool▁call▁begin｜>"),                                  # DeepSeek V3, R1, V3.1
            r"<｜tool▁call▁begin｜>(?:function<｜tool▁sep｜>(?P<name>[\w.-]+)\s*```json\s*(?P<arguments>.*?)\s*```"
            r"|(?P<plain>[\w.-]+)<｜tool▁sep｜>(?P<object>.*?))\s*<｜tool▁call▁end｜>",
            lambda block, _: [call_of(block["name"] or block["plain"], _object(block["arguments"] or block["object"]))],
            r"<｜tool▁calls▁begin｜>|<｜tool▁calls▁end｜>"),
    _syntax(("<｜DSML｜function_calls>", "<atem:function_calls>", "<minimax:tool_call>", "<function_calls>"),
            r'<(?:｜DSML｜|atem:)?invoke name="([^"]+)">(.*?)</(?:｜DSML｜|atem:)?invoke>', _invoked,
            r"</?(?:｜DSML｜|atem:)?function_calls>|</?minimax:tool_call>"),
    _syntax(("<|tool_calls_section_begin|>",),                                                # Kimi K2
            r"<\|tool_call_begin\|>\s*(?:functions\.)?(?P<name>[\w.-]+?)(?::\d+)?\s*<\|tool_call_argument_begin\|>"
            r"(?P<arguments>.*?)<\|tool_call_end\|>", _named_json, r"<\|tool_calls_section_(?:begin|end)\|>"),
    _syntax(("<|tool_call|>",), r"<\|tool_call\|>(.*?)(?:<\|/tool_call\|>|\Z)", _json_calls),  # Granite, Phi-4-mini
    _syntax(("<|START_ACTION|>",), r"<\|START_ACTION\|>(.*?)<\|END_ACTION\|>", _json_calls),    # Command R7B and A
    _syntax(("<|tool_call_start|>",), r"<\|tool_call_start\|>(.*?)<\|tool_call_end\|>", _python_calls),               # LFM2
    _syntax(BARE_MARKS[:2], r"(.*)", _bare_json, begins=r'\A\s*\{"(?:name|type)":'),                   # Llama 3
    _syntax(BARE_MARKS[2:], r"(.*)", _python_calls, begins=r"\A\s*\[[A-Za-z_][\w.]*\("),                    # Llama 3.2 and 4
    _syntax(("to=functions.",),                                                                # harmony
            rf"(?:<\|start\|>assistant)?{CHANNEL}\s*to=functions\.(?P<name>[\w.-]+){CHANNEL}\s*(?:<\|constrain\|>)?"
            r"\s*(?:json)?\s*<\|message\|>(?P<arguments>.*?)(?:<\|call\|>|<\|end\|>|\Z)", _named_json,
            begins=rf"(?:<\|start\|>assistant)?{CHANNEL} ?to=functions\."))
MARKS = tuple(mark for syntax in SYNTAXES for mark in syntax.marks if mark not in BARE_MARKS)
