"""What a translation of a data set leaves behind: halves in the other language, tasks whose sense stayed in the first."""

import polars as pl

from instructwild.clean.answered_in_chinese import ANSWERED_IN_CHINESE
from instructwild.clean.patterns import (
    ANSWER_MAY_HOLD_HAN,
    ANSWER_SIZE,
    PROMPT_SIZE,
    holds_any,
    matches,
    only_where,
    row_by_row,
)
from instructwild.text.lazy_pattern import LazyPattern
from instructwild.text.word_table import group_of

PROMPT, ANSWER = pl.col("prompt"), pl.col("answer")

_OTHER_LANGUAGE = (r"(?i)translat|chinese|mandarin|english|code|sql|html|python|javascript|java(?:[^a-z]|\z)|css|regex|url"
                   r"|latex|翻译|翻譯|英文|英语|英語|中文|汉语|漢語|外语|双语|영어|代码|程序|函数|脚本|公式|单词|字母|缩写"
                   r"|拼音")


def _wide(text: pl.Expr, size: pl.Expr) -> pl.Expr:
    """The share of characters of three bytes in UTF-8, such as Chinese ones: no need to look at each."""
    return (text.str.len_bytes() - size) / 2 / size


_LONG_ENOUGH = (PROMPT_SIZE > 4) & (ANSWER_SIZE > 60)
_TO_LATIN = _LONG_ENOUGH & (_wide(PROMPT, PROMPT_SIZE) > 0.6) & (_wide(ANSWER, ANSWER_SIZE) < 0.03)
_DIFFER = _TO_LATIN | (_LONG_ENOUGH & (_wide(PROMPT, PROMPT_SIZE) == 0) & (_wide(ANSWER, ANSWER_SIZE) > 0.6))
HALF_TRANSLATED = only_where(
    _DIFFER, ~matches(ANSWER, r"[{}=;]|```|https?:") & ~matches(PROMPT, _OTHER_LANGUAGE)
    & (~_TO_LATIN | (ANSWER.str.count_matches(r"\b(?:the|is|are|and|to|of|that|you|in|for)\b") >= 4)))
"""An English answer has English sentences: names of films or blocks in a list are no other language."""

_CASE_OF_LETTERS = r"大小写|(?:大写|小写)字母|(?:转换|转化|更改|变|改|换).{0,6}(?:为|成)?(?:大写|小写|驼峰|标题格式)|驼峰"
_SPELLING = r"拼写(?:错误|检查)|拼错的|打字错误"
_LETTERS = (r"(?:句子?|单词|字符串|文本|短语|名词).{0,14}(?:元音|辅音|音节数|复数形式|所有格|首字母|连字符|撇号)"
            r"|(?:元音|辅音|音节数|复数形式|所有格|连字符|撇号).{0,10}(?:句子?|单词|字符串|文本|短语)"
            r"|(?:创建|生成|给|想出).{0,14}字谜|(?:按|以|依|根据)(?:照)?字母(?:顺序|表)|首字母缩(?:略|写)|标准英语|冠词")
_SPEAKS_OF_THEM = (r"算法|程序|函数|代码|如何|怎[么样]|什么是|为什么|检查器|密码|正则|俳句|[诗歌]|金额|人民币"
                   r"|[壹贰叁肆伍陆柒捌玖拾佰仟]|汉语|拼音|汉字|灯谜|规则|解释")
_NO_LATIN = ~matches(PROMPT, r"[A-Za-z]") & ~matches(ANSWER, r"[A-Za-z]{2}|[壹贰叁肆伍陆柒捌玖拾佰仟]")
_FINDS_FAULTS = r"(?:找出|指出|识别|更正|纠正|检测|确定|修改).{0,16}(?:错误|拼写|语法|用法)"
_LATIN_WORD = r"[“\"'‘][A-Za-z][A-Za-z ']{1,40}[”\"'’]"
_SOUNDS = (r"押韵的?(?:单?词|短语)|单?词[^。\n]{0,6}押韵|[“”\"「」][^。\n]{0,3}押韵|同音(?:异义)?[词字]|头韵")
_SPEAKS_OF_SOUNDS = (r"什么是|描述|概念|手段|类型|种类|[诗歌]|对联|解释|定义|如何|怎[么样]|作用|区别|为什么|汉字|[”\"」]字"
                     r"|汉语|拼音|谐音梗|成语|代码|函数")
