"""Programs, queries, pages, styles and JSON whose keywords and signs were translated, so that they run nowhere."""

import polars as pl

from instructwild.clean.patterns import PROMPT_MAY_HOLD_HAN, holds_any, matches, matches_any, only_where
from instructwild.text.word_table import group_of

PROMPT, ANSWER = pl.col("prompt"), pl.col("answer")

_KEYWORDS = (r"(?m)^\s*返回 ?[\w（(\[\"'“].*|诠释 ?主要|公共静态|静态无效|打印[（(]|系统\.输出|标准::|控制台\.日志"
             r"|^\s*(?:如果|否则如果|而|对于) ?[^\n]{1,60}[:：{]\s*$|^\s*别的[:：]\s*$|^#?(?:随机)?(?:进口|导入) ?\w*$")
_PROGRAM = (r"\bdef\b|#include|\bimport |\bvar |\blet |\bconst |\bfunction\b|\bclass |\bprint\b|\bint |range|len[(（]"
            r"|def\p{Han}"
            r"|\)\s*[:：]\s*\n|）[:：{]\s*\n|\w+\(\w*\)")
_SQL = (r"(?m)^\s*选择 [^\n]+\n\s*(?:来自|从|FROM|其中|INNER|JOIN|WHERE)|^\s*从\p{Han}{1,8}中?选择 \*"
        r"|^\s*创建表 ?\w+ ?[(（]|(?i:\bSELECT\b)[^\n]*\n\s*(?:来自|从)\p{Han}")
_LETS = r"(?m:^\s*让 ?\w+ ?= ?[^\n]*;\s*$)"
_ELEMENTS = group_of("""
    头部? | 正文 | 身体 | 主体 | 表格? | 标题 | 样式 | 脚本 | 按钮 | 段落 | 表单 | 页脚 | 页眉 | 旁白 | 图片
    链接 | 输入 | 跨度 | 导航
""")
_TAGS = rf"(?:<|&lt;) ?/? ?{_ELEMENTS}[^<>\n]{{0,40}}?(?:>|&gt;)"
_HTML = r"(?i)(?:<|&lt;)/?(?:html|div|h\d|p|td|tr|body|head|form|input|button|script)\b"
_LINES = (r"(?m)^\s*打印 ?[（(][^\n]*[）)]\s*$|^\s*将 ?[\w.]{2,40} ?导入为 ?\w+\s*$|^\s*从 ?[\w.]+ ?导入 ?\w"
          r"|^\s*对于 ?(?:范围 ?[（(][^\n]*[）)]|[a-z_]+) ?中的[^\n]{1,12}[：:]\s*$"
          r"|^\s*对于[^\n]{1,6}在范围 ?[（(][^\n]*[：:]\s*$")
"""Lines of Python that nothing else has."""
_PROPERTIES = group_of("""
    背景颜?色 | 颜色 | 字体(?:大小|系列|样式|粗细) | 边框 | 填充 | 边距 | 保证金 | 宽度 | 高度 | 文本对齐 | 边界半径
""")
_STYLES = rf"(?m){_PROPERTIES}[：:][^\n；;]{{1,30}}[；;]\s*$"
_QUOTED_KEY = r"(?m)(?:^|[{，,])\s*“[^”\n]{1,24}” ?[：:] ?(?:[“\[{]|\d)"
_ABOUT_DATA = ["css", "CSS", "样式", "json", "JSON", "字典", "ython", "http", "HTTP", "对象", "html", "HTML"]
_NOT_TO_RUN = r"(?i)伪代码|易语言|中文编程|汉语编程|文言|中文关键字|pseudo"
_IN_TAGS = only_where(
    matches(ANSWER, r"(?:<|&lt;) ?/? ?\p{Han}"),
    matches(ANSWER, _TAGS) & (matches(ANSWER, _HTML) | matches(PROMPT, "(?i)html|网页|页面|网站"))
    & ~matches(PROMPT, "(?i)xml|提示词|模板"))
_IN_A_PROGRAM = only_where(
    matches(ANSWER, "返回|诠释|静态|打印|系统|标准::|控制台|如果|而|对于|别的|进口|导入|选择|创建表|来自|从|让 "),
    (only_where(matches(ANSWER, _KEYWORDS), matches(ANSWER, _PROGRAM))
     | only_where(matches_any(ANSWER, (_SQL, _LETS, _LINES)),
                  matches_any(ANSWER, (_SQL, _LETS)) | ~matches(PROMPT, "如何|什么"))) & ~matches(PROMPT, _NOT_TO_RUN))
_IN_STYLES = only_where(matches(PROMPT, "(?i)css|样式|html"), matches(ANSWER, _STYLES))
_IN_QUOTES = only_where(matches(PROMPT, "(?i)json|字典|python|http|对象"),
                        ANSWER.str.contains("{", literal=True) & matches(ANSWER, _QUOTED_KEY))
TRANSLATED_CODE = _IN_TAGS | _IN_A_PROGRAM | only_where(
    PROMPT_MAY_HOLD_HAN & holds_any(PROMPT, _ABOUT_DATA), _IN_STYLES | _IN_QUOTES)
"""A program, query, page, style or object whose keywords or signs were translated: "如果 x > 0：", "选择 * 来自客户",
"</正文>", "字体大小：20px；" and “键”：1 run nowhere."""
