"""Which sentences of a prompt ask, and which are the text that it is about.

The text of a prompt is what stands in a code fence or in quotation marks, what follows a colon, and lines of a prompt of
several that do not ask by their words. In a prompt of one line every other sentence asks.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from instructwild.text.language.asking import asks
from instructwild_trainer.verifiers.units import sentence_spans

Prompt = str | Sequence[Mapping[str, Any]]
"""A text, or messages with `role` and `content`."""

_CITED = re.compile(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|“[^”]*”|「[^」]*」|『[^』]*』|«[^»]*»|\"[^\"\n]*\"", re.DOTALL)
_COLON = re.compile(r"[:：](?=\s|[^\w/\s]|[\u3400-\u9fff])")
_LINE = re.compile(r"[^\n]*\S[^\n]*")
_QUESTION = re.compile(r"[?？吗嗎呢]\W*\Z")
_RULE = re.compile(
    r"(?i)\A\W*(?:\d+\W+)?(?:please\s+)?(?:use|begin|start|end|finish|include|avoid|put|highlight|repeat|quote|copy|add|make|"
    r"keep|ensure|respond|reply|indent|nest|do|don't|never|only|no)\b|"
    r"\b(?:must|should|at least|at most|exactly|no more than|not allowed)\b|"
    r"不要|不得|不能|禁止|必须|必須|应当|至少|最多|不超过|恰好|使用|包含|开头|开始|结尾|结束|只用|仅用|字数|每句|每行|每段")
_OWN_WORDS = re.compile(
    r"(?i)(?<!not )(?<!n't )(?<!never )(?<!without )(?<!avoid )\b(?:repeat|restate|recite|reproduce|quot(?:e|ing)|cite|copy|"
    r"echo|extract|transcribe|pick|choose|select|verbatim|word[- ]for[- ]word|which (?:of|sentence|line|word|option|part)|"
    r"find the (?:sentence|line|part|passage)|proof-?read|punctuat\w+|capitali[sz]\w*|indent|(?:re)?format|"
    r"(?:add|insert|include|missing)\b.{0,20}\b(?:commas?|marks?)|paragraphs|sort|(?:re)?order|(?:re)?arrange|organi[sz]e|rank|reverse|divide|split|separate|join|delete|remove|cut|trim)\b|"
    r"(?<![不别勿免])(?<!不要)(?<!避免)(?:重复|重複|复述|複述|抄写|抄寫|照抄|转录|轉錄|逐字|引用|引述|摘录|摘錄|摘抄|提取|原句|原文|找出|挑出|"
    r"选出|選出|选择|選擇|哪一?[句个個项項行]|校对|校對|标点|標點|大小写|大小寫|分段|分成|拆分|排序|排列|重排|整理|格式|删除|刪除|去掉)")
"""Words that ask for the prompt's own: to repeat or quote, to choose from it, or to change only marks, order or length."""


@dataclass(frozen=True)
class AskingPart:
    """Characters [first, last) of a prompt that ask, and whether they are a question."""

    first: int
    last: int
    question: bool


def texts_of(prompt: Prompt) -> Iterator[tuple[str, str]]:
    """Role and text of each message; a prompt that is a text is a user's."""
    for message in [{"role": "user", "content": prompt}] if isinstance(prompt, str) else prompt:
        content = message.get("content") or ""
        parts = [content] if isinstance(content, str) else [
            str(part.get("text") or "") for part in content if isinstance(part, Mapping)]
        yield str(message.get("role")), "\n".join(parts)


def wants_own_words(request: str) -> bool:
    """Whether a sentence that asks can be answered in the prompt's own words alone."""
    return _OWN_WORDS.search(request) is not None


def sentences_that_ask(text: str) -> list[AskingPart]:
    """The sentences of a prompt that ask, in order.

    >>> text = "Correct this: She go home. Use no commas."
    >>> [text[part.first:part.last] for part in sentences_that_ask(text)]
    ['Correct this', 'Use no commas.']
    """
    cited = [match.span() for match in _CITED.finditer(text)]
    lines = [(match.start(), match.end()) for match in _LINE.finditer(text)]
    asking = [len(lines) == 1 or _asks_at_its_ends(text[first:last]) for first, last in lines]
    if lines and not any(asking):
        asking[0] = True
    parts: list[AskingPart] = []
    quoted = False                                     # behind a line that ends in a colon, to the end of the paragraph
    for number, ((first, last), line_asks) in enumerate(zip(lines, asking, strict=True)):
        before, leading = lines[max(0, number - 1)], _ends_in_colon(text, *lines[max(0, number - 1)])
        fenced = any(start <= before[0] < end <= first for start, end in cited)
        if quoted and (fenced or (not leading and text.count("\n", before[1], first) > 1)):
            quoted = False
        if not quoted and line_asks:
            parts += _sentences_of_a_line(text, first, last)
        quoted = quoted or _ends_in_colon(text, first, last)
    return [part for part in parts if not any(first <= part.first < last for first, last in cited)]


def _ends_in_colon(text: str, first: int, last: int) -> bool:
    return text[first:last].rstrip().endswith((":", "："))


def _asks_at_its_ends(line: str) -> bool:
    spans = sentence_spans(line)
    return any(_asks(line[first:last]) for first, last in spans[:1] + spans[-1:])


def _asks(sentence: str) -> bool:
    return _QUESTION.search(sentence) is not None or _RULE.search(sentence) is not None or asks(sentence)


def _sentences_of_a_line(text: str, first: int, last: int) -> Iterator[AskingPart]:
    """The sentences of a line; behind a colon only those that ask."""
    colon = _COLON.search(text, first, last)
    behind = colon.start() if colon else last
    for start, end in sentence_spans(text[first:last]):
        start, end = first + start, first + end
        pieces = [(start, end)] if not start <= behind < end else [(start, behind), (behind + 1, end)]
        for begin, stop in pieces:
            part = text[begin:stop]
            if any(map(str.isalnum, part)) and (begin <= behind - 1 or _asks(part)):
                yield AskingPart(begin, stop, _QUESTION.search(part) is not None)
