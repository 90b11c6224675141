"""Lists that name the same thing twice: five synonyms of which two are one word, symptoms that come back."""

import re

import polars as pl

from instructwild.clean.patterns import ANSWER_SIZE, matches, only_where, row_by_row, where
from instructwild.text.lazy_pattern import LazyPattern
from instructwild.text.scripts import ANY_HAN
from instructwild.text.word_table import group_of

PROMPT, ANSWER = pl.col("prompt"), pl.col("answer")

_LONGEST, _FEWEST = 500, 4
"""Characters of an answer that is hardly more than its list; items from which on it is one."""
_SLIP = 10
"""Among more items than that for each one too many, it is a slip beside a good answer."""
_MARKS = r"[=\[\]{}()|<>_&#+/\d\"“”']"
"""Marks of code, pairs, quotations and numbers, of which two may be equal."""
_TWO_SENTENCES = r"[.!?。！？]\s*[^\s.!?。！？][^.!?。！？]*[.!?。！？]"
_MAY_REPEAT_WORDS = group_of(r"""
classify | categori[sz]e | label | each | repeat\w* | duplicates? | pattern | sequence | sort(?:ed)? | order | poem | song
lyrics | story | dialogue | rhythm | beat | game | translate | code | function | array | program | extract | survey
questionnaire | conjugat\w+ | format | parts of speech | tun(?:e|ing) | scales? | chords? | notes? | solf\w+ | coins? | dice
random(?:ly)? | flip | roll | steps? | moves? | dance | schedule | menu | meals? | week(?:ly)? | calendar | lap | relay
""")
_HAN_MAY_REPEAT = group_of("""
分类 | 归类 | 每个 | 每种 | 每一 | 各自 | 分别 | 重复 | 模式 | 序列 | 排序 | 顺序 | 诗 | 歌 | 故事 | 对话 | 节奏 | 游戏
翻译 | 代码 | 函数 | 数组 | 程序 | 提取 | 问卷 | 格式 | 词性 | 调音 | 音阶 | 和弦 | 音符 | 简谱 | 硬币 | 骰子 | 随机 | 步骤
舞 | 日程 | 菜单 | 每周 | 一周 | 日历
""")
_MAY_REPEAT = rf"(?i)\b{_MAY_REPEAT_WORDS}\b|{_HAN_MAY_REPEAT}"
"""Prompts whose answer may hold the same word in more than one position."""
_LEAD = LazyPattern(r"\A[^,，、;；\n]*(?:[:：]|是|包括有?|包含|有|为|\bare\b|\binclud(?:e|es|ing)\b|\bas\b)\s*")
_BULLET = LazyPattern(r"(?:[-*•]|and\b|or\b)\s*", re.IGNORECASE)
_LAST_TWO = LazyPattern(r"\s+and\s+|以及|和")
_WORDS = LazyPattern(rf"{ANY_HAN}|[^\W\d_]+")


def repeats_an_item(answer: str) -> bool:
    r"""Whether an answer that is one list of words or short phrases holds the same one twice.

    >>> repeats_an_item("calm, mild, sunny, mild"), repeats_an_item("calm, mild, sunny, windy")
    (True, False)
    """
    if len(answer) > _LONGEST:
        return False
    items = [_BULLET.sub("", item.strip(), count=1).strip(" .。!！…,，、").casefold() for item in _split(answer.strip())]
    items = [item for item in items if item]
    total, different = len(items), len({*items})
    return total >= _FEWEST and different > 2 and total <= _SLIP * (total - different) and all(map(_short, items))


def _split(text: str) -> list[str]:
    """The items between the strongest separator that the text has: a line may hold commas."""
    if "\n" in text:
        return text.split("\n")
    items = re.split("[;；]" if re.search("[;；]", text) else "[,，、]", _LEAD.sub("", text, count=1))
    return [*items[:-1], *_LAST_TWO.split(items[-1])]


def _short(item: str) -> bool:
    return len(item) > 1 and 0 < len(_WORDS.findall(item)) <= (4 if item.isascii() else 12) and not re.search("[:：]", item)


REPEATED_ITEM = only_where(
    where(ANSWER_SIZE <= _LONGEST, ANSWER).str.contains(rf"(?:[,，、;；\n][^,，、;；\n]*){{{_FEWEST - 2},}}"),
    only_where(~matches(ANSWER, rf"{_MARKS}|{_TWO_SENTENCES}"), only_where(
        PROMPT.str.count_matches(r"[,，、;；\n]") < 3, only_where(
            ~matches(PROMPT, _MAY_REPEAT), row_by_row(lambda _, answer: repeats_an_item(answer))))))
"""Of a list of plain words that was asked for, one stands there twice; what is asked of a list may have equal answers."""
