"""Records that Argilla exports: nested (`to_json`), flat (`to_datasets`) and of version 1, with the rankings in them.

Source: argilla/records/_io/_generic.py and client/feedback/dataset (version 1). A question is a ranking where every answer
to it orders names of fields; answers to other questions stay in `extra`.
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from instructwild.read.cells import is_empty, parsed
from instructwild.schema.ranking import Ranking, Status

NESTED = ("responses", "suggestions", "_server_id")
Row = Mapping[str, Any]
Responses = list[tuple[Any, str, str]]
"""Of each annotator: the answer, who it is, and its status."""
STATUS: dict[str, Status] = {"submitted": "submitted", "draft": "draft", "discarded": "discarded"}


def fields_of(row: Row) -> Mapping[str, Any] | None:
    """The fields of a nested record; None where the row is none."""
    fields = row.get("fields")
    return fields if isinstance(fields, Mapping) and any(name in row for name in NESTED) else None


def ranked_fields(row: Row) -> tuple[list[str], list[Ranking]]:
    """The fields that annotators ordered, in the order of the record, and their rankings; empty where there are none."""
    fields = {**row, **(fields_of(row) or {})}
    for responses in _questions(row):
        orders = [_order(value) for value, _, _ in responses]
        names = {name for order in orders for name, _ in order}
        if not orders or len(names) < 2 or any({name for name, _ in order} != names for order in orders) or not all(
                isinstance(fields.get(name), str | list) and fields[name] for name in names):
            continue
        ordered = [name for name in fields if name in names]
        rankings = [Ranking(annotator=f"person:{hashlib.sha256(user.encode()).hexdigest()[:12]}",
                            ranks=tuple(dict(order)[name] for name in ordered), status=STATUS.get(status, "submitted"))
                    for order, (_, user, status) in zip(orders, responses, strict=True)]
        return ordered, rankings
    return [], []


def _questions(row: Row) -> Iterator[Responses]:
    """The answers to each question."""
    nested = parsed(row.get("responses"))
    if isinstance(nested, Mapping):
        for answers in nested.values():
            yield [_entry(answer) for answer in answers or () if isinstance(answer, Mapping)]
    elif isinstance(nested, list) and nested and all(isinstance(item, Mapping) and isinstance(item.get("values"), Mapping)
                                                     for item in nested):
        for name in dict.fromkeys(name for item in nested for name in item["values"]):
            yield [_entry({**item, **item["values"][name]}) for item in nested
                   if isinstance(item["values"].get(name), Mapping)]
    for name, value in row.items():
        answers = parsed(value)
        if not isinstance(answers, list) or not answers:
            continue
        if str(name).endswith(".responses"):
            users, statuses = (parsed(row.get(f"{name}.{what}")) or [] for what in ("users", "status"))
            yield [(answer, str(users[at]) if at < len(users) else "", str(statuses[at] if at < len(statuses) else ""))
                   for at, answer in enumerate(answers)]
        elif all(isinstance(item, Mapping) and {"user_id", "value", "status"} <= {*item} for item in answers):
            yield [_entry(item) for item in answers]


def _entry(answer: Mapping[str, Any]) -> tuple[Any, str, str]:
    return answer.get("value"), str(answer.get("user_id") or ""), str(answer.get("status") or "")


def _order(value: Any) -> list[tuple[str, int]]:
    """Names with their ranks: names from best to worst, or objects of `value` and `rank`; empty where it is no order."""
    items = parsed(value)
    if isinstance(items, Mapping) and isinstance(items.get("value"), list) and isinstance(items.get("rank"), list):
        items = [{"value": name, "rank": rank} for name, rank in zip(items["value"], items["rank"], strict=False)]
    if not isinstance(items, list) or is_empty(items):
        return []
    if all(isinstance(item, str) for item in items):
        return [(name, rank) for rank, name in enumerate(items, start=1)]
    if all(isinstance(item, Mapping) and isinstance(item.get("value"), str) and isinstance(item.get("rank"), int)
           for item in items):
        return [(item["value"], item["rank"]) for item in items]
    return []
