"""Prompts that go on from a turn which is not in the row: "5 more", "now in bullets", "you forgot the header".

Each pattern is one way in which people go on. They are looked for in short prompts that hold no text of their own. What an
answer opens with shows the same: that is in `answers_on`.
"""

import polars as pl

from instructwild.clean.bare_orders import ASKS, BARE_ORDERS
from instructwild.clean.patterns import PROMPT_SIZE, matches, matches_any, only_where
from instructwild.clean.pointers import POINTS_AT_NOTHING
from instructwild.text.word_table import any_of, group_of

PROMPT = pl.col("prompt")

_COUNT = r"(?:\d+|one|two|three|four|five|six|seven|eight|ten|twelve|fifteen|twenty)"
_WORK = group_of("""
    code | script | program | function | query | class | regex | formula | macro | answers? | responses? | tables?
    lists? | essay | article | blog(?: post)? | outline | story | draft | sections? | paragraphs? | email | letter
    poem | plan | summary | text | report | proposal | chapter | scene | dialogue | description | title | message
    prompt | output | results? | file | app | error | bug | issue | problem | song | lyrics | speech | resume | slides?
    presentation | diagram | chart | schedule | itinerary | recipe | quiz | questions | design | layout | content
    introduction | conclusion
""")

_MAY_WE = group_of("""
    do you mind[ ] | let['’]?s[ ] | (?:can|could|may) (?:i|we) (?:have|get|see)[ ]
""")
_GIVE_US = "(?:(?:give|provide|show|list|suggest|add|write|generate|create|share)(?: me| us)?(?: with)?)"
_OFFERS = group_of("""
    options | ideas | examples | suggestions | versions? | names | titles | alternatives
""")
_MORE = "(?i)" + any_of(rf"""
    {ASKS}{_MAY_WE}?{_GIVE_US}?(?: some| a few| a couple| another| {_COUNT})? more(?: [a-z]+){{0,2}}\W*\z
    {ASKS}(?:give|provide|show|list|suggest|add|write|generate|create|make)(?: me| us)?(?: with)? another {_COUNT} [a-z]
    \b{_COUNT} more(?: [a-z]+)?(?: please)?\W*\z
    \b{_COUNT} more (?:like (?:this|that|these|those)|of (?:these|them|those))\b
    \b(?:give|provide|suggest|show|list)(?: me)? (?:some |\d+ )?other {_OFFERS}\W*\z
    \A\W*(?:but )?(?:a (?:bit|little) )?(?:more|less) [a-z]+(?: please)?\W*\z | \A\W*i (?:need|want) more\W*\z
""")
"""More of the same."""
_FROM_WHERE = group_of("""
    please | writing | with | from | the | where | to | on | your | and | but | what | it | if | further | in
""")
_IN_OTHER_LANGUAGES = group_of("""
    weiter | fortfahren | continua | continúa | continuez | sigue | prossiga | продолжай | продолжи | 계속(?:해)?
    続けて
""")
_GO_ON = "(?i)" + any_of(rf"""
    {ASKS}(?:continue|keep going|go on|carry on)\b(?: {_FROM_WHERE}\b[^,;]*)?\W*\z
    \A\W*(?:continue|keep going|go on)\W*(?:share prompt|지금 번역하기|please)\W*\z
    \A\W*(?:the )?next (?:one|question|task|section|chapter|part|step|slide|line|page|point)s?(?: please)?\W*\z
    \A\W*{_IN_OTHER_LANGUAGES}\W*\z
""")
_EACH_OF_THEM = group_of(r"""
    (?:each|all|any|some|which|both|none|most) of (?:these|those|them)\b | of (?:these|those) \d+\b
    for (?:each|all) (?:of )?(?:these|those)\b | between (?:these|those) two\b
""")
_ALL_OF = "(?i)" + any_of(rf"""
    \A[^.?!,;'‘–]*\b{_EACH_OF_THEM}[^.?!,;'‘–]*[.?!]?\z
    \b(?:the|all|those|of|these) (?:afore-?|above-?)?mentioned [a-z]+ | \bmentioned (?:above|earlier|before)\b
""")
"""Things named before: one clause alone, as a longer one may name them itself."""
_JUDGED = group_of("""
    is | was | looks | sounds | seems | please | again
""")
_NUMBERED = group_of("""
    number | option | point | step | item | idea | question | part | section | example | suggestion
""")
_PARTS = group_of("""
    one | point | part | item | idea | step | section | option | paragraph | example | question
""")
_BY_NUMBER = "(?i)" + any_of(rf"""
    \A\W*(?:number|option|point|step|item|idea|question|suggestion) #?\d+ {_JUDGED}\b
    \b(?:expand|elaborate|details?|focus|work) (?:more )?(?:on|about|for) (?:the )?{_NUMBERED}(?: no\.?| number)? ?#?\d+\b
    \b(?:expand|elaborate) on the (?:first|second|third|fourth|fifth|last) {_PARTS}\b
""")
_WHAT_YOU_MADE = group_of("""
    that | which | code | script | examples? | answers? | solution | implementation | function | list | ideas?
    suggestions? | query | ones?
""")
_MADE = group_of("""
    gave | provided | suggested | wrote | generated | listed | shared | showed | posted
""")
_FAILED = group_of("""
    forgot | missed | skipped | left out | didn['’]?t | did not | repeated | stopped | gave | told
    are (?:not|wrong|still|missing) | are right | still | keep (?:on|repeating|making|giving)
""")
_OF_YOUR_WORK = group_of("""
    is | was | has | does | did | and | so | it | above | to | for | answer | suggestion | response | message | above
    gives? | works?
""")
_YOU_DID = "(?i)" + any_of(rf"""
    \b{_WHAT_YOU_MADE} you (?:just |already |previously )?{_MADE}\b
    \A\W*(?:but |and |no,? |hey,? )?you (?:already |just )?{_FAILED}\b
    \A\W*(?:but )?you(?:['’]re|['’]ve) (?:not|still|right|wrong|missing|forgotten|already)\b
    \b(?:suggest(?:ions|ed)|given|provided|generated) by you\b
    \byour (?:previous|earlier|suggestions?|implementation|code|script) {_OF_YOUR_WORK}\b
""")
_ALSO = group_of("""
    add | write | make | include | give | the | i | i['’]m | in | for | can | could | it | show | explain | provide
    create | please | we
""")
_NEXT_ORDER = group_of("""
    explain | write | create | describe | list | generate | give | provide | tell | summari[sz]e | convert | show
""")
_POINTS_BACK = group_of("""
    it | this | that | these | those | same | another | again | follow[- ]?up | your | above | each
    the (?:first|second|third|next|last|other|final|rest|same|product|story|code|above)
""")
_CLAUSE = group_of("""
    how | what | why | is | are | can | could | if | does | do | did | which | you | the | in | then | when | where
    for | it | i | we | should | would | this | that | with | a | not | who | my | there
""")
_QUESTION = group_of("""
    how | what | why | is | are | can | could | if | does | do | did | which | you | the | in | when | where | for | it
    i | we | should | would | this | that | my
""")
_NAMES_SOMETHING = group_of("""
    the | it | its | that | this | these | those | they | them | my | your | again | same | instead | you | we | i
""")
_AGREES = group_of("""
    ok(?:ay)? | great | perfect | awesome | nice | cool | excellent | good | very (?:good|nice) | looks good | good job
    well done | no | nope | yes | yeah | yep | hmm | wait | actually | alright | sure
""")
_GOES_ON_WITH = group_of("""
    now | but | so | and | also | then | next | that | it | write it | go on | make (?:it|this|that) | going back
    on to
""")
_IS_OR_DOES = group_of("""
    ['’]s | [ ]is | [ ]are | [ ]was | [ ]were | [ ]does | [ ]did | [ ]doesn['’]?t | [ ]didn['’]?t | [ ]still
    [ ]looks? | [ ]works? | [ ]worked | [ ]gives? | [ ]seems? | [ ]isn['’]?t | [ ]has | [ ]sounds?
""")
_OF_IT = group_of("""
    it | this | that | these | those | you | your | error | one | again | still | the
""")
_OPENS = "(?i)" + any_of(rf"""
    \A\W*(?:also|again|finally|instead|additionally)[, ] ?(?:[a-z'’]+ ){{0,2}}{_ALSO}\b
    \A\W*now (?:in|with|for|as|do|rewrite|use|format|translate (?:the|it|this|that)|make|combine|add|change|answer)\b
    \A\W*now,? {_NEXT_ORDER}\b[^.?!]*\b{_POINTS_BACK}\b | \A\W*(?:and|but|or) {_CLAUSE}\b
    \A\W*(?:so|then) {_QUESTION}\b.*\b{_NAMES_SOMETHING}\b | \A\W*{_AGREES}[,.!]? {_GOES_ON_WITH}\b
    \A\W*(?:what|how) about [a-tv-z] | \A\W*(?:this|that|it|these|those|they){_IS_OR_DOES}\b
    \A\W*i (?:meant|mean|still|already|modified|am (?:getting|still|referring))\b.*\b{_OF_IT}\b
    \A\W*i (?:like|love) (?:it|this|that|these|those)\b
""")
_IT_IS = group_of(r"""
    essential | said | important | known | true | possible | raining | snowing | cold | hot | dark | late | early
    winter | summer | spring | autumn | night | midnight | noon | morning | evening | your | his | her | their | our
    called | often | usually | widely | generally | estimated | easy | hard | difficult | better | necessary | common
    payday | \d
""")
_DOES = group_of("""
    causes? | makes? | is | are | was | were | do | does | did | interests? | appeals? | attracts?
""")
_BEGINS_A_TALK = group_of(rf"""
    it(?: is|['’]s) {_IT_IS} | (?:it|this)(?: is|['’]s) (?:so|a|an|the|my)[ ]
    (?:ok(?:ay)?,? )?so,? how (?:do|can|would|should) (?:i|we|you)[ ] | additionally, give | again and again
    you (?:forgot|missed|skipped|stopped|told|gave) your[ ] | what about (?:[a-z]+ ){{1,4}}{_DOES}\b
    how about [a-z]+ an? (?:[a-z]+ ){{6}}
""")
_STANDS_ALONE = rf"(?i)\A\W*{_BEGINS_A_TALK}"
"""Openings that begin a talk as well."""
_CHANGE = (r"(?:update|modify|change|rewrite|revise|expand|shorten|improve|fix|refactor|extend|adjust|edit|turn|finish|redo"
           r"|rework|polish|tweak|reformat|optimi[sz]e|regenerate|correct|simplify|reduce|merge|split)")
