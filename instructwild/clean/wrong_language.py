"""Translations that were asked for and not made: the answer has no letter of the script that it should be in."""

import polars as pl

from instructwild.clean.patterns import matches, only_where
from instructwild.text.word_table import group_of

PROMPT, ANSWER = pl.col("prompt"), pl.col("answer")

_LATIN = group_of("英 | 法 | 德 | 西班牙 | 意大利 | 葡萄牙 | 拉丁 | 越南 | 荷兰 | 土耳其")
_SCRIPTS = {
    rf"{_LATIN}(?:语|文)": r"\p{Latin}{2}",
    "日(?:语|文)": r"[\p{Hiragana}\p{Katakana}]",
    "韩(?:语|文)": r"\p{Hangul}",
    "俄(?:语|文)": r"\p{Cyrillic}",
    "阿拉伯(?:语|文)": r"\p{Arabic}",
}
"""Languages in Chinese, and what a text in them holds."""
_TRANSLATE = r"(?:(?:翻译|译|转换|转化)(?:成|为|到)|从[中英法德][语文](?:翻译)?[到至成为])\s*[“\"]?"
_TASK = PROMPT.str.extract(r"\A([^\n：:“\"]*)")
_MAY_BE_ANOTHER = group_of("""
    函数 | 程序 | 代码 | 脚本 | 应用 | 软件 | 算法 | 模型 | 如何 | 怎[么样] | 设计 | 编写 | 步骤 | 是否 | 为什么 | 什么是
""")
"""Prompts about translating, whose answer is none."""
_ANOTHER = r"(?:翻译|译)(?:成|为|到)\s*(?:另一种|新的|一种新的|其他|其它|不同的|一门?外国?的?)(?:语言|外语)|外语翻译"
_TAKEN_UP = r"\p{Latin}{2}|[\p{Hiragana}\p{Katakana}\p{Hangul}\p{Cyrillic}\p{Arabic}]"
"""“翻译成另一种语言”, and what a text in one holds."""
_DECLINES = "抱歉|对不起|无法|不能|请提供|没有提供"
_HAN_ALONE = r"\A[^A-Za-z]+\z"
_MAY_BE = rf"{_TRANSLATE}(?:{'|'.join(_SCRIPTS)})"


def _undelivered(language: str, script: str) -> pl.Expr:
    return matches(PROMPT, rf"{_TRANSLATE}{language}") & ~matches(ANSWER, script)


WRONG_LANGUAGE = only_where(
    (PROMPT.str.len_bytes() < 1200) & (ANSWER.str.len_bytes() > 2) & PROMPT.str.contains("译|转换|转化"),
    only_where(matches(PROMPT, rf"{_MAY_BE}|{_ANOTHER}") & matches(ANSWER, r"\p{Han}"),
               (pl.any_horizontal(_undelivered(language, script) for language, script in _SCRIPTS.items())
                | (matches(PROMPT, _ANOTHER) & matches(PROMPT, _HAN_ALONE) & ~matches(ANSWER, _TAKEN_UP)))
               & ~matches(_TASK, _MAY_BE_ANOTHER) & ~matches(ANSWER, _DECLINES)))
"""In Chinese, where a translation of a data set translated the answers too."""
