"""Signs in a text out of a feed that it is talk, or a task for a model.

What is merely possible is nearly always talk.

A bare post needs an open order for a text, a table or code (with what it is to be like), or a question about the world that
names no one and nothing nearby. What its author put to a model only has to stand by itself.
"""

import re

from instructwild.collect import situation, tasks
from instructwild.text.scripts import ANY_HAN

NUMBER = r"(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|a few|several)"
WORKS = (r"(?:poem|haiku|limerick|sonnet|stor(?:y|ies)|essay|letter|e-?mail|speech|script|scene|dialogue|summary"
    r"|outline|plan|"
         r"schedule|itinerary|recipe|function|program|code|query|regex|class|test|table|list|slogan|tagline"
    r"|headline|caption|"
         r"blog post|article|paragraph|sentence|review|bio|pitch|cover letter|resume|description|explanation|quiz|question|"
         r"riddle|joke|song|lyrics|rap|verse|lesson|syllabus|proposal|report|memo|toast|eulogy|menu|playlist|name|idea|"
         r"example|tip|way|use|step|reminder|message|scenario|holiday|timetable|paragraph|expression|argument"
    r"|metaphor|analogy|title|tweet|post|prompt|character|plot|monologue|fable|"
         r"fairy tale|obituary|invitation|complaint|apology|policy|contract|checklist|bash|sql|python|javascript|html|css|"
         r"excel formula|formula|spreadsheet|workout|meal plan|budget|timeline|comparison|translation|version"
    r"|word|line|fact|"
         r"activit(?:y|ies)|game|questions?|exercise|persona|thread|product|logo|flyer|brief|abstract|conclusion"
    r"|intro(?:duction)?)s?")
ORDER = re.compile(
    rf"^(?:please |pls |kindly |ok(?:ay)?,? |hey,? |(?:can|could|would|will) you (?:please )?)?(?:(?:write"
    rf"|compose|draft|generate|create|"
    rf"invent|design|produce|craft|make(?: up)?|build|script|outline|come up with|brainstorm|give(?: me)?|list"
    rf"|suggest|propose|"
    rf"provide|prepare|plan)(?: me| out| up)? (?:an?|the|{NUMBER}|some|my|our)\b(?! of\b)(?: [^\s,.;:!?]+){{0,7}}? {WORKS}\b"
    rf"|(?:explain|describe|summari[sz]e|compare|contrast|outline|analy[sz]e|define|discuss"
    rf"|illustrate) (?!that\b|this\b|them\b|your\b|it\b)(?:how|why|what|the|an?|"
    rf"in|between|to (?:an?|someone|somebody|children|kids|beginners)\b|(?!to\b)[a-z]{{4,}})\b"
    rf"|(?:translate|rewrite|rephrase|paraphrase|proofread|summari[sz]e|simplify|edit|correct|convert|classify"
    rf"|shorten|refactor|"
    rf"debug|optimi[sz]e|continue|improve) (?:the following|this (?:sentence|text|paragraph|page|document|paper|letter"
    rf"|e-?mail|code|passage"
    rf"|list|essay|function|"
    rf"recipe|article|into|to|for)|these|[\"“'‘]|my (?:essay|resume|cv|text|code|cover letter))"
    rf"|act as an?\b|you are an? [a-z]+|you're an? [a-z]+ (?:who|that|with)|pretend (?:you are|to be|that)"
    rf"|imagine you are|i want you to (?:act|write|be|"
    rf"play|help|give)|your task is to|role-?play|(?:calculate|compute|derive|estimate|factor|integrate) (?:the|how|an?)\b|"
    rf"solve (?:for|the (?:equation|following|puzzle|system))\b|prove that\b|write (?:a|an|me|in) "
    rf"|write (?:python|sql|bash|javascript|java|rust|c\+\+|html|haskell|code)\b|walk me through "
    rf"how|teach me (?:how|the basics|about)|(?:quiz|interview) me (?:on|for|about)|plan an? "
    rf"|brainstorm [a-z]+ for|list the [a-z]+s by|turn (?:this|the following)\b|"
    rf"(?:can you |please )?recommend {NUMBER} [a-z]+|(?:help me (?:write|draft|prepare|plan|come up with)"
    rf"|give feedback on) (?:an?|the|this|my) |"
    rf"sort (?:these|the following)|tell me (?:a story|a joke|the difference|an? [a-z ]{{1,20}}?(?:story|joke"
    rf"|fact)) )", re.IGNORECASE)
