"""The blocks that a page is made of. Each holds plain values and knows how it looks."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from markupsafe import Markup

from instructwild.report.template import render
from instructwild.text.lazy_pattern import LazyPattern
from instructwild.text.scripts import ANY_CJK, CJK_CHARACTERS

LONG_TEXT, LONG_LINES, PREVIEW = 700, 14, 360
BRIEF = 240
"""Bytes of a text so short that two samples stand side by side on a large screen."""
NUMBER = LazyPattern(r"[-–−+]?[\d,. ]*\d ?%?|[-–]?")
WORDS = LazyPattern(rf"{ANY_CJK}|[^\W{CJK_CHARACTERS}]+|\s+|.", re.DOTALL)


INVISIBLE = LazyPattern(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u2060\ufeff\ufff9-\ufffb]")


class Block(Protocol):
    """Anything that can stand in a section of a page."""

    def html(self) -> Markup:
        """The block as HTML that is already escaped."""
        ...


@dataclass(frozen=True)
class Prose:
    """Plain text: blank lines part paragraphs, lines that begin with `- ` are a list."""

    text: str

    def html(self) -> Markup:
        """Paragraphs and lists."""
        parts = [part.strip() for part in re.split(r"\n\s*\n", self.text) if part.strip()]
        return render("prose.html.j2", parts=[_listed(part) for part in parts])


def _listed(part: str) -> tuple[str, list[str]]:
    lines = part.splitlines()
    if all(line.lstrip().startswith("- ") for line in lines):
        return "list", [line.lstrip()[2:] for line in lines]
    return "paragraph", [part]


@dataclass(frozen=True)
class Stats:
    """Headline numbers: label -> value, or (label, value, note) one after another."""

    items: Mapping[str, Any] | Sequence[tuple[Any, ...]]

    def html(self) -> Markup:
        """A row of figures that wraps."""
        items = self.items.items() if isinstance(self.items, Mapping) else self.items
        return render("stats.html.j2", items=[(*item, "")[:3] for item in items])


@dataclass(frozen=True)
class Table:
    """Rows under columns. Numbers stand right; a wide table scrolls inside its own box."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    caption: str = ""
    most: int = 500

    def html(self) -> Markup:
        """The first `most` rows, and how many more there are."""
        rows = [list(row) for row in self.rows[: self.most]]
        numeric = [bool(rows) and all(_numeric(row[i]) for row in rows if i < len(row)) for i in range(len(self.columns))]
        return render("table.html.j2", columns=list(self.columns), rows=rows, numeric=numeric, caption=self.caption,
                      left=max(0, len(self.rows) - self.most))


def _numeric(cell: Any) -> bool:
    return cell is None or isinstance(cell, int | float) or (isinstance(cell, str) and bool(NUMBER.fullmatch(cell)))


@dataclass(frozen=True)
class Sample:
    """One text from the world.

    Args:
        text: shown as it is, whitespace kept; long text is folded.
        language: BCP 47.
        id: the row's id.
        badges: short facts, such as a reason, a score or a source.
        note: one sentence below the text.
        reply: the answer, where the text is a question that has one.
        replies: several answers, each a pair of what it is called and its text.
    """

    text: str
    language: str | None = None
    id: str = ""
    badges: Sequence[str] = ()
    note: str = ""
    reply: str | None = None
    replies: Sequence[tuple[str, str]] = ()

    @property
    def answers(self) -> list[tuple[str, tuple[str, str | None]]]:
        """All answers by what they are called, long ones folded."""
        listed = [("", self.reply)] if self.reply is not None else []
        return [(label, folded(text)) for label, text in (*listed, *self.replies)]


@dataclass(frozen=True)
class Samples:
    """Texts from the world, one below another. A plain string or a mapping of Sample's fields is a sample too."""

    items: Iterable[Sample | Mapping[str, Any] | str]
    caption: str = ""

    def html(self) -> Markup:
        """A list of cards."""
        samples = [item if isinstance(item, Sample) else Sample(item) if isinstance(item, str) else Sample(**item)
                   for item in self.items]
        brief = all(len(sample.text.encode("utf-8", "replace")) <= BRIEF and not sample.answers for sample in samples)
        return render("samples.html.j2", caption=self.caption, brief=brief,
                      samples=[(sample, folded(sample.text)) for sample in samples])


