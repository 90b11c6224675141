"""From what a model said to candidates for new rows, and what is wrong with one."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from instructwild.expand.template import Template
from instructwild.llm.request import Reply
from instructwild.schema import Message, Reason

NUMBER = re.compile(r"^[ \t]*(?:\*\*|#+ *)?(\d{1,3})(?:\*\*)?[.、．)）:：][ \t]*", re.MULTILINE)
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
class Candidate:
    """A new row that a model proposes, before it is judged."""

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


def candidates(reply: Reply, template: Template, first: int) -> list[Candidate]:
    """The candidates in a reply; where it holds none, one that says why.

    Args:
        reply: what the model said.
        template: how it was asked.
        first: the number of the first item asked for.
    """
    if reply.finish == "failed":
        return [_lost(reply.text, Reason.FAILED, reply.problem)]
    if reply.finish == "refused" or (template.style == "chat" and refused(reply.text)):
        return [_lost(reply.text, Reason.REFUSED, reply.text[:200])]
    text = f"{first}. {reply.text}" if template.style == "base" else reply.text
    items = [item.split(f" {first + place + 1}. ")[0] for place, item in enumerate(_items(text))]
    if not items:
        return [_lost(reply.text, Reason.EMPTY if not reply.text.strip() else Reason.BAD_FORMAT, "no numbered item")]
    found = [_judged(item) for item in items]
    if reply.finish == "length":
        found[-1] = _lost(items[-1], Reason.TRUNCATED, f"cut off after {reply.completion_tokens} tokens")
    return found


def _items(text: str) -> Iterator[str]:
    marks = [mark for mark in NUMBER.finditer(text)]
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    for mark, end in zip(marks, ends, strict=False):
        yield tidy(text[mark.end(): end])


def tidy(item: str) -> str:
    """An item without the quotes, stars and tags that models like to put around one."""
    item = item.strip().strip("*").strip()
    for left, right in (('"', '"'), ("“", "”"), ("「", "」"), ("'", "'")):
        if len(item) > 1 and item[0] == left and item[-1] == right and left not in item[1:-1]:
            item = item[1:-1].strip()
    return re.sub(r"^(?:instruction|question|message|user|指令|问题|消息|用户)\s*[:：]\s*", "", item, flags=re.IGNORECASE)


def _judged(item: str) -> Candidate:
    from instructwild.clean.near import tokens

    words = tokens(item)
    if not words:
        return _lost(item, Reason.EMPTY, "nothing but marks")
    if len(words) < SHORTEST_WORDS:
        return _lost(item, Reason.BAD_FORMAT, "a single word")
    if len(words) > LONGEST_WORDS:
        return _lost(item, Reason.TOO_LONG, f"{len(words)} words")
    if "___" in item or re.search(r"\[(?:insert|your|name|topic|插入|填写)[^\]]*\]", item, re.IGNORECASE):
        return _lost(item, Reason.BAD_FORMAT, "a blank that was left to be filled")
    if "\n" in item and NUMBER.search(item):
        return _lost(item, Reason.BAD_FORMAT, "several items run together")
    return Candidate((Message(role="user", content=item),))


def _lost(text: str, reason: Reason, evidence: str | None) -> Candidate:
    return Candidate((Message(role="user", content=text),), reason, evidence)
