"""What an English instruction looks like, and what is only talk."""

import re

from instructwild.collect.tasks import GENERIC, sets_task, word_problem

TASKS = """\
write|explain|describe|list|create|generate|summari[sz]e|translate|compare|suggest|provide|design|draft|compose|
rewrite|rephrase|paraphrase|edit|proofread|correct|improve|convert|calculate|compute|solve|prove|outline|act|pretend|
role-?play|invent|recommend|classify|categori[sz]e|extract|analy[sz]e|evaluate|review|debug|implement|code|develop|define|
discuss|brainstorm|come up|identify|simplify|shorten|expand|continue|complete|answer|respond|reply|format|propose|
construct|critique|critici[sz]e|interpret|transform|assume|suppose|quiz|narrate|refactor|optimi[sz]e|simulate|roast|parse|
retell|break down|elaborate|estimate|predict|rank|sort|spell|pitch|argue|teach me|walk me|guide me|remind me|convince|
persuade|imitate|mimic|illustrate|differentiate|distinguish|determine|derive|factor|integrate|diagnose|script|storyboard|
craft|revise|regenerate|reword|recite|examine|assess|advise|
name|plan|state|specify|formulate|reformulate|fill in|finish|replace|restate|title|tag|label|annotate|detect|verify|
fact-?check|curate|adapt|modify|concatenate|sketch""".replace("\n", "")
"""Verbs that mostly open a task for a writer or a machine."""

OBJECTS = (
    r"give (?:me |us )?(?:an? (?!break|hand|chance|second|minute|call)|the |some |(?:\w+ ){0,2}\w+s\b|\d|"
    r"feedback|advice)"
    r"|tell (?:me |us )?(?:an? |all |some |about|what|how|why|which|who|where|when|whether|if|the |something|"
    r"more|\w+ \w+s\b)"
    r"|make (?:me )?(?:an? |up |this|these|the following|\d|\w+ \w+s\b|my \w+ (?:more|less|sound))"
    r"|show (?:me )?(?:an? |how|the |what|some|\d)|find (?:me )?(?:an? |the |all |some |out |\d|ways|errors|mistakes)"
    r"|help me (?!(?:god|out)\b)\w+|imagine (?:you|that|an? |being|if|the)|consider (?:the|a|an|this|that|two)"
    r"|let(?:'s|’s| us) (?:play|write|think|imagine|pretend|role|say|do a|create|start|work|solve|talk about|"
    r"discuss|assume)"
    r"|use (?:the following|these|only|this|a |an |\w+ (?:code|to) )|read the following|rate (?:the|this|my)|"
    r"turn (?:this|the|my|these|it)"
    r"|change (?:the|this|all|every)|add (?:a|an|the|some|\d)|remove (?:the|all|any|every)|choose (?:a|an|one|"
    r"the|between)"
    r"|pick (?:a|an|one|the|\d)|play (?:a game|the role|the part)|build (?:a|an|me)|draw (?:a|an|the|me)|plan |teach |"
    r"count (?:the|how|from)|fix (?:the|this|my|any)|decide |train |prepare |produce |put (?:the|these|this)|group |"
    r"take (?:the (?:following|role)|on the role|this)|think (?:of (?:a|an|\d|some|\w+ \w+s)|step by step)|say |"
    r"settle |"
    r"do (?:a|an|the following)|start (?:a|an|by) |speak |be (?:my|a|an) |guess |check (?:the|this|my|if|whether)|"
    r"share (?:a|an|some|\d|ideas|tips)|set (?:up|the|a)|get (?:me|a list)|"
    r"ask me|interview me|grade |score |cite |merge |split |select |highlight |insert |fill |search for|look up|"
    r"calculate")
"""Verbs of everyday talk, with what makes them a task."""

_TASK = rf"(?:(?:{TASKS})\b(?! (?:what you know|off|home|it down|it off))|(?:{OBJECTS}))"
OPENERS = (r"(?:(?:please|pls|plz|kindly|now|then|first(?:ly)?|next|ok(?:ay)?|hey|hi|hello|yes|no|great|so|"
    r"alright|also|quickly|"
           r"briefly|again)[,:!.]?\s{1,4}){0,4}")