_SO_THAT = group_of("""
    to | with | so | and | using | into | by | in (?:a |the )?(?:more|bullet|table|less) | further | again
    accordingly | more | above | as | such
""")
_CHANGES = "(?i)" + any_of(rf"""
    {ASKS}{_CHANGE}\b(?: [a-z'-]+){{0,3}}? (?:the|this|that|your|these|those) (?:[a-z]+ )?{_WORK}(?:\W*\z| {_SO_THAT}\b)
    \A\W*(?:please )?(?:add|include|insert|incorporate) (?:[\w'-]+ )+?(?:to|in|into) (?:it|them|that|this)\W*\z
    \A\W*(?:how (?:to|do i|can i) )?(?:fix|solve|resolve) (?:the|this|that) (?:error|issue|problem|bug)\W*\z
    \bfor the (?:last|previous) (?:script|one|code|query|example|question|function)\b
""")

_THINGS = group_of("""
    api | app | application | approach | algorithm | book | campaign | chart | client | company | component | concept
    configuration | course | data | design | dish | document | endpoint | experiment | feature | file | film | flow
    formula | framework | function | game | idea | implementation | information | job | library | logic | method
    model | module | movie | page | plan | platform | post | presentation | procedure | product | program | project
    prompt | report | result | role | scene | schema | script | service | setup | solution | song | strategy | study
    system | table | technique | technology | template | theory | tool | topic | video | website | workflow
""")
_THING = f"{_THINGS}s?"
_LITTLE_WORDS = group_of("""
    what | where | when | how | why | who | can | could | is | are | was | were | do | does | did | you | i | we | many
    much | words | please | great | insert | condense | say | use | make | write | explain | about | put | get | see
    change | find | fix | run | test | improve | shorten | expand | try
""")
_POINTED_AT = "(?i)" + any_of(rf"""
    \A(?:(?:[b-z]|a[a-mo-z]|an[a-z])[\w'’/-]* )*?(?:this|these|those) (?:[a-z]+ )?{_THING}\b(?: [\w'’/-]+)*\W*\z
    \b(?:of|for|from|in|with|to|on|as|per) (?:the )?(?:above|same)\W*(?:\z|(?:by|with|for|and|in|to) )
    \A(?:{_LITTLE_WORDS} )+(?:it|that|this|these|those|them)\W*\z
""")
"""A thing pointed at that nothing before it names: no article stands before the pronoun."""
_DO = group_of("""
    add | put | include | insert | remove | delete | use | convert | do | write | show | give | explain | shorten
    format | combine | run | test | send | apply | implement
""")
_WHERE_TO = group_of("""
    in | to | into | as | with | for | on | and | so | up | out | now | again | please | using | by | from | like
    more | shorter | less
""")
_DO_IT = "(?i)" + any_of(rf"""
    {ASKS}{_DO} (?:me )?(?:this|that|these|those|it|them)(?:\W*\z| {_WHERE_TO}\b)
    \A\W*(?:no,? |but |sorry,? )?i (?:meant|mean)\b | \A\W*(?:please )?(?:try|do it|do that|redo it) again\b
    \A\W*(?:shorter|longer|simpler|better|funnier|clearer)(?:,? please)?\W*\z | \b(?:of|in|from|for) the above\b
    \A\W*(?:why|how|where) did you [a-z]+ (?:those|that|this|it|these|them)\b
    \A\W*what did you (?:change|add|remove|fix)\b
    \A\W*(?:thank you|thanks)\b[^.?!\n]*[.!]+ ?(?:ok(?:ay)?|now|can you (?:also|now)|let['’]?s|next|but|so|and|also)\b
""")

