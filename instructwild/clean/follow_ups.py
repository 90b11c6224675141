"""Prompts that go on from a turn which is not in the row: "5 more", "now in bullets", "you forgot the header".

Each pattern is one way in which people go on. They are looked for in short prompts that hold no text of their own; what an
answer opens with shows the same: "thank you for clarifying", "here are five more".
"""

import polars as pl

from instructwild.clean.patterns import holds_any, matches, only_where

PROMPT, ANSWER = pl.col("prompt"), pl.col("answer")

_ASKS = (r"\A\W*(?:please |pls |kindly |can you |could you |would you |now |then |and |also |ok(?:ay)?,? |next,? )*")
_COUNT = r"(?:\d+|one|two|three|four|five|six|seven|eight|ten|twelve|fifteen|twenty)"
_WORK = (r"(?:code|script|program|function|query|class|regex|formula|macro|answers?|responses?|tables?|lists?|essay|article"
         r"|blog(?: post)?|outline|story|draft|sections?|paragraphs?|email|letter|poem|plan|summary|text|report|proposal"
         r"|chapter|scene|dialogue|description|title|message|prompt|output|results?|file|app|error|bug|issue|problem|song"
         r"|lyrics|speech|resume|slides?|presentation|diagram|chart|schedule|itinerary|recipe|quiz|questions|design|layout"
         r"|content|introduction|conclusion)")

_MORE = (rf"(?i){_ASKS}(?:do you mind |let['’]?s |(?:can|could|may) (?:i|we) (?:have|get|see) )?"
         r"(?:(?:give|provide|show|list|suggest|add|write|generate|create|share)(?: me| us)?(?: with)?)?"
         rf"(?: some| a few| a couple| another| {_COUNT})? more(?: [a-z]+){{0,2}}\W*\z"
         rf"|{_ASKS}(?:give|provide|show|list|suggest|add|write|generate|create|make)(?: me| us)?(?: with)? another"
         rf" {_COUNT} [a-z]|\b{_COUNT} more(?: [a-z]+)?(?: please)?\W*\z|\b{_COUNT} more (?:like (?:this|that|these"
         rf"|those)"
         r"|of (?:these|them|those))\b"
         r"|\b(?:give|provide|suggest|show|list)(?: me)? (?:some |\d+ )?other (?:options|ideas|examples|suggestions"
         r"|versions?"
         r"|names|titles|alternatives)\W*\z"
         r"|\A\W*(?:but )?(?:a (?:bit|little) )?(?:more|less) [a-z]+(?: please)?\W*\z|\A\W*i (?:need|want) more\W*\z")
"""More of the same."""
_GO_ON = (rf"(?i){_ASKS}(?:continue|keep going|go on|carry on)\b(?: (?:please|writing|with|from|the|where|to|on|your"
          rf"|and|but|what"
          r"|it|if|further|in)\b[^,;]*)?\W*\z"
          r"|\A\W*(?:continue|keep going|go on)\W*(?:share prompt|지금 번역하기|please)\W*\z"
          r"|\A\W*(?:the )?next (?:one|question|task|section|chapter|part|step|slide|line|page|point)s?(?: please)?\W*\z"
          r"|\A\W*(?:weiter|fortfahren|continua|continúa|continuez|sigue|prossiga|продолжай|продолжи|계속(?:해)?|続けて)\W*\z")
_ALL_OF = (r"(?i)\A[^.?!,;'‘–]*\b(?:(?:each|all|any|some|which|both|none|most) of (?:these|those|them)\b|of (?:these"
           r"|those) \d+\b"
           r"|for (?:each|all) (?:of )?(?:these|those)\b|between (?:these|those) two\b)[^.?!,;'‘–]*[.?!]?\z"
           r"|\b(?:the|all|those|of|these) (?:afore-?|above-?)?mentioned [a-z]+|\bmentioned (?:above|earlier|before)\b")
