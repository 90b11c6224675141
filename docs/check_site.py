"""Checks the built site without a network: `python docs/check_site.py site`.

Every link and anchor leads somewhere, no page loads from another host, and the search knows where Chinese words end.
"""

import json
import re
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


def search_faults(site: Path) -> list[str]:
    """What keeps Chinese words from being found: the index has a zero-width space between them, to be split at."""
    index = json.loads((site / "search/search_index.json").read_text(encoding="utf-8"))
    config, texts = index["config"], [page["text"] for page in index["docs"] if page["location"].startswith("zh-CN/")]
    wrong = [] if re.search(config["separator"], "\u200b") else ["search: words are not separated at zero-width spaces"]
    wrong += [] if "zh" in config["lang"] else ["search: Chinese is none of its languages"]
    wrong += [] if any("\u200b" in text for text in texts) else ["search: Chinese texts are not cut into words (jieba)"]
    return wrong


if __name__ == "__main__":
    SITE = Path(sys.argv[1]).resolve()
    FAULTS = [*faults(SITE), *search_faults(SITE)]
    print("\n".join(FAULTS) or "every link leads somewhere, nothing comes from another host, Chinese can be searched")
    sys.exit(bool(FAULTS))
