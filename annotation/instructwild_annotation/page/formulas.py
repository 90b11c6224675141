"""Formulas in TeX as MathML, which browsers set without a script or a font of their own."""

import html
import re
from xml.etree.ElementTree import Element

from latex2mathml.converter import convert_to_element

LONGEST = 2000          # characters of one formula; a longer one is shown as it was written
DEEPEST = 60            # braces and environments within one another
NESTING = re.compile(r"\\(?:left|right|begin|end)(?![a-zA-Z])|\\.|[{}]", re.DOTALL)
OPENING, CLOSING = ("{", r"\left", r"\begin"), ("}", r"\right", r"\end")
TAGS = {"math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "ms", "msup", "msub", "msubsup", "mfrac", "msqrt", "mroot",
        "mover", "munder", "munderover", "mmultiscripts", "mprescripts", "mtable", "mtr", "mtd", "mstyle", "mpadded",
        "mphantom", "menclose", "merror"}
ATTRIBUTES = {"display", "mathvariant", "stretchy", "fence", "form", "separator", "accent", "accentunder", "movablelimits",
              "linethickness", "displaystyle", "scriptlevel", "columnalign", "rowspacing", "columnspacing", "width",
              "lspace", "rspace",
              "minsize", "maxsize", "notation", "largeop", "symmetric", "linebreak"}


def formula(text: str, *, block: bool, plain: bool = False) -> str:
    """A formula as HTML: MathML, or its source in a box where it is not understood or is to be `plain`.

    What it holds is text: only known elements and attributes are written, and all text is escaped.
    """
    tag = "div" if block else "span"
    source = html.escape(text.strip())
    try:
        if plain or len(text) > LONGEST or _depth(text) > DEEPEST:
            raise ValueError("too large")
        body = _written(convert_to_element(text.strip(), display="block" if block else "inline"))
    except Exception:       # a formula that a model did not finish may fail anywhere in the library
        return f'<{tag} class="math">{source}</{tag}>'
    return f'<{tag} class="formula" title="{source}">{body}</{tag}>'


def _depth(text: str) -> int:
    r"""How deep braces, \left and \begin lie within one another.

    Raises:
        ValueError: they do not close.
    """
    depth = deepest = 0
    for token in NESTING.findall(text):
        depth += token in OPENING
        depth -= token in CLOSING
        deepest = max(deepest, depth)
        if depth < 0:
            break
    if depth:
        raise ValueError("unfinished")
    return deepest


def _written(element: Element) -> str:
    name = element.tag.rpartition("}")[2]
    content = html.escape(html.unescape(element.text or "")) + "".join(
        _written(child) + html.escape(html.unescape(child.tail or "")) for child in element)
    if name not in TAGS:
        return content
    attributes = "".join(f' {key}="{html.escape(html.unescape(value))}"' for key, value in element.attrib.items()
                         if key in ATTRIBUTES)
    return f"<{name}{attributes}>{content}</{name}>"