LIKENESS = re.compile(
    rf"\b(?:in (?:{NUMBER}|under|less than|fewer than|about|at most|exactly) [a-z -]{{0,12}}(?:words?|sentences?"
    rf"|lines?|steps?|paragraphs?|points?|"
    rf"bullets?|minutes?|stanzas?|characters?|lessons?|parts?|chapters?|weeks?|days?)|in the (?:style|voice|form"
    rf"|tone) of|in (?:simple|plain|layman|formal|everyday) |as (?:an?|if) |"
    rf"step[- ]by[- ]step|with (?:an?|one|two|three|\d+|examples?|a rhyme|no|worked|comments|citations)\b"
    rf"|for [a-z\d]+|set in|of an?|by|to an? |using (?:only|the|an?|no)\b|without (?:using|the|any|mention\w*)"
    rf"|no more than|at most|at least|under \d+|"
    rf"(?:a|of) \d+[- ]|in (?:an?|the) (?:table|list|json|yaml|csv|bullet)|in (?:json|python|sql|javascript"
    rf"|french|german|spanish|"
    rf"chinese|english|japanese|rust|java|bash|excel|verse|rhyme)|includ(?:e|ing)|that [a-z]+|whose|which "
    rf"|from the (?:perspective|point of view)|"
    rf"suitable|about|between|on the|where|who|each|but|and|the following|titled|between \d|into |asking"
    rf"|explaining|step)\b|[:：]\s*\S|\n", re.IGNORECASE)
QUESTION = re.compile(
    r"^(?:(?:please |hey,? |hi,? )?(?:can|could|would|will) (?:you|someone) (?:please )?explain (?:how|why|what"
    r"|the)|how (?:would|do) you (?:explain|"
    r"calculate|solve|write|prove|compute|translate|say|convert|implement|define) |what(?:'s| is| are"
    r"| were) the (?:\w+ )?(?:differences?|"
    r"similarities|relationship|causes?|advantages?|disadvantages?|benefits?|drawbacks?|pros and cons|symptoms?"
    r"|steps?|stages?|rules?|effects?|"
    r"origins?|purpose|meaning|function|role|formula|capital|population|history|laws?|components?|types?"
    r"|side effects?|implications?|trade-?offs?|"
    r"derivative|probability|best (?:way|method|practices?)|safest way|easiest way|fastest way|most (?:common"
    r"|effective|efficient) "
    r"(?:\w+ )?(?:way|cause|method|reason)s?)\b|what (?:causes?|happens (?:to|if|when|in)|does (?:the|an?) "
    r"|would (?:happen (?:if|to)|the world))|"
    r"how (?:can|do|should|would|could) (?:i|one|an?|the|[a-z]{4,}) |how to |how (?:does|is|are|did) (?:an?|the"
    r"|[a-z]{3,}) |how (?:many|much|long|far|fast|often|tall|deep|heavy) |"
    r"why (?:is|are|do|does|did|was|were|can|can't|don't|doesn't) (?:an?|the|some|most|[a-z]{3,}) "
    r"|which (?:[a-z]+ ){1,3}(?:has|have|is|are|was|do|does)\b|"
    r"who (?:was|invented|discovered|wrote|painted|built|founded) |is it (?:safe|legal|healthy|harmful|necessary) to |"
    r"when (?:was|were|did) (?:the|an?) |where (?:does|do|did) (?:the|an?|[a-z]{4,}) )", re.IGNORECASE)
NEARBY = re.compile(
    r"\b(?:this|that(?='s| is|'ll| was)|these|those|it's|he|she|him|her|his|hers|they|them|their|we|us|our|ours"
    r"|y'all|u|ur|guys|folks|anyone|anybody|"
    r"everyone|everybody|someone(?! who)|somebody(?! who)|nobody|people(?= (?:always|still|keep|so|on|in|who"
    r"|think|act|like|say|not|insist|just))|today|tonight|tomorrow|yesterday|"
    r"this (?:week|year|morning)|last night|lately|anymore|already|still|even|keeps?|always|never(?! been)"
    r"|suddenly|every(?: single)? (?:time|day|week|year|morning)|"
    r"again|right now|so (?:many|much|hard|long|good|bad|expensive|difficult|loud|[a-z]+\??$)|such an?"
    r"|the (?:hell|heck|fuck|point of)|on earth|literally|actually|"
    r"lol|lmao|omg|wtf|tbh|imo|ngl|btw|smh|please stop|dm|rt|retweet|follow|subscribe|link|bio|newsletter"
    r"|episode|stream|giveaway|"
    r"tickets?|season|patch|update|server|channel|thread|mods?|sub|subreddit|OP)\b", re.IGNORECASE)
