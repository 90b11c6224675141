"""What in an English text out of a feed speaks for a task for a model, and what for talk: one pattern for each sign."""

import re

from instructwild.text.word_table import any_of, group_of

NUMBER = r"(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|a few|several)"
_WORK_NAMES = group_of("""
    poem | haiku | limerick | sonnet | stor(?:y|ies) | essay | letter | e-?mail | speech | script | scene | dialogue
    summary | outline | plan | schedule | itinerary | recipe | function | program | code | query | regex | class | test
    table | list | slogan | tagline | headline | caption | blog post | article | paragraph | sentence | review | bio
    pitch | cover letter | resume | description | explanation | quiz | question | riddle | joke | song | lyrics | rap
    verse | lesson | syllabus | proposal | report | memo | toast | eulogy | menu | playlist | name | idea | example
    tip | way | use | step | reminder | message | scenario | holiday | timetable | paragraph | expression | argument
    metaphor | analogy | title | tweet | post | prompt | character | plot | monologue | fable | fairy tale | obituary
    invitation | complaint | apology | policy | contract | checklist | bash | sql | python | javascript | html | css
    excel formula | formula | spreadsheet | workout | meal plan | budget | timeline | comparison | translation
    version | word | line | fact | activit(?:y|ies) | game | questions? | exercise | persona | thread | product | logo
    flyer | brief | abstract | conclusion | intro(?:duction)?
""")
WORKS = f"{_WORK_NAMES}s?"
_MAKING_VERBS = group_of("""
    write | compose | draft | generate | create | invent | design | produce | craft | make(?: up)? | build | script
    outline | come up with | brainstorm | give(?: me)? | list | suggest | propose | provide | prepare | plan
""")
_TELLING_VERBS = group_of("""
    explain | describe | summari[sz]e | compare | contrast | outline | analy[sz]e | define | discuss | illustrate
""")
_TOLD = group_of(r"""
    how | why | what | the | an? | in | between | to (?:an?|someone|somebody|children|kids|beginners)\b
    (?!to\b)[a-z]{4,}
""")
_WORKING_VERBS = group_of("""
    translate | rewrite | rephrase | paraphrase | proofread | summari[sz]e | simplify | edit | correct | convert
    classify | shorten | refactor | debug | optimi[sz]e | continue | improve
""")
_PAPERS = group_of("""
    sentence | text | paragraph | page | document | paper | letter | e-?mail | code | passage | list | essay | function
    recipe | article | into | to | for
""")
_WORKED_ON = group_of(rf"""
    the following | this {_PAPERS} | these | [\"“'‘] | my (?:essay|resume|cv|text|code|cover letter)
""")
_ORDERS = group_of(rf"""
    {_MAKING_VERBS}(?: me| out| up)? (?:an?|the|{NUMBER}|some|my|our)\b(?! of\b)(?: [^\s,.;:!?]+){{0,7}}? {WORKS}\b
    {_TELLING_VERBS} (?!that\b|this\b|them\b|your\b|it\b){_TOLD}\b | {_WORKING_VERBS} {_WORKED_ON} | act as an?\b
    you are an? [a-z]+ | you're an? [a-z]+ (?:who|that|with) | pretend (?:you are|to be|that) | imagine you are
    i want you to (?:act|write|be|play|help|give) | your task is to | role-?play
    (?:calculate|compute|derive|estimate|factor|integrate) (?:the|how|an?)\b
    solve (?:for|the (?:equation|following|puzzle|system))\b | prove that\b | write (?:a|an|me|in)[ ]
    write (?:python|sql|bash|javascript|java|rust|c\+\+|html|haskell|code)\b | walk me through how
    teach me (?:how|the basics|about) | (?:quiz|interview) me (?:on|for|about) | plan an?[ ] | brainstorm [a-z]+ for
    list the [a-z]+s by | turn (?:this|the following)\b | (?:can you |please )?recommend {NUMBER} [a-z]+
    (?:help me (?:write|draft|prepare|plan|come up with)|give feedback on) (?:an?|the|this|my)[ ]
    sort (?:these|the following) | tell me (?:a story|a joke|the difference|an? [a-z ]{{1,20}}?(?:story|joke|fact))[ ]
""")
_MANNERS = "(?:please |pls |kindly |ok(?:ay)?,? |hey,? |(?:can|could|would|will) you (?:please )?)"
ORDER = re.compile(f"^{_MANNERS}?{_ORDERS}", re.IGNORECASE)
_MEASURED_IN = group_of("""
    words? | sentences? | lines? | steps? | paragraphs? | points? | bullets? | minutes? | stanzas? | characters?
    lessons? | parts? | chapters? | weeks? | days?
""")
_SAYS_HOW = group_of(rf"""
    in (?:{NUMBER}|under|less than|fewer than|about|at most|exactly) [a-z -]{{0,12}}{_MEASURED_IN}
    in the (?:style|voice|form|tone) of | in (?:simple|plain|layman|formal|everyday)[ ] | as (?:an?|if)[ ]
    step[- ]by[- ]step | with (?:an?|one|two|three|\d+|examples?|a rhyme|no|worked|comments|citations)\b | for [a-z\d]+
    set in | of an? | by | to an?[ ] | using (?:only|the|an?|no)\b | without (?:using|the|any|mention\w*)
    no more than | at most | at least | under \d+ | (?:a|of) \d+[- ]
    in (?:an?|the) (?:table|list|json|yaml|csv|bullet)
    in (?:json|python|sql|javascript|french|german|spanish|chinese|english|japanese|rust|java|bash|excel|verse|rhyme)
    includ(?:e|ing) | that [a-z]+ | whose | which[ ] | from the (?:perspective|point of view) | suitable | about
    between | on the | where | who | each | but | and | the following | titled | between \d | into[ ] | asking
    explaining | step
""")
LIKENESS = re.compile(rf"\b{_SAYS_HOW}\b|[:：]\s*\S|\n", re.IGNORECASE)
_ASKED_OF_THINGS = group_of(r"""
    differences? | similarities | relationship | causes? | advantages? | disadvantages? | benefits? | drawbacks?
    pros and cons | symptoms? | steps? | stages? | rules? | effects? | origins? | purpose | meaning | function | role
    formula | capital | population | history | laws? | components? | types? | side effects? | implications?
    trade-?offs? | derivative | probability | best (?:way|method|practices?) | safest way | easiest way | fastest way
    most (?:common|effective|efficient) (?:\w+ )?(?:way|cause|method|reason)s?
""")
_QUESTIONS = group_of(rf"""
    (?:please |hey,? |hi,? )?(?:can|could|would|will) (?:you|someone) (?:please )?explain (?:how|why|what|the)
    how (?:would|do) you (?:explain|calculate|solve|write|prove|compute|translate|say|convert|implement|define)[ ]
    what(?:'s| is| are| were) the (?:\w+ )?{_ASKED_OF_THINGS}\b
    what (?:causes?|happens (?:to|if|when|in)|does (?:the|an?) |would (?:happen (?:if|to)|the world))
    how (?:can|do|should|would|could) (?:i|one|an?|the|[a-z]{{4,}})[ ] | how to[ ]
    how (?:does|is|are|did) (?:an?|the|[a-z]{{3,}})[ ] | how (?:many|much|long|far|fast|often|tall|deep|heavy)[ ]
    why (?:is|are|do|does|did|was|were|can|can't|don't|doesn't) (?:an?|the|some|most|[a-z]{{3,}})[ ]
    which (?:[a-z]+ ){{1,3}}(?:has|have|is|are|was|do|does)\b
    who (?:was|invented|discovered|wrote|painted|built|founded)[ ]
    is it (?:safe|legal|healthy|harmful|necessary) to[ ] | when (?:was|were|did) (?:the|an?)[ ]
    where (?:does|do|did) (?:the|an?|[a-z]{{4,}})[ ]
""")
QUESTION = re.compile(f"^{_QUESTIONS}", re.IGNORECASE)
_NEAR = group_of(r"""
    this | that(?='s| is|'ll| was) | these | those | it's | he | she | him | her | his | hers | they | them | their
    we | us | our | ours | y'all | u | ur | guys | folks | anyone | anybody | everyone | everybody | someone(?! who)
    somebody(?! who) | nobody | people(?= (?:always|still|keep|so|on|in|who|think|act|like|say|not|insist|just))
    today | tonight | tomorrow | yesterday | this (?:week|year|morning) | last night | lately | anymore | already
    still | even | keeps? | always | never(?! been) | suddenly | every(?: single)? (?:time|day|week|year|morning)
    again | right now | so (?:many|much|hard|long|good|bad|expensive|difficult|loud|[a-z]+\??$) | such an?
    the (?:hell|heck|fuck|point of) | on earth | literally | actually | lol | lmao | omg | wtf | tbh | imo | ngl | btw
    smh | please stop | dm | rt | retweet | follow | subscribe | link | bio | newsletter | episode | stream | giveaway
    tickets? | season | patch | update | server | channel | thread | mods? | sub | subreddit | OP
""")
NEARBY = re.compile(rf"\b{_NEAR}\b", re.IGNORECASE)
ANSWERED = re.compile(r"\bin (?:one|two|three|a|\d) words?[:：]")
NARRATIVE = re.compile(any_of(r"""
    \b(?:and|but|so|because) (?:it|i|we|they|he|she|nobody|the (?:whole )?\w+) \w+ | (?:, [a-z]+(?: it)?){2}\.?$
    , [a-z]+\.?$ | [?.]\s+(?:going|mine|i\b|we\b|my |it |they |he |she |nobody|will )
"""), re.IGNORECASE)
_ROLE_VERBS = group_of("""
    who | ask | answer | help | offer | describe | explain | write | give | respond | reply | point | quiz | review
    teach | tell | interview | play | translate | list | suggest | act | speak | from
""")
ROLE_TASK = re.compile(rf"[.,:;]?\s{_ROLE_VERBS}\b", re.IGNORECASE)
ROLE = re.compile(r"you are an?|you're an?|act as|pretend|imagine you|i want you to|your task", re.IGNORECASE)
READER = re.compile(r"\b(?:your|yours|yourself|you've|you'll|you'd|you)\b", re.IGNORECASE)
_TO_A_MODEL = group_of("""
    you are an? | you're an? | if you were | as if you | imagine you | pretend you
    you (?:are|were|should|will|must|can|have|know|need) | (?:can|could|would|will|do) you | i want you to
    your (?:task|job|role|answer|response|reply|explanation|output|goal|responses|answers)
""")
READER_MODEL = re.compile(rf"\b{_TO_A_MODEL}\b", re.IGNORECASE)
LIVELY = re.compile(r"[\U0001F300-\U0001FAFF\u2600-\u27bf]|!|…|\.{3}|https?://|(?<!\w)#\w|(?<!\w)@\w|\?\s*\?"
    r"|\bha(?:ha)+\b|^[^a-z]{12,}$")
