"""The Chinese README says the same as the English one: the same headings, commands, tables, links and pictures."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ENGLISH, CHINESE = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh-CN.md"))
HAN = re.compile(r"[\u4e00-\u9fff]")


def prose(text):
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def blocks(text):
    return re.findall(r"^```(\w*)\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def command(line):
    """The part of a shown command that is typed: what two spaces, or a comment, set off is said about it."""
    return re.split(r"\s{2,}|\s+#\s", line.rstrip())[0]


def levels(text):
    return [len(marks) for marks in re.findall(r"^(#+) ", prose(text), flags=re.MULTILINE)]


def test_headings_are_the_same_in_number_and_depth():
    assert levels(ENGLISH) == levels(CHINESE)


def test_every_code_block_shows_the_same_commands():
    ours, theirs = blocks(ENGLISH), blocks(CHINESE)
    assert len(ours) == len(theirs)
    for (kind, english), (other, chinese) in zip(ours, theirs, strict=True):
        assert kind == other
        assert [command(line) for line in english.splitlines()] == [command(line) for line in chinese.splitlines()]


def plain(word):
    """A link without what tells its language."""
    return re.sub(r"README(\.zh-CN)?\.md", "README", re.sub(r"-(en|zh)\.png$", ".png", word)).replace(".zh-CN.md", ".md")


@pytest.mark.parametrize("pattern", [r"\]\(([^)\s]+)\)", r"`([^`\n]+)`"], ids=["links", "code"])
def test_links_and_code_in_prose_are_the_same(pattern):
    ours, theirs = ({plain(word) for word in re.findall(pattern, prose(text))} for text in (ENGLISH, CHINESE))
    assert ours == theirs


def test_tables_have_the_same_rows():
    rows = [[line.count("|") for line in prose(text).splitlines() if line.startswith("|")] for text in (ENGLISH, CHINESE)]
    assert rows[0] == rows[1]


def test_the_chinese_page_is_chinese():
    lines = [line for line in prose(CHINESE).splitlines() if len(line) > 40 and "|" not in line]
    assert all(HAN.search(line) for line in lines)
