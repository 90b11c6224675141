"""What an English instruction looks like, and what is only talk."""

import re

from instructwild.collect.tasks import GENERIC, sets_task, word_problem
from instructwild.text.word_table import any_of, group_of

TASKS = any_of("""
    write | explain | describe | list | create | generate | summari[sz]e | translate | compare | suggest | provide
    design | draft | compose | rewrite | rephrase | paraphrase | edit | proofread | correct | improve | convert
    calculate | compute | solve | prove | outline | act | pretend | role-?play | invent | recommend | classify
    categori[sz]e | extract | analy[sz]e | evaluate | review | debug | implement | code | develop | define | discuss
    brainstorm | come up | identify | simplify | shorten | expand | continue | complete | answer | respond | reply
    format | propose | construct | critique | critici[sz]e | interpret | transform | assume | suppose | quiz | narrate
    refactor | optimi[sz]e | simulate | roast | parse | retell | break down | elaborate | estimate | predict | rank
    sort | spell | pitch | argue | teach me | walk me | guide me | remind me | convince | persuade | imitate | mimic
    illustrate | differentiate | distinguish | determine | derive | factor | integrate | diagnose | script | storyboard
    craft | revise | regenerate | reword | recite | examine | assess | advise | name | plan | state | specify
    formulate | reformulate | fill in | finish | replace | restate | title | tag | label | annotate | detect | verify
    fact-?check | curate | adapt | modify | concatenate | sketch
""")
"""Verbs that mostly open a task for a writer or a machine."""

OBJECTS = any_of(r"""
    give (?:me |us )?(?:an? (?!break|hand|chance|second|minute|call)|the |some |(?:\w+ ){0,2}\w+s\b|\d|feedback|advice)
    tell (?:me |us )?(?:an? |all |some |about|what|how|why|which|who|where|when|whether|if|the |something|more|\w+ \w+s\b)
    make (?:me )?(?:an? |up |this|these|the following|\d|\w+ \w+s\b|my \w+ (?:more|less|sound))
    show (?:me )?(?:an? |how|the |what|some|\d) | find (?:me )?(?:an? |the |all |some |out |\d|ways|errors|mistakes)
    help me (?!(?:god|out)\b)\w+ | imagine (?:you|that|an? |being|if|the) | consider (?:the|a|an|this|that|two)
    let(?:'s|’s| us) (?:play|write|think|imagine|pretend|role|say|do a|create|start|work|solve|talk about|discuss|assume)
    use (?:the following|these|only|this|a |an |\w+ (?:code|to) ) | read the following | rate (?:the|this|my)
    turn (?:this|the|my|these|it) | change (?:the|this|all|every) | add (?:a|an|the|some|\d)
    remove (?:the|all|any|every) | choose (?:a|an|one|the|between) | pick (?:a|an|one|the|\d)
    play (?:a game|the role|the part) | build (?:a|an|me) | draw (?:a|an|the|me) | plan[ ] | teach[ ]
    count (?:the|how|from) | fix (?:the|this|my|any) | decide[ ] | train[ ] | prepare[ ] | produce[ ]
    put (?:the|these|this) | group[ ] | take (?:the (?:following|role)|on the role|this)
    think (?:of (?:a|an|\d|some|\w+ \w+s)|step by step) | say[ ] | settle[ ] | do (?:a|an|the following)
    start (?:a|an|by)[ ] | speak[ ] | be (?:my|a|an)[ ] | guess[ ] | check (?:the|this|my|if|whether)
    share (?:a|an|some|\d|ideas|tips) | set (?:up|the|a) | get (?:me|a list) | ask me | interview me | grade[ ]
    score[ ] | cite[ ] | merge[ ] | split[ ] | select[ ] | highlight[ ] | insert[ ] | fill[ ] | search for | look up
    calculate
""")
"""Verbs of everyday talk, with what makes them a task."""

