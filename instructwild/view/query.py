"""Which rows are shown: what the page may ask for, and the answers out of an index.

A text is looked for once; what it finds is kept for the pages, counts and further filters that follow.
"""

import re
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from itertools import pairwise
from threading import Lock
from typing import Any

import polars as pl

from instructwild.errors import ConfigError
from instructwild.view.facts import TEXTS
from instructwild.view.index import ViewIndex

SINGLE, SEVERAL = ("language", "type", "step", "reason"), ("source", "kind", "model", "risk", "flags")
"""What rows have one or none of, and what they may have several of."""
FROM = "from"
"""The parameter of the facet `source`: `source` is the number of the stage or file that is looked at."""
RANGES = ("length", "answer_length", "turns")
SORTS = ("order", "longest", "shortest", "longest_answer", "score_up", "score_down")
VALUES, BINS, SNIPPET = 24, 24, 300
REMEMBERED = 12


@dataclass(frozen=True)
class RowFilter:
    """What rows have to be to be shown. Values of one name are alternatives; an empty value means none.

    Attributes:
        text: is looked for in `where` (prompt, answer or any), whatever its case; as a regular expression if `regex`.
        state: kept, dropped, or empty for both.
        values: of `SINGLE` and `SEVERAL`.
        ranges: (least, most), both included, of `RANGES`.
        score: the name of a score, and its range.
        keys: "id/response_id" of rows; None for any.
    """

    text: str = ""
    where: str = "any"
    regex: bool = False
    state: str = ""
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ranges: Mapping[str, tuple[float | None, float | None]] = field(default_factory=dict)
    score: str = ""
    score_range: tuple[float | None, float | None] = (None, None)
    sort: str = "order"
    keys: frozenset[str] | None = None

    @classmethod
    def of_query(cls, query: Iterable[tuple[str, str]], keys: frozenset[str] | None = None) -> "RowFilter":
        """The filter that the parameters of an address describe; those that are none are left alone.

        Raises:
            ConfigError: a value is not one of those allowed.
        """
        listed: dict[str, list[str]] = {}
        for name, value in query:
            listed.setdefault(name, []).append(value)
        first = {name: values[0] for name, values in listed.items()}
        checks = (("where", ("any", *TEXTS)), ("state", ("", "kept", "dropped")), ("sort", SORTS))
        for name, allowed in checks:
            if first.get(name, allowed[0]) not in allowed:
                raise ConfigError(f"{first[name]!r} is not one of {', '.join(allowed)}", where=name)
        ranges = {name: bounds for name in RANGES if (bounds := _bounds(first, name)) != (None, None)}
        return cls(text=first.get("q", ""), where=first.get("where", "any"), regex=first.get("regex") == "1",
                   state=first.get("state", ""), sort=first.get("sort", "order"), ranges=ranges,
                   values={name: tuple(listed[FROM if name == "source" else name]) for name in (*SINGLE, *SEVERAL)
                           if (FROM if name == "source" else name) in listed},
                   score=first.get("score", ""), score_range=_bounds(first, "score"),
                   keys=keys if first.get("edited") == "1" else None)

    def text_test(self) -> pl.Expr | None:
        """What looks for the text; None without one.

        Raises:
            ConfigError: the regular expression cannot be read.
        """
        if not self.text:
            return None
        pattern = f"(?i){self.text if self.regex else re.escape(self.text)}"
        try:
            pl.Series([""]).str.contains(pattern)
        except pl.exceptions.PolarsError as error:
            raise ConfigError(f"cannot be read as a regular expression ({str(error).strip().splitlines()[-1]})", where="q",
                              remedy="correct it, or search for the text itself") from None
        names = TEXTS if self.where == "any" else (self.where,)
        return pl.any_horizontal([pl.col(name).str.contains(pattern) for name in names] + (
            [pl.col("id") == self.text] if self.where == "any" else []))

    def tests(self) -> dict[str, pl.Expr]:
        """What else rows have to be, by the name of the facet."""
        tests = {name: _value_test(name, values) for name, values in self.values.items()}
        if self.state:
            tests["state"] = pl.col("kept") == (self.state == "kept")
        for name, (least, most) in self.ranges.items():
            tests[name] = _between(pl.col(name), least, most)
        if self.score and self.score_range != (None, None):
            tests["score"] = _between(_score(self.score), *self.score_range)
        if self.keys is not None:
            key = pl.concat_str("id", pl.lit("/"), pl.col("response_id").fill_null(""))
            tests["edited"] = key.is_in(list(self.keys))
        return tests


