"""Tasks about English words and sentences that are answered in Chinese alone, or the other way round.

A translation of a data set kept the word that a sentence should use, and translated the sentence; or it translated an idiom,
and the answer explains the English one. Names of word classes and of figures of speech became other words.
"""

import polars as pl

from instructwild.clean.patterns import ANSWER_SIZE, PROMPT_MAY_HOLD_HAN, PROMPT_SIZE, matches, only_where
from instructwild.text.word_table import group_of

PROMPT, ANSWER = pl.col("prompt"), pl.col("answer")

_LATIN_TEXT = (r"[“\"'‘][A-Za-z]+ ?[a-z]{2}[A-Za-z' ,.!?_]*[”\"'’。]"
               r"|[：:\n] ?[A-Za-z][a-z]{2,}(?:[ ,、，.。?!]|\W*\z)")
"""Something in quotes, behind a colon or in a line of its own, of three letters or more."""
_WORK_ON_IT = group_of("""
    例句 | 造句 | 句子 | 字母顺序 | 音节 | 押韵 | 一个韵 | 离合诗 | 双关 | 复合词 | 所有格 | 冠词 | 动名词 | 动词短语
    同义词 | 反义词 | 近义词 | 替代词 | 代替 | 形容词 | 副词 | 名词 | 代词 | 填空 | 空白 | 重新排列 | 排列 | 重组 | 词性
    编辑 | 改写 | 重写 | 更改 | 改为 | 改成 | 修改 | 纠正 | 更正 | 完成 | 新词 | 动词 | 押头韵 | 谚语
""")
_ABOUT_ITS_SENSE = group_of("""
    翻译 | 译 | 中文 | 汉语 | 含义 | 意思 | 意义 | 解释 | 描述 | 定义 | 分类 | 归类 | 归为 | 类型 | 修辞 | 情感 | 情绪
    判断 | 是否 | 哪种 | 代码 | 函数 | 公司 | 品牌 | 网站 | mask | 时态 | 语气 | 总结 | 概括 | 名称 | 姓名 | 名字 | 标题
    主题 | 句子结构 | 哪个类别 | 关系 | 及物
""")
"""What may be said in Chinese of an English text."""
_ONE_CLASS = r"\A[^\n。]{0,4}(?:名|动|形容|副|介|代|连|冠|数|感叹)词\W*\z"
_USES_LATIN_TEXT = only_where(
    (ANSWER_SIZE > 0) & (ANSWER_SIZE < 400) & PROMPT.str.contains("[a-z]{2}"),
    ~ANSWER.str.contains("[A-Za-z]") & matches(PROMPT, _LATIN_TEXT) & matches(PROMPT, _WORK_ON_IT)
    & matches(PROMPT, r"\p{Han}{3}")
    & ~matches(PROMPT, _ABOUT_ITS_SENSE) & matches(ANSWER, r"\p{Han}") & ~matches(ANSWER, _ONE_CLASS))

_ENGLISH_PHRASE = r"\A[^\n。，“\"'‘]{0,10}[“\"'‘][A-Za-z]+(?: [A-Za-z']+)*[,.!]?[”\"'’](?:这|一|短|成|习|句|词|的|是)"
_PHRASE = group_of("成语 | 谚语 | 短语 | 习语 | 俗语 | 这句话 | ”字 | 句子")
_FOREIGN = group_of("英 | 法 | 德 | 西班牙 | 译 | 外语 | 缩写 | 代码 | 字符 | 字典 | 词源 | 根源 | 回文")
_EXPLAINS_ENGLISH = only_where(
    (PROMPT_SIZE < 60) & matches(ANSWER, _ENGLISH_PHRASE),
    matches(PROMPT, _PHRASE) & ~matches(PROMPT, rf"[A-Za-z]|{_FOREIGN}") & matches(ANSWER, r"\p{Han}{6}"))
"""A Chinese idiom or phrase, and an answer about the English one that it was."""

_OTHER_SENSES = r"\A(?:相似的|至关重要的|主要的|传递的|甚至|展示|正负|负正|势在必行的?|声明性的?|奇怪)\W*\z"
"""Simile, imperative, prime, transitive, even, present, declarative, odd; and two classes run together."""
_NAMES_CLASSES = group_of("""
    分类 | 归类 | 分为 | 归为 | 类型 | 确定 | 判断 | 识别 | 还是 | 修辞 | 类别 | 句型 | 标记
""")
_CLASS_IN_ANOTHER_SENSE = only_where(
    (ANSWER_SIZE < 9) & matches(ANSWER, _OTHER_SENSES),
    matches(PROMPT, _NAMES_CLASSES) & ~matches(PROMPT, "如何|怎么|程度|重要性"))

_ODD_ONE_OUT = only_where(
    (PROMPT_SIZE < 120) & PROMPT.str.contains("奇数", literal=True),
    matches(PROMPT, r"(?:找出|选择|选出|挑出|挑选|识别)[^\n：:]{0,14}奇数")
    & ~matches(PROMPT, r"\d|偶数|[一二三四五六七八九十]、|程序|函数|算法"))
"""The odd one out became an odd number."""

_COUNTS_LETTERS = only_where(
    PROMPT.str.contains("[“\"'‘][A-Za-z]+[”\"'’]"),
    matches(PROMPT, r"(?:字母|单词|词) ?[“\"'‘][A-Za-z]+[”\"'’][^\n]{0,8}(?:出现|频率|次数|数量|开头|结尾)"
                    r"|(?:以|用)字母 ?[“\"'‘][A-Za-z][”\"'’](?:开头|结尾)[^\n]{0,10}\n")
    & matches(PROMPT, r"\n[^A-Za-z\n]*\p{Han}[^A-Za-z\n]*\z") & ~matches(ANSWER, "[A-Z][a-z]{2}"))
"""Letters and words of an English text are counted or looked for in its translation."""

ANSWERED_IN_CHINESE = only_where(
    (PROMPT_SIZE < 160) & (ANSWER.str.len_bytes() < 1200) & PROMPT_MAY_HOLD_HAN,
    _USES_LATIN_TEXT | _EXPLAINS_ENGLISH | _CLASS_IN_ANOTHER_SENSE | _ODD_ONE_OUT | _COUNTS_LETTERS)
