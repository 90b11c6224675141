"""Prompts that need a text which is not in the row: an earlier turn that was cut away, or an input that was never given.

Each pattern is one that a request with its text beside it does not have: it is only looked for in rows of a single turn, and
an input is only missed where nothing that could be one follows. An answer may show the lost turn better than its prompt
does: "I apologize for the error in my previous response".
"""

import polars as pl

from instructwild.clean.answers_on import (
    ANSWER_GOES_ON,
    ANSWERS_A_TALK,
    ASKS_BACK,
    BEGINS_LATER,
    MAY_OPEN_ON,
    OPENINGS,
    REACTS_IN_A_TALK,
    USED_BEFORE,
    WITHDRAWS_AN_ANSWER,
)
from instructwild.clean.earlier_turns import IS_A_MOVE_IN_A_TALK, NAMES_WHAT_IS_GONE
from instructwild.clean.follow_ups import FOLLOWS_UP
from instructwild.clean.nothing_given import NOTHING_GIVEN
from instructwild.clean.patterns import ANSWER_MAY_HOLD_HAN, ANSWER_SIZE, PROMPT_SIZE, matches, matches_any, only_where
from instructwild.text.word_table import group_of

PROMPT, ANSWER = pl.col("prompt"), pl.col("answer")

SINGLE_TURN = (pl.col("messages").list.len() <= 2) & (pl.col("messages").list.first().struct.field("role") == "user")
"""One prompt and its answer, without a system turn, which may hold the text."""

LONGEST = 400
"""Characters of a prompt beyond which words such as "your previous answer" may be rules for a talk to come."""
_PLUG_IN = r"(?:please write in [a-z]+ language|answer in english|translate now|지금 번역하기|share prompt)"
"""What a browser's plug-in adds below a prompt."""
_HOLDS_A_TEXT = r"[{}\"“”「」『』《》`:：{{]|\.\s+\S.*\.\s+\S"
_BARE = ~matches(PROMPT, _HOLDS_A_TEXT.format(r"\n")) | only_where(
    PROMPT.str.tail(32).str.contains(" in ", literal=True), matches(PROMPT, rf"(?i)\A[^\n]*\s*\n\s*(?:{_PLUG_IN}\W*)+\z")
    & ~matches(PROMPT, _HOLDS_A_TEXT.format("")))
"""A prompt with no line of text beside it, no quotation, colon, code or third sentence: nothing in it can be the text that
it speaks of."""

_WORK = (r"(?:code|script|answers?|responses?|examples?|tables?|lists?|functions?|essay|outlines?|quer(?:y|ies)|story"
         r"|implementation|solution|steps|points|questions|prompts?|output|program|article|draft|section|description|version"
         r"|instructions?|conversation|message|repl(?:y|ies)|email|poem|plan|summary|text|paragraphs?|information|topics?)")
_HAN_WORK = (r"(?:代码|脚本|回答|回复|答案|例子|示例|表格|列表|函数|提纲|大纲|查询|故事|实现|方案|步骤|要点|问题|提示词|输出"
             r"|程序|文章|草稿|版本|说明|对话|邮件|诗|计划|总结|内容|段落|信息|话题|结果|描述)")

_EARLIER = (r"(?i)\b(?:in|from|of|to) (?:your|the) (?:previous|last|earlier|prior|above) "
            r"(?:answer|response|reply|message|conversation)\b"
            r"|\b(?:as|that) (?:you|we|i) (?:just |already )?(?:mentioned|said|discussed|described|wrote) "
            r"(?:above|earlier|before|previously)\b"
            r"|\byou (?:just|previously) (?:wrote|gave|said|mentioned|provided|generated|suggested)\b"
            r"|(?:你|您)(?:刚才|刚刚|之前|前面|上面)(?:说|提|写|给|讲|回答|列|的回答)|上一(?:个|条|次|轮)(?:回答|回复|对话)"
            r"|(?:刚才|之前)的(?:回答|回复|对话)")
