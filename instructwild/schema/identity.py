"""Names that follow from content: the same prompt has the same id everywhere."""

import hashlib
import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from json.encoder import encode_basestring
from typing import Any

ID_LENGTH = 16


def _digest(turns: Iterable[Sequence[str]]) -> str:
    # Without spaces and with only the mandatory escapes this is RFC 8785 canonical JSON for arrays of strings.
    canonical = ",".join(f"[{','.join(encode_basestring(_nfc(part)) for part in turn)}]" for turn in turns)
    return hashlib.sha256(f"[{canonical}]".encode()).hexdigest()[:ID_LENGTH]


def _nfc(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _last_user(turns: Sequence[Sequence[str]]) -> int:
    return next((number for number in range(len(turns) - 1, -1, -1) if turns[number][0] == "user"), -1)


def turn_of(message: Mapping[str, Any]) -> tuple[str, ...]:
    """What of a message counts in ids: role and content, and its tool calls and the call it answers where it has them.

    The calls count as JSON with sorted keys. Thoughts do not count, nor does a name.
    """
    role, content = str(message["role"]), str(message["content"] or "")
    calls, answers = message.get("tool_calls"), message.get("tool_call_id")
    if not calls and not answers:
        return role, content
    if calls and isinstance(calls, str):
        calls = json.loads(calls)
    text = json.dumps(calls, ensure_ascii=False, separators=(",", ":"), sort_keys=True) if calls else ""
    return (role, content, text, str(answers)) if answers else (role, content, text)


def content_id(turns: Sequence[Sequence[str]]) -> str:
    """Sixteen hex digits for the prompt: all turns up to and including the last user turn.

    Args:
        turns: (role, content) pairs, or what `turn_of` gives of messages. Without a user turn all of them count.

    Raises:
        UnicodeEncodeError: a content holds a lone surrogate, which no file can hold either.
    """
    last = _last_user(turns)
    return _digest(turns[: last + 1] if last >= 0 else turns)


def response_id(turns: Sequence[Sequence[str]]) -> str | None:
    """Sixteen hex digits for the answer after the last user turn, or None where there is none."""
    last = _last_user(turns)
    answer = turns[last + 1:]
    return _digest(answer) if answer and last >= 0 else None


def pair_id(prompt: str, better: str, worse: str) -> str:
    """The id of a preference: the ids of the prompt, of the better answer and of the worse one."""
    return content_id([(prompt, better), ("over", worse)])


def salted_hash(salt: str, text: str) -> str:
    """Sixteen hex digits that stand for a person's name without telling it to anyone who lacks the salt."""
    return hashlib.sha256(f"{salt}\x00{text}".encode()).hexdigest()[:ID_LENGTH]