FRAMES = (r"you are (?:an?|the|my|going|to|now) |you're (?:an?|my|the) |you will (?:act|be|play|now|help)|"
    r"i want you to|i need you to|"
          r"i(?:'d| would) like (?:you )?to|your (?:task|job|role|goal) is|"
          r"as an? [^,.:?!]{2,60}[,:]? (?:you|write|explain|what|how|i (?:want|need)|can)\b|in (?:\d+|one|two|three|"
          r"four|five|the style|the voice|"
          r"the form|simple|plain|layman)|using (?:only|the|a|an|no|python|these)|given (?:the|a|an|that|this|"
          r"these|two)|"
          r"based on|for (?:each|the following)|from now on|with the following|i need (?:an?|some|\d|help|ideas|"
          r"advice|\w+ ideas)|"
          r"i'm looking for (?:an?|ideas|ways|some) |looking for ideas|without using|if i (?:have|had|give|am|"
          r"were|want|say)|if you "
          r"(?:were|had|could)|if you are [^?.!]{2,}\?|"
          r"suppose|assuming|step by step|can i get|topic:|task:|instructions?:|context:|role:")
REQUEST = re.compile(rf"^{OPENERS}(?:{_TASK}|{FRAMES}|(?:can|could|would|"
    rf"will) you (?:please )?(?:{_TASK}))", re.IGNORECASE)
LATER = re.compile(rf"(?:[.!?;:\n)]\s{1,4}|\b(?:and|then)\s{1,4}|[,.]? ?\bplease,?\s+|\b(?:can|could|would|"
    rf"will) you (?:please )?)(?:{_TASK})",
                   re.IGNORECASE)
NAMED = re.compile(
    r"^(?:\w+ ){0,4}(?:code|script|story|poem|essay|regex|list|lyrics|song|songs|recipe|jokes?|ideas|ways|tips|"
    r"steps|examples|names|titles|"
    r"rap battle|dialogue|speech|letter|e-?mail|report|plan|summary|outline|message|lines|prompts?) (?:to|for|"
    r"about|of|that|between|on|in|"
    r"matching|which|where|from|pls|please)\b", re.IGNORECASE)
"""A thing to be made, named without a verb: enough where the author presents it as a prompt."""
WORDS = (r"what|why|how|when|where|who|whom|whose|which|is|are|was|were|do|does|did|can|could|would|will|should|"
    r"shall|may|might|"
         r"has|have|am|isn't|aren't|don't|doesn't|in what|at what|to what|on what|in which|what's|who's|how's|"
         r"where's|whats|if")
QUESTION = re.compile(rf"(?:^|[.!?\n:;—]\s{0,4}|,\s{1,4}){OPENERS}(?:{WORDS})\b", re.IGNORECASE)
STARTS_QUESTION = re.compile(rf"^{OPENERS}(?:{WORDS})\b", re.IGNORECASE)
UNMARKED = re.compile(
    rf"^{OPENERS}(?:how (?:to|do (?:i|you)|can (?:i|you)|does (?!this|that|it|he|she)|is (?!this|that|it|he|she|"
    rf"the weather|everyone)|"
    r"many|long|far|should)|what(?:'s| is| are|s) (?:the|an?|some|\w+ (?:and|vs)|\w+$)|what do you know|"
    r"what does|what should|what would happen|what \w+ (?:has|can|is|are|do|does|should) |(?:can|would|could|"
    r"does|do|are|will) "
    r"(?!you|we|they|he|she|this|that|it|people|i\b)\w+ \w+ \w+|do you know (?:about|what|how|who)|if (?:the|a|"
    r"an|you) |"
    r"why (?:do|does|is|are|did|has|have) (?!you|we|they|people|no)\w+ \w+ \w+|which (?:is|are)|"
    r"difference between|who (?:invented|wrote|was|is the|discovered))\b",
    re.IGNORECASE)
