"""Instruction rows of any layout, gathered one by one into flat columns: many times quicker than a frame of nested dicts."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from instructwild.read.cells import is_empty, json_text, parsed
from instructwild.read.columns_read import ColumnsRead
from instructwild.read.conversation import RowConversation
from instructwild.read.layouts import to_conversation
from instructwild.read.names import ColumnNames
from instructwild.schema.columns import MESSAGE_FIELDS, compact
from instructwild.schema.identity import content_id, response_id, turn_of
from instructwild.stage.frames import INSTRUCTION, lists

ORIGIN = ("kind", "source", "url", "author", "license", "collected_at")
MADE_BY = ("model", "template", "template_hash", "sampling", "request_id")
Texts = tuple[str | None, ...]


class Builder:
    """Rows added one by one, handed out as one frame.

    Args:
        kind, source: the origin of rows that do not name their own.
        names: which column is read as what.
    """

    def __init__(self, kind: str, source: str, names: ColumnNames | None = None) -> None:
        self._kind, self._source, self._names = kind, source, names or ColumnNames()
        self._ids: list[str] = []
        self._answers: list[str | None] = []
        self._languages: list[str] = []
        self._types: list[str | None] = []
        self._made_by: list[tuple[Texts, float] | None] = []
        self._tools: list[str | None] = []
        self._extra: list[str | None] = []
        self._messages, self._origin, self._scores = _Lists(), _Lists(), _Lists()
        self._parents, self._risk, self._flags = _Lists(), _Lists(), _Lists()
        self._rows_of: dict[tuple[str, ...], int] = {}
        self._first_of: dict[tuple[str, ...], tuple[str, list[tuple[str, str]], list[str]]] = {}

    def add(self, value: Any) -> None:
        """Add one row, whole or not at all.

        Raises:
            ValueError: it has no known layout, or holds text that no file can hold (`UnicodeEncodeError`).
            LeftOut: it holds media, or an answer that is marked as bad.
        """
        value = row_of(value)
        keys = [str(key) for key in value]
        renames = self._names.renames(keys)
        row: Mapping[str, Any] = {renames.get(str(key), str(key)): item for key, item in value.items()} if renames else value
        conversation = to_conversation(row)
        turns = [tuple(turn.get(part) for part in MESSAGE_FIELDS) for turn in conversation.turns]
        for texts in turns:
            for text in texts:
                _text(text)
        counted = [turn_of(turn) for turn in conversation.turns]
        name, answer = content_id(counted), response_id(counted)
        read = conversation.read
        language = _text(row.get("language")) or _text(conversation.language) or "und"
        labels = _labels(row, read)
        origin, made_by, scores = self._origins(row, read), _made_by(row.get("made_by")), _scores(row.get("scores"))
        parents = _texts(row.get("parents"))
        read |= {key for key, understood in (
            ("language", isinstance(row.get("language"), str)), ("made_by", made_by is not None),
            ("scores", bool(scores)), ("parents", bool(parents)), ("id", row.get("id") == name),
            ("response_id", row.get("response_id") == answer)) if understood}
        extra = _extra(value, renames, row, conversation)
        tools = json_text(conversation.tools) if conversation.tools else None
        self._ids.append(name)
        self._answers.append(answer)
        self._languages.append(language)
        self._types.append(labels[0])
        self._made_by.append(made_by)
        self._tools.append(tools)
        self._extra.append(json_text(extra) if extra else None)
        self._messages.add(turns)
        self._origin.add(origin)
        self._scores.add(scores)
        self._parents.add(parents)
        self._risk.add(labels[1])
        self._flags.add(labels[2])
        self._count(conversation, keys, renames, extra)

    def _count(self, conversation: RowConversation, keys: Sequence[str], renames: Mapping[str, str],
               extra: Mapping[str, Any]) -> None:
        """Count what the columns were read as; the same columns are looked at once."""
        key = (conversation.layout, *keys, "\0", *sorted(conversation.read), "\0", *extra)
        self._rows_of[key] = self._rows_of.get(key, 0) + 1
        if self._rows_of[key] == 1:
            columns = [(name, renames.get(name, name)) for name in keys if renames.get(name, name) in conversation.read]
            self._first_of[key] = (conversation.layout, columns, [name for name in keys if name in extra])

    def counted(self, columns: ColumnsRead) -> None:
        """Add what the rows were read as to `columns`."""
        for key, (layout, read, extra) in self._first_of.items():
            columns.add(layout, read, extra, self._rows_of[key])

    def _origins(self, row: Mapping[str, Any], read: set[str]) -> list[Texts]:
        origins = row.get("origin")
        if isinstance(origins, list) and origins and all(isinstance(origin, Mapping) for origin in origins):
            read.add("origin")
            return [(_text(origin.get("kind")) or self._kind, _text(origin.get("source")) or self._source,
                     *(_text(origin.get(key)) for key in ORIGIN[2:])) for origin in origins]
        read |= {key for key in ("source", "url", "license") if isinstance(row.get(key), str)}
        return [(self._kind, _text(row.get("source")) or self._source, _text(row.get("url")), None,
                 _text(row.get("license")), None)]

    def frame(self) -> pl.DataFrame:
        """All rows added, in their order, in the columns of `frames.INSTRUCTION`."""
        made = [made or ((None,) * len(MADE_BY), None) for made in self._made_by]
        made_by = _texts_of([texts for texts, _ in made], MADE_BY).with_columns(
            pl.Series("usd", [usd for _, usd in made], pl.Float64))
        labels = pl.DataFrame({"type": _strings(self._types), "risk": self._risk.texts(), "flags": self._flags.texts()})
        names, values = zip(*self._scores.items, strict=True) if self._scores.items else ((), ())
        scores = pl.DataFrame({"name": _strings(names), "value": pl.Series(values, dtype=pl.Float64)})
        return pl.DataFrame({
            "id": _strings(self._ids), "response_id": _strings(self._answers),
            "messages": self._messages.structs(MESSAGE_FIELDS), "language": _strings(self._languages),
            "origin": self._origin.structs(ORIGIN), "parents": self._parents.texts(),
            "made_by": made_by.select(pl.when(pl.col("usd").is_not_null()).then(pl.struct(pl.all()))).to_series(),
            "labels": labels.to_struct(), "scores": self._scores.listed(scores.to_struct()), "tools": _strings(self._tools),
            "extra": _strings(self._extra)}).cast(INSTRUCTION)


def row_of(value: Any) -> Mapping[str, Any]:
    """A row as an object; a list of messages alone is the row that holds nothing else.

    Raises:
        ValueError: it is neither.
    """
    if isinstance(value, list) and value and all(isinstance(item, Mapping) and ("role" in item or "from" in item)
                                                 for item in value):
        return {"messages": value}
    if not isinstance(value, Mapping):
        raise ValueError(f"expected an object, found {type(value).__name__}")
    return value


class _Lists:
    """One list a row, gathered as one flat list of items and where each row ends in it."""

    def __init__(self) -> None:
        self.items: list[Any] = []
        self._ends: list[int] = []

    def add(self, items: Iterable[Any]) -> None:
        self.items.extend(items)
        self._ends.append(len(self.items))

    def listed(self, items: pl.Series) -> pl.Series:
        return lists(items, np.array(self._ends, np.int64))

    def texts(self) -> pl.Series:
        return self.listed(_strings(self.items))

    def structs(self, names: Sequence[str]) -> pl.Series:
        return self.listed(_texts_of(self.items, names).to_struct())


def _labels(row: Mapping[str, Any], read: set[str]) -> tuple[str | None, list[str], list[str]]:
    """Type, risks and flags; the columns they are read from join `read`."""
    labels = row.get("labels")
    labels = labels if isinstance(labels, Mapping) else {}
    if labels:
        read.add("labels")
    key = next((key for key in ("instruction_type", "category") if _text(row.get(key))), None)
    if key and not labels.get("type"):
        read.add(key)
    risk = _texts(labels.get("risk")) or _texts(row.get("special_tag"))
    if risk:
        read.add("special_tag")
    return _text(labels.get("type")) or (_text(row[key]) if key else None), risk, _texts(labels.get("flags"))


def _extra(value: Mapping[str, Any], renames: Mapping[str, str], row: Mapping[str, Any],
           conversation: RowConversation) -> dict[str, Any]:
    """Every column that nothing read, under its own name."""
    rest = {str(key): item for key, item in value.items()
            if (read_as := renames.get(str(key), str(key))) not in conversation.read and read_as != "extra"
            and not is_empty(item)}
    rest |= conversation.extra
    before = parsed(row.get("extra"))
    if isinstance(before, Mapping):
        return {**before, **rest}
    return rest if is_empty(before) else {**rest, "extra": before}


def _strings(texts: Sequence[str | None]) -> pl.Series:
    return pl.Series(texts, dtype=pl.String)


def _texts_of(rows: Sequence[Texts], names: Sequence[str]) -> pl.DataFrame:
    return pl.DataFrame({name: _strings([row[number] for row in rows]) for number, name in enumerate(names)})


def _made_by(value: Any) -> tuple[Texts, float] | None:
    if not isinstance(value, Mapping) or _text(value.get("model")) is None:
        return None
    sampling, usd = value.get("sampling"), value.get("usd")
    texts = {**value, "sampling": compact(sampling) if isinstance(sampling, Mapping) else sampling}
    return tuple(_text(texts.get(key)) for key in MADE_BY), float(usd) if isinstance(usd, int | float) else 0.0


def _scores(value: Any) -> list[tuple[str, float]]:
    if isinstance(value, Mapping):
        named = list(value.items())
    elif isinstance(value, list):
        named = [(score.get("name"), score.get("value")) for score in value if isinstance(score, Mapping)]
    else:
        return []
    return [(name, float(number)) for name, number in named
            if isinstance(number, int | float) and _text(name)]


def _text(value: Any) -> str | None:
    """A text that a file can hold, or nothing.

    Raises:
        UnicodeEncodeError: it holds a lone surrogate.
    """
    if not isinstance(value, str) or not value:
        return None
    if not value.isascii():
        value.encode()
    return value


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        value = [value]
    return [item for item in value if _text(item)] if isinstance(value, list | tuple) else []
