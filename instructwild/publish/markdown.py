"""Markdown for cards: tables and folded parts whose cells are text from the world."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from instructwild.report.template import shown, visible

SECTION = tuple[str, list[str]]
"""A heading and the lines below it; a section without lines is left out."""


def document(front: str, title: str, lead: str, sections: Iterable[SECTION]) -> str:
    """A card: front matter, title, one sentence, sections."""
    lines = ["---", front.strip(), "---", "", f"# {plain(title)}", "", lead, ""]
    for heading, body in sections:
        if body:
            lines += [f"## {plain(heading)}", "", *body, ""]
    return "\n".join(lines).rstrip() + "\n"


def table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
    """A table, numbers on the right; nothing where it has no rows."""
    if not rows:
        return []
    numeric = [all(isinstance(row[i], int | float) for row in rows) for i in range(len(columns))]
    return ["| " + " | ".join(map(plain, columns)) + " |",
            "|" + "|".join("---:" if right else "---" for right in numeric) + "|",
            *("| " + " | ".join(plain(shown(cell)) for cell in row) + " |" for row in rows)]


def folded(summary: str, body: Sequence[str]) -> list[str]:
    """Lines that a reader opens when they want them."""
    return [f"<details><summary>{plain(summary)}</summary>", "", *body, "", "</details>"] if body else []


def pictures(files: Iterable[tuple[str, str]]) -> list[str]:
    """Pictures by (path beside the card, what they show)."""
    return [line for path, caption in files for line in (f"![{plain(caption)}]({path})", "")][:-1]


def plain(text: str) -> str:
    """Text from the world that Markdown and HTML leave as it is, on one line."""
    one_line = " ".join(visible(text).split())
    return re.sub(r"([\\`*_\[\]|~#])", r"\\\1", one_line).replace("<", "&lt;").replace(">", "&gt;").replace("\\_", "_")