"""Things named before: one clause alone, as a longer one may name them itself."""
_BY_NUMBER = (r"(?i)\A\W*(?:number|option|point|step|item|idea|question|suggestion) #?\d+ (?:is|was|looks|sounds|seems"
              r"|please"
              r"|again)\b"
              r"|\b(?:expand|elaborate|details?|focus|work) (?:more )?(?:on|about|for) (?:the )?(?:number|option|point"
              r"|step|item"
              r"|idea|question|part|section|example|suggestion)(?: no\.?| number)? ?#?\d+\b"
              r"|\b(?:expand|elaborate) on the (?:first|second|third|fourth|fifth|last) (?:one|point|part|item|idea"
              r"|step|section"
              r"|option|paragraph|example|question)\b")
_YOU_DID = (r"(?i)\b(?:that|which|code|script|examples?|answers?|solution|implementation|function|list|ideas?|suggestions?"
            r"|query|ones?) you (?:just |already |previously )?(?:gave|provided|suggested|wrote|generated|listed"
            r"|shared|showed"
            r"|posted)\b"
            r"|\A\W*(?:but |and |no,? |hey,? )?you (?:already |just )?(?:forgot|missed|skipped|left out|didn['’]?t|did not"
            r"|repeated|stopped|gave|told|are (?:not|wrong|still|missing)|are right|still|keep (?:on|repeating|making"
            r"|giving))\b"
            r"|\A\W*(?:but )?you(?:['’]re|['’]ve) (?:not|still|right|wrong|missing|forgotten|already)\b"
            r"|\b(?:suggest(?:ions|ed)|given|provided|generated) by you\b"
            r"|\byour (?:previous|earlier|suggestions?|implementation|code|script) (?:is|was|has|does|did|and|so|it|above|to"
            r"|for|answer|suggestion|response|message|above|gives?|works?)\b")
_OPENS = (r"(?i)\A\W*(?:also|again|finally|instead|additionally)[, ] ?(?:[a-z'’]+ ){0,2}(?:add|write|make|include|give|the"
          r"|i|i['’]m|in|for|can|could|it|show|explain|provide|create|please|we)\b"
          r"|\A\W*now (?:in|with|for|as|do|rewrite|use|format|translate (?:the|it|this|that)|make|combine|add|change"
          r"|answer)\b"
          r"|\A\W*now,? (?:explain|write|create|describe|list|generate|give|provide|tell|summari[sz]e|convert"
          r"|show)\b[^.?!]*\b(?:it|this"
          r"|that|these|those|same|another|again|follow[- ]?up|your|above|each|the (?:first|second|third|next|last"
          r"|other|final"
          r"|rest|same|product|story|code|above))\b"
          r"|\A\W*(?:and|but|or) (?:how|what|why|is|are|can|could|if|does|do|did|which|you|the|in|then|when|where|for"
          r"|it|i|we"
          r"|should|would|this|that|with|a|not|who|my|there)\b"
          r"|\A\W*(?:so|then) (?:how|what|why|is|are|can|could|if|does|do|did|which|you|the|in|when|where|for|it|i|we|should"
          r"|would|this|that|my)\b.*\b(?:the|it|its|that|this|these|those|they|them|my|your|again|same|instead|you|we|i)\b"
          r"|\A\W*(?:ok(?:ay)?|great|perfect|awesome|nice|cool|excellent|good|very (?:good|nice)|looks good|good job"
          r"|well done"
          r"|no|nope|yes|yeah|yep|hmm|wait|actually|alright|sure)[,.!]? (?:now|but|so|and|also|then|next|that|it|write"
          r" it|go on"
          r"|make (?:it|this|that)|going back|on to)\b"
          r"|\A\W*(?:what|how) about [a-tv-z]"
          r"|\A\W*(?:this|that|it|these|those|they)(?:['’]s| is| are| was| were| does| did| doesn['’]?t| didn['’]?t| still"
          r"| looks?| works?| worked| gives?| seems?| isn['’]?t| has| sounds?)\b"
          r"|\A\W*i (?:meant|mean|still|already|modified|am (?:getting|still|referring))\b.*\b(?:it|this|that|these"
          r"|those|you"
          r"|your|error|one|again|still|the)\b|\A\W*i (?:like|love) (?:it|this|that|these|those)\b")
