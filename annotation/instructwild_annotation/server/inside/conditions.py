"""Argilla's filters, sorts and text queries as SQL over its own tables."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from argilla_server.enums import QuestionType, ResponseStatus, ResponseStatusFilter
from argilla_server.errors.future import UnprocessableEntityError
from argilla_server.models import Dataset, Question, Record, Response, Suggestion
from argilla_server.search_engine.base import (
    AndFilter,
    Filter,
    FilterScope,
    MetadataFilterScope,
    Order,
    RangeFilter,
    RecordFilterScope,
    ResponseFilterScope,
    SuggestionFilterScope,
    TermsFilter,
)
from sqlalchemy import ColumnElement, Float, Select, Text, and_, case, cast, exists, func, literal, not_, or_, select, true

SEARCHABLE = (QuestionType.rating, QuestionType.label_selection, QuestionType.multi_label_selection)
WORD = re.compile(r'(-?)"([^"]*)"|(-?)(\S+)')
Elements = Any  # a table-valued json_each or json_tree


def fold(text: Any) -> str | None:
    """Text as it is compared: without case or width. Registered with SQLite as `fold`."""
    return None if text is None else unicodedata.normalize("NFKC", str(text)).casefold()


def _path(*keys: str) -> str:
    return "$" + "".join(f'."{key}"' for key in keys)


def _plain(elements: Elements) -> ColumnElement[str]:
    """A JSON element as text: true and false as words rather than 1 and 0."""
    return case((elements.c.type.in_(["true", "false"]), elements.c.type), else_=cast(elements.c.value, Text))


def _is_number(elements: Elements) -> ColumnElement[bool]:
    return elements.c.type.in_(["integer", "real"])


def _matches(elements: Elements, criterion: TermsFilter | RangeFilter) -> ColumnElement[bool]:
    """Whether one JSON element satisfies a filter; numbers are compared as numbers."""
    if isinstance(criterion, TermsFilter):
        texts = [str(value) for value in criterion.values]
        numbers = [number for number in map(_number, texts) if number is not None]
        return case((_is_number(elements), cast(elements.c.value, Float).in_(numbers)), else_=_plain(elements).in_(texts))
    return and_(elements.c.type != "null", *[
        case((_is_number(elements), _compared(cast(elements.c.value, Float), _number(bound), at_least)),
             else_=_compared(_plain(elements), str(bound), at_least))
        for bound, at_least in ((criterion.ge, True), (criterion.le, False)) if bound is not None])


def _compared(value: ColumnElement[Any], bound: Any, at_least: bool) -> ColumnElement[bool]:
    if bound is None:
        return literal(False)
    return value >= bound if at_least else value <= bound


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _time(value: Any) -> datetime:
    """A bound of a date range: ISO 8601, or milliseconds since 1970; as the naive UTC that Argilla stores."""
    try:
        number = _number(value)
        moment = datetime.fromisoformat(str(value)) if number is None else datetime.fromtimestamp(number / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        raise UnprocessableEntityError(f"`{value}` is no date") from None
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def condition(criterion: Filter, dataset: Dataset) -> ColumnElement[bool]:
    """A filter as a condition on a row of `records`."""
    if isinstance(criterion, AndFilter):
        return and_(true(), *[condition(part, dataset) for part in criterion.filters])
    kinds: dict[type, Callable[..., ColumnElement[bool]]] = {
        RecordFilterScope: _record, MetadataFilterScope: _metadata, SuggestionFilterScope: _suggestion,
        ResponseFilterScope: _response}
    return kinds[type(criterion.scope)](criterion, criterion.scope, dataset)


def _record(criterion: TermsFilter | RangeFilter, scope: RecordFilterScope, dataset: Dataset) -> ColumnElement[bool]:
    column, read = _record_column(scope)
    if isinstance(criterion, TermsFilter):
        return column.in_([read(value) for value in criterion.values])
    return and_(true(), *[_compared(column, read(bound), at_least)
                          for bound, at_least in ((criterion.ge, True), (criterion.le, False)) if bound is not None])


def _record_column(scope: RecordFilterScope) -> tuple[ColumnElement[Any], Callable[[Any], Any]]:
    if scope.property in ("inserted_at", "updated_at"):
        return getattr(Record, str(scope.property)), _time
    if scope.property == "id":
        return cast(Record.id, Text), lambda value: str(value).replace("-", "")
    return cast(getattr(Record, str(scope.property)), Text), str


def _metadata(criterion: TermsFilter | RangeFilter, scope: MetadataFilterScope, dataset: Dataset) -> ColumnElement[bool]:
    values = func.json_each(Record.metadata_, _path(scope.metadata_property)).table_valued("value", "type")
    return exists(select(1).select_from(values).where(_matches(values, criterion)))


def _question(name: str, dataset: Dataset) -> Any:
    """The question's id, as long as its answers can be searched: texts, rankings and spans cannot."""
    return select(Question.id).where(Question.dataset_id == dataset.id, Question.name == name,
                                     func.json_extract(Question.settings, "$.type").in_([str(k) for k in SEARCHABLE]))


