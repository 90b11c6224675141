"""From a model's reply to proposals for new rows, and what is wrong with one."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from instructwild.expand.template import Template
from instructwild.llm.request import Reply
from instructwild.schema import Message, Reason
from instructwild.text.numerals import chinese_number
from instructwild.text.quantity import quantity

NUMBER = re.compile(r"^(?P<indent>[ \t]*)(?:(?P<bold>\*\*)|#+ *)?"
                    r"(?P<number>\d{1,3}|[一二三四五六七八九十]{1,3})(?:\*\*)?[.、．)）:：](?:\*\*)?[ \t]*", re.MULTILINE)
MOST_SKIPPED = 3
"""Numbers that a list may skip and still be one list."""
QUESTION = re.compile(r"(?m)^\W*(?:Question|问题)\s*\d{1,3}\W{0,3}[:：]\s*", re.IGNORECASE)
ANSWER = re.compile(r"(?m)^\W*(?:Answer|回答)\s*\d{1,3}\W{0,3}[:：]\s*", re.IGNORECASE)
TALK = re.compile(r"(?m)^\W*\d{1,3}[.、．)）]\W*(?:User|用户)\W{0,2}[:：]\s*", re.IGNORECASE)
SPEAKER = re.compile(r"(?m)^\W*(User|Assistant|用户|助手)\W{0,2}[:：]\s*", re.IGNORECASE)
TITLE = re.compile(r"^\*\*([^*\n]{1,60}?)(?:\*\*([:：])|([:：])\*\*)")
PLACEHOLDER = re.compile(
    r"(?<![\w\])])[\[【](?:[^\[\]【】\n]{0,30}\b)?(?:insert|enter|fill|your|names?|topic|recipient['’]?s?|sender['’]?s?|"
    r"date|company|city|address|title|product|subject|position|location|country|language|item|event|amount|number|"
    r"e-?mail|phone|job|hobby|skill|industry|brand|book|movie|place|text|word|link|url)\b(?:[^\[\]【】\n]{0,30})[\]】](?![(\[:])|"
    r"[\[【（(<｛{][^\[\]【】（）()<>\n]{0,10}(?:插入|填写|填入|此处|姓名|某某|您的|你的名字|你的姓名|公司名|城市名|收件人|日期|主题名|产品名)"
    r"[^\[\]【】（）()<>\n]{0,10}[\]】）)>｝}]|<(?:insert|your) [^<>\n]{1,40}>|"
    r"\{\{? ?(?:insert|your)[ _][^{}\n]{1,40}\}", re.IGNORECASE)
LONGEST_WORDS = 400
SHORTEST_WORDS = 2

REFUSALS = re.compile(
    r"^\W*(?:i['’]?m (?:really |very |so )?sorry[,.! ]|sorry,? (?:but )?i (?:can|am)|i apologi[sz]e,? but|"
    r"i can(?:no|['’])t (?:help|assist|comply|fulfil|provide|answer|do that|create|write|generate)|"
    r"i['’]?m (?:unable|not able) to|i am (?:unable|not able|sorry)|i (?:must|have to) decline|"
    r"as an ai(?: language)? model,? i|(?:很|非常|十分)?(?:抱歉|对不起|遗憾)[，,。！! ]?|我(?:无法|不能|没办法)"
    r"(?:提供|回答|协助|帮助|满足|完成|生成|处理)|作为(?:一个|一名)?(?:人工智能|ai)(?:语言)?(?:模型|助手)?[，,])",
    re.IGNORECASE)


@dataclass(frozen=True)
class Proposal:
    """A new row that a model proposes, before it is checked."""

    messages: tuple[Message, ...]
    reason: Reason | None = None
    evidence: str | None = None

    @property
    def text(self) -> str:
        """What the user says, all turns of it."""
        return "\n".join(message.content for message in self.messages if message.role != "assistant")


def refused(text: str) -> bool:
    """Whether an answer begins by declining, in English or Chinese."""
    return REFUSALS.match(text.strip()) is not None


def proposals(reply: Reply, template: Template, first: int) -> list[Proposal]:
    """The proposals in a reply; where it holds none, one that says why.

    Args:
        reply: what the model said.
        template: how it was asked.
        first: the number of the first item asked for.
    """
    if reply.finish == "failed":
        return [_lost(reply.text, Reason.FAILED, reply.problem)]
    if reply.thoughts_cut_off:
        return [_lost("", Reason.TRUNCATED, f"thoughts took all {quantity(reply.completion_tokens, 'token')}")]
    if reply.finish == "refused" or (template.style == "chat" and refused(reply.text)):
        return [_lost(reply.text, Reason.REFUSED, reply.text[:200])]
    text = f"{first}. {reply.text}" if template.style == "base" else reply.text
    if template.form == "pairs":
        return _pairs(reply)
    if template.form == "talks":
        return _talks(reply)
    items = [item.split(f" {first + index + 1}. ")[0] for index, item in enumerate(_items(text, first))]
    return _ended(reply, [_checked(item, template.style == "base") for item in items], "no numbered item")


def _ended(reply: Reply, proposed: list[Proposal], nothing: str) -> list[Proposal]:
    """The proposals of a whole reply: at least one, and the last one lost where the reply was cut off."""
    if not proposed:
        return [_lost(reply.text, Reason.EMPTY if not reply.text.strip() else Reason.BAD_FORMAT, nothing)]
    if reply.finish == "length":
        proposed[-1] = Proposal(proposed[-1].messages, Reason.TRUNCATED, "cut off after "
                                                                         f"{quantity(reply.completion_tokens, 'token')}")
    return proposed


def _pairs(reply: Reply) -> list[Proposal]:
    """Instructions with their answers."""
    proposed = []
    for part in QUESTION.split(reply.text)[1:]:
        question, *answers = ANSWER.split(part, maxsplit=1)
        checked = _checked(tidy(question))
        answer = answers[0].strip() if answers else ""
        if checked.reason is None and not answer:
            checked = Proposal(checked.messages, Reason.NO_ANSWER, "a question without its answer")
        elif checked.reason is None and refused(answer):
            checked = Proposal(checked.messages, Reason.REFUSED, answer[:200])
        messages = (*checked.messages, Message(role="assistant", content=answer)) if answer else checked.messages
        proposed.append(Proposal(messages, checked.reason, checked.evidence))
    return _ended(reply, proposed, "no numbered question")


def _talks(reply: Reply) -> list[Proposal]:
    """Conversations that end with the user."""
    proposed = []
    for part in TALK.split(reply.text)[1:]:
        turns = SPEAKER.split(part)
        roles = ["assistant" if name.lower() in ("assistant", "助手") else "user" for name in ("user", *turns[1::2])]
        texts = [turns[0], *turns[2::2]]
        messages = [Message(role=role, content=text.strip()) for role, text in zip(roles, texts, strict=True)]  # type: ignore[arg-type]
        if messages[-1].role == "assistant":
            messages.pop()
        alternate = all(message.role == ("user", "assistant")[turn % 2] for turn, message in enumerate(messages))
        if not alternate or len(messages) < 3:
            proposed.append(Proposal(tuple(messages), Reason.BAD_FORMAT, "not a conversation of several turns"))
        elif not all(message.content for message in messages):
            proposed.append(Proposal(tuple(messages), Reason.EMPTY, "an empty turn"))
        else:
            proposed.append(Proposal(tuple(messages)))
    return _ended(reply, proposed, "no numbered conversation")


def _items(text: str, first: int) -> Iterator[str]:
    """The items of a numbered list, their inner lists and lines included."""
    marks = _marks(text, first)
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    for mark, end in zip(marks, ends, strict=False):
        yield tidy(_bold_of(mark) + text[mark.end(): end])


def _marks(text: str, first: int) -> list[re.Match[str]]:
    """The numbers that begin an item: those at the list's own indentation, one after another.

    Numbers further in, in other digits than the first one's, or out of order, belong to a list within an item. A list may
    skip a few numbers that come nowhere, and what was numbered before the number asked for, such as a plan, is no item.

    Args:
        text: what the model wrote.
        first: the number of the first item asked for.
    """
    marks: list[re.Match[str]] = []
    numbers = list(NUMBER.finditer(text))
    if not numbers:
        return []
    indent, arabic = numbers[0]["indent"], numbers[0]["number"].isdecimal()
    own = [mark for mark in numbers if mark["indent"] == indent and mark["number"].isdecimal() == arabic]
    last_line_of = {_value(mark): index for index, mark in enumerate(own)}
    seen_first = False
    for index, mark in enumerate(own):
        number = _value(mark)
        following = _value(marks[-1]) + 1 if marks else number
        if number == first and number != following and not seen_first:
            marks = [mark]
        elif number == following or (following < number <= following + MOST_SKIPPED
                                     and last_line_of.get(following, -1) < index and number != first):
            marks.append(mark)
        seen_first = seen_first or number == first
    return marks


def _value(mark: re.Match[str]) -> int:
    """The number of a mark, in Arabic or Chinese digits."""
    text = mark["number"]
    return int(text) if text.isdecimal() else chinese_number(text)


def _bold_of(mark: re.Match[str]) -> str:
    """Bold that begins before the number and ends within the item."""
    return "**" if mark["bold"] and mark[0].count("**") == 1 else ""


def tidy(item: str) -> str:
    """An item without the quotes and stars around it, the label before it, and the bold of its title.

    >>> tidy('**Menu**: Draft a menu.'), tidy('**Bold**'), tidy('Explain **scope** and **type**')
    ('Menu: Draft a menu.', 'Bold', 'Explain **scope** and **type**')
    """
    item = TITLE.sub(lambda title: title[1] + (title[2] or title[3]), item.strip())
    if len(item) > 4 and item.startswith("**") and item.endswith("**") and "**" not in item[2:-2]:
        item = item[2:-2].strip()
    for left, right in (('"', '"'), ("“", "”"), ("「", "」"), ("'", "'")):
        if len(item) > 1 and item[0] == left and item[-1] == right and left not in item[1:-1]:
            item = item[1:-1].strip()
    return re.sub(r"^(?:instruction|question|message|user|指令|问题|消息|用户)\s*[:：]\s*", "", item, flags=re.IGNORECASE)


def _checked(item: str, continued: bool = False) -> Proposal:
    """The candidate in one item. What only continues a list, and was not asked for a task, may be a mere statement."""
    from instructwild.clean.near import tokens
    from instructwild.collect.answerable import refusal

    words = tokens(item)
    if not words:
        return _lost(item, Reason.EMPTY, "nothing but marks")
    if len(words) < SHORTEST_WORDS:
        return _lost(item, Reason.BAD_FORMAT, "a single word")
    if len(words) > LONGEST_WORDS:
        return _lost(item, Reason.TOO_LONG, f"{quantity(len(words), 'word')}")
    if "___" in item or PLACEHOLDER.search(item):
        return _lost(item, Reason.BAD_FORMAT, "a blank that was left to be filled")
    if _run_together(item):
        return _lost(item, Reason.BAD_FORMAT, "several items run together")
    if continued and (why := refusal(item, presented=True)):
        return _lost(item, Reason.BAD_FORMAT, why)
    return Proposal((Message(role="user", content=item),))


def _run_together(item: str) -> bool:
    """Whether an item holds numbers that are no list of its own, which would begin with 1 and count up."""
    marks = [mark for mark in NUMBER.finditer(item) if mark.start() > 0]
    if not marks:
        return False
    outer = min((mark["indent"] for mark in marks), key=len)
    counted = [_value(mark) for mark in marks if mark["indent"] == outer]
    return not outer and counted[0] != 1


def _lost(text: str, reason: Reason, evidence: str | None) -> Proposal:
    return Proposal((Message(role="user", content=text),), reason, evidence)
