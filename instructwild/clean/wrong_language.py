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
_TRANSLATE = r"(?:翻译|译|转换|转化)(?:成|为|到)\s*[“\"]?"
_MAY_BE_ANOTHER = group_of("""
    函数 | 程序 | 代码 | 脚本 | 应用 | 软件 | 算法 | 模型 | 如何 | 怎[么样] | 设计 | 编写 | 步骤 | 是否 | 为什么 | 什么是
""")
"""Prompts about translating, whose answer is none."""
_DECLINES = "抱歉|对不起|无法|不能|请提供|没有提供"
_MAY_BE = rf"{_TRANSLATE}(?:{'|'.join(_SCRIPTS)})"


def _undelivered(language: str, script: str) -> pl.Expr:
    return matches(PROMPT, rf"{_TRANSLATE}{language}") & ~matches(ANSWER, script)


WRONG_LANGUAGE = only_where(
    (PROMPT.str.len_bytes() < 1200) & (ANSWER.str.len_bytes() > 3) & PROMPT.str.contains("译|转换|转化"),
    only_where(matches(PROMPT, _MAY_BE) & matches(ANSWER, r"\p{Han}"),
               pl.any_horizontal(_undelivered(language, script) for language, script in _SCRIPTS.items())
               & ~matches(PROMPT, _MAY_BE_ANOTHER) & ~matches(ANSWER, _DECLINES)))
"""In Chinese, where a translation of a data set translated the answers too."""
