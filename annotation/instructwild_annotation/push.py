"""Sending rows to Argilla: into one dataset for each number of candidates, each row once."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from instructwild.errors import ConfigError
from instructwild.schema import Ranking, RankingRow
from instructwild.text.quantity import quantity
from instructwild_annotation import agreement
from instructwild_annotation.connection import Connection
from instructwild_annotation.people import kind
from instructwild_annotation.settings import LETTERS, OPTIONAL, RANKING, dataset_name, settings
from instructwild_annotation.wire import record_id, slots, to_record, to_value

BATCH = 250


@dataclass
class PushResult:
    """What became of the rows."""

    sent: int = 0
    there: int = 0
    suggested: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)
    datasets: dict[str, str] = field(default_factory=dict)

    @property
    def summary(self) -> str:
        """One sentence for people."""
        parts = [f"{quantity(self.sent, 'prompt')} sent", f"{quantity(self.there, 'was', 'were')} there already"]
        parts += [f"{self.suggested:,} with a suggestion"] if self.suggested else []
        parts += [f"{len(self.refused):,} refused"] if self.refused else []
        return ", ".join(parts)


def push_rows(connection: Connection, rows: Sequence[RankingRow], name: str = "rankings", *, overlap: int = 1,
              optional: frozenset[str] = frozenset(OPTIONAL), suggest: str | None = None,
              kinds: dict[str, str] | None = None, language: str = "en") -> PushResult:
    """Send rows that have two or more candidates; what is there already stays as it is.

    Args:
        connection: the server.
        rows: the rows to be ranked.
        name: of the datasets; `-kK` is added.
        overlap: how many annotators should rank each row.
        optional: which optional questions to ask, of `OPTIONAL`.
        suggest: pre-fill with the first ranking whose annotator starts with this, `model:` for instance. It invites
            people to press Enter: leave it out unless speed matters more than judgement.
        kinds: instruction type by row id, to be filtered by.
        language: whose guidelines come first in sets that are made now.

    Raises:
        ConfigError: a row has more candidates than slots have names, or the dataset is there with another overlap.
        EndpointError: the server does not answer or refuses.
    """
    from instructwild.console.terminal import progress

    by_size: dict[int, dict[str, RankingRow]] = {}
    for row in rows:
        by_size.setdefault(len(row.candidates), {})[record_id(row)] = row
    if by_size and max(by_size) > len(LETTERS):
        raise ConfigError(f"a prompt has {quantity(max(by_size), 'candidate')}, more than the {len(LETTERS)} that can be "
                          "shown",
                          where=name, remedy=f"keep at most {len(LETTERS)}")
    connection.workspace_id(create=True)
    result, there = PushResult(), connection.datasets(name)
    with progress() as shown:
        for size, records in sorted(by_size.items()):
            dataset = _dataset(connection, there.get(size), name, size, overlap, optional, language)
            result.datasets[dataset.name] = str(dataset.id)
            known = {record["external_id"] for record in connection.records(str(dataset.id))}
            new = [row for key, row in records.items() if key not in known]
            result.there += len(records) - len(new)
            task = shown.add_task(f"sending {dataset.name}", total=len(new), note="")
            for batch in _batches(new):
                result.refused += _send(connection, dataset, batch, kinds or {})
                shown.advance(task, len(batch))
            bad = {key for key, _ in result.refused}
            result.sent += sum(record_id(row) not in bad for row in new)
            if suggest:
                result.suggested += _suggest(connection, dataset, new, bad, suggest)
    return result


def _dataset(connection: Connection, there: dict[str, Any] | None, name: str, size: int, overlap: int,
             optional: frozenset[str], language: str) -> Any:
    """Argilla's dataset for rows of one size, made and published where it is missing."""
    argilla = connection.argilla
    if there is not None:
        before = there["distribution"]["min_submitted"]
        if before != overlap:
            raise ConfigError(f"the dataset {there['name']!r} asks {quantity(before, 'annotator')} for each prompt, not "
                              f"{overlap}",
                              where="--overlap", remedy=f"give --overlap {before}, or another --name")
    with connection.translate_errors():
        if there is not None:
            if there["status"] == "draft":          # an interrupted first push
                connection.ask("DELETE", f"/datasets/{there['id']}")
            else:
                return connection.sdk.datasets(name=there["name"], workspace=connection.workspace)
        dataset = argilla.Dataset(name=dataset_name(name, size), workspace=connection.workspace, client=connection.sdk,
                                  settings=settings(argilla, size, overlap=overlap, optional=optional, language=language))
        return dataset.create()


