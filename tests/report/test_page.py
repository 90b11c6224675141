"""A page shows what it is given and obeys none of it."""

from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instructwild.report import figures
from instructwild.report.blocks import differing, safe_href
from instructwild.report.page import Figure, Links, Page, Pair, Pairs, Prose, Sample, Samples, Stats, Table

VOID = {"meta", "br"}
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=y> \x00 \u202etxt.exe \ud800 \x1b[31m &amp;"


class Reader(HTMLParser):
    """What a browser would see: tags, attributes and text, and whether every tag is closed in order."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.texts, self.open, self.tangled = [], [], [], [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.tangled.append(tag)

    def handle_data(self, data):
        self.texts.append(data)

    @property
    def text(self):
        return "".join(self.texts)


def page_of(text):
    """A page with the same text in every place that shows text from the world."""
    page = Page(title=text, lead=text, language=text)
    page.add(text, Prose(text), Prose(f"- {text}"), Stats({text: text}), Stats([(text, 1, text)]),
             Table([text, "n"], [[text, 1], [None, 2]], caption=text), Links([(text, text, text)]))
    page.add(text, Samples([Sample(text, language=text, id=text, badges=[text], note=text, reply=text), text,
                            {"text": text * 400}]),
             Pairs([Pair(text, text[::-1], text, text, text, [text], text)], caption=text))
    page.add(text, figures.bars({text: 3}, title=text, caption=text), figures.grouped_bars({text: {text: 1.0}}),
             figures.stacked({text: {text: 1}}), figures.histogram({text: [1, 2, 3]}, label=text),
             figures.lines({text: [1, 2, 3]}, x=text, y=text))
    page.add_last(text, Prose(text))
    return page.html()


@settings(deadline=None)
@given(st.text(max_size=40))
def test_whatever_the_text_the_page_has_the_same_tags_and_no_more(text):
    plain, found = Reader(page_of("plain")), Reader(page_of(text))
    assert not found.tangled
    assert not found.open
    assert set(found.tags) <= {*plain.tags, "details", "summary"}
    assert {name for name, _ in found.attributes} <= {*(name for name, _ in plain.attributes), "lang"}


def test_hostile_text_is_shown_and_not_obeyed():
    html = page_of(HOSTILE)
    found = Reader(html)
    assert "script" not in found.tags
    assert "img" not in found.tags
    assert "<script>alert(1)</script>" in found.text
    assert "⟨U+202E⟩txt.exe" in found.text
    assert "⟨U+0000⟩" in found.text
    assert not set(html) & {"\x00", "\u202e", "\x1b", "\ud800"}
    html.encode("utf-8")


def test_nothing_on_the_page_reaches_for_the_network_or_runs():
    html = page_of("text")
    found = Reader(html)
    policy = next(value for name, value in found.attributes if name == "content" and "default-src" in value)
    assert policy.startswith("default-src 'none'")
    assert "script-src" not in policy
    assert "unsafe" not in policy
    assert not {"script", "link", "iframe", "object", "img", "form"} & set(found.tags)
    assert not {"src", "srcset", "action", "style"} & {name for name, _ in found.attributes}
    assert "@import" not in html
    assert "url(" not in html


def test_the_style_sheet_is_the_one_the_policy_allows():
    import base64
    import hashlib
    import re

    html = page_of("text")
    style = re.search("<style>(.*?)</style>", html, re.DOTALL)[1]
    assert base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() in html


def test_headings_go_down_in_order_and_anchors_are_unique():
    page = Page("Clean")
    for _ in range(3):
        page.add("原因", Prose("x"))
    found = Reader(page.html())
    assert [tag for tag in found.tags if tag in ("h1", "h2", "h3")] == ["h1", "h2", "h2", "h2"]
    anchors = [value for name, value in found.attributes if name == "id"]
    assert len(anchors) == len(set(anchors)) == 3
    assert {value for name, value in found.attributes if name == "href"} == {f"#{anchor}" for anchor in anchors}


def test_chinese_text_says_that_it_is_chinese_and_keeps_its_spaces():
    html = Page("x").add("", Samples([Sample("第一行\n    第二行", language="zh-Hans")])).html()
    assert 'lang="zh-Hans">第一行\n    第二行</div>' in html


def test_an_unknown_language_is_not_claimed():
    assert "lang=\"und\"" not in Page("x").add("", Samples([Sample("?", language="und")])).html()


def test_long_text_is_folded_and_still_whole():
    text = "字" * 5000
    html = Page("x").add("", Samples([Sample(text)])).html()
    assert text in html
    assert "5,000 characters" in html
    assert "<details" not in Page("x").add("", Samples([Sample("短")])).html()


@settings(deadline=None)
@given(st.text(alphabet="ab 什么是进程多线\n", max_size=30), st.text(alphabet="ab 什么是进程多线\n", max_size=30))
def test_marking_differences_changes_no_text(left, right):
    one, two = differing(left, right)
    assert "".join(part for _, part in one) == left
    assert "".join(part for _, part in two) == right
    assert "".join(p for d, p in one if not d) == "".join(p for d, p in two if not d)


def test_only_the_tokens_that_differ_are_marked():
    assert differing("什么是进程", "什么是线程") == ([(False, "什么是"), (True, "进"), (False, "程")],
                                              [(False, "什么是"), (True, "线"), (False, "程")])
    assert differing("to French now", "to Spanish now")[0] == [(False, "to "), (True, "French"), (False, " now")]


def test_what_is_invisible_is_spelled_out_where_two_texts_are_compared():
    shown = Reader(str(Pairs([Pair("非物质\u200b的\x07", "非物质的")]).html()))
    assert "非物质(U+200B)的(U+0007)" in "".join(shown.text.split())


@pytest.mark.parametrize("href", ["javascript:alert(1)", " JavaScript:alert(1)", "data:text/html,x", "java\nscript:x",
                                  "vbscript:x", "\x01javascript:x", "file:///etc/passwd"])
def test_a_link_that_would_run_something_is_plain_text(href):
    assert safe_href(href) is None


@pytest.mark.parametrize("href", ["clean/report.html", "../a.html", "https://example.org/a?b=c:d", "#top", "a/b:c"])
def test_a_harmless_link_is_followed(href):
    assert safe_href(href) == href


def test_numbers_are_easy_to_read():
    html = Page("x").add("", Stats({"rows": 104000, "share": 0.123456, "none": None, "gate": True})).html()
    for shown in ("104,000", "0.1235", "–", "yes"):
        assert f"<dd>{shown}</dd>" in html


def test_a_long_table_says_how_much_it_leaves_out():
    html = Page("x").add("", Table(["n"], [[n] for n in range(30)], most=10)).html()
    assert html.count("<td") == 10
    assert "and 20 more" in html


def test_figures_that_follow_one_another_share_a_row():
    figure = figures.bars({"a": 1})
    assert isinstance(figure, Figure)
    small, large = Table(["a", "b"], [[1, 2]]), Table(list("abcdef"), [[1] * 6])
    blocks = (figure, figure, Prose("between"), figure, small, figure, large)
    rows = Page("x").add("", *blocks).sections[0].rows
    assert [len(row) for row in rows] == [2, 1, 2, 1, 1]
    assert Page("x").add("", *blocks).html().count('<div class="figures">') == 2


def test_small_sections_that_follow_one_another_share_a_band():
    small, large = Table(["a", "b"], [[1, 2]]), Table(list("abcdef"), [[1] * 6])
    page = Page("x")
    for title, block in (("a", small), ("b", figures.bars({"x": 1})), ("c", large), ("d", small), ("", small)):
        page.add(title, block)
    assert [[section.title for section in band] for band in page.bands] == [["a", "b"], ["c"], ["d"], [""]]
    assert page.html().count('<div class="band">') == 1


def test_brief_samples_share_a_row_and_long_ones_do_not():
    assert 'class="samples brief"' in Page("x").add("", Samples(["短", "short"])).html()
    assert 'class="samples brief"' not in Page("x").add("", Samples(["短", "字" * 200])).html()
    assert 'class="samples brief"' not in Page("x").add("", Samples([Sample("短", reply="答")])).html()
