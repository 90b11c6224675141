"""Texts of a number of words that was asked for, and answers that are far from it: "a 100-word post" of 300 words.

A Chinese text of so many 字 may be twice as long before it is seen: where a translation made them of words, a word is one to
two of them.
"""

import polars as pl

from instructwild.clean.length_limits import HAN_WORDS, MANY_LIMITS, WORDS
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
_HAN_MANNERS = r"(?:请|现在|你|您|再|帮我|能|可以|给我|以[“《][^”》\n]{2,20}[”》]为(?:主题|题)[，,]?)"
_HAN_WRITES = group_of("用 | 以 | 写 | 撰写 | 编写 | 创作 | 生成 | 创建 | 提供 | 描述 | 制作")
_HAN_ASKS = LazyPattern(
    rf"\A{_HAN_MANNERS}{{0,3}}{_HAN_WRITES}[^。\n？?，,]{{0,40}}?(?<![\d~～－—-])(?:大约|约|一个|一篇|一段)? ?"
    r"(\d{2,4}) ?个?(?:汉字|字)(?:左右)?(?!母|符|节|体|以|之|或|段|典|到|至|，不|词)")
_HAN_NOT_ITS_LENGTH = LazyPattern(group_of(r"""
    以内 | 以上 | 至少 | 不少于 | 不超过 | 少于 | 多于 | 超过 | 不到 | 最多 | 之间 | 标题 | 大纲 | 提纲 | 扩展 | 缩写 | 删除
    这篇 | 从 | 密码 | 计划 | 每[个篇段句条] | 系列 | 章 | [<>≤≥] | \d ?[-–~到至] ?\d
"""))
_HAN_TOO_LONG, _HAN_TOO_SHORT = 2, 0.5


def far_from_its_han_length(prompt: str, answer: str) -> bool:
    """The same of 字: whether there are more than twice as many, or less than half.

    >>> far_from_its_han_length("用10个字描述大海。", "大海深不见底，潮水日夜来去，船只在远处慢慢驶过。")
    True
    >>> far_from_its_han_length("用10个字描述大海。", "海水蓝得看不到尽头。")
    False
    """
    match = _HAN_ASKS.match(prompt)
    if match is None or MANY_LIMITS.search(prompt) or _HAN_NOT_ITS_LENGTH.search(prompt.partition("\n")[0]):
        return False
    expected, length = int(match[1]), len(HAN_WORDS.findall(answer))
    return length > expected * _HAN_TOO_LONG or length < expected * _HAN_TOO_SHORT


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
    only_where(matches(PROMPT, r"(?i)\d[ -]words?\b"), only_where(
        ~PROMPT.str.contains(MANY_LIMITS.pattern), row_by_row(far_from_its_length))))
FAR_FROM_ITS_HAN_LENGTH = only_where(
    (PROMPT.str.len_bytes() < 600) & (ANSWER.str.len_bytes() > 0) & PROMPT.str.contains("字", literal=True),
    only_where(matches(PROMPT, r"\d ?个?(?:汉字|字)"), row_by_row(far_from_its_han_length)))