_TASK = rf"(?:(?:{TASKS})\b(?! (?:what you know|off|home|it down|it off))|(?:{OBJECTS}))"
_OPENING_WORDS = group_of("""
    please | pls | plz | kindly | now | then | first(?:ly)? | next | ok(?:ay)? | hey | hi | hello | yes | no | great
    so | alright | also | quickly | briefly | again
""")
OPENERS = rf"(?:{_OPENING_WORDS}[,:!.]?\s{{1,4}}){{0,4}}"
FRAMES = any_of(r"""
    you are (?:an?|the|my|going|to|now)[ ] | you're (?:an?|my|the)[ ] | you will (?:act|be|play|now|help)
    i want you to | i need you to | i(?:'d| would) like (?:you )?to | your (?:task|job|role|goal) is
    as an? [^,.:?!]{2,60}[,:]? (?:you|write|explain|what|how|i (?:want|need)|can)\b
    in (?:\d+|one|two|three|four|five|the style|the voice|the form|simple|plain|layman)
    using (?:only|the|a|an|no|python|these) | given (?:the|a|an|that|this|these|two) | based on
    for (?:each|the following) | from now on | with the following | i need (?:an?|some|\d|help|ideas|advice|\w+ ideas)
    i'm looking for (?:an?|ideas|ways|some)[ ] | looking for ideas | without using
    if i (?:have|had|give|am|were|want|say) | if you (?:were|had|could) | if you are [^?.!]{2,}\? | suppose | assuming
    step by step | can i get | topic: | task: | instructions?: | context: | role:
""")
REQUEST = re.compile(rf"^{OPENERS}(?:{_TASK}|{FRAMES}|(?:can|could|would|will) you (?:please )?(?:{_TASK}))", re.IGNORECASE)
_BEFORE_A_TASK = group_of(r"""
    [.!?;:\n)]\s{1,4} | \b(?:and|then)\s{1,4} | [,.]? ?\bplease,?\s+ | \b(?:can|could|would|will) you (?:please )?
""")
LATER = re.compile(f"{_BEFORE_A_TASK}(?:{_TASK})", re.IGNORECASE)
_NAMED_WORKS = group_of("""
    code | script | story | poem | essay | regex | list | lyrics | song | songs | recipe | jokes? | ideas | ways | tips
    steps | examples | names | titles | rap battle | dialogue | speech | letter | e-?mail | report | plan | summary
    outline | message | lines | prompts?
""")
_NAMED_FOR = "(?:to|for|about|of|that|between|on|in|matching|which|where|from|pls|please)"
NAMED = re.compile(rf"^(?:\w+ ){{0,4}}{_NAMED_WORKS} {_NAMED_FOR}\b", re.IGNORECASE)
"""A thing to be made, named without a verb: enough where the author presents it as a prompt."""
WORDS = any_of("""
    what | why | how | when | where | who | whom | whose | which | is | are | was | were | do | does | did | can
    could | would | will | should | shall | may | might | has | have | am | isn't | aren't | don't | doesn't | in what
    at what | to what | on what | in which | what's | who's | how's | where's | whats | if
""")
QUESTION = re.compile(rf"(?:^|[.!?\n:;—]\s{{0,4}}|,\s{{1,4}}){OPENERS}(?:{WORDS})\b", re.IGNORECASE)
STARTS_QUESTION = re.compile(rf"^{OPENERS}(?:{WORDS})\b", re.IGNORECASE)
_ASKS_UNMARKED = group_of(r"""
    how (?:to|do (?:i|you)|can (?:i|you)|many|long|far|should)
    how (?:does (?!this|that|it|he|she)|is (?!this|that|it|he|she|the weather|everyone))
    what(?:'s| is| are|s) (?:the|an?|some|\w+ (?:and|vs)|\w+$) | what do you know | what does | what should
    what would happen | what \w+ (?:has|can|is|are|do|does|should)[ ]
    (?:can|would|could|does|do|are|will) (?!you|we|they|he|she|this|that|it|people|i\b)\w+ \w+ \w+
    do you know (?:about|what|how|who) | if (?:the|a|an|you)[ ]
    why (?:do|does|is|are|did|has|have) (?!you|we|they|people|no)\w+ \w+ \w+ | which (?:is|are) | difference between
    who (?:invented|wrote|was|is the|discovered)
""")
UNMARKED = re.compile(rf"^{OPENERS}{_ASKS_UNMARKED}\b", re.IGNORECASE)
"""Questions that are questions even without their mark."""

