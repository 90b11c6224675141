"""Text from the world as HTML that can be put into a page: Markdown rendered, everything else shown as it is."""

import re
from functools import cache

import nh3
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

TAGS = {"p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol",
        "li", "table", "thead", "tbody", "tr", "th", "td", "a", "span", "div"}
LONGEST = 200_000       # characters rendered; what is longer is shown as plain text
THOUGHT = re.compile(r"\A\s*<(think|thinking|thought|reasoning)>(.*?)(?:</\1>|\Z)\s*", re.DOTALL | re.IGNORECASE)


@cache
def _renderer() -> MarkdownIt:
    """No HTML of the text's own, no pictures (they would be fetched from other hosts), single line breaks kept."""
    return (MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"]).disable("image")
            .use(dollarmath_plugin, allow_digits=False, allow_space=False, double_inline=True))


def rendered(text: str) -> str:
    """A text's Markdown as safe HTML; formulas stay as they were written, in a box of their own.

    Two walls: the renderer escapes all HTML, and what it makes is cleaned by an allow-list.
    """
    if len(text) > LONGEST:
        return "<pre>" + nh3.clean_text(text) + "</pre>"
    return nh3.clean(_renderer().render(text), tags=TAGS, url_schemes={"http", "https", "mailto"},
                     attributes={"span": {"class"}, "div": {"class"}, "code": {"class"}, "a": {"href"}, "ol": {"start"}},
                     link_rel="noopener noreferrer nofollow")


def without_thoughts(text: str) -> tuple[str, str]:
    """An answer and the thoughts written before it, as some models do; no thoughts are an empty text."""
    match = THOUGHT.match(text)
    return (text[match.end():], match.group(2).strip()) if match else (text, "")
