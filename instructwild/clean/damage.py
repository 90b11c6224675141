"""Kinds of damage to a text: how each shows, what undoes it, and when it may be meant.

The whole row decides: where any turn speaks about the thing itself (encodings, HTML, control characters), or shows the right
form beside the wrong one, nothing is damage. What is neither surely damage nor surely meant is doubtful.
"""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

import polars as pl

from instructwild.clean.mojibake import SUSPECT, Misread, misread, unmangled
from instructwild.clean.page_labels import ENDS_IN_A_LABEL, LONGEST, without_page_labels
from instructwild.clean.patterns import where
from instructwild.clean.role_labels import ENDS_A_TURN, OPENS_A_TURN, without_role_labels
from instructwild.text.lazy_pattern import LazyPattern
from instructwild.text.scripts import ANY_HAN

Turns = Sequence[tuple[str, str]]
"""(role, content) of every turn of a row."""
CONTENT = pl.col("content")
WIDE = where(CONTENT.str.len_bytes() != CONTENT.str.len_chars(), CONTENT)
"""Texts that hold other characters than those of ASCII."""


class Damage(NamedTuple):
    """One kind of damage.

    Attributes:
        meaning: for people.
        suspected: over `content`: quick, and true wherever `mended` changes anything.
        mended: the contents of all turns with what is surely broken put right.
        doubtful: whether turns that `mended` leaves alone may be damaged all the same; None where they never are.
    """

    meaning: str
    suspected: pl.Expr
    mended: Callable[[Turns], list[str]]
    doubtful: Callable[[Turns], bool] | None = None


def _contents(turns: Turns) -> list[str]:
    return [content for _, content in turns]


def _speaks_of(turns: Turns, topic: LazyPattern) -> bool:
    return any(topic.search(content) for _, content in turns)


# --- mojibake ---------------------------------------------------------------------------------------------------------

ENCODINGS = LazyPattern(
    r"mojibake|utf-?\s?8|latin-?\s?1|iso-?\s?8859|cp-?\s?125\d|windows-?\s?125\d|\bgbk\b|gb2312|gb18030|\bansi\b|"
    r"encod|decod|charset|character set|codepage|code page|unicode|garbled|gibberish|(?:weird|strange|odd|funny|broken|wr"
    r"ong) "
    r"(?:character|symbol|letter|sign|text)s?|instead of|(?:shows?|shown|displays?|displayed|appears?|comes? out|turns?|"
    r"turned|reads?|rendered|looks?) (?:up |out )?(?:as|like|into)|"
    r"\bwhy\b[^\n]{0,60}\b(?:shows?|displays?|says?|reads?|see|appears?)\b|"
    r"(?:为什么|為什麼|怎么|怎麼)[^\n]{0,30}(?:显示|顯示|出现|出現|变|變)|编码|解码|乱码|字符集|字元集|編碼|亂碼|(?:显示|变|读|顯示|變|讀)[成为為]",
    re.IGNORECASE)
QUOTED = LazyPattern(r"```.*?(?:```|\Z)|`[^`\n]*`|\"[^\"\n]{0,300}\"|“[^”\n]{0,300}”|「[^」\n]{0,300}」|『[^』\n]{0,300}』|"
                    r"(?<!\w)'[^'\n]{0,300}'(?!\w)|‘[^’\n]{0,300}’", re.DOTALL)
_MISREAD = LazyPattern(SUSPECT)
WORDS_COMPARED = 50
"""Of a turn's damaged words: the right form of one of the first shows what the row is about."""
_WORD_BEFORE, _WORD_AFTER = LazyPattern(r"[^\W\d_]{0,30}\Z"), LazyPattern(r"[^\W\d_]{0,30}")


def _unmangled(turns: Turns) -> list[str]:
    contents = _contents(turns)
    broken = any(_MISREAD.search(content) for content in contents if not content.isascii())
    return contents if not broken or _mojibake_may_be_meant(turns) else [unmangled(content) for content in contents]


def _mojibake_may_be_meant(turns: Turns) -> bool:
    """Whether the row is about the damage, shows the right form beside it, or has it in quotation marks or code alone."""
    pieces = [(content, sorted(misread(content))) for content in _contents(turns)]
    words = {_word(content, piece) for content, listed in pieces for piece in listed[:WORDS_COMPARED]}
    if _speaks_of(turns, ENCODINGS) or any(word in other for word in words if len(word) > 1 for _, other in turns):
        return True
    return all(_within_quotes(content, listed) for content, listed in pieces)


