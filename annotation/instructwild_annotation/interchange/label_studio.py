"""Rankings as tasks of Label Studio: its List and Ranker, with one bucket for each rank, so that ties have a place."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from instructwild.errors import InputError
from instructwild.read.ranked_answers import ranks_of
from instructwild.read.ranking_rows import ranking_row
from instructwild.schema import Dropped, Ranking, RankingRow
from instructwild.text.quantity import quantity
from instructwild_annotation.interchange.spreadsheet import annotator_named, malformed
from instructwild_annotation.interchange.verdicts import plain_verdict, ranks_from
from instructwild_annotation.interchange.wide_table import VERDICT
from instructwild_annotation.people import kind
from instructwild_annotation.settings import LETTERS
from instructwild_annotation.wire import slots

NAME, LIST = "ranking", "answers"
BUCKET = "rank_"
OURS = "instructwild"       # the key of a task's data under which the row itself travels
RESULTS = {"pairwise": "selected", "ranker": "ranker", "choices": "choices", "rating": "rating"}
"""Types of results, and what the value of each is called."""
PROMPTS = ("prompt", "question", "instruction", "text")
SIDE = re.compile(r"(?:answer|response|text|completion|candidate|output|option)[ _-]?(?:\d|[a-h]|left|right)", re.IGNORECASE)
"""Columns of the answers of a task that has no list of them, in the order of the task."""


def labelling_config(size: int) -> str:
    """The labelling interface for tasks with up to `size` answers; answers stay outside until they are given a rank."""
    buckets = "\n".join(f"      <Bucket name={quoteattr(f'{BUCKET}{rank}')} title={quoteattr(str(rank))}/>"
                        for rank in range(1, size + 1))
    return f"""\
<View>
  <Text name="history" value="$history"/>
  <Text name="prompt" value="$prompt"/>
  <List name="{LIST}" value="$answers" title="Answers · 回答"/>
  <Ranker name="{NAME}" toName="{LIST}">
{buckets}
  </Ranker>
