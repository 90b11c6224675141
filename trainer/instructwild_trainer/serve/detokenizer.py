"""Tokens as they come, turned into text that is certain: whole characters, and nothing that may become a stop string."""

from collections.abc import Callable, Sequence

UNFINISHED = "\N{REPLACEMENT CHARACTER}"
LONGEST_CHARACTER = 8
"""Tokens after which a broken character is let through: no character is spread over more."""


class Detokenizer:
    """What one answer says so far.

    Args:
        decode: turns tokens into text; special tokens say nothing, but for marks of thoughts.
        stops: texts at which the answer ends; neither they nor what follows is said.
    """

    def __init__(self, decode: Callable[[Sequence[int]], str], stops: Sequence[str] = ()) -> None:
        self._decode, self._stops = decode, tuple(stop for stop in stops if stop)
        self._tokens: list[int] = []
        self._start = self._read = 0
        self._held = ""
        self.stopped = False

    def add(self, token: int) -> str:
        """Take one token in, and give the text that is certain now."""
        self._tokens.append(token)
        text = self._decoded(self._start, len(self._tokens))
        if text.endswith(UNFINISHED) and len(self._tokens) - self._read < LONGEST_CHARACTER:
            return ""
        return self._certain(self._new(text))

    def end(self) -> str:
        """The rest, once no more tokens come."""
        rest = "" if self.stopped else self._certain(self._new(self._decoded(self._start, len(self._tokens)))) + self._held
        self._held = ""
        return rest

    def _new(self, text: str) -> str:
        # Decoding again from the previous token on keeps the spaces that some tokenizers write before a word.
        new = text[len(self._decoded(self._start, self._read)):]
        self._start, self._read = self._read, len(self._tokens)
        return new

    def _decoded(self, start: int, end: int) -> str:
        return self._decode(self._tokens[start:end])

    def _certain(self, new: str) -> str:
        if self.stopped:
            return ""
        text = self._held + new
        result = [index for stop in self._stops if (index := text.find(stop)) >= 0]
        if result:
            self.stopped, self._held = True, ""
            return text[: min(result)]
        kept = max((_overlap(text, stop) for stop in self._stops), default=0)
        self._held = text[len(text) - kept:]
        return text[: len(text) - kept]


def _overlap(text: str, stop: str) -> int:
    """How many letters at the end of the text may be the beginning of a stop string."""
    return next((size for size in range(min(len(stop) - 1, len(text)), 0, -1) if text.endswith(stop[:size])), 0)