def _word(content: str, piece: Misread) -> str:
    """The word that the damage stands in, as it was meant."""
    before = _WORD_BEFORE.search(content[max(0, piece.start - 30):piece.start])
    after = _WORD_AFTER.match(content[piece.end:piece.end + 30])
    return (before.group() if before else "") + piece.meant + (after.group() if after else "")


def _within_quotes(content: str, pieces: Sequence[Misread]) -> bool:
    quoted = [match.span() for match in QUOTED.finditer(content)] if pieces else []
    at = 0
    for piece in sorted(pieces):
        while at < len(quoted) and quoted[at][1] < piece.end:
            at += 1
        if at == len(quoted) or quoted[at][0] > piece.start:
            return False
    return True


def _doubtful_mojibake(turns: Turns) -> bool:
    shown = any(next(misread(content), None) for content in _contents(turns) if not content.isascii())
    return shown and not _speaks_of(turns, ENCODINGS)


# --- HTML entities ----------------------------------------------------------------------------------------------------

ENTITY = r"&(?:quot|apos|amp|lt|gt|nbsp|#39|#34);"
_ENTITY = LazyPattern(ENTITY)
_PLAIN = {"&quot;": '"', "&apos;": "'", "&amp;": "&", "&lt;": "<", "&gt;": ">", "&nbsp;": " ", "&#39;": "'", "&#34;": '"'}
MARKUP = LazyPattern(r"html|xml|\bentit|escap|\bjsx\b|\bsvg\b|\bweb ?page|browser|\bmarkup\b|\btags?\b|\bencod|"
                    r"实体|转义|网页|浏览器|标签|標籤|前端|實體|轉義|編碼|编码|&amp;(?:\w{2,6}|#\d+);|&(?:copy|reg|hellip|mdash|ndash);",
                    re.IGNORECASE)
ALONE = LazyPattern(r"(?:\A|\s)&nbsp;(?:\s|\Z)")
"""A space that somebody spelled between spaces is spoken of."""
SPELLED_OUT = LazyPattern(r"[<>\"']|&(?!(?:quot|apos|amp|lt|gt|nbsp|#39|#34);)")
"""Signs that a text whose every such sign is spelled as an entity does not hold."""
HAN = LazyPattern(ANY_HAN)


def _unescaped(turns: Turns) -> list[str]:
    """A Chinese row in which every such sign is spelled as HTML does, and which does not speak of markup, is a translation
    service's output; any other stays as it is.
    """
    contents = _contents(turns)
    if not any("&" in content for content in contents) or _speaks_of(turns, MARKUP) or _speaks_of(turns, ALONE):
        return contents
    return [_ENTITY.sub(lambda match: _PLAIN[match.group()], content)
            if HAN.search(content) and not SPELLED_OUT.search(content) else content for content in contents]


def _doubtful_entities(turns: Turns) -> bool:
    """Entities in a row that does not speak of markup and in which none of the signs they stand for shows."""
    contents = _contents(turns)
    if not any("&" in content for content in contents):
        return False
    spelled = {_PLAIN[entity] for content in contents for entity in _ENTITY.findall(content)} & {"<", ">", "&"}
    return not _speaks_of(turns, MARKUP) and any(_ENTITY.search(content) for content in contents) \
        and not any(sign in _ENTITY.sub("", content) for sign in spelled for content in contents)


# --- control characters and separators ---------------------------------------------------------------------------------

ASCII_CONTROL = (r"\x00-\x08", r"\x0e-\x16", r"\x17-\x1b\x1f\x7f")
"""In classes of ten characters at most, for which Rust's engine looks at 32 bytes at once."""
WIDE_CONTROL = r"\x80-\x84\x86-\x9f\u200b\u2060\ufeff\ufff9-\ufffb\ufffe\uffff"
CONTROL = f"[{''.join(ASCII_CONTROL)}{WIDE_CONTROL}]"
SEPARATORS = "\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
INVISIBLE = LazyPattern(
    r"zero[- ]?width|invisible|control (?:char|code|sequence)|non-?printing|byte[- ]order|\bbom\b|"
    r"line separator|vertical tab|form feed|\bu\+[0-9a-f]{4}|\\[uxvf][0-9a-f{]|escape (?:code|sequence)|\bansi\b|"
    r"零宽|不可见|控制字符|行分隔符|垂直制表|换页符|零寬|不可見", re.IGNORECASE)