_FROM_ABOVE = (r"(?i)\A\W*(?:(?:please |can you |now |so )*(?:given|based on|using|from|considering|in light of|with"
               r"|summari[sz]e|rewrite|convert|explain|analy[sz]e|translate)(?: all(?: of)?)? the above\b"
               r"|(?:now,? |please |ok,? |can you |could you )*(?:write|do|say|re-?write|make|generate|draw|run)"
               r" (?:it|this|that|them|these|those)(?: all)?(?: over)? again\b)"
               r"|\A[^\n.:]{0,80}\b(?:in|into|to|from|of|for|with) the above [a-z0-9]+ (?:[a-z]+ ?){0,2}[:?.\n]")
"""Whatever text comes below, it is not above."""
_NEXT = (r"(?i)\A\W*(?:please )?(?:continue|go on|carry on|keep going|proceed|try again"
         r"|continue (?:writing|from where you (?:left off|stopped))|(?:rewrite|make) it"
         r"(?: (?:again|shorter|longer|better))?|explain (?:it|that) (?:more|further|again))\W*\z"
         r"|\A\W*(?:请)?(?:继续|继续写|继续说|接着写|接着说|再来一[个次]|再试一次|下一个|还有[吗呢])\W*\z")
_NAMES_EARLIER = (rf"(?i)\b(?:your|my) (?:previous|preceding|last|earlier) (?:[a-z]+ )?{_WORK}\b"
                  rf"|\b(?:the|all) (?:previous|preceding) (?:[a-z]+ )?{_WORK}\b"
                  rf"|(?:\A|[请对把将据照用给在为从，])(?:上面|上述|以上|刚才|之前|前面)(?:给出|提到|列出|生成)?的?(?:这|那"
                  rf"|几|些|个|段|首|篇){{0,2}}{_HAN_WORK}")
_NAMES_ABOVE = rf"(?i)\b(?:the|these|those|all|all the) above (?:[a-z]+ )?{_WORK}\b|\babove\W*\z"
_OPENS_A_REPLY = (r"(?i)\A\W*(?:ok(?:ay)?|great|perfect|awesome|nice|cool|excellent|good|thanks?|thank you|no|nope|yes|yeah"
                  r"|sorry"
                  r"|hmm|wait)[,.!]+ +\S|\A\W*(?:but|and|also) (?:can|could|what|how|why|if|the|it|is|i|you|make|add|in"
                  r"|please)\b"
                  r"|\A\W*(?:不对|不是这样|错了|好的|谢谢|可以)[，,。！ ]+\S")
_POINTS_BACK = (r"(?i)\b(?:it|its|this|that|these|those|them|they|same|instead|more|again|you(?:'ve| have| said| did| gave)"
                r"|each|your)\b"
                r"|[这那它]|你的|再|刚|更|还")
_REPLIES = (r"(?i)\A\W*(?:(?:what|anything|any other|who|how) else\W*\z|(?:give me |\d+ |some |any )(?:more|other"
            r"|others)\W*\z"
            r"|(?:that|this)(?:'s| is| was)? (?:not|wrong|incorrect|works?|good|great|perfect|better)\b)"
            r"|\A(?:那么?|但是?|可是|而且|还有)(?:如果|为什么|怎么|它|他|她|这|那)"
            r"|\A(?:请)?(?:再|重新|重)(?:写|来|给|举|说|生成|列|讲)(?:一|几|两|出)?(?:个|次|遍|些|篇|首|份|下)?[^关]{0,12}\z"
            r"|\A(?:请)?(?:把它|将它|换一?[个种]|缩短|写?(?:短|长|详细|正式|简短|简单)一?[点些])")
_SECOND_TURN = (r"(?i)\A\W*(?:please )?now,? (?:add|make|do|give|can|could|let|please|change|remove|show|rewrite|update|try"
                r"|i |we |the |it |how|what)"
                r"|\b(?:can|could) you (?:also|now|instead)\b"
                r"|\b(?:this one|this version|both of them|the latter|the former)\b"
                r"|\byou (?:just |already |previously )?(?:gave|told|wrote|mentioned|provided|suggested|showed|listed"
                r"|sent) (?:me |us )?"
                r"(?:this|that|the|it|these|those|above|before|earlier|in)\b|\A(?:请问)?这(?:两|几|三)(?:个|种|位|款|者)"
                r"|\A(?:它们?|他们)(?:的|是|有|会|能).{0,16}\z")
