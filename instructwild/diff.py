"""`instructwild diff`: two datasets compared like a pull request, in the terminal or as a page."""

import errno
from pathlib import Path
from typing import Annotated

import typer

from instructwild.console.options import Columns, Encoding
from instructwild.difference import Difference, difference
from instructwild.errors import OutputError
from instructwild.text.quantity import quantity

SHOWN = 50


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
