"""What two datasets have, and have not, in common.

Rows are matched by id, the name of their prompt, wherever they stand. A row of the second is *rewritten* where its answer
differs, or where it names as its parent a row that only the first has (its prompt was changed); the rest are added, dropped
or the same. A row of the same text may be *relabelled*: another language, type, risk, flag or score.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import polars as pl

Counts = dict[str, int]


@dataclass(frozen=True)
class Rewritten:
    """A prompt or answer that changed."""

    id: str
    what: str
    before: str
    after: str


@dataclass(frozen=True)
class Difference:
    """What the second dataset has that the first has not, and the other way round.

    Attributes:
        rows: of the first and of the second.
        unread: rows of the first and of the second that hold no instruction: they are left out.
        same: rows of the same text in both; `relabelled` of them with another language, label or score.
        reasons: dropped rows by the reason that the second stage gives for them (of a rule with its name),
            `no reason given` where it gives none.
        columns: for each further column (of `extra`, and `tools`) that only some rows have, how many rows of either have it.
        shifts: for language, type and length, how many rows of each value either dataset has.
    """

    first: str
    second: str
    rows: tuple[int, int]
    same: int
    unread: tuple[int, int] = (0, 0)
    relabelled: int = 0
    added: tuple[tuple[str, str], ...] = ()
    dropped: tuple[tuple[str, str, str], ...] = ()
    rewritten: tuple[Rewritten, ...] = ()
    reasons: Counts = field(default_factory=dict)
    shifts: Mapping[str, Mapping[str, tuple[int, int]]] = field(default_factory=dict)
    columns: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def differs(self) -> bool:
        """Whether there is any difference."""
        return bool(self.added or self.dropped or self.rewritten or self.relabelled or self.columns
                    or self.unread[0] != self.unread[1])

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        counts = {"added": len(self.added), "dropped": len(self.dropped), "rewritten": len(self.rewritten),
                  "relabelled": self.relabelled}
        return {**asdict(self), "differs": self.differs, "counts": counts}


def difference(first: str | Path, second: str | Path, encoding: str | None = None,
               columns: Mapping[str, str] | None = None) -> Difference:
    """Compare two stage folders or files.

    Raises:
        InputError: one of them cannot be read, or holds a model.
    """
    import polars as pl

    (old, old_unread), (new, new_unread) = _rows(first, encoding, columns), _rows(second, encoding, columns)
    same, gone, come = _matched(old, new, "id", "answer_id")
    answered, gone, come = _matched(gone, come, "id")
    parents = come.explode("parents", keep_nulls=False, empty_as_null=False).select("place", parent="parents")
    known = parents.join(gone, left_on="parent", right_on="id", how="semi", maintain_order="left")
    known = known.unique("place", keep="first", maintain_order=True)
    come = come.join(known, on="place", how="left", maintain_order="left")
    mended, gone, come = _matched(gone.with_columns(parent="id"), come, "parent")
    changed = [Rewritten(row["id"], row["kind"], row["answer"] or "", row["answer_new"] or "")
               for row in answered.iter_rows(named=True)]
    changed += [Rewritten(row["id_new"], "prompt", row["prompt"], row["prompt_new"]) for row in mended.iter_rows(named=True)]
    gone = _matched(gone, _reasons(second), "id", keep="left")[0].with_columns(pl.col("reason").fill_null("no reason given"))
    return Difference(
        *_names(Path(first), Path(second)), (old.height, new.height), same.height, (old_unread, new_unread),
        same.filter(pl.col("labelled").ne_missing(pl.col("labelled_new"))).height,
        tuple(come.select("id", "prompt").iter_rows()), tuple(gone.select("id", "prompt", "reason").iter_rows()),
        tuple(changed), dict(gone["reason"].value_counts(sort=True).iter_rows()),
        {name: _shift(old[name], new[name]) for name in ("language", "type", "length")},
        {name: counts for name, counts in _shift(_columns(old), _columns(new)).items() if 0 in counts})


def _matched(old: "pl.DataFrame", new: "pl.DataFrame", *keys: str,
             keep: Literal["inner", "left"] = "inner") -> "tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]":
    """Rows that agree in the keys, the first with the first, the second with the second; and what is left of either."""
    import polars as pl

    old, new = (frame.with_columns(copy=pl.int_range(pl.len()).over(keys)) for frame in (old, new))
    on = [*keys, "copy"]
    both = old.join(new, on=on, how=keep, suffix="_new", nulls_equal="answer_id" in keys, maintain_order="left")
    rest = [frame.join(other, on=on, how="anti", nulls_equal="answer_id" in keys, maintain_order="left")
            for frame, other in ((old, new), (new, old))]
    return both.drop("copy"), rest[0].drop("copy"), rest[1].drop("copy")


def _reasons(second: str | Path) -> "pl.DataFrame":
    """Which rows a stage dropped and why. One that was mended before is known by the id it had then, too."""
    import polars as pl

    from instructwild.stage import is_stage, load
    from instructwild.stage.frames import DROPPED, named_reason

    lost = load(second, even_failed=True).dropped() if is_stage(second) else pl.DataFrame(schema=DROPPED)
    lost = lost.with_columns(reason=named_reason())
    before = lost.select(pl.col("row").str.json_path_match("$.parents[0]").alias("id"), "reason").drop_nulls()
    return pl.concat([lost.select("id", "reason"), before])


def _names(first: Path, second: Path) -> tuple[str, str]:
    """What the two are called: with as many folders before the name as tell them apart."""
    parts, others = first.resolve().parts, second.resolve().parts
    for count in range(1, min(len(parts), len(others))):
        if parts[-count:] != others[-count:]:
            return "/".join(parts[-count:]), "/".join(others[-count:])
    return str(first), str(second)


def _rows(source: str | Path, encoding: str | None, columns: Mapping[str, str] | None) -> "tuple[pl.DataFrame, int]":
    """One row each: id and which of its copies it is, texts, and what is counted; and how many rows hold no instruction."""
    import polars as pl

    from instructwild.layout import Layout
    from instructwild.layouts_out import LAYOUT_COLUMNS
    from instructwild.read.instructions import read, rows_of
    from instructwild.schema.columns import compact
    from instructwild.stage import is_stage, load
    from instructwild.stage.frames import is_ranking

    frame = load(source, even_failed=True).frame() if is_stage(source) else None
    beside = [names for names in (("candidates", "rankings"), ("chosen", "rejected"))
              if frame is not None and {*names, "id"} <= {*frame.columns}]
    unread = 0
    if frame is not None and beside:
        if not is_ranking(frame):
            others = [name for name in frame.columns if name not in LAYOUT_COLUMNS[Layout.PREFERENCE]]
            names = [compact(dict.fromkeys(name for name, value in row.items() if value is not None))
                     for row in frame.select(others).iter_rows(named=True)] if others else [None] * frame.height
            frame = frame.rename({"prompt": "messages"}).with_columns(extra=pl.Series(names, dtype=pl.String))
        answers = [compact([row[name] for name in beside[0]]) for row in frame.iter_rows(named=True)]
        nothing = pl.lit([], pl.List(pl.String))
        language = pl.col("language") if "language" in frame.columns else pl.lit("und")
        frame = frame.with_columns(answer_id=pl.Series(answers, dtype=pl.String), parents=nothing,
                                   type=pl.lit(None, pl.String),
                                   language=language, labelled=language)
        kind, answer = "ranking" if is_ranking(frame) else "pair", pl.col("answer_id")
    else:
        if frame is None:
            table = read([source], encoding, columns)
            frame, malformed = table.frame, table.malformed
        else:
            frame, malformed = rows_of(load(source, even_failed=True))
        unread = len(malformed)
        labelled = pl.struct("language", "labels", "scores").struct.json_encode()
        frame = frame.with_columns(answer_id=pl.col("response_id"), type=pl.col("labels").struct.field("type"),
                                   labelled=labelled)
    turns = pl.col("messages").list
    asking = pl.element().filter(pl.element().struct.field("role") != "assistant").struct.field("content")
    prompt, last = turns.eval(asking).list.join("\n"), turns.last()
    if not beside:
        kind, answer = "answer", pl.when(last.struct.field("role") == "assistant").then(last.struct.field("content"))
    return frame.with_row_index("place").select(
        "place", "id", "answer_id", "labelled", "parents", "language", pl.col("type").fill_null("none"), kind=pl.lit(kind),
        extra=pl.col("extra") if "extra" in frame.columns else pl.lit(None, pl.String),
        tools=pl.col("tools") if "tools" in frame.columns else pl.lit(None, pl.String),
        prompt=prompt, answer=answer, length=_length(prompt.str.len_chars())), unread


def _length(characters: "pl.Expr") -> "pl.Expr":
    import polars as pl

    return (pl.when(characters <= 20).then(pl.lit("up to 20")).when(characters <= 100).then(pl.lit("21 to 100"))
            .when(characters <= 500).then(pl.lit("101 to 500")).otherwise(pl.lit("over 500")))


def _columns(rows: "pl.DataFrame") -> "pl.Series":
    """The name of every further column of every row."""
    import json

    import polars as pl

    names = [name for text in rows["extra"].drop_nulls() for name in json.loads(text)]
    return pl.Series("column", [*names, *["tools"] * rows["tools"].count()], dtype=pl.String)


def _shift(old: "pl.Series", new: "pl.Series") -> dict[str, tuple[int, int]]:
    before, after = (dict(values.value_counts(sort=True).iter_rows()) for values in (old, new))
    return {name: (before.get(name, 0), after.get(name, 0)) for name in {**before, **after}}
