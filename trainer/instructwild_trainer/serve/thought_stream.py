"""Thoughts told from the answer while it comes: as `split_thoughts` does it for a whole text, a chunk at a time."""

import re

from instructwild.text.thoughts import BARE_MARKS, TAGS

LEADING_BLANK_LINES = re.compile(r"(?:[ \t]*\r?\n)*[ \t]*\Z|(?:[ \t]*\r?\n)+")


class ThoughtStream:
    """Splits a stream of text into reasoning and content.

    A block is thoughts where the answer begins with its opening tag, or where the prompt ended with it. A lone closing tag
    in a stream cannot turn what was sent already into thoughts, as it does in a whole text.

    Args:
        opening: the mark of `TAGS` with which the prompt opened thoughts; empty where it opened none.
    """

    def __init__(self, opening: str = "") -> None:
        self._closing = TAGS.get(opening.rstrip())
        self._decided = self._closing is not None
        self._fresh = True          # of the part that is being read: space at its beginning is not passed on
        self._held = ""

    def add(self, text: str) -> tuple[str, str]:
        """Take in further text; (reasoning, content) that are certain now."""
        self._held += text
        if not self._decided and not self._decide():
            return "", ""
        reasoning = self._thoughts() if self._closing is not None else ""
        return reasoning, self._content() if self._closing is None else ""

    def end(self) -> tuple[str, str]:
        """What is left once no more text comes."""
        rest, self._held = self._held, ""
        return (rest.rstrip(), "") if self._closing is not None else ("", rest)

    def _decide(self) -> bool:
        """Whether it is known by now if the answer begins with thoughts."""
        begun = self._held.lstrip()
        lowered = begun.lower()
        for opening, closing in TAGS.items():
            if lowered.startswith(opening.lower()):
                self._held, self._closing, self._decided = begun[len(opening):], closing, True
                return True
        if mark := next((mark for mark in BARE_MARKS if begun.startswith(mark)), None):
            self._held, self._decided = begun[len(mark):], True
            return True
        if any(opening.lower().startswith(lowered) for opening in (*TAGS, *BARE_MARKS)):
            return False
        self._decided, self._fresh = True, False
        return True

    def _thoughts(self) -> str:
        assert self._closing is not None
        if self._fresh:
            self._held = self._held.lstrip()
            self._fresh = not self._held
        end = re.search(re.escape(self._closing), self._held, re.IGNORECASE)
        if end is not None:
            thoughts, self._held = self._held[:end.start()], self._held[end.end():]
            self._closing, self._fresh = None, True
            return thoughts.rstrip()
        kept = next((size for size in range(min(len(self._closing) - 1, len(self._held)), 0, -1)
                     if self._held[-size:].lower() == self._closing[:size].lower()), 0)
        certain = self._held[:len(self._held) - kept].rstrip()
        self._held = self._held[len(certain):]
        return certain

    def _content(self) -> str:
        if self._fresh:
            blank = LEADING_BLANK_LINES.match(self._held)
            if blank is not None and blank.end() == len(self._held):
                return ""           # blank lines so far: the next chunk says whether they end here
            self._held = self._held[blank.end() if blank is not None else 0:]
            self._fresh = False
        content, self._held = self._held, ""
        return content