_STANDS_ALONE = (r"(?i)\A\W*(?:it(?: is|['’]s) (?:essential|said|important|known|true|possible|raining|snowing|cold"
                 r"|hot|dark|late|early"
                 r"|winter|summer|spring|autumn|night|midnight|noon|morning|evening|your|his|her|their|our|called|often|usually"
                 r"|widely|generally|estimated|easy|hard|difficult|better|necessary|common|payday|\d)"
                 r"|(?:it|this)(?: is|['’]s) (?:so|a|an|the|my) |(?:ok(?:ay)?,? )?so,? how (?:do|can|would|should)"
                 r" (?:i|we|you) "
                 r"|additionally, give|again and again|you (?:forgot|missed|skipped|stopped|told|gave) your "
                 r"|what about (?:[a-z]+ ){1,4}(?:causes?|makes?|is|are|was|were|do|does|did|interests?|appeals?"
                 r"|attracts?)\b)")
"""Openings that begin a talk as well."""
_CHANGE = (r"(?:update|modify|change|rewrite|revise|expand|shorten|improve|fix|refactor|extend|adjust|edit|turn|finish|redo"
           r"|rework|polish|tweak|reformat|optimi[sz]e|regenerate|correct|simplify|reduce|merge|split)")
_CHANGES = (rf"(?i){_ASKS}{_CHANGE}\b(?: [a-z'-]+){{0,3}}? (?:the|this|that|your|these|those) (?:[a-z]+ )?{_WORK}"
            r"(?:\W*\z| (?:to|with|so|and|using|into|by|in (?:a |the )?(?:more|bullet|table|less)|further|again"
            r"|accordingly|more"
            r"|above|as|such)\b)"
            r"|\A\W*(?:please )?(?:add|include|insert|incorporate) (?:[\w'-]+ )+?(?:to|in|into) (?:it|them|that|this)\W*\z"
            r"|\A\W*(?:how (?:to|do i|can i) )?(?:fix|solve|resolve) (?:the|this|that) (?:error|issue|problem|bug)\W*\z"
            r"|\bfor the (?:last|previous) (?:script|one|code|query|example|question|function)\b")

_SORRY = (r"(?:i['’ ]?(?:a?m)? ?(?:sincerely |deeply )?apologi[sz]e|(?:my )?(?:sincere )?apologies|(?:i['’]m"
          r" )?sorry)(?: again)?")
_FAULT = (r"(?:confusion|mistakes?|errors?|oversights?|misunderstanding|mix-?up|typos?|omission|incorrect|incomplete"
          r"|wrong|earlier"
          r"|previous|general|extra|missing|repeated|continued|response|answer|code|length)")
_ANSWERS_ON = (rf"(?i)\A\W*(?:{_SORRY} for (?:the|any|my|that)? ?(?:\w+ ){{0,2}}{_FAULT}\b|{_SORRY} for (?:that[.,]"
               rf"|misunderstanding)"
              r"|you(?:['’]re| are) (?:absolutely |completely )?(?:right|correct)[,.!]"
              r"|thank you for (?:the (?:clarification|additional|update|correction)|clarif|letting me know|providing"
              r" (?:that|those"
              r"|more|me|additional)|pointing)"
              r"|(?:i['’]m )?(?:glad|happy) (?:to hear )?(?:that )?(?:you (?:like|liked|found|enjoyed)|it worked|that"
              r" worked))"
              r"|\b(?:as|that|which)(?: i| we| you)? (?:mentioned|discussed|suggested|provided|listed|outlined|shared)"
              r" (?:earlier|previously)\b"
              r"|\bi (?:earlier|previously) (?:mentioned|discussed|described|suggested|provided|listed|outlined|shared)\b")