"""Questions that are questions even without their mark."""

PEOPLE = re.compile(
    r"\b(?:any(?:one|body)(?: else)?|any of you|who else|you guys|y'?all|guys|folks|every(?:one|body) (?:else|"
    r"ok|ready)|some(?:one|body) (?:please|"
    r"explain|tell)|thoughts\?|am i the only|is it just me|just me or|tell me (?:i'm|you're|this|that)|dm (?:me|"
    r"us)|link (?:in|below)|in bio|"
    r"rt if|retweet|upvote|subscribe|follow me|check (?:out|it out)|join us|who wants|who(?:'s| is) (?:in|up|"
    r"coming|ready|excited|going|with me|"
    r"watching|playing|hungry)|have you (?:seen|tried|heard|ever|been|guys)|did you (?:see|watch|hear|know|guys|like)|"
    r"(?:where|how|what) (?:are|r) (?:you|u)\b(?! (?:programmed|trained|made))|are (?:you|u) (?:guys|coming|"
    r"going|ok|okay|ready|there|free|"
    r"bringing|still|watching|up|around|serious|kidding|home)|how was your|how's (?:everyone|it going)|"
    r"what(?:'s| is) (?:up|your fav)|"
    r"wyd|hmu|can we (?:talk|please|just|all|normali[sz]e)|do you (?:even|guys|all|remember)|vote (?:below|now)|"
    r"which one do you|what do you "
    r"(?:all|guys)|our (?:rules|channel|server|discord|newsletter|booth)|sign up|apply (?:by|now|here)|"
    r"register (?:to|now|here)|giveaway|"
    r"we're hiring|(?:available|out) now|stream(?:ing)? start|spare ticket)\b|^@(?!\[)(?:\w+)[, ]", re.IGNORECASE)
IDLE = re.compile(
    r"^(?:make it make sense|make (?:my|it) (?:day|count|stop|happen)|(?:just )?imagine (?:\w+ing|"
    r"the)\b(?!.*[.?!].)|don'?t forget|make sure|"
    r"remember to|take (?:my|care|it)|read (?:this|the|it|my)|find someone|leave me|let(?:'s|’s) go|give (?:it|"
    r"me (?:strength|a break|life|"
    r"back))|support |share |say (?:what|no|hi|hello|it|less|that)|think about|write (?:what you|it down)|"
    r"name (?:a more|a better|one thing)|"
    r"do not |start without|plan (?:b|accordingly)|guess (?:who|what|i)|look (?:at|who)|stop |stay |be (?:the|"
    r"kind|safe)|"
    r"answer (?:the|your) (?:phone|call)|prove me|fix it|say goodbye|state of|code (?:review|red)|review (?:of|"
    r"is|in)|title (?:race|says)|"
    r"complete (?:chaos|waste|mess)|list of|correct me|spell(?:ing)? |plan was)", re.IGNORECASE)
