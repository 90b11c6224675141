"""Files whose rows are not one conversation each: SQuAD's articles, Copilot's history of messages, Gemini's activity.

Each becomes lines of one conversation, in constant memory but for one chat of Copilot's and one file of Gemini's. Sources:
SQuAD's JSON (also CMRC's and DuReader's); `copilot-activity-history.csv` of Microsoft's privacy dashboard, and Takeout's
`MyActivity.json`, both as readers that others wrote for them describe them.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from instructwild.read.line import Line

COPILOT = frozenset({"conversation", "time", "author", "message"})
COPILOT_ROLES = {"human": "user", "user": "user", "ai": "assistant", "copilot": "assistant", "assistant": "assistant"}
ENGLISH_VERBS = ("Prompted with: ", "Prompted ", "Asked Gemini: ", "Asked Bard: ", "Asked ", "Said ")
"""What Takeout writes before what a person typed, in English."""
ENOUGH_TITLES = 8
"""So many different titles have to begin alike before what they share counts as Takeout's own words."""
LABEL = re.compile(r".*[\s:：]", re.DOTALL)
TYPED = "\0typed"
"""Under this key a record of Gemini's activity says what a person typed."""


def regrouped(lines: Iterable[Line]) -> Iterator[Line]:
    """The lines, those of these layouts as lines of one conversation each."""
    chat: list[Line] = []
    activity: list[Line] = []
    for line in lines:
        value = line.value if line.problem is None and isinstance(line.value, dict) else None
        names = _copilot_names(value) if value is not None else None
        if chat and (names is None or _title(line) != _title(chat[-1])):
            yield from _copilot_chat(chat)
            chat = []
        if names is not None:
            chat.append(line)
        elif value is not None and isinstance(value.get("paragraphs"), list):
            yield from _questions(line, value)
        elif value is not None and is_gemini_activity(value):
            activity.append(line)
        else:
            yield line
    yield from _copilot_chat(chat)
    yield from _typed(activity)


def _questions(line: Line, article: Mapping[str, Any]) -> Iterator[Line]:
    """The questions of an article, each with its passage; the line itself where the article is not of that layout."""
    paragraphs = article["paragraphs"]
    if not all(isinstance(item, Mapping) and isinstance(item.get("context"), str) and isinstance(item.get("qas"), list)
               and all(isinstance(question, Mapping) for question in item["qas"]) for item in paragraphs):
        yield line
        return
    beside = {key: value for key, value in article.items() if key != "paragraphs"}
    for paragraph in paragraphs:
        around = {**beside, **{key: value for key, value in paragraph.items() if key != "qas"}}
        for question in paragraph["qas"]:
            yield Line(line.number, {**around, **question})


def _copilot_names(value: Mapping[str, Any]) -> dict[str, str] | None:
    """Each column of Copilot's history by its name in small letters; None where the columns are others."""
    if len(value) != len(COPILOT):
        return None
    names = {str(key).strip().lstrip("\ufeff").lower(): str(key) for key in value}
    return names if names.keys() == COPILOT else None


def _cell(line: Line, name: str) -> str:
    names = _copilot_names(line.value) or {}
    return str(line.value[names[name]] or "")


def _title(line: Line) -> str:
    return _cell(line, "conversation")


def _copilot_chat(lines: list[Line]) -> Iterator[Line]:
    """The messages of one chat, which the file holds from the newest to the oldest, as one line."""
    if not lines:
        return
    if unknown := next((line for line in lines if _cell(line, "author").strip().lower() not in COPILOT_ROLES), None):
        for line in lines:
            yield Line(line.number, line.value, f"the author {_cell(unknown, 'author')!r} of a chat of Copilot is unknown")
        return
    newest_first = _cell(lines[0], "time") >= _cell(lines[-1], "time")
    ordered = sorted(lines[::-1] if newest_first else lines, key=lambda line: _cell(line, "time"))
    messages = [{"role": COPILOT_ROLES[_cell(line, "author").strip().lower()], "content": _cell(line, "message"),
                 "time": _cell(line, "time")} for line in ordered]
    title = _title(lines[0])
    yield Line(lines[0].number, {"messages": messages, **({"conversation_title": title} if title else {})})


def is_gemini_activity(row: Mapping[str, Any]) -> bool:
    """Whether a row is a record of Takeout's "My Activity" of the Gemini apps, in any language: names of products stay."""
    if not isinstance(row.get("title"), str) or "time" not in row or "header" not in row:
        return False
    products = row.get("products")
    named = [row["header"], *(products if isinstance(products, list) else [])]
    return any(isinstance(name, str) and ("Gemini" in name or "Bard" in name) for name in named)


def _typed(records: list[Line]) -> Iterator[Line]:
    """Records of activity, those with an answer with what a person typed: their titles without the words that are Takeout's.

    In English these words are known. In other languages they are what all titles of records with answers begin and end with,
    where there are enough of them; else a title stays whole.
    """
    titles = list(dict.fromkeys(line.value["title"] for line in records if is_answered(line.value)))
    english = any(title.startswith(ENGLISH_VERBS) for title in titles)
    start, end = ("", "") if english or len(titles) < ENOUGH_TITLES else _shared(titles)
    for line in records:
        title = line.value["title"]
        verb = next((verb for verb in ENGLISH_VERBS if title.startswith(verb)), None)
        if verb is not None:
            yield Line(line.number, {**line.value, TYPED: title.removeprefix(verb)})
        elif is_answered(line.value) and not english:
            yield Line(line.number, {**line.value, TYPED: title.removeprefix(start).removesuffix(end).strip()})
        else:
            yield line


def _shared(titles: list[str]) -> tuple[str, str]:
    """What all titles begin and end with, up to the end of a word or to a mark that opens or closes a quotation."""
    start, end = _beginning(titles), _beginning([title[::-1] for title in titles])[::-1]
    label = LABEL.match(start)
    opened = max((start.rfind(mark) for mark in "「『“„«\""), default=-1) + 1
    closed = min((at for mark in "」』”“»\"" if (at := end.find(mark)) >= 0), default=None)
    return start[:max(label.end() if label else 0, opened)], "" if closed is None or not opened else end[closed:]


def _beginning(texts: list[str]) -> str:
    """What all texts begin with."""
    least, greatest = min(texts), max(texts)                          # all others stand between these two
    pairs = enumerate(zip(least, greatest, strict=False))
    return least[:next((at for at, (left, right) in pairs if left != right), len(least))]


def is_answered(record: Mapping[str, Any]) -> bool:
    """Whether a record of activity holds an answer."""
    items = record.get("safeHtmlItem")
    return isinstance(items, list) and any(isinstance(item, Mapping) and isinstance(item.get("html"), str) and
                                           item["html"].strip() for item in items)
