"""Argilla's records <-> ranking rows.

Argilla keeps a ranking as `[{"value": "answer_a", "rank": 2}, ...]`. Its own client drops the ranks when it reads, so
responses are read from the REST API.
"""

import html
import json
import random
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, get_args

from instructwild.schema import Message, Ranking, RankingRow, content_id
from instructwild.schema.ranking import Status, dense
from instructwild_annotation.people import person
from instructwild_annotation.settings import (
    CORRECTION,
    HISTORY,
    LANGUAGE,
    PROMPT,
    RANKING,
    RATING,
    ROW,
    SAFETY,
    TYPE,
    field_name,
)

EMPTY = "(empty answer · 空回答)"
LONGEST_TURN = 20_000       # Argilla's limit for one turn of a chat field
ROLES = {"system": "system", "user": "user", "assistant": "assistant"}


def record_id(row: RankingRow) -> str:
    """The record's id: it follows from the prompt and the candidates, so that pushing twice changes nothing."""
    return content_id([("prompt", row.id), *[("candidate", candidate.id) for candidate in row.candidates]])


def slots(row: RankingRow) -> list[int]:
    """The order in which a record shows its candidates: `slots[s]` is the candidate in slot s. Fixed for each record."""
    order = list(range(len(row.candidates)))
    random.Random(record_id(row)).shuffle(order)
    return order


def to_record(row: RankingRow, kind: str | None = None) -> dict[str, Any]:
    """A row as Argilla's record: id, fields and metadata.

    The row itself travels in metadata that Argilla shows to owners and admins only. The fields are for reading: an empty
    text is named as such, earlier turns are cut at what Argilla can hold, and all is escaped, because Argilla's pages
    put text that is not Markdown into the page as HTML.
    """
    *history, last = row.messages
    order = slots(row)
    fields: dict[str, Any] = {PROMPT: _shown(last.content)}
    if history:
        fields[HISTORY] = [{"role": message.role, "content": _turn(message.content)} for message in history]
    for slot, index in enumerate(order):
        fields[field_name(slot)] = _shown(row.candidates[index].shown)
    kept = row.model_dump(mode="json", exclude={"rankings"})
    metadata = {LANGUAGE: row.language, ROW: json.dumps({**kept, "slots": order}, ensure_ascii=False)}
    if kind:
        metadata[TYPE] = kind
    return {"id": record_id(row), "fields": fields, "metadata": metadata}


def _shown(text: str) -> str:
    """Text as a browser should read it: nothing in it is a tag."""
    return html.escape(text, quote=False) if text.strip() else EMPTY


def _turn(text: str) -> str:
    shown = _shown(text)
    if len(shown) <= LONGEST_TURN:
        return shown
    return re.sub(r"&\w{0,3}$", "", shown[:LONGEST_TURN - 2]) + " …"      # no half an escape at the end


def to_value(ranks: tuple[int, ...], order: list[int]) -> list[dict[str, Any]]:
    """Ranks of the candidates as Argilla keeps a ranking."""
    return [{"value": field_name(slot), "rank": ranks[index]} for slot, index in enumerate(order)]


def from_value(value: Any, order: list[int]) -> tuple[int, ...] | None:
    """Ranks of the candidates, gaps closed; None where some are missing, as in a draft."""
    if not isinstance(value, list):
        return None
    by_field = {item.get("value"): item.get("rank") for item in value if isinstance(item, dict)}
    ranks = [0] * len(order)
    for slot, index in enumerate(order):
        rank = by_field.get(field_name(slot))
        if not isinstance(rank, int):
            return None
        ranks[index] = rank
    return dense(ranks)


@dataclass(frozen=True)
class SubmittedAnswer:
    """Everything one annotator submitted for one record."""

    ranking: Ranking
    at: datetime
    rating: int | None = None
    safety: str | None = None
    correction: str | None = None


@dataclass
class PulledRecord:
    """One record as it came back."""

    row: RankingRow
    answers: list[SubmittedAnswer] = field(default_factory=list)
    others: dict[str, int] = field(default_factory=dict)     # drafts, discards, and what could not be understood
    completed: bool = False
    dataset: str = ""
    """Where it lies on the server: the id of its dataset, and its own."""
    record: str = ""


def from_record(record: dict[str, Any]) -> PulledRecord:
    """A record of the REST API as a row, its submitted rankings in it.

    Raises:
        ValueError: the record was not made by `to_record`.
    """
    metadata = record.get("metadata") or {}
    try:
        kept = json.loads(metadata[ROW])
        order = [int(index) for index in kept.pop("slots")]
        row = RankingRow.model_validate(kept)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"the record {record.get('external_id')} was not made by this toolkit") from error
    if sorted(order) != list(range(len(row.candidates))):
        raise ValueError(f"the record {record.get('external_id')} has lost the order of its answers")
    pulled = PulledRecord(row, completed=record.get("status") == "completed")
    for response in record.get("responses") or ():
        answer = _answer(response, order)
        status = response.get("status")
        if status == "submitted" and answer is not None:
            pulled.answers.append(answer)
        else:
            name = status if status in get_args(Status) and status != "submitted" else "unreadable"
            pulled.others[name] = pulled.others.get(name, 0) + 1
    pulled.answers.sort(key=lambda answer: (answer.at, answer.ranking.annotator))
    rankings = tuple(answer.ranking for answer in pulled.answers)
    pulled.row = row.model_copy(update={"rankings": rankings})
    return pulled


def _answer(response: dict[str, Any], order: list[int]) -> SubmittedAnswer | None:
    values = {name: entry.get("value") for name, entry in (response.get("values") or {}).items() if isinstance(entry, dict)}
    ranks = from_value(values.get(RANKING), order)
    if ranks is None or not response.get("user_id"):
        return None
    correction = values.get(CORRECTION)
    return SubmittedAnswer(
        Ranking(annotator=person(str(response["user_id"])), ranks=ranks), datetime.fromisoformat(response["updated_at"]),
        rating=values.get(RATING), safety=values.get(SAFETY),
        correction=correction if isinstance(correction, str) and correction.strip() else None)


def history_of(messages: tuple[Message, ...]) -> str:
    """A conversation as one text, for lists and logs."""
    return "\n".join(f"{ROLES[message.role]}: {message.content}" for message in messages)
