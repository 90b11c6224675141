"""Argilla's search engine on Argilla's own tables.

Argilla commits to its database before every call to the search engine. So the tables are the index: there is nothing to
write and nothing that could drift.
"""

import math
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from argilla_server.database import AsyncSessionLocal
from argilla_server.enums import MetadataPropertyType, RecordStatus, ResponseStatus, SimilarityOrder
from argilla_server.models import (
    Dataset,
    MetadataProperty,
    Record,
    Response,
    Suggestion,
    User,
    Vector,
    VectorSettings,
    WorkspaceUser,
)
from argilla_server.search_engine.base import (
    Filter,
    FloatMetadataMetrics,
    IntegerMetadataMetrics,
    MetadataMetrics,
    Order,
    SearchEngine,
    SearchResponseItem,
    SearchResponses,
    TermsMetrics,
    TextQuery,
)
from conditions import condition, sort_keys, text_condition
from queue_order import ordered
from sqlalchemy import Select, Text, cast, func, select

NAME = "sqlite"
MOST_TERMS = 2**14


@SearchEngine.register(engine_name=NAME)
class SqliteSearchEngine(SearchEngine):
    """Answers every question from the relational tables."""

    @classmethod
    async def new_instance(cls) -> "SqliteSearchEngine":
        """An engine; it holds nothing."""
        return cls()

    async def close(self) -> None:
        """Nothing to close."""

    async def ping(self) -> bool:
        """Whether the database answers."""
        async with AsyncSessionLocal() as db:
            return (await db.execute(select(1))).scalar_one() == 1

    async def info(self) -> dict[str, Any]:
        """What Argilla's status page shows."""
        return {"name": NAME, "version": "1"}

    async def create_index(self, dataset: Dataset) -> None:
        """The tables are the index."""

    async def delete_index(self, dataset: Dataset) -> None:
        """The tables are the index."""

    async def configure_metadata_property(self, dataset: Dataset, metadata_property: MetadataProperty) -> None:
        """The tables are the index."""

    async def index_records(self, dataset: Dataset, records: Iterable[Record]) -> None:
        """The tables are the index."""

    async def partial_record_update(self, record: Record, **update: Any) -> None:
        """The tables are the index."""

    async def delete_records(self, dataset: Dataset, records: Iterable[Record]) -> None:
        """The tables are the index."""

    async def update_record_response(self, response: Response) -> None:
        """The tables are the index."""

    async def delete_record_response(self, response: Response) -> None:
        """The tables are the index."""

    async def update_record_suggestion(self, suggestion: Suggestion) -> None:
        """The tables are the index."""

    async def delete_record_suggestion(self, suggestion: Suggestion) -> None:
        """The tables are the index."""

    async def get_dataset_progress(self, dataset: Dataset) -> dict[str, int]:
        """How many records there are, completed and pending."""
        return await self._counts(dataset, select(Record.status, func.count()).where(Record.dataset_id == dataset.id)
                                  .group_by(Record.status))

    async def get_dataset_user_progress(self, dataset: Dataset, user: User) -> dict[str, int]:
        """How many responses the user has given, by status."""
        return await self._counts(dataset, select(Response.status, func.count()).join(Record)
                                  .where(Record.dataset_id == dataset.id, Response.user_id == user.id)
                                  .group_by(Response.status))

    async def _counts(self, dataset: Dataset, query: Select[Any]) -> dict[str, int]:
        if dataset.is_draft:
            return {}
        async with AsyncSessionLocal() as db:
            counts = {str(status): count for status, count in (await db.execute(query)).all()}
        return {"total": sum(counts.values()), **counts}

    async def search(self, dataset: Dataset, query: TextQuery | str | None = None, filter: Filter | None = None,
                     sort: list[Order] | None = None, offset: int = 0, limit: int = 100,
                     user_id: UUID | str | None = None) -> SearchResponses:
        """Records that match, in the order asked for, else in the order in which this user should meet them."""
        matching = self._matching(dataset, query, filter)
        async with AsyncSessionLocal() as db:
            if user_id is not None and not sort:
                names = await _for_user(db, dataset, matching, user_id)
                total, page = len(names), [UUID(name) for name in names[offset:offset + limit]]
            else:
                total = (await db.execute(select(func.count()).select_from(matching.subquery()))).scalar_one()
                ordered_page = matching.order_by(*sort_keys(sort or [], dataset)).offset(offset).limit(limit)
                page = (await db.scalars(ordered_page)).all()
        return SearchResponses(items=[SearchResponseItem(record_id=name, score=1.0) for name in page], total=total)

    def _matching(self, dataset: Dataset, query: TextQuery | str | None, filter: Filter | None) -> Select[Any]:
        matching = select(Record.id).where(Record.dataset_id == dataset.id)
        if filter is not None:
            matching = matching.where(condition(filter, dataset))
        if query is not None:
            text = TextQuery(q=query) if isinstance(query, str) else query
            matching = matching.where(text_condition(text.q, text.field, dataset))
        return matching

    async def compute_metrics_for(self, metadata_property: MetadataProperty) -> MetadataMetrics:
        """The values of a metadata property, most frequent first, or its range."""
        values = func.json_each(Record.metadata_, f'$."{metadata_property.name}"').table_valued("value", "type")
        present = select(values.c.value).select_from(Record).join(values, values.c.type != "null").where(
            Record.dataset_id == metadata_property.dataset_id).subquery()
        async with AsyncSessionLocal() as db:
            if metadata_property.type == MetadataPropertyType.terms:
                count = func.count()
                rows = (await db.execute(select(present.c.value, count).group_by(present.c.value)
                                         .order_by(count.desc(), present.c.value.asc()))).all()
                return TermsMetrics(total=sum(count for _, count in rows), values=[
                    TermsMetrics.TermCount(term=str(term), count=count) for term, count in rows[:MOST_TERMS]])
            low, high = (await db.execute(select(func.min(present.c.value), func.max(present.c.value)))).one()
        kind = IntegerMetadataMetrics if metadata_property.type == MetadataPropertyType.integer else FloatMetadataMetrics
        return kind(min=low, max=high)

    async def similarity_search(self, dataset: Dataset, vector_settings: VectorSettings, value: list[float] | None = None,
                                record: Record | None = None, query: TextQuery | str | None = None,
                                filter: Filter | None = None, max_results: int = 100,
                                order: SimilarityOrder = SimilarityOrder.most_similar,
                                threshold: float | None = None) -> SearchResponses:
        """Records by the cosine of their vectors; the score is (1 + cosine) / 2."""
        if bool(value) == bool(record):
            raise ValueError("Must provide either vector value or record to compute the similarity search")
        target = value or record.vector_value_by_vector_settings(vector_settings)
        if not target:
            raise ValueError("Cannot find a vector value to apply with provided info")
        sign = -1 if order == SimilarityOrder.least_similar else 1
        matching = self._matching(dataset, query, filter).subquery()
        async with AsyncSessionLocal() as db:
            rows = (await db.execute(select(Vector.record_id, Vector.value).where(
                Vector.vector_settings_id == vector_settings.id, Vector.record_id.in_(select(matching.c.id))))).all()
        scored = [(name, (1 + sign * _cosine(target, vector)) / 2) for name, vector in rows
                  if record is None or name != record.id]
        best = sorted(scored, key=lambda item: (-item[1], str(item[0])))[:max_results]
        items = [SearchResponseItem(record_id=name, score=score) for name, score in best
                 if threshold is None or score >= threshold]
        return SearchResponses(items=items, total=len(items))


async def _for_user(db: Any, dataset: Dataset, matching: Select[Any], user_id: UUID | str) -> list[str]:
    """The ids of the matching records, as hex digits, in the order in which this user should meet them."""
    answers = select(func.count()).where(Response.record_id == Record.id, Response.status == ResponseStatus.submitted)
    # As plain text: ten thousand UUID objects for a page of ten records would cost more than all the rest.
    rows = (await db.execute(matching.with_only_columns(
        cast(Record.id, Text), cast(Record.status, Text) == RecordStatus.pending.value,
        answers.correlate(Record).scalar_subquery()))).all()
    users = (await db.scalars(select(WorkspaceUser.user_id).where(WorkspaceUser.workspace_id == dataset.workspace_id))).all()
    return ordered(rows, UUID(str(user_id)).hex, [name.hex for name in users], dataset.distribution["min_submitted"])


def _cosine(first: list[float], second: list[float]) -> float:
    length = math.sqrt(math.fsum(x * x for x in first)) * math.sqrt(math.fsum(x * x for x in second))
    return math.fsum(x * y for x, y in zip(first, second, strict=True)) / length if length else 0.0
