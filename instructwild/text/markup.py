"""HTML posts as plain text: paragraphs stay apart, code stays code, links keep their words."""

import re
from html.parser import HTMLParser

OPEN = re.compile(r"<(?!!--)(?![^<>]*>)")
"""A `<` that no tag follows."""
BLOCKS = {"p", "div", "li", "ul", "ol", "blockquote", "h1", "h2", "h3", "h4", "hr", "tr"}
HIDDEN = {"script", "style"}


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._pre = False
        self._hidden = 0
        self._link: tuple[str, int] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in HIDDEN:
            self._hidden += 1
        elif tag == "a":
            self._link = (dict(attrs).get("href") or "", len(self.parts))
        elif tag == "br":
            self.parts.append("\n")
        elif tag == "pre":
            self._pre = True
            self.parts.append("\n\n```\n")
        elif tag == "code" and not self._pre:
            self.parts.append("`")
        elif tag in BLOCKS:
            self.parts.append("\n\n" if tag in ("p", "blockquote", "div") else "\n")
            if tag == "li":
                self.parts.append("- ")

    def handle_endtag(self, tag: str) -> None:
        if tag in HIDDEN:
            self._hidden = max(0, self._hidden - 1)
        elif tag == "a" and self._link is not None:
            self._whole(*self._link)
        elif tag == "pre":
            self._pre = False
            self.parts.append("\n```\n\n")
        elif tag == "code" and not self._pre:
            self.parts.append("`")
        elif tag in BLOCKS:
            self.parts.append("\n\n" if tag in ("p", "blockquote", "div") else "")

    def _whole(self, address: str, start: int) -> None:
        """A link whose words are its own beginning (`https://a.example/long...`) is written out."""
        words = "".join(self.parts[start:])
        begun = words.removesuffix("...").removesuffix("…")
        if begun != words and begun and address.removeprefix("https://").startswith(begun.removeprefix("https://")):
            self.parts[start:] = [address]
        self._link = None

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data if self._pre else " ".join(data.split("\n")))


def with_whole_tags(html: str) -> str:
    """HTML in which what begins a tag and never ends it is text: the parser looks through all that follows for its end."""
    end = html.rfind("-->") + 1
    return OPEN.sub("&lt;", html[:end] + html[end:].replace("<!--", "&lt;!--"))


def plain_text(html: str) -> str:
    """The words of an HTML fragment. Text without markup comes back as it was, entities resolved."""
    reader = _Text()
    reader.feed(with_whole_tags(html))
    reader.close()
    lines = [line.rstrip() for line in "".join(reader.parts).split("\n")]
    kept = [line for at, line in enumerate(lines) if line or (at and lines[at - 1])]
    return "\n".join(kept).strip()
