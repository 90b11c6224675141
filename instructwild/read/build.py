"""Instruction rows of any layout, gathered one by one into flat columns: many times quicker than a frame of nested dicts."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl
import pyarrow as pa

from instructwild.read.cells import is_empty, json_text, parsed
from instructwild.read.layouts import Conversation, to_conversation
from instructwild.read.names import ColumnNames
from instructwild.schema.columns import compact
from instructwild.schema.identity import content_id, response_id, turn_of
from instructwild.stage.frames import INSTRUCTION

TEXT = pa.large_string()
TURN = ("role", "content", "reasoning_content", "tool_calls", "tool_call_id", "name")
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

    def add(self, value: Any) -> None:
        """Add one row, whole or not at all.

        Raises:
            ValueError: it has no known layout, or holds text that no file can hold (`UnicodeEncodeError`).
            LeftOut: it holds media, or an answer that is marked as bad.
        """
        if not isinstance(value, Mapping):
            raise ValueError(f"expected an object, found {type(value).__name__}")
        keys = [str(key) for key in value]
        renames = self._names.renames(keys)
        row = {renames.get(key, key): item for key, item in value.items()} if renames else value
        if row.get("label") in (0, "0") and self._names.mapping.get("label"):
            row = {**row, "\0bad": True}
        conversation = to_conversation(row)
        said = [tuple(turn.get(part) for part in TURN) for turn in conversation.turns]
        for texts in said:
            for text in texts:
                _text(text)
        turns = [turn_of(turn) for turn in conversation.turns]
        name, answer = content_id(turns), response_id(turns)
        read = conversation.read
        labels = row.get("labels")
        labels = labels if isinstance(labels, Mapping) else {}
        language = _text(row.get("language")) or "und"
        kind_key = next((key for key in ("instruction_type", "category") if _text(row.get(key))), None)
        kind = _text(labels.get("type")) or (_text(row[kind_key]) if kind_key else None)
        if kind_key and not labels.get("type"):
            read.add(kind_key)
        origin, made_by, scores = self._places(row, read), _made_by(row.get("made_by")), _scores(row.get("scores"))
        parents, flags = _texts(row.get("parents")), _texts(labels.get("flags"))
        risk = _texts(labels.get("risk")) or _texts(row.get("special_tag"))
        read |= {key for key, understood in (
            ("labels", bool(labels)), ("language", isinstance(row.get("language"), str)), ("made_by", made_by is not None),
            ("scores", bool(scores)),
            ("parents", bool(parents)), ("special_tag", bool(risk)), ("id", row.get("id") == name),
            ("response_id", row.get("response_id") == answer)) if understood}
        extra = _extra(value, renames, row, conversation)
        tools = json_text(conversation.tools) if conversation.tools else None
        self._ids.append(name)
        self._answers.append(answer)
        self._languages.append(language)
        self._types.append(kind)
        self._made_by.append(made_by)
        self._tools.append(tools)
        self._extra.append(extra)
        self._messages.add(said)
        self._origin.add(origin)
        self._scores.add(scores)
        self._parents.add(parents)
        self._risk.add(risk)
        self._flags.add(flags)

    def _places(self, row: Mapping[str, Any], read: set[str]) -> list[Texts]:
        places = row.get("origin")
        if isinstance(places, list) and places and all(isinstance(place, Mapping) for place in places):
            read.add("origin")
            return [(_text(place.get("kind")) or self._kind, _text(place.get("source")) or self._source,
                     *(_text(place.get(key)) for key in ORIGIN[2:])) for place in places]
        read |= {key for key in ("source", "url", "license") if isinstance(row.get(key), str)}
        return [(self._kind, _text(row.get("source")) or self._source, _text(row.get("url")), None,
                 _text(row.get("license")), None)]

    def frame(self) -> pl.DataFrame:
        """All rows added, in their order, in the columns of `frames.INSTRUCTION`."""
        made = [made or ((None,) * len(MADE_BY), None) for made in self._made_by]
        made_by = pa.StructArray.from_arrays(
            [*_columns([texts for texts, _ in made], len(MADE_BY)), pa.array([usd for _, usd in made], pa.float64())],
            names=[*MADE_BY, "usd"], mask=pa.array([made is None for made in self._made_by], pa.bool_()))
        labels = pa.StructArray.from_arrays([pa.array(self._types, TEXT), self._risk.texts(), self._flags.texts()],
                                            names=["type", "risk", "flags"])
        names, values = zip(*self._scores.items, strict=True) if self._scores.items else ((), ())
        scores = self._scores.listed(pa.StructArray.from_arrays(
            [pa.array(names, TEXT), pa.array(values, pa.float64())], names=["name", "value"]))
        found = pl.from_arrow(pa.table({
            "id": pa.array(self._ids, TEXT), "response_id": pa.array(self._answers, TEXT),
            "messages": self._messages.structs(TURN), "language": pa.array(self._languages, TEXT),
            "origin": self._origin.structs(ORIGIN), "parents": self._parents.texts(), "made_by": made_by, "labels": labels,
            "scores": scores, "tools": pa.array(self._tools, TEXT), "extra": pa.array(self._extra, TEXT)}))
        assert isinstance(found, pl.DataFrame)
        return found.cast(dict(INSTRUCTION))


class _Lists:
    """One list a row, gathered as one flat list of items and the places where rows end."""

    def __init__(self) -> None:
        self.items: list[Any] = []
        self._ends = [0]

    def add(self, items: Iterable[Any]) -> None:
        self.items.extend(items)
        self._ends.append(len(self.items))

    def listed(self, flat: pa.Array) -> pa.Array:
        return pa.LargeListArray.from_arrays(pa.array(self._ends, pa.int64()), flat)

    def texts(self) -> pa.Array:
        return self.listed(pa.array(self.items, TEXT))

    def structs(self, names: Sequence[str]) -> pa.Array:
        return self.listed(pa.StructArray.from_arrays(_columns(self.items, len(names)), names=list(names)))


def _extra(value: Mapping[str, Any], renames: Mapping[str, str], row: Mapping[str, Any],
           conversation: Conversation) -> str | None:
    """Every column that nothing read, under its own name, as JSON; None where there is none."""
    rest = {str(key): item for key, item in value.items()
            if (read_as := renames.get(str(key), str(key))) not in conversation.read and read_as != "extra"
            and not is_empty(item)}
    rest |= conversation.extra
    before = parsed(row.get("extra"))
    if isinstance(before, Mapping):
        rest = {**before, **rest}
    elif not is_empty(before):
        rest["extra"] = before
    return json_text(rest) if rest else None


def _columns(rows: Sequence[Texts], width: int) -> list[pa.Array]:
    return [pa.array([row[place] for row in rows], TEXT) for place in range(width)]


def _made_by(value: Any) -> tuple[Texts, float] | None:
    if not isinstance(value, Mapping) or _text(value.get("model")) is None:
        return None
    sampling, usd = value.get("sampling"), value.get("usd")
    given = {**value, "sampling": compact(sampling) if isinstance(sampling, Mapping) else sampling}
    return tuple(_text(given.get(key)) for key in MADE_BY), float(usd) if isinstance(usd, int | float) else 0.0


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
