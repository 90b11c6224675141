"""HTML pages as the Markdown they were made of: code with its language, tables, lists, links, formulas."""

import re
from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser

from instructwild.text.markup import with_whole_tags

HIDDEN = frozenset({"script", "style", "svg", "button", "noscript"})
FRAMED = frozenset({"pre", "code", "a", "strong", "b", "em", "i", "del", "s", "ul", "ol", "li", "blockquote", "table", "tr",
                    "th",
                    "td", "h1", "h2", "h3", "h4", "h5", "h6", "annotation", "math"})
"""Elements whose text is put together before it goes into the one around it."""
BLOCKS = frozenset({"p", "div", "section", "article", "thead", "tbody", "dl", "dt", "dd", "figure"})
MARKS = {"strong": "**", "b": "**", "em": "*", "i": "*", "del": "~~", "s": "~~"}
DEEPEST = 40
"""Elements within one another; what lies deeper loses its marks, not its text."""
LANGUAGE = re.compile(r"(?:^|\s)(?:language|lang|brush:?)-?(?P<name>[\w+#.-]+)")
LANGUAGE_BAR = re.compile(r"[\w+#.-]{1,20}")
SPACE = re.compile(r"\s+")
BREAK, LINE = "\0\0", "\0"
"""Between blocks, and between lines of one; no HTML holds a NUL."""


