"""ShareGPT: conversations with a model, one JSON array or one a line.

`{"id", "conversations": [{"from": "human", "value": ...}, {"from": "gpt", "value": ...}, ...]}`; early dumps hold the page's
HTML in the model's turns, some the words of its buttons.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from instructwild.collect.export import members
from instructwild.collect.json_stream import json_rows
from instructwild.collect.post import Post, text_of
from instructwild.read.layouts import to_messages
from instructwild.read.line import Line
from instructwild.schema.message import Message
from instructwild.text.html_markdown import markdown

FILES = ("*.json", "*.jsonl", "*.json.gz", "*.jsonl.gz", "*.jsonl.zst")
PAGE = re.compile(r"\s*<div class=\"[^\"]{0,80}\bmarkdown\b")
_ELEMENT = r"(?:p|div|pre|ul|ol|table|blockquote|h[1-6])"
BLOCKS = re.compile(rf"\s*<{_ELEMENT}(?:\s[^<>]{{0,300}})?>")
LAST_BLOCK = re.compile(rf"(?:</{_ELEMENT}>|<hr ?/?>)\s*\Z")
ABOUT_HTML = re.compile(
    r"html|\bcss\b|\bweb ?(?:page|site)|\btags?\b|\bxml\b|markup|网页|網頁|标签|標籤|前端", re.IGNORECASE)
"""Questions whose answers may be elements of a page as they stand."""
COPY = r"(?:Copy code|复制代码|複製程式碼|コードをコピーする|코드 복사|Copiar código|Copier le code|Code kopieren)"
BUTTON = re.compile(rf"^(?P<fence>`{{3,}})[ \t]*(?P<named>[\w+#.-]{{0,20}})[ \t]*\n?"
                    rf"(?P<language>[\w+#.-]{{0,20}}){COPY}`?\n?", re.MULTILINE)
LONGEST_TALK = 32_000
"""Characters of a conversation, about what 8,000 tokens hold; a longer one is split before a question."""


def posts(path: Path, encoding: str | None = None) -> Iterator[Post]:
    """Every conversation; a long one as several, each from a question on.

    Raises:
        InputError: the file cannot be read.
    """
    for member in members(path, FILES):
        for where, line in json_rows(member, encoding):
            yield from _posts(line, where)


def _posts(line: Line, where: str) -> Iterator[Post]:
    if line.problem is not None or not isinstance(line.value, Mapping):
        yield Post(where, problem=line.problem or "expected an object")
        return
    try:
        turns = [Message.model_validate(turn) for turn in to_messages(line.value)]
    except ValueError as problem:
        yield Post(where, problem=str(problem))
        return
    while turns and turns[0].role == "assistant":  # shared from the middle of a conversation
        del turns[0]
    of_page = all(_is_block(turn.content) for turn in turns if turn.role == "assistant")
    questions = ["", *(turn.content for turn in turns)]
    turns = [turn.model_copy(update={"content": _as_written(turn.content, of_page and _of_page(turn.content, question))})
             if turn.role == "assistant" else turn for question, turn in zip(questions, turns, strict=False)]
    shared = text_of(line.value.get("id")).partition("_")[0]
    for part in split(turns):
        yield Post(where, messages=tuple(part), url=f"https://sharegpt.com/c/{shared}" if shared else None,
                   language=text_of(line.value.get("language")) or None)


def _is_block(text: str) -> bool:
    """Whether a text begins and ends as elements of a page do."""
    return BLOCKS.match(text) is not None and LAST_BLOCK.search(text, max(0, len(text) - 60)) is not None


def _of_page(text: str, question: str) -> bool:
    """Whether elements are a page's own rather than what was asked for, which a page shows with its signs escaped."""
    return "```" not in text and (ABOUT_HTML.search(question) is None or "&lt;" in text)


def _as_written(text: str, of_page: bool = False) -> str:
    """A model's turn as Markdown; `of_page` says that it is elements of a page without the one around them."""
    if of_page or PAGE.match(text):
        return markdown(text)
    return BUTTON.sub(lambda match: f"{match['fence']}{match['named'] or match['language']}\n", text)


def split(turns: Sequence[Message], longest: int = LONGEST_TALK) -> list[list[Message]]:
    """A conversation as parts of at most `longest` characters, where questions allow; each begins with the system turn."""
    head = list(turns[:1]) if turns and turns[0].role == "system" else []
    parts: list[list[Message]] = [[]]
    length = 0
    exchanges: list[list[Message]] = []
    for turn in turns[len(head):]:
        if turn.role == "user" and (not exchanges or exchanges[-1][-1].role != "user"):
            exchanges.append([])
        if not exchanges:
            exchanges.append([])
        exchanges[-1].append(turn)
    for exchange in exchanges:
        size = sum(len(turn.content) for turn in exchange)
        if parts[-1] and length + size > longest:
            parts.append([])
            length = 0
        parts[-1] += exchange
        length += size
    return [[*head, *part] for part in parts]
