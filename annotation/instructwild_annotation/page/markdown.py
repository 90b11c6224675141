"""Text from the world as HTML that can be put into a page: Markdown rendered, everything else shown as it is."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererProtocol
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin

from instructwild_annotation.page import formulas
from instructwild_annotation.page.brackets import bracket_formulas
from instructwild_annotation.page.formulas import formula

TAGS = {"p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol",
        "li", "table", "thead", "tbody", "tr", "th", "td", "a", "span", "div"} | formulas.TAGS
ATTRIBUTES = {"span": {"class", "title"}, "div": {"class", "title"}, "code": {"class"}, "a": {"href"}, "ol": {"start"},
              **{tag: formulas.ATTRIBUTES for tag in formulas.TAGS}}
DEEPEST = 100           # lists and quotations within one another; what lies deeper would be left out
LONGEST = 200_000       # characters rendered; what is longer is shown as plain text
MOST_FORMULAS = 300     # set in one text; further ones are shown as they were written


@cache
def _renderer() -> MarkdownIt:
    """No HTML of the text's own, no pictures (they would be fetched from other hosts), single line breaks kept."""
    renderer = (MarkdownIt("commonmark", {"html": False, "breaks": True, "maxNesting": DEEPEST})
                .enable(["table", "strikethrough"]).disable("image")
                .use(dollarmath_plugin, allow_digits=False, allow_space=False, double_inline=True)
                .use(bracket_formulas))
    for kind in ("math_inline", "math_inline_double", "math_block", "math_block_label"):
        renderer.add_render_rule(kind, _set)
    return renderer


@cache
def _cleaner() -> nh3.Cleaner:
    """The allow-list, made once: to make it costs more than to clean an answer by it."""
    return nh3.Cleaner(tags=TAGS, url_schemes={"http", "https", "mailto"}, attributes=ATTRIBUTES,
                       link_rel="noopener noreferrer nofollow")


def _set(self: RendererProtocol, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    """A formula's token as HTML."""
    env["formulas"] = env.get("formulas", 0) + 1
    return formula(tokens[index].content, block=tokens[index].type != "math_inline", plain=env["formulas"] > MOST_FORMULAS)


def rendered(text: str) -> str:
    r"""A text's Markdown as safe HTML; formulas between $, $$, \( \) and \[ \] are set as MathML.

    Two walls: the renderer escapes all HTML, and what it makes is cleaned by an allow-list.
    """
    if len(text) > LONGEST:
        return "<pre>" + nh3.clean_text(text) + "</pre>"
    return _cleaner().clean(_renderer().render(text))
