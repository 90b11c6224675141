"""The text that a model sent, made ready: valid Unicode, thoughts apart, and nothing past the end of its own turn."""

import re
from dataclasses import dataclass

from instructwild.text.thoughts import split_thoughts

_ROLE = r"(?:system|user|assistant|human|tool|model|ipython|observation)"
_TURN_END = (r"<\|im_end\|>|<\|eot_id\|>|<\|eom_id\|>|<\|end_of_text\|>|<\|endoftext\|>|<\|end_of_turn\|>|<end_of_turn>|"
             r"<\|eot\|>|<\|end\|>|<\|return\|>|</s>|<｜end▁of▁sentence｜>|<\|END_OF_TURN_TOKEN\|>|<\|endofturn\|>")
_TURN_START = (rf"<\|im_start\|>(?={_ROLE}\b|\s|\Z)|<\|start_header_id\|>|<start_of_turn>|<\|{_ROLE}\|>|"
               rf"<｜(?:User|Assistant)｜>|<\|start\|>(?={_ROLE}\b)|<\|START_OF_TURN_TOKEN\|>|\[INST\]|<s>\s*\[INST\]")
_TURN_OVER = rf"(?:{_TURN_END})(?=\s*(?:\Z|{_TURN_END}|{_TURN_START}))|^(?:{_TURN_START})"
_FIRST_LOOK = re.compile(_TURN_OVER, re.MULTILINE)
_MARK_OR_CODE = re.compile(rf"(?P<mark>{_TURN_OVER})|"
                           rf"^[ \t]*(?P<fence>`{{3,}}(?!`)|~{{3,}}(?!~)).*?^[ \t]*(?P=fence)|`[^`\n]+`",
                           re.MULTILINE | re.DOTALL)
_OPENING = re.compile(
    r"(?:<\|begin_of_text\|>|<s>)?\s*(?:<\|im_start\|>assistant\s*\n|<\|start_header_id\|>assistant<\|end_header_id\|>|"
    r"<start_of_turn>model\s*\n|<\|assistant\|>|<｜Assistant｜>|<\|start\|>assistant(?:<\|channel\|>final)?<\|message\|>)\n*")
_ROLE_WORDS = r"(?:(?:AI )?Assistant|(?:AI)?助手|(?:AI)?助理|人工智能助手|アシスタント|어시스턴트)"
_ROLE_WORD = re.compile(rf"\A\s*(?:\*\*)?{_ROLE_WORDS}(?:\*\*)?\s*[:：](?:\*\*)?[ \t]*\n?", re.IGNORECASE)
_ROLE_LINE = re.compile(rf"^[^\w\n]{{0,8}}(?:{_ROLE_WORDS}|User|Human|用户|人类|ユーザー|사용자)\W{{0,3}}[:：]",
                        re.IGNORECASE | re.MULTILINE)
_HEADED_ANSWER = re.compile(r"\A\s*### ?(?:Response|Assistant|回答|助手)\s*[:：]\s*", re.IGNORECASE)
_HEADED_TURN = re.compile(r"^### ?(?:Instruction|Human|User|Input|指令|用户|输入)\s*[:：]", re.IGNORECASE | re.MULTILINE)
_ABOUT_HEADINGS = re.compile(
    r"### ?\w+\s*[:：]|template|prompt|alpaca|\bformat|instruct|heading|模板|提示|格式|指令|标题", re.IGNORECASE)
"""Questions in whose answers the headings of Alpaca's template may be meant."""
_BARE_ROLE = re.compile(r"\Aassistant[ \t]*\n\s*")

TURN_MARKS, ROLE_WORD = "turn_marks", "role_word"


@dataclass(frozen=True)
class Answer:
    """A model's text, understood.

    Args:
        content: what it answered.
        reasoning: what it thought before, None where it sent none.
        repairs: what was cut off the content, by name: `turn_marks`, `role_word`.
    """

    content: str
    reasoning: str | None = None
    repairs: tuple[str, ...] = ()


def understood(text: str, reasoning: str | None = None, question: str = "") -> Answer:
    """Split thoughts from an answer, and cut what does not belong to the turn.

    Args:
        text: what the model sent as its answer.
        reasoning: thoughts that came beside it.
        question: what was asked; an answer may begin with a role word or hold a turn mark where the question does.
    """
    inner, content = split_thoughts(mended(text))
    reasoning = "\n".join(part.strip() for part in (mended(reasoning or ""), inner or "") if part.strip()) or None
    repairs = []
    within = _without_headings(_own_turn(content, question), question)
    if within != content:
        repairs.append(TURN_MARKS)
    without = _no_role_word(within, question)
    if without != within:
        repairs.append(ROLE_WORD)
    return Answer(without, reasoning, tuple(repairs))


def mended(text: str) -> str:
    """The text with surrogate pairs joined and lone halves replaced by U+FFFD, so that it can be written as UTF-8.

    >>> mended("buoy " + chr(0xD83D)), mended(chr(0xD83D) + chr(0xDE00))
    ('buoy \ufffd', '😀')
    """
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def without_blank_edges(text: str) -> str:
    r"""The text without blank lines around it and without a lone leading space; deeper indentation of its first line stays.

    >>> without_blank_edges("\n    return 1\n"), without_blank_edges(" Vega. ")
    ('    return 1', 'Vega.')
    """
    text = text.rstrip()
    begin = len(text) - len(text.lstrip())
    indent = text[text.rfind("\n", 0, begin) + 1:begin]
    return text[begin:] if (len(indent) < 2 and "\t" not in indent) or indent.strip(" \t") else indent + text[begin:]


def _own_turn(text: str, question: str) -> str:
    """The text up to the mark that ends its turn; a mark in code, or one that the question speaks of, is content."""
    opening = _OPENING.match(text, len(text) - len(text.lstrip()))
    if opening is not None:
        text = text[opening.end():]
    if _FIRST_LOOK.search(text) is None:
        return text
    marks = (match for match in _MARK_OR_CODE.finditer(text) if match["mark"])
    own_mark = next((mark for mark in marks if mark["mark"].strip() not in question), None)
    return text if own_mark is None else text[:own_mark.start()].rstrip()


def _without_headings(text: str, question: str) -> str:
    """The text without the heading of an answer in Alpaca's template before it, up to the heading of the next turn."""
    turn = _HEADED_TURN.search(text)
    if (turn is None and _HEADED_ANSWER.match(text) is None) or _ABOUT_HEADINGS.search(question) or "```" in text:
        return text
    text = text if turn is None or not text[:turn.start()].strip() else text[:turn.start()].rstrip()
    return _HEADED_ANSWER.sub("", text, count=1)


def _no_role_word(text: str, question: str) -> str:
    """The text without the role word before it, unless it is a dialogue, or the question has such words itself."""
    word = _ROLE_WORD.match(text) or _BARE_ROLE.match(text)
    if word is None or _ROLE_LINE.search(question) or _ROLE_LINE.search(text, word.end()):
        return text
    return text[word.end():]
