"""Gathers what the site is built from into one folder: `python docs/assemble.py build/docs`.

Pages of docs/, files of the root that the site holds too, and the page of all messages. Links that leave docs/ are led to
the copies: pages link as they must where the repository is read, `../benchmarks/RESULTS.md`.
"""

import posixpath
import re
import runpy
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
TAKEN = ("benchmarks/RESULTS.md", "benchmarks/SLOW_TESTS.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "LICENSE",
         *(str(path.relative_to(ROOT)) for path in sorted(ROOT.glob("notebooks/*.ipynb"))))
"""Files outside docs/ that the site holds, under the paths they have in the repository."""

HOME = {"README.md": "index.md", "README.zh-CN.md": "index.zh-CN.md"}
"""The first page of the site stands for the README."""

SWITCH = re.compile(r"\[(?:中文|English)\]\([^)]*\)(?: · )?")
"""The link to the same page in the other language, for which the site has a menu of its own."""

PICTURE = re.compile(r'<img src="([^"]+)"([^>]*)>')
"""A picture as HTML, for its width: the site finds only those written in Markdown."""

CODE = re.compile(r"`[^`\n]+`")
"""In code the bar of a table's cell is escaped where the repository is read, and is not here."""

LINK = re.compile(r"(\]\()([^)#\s:]+)((?:#[^)\s]*)?\))")


def led(text: str, folder: str, inside: bool) -> str:
    """A page with its links led to where the site has what they point at.

    Args:
        text: Markdown.
        folder: the page's folder in the site.
        inside: whether the page lies in docs/ in the repository.
    """
    def anew(match: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join("docs" if inside else "", folder, match[2]))
        target = HOME.get(target, target.removeprefix("docs/"))
        target = target.replace(".zh-CN.md", ".md")     # the site tells languages apart by folder
        return match[1] + posixpath.relpath(target, folder or ".") + match[3]

    text = PICTURE.sub(lambda match: f"![]({match[1]}){{{match[2].strip()}}}", SWITCH.sub("", text))
    text = CODE.sub(lambda match: match[0].replace("\\|", "|"), text)
    return LINK.sub(anew, text)


def assemble(out: Path) -> None:
    """Write the folder anew."""
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(DOCS, out, ignore=shutil.ignore_patterns("*.py", "*.yaml", "__pycache__"))
    for path in sorted(out.rglob("*.md")):
        folder = path.parent.relative_to(out).as_posix()
        path.write_text(led(path.read_text(encoding="utf-8"), "" if folder == "." else folder, True), encoding="utf-8")
    for name in TAKEN:
        target = out / name
        target.parent.mkdir(parents=True, exist_ok=True)
        text = (ROOT / name).read_text(encoding="utf-8")
        target.write_text(led(text, posixpath.dirname(name), False) if name.endswith(".md") else text, encoding="utf-8")
    (out / "messages.md").write_text(runpy.run_path(str(DOCS / "messages.py"))["page"](), encoding="utf-8")


if __name__ == "__main__":
    assemble(Path(sys.argv[1]))