_TO_PEOPLE = group_of(r"""
    any(?:one|body)(?: else)? | any of you | who else | you guys | y'?all | guys | folks
    every(?:one|body) (?:else|ok|ready) | some(?:one|body) (?:please|explain|tell) | thoughts\? | am i the only
    is it just me | just me or | tell me (?:i'm|you're|this|that) | dm (?:me|us) | link (?:in|below) | in bio | rt if
    retweet | upvote | subscribe | follow me | check (?:out|it out) | join us | who wants
    who(?:'s| is) (?:in|up|coming|ready|excited|going|with me|watching|playing|hungry)
    have you (?:seen|tried|heard|ever|been|guys) | did you (?:see|watch|hear|know|guys|like)
    (?:where|how|what) (?:are|r) (?:you|u)\b(?! (?:programmed|trained|made))
    are (?:you|u) (?:guys|coming|going|ok|okay|ready|there|free|bringing|still|watching|up|around|serious|kidding|home)
    how was your | how's (?:everyone|it going) | what(?:'s| is) (?:up|your fav) | wyd | hmu
    can we (?:talk|please|just|all|normali[sz]e) | do you (?:even|guys|all|remember) | vote (?:below|now)
    which one do you | what do you (?:all|guys) | our (?:rules|channel|server|discord|newsletter|booth) | sign up
    apply (?:by|now|here) | register (?:to|now|here) | giveaway | we're hiring | (?:available|out) now
    stream(?:ing)? start | spare ticket
""")
PEOPLE = re.compile(rf"\b{_TO_PEOPLE}\b|^@(?!\[)(?:\w+)[, ]", re.IGNORECASE)
_TURNS_OF_PHRASE = group_of(r"""
    make it make sense | make (?:my|it) (?:day|count|stop|happen) | (?:just )?imagine (?:\w+ing|the)\b(?!.*[.?!].)
    don'?t forget | make sure | remember to | take (?:my|care|it) | read (?:this|the|it|my) | find someone | leave me
    let(?:'s|’s) go | give (?:it|me (?:strength|a break|life|back)) | support[ ] | share[ ]
    say (?:what|no|hi|hello|it|less|that) | think about | write (?:what you|it down)
    name (?:a more|a better|one thing) | do not[ ] | start without | plan (?:b|accordingly) | guess (?:who|what|i)
    look (?:at|who) | stop[ ] | stay[ ] | be (?:the|kind|safe) | answer (?:the|your) (?:phone|call) | prove me | fix it
    say goodbye | state of | code (?:review|red) | review (?:of|is|in) | title (?:race|says)
    complete (?:chaos|waste|mess) | list of | correct me | spell(?:ing)?[ ] | plan was
""")
IDLE = re.compile(f"^{_TURNS_OF_PHRASE}", re.IGNORECASE)
_WHOM = group_of("""
    this | that | my | he | she | it | they | i | no ?body | no one | every(?:one|body|thing) | people | we | you | these
    those | the hell | on earth
""")
_WHOM_NOT = group_of("""
    this | that | people | he | she | they | it(?! (?:work|happen|possible)) | you (?:not|even) | anyone | any | no ?body
    we (?:still|not)
""")
_IT_IS = "it (?:too|just|me|weird|bad that|friday|over|ever|only|so|summer|still|really)"
_NEARBY = r"(?:this|that|it|he|she|they|these|those|going on|happening|is it|does the|do the|to (?!.{25}))"
RHETORICAL = re.compile(any_of(rf"""
    what(?:'s| is) wrong with (?:people|you|me|everyone|this|us|men|women) | where (?:have|has|did) (?:all|the time)
    why (?:is|are|does|do|would|did|am|can't|won't) {_WHOM}\b
    (?:what|how|why|who) (?:the (?:hell|heck|f\w*)|on earth)
    how (?:is|are|do|does|dare|can|could|did) {_WHOM_NOT}\b
    what (?:a|an)[ ]
    is (?:this|that|he|she|there any(?:one|thing)|{_IT_IS})\b
    are (?:they|these|those|we)\b | was (?:that|this|it|he|she)\b
    who (?:needs|knew|cares|does|did|would|let|told|asked|are|am|is (?:this|that|he|she))\b
    what (?:is|was|were|did|does|do|are|time|happened) {_NEARBY}\b
    does (?:this|that|it|he|she)\b | did (?:you|he|she|they|we|i|it|that|this)\b
    do (?:they|we|i (?:look|have to)|you (?:like|want|think i))\b
    when (?:will|is|are|did|does) (?:this|that|he|she|they|it|the (?:next|new)|we|my) | should (?:we|they|he|she)\b
    can (?:we|they|he|she|this|it|people)\b | will (?:this|that|they|he|she|it|we)\b | have (?:you|we|they)\b
    has (?:it|he|she|this)\b | am i\b | isn't | aren't | ain't | don't you
    what's (?:happening|this|that|the point|going on|stopping) | who's (?:this|that|the)
"""), re.IGNORECASE)
_CHATTER = group_of("""
    lol | lmao | rofl | haha+ | omg | wtf | smh | tbh | imo | imho | ngl | fr fr | bro | dude | mate | irl | tfw | mfw
    icymi
""")
_OPENS_TALK = group_of("""
    i | i'm | i've | i'll | i'd | my | we | we're | we've | our | he | she | they | this | that | it | it's | these | those
    there | just | today | yesterday | finally | still | wow | thanks | thank | congrats | happy | good | so | when | welcome
    new | sources | breaking | told | can't | running | lost | looking | had | got | been | that's | support | whoever
    nobody | no one | not | every | another | some | most | people | love | hate | miss | need | feeling | proud | excited
""")
TALK = re.compile(rf"\b{_CHATTER}\b|[😂🤣😭🙏❤🎉🔥💀]|!{{2,}}|\?{{2,}}|^{_OPENS_TALK}\b(?!.{{0,3}}:)", re.IGNORECASE)
_OWN_QUESTIONS = group_of("""
    how (?:can|do|should|would|could) i | what (?:should|can|would|could|do) i | should i | can i
    which (?:one )?should i
    is it (?:safe|possible|ok|okay|legal|normal|worth|better|true|healthy|allowed|bad for|good for|necessary|enough)
""")
OWN_QUESTION = re.compile(rf"\b{_OWN_QUESTIONS}\b", re.IGNORECASE)

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
