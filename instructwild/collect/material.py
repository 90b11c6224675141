"""Orders that bring along what they are about: "Fix this SQL query: SELECT …", 求翻译：The early bird …; and short forms of
an order, "ELI5: why …".

Talk has the same verbs in front of a colon ("Explain this: my bus was late again"; 翻译：他不想来), so that the order has to
name a kind of text, a target ("into a haiku"), or what stands behind it has to be a quotation, code, long, or in the other
script.
"""

import re

from instructwild.text.scripts import ANY_HAN
from instructwild.text.word_table import group_of

_POLITE = group_of("""
    please | pls | plz | kindly | hey | hi | ok(?:ay)? | now | quick(?:ly)? | can you | could you | would you | can someone
    help me | help | i need you to | need you to
""")
_VERBS = group_of(r"""
    fix | correct | debug | repair | re-?write | re-?word | re-?phrase | paraphrase | translate | summari[sz]e | sum up
    tl;?dr | shorten | condense | simplify | explain | improve | proofread | polish | edit | convert | turn | change | make
    refactor | optimi[sz]e | format | reformat | review | check | analy[sz]e | classify | categori[sz]e | expand | continue
    extract | clean up | solve | parse | sort | critique | punctuate
""")
_KINDS = group_of(r"""
    sql | quer(?:y|ies) | code | function | method | class | snippet | script | program | regex | regexp | pattern | command
    one-?liner | formula | json | yaml | xml | csv | html | css | markdown | latex | bash | python | javascript | java | rust
    error | traceback | stack ?trace | log | config | table | list | data | equation | integral | problem | riddle | puzzle
    sentences? | paragraphs? | passage | text | article | abstract | essay | e-?mail | letter | message | notes | quote
    poem | verse | haiku | lyrics | title | headline | caption | tweet | post | translation | words | phrase
    cover letter | resume | bio | reply | review | story | dialogue | transcript | recipe
""")
_POINTS = "(?:this|these|the following|following|the)"
_ORDER = rf"^(?:{_POLITE}[,:]? )*{_VERBS}\b"
_BEHIND = r"\s*(?:[:：][ \t]*\n?\s*|\n\s*)(?P<material>\S.*)"
_NAMES_A_KIND = re.compile(rf"{_ORDER} (?:up )?{_POINTS} (?:[\w'/+#-]+ ){{0,3}}?{_KINDS}\b[^:：\n]{{0,90}}{_BEHIND}",
                           re.IGNORECASE | re.DOTALL)
_FORMS = group_of("""
    (?:past|present|future) tense | (?:passive|active) voice | bullet points? | bullets | steps | rhyme | verse | prose
    plain english | (?:first|third) person | plural | capitals | (?:upper|lower|title) ?case | binary | hexadecimal
    morse(?: code)? | roman numerals
""")
_TARGET = rf"(?:in)?to (?:[\w'+#-]+ ){{0,3}}?(?:{_KINDS}|{_FORMS})\b"
_LANGUAGE = r"(?:in)?to [\w'-]+(?: [\w'-]+)?"
_IT = "(?: this| these| it| the following)?(?: below)?"
_NAMES_A_TARGET = re.compile(rf"{_ORDER}{_IT} {_TARGET}{_BEHIND}|^(?:{_POLITE}[,:]? )*translate{_IT} {_LANGUAGE}"
                             + _BEHIND.replace("material", "words"), re.IGNORECASE | re.DOTALL)
_POINTS_ONLY = re.compile(rf"{_ORDER}(?: (?:this|these|the following|it)\b[^:：\n]{{0,60}}){_BEHIND}",
                          re.IGNORECASE | re.DOTALL)
"""No kind is named, so that only a quotation, code or a long text counts."""
_VERB_ALONE = re.compile(rf"^(?:please )?(?:proofread|paraphrase|debug|rephrase|re-?write){_BEHIND}",
                         re.IGNORECASE | re.DOTALL)
"""Verbs that are hardly ever a remark before a colon."""
_QUOTED = re.compile(r"\A[\"“'‘「『`>]")
_CODE = re.compile(r"```|[{}]|\w\([^()\n]{0,200}\)|[=;|]\s|\s[=;|]|</\w|\\[dws]|\$\w")
_LONG, _SHORT = 25, 3
"""Words: from how many on nothing but a text is meant, and how many make a sentence."""

