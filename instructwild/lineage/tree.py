"""A trace as a tree on the terminal."""

import json
from collections.abc import Sequence
from typing import Any

from rich.text import Text
from rich.tree import Tree

from instructwild.lineage.trace import Trace, TraceRow, Use
from instructwild.report.template import visible
from instructwild.text.quantity import quantity

SHOWN, MOST = 100, 20


def tree(traced: Trace) -> Tree:
    """The answer as a tree."""
    top = Tree(_words((traced.kind, "bold"), ("  ", ""), (traced.id, "cyan")))
    if traced.row is not None:
        _tell_row(top, traced.row)
    if traced.made_from:
        _tell_stages(top, traced)
    if traced.used_by:
        used = top.add("used by")
        for use in traced.used_by:
            _add_use(used, use)
    return top


def _words(*parts: tuple[str, str]) -> Text:
    return Text.assemble(*((visible(text).replace("\n", " ").replace("\t", " "), style) for text, style in parts))


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else text[:SHOWN] + " …"


def _tell_row(top: Tree, row: TraceRow) -> None:
    top.add(_words((_short(row.text), ""), (f"  {row.language}" if row.language else "", "dim")))
    met = top.add("met in")
    for seen in row.seen:
        evidence = json.dumps(seen.evidence, ensure_ascii=False)
        why, on_what = (f": {seen.reason}, ", _short(evidence)) if seen.reason else ("", "")
        met.add(_words((seen.folder, "bold"), (f"  {seen.fate}", ""), (why, "yellow"), (on_what, "")))
    _add_past(top.add("came from"), row)
    if row.became:
        _add_rows(top.add(f"became {quantity(len(row.became), 'row')}"), row.became, ahead=True)


def _add_rows(under: Tree, rows: Sequence[TraceRow], *, ahead: bool) -> None:
    for row in rows[:MOST]:
        here = under.add(_words((row.id, "cyan"), ("  ", ""), (_short(row.text), "")))
        if ahead:
            _add_rows(here, row.became, ahead=True)
        else:
            _add_past(here, row)
    if len(rows) > MOST:
        under.add(f"and {len(rows) - MOST:,} more (--json tells all)")


def _add_past(here: Tree, row: TraceRow) -> None:
    if row.made_by:
        here.add(_words(("made by  ", "green"), (f"{row.made_by.get('model')} · {row.made_by.get('template') or ''}", "")))
    for origin in row.origin:
        here.add(_place(origin))
    _add_rows(here, row.made_from, ahead=False)


def _place(origin: dict[str, Any]) -> Text:
    text = " · ".join(str(origin[key]) for key in ("kind", "source", "url", "license", "collected_at") if origin.get(key))
    return _words(("post  ", "green"), (text, ""))


def _tell_stages(top: Tree, traced: Trace) -> None:
    made = top.add("made from")
    for node in traced.made_from:
        outside = f", read {', '.join(node['outside'])}" if node["outside"] else ""
        made.add(_words((node["stage"], "bold"), (f"  {node['folder']}, {quantity(node['rows'], 'row')}{outside}", "")))
    posts = made.add(_words((f"{quantity(len(traced.posts), 'post')}", "green")))
    for post in traced.posts[:5]:
        posts.add(_place(post))
    if len(traced.posts) > 5:
        posts.add(f"and {len(traced.posts) - 5:,} more (--json tells all)")


def _add_use(under: Tree, use: Use) -> None:
    here = under.add(_words((use.stage, "bold"), (f"  {use.folder}, {quantity(use.rows, 'row')}", ""),
                            (f"  model {use.model[:12]}" if use.model else "", "magenta")))
    for further in use.used_by:
        _add_use(here, further)
