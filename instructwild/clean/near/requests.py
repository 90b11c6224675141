"""Near-duplicates that ask for the same: the plain rule's pairs without those that differ in what they ask for.

Greedy, in input order: a text is dropped iff an earlier kept text has F above the threshold and `same_request` holds for
their contents. Both conditions are of the two texts alone. As texts that ask for the same have the same terms but for a few
that may be missing, they meet in a table of keys, and no other pair is looked at.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from heapq import nsmallest
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import LCSseq

from instructwild.clean.near.batch import RETHRESHOLD
from instructwild.clean.near.content import HAN, LONGEST, SPARE, SPARE_HAN, Content, content, core, same_request
from instructwild.clean.near.match import Match
from instructwild.clean.near.threshold import DEFAULT, as_threshold, needed
from instructwild.text.tokens import tokens

if TYPE_CHECKING:
    from instructwild.clean.near.encode import Encoded

SIFTED_FROM = 20_000     # below, the compiled sieve costs more than it saves
_MIX, _PRIME = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9)


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
        if sifted is None:
            sifted = len(texts) >= SIFTED_FROM
        alone = _alone(texts) if sifted else None
        known: dict[str, Keyed] = {}
        self._keyed = [None if alone is not None and alone[row] else known.get(text) or known.setdefault(text, keyed(text))
                       for row, text in enumerate(texts)]
        self.matches = self._at(self.threshold, self._keyed)

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
        return {threshold: sum(match is not None for match in self._at(threshold, self._keyed)) for threshold in thresholds}

    def just_dropped(self, limit: int = 20) -> list[tuple[int, Match]]:
        """The dropped texts whose F is the closest to the threshold, closest first."""
        pairs = [(row, match) for row, match in enumerate(self.matches) if match is not None]
        return nsmallest(limit, pairs, key=lambda pair: float(pair[1]))

    def just_kept(self, limit: int = 20) -> list[tuple[int, Match]]:
        """The kept texts that ask the same as an earlier kept one and are just not near enough, closest first."""
        kept = [entry if match is None else None for entry, match in zip(self._keyed, self.matches, strict=True)]
        below = self._at(max(self.threshold - Fraction(1, 10), Fraction(0)), kept)
        pairs = [(row, match) for row, match in enumerate(below) if match is not None]
        return nsmallest(limit, pairs, key=lambda pair: -float(pair[1]))

    @staticmethod
    def _at(threshold: Fraction, entries: Iterable[Keyed | None]) -> list[Match | None]:
        index = RequestIndex(threshold)
        matches: list[Match | None] = []
        for entry in entries:
            if entry is None:
                index.skip()
                matches.append(None)
            else:
                matches.append(index.add(entry))
        return matches


def request_text(messages: Sequence[tuple[str, str]]) -> str:
    """What a conversation asks for, as duplicates are judged on it: its user turns and what tools said, joined by newlines.

    System turns do not count; of a conversation of several such turns, all up to the last count, the assistant's too.

    Args:
        messages: role and content of each turn.
    """
    turns = [(role, text) for role, text in messages if role != "system"]
    asks = [at for at, (role, _) in enumerate(turns) if role != "assistant"]
    return "\n".join(text for _, text in turns[:asks[-1] + 1]) if asks else ""


def _alone(texts: Sequence[str]) -> NDArray[np.bool_] | None:
    """Which texts can ask for the same as no other, by the words alone; None where no compiler is installed."""
    try:
        from instructwild.clean.near.encode import encode
    except ImportError:
        return None
    encoded = encode(texts)
    row, hashes, han = _cores(encoded)
    total = np.concatenate([np.zeros(1, np.uint64), np.cumsum(hashes, dtype=np.uint64)])
    han_so_far = np.concatenate([np.zeros(1, np.int64), np.cumsum(han)])
    first = np.searchsorted(row, np.arange(len(texts) + 1))
    whole = total[first[1:]] - total[first[:-1]]
    keys, count = np.unique(whole, return_counts=True)
    meets = np.isin(whole, keys[count > 1])
    short = (first[1:] - first[:-1] <= LONGEST)[row]
    for size in range(1, SPARE_HAN + 1):
        begin = np.arange(max(0, len(row) - size + 1))
        begin = begin[(row[begin] == row[begin + size - 1]) & short[begin]]
        if size > SPARE:
            begin = begin[han_so_far[begin + size] - han_so_far[begin] == size]
        without = whole[row[begin]] - (total[begin + size] - total[begin])
        known = keys[np.minimum(np.searchsorted(keys, without), len(keys) - 1)] == without
        meets[row[begin[known]]] = True
        meets |= np.isin(whole, without[known])
    return ~meets


def _cores(encoded: "Encoded") -> tuple[NDArray[np.int64], NDArray[np.uint64], NDArray[np.bool_]]:
    """The words of each text that remain wherever they stand, each once, in their order: text, hash, whether it is Han."""
    named: dict[str, int] = {"": 0}
    number = np.array([named.setdefault(core(token), len(named)) for token in encoded.vocabulary()], np.int64)
    is_han = np.array([HAN.match(word) is not None for word in named])
    order = np.argsort(encoded.start, kind="stable")
    row = np.repeat(order, encoded.length[order])
    word = number[encoded.ids] if len(encoded.ids) else np.zeros(0, np.int64)
    row, word = row[word > 0], word[word > 0]
    _, at = np.unique(row * len(named) + word, return_index=True)
    at = at[np.lexsort((at, row[at]))]
    row, word = row[at], word[at]
    mixed = word.astype(np.uint64) * _MIX
    mixed = (mixed ^ (mixed >> np.uint64(29))) * _PRIME
    return row, mixed ^ (mixed >> np.uint64(32)), is_han[word]
