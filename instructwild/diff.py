"""`instructwild diff`: two datasets compared like a pull request.

Rows are matched by id, the name of their prompt. A row of the second is *rewritten* where its answer differs, or where it
names as its parent a row that only the first has (its prompt was changed); the rest are added, dropped or the same.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from instructwild.errors import OutputError
from instructwild.report.command import Encoding

if TYPE_CHECKING:
    import polars as pl

SHOWN = 50
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
        reasons: dropped rows by the reason that the second stage gives for them, `not told` where it gives none.
        shifts: for language, type and length, how many rows of each value either dataset has.
    """

    first: str
    second: str
    rows: tuple[int, int]
    same: int
    added: tuple[tuple[str, str], ...] = ()
    dropped: tuple[tuple[str, str, str], ...] = ()
    rewritten: tuple[Rewritten, ...] = ()
    reasons: Counts = field(default_factory=dict)
    shifts: Mapping[str, Mapping[str, tuple[int, int]]] = field(default_factory=dict)

    @property
    def differs(self) -> bool:
        """Whether there is any difference."""
        return bool(self.added or self.dropped or self.rewritten)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        counts = {"added": len(self.added), "dropped": len(self.dropped), "rewritten": len(self.rewritten)}
        return {**asdict(self), "differs": self.differs, "counts": counts}


def diff(
    first: Annotated[str, typer.Argument(help="A stage folder or file: how it was.", show_default=False)],
    second: Annotated[str, typer.Argument(help="A stage folder or file: how it is.", show_default=False)],
    as_json: Annotated[bool, typer.Option("--json", help="Print the difference as JSON.")] = False,
    html: Annotated[Path | None, typer.Option("--html", help="Write one page to share.", show_default=False)] = None,
    encoding: Encoding = None,
) -> None:
    """Compare two datasets like a pull request: rows added, dropped, rewritten and why. Exit 0: the same, 1: they differ."""
    found = difference(first, second, encoding)
    if html is not None:
        try:
            html.write_text(page(found), encoding="utf-8")
        except OSError as error:
            raise OutputError(f"cannot be written ({error.strerror})", where=str(html),
                              remedy="choose another path") from None
    if as_json:
        import json

        print(json.dumps(found.to_json(), ensure_ascii=False, indent=2))
    else:
        print(text(found), end="")
    if found.differs:
        raise typer.Exit(1)


def difference(first: str | Path, second: str | Path, encoding: str | None = None) -> Difference:
    """Compare two stage folders or files.

    Raises:
        InputError: one of them cannot be read.
    """
    import polars as pl

    from instructwild.stage import is_stage, load
    from instructwild.stage.frames import DROPPED

    old, new = _rows(first, encoding), _rows(second, encoding)
    gone = old.join(new, on=["id", "copy"], how="anti", maintain_order="left")
    come = new.join(old, on=["id", "copy"], how="anti", maintain_order="left")
    both = old.join(new, on=["id", "copy"], how="inner", suffix="_new", maintain_order="left")
    answers = both.filter(pl.col("said").ne_missing(pl.col("said_new")))
    changed = [Rewritten(row["id"], "answer", row["answer"] or "", row["answer_new"] or "")
               for row in answers.iter_rows(named=True)]
    parents = come.explode("parents").filter(pl.col("parents").is_not_null())
    mended = parents.join(gone.select(parents="id", before="prompt"), on="parents", maintain_order="left").unique(
        "id", keep="first", maintain_order=True)
    changed += [Rewritten(row["id"], "prompt", row["before"], row["prompt"]) for row in mended.iter_rows(named=True)]
    gone = gone.filter(~pl.col("id").is_in(mended["parents"].implode()))
    come = come.filter(~pl.col("id").is_in(mended["id"].implode()))
    told = load(second).dropped() if is_stage(second) else pl.DataFrame(schema=DROPPED)
    # A row that was mended before it was dropped is known in the first dataset by the id it had then.
    told = pl.concat([told.select("id", "reason"), told.select(pl.col("row").str.json_path_match("$.parents[0]").alias("id"),
                                                               "reason").drop_nulls()])
    gone = gone.join(told.unique("id", keep="first", maintain_order=True), on="id", how="left", maintain_order="left")
    gone = gone.with_columns(pl.col("reason").fill_null("not told"))
    reasons = dict(gone["reason"].value_counts(sort=True).iter_rows())
    return Difference(
        Path(first).name, Path(second).name, (old.height, new.height), both.height - answers.height,
        tuple(come.select("id", "prompt").iter_rows()), tuple(gone.select("id", "prompt", "reason").iter_rows()),
        tuple(changed), reasons, {name: _shift(old[name], new[name]) for name in ("language", "type", "length")})


