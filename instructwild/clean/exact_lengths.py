"""Texts of a number of words that was asked for, and answers that are far from it: "a 100-word post" of 300 words."""

import polars as pl

from instructwild.clean.length_limits import MANY_LIMITS, WORDS
from instructwild.clean.patterns import matches, only_where, row_by_row
from instructwild.text.lazy_pattern import LazyPattern
from instructwild.text.word_table import group_of

PROMPT, ANSWER = pl.col("prompt"), pl.col("answer")

_TOO_LONG, _TOO_SHORT = 1.5, 0.5
"""Nobody counts as a program does: half as much again, or half of it, is beyond a slip."""
_MANNERS = group_of("please | can you | could you | now | in detail,?")
_WRITES = group_of("""
    write | compose | generate | create | describe | explain | produce | provide | give | draft | summari[sz]e | develop
    make | discuss | define
""")
_NUMBER = r"(?<![\d,.])(\d,\d{3}|\d{2,4})[ -]words?\b"
_ASKS = LazyPattern(rf"(?i)\A\W*(?:{_MANNERS} )*(?:{_WRITES}\b[^.?!\n]{{0,120}}?|in (?:about |around )?){_NUMBER}")
_NOT_ITS_LENGTH = LazyPattern("(?i)" + group_of(r"""
    \bfrom (?:an? |the |this )\S | \bwords? (?:that|which|from|to|associated|related|beginning|starting|with|describing|list)
    \b(?:using|of the|based on) (?:the )?[\d,]+[ -]words? | vocabulary | \boutline\b | \bplan\b | \bpages?\b | \bdistinct\b
    \b(?:under|less|fewer|at least|at most|no more|minimum|maximum|max|min|up to|within|over|limit|exceed)\b
    \btable of contents\b | \d ?[-–] ?\d | \bwords? \d+ char
"""))
"""What a number of words counts beside a text: a source, a list of words, one of several texts, a bound, a page's count."""


def far_from_its_length(prompt: str, answer: str) -> bool:
    """Whether an answer is half as long again, or half as long, as the one text of so many words that was asked for.

    >>> far_from_its_length("Write a 10-word poem about tides.", "The sea comes in, the sea goes out, " * 3)
    True
    >>> far_from_its_length("Write a 10-word poem about tides.", "The sea comes in with the moon and goes out.")
    False
    """
    match = _ASKS.match(prompt)
    if match is None or MANY_LIMITS.search(prompt) or _NOT_ITS_LENGTH.search(prompt):
        return False
    expected, length = int(match[1].replace(",", "")), len(WORDS.findall(answer))
    return length > expected * _TOO_LONG or length < expected * _TOO_SHORT


FAR_FROM_ITS_LENGTH = only_where(
    (PROMPT.str.len_bytes() < 600) & (ANSWER.str.len_bytes() > 0) & PROMPT.str.contains("(?i)word"),
    only_where(matches(PROMPT, r"(?i)\d[ -]words?\b"), row_by_row(far_from_its_length)))