ANSWERED = re.compile(r"\bin (?:one|two|three|a|\d) words?[:：]")
LONG_ORDER = 25
"""Words from which on an order is too detailed to be meant for whoever reads the feed."""
NARRATIVE = re.compile(r"\b(?:and|but|so|because) (?:it|i|we|they|he|she|nobody|the (?:whole )?\w+) \w+"
    r"|(?:, [a-z]+(?: it)?){2}\.?$|, [a-z]+\.?$|"
                       r"[?.]\s+(?:going|mine|i\b|we\b|my |it |they |he |she |nobody|will )", re.IGNORECASE)
ROLE_TASK = re.compile(r"[.,:;]?\s(?:who|ask|answer|help|offer|describe|explain|write|give|respond|reply|point"
    r"|quiz|review|teach|tell|interview|play|translate|"
                       r"list|suggest|act|speak|from)\b", re.IGNORECASE)
ROLE = re.compile(r"you are an?|you're an?|act as|pretend|imagine you|i want you to|your task", re.IGNORECASE)
READER = re.compile(r"\b(?:your|yours|yourself|you've|you'll|you'd|you)\b", re.IGNORECASE)
READER_MODEL = re.compile(r"\b(?:you are an?|you're an?|if you were|as if you|imagine you|pretend you|you (?:are"
    r"|were|should|will|must|can|have|know|need)|"
                          r"(?:can|could|would|will|do) you|i want you to|your (?:task|job|role|answer|response"
    r"|reply|explanation|output|goal|responses|answers))\b",
                          re.IGNORECASE)
LIVELY = re.compile(r"[\U0001F300-\U0001FAFF\u2600-\u27bf]|!|…|\.{3}|https?://|(?<!\w)#\w|(?<!\w)@\w|\?\s*\?"
    r"|\bha(?:ha)+\b|^[^a-z]{12,}$")
STORY = re.compile(r"\b(?:i(?:'m|'ve|'d|'ll)|i (?:just|was|am|have|had|think|thought|love|hate|saw|went|got|keep"
    r"|finally|feel|guess|swear|miss|"
                   r"can't|cannot|don't|didn't|never|always|still|wish|mean|hope|remember)|me (?:too|when|and)"
    r"|my (?:mum|mom|dad|wife|husband|kid|"
                   r"kids|son|daughter|boss|cat|dog|brain|body|neighbou?r|landlord|phone|life|heart|timeline"
    r"|feed|boyfriend|girlfriend|therapist))\b",
                   re.IGNORECASE)
NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]+")
DEICTIC = re.compile(
    r"^(?:(?:please|can you|could you|hey|so|and|but|ok|now)[, ]+){0,3}(?:(?!is it (?:safe|possible|legal"
    r"|healthy|ok|okay|true that|worth|better|normal|necessary)\b)(?:is|are|was|were|does|do|did|what(?:'s| is"
    r"| are| does| did)?|who(?:'s| is| are| was)?|why(?:'s| is| are| does| did)?|how(?:'s| is| does| did)?"
    r"|where(?:'s| is)?|when(?:'s| is| did)?|"
    r"explain|summari[sz]e|translate|describe|rate|roast|check|verify|fact-?check|answer|fix|tell (?:him|her"
    r"|them|us)) (?:this|that|it|he|she|they|these|those|him|her|them|"
    r"we|us|the (?:video|image|picture|photo|post|tweet|thread|guy|man|woman|op|link|above))\b|what do you think"
    r"|do you (?:agree|think|like)|are you|who are you)", re.IGNORECASE)

OBJECT = re.compile(r"https?://\S|```|[:：]\s*\S|\n\s*\S|[\"“「『]")
"""What "this" may stand for within the text: a link, code, a quotation, or what follows a colon or a line end."""
LINK = re.compile(r"https?://\S+")

