"""A report: one self-contained HTML page that reads well on a phone and on a desk, in light and in dark, and on paper.

```python
page = Page(title="Clean", lead="104,000 rows in, 81,233 kept.")
page.add("Why rows left", figures.bars({"near_duplicate": 120}), Table(["reason", "rows"], rows), Samples([...]))
html = page.html()
```

The page runs no script and asks for nothing from any network: its content security policy forbids both.
"""

import hashlib
import json
import re
from base64 import b64encode
from dataclasses import dataclass, field
from functools import cache
from pathlib import PurePath
from typing import TYPE_CHECKING

from instructwild import __version__
from instructwild.report.blocks import (
    Block,
    Figure,
    Links,
    Pair,
    Pairs,
    Prose,
    Sample,
    Samples,
    Stats,
    Table,
)
from instructwild.report.template import FOLDER, render

if TYPE_CHECKING:
    from instructwild.stage import Manifest

__all__ = ["Block", "Figure", "Links", "Page", "Pair", "Pairs", "Prose", "Sample", "Samples", "Section", "Stats", "Table"]


BESIDE, SHORT = 4, 12
"""The most columns, and rows, of a table that may stand beside something else on a large screen."""


@dataclass(frozen=True)
class Section:
    """A heading and what stands below it."""

    title: str
    blocks: tuple[Block, ...]
    anchor: str

    @property
    def rows(self) -> list[list[Block]]:
        """The blocks, with figures that follow one another together, and with the small table that goes with them."""
        rows: list[list[Block]] = []
        for block in self.blocks:
            if rows and _narrow(block) and isinstance(rows[-1][-1], Figure):
                rows[-1].append(block)
            else:
                rows.append([block])
        return rows

    @property
    def narrow(self) -> bool:
        """Whether the section holds one small thing, so that others may stand beside it."""
        return bool(self.title) and len(self.blocks) == 1 and _narrow(self.blocks[0])


def _narrow(block: Block) -> bool:
    if isinstance(block, Table):
        return len(block.columns) <= BESIDE and len(block.rows) <= SHORT
    return isinstance(block, Figure) and not block.wide


@dataclass
class Page:
    """A page under construction.

    Args:
        title: what the page is about, in a word or two.
        lead: the one sentence a hurried reader should take away.
        language: of the page's own words.
    """

    title: str
    lead: str = ""
    language: str = "en"
    sections: list[Section] = field(default_factory=list)
    appendix: list[Section] = field(default_factory=list)

    def add(self, title: str, *blocks: Block) -> "Page":
        """Add a section; an empty title adds the blocks without a heading."""
        self.sections.append(Section(title, blocks, self._anchor(title)))
        return self

    def add_last(self, title: str, *blocks: Block) -> "Page":
        """Add a folded section at the very end: how the result was made, long tables."""
        self.appendix.append(Section(title, blocks, self._anchor(title)))
        return self

    @property
    def bands(self) -> list[list[Section]]:
        """The sections, with small ones that follow one another together."""
        bands: list[list[Section]] = []
        for section in self.sections:
            if bands and section.narrow and bands[-1][-1].narrow:
                bands[-1].append(section)
            else:
                bands.append([section])
        return bands

    def _anchor(self, title: str) -> str:
        taken = {section.anchor for section in (*self.sections, *self.appendix)}
        plain = re.sub(r"[^\w]+", "-", title.lower()).strip("-") or "section"
        return next(name for number in range(len(taken) + 1)
                    if (name := plain if not number else f"{plain}-{number + 1}") not in taken)

    def signed(self, manifest: "Manifest") -> str:
        """The page as HTML, with how its stage was made folded at its end: settings, inputs, environment.

        An input from outside the working folder is named without its folders, since reports are handed on.
        """
        settings = [[key, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)]
                    for key, value in sorted(manifest.config.items())]
        names = [PurePath(record.path).name if ".." in PurePath(record.path).parts else record.path
                 for record in manifest.inputs]
        inputs = [[name, record.rows, record.sha256[:16]] for name, record in zip(names, manifest.inputs, strict=True)]
        understood = [[name, record.read_as.summary()] for name, record in zip(names, manifest.inputs, strict=True)
                      if record.read_as is not None]
        made = {"instructwild": manifest.version, **manifest.environment}
        self.add_last("How this was made",
                      Table(["setting", "value"], settings) if settings else Prose("No settings."),
                      Table(["input", "rows", "sha256"], inputs) if inputs else Prose("No inputs."),
                      *([Table(["input", "read as"], understood)] if understood else []),
                      Table(["made with", "version"], [[key, value] for key, value in made.items()]))
        return self.html()

    def html(self) -> str:
        """The page: UTF-8 HTML, everything inside."""
        style, fingerprint = _style()
        return str(render("page.html.j2", page=self, style=style, fingerprint=fingerprint, version=__version__,
                          figure=Figure)) + "\n"


@cache
def _style() -> tuple[str, str]:
    """The style sheet without comments and indentation, and the hash by which the page allows it."""
    text = re.sub(r"/\*.*?\*/", "", (FOLDER / "style.css").read_text(encoding="utf-8"), flags=re.DOTALL)
    text = "\n".join(line.strip() for line in text.splitlines() if line.strip())
    from markupsafe import Markup

    return Markup(text), b64encode(hashlib.sha256(text.encode()).digest()).decode()
