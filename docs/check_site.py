"""Checks the built site without a network: `python docs/check_site.py site`.

Every link and anchor leads somewhere, and no page loads anything from another host.
"""

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}
NOT_LOADED = {"canonical", "alternate", "next", "prev", "author"}
"""Relations of `link` that no browser fetches."""


class Page(HTMLParser):
    """The ids of a page, where it leads, and what it loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of one tag."""
        fields = {name: value or "" for name, value in attrs}
        self.ids |= {fields[name] for name in ("id", "name") if fields.get(name)}
        if tag == "a" and "href" in fields:
            self.links.append(fields["href"])
        if tag in LOADED and LOADED[tag] in fields and fields.get("rel") not in NOT_LOADED:
            self.loads.append(fields[LOADED[tag]])


def faults(site: Path) -> list[str]:
    """What is wrong, one line a fault."""
    pages = {path: Page(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.html"))}
    wrong = []
    for path, page in pages.items():
        if path.name == "404.html":
            continue
        for url in [*page.links, *page.loads]:
            parts = urlsplit(url)
            if parts.scheme or parts.netloc:
                if url in page.loads:
                    wrong.append(f"{path.relative_to(site)}: loads {url} from another host")
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            if not target.exists():
                wrong.append(f"{path.relative_to(site)}: {url} leads nowhere")
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].ids | {"__tabbed"}:
                wrong.append(f"{path.relative_to(site)}: {url} names no heading")
    return wrong


if __name__ == "__main__":
    FAULTS = faults(Path(sys.argv[1]).resolve())
    print("\n".join(FAULTS) or "every link leads somewhere, and nothing is loaded from another host")
    sys.exit(bool(FAULTS))
