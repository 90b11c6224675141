"""Answers that show an earlier turn which is not in the row: "thank you for clarifying", "here are five more"."""

import polars as pl

from instructwild.clean.patterns import ANSWER_SIZE, PROMPT_SIZE, holds_any, matches, matches_any, only_where
from instructwild.clean.spoken_for import SPEAKS_FOR
from instructwild.text.word_table import any_of, group_of

PROMPT, ANSWER = pl.col("prompt"), pl.col("answer")

_COUNT = r"(?:\d+|one|two|three|four|five|six|seven|eight|ten|twelve|fifteen|twenty)"
_SORRY = (r"(?:i['’ ]?(?:a?m)? ?(?:sincerely |deeply )?apologi[sz]e|(?:my )?(?:sincere )?apologies|(?:i['’]m"
          r" )?sorry)(?: again)?")
_FAULT = group_of("""
    confusion | mistakes? | errors? | oversights? | misunderstanding | mix-?up | typos? | omission | incorrect
    incomplete | wrong | earlier | previous | general | extra | missing | repeated | continued | response | answer
    code | length
""")
_THANKED_FOR = group_of("""
    the (?:clarification|additional|update|correction) | clarif | letting me know
    providing (?:that|those|more|me|additional) | pointing
""")
_NAMED = group_of("""
    mentioned | discussed | suggested | provided | listed | outlined | shared
""")
_DESCRIBED = group_of("""
    mentioned | discussed | described | suggested | provided | listed | outlined | shared
""")
_LIKED = "(?:you (?:like|liked|found|enjoyed)|it worked|that worked)"
_OPENS_ON = r"(?i)\A\W*" + group_of(rf"""
    {_SORRY} for (?:the|any|my|that)? ?(?:\w+ ){{0,2}}{_FAULT}\b | {_SORRY} for (?:that[.,]|misunderstanding)
    you(?:['’]re| are) (?:absolutely |completely )?(?:right|correct)[,.!] | thank you for {_THANKED_FOR}
    (?:i['’]m )?(?:glad|happy) (?:to hear )?(?:that )?{_LIKED}
""")
_ANSWERS_ON = rf"{_OPENS_ON}|" + any_of(rf"""
    \b(?:as|that|which)(?: i| we| you)? {_NAMED} (?:earlier|previously)\b
    \bi (?:earlier|previously) {_DESCRIBED}\b
""")
_GIVES_MORE = (rf"(?i)\A\W*(?:(?:sure|certainly|of course|absolutely|great|yes|ok(?:ay)?)\W*)?here(?:['’]s| is| are)"
               rf" (?:the |some |a few"
              rf" |{_COUNT} )?(?:more|another|additional|remaining|rest of the|next)\b(?: [a-z]+){{1,3}}")
_UNSURE = group_of("""
    sorry | apologi[sz]e | not (?:quite |entirely )?sure | not familiar | don['’]t (?:have|understand) | do not have
    unclear | not clear | ambiguous | need more
""")
_ASKS_FOR_IT = r"(?:(?:could|can|would) you (?:please )?(?:provide|give|share|clarify)|please (?:provide|give|share))"
_NEEDS_MORE = (rf"(?i){_UNSURE}.*{_ASKS_FOR_IT}(?: me)?(?: with)?(?: me)? (?:more|some|additional|further) "
               r"(?:context|information|details)")
_WHAT_IS = r"(?i)\A\W*(?:(?:what|who) (?:is|are|was|were|does|do)|(?:are|can) you) "
_POINTS = r"(?i)\b(?:it|its|this|that|these|those|they|he|she|the)\b"
_CHANGED = group_of("""
    updated? | revised? | modified | corrected | adjusted | reworked | shortened | rewritten | refined | condensed
""")
_GIVEN_TEXT = group_of("""
    information | description | code | requirements? | text | context | conversation | details | content | passage
    article | table | list | story | transcript
""")
_SHOWN = group_of("""
    provided | shared | given | mentioned | described | discussed | above
""")
_SHOWN_TEXT = group_of("""
    code | script | function | list | information | table | text | article | story | passage | details | query
    requirements | file | document | content
""")
_YOU_SHOWED = group_of("""
    provided | shared | gave | given | mentioned | described | posted | listed | pasted
""")
_ANSWER_POINTS_BACK = "(?i)" + any_of(rf"""
    \b(?:here(?:['’]s| is| are)|this is|below is|i(?:['’]ve| have)) (?:an? |the |your |some )?{_CHANGED}\b
    \b(?:based on|according to|given) (?:the|your|our) {_GIVEN_TEXT}[^.,]{{0,20}}{_SHOWN}\b
    \b{_SHOWN_TEXT} (?:that )?you(?:['’]ve| have)? (?:just )?{_YOU_SHOWED}\b
    \b(?:my|our|this|the) previous (?:example|code|response|answer|message|conversation|script|snippet)\b
""")
_COMMON_WORK = group_of("""
    code | script | function | example | story | plan | approach | model | table | list | query
""")
_DONE_TOGETHER = group_of("""
    wrote | created | used | discussed | defined | built | provided | shared | mentioned
""")
_OPENS_ANEW = group_of("""
    sorry about that | acknowledged[.,] | with (?:this|that|the|your) new information
    based on (?:the|your) (?:additional|new|updated) (?:information|details|requirements|input)
""")
_USED_BEFORE = "(?i)" + any_of(rf"""
    \bthat i used in the (?:example|code|script)\b
    \bin the (?:example|code|script|query|story) i (?:gave|provided|used|wrote)\b
    \b{_COMMON_WORK} (?:that )?(?:we|i) {_DONE_TOGETHER} ?(?:earlier|above|before|previously|in)\b
    \bchanges (?:we|you)(?:['’]ve| have) made\b
""")
_WHO_USED_IT = rf"(?i)(?:we|i) (?:gave|{_DONE_TOGETHER})|changes (?:we|you)"
"""What any text that this matches holds; whole answers are searched for it."""
_WITHDRAWS = (rf"(?i)\A\W*{_SORRY} for (?:the|any|my|that)? ?(?:\w+ ){{0,2}}(?:confusion|mistakes?|errors?|oversight"
              r"|misunderstanding|mix-?up|typo|omission"
              r"|(?:previous|earlier|incomplete|wrong|generic|repeated|vague|confusing)"
              r" (?:response|answer|reply|code|message))\b")

