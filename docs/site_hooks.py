"""What the site takes from beside docs/: files of the root become pages, and links to them lead there.

A hook of mkdocs (`hooks:` in mkdocs.yml). Pages in docs/ link as they must where the repository is read, `../benchmarks/RESULTS.md`.
"""

import posixpath
import re
import runpy
from pathlib import Path
from typing import Any

from mkdocs.plugins import event_priority
from mkdocs.structure.files import File

ROOT = Path(__file__).resolve().parents[1]
TAKEN = ("benchmarks/RESULTS.md", "benchmarks/SLOW_TESTS.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md",
         *(str(path.relative_to(ROOT)) for path in sorted(ROOT.glob("notebooks/*.ipynb"))))
"""Files outside docs/ that the site holds, under the paths they have in the repository."""

HOME = {"README.md": "index.md", "README.zh-CN.md": "index.zh-CN.md"}
"""The README stands for the first page of the site."""

LINK = re.compile(r"(\]\()([^)#\s:]+)((?:#[^)\s]*)?\))")


@event_priority(100)
def on_files(files: Any, config: Any) -> Any:
    """Add the files from outside docs/, before languages are told apart."""
    for name in TAKEN:
        files.append(File.generated(config, name, content=(ROOT / name).read_text(encoding="utf-8")))
    page = runpy.run_path(str(ROOT / "docs/messages.py"))["page"]
    files.append(File.generated(config, "messages.md", content=page()))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Lead links that leave docs/ to the pages that stand for those files; what the site lacks becomes plain code."""
    source = page.file.src_uri
    folder = posixpath.dirname(source)
    outside = source in TAKEN

    def led(match: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join("" if outside else "docs", folder, match[2]))
        inside = target.removeprefix("docs/")
        if target == inside and target not in TAKEN and target not in HOME:
            return f"]({match[2]}{match[3]}" if (ROOT / "docs" / folder / match[2]).exists() else "](#)"
        return match[1] + posixpath.relpath(HOME.get(target, inside), folder or ".") + match[3]

    return LINK.sub(led, markdown)