def _batches(rows: Sequence[RankingRow]) -> Iterator[list[RankingRow]]:
    for begin in range(0, len(rows), BATCH):
        yield list(rows[begin:begin + BATCH])


def _send(connection: Connection, dataset: Any, rows: list[RankingRow], kinds: dict[str, str]) -> list[tuple[str, str]]:
    """Send rows; (id, reason) of each that the server refuses. One bad row in a batch is found by halving."""
    argilla = connection.argilla
    records = [argilla.Record(**to_record(row, kinds.get(row.id))) for row in rows]
    try:
        with connection.translate_errors():
            try:
                dataset.records.log(records, batch_size=len(records))
            except argilla._exceptions.UnprocessableEntityError as error:
                if len(rows) == 1:
                    return [(record_id(rows[0]), str(error)[:300])]
            else:
                return []
    except UnicodeEncodeError as error:
        if len(rows) == 1:
            return [(record_id(rows[0]), str(error)[:300])]
    half = len(rows) // 2
    return _send(connection, dataset, rows[:half], kinds) + _send(connection, dataset, rows[half:], kinds)


def _suggest(connection: Connection, dataset: Any, rows: Iterable[RankingRow], bad: set[str], annotator: str) -> int:
    """Pre-fill rankings. Argilla's client would drop the ranks, so they are put one by one."""
    rankings = {record_id(row): (row, ranking) for row in rows
                if record_id(row) not in bad and (ranking := _first(row, annotator)) is not None}
    if not rankings:
        return 0
    questions = connection.get(f"/datasets/{dataset.id}/questions")["items"]
    question = next(item["id"] for item in questions if item["name"] == RANKING)
    for record in connection.records(str(dataset.id)):
        if record["external_id"] in rankings:
            row, ranking = rankings[record["external_id"]]
            connection.ask("PUT", f"/records/{record['id']}/suggestions", json={
                "question_id": question, "type": "model", "agent": _agent(ranking),
                "value": to_value(ranking.ranks, slots(row))})
    return len(rankings)


def _first(row: RankingRow, annotator: str) -> Ranking | None:
    return next((ranking for ranking in row.rankings if ranking.annotator.startswith(annotator)), None)


def _agent(ranking: Ranking) -> str:
    """Who suggests, in the characters that Argilla allows."""
    return "".join(c if c.isascii() and (c.isalnum() or c in "-_:./ ") else "_" for c in ranking.annotator)


def disagreements(rows: Iterable[RankingRow]) -> list[RankingRow]:
    """The rows that two models, or a model and a person, put in opposite orders somewhere; most opposed first."""
    disputed: list[tuple[float, RankingRow]] = []
    for row in rows:
        opposed: Counter[str] = Counter()
        rankings = [ranking for ranking in agreement.counted(row) if kind(ranking.annotator) in ("model", "person")]
        for i, ranking in enumerate(rankings):
            for other in rankings[:i]:
                if "model" in (kind(ranking.annotator), kind(other.annotator)):
                    compared = agreement.compare(ranking.ranks, other.ranks)
                    opposed["pairs"] += compared.pairs
                    opposed["opposed"] += compared.opposed
        if opposed["opposed"]:
            disputed.append((-opposed["opposed"] / opposed["pairs"], row))
    return [row for _, row in sorted(disputed, key=lambda item: (item[0], item[1].id))]
