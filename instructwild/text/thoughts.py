"""Thoughts that a model wrote into its answer: `<think>…</think>` and its kin, told from texts that speak about the tag."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from instructwild.text.lazy_pattern import LazyPattern

_NAMES = r"(?:seed:)?think|thinking|thoughts?|reasoning|reflection"


@dataclass(frozen=True)
class _Kind:
    """One way to mark thoughts.

    `inside` says that a block may also begin at a later line of an answer, `lone` that a closing tag without an opening one
    ends thoughts.
    """

    opening: LazyPattern
    closing: LazyPattern
    inside: bool = False
    lone: bool = True


def _kind(opening: str, closing: str, inside: bool = False, lone: bool = True) -> _Kind:
    return _Kind(LazyPattern(opening, re.IGNORECASE), LazyPattern(closing, re.IGNORECASE), inside, lone)


_KINDS = (
    _kind(r"<think(?:\s[^<>\n]*)?>", r"</think>", inside=True),
    *(_kind(rf"<{name}>", rf"</{name}>")
      for name in ("seed:think", "thinking", "thought", "thoughts", "reasoning", "reflection")),
    _kind(r"\[THINK\]", r"\[/THINK\]", inside=True),                                    # Mistral's Magistral
    _kind(r"◁think▷", r"◁/think▷", inside=True),                                      # Kimi
    _kind(r"<\|begin_of_thought\|>", r"<\|end_of_thought\|>"),                       # OpenThoughts, Sky-T1
    _kind(r"<\|channel>thought\b", r"<channel\|>"),                                  # Gemma
    _kind(r"<\|START_THINKING\|>", r"<\|END_THINKING\|>"),                               # Cohere's Command A
    _kind(r'<details type="reasoning"[^>]*>\s*(?:<summary>[^<]*</summary>)?', r"</details>", lone=False),  # Open WebUI
    _kind(r"(?:<\|start\|>assistant)?<\|channel\|>(?:analysis|commentary)<\|message\|>",    # Harmony (gpt-oss)
          r"<\|end\|>(?:<\|start\|>assistant)?(?:<\|channel\|>final<\|message\|>)?", lone=False))
_ANSWER_MARKS = tuple((LazyPattern(opening, re.IGNORECASE), LazyPattern(closing, re.IGNORECASE)) for opening, closing in (
    (r"\s*<\|begin_of_solution\|>", r"<\|end_of_solution\|>\s*\Z"),                       # OpenThoughts, Sky-T1
    (r"\s*<\|START_RESPONSE\|>", r"<\|END_RESPONSE\|>\s*\Z"),                             # Cohere
    (r"\s*(?:<\|start\|>assistant)?<\|channel\|>final<\|message\|>", r"<\|(?:return|end)\|>\s*\Z")))    # Harmony
"""How families mark the answer after the thoughts: the marks go, the answer stays."""
_MARKS = (("<|channel|>", "<|message|>", "<|start|>", "<|end|>"), ("<|channel>", "<channel|>"),
          ("<|START_THINKING|>", "<|END_THINKING|>", "<|START_RESPONSE|>"), ("<|begin_of_thought|>", "<|end_of_thought|>"),
          ("[THINK]", "[/THINK]"), ("◁think▷", "◁/think▷"), ("<think>", "</think>"), ("<seed:think>", "</seed:think>"))
"""The marks of each family that has them as tokens."""
BARE_MARKS = ("<|START_RESPONSE|>", "<|channel|>final<|message|>")
"""What some write before an answer even where nothing was thought."""
_BARE_ANSWER = LazyPattern(rf"\A\s*(?:<\|start\|>assistant)?(?:{'|'.join(map(re.escape, BARE_MARKS))})")
TAGS = {"<think>": "</think>", "<seed:think>": "</seed:think>", "<thinking>": "</thinking>", "<thought>": "</thought>",
        "<thoughts>": "</thoughts>", "<reasoning>": "</reasoning>", "<reflection>": "</reflection>", "[THINK]": "[/THINK]",
        "◁think▷": "◁/think▷", "<|begin_of_thought|>": "<|end_of_thought|>", "<|channel>thought": "<channel|>",
        "<|START_THINKING|>": "<|END_THINKING|><|START_RESPONSE|>",
        "<|channel|>analysis<|message|>": "<|end|><|start|>assistant<|channel|>final<|message|>"}
"""Marks that open and close thoughts as models write them: what a stream of an answer is looked through for, and with what
a chat template may end the prompt."""
MAY_HOLD_THOUGHTS = (rf"(?i)</?(?:{_NAMES})(?:\s[^<>\n]*)?>|\[/?THINK\]|◁/?think▷"
                     r"|<\|(?:begin|end)_of_(?:thought|solution)\|>|<\|?channel\|?>"
                     r"|<\|(?:START|END)_(?:THINKING|RESPONSE)\|>|<details type=.reasoning.")
"""Matches every text that `split_thoughts` could split (and others): a quick first look, valid for `re` and for polars."""
MARK_OF_THOUGHTS = r"[<\[◁]"
"""What all of these hold: a quicker look still."""
MOST_BLOCKS = 16
"""Each costs a pass over the text, so their number is bounded: real answers have one or two."""
_FIRST_LOOK = LazyPattern(MAY_HOLD_THOUGHTS)
_CODE = LazyPattern(r"^[ \t]*(?P<fence>`{3,}|~{3,}).*?(?:^[ \t]*(?P=fence)|\Z)"
                   r"|(?P<ticks>`+)(?!`)[^\n]*?(?<!`)(?P=ticks)(?!`)", re.MULTILINE | re.DOTALL)
_BLANK_LINES = LazyPattern(r"(?:[ \t]*\r?\n)*")
_QUOTES = "\"'“”‘’「」『』«»‹›《》"
_PUNCTUATION = ",.;:!?)，。；：！？、）"


def split_thoughts(text: str, question: str = "") -> tuple[str | None, str]:
    """A model's text as (reasoning, content).

    A block at the beginning is thoughts, closed or not (an unclosed one was cut off: no content is left); so is all that
    stands before a lone closing tag, whose opening one was part of the prompt. A tag in code, in quotes or in the middle of
    a sentence is spoken about and stays. Nothing of the content is stripped but the blank lines which followed the thoughts,
    and the marks around an answer (`<|begin_of_solution|>` and its kin).

    Args:
        text: what the model wrote.
        question: what it answers. Where that names such a tag itself, only a block that is closed, and whose closing tag
            does not stand in the middle of a sentence, is thoughts.

    Returns:
        The thoughts without the space around them, several blocks joined by a newline, None where there are none; and the
        content.
    """
    if _FIRST_LOOK.search(text) is None:
        return None, text
    blocks: list[str] = []
    about_tags = bool(question) and _FIRST_LOOK.search(question) is not None
    while len(blocks) < MOST_BLOCKS:
        block = _first_block(text)
        if block is None or (about_tags and not _surely_closed(text, block[1])):
            break
        begin, end, thoughts = block
        blocks.append(thoughts.strip())
        before, after = text[:begin], text[_BLANK_LINES.match(text, end).end():]  # type: ignore[union-attr]
        text = before + after if before.strip() else after
    return "\n".join(filter(None, blocks)) or None, _without_answer_marks(text, thought=bool(blocks))


def marks_among(tokens: Collection[str]) -> frozenset[str]:
    """Those of a tokenizer's special tokens that mark thoughts, of families all of whose marks are among them."""
    return frozenset(mark for marks in _MARKS if {*marks} <= {*tokens} for mark in marks)


