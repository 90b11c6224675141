"""Rows as the APIs of model providers write them: requests in batch files, Gemini's `contents`, tools and system blocks.

Sources: OpenAI's batch lines (`body`), Anthropic's message batches (`params`), Gemini's and Vertex AI's tuning and batch
files (`contents`, `request`), Bedrock's conversation files (`bedrock-conversation-2024`) and batch lines (`modelInput`).
"""

from collections.abc import Iterable, Mapping
from typing import Any

from instructwild.read.cells import is_empty, parsed
from instructwild.read.conversation import RowConversation, of_messages
from instructwild.read.parts import parts_of
from instructwild.read.turns import turn

REQUESTS = ("body", "params", "request", "modelInput")
"""Columns that hold a whole request."""
SYSTEM_KEYS = ("system", "systemInstruction", "system_instruction")


def request_of(row: Mapping[str, Any]) -> RowConversation | None:
    """The conversation of one line of a batch file; of an answer beside it the first and only candidate."""
    key = next((key for key in REQUESTS if isinstance(row.get(key), Mapping)), None)
    if key is None:
        return None
    request = row[key]
    conversation = contents_of(request)
    if conversation is None and isinstance(request.get("messages"), list):
        conversation = of_messages(request["messages"], "messages")
    if conversation is None:
        return None
    add_system(conversation, request)
    add_tools(conversation, request)
    rest = {name: value for name, value in request.items() if name not in conversation.read}
    conversation.extra = {**conversation.extra, **({key: rest} if rest else {})}
    conversation.read = {key}
    answer = _only_candidate(row.get("response"))
    if answer is not None:
        conversation.turns += of_messages([answer], "response").turns
    return conversation


def _only_candidate(response: Any) -> Mapping[str, Any] | None:
    candidates = response.get("candidates") if isinstance(response, Mapping) else None
    if not isinstance(candidates, list) or len(candidates) != 1 or not isinstance(candidates[0], Mapping):
        return None
    content = candidates[0].get("content")
    return {"role": "model", **content} if isinstance(content, Mapping) and content.get("parts") else None


def contents_of(row: Mapping[str, Any]) -> RowConversation | None:
    """Gemini's and Vertex AI's rows: `contents`, each with a `role` (`user` where it is missing) and `parts`."""
    contents = parsed(row.get("contents"))
    if isinstance(contents, Mapping):
        contents = [contents]
    if not isinstance(contents, list) or not contents or not all(
            isinstance(item, Mapping) and "parts" in item for item in contents):
        return None
    return of_messages([{**item, "role": item.get("role") or "user"} for item in contents], "contents")


def add_system(conversation: RowConversation, row: Mapping[str, Any]) -> None:
    """Put the system message that stands beside the turns before them: text, parts, or blocks of text.

    Raises:
        ValueError: a part is no text.
        LeftOut: a part is an image, sound, film or file.
    """
    for key in SYSTEM_KEYS:
        value = parsed(row.get(key))
        if isinstance(value, Mapping) and "parts" in value:
            value = value["parts"]
        if key in conversation.read or (not isinstance(value, str) and not _are_blocks(value)):
            continue
        conversation.read.add(key)
        text = "".join(part.text for part in parts_of(row[key] if isinstance(value, str) else value, key))
        if text.strip():
            conversation.turns.insert(0, turn("system", text))


def _are_blocks(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(
        isinstance(item, Mapping) and isinstance(item.get("text"), str) for item in value)


def add_tools(conversation: RowConversation, row: Mapping[str, Any]) -> None:
    """Take the tools that stand beside the turns, each as OpenAI and TRL write it."""
    for name in ("tools", "functions", "toolConfig"):
        tools = parsed(row.get(name))
        if name == "toolConfig":
            tools = parsed(tools.get("tools")) if isinstance(tools, Mapping) and {*tools} == {"tools"} else None
        if conversation.tools is None and isinstance(tools, list | Mapping) and tools:
            tools = tools if isinstance(tools, list) else [tools]
            if all(isinstance(tool, Mapping | str) for tool in tools):
                conversation.tools = [*_functions(tools, name == "functions")]
                conversation.read.add(name)
        elif is_empty(tools) and (name != "toolConfig" or is_empty(row.get(name))):
            conversation.read.add(name)


def _functions(tools: Iterable[Any], bare: bool) -> Iterable[Any]:
    for tool in tools:
        if not isinstance(tool, Mapping):
            yield tool
        elif bare:
            yield {"type": "function", "function": tool}
        elif declarations := next((tool[key] for key in ("functionDeclarations", "function_declarations")
                                   if isinstance(tool.get(key), list)), None):                  # Gemini
            for declaration in declarations:
                yield {"type": "function", "function": declaration}
        elif isinstance(tool.get("toolSpec"), Mapping):                                         # Bedrock
            yield {"type": "function", "function": _with_parameters(tool["toolSpec"], "inputSchema")}
        elif "input_schema" in tool:                                                            # Anthropic
            yield {"type": "function", "function": _with_parameters(tool, "input_schema")}
        else:
            yield tool


def _with_parameters(tool: Mapping[str, Any], key: str) -> dict[str, Any]:
    schema = tool.get(key)
    if isinstance(schema, Mapping) and {*schema} == {"json"}:
        schema = parsed(schema["json"])
    return {name: value for name, value in tool.items() if name != key} | ({"parameters": schema} if schema else {})
