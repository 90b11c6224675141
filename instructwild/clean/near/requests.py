"""Near-duplicates that ask for the same: the plain rule's pairs without those that differ in what they ask for.

Greedy, in input order: a text is dropped iff an earlier kept text has F above the threshold and the two ask for the same
(`ask_the_same`): by their terms (`content`), or, where they are longer, by their keywords (`keywords`). Both conditions are
of the two texts alone. Texts that ask for the same meet in tables of keys, and no other pair is looked at.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from instructwild.clean.near.common_length import common_length
from instructwild.clean.near.comparison import same_request
from instructwild.clean.near.content import Content, content
from instructwild.clean.near.keywords import Keywords, keywords, same_keywords
from instructwild.clean.near.match import Match
from instructwild.clean.near.threshold import DEFAULT, as_threshold, needed
from instructwild.text.tokens import tokens


class Keyed(NamedTuple):
    """A text ready to be looked up."""

    text: str
    content: Content
    key: int
    shorter: list[int]
    keywords: Keywords | None
    buckets: list[tuple[str, ...]]


def keyed(text: str) -> Keyed:
    """A text with what it asks for and the keys under which it meets others."""
    asks, about = content(text), keywords(text)
    return Keyed(text, asks, asks.key(), asks.shorter(), about, about.buckets() if about else [])


def ask_the_same(first: Keyed, second: Keyed) -> bool:
    """Whether two texts ask for the same, whatever their F."""
    return same_request(first.content, second.content) or \
        same_keywords(first.keywords, second.keywords, (first.text, second.text))


class RequestIndex:
    """Texts that were kept, to compare new ones with; the time of a look-up does not grow with their number.

    Adding texts one by one gives the verdicts of `SameRequests` on all of them.

    Args:
        threshold: pairs need an F above it.
        floor: pairs that ask for the same and have an F above this, but not above the threshold, are noted in `below`.

    Attributes:
        below: of each text that was kept and has any such pair, the one of highest F, the earliest of several.
    """

    def __init__(self, threshold: Fraction | float | str = DEFAULT, floor: Fraction | None = None) -> None:
        self.threshold = as_threshold(threshold)
        self._floor = self.threshold if floor is None else floor
        self.below: dict[int, Match] = {}
        self.seen = 0
        self._kept: dict[int, Keyed] = {}
        self._same: dict[int, list[int]] = {}        # key of all terms -> kept texts
        self._fuller: dict[int, list[int]] = {}      # key without terms that may be missing -> kept texts
        self._about: dict[tuple[str, ...], list[int]] = {}               # bucket of its keywords -> kept texts

    def __len__(self) -> int:
        """How many texts are there to be found."""
        return len(self._kept)

    def find(self, text: str | Keyed) -> Match | None:
        """The earliest kept text that is near this one and asks for the same, or None."""
        query = keyed(text) if isinstance(text, str) else text
        candidates = {*self._same.get(query.key, ()), *self._fuller.get(query.key, ())}
        for other in query.shorter:
            candidates.update(self._same.get(other, ()))
        for bucket in query.buckets:
            candidates.update(self._about.get(bucket, ()))
        ours = tokens(query.text) if candidates else []
        below: Match | None = None
        for row in sorted(candidates):
            match = self._match(row, query, ours)
            if match is None:
                continue
            if match.lcs >= needed(self.threshold, sum(match.lengths)):
                return match
            below = match if below is None or match.f > below.f else below
        if below is not None:
            self.below[self.seen] = below
        return None

    def add(self, text: str | Keyed) -> Match | None:
        """Keep a text, or say which kept text it duplicates."""
        query = keyed(text) if isinstance(text, str) else text
        match = self.find(query)
        if match is None:
            self.keep(query)
        else:
            self.seen += 1
        return match

    def keep(self, text: str | Keyed) -> None:
        """Keep a text whatever it duplicates."""
        query = keyed(text) if isinstance(text, str) else text
        self._kept[self.seen] = query
        self._same.setdefault(query.key, []).append(self.seen)
        for other in query.shorter:
            self._fuller.setdefault(other, []).append(self.seen)
        for bucket in query.buckets:
            self._about.setdefault(bucket, []).append(self.seen)
        self.seen += 1

    def skip(self) -> None:
        """Count a text that no other can duplicate."""
        self.seen += 1

    def _match(self, row: int, query: Keyed, ours: list[str]) -> Match | None:
        kept = self._kept[row]
        if not ours or not ask_the_same(query, kept):
            return None
        theirs = tokens(kept.text)
        need = needed(self._floor, len(ours) + len(theirs))
        common = common_length(ours, theirs, need)
        return Match(row, common, (len(ours), len(theirs))) if common >= need else None


def request_text(messages: Sequence[tuple[str, str]]) -> str:
    """What a conversation asks for, as duplicates are judged on it: its user turns and what tools said, joined by newlines.

    System turns do not count; of a conversation of several such turns, all up to the last count, the assistant's too.

    Args:
        messages: role and content of each turn.
    """
    turns = [(role, text) for role, text in messages if role != "system"]
    asks = [at for at, (role, _) in enumerate(turns) if role != "assistant"]
    return "\n".join(text for _, text in turns[:asks[-1] + 1]) if asks else ""
