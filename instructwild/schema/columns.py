"""Rows on disk <-> typed rows. Everything a row needs fits plain columns, lists and structs; open maps become JSON."""

import json
from typing import Any

from instructwild.schema.instruction import Instruction
from instructwild.schema.ranking import RankingRow
from instructwild.schema.verdict import Dropped

INSTRUCTION = ("id", "response_id", "messages", "language", "origin", "parents", "made_by", "labels", "scores", "tools",
               "extra")
INPUT_LINE = "input_line"
"""In `extra`: at which line of the last user turn, counted from 0, the input of an Alpaca row begins."""
MESSAGE_FIELDS = ("role", "content", "reasoning_content", "tool_calls", "tool_call_id", "name")
RANKING = ("id", "messages", "language", "candidates", "rankings", "tools")
DROPPED = ("id", "step", "reason", "evidence", "row")


def compact(value: Any) -> str:
    """One JSON value as a string, readable Chinese included."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


def instruction_to_columns(row: Instruction) -> dict[str, Any]:
    """One row as Parquet sees it: `scores` a list of (name, value); `made_by.sampling`, `tools` and `extra` JSON strings."""
    plain = row.model_dump(mode="json")
    plain["scores"] = [{"name": name, "value": value} for name, value in row.scores.items()]
    if plain["made_by"] is not None:
        plain["made_by"]["sampling"] = compact(plain["made_by"]["sampling"])
    plain["tools"] = compact(row.tools) if row.tools else None
    plain["extra"] = compact(row.extra) if row.extra else None
    return plain


def instruction_from_columns(columns: dict[str, Any]) -> Instruction:
    """The typed row behind one row of `data.parquet`."""
    fields = dict(columns)
    fields["scores"] = {score["name"]: score["value"] for score in fields.get("scores") or ()}
    if fields.get("made_by") is not None:
        fields["made_by"] = {**fields["made_by"], "sampling": json.loads(fields["made_by"].get("sampling") or "{}")}
    for name in ("tools", "extra"):
        if isinstance(fields.get(name), str):
            fields[name] = json.loads(fields[name])
    return Instruction.model_validate({key: value for key, value in fields.items() if value is not None})


def ranking_to_columns(row: RankingRow) -> dict[str, Any]:
    """One ranking row as Parquet sees it; `tools` a JSON string."""
    return {**row.model_dump(mode="json"), "tools": compact(row.tools) if row.tools else None}


def ranking_from_columns(columns: dict[str, Any]) -> RankingRow:
    """The typed row behind one row of a ranking stage."""
    fields = {key: value for key, value in columns.items() if value is not None}
    if isinstance(fields.get("tools"), str):
        fields["tools"] = json.loads(fields["tools"])
    return RankingRow.model_validate(fields)


def dropped_to_columns(row: Dropped) -> dict[str, str]:
    """One dropped row as Parquet sees it: plain strings, evidence and row as JSON."""
    return {"id": row.id, "step": row.step, "reason": row.reason.value,
            "evidence": compact(row.evidence), "row": compact(row.row)}