_HAN_POLITE = group_of("""
    请你? | 帮我 | 帮忙 | 麻烦你? | 跪?求 | 求助 | 能不能帮我 | 能帮我 | 可以帮我 | 求大佬
""") + "{0,2}"
_HAN_VERBS = group_of("""
    翻译 | 翻 | 译 | 改写 | 修改 | 改 | 改正 | 修 | 修复 | 修正 | 润色 | 优化 | 纠错 | 改错 | 纠正 | 校对 | 检查 | 看
    续写 | 扩写 | 缩写 | 仿写 | 总结 | 概括 | 归纳 | 精简 | 简化 | 解释 | 分析 | 解读 | 补全 | 完成 | 转换 | 转
    重写 | 重构 | 排序 | 分类 | 提取 | 整理 | 排查 | 调试 | 点评 | 解 | 解答
""")
_HAN_POINTS = "(?:以下|下面|下列|如下|这)(?:的|这)?(?:一?[段句篇个首条份些行道组封张则题])?(?:的)?"
_HAN_KINDS = group_of(r"""
    [A-Za-z][A-Za-z+#.]{0,11} | 代码 | 函数 | 程序 | 脚本 | 命令 | 语句 | 查询 | 正则(?:表达式)? | 公式 | 报错 | 日志
    配置 | 数据 | 表格 | 话 | 文字 | 文本 | 文章 | 段落 | 句子 | 内容 | 摘要 | 邮件 | 信 | 文案 | 标题 | 诗 | 歌词 | 作文
    简历 | 回复 | 题目? | 方程 | 单词 | 词语 | 英文 | 英语 | 中文 | 日文 | 法文 | 对话 | 故事 | 新闻 | 笔记 | 列表 | 句
""")
_HAN_NAMES_A_KIND = re.compile(
    rf"^{_HAN_POLITE}(?:"
    rf"{_HAN_VERBS}(?:一下|下|一改)?{_HAN_POINTS}\s*{_HAN_KINDS}[^:：\n]{{0,24}}"
    rf"|(?:把|将|给)?{_HAN_POINTS}\s*{_HAN_KINDS}[^:：\n]{{0,8}}?{_HAN_VERBS}[^:：\n]{{0,24}}"
    rf"){_BEHIND}", re.DOTALL | re.IGNORECASE)
_HAN_VERB_ALONE = re.compile(
    rf"^{_HAN_POLITE}(?:润色|纠错|改错|校对|续写|扩写|缩写|仿写|改写|修改病句|改病句)(?:一下|下)?{_BEHIND}", re.DOTALL)
_HAN_TRANSLATE = re.compile(rf"^{_HAN_POLITE}(?:翻译|译)(?:一下|下)?[^:：\n]{{0,7}}{_BEHIND}", re.DOTALL)
_LETTERS = re.compile(rf"[A-Za-z]+|{ANY_HAN}")
_LATIN_WORD = re.compile(r"[A-Za-z]{2,}")
_HAN_SENTENCE = 6
"""Characters of a Chinese text that is worked on."""


def order_of(text: str) -> str | None:
    """What stands before the text that an order brings along; None where a text orders nothing of the kind."""
    for pattern, least in _ORDERS:
        if (match := pattern.match(text)) and _count(match[match.lastgroup or 0]) >= least:
            return text[:match.start(match.lastgroup or 0)]
    match = _POINTS_ONLY.match(text)
    if match and _count(match["material"]) >= 2 and _is_a_text(match["material"]):
        return text[:match.start("material")]
    match = _HAN_TRANSLATE.match(text)
    return text[:match.start("material")] if match and len(_LATIN_WORD.findall(match["material"])) >= _SHORT else None


def _is_a_text(material: str) -> bool:
    """Whether what stands behind "fix this:" is shown rather than said."""
    return bool(_QUOTED.match(material) or _CODE.search(material)) or _count(material) >= _LONG


def _count(material: str) -> int:
    return len(_LETTERS.findall(material))


_ORDERS = ((_NAMES_A_KIND, 2), (_NAMES_A_TARGET, _SHORT), (_VERB_ALONE, _SHORT), (_HAN_NAMES_A_KIND, _HAN_SENTENCE),
           (_HAN_VERB_ALONE, _HAN_SENTENCE))
"""Orders, and of how many words or characters what they bring along is at least."""
_AGES = r"(?:\d+|five|six|seven|eight|ten|twelve|(?:an? )?(?:child|kid|beginner|toddler))"
_LIKE_FIVE = group_of(rf"""
    eli ?\d+ | explain (?:it )?(?:to me )?like i(?:['’]m| am) {_AGES} | explained in (?:plain|simple) (?:english|words|terms)
""")
_QUESTION_WORDS = "(?:why|how|what|whats|when|where|who|which|is|are|do|does|can|the difference|difference)"
_HAN_PLAINLY = group_of("用大白话 | 大白话 | 用人话 | 说人话 | 通俗(?:地|的|易懂地)? | 小白也能听懂的?")
_SHORT_FORM = re.compile(
    rf"^{_LIKE_FIVE}(?:\s*[:：,-]\s*|\s+(?={_QUESTION_WORDS}\b))(?P<topic>\S.*)"
    rf"|^(?P<order>explain \S.*?),? (?:to me )?(?:like|as if) i(?:['’]m| am| was| were) {_AGES}\W*$"
    rf"|^(?:请|帮我|求)?{_HAN_PLAINLY}(?:给我)?(?:解释|讲|说|科普)(?:一下|下|讲|明)?[:：，]?\s*(?P<han>\S.{{3,}})",
    re.IGNORECASE | re.DOTALL)


def explained_plainly(text: str) -> str | None:
    """What an explanation for laymen is asked of, by one of the forms that stand for such an order; None where it is not."""
    match = _SHORT_FORM.match(text)
    return match and (match["topic"] or (match["order"] and f"{match['order']} in simple terms") or match["han"])