def _bounds(first: Mapping[str, str], name: str) -> tuple[float | None, float | None]:
    try:
        least, most = (float(first[key]) if first.get(key) else None for key in (f"min_{name}", f"max_{name}"))
    except ValueError:
        raise ConfigError("is no number", where=f"min_{name}, max_{name}") from None
    return least, most


def _between(value: pl.Expr, least: float | None, most: float | None) -> pl.Expr:
    test = value.is_not_null()
    if least is not None:
        test &= value >= least
    return test & (value <= most) if most is not None else test


def _score(name: str) -> pl.Expr:
    turn = pl.element().struct
    return pl.col("scores").list.eval(pl.element().filter(turn.field("name") == name).struct.field("value")).list.first()


def _value_test(name: str, values: Sequence[str]) -> pl.Expr:
    column = pl.col(name)
    chosen = [value for value in values if value]
    if name in SINGLE:
        test = column.is_in(chosen)
        return test.fill_null(False) | column.is_null() if "" in values else test.fill_null(False)
    tests = [column.list.contains(value) for value in chosen] + ([column.list.len() == 0] if "" in values else [])
    return pl.any_horizontal(tests)


class RowQuery:
    """Rows and counts out of one index, what was found last kept in memory."""

    def __init__(self, index: ViewIndex) -> None:
        self.index = index
        self._answers: OrderedDict[Any, Any] = OrderedDict()
        self._lock = Lock()

    def page(self, row_filter: RowFilter, offset: int, limit: int) -> tuple[int, pl.DataFrame]:
        """How many rows there are, and those from `offset` on: their facts, with the beginnings of their texts."""
        numbers = self._numbers(row_filter)
        shown = numbers.slice(offset, limit)
        snippets = [pl.col(name).str.slice(0, SNIPPET) for name in TEXTS]
        near = pl.col("n").is_between(shown.min() or 0, shown.max() or 0)    # so that other row groups are not read
        rows = self.index.facts().filter(near, pl.col("n").is_in(shown.implode())).with_columns(snippets).collect()
        return numbers.len(), pl.DataFrame({"n": shown}).join(rows, on="n", how="left", maintain_order="left")

    def counts(self, row_filter: RowFilter) -> dict[str, Any]:
        """How many rows have each value: of every facet under all filters but its own, so that others can be chosen.

        Returns:
            `values`: by facet [value, rows] with the most frequent first, null for none; `more`: by facet how many values
            are left out; `ranges` and `scores`: by name [from, to, rows] of each bin.
        """
        return self._remember(("counts", self.index.version, _hashable(row_filter)), lambda: self._count(row_filter))

    def _count(self, row_filter: RowFilter) -> dict[str, Any]:
        base, tests = self._base(row_filter), row_filter.tests()

        def under(facet: str) -> pl.LazyFrame:
            rest = [test for name, test in tests.items() if name != facet]
            return base.filter(rest) if rest else base

        facets = ("state", *SINGLE, *SEVERAL)
        column = {"state": pl.when("kept").then(pl.lit("kept")).otherwise(pl.lit("dropped"))}
        column |= {name: pl.col(name) for name in SINGLE}
        column |= {name: pl.col(name).list.explode(keep_nulls=True, empty_as_null=True) for name in SEVERAL}
        plans = [under(name).select(value=column[name]).group_by("value").len()
                 .sort("len", "value", descending=[True, False]) for name in facets]
        plans += [under(name).select(pl.col(name).cast(pl.Float64).drop_nulls()) for name in RANGES]
        every_score = pl.col("scores").list.explode(keep_nulls=False, empty_as_null=False)
        frames = pl.collect_all([*plans, under("score").select(every_score)])
        listed = {name: frame.rows() for name, frame in zip(facets, frames, strict=False)}
        bins = {name: _binned(frame[name], whole=True) for name, frame in zip(RANGES, frames[len(facets):], strict=False)}
        scores = frames[-1].unnest("scores")
        return {"values": {name: rows[:VALUES] for name, rows in listed.items()},
                "more": {name: len(rows) - VALUES for name, rows in listed.items() if len(rows) > VALUES},
                "ranges": bins,
                "scores": {name: _binned(part["value"].drop_nulls(), whole=False)
                           for (name,), part in sorted(scores.partition_by("name", as_dict=True).items())}}

    def _numbers(self, row_filter: RowFilter) -> pl.Series:
        """The numbers of all rows that pass, in their order."""
        return self._remember(("rows", self.index.version, _hashable(row_filter)), lambda: self._ordered(row_filter))

    def _ordered(self, row_filter: RowFilter) -> pl.Series:
        tests = list(row_filter.tests().values())
        rows = self._base(row_filter).filter(tests) if tests else self._base(row_filter)
        if row_filter.sort == "order":
            return rows.select("n").collect()["n"].sort()
        key = {"longest": pl.col("length"), "shortest": pl.col("length"), "longest_answer": pl.col("answer_length")}.get(
            row_filter.sort, _score(row_filter.score) if row_filter.score else
            pl.col("scores").list.first().struct.field("value"))
        down = row_filter.sort in ("longest", "longest_answer", "score_down")
        return rows.select("n", key=key).collect().sort("key", "n", descending=[down, False], nulls_last=True)["n"]

    def _base(self, row_filter: RowFilter) -> pl.LazyFrame:
        """The facts of the rows that hold the text, without their texts."""
        test = row_filter.text_test()
        if test is None:
            return self.index.facts().drop(TEXTS)
        key = ("text", self.index.version, row_filter.text, row_filter.where, row_filter.regex)
        frame = self._remember(key, lambda: self.index.facts().filter(test).drop(TEXTS).collect())
        return frame.lazy()

    def _remember(self, key: Any, make: Any) -> Any:
        with self._lock:
            if key in self._answers:
                self._answers.move_to_end(key)
                return self._answers[key]
        made = make()
        with self._lock:
            self._answers[key] = made
            while len(self._answers) > REMEMBERED:
                self._answers.popitem(last=False)
        return made