_SPEAKS_OF_ONE = (r"(?i)\A\W*(?:she|he|they|it)(?:'s|'re|'ll)? (?:[a-z]+ ){1,10}[a-z]+\W*\z|\A.{0,24}\bthe (?:first|second"
                  r"|third|last) one\b"
                  r"|\bthese two [a-z]+\W*\z")
_CHANGES_IT = (r"(?i)\A\W*(?:please |pls |can you |could you |now |then |and )*(?:rewrite|make|shorten|expand|elaborate"
               r"|rephrase"
               r"|redo|improve|summari[sz]e|simplify|update|modify|change|translate|extend|convert|reformat|continue"
               r"|refactor)"
               r"(?: on| upon| to| with)? (?:it|this|that|them|these|those|the above)\b")
_POINT = (r"(?i)\A\W*(?:please |can you |could you |now )*(?:expand|elaborate|explain|continue"
          r"|give (?:me )?(?:more )?details?"
          r"|more|go (?:on|deeper)|dive (?:deeper|into)|tell me more)\b[^.?!]{0,40}\b(?:points?|steps?|items?|options?"
          r"|ideas?|tips?|headlines?) #?\d+\b")

_POINTS_AT = (r"(?i)\b(?:this|these) (?:\w+ )?(?:block|function|code|project|script|program|sentence|paragraph|passage|text"
              r"|article|story|list"
              r"|table|error|file|poem|equation|snippet|dataset|training|outline|proposal|diagram|response"
              r"|answer|solution)s?\b|\b(?:that|my) (?:paragraph|passage|story|code|article)\b"
              r"|\A第[一二三四五六](?:种|个|条)?(?:方法|步骤?|点|部分|方案|例子)|\A(?:请问)?(?:该"
              r"|这[个种些段])(?:积木)?(?:块|函数|脚本|教程|代码|程序|项目|疾病|技术|陈述|按钮|文件|方法|药物|步骤|图表)"
              r"\p{Han}{0,3}?(?:的|是|可以|有|能|为什么|如何|什么|应该|会|用)")
"""Something that the prompt shows, and that is not in the row."""

_ANSWERS_EARLIER = (r"\b[Mm]y (?:previous|last|earlier|prior) (?:response|answer|message|explanation|reply|example|code"
                    r"|suggestion"
                    r"|statement|comment|output)s?\b|\bnot sure (?:what|which) [a-z ]{2,30}you(?:'re| are) referring to\b"
                    r"|\bI (?:provided|gave|described|mentioned|suggested|shared) (?:earlier|previously)\b"
                    r"|我(?:之前|刚才|前面|上一次)(?:的(?:回答|回复|解释|代码)|(?:提到|给出|提供|说)的)|(?:之前|上一个"
                    r"|上一次)的(?:回答|回复)")
_OPENS_EARLIER = (r"(?i)\A\W*(?:(?:i(?:'m| am)? (?:sincerely |deeply )?apologi[sz]e|(?:my )?apologies|sorry"
                  r"|i'm sorry) for (?:the|any|my|that)"
                  r" (?:\w+ )?(?:confusion|mistakes?|oversight|errors?|misunderstanding|mix-?up|typo|omission)"
                  r"|you(?:'re| are) (?:absolutely |completely )?(?:right|correct)[,.!] )"
                  r"|\b(?:here(?:'s| is| are)|this is|below is) (?:an?|the|your|my) (?:updated|revised|modified|corrected"
                  r"|adjusted|reworked"
                  rf"|improved|expanded|shorter|more detailed|amended|continuation)\b"
                  rf"|\bthe (?:previous|rest of the|remaining) (?:[a-z]+ )?{_WORK}\b"
                  r"|\A\W*(?:非常|很|十分)?(?:抱歉|对不起)，?(?:我)?(?:之前|刚才|上次|造成|让您|给您)(?:的|了|带来)?"
                  r".{0,8}(?:错误|有误|困惑|误解|混淆|不准确|遗漏)|\A\W*(?:您|你)说得(?:对|没错)"
                  rf"|(?:这|以下|下面)是(?:修改|更新|修订|改进|修正|调整|缩短|扩展)(?:后|过)的{_HAN_WORK}")
