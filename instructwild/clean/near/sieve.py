"""Which of many texts can ask for the same as another one at all, told by their tokens alone, before any of them is read.

Two texts that ask for the same have the same cores (`cores.core`) but for a run that may be missing, or few enough
`keywords` that differ, and an F above the threshold. All are tested on numbers: sums of hashes bring texts together, then
their digits, the ends of their inputs, and a bound on F over the tokens that they share part most of them. The numbers of a
text depend on nothing but the text, so that texts can be sifted in parts and in any process; what may meet, directly or
through others, is one group, and no verdict depends on a text of another group.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from instructwild.clean.near.chinese_phrases import tree
from instructwild.clean.near.content import content
from instructwild.clean.near.encode import encode
from instructwild.clean.near.key_kernel import (
    MARKS,
    about_of,
    cores_of,
    hashes_of,
    marks_of,
    sign,
    sign_solid,
    signs_and_terms,
    with_a_run_missing,
)
from instructwild.clean.near.sieve_kernel import listed, may_be_noted, meet, meet_about, meet_rare, note
from instructwild.clean.near.token_hashes import ALL, NUMBERS, OTHER_SCRIPT, REMEMBERED, columns_of_tokens

MARK = 2
"""What the mark of a Chinese word that stays whole weighs beside its characters: see `content`."""
CROWD = 256
"""Texts that may meet by their cores beyond which only those are looked at that share a rare token too."""

BITS_A_TEXT = 16
"""Bits of the table of keys for each text: of the keys that no text has, one in sixteen at most passes it."""


class Sifted(NamedTuple):
    """What tells which texts may meet, of some texts.

    Attributes:
        whole: a key of all cores of each text, uint64 [texts].
        length: how many tokens it has, int64 [texts].
        bits: its tokens as bits, then those of them that are surely terms, uint64 [texts, 4].
        marks: hashes of what has to be the same in a text that asks for the same, 0 where it need not: numbers and terms
            of constraints; Latin words within Chinese; the end of the input, 1, 4 and 16 tokens of it. uint64 [texts, 5].
        tokens: hashes of its tokens, uint32 [tokens].
        about: what must be in both of two requests that are judged by keywords, uint64 [texts].
        size: how many words such a request has at most, 0 where it is none, int32 [texts].
        counts: how many keywords it has, int32 [texts].
        words: hashes of these, rising in each text, uint32 [keywords].
        row: for each run of cores that may be missing, whose it is, int32 [runs].
        shorter: the key of that text without the run, uint64 [runs].
    """

    whole: NDArray[np.uint64]
    length: NDArray[np.int64]
    bits: NDArray[np.uint64]
    marks: NDArray[np.uint64]
    tokens: NDArray[np.uint32]
    about: NDArray[np.uint64]
    size: NDArray[np.int32]
    counts: NDArray[np.int32]
    words: NDArray[np.uint32]
    row: NDArray[np.int32]
    shorter: NDArray[np.uint64]


def sift(texts: Sequence[str]) -> Sifted:
    """The keys of some texts."""
    encoded = encode(texts)
    words = columns_of_tokens(encoded)
    _, number = np.unique(words.core, return_inverse=True)
    counts, whole, order = cores_of(encoded.ids, encoded.start, encoded.length, number, words.core, words.moved)
    signed = encoded.ids, encoded.start, encoded.length, encoded.hashes
    solid, kept = sign_solid(*signed, words.solid, words.phrase, *tree())
    spare = signs_and_terms(encoded.ids, encoded.start, encoded.length, encoded.signs, words.weight) + MARK * kept
    row, shorter = with_a_run_missing(counts, whole, order, words.core, words.han, spare)
    bits = np.concatenate([sign(*signed), solid], axis=1)
    tokens = hashes_of(encoded.ids, encoded.start, encoded.length, (encoded.hashes >> np.uint64(32)).astype(np.uint32))
    marks = marks_of(encoded.ids, encoded.start, encoded.length, encoded.input, encoded.quotes, words.core,
                     words.kind == OTHER_SCRIPT, words.latin, words.firm, words.tail)
    known, number = np.unique(words.word, return_inverse=True)
    about, size, counts, keys = about_of(encoded.ids, encoded.start, encoded.length, encoded.input, words.kind,
                                         words.word, number, (known >> np.uint64(32)).astype(np.uint32), words.rest)
    return Sifted(whole, encoded.length.astype(np.int64), bits, marks, tokens, about, size, counts, keys, row, shorter)


def sift_closely(texts: Sequence[str]) -> Sifted:
    """The keys of some texts, those of their cores as `content` gives them: slower than `sift`, and much finer."""
    if len(NUMBERS) > REMEMBERED:
        NUMBERS.clear()
    whole, row, shorter = np.zeros(len(texts), np.uint64), list[int](), list[int]()
    for at, text in enumerate(texts):
        asks = content(text)
        whole[at] = asks.key(NUMBERS.__getitem__) & ALL
        less = asks.shorter(NUMBERS.__getitem__)
        row += [at] * len(less)
        shorter += [key & ALL for key in less]
    return sift(texts)._replace(whole=whole, row=np.array(row, np.int32), shorter=np.array(shorter, np.uint64))


class SiftedTexts:
    """The keys of many texts, gathered part by part. `sieve_on_disk.SiftedOnDisk` is for more than memory holds."""

    def __init__(self) -> None:
        self._count = 0
        self._parts: dict[str, list[NDArray[Any]]] = {name: [] for name in COLUMNS}
        self._runs: list[tuple[int, NDArray[np.int32], NDArray[np.uint64]]] = []

    def add(self, part: Sifted) -> None:
        """Take the keys of the next texts."""
        for name, column in self._parts.items():
            column.append(getattr(part, name))
        self._runs.append((self._count, part.row, part.shorter))
        self._count += len(part.whole)

    def _column(self, name: str) -> NDArray[Any]:
        return np.concatenate([COLUMNS[name], *self._parts.pop(name)])

    @property
    def length(self) -> NDArray[np.int64]:
        """How many tokens each text has."""
        return np.concatenate([COLUMNS["length"], *self._parts["length"]])

    def grouped(self, floors: "Floors") -> NDArray[np.int32]:
        """For each text the first text of its group, int32 [texts]: itself where it can meet none before it.

        The keys are used up.

        Args:
            floors: below them no pair counts.
        """
        whole, length = self._column("whole"), self._column("length")
        texts = Texts.of(self._column("bits"), self._column("marks"), length, self._column("tokens"))
        keys, group, count = np.unique(whole, return_inverse=True, return_counts=True)
        members = np.lexsort((length, group))                   # texts of the same cores lie together, the shortest first
        askers = [np.flatnonzero((count > 1)[group])]
        groups = [group[askers[0]]]
        table = np.zeros(1 << (BITS_A_TEXT * len(keys) // 64).bit_length(), np.uint64)
        note(keys, table)
        for before, row, shorter in self._runs:
            hits = may_be_noted(shorter, table)
            at = np.searchsorted(keys, shorter[hits])
            known = keys[np.minimum(at, len(keys) - 1)] == shorter[hits]
            askers.append(row[hits[known]].astype(np.int64) + before)
            groups.append(at[known])
        self._runs = []
        root = np.arange(len(whole), dtype=np.int32)
        bounds = floors.bounds
        asker, target = np.concatenate(askers), np.concatenate(groups)
        begin = starts(count)
        crowded = np.bincount(target, minlength=len(count)) > CROWD
        few = ~crowded[target]
        meet(asker[few], target[few], begin, members, *texts, bounds, root)
        for group_at in np.flatnonzero(crowded):
            own = members[begin[group_at]:begin[group_at + 1]]
            crowd = np.concatenate([own, np.setdiff1d(asker[target == group_at], own)])
            some = texts.only(crowd)
            meet_rare(crowd, len(own), *rare_tokens(some, floors.first), *some, bounds, root)
        size, counts, words = self._column("size"), self._column("counts"), self._column("words")
        start = starts(counts)
        owner, bucket = listed(self._column("about"), size, start, words)
        order = np.argsort(bucket)
        meet_about(owner[order], bucket[order], size, start, words, *texts, bounds, root)
        first = np.full(len(whole), len(whole), np.int32)
        np.minimum.at(first, root, np.arange(len(whole), dtype=np.int32))
        return first[root]


class Floors(NamedTuple):
    """Below which F no pair of texts counts.

    Attributes:
        rest: of any pair.
        first: of a pair of the first texts, at most the same.
        since: how many are the first.
    """

    rest: Fraction
    first: Fraction
    since: int

    @classmethod
    def of_all(cls, floor: Fraction) -> "Floors":
        """The same for all pairs."""
        return cls(floor, floor, 0)

    def among(self, texts: NDArray[np.int64]) -> "Floors":
        """The same of some of the texts, numbered anew in their order."""
        return self._replace(since=int(np.searchsorted(texts, self.since)))

    @property
    def bounds(self) -> tuple[int, int, int, int, int]:
        """As compiled functions take them."""
        return (self.first.numerator, self.first.denominator, self.since, self.rest.numerator, self.rest.denominator)


class Texts(NamedTuple):
    """What parts texts: bits, marks and hashes of the tokens of each text, as in `Sifted`, to be put in rising order and as
    they are written, where these begin, and whether they are in rising order.
    """

    bits: NDArray[np.uint64]
    marks: NDArray[np.uint64]
    length: NDArray[np.int64]
    tokens: NDArray[np.uint32]
    written: NDArray[np.uint32]
    start: NDArray[np.int64]
    ordered: NDArray[np.bool_]

    @classmethod
    def of(cls, bits: NDArray[np.uint64], marks: NDArray[np.uint64], length: NDArray[np.int64], tokens: NDArray[np.uint32],
           ordered: bool = False) -> "Texts":
        """All texts, from their columns; of tokens that are in rising order it is not known how they are written."""
        return cls(bits, marks, length, tokens, tokens if ordered else tokens.copy(), starts(length),
                   np.full(len(length), ordered))

    def only(self, texts: NDArray[np.int64]) -> "Texts":
        """Some of them."""
        length = self.length[texts]
        start = starts(length)
        at = np.repeat(self.start[texts] - start[:-1], length) + np.arange(start[-1])
        return Texts(self.bits[texts], self.marks[texts], length, self.tokens[at], self.written[at], start,
                     self.ordered[texts])


def rare_tokens(crowd: Texts, floor: Fraction) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Of some texts the rarest tokens, one of which two of them share where their F is above the floor.

    Returns for each such token which of the texts it is in, one token after another, and where each token's begin.
    """
    _, token, count = np.unique(crowd.tokens, return_inverse=True, return_counts=True)
    rank = np.empty(len(count), np.int64)
    rank[np.argsort(count, kind="stable")] = np.arange(len(count))
    owner = np.repeat(np.arange(len(crowd.length)), crowd.length)
    ranked = np.sort(owner * len(count) + rank[token]) - owner * len(count)              # in each text, the rarest first
    least = floor.numerator * crowd.length // (2 * floor.denominator - floor.numerator) + 1     # that a twin shares
    rare = np.arange(len(owner)) < (crowd.start[1:] - least + 1)[owner]
    holders = np.unique(ranked[rare] * len(crowd.length) + owner[rare])
    listed_rank, holder = np.divmod(holders, max(len(crowd.length), 1))
    return holder, np.append(np.flatnonzero(np.append(True, np.diff(listed_rank) > 0)), len(holder))