_GIVES_MORE = (rf"(?i)\A\W*(?:(?:sure|certainly|of course|absolutely|great|yes|ok(?:ay)?)\W*)?here(?:['’]s| is| are)"
               rf" (?:the |some |a few"
              rf" |{_COUNT} )?(?:more|another|additional|remaining|rest of the|next)\b(?: [a-z]+){{1,3}}")
_SPEAKS_FOR = (r"(?i)apolog|sorry|customer|complain|feedback|review|e-?mail|letter|repl(?:y|ies)\b|respond|response"
               r"|tweet|dialog"
               r"|conversation|role|scenario|scene|story|write a")
"""Prompts whose answer may speak in another's name."""
_NEEDS_MORE = (r"(?i)(?:sorry|apologi[sz]e|not (?:quite |entirely )?sure|not familiar|don['’]t (?:have|understand)|do"
               r" not have|unclear"
              r"|not clear|ambiguous|need more).*(?:(?:could|can|would) you (?:please )?(?:provide|give|share|clarify)"
              r"|please (?:provide|give|share))(?: me)?(?: with)?(?: me)? (?:more|some|additional|further) "
              r"(?:context|information|details)")

_THING = (r"(?:api|app|application|approach|algorithm|book|campaign|chart|client|company|component|concept"
          r"|configuration|course|data"
          r"|design|dish|document|endpoint|experiment|feature|file|film|flow|formula|framework|function|game|idea|implementation"
          r"|information|job|library|logic|method|model|module|movie|page|plan|platform|post|presentation|procedure|product|program"
          r"|project|prompt|report|result|role|scene|schema|script|service|setup|solution|song|strategy|study|system|table|technique"
          r"|technology|template|theory|tool|topic|video|website|workflow)s?")
_POINTED_AT = (rf"(?i)\A(?:(?:[b-z]|a[a-mo-z]|an[a-z])[\w'’/-]* )*?(?:this|these|those) (?:[a-z]+ )?{_THING}\b(?:"
               rf" [\w'’/-]+)*\W*\z"
               r"|\b(?:of|for|from|in|with|to|on|as|per) (?:the )?(?:above|same)\W*(?:\z|(?:by|with|for|and|in|to) )"
               r"|\A(?:(?:what|where|when|how|why|who|can|could|is|are|was|were|do|does|did|you|i|we|many|much|words|please|great|insert"
               r"|condense|say|use|make|write|explain|about|put|get|see|change|find|fix|run|test|improve|shorten"
               r"|expand|try) )+"
               r"(?:it|that|this|these|those|them)\W*\z")
"""A thing pointed at that nothing before it names: no article stands before the pronoun."""
_DO_IT = (rf"(?i){_ASKS}(?:add|put|include|insert|remove|delete|use|convert|do|write|show|give|explain|shorten|format"
          rf"|combine|run"
          r"|test|send|apply|implement) (?:me )?(?:this|that|these|those|it|them)(?:\W*\z| (?:in|to|into|as|with|for"
          r"|on|and|so|up"
          r"|out|now|again|please|using|by|from|like|more|shorter|less)\b)"
          r"|\A\W*(?:no,? |but |sorry,? )?i (?:meant|mean)\b|\A\W*(?:please )?(?:try|do it|do that|redo it) again\b"
          r"|\A\W*(?:shorter|longer|simpler|better|funnier|clearer)(?:,? please)?\W*\z|\b(?:of|in|from|for) the above\b"
          r"|\A\W*(?:why|how|where) did you [a-z]+ (?:those|that|this|it|these|them)\b|\A\W*what did you (?:change|add"
          r"|remove|fix)\b"
          r"|\A\W*(?:thank you|thanks)\b[^.?!\n]*[.!]+ ?(?:ok(?:ay)?|now|can you (?:also|now)|let['’]?s|next|but|so"
          r"|and|also)\b")