_ARTICLE = (r"(?:\A|\n|[ -—–：:（(|，、])(?:不?定)?(?:文章|冠词|限定词)(?:\z|[\n，。,；;）)|、 ])"
            r"|[a-z]{2,} ?[-—–：:=] ?(?:名|动|副|介|形容|代|冠)词")
"""A word class that Chinese has not: "的：文章" was "the: article"."""
_WORD_CLASSES = r"词性|名词.{0,20}动词|动词.{0,20}名词|形容词.{0,20}副词"
_CAPITALS = r"(?:单词|词|字|句子?|标题|文本|段落).{0,8}大写|适当的大写|大写(?:所有|每个|句|单词|第)"
_BY_LETTER = (r"(?:打乱|反转|颠倒|重新排列|重排|移除|替换|键入).{0,14}字母|无声字母"
              r"|[以用](?:字母)?[“\"‘']?[A-Za-z][”\"’']?(?:字母)?(?:开头|结尾|开始)的")
_BY_WORD = (r"[以用](?:字母|单词|词语?|短语)?[“\"‘'][A-Za-z][A-Za-z ]+[.…]*[”\"’'](?:字母|单词|一?词)?"
            r"(?:开头|结尾|开始|结束)")
_SUBJECT = r"主题(?:[:：]|是|为)"
"""What the subject of a sentence, 主语, became: its topic."""
_SENTENCE_WITH = r"造一?个?句|造出?句子|(?:写|构造|组成|创建)一?个?[^。\n]{0,4}句子?"
_LATIN_TASK = r"[A-Za-z]{3,}[”\"’'》]?(?:[、，, 和与及]|\W*\z|造)"
_NAMES_OF_PLACES = "国家|城市|[各个国]州|的州|首都|人名|名字|姓名|公司|品牌"
_FORMS = group_of("""
    复数 | 单数 | 过去式 | 过去分词 | 现在分词 | 比较级 | 最高级 | 同义词 | 反义词 | 近义词 | 拼写 | 缩写
    所有格 | 发音 | 音节
""")
_FORM_OF_A_LATIN_WORD = (rf"[A-Za-z]{{2,}}[”\"’']? ?的(?:正确)?{_FORMS}"
                         r"|(?:复数|过去式|过去分词|比较级|最高级|同义词|反义词|近义词)[^\n]{0,12}[A-Za-z]{3,}")
"""The plural of "tooth" is no Chinese word."""
_SMALL_WORDS = group_of("""
    to be | be | is | are | was | were | the | an | not | very | that | who | which | and | but | because | have | has | had
    will | can | should | it | there | however | although | so | if | when | while
""")
_WITH_A_SMALL_WORD = (rf"(?i)(?:词|短语|使用|包含|包括|替换|避免|用)[^\n“\"‘]{{0,4}}[“\"‘']{_SMALL_WORDS}[”\"’']")
"""A word of English grammar that a Chinese sentence is to use or to avoid."""
_MAY_BE_MEANT = "词性|翻译|中文|汉语|含义|意思"
_WEST = "(?:(?:英|法|德|俄|西班牙|意大利|葡萄牙|拉丁)语|英文|[英美]式)"
_TEXT_WORDS = "(?:翻译|重写|改写|纠正|改正|编辑|造|拼写|单词|句子|短语|文本|语法|形式|转换|用法|规则)"
_IN_A_FOREIGN_TEXT = rf"\A[^\n]*{_WEST}[^\n]*{_TEXT_WORDS}|\A[^\n]*{_TEXT_WORDS}[^\n]*{_WEST}"
_ABOUT_LANGUAGES = (r"[中汉日韩]语|中文|日文|韩文|如何|怎|为什么|什么是|学习|方法|建议|区别|故事|老师|课|作文|水平|软件|工具"
                    r"|历史|广告|邮件|[吗？?]\W*\z")