@dataclass
class _Frame:
    tag: str
    attributes: dict[str, str]
    parts: list[str] = field(default_factory=list)
    items: list[str] = field(default_factory=list)
    """Of a list its items, of a row its cells."""
    rows: list[list[str]] = field(default_factory=list)
    code: str | None = None
    language: str = ""

    def text(self) -> str:
        """The parts with blocks an empty line apart, and nothing empty at either end."""
        pieces: list[str] = []
        separator = ""
        for part in self.parts:
            if part in (BREAK, LINE):
                separator = max(separator, "\n\n" if part == BREAK else "\n", key=len)
                continue
            if separator or not pieces:
                part = part.lstrip(" ")
                if not part:
                    continue
            if separator and pieces:
                pieces[-1] = pieces[-1].rstrip(" ")
                pieces.append(separator)
            separator = ""
            pieces.append(part)
        return "".join(pieces).rstrip(" \n")


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.frames = [_Frame("", {})]
        self._open: Counter[str] = Counter()
        self._unframed: Counter[str] = Counter()
        self._hidden = 0
        self._formula: list[bool] = []
        """For each open `span`, whether it is a formula's."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in HIDDEN:
            self._hidden += 1
        elif self._hidden:
            return
        elif tag == "span":
            self._formula.append("katex-html" in (dict(attrs).get("class") or "").split())
        elif tag == "br":
            self._add(LINE)
        elif tag == "hr":
            self._add(BREAK, "---", BREAK)
        elif tag == "img":
            values = dict(attrs)
            self._add(f"![{values.get('alt') or ''}]({values.get('src') or ''})")
        elif tag in FRAMED and len(self.frames) < DEEPEST:
            self._open[tag] += 1
            self.frames.append(_Frame(tag, {name: value or "" for name, value in attrs}))
        elif tag in FRAMED:
            self._unframed[tag] += 1
        elif tag in BLOCKS and not self._open["pre"]:
            self._add(BREAK)

    def handle_endtag(self, tag: str) -> None:
        if tag in HIDDEN:
            self._hidden = max(0, self._hidden - 1)
        elif self._hidden:
            return
        elif tag == "span" and self._formula:
            self._formula.pop()
        elif self._unframed[tag]:
            self._unframed[tag] -= 1
        elif self._open[tag]:
            while self._leave() != tag:
                pass
        elif tag in BLOCKS and not self._open["pre"]:
            self._add(BREAK)

    def handle_data(self, data: str) -> None:
        if self._hidden or (self._formula and any(self._formula[:DEEPEST])):
            return
        data = data.replace("\0", "")
        self._add(data if self._open["pre"] else SPACE.sub(" ", data))

    def finished(self) -> str:
        while len(self.frames) > 1:
            self._leave()
        return self.frames[0].text()

    def _add(self, *parts: str) -> None:
        self.frames[-1].parts += filter(None, parts)

    def _leave(self) -> str:
        frame = self.frames.pop()
        self._open[frame.tag] -= 1
        outer = self.frames[-1]
        text = frame.text() if frame.tag not in ("pre", "code") else "".join(frame.parts)
        match frame.tag:
            case "pre":
                self._add(BREAK, _fenced(frame, text), BREAK)
            case "code" if self._open["pre"]:
                outer.code = (outer.code or "") + text
                if named := LANGUAGE.search(frame.attributes.get("class", "")):
                    outer.language = named["name"]
            case "code":
                self._add(f"`` {text} ``" if "`" in text else f"`{text}`" if text else "")
            case "a":
                self._add(_link(text, frame.attributes.get("href", "")))
            case "strong" | "b" | "em" | "i" | "del" | "s":
                before, after = (" " if "".join(frame.parts)[at:][:1] == " " else "" for at in (0, -1))
                mark = MARKS[frame.tag]
                self._add(f"{before}{mark}{text}{mark}{after}" if text else "")
            case "li" if outer.tag in ("ul", "ol"):
                outer.items.append(text)
            case "td" | "th" if outer.tag == "tr":
                outer.items.append(text)
            case "tr" if outer.tag == "table":
                outer.rows.append(frame.items)
            case "annotation":
                outer.code = text
            case "math":
                self._add(f"${frame.code}$" if frame.code else text)
            case _:
                self._add(BREAK, _block(frame, text), BREAK)
        return frame.tag


def _fenced(frame: _Frame, text: str) -> str:
    code = text if frame.code is None else frame.code
    language, bar = frame.language, text.strip().removesuffix("Copy code").strip()
    if frame.code is not None and not language and LANGUAGE_BAR.fullmatch(bar):
        language = bar
    fence = "```"
    while fence in code:
        fence += "`"
    return f"{fence}{language}\n{code.strip(chr(10))}\n{fence}"


def _link(text: str, address: str) -> str:
    if not address or address.startswith("#") or text == address:
        return text
    return f"[{text}]({address})" if text else address


def _block(frame: _Frame, text: str) -> str:
    match frame.tag:
        case "ul" | "ol":
            return "\n".join([*([text] if text else []), *_listed(frame)])
        case "li":
            return f"- {text}"
        case "blockquote":
            return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))
        case "table":
            return "\n".join([*([text] if text else []), *_tabled(frame.rows)])
        case "h1" | "h2" | "h3" | "h4" | "h5" | "h6":
            return f"{'#' * int(frame.tag[1])} {text}" if text else ""
        case _:
            return "\n".join(frame.items) if frame.items else text


def _listed(frame: _Frame) -> list[str]:
    start = frame.attributes.get("start", "1")
    first = int(start) if start.isascii() and start.isdigit() and len(start) < 10 else 1
    lines = []
    for number, item in enumerate(frame.items, start=first):
        mark = f"{number}. " if frame.tag == "ol" else "- "
        head, *rest = item.split("\n")
        lines += [mark + head, *(f"{' ' * len(mark)}{line}" if line else "" for line in rest)]
    return lines


def _tabled(rows: list[list[str]]) -> list[str]:
    width = max((len(row) for row in rows[:1000]), default=0)
    lines = []
    for number, row in enumerate(rows):
        cells = [" ".join(cell.split("\n")).replace("|", "\\|") for cell in row[:width]]
        lines.append("| " + " | ".join(cells + [""] * (min(width, 100) - len(cells))) + " |")
        if number == 0:
            lines.append("|" + " --- |" * max(1, min(width, 100)))
    return lines


def markdown(html: str) -> str:
    """The Markdown of an HTML fragment."""
    page = _Page()
    page.feed(with_whole_tags(html))
    page.close()
    return page.finished()