HAN_TALK = re.compile(r"[！!…～~]|[\U0001F300-\U0001FAFF\u2600-\u27bf]|https?://|#|@|哈哈|呜"
    r"|[啊呀嘛吧啦噢喔哦哈呗哎唉欸诶][。？?，,]?\s*$|[呗啦嘛吧][，,]|(?<!为)了[。？?]?\s*$|大家|你们|各位|有没有人|"
                      r"谁(?:懂|能|知道|有|来|管|家|说)|姐妹|兄弟|宝子|家人们|求|蹲|互关|转发|抽奖|点赞|评论区"
    r"|私信|今天|昨天|今晚|明天|刚刚|刚才|最近|终于|居然|竟然|怎么又|又要|"
                      r"到底|究竟|难道|凭什么|这么|那么|怎么会|怎么都|怎么还|怎么就|真的|好想|笑死|离谱|服了|绝了|"
                      r"我妈|我爸|老板|室友|同事|领导|邻居|男友|女友|老公|老婆|我家|本人|咱|俺")
HAN_NEARBY = re.compile(r"(?<![吉其])他(?!国|人)|她|它们|这(?:个(?!主题|句子|词|问题|函数|任务)|些(?!句子|词"
    r"|数据)|种|里|样|届|剧|歌|游戏|天气|是|就|也|都|不)|那(?:个|些|种|里|样|是|就|也|都|不|天|年)|下一季|更新"
    r"|版本|开播|演唱会|周一|周末|群里|楼主")
HAN_GRUMBLE = re.compile(r"总是|老是|一直|每次|还是|都会|都不|非要|必须要|因为|停不下来|是怎么[^的]{1,4}的$")
HAN_SELF = re.compile(r"我(?!们的任务|想让你|要你|需要你|希望你|给你|将给|提供|会给)")
HAN_ORDER = re.compile(
    r"^(?:请(?:你|帮我|为我|给(?:出|我(?!们)|下|以下)|根据|用|以|按|把|将|对|从|写|列|解释|说明|介绍|描述|分析"
    r"|比较|对比|总结|概括|翻译|改写|润色|续写|设计|制定|生成|编写|编|创作|"
    r"撰写|推荐|举|计算|证明|求|扮演|模仿|给出|提供|谈谈|简述|简要|简单|详细|围绕|针对|结合|为|帮|替|拟|起草"
    r"|逐步|分步|一步)|"
    r"(?:帮我|帮忙|给我|替我|麻烦你?|能不能帮我|可以帮我|能否)(?:写|翻译|润色|总结|生成|起草|改写|列|制定|设计"
    r"|编|想|拟|起|做一[个份]|把|将|用|解释|分析|规划|安排|整理|推荐一?[些个份几三五])|"
    r"(?:写|编写|创作|撰写|编|拟|起草|设计|生成|制定|讲|作|画|列出?|列举|提供|给出|举出?|起|想|推荐)(?:出)?(?:一"
    r"|两|二|三|四|五|六|七|八|九|十|\d+|几)"
    r"(?:个|篇|首|段|份|封|句|条|则|副|部|种|张|款|组|套|道|项|本|百字|百)|"
    r"(?:用|以|按照|按|从|站在|模仿|仿照|根据)[^，。？！\n]{1,24}(?:写|解释|介绍|说明|描述|讲解|讲述|创作|回答"
    r"|翻译|总结|分析|叙述|概括|比较|教|讲|估算|归纳|造句|改写|为题|为主题|的口吻|的语气|的视角|的风格|的角度)|"
    r"(?:把|将)(?:下面|以下|下列|这[段句篇首份]|“|「|\")|(?:翻译|改写|润色|总结|概括|续写|扩写|缩写|修改|分析"
    r"|解释|分类|排序|补全)(?:下面|以下|下列|成[^，。]{1,6}(?:文|语)|这[段句篇首份]|“|「|\"|[:：])|"
    r"(?:给|为|向|按)[^，。？！\n]{2,24}?(?:起|写|列|安排|想|设计|策划|描述|分类|制定|排序|规划|发明|解释"
    r"|介绍)[^了过着吧呗到]|出[一二两三四五几](?:个|道|条)(?:谜|题|选择题|面试)|判断(?:下面|以下)|解方程|只用"
    r"|考考?我|估算|点评|我需要一[份个篇张]|能不能用[^，。？！]{2,16}(?:讲|解释|说明)|(?:把"
    r"|将)这些?个?[^，。？！]{1,16}(?:变成|改成|翻译|排序|写成|缩|扩)|"
    r"(?:解释|说明|介绍|描述|比较|对比|分析|总结|概述|简述|论述|列举|阐述|计算|证明|求解)(?:一下)?[^，。？！了过着\n]{4,}|"
    r"你(?:现在)?是(?:一)?(?:名|位|个)|(?:扮演|充当|假设你是|假如你是|假装你是|想象你是|作为一(?:名|位|个))"
    r"|我(?:想|希望|要|需要)(?:让)?你(?:扮演|充当|来?写|作为|帮我))")
