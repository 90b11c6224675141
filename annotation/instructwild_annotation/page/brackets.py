r"""Formulas between \( and \) or \[ and \] as tokens for markdown-it: Markdown takes them for plain brackets."""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

from instructwild_annotation.page.formulas import LONGEST

CLOSING = {r"\(": r"\)", r"\[": r"\]"}
END_OF_LINE = re.compile(r"[ \t]*$", re.MULTILINE)
AHEAD = LONGEST + 100       # characters looked through for the closing bracket, so that the work stays linear in the text


def bracket_formulas(renderer: MarkdownIt) -> None:
    r"""Read \( \) in a line, and \[ \] in a line or as lines of its own; the tokens are those of dollarmath."""
    renderer.inline.ruler.before("escape", "bracket_formula", _inline)
    renderer.block.ruler.before("fence", "bracket_formula", _block,
                                {"alt": ["paragraph", "reference", "blockquote", "list"]})


def _inline(state: StateInline, silent: bool) -> bool:
    begin = state.pos
    opening = state.src[begin:begin + 2]
    if opening not in CLOSING:
        return False
    end = state.src.find(CLOSING[opening], begin + 2, begin + AHEAD)
    if end < 0 or not state.src[begin + 2:end].strip():
        return False
    if not silent:
        token = state.push("math_inline" if opening == r"\(" else "math_inline_double", "math", 0)
        token.content, token.markup = state.src[begin + 2:end], opening
    state.pos = end + 2
    return True


def _block(state: StateBlock, first: int, after: int, silent: bool) -> bool:
    begin = state.bMarks[first] + state.tShift[first]
    if not state.src.startswith(r"\[", begin) or state.is_code_block(first):
        return False
    end = state.src.find(r"\]", begin + 2, min(begin + AHEAD, state.eMarks[after - 1]))
    if end < 0:
        return False
    if END_OF_LINE.match(state.src, end + 2) is None:
        return False                # more text in the line: the formula stands in a paragraph
    line = next(line for line in range(first, after) if end <= state.eMarks[line])
    if not silent:
        token = state.push("math_block", "math", 0)
        token.block, token.markup, token.map = True, r"\[", [first, line + 1]
        lines = state.getLines(first, line + 1, state.blkIndent, False).strip()
        token.content = lines.removeprefix(r"\[").removesuffix(r"\]")
    state.line = line + 1
    return True
