"""Prompts and answers that name what stood in an earlier turn: "the code you provided", "write section 5", "Great! Now …".

Of prompts without a text of their own; each pattern is one way of naming it.
"""

import polars as pl

from instructwild.clean.patterns import ANSWER_SIZE, PROMPT_SIZE, holds_any, matches, matches_any, only_where
from instructwild.clean.spoken_for import ASKS_FOR_WORDING, SPEAKS_FOR
from instructwild.text.word_table import group_of, listed

PROMPT, ANSWER = pl.col("prompt"), pl.col("answer")

_MANNERS = group_of("please | pls | kindly | can you | could you | would you | now | then | and | also | ok(?:ay)?,?")
_VERBS = group_of("write | give | list | add | create | generate | suggest | provide | make | show")
_COUNTS = group_of(r"\d+ | two | three | four | five | six | seven | eight | nine | ten | twenty | some | a few | several")
_COUNT_MORE = rf"(?i)\A\W*(?:{_MANNERS} )*{_VERBS}(?: me| us)? {_COUNTS} more [a-z]"
_COMPARES = r"(?i)\bmore (?:[a-z]+ ){0,3}than\b"
"""Five more lines; five more apples than pears are a sum."""

_LIKE_BEFORE = r"(?i)\b(?:in|with|keep(?:ing)?|follow(?:ing)?|using) the same " + group_of("""
    style | tone | format | manner | structure | pattern | way | theme | voice
""") + r"\b"
_LIKE_WHAT_IS_NAMED = r"(?i)\bsame \w+ (?:as|of|that)\b"
_WHY_YOU = (r"(?i)\A\W*(?:and |but |so |tell me |can you explain |i(?:['’]m| am) curious |i wonder )*why (?:did )?you "
            + group_of("""
    chose | choose | used? | decided? | picked | pick | included? | added? | put | wrote | write | suggest(?:ed)?
    recommend(?:ed)? | created? | changed? | removed?
""") + r"\b")
_LESS_OF_IT = r"(?i)\A\W*(?:more|less|fewer) [a-z]+, "
_INSTEAD = r"(?i)\A\W*(?:please )?instead of [^,]+, "
_STATES_A_CHOICE = (r"(?i), (?:(?:you|we|one|they|people|he|she|it) (?:can|could|may|might|should|will)"
                    r"|what|which|who)\b")

_PARTS = group_of("""
    paragraph | sentence | line | stanza | section | part | point | step | question | scene | act | chapter | verse | bullet
    column | row | option | example | code | half | slide | version | draft
""")
_LATER = "(?:second|third|fourth|fifth|last|next|final|previous)"
_LATER_PART = rf"(?i)\b(?:the|that|your) {_LATER} {_PARTS}s?\b"
_PART_OF = rf"(?i)\b{_PARTS}s? (?:of|in|on|from|to|for|needed|required|after|when|is|are) |\b(?:first|1st)\b"
_NUMBERED = (r"(?i)\b(?:idea|option|point|step|item|suggestion|chapter|episode|subsection|section|part|question)"
             r" (?:number |no\.? ?|#)?\d{1,2}\b")
_NUMBERED_OF = (r"(?i)\d (?:of|in|from) |bankrupt|\bsection 8\b|\bpart \d|\bbible\b|\bverse |\bacts? chapter"
                r"|\bcode\b.*\bsection\b|\bgrade\b")
_WHICH = r"(?i)\A\W*which ones?\b"
_CHOICES = r"(?i)\b(?:or|between|among)\b|,"

_PRAISE = group_of("""
    wow | amazing | fantastic | wonderful | brilliant | lovely | interesting | awesome | understood | i see | got it | great
    perfect | nice | cool | excellent | good | well done | much better | looks good | sounds good | very good | very nice
    good job | nice work | great job
""")
_OPENS_WITH_PRAISE = rf"(?i)\A\W*{_PRAISE}[,.!]+ +\S"
_FORBIDS = r"(?i)\A\W*(?:please )?(?:make sure|be sure to|no need to|(?:do not|don['’]?t) " + group_of("""
    use | repeat | make | mention | include | start | write | copy | shorten | insert | stop | allow | prompt | add | change
    give | put | ask | show | explain
""") + r")\b"
_ABOVE = (r"(?i)(?:\A\W*(?:[a-z]+ )?|\b(?:the|in|for|of|with|to|from|on|per|by|using|help|convert|translate|explain"
          r"|write) )above " + group_of("""
    in | as | into | to | code | method | product | table | idea | pseudocode | diagram | sample | script | example | data
    text | list | two | three | points? | steps? | question | case | prompt | model | class | function | query | topic
""") + r"\b")
_SHOWN_ABOVE = r"(?i)\b(?:question|claim|options?) above|above (?:question|claim)"
_ALL_OF_IT = group_of(r"""
    where (?:we|you|i) (?:left|stopped) | (?:our|your|my) (?:conversations?|discussion|chat) so far
    (?:given|with|from|based on|using|considering) all (?:of )?(?:this|that|these|the above)
""")
_YOUR_WORK = r"your (?:first|second|third|last|next|final|initial|original) " + group_of("""
    answer | response | point | suggestion | example | option | idea | list | version | draft | message
""")
_TAKES_UP = rf"(?i)\b(?:{_ALL_OF_IT}|{_YOUR_WORK})\b"