_SHORT = _BARE & (PROMPT_SIZE < 240)
_GOES_ON = only_where(
    matches_any(PROMPT, (_NAMES_EARLIER, _REPLIES, _OPENS_A_REPLY, _CHANGES_IT, _POINT, _SECOND_TURN, _SPEAKS_OF_ONE,
                         _POINTS_AT)),
    matches_any(PROMPT, (_NAMES_EARLIER, _REPLIES, _POINT))
    | only_where(matches(PROMPT, _OPENS_A_REPLY), matches(PROMPT, _POINTS_BACK))
    | only_where(matches(PROMPT, _CHANGES_IT), ~matches(PROMPT, r"\d| - "))
    | only_where(PROMPT_SIZE < 160, matches(PROMPT, _SECOND_TURN))
    | only_where(PROMPT_SIZE < 80, matches(PROMPT, _SPEAKS_OF_ONE) & ~matches(PROMPT, r"(?i)\bit (?:is|was) said\b"))
    | ((PROMPT_SIZE < 200) & matches(PROMPT, _POINTS_AT) & ~matches(PROMPT, r"['‘`(\[\d]| - ")))
_SHOWS_IN_THE_PROMPT = _GOES_ON | matches(PROMPT.str.head(120), _NAMES_ABOVE) | FOLLOWS_UP
_HAN_ARTICLE = (r"\A(?:请问)?[这该]篇文章(?:主要)?(?:介绍|列举|适用|演示|讲|说|提到|描述|讨论)[^\n:：]*\z"
                r"|[？?]这篇文章(?:列举|介绍|提到)")
_HAN_POINTED_AT = (r"\A(?:请问)?(?:这|该)(?:个|段|篇)?(?:脚本|程序|项目|代码|函数|游戏|例子|教程|文章|故事|图"
                   r"|表格?)(?:中|里|的)[^\n:：]*\z")
_OPENS_AT_IT = r"\A(?:请问)?(?:这[个些是]|该|代码中|程序(?:如何|怎)|文中|本文|那么(?:[，,]|唯一|这样|接下来|[我你]))"
_ASKS_ON = r"\A[^\n：:“「《\"]{5,50}[？?]\s*\z"
_NAMES_IT = group_of(r"""
    \A该(?:如何|怎|不该) | [？?]. | 世界 | 宇宙 | 社会 | 时代 | 星球 | 这[个些](?:词|字|年|表情|谚语|成语)
    \d+[^\d]*\d+ | 是不是 | [和与]
""")
"""What everybody has before them, and questions that name what they ask about."""
_POINTED_AT_ALONE = only_where((PROMPT_SIZE < 52) & matches(PROMPT, _OPENS_AT_IT),
                               matches(PROMPT, _ASKS_ON) & ~matches(PROMPT, _NAMES_IT))
"""A question of one line that opens with "this" or "the program", and shows none."""
_STANDS_ABOVE = (r"(?i)\b(?:stated|given|provided|shown|mentioned|listed|described|discussed|outlined) above\b"
                 rf"|(?:上面|上文|前文|以上)(?:提到|列出|给出|描述|讨论|说)的{_HAN_WORK}")
"""What an answer says of a text that a prompt without a text of its own does not hold."""
_SHOWS_IN_THE_ANSWER = (matches(ANSWER.str.head(300), _STANDS_ABOVE)
                        | matches(ANSWER.str.head(200), _OPENS_EARLIER) & ~matches(PROMPT, r"(?i)apolog|sorry|道歉|抱歉"))
_LABELLED = (r"(?i)\A\W*(?:please )?(?:continue|go on|keep going|rewrite (?:it|this|that)|more|again|make it|another"
             r"|add)\b[^\n]{0,80}\s*\n\s*"
             rf"{_PLUG_IN}\W*\z")
"""A prompt that goes on, above what a browser's plug-in adds."""
_ANSWER_OPENS_ON = only_where(MAY_OPEN_ON, WITHDRAWS_AN_ANSWER | only_where(PROMPT_SIZE < LONGEST, ANSWERS_A_TALK)
                              | REACTS_IN_A_TALK | BEGINS_LATER)
"""The opening of the answer shows the lost turn."""
_OF_SHORT = (_SHOWS_IN_THE_PROMPT | USED_BEFORE | NAMES_WHAT_IS_GONE | only_where(
    matches_any(ANSWER.str.head(300), (*OPENINGS, _STANDS_ABOVE, _OPENS_EARLIER)), _SHOWS_IN_THE_ANSWER | ANSWER_GOES_ON))