</View>
"""


def to_tasks(rows: Iterable[RankingRow], *, with_models: bool = False) -> list[dict[str, Any]]:
    """Rows as tasks: people's rankings as annotations, models' and scripts' as predictions.

    Answers stand in a shuffled order that is fixed for each row. People who work in Label Studio can look into a task's
    data, so the names of models are left out unless `with_models`; they come back when an import is merged with the rows
    it was made from.
    """
    return [_task(row, with_models=with_models) for row in rows]


def _task(row: RankingRow, *, with_models: bool) -> dict[str, Any]:
    order = slots(row)
    *history, last = row.messages
    kept = row.model_dump(mode="json", exclude={"rankings"})
    if not with_models:
        for candidate in kept["candidates"]:
            candidate["model"] = None
    results = {"annotations": [], "predictions": []}
    for ranking in row.rankings:
        result = {"from_name": NAME, "to_name": LIST, "type": "ranker", "value": {"ranker": _buckets(ranking, order)},
                  "meta": {"annotator": [ranking.annotator], "status": [ranking.status]}}
        if kind(ranking.annotator) == "person":
            results["annotations"].append({"result": [result], "was_cancelled": ranking.status == "discarded",
                                           "lead_time": ranking.seconds})
        else:
            results["predictions"].append({"result": [result], "model_version": ranking.annotator})
    return {"data": {"prompt": last.content, "history": "\n".join(f"{turn.role}: {turn.content}" for turn in history),
                     "answers": [{"id": LETTERS[slot], "title": LETTERS[slot], "body": row.candidates[candidate].shown}
                                 for slot, candidate in enumerate(order)],
                     OURS: {**kept, "slots": order}}, **results}


def _buckets(ranking: Ranking, order: Sequence[int]) -> dict[str, list[str]]:
    buckets: dict[str, list[str]] = {f"{BUCKET}{rank}": [] for rank in range(1, max(ranking.ranks) + 1)}
    for slot, candidate in enumerate(order):
        buckets[f"{BUCKET}{ranking.ranks[candidate]}"].append(LETTERS[slot])
    return buckets


def from_tasks(source: str | Path, annotator: str) -> tuple[list[RankingRow], list[Dropped]]:
    """The rows of an export of Label Studio (JSON): tasks of `to_tasks`, or others with a prompt, a List and a Ranker,
    or two answers and a Pairwise.

    Args:
        source: the file.
        annotator: who ranked where an annotation does not say who completed it.

    Raises:
        InputError: the file is no list of tasks.
    """
    path = Path(source)
    try:
        tasks = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", where=str(path), remedy="check the path") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"is no JSON ({error})", where=str(path), remedy="export it from Label Studio as JSON") from None
    if not isinstance(tasks, list):
        raise InputError("is no list of tasks", where=str(path), remedy="export it from Label Studio as JSON")
    rows, dropped = [], []
    for number, task in enumerate(tasks, start=1):
        where = f"{path}: task {number}"
        try:
            task = _unfolded(task)
            row, order, names, labels = _row(task)
        except (ValueError, TypeError, KeyError) as error:
            dropped.append(malformed(where, str(error).splitlines()[-1] or type(error).__name__))
            continue
        rankings = []
        for result, entry in _results(task, labels):
            try:
                rankings.append(_ranking(result, entry, order, names, annotator))
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                dropped.append(malformed(where, str(error)))
        rows.append(row.model_copy(update={"rankings": tuple(rankings)}))
    return rows, dropped


def is_export(source: Path) -> bool:
    """Whether a file is an export of Label Studio, whole (JSON) or short (JSON-MIN)."""
    try:
        tasks = json.loads(source.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(tasks, list) and any(
        isinstance(task, Mapping) and ("annotation_id" in task or (isinstance(task.get("data"), Mapping) and
                                       any(key in task for key in ("annotations", "completions", "predictions"))))
        for task in tasks)


def _unfolded(task: Any) -> Any:
    """A task of the short export (JSON-MIN), which has one annotation beside the data, as a task of the whole one."""
    if not isinstance(task, Mapping) or "annotation_id" not in task or "data" in task:
        return task
    results = []
    for key, value in task.items():
        for item in value if isinstance(value, list) else [value]:
            type_of = next((name for name, field in RESULTS.items() if isinstance(item, Mapping) and field in item), None)
            if type_of:
                results.append({"type": type_of, "from_name": key, "to_name": item.get("to_name", key), "value": item})
            elif isinstance(item, str) and VERDICT.fullmatch(key):
                results.append({"type": "choices", "from_name": key, "value": {"choices": [item]}})
    return {"data": task, "annotations": [{"completed_by": task.get("annotator"), "lead_time": task.get("lead_time"),
                                           "result": results}]}


def _row(task: Any) -> tuple[RankingRow, list[int], list[str], list[str]]:
    """A task's row, the candidate in each slot, the id of each slot, and what people may call it."""
    if not isinstance(task, Mapping) or not isinstance(task.get("data"), Mapping):
        raise ValueError("a task without data")
    data = task["data"]
    if isinstance(data.get(OURS), Mapping):
        kept = dict(data[OURS])
        order = [int(index) for index in kept.pop("slots")]
        row = RankingRow.model_validate(kept)
        if sorted(order) != list(range(len(row.candidates))):
            raise ValueError("the order of the answers is lost")
        return row, order, list(LETTERS[:len(order)]), list(LETTERS[:len(order)])
    prompt = next((data[key] for key in PROMPTS if isinstance(data.get(key), str) and data[key].strip()), None)
    answers = next((value for value in data.values() if isinstance(value, list) and value
                    and all(isinstance(item, Mapping) and "id" in item for item in value)), None)
    sides = {key: value for key, value in data.items() if SIDE.fullmatch(key) and isinstance(value, str)}
    if answers is None and len(sides) == 2:
        answers = [{"id": name, "text": text, "title": key}
                   for name, (key, text) in zip(("left", "right"), sides.items(), strict=True)]
    elif answers is None and len(sides) > 2:
        answers = [{"id": key, "text": text, "title": key} for key, text in sides.items()]
    if prompt is None or answers is None:
        raise ValueError(f"a task without a prompt ({', '.join(PROMPTS)}) and a list of answers with ids, or two answers")
    texts = [next((item[key] for key in ("body", "text", "html", "title") if isinstance(item.get(key), str)), None)
             for item in answers]
    row = ranking_row({"messages": [{"role": "user", "content": prompt}], "candidates": texts})
    return (row, list(range(len(texts))), [str(item["id"]) for item in answers],
            [str(item.get("title") or item["id"]) for item in answers])