_GAVE = "(?:provided|shared|gave|given|sent|posted|showed|shown|wrote|pasted)"
_JUST = "(?:['’]ve| have)?(?: just| already| previously)?"
_YOU_GAVE = rf"(?i)\b(?:the|this|that|those|these|your)(?: [\w-]+){{1,4}} (?:that |which )?you{_JUST} {_GAVE}\b"
_MAY_HOLD_IT = r"(?i)\b(?:following|below|sentence|given|provided|if i give)\b|[;|$&=<>]|--|,[^,]*,"
_I_GAVE = (rf"(?i)\b(?:the|this|that|those|these)(?: [\w-]+){{1,4}} (?:that |which )?i{_JUST} "
           r"(?:provided|gave|given|shared|listed|showed|suggested|mentioned|described|wrote)\b")
_OUR_TALK = (r"(?i)\b(?:based on|from|in|throughout|during) our (?:conversations?|discussions?|chat|previous|earlier)\b"
             r"|\bin (?:the|my) previous (?:response|answer|example|code|message|conversation)s?\b")
_SAYS_SO = listed("""
    provided | shared | gave | given | sent | posted | showed | shown | wrote | pasted | listed | suggested | mentioned
    described | our conversation | our discussion | our chat | our previous | our earlier | previous | still
    information I need | welcome
""")
"""What an answer that names it holds in any case."""
_WELCOME = r"(?i)\A\W*you['’]?(?:re| are) (?:very |most )?welcome\b"
_LAST_QUESTION_ANSWERED = (r"(?i)\ball the information i need\b"
                           r"|\bi(?:['’]m| am)? still (?:not sure|having trouble|don['’]t see|need)")

_ALONE = (_WHY_YOU, _LESS_OF_IT, _FORBIDS, _TAKES_UP, _OPENS_WITH_PRAISE)
_UNLESS = ((_COUNT_MORE, _COMPARES, 240), (_LIKE_BEFORE, _LIKE_WHAT_IS_NAMED, 240), (_INSTEAD, _STATES_A_CHOICE, 240),
           (_LATER_PART, _PART_OF, 160), (_NUMBERED, _NUMBERED_OF, 160), (_WHICH, _CHOICES, 140),
           (_ABOVE, _SHOWN_ABOVE, 200))
"""Ways of naming it, what of the same look names something else, and below how many characters."""
_MAY_NAME_IT = matches_any(PROMPT, (*_ALONE, *(row[0] for row in _UNLESS)))
_PROMPT_NAMES_IT = only_where(_MAY_NAME_IT, pl.any_horizontal(
    *(matches(PROMPT, pattern) for pattern in _ALONE),
    *((most > PROMPT_SIZE) & matches(PROMPT, pattern) & ~matches(PROMPT, other) for pattern, other, most in _UNLESS)))
_ANSWER_NAMES_IT = only_where(holds_any(ANSWER.str.head(400), _SAYS_SO), only_where(
    (matches(ANSWER.str.head(400), _YOU_GAVE) & (PROMPT_SIZE < 200) & ~matches(PROMPT, _MAY_HOLD_IT))
    | matches(ANSWER.str.head(400), _I_GAVE)
    | matches(ANSWER.str.head(300), rf"{_OUR_TALK}|{_LAST_QUESTION_ANSWERED}")
    | ((PROMPT_SIZE < 160) & matches(ANSWER.str.head(40), _WELCOME) & ~matches(PROMPT, ASKS_FOR_WORDING)),
    ~matches(PROMPT, SPEAKS_FOR)))
NAMES_WHAT_IS_GONE = ((PROMPT_SIZE < 240) & (_PROMPT_NAMES_IT | _ANSWER_NAMES_IT)).fill_null(False)
"""Of prompts without a text of their own."""

_GOES_ON_FROM = (rf"(?i)\A\W*(?:{_MANNERS} )*(?:continue|carry on|resume|go on|keep going|start again)"
                 r" (?:from|at|after|where)\b")
_TEXT_FOLLOWS = r"(?i)story|sentence|paragraph|poem|sequence|pattern|series|\n[^\n]*\n"
_NEXT_MOVE = r"(?i)what (?:do|would|will) you (?:like to |want to )?(?:do|say)(?: next| now)?\?\s*\z"
_SETS_A_GAME_UP_WORDS = group_of(r"""
    \w*adventure\w* | games? | role\w* | play | story | simulat\w+ | pretend | act as | rpg | dungeons? | quiz | interview
    scenario | ask me | transform | convert | rewrite | translate | text
""")
_SETS_A_GAME_UP = rf"(?i)\b{_SETS_A_GAME_UP_WORDS}\b"
_TAKES_NOTE = r"(?i)\A\W*(?:understood|noted|acknowledged|got it|sure, i(?:['’]ll| will) (?:keep that|remember))\b"
_SAYS_WHAT_TO_DO_WORDS = group_of(r"""
    acknowledge\w* | understand | understood | reply | say | answer with | respond\w* | ok | ready | got it | confirm | clear
    future | from now | any ?time | when(?:ever)? i | i(?:['’]ll| will) (?:provide|give|send|share) | you are an? | imagine
    your (?:job|task|role)
""")
_SAYS_WHAT_TO_DO = rf"(?i)\b{_SAYS_WHAT_TO_DO_WORDS}\b"
IS_A_MOVE_IN_A_TALK = (
    only_where((PROMPT_SIZE < 120) & matches(PROMPT, _GOES_ON_FROM), ~matches(PROMPT, _TEXT_FOLLOWS))
    | only_where((PROMPT_SIZE < 200) & matches(ANSWER.str.tail(80), _NEXT_MOVE), ~matches(PROMPT, _SETS_A_GAME_UP))
    | only_where((PROMPT_SIZE < 240) & (ANSWER_SIZE < 260), only_where(
        matches(ANSWER.str.head(40), _TAKES_NOTE), ~matches(PROMPT, _SAYS_WHAT_TO_DO)))).fill_null(False)
"""Whatever text the prompt holds: it says from where to go on, or its answer asks for the next move of a game whose
beginning is gone, or takes note of one detail of something.
"""