LOST_CONTEXT = SINGLE_TURN & (_ANSWER_OPENS_ON | only_where(
    PROMPT_SIZE < LONGEST, matches(PROMPT, _EARLIER) | matches_any(PROMPT, (_NEXT, _LABELLED))
    | only_where(matches(PROMPT, "(?i)above|again"), matches(PROMPT, _FROM_ABOVE))
    | ((PROMPT_SIZE < 60) & matches(PROMPT, rf"{_HAN_POINTED_AT}|{_HAN_ARTICLE}"))
    | _POINTED_AT_ALONE | only_where(_SHORT, _OF_SHORT) | IS_A_MOVE_IN_A_TALK
    | matches(ANSWER, _ANSWERS_EARLIER).fill_null(False)))

_TEXT = (r"(?:sentences?|paragraphs?|passage|text|article|code(?: snippet)?|words?|numbers?|poem|email|story|list|equation"
         r"|data|statement|table|phrases?)")
_TASK = (r"(?i)\A(?:please |can you |could you )?(?:summari[sz]e|rewrite|translate|classify|correct|edit|identify"
         r"|analy[sz]e|fix|paraphrase|proofread|convert|categori[sz]e|sort|complete|simplify|debug|explain|rephrase"
         r"|punctuate|rearrange)\b")
_NAMED = (rf"(?i)\b(?:the following|this|below|the given|the provided|the above) (?:\w+ )?{_TEXT}\b[^,;]*\z"
          rf"|\b{_TEXT} (?:given |provided |shown )?(?:above|below)(?: (?:in)?to \w+)?\W*\z")
_HAN_TEXT = (r"(?:句子|段落|文章|文本|代码|单词|词语|数字|诗|邮件|故事|列表|方程式?|数据|陈述|表格|短语|文字|事实|场景|信息"
             r"|评论|对话|关键词|语句"
             r"|情节|产品|图表|选项|概念|歌曲|歌词|电影|职业)")
_HAN_TASK = (r"\A(?:请|将|把|对|为|根据|给|使用|用)?.{0,16}(?:总结|改写|翻译|分类|更正|编辑|识别|分析|修正|重写|校对|转换"
             r"|排序|找出|完成"
             r"|简化|调试|解释|概括|确定|定义|描述|重新|评估|判断|比较|使用|编写|生成|归类|给出|提取|标注|起一?个|拟一?个|取一?个)|的(?:定义|含义|意思"
             r"|主题|情感|情绪)\W*\z")
_HAN_NAMED = rf"(?:以下|下列|下面的?|所?给定?的?|上述|上面的?|这[个段句篇首些])\p{{Han}}{{0,3}}{_HAN_TEXT}|所给定?的?主题"
_HAN_PROGRAM = "函数|程序|算法|脚本|查询|方法|[^分归]类|正则|游戏|系统|模型"
_HAN_PROBLEM = (r"\A(?:请)?(?:解决|求解|解答|回答|解)(?:以下|下面|下列|给定的?|这个|这道)?(?:数学问题|数学题|应用题|方程)"
                r"\P{N}{0,16}[。.]?\z")
"""A problem in numbers of which no number is there."""
_OPENS_A_TITLE = "[“\"'‘《]"
_TITLE = rf"{_OPENS_A_TITLE}.{{2,60}}[”\"'’》]"
_TITLED_ALONE = (r"(?:总结|概括|概述|摘要|分析).{0,12}(?:标题为|题为|名为).{0,3}"
                 rf"{_TITLE}.{{0,4}}(?:文章|新闻|博文|报道|帖子)"
                 r"|\A(?:请)?(?:总结|概括|概述)(?:一下)?《[^》\n]{6,60}》一文"
                 r"|\A(?:请)?(?:总结|概括|概述)(?:这篇|一篇|该)?(?:文章|新闻|博文|报道|帖子)[:：]?\s?[“\"].{2,60}[”\"]"
                 r"|(?i:\A\W*(?:please )?(?:summari[sz]e|analy[sz]e) (?:an?|the|this) (?:news )?"
                 r"(?:article|blog post|post|report)"
                 rf" (?:titled|entitled|called|with the (?:title|headline)) {_TITLE})")