HAN_LIKENESS = re.compile(r"\d|[一二两三四五六七八九十几百千]{1,3}(?:个|句|条|点|字|段|行|步|首|篇|种|分钟|天|周"
    r"|道|组|部|位|名|份|封)|字(?:以内|左右)|要求|语气|风格|口吻|格式|表格|包括|包含|关于|主题|为题|步骤|"
                          r"例子|举例|区别|原理|优缺点|异同|如何|怎么|为什么|什么是|适合|面向|小学生|初学者|通俗"
    r"|简单|详细|代码|函数|程序|英文|中文|日语|法语|成英|成中|下面|以下|[:：]|让|使|用|在|并|的")
HAN_ANSWERED = re.compile(r"(?:总结|概括|形容|描述|解释)[^:：\n]{0,10}[:：][^，。]{1,4}$")
HAN_NARRATIVE = re.compile(r"，(?:结果|然后我|还是|最后|就(?![是用])|他|她|它|我|被|谢谢)"
    rf"|(?:，{ANY_HAN}{{1,4}}){{2,}}$|是怎么[^的]{{1,4}}的$|到底$")
HAN_PROBLEM = re.compile(r"证明|计算|求解|解方程")
HAN_QUESTION = re.compile(
    r"(?:有(?:什么|哪些|何)(?:区别|不同|优缺点|优点|缺点|好处|坏处|影响|作用|危害|症状|特点|异同|联系|关系)"
    r"|的(?:区别|原理|原因|作用|优缺点|定义|意义|步骤|方法)(?:是|有)(?:什么|哪些)|"
    r"^(?:请问)?(?:什么是|什么叫|何为|何谓)|^(?:请问)?(?:如何|怎样|怎么)(?!会|办|回事|了|样|又|还|都|就|这|那|没"
    rf"|不){ANY_HAN}{{2,}}|"
    r"(?:原因|作用|方法|步骤|种类|好处|坏处|优点|缺点|特点|条件)(?:是|有)(?:什么|哪些)|起什么作用"
    rf"|^哪些{ANY_HAN}{{2,}}|{ANY_HAN}{{3,}}(?:怎么|如何|怎样)(?:去除|清洗|保存|处理|计算|做|制作|"
    r"区分|判断|选择|预防|治疗|使用|写|缓解|提高|避免|养)|需要多(?:久|少|长)|大约(?:有|是)多少|(?:还能|可以"
    r"|能)(?:生吃|吃|喝|冷冻|加热|保存)[^，。？]{0,4}吗|"
    rf"多少(?!钱){ANY_HAN}{{1,6}}[？?]|\d[^？]{{10,}}[几多][^？]{{0,8}}[？?]|^(?:如果|假如)[^？]{{6,}}(?:会"
    r"|将)[^？]{1,12}[？?]|"
    rf"^(?:请问)?为什么{ANY_HAN}{{2,}}(?:会|是|要|能|更|比|呈|可以|需要|先|容易|看起来|特别)|是(?:怎么"
    rf"|如何)(?:形成|产生|工作|计算|来|运作|实现|发明|制作|做)|为什么(?:会|是|不|能|可以|要){ANY_HAN}{{2,}}|"
    r"(?:应该|应当|需要|可以)(?:如何|怎么|怎样|注意)|(?:等于|是)多少|(?:最早|首次|由谁|谁发明|哪一年|哪个朝代|哪个国家))")


HAN_DEICTIC = re.compile(r"^(?:这|那|他|她|它)(?!段|句|篇|首|种|类)[^，。？?]{0,10}(?:吗|么|什么|谁|真|假|对"
    r"|怎么)[^，。？?]{0,6}[？?]?$|^(?:解释|翻译|总结|评价|看)一?下(?:这|那|他|她|它)个?[。？?]?$")


ENDS_OUTSIDE = re.compile(r"\b(?:it|that|this|these|those|them|him|her|one|there|here|so|though|then|now)[\s.?!]*$",
                          re.IGNORECASE)
