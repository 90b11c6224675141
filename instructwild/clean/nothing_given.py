"""Tasks about a text, a list or a recording of which there is not a word: the input of a data set's column was left out.

In Chinese the task speaks of "the given facts" or of "this proverb" in one bare line; in any language a note in brackets
stands where a file was attached.
"""

import polars as pl

from instructwild.clean.patterns import PROMPT_MAY_HOLD_HAN, matches, only_where
from instructwild.text.word_table import group_of

PROMPT, ANSWER = pl.col("prompt"), pl.col("answer")

_HOLDS_ONE = r"[\n：“\"「《‘:【<\d]|[A-Za-z]{2}"
"""What an input stands in or behind; of digits and Latin words it may itself be made."""
_THINGS = group_of("""
    句子? | 段落? | 文章 | 文本 | 词语? | 单词 | 短语 | 成语 | 诗歌 | 电?子?邮件 | 故事 | 事实 | 主题 | 食材 | 食物 | 原料
    城市 | 大学 | 国家 | 笑话 | 行为 | 对话 | 数字? | 关键词 | 刻板印象 | 情境 | 场景 | 观点 | 陈述 | 度量单位 | 单位 | 新闻
    照片 | 图片 | 图表 | 数据 | 列表 | 产品 | 描述 | 摘要 | 内容 | 歌曲? | 物品 | 用品 | 网站 | 表格 | 评论 | 画作
    艺术作品 | 艺术品 | 美元金额
""")
_COUNTED = "[一两几些多]{1,2}[个句段组种名篇张首位些则条]?"
_OPENS = (rf"(?:给定|给你提供|[你您]将(?:获得|得到|看到)|阅读|读){_COUNTED}\p{{Han}}{{0,8}}?{_THINGS}"
          r"\p{Han}{0,3}[，,。和并]")
_GIVES_ONE = rf"\A(?:请)?(?:在此任务中，)?{_OPENS}"
"""“给定一个主题，”: and then the task, without the subject."""
_POINTED_AT = (rf"(?:所?给定的?|(?:所给|给出)的|以下|下列|下面的?|(?:这|[^应]该)(?:[个句段组种名篇张首位封则条]|些))"
               rf"\p{{Han}}{{0,4}}?{_THINGS}")
_TASKS = group_of("""
    请 | 判断 | 告诉 | 给我 | 给出 | 使用 | 用 | 根据 | 基于 | 为 | 对 | 将 | 把 | 在 | 从 | 找出 | 识别 | 描述 | 解释 | 总结
    写 | 编写 | 生成 | 创建 | 改写 | 分类 | 翻译 | 列出 | 选择 | 阅读 | 读 | 想出 | 提供 | 推荐 | 向我 | 编辑 | 评论
    批评 | 评价 | 打开 | 通过
""")
_POINTS_AT_ONE = rf"\A{_TASKS}[^，。]{{0,14}}?{_POINTED_AT}"
_IN_A_SENTENCE = (r"\A(?:找出|识别|选择|替换|改正|指出|提取|标出|删除|对|将|把|从|在)[^，。一]{0,6}"
                  r"(?:句子|段落|文章|文本)(?:中|里)")
_A_PERSON = "这个人(?:是|的)"
_NEEDS_NONE = group_of(r"""
    函数 | 程序 | 算法 | 代码 | 脚本 | 查询 | 模型 | 正则 | 系统 | 公式 | 方程 | 如何 | 怎 | 为什么 | 什么 | 机器人 | 助手
    想象 | 假设 | 关于 | 有关 | 主语 | 语法 | 标点 | 修辞 | 原则 | 功能 | 作用 | 区别 | 意义 | 哪些
    这些\p{Han}{1,4}[是有] | 例如 | 比如
""")
_SECOND = r"[。？！]\s*\p{Han}"
_GOES_ON = _SECOND.removesuffix(r"\p{Han}") + group_of("""
    如果 | 若 | 是 | 否 | 对于 | 每 | 不同 | 直接 | 输出 | 请 | [你您] | 并 | 要求 | 需要 | 可能 | 表格 | 答案 | 用 | 以 | 按
""")
"""A second sentence may be the input, unless it goes on with the task."""
_COUNTS = r"\d+ ?(?:个|种|条|句|段|项|篇|字|点|到|至|-)(?: ?\d+ ?(?:个|种|条|句|段|项|篇|字|点))?|输出 ?“?[01]”?|[01]。"
"""Digits of the task itself."""
_WITHOUT_COUNTS = PROMPT.str.replace_all(_COUNTS, "")
_NOTHING_NAMED = only_where(
    (PROMPT.str.len_bytes() < 180) & (ANSWER.str.len_bytes() > 0) & matches(PROMPT.str.head(60), rf"{_THINGS}|{_A_PERSON}"),
    only_where(matches(PROMPT, rf"{_GIVES_ONE}|{_POINTS_AT_ONE}|{_IN_A_SENTENCE}|{_A_PERSON}"),
               ~matches(_WITHOUT_COUNTS, _HOLDS_ONE) & ~matches(PROMPT, _NEEDS_NONE)
               & (~matches(PROMPT, _SECOND) | matches(PROMPT, _GOES_ON))))