"""An article of which there is no more than its title."""
_HAN_BARE_TASK = (r"\A(?:请)?(?:找出|改正|指出|更正|识别|将|把|判断)(?:句子|句|文章|段落|文本|短文)(?:中|里)?的"
                  r"[^：:“\"\n？?]{1,18}\z")
_WORKS = group_of(r"""
    recipe | e-?mail | paper | painting | song | data ?set | short story | image | photo | product
""")
_THIS_WORK = rf"(?i)\b(?:this|the following|the given) (?:new |whole )?{_WORKS}\b"
_NAMES_THE_WORK = (rf"(?i)\b(?:called|named|titled|entitled|do you know|if|when|suppose|imagine|an? {_WORKS}"
                   rf"|{_WORKS} (?:of|about|by|from))\b| - |\d|[.?!] +\S")
_KNOWLEDGE = r"根据(?:参考|已知的?|提供的|给定的?|已有的?|所给的?|相关)?知识(?:中|库|点|可知|，)|第[一二]个知识|根据中心词"
"""What was shown to the writer of an answer, and not to its reader."""
_MISSES = r"(?i)\b(?:this|these|the (?:following|given|provided)|attached|below)\b|[这该此]|以下|下列|下面|给定|上述"
_NOT_PROVIDED = (r"(?i)\b(?:did not|didn't|haven't|have not|was not|wasn't|no) (?:\w+ )?(?:(?:was|were|has been)"
                 r" )?(?:provided?|given|specif(?:y|ied)"
                 r"|includ(?:e|ed)|attach(?:ed)?)\b"
                 r"|please (?:provide|share|paste|give) (?:me )?(?:with )?(?:the|a|some|your|more) \w+|(?:没有|并?未"
                 r"|尚未)(?:给出|提供|说明|附上|列出|包含)|请提供")
_HOLDS_ONE = r"[:：;；—\n\"“'‘`「《(（\[{<\d]|[.?!。？！…-]\s*[\p{L}\p{N}]"
"""What an input stands in or behind: a colon, quotes, brackets, digits, a second sentence."""
_ABOUT_THE_TALK = (r"(?i)(?:you (?:will|must|should|are)|user will|your (?:goal|task|job) is|while (?:performing"
                   r"|answering)|think"
                   r"|help as much|always|provide) ?[^.?!\n\"“:]*[.!]?\s*")
_HAN_ABOUT_THE_TALK = (r"(?:你|您|想象自己|尽你所能|用户|在(?:执行|回答)|像|请?(?:逐步|一步)|总是|提供详细)"
                       r"[^。？！\n“：]*[。！]?\s*")
_ONLY_A_SYSTEM_TURN = (
    rf"(?i)\A\s*you are (?:an? |the )?(?:very |helpful |ai |smart |honest |respectful |and |, )*(?:assistant|agent"
    rf"|chatbot)\b[^.?!\n\"“:]*[.!]?\s*"
    rf"(?:{_ABOUT_THE_TALK})*\z"
    rf"|\A\s*[你您]是(?:一[个名位])?\p{{Han}}{{0,8}}(?:AI)?(?:助手|助理)[^。？！\n“：]*[。！]?\s*(?:{_HAN_ABOUT_THE_TALK})*\z")
_AGREES = (r"(?i)\A\W*(?:understood|okay|ok\b|got it|great|hello|hi\b|yes|sure[^.]*(?:help|assist)[^.]*[?!]\W*\z|好的"
           r"|明白|了解|收到|您好|你好|当然)")
_NO_QUESTION = only_where(
    (PROMPT_SIZE < 330) & matches(PROMPT, r"(?i)\A\s*(?:you are|[你您]是)"), matches(PROMPT, _ONLY_A_SYSTEM_TURN)
    & ~((ANSWER_SIZE < 400) & matches(ANSWER, _AGREES)))
