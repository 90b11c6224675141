"""Chinese tasks about the grammar of a text that lost, in translation, what they ask about.

"The boy run" became a sentence without a fault, so that the answer is the sentence again; the longest word of a Chinese
sentence is said to be "wonderful"; a sentence that was to become passive is as active as it was; two words to be told apart
are one.
"""

import polars as pl

from instructwild.clean.patterns import ANSWER_SIZE, PROMPT_SIZE, matches, only_where, row_by_row
from instructwild.text.lazy_pattern import LazyPattern
from instructwild.text.word_table import group_of

PROMPT, ANSWER = pl.col("prompt"), pl.col("answer")

_END = r"[\s。.!！]+\z"
_INPUT = PROMPT.str.extract(r"\n([^\n]+?)\s*\z")
_TASK = PROMPT.str.extract(r"\A([^\n]+)\n")
_MAY_STAY = group_of("""
    标点 | 句号 | 感叹 | 问号 | 如果 | 如有 | 必要 | 是否 | 检查 | 判断 | 任何 | 选择 | 哪 | 找出 | 识别 | 重复 | 转录 | 读
    复制 | 引用 | 抄 | 输出 | 组合 | 连接 | 组成 | 排列 | 完整 | 排序 | 匹配 | 从小到大 | 提取 | 拆分 | 列出
    选项 | 单击 | 点击
""")
"""Tasks to which the text itself, or with a mark at its end, is an answer."""
_UNCHANGED = only_where(
    (PROMPT.str.len_bytes() < 1200) & (ANSWER.str.len_bytes() < 900) & (ANSWER.str.len_bytes() > 2 * ANSWER_SIZE)
    & PROMPT.str.contains("\n", literal=True),
    (_INPUT.str.replace(_END, "") == ANSWER.str.replace(_END, "")) & ~matches(_TASK, _MAY_STAY))

_OF_A_TEXT = group_of("句子? | 短语 | 单?词 | 文本 | 段落 | 课文 | 主语 | 字母")
_FOREIGN_WORD = r"[“\"‘'][a-z][a-z' -]*[”\"’']"
_ANOTHER_LANGUAGE = group_of("""
    英 | 法语 | 德语 | 拉丁 | 外语 | 翻译 | 译 | 意思 | 含义 | 解释 | 编程 | 代码 | 函数 | 程序 | 变量 | 公式 | 方程 | 数学
    根源 | 词源 | 起源 | 来源
""")
_QUOTED_IN_ENGLISH = only_where(
    (ANSWER.str.len_bytes() < 600) & (PROMPT.str.len_bytes() < 450) & (PROMPT.str.len_bytes() > PROMPT_SIZE), only_where(
        matches(ANSWER, _FOREIGN_WORD),
        matches(PROMPT, _OF_A_TEXT) & matches(PROMPT, r"[\n：“]") & ~matches(PROMPT, rf"[A-Za-z]|{_ANOTHER_LANGUAGE}")
        & matches(ANSWER, r"\p{Han}")))
"""The prompt shows a text without a Latin letter, and the answer finds English words in it."""

_MAKE_PASSIVE = (r"(?:变为|变成|改为|改成|转换为|转换成|转为|成为|改写成|改写为|用|以|放在)被动(?:语态|形式|句|式|语气)?"
                 r"|主动(?:语态)?(?:变|改|转换)?(?:为|成|到)被动")
_PASSIVE = "被|由|受|遭|让|给|所|得到|是.{1,20}的"
_STILL_ACTIVE = only_where(
    PROMPT.str.contains("被动", literal=True) & (PROMPT.str.len_bytes() < 400),
    matches(PROMPT, _MAKE_PASSIVE) & ~matches(PROMPT, "[去删不避]|解释|区别|什么是|规则|还是|由被动|从被动")
    & matches(ANSWER, r"\p{Han}") & ~matches(ANSWER, rf"{_PASSIVE}|[A-Za-z]{{3}}"))

_TWICE = LazyPattern(r"[“\"「]([^”\"」\n]{1,12})[”\"」](?:和|与|、|或)[“\"「]\1[”\"」]")
_COMPARES = "区别|区分|比较|对比|哪个|不同|关系|造句"


def compares_one_word(prompt: str, _: str) -> bool:
    """Whether two words that were to be told apart became one.

    >>> compares_one_word("解释“也许”和“也许”的区别", ""), compares_one_word("解释“也许”和“一定”的区别", "")
    (True, False)
    """
    return _TWICE.search(prompt) is not None


_ONE_WORD = only_where((PROMPT.str.len_bytes() < 300) & PROMPT.str.contains("[”\"」](?:和|与|、|或)[“\"「]"),
                       matches(PROMPT, _COMPARES) & row_by_row(compares_one_word))

FOREIGN_GRAMMAR = (_UNCHANGED | _QUOTED_IN_ENGLISH | _STILL_ACTIVE | _ONE_WORD).fill_null(False)