def _rows(source: str | Path, encoding: str | None) -> "pl.DataFrame":
    """One row each: id and which of its copies it is, texts, and what is counted."""
    import polars as pl

    from instructwild.schema.columns import compact
    from instructwild.stage import is_stage, load, read
    from instructwild.stage.frames import is_ranking

    frame = load(source).frame() if is_stage(source) else None
    if frame is not None and is_ranking(frame):
        said = pl.Series([compact([row["candidates"], row["rankings"]]) for row in frame.iter_rows(named=True)],
                         dtype=pl.String)
        frame = frame.with_columns(said=said, parents=pl.lit([], pl.List(pl.String)), type=pl.lit(None, pl.String))
    else:
        frame = read([source], encoding).frame
        frame = frame.with_columns(said=pl.col("response_id"), type=pl.col("labels").struct.field("type"))
    turns = pl.col("messages").list
    asking = pl.element().filter(pl.element().struct.field("role") != "assistant").struct.field("content")
    prompt, last = turns.eval(asking).list.join("\n"), turns.last()
    answer = pl.when(last.struct.field("role") == "assistant").then(last.struct.field("content"))
    return frame.select(
        "id", "said", "parents", "language", pl.col("type").fill_null("none"), copy=pl.int_range(pl.len()).over("id"),
        prompt=prompt, answer=answer, length=_length(prompt.str.len_chars()))


def _length(characters: "pl.Expr") -> "pl.Expr":
    import polars as pl

    return (pl.when(characters <= 20).then(pl.lit("up to 20")).when(characters <= 100).then(pl.lit("21 to 100"))
            .when(characters <= 500).then(pl.lit("101 to 500")).otherwise(pl.lit("over 500")))


def _shift(old: "pl.Series", new: "pl.Series") -> dict[str, tuple[int, int]]:
    before, after = (dict(values.value_counts(sort=True).iter_rows()) for values in (old, new))
    return {name: (before.get(name, 0), after.get(name, 0)) for name in {**before, **after}}


def text(found: Difference) -> str:
    """The difference for a terminal."""
    lines = [f"{found.first}: {found.rows[0]:,} rows; {found.second}: {found.rows[1]:,} rows",
             f"+ {len(found.added):,} added   - {len(found.dropped):,} dropped   ~ {len(found.rewritten):,} rewritten   "
             f"= {found.same:,} the same"]
    lines += [f"    {count:>8,}  {reason}" for reason, count in found.reasons.items()]
    for name, values in found.shifts.items():
        moved = {value: pair for value, pair in values.items() if pair[0] != pair[1]}
        lines += [f"{name}: " + ", ".join(f"{value} {a:,} → {b:,}" for value, (a, b) in moved.items())] if moved else []
    lines += [f"+ {id_} {_line(prompt)}" for id_, prompt in found.added[:SHOWN]]
    lines += [f"- {id_} {_line(prompt)}  ({reason})" for id_, prompt, reason in found.dropped[:SHOWN]]
    lines += [f"~ {row.id} {row.what}: {_line(row.before)} → {_line(row.after)}" for row in found.rewritten[:SHOWN]]
    hidden = sum(max(0, len(rows) - SHOWN) for rows in (found.added, found.dropped, found.rewritten))
    return "\n".join([*lines, *([f"… and {hidden:,} more; --json has all of them"] if hidden else [])]) + "\n"


def _line(long: str) -> str:
    """A text on one line, without anything that a terminal would obey."""
    plain = "".join(char if char.isprintable() else " " for char in long)
    return plain if len(plain) <= 80 else plain[:79] + "…"


def page(found: Difference) -> str:
    """The difference as one self-contained HTML page."""
    from instructwild.report import figures
    from instructwild.report.page import Page, Pair, Pairs, Sample, Samples, Stats, Table

    state = "They differ." if found.differs else "They hold the same rows."
    shown = Page(title=f"{found.first} → {found.second}", lead=f"{found.rows[0]:,} rows became {found.rows[1]:,}. {state}")
    shown.add("", Stats([("added", len(found.added)), ("dropped", len(found.dropped)), ("rewritten", len(found.rewritten)),
                         ("the same", found.same)]))
    if found.reasons:
        shown.add("Why rows were dropped", figures.bars(found.reasons))
    for name, values in found.shifts.items():
        shown.add(f"By {name}", Table([name, "before", "after", "change"],
                                      [[value, a, b, b - a] for value, (a, b) in values.items()]))
    if found.rewritten:
        shown.add("Rewritten", Pairs([Pair(row.before[:2000], row.after[:2000], "before", "after", badges=[row.what])
                                      for row in found.rewritten[:SHOWN]]))
    if found.added:
        shown.add("Added", Samples([Sample(prompt[:2000], id=id_) for id_, prompt in found.added[:SHOWN]]))
    if found.dropped:
        shown.add("Dropped", Samples([Sample(prompt[:2000], id=id_, badges=[reason])
                                      for id_, prompt, reason in found.dropped[:SHOWN]]))
    return shown.html()