"""A system turn in the user's place, and an answer to a question that is gone."""
MISSING_INPUT = SINGLE_TURN & (
    _NO_QUESTION | NOTHING_GIVEN
    | only_where(PROMPT.str.len_bytes() < 90, only_where(
        matches(PROMPT, _THIS_WORK), _BARE & ~matches(PROMPT, _NAMES_THE_WORK) & (ANSWER_SIZE > 0)))
    | only_where(ANSWER_MAY_HOLD_HAN, only_where(
        matches(ANSWER.str.head(12), "根据|第"),
        matches(ANSWER.str.head(30), _KNOWLEDGE) & ~PROMPT.str.contains("知识", literal=True)))
    | only_where((PROMPT.str.len_bytes() < 102) & (ANSWER.str.len_bytes() < 180) & (ANSWER.str.len_bytes() > 0),
                 matches(PROMPT, _HAN_BARE_TASK) & ~matches(PROMPT, _HAN_PROGRAM))
    | only_where((PROMPT_SIZE < 40) & matches(PROMPT, _HAN_PROBLEM), matches(ANSWER, r"\d"))
    | only_where((PROMPT_SIZE < 120) & ~PROMPT.str.contains("\n", literal=True) & PROMPT.str.contains(_OPENS_A_TITLE),
                 matches(PROMPT, _TITLED_ALONE))
    | only_where((PROMPT_SIZE < 160) & ~matches(PROMPT, _HOLDS_ONE),
                 only_where(matches(PROMPT, _TASK), matches(PROMPT, _NAMED))
          | only_where((PROMPT_SIZE < 40) & matches(PROMPT, _HAN_TASK),
                       matches(PROMPT, _HAN_NAMED) & ~matches(PROMPT, _HAN_PROGRAM))
          | only_where(matches(PROMPT, _MISSES), matches(ANSWER.str.head(200), _NOT_PROVIDED)) | ASKS_BACK))

_SHOWN = (r"(?i)\b(?:this|the|given|following|below|attached|provided)\b.{0,40}\b(?:articles?|paintings?|pictures?"
          r"|images?|photos?"
          r"|photographs?|videos?|trailers?|web ?sites?|web ?pages?|pages?|posts?|podcasts?|songs?|tweets?|artworks?"
          r"|drawings?"
          r"|advertisements?|ads?|clips?|films?|movies?|stories|story|recipes?|products?|reviews?|links?|documents?|papers?|piece)\b"
          r"|(?:这|给定|以下|下面|如下|下列|提供).{0,14}(?:文章|画|图|照片|视频|预告片|网站|网页|页面|帖子|播客|歌|推文|艺术品|广告"
          r"|电影|故事|食谱|产品|评论|链接|文档|论文|作品|曲|新闻)"
          r"|(?:总结|概括|分析|访问|查看|聆听|听|批评|识别|看[看这]|描述|一段|一个).{0,26}"
          r"(?:文章?|新闻|论文|网站|网页|音乐|声音|照片|画|视频|讲座|故事)")
_ADDRESS_ALONE = r"\A[^\n]+\n+\s*(?:[^\n：:/]{1,10}[：:] ?)?[\"“<(\[]{0,2}https?://[^\s/]+/[^\s/]\S*\s*\z"
_ABOVE = PROMPT.str.extract(r"\A([^\n]*)")
_SAYS_WHAT_IT_IS = r"https?://\w+(?:\.m)?\.wikipedia\.org/wiki/"
_USES_THE_ADDRESS = (r"(?i)\b(?:code|script|function|program|python|java(?:script)?|html|url|urls|uri|api|endpoint"
                     r"|fetch|download|scrape"
                     r"|regex|parse|curl|json|valid|shorten|domain|cite|citation|hyperlink|link text|anchor|qr"
                     r"|reference|bibliograph"
                     r"|apa|mla)\b|代码|脚本|函数|程序|网址|域名|引用|参考文献|超链接|短链接|二维码|抓取|下载|解析|接口")
_DID_NOT_SEE_IT = r"(?i)\b(?:cannot|can['’]t|unable|not able|sorry|don['’]t have access)\b|无法|不能|抱歉|对不起"
UNSEEN_PAGE = SINGLE_TURN & only_where(
    PROMPT.str.contains("http", literal=True),
    matches(PROMPT, _ADDRESS_ALONE) & matches(PROMPT, _SHOWN) & ~matches(_ABOVE, _USES_THE_ADDRESS)
    & ~matches(PROMPT, _SAYS_WHAT_IT_IS)
    & ~matches(ANSWER.str.head(200), rf"{_DID_NOT_SEE_IT}|```|\A\W*(?:import|def|<)\b|[a-z_]\("))
"""The only input is the address of a page or a picture, and the answer speaks of what is there."""