_THANKS = r"(?i)\A\W*" + group_of("""
    thank you | thanks | you['’]?re (?:very )?welcome | i['’]?m (?:so )?(?:glad|happy|pleased) | glad (?:i|to)
""") + r"\b"
_OFFERS_MORE = group_of("""
    (?:other|more|further|additional) (?:questions|issues) | anything else | feel free to | hesitate | let me know
    assist you | help you
""")
_REACTS = r"(?i)\A\W*" + group_of(r"""
    in that case\b | got it[,.!] thank | no problem[,.!]+ here | (?:oh |ah )?i see[.,] (?:in that case|thank|have you)
    (?:my apologies|i apologi[sz]e|apologies)[,.]? (?:once again,? |again,? )?you(?:['’]re| are) (?:right|correct)
    (?:my apologies|i apologi[sz]e|apologies)[,.]? i (?:must have|misunderstood|made|missed|forgot)\b
    thank you for (?:bringing|correcting|confirming|catching)\b
""")
_NAMED_EARLIER = "(?i)" + any_of(r"""
    \b(?:mentioned|discussed|listed|talked about|wrote|gave(?: you)?|suggested|provided) (?:earlier|previously)\b
    \b(?:the|my|our) earlier (?:example|response|code|answer|message)s?\b
""")
_A_LATER_NUMBER = r"\A\W{0,3}(?:[2-9]|[1-9]\d)[.)] \S"
_HAS_NUMBERS = r"(?i)(?:\A|\s)\(?\d+[.)]|\brat(?:e|ing)\b|\bscale\b|\bscore\b|\bhow (?:many|much)\b|[-+*/=^√%]"
"""Prompts that hold numbered items, or ask for a number."""

REACTS_IN_A_TALK = only_where(
    PROMPT_SIZE < 240, ~matches(PROMPT, SPEAKS_FOR) & (
        matches(ANSWER.str.head(300), _NAMED_EARLIER) | matches(ANSWER.str.head(120), _REACTS)
        | ((ANSWER_SIZE < 400) & ~PROMPT.str.contains("?", literal=True) & matches(ANSWER.str.head(60), _THANKS)
           & matches(ANSWER.str.tail(160), rf"(?i){_OFFERS_MORE}"))))
"""The answer thanks for a word of praise, gives in, or names what was said earlier: whatever text the prompt holds."""
BEGINS_LATER = ((PROMPT_SIZE < 400) & (ANSWER_SIZE > 60) & matches(ANSWER.str.head(8), _A_LATER_NUMBER)
                & ~matches(PROMPT, _HAS_NUMBERS))
"""A list that begins at a later number than 1: its beginning was an earlier answer."""
ANSWER_GOES_ON = (((PROMPT_SIZE < 240) & matches(ANSWER.str.head(120), _GIVES_MORE))
                  | only_where((PROMPT_SIZE < 200) & matches(ANSWER.str.head(300), _ANSWER_POINTS_BACK),
                               ~matches(PROMPT, SPEAKS_FOR)))
"""Of prompts without a text of their own."""
USED_BEFORE = only_where(only_where(ANSWER.str.contains(_WHO_USED_IT), matches(ANSWER, _USED_BEFORE))
                         | matches(ANSWER, rf"(?i)\A\W*{_OPENS_ANEW}\b"), ~matches(PROMPT, SPEAKS_FOR))
"""Likewise; the only words that are looked for behind the opening of an answer."""
ANSWERS_A_TALK = only_where(matches(ANSWER.str.head(220), _ANSWERS_ON), ~matches(PROMPT, SPEAKS_FOR))
WITHDRAWS_AN_ANSWER = only_where(matches(ANSWER.str.head(120), _WITHDRAWS),
                                 (PROMPT_SIZE < 2000) & ~matches(PROMPT, SPEAKS_FOR))
"""The answer begins by taking back one that is not in the row: a prompt of any length goes on from it."""
ASKS_BACK = only_where((PROMPT_SIZE < 120) & (ANSWER_SIZE < 500)
                       & holds_any(ANSWER, ["context", "information", "details"]),
                       matches(ANSWER.str.head(300), _NEEDS_MORE) & ~matches(ANSWER, r"\A\s*[\"“‘']")
                       & ~matches(PROMPT, rf"{SPEAKS_FOR}|how (?:can|do|would|should) i (?:say|ask|tell)|phrase|\bask"
                                          rf" me\b") & (~matches(PROMPT, _WHAT_IS) | matches(PROMPT, _POINTS)))
"""The answer says that it does not know what is meant, and asks for more: not of a word or name that it does not know."""
OPENINGS = (_GIVES_MORE, _ANSWER_POINTS_BACK)
"""What an answer to a prompt without a text of its own opens with, for one look at all."""
MAY_OPEN_ON = (matches_any(ANSWER, (_THANKS, _REACTS, _WITHDRAWS, _OPENS_ON))
               | matches(ANSWER.str.head(8), _A_LATER_NUMBER) | ANSWER.str.head(300).str.contains("(?i)earlier|previously"))
"""One look at what the answers to other prompts open with."""
