"""Instruction rows of any layout, gathered one by one into flat columns: many times quicker than a frame of nested dicts."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl
import pyarrow as pa

from instructwild.read.layouts import to_messages
from instructwild.schema.columns import compact
from instructwild.schema.identity import content_id, response_id
from instructwild.stage.frames import INSTRUCTION

TEXT = pa.large_string()
TURN = ("role", "content")
ORIGIN = ("kind", "source", "url", "author", "license", "collected_at")
MADE_BY = ("model", "template", "template_hash", "sampling", "request_id")
Texts = tuple[str | None, ...]


class Builder:
    """Rows added one by one, handed out as one frame.

    Args:
        kind, source: the origin of rows that do not name their own.
    """

    def __init__(self, kind: str, source: str) -> None:
        self._kind, self._source = kind, source
        self._ids: list[str] = []
        self._answers: list[str | None] = []
        self._languages: list[str] = []
        self._types: list[str | None] = []
        self._made_by: list[tuple[Texts, float] | None] = []
        self._messages, self._origin, self._scores = _Lists(), _Lists(), _Lists()
        self._parents, self._risk, self._flags = _Lists(), _Lists(), _Lists()

    def add(self, value: Any) -> None:
        """Add one found row, whole or not at all.

        Raises:
            ValueError: it has no known layout, or holds text that no file can hold (`UnicodeEncodeError`).
        """
        if not isinstance(value, Mapping):
            raise ValueError(f"expected an object, found {type(value).__name__}")
        said = [(message["role"], message["content"]) for message in to_messages(value)]
        name, answer = content_id(said), response_id(said)
        labels = value.get("labels")
        labels = labels if isinstance(labels, Mapping) else {}
        language = _text(value.get("language")) or "und"
        kind = _text(labels.get("type")) or _text(value.get("instruction_type")) or _text(value.get("category"))
        origin, made_by, scores = self._places(value), _made_by(value.get("made_by")), _scores(value.get("scores"))
        parents, flags = _texts(value.get("parents")), _texts(labels.get("flags"))
        risk = _texts(labels.get("risk")) or _texts(value.get("special_tag"))
        self._ids.append(name)
        self._answers.append(answer)
        self._languages.append(language)
        self._types.append(kind)
        self._made_by.append(made_by)
        self._messages.add(said)
        self._origin.add(origin)
        self._scores.add(scores)
        self._parents.add(parents)
        self._risk.add(risk)
        self._flags.add(flags)

    def _places(self, value: Mapping[str, Any]) -> list[Texts]:
        given = value.get("origin")
        if isinstance(given, list) and given and all(isinstance(place, Mapping) for place in given):
            return [(_text(place.get("kind")) or self._kind, _text(place.get("source")) or self._source,
                     *(_text(place.get(key)) for key in ORIGIN[2:])) for place in given]
        return [(self._kind, _text(value.get("source")) or self._source, _text(value.get("url")), None,
                 _text(value.get("license")), None)]

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
            "scores": scores}))
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
