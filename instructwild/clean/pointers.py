"""Prompts that point at something which is not in the row: "this charter", "change the anchor", 第二种方法中.

A demonstrative points at nothing where no word in front of it names what it points at.
"""

import polars as pl

from instructwild.clean.patterns import PROMPT_SIZE, matches, only_where
from instructwild.text.word_table import group_of

PROMPT = pl.col("prompt")

_MANNERS = group_of("""
please | pls | kindly | can you | could you | would you | now | then | and | also | okay,? | ok,? | next,?
""")
_ORDERS = group_of(r"""
focus (?:more )?on | keep (?:writing|talking|going|the|the same|it) | make (?:each|every|the) [a-z]+ | change the
remove the | delete the | don['’]?t (?:write|use|include|mention|add) | add (?:some|a bit|a couple|more|another)
""")
_CHANGES_WHAT_IS_GONE = rf"(?i)\A\W*(?:{_MANNERS} )*{_ORDERS} "
_SHOWN_OR_KNOWN = group_of(r"""
sentences? | text | words? | font | movie | film | sound | following | most | world | wi-?fi | theme | settings?
""")
_MAY_STAND_ALONE = rf"(?i)\d|['‘’][a-z]|\b{_SHOWN_OR_KNOWN}\b"

_DEMONSTRATIVE = r"\b(?:this|these|those)"
_IN_FRONT = PROMPT.str.extract(rf"(?i)\A(.*?){_DEMONSTRATIVE} (?:[a-z]+ )?[a-z]{{3,}}")
_NAMING_WORDS = group_of(r"""
an? | some | any | each | every | another | one | two | three | four | five | several | many | multiple
of | if | when | you are | imagine | pretend | suppose | answer | your? | i am | questions?
""")
_NAMED_IN_FRONT = rf"(?i)\b{_NAMING_WORDS}\b|(?-i:.[A-Z])"
"""An article, a number or a name in front of "this" may name what it points at."""
_IN_ANY_TEXT = group_of(r"""
year | week | weekend | month | morning | evening | afternoon | night | day | times? | way | case | world | kind | type
sort | century | summer | winter | spring | fall | autumn | decade | season | past | coming | next | last
chats? | conversations? | session | role | task | point | page | users? | questions? | instructions? | knowledge
emojis? | context | statements? | proxy | correct
who | that | which | is | are | was | were | can | will | would | could | should | does | do | did | has | have | be
to | in | on | for | from | with | and | or | but | so | as | by | when | where | because | at | out | into | up | over
not | more | using | based | like | even | just | also | only | still | all | without | again | right | better | further
now | then | two | delete | [a-z]+ly | happens? | means? | works? | makes? | looks? | sounds?
""")
_POINTS_ELSEWHERE = rf"(?i){_DEMONSTRATIVE} {_IN_ANY_TEXT}\b|,[^,]*,[^,]*,|\p{{Han}}|[‘`(\[\d]| - "
"""Times, manners, verbs of which "this" is the subject, and a list behind it."""

_HAN_THINGS = group_of("方法 | 步骤? | 方案 | 例子 | 下拉菜单 | 公式 | 模型")
_HAN_ASKED = group_of("""
还有 | 还提到 | 还可以 | 使用了? | 需要 | 属于 | 无法 | 提到 | 有哪些 | 的作用 | 的目的 | 的优点 | 的缺点 | 的输出 | 的参数
""")
_HAN_POINTS = (rf"\A(?:请问|为什么|如果)?在?第[一二三四五六](?:种|个|条)?{_HAN_THINGS}(?:中|里)"
               rf"|\A(?:请问)?(?:该|这[个篇段])[\p{{Han}}A-Za-z]{{1,7}}?{_HAN_ASKED}\P{{Han}}?\p{{Han}}{{0,12}}[？?]?\z")
"""Something that comes second, or that "this" points at, in a question of one clause."""

POINTS_AT_NOTHING = (
    only_where(PROMPT_SIZE < 120, matches(PROMPT, _CHANGES_WHAT_IS_GONE) & ~matches(PROMPT, _MAY_STAND_ALONE))
    | only_where((PROMPT_SIZE < 160) & matches(PROMPT, rf"(?i){_DEMONSTRATIVE} [a-z]"),
                 _IN_FRONT.is_not_null() & ~matches(_IN_FRONT, _NAMED_IN_FRONT) & ~matches(PROMPT, _POINTS_ELSEWHERE))
    | ((PROMPT_SIZE < 50) & matches(PROMPT, _HAN_POINTS)))
"""Of prompts without a text of their own."""
