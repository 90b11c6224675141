"""The site: every page in both languages where it should be, messages as the code has them, links that lead somewhere."""

import re
import runpy
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
ENGLISH_ONLY = {"api", "decisions"}


def pages():
    paths = (path.relative_to(DOCS) for path in sorted(DOCS.rglob("*.md")))
    return [path for path in paths if path.parts[0] not in ENGLISH_ONLY]


def rows(text):
    return [line.count("|") - line.count("\\|") for line in text.splitlines() if line.startswith("|")]


def test_every_page_has_its_twin():
    names = {str(page) for page in pages()}
    english = {name for name in names if ".zh-CN" not in name}
    assert names - english == {name.replace(".md", ".zh-CN.md") for name in english}


@pytest.mark.parametrize("name", ["index", "quickstart", "seeds", "glossary", "troubleshooting", "recipes", "notebooks"])
def test_twins_have_the_same_headings_tables_and_commands(name):
    english, chinese = ((DOCS / f"{name}{suffix}.md").read_text(encoding="utf-8") for suffix in ("", ".zh-CN"))
    assert rows(english) == rows(chinese)
    for pattern in (r"^(#+) ", r"^instructwild .*$"):
        assert re.findall(pattern, english, re.MULTILINE) == re.findall(pattern, chinese, re.MULTILINE)


@pytest.fixture(scope="module")
def all_messages():
    return list(runpy.run_path(str(DOCS / "messages.py"))["messages"]())


def test_the_index_of_decisions_lists_each_under_its_title():
    index = (DOCS / "decisions/index.md").read_text(encoding="utf-8")
    for path in sorted((DOCS / "decisions").glob("0*.md")):
        number, title = re.match(r"# (\d+)\. (.*)", path.read_text(encoding="utf-8")).groups()
        assert f"[{number}]({path.name}) | {title} |" in index


def test_the_chinese_index_of_decisions_says_what_each_decides():
    rows = re.findall(r"^\| \[(\d+)\]\((.*?)\) \| (.*?) \| (.*?) \|$",
                      (DOCS / "decisions/index.zh-CN.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert [name for _, name, _, _ in rows] == sorted(path.name for path in (DOCS / "decisions").glob("0*.md"))
    assert all(re.search("[\u4e00-\u9fff]{2}", text) for _, _, *texts in rows for text in texts)
    numbers = [int(number) for number, _, _, _ in rows]
    assert numbers == [int(name[:4]) for _, name, _, _ in rows] == sorted(set(numbers))


def test_remedies_name_options_and_commands_that_exist(all_messages):
    from typer.main import get_command

    from instructwild.cli import app

    options, commands = set(), set()

    def walk(command, path):
        options.update(name for each in command.params for name in (*each.opts, *each.secondary_opts))
        for name in command.list_commands(None) if hasattr(command, "list_commands") else ():
            commands.add(" ".join((*path, name)))
            walk(command.get_command(None, name), (*path, name))

    walk(get_command(app), ())
    for _, what, remedy in all_messages:
        assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", remedy or "")) <= options, what
        for words in re.findall(r"instructwild ([a-z]+)", remedy or ""):
            assert words in commands, what


class _Loader(yaml.SafeLoader):
    """Reads mkdocs.yml, whose Python objects only mkdocs makes."""


_Loader.add_multi_constructor("tag:yaml.org,2002:python/", lambda loader, suffix, node: suffix)


@pytest.fixture(scope="module")
def assembled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site") / "docs"
    runpy.run_path(str(DOCS / "assemble.py"))["assemble"](folder)
    return folder


def test_the_menu_holds_every_page_and_says_it_in_chinese(assembled):
    from instructwild.cli import COMMANDS

    config = yaml.load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"), _Loader)

    def entries(nav):
        for entry in nav:
            title, target = next(iter(entry.items())) if isinstance(entry, dict) else ("", entry)
            yield title, target if isinstance(target, str) else ""
            yield from entries(target) if isinstance(target, list) else ()

    menu = list(entries(config["nav"]))
    written = {path.relative_to(assembled).as_posix() for path in assembled.rglob("*.md")}
    english = {name for name in written if ".zh-CN" not in name}
    elsewhere = {name for name in english if name.startswith("decisions/0")} | {"SECURITY.md"}
    assert english - {target for _, target in menu} == elsewhere
    chinese = next(plugin["i18n"] for plugin in config["plugins"] if isinstance(plugin, dict) and "i18n" in plugin)
    translated = chinese["languages"][1]["nav_translations"]
    assert {title for title, _ in menu if title} - set(translated) <= set(COMMANDS)


def test_links_of_the_assembled_pages_lead_somewhere(assembled):
    for path in assembled.rglob("*.md"):
        for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text(encoding="utf-8")):
            assert "://" in link or (path.parent / link).exists(), f"{path.relative_to(assembled)}: {link}"