_POINTER = "(?:以下|下列|下面的?|所?给定的?|这[个段篇封首])"
_WRITTEN = "(?:段落|文章|文本|短文|故事|对话|句子|评论|推文|新闻|陈述|场景|情景)"
_READS = (rf"\A(?:请)?(?:仔细)?阅读{_POINTER}\p{{Han}}{{0,6}}?{_WRITTEN}[^：:“\n]*\z"
          rf"|(?:识别|判断|确定|检测|预测){_POINTER}{_WRITTEN}(?:是否|的)[^：:“\n]*\z")
_CHOICES_ALONE = (rf"\A[^\n。]{{0,14}}{_POINTER}\p{{Han}}{{0,6}}?{_WRITTEN}[^\n。：:]{{0,20}}。[^\n“]{{0,14}}"
                  r"(?:候选|选项|类别|标签)[^\n“]{0,10}(?:包括|有|为|是|：|:)[^\n“。]*[。]?\s*\z")
"""A text to be put into one of the classes that are named, and no text."""
_ENDS_OPEN = rf"{_POINTER}\p{{Han}}{{0,4}}?{_THINGS}[^\n“\"：:？?]{{0,14}}[：:]\s*\z"
"""A colon behind which nothing stands."""
_MAY_END_OPEN = (r"[：:]\s*\z|候选|选项|类别|标签|\A(?:请)?(?:仔细)?阅读"
                 r"|(?:识别|判断|确定|检测|预测)(?:以下|下面|下列|所?给定|这)")
_NOTHING_BEHIND = only_where(
    (PROMPT.str.len_bytes() < 180) & (ANSWER.str.len_bytes() > 0) & matches(PROMPT, _MAY_END_OPEN),
    matches(PROMPT, _CHOICES_ALONE) | (matches(PROMPT, _ENDS_OPEN) & ~matches(PROMPT, "请详细解释|程序|代码|函数"))
    | (matches(PROMPT, _READS) & ~matches(PROMPT, r"[A-Za-z]{2}|函数|程序|算法|代码|如何|怎|什么")
       & (~matches(PROMPT, _SECOND) | matches(PROMPT, _GOES_ON))))

_WRITING = "(?:新闻)?(?:文章|论文|博文|博客|报道|报告|评论|书籍?|新闻)"
_IS_ABOUT = "(?:是关于|涉及|讨论|将讨论|将介绍|探讨|介绍)"
_SPEAKS_OF_IT = (rf"\n\s*[\[(（【]?(?:(?:这|本|该)[篇项本个]?{_WRITING}|本文|文章){_IS_ABOUT}[^\n。]{{0,90}}。?\s*\z"
                 rf"|\n\s*(?:一篇|一份)?关于[^\n。]{{2,50}}的(?:[^\n。]{{0,6}}){_WRITING}[\])）】。]*\s*\z")
_SUMS_UP = r"\A[^\n]*(?:总结|概括|摘要|概述|要点|论点|主要主题|分析)[^\n]*\n"
_ONLY_SPOKEN_OF = only_where(
    (ANSWER.str.len_bytes() > PROMPT.str.len_bytes()) & PROMPT.str.contains("\n", literal=True),
    matches(PROMPT, _SUMS_UP) & matches(PROMPT, _SPEAKS_OF_IT)
    & ~matches(PROMPT, r"\A[^\n]*(?:写一篇|撰写|生成一篇|创建一篇|如何|标题)"))
"""An article to sum up of which one sentence says what it is about, and an answer longer than that."""

_FILE = group_of("""
    sound | audio | video | music | song | image | picture | photo | photograph | painting | table | chart | graph | document
""")
_NOTE = rf"(?i)\n\s*[\[(](?:attached |the )?{_FILE}(?: file| clip| attached| provided| here)[\])]\W*\z"
_ATTACHED = rf"(?i)\n\s*[\[(]attached {_FILE}[\])]\W*\z|\n\s*附上(?:的)?(?:照片|图片|图像|视频|音频|表格|文件)\W*\z"
_HAN_FILE = group_of("""
    图像? | 图片 | 照片 | 形象 | 截图 | 海报 | 画 | 图表 | 视频 | 音频 | 录音 | 歌曲 | 数据表 | 附表 | 表格 | 文件 | 链接
    文章 | 论文
""")
_HAN_NOTE = rf"\n\s*[\[(（【<《]{{1,2}}[^\])）】>\n：:“\"]{{0,24}}{_HAN_FILE}(?: ?\d)?[\])）】>》]{{1,2}}[。]?\s*\z"
_A_FILE_STOOD_HERE = only_where(
    (PROMPT.str.len_bytes() < 400)
    & matches(PROMPT, r"(?:[\])）】>》]|附上的?(?:照片|图片|图像|视频|音频|表格|文件))\W{0,4}\z"),
    matches(PROMPT, rf"{_NOTE}|{_ATTACHED}|{_HAN_NOTE}"))

NOTHING_GIVEN = _A_FILE_STOOD_HERE | only_where(
    (PROMPT.str.len_bytes() < 450) & PROMPT_MAY_HOLD_HAN,
    _NOTHING_NAMED | _NOTHING_BEHIND | _ONLY_SPOKEN_OF)
