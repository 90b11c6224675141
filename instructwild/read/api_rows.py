"""Rows as the APIs of model providers write them: requests in batch files, Gemini's `contents`, tools and system blocks.

Sources: OpenAI's batch lines (`body`, of chat completions and of responses), Anthropic's message batches (`params`),
Gemini's and Vertex AI's tuning and batch files (`contents`, `request`), Bedrock's conversation files
(`bedrock-conversation-2024`) and batch lines (`modelInput`). Answers stand beside a request, or in a file of their own
(`read.batch_results`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from instructwild.read.cells import is_empty, optional_text, parsed
from instructwild.read.conversation import RowConversation, of_messages
from instructwild.read.parts import parts_of
from instructwild.read.turns import turn

REQUESTS = ("body", "params", "request", "modelInput")
"""Columns that hold a whole request."""
RESULTS = ("response", "result", "modelOutput")
"""Columns that hold what came back for a request."""
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
        conversation = _of_responses_api(request)
    if conversation is None:
        return None
    add_system(conversation, request)
    add_tools(conversation, request)
    rest = {name: value for name, value in request.items() if name not in conversation.read}
    conversation.extra = {**conversation.extra, **({key: rest} if rest else {})}
    conversation.read = {key}
    answer = next((answer for name in RESULTS if (answer := answer_in(row.get(name)))), [])
    if answer:
        conversation.turns += of_messages(answer, "response").turns
    return conversation


def answer_in(result: Any) -> list[Mapping[str, Any]]:
    """The messages of the only answer in what came back for a request; none where it failed, or holds several."""
    if not isinstance(result, Mapping) or result.get("status_code") not in (None, 200):
        return []
    for inner in ("body", "message"):                                    # OpenAI's and Anthropic's batches
        if isinstance(result.get(inner), Mapping):
            return answer_in(result[inner])
    if isinstance(result.get("choices"), list):
        return [choice["message"] for choice in _only(result["choices"]) if isinstance(choice.get("message"), Mapping)]
    if isinstance(result.get("candidates"), list):                         # Gemini
        contents = [candidate.get("content") for candidate in _only(result["candidates"])]
        return [{"role": "model", **content} for content in contents
                if isinstance(content, Mapping) and content.get("parts")]
    if isinstance(result.get("output"), list):                             # OpenAI's responses
        return [*_of_items(item for item in result["output"] if isinstance(item, Mapping))]
    return [result] if result.get("role") == "assistant" and result.get("content") else []      # Anthropic


def _only(items: Sequence[Any]) -> list[Mapping[str, Any]]:
    return [item for item in items if isinstance(item, Mapping)] if len(items) == 1 else []


def _of_responses_api(request: Mapping[str, Any]) -> RowConversation | None:
    """A request to OpenAI's responses: `input`, a text or items, with `instructions` as the system message."""
    value = request.get("input")
    items = [{"role": "user", "content": value}] if isinstance(value, str) and value.strip() else value
    if "model" not in request or not isinstance(items, list) or not items or not all(
            isinstance(item, Mapping) for item in items):
        return None
    conversation = of_messages([*_of_items(items)], "input")
    conversation.begin_with_system(request, "instructions")
    return conversation


def _of_items(items: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Items of OpenAI's responses as messages: thoughts and calls of tools join the answer that they are part of."""
    answer: dict[str, Any] = {}
    for item in items:
        kind = item.get("type", "message")
        if kind == "reasoning":
            summary = [part.get("text") for part in item.get("summary") or () if isinstance(part, Mapping)]
            answer["reasoning"] = "\n".join(filter(None, [answer.get("reasoning"), *summary]))
        elif kind == "function_call":
            function = {"name": item.get("name"), "arguments": item.get("arguments")}
            calls = [*answer.get("tool_calls", ()), {"id": item.get("call_id"), "type": "function", "function": function}]
            answer["tool_calls"] = calls
        elif kind == "message" and item.get("role") == "assistant" and not {"content", "tool_calls"}.intersection(answer):
            answer |= item
        else:
            yield from _said(answer)
            answer = {}
            yield {"role": "tool", "content": item.get("output"), "tool_call_id": item.get("call_id")} \
                if kind == "function_call_output" else item
    yield from _said(answer)


def _said(answer: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if answer:
        yield {"role": "assistant", "content": "", **answer}


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
        if isinstance(value, Mapping):
            value = value.get("parts", value.get("text"))
        if key in conversation.read or (not isinstance(value, str) and not _are_blocks(value)):
            continue
        conversation.read.add(key)
        text = optional_text(row[key], key) if isinstance(row[key], str) else "".join(
            part.text for part in parts_of(value, key))
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
