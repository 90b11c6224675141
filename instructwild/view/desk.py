"""The sources that are viewed with their indexes, the edits, and the replies to the requests of the page."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import polars as pl
from pydantic import ValidationError

from instructwild.clean.edit_file import Edit
from instructwild.errors import ConfigError, InputError
from instructwild.text.quantity import quantity
from instructwild.view.edit_log import EditLog, row_key
from instructwild.view.history import StageHistory
from instructwild.view.index import ViewIndex
from instructwild.view.query import RowFilter, RowQuery
from instructwild.view.row import row_shown
from instructwild.view.source import ViewSource

if TYPE_CHECKING:
    from instructwild.view.compare import SourceComparisons

Query = list[tuple[str, str]]
MOST_ROWS = 200
"""Rows of one page of the list."""


class ViewDesk:
    """The sources that one page shows.

    Args:
        indexes: one of each source.
        edits: where decisions are kept.
        root: the folder that the stages lie in, for what became of a row.
    """

    def __init__(self, indexes: Sequence[ViewIndex], edits: EditLog, root: Path) -> None:
        self._queries = [RowQuery(index) for index in indexes]
        self.log, self._history, self._lock = edits, StageHistory(root), Lock()

    @cached_property
    def _comparisons(self) -> "SourceComparisons":
        from instructwild.view.compare import SourceComparisons  # the page opens before anything is compared

        return SourceComparisons()

    def close(self) -> None:
        """Stop reading."""
        for query in self._queries:
            query.index.close()

    def sources(self, query: Query) -> dict[str, Any]:
        """What there is to look at, how far it is read, and where edits go."""
        listed = []
        for number in range(len(self._queries)):
            index = self._query([("source", str(number))]).index
            manifest, (kept, dropped) = index.source.manifest, index.rows
            listed.append({"name": index.source.name, "kind": index.source.kind, "kept": kept, "dropped": dropped,
                           "building": index.building, "problem": index.problem,
                           "stage": manifest.stage if manifest else None,
                           "gate": manifest.gate if manifest else None,
                           "total": manifest.rows.kept + manifest.rows.dropped if manifest else None})
        return {"sources": listed, "edits_file": str(self.log.path), "edits": len(self.log.edits())}

    def rows(self, query: Query) -> dict[str, Any]:
        """One page of the list."""
        query_of_source, edited = self._query(query), self.log.by_row()
        offset, limit = _whole(query, "offset", 0), min(_whole(query, "limit", 50), MOST_ROWS)
        total, frame = query_of_source.page(self._filter(query, edited), offset, limit)
        shown = [{**row, "edits": [edit.edit for edit in edited.get(row_key(row["id"], row["response_id"]), ())]}
                 for row in frame.drop("part", "pos").iter_rows(named=True)]
        return {"total": total, "rows": shown, "building": query_of_source.index.building}

    def counts(self, query: Query) -> dict[str, Any]:
        """How many rows have each value, under the filters."""
        return self._query(query).counts(self._filter(query, self.log.by_row()))

    def row(self, query: Query) -> dict[str, Any]:
        """One row whole."""
        index, n = self._query(query).index, _whole(query, "n", -1)
        row = self._whole(index, n)
        shown = row_shown(index.source, n, row, [])
        edits = self.log.by_row().get(row_key(shown["id"], shown["response_id"]), [])
        return {**shown, "edits": [edit.model_dump(exclude_unset=True) for edit in edits]}

    def twins(self, query: Query) -> dict[str, Any]:
        """The rows that resemble one."""
        from instructwild.view.twins import twins_of

        return {"twins": twins_of(self._query(query).index, _whole(query, "n", -1))}

    def history(self, query: Query) -> dict[str, Any]:
        """What is behind a row, and what became of it in the stages under the root."""
        return {"history": self._history.of(dict(query).get("id", "")), "root": str(self._history.root)}

    def find(self, query: Query) -> dict[str, Any]:
        """The number of a row by its id, in this source or else in another."""
        row_id, first = dict(query).get("id", ""), _whole(query, "source", 0)
        for number in dict.fromkeys([first, *range(len(self._queries))]):
            index = self._query([("source", str(number))]).index
            rows = index.facts().filter(pl.col("id") == row_id).select("n", "kept").collect().sort("kept", descending=True)
            if row_id and not rows.is_empty():
                return {"source": number, "n": rows["n"][0]}
        raise InputError("there is no such row", where=row_id)

    def compare(self, query: Query) -> dict[str, Any]:
        """Two sources side by side."""
        values = dict(query)
        first, second = (self._query([("source", values.get(name, "0"))]).index.source for name in ("first", "second"))
        return self._comparisons.page(first, second, text=values.get("q", ""), change=values.get("change", ""),
                                      why=values.get("why", ""), offset=_whole(query, "offset", 0),
                                      limit=min(_whole(query, "limit", 50), MOST_ROWS))

    def edit(self, body: Any) -> dict[str, Any]:
        """Keep a decision about a row, or take the last one back.

        Raises:
            ConfigError: it is no edit, or not one of this row.
            OutputError: it could not be written.
        """
        if not isinstance(body, dict) or not isinstance(body.get("n"), int):
            raise ConfigError("is no edit", where="body")
        query: Query = [("source", str(body.get("source", 0))), ("n", str(body["n"]))]
        index, shown = self._query(query).index, self.row(query)
        if not shown["editable"]:
            raise ConfigError("is no instruction row with an id: `clean` applies edits to such rows only", where="row")
        if body.get("edit") == "undo":
            self.log.undo(shown["id"], shown["response_id"])
            return self.row(query)
        self.log.add(_edit_of(body, shown, index.source.name))
        return self.row(query)

    def _query(self, query: Query) -> RowQuery:
        """The source that a question is about, opened again where its files were replaced meanwhile."""
        number = _whole(query, "source", 0)
        if not 0 <= number < len(self._queries):
            raise ConfigError("there is no such source", where="source")
        with self._lock:
            query_of_source = self._queries[number]
            if not query_of_source.index.current():
                source = query_of_source.index.source
                query_of_source.index.close()
                query_of_source = RowQuery(ViewIndex(ViewSource.open(source.path, source.encoding, source.columns)))
                self._queries[number] = query_of_source
            return query_of_source

    @staticmethod
    def _filter(query: Query, edited: dict[str, list[Edit]]) -> RowFilter:
        return RowFilter.of_query(query, frozenset(edited))

    @staticmethod
    def _whole(index: ViewIndex, n: int) -> dict[str, Any]:
        row = index.whole(n) if n >= 0 else None
        if row is None:
            raise InputError("there is no such row", where=str(n))
        return row


def _whole(query: Query, name: str, default: int) -> int:
    value = dict(query).get(name, "")
    try:
        number = int(value) if value else default
    except ValueError:
        raise ConfigError("is no whole number", where=name) from None
    if abs(number) >= 2**31:
        raise ConfigError("is out of range", where=name)
    return number


def _edit_of(body: dict[str, Any], row: dict[str, Any], source: str) -> Edit:
    """The edit that the page sent about a row.

    Raises:
        ConfigError: it is none, or does not fit the row.
    """
    fields = {name: body[name] for name in ("edit", "contents", "labels", "note") if body.get(name) not in (None, "")}
    if row["left"] and fields.get("edit") == "restore":
        fields["overrules"] = row["left"]["step"]
    try:
        edit = Edit.model_validate({**fields, "id": row["id"], "response_id": row["response_id"], "stage": source})
        edit.model_dump_json().encode()
    except (ValidationError, ValueError) as error:
        raise ConfigError(f"is no edit ({str(error).splitlines()[0]})", where="body") from None
    if (edit.edit, bool(row["left"])) in (("drop", True), ("restore", False)):
        raise ConfigError(f"cannot {edit.edit} a row that was {'dropped' if row['left'] else 'kept'}", where="body")
    if edit.contents is not None and len(edit.contents) != len(row["messages"]):
        raise ConfigError(f"has {quantity(len(edit.contents), 'turn')} where the row has "
                          f"{len(row['messages'])}", where="contents")
    return edit
