"""How long an answer may or must be, where the prompt says so in words or characters, and whether it is."""


import polars as pl

from instructwild.clean.patterns import PROMPT_SIZE, matches, only_where, row_by_row
from instructwild.text.lazy_pattern import LazyPattern
from instructwild.text.scripts import ANY_HAN
from instructwild.text.word_table import group_of

PROMPT, ANSWER = pl.col("prompt"), pl.col("answer")

_AT_MOST_WORDS = group_of("""
under | less than | fewer than | no more than | not more than | no longer than | a maximum of | maximum of | maximum
at most | up to | within | not exceed | not exceeding | limit of | max
""")
_OR_LESS = group_of("or less | or fewer | max(?:imum)? | at most | limit")
_AT_LEAST_WORDS = group_of("""
at least | no less than | not less than | no fewer than | a minimum of | minimum of | more than | over
""")
_HAN_AT_MOST_WORDS = group_of("不到 | 不超过 | (?:^|[^不])少于 | 不多于 | 不大于 | 最多 | 控制在 | 限制在")
_HAN_OR_LESS = group_of("以内 | 之内 | 以下 | 或更少 | 或以下")
_HAN_WORD = "个?(?:汉字|字(?!母|符|节))"
_AT_MOST = rf"(?i)\b{_AT_MOST_WORDS} (\d{{1,4}})[ -]words?\b|\b(\d{{1,4}}) words? {_OR_LESS}\b"
_HAN_AT_MOST = rf"{_HAN_AT_MOST_WORDS}\s*(\d{{1,4}})\s*{_HAN_WORD}|(\d{{1,4}})\s*{_HAN_WORD}{_HAN_OR_LESS}"
_AT_LEAST = rf"(?i)\b{_AT_LEAST_WORDS} (\d{{2,4}})[ -]words?\b"
_HAN_AT_LEAST = rf"(?:不少于|不低于|至少|(?<!不)超过)\s*(\d{{2,4}})\s*{_HAN_WORD}|(\d{{2,4}})\s*{_HAN_WORD}以上"
_AT_MOST_SIGNS = (r"(?i)\b(?:under|less than|fewer than|no more than|not more than|not exceeding|don['’]?t exceed(?: the)?"
                  rf"|maximum of) (\d{{2,4}})[ -]char(?:acter)?s?\b|\b(\d{{2,4}}) char(?:acter)?s? {_OR_LESS}\b")
SAYS_HOW_LONG = r"(?i)\d[ -](?:words?|char(?:acter)?s?)\b|\d\s*个?(?:汉字|字)"
"""What a prompt without a limit of words does not hold."""
_MAY_LIMIT = rf"(?i)(?:{_AT_MOST_WORDS}|{_AT_LEAST_WORDS}|exceed(?: the)?) \d|{_OR_LESS}|[不少多控限最至超以之或]"
"""What a prompt without a limit does not hold; the same in Rust's syntax as in Python's."""
_SEVERAL = group_of("""
each | per | every | both | respectively | titles? | headlines? | variations? | bullets? | points | sentences? | steps
code | function | program | script | count | paragraphs? | slides? | options? | keywords? | summar(?:y|ize) and | between
rewrite | tweets | examples | ideas | names | slogans | taglines | captions | questions | reasons | tips | chapters?
parts | versions? | these | them | they | only | two | three | several | multiple | different
""")
_HAN_SEVERAL = group_of(r"""
每[个条段句篇] | 各 | 分别 | 标题 | 代码 | 函数 | 程序 | 字数统计 | 段落 | 步骤 | 之间 | [两几][个篇段条] | 口号 | 选项
关键词 | 到\s*\d | \d\s*[-–~—到至]\s*\d
""")
MANY_LIMITS = LazyPattern(rf"(?i)\b{_SEVERAL}\b|{_HAN_SEVERAL}")
"""Where there are several texts, each with a limit of its own, or the limit is of something else."""
_TOO_LONG, _TOO_SHORT = 1.25, 0.5
"""Nobody counts as a program does: a fourth more, or half of what was asked for, is beyond a slip."""
_LONGEST_PROMPT = 600
HAN_WORDS = LazyPattern(rf"{ANY_HAN}|[A-Za-z0-9]+")
WORDS = LazyPattern(r"[\w'’-]+")
_SIGNS = LazyPattern(r"(?s).")


def breaks_its_limit(prompt: str, answer: str) -> bool:
    """Whether an answer is a fourth longer than the prompt allows, or half as long as it demands.

    >>> breaks_its_limit("Explain tides in under 5 words.", "The moon pulls the sea towards itself, twice a day.")
    True
    >>> breaks_its_limit("Explain tides in under 5 words.", "The moon pulls water.")
    False
    """
    if MANY_LIMITS.search(prompt):
        return False
    limits = [(match, words, most) for pattern, words, most in _PATTERNS if (match := pattern.search(prompt))]
    if len(limits) != 1 or len(limits[0][1].findall(answer)) == 0:
        return False
    match, words, most = limits[0]
    limit, length = int(next(filter(None, match.groups()))), len(words.findall(answer))
    return limit > 0 and (length > limit * _TOO_LONG + 1 if most else length < limit * _TOO_SHORT)


_PATTERNS = [(LazyPattern(_AT_MOST), WORDS, True), (LazyPattern(_HAN_AT_MOST), HAN_WORDS, True),
             (LazyPattern(_AT_MOST_SIGNS), _SIGNS, True), (LazyPattern(_AT_LEAST), WORDS, False),
             (LazyPattern(_HAN_AT_LEAST), HAN_WORDS, False)]
WRONG_LENGTH = only_where(
    (PROMPT_SIZE < _LONGEST_PROMPT) & (ANSWER.str.len_bytes() > 0) & PROMPT.str.contains("(?i)word|char|字"),
    only_where(matches(PROMPT, SAYS_HOW_LONG), only_where(
        ~PROMPT.str.contains(MANY_LIMITS.pattern) & PROMPT.str.contains(_MAY_LIMIT), row_by_row(breaks_its_limit))))
"""An answer that breaks the one limit of words or characters that its prompt sets, by more than a slip."""