def opened_by(prompt: str) -> str:
    """The mark of `TAGS` with which a prompt ends, and the space after it: the model then answers from within its thoughts.

    Empty where a prompt ends otherwise.

    >>> opened_by("Assistant: <think> "), opened_by("What does <think> mean?")
    ('<think> ', '')
    """
    end = prompt.rstrip()
    return next((prompt[len(end) - len(opening):] for opening in TAGS if end.endswith(opening)), "")


def without_bare_mark(text: str) -> str:
    """A model's own answer without the mark that some write before it even where nothing was thought."""
    mark = _BARE_ANSWER.match(text)
    return text if mark is None else text[mark.end():]


def _without_answer_marks(text: str, thought: bool) -> str:
    """An answer without the marks around it; a mark at its beginning alone, without thoughts before it, stays."""
    for opening, closing in _ANSWER_MARKS:
        begin, end = opening.match(text), closing.search(text, max(0, len(text) - 200))
        if begin and (end or thought):
            start = _BLANK_LINES.match(text, begin.end()).end()  # type: ignore[union-attr]
            return text[start:end.start() if end else len(text)].rstrip()
        if end and thought:                                 # the opening mark went with the thoughts
            return text[:end.start()].rstrip()
    return text


def _surely_closed(text: str, end: int) -> bool:
    """Whether a block that ends before `end` is closed by a tag that does not stand in the middle of a sentence."""
    before, after = text[:end], text[end:].split("\n", 1)[0]
    if not before.endswith((">", "]", "▷")):
        return False
    return not after.strip() or (not after[0].isspace() and after[0] not in _PUNCTUATION)