SPACELESS = LazyPattern(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
"""Scripts in which a zero-width space parts words: Thai, Lao, Burmese, Khmer."""
_CONTROL, _TERMINAL = LazyPattern(CONTROL), LazyPattern(r"\x1b\[[0-9;]*[A-Za-z]")
_WINDOWS_SIGNS = LazyPattern(r"[\x80\x82-\x84\x86-\x8c\x8e\x91-\x9c\x9e\x9f]")
_AT_A_LINE_END = LazyPattern(rf"(?<=\n)[{SEPARATORS}]|[{SEPARATORS}](?=\r?\n)")
_SEPARATOR = LazyPattern(f"[{SEPARATORS}]")


def _visible(turns: Turns) -> list[str]:
    contents = _contents(turns)
    if not any(_CONTROL.search(content) for content in contents) or _speaks_of(turns, INVISIBLE):
        return contents
    return [_without_control(content) for content in contents]


def _without_control(text: str) -> str:
    """C1 codes are signs of Windows-1252 read as Latin-1; the others say nothing and go, save where they part words."""
    if _WINDOWS_SIGNS.search(text):
        text = re.sub(r"[\x80-\x9f]", lambda match: _windows_sign(match.group()), text)
    text = _TERMINAL.sub("", text).replace("\x1f", " ")
    if SPACELESS.search(text):
        return re.sub(CONTROL.replace(r"\u200b", ""), "", text)
    return _CONTROL.sub("", text)


def _windows_sign(char: str) -> str:
    return bytes([ord(char)]).decode("cp1252", errors="ignore")


def _broken_into_lines(turns: Turns) -> list[str]:
    contents = _contents(turns)
    if not any(_SEPARATOR.search(content) for content in contents) or _speaks_of(turns, INVISIBLE):
        return contents
    return [_SEPARATOR.sub("\n", _AT_A_LINE_END.sub("", content)) for content in contents]


# --- placeholders for a missing input -----------------------------------------------------------------------------------

_SAYS_NONE = (r"no ?input|noinput|no input (?:needed|required|provided)|n/a|无输入|没有输入|无需输入|不需要输入|输入为空"
              r"|无需提供输入|无附加输入")
PLACEHOLDER = (rf"(?i)\n\s*(?:input ?[:：]\s*)?(?:[<\[(（【“\"]{{0,2}}\s*(?:{_SAYS_NONE})\s*[>\])）】”\"]{{0,2}}"
               rf"|`[<\[(（【]\s*(?:{_SAYS_NONE})\s*[>\])）】]`)\s*[.。]?\s*\z")
_PLACEHOLDER = LazyPattern(PLACEHOLDER.replace(r"\z", r"\Z"))
_BARE = LazyPattern(r"\n\s*n/a\s*\Z", re.IGNORECASE)
TAKES_A_TEXT = LazyPattern(
    r"\b(?:following|below|this|these|abbreviation|acronym|stands? for|mean|meaning|output|print|table|cells?|columns?|"
    r"fields?|forms?|spreadsheet|excel|replace|message|error|log)\b|[:：]\s*\Z|以下|下列|下面|上述|缩写|意思|含义|输出|打印|表格|"
    r"单元格|字段|替换|报错|提示|这[个句段行]", re.IGNORECASE)


def _without_placeholder(turns: Turns) -> list[str]:
    """Prompts and inputs without a last line that says there is no input; answers mean what they say."""
    return [_PLACEHOLDER.sub("", content) if role == "user" and _says_nothing(content) else content
            for role, content in turns]


def _says_nothing(content: str) -> bool:
    """Whether the last line is a placeholder and nothing before it can take that line for a text of its own."""
    match = _PLACEHOLDER.search(content, max(0, len(content) - 60))
    if match is None or not content[:match.start()].strip():
        return False
    bare = re.fullmatch(r"\s*[^\s<\[(（【“\":：]+(?: ?input)?[^\S\n]*", match.group(), re.IGNORECASE)
    before = content[:match.start()].rstrip()
    if _BARE.search(match.group()):
        return before[-1:] in ".?!。？！" and not TAKES_A_TEXT.search(before)
    return not (bare and TAKES_A_TEXT.search(before))


def _doubtful_placeholder(turns: Turns) -> bool:
    return any(role == "user" and _PLACEHOLDER.search(content, max(0, len(content) - 60)) for role, content in turns)


# --- line ends spelled out ---------------------------------------------------------------------------------------------

SPELLED_LINE_END = r"\\n(?:\\n)*(?: ?[-*•] |\(?[A-Ha-h1-9][).]|[A-Z][a-z]*[ :]|\d|\p{Han}|\s*\z)"
SPELLED_ON_PURPOSE = (r"`|\\[a-mo-zA-Z\\]|\$|[\"'“‘]\s*\\n\s*[\"'”’]|[A-Z]:\\|(?i:printf?\b|\bcode\b|string|regex"
                      r"|\bescap|new ?line|line break"
                      r"|python|java|\bdef \b|\bjson\b|path)|代码|字符串|换行|转义|正则|函数|路径")
_ON_PURPOSE = LazyPattern(SPELLED_ON_PURPOSE)


def _with_line_ends(turns: Turns) -> list[str]:
    """Two or more line ends spelled as a backslash and an n, in a row without anything in which that is meant."""
    contents = _contents(turns)
    if sum(content.count("\\n") for content in contents) < 2 or _speaks_of(turns, _ON_PURPOSE):
        return contents
    return [content.replace("\\n", "\n") for content in contents]


# --- white space around a text ------------------------------------------------------------------------------------------

_FIRST_BLANK, _INDENTED = LazyPattern(r"\A(?:[^\S\n]*\n)+"), LazyPattern(r"\n[^\S\n]")


def _stripped(turns: Turns) -> list[str]:
    return [_without_outer_space(content) for _, content in turns]


def _without_outer_space(text: str) -> str:
    """Without blank lines before and white space behind; spaces before the first word stay where they may be indentation."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    head, line, last = text.rstrip().rpartition("\n")
    trailing = text[len(text.rstrip()):]
    if not (line or last):
        return ""
    opens_a_block = trailing.rpartition("\n")[2] and "\n" in trailing and (last[-1:] in ":{([" or last[:1].isspace())
    text = _FIRST_BLANK.sub("", text if opens_a_block else head + line + last)
    one_space = text[:1] == " " and not text[1:2].isspace() and not _INDENTED.search(text)
    return text[1:] if one_space else text


def _without_labels(turns: Turns) -> list[str]:
    return [without_page_labels(content) if role == "user" else content for role, content in turns]


def _without_role_labels(turns: Turns) -> list[str]:
    return [without_role_labels(role, content) for role, content in turns]


DAMAGE: dict[str, Damage] = {
    "mojibake": Damage("text decoded with the wrong encoding",
                       WIDE.str.contains(SUSPECT), _unmangled, _doubtful_mojibake),
    "html_entities": Damage("signs that a translation spelled as HTML does, such as &quot;",
                            CONTENT.str.contains(ENTITY), _unescaped, _doubtful_entities),
    "control_characters": Damage(
        "characters that no reader sees",
        pl.any_horizontal(WIDE.str.contains(f"[{WIDE_CONTROL}]").fill_null(False),
                          *(CONTENT.str.contains(f"[{part}]") for part in ASCII_CONTROL)), _visible),
    "line_separators": Damage("vertical tabs, form feeds and Unicode's separators where a line ends",
                              CONTENT.str.contains(f"[{SEPARATORS}]"), _broken_into_lines),
    "placeholder": Damage("a line that says there is no input", CONTENT.str.tail(50).str.contains(PLACEHOLDER),
                          _without_placeholder, _doubtful_placeholder),
    "page_labels": Damage("labels of the page that a prompt was copied from, at its end",
                          CONTENT.str.tail(LONGEST).str.contains(ENDS_IN_A_LABEL), _without_labels),
    "role_labels": Damage("tags of a chat template around a whole turn",
                          CONTENT.str.contains(OPENS_A_TURN) | CONTENT.str.contains(ENDS_A_TURN), _without_role_labels),
    "spelled_line_ends": Damage("line ends that stand in the text as \\n", CONTENT.str.contains(SPELLED_LINE_END),
                                _with_line_ends),
    "outer_space": Damage("white space around the text, or carriage returns in it",
                          (CONTENT.str.strip_chars().str.len_bytes() != CONTENT.str.len_bytes())
                          | CONTENT.str.contains("\r", literal=True), _stripped),
}
"""In the order in which they are undone: one may uncover the next."""
ON_DEMAND = ("spelled_line_ends",)
"""What is undone only when asked for, and flagged by the rule of the same name: many data sets hold such rows by the
thousand, and programs of their users split at them."""
