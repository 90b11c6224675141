"""Reading rankings back from Argilla, and how far the work has come."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise
from statistics import median
from typing import Any

import numpy as np

from instructwild.schema import Instruction, MadeBy, Origin, RankingRow, content_id
from instructwild_annotation.connection import Connection
from instructwild_annotation.settings import TYPE
from instructwild_annotation.wire import PulledRecord, from_record

DELETED_AT_ONCE = 50    # the server takes a hundred
LONGEST_GAP = 900.0     # seconds; a longer gap between two submissions is a break, not a judgement


@dataclass
class PullResult:
    """Everything that is on the server under one name."""

    records: list[PulledRecord] = field(default_factory=list)
    foreign: int = 0
    activity: dict[str, str] = field(default_factory=dict)
    overlap: dict[str, int] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)      # kinds of questions by row id, where they are known

    @property
    def rows(self) -> list[RankingRow]:
        """The rows with all submitted rankings."""
        return [record.row for record in self.records]

    @property
    def others(self) -> dict[str, int]:
        """Responses that are no submitted rankings, by status."""
        return dict(sum((Counter(record.others) for record in self.records), Counter()))

    @property
    def fingerprint(self) -> str:
        """A hash over all rows and submitted answers: equal when there is nothing new."""
        return content_id([(record.row.model_dump_json(), "\n".join(map(repr, record.answers))) for record in self.records])


def read_rankings(connection: Connection, name: str) -> PullResult:
    """Read all records and responses of the datasets pushed under a name.

    Raises:
        EndpointError: the server does not answer, or a dataset was deleted meanwhile.
    """
    from instructwild.console.terminal import progress

    pulled = PullResult()
    with progress() as shown:
        for size, dataset in connection.datasets(name).items():
            total = connection.get(f"/datasets/{dataset['id']}/progress").get("total")
            task = shown.add_task(f"reading {dataset['name']}", total=total, note="")
            seen: set[str] = set()
            for record in connection.records(dataset["id"], responses=True):
                shown.advance(task)
                if record["id"] in seen:
                    continue
                seen.add(record["id"])
                try:
                    pulled.records.append(replace(from_record(record), dataset=dataset["id"], record=record["id"]))
                    if label := record["metadata"].get(TYPE):
                        pulled.types[pulled.records[-1].row.id] = label
                except ValueError:
                    pulled.foreign += 1
            pulled.activity[dataset["name"]] = dataset["last_activity_at"]
            pulled.overlap[dataset["name"]] = dataset["distribution"]["min_submitted"]
            pulled.sizes[dataset["name"]] = size
    _time(pulled.records)
    pulled.records.sort(key=lambda record: (record.row.id, record.row.candidates[0].id))
    return pulled


def delete_records(connection: Connection, records: Iterable[PulledRecord]) -> None:
    """Delete records from the server with all answers to them: nobody sees them there any more.

    Raises:
        EndpointError: the server does not answer, or the key may not delete them.
    """
    by_dataset: dict[str, list[str]] = {}
    for record in records:
        by_dataset.setdefault(record.dataset, []).append(record.record)
    for dataset, ids in by_dataset.items():
        for begin in range(0, len(ids), DELETED_AT_ONCE):
            connection.ask("DELETE", f"/datasets/{dataset}/records",
                           params={"ids": ",".join(ids[begin:begin + DELETED_AT_ONCE])})


def activity(connection: Connection, name: str) -> dict[str, str]:
    """When something last happened in each dataset: cheap to ask, and unchanged when there is nothing to pull."""
    return {dataset["name"]: dataset["last_activity_at"] for dataset in connection.datasets(name).values()}


def _time(records: Iterable[PulledRecord]) -> None:
    """Fill in the seconds of each ranking: the time since the same annotator's last submission, breaks left out."""
    records = list(records)
    by_person: dict[str, list[tuple[datetime, int, int]]] = {}
    for number, record in enumerate(records):
        for index, answer in enumerate(record.answers):
            by_person.setdefault(answer.ranking.annotator, []).append((answer.at, number, index))
    spent: dict[tuple[int, int], float] = {}
    for moments in by_person.values():
        moments.sort()
        for (before, *_), (at, number, index) in pairwise(moments):
            gap = (at - before).total_seconds()
            if 0 < gap <= LONGEST_GAP:
                spent[number, index] = round(gap, 1)
    for number, record in enumerate(records):
        timed = tuple(answer.ranking.model_copy(update={"seconds": spent.get((number, index))})
                      for index, answer in enumerate(record.answers))
        record.row = record.row.model_copy(update={"rankings": timed})


def corrections(records: Iterable[PulledRecord], server: str) -> list[Instruction]:
    """The better answers that annotators wrote, each as a row of its own that names its prompt and its author's hash."""
    made = []
    for record in records:
        for answer in record.answers:
            if answer.correction is None:
                continue
            prompt = Instruction(messages=record.row.messages, language=record.row.language)
            origin = Origin(kind="annotation", source=server, author=answer.ranking.annotator.partition(":")[2],
                            collected_at=answer.at.isoformat())
            made.append(prompt.answered(answer.correction, origin=(origin,), parents=(record.row.id,),
                                        made_by=MadeBy(model="person", template="correction")))
    return made


@dataclass(frozen=True)
class Progress:
    """How far the annotators have come."""

    records: int
    complete: int
    rankings: int
    left: int
    people: dict[str, int]
    overlap: dict[int, int]
    seconds: float | None
    per_hour: float | None

    @property
    def hours_left(self) -> float | None:
        """At the pace so far, with the same people."""
        return self.left / self.per_hour if self.per_hour else None


def progress_of(result: PullResult) -> Progress:
    """Done, left, overlap, pace and seconds per ranking."""
    answers = [answer for record in result.records for answer in record.answers]
    overlap = {size: result.overlap[name] for name, size in result.sizes.items()}
    left = sum(max(overlap[len(record.row.candidates)] - len(record.answers), 0) for record in result.records)
    spent = [ranking.seconds for row in result.rows for ranking in row.rankings if ranking.seconds is not None]
    return Progress(
        records=len(result.records), complete=sum(record.completed for record in result.records), rankings=len(answers),
        left=left, people=dict(Counter(answer.ranking.annotator for answer in answers).most_common()),
        overlap=dict(sorted(Counter(len(record.answers) for record in result.records).items())),
        seconds=median(spent) if spent else None, per_hour=pace([answer.at.timestamp() for answer in answers]))


def pace(moments: Sequence[float] | np.ndarray, recent: float = 3600.0) -> float | None:
    """Rankings an hour, over the last hour in which anything came in; moments in seconds."""
    if len(moments) < 2:
        return None
    times = np.asarray(moments, dtype=float)
    window = times[times.max() - times <= recent]
    span = float(window.max() - window.min())
    return (len(window) - 1) / span * 3600 if span > 0 else None


def figures(result: PullResult) -> dict[str, Any]:
    """What a pull adds to the figures of its rankings."""
    answers = [answer for record in result.records for answer in record.answers]
    ratings = [answer.rating for answer in answers if answer.rating is not None]
    return {
        "responses_not_counted": result.others, "records_not_ours": result.foreign,
        "best_answer_rating": round(sum(ratings) / len(ratings), 3) if ratings else None,
        "safety": dict(Counter(answer.safety for answer in answers if answer.safety)),
        "corrections": sum(answer.correction is not None for answer in answers),
        "last_activity": result.activity,
    }