RHETORICAL = re.compile(
    r"(?:what(?:'s| is) wrong with (?:people|you|me|everyone|this|us|men|women)|where (?:have|has|did) (?:all|"
    r"the time)|"
    r"why (?:is|are|does|do|would|did|am|can't|won't) (?:this|that|my|he|she|it|they|i|no ?body|no one|"
    r"every(?:one|body|thing)|people|we|you|"
    r"these|those|the hell|on earth)\b|(?:what|how|why|who) (?:the (?:hell|heck|f\w*)|on earth)|how (?:is|are|"
    r"do|does|dare|can|could|did) (?:this|that|"
    r"people|he|she|they|it(?! (?:work|happen|possible))|you (?:not|even)|anyone|any|no ?body|we (?:still|"
    r"not))\b|what (?:a|an) |"
    r"is (?:this|that|he|she|there any(?:one|thing)|it (?:too|just|me|weird|bad that|friday|over|ever|only|so|"
    r"summer|still|really))\b|"
    r"are (?:they|these|those|we)\b|was (?:that|this|it|he|she)\b|who (?:needs|knew|cares|does|did|would|let|"
    r"told|asked|are|am|is (?:this|that|he|she))"
    r"\b|what (?:is|was|were|did|does|do|are|time|happened) (?:this|that|it|he|she|they|these|those|going on|"
    r"happening|is it|does the|do the|"
    r"to (?!.{25}))\b|does (?:this|that|it|he|she)\b|did (?:you|he|she|they|we|i|it|that|this)\b|do (?:they|we|"
    r"i (?:look|have to)|"
    r"you (?:like|want|think i))\b|when (?:will|is|are|did|does) (?:this|that|he|she|they|it|the (?:next|new)|we|my)|"
    r"should (?:we|they|he|she)\b|can (?:we|they|he|she|this|it|people)\b|will (?:this|that|they|he|she|it|"
    r"we)\b|have (?:you|we|they)\b|"
    r"has (?:it|he|she|this)\b|am i\b|isn't|aren't|ain't|don't you|what's (?:happening|this|that|the point|"
    r"going on|stopping)|who's (?:this|that|the))",
    re.IGNORECASE)
TALK = re.compile(
    r"\b(?:lol|lmao|rofl|haha+|omg|wtf|smh|tbh|imo|imho|ngl|fr fr|bro|dude|mate|irl|tfw|mfw|icymi)\b|"
    r"[😂🤣😭🙏❤🎉🔥💀]|!{2,}|\?{2,}|"
    r"^(?:i|i'm|i've|i'll|i'd|my|we|we're|we've|our|he|she|they|this|that|it|it's|these|those|there|just|today|"
    r"yesterday|finally|still|"
    r"wow|thanks|thank|congrats|happy|good|so|when|welcome|new|sources|breaking|told|can't|running|lost|looking|"
    r"had|got|been|that's|"
    r"they|support|whoever|nobody|no one|not|every|another|some|most|people|love|hate|miss|need|feeling|proud|"
    r"excited)\b(?!.{0,3}:)",
    re.IGNORECASE)
OWN_QUESTION = re.compile(r"\b(?:how (?:can|do|should|would|could) i|what (?:should|can|would|could|do) i|"
    r"should i|can i|which (?:one )?should i|"
                          r"is it (?:safe|possible|ok|okay|legal|normal|worth|better|true|healthy|allowed|"
                          r"bad for|good for|necessary|enough))\b",
                          re.IGNORECASE)

REASONS = ("put to people", "a turn of phrase", "talk, not an instruction", "asks about something that is not told")
"""What `talk` says here and in `chinese`."""


def asks(text: str) -> str | None:
    """`request`, `later request`, `question` or `task`: how the text asks for something; None where it does not."""
    if REQUEST.match(text):
        return "request"
    if LATER.search(text):
        return "later request"
    if "?" in text or "？" in text or QUESTION.search(text):
        return "question"
    return "task" if sets_task(text, chinese=False) else None


def talk(text: str, how: str) -> str | None:
    """Why a bare post that asks in that way is no instruction; None where it is one."""
    if PEOPLE.search(text):
        return "put to people"
    if IDLE.match(text):
        return "a turn of phrase"
    if how in ("request", "task") or word_problem(text, chinese=False):
        return None
    if OWN_QUESTION.search(text) and text.rstrip().endswith("?"):
        return None
    if how == "question":
        marked = text.rstrip(" \"”)'").endswith(("?", "？"))
        if not QUESTION.search(text) or not (marked or UNMARKED.match(text) or GENERIC.match(text)):
            return "talk, not an instruction"
        if RHETORICAL.match(text):
            return "asks about something that is not told"
        return "talk, not an instruction" if TALK.search(text) else None
    polite = re.search(r"\b(?:please|(?:can|could|would) you)\b", text, re.IGNORECASE)
    return "talk, not an instruction" if TALK.search(text) and not (polite and len(text) > 40) else None
