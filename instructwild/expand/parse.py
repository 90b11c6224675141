"""From what a model said to candidates for new rows, and what is wrong with one."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from instructwild.expand.template import Template
from instructwild.llm.request import Reply
from instructwild.schema import Message, Reason

NUMBER = re.compile(r"^[ \t]*(?:\*\*|#+ *)?(\d{1,3})(?:\*\*)?[.、．)）:：][ \t]*", re.MULTILINE)
QUESTION = re.compile(r"(?m)^\W*(?:Question|问题)\s*\d{1,3}\W{0,3}[:：]\s*", re.IGNORECASE)
ANSWER = re.compile(r"(?m)^\W*(?:Answer|回答)\s*\d{1,3}\W{0,3}[:：]\s*", re.IGNORECASE)
TALK = re.compile(r"(?m)^\W*\d{1,3}[.、．)）]\W*(?:User|用户)\W{0,2}[:：]\s*", re.IGNORECASE)
SPEAKER = re.compile(r"(?m)^\W*(User|Assistant|用户|助手)\W{0,2}[:：]\s*", re.IGNORECASE)
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
    if template.form == "pairs":
        return _pairs(reply)
    if template.form == "talks":
        return _talks(reply)
    items = [item.split(f" {first + place + 1}. ")[0] for place, item in enumerate(_items(text))]
    return _ended(reply, [_judged(item, template.style == "base") for item in items], "no numbered item")


def _ended(reply: Reply, found: list[Candidate], nothing: str) -> list[Candidate]:
    """The candidates of a whole reply: at least one, and the last one lost where the reply was cut off."""
    if not found:
        return [_lost(reply.text, Reason.EMPTY if not reply.text.strip() else Reason.BAD_FORMAT, nothing)]
    if reply.finish == "length":
        found[-1] = Candidate(found[-1].messages, Reason.TRUNCATED, f"cut off after {reply.completion_tokens} tokens")
    return found


def _pairs(reply: Reply) -> list[Candidate]:
    """Instructions with their answers."""
    found = []
    for part in QUESTION.split(reply.text)[1:]:
        question, *answers = ANSWER.split(part, maxsplit=1)
        judged = _judged(tidy(question))
        answer = answers[0].strip() if answers else ""
        if judged.reason is None and not answer:
            judged = Candidate(judged.messages, Reason.NO_ANSWER, "a question without its answer")
        elif judged.reason is None and refused(answer):
            judged = Candidate(judged.messages, Reason.REFUSED, answer[:200])
        messages = (*judged.messages, Message(role="assistant", content=answer)) if answer else judged.messages
        found.append(Candidate(messages, judged.reason, judged.evidence))
    return _ended(reply, found, "no numbered question")


def _talks(reply: Reply) -> list[Candidate]:
    """Conversations that end with the user."""
    found = []
    for part in TALK.split(reply.text)[1:]:
        turns = SPEAKER.split(part)
        roles = ["assistant" if name.lower() in ("assistant", "助手") else "user" for name in ("user", *turns[1::2])]
        said = [turns[0], *turns[2::2]]
        messages = [Message(role=role, content=text.strip()) for role, text in zip(roles, said, strict=True)]  # type: ignore[arg-type]
        if messages[-1].role == "assistant":
            messages.pop()
        alternate = all(message.role == ("user", "assistant")[place % 2] for place, message in enumerate(messages))
        if not alternate or len(messages) < 3:
            found.append(Candidate(tuple(messages), Reason.BAD_FORMAT, "not a conversation of several turns"))
        elif not all(message.content for message in messages):
            found.append(Candidate(tuple(messages), Reason.EMPTY, "an empty turn"))
        else:
            found.append(Candidate(tuple(messages)))
    return _ended(reply, found, "no numbered conversation")


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


def _judged(item: str, continued: bool = False) -> Candidate:
    """The candidate in one item. What only continues a list, and was not asked for a task, may be a mere statement."""
    from instructwild.clean.near import tokens
    from instructwild.collect.judge import refusal

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
    if continued and (why := refusal(item, presented=True)):
        return _lost(item, Reason.BAD_FORMAT, why)
    return Candidate((Message(role="user", content=item),))


def _lost(text: str, reason: Reason, evidence: str | None) -> Candidate:
    return Candidate((Message(role="user", content=text),), reason, evidence)
