"""The reference is what the commands declare, in both languages; and what remedies name is declared."""

import ast
import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def script():
    return runpy.run_path(str(ROOT / "docs/reference.py"))


def test_every_page_is_what_the_commands_declare(script):
    pages, missing = script["pages"]()
    assert missing == [], "add them to docs/reference.zh-CN.yaml: python docs/reference.py --missing"
    written = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "docs/reference").glob("*.md")}
    stale = [name for name in sorted(pages.keys() | written.keys()) if pages.get(name) != written.get(name)]
    assert stale == [], "write them anew: python docs/reference.py"


def test_every_command_and_every_option_of_its_help_stands_on_its_page(script):
    from instructwild.cli import COMMANDS

    pages, _ = script["pages"]()
    assert {name.removesuffix(".md") for name in pages if ".zh-CN" not in name} == {"index", *COMMANDS}
    for words, command, ctx in script["commands"]():
        for parameter in script["parameters"](command, ctx) if len(words) > 1 else ():
            page = pages[f"{words[1]}.md"]
            assert all(name in page for name in parameter.opts if name.startswith("-")), words


def test_translations_keep_names_of_options(script):
    words = script["yaml"].safe_load((ROOT / "docs/reference.zh-CN.yaml").read_text(encoding="utf-8"))
    option = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
    assert [text for text, chinese in words.items() if set(option.findall(text)) != set(option.findall(chinese))] == []


def remedies():
    """(file, text) of every remedy in the code; what is filled in stands as a space."""
    for root in ("instructwild", "annotation", "trainer"):
        for path in sorted((ROOT / root).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.keyword) and node.arg == "remedy":
                    parts = node.value.values if isinstance(node.value, ast.JoinedStr) else [node.value]
                    yield path, "".join(part.value if isinstance(part, ast.Constant) else " " for part in parts)


def test_every_option_and_command_that_a_remedy_names_is_there(script):
    declared, options = {}, set()
    for words, command, ctx in script["commands"]():
        own = {name for parameter in command.get_params(ctx) for name in (*parameter.opts, *parameter.secondary_opts)}
        declared[" ".join(words)] = own
        options |= own
    for path, text in remedies():
        assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*[a-z]", text)) <= options, (path.name, text)
        for verb, member in re.findall(r"instructwild ([a-z]+)(?: ([a-z]+))?", text):
            assert f"instructwild {verb}" in declared, (path.name, text)
            if member and any(known.startswith(f"instructwild {verb} ") for known in declared):
                assert f"instructwild {verb} {member}" in declared, (path.name, text)
