"""What a text out of a feed is judged by: its words and how it opens, its shape, and signs that it is talk or a task.

A feature is a short text that a person can read: `explain the` (words beside each other), `^what is` (how it opens),
`<talk>` (a sign). A feature is there or not; how often does not count.
"""

import re
from collections.abc import Iterator

from instructwild.collect import chinese as han
from instructwild.collect import english, signs
from instructwild.text.scripts import ANY_HAN

READ = 600
"""Characters that are looked at: what a text is for shows early."""
WORD = re.compile(r"https?://\S+|@\w+|#\w+|[a-z]+(?:['’][a-z]+)*|\d[\d.,]*|[?!…:\"“”`]|\.{2,}|[^\x00-\x7f]")
LETTER = re.compile(rf"https?://\S+|@\w+|[A-Za-z]+|\d[\d.,]*|{ANY_HAN}|[？?！!：:“”「」…～~\n]")
LITTLE = frozenset("我你您他她它咱俺们谁吗呢吧啊呀嘛哦啦呗哈了请帮把将用以按从为给让并每?!:\"…～0")
"""Characters that count alone; any other one says what a text is about rather than what it is for."""
LENGTHS = (3, 5, 8, 12, 20, 35, 60, 120)
CLASSES = ((re.compile(r"https?://"), "<link>"), (re.compile(r"@"), "<mention>"), (re.compile(r"#\w"), "<tag>"),
           (re.compile(r"\d"), "0"), (re.compile(r"[“”「」]"), '"'), (re.compile(r"？"), "?"), (re.compile(r"！"), "!"),
           (re.compile(r"："), ":"), (re.compile(r"[\U0001F300-\U0001FAFF\u2600-\u27bf]"), "<emoji>"),
           (re.compile(r"\n"), "<line>"))


def features(text: str, chinese: bool) -> set[str]:
    """The features of a text, read as Chinese or as English."""
    head = text[:READ]
    pattern, shown = (LETTER, head) if chinese else (WORD, head.lower())
    words = [_word(word) for word in pattern.findall(shown)]
    named = {f"<length {sum(len(words) >= length for length in LENGTHS)}>"}
    named.update(_shape(head, words))
    named.update(f"<{name}>" for name in signs.signs(text, chinese))
    named.update(_ruled(text, chinese))
    for size in (1, 2, 3) if chinese else (1, 2):
        named.update(_joined(words[at:at + size], chinese) for at in range(len(words) - size + 1))
    for size in (1, 2, 3, 4) if chinese else (1, 2, 3):
        if len(words) >= size:
            named.add("^" + _joined(words[:size], chinese))
    if words:
        named.add(f"{words[-1]}$")
    return {name for name in named if not (chinese and len(name) == 1 and name not in LITTLE)}


def _ruled(text: str, chinese: bool) -> Iterator[str]:
    """What the rules say of it: how it asks, and why it would be none."""
    rules = han if chinese else english
    how = rules.asks(text)
    yield f"<asks by {how}>" if how else "<asks for nothing>"
    why = rules.talk(text, how) if how else None
    if why:
        yield f"<{why}>"


def _joined(words: list[str], chinese: bool) -> str:
    return ("" if chinese else " ").join(words)


def _word(word: str) -> str:
    for pattern, name in CLASSES:
        if pattern.match(word):
            return name
    return word.replace("’", "'")


def _shape(text: str, words: list[str]) -> Iterator[str]:
    yield f"<question marks {min(words.count('?'), 2)}>"
    if words.count("?") == 1 and words[-1] == "?":
        yield "<one question>"
    if re.search(r"[:：]\s*\S", text):
        yield "<colon>"
    if "\n" in text.strip():
        yield "<lines>"
    if text[-1:] in ".。":
        yield "<full stop>"
    if text[:1].islower():
        yield "<small letter>"
