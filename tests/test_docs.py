"""What the documents point at is there, and the commands they show exist."""

import re
import runpy
from pathlib import Path

import pytest

from instructwild.cli import COMMANDS

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(page):
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_shown_is_a_verb(page):
    shown = re.findall(r"^(?:\$ )?instructwild ([a-z]+)", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert [verb for verb in shown if verb not in COMMANDS] == []


def test_no_page_names_a_folder_of_somebody_s_machine():
    tracked = [*PAGES, *ROOT.glob("instructwild/**/*.py"), *ROOT.glob("trainer/**/*.py"), *ROOT.glob("annotation/**/*.py")]
    assert [str(path) for path in tracked if re.search(r"(/home/|/root/|/Users/)\w", path.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("page", ["docs/cleaning.md", "docs/cleaning.zh-CN.md"])
def test_the_pages_on_cleaning_name_every_step_and_every_rule_with_its_default(page):
    from instructwild.clean.damage import DAMAGE
    from instructwild.clean.judge_words import JUDGED
    from instructwild.clean.pipeline import STEPS
    from instructwild.clean.rules import RULES

    told = re.findall(r"^\| `(\w+)` \|.*\| (\w+) \|$", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE)
    assert told == [*((name, "repair") for name in DAMAGE if name not in RULES),
                    *((name, rule.action) for name, rule in RULES.items()), *((name, "flag") for name in JUDGED)]
    steps = re.findall(r"^\| \*{0,2}(\w+)\*{0,2} \|", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE)
    assert [name for name in steps if name in STEPS] == list(STEPS)


FORMATS = ("docs/formats.md", "docs/formats.zh-CN.md")


@pytest.fixture(scope="module")
def script():
    return runpy.run_path(str(ROOT / "docs/formats.py"))


def test_formats_is_what_the_schemas_say_in_both_languages(script):
    english, chinese = ((ROOT / page).read_text(encoding="utf-8") for page in FORMATS)
    assert script["rendered"](english) == english, "write it anew: python docs/formats.py"
    assert script["rendered"](chinese, script["in_chinese"]) == chinese, "write it anew: python docs/formats.py"
    for page in (english, chinese):
        assert set(re.findall(r"<!-- ([a-z ]+) -->\n", page)) - {"end"} == set(script["TABLES"])


def test_every_word_of_the_tables_has_its_chinese_and_no_other_does(script):
    cells = {cell for draw in script["TABLES"].values() for line in draw().splitlines()
             for cell in line.removeprefix("| ").removesuffix(" |").split(" | ")}
    said = {script["CODE"].sub("{}", cell) for cell in cells} - {"{}", "---"}
    assert said == set(script["WORDS"])
    assert [word for word, told in script["WORDS"].items() if word.count("{}") != told.count("{}")] == []


def test_the_chinese_page_on_formats_has_the_same_parts_as_the_english_one():
    def parts(page):
        text = (ROOT / page).read_text(encoding="utf-8")
        code = [[line.partition("#")[0].rstrip() for line in block.splitlines()]
                for block in re.findall(r"^```\w*\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)]
        text = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
        return {"headings": [len(marks) for marks in re.findall(r"^(#+) ", text, re.MULTILINE)],
                "rows of tables": [line.count("|") for line in text.splitlines() if line.startswith("|")],
                "code": {word for word in re.findall(r"`([^`\n]+)`", text) if ".zh-CN" not in word}, "commands": code}

    english, chinese = map(parts, FORMATS)
    assert english == chinese