_TAKES_UP = group_of(r"""
    next (?:part|chapter|scene|section|question|one)\b ?[:.-] | another one\b | better[,.] +\S
    let['’]?s (?:go ahead and )?(?:make|write|create|add) that\b
    that (?:was|sounds|looks) (?:great|good|better|nice|perfect|awesome|amazing)\b
    i (?:would|['’]d) like (?:some |a few )?more [a-z]+ | give me a (?:moment|second|minute) to[ ]
    (?:thank you|thanks)[,.!]* (?:give|let) me | (?:thank you|thanks)[,.!]+ (?:can|could) we\b
    (?:yes|no|ok(?:ay)?) ?, (?:is|are|can|could|but|now|then|what|how) \S
    (?:can|could) you give me the (?:whole|full|entire|complete) (?:file|code|script|text|list|answer)\b
""")
_OF_A_KIND = group_of("""
    specific | concrete | real(?:[- ]life)? | simple | practical | detailed | different | better | visual | numerical
""")
_GIVE_ONE = "(?:give|show|provide|share)(?: me)?(?: with)? (?:an?|another|some|one)(?: more)?"
_ONWARD = "(?i)" + any_of(rf"""
    \A\W*{_TAKES_UP} | \bwhat you (?:just )?(?:provided|gave|wrote|listed|solved|suggested)\b
    \bin (?:the )?previous (?:question|answer|part|section|example)\b | \A\W*(?:please )?(?:repeat|redo) the same\b
    \A\W*(?:the )?same (?:thing|question|for)\b
    \A\W*(?:please )?{_GIVE_ONE} {_OF_A_KIND}? ?(?:examples?|explanation|version|answer)s?\W*\z
    \b(?:for|about|of|on) (?:number|no\.?|#) ?\d+\W*\z
    \A\W*(?:this|that|it) (?:brings|returns|throws|fails|failed|causes|produces|prints)\b
""")
"""Openings, ends and whole prompts that take up what was said."""
_NOBODY_NAMED = (r"(?i)\A\W*(?:how|what|why|when|where|are|were|do|did|can|could|should|would|will|have)(?: (?:much"
                 r"|many|often|long|effective"
                 r"|good|bad|big|different|common|important|exactly|else))?(?: (?:are|were|do|did|can|could|would"
                 r"|should|will|have|had))?"
                 r" (?:they|them|these|those)\b")