_ANSWER_POINTS_BACK = (
    r"(?i)\b(?:here(?:['’]s| is| are)|this is|below is|i(?:['’]ve| have)) (?:an? |the |your |some )?(?:updated?"
    r"|revised?|modified"
    r"|corrected|adjusted|reworked|shortened|rewritten|refined|condensed)\b"
    r"|\b(?:based on|according to|given) (?:the|your|our) (?:information|description|code|requirements?|text|context"
    r"|conversation"
    r"|details|content|passage|article|table|list|story|transcript)[^.,]{0,20}(?:provided|shared|given|mentioned|described"
    r"|discussed|above)\b"
    r"|\b(?:code|script|function|list|information|table|text|article|story|passage|details|query|requirements|file|document"
    r"|content) (?:that )?you(?:['’]ve| have)? (?:just )?(?:provided|shared|gave|given|mentioned|described|posted"
    r"|listed|pasted)\b"
    r"|\b(?:my|our|this|the) previous (?:example|code|response|answer|message|conversation|script|snippet)\b")

_ONWARD = (
    r"(?i)\A\W*(?:next (?:part|chapter|scene|section|question|one)\b ?[:.-]|another one\b|better[,.] +\S"
    r"|let['’]?s (?:go ahead and )?(?:make|write|create|add) that\b"
    r"|that (?:was|sounds|looks) (?:great|good|better|nice|perfect|awesome|amazing)\b"
    r"|i (?:would|['’]d) like (?:some |a few )?more [a-z]+|give me a (?:moment|second|minute) to "
    r"|(?:thank you|thanks)[,.!]* (?:give|let) me|(?:thank you|thanks)[,.!]+ (?:can|could) we\b"
    r"|(?:yes|no|ok(?:ay)?) ?, (?:is|are|can|could|but|now|then|what|how) \S"
    r"|(?:can|could) you give me the (?:whole|full|entire|complete) (?:file|code|script|text|list|answer)\b)"
    r"|\bwhat you (?:just )?(?:provided|gave|wrote|listed|solved|suggested)\b"
    r"|\bin (?:the )?previous (?:question|answer|part|section|example)\b"
    r"|\A\W*(?:please )?(?:repeat|redo) the same\b|\A\W*(?:the )?same (?:thing|question|for)\b"
    r"|\A\W*(?:please )?(?:give|show|provide|share)(?: me)?(?: with)? (?:an?|another|some|one)(?: more)?"
    r" (?:specific|concrete|real(?:[- ]life)?|simple|practical|detailed|different|better|visual|numerical)? ?"
    r"(?:examples?|explanation|version|answer)s?\W*\z"
    r"|\b(?:for|about|of|on) (?:number|no\.?|#) ?\d+\W*\z"
    r"|\A\W*(?:this|that|it) (?:brings|returns|throws|fails|failed|causes|produces|prints)\b")
"""Openings, ends and whole prompts that take up what was said."""
_DIRECTS = (rf"(?i){_ASKS}(?:focus (?:more )?on |keep (?:writing|talking|going|the|the same|it) |make (?:each|every|the) [a-z]+ "
            r"|(?:change|remove|delete) the |don['’]?t (?:write|use|include|mention|add) "
            r"|add (?:some|a bit|a couple|more|another) )")
_DIRECTS_AT_ALL = r"(?i)\d|['‘’][a-z]|\b(?:sentences?|text|words?|font|movie|film|sound|following|most|world|wi-?fi|theme|settings?)\b"
"""What is to be changed of a text that the row does not show; and what may be changed without one."""

_BEFORE_A_POINTER = PROMPT.str.extract(r"(?i)\A(.*?)\b(?:this|these|those) (?:[a-z]+ )?[a-z]{3,}")
_NAMES_IT_BEFORE = (r"(?i)\b(?:an?|some|any|each|every|another|one|two|three|four|five|several|many|multiple|of|if|when|you are"
                    r"|imagine|pretend|suppose|answer|your?|i am|questions?)\b|(?-i:.[A-Z])")
