"""How an answer ends: in the middle of a sentence, inside of code, or in a loop that a model did not leave."""

import polars as pl

from instructwild.clean.patterns import ANSWER_SIZE, holds_any, matches, only_where
from instructwild.text.word_table import group_of

ANSWER = pl.col("answer")
LONG = 900
"""Characters from which on a last sentence without its end mark means that a limit of length was met; people forget the
mark of a short answer."""

_OPEN_WORD = r"[a-z,] (?:and|or|the|of|to|a|an)\s*\z|[a-z]{3,} in\s*\z"
_COMMA = r"[,，、]\s*\z"
_CLOSES_A_LETTER = r"(?:\A|\n)[^\n]{0,40}[,，]\s*\z|=[^\n]*[,，]\s*\z"
"""A letter closes with "Sincerely,"; a sum may end in a comma too."""

_LAST_WORDS = ANSWER.str.tail(160)
_LAST_LINE = _LAST_WORDS.str.extract(r"([^\n]*)\z")
_NO_SENTENCE = r"\A\W*(?:\d+[.)]|[-*•+#])|[|`{}<>=;\\/#]|https?:|\A\s"
_MID_SENTENCE = only_where(
    matches(_LAST_WORDS, r"[a-z]{2,} [^\n|`]*[\s(][a-z0-9][a-z0-9']*\z") & (_LAST_LINE.str.len_chars() >= 70),
    ~matches(_LAST_LINE, _NO_SENTENCE) & (ANSWER.str.count_matches(r"[a-z)\"”'][.!?:]\s") >= 4))
_MID_ITEM = (matches(_LAST_LINE, r"\A\s*(?:\d+[.)]|[-*•+]) [^\n]*[a-z)][.!?] [A-Z][^.!?\n]* [a-z]+\z")
             & ~matches(_LAST_LINE, r"[|`{}<>=;\\/#]"))
_OPEN_CODE = ~matches(ANSWER, r"(?m)^when (?:gf|green flag|flag|this sprite)\b|^define \S") & pl.any_horizontal(
    ANSWER.str.count_matches(left, literal=True) > ANSWER.str.count_matches(right, literal=True)
    for left, right in ("{}", "()"))
"""The last block of code is closed and its brackets are not; those of Scratch, as it is written, may stay open."""

_NEVER_LAST = group_of("""
    their | your | our | its | my | they | we | are | from | into | which | because | was | were | has | have | will | must
    should | would | could | such | these | between | through | during | including
""")
_OPEN_CLAUSE = only_where(
    (ANSWER_SIZE > 200) & matches(ANSWER.str.tail(12), rf"[a-z,;] {_NEVER_LAST}\z"),
    ANSWER.str.count_matches(r"[a-z)\"”'][.!?:]\s") >= 3)
_OPEN_BRACKET = only_where(
    (ANSWER_SIZE > 100) & ANSWER.str.tail(90).str.contains("[(（]"),
    matches(ANSWER.str.tail(90), r"[(（][^()（）\n]{0,80}\z") & ~matches(ANSWER.str.tail(4), r"[:;=]-?\(|\([a-z0-9]\z")
    & (ANSWER.str.count_matches("(", literal=True) > ANSWER.str.count_matches(")", literal=True)))
"""A bracket of the last line is open, and no smiley."""

_OPEN_TICK = r"(?:\A|[^`])`[^`\n]{0,59}[^`\n.!?:]\z"
_OPEN_SPEECH = r"[\s(]\"[A-Z][^\"\n]{2,110}[a-z,]\z"
_MARKS = ((_OPEN_TICK, "`"), (_OPEN_SPEECH, '"'))
_OPEN_QUOTE = only_where(
    (ANSWER_SIZE > 40) & ANSWER.str.tail(1).str.contains(r"[^.!?:`\")\]}>;|*\p{Han}]"), only_where(
        holds_any(ANSWER.str.tail(120), [mark for _, mark in _MARKS]), pl.any_horizontal(
            matches(ANSWER.str.tail(120), pattern) & (ANSWER.str.count_matches(mark, literal=True) % 2 == 1)
            for pattern, mark in _MARKS)))
"""A quotation, or a name in backticks, is open at the end."""
_OPEN_ITEM = r"\n[ \t]*\d{1,2}[.)][ \t]*\z"
_COMMA_OF_AN_ITEM = r"\n[ \t]*(?:\d{1,2}[.)]|[-*•]) [^\n]*[,，]\s*\z"

_OPEN_COMMA = only_where(
    matches(ANSWER.str.tail(12), _COMMA),
    ~matches(ANSWER.str.tail(60), _CLOSES_A_LETTER) | matches(_LAST_WORDS, _COMMA_OF_AN_ITEM))

CUT_OFF = (only_where((ANSWER_SIZE > 80) & matches(ANSWER.str.tail(12), rf"{_COMMA}|{_OPEN_WORD}|{_OPEN_ITEM}"),
                      _OPEN_COMMA | matches(ANSWER.str.tail(12), rf"{_OPEN_WORD}|{_OPEN_ITEM}"))
           | only_where((ANSWER_SIZE >= LONG) & ANSWER.str.tail(1).str.contains("[a-z0-9']"),       # any sign ends an answer
                        _MID_SENTENCE | _MID_ITEM)
           | only_where(ANSWER.str.ends_with("\n```"), _OPEN_CODE) | _OPEN_CLAUSE | _OPEN_BRACKET | _OPEN_QUOTE)

_LINES = ANSWER.str.tail(300).str.split("\n").list.slice(1)              # the first one may be a part of a line
_ONE_LINE = _LINES.list.get(-2, null_on_oob=True).str.strip_chars_start("0123456789.)、 (*•-")
_NO_PROSE = r"</\w|```|\|.*\||[{};]\s*\n"
_COUNT = ANSWER.str.count_matches(_ONE_LINE + "\n", literal=True)
_FILLED = ANSWER.str.count_matches("\n", literal=True) - ANSWER.str.count_matches("\n\n", literal=True) + 1
_SAME_LINES = only_where(
    ANSWER.str.count_matches("\n") >= 9, only_where(matches(_ONE_LINE, r"\p{L}.*\p{L}"), only_where(
        _COUNT >= 4, (_ONE_LINE.str.len_chars() >= 4) & (_COUNT * 3 > _FILLED) & ~matches(ANSWER, _NO_PROSE))))
"""The last complete line, its number aside, is more than a third of all. In a questionnaire each question has its own line
beside those that come back."""

_LAST = 16
_END = ANSWER.str.tail(_LAST)
_COMES_BEFORE = ANSWER.str.head(-_LAST).str.contains(_END, literal=True)
"""Much faster to see than how often."""
_TIMES = ANSWER.str.count_matches(_END, literal=True)
_WORDS = ANSWER.str.split(" ")
_LOOPS = only_where(
    (ANSWER_SIZE >= 80) & ~holds_any(ANSWER, ["|", "__", "</", "```"]),
    only_where(_COMES_BEFORE, only_where((_TIMES >= 5) & matches(_END, r"(?:\p{L}.*){6}"),
               pl.when(ANSWER.str.contains(" ", literal=True)).then(_WORDS.list.n_unique() * 5 < _WORDS.list.len())
               .otherwise(_TIMES * 32 > ANSWER_SIZE))))
"""The last words come back again and again, and the answer has hardly any others; in one line too."""

REPETITION = _SAME_LINES | _LOOPS
