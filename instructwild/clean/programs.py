"""Answers that are no program where one was asked for, and programs that no compiler takes."""

import polars as pl

from instructwild.clean.patterns import ANSWER_SIZE, PROMPT_SIZE, holds_any, matches, only_where
from instructwild.text.word_table import group_of

PROMPT, ANSWER = pl.col("prompt"), pl.col("answer")

_PROGRAM = group_of("program | script | function | software | code | web ?page | web crawler | chat ?bot | bot")
_ASKS_FOR_ONE = (r"(?i)\A\W*(?:please )?(?:create|write|develop|build|implement|code|make)(?: me)? (?:an?|the)"
                 rf" (?:[\w'-]+ ){{0,5}}?{_PROGRAM}\b")
_WOULD = group_of("should | would | will | needs? | must | (?:can|could) be (?:created|developed|built|written)")
_SAYS_WHAT_IT_WOULD_DO = rf"(?i)\A\W*(?:the|this|your|an?)(?: [\w'-]+){{0,5}}? {_PROGRAM}\b[^.\n]{{0,60}}?\b{_WOULD}\b"
_CODE = r"[{}=;]|```|\bdef |<[a-z]+>"
_OTHER_WORDS = group_of(r"""
    logo | \d+-word | secret | layout | design | mock-?up | interface | outline | plan | describe
    exercise | training | fitness | workout | treatment | school | loyalty | rewards? | volunteer | mentor\w* | education\w*
    marketing | wellness | concert | event | tv | dress | moral
    commercial | ad | advertis\w+ | video | movie | film | play | radio | podcast | call | sales
""")
_OTHER_PROGRAMS = rf"(?i)\b{_OTHER_WORDS}\b"
"""Programs of courses and events, scripts of films and calls; and programs of which a description was asked for."""
_LANGUAGE = group_of(r"java | python | c\+\+ | c\# | javascript | php | ruby | sql | rust | go")
_ORDERS_CODE = (r"(?i)\A\W*(?:please )?(?:create|write|develop|provide|implement|give)\b[^\n]{0,60}\b"
                rf"{_LANGUAGE}\b[^\n]{{0,40}}\b(?:solution|function|program|script|code|method|query|class)\b")
_MAY_ASK_FOR_ONE = r"(?i)\A\W*(?:please )?(?:create|write|develop|build|implement|code|make|provide|give)\b"
NO_PROGRAM = only_where(
    (PROMPT_SIZE < 800) & matches(PROMPT.str.head(24), _MAY_ASK_FOR_ONE),
    only_where((PROMPT_SIZE < 300) & (ANSWER_SIZE > 30) & matches(ANSWER.str.head(160), _SAYS_WHAT_IT_WOULD_DO),
               matches(PROMPT, _ASKS_FOR_ONE) & ~matches(PROMPT, _OTHER_PROGRAMS) & ~matches(ANSWER, _CODE))
    | only_where((ANSWER_SIZE < 10) & matches(ANSWER, r"(?i)\A\W*(?:yes|no|true|false)\W*\z"),
                 matches(PROMPT, _ORDERS_CODE)))
"""The answer says what a program would do, or is the "yes" of a question."""

_STRING = r"'(?:[^'\n\\]|\\[nt]){2,}'"
_PRINTS = (rf"\bc(?:out|err) *<<(?:[^\n]*<<)? *{_STRING}|System\.out\.print(?:ln|f)?\( *{_STRING}"
           rf"|(?:Console\.Write(?:Line)?|fmt\.Print(?:ln|f)?)\( *{_STRING}|\b(?:std::string|String) \w+ ?= ?{_STRING}")
_PRINTS_IN_C = rf"\bprintf\({_STRING}"
_OTHER_QUOTES = r"(?i)\b(?:dart|flutter|groovy|gradle|jenkins\w*|apex|salesforce)\b|@isTest|\bvoid main\(\)|Widget"
"""Languages that look alike and take either quote."""
WRONG_QUOTES = only_where(
    holds_any(ANSWER, ["<< '", "<<'", "ln('", "ne('", "tf('", "nt('", "= '", "='"]),
    (matches(ANSWER, _PRINTS) & ~matches(ANSWER, _OTHER_QUOTES) & ~matches(PROMPT, _OTHER_QUOTES))
    | (ANSWER.str.contains("#include", literal=True) & matches(ANSWER, _PRINTS_IN_C)))
"""A string of C++, C#, Java or Go in single quotes, which hold one character there."""
