"""Which part of a text asks, and which is what is asked about, where no quotation marks say so.

In 翻译成中文：The gull rides home, the first part asks; in "Translate into English: 海鸥回家" as well. Of texts in Han and
Latin letters only the first piece (to a colon or a line's end), the last line, and texts of one line that begin or end in
the other letters are looked at; where none of them asks by its words, nothing is known. Of texts in any letters the first
piece is known to ask where it asks for a translation.
"""

from instructwild.text.lazy_pattern import LazyPattern
from instructwild.text.scripts import ANY_HAN
from instructwild.text.word_table import any_of, group_of

MIXED = rf"(?s){ANY_HAN}.{{0,3}}{ANY_HAN}.*[A-Za-z]{{2}}[^A-Za-z\n]{{1,3}}[A-Za-z]{{2}}" \
        rf"|[A-Za-z]{{2}}[^A-Za-z\n]{{1,3}}[A-Za-z]{{2}}.*{ANY_HAN}.{{0,3}}{ANY_HAN}"
"""Two Han characters and two Latin words in one text: only such a text is looked at."""
HEAD = 4000
"""Characters looked at from either end."""
LEAD = 160
"""Characters of a first line in which a colon ends the part that asks."""
HAN_WEIGHT = 2.5
_HAN, _LATIN = LazyPattern(ANY_HAN), LazyPattern(r"[A-Za-z]")
_LETTER = LazyPattern(rf"[A-Za-z]|{ANY_HAN}")
_COLON = LazyPattern(r"[:：](?!//)")
_CHINESE = LazyPattern(any_of("""
    翻[译譯] | [译譯][成为為] | [总總][结結] | 概括 | 摘要 | 改[写寫成为為正] | [润潤]色 | 解[释釋] | 意思 | 含[义義]
    [纠糾]正 | 修改 | [语語]法 | [阅閱][读讀] | 回答 | [下上]面 | [以下上][下列述] | [这這][段句篇封个個首些] | [请請]
    [帮幫][我忙] | 怎[么麼] | 如何 | 什[么麼] | [为為]何 | [吗嗎] | 哪 | 多少 | 分析 | [续續][写寫] | 提取 | 列出
    分[类類] | 判[断斷] | [写寫][一个個出] | 用.{0,8}[说說写寫] | [问問][题題]
"""))
_OPENS_CHINESE = LazyPattern(
    r"\A\W*(?:[请請]|[帮幫给給]我|[写寫]|翻[译譯]|[把将將用]|解[释釋]|[总總][结結]|改|列|分析|什[么麼]|怎|如何|[为為]什)")
_ENGLISH_WORDS = group_of("""
    translate | summari[sz]e | explain | rewrite | re-?phrase | paraphrase | correct | fix | proofread | edit | improve
    polish | describe | analy[sz]e | identify | classify | categori[sz]e | convert | turn | change | read | answer
    extract | find | list | write | give | tell | make | create | compose | continue | complete | define | interpret
    transcribe | simplify | shorten | expand | compare | generate | count | decide | determine | label | tag | sort
    spell | what | how | why | who | whom | whose | which | when | where | is | are | was | were | does | do | did
""")
_ENGLISH = LazyPattern(rf"(?i)\A\W*(?:please\s+|kindly\s+|(?:can|could|would|will) you\s+(?:please\s+)?)?{_ENGLISH_WORDS}\b")

TRANSLATE = (r"(?i)translat|tradu[cizs]|übersetz|uebersetz|vertaal|översätt|oversæt|oversett|käännä|fordítsd|přelož"
             r"|przetłumacz|terjemah|dịch (?:câu|đoạn|sang)|çevir|перев[её]д|перевест|переклад|ترجم|अनुवाद|번역"
             r"|翻[译譯]|[译譯]成|[译譯]为|訳し|翻訳")
"""A word of translating: only a text with one is looked at."""
_TRANSLATE, _FIRST_PIECE = LazyPattern(TRANSLATE), LazyPattern(r"\A\s*([^:：\n]+)[:：\n]")


def order_to_translate(text: str) -> str | None:
    """The order to translate with which a text begins, up to a colon or the end of the line; None where it has none."""
    piece = _FIRST_PIECE.search(text)
    return piece[1] if piece and _TRANSLATE.search(piece[1]) else None


def asking(text: str) -> str | None:
    """The part of a text in both scripts that asks; None where its words do not show which does."""
    shown = text if len(text) <= 2 * HEAD else f"{text[:HEAD]}\n{text[-HEAD:]}"
    lines = [line for line in shown.splitlines() if _LETTER.search(line)]
    if not lines:
        return None
    colon = _COLON.search(lines[0], 0, LEAD)
    lead = lines[0][:colon.start()] if colon and (len(lines) > 1 or _LETTER.search(lines[0], colon.end())) else lines[0]
    pieces = [lead, lines[-1]] if len(lines) > 1 else [lead] if colon and lead != lines[0] else []
    for piece in pieces:
        if asks(piece):
            return piece
    return _around_one_line(lines[0]) if len(lines) == 1 else None


def asks(piece: str) -> bool:
    """Whether a piece of text asks by its words: a verb or a question word at its beginning, in Chinese anywhere."""
    return (_CHINESE if _is_han(piece) else _ENGLISH).search(piece) is not None


def _is_han(piece: str) -> bool:
    return HAN_WEIGHT * len(_HAN.findall(piece)) >= len(_LATIN.findall(piece))


def _around_one_line(line: str) -> str | None:
    """What stands around words of the other script in one line."""
    letters = _LETTER.findall(line)
    begins, ends = (_HAN.match(letter) is not None for letter in (letters[0], letters[-1]))
    if begins and (_OPENS_CHINESE.search(line) or (ends and _CHINESE.search(line))):
        return _LATIN.sub(" ", line)
    if not begins and not ends and _ENGLISH.search(line):
        return _HAN.sub(" ", line)
    return None
