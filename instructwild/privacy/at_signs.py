"""What an @ is where it begins no name: decorators, variables of SQL, tags of comments, rules of style sheets."""

import re

from instructwild.text.scripts import ANY_HAN
from instructwild.text.word_table import any_of

_CODE_WORDS = """
media import charset keyframes supports container font-face layer namespace page property counter-style apply tailwind
include mixin extend use forward if else elseif endif for each foreach while return function debug warn error at-root
param params returns throws throw see since author version deprecated override overrides test tests before after
beforeeach aftereach beforeall afterall staticmethod classmethod abstractmethod dataclass dataclasses overload final
wraps cached_property lru_cache cache contextmanager fixture pytest jit njit cuda torch tf autowired component service
repository controller restcontroller bean configuration entity table column id generatedvalue transactional
requestmapping getmapping postmapping putmapping deletemapping pathvariable requestbody requestparam responsebody
value qualifier data getter setter builder noargsconstructor allargsconstructor slf4j nullable nonnull notnull
notblank valid size min max email pattern springbootapplication enablewebsecurity suppresswarnings functionalinterface
safevarargs inject singleton module provides injectable input output ngmodule directive pipe hostlistener viewchild
composable preview state binding published main objc escaping available discardableresult mainactor environmentobject
stateobject observedobject time elapsed show inline inbounds simd async sync spawn threads macroexpand benchmark btime
assert testset type types typedef enum interface class exports description example todo fixme file brief details
tparam section yield extends csrf auth guest php json lang js css html
app root src components utils variable var name echo unique default ts-ignore ts-expect-error ts-nocheck end
implementation synthesize try catch finally throw autoreleasepool selector protocol encode dynamic
startuml enduml updatedat createdat map relation code link package private public readonly
internal inheritdoc pt en de fr mentions tags user username handle yourhandle company companyname brand brandname
websitename account role artist localartist timestamp
rtype note raise raises warning ivar cvar keyword precondition postcondition invariant group summary remark
samp setfilename ifhtml iftex ifinfo ifxml ifplaintext ifnothtml iftext direntry dircategory settitle itemize menu
ip host domain localpart href title xml text node attribute param1 param2 query result count sum total i j x y n k symbol
at sign everyone here channel pace rest_framework decorator decorators annotation click submit change keyup keydown
"""
CODE_WORDS = frozenset(_CODE_WORDS.split())
"""Words of code that stand behind an @."""
NO_HANDLE = re.compile(r"(?:app|pytest|click|discord|bot|client|router|api|flask|tree|mcp|server|cli|celery|task)\.\w+|"
                       r"local[a-z]{3,}|(?:player|team|friend|customer|band|author|artist|event|store|shop|product|club)_?name|"
                       r"[\w-]+\.(?:com|net|org|cn|io|edu|de|uk)", re.IGNORECASE)
"""Decorators of objects, and ends of mail addresses."""
_SYNTAX = any_of(r"""
    macros? | decorators? | annotations? | attributes? | docstring | jsdoc | javadoc
    xpath | xquery | at-rules? | regex(?:es|p)? | regular expression
    stored procedure | t-sql | tsql | transact
    scratchblocks | powershell | batch file | makefile | perl | my [@%]
""")
AT_SYNTAX = re.compile(
    rf"\b(?:{_SYNTAX})\b|\bmy [@%]|\b(?-i:(?:La)?TeX)\b|\\(?:makeat\w+|documentclass|usepackage|(?:re)?newcommand)\b|"
    r"(?-i:Scratch) ?[23]\b|\b(?:what|how) (?:is|are|does|do) (?:the )?@|"
    "装饰器|注解|宏|存储过程|正则|裝飾器|註解", re.IGNORECASE)
"""A text that speaks about what an @ does in code."""
_SQL = any_of("SELECT | DECLARE | SET | EXEC | EXECUTE | UPDATE | INSERT | WHERE | VALUES")
_DECORATED = any_of(r"""
    @ | (?:async[ \t]+)?(?:def|class)\b
    public | private | protected | static | export | function
    fn\b | fun\b | struct | interface | abstract | final | void | var\b | let\b | const\b | \w+\(
""")
AT_CODE_LINE = re.compile(
    rf"^[^\n]*(?:\b(?:{_SQL})\b[^\n]*@|\[@|/@|"
    r"@\w[\w:-]{0,40}\s{0,3}(?:[=(\[{]|\+=|:=|INT\b|VARCHAR|N?VARCHAR|AS\b)|\$@|@\$)[^\n]*$|"
    rf"^[ \t]*@[A-Za-z_][\w.]*[ \t]*(?:\([^\n]*\))?[ \t]*\n(?=[ \t]*(?:{_DECORATED}))", re.MULTILINE)
