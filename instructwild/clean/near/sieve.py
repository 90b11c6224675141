"""Which of many texts can ask for the same as another one at all, told by their tokens alone, before any of them is read.

Two texts that ask for the same have the same cores (`content.core`) but for a run that may be missing, and an F above the
threshold. Both are tested on numbers: sums of hashes bring texts together, then a bound on F over the sets of their tokens
parts most of them. The numbers of a text depend on nothing but the text, so that texts can be sifted in parts and in any
process; what may meet, directly or through others, is one group, and no verdict depends on a text of another group.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from instructwild.clean.near import kernel
from instructwild.clean.near.compiled import compiled, inlined
from instructwild.clean.near.content import HAN, LONGEST, SPARE, SPARE_HAN, content, core
from instructwild.clean.near.encode import Encoded, encode
from instructwild.clean.near.lexicon import PROGRAMMING

CROWD = 8_192
"""Texts of the same cores beyond which no pair is looked at: all of them may ask for the same as another."""
CORES = 500_000
"""Tokens whose cores, and terms whose hashes, a process remembers."""


class Sifted(NamedTuple):
    """What tells which texts may meet, of some texts.

    Attributes:
        whole: a key of all cores of each text, uint64 [texts].
        length: how many tokens it has, int64 [texts].
        bits: its tokens as bits, uint64 [texts, 2].
        row: for each run of cores that may be missing, whose it is, int32 [runs].
        shorter: the key of that text without the run, uint64 [runs].
    """

    whole: NDArray[np.uint64]
    length: NDArray[np.int64]
    bits: NDArray[np.uint64]
    row: NDArray[np.int32]
    shorter: NDArray[np.uint64]


def sift(texts: Sequence[str]) -> Sifted:
    """The keys of some texts."""
    encoded = encode(texts)
    row, hashes, han = _cores(encoded)
    total = np.concatenate([np.zeros(1, np.uint64), np.cumsum(hashes, dtype=np.uint64)])
    first = np.searchsorted(row, np.arange(len(texts) + 1))
    whole = total[first[1:]] - total[first[:-1]]
    runs = _with_a_run_missing(row, total, han, first, whole)
    bits = sign(encoded.ids, encoded.start, encoded.length, encoded.hashes)
    return Sifted(whole, encoded.length.astype(np.int64), bits, np.concatenate([rows for rows, _ in runs]).astype(np.int32),
                  np.concatenate([keys for _, keys in runs]))


def keys_of_requests(texts: Sequence[str]) -> tuple[NDArray[np.uint64], NDArray[np.int32], NDArray[np.uint64]]:
    """The keys of some texts as `content` gives them, the same in every process: slower than `sift`, and much finer.

    Returns what `Sifted` names whole, row and shorter.
    """
    if len(_NUMBERS) > CORES:
        _NUMBERS.clear()
    whole, row, shorter = np.zeros(len(texts), np.uint64), list[int](), list[int]()
    for at, text in enumerate(texts):
        asks = content(text)
        whole[at] = asks.key(_NUMBERS.__getitem__) & _ALL
        less = asks.shorter(_NUMBERS.__getitem__)
        row += [at] * len(less)
        shorter += [key & _ALL for key in less]
    return whole, np.array(row, np.int32), np.array(shorter, np.uint64)


def grouped(parts: Sequence[Sifted], floor: Fraction) -> NDArray[np.int32]:
    """For each text the first text of its group, int32 [texts]: itself where it can meet none before it.

    Args:
        parts: the keys of all texts, in their order.
        floor: below it no pair counts.
    """
    whole = np.concatenate([np.zeros(0, np.uint64), *(part.whole for part in parts)])
    length = np.concatenate([np.zeros(0, np.int64), *(part.length for part in parts)])
    keys, group, count = np.unique(whole, return_inverse=True, return_counts=True)
    members = np.lexsort((length, group))                   # texts of the same cores lie together, the shortest first
    position = np.empty(len(whole), np.int64)
    position[members] = np.arange(len(whole))
    askers = [np.flatnonzero((count > 1)[group])]
    groups = [group[askers[0]]]
    before = 0
    for part in parts:
        at = np.minimum(np.searchsorted(keys, part.shorter), max(len(keys) - 1, 0))
        known = keys[at] == part.shorter if len(keys) else np.zeros(0, np.bool_)
        askers.append(part.row[known].astype(np.int64) + before)
        groups.append(at[known])
        before += len(part.whole)
    begin = np.concatenate([np.zeros(1, np.int64), np.cumsum(count)])
    bits = np.concatenate([np.zeros((0, 2), np.uint64), *(part.bits for part in parts)])[members]
    root = np.arange(len(whole), dtype=np.int32)
    meet(position[np.concatenate(askers)], np.concatenate(groups), begin, length[members], bits,
         floor.numerator, floor.denominator, CROWD, root)
    of_text = root[position]
    first = np.full(len(whole), len(whole), np.int32)
    np.minimum.at(first, of_text, np.arange(len(whole), dtype=np.int32))
    return first[of_text]


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


def _with_a_run_missing(row: NDArray[np.int64], total: NDArray[np.uint64], han: NDArray[np.bool_],
                        first: NDArray[np.int64],
                        whole: NDArray[np.uint64]) -> list[tuple[NDArray[np.int64], NDArray[np.uint64]]]:
    """For each length of a run that may be missing, the texts and the keys that they have without one of their runs."""
    han_so_far = np.concatenate([np.zeros(1, np.int64), np.cumsum(han)])
    short = (first[1:] - first[:-1] <= LONGEST)[row]
    result = []
    for size in range(1, SPARE_HAN + 1):
        begin = np.arange(max(0, len(row) - size + 1))
        begin = begin[(row[begin] == row[begin + size - 1]) & short[begin]]
        if size > SPARE:
            begin = begin[han_so_far[begin + size] - han_so_far[begin] == size]
        result.append((row[begin], whole[row[begin]] - (total[begin + size] - total[begin])))
    return result


def _number(text: str) -> int:
    """A hash that is the same in every process."""
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


class _Numbers(dict[str, int]):
    """Term -> its hash."""

    def __missing__(self, term: str) -> int:
        self[term] = number = _number(term)
        return number


class _Cores(dict[str, tuple[str, int, bool, bool]]):
    """Token -> its core, a hash of that, whether it is Han, and whether it names a programming language."""

    def __missing__(self, token: str) -> tuple[str, int, bool, bool]:
        word = core(token)
        self[token] = entry = (word, _number(word), HAN.match(word) is not None, word in PROGRAMMING)
        return entry


_CORES, _NUMBERS, _ALL = _Cores(), _Numbers(), (1 << 64) - 1


def _cores(encoded: Encoded) -> tuple[NDArray[np.int64], NDArray[np.uint64], NDArray[np.bool_]]:
    """The words of each text that remain wherever they stand, each once, in their order: text, hash, whether it is Han.

    Programming languages come first, as in the terms of a text that names but one.
    """
    if len(_CORES) > CORES:
        _CORES.clear()
    named: dict[str, int] = {"": 0}
    entries = [("", 0, False, False)]
    number = np.zeros(encoded.words, np.int64)
    for at, token in enumerate(encoded.vocabulary()):
        entry = _CORES[token]
        number[at] = named.setdefault(entry[0], len(named))
        if number[at] == len(entries):
            entries.append(entry)
    hashes = np.array([entry[1] for entry in entries], np.uint64)
    is_han, moved = (np.array([entry[at] for entry in entries], np.bool_) for at in (2, 3))
    order = np.argsort(encoded.start, kind="stable")
    row = np.repeat(order, encoded.length[order])
    word = number[encoded.ids] if len(encoded.ids) else np.zeros(0, np.int64)
    row, word = row[word > 0], word[word > 0]
    _, first = np.unique(row * len(named) + word, return_index=True)
    first = first[np.lexsort((first - len(word) * moved[word[first]], row[first]))]
    row, word = row[first], word[first]
    return row, hashes[word], is_han[word]


@compiled
def sign(ids, start, length, hashes):  # noqa: ANN001, ANN201
    """The tokens of each text as bits, uint64 [texts, 2]: a token always sets the same bit of 128."""
    bits = np.zeros((len(start), 2), np.uint64)
    for text in range(len(start)):
        for at in range(start[text], start[text] + length[text]):
            mixed = hashes[ids[at]] * np.uint64(0x9E3779B97F4A7C15)
            bits[text, np.int64(mixed >> np.uint64(63))] |= np.uint64(1) << ((mixed >> np.uint64(57)) & np.uint64(63))
    return bits


@inlined
def root_of(root, text):  # noqa: ANN001, ANN201
    """What stands for the group of a text; the way there is made shorter."""
    while root[text] != text:
        root[text] = root[root[text]]
        text = root[text]
    return text


@compiled
def meet(askers, groups, begin, length, bits, p, q, crowd, root):  # noqa: ANN001, ANN201
    """Join the groups of each asker and member of its group whose F may be above p/q: set bits bound the overlap."""
    joined = np.zeros(len(begin), np.bool_)
    for at in range(len(askers)):
        text, group = askers[at], groups[at]
        low, high = begin[group], begin[group + 1]
        if high - low > crowd:
            if not joined[group]:
                joined[group] = True
                for other in range(low, high):
                    root[root_of(root, other)] = root_of(root, low)
            root[root_of(root, text)] = root_of(root, low)
            continue
        m = length[text]
        first, second = bits[text, 0], bits[text, 1]
        for other in range(low, high):
            n = length[other]
            if 2 * n * q <= p * (m + n):
                continue
            if 2 * m * q <= p * (m + n):
                break
            if other == text:
                continue
            missing = np.int64(kernel.ones(first & ~bits[other, 0]) + kernel.ones(second & ~bits[other, 1]))
            alien = np.int64(kernel.ones(bits[other, 0] & ~first) + kernel.ones(bits[other, 1] & ~second))
            if 2 * min(m - missing, n - alien) * q > p * (m + n):
                root[root_of(root, text)] = root_of(root, other)
    for text in range(len(root)):
        root[text] = root_of(root, text)