_DID = group_of("""
    just | was | am | have | had | think | thought | love | hate | saw | went | got | keep | finally | feel | guess
    swear | miss | can't | cannot | don't | didn't | never | always | still | wish | mean | hope | remember
""")
_MINE = group_of("""
    mum | mom | dad | wife | husband | kid | kids | son | daughter | boss | cat | dog | brain | body | neighbou?r
    landlord | phone | life | heart | timeline | feed | boyfriend | girlfriend | therapist
""")
_TELLS_OF_ITSELF = group_of(f"""
    i(?:'m|'ve|'d|'ll) | i {_DID} | me (?:too|when|and) | my {_MINE}
""")
STORY = re.compile(rf"\b{_TELLS_OF_ITSELF}\b", re.IGNORECASE)
NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]+")
_ASKS_OR_ORDERS = group_of("""
    is | are | was | were | does | do | did | what(?:'s| is| are| does| did)? | who(?:'s| is| are| was)?
    why(?:'s| is| are| does| did)? | how(?:'s| is| does| did)? | where(?:'s| is)? | when(?:'s| is| did)? | explain
    summari[sz]e | translate | describe | rate | roast | check | verify | fact-?check | answer | fix
    tell (?:him|her|them|us)
""")
_OUTSIDE = group_of("""
    this | that | it | he | she | they | these | those | him | her | them | we | us
    the (?:video|image|picture|photo|post|tweet|thread|guy|man|woman|op|link|above)
""")
_POINTS = group_of(rf"""
    (?!is it (?:safe|possible|legal|healthy|ok|okay|true that|worth|better|normal|necessary)\b){_ASKS_OR_ORDERS} {_OUTSIDE}\b
    what do you think | do you (?:agree|think|like) | are you | who are you
""")
DEICTIC = re.compile(f"^(?:(?:please|can you|could you|hey|so|and|but|ok|now)[, ]+){{0,3}}{_POINTS}", re.IGNORECASE)
ENDS_OUTSIDE = re.compile(r"\b(?:it|that|this|these|those|them|him|her|one|there|here|so|though|then|now)[\s.?!]*$",
                          re.IGNORECASE)
OWN = re.compile(r"\b(?:i|i'm|i've|i'd|me|my|mine|we|we're|us|our)\b", re.IGNORECASE)

SIGNS = {"order": ORDER.match, "likeness": LIKENESS.search, "question": QUESTION.match, "nearby": NEARBY.search,
         "to the reader": READER.search, "to a model": READER_MODEL.search, "lively": LIVELY.search, "story": STORY.search,
         "name": NAME.search, "points outside": DEICTIC.match, "narrative": NARRATIVE.search, "role": ROLE.match,
         "role with a task": ROLE_TASK.search, "answered": ANSWERED.search, "ends outside": ENDS_OUTSIDE.search,
         "own": OWN.search}
"""Each sign by its name."""
