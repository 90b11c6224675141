"""Near-duplicates that ask for the same: the plain rule's pairs without those that differ in what they ask for.

Greedy, in input order: a text is dropped iff an earlier kept text has F above the threshold and `same_request` holds for
their contents. Both conditions are of the two texts alone. As texts that ask for the same have the same terms but for a few
that may be missing, they meet in a table of keys, and no other pair is looked at.
"""

import gc
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from heapq import nsmallest
from typing import TYPE_CHECKING, NamedTuple

from rapidfuzz.distance import LCSseq

from instructwild.clean.near.batch import RETHRESHOLD
from instructwild.clean.near.content import Content, content, same_request
from instructwild.clean.near.match import Match
from instructwild.clean.near.threshold import DEFAULT, as_threshold, needed
from instructwild.text.tokens import tokens

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SIFTED_FROM = 20_000     # below, the compiled sieve costs more than it saves
BELOW = Fraction(1, 10)
"""How far below the threshold the nearest kept pairs are looked for."""


class Keyed(NamedTuple):
    """A text ready to be looked up."""

    text: str
    content: Content
    key: int
    shorter: list[int]


def keyed(text: str) -> Keyed:
    """A text with what it asks for and the keys under which it meets others."""
    asks = content(text)
    return Keyed(text, asks, asks.key(), asks.shorter())


class RequestIndex:
    """Texts that were kept, to compare new ones with; the time of a look-up does not grow with their number.

    Adding texts one by one gives the verdicts of `SameRequests` on all of them.

    Args:
        threshold: pairs need an F above it.
    """

    def __init__(self, threshold: Fraction | float | str = DEFAULT) -> None:
        self.threshold = as_threshold(threshold)
        self.seen = 0
        self._kept: dict[int, Keyed] = {}
        self._same: dict[int, list[int]] = {}        # key of all terms -> kept texts
        self._fuller: dict[int, list[int]] = {}      # key without terms that may be missing -> kept texts

    def __len__(self) -> int:
        """How many texts are there to be found."""
        return len(self._kept)

    def find(self, text: str | Keyed) -> Match | None:
        """The earliest kept text that is near this one and asks for the same, or None."""
        query = keyed(text) if isinstance(text, str) else text
        candidates = {*self._same.get(query.key, ()), *self._fuller.get(query.key, ())}
        for other in query.shorter:
            candidates.update(self._same.get(other, ()))
        ours = tokens(query.text) if candidates else []
        for row in sorted(candidates):
            match = self._match(row, query, ours)
            if match is not None:
                return match
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
        self.seen += 1

    def skip(self) -> None:
        """Count a text that no other can duplicate."""
        self.seen += 1

    def _match(self, row: int, query: Keyed, ours: list[str]) -> Match | None:
        kept = self._kept[row]
        if not ours or not same_request(query.content, kept.content):
            return None
        theirs = tokens(kept.text)
        need = needed(self.threshold, len(ours) + len(theirs))
        common = LCSseq.similarity(ours, theirs, score_cutoff=need)
        return Match(row, int(common), (len(ours), len(theirs))) if common >= need else None