_HAN_ALONE = r"\A[\p{Han}\P{L}]+\z"
"""No letter of another script: of an English text that was to be mended, or to become French, none is left."""
_NO_LATIN_ANSWER = ~matches(ANSWER, r"[A-Za-z]") & (ANSWER_SIZE > 0)
_LOST_LANGUAGE = only_where(
    (PROMPT_SIZE < 120) & (ANSWER_SIZE < 400)
    & matches(PROMPT, "押韵|同音|头韵|词性|名词|副词|大写|字母|句|主语|开头|结尾|开始|结束"
                                                                     "|复数|过去|级|义词|缩写|音|拼写|[词用含语][“\"‘']"
                                                                     "|[英法德俄牙利丁]语|英文|[英美]式"),
    only_where(matches(PROMPT, _SENTENCE_WITH) & matches(PROMPT, _LATIN_TASK),
               ~matches(PROMPT, "翻译|中文|汉语") & _NO_LATIN_ANSWER)
    | only_where(matches(PROMPT, _BY_WORD), _NO_LATIN_ANSWER)
    | only_where(matches(PROMPT, rf"{_FORM_OF_A_LATIN_WORD}|{_WITH_A_SMALL_WORD}"),
                 matches(PROMPT, r"\p{Han}{3}") & ~matches(PROMPT, _MAY_BE_MEANT) & _NO_LATIN_ANSWER)
    | only_where(matches(PROMPT, _IN_A_FOREIGN_TEXT),
                 matches(PROMPT, _HAN_ALONE) & matches(ANSWER, _HAN_ALONE) & ~matches(PROMPT, _ABOUT_LANGUAGES)
                 & (ANSWER_SIZE > 1))
    | only_where(PROMPT.str.contains("主语", literal=True),
                 matches(ANSWER, _SUBJECT) & ~PROMPT.str.contains("主题", literal=True))
    | only_where(matches(PROMPT, _SOUNDS), ~matches(PROMPT, _SPEAKS_OF_SOUNDS) & ~matches(PROMPT, "[A-Za-z]{3}"))
    | only_where(matches(PROMPT, _WORD_CLASSES),
                 ~matches(PROMPT, "[A-Za-z]{3}|英语|英文|什么是") & matches(ANSWER, _ARTICLE))
    | only_where(matches(PROMPT, _CAPITALS),
                 ~matches(PROMPT, "大写(?:字母|数字)") & ~matches(PROMPT, _SPEAKS_OF_THEM) & _NO_LATIN)
    | only_where(matches(PROMPT, _BY_LETTER),
                 ~matches(PROMPT, rf"{_SPEAKS_OF_THEM}|{_NAMES_OF_PLACES}|[A-Za-z]{{2}}") & _NO_LATIN_ANSWER))
"""Rhymes, articles, capitals and letters of words that a translation replaced; English words that an answer should use and
has in Chinese alone."""
_INITIALS_ALONE = r"(?:\A|[^A-Za-z.])(?:[A-Z]\. ?){2,3}的[《\p{Han}]"
_SHORT_FOR_MORE = r"A\. ?I\.|U\. ?[SKN]\.|[DP]\. ?[CR]\.|L\. ?A\.|E\. ?U\.|I\. ?[TQ]\."
_NAME_PULLED_APART = only_where(
    ANSWER_MAY_HOLD_HAN & holds_any(ANSWER, [". 的", ".的"]),
    matches(ANSWER, _INITIALS_ALONE) & ~matches(ANSWER, _SHORT_FOR_MORE))
"""“J.K. 的小说罗琳”: a translation took the initials of a name for the name."""
LOST_IN_TRANSLATION = _LOST_LANGUAGE | ANSWERED_IN_CHINESE | _NAME_PULLED_APART | only_where(
    (PROMPT_SIZE < 160) & matches(PROMPT, "[大小]写|驼峰|标题格式|拼写|拼错|打字|元音|辅音|音节|复数|所有格"
                                                     "|连字符|撇号|字谜|字母|标准英语"
                                                     "|冠词|找出|指出|识别|更正|纠正|检测|确定|修改"),
    (matches(PROMPT, rf"{_CASE_OF_LETTERS}|{_SPELLING}|{_LETTERS}") & (PROMPT_SIZE < 120)
     & (ANSWER_SIZE < 120) & ~matches(PROMPT, _SPEAKS_OF_THEM) & _NO_LATIN)
    | (matches(PROMPT, _FINDS_FAULTS) & (PROMPT_SIZE < 160) & ~matches(PROMPT, r"[A-Za-z]")
       & matches(ANSWER, _LATIN_WORD)))
"""Upper case, spelling, vowels or plurals asked of a text in which no letter is left; faults of a Chinese text that the
answer quotes in English."""

