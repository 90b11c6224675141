"""The layouts that instruction data comes in: ours, messages, Alpaca, ShareGPT, prompt and response."""

from collections.abc import Mapping, Sequence
from typing import Any

ROLES = {"user": "user", "human": "user", "prompter": "user",
         "assistant": "assistant", "gpt": "assistant", "bot": "assistant", "chatgpt": "assistant", "model": "assistant",
         "system": "system"}
PROMPT_KEYS = ("instruction", "prompt", "question", "query", "user_input")
ANSWER_KEYS = ("output", "response", "completion", "answer")

Turn = dict[str, str]


def to_messages(row: Mapping[str, Any]) -> list[Turn]:
    """The turns of one row of any known layout, as `{role, content}`.

    Raises:
        ValueError: no known layout fits, a role is unknown, or a content is not text; the message says which.
    """
    for key in ("messages", "conversations", "conversation"):
        if isinstance(row.get(key), Sequence) and not isinstance(row[key], str):
            return _conversation(row, row[key])
    prompt_key = next((key for key in PROMPT_KEYS if row.get(key) is not None), None)
    if prompt_key is None:
        known = ", ".join(map(str, list(row)[:8])) or "none"
        raise ValueError(f"no known layout: expected messages, conversations or instruction; found the keys {known}")
    return _alpaca(row, prompt_key)


def _text(value: Any, key: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(f"{key} should be text, found {type(value).__name__}")
    return value


def _turn(role: str, content: str) -> Turn:
    return {"role": role, "content": content}


def _conversation(row: Mapping[str, Any], given: Sequence[Any]) -> list[Turn]:
    turns = [_turn("system", row["system"])] if isinstance(row.get("system"), str) and row["system"] else []
    for number, message in enumerate(given):
        if not isinstance(message, Mapping):
            raise ValueError(f"turn {number} should be an object, found {type(message).__name__}")
        role = message.get("role", message.get("from"))
        if not isinstance(role, str) or role.lower() not in ROLES:
            raise ValueError(f"turn {number} has the unknown role {role!r}")
        turns.append(_turn(ROLES[role.lower()], _text(message.get("content", message.get("value")), f"turn {number}")))
    if not turns:
        raise ValueError("the conversation is empty")
    return turns


def _alpaca(row: Mapping[str, Any], prompt_key: str) -> list[Turn]:
    turns = [_turn("system", row["system"])] if isinstance(row.get("system"), str) and row["system"] else []
    for pair in row.get("history") or []:
        if not isinstance(pair, Sequence) or isinstance(pair, str) or len(pair) != 2:
            raise ValueError("history should hold pairs of [question, answer]")
        turns += [_turn("user", _text(pair[0], "history")), _turn("assistant", _text(pair[1], "history"))]
    prompt, extra = _text(row[prompt_key], prompt_key), _text(row.get("input"), "input")
    turns.append(_turn("user", f"{prompt}\n{extra}" if extra.strip() else prompt))
    answer_key = next((key for key in ANSWER_KEYS if row.get(key) is not None), None)
    if answer_key is not None and (answer := _text(row[answer_key], answer_key)):
        turns.append(_turn("assistant", answer))
    return turns
