"""`instructwild diff`: two datasets compared like a pull request.

Rows are matched by id, the name of their prompt, wherever they stand. A row of the second is *rewritten* where its answer
differs, or where it names as its parent a row that only the first has (its prompt was changed); the rest are added, dropped
or the same. A row of the same text may be *relabelled*: another language, type, risk, flag or score.
"""

import errno
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from instructwild.console.options import Columns, Encoding
from instructwild.errors import OutputError
from instructwild.text.quantity import quantity

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


def diff(
    first: Annotated[str, typer.Argument(help="A stage folder or file: how it was.", show_default=False)],
    second: Annotated[str, typer.Argument(help="A stage folder or file: how it is.", show_default=False)],
    as_json: Annotated[bool, typer.Option("--json", help="Print the difference as JSON.")] = False,
    html: Annotated[Path | None, typer.Option("--html", help="Write one page to share.", show_default=False)] = None,
    columns: Columns = None,
    encoding: Encoding = None,
) -> None:
    """Compare two datasets like a pull request: rows added, dropped, rewritten and why. Exit 0: the same, 1: they differ."""
    from instructwild.read.names import parse_map

    changed = difference(first, second, encoding, parse_map(columns or ()))
    if html is not None:
        _write(html, page(changed))
    if as_json:
        import json

        print(json.dumps(changed.to_json(), ensure_ascii=False, indent=2))
    else:
        print(text(changed), end="")
    if changed.differs:
        raise typer.Exit(1)


def _write(path: Path, content: str) -> None:
    """One file, whole or not at all."""
    from instructwild.stage.atomic import write_atomic

    try:
        if not path.parent.is_dir():
            raise FileNotFoundError(errno.ENOENT, "its folder does not exist")
        write_atomic(path, content)
    except OSError as error:
        raise OutputError(f"cannot be written ({error.strerror})", where=str(path),
                          remedy="check the path, its permissions and the free space") from None


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


def text(changes: Difference) -> str:
    """The difference for a terminal."""
    lines = [f"{changes.first}: {quantity(changes.rows[0], 'row')}; {changes.second}: {quantity(changes.rows[1], 'row')}",
             f"+ {len(changes.added):,} added   - {len(changes.dropped):,} dropped   "
             f"~ {len(changes.rewritten):,} rewritten   "
             f"= {changes.same:,} the same" + (f", {changes.relabelled:,} of them relabelled" if changes.relabelled else "")]
    if any(changes.unread):
        lines.append(f"left out, because they hold no instruction: {quantity(changes.unread[0], 'row')} of the first, "
                     f"{changes.unread[1]:,} of the second")
    lines += [f"    {count:>8,}  {reason}" for reason, count in changes.reasons.items()]
    for name, values in changes.shifts.items():
        moved = {value: pair for value, pair in values.items() if pair[0] != pair[1]}
        lines += [f"{name}: " + ", ".join(f"{value} {a:,} → {b:,}" for value, (a, b) in moved.items())] if moved else []
    lines += [f"column {_line(name)}: {quantity(a, 'row')} → {quantity(b, 'row')}"
              for name, (a, b) in changes.columns.items()]
    lines += [f"+ {id_} {_line(prompt)}" for id_, prompt in changes.added[:SHOWN]]
    lines += [f"- {id_} {_line(prompt)}  ({reason})" for id_, prompt, reason in changes.dropped[:SHOWN]]
    lines += [f"~ {row.id} {row.what}: {_line(row.before)} → {_line(row.after)}" for row in changes.rewritten[:SHOWN]]
    hidden = sum(max(0, len(rows) - SHOWN) for rows in (changes.added, changes.dropped, changes.rewritten))
    return "\n".join([*lines, *([f"… and {hidden:,} more; --json has all of them"] if hidden else [])]) + "\n"


def _line(long: str) -> str:
    """A text on one line, without anything that a terminal would obey."""
    plain = "".join(char if char.isprintable() else " " for char in long)
    return plain if len(plain) <= 80 else plain[:79] + "…"


def page(changes: Difference) -> str:
    """The difference as one self-contained HTML page."""
    from instructwild.report import figures
    from instructwild.report.page import Page, Pair, Pairs, Prose, Sample, Samples, Stats, Table

    state = "They differ." if changes.differs else "They hold the same rows."
    shown = Page(title=f"{changes.first} → {changes.second}",
                 lead=f"{quantity(changes.rows[0], 'row')} became {changes.rows[1]:,}. {state}")
    shown.add("", Stats([("added", len(changes.added)), ("dropped", len(changes.dropped)),
                         ("rewritten", len(changes.rewritten)),
                         ("the same", changes.same), ("of them relabelled", changes.relabelled)]))
    if any(changes.unread):
        shown.add("", Prose(f"Left out, because they hold no instruction: {quantity(changes.unread[0], 'row')} of the "
                            f"first, {changes.unread[1]:,} of the second."))
    if changes.reasons:
        shown.add("Why rows were dropped", figures.bars(changes.reasons))
    for name, values in changes.shifts.items():
        shown.add(f"By {name}", Table([name, "before", "after", "change"],
                                      [[value, a, b, b - a] for value, (a, b) in values.items()]))
    if changes.columns:
        shown.add("Columns lost or gained", Table(["column", "rows before", "rows after"],
                                                  [[name, a, b] for name, (a, b) in changes.columns.items()]))
    if changes.rewritten:
        shown.add("Rewritten", Pairs([Pair(row.before[:2000], row.after[:2000], "before", "after", badges=[row.what])
                                      for row in changes.rewritten[:SHOWN]]))
    if changes.added:
        shown.add("Added", Samples([Sample(prompt[:2000], id=id_) for id_, prompt in changes.added[:SHOWN]]))
    if changes.dropped:
        shown.add("Dropped", Samples([Sample(prompt[:2000], id=id_, badges=[reason])
                                      for id_, prompt, reason in changes.dropped[:SHOWN]]))
    return shown.html()