_NAMES_SOMEBODY = (r"(?i)\b(?:they|them|these|those) (?:say|who|days|call|that|speak|celebrate|times|two words)\b"
                   r"|\A\W*(?:how|why|what|where|when) (?:do|did|would|can|could) they\b")
"""They of whom a prompt of one clause asks and whom it does not name; and what people say of anybody."""

_HAN_WISHES = group_of("""
    详细 | 具体 | 简短 | 简洁 | 正式 | 口语化 | 通俗 | 生动 | 长 | 短 | 深入 | 简单 | 幽默 | 委婉
""")
_HAN_ASKS_OF_IT = group_of("""
    怎么 | 如何 | 能 | 可以 | 有 | 会 | 为什么 | 哪里 | 用
""")
_HAN_SHOWN = group_of("""
    代码 | 程序 | 脚本 | 文章 | 文字 | 话 | 函数 | 表格? | 图 | 故事 | 方案 | 答案 | 结果
""")
_HAN_GOES_ON = any_of(rf"""
    \A(?:请|麻烦|帮我|那|嗯|好的?，?|可以|能不能|能否|你能|您能)*再?(?:写|说|讲|解释)?得?(?:再|更)?{_HAN_WISHES}(?:一?点|一些|些)儿?(?:吗|么|吧)?[。？！?!]?\z
    \A(?:请|那|再)?(?:帮我)?(?:换成|改成|改为|变成|转成|转换成|翻译成|译成)\p{{Han}}{{1,8}}[。！]?\z
    \A请?继续(?:上面|刚才|之前|前面|写下去|讲下去|说下去|写完|讲完|补充)\p{{Han}}{{0,10}}[。！]?\z
    (?:上面|上述|以上|刚才|之前|前面)(?:提到|说到|说|给出|列出|写|讲|提供)的\p{{Han}} | 上面[那这](?:段|个|篇|些|句)
    \A[这那](?:段|个|些|篇){_HAN_SHOWN}{_HAN_ASKS_OF_IT}
    \A那么?(?:第[一二三四五六七八九十]|另[一外]|其他|剩下|它|这|上面).{{0,14}}[呢吗][？?]?\z
""")
"""The same ways of going on in Chinese."""
_ONE_SENTENCE = ~matches(PROMPT, r"[.?!,;] +\S| - ")
_ON = matches_any(PROMPT, (_MORE, _GO_ON, _ALL_OF, _BY_NUMBER, _YOU_DID, _OPENS, _CHANGES, _DO_IT, _ONWARD, BARE_ORDERS),
                  [ASKS])
FOLLOWS_UP = (PROMPT_SIZE < 240) & (((PROMPT_SIZE < 50) & matches(PROMPT, _HAN_GOES_ON))
                              | only_where(_ON, ~matches(PROMPT, _STANDS_ALONE))
                              | only_where((PROMPT_SIZE < 140) & _ONE_SENTENCE & matches(PROMPT, _POINTED_AT),
                                           ~matches(PROMPT, r"(?i)\bin this (?:task|case)\b|pretend|imagine"
                                                            r"|\b(?:two|three|four|five|\d+|some|several|various) [a-z]+"
                                                            r" .*\bthese\b"))
                              | only_where((PROMPT_SIZE < 100) & _ONE_SENTENCE & matches(PROMPT, _NOBODY_NAMED),
                                           ~matches(PROMPT, _NAMES_SOMEBODY))
                              | POINTS_AT_NOTHING).fill_null(False)
"""Of prompts without a text of their own."""