class SameRequests:
    """Which texts are near an earlier kept one and ask for the same, at one threshold.

    Attributes:
        threshold: pairs need an F above it.
        matches: for each text the earliest kept one that it duplicates, or None where it is kept.
    """

    def __init__(self, texts: Sequence[str], threshold: Fraction | float | str = DEFAULT, *,
                 sifted: bool | None = None) -> None:
        """Find them.

        Args:
            texts: what is asked: user turns with their inputs.
            threshold: pairs need an F above it.
            sifted: leave out at once, by compiled code, texts that share too few words with any other; None lets the number
                of texts decide. The results are the same.
        """
        self.threshold = as_threshold(threshold)
        self._texts = texts
        self._sifted = len(texts) >= SIFTED_FROM if sifted is None else sifted
        self._repeated = {text for text, count in Counter(texts).items() if count > 1}
        self._keyed: dict[str, Keyed] = {}
        self._floor = Fraction(1)
        with _collector_paused():
            self.matches = self._at(self.threshold)

    @property
    def verdicts(self) -> list[int | None]:
        """For each text the index of the kept text it duplicates, or None where it is kept."""
        return [None if match is None else match.index for match in self.matches]

    @property
    def dropped(self) -> int:
        """How many texts duplicate another."""
        return sum(match is not None for match in self.matches)

    def dropped_at(self, thresholds: Iterable[Fraction] = RETHRESHOLD) -> dict[Fraction, int]:
        """How many texts would be dropped at other thresholds, each decided anew."""
        return {threshold: sum(match is not None for match in self._at(threshold)) for threshold in thresholds}

    def just_dropped(self, limit: int = 20) -> list[tuple[int, Match]]:
        """The dropped texts whose F is the closest to the threshold, closest first."""
        pairs = [(row, match) for row, match in enumerate(self.matches) if match is not None]
        return nsmallest(limit, pairs, key=lambda pair: float(pair[1]))

    def just_kept(self, limit: int = 20) -> list[tuple[int, Match]]:
        """The kept texts that ask the same as an earlier kept one and are just not near enough, closest first."""
        below = self._at(max(self.threshold - BELOW, Fraction(0)), [match is None for match in self.matches])
        pairs = [(row, match) for row, match in enumerate(below) if match is not None]
        return nsmallest(limit, pairs, key=lambda pair: -float(pair[1]))

    def _at(self, threshold: Fraction, among: Sequence[bool] | None = None) -> list[Match | None]:
        """For each text, or each among those, the earliest kept one that it duplicates. Of identical texts one is read."""
        self._read(threshold)
        index = RequestIndex(threshold)
        matches: list[Match | None] = [None] * len(self._texts)
        copies: dict[str, Match | None] = {}             # what the next identical text duplicates
        for row, text in enumerate(self._texts):
            entry = self._keyed.get(text)
            if among is not None and not among[row]:
                index.skip()
            elif text in copies:
                index.skip()
                matches[row] = copies[text]
            else:
                if entry is None:
                    index.skip()
                else:
                    matches[row] = index.add(entry)
                copies[text] = matches[row] or (_identical(text, row, threshold) if text in self._repeated else None)
        return matches

    def _read(self, threshold: Fraction) -> None:
        """Have what the texts ask for at hand, of all that may duplicate another one at this threshold."""
        if threshold >= self._floor:
            return
        self._floor = max(min(threshold - BELOW, *RETHRESHOLD), Fraction(0))
        texts = list(dict.fromkeys(self._texts))
        meets = _may_meet(texts, self._floor) if self._sifted else None
        self._keyed = {text: self._keyed.get(text) or keyed(text) for at, text in enumerate(texts)
                       if meets is None or meets[at]}


@contextmanager
def _collector_paused() -> Iterator[None]:
    """No search for cycles while many small objects without any are made: it would take a quarter of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _identical(text: str, row: int, threshold: Fraction) -> Match | None:
    """The match of a text with an identical one, unless it has no token or nothing exceeds the threshold."""
    length = len(tokens(text))
    return Match(row, length, (length, length)) if length >= needed(threshold, 2 * length) else None


def _may_meet(texts: Sequence[str], floor: Fraction) -> "NDArray[np.bool_] | None":
    """Which texts may ask for the same as another; None where no compiler is installed."""
    try:
        from instructwild.clean.near.sieve import may_meet
    except ImportError:
        return None
    return may_meet(texts, floor)


def request_text(messages: Sequence[tuple[str, str]]) -> str:
    """What a conversation asks for, as duplicates are judged on it: its user turns and what tools said, joined by newlines.

    System turns do not count; of a conversation of several such turns, all up to the last count, the assistant's too.

    Args:
        messages: role and content of each turn.
    """
    turns = [(role, text) for role, text in messages if role != "system"]
    asks = [at for at, (role, _) in enumerate(turns) if role != "assistant"]
    return "\n".join(text for _, text in turns[:asks[-1] + 1]) if asks else ""
