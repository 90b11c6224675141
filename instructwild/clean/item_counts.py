"""How many items of a list a prompt asks for, and whether the answer lists so many."""

import re

import polars as pl

from instructwild.clean.patterns import ANSWER_SIZE, PROMPT_SIZE, holds_any, matches_any, only_where, row_by_row
from instructwild.text.lazy_pattern import LazyPattern
from instructwild.text.word_table import group_of

PROMPT, ANSWER = pl.col("prompt"), pl.col("answer")

_NUMERALS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
             "两": 2, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10}
_LIST_VERBS = group_of("""
list | name | give | provide | suggest | generate | create | describe | identify | come up with | outline | state | mention
recommend | share
""")
_OTHER_UNITS = group_of(r"""
or | to | and | times | % | paragraphs? | sentences? | words? | lines? | pages? | digits? | steps? | minutes? | hours?
days? | weeks? | months? | years? | letters? | characters? | stanzas? | verses? | columns? | rows?
\S+ (?:sentence|word|line|paragraph|page|digit|letter|day|week|step|part|column|ingredient|course)s?\b
""")
_ASKS_FOR_ITEMS = (rf"(?i)\A\W*(?:please |can you |could you )?{_LIST_VERBS}(?: me)?(?: the)?(?: top)? "
                   r"(?P<count>\d{1,2}|two|three|four|five|six|seven|eight|nine|ten) [a-z]")
_ASKS_FOR_A_LIST = (r"(?i)\A\W*(?:please |can you |could you )?(?:generate|create|make|give me|provide|write|compile"
                    r"|come up with|build|brainstorm|prepare|develop) (?:me )?a list of (?:the )?(?:top )?"
                    r"(?P<count>\d{1,2}|two|three|four|five|six|seven|eight|nine|ten) [a-z]")
_NO_ITEMS = LazyPattern(rf"(?i)\A\W*(?:[a-z]+ ){{1,6}}(?:\d{{1,2}}|[a-z]+) {_OTHER_UNITS}")
_HAN_COUNT = r"(?P<count>[两二三四五六七八九十]|\d{1,2}) ?(?:个|种|条|项|点|款|本|部|首|类)"
_HAN_ASKS_FOR_A_LIST = (r"\A(?:请)?(?:生成|创建|列出|给出|提供|制作|写出|编写|想出)(?:一[个份])?(?:由|包含|包括|含有?)?"
                        rf"{_HAN_COUNT}[^。\n，,]{{0,24}}"
                        r"(?:列表|清单)")
_HAN_ASKS_FOR_ITEMS = (r"\A(?:请)?(?:列出|列举出?|给出|提供|说出|写出|举出|提出|生成|创建|描述|建议|推荐)"
                       rf" ?{_HAN_COUNT}")
_HAN_LIST_VERBS = group_of("列出 | 列举出? | 给出 | 提供 | 说出 | 写出 | 举出 | 提出 | 建议 | 推荐 | 解释 | 描述 | 讨论")
_HAN_ASKS_FOR_ITEMS_OF_IT = (rf"\A(?:请)?(?:{_HAN_LIST_VERBS}[^\n，。：:？?\d]{{1,24}}?的"
                             rf"|为[^\n，。：:？?\d]{{1,24}}?(?:提出|推荐|提供)){_HAN_COUNT}[^\n，。：:？?和与]{{1,14}}[。]?\s*$")
_ASKS = (_ASKS_FOR_ITEMS, _ASKS_FOR_A_LIST, _HAN_ASKS_FOR_ITEMS, _HAN_ASKS_FOR_A_LIST, _HAN_ASKS_FOR_ITEMS_OF_IT)
_OPEN = (r"(?i)at least|or more|up to|at most|minimum|maximum|\bmore than|\bless than|\bbetween\b|\beach\b|\bper\b"
         r"|\bpros\b|\bboth\b|\bplus\b|\balso\b|\band (?:just )?one\b"
         r"|至少|不少于|以上|或更多|或以上|最多|不超过|每[个种一]|各|比较|区分|成分的|食材|配料|材料的")
"""Where a number is a bound, or there is more than one list."""
_ITEM = LazyPattern(r"(?m)^[ \t]*(\d{1,2})[.)、．][ \t]*\S")
_INLINE = LazyPattern(r"(?:\A|[：:；;。.，,]\s*(?:和|以及|and\b)?\s*)(\d{1,2})[)）]\s*[^\s\d]")
_LIST_IN_A_LINE = LazyPattern(r"(?m)^[ \t]*\d{1,2}[.)] [^:\n]{1,40}: (?:[^\n,.]{2,30}, ){2}[^\n.]{2,99}$")
"""A line that is a list of its own: "1. Boats: ferries, trawlers, tugs"."""
_BULLET = LazyPattern(r"(?m)^[-*•][ \t]*\S")


def _asked_count(prompt: str) -> int | None:
    match = next(filter(None, (re.match(pattern, prompt) for pattern in _ASKS)), None)
    if match is None:
        return None
    text = match["count"].lower()
    return _NUMERALS.get(text) or int(text)


def wrong_count(prompt: str, answer: str) -> bool:
    r"""Whether a prompt that opens by asking for so many things is answered by one list of another length.

    >>> wrong_count("List three rivers.", "1. Oder\n2. Elbe")
    True
    >>> wrong_count("List three rivers.", "1. Oder\n2. Elbe\n3. Po")
    False
    """
    expected = _asked_count(prompt)
    return (expected is not None and expected > 1 and _lists_others(expected, answer)
            and not re.search(_OPEN, prompt) and not _NO_ITEMS.match(prompt))


def _lists_others(expected: int, answer: str) -> bool:
    """Whether an answer is one list of another length."""
    if len(_LIST_IN_A_LINE.findall(answer)) > 1:
        return False
    numbers = [int(number) for number in _ITEM.findall(answer) or _INLINE.findall(answer)]
    if numbers:
        return len(numbers) > 1 and numbers == list(range(1, len(numbers) + 1)) and len(numbers) != expected
    bullets = len(_BULLET.findall(answer))
    return bullets > 1 and bullets != expected and not re.search(r"(?m)^\S[^\n]*[:：]\s*$", answer.partition("\n")[2])


_ASKS_FOR_SOME = matches_any(PROMPT, (pattern.replace("?P<count>", "") for pattern in _ASKS))
WRONG_COUNT = only_where(
    ANSWER.str.contains(r"\n[ \t]*(?:\d{1,2}[.)、．]|[-*•])"),
    only_where(_ASKS_FOR_SOME, row_by_row(wrong_count))) | only_where(
    (PROMPT_SIZE < 80) & (ANSWER_SIZE < 600),
    only_where(holds_any(ANSWER, ["2)", "2）"]), only_where(_ASKS_FOR_SOME, row_by_row(wrong_count))))
"""Items of lines of their own, or numbered within one line."""
