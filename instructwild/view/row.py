"""One row as the page shows it whole: conversation, answers to choose from, origin, labels, and why it left."""

import json
from typing import Any

from instructwild.clean.edit_file import Edit
from instructwild.schema.message import readable_calls
from instructwild.schema.ranking import Candidate
from instructwild.view.facts import readable_messages
from instructwild.view.source import ViewSource


def row_shown(source: ViewSource, n: int, row: dict[str, Any], edits: list[Edit]) -> dict[str, Any]:
    """A whole row as plain JSON.

    Args:
        source: where it is from.
        n: its number there.
        row: as it lies in the source; a dropped one in the columns of `dropped.parquet`.
        edits: what people decided about it.
    """
    left = {"step", "reason", "evidence", "row"} <= set(row)
    held = _parsed(row["row"]) if left else row
    held = held if isinstance(held, dict) else {}
    messages = readable_messages(held.get("messages", held.get("prompt")))
    instruction = source.kind == "instruction" and bool(messages) and bool(row.get("id"))
    return {
        "n": n, "id": row.get("id") or "", "response_id": held.get("response_id"), "kept": not left,
        "language": held.get("language") or "und", "messages": messages, "answers": _answers(held),
        "rankings": held.get("rankings") or [], "origin": held.get("origin") or [], "parents": held.get("parents") or [],
        "made_by": held.get("made_by"), "labels": held.get("labels") or {}, "scores": held.get("scores") or [],
        "tools": _parsed(held.get("tools")), "extra": _parsed(held.get("extra")),
        "left": {"step": row["step"], "reason": row["reason"], "evidence": _parsed(row["evidence"])} if left else None,
        "raw": None if messages else row["row"] if left else json.dumps(held, ensure_ascii=False, default=str, indent=1),
        "editable": instruction, "edits": [edit.model_dump(exclude_unset=True) for edit in edits]}


def _answers(held: dict[str, Any]) -> list[dict[str, Any]]:
    """Candidates, or both sides of a preference; none where the answer is part of the conversation."""
    if held.get("candidates"):
        return [{"name": None, **candidate, "text": _said(candidate)} for candidate in held["candidates"]
                if isinstance(candidate, dict)]
    return [{"name": name, "text": "\n".join(turn.get("content", "") for turn in readable_messages(held[name])) or
             str(held[name])} for name in ("chosen", "rejected") if held.get(name)]


def _said(candidate: dict[str, Any]) -> str:
    if candidate.get("turns"):
        return Candidate.model_validate(candidate).shown
    return "\n".join(filter(None, (candidate.get("text"), readable_calls(candidate.get("tool_calls")))))


def _parsed(text: Any) -> Any:
    try:
        return json.loads(text) if isinstance(text, str) and text else None
    except (ValueError, RecursionError):
        return text
