"""Near-duplicates that ask for the same: the plain rule's pairs without those that differ in what they ask for.

Greedy, in input order: a text is dropped iff an earlier kept text has F above the threshold and `same_request` holds for
their contents. Both conditions are of the two texts alone. As texts that ask for the same have the same terms but for a few
that may be missing, they meet in a table of keys, and no other pair is looked at.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import LCSseq

from instructwild.clean.near.content import LONGEST, SPARE, SPARE_HAN, Content, content, core, same_request
from instructwild.clean.near.match import Match
from instructwild.clean.near.threshold import DEFAULT, as_threshold, needed
from instructwild.text.scripts import ANY_HAN
from instructwild.text.tokens import tokens

if TYPE_CHECKING:
    from instructwild.clean.near.encode import Encoded

SIFTED_FROM = 20_000     # below, the compiled sieve costs more than it saves
_MIX, _PRIME = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9)


class RequestIndex:
    """Texts that were kept, to compare new ones with; the time of a look-up does not grow with their number.

    Args:
        threshold: pairs need an F above it.
    """

    def __init__(self, threshold: Fraction | float | str = DEFAULT) -> None:
        self.threshold = as_threshold(threshold)
        self.seen = 0
        self._kept: dict[int, tuple[str, Content]] = {}
        self._same: dict[int, list[int]] = {}        # key of all terms -> kept texts
        self._fuller: dict[int, list[int]] = {}      # key without terms that may be missing -> kept texts

    def __len__(self) -> int:
        """How many texts were kept."""
        return len(self._kept)

    def find(self, text: str) -> Match | None:
        """The earliest kept text that is near this one and asks for the same, or None."""
        asks = content(text)
        return self._find(text, asks, asks.key(), asks.shorter())

    def add(self, text: str) -> Match | None:
        """Keep a text, or say which kept text it duplicates."""
        asks = content(text)
        key, shorter = asks.key(), asks.shorter()
        match = self._find(text, asks, key, shorter)
        if match is None:
            self._keep(text, asks, key, shorter)
        self.seen += 1
        return match

    def keep(self, text: str) -> None:
        """Keep a text whatever it duplicates."""
        asks = content(text)
        self._keep(text, asks, asks.key(), asks.shorter())
        self.seen += 1

    def skip(self, count: int = 1) -> None:
        """Count texts that are kept and that no text can duplicate."""
        self.seen += count

    def _keep(self, text: str, asks: Content, key: int, shorter: Iterable[int]) -> None:
        self._kept[self.seen] = (text, asks)
        self._same.setdefault(key, []).append(self.seen)
        for other in shorter:
            self._fuller.setdefault(other, []).append(self.seen)

    def _find(self, text: str, asks: Content, key: int, shorter: Iterable[int]) -> Match | None:
        candidates = {*self._same.get(key, ()), *self._fuller.get(key, ())}
        for other in shorter:
            candidates.update(self._same.get(other, ()))
        if not candidates:
            return None
        ours = tokens(text)
        for row in sorted(candidates):
            kept, kept_asks = self._kept[row]
            if not same_request(asks, kept_asks):
                continue
            theirs = tokens(kept)
            need = needed(self.threshold, len(ours) + len(theirs))
            common = LCSseq.similarity(ours, theirs, score_cutoff=need)
            if ours and common >= need:
                return Match(row, int(common), (len(ours), len(theirs)))
        return None


def same_requests(texts: Sequence[str], threshold: Fraction | float | str = DEFAULT, *,
                  sifted: bool | None = None) -> list[Match | None]:
    """For each text the earliest kept one that it is near to and asks the same as, or None where it is kept.

    Args:
        texts: what is asked, user turns with their inputs.
        threshold: pairs need an F above it.
        sifted: leave out at once, by compiled code, texts that share too few words with any other; None lets the number of
            texts decide. The results are the same.
    """
    index = RequestIndex(threshold)
    if sifted is None:
        sifted = len(texts) >= SIFTED_FROM
    alone = _alone(texts) if sifted else None
    if alone is None:
        return [index.add(text) for text in texts]
    matches: list[Match | None] = []
    for text, skipped in zip(texts, alone.tolist(), strict=True):
        if skipped:
            index.skip()
            matches.append(None)
        else:
            matches.append(index.add(text))
    return matches


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
    import re

    named: dict[str, int] = {"": 0}
    number = np.array([named.setdefault(core(token), len(named)) for token in encoded.vocabulary()], np.int64)
    is_han = np.array([re.match(ANY_HAN, word) is not None for word in named])
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