_EMPHASIS = (r"(?i)\b(?:the|each|all|any|every) (?:bold(?:ed|face|faced)?|underlined|italici[sz]ed|highlighted) "
             r"(?:words?|phrases?|text|parts?|portions?|sections?|sentences?|nouns?|verbs?|adjectives?|letters?|clauses?)\b"
             r"|(?:加?粗体?|斜体|带?下?划线|高亮|标红)(?:显示)?的?(?:的|单|词|字|短语|部分|句子|文本|名词|动词|形容词)")
_MARKED = r"[*_<\[\"“”‘’「」『』【】（(]|(?-u:\B)'[^'\n]+'"
"""Ways in which a text without fonts shows which words are meant."""
_ABOUT_FONTS = (r"(?i)\b(?:html|css|markdown|latex|excel|word document|docx?|code|function|script|python|regex|keyboard"
                r"|shortcut)\b|代码|网页|文档|字体|快捷键|正则|设[为置]|显示为")
LOST_EMPHASIS = only_where(
    (PROMPT_SIZE < 250) & matches(PROMPT, "(?i)bold|underlined|italici|highlighted|粗|斜体|划线|高亮|标红"),
    matches(PROMPT, _EMPHASIS) & ~matches(PROMPT, rf"{_MARKED}|{_ABOUT_FONTS}|\n[A-Za-z'-]+\W*\z"))
"""Something is asked of the underlined or bold words, and none is marked."""

_CHANGES = (r"(?i)(?:改写|重写|修改|改为|改成|更改|转换|纠正|更正|编辑|改进|重新|简化|缩短|替换|翻译|重述|转述"
            r"|删除|去掉|移除|添加|插入)"
            r"|\b(?:rewrite|edit|correct|fix|change|convert|translate|improve|revise|rephrase|paraphrase|shorten|simplify"
            r"|rearrange|reorder|reword|transform|reorgani[sz]e|remove|delete|insert)\b")
_MAY_STAY = (r"(?i)\b(?:if|whether|when|where|necessary|needed|any|check|proofread|choose|select|identify|which"
             r"|determine|find|match|grammatical(?:ly)?|unnecessary|american english|british english)\b"
             r"|如果|如有|必要|是否|检查|判断|任何|校对|选择|哪|(?:\A|[^不])需要|找出|识别|确定|重复")
"""Orders that a text without the fault that they name obeys as it is."""
_INPUT = PROMPT.str.strip_suffix(ANSWER)
_OTHER_WORDS = (r"(?:提供|给出|想出|找出|改成|替换|使用|说出|写出|确定).{0,12}"
                r"(?:同义词|近义词|反义词|意思相[近似反]|最接近[^数\n]{0,8}[词句])")
_QUOTED_WORD = LazyPattern(r"[“\"‘「]([^”\"’」\n]{1,8})[”\"’」]")
_SAYS_SO = LazyPattern(r"\A(?:.{0,12}的(?:一个)?(?:同义词|近义词|反义词)(?:是|有|：))?\W*(.{1,8}?)\W*\Z")


def names_itself(prompt: str, answer: str) -> bool:
    """Whether the one quoted word of a prompt is its whole answer.

    >>> names_itself("找出“迅速”的同义词。", "“迅速”的同义词是“迅速”。")
    True
    >>> names_itself("找出“迅速”的同义词。", "“迅速”的同义词是快速。")
    False
    """
    words, match = _QUOTED_WORD.findall(prompt), _SAYS_SO.match(answer)
    return len(words) == 1 and match is not None and match[1] == words[0]


_ITSELF = only_where(
    (PROMPT_SIZE < 60) & (ANSWER_SIZE < 30) & (ANSWER_SIZE > 0),
    only_where(matches(PROMPT, "同义词|近义词|反义词|替代词"), row_by_row(names_itself)))
UNCHANGED = _ITSELF | only_where(
    (ANSWER_SIZE > 1) & (PROMPT_SIZE < 300) & PROMPT.str.ends_with(ANSWER),
    matches(_INPUT, r"\A[^\n]+(?:\n+|[:：] ?)\z")
    & (((ANSWER_SIZE > 3) & matches(_INPUT, _CHANGES) & ~matches(_INPUT, _MAY_STAY))
       | matches(_INPUT, _OTHER_WORDS)))
"""A text is to be changed, and comes back as it was: what was to be changed was lost."""
