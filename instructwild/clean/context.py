"""Prompts that need a text which is not in the row: an earlier turn that was cut away, or an input that was never given.

Each pattern is one that a request with its text beside it does not have: it is only looked for in rows of a single turn, and
an input is only missed where nothing that could be one follows.
"""

import polars as pl

PROMPT = pl.col("prompt")

_SINGLE_TURN = (pl.col("messages").list.len() <= 2) & (pl.col("messages").list.first().struct.field("role") == "user")
"""One prompt and its answer, without a system turn, which may hold the text."""

_EARLIER = (r"(?i)\b(?:in|from|of|to) (?:your|the) (?:previous|last|earlier|prior|above) "
            r"(?:answer|response|reply|message|conversation)\b"
            r"|\b(?:as|that) (?:you|we|i) (?:just |already )?(?:mentioned|said|discussed|described|wrote) "
            r"(?:above|earlier|before|previously)\b"
            r"|\byou (?:just|previously) (?:wrote|gave|said|mentioned|provided|generated|suggested)\b"
            r"|(?:你|您)(?:刚才|刚刚|之前|前面|上面)(?:说|提|写|给|讲|回答|列|的回答)|上一(?:个|条|次|轮)(?:回答|回复|对话)"
            r"|(?:刚才|之前)的(?:回答|回复|对话)")
_NEXT = (r"(?i)\A\W*(?:please )?(?:continue|go on|carry on|keep going|proceed|try again"
         r"|continue (?:writing|from where you (?:left off|stopped))|(?:rewrite|make) it"
         r"(?: (?:again|shorter|longer|better))?|explain (?:it|that) (?:more|further|again))\W*\z"
         r"|\A\W*(?:请)?(?:继续|继续写|继续说|接着写|接着说|再来一[个次]|再试一次|下一个|还有[吗呢])\W*\z")
LONGEST = 400
"""Characters of a prompt beyond which words such as "your previous answer" may be rules for a talk to come."""
LOST_CONTEXT = (_SINGLE_TURN & (PROMPT.str.len_chars() < LONGEST)
                & (PROMPT.str.contains(_EARLIER) | PROMPT.str.contains(_NEXT)))

_TEXT = (r"(?:sentences?|paragraphs?|passage|text|article|code(?: snippet)?|words?|numbers?|poem|email|story|list|equation"
         r"|data|statement|table|phrases?)")
_TASK = (r"(?i)\A(?:please |can you |could you )?(?:summari[sz]e|rewrite|translate|classify|correct|edit|identify"
         r"|analy[sz]e|fix|paraphrase|proofread|convert|categori[sz]e|sort|complete|simplify|debug|explain|rephrase"
         r"|punctuate|rearrange)\b")
_NAMED = (rf"(?i)\b(?:the following|this|below|the given|the provided|the above) (?:\w+ )?{_TEXT}\b[^,;]*\z"
          rf"|\b{_TEXT} (?:given |provided |shown )?(?:above|below)\W*\z")
_HAN_TEXT = r"(?:句子|段落|文章|文本|代码|单词|词语|数字|诗|邮件|故事|列表|方程|数据|陈述|表格|短语|文字)"
_HAN_TASK = (r"\A(?:请|将|把|对|为|根据)?.{0,6}(?:总结|改写|翻译|分类|更正|编辑|识别|分析|修正|重写|校对|转换|排序|找出|完成"
             r"|简化|调试|解释|概括)")
_HAN_NAMED = rf"(?:以下|下列|下面的?|给定的?|上述|上面的?|这[个段句篇首些])\p{{Han}}{{0,4}}{_HAN_TEXT}"
_HOLDS_ONE = r"[:：;；\n\"“'‘`「《(（\[{<\d]|[.?!。？！…-]\s*[\p{L}\p{N}]"
"""What an input stands in or behind: a colon, quotes, brackets, digits, a second sentence."""
MISSING_INPUT = (_SINGLE_TURN & (PROMPT.str.len_chars() < 160) & ~PROMPT.str.contains(_HOLDS_ONE)
                 & ((PROMPT.str.contains(_TASK) & PROMPT.str.contains(_NAMED))
                    | ((PROMPT.str.len_chars() < 60) & PROMPT.str.contains(_HAN_TASK) & PROMPT.str.contains(_HAN_NAMED))))
