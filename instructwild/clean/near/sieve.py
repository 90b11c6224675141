"""Which of many texts can ask for the same as another one at all, told by their tokens alone, before any of them is read.

Two texts that ask for the same have the same cores (`content.core`) but for a run that may be missing, and an F above the
threshold. Both are tested on numbers: sums of hashes bring texts together, then a bound on F over the sets of their tokens
parts most of them.
"""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from instructwild.clean.near import kernel
from instructwild.clean.near.compiled import compiled
from instructwild.clean.near.content import HAN, LONGEST, SPARE, SPARE_HAN, core
from instructwild.clean.near.encode import Encoded, encode
from instructwild.clean.near.lexicon import PROGRAMMING

CROWD = 8_192
"""Texts of the same cores beyond which no pair is looked at: all of them may ask for the same as another."""
_MIX, _PRIME = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9)


def may_meet(texts: Sequence[str], floor: Fraction) -> NDArray[np.bool_]:
    """Which texts may ask for the same as another with an F above the floor, bool [texts].

    Args:
        texts: all different.
        floor: below it no pair counts.
    """
    encoded = encode(texts)
    row, hashes, han = _cores(encoded)
    total = np.concatenate([np.zeros(1, np.uint64), np.cumsum(hashes, dtype=np.uint64)])
    first = np.searchsorted(row, np.arange(len(texts) + 1))
    whole = total[first[1:]] - total[first[:-1]]
    keys, group, count = np.unique(whole, return_inverse=True, return_counts=True)
    members = np.lexsort((encoded.length, group))           # texts of the same cores lie together, the shortest first
    position = np.empty(len(texts), np.int64)
    position[members] = np.arange(len(texts))
    begin = np.concatenate([np.zeros(1, np.int64), np.cumsum(count)])
    crowded = count > 1
    askers = [np.flatnonzero(crowded[group])]
    groups = [group[askers[0]]]
    for rows, shorter in _with_a_run_missing(row, total, han, first, whole):
        at = np.minimum(np.searchsorted(keys, shorter), max(len(keys) - 1, 0))
        known = keys[at] == shorter
        askers.append(rows[known])
        groups.append(at[known])
    signature = sign(encoded.ids, encoded.start[members], encoded.length[members])
    meets = np.zeros(len(texts), np.bool_)
    meet(position[np.concatenate(askers)], np.concatenate(groups), begin, encoded.length[members].astype(np.int64),
         signature, floor.numerator, floor.denominator, CROWD, meets)
    return meets[position]


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


def _cores(encoded: Encoded) -> tuple[NDArray[np.int64], NDArray[np.uint64], NDArray[np.bool_]]:
    """The words of each text that remain wherever they stand, each once, in their order: text, hash, whether it is Han.

    Programming languages come first, as in the terms of a text that names but one.
    """
    named: dict[str, int] = {"": 0}
    number = np.array([named.setdefault(core(token), len(named)) for token in encoded.vocabulary()], np.int64)
    is_han = np.array([HAN.match(word) is not None for word in named])
    moved = np.array([word in PROGRAMMING for word in named])
    order = np.argsort(encoded.start, kind="stable")
    row = np.repeat(order, encoded.length[order])
    word = number[encoded.ids] if len(encoded.ids) else np.zeros(0, np.int64)
    row, word = row[word > 0], word[word > 0]
    _, at = np.unique(row * len(named) + word, return_index=True)
    at = at[np.lexsort((at - len(word) * moved[word[at]], row[at]))]
    row, word = row[at], word[at]
    mixed = word.astype(np.uint64) * _MIX
    mixed = (mixed ^ (mixed >> np.uint64(29))) * _PRIME
    return row, mixed ^ (mixed >> np.uint64(32)), is_han[word]


@compiled
def sign(ids, start, length):  # noqa: ANN001, ANN201
    """The tokens of each text as bits, uint64 [texts, 2]: a token always sets the same bit of 128."""
    bits = np.zeros((len(start), 2), np.uint64)
    for text in range(len(start)):
        for at in range(start[text], start[text] + length[text]):
            mixed = np.uint64(ids[at]) * np.uint64(0x9E3779B97F4A7C15)
            bits[text, np.int64(mixed >> np.uint64(63))] |= np.uint64(1) << ((mixed >> np.uint64(57)) & np.uint64(63))
    return bits


@compiled
def meet(askers, groups, begin, length, bits, p, q, crowd, meets):  # noqa: ANN001, ANN201
    """Mark the pairs of an asker and a member of its group whose F may be above p/q: set bits bound the overlap."""
    marked = np.zeros(len(begin), np.bool_)
    for at in range(len(askers)):
        text, group = askers[at], groups[at]
        low, high = begin[group], begin[group + 1]
        if high - low > crowd:
            meets[text] = True
            if not marked[group]:
                marked[group] = True
                meets[low:high] = True
            continue
        m = length[text]
        first, second = bits[text, 0], bits[text, 1]
        for other in range(low, high):
            n = length[other]
            if 2 * n * q <= p * (m + n):
                continue
            if 2 * m * q <= p * (m + n):
                break
            if other == text or (meets[text] and meets[other]):
                continue
            missing = np.int64(kernel.ones(first & ~bits[other, 0]) + kernel.ones(second & ~bits[other, 1]))
            alien = np.int64(kernel.ones(bits[other, 0] & ~first) + kernel.ones(bits[other, 1] & ~second))
            if 2 * min(m - missing, n - alien) * q > p * (m + n):
                meets[text] = meets[other] = True