def _suggestion(criterion: TermsFilter | RangeFilter, scope: SuggestionFilterScope, dataset: Dataset) -> ColumnElement[bool]:
    values, owner = _suggestion_values(scope, dataset)
    return exists(select(1).select_from(Suggestion).join(values, true()).where(owner, _matches(values, criterion)))


def _suggestion_values(scope: SuggestionFilterScope, dataset: Dataset) -> tuple[Elements, ColumnElement[bool]]:
    if scope.property == "value":
        column, question = Suggestion.value, _question(scope.question, dataset)
    else:
        column = Suggestion.score if scope.property == "score" else func.json_quote(getattr(Suggestion, scope.property))
        question = select(Question.id).where(Question.dataset_id == dataset.id, Question.name == scope.question)
    values = func.json_each(column).table_valued("value", "type")
    return values, and_(Suggestion.record_id == Record.id, Suggestion.question_id.in_(question))


def _response(criterion: TermsFilter | RangeFilter, scope: ResponseFilterScope, dataset: Dataset) -> ColumnElement[bool]:
    whose = [Response.record_id == Record.id] + ([Response.user_id == scope.user.id] if scope.user else [])
    if scope.question:
        values = func.json_each(Response.values, _path(scope.question, "value")).table_valued("value", "type")
        return exists(select(1).select_from(Response).join(values, true())
                      .where(*whose, _question(scope.question, dataset).exists(), _matches(values, criterion)))
    if scope.property != "status" or not isinstance(criterion, TermsFilter):
        raise UnprocessableEntityError(f"responses cannot be filtered by `{scope.property}` in this way")
    statuses = {str(value) for value in criterion.values}
    known = [ResponseStatus(value) for value in statuses if value in set(ResponseStatus)]
    ways = [exists(select(1).select_from(Response).where(*whose, Response.status.in_(known)))] if known else []
    if ResponseStatusFilter.pending in statuses:
        ways.append(not_(exists(select(1).select_from(Response).where(*whose))))
    return or_(literal(False), *ways)


def text_condition(query: str, field: str | None, dataset: Dataset) -> ColumnElement[bool]:
    """A text query: every word, or "phrase in quotes", occurs in some field; -word occurs in none.

    Words are found inside words too, which is how Chinese, written without spaces, is searched at all.
    """
    names = [each.name for each in dataset.fields if not each.is_image and field in (None, each.name)]
    terms = [(minus or dash, phrase or word) for minus, phrase, dash, word in WORD.findall(query) if phrase or word]
    return and_(true(), *[not_(_mentions(term, names)) if negative else _mentions(term, names) for negative, term in terms])


def _mentions(term: str, names: Sequence[str]) -> ColumnElement[bool]:
    ways = []
    for name in names:
        texts = func.json_tree(Record.fields, _path(name)).table_valued("atom", "type")
        ways.append(exists(select(1).select_from(texts)
                           .where(texts.c.type == "text", func.instr(func.fold(texts.c.atom), fold(term)) > 0)))
    return or_(literal(False), *ways)


def sort_keys(orders: Sequence[Order], dataset: Dataset) -> list[ColumnElement[Any]]:
    """Sort keys; records without a value come last either way, and equal ones in the order they were added."""
    keys: list[ColumnElement[Any]] = []
    for order in orders:
        descending = str(order.order) == "desc"
        value = _sort_value(order.scope, dataset, descending)
        keys.append((value.desc() if descending else value.asc()).nulls_last())
    return [*keys, Record.inserted_at.asc(), Record.id.asc()]


def _sort_value(scope: FilterScope, dataset: Dataset, descending: bool) -> ColumnElement[Any]:
    if isinstance(scope, RecordFilterScope):
        return _record_column(scope)[0]
    edge = func.max if descending else func.min     # of several values, the one that comes first
    if isinstance(scope, MetadataFilterScope):
        values = func.json_each(Record.metadata_, _path(scope.metadata_property)).table_valued("value", "type")
        return _single(select(edge(values.c.value)).select_from(values).where(values.c.type != "null"))
    if isinstance(scope, SuggestionFilterScope):
        values, owner = _suggestion_values(scope, dataset)
        return _single(select(edge(values.c.value)).select_from(Suggestion).join(values, true()).where(owner))
    whose = [Response.record_id == Record.id] + ([Response.user_id == scope.user.id] if scope.user else [])
    if scope.question:
        values = func.json_each(Response.values, _path(scope.question, "value")).table_valued("value", "type")
        number = _single(select(func.avg(values.c.value)).select_from(Response).join(values, true())
                         .where(*whose, _is_number(values), _question(scope.question, dataset).exists()))
        word = _single(select(edge(values.c.value)).select_from(Response).join(values, true())
                       .where(*whose, values.c.type == "text", _question(scope.question, dataset).exists()))
        return func.coalesce(number, word)
    return _single(select(edge(cast(Response.status, Text))).where(*whose))


def _single(query: Select[Any]) -> ColumnElement[Any]:
    return query.correlate(Record).scalar_subquery()