ORDER_ASKED = re.compile(r"(?!(?:please |hey,? )?(?:can|could|would|will) )[^?？:：\n.]{1,80}[?？]", re.IGNORECASE)
"""Who puts a question mark behind "recommend three podcasts" asks people for theirs."""
OWN = re.compile(r"\b(?:i|i'm|i've|i'd|me|my|mine|we|we're|us|our)\b", re.IGNORECASE)
HAN_READER = re.compile(r"你(?!是一|现在是|的(?:任务|角色|回答)|需要|扮演|将|来|作为|可以(?:帮|用|给|告诉)|能(?:帮|用|给|否)"
                        r"|要)|您(?!是一)")
HAN_CHORE = re.compile(r"(?:麻烦|拜托|劳驾|请)[^，。]{0,14}(?:关|开|拿|带|放|收|倒|擦|递|挪|还|让|等|停|排队|走|坐|小声"
                       r"|安静)[^，。]{0,3}$")


ENGLISH = {"order": ORDER.match, "likeness": LIKENESS.search, "question": QUESTION.match, "nearby": NEARBY.search,
           "to the reader": READER.search, "to a model": READER_MODEL.search, "lively": LIVELY.search, "story": STORY.search,
           "name": NAME.search, "points outside": DEICTIC.match, "narrative": NARRATIVE.search, "role": ROLE.match,
           "role with a task": ROLE_TASK.search, "answered": ANSWERED.search, "ends outside": ENDS_OUTSIDE.search,
           "own": OWN.search, **situation.ENGLISH, **tasks.ENGLISH}
CHINESE = {"order": HAN_ORDER.match, "likeness": HAN_LIKENESS.search, "question": HAN_QUESTION.search,
           "nearby": HAN_NEARBY.search, "lively": HAN_TALK.search, "grumble": HAN_GRUMBLE.search, "self": HAN_SELF.search,
           "answered": HAN_ANSWERED.search, "narrative": HAN_NARRATIVE.search, "problem": HAN_PROBLEM.search,
           "points outside": HAN_DEICTIC.match, "to the reader": HAN_READER.search, "chore": HAN_CHORE.match,
           **situation.CHINESE, **tasks.CHINESE}
IN_OPENING = frozenset(("nearby", "to the reader", "lively", "story", "narrative", *situation.ENGLISH,
                        *situation.CHINESE))
TALK_OF_LONG = {"nearby", "to the reader", "story", "narrative", "self"}
"""Signs of talk that an order with many details may have."""
WRITTEN = re.compile(r"(?:please |pls |kindly |(?:can|could|would) you (?:please )?|help me )?(?:write|draft|compose)\b"
                     r"|^[^，。？?！!]{0,20}?(?:写|起草|草拟|拟|撰写)(?:出|一下)?[一两三几\d]{0,2}(?:封|篇|份|段|首|则|条|张)",
                     re.IGNORECASE)
"""An order for something written, which may be for one's own landlord."""
OF_ONES_OWN = {"own", "here", "self"}
READ = 400
"""Characters that signs are looked for in."""


def signs(text: str, chinese: bool) -> list[str]:
    """The names of the signs in a text, read as Chinese or as English."""
    table = CHINESE if chinese else ENGLISH
    head = text[:READ]
    order = table["order"](text)
    opening = re.split(r"[:：]\s", head, maxsplit=1)[0]       # behind a colon stands what is worked on
    skipped: set[str] = set()
    if order:
        opening = LINK.sub(" ", opening)                      # an order may name the page that it is about
        skipped = OF_ONES_OWN if WRITTEN.match(text) else skipped
        skipped = skipped | TALK_OF_LONG if len(re.findall(rf"[A-Za-z0-9'’-]+|{ANY_HAN}", head)) >= LONG_ORDER else skipped
    if OBJECT.search(head):
        skipped = skipped | {"points outside"}
        if order:
            opening = re.sub(r"\b(?:this|these|it)\b|这[段句篇首份个些]", "", opening, flags=re.IGNORECASE)
    named = [name for name, search in table.items()
             if name not in skipped and search(opening if name in IN_OPENING else head)]
    if "role" not in named and "role with a task" in named:
        named.remove("role with a task")
    if order and ORDER_ASKED.match(text):
        named.append("order with a question mark")
    return named