"""Words in front of "this" that may name what it points at: a number, an article, a name."""
_POINTS_AT_NOTHING = (r"(?i)\b(?:this|these|those) (?:year|week|weekend|month|morning|evening|afternoon|night|day|times?|way|case"
                      r"|world|kind|type|sort|century|summer|winter|spring|fall|autumn|decade|season|past|coming|next|last"
                      r"|chats?|conversations?|session|role|task|point|page|who|that|which|is|are|was|were|can|will|would"
                      r"|could|should|does|do|did|has|have|be|to|in|on|for|from|with|and|or|but|so|as|by|when|where|because"
                      r"|more|not|at|out|using|based|like|into|up|even|just|also|only|still|all|without|over|again|right"
                      r"|better|further|now|then|[a-z]+ly|happen|happens|means?|works?|makes?|looks?|sounds?"
                      r"|delete|two|correct|users?|questions?|instructions?|knowledge|emojis?|context|statements?|proxy)\b|,[^,]*,[^,]*,")
"""Times and manners at which "this" points in any text, and verbs of which it is the subject."""

_NOBODY_NAMED = (r"(?i)\A\W*(?:how|what|why|when|where|are|were|do|did|can|could|should|would|will|have)(?: (?:much"
                 r"|many|often|long|effective"
                 r"|good|bad|big|different|common|important|exactly|else))?(?: (?:are|were|do|did|can|could|would"
                 r"|should|will|have|had))?"
                 r" (?:they|them|these|those)\b")
_NAMES_SOMEBODY = (r"(?i)\b(?:they|them|these|those) (?:say|who|days|call|that|speak|celebrate|times|two words)\b"
                   r"|\A\W*(?:how|why|what|where|when) (?:do|did|would|can|could) they\b")
"""They of whom a prompt of one clause asks and whom it does not name; and what people say of anybody."""
_USED_BEFORE = (r"(?i)\bthat i used in the (?:example|code|script)\b|\bin the (?:example|code|script|query"
                r"|story) i (?:gave|provided|used|wrote)\b"
                r"|\b(?:code|script|function|example|story|plan|approach|model|table|list|query) (?:that )?(?:we"
                r"|i) (?:wrote|created|used|discussed"
                r"|defined|built|provided|shared|mentioned) ?(?:earlier|above|before|previously|in)\b|\bchanges (?:we"
                r"|you)(?:['’]ve| have) made\b"
                r"|\A\W*(?:sorry about that|acknowledged[.,]|with (?:this|that|the|your) new information"
                r"|based on (?:the|your) (?:additional|new|updated) (?:information|details|requirements|input))\b")
_WITHDRAWS = (rf"(?i)\A\W*{_SORRY} for (?:the|any|my|that)? ?(?:\w+ ){{0,2}}(?:confusion|mistakes?|errors?|oversight"
              r"|misunderstanding|mix-?up|typo|omission)\b")

_HAN_GOES_ON = (r"\A(?:请|麻烦|帮我|那|嗯|好的?，?|可以|能不能|能否|你能|您能)*再?(?:写|说|讲|解释)?得?(?:再"
                r"|更)?(?:详细|具体|简短|简洁|正式|口语化|通俗|生动"
                r"|长|短|深入|简单|幽默|委婉)(?:一?点|一些|些)儿?(?:吗|么|吧)?[。？！?!]?\z"
                r"|\A(?:请|那|再)?(?:帮我)?(?:换成|改成|改为|变成|转成|转换成|翻译成|译成)\p{Han}{1,8}[。！]?\z"
                r"|\A请?继续(?:上面|刚才|之前|前面|写下去|讲下去|说下去|写完|讲完|补充)\p{Han}{0,10}[。！]?\z"
                r"|(?:上面|上述|以上|刚才|之前|前面)(?:提到|说到|说|给出|列出|写|讲|提供)的\p{Han}"
                r"|上面[那这](?:段|个|篇|些|句)"
                r"|\A[这那](?:段|个|些|篇)(?:代码|程序|脚本|文章|文字|话|函数|表格?|图|故事|方案|答案|结果)(?:怎么|如何|能|可以|有|会|为什么|哪里|用)"
                r"|\A那么?(?:第[一二三四五六七八九十]|另[一外]|其他|剩下|它|这|上面).{0,14}[呢吗][？?]?\z")
