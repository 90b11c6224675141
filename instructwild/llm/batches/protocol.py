"""What providers' batch APIs are sent, and what they send back, as plain JSON: nothing here touches a network.

OpenAI: https://platform.openai.com/docs/api-reference/batch (DashScope and others speak it too).
Anthropic: https://docs.anthropic.com/en/api/creating-message-batches.
"""

import json
from dataclasses import dataclass
from typing import Any, Literal

from instructwild.llm.price import Price
from instructwild.llm.reading import MAY_BE_CHARGED, Failure, reading
from instructwild.llm.request import Reply, Request

METADATA = "instructwild"
"""The key of a batch's metadata under which its own name stands."""
SEPARATOR = "-"
BUDGET_OF_THOUGHTS = 1024
"""The least that Anthropic lets a model think."""

Ending = Literal["waiting", "finished", "failed"]


@dataclass(frozen=True)
class BatchState:
    """How far a batch is.

    Args:
        ending: `waiting`, `finished` (in whole or in part), or `failed` before anything was answered.
        answered, total: requests.
        lines: how many results there must be at least, once it is finished.
        files: where the results are, by the provider's names.
        problem: why it failed.
    """

    ending: Ending
    answered: int = 0
    total: int = 0
    lines: int = 0
    files: tuple[str, ...] = ()
    problem: str = ""


def custom_id(name: str, key: str) -> str:
    """The name of one request within a batch: at most 64 letters, digits and hyphens, as both APIs want it."""
    return f"{name}{SEPARATOR}{key}"


def key_of(identity: Any, name: str) -> str | None:
    """The key of the call that a result belongs to; None where it is of another batch."""
    if not isinstance(identity, str):
        return None
    own, _, key = identity.partition(SEPARATOR)
    return key if own == name and key else None


def anthropic_body(request: Request, model: str) -> dict[str, Any]:
    """The body of a Messages request.

    Raises:
        ValueError: the request is a text to continue; the API takes messages only.
    """
    if request.text:
        raise ValueError("Anthropic's batches take messages, no text to continue")
    sampling = request.sampling
    messages = request.chat_messages()
    system = "\n\n".join(message["content"] for message in messages if message["role"] == "system")
    body: dict[str, Any] = {"model": model, "max_tokens": sampling.max_tokens,
                            "messages": [message for message in messages if message["role"] != "system"]}
    if system:
        body["system"] = system
    if sampling.thinking and sampling.max_tokens > BUDGET_OF_THOUGHTS:
        body["thinking"] = {"type": "enabled", "budget_tokens": max(BUDGET_OF_THOUGHTS, sampling.max_tokens // 2)}
    else:
        body["temperature"] = min(1.0, sampling.temperature)
        if sampling.top_p < 1:
            body["top_p"] = sampling.top_p
    if sampling.stop:
        body["stop_sequences"] = list(sampling.stop)
    return body


def openai_line(identity: str, path: str, body: dict[str, Any]) -> bytes:
    """One line of the file that OpenAI's API takes."""
    line = {"custom_id": identity, "method": "POST", "url": f"/v1{path}", "body": body}
    return json.dumps(line, ensure_ascii=True).encode("ascii") + b"\n"


def openai_state(answer: Any) -> BatchState | None:
    """The state in what `GET /batches/ID` sends; None where it is no batch.

    A batch without an output file ends as `completed` where all its requests failed, and has an error file then. Where it
    has none either, its files are late: its results are as many as its requests.
    """
    status = _member(answer, "status")
    status = status.lower() if isinstance(status, str) else None
    counts = _member(answer, "request_counts")
    done = (_number(_member(counts, "completed")), _number(_member(counts, "total")))
    names = (_member(answer, name) for name in ("output_file_id", "error_file_id"))
    files = tuple(name for name in names if isinstance(name, str) and name)
    if status in ("completed", "expired", "cancelled", "canceled") or (status == "failed" and files):
        answered, total = done
        return BatchState("finished", *done, total if status == "completed" and not files else answered, files)
    if status == "failed":
        errors = _member(_member(answer, "errors"), "data")
        first = errors[0] if isinstance(errors, list) and errors else None
        return BatchState("failed", *done, 0, files, str(_member(first, "message") or "no reason was given")[:300])
    return BatchState("waiting", *done) if status else None


COUNTS = ("processing", "succeeded", "errored", "canceled", "expired")


def anthropic_state(answer: Any) -> BatchState | None:
    """The state in what `GET /messages/batches/ID` sends; None where it is no batch."""
    status, counts = _member(answer, "processing_status"), _member(answer, "request_counts")
    if not isinstance(status, str):
        return None
    numbers = {name: _number(_member(counts, name)) for name in COUNTS}
    total = sum(numbers.values())
    return BatchState("finished" if status == "ended" else "waiting", total - numbers["processing"], total, total)


def openai_result(line: Any, request: Request, price: Price) -> Reply | Failure:
    """What one line of an output or error file says of a request."""
    response, error = _member(line, "response"), _member(line, "error")
    status, body = _member(response, "status_code"), _member(response, "body")
    if isinstance(status, int) and 200 <= status < 300:
        return reading(body, request, price)
    if isinstance(status, int):
        return _by_status(status, _message(body))
    if _member(body, "choices"):                          # some leave the status of an answer out
        return reading(body, request, price)
    return Failure(f"{_member(error, 'code') or 'no response'}: {_message({'error': error})}")


def anthropic_result(line: Any, request: Request, price: Price) -> Reply | Failure:
    """What one line of the results says of a request."""
    result = _member(line, "result")
    kind = _member(result, "type")
    if kind == "succeeded":
        return reading(as_completion(_member(result, "message")), request, price)
    error = _member(_member(result, "error"), "error") or _member(result, "error")
    if kind == "errored" and _member(error, "type") == "invalid_request_error":
        return Reply("", "failed", problem=f"400: {_message({'error': error})}")
    return Failure(f"{kind or 'no result'}: {_message({'error': error})}")


STOPS = {"max_tokens": "length", "model_context_window_exceeded": "length", "refusal": "content_filter"}


def as_completion(message: Any) -> dict[str, Any]:
    """A message of Anthropic's API in the form of a chat completion."""
    usage, content = _member(message, "usage"), _member(message, "content")
    thoughts = [part.get("thinking") for part in content if _member(part, "type") == "thinking"] if isinstance(
        content, list) else []
    texts = [part for part in content if _member(part, "type") == "text"] if isinstance(content, list) else content
    sent = [_member(usage, name) for name in ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")]
    numbers = [value for value in sent if isinstance(value, int) and not isinstance(value, bool)]
    answer = {"content": texts, "reasoning_content": "\n".join(text for text in thoughts if isinstance(text, str))}
    tokens = {"prompt_tokens": sum(numbers), "completion_tokens": _member(usage, "output_tokens")} if numbers else None
    return {"id": _member(message, "id"), "usage": tokens,
            "choices": [{"message": answer, "finish_reason": STOPS.get(str(_member(message, "stop_reason")), "stop")}]}


def _by_status(status: int, message: str) -> Reply | Failure:
    if status in (400, 413, 422):
        return Reply("", "refused" if "content" in message.lower() else "failed", problem=f"{status}: {message}")
    return Failure(f"status {status}: {message}", charged=status in MAY_BE_CHARGED)


def _message(body: Any) -> str:
    error = _member(body, "error")
    message = _member(error, "message") if isinstance(error, dict) else error
    return message[:160] if isinstance(message, str) else "no message"


def _member(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _number(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**9 else 0
