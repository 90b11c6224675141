"""The templates of cards: whatever is put into one is escaped, so that Markdown and HTML show it as it is."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from instructwild.report.counts import duration, flat, money
from instructwild.report.template import shown, visible
from instructwild.text.quantity import quantity

if TYPE_CHECKING:
    from instructwild.stage import Manifest

FOLDER = Path(__file__).parent / "templates"
KINDS = {"person": "people", "model": "a model", "scripted": "a script"}
WITHOUT_MEANING = ("salt", "forgotten")
"""Settings that say nothing to a reader of the card."""


def render(template: str, *, front: str, **values: Any) -> str:
    """A card: its template filled in, `front` as it is in the front matter; blank lines never stand together.

    Args:
        template: a file in `templates/`.
        front: YAML that is already written as such.
    """
    text = _environment().get_template(template).render(front=Markup(front.strip()), **values)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def plain(text: str) -> str:
    """Text from the world that Markdown and HTML leave as it is, on one line."""
    one_line = " ".join(visible(text).split())
    return re.sub(r"([\\`*_\[\]|~#])", r"\\\1", one_line).replace("<", "&lt;").replace(">", "&gt;").replace("\\_", "_")


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Markup:
    """A table, numbers on the right; nothing where it has no rows."""
    rows = list(rows)
    if not rows:
        return Markup("")
    numeric = [all(isinstance(row[i], int | float) for row in rows) for i in range(len(columns))]
    lines = [columns, None, *rows]
    return Markup("\n".join(
        "|" + "|".join("---:" if right else "---" for right in numeric) + "|" if line is None
        else "| " + " | ".join(map(_escaped, line)) + " |" for line in lines))


def shares(counts: Mapping[str, int], total: int) -> str:
    """Counts with their share of a total."""
    return ", ".join(f"{name} {shown(count)} ({100 * count / total:.1f}%)" for name, count in counts.items()) \
        if total else "–"


def _escaped(value: Any) -> Markup:
    return value if isinstance(value, Markup) else Markup(plain(shown(value)))


def _stages(manifests: Iterable["Manifest"]) -> list[list[Any]]:
    return [[m.stage, m.rows.in_, m.rows.kept, m.rows.dropped, duration(m.seconds), money(m.usd), m.version, _settings(m)]
            for m in manifests]


def _settings(manifest: "Manifest") -> str:
    if any(record.path == "model" for record in manifest.outputs):
        return "see below"
    return ", ".join(f"{key} {value}" for key, value in flat(manifest.config)
                     if value not in ("–", "", "no") and key not in WITHOUT_MEANING)


def _reasons(manifests: Iterable["Manifest"]) -> list[tuple[str, str, int]]:
    return [(manifest.stage, reason, count) for manifest in manifests for reason, count in manifest.reasons.items()]


def _kinds(annotators: Mapping[str, int]) -> list[list[Any]]:
    return [[KINDS.get(kind, kind), count] for kind, count in annotators.items()]


def _pieces(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{kind} {shown(count)}" for kind, count in counts.items())


@cache
def _environment() -> Environment:
    made = Environment(loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined, finalize=_escaped,
                       trim_blocks=True, lstrip_blocks=True)
    made.globals |= {"quantity": quantity, "table": table, "shares": shares, "stages": _stages, "reasons": _reasons,
                     "kinds": _kinds, "pieces": _pieces, "money": money, "flat": flat}
    return made