def _results(task: Mapping[str, Any], labels: Sequence[str]) -> Iterable[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Each ranking of a task with the annotation or prediction it stands in."""
    for key in ("annotations", "completions", "predictions"):
        for entry in task.get(key) or ():
            results = [result for result in (entry.get("result") or () if isinstance(entry, Mapping) else ())
                       if isinstance(result, Mapping)]
            ordered = [result for result in results if result.get("type") in ("ranker", "pairwise")] or \
                _rated(results, labels) or _chosen(results, labels)
            for result in ordered:
                yield result, entry


def _rated(results: Sequence[Mapping[str, Any]], labels: Sequence[str]) -> list[dict[str, Any]]:
    """The ranking that a rating of each answer makes, the highest first; none where not every answer has one."""
    ratings: dict[str, float] = {}
    for result in results:
        value = result.get("value")
        rating = next((value[name] for name in ("rating", "number") if isinstance(value, Mapping) and name in value), None)
        named = [label for label in labels if label in (result.get("to_name"), result.get("from_name"))
                 or str(result.get("from_name", "")).endswith(label)]
        if isinstance(rating, int | float) and len(named) == 1:
            ratings[named[0]] = float(rating)
    if set(ratings) != set(labels):
        return []
    return [{"type": "ranks", "value": {"ranks": ranks_of([ratings[label] for label in labels])}}]


def _chosen(results: Sequence[Mapping[str, Any]], labels: Sequence[str]) -> list[dict[str, Any]]:
    """The ranking that a choice between the answers makes; other choices of the annotation are no rankings."""
    choices = [plain_verdict(result.get("value")) for result in results if result.get("type") == "choices"]
    ranked, problem = [], ""
    for choice in filter(None, choices):
        try:
            ranked.append({"type": "ranks", "value": {"ranks": ranks_from(choice, labels)}})
        except ValueError as error:
            problem = str(error)
    if len(ranked) > 1:
        return [{"type": "ranks", "value": {"problem": f"holds {len(ranked)} choices between the answers"}}]
    return ranked or ([{"type": "ranks", "value": {"problem": problem}}] if problem else [])


def _ranking(result: Mapping[str, Any], entry: Mapping[str, Any], order: Sequence[int], names: Sequence[str],
             annotator: str) -> Ranking:
    """A ranking of the candidates.

    Raises:
        ValueError: an answer has no rank, or two, or the buckets name no ranks.
    """
    ranks: dict[str, int] = {}
    value = result["value"]
    if result["type"] == "ranks":
        if "problem" in value:
            raise ValueError(value["problem"])
        ranks = dict(zip(names, value["ranks"], strict=True))
    if result["type"] == "pairwise":
        ranks = {name: 1 if name == value["selected"] else 2 for name in names}
    for rank, members in _levels(value["ranker"]) if "ranker" in value else ():
        for member in members:
            if str(member) in ranks:
                raise ValueError(f"the answer {member} has two ranks")
            ranks[str(member)] = rank
    if set(ranks) != set(names):
        raise ValueError(f"ranks {len(set(ranks) & set(names))} of {quantity(len(names), 'answer')}")
    by_candidate = [0] * len(order)
    for slot, candidate in enumerate(order):
        by_candidate[candidate] = ranks[names[slot]]
    meta = result.get("meta") or {}
    status = (meta.get("status") or ["discarded" if entry.get("was_cancelled") else "submitted"])[0]
    return Ranking(annotator=_who(entry, meta, annotator), ranks=tuple(by_candidate), status=status,
                   seconds=entry.get("lead_time"))


def _levels(value: Any) -> Iterable[tuple[int, list[Any]]]:
    """(rank, ids) from a Ranker's value: buckets that end in a number, or one list in order."""
    if isinstance(value, list):
        value = {NAME: value}
    buckets = {name: members for name, members in value.items() if members and name != "_"}
    numbers = {name: match for name in buckets if (match := re.search(r"\d+$", name))}
    if len(numbers) == len(buckets) and buckets:
        return [(int(numbers[name][0]), members) for name, members in buckets.items()]
    if len(buckets) == 1:
        return [(rank, [member]) for rank, member in enumerate(next(iter(buckets.values())), start=1)]
    raise ValueError(f"the buckets {', '.join(buckets) or '(none)'} do not end in their rank")


def _who(entry: Mapping[str, Any], meta: Mapping[str, Any], annotator: str) -> str:
    if listed := meta.get("annotator"):
        return annotator_named(str(listed[0]))
    if version := entry.get("model_version"):
        return f"model:{version}"
    completed = entry.get("completed_by")
    if isinstance(completed, Mapping):
        completed = completed.get("email") or completed.get("id")
    return annotator_named(f"label-studio {completed}" if completed is not None else annotator)