COLUMNS: dict[str, NDArray[Any]] = {
    "whole": np.zeros(0, np.uint64), "length": np.zeros(0, np.int64), "bits": np.zeros((0, 4), np.uint64),
    "marks": np.zeros((0, MARKS), np.uint64), "tokens": np.zeros(0, np.uint32), "about": np.zeros(0, np.uint64),
    "size": np.zeros(0, np.int32), "counts": np.zeros(0, np.int32), "words": np.zeros(0, np.uint32)}
"""What `Sifted` has of texts, rather than of runs, none of it."""


def starts(counts: NDArray[np.int64] | NDArray[np.int32]) -> NDArray[np.int64]:
    """Where each of several things begins that lie one after another, and where the last one ends."""
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)])


def batches(first: NDArray[np.int32], size: int) -> Iterable[NDArray[np.int64]]:
    """The texts of groups of several, whole groups together, at least `size` in a batch, each batch in their order."""
    several = np.flatnonzero(np.bincount(first, minlength=len(first))[first] > 1)
    ordered = several[np.argsort(first[several], kind="stable")]
    starts = np.flatnonzero(np.append(True, np.diff(first[ordered]) > 0)) if len(ordered) else np.zeros(0, np.int64)
    begin = 0
    for at in [*starts[1:].tolist(), len(ordered)]:
        if at - begin >= size or (at == len(ordered) and at > begin):
            yield np.sort(ordered[begin:at])
            begin = at