def folded(text: str) -> tuple[str, str | None]:
    """(text, None), or for a long text (its beginning, the whole). A Han character counts as two."""
    wide = len(text.encode("utf-8", "replace")) > 2 * len(text)
    columns = 2 if wide else 1
    if columns * len(text) <= LONG_TEXT and text.count("\n") < LONG_LINES:
        return text, None
    return "\n".join(text[:PREVIEW // columns].splitlines()[: LONG_LINES // 2]), text


@dataclass(frozen=True)
class Pair:
    """Two texts to be compared: what each is called, and what is said about the two."""

    left: str
    right: str
    left_label: str = ""
    right_label: str = ""
    language: str | None = None
    badges: Sequence[str] = ()
    note: str = ""


@dataclass(frozen=True)
class Pairs:
    """Texts side by side (one above the other on a phone) with the tokens that differ marked, and what is invisible spelled
    out.
    """

    items: Iterable[Pair | Mapping[str, Any]]
    caption: str = ""

    def html(self) -> Markup:
        """A list of compared pairs."""
        pairs = [item if isinstance(item, Pair) else Pair(**item) for item in self.items]
        return render("pairs.html.j2", caption=self.caption,
                      pairs=[(pair, *differing(visible(pair.left), visible(pair.right))) for pair in pairs])


def visible(text: str) -> str:
    """A text whose invisible characters are spelled out, such as (U+200B)."""
    return INVISIBLE.sub(lambda match: f"(U+{ord(match.group()):04X})", text)


Runs = list[tuple[bool, str]]


def differing(left: str, right: str, longest: int = 4000) -> tuple[Runs, Runs]:
    """Both texts cut into (differs, text) runs along their longest common subsequence of tokens.

    Each Han, Kana or Hangul character is a token; so is each word and each run of spaces. Texts of more than `longest`
    tokens come back whole and unmarked.
    """
    from rapidfuzz.distance import LCSseq

    a, b = WORDS.findall(left), WORDS.findall(right)
    if max(len(a), len(b)) > longest:
        return [(False, left)], [(False, right)]
    first: Runs = []
    two: Runs = []
    for code in LCSseq.opcodes(a, b):
        differs = code.tag != "equal"
        first += [(differs, "".join(a[code.src_start:code.src_end]))] if code.src_end > code.src_start else []
        two += [(differs, "".join(b[code.dest_start:code.dest_end]))] if code.dest_end > code.dest_start else []
    return first, two


@dataclass(frozen=True)
class Links:
    """Places to go: (text, href) or (text, href, note). Followed are relative links, `https:`, `http:` and `mailto:`."""

    items: Sequence[tuple[str, ...]]

    def html(self) -> Markup:
        """A list of links."""
        return render("links.html.j2", items=[(item[0], safe_href(item[1]), (*item, "", "")[2]) for item in self.items])


def safe_href(href: str) -> str | None:
    """The address where a browser can only go to it; None for `javascript:`, `data:` and the like."""
    scheme = re.match(r"\s*([A-Za-z][A-Za-z0-9+.\-]*)\s*:", href)
    harmless = scheme is None or scheme[1].lower() in ("http", "https", "mailto")
    return href if harmless and not re.search(r"[\x00-\x20]", href.strip()) else None


@dataclass(frozen=True)
class Figure:
    """A picture with its title and caption; `instructwild.report.figures` draws them.

    Args:
        picture: the drawing, HTML or SVG that is already escaped.
        title: what is shown, above it.
        caption: how to read it, below it.
        wide: it takes the whole width of the page on a large screen.
    """

    picture: Markup
    title: str = ""
    caption: str = ""
    wide: bool = False

    def html(self) -> Markup:
        """The figure."""
        return render("figure.html.j2", figure=self)