"""Lines in which an @ is syntax: T-SQL, XPath, calls, and decorators above what they decorate."""

COMMENT_LINE = re.compile(r"\A\s*(?://|/\*|\*[ /]|#include\b|#!|--\s|<%|PS |npm ERR|- ?\(\w+\))")
_STATEMENTS = any_of("import | def | class | func(?:tion)? | const | let | var | public | private | protected")
CODE_LINE = re.compile(
    rf"[;{{}}]\s*\Z|\A\s*(?:(?:{_STATEMENTS}) |from \S+ import|return\b)|"
    r"\w\([^()\n]*\)\s*[;{:]?\s*\Z|=>|:=|==|&&|\|\||::|"
    r"\b(?:int|string|float|bool|double|char|datetime|boolean)\b[^\n]{0,20}[@=]", re.IGNORECASE)
PROSE = re.compile(rf"(?:[A-Za-z']+,? ){{4}}|{ANY_HAN}{{6}}")
"""A line of a program, whether or not it stands in a fence: a comment, or signs of code and no run of words."""
SPEAKS_OF_SYNTAX = re.compile(
    r"(?i)(?:\.\w{1,40}){1,4}\(|\s?@(?:catch|finally)|[^\n]{0,20}:: (?:control|grey|motion|looks|sensing|operators|events)|"
    r"[ '\"`”]{0,2}(?:\w+ )?"
    r"(?:variables?|parameters?|placeholders?|tags?|commands?|keywords?|attribute|column|fields?|mentions)\b|"
    r" on \[|\s?[,，]\s?(?:[$€£¥￥]\s?\d|每晚)|\s?(?:变量|参数|标签|部分|部)")
SYNTAX_BEFORE = re.compile(r"(?i)(?:\bsql\b|\bsyntax|(?:local|domain) part|占位符|本地部分)[^\n]*\Z|"
                           r"[+*] ?\Z|\b(?-i:INTO|SET|EXEC|DECLARE|FETCH) \Z|"
                           r"\b(?:tables?|variables?|parameters?|columns?|fields?|cursor|macro)(?: (?:called|named|is))?"
                           r"[ :]{1,2}[\"'`“(]?\Z")
"""The words around an @ in prose about code."""

AT_LINE = re.compile(r"^[^@\n]*@[^\n]*$", re.MULTILINE)
CODE_WIDTH = 300
"""Characters of a line by which it is known as code."""
CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]+`", re.DOTALL)


def code_in(text: str) -> bytearray:
    """1 for every character in backticks or a fence, 0 for the others."""
    marked = bytearray(len(text))
    if "`" in text:
        for match in CODE.finditer(text):
            marked[match.start():match.end()] = b"\1" * (match.end() - match.start())
    return marked


def is_syntax(match: re.Match[str], name: str) -> bool:
    """Whether what stands behind an @ is a word of code or no name at all, by itself and by the words beside it."""
    if name in CODE_WORDS or name.isdigit() or len(name) < 2 or NO_HANDLE.fullmatch(name):
        return True
    text, start, end = match.string, match.start(), match.end()
    return (text[max(0, start - 1):start] in ("{", "#") or bool(SPEAKS_OF_SYNTAX.match(text, end, end + BESIDE))
            or bool(SYNTAX_BEFORE.search(text[max(0, start - BESIDE):start])))


BESIDE = 40
"""Characters on either side of an @ that are looked at."""


def at_syntax(text: str, code: bytearray) -> bytearray:
    """1 wherever an @ would be syntax: in code, in lines of it, or all over a text that speaks about such syntax."""
    if AT_SYNTAX.search(text):
        return bytearray(b"\1" * len(text))
    marked = bytearray(code)
    for match in AT_CODE_LINE.finditer(text):
        marked[match.start():match.end()] = b"\1" * (match.end() - match.start())
    for match in AT_LINE.finditer(text):
        line = match.group()[:CODE_WIDTH]
        if COMMENT_LINE.search(line) or (CODE_LINE.search(line) and not PROSE.search(line)):
            marked[match.start():match.end()] = b"\1" * (match.end() - match.start())
    return marked
