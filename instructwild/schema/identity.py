"""Names that follow from content: the same prompt has the same id everywhere."""

import hashlib
import json
import unicodedata
from collections.abc import Iterable, Sequence

ID_LENGTH = 16


def _digest(turns: Iterable[Sequence[str]]) -> str:
    # Without spaces and with only the mandatory escapes this is RFC 8785 canonical JSON for arrays of strings.
    canonical = json.dumps([[role, unicodedata.normalize("NFC", content)] for role, content in turns],
                           ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:ID_LENGTH]


def _last_user(turns: Sequence[Sequence[str]]) -> int:
    return max((i for i, (role, _) in enumerate(turns) if role == "user"), default=-1)


def content_id(turns: Sequence[Sequence[str]]) -> str:
    """Sixteen hex digits for the prompt: all turns up to and including the last user turn.

    Args:
        turns: (role, content) pairs. Without a user turn all of them count.

    Raises:
        UnicodeEncodeError: a content holds a lone surrogate, which no file can hold either.
    """
    last = _last_user(turns)
    return _digest(turns[: last + 1] if last >= 0 else turns)


def response_id(turns: Sequence[Sequence[str]]) -> str | None:
    """Sixteen hex digits for the answer after the last user turn, or None where there is none."""
    answer = turns[_last_user(turns) + 1:]
    return _digest(answer) if answer and _last_user(turns) >= 0 else None


def salted_hash(salt: str, text: str) -> str:
    """Sixteen hex digits that stand for a person's name without telling it to anyone who lacks the salt."""
    return hashlib.sha256(f"{salt}\x00{text}".encode()).hexdigest()[:ID_LENGTH]