def _first_block(text: str) -> tuple[int, int, str] | None:
    """Where a block of thoughts begins and ends with its tags, and what it holds."""
    start = len(text) - len(text.lstrip())
    for kind in _KINDS:
        if opening := kind.opening.match(text, start):
            return _block(text, start, opening.end(), kind)
    if _FIRST_LOOK.search(text, start) is None:
        return None
    code = [match.span() for match in _CODE.finditer(text)]
    for kind in _KINDS:
        closing = next(_outside(kind.closing, text, code), None)
        if closing is None:
            continue
        opening = next(_outside(kind.opening, text[:closing.start()], code), None)
        if opening is None and kind.lone and _ends_thoughts(text, closing):
            return 0, closing.end(), text[:closing.start()]
        if opening is not None and kind.inside and not _line_around(text, opening)[0].strip():
            return opening.start(), closing.end(), text[opening.end():closing.start()]
    return None


def _block(text: str, start: int, inner: int, kind: _Kind) -> tuple[int, int, str]:
    """The block that opens at `start`: up to its closing tag (blocks within it counted), or to the end."""
    code = [match.span() for match in _CODE.finditer(text, inner)]
    closings = list(_outside(kind.closing, text, code, inner))
    if not closings:                # thoughts may leave a code block open: then a tag that fills a line closes them
        closings = [match for match in kind.closing.finditer(text, inner) if _fills_line(text, match)][:1]
    if not closings:
        return start, len(text), text[inner:]
    openings = [match.start() for match in _outside(kind.opening, text, code, inner)]
    depth, taken = 1, 0
    for closing in closings:
        while taken < len(openings) and openings[taken] < closing.start():
            depth, taken = depth + 1, taken + 1
        depth -= 1
        if depth == 0:
            return start, closing.end(), text[inner:closing.start()]
    return start, closings[0].end(), text[inner:closings[0].start()]


def _outside(pattern: LazyPattern, text: str, code: list[tuple[int, int]], at: int = 0) -> Iterator[re.Match[str]]:
    """Matches that stand neither in code nor in quotes."""
    spans = iter([*code, (len(text), len(text) + 1)])
    span = next(spans)
    for match in pattern.finditer(text, at):
        while span[1] <= match.start():
            span = next(spans)
        quoted = match.start() and text[match.start() - 1] in _QUOTES and text[match.end():match.end() + 1] in _QUOTES
        if match.start() < span[0] and not (quoted and match.end() < len(text)):
            yield match


def _fills_line(text: str, match: re.Match[str]) -> bool:
    before, after = _line_around(text, match)
    return not before.strip() and not after.strip()


def _ends_thoughts(text: str, match: re.Match[str]) -> bool:
    """Whether a lone closing tag ends thoughts: it begins or ends a line, or stands between two texts with no space."""
    before, after = _line_around(text, match)
    if not before.strip() or not after.strip():
        return True
    return not before[-1].isspace() and not after[0].isspace() and after[0] not in _PUNCTUATION


def _line_around(text: str, match: re.Match[str]) -> tuple[str, str]:
    end = text.find("\n", match.end())
    return text[text.rfind("\n", 0, match.start()) + 1:match.start()], text[match.end():end if end >= 0 else len(text)]