"""The same ways of going on in Chinese."""
_HAN_POINTS = (r"\A(?:请问|为什么|如果)?在?第[一二三四五六](?:种|个|条)?(?:方法|步骤?|方案|例子|下拉菜单|公式|模型)(?:中|里)"
               r"|\A(?:请问)?(?:该|这[个篇段])[\p{Han}A-Za-z]{1,7}?(?:还有|还提到|还可以|使用了?|需要|属于|无法|提到|有哪些|的作用"
               r"|的目的|的优点|的缺点|的输出|的参数)\P{Han}?\p{Han}{0,12}[？?]?\z")
"""Something that comes second, or that "this" points at, in a question of one clause."""

_SIZE = PROMPT.str.len_chars()
_ONE_SENTENCE = ~matches(PROMPT, r"[.?!,;] +\S| - ")
_ON = pl.any_horizontal(matches(PROMPT, pattern)                         # as one pattern they would take three times as long
                        for pattern in (_MORE, _GO_ON, _ALL_OF, _BY_NUMBER, _YOU_DID, _OPENS, _CHANGES, _DO_IT, _ONWARD))
FOLLOWS_UP = (_SIZE < 240) & (((_SIZE < 50) & (matches(PROMPT, _HAN_GOES_ON) | matches(PROMPT, _HAN_POINTS))) | _ON & ~matches(PROMPT, _STANDS_ALONE)
                              | ((_SIZE < 140) & _ONE_SENTENCE & matches(PROMPT, _POINTED_AT)
                                 & ~matches(PROMPT, r"(?i)\bin this (?:task|case)\b|pretend|imagine"
                                                     r"|\b(?:two|three|four|five|\d+|some|several|various) [a-z]+"
                                                     r" .*\bthese\b"))
                              | ((_SIZE < 100) & _ONE_SENTENCE & matches(PROMPT, _NOBODY_NAMED)
                                 & ~matches(PROMPT, _NAMES_SOMEBODY))
                              | only_where(_SIZE < 120, matches(PROMPT, _DIRECTS) & ~matches(PROMPT, _DIRECTS_AT_ALL))
                              | only_where((_SIZE < 160) & _BEFORE_A_POINTER.is_not_null(),
                                           ~matches(_BEFORE_A_POINTER, _NAMES_IT_BEFORE)
                                           & ~matches(PROMPT, rf"{_POINTS_AT_NOTHING}|\p{{Han}}|[‘`(\[\d]| - "))
                              | ((_SIZE < 240) & matches(ANSWER.str.head(120), _GIVES_MORE))
                              | (matches(ANSWER, _USED_BEFORE) & ~matches(PROMPT, _SPEAKS_FOR))
                              | ((_SIZE < 200) & matches(ANSWER.str.head(300), _ANSWER_POINTS_BACK)
                                 & ~matches(PROMPT, _SPEAKS_FOR))).fill_null(False)
"""Of prompts without a text of their own."""
ANSWERS_A_TALK = only_where(matches(ANSWER.str.head(220), _ANSWERS_ON), ~matches(PROMPT, _SPEAKS_FOR))
WITHDRAWS_AN_ANSWER = only_where(matches(ANSWER.str.head(120), _WITHDRAWS),
                                 (_SIZE < 2000) & ~matches(PROMPT, _SPEAKS_FOR))
"""The answer begins by taking back one that is not in the row: a prompt of any length goes on from it."""
ASKS_BACK = only_where((_SIZE < 120) & (ANSWER.str.len_chars() < 500)
                       & holds_any(ANSWER, ["context", "information", "details"]),
                       matches(ANSWER.str.head(300), _NEEDS_MORE) & ~matches(ANSWER, r"\A\s*[\"“‘']")
                       & ~matches(PROMPT, rf"{_SPEAKS_FOR}|how (?:can|do|would|should) i (?:say|ask|tell)|phrase|\bask"
                                          rf" me\b"))
"""The answer says that it does not know what is meant, and asks for more."""