def _hashable(row_filter: RowFilter) -> tuple[Any, ...]:
    return tuple(tuple(sorted(value.items())) if isinstance(value := getattr(row_filter, each.name), Mapping) else value
                 for each in fields(row_filter))


def _binned(values: pl.Series, *, whole: bool) -> list[tuple[float, float, int]]:
    """[from, to, rows] of bins that cover all values: of whole numbers ever wider ones, as lengths have long tails."""
    finite = values.filter(values.is_finite())
    if finite.is_empty():
        return []
    low, high = float(finite.min()), float(finite.max())  # type: ignore[arg-type]
    if whole:
        edges = [float(step) for step in range(int(high) + 2)] if high <= BINS else [0.0, 1.0]
        while edges[-1] <= high:
            size = 10 ** (len(str(int(edges[-1]))) - 1)
            edges.append({1: 2.0, 2: 5.0, 5: 10.0}[int(edges[-1]) // size] * size)
        edges = edges[max(sum(edge <= low for edge in edges) - 1, 0):]
        spans, cuts = [(start, end - 1) for start, end in pairwise(edges)], edges[1:-1]
    else:
        width = (high - low) / BINS
        edges = [low + width * number for number in range(BINS + 1)] if width else [low, high]
        edges[-1] = max(edges[-1], high)
        spans, cuts = list(pairwise(edges)), edges[1:-1]
    counted = finite.to_frame("v").select(bin=pl.lit(pl.Series(cuts, dtype=pl.Float64)).search_sorted(
        pl.col("v"), side="right")).group_by("bin").len()
    by_bin = dict(counted.iter_rows())
    return [(start, end, by_bin.get(number, 0)) for number, (start, end) in enumerate(spans)]
