"""The greedy join, compiled: every text meets only those kept texts that could be near it.

The tokens of each text are made distinct by occurrence ("a a" is a1 a2: sharing tokens then means sharing a multiset) and
ordered from rare to frequent. A pair is decided by what rules out most for least, each step exact:

1. prefix and length: texts near each other share one of their rarest tokens, at a place after which enough shared tokens
   can still follow (Bayardo, Ma, Srikant 2007; Xiao et al. 2008, PPJoin). A kept text is listed under each token of its
   prefix with its length and its `reach`, the longest partner that token can still serve; lists of frequent tokens are
   split by both, so that most of them are never read. Each list is in order of arrival: reading stops at the earliest twin
   so far.
2. bitmap: a 128-bit signature, one flip a token (Sandes et al. 2020).
3. shared tokens, by merging the two ordered lists.
4. the longest common subsequence, 64 tokens of the one text at a time (Hyyrö 2004).

All that are called by each other are in this file: numba's cache knows a change only in the file of the function called.
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core.typing import Signature
from numba.extending import intrinsic

from instructwild.clean.near.compiled import compiled, inlined

CAP = 0xFFFF          # a length or reach of CAP means CAP or more
ZONES = 7             # by how far the reach is from the length, in classes of length
ONE, ZERO, ALL = np.uint64(1), np.uint64(0), np.uint64(0xFFFFFFFFFFFFFFFF)
SIX, SIXTEEN, THIRTY_TWO, LOW = np.uint64(63), np.uint64(16), np.uint64(32), np.uint64(CAP)
MIX = np.uint64(0x9E3779B97F4A7C15)


@intrinsic
def ones(_: Any, word: Any) -> tuple[Signature, Any]:
    """The number of set bits of a 64-bit word: one instruction."""
    def build(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> Any:
        return builder.ctpop(args[0])
    return types.uint64(types.uint64), build


@compiled
def first_of_each(ids, start, length):  # noqa: ANN001, ANN201
    """For each text the earliest text with the same tokens (itself where there is none), int32 [texts]."""
    size = 16
    while size < 2 * len(start):
        size *= 2
    slots = np.full(size, -1, np.int32)
    hashes = np.empty(len(start), np.uint64)
    first = np.empty(len(start), np.int32)
    for text in range(len(start)):
        mixed = np.uint64(length[text])
        for at in range(start[text], start[text] + length[text]):
            mixed = (mixed ^ np.uint64(ids[at])) * MIX
            mixed ^= mixed >> THIRTY_TWO
        hashes[text] = mixed
        slot = np.int64(mixed) & (size - 1)
        first[text] = text
        while slots[slot] >= 0:
            other = slots[slot]
            if hashes[other] == mixed and length[other] == length[text]:
                same = True
                for k in range(length[text]):
                    same &= ids[start[other] + k] == ids[start[text] + k]
                if same:
                    first[text] = other
                    break
            slot = (slot + 1) & (size - 1)
        if first[text] == text:
            slots[slot] = text
    return first


@compiled
def by_occurrence(ids, start, length, words):  # noqa: ANN001, ANN201
    """Tokens made distinct by occurrence within their text, and in how many texts each of these is.

    Returns int32 [tokens of these texts, one text after another], int32 [different ones].
    """
    most, count, last = np.zeros(words, np.int32), np.zeros(words, np.int32), np.full(words, -1, np.int32)
    total = 0
    for text in range(len(start)):
        for at in range(start[text], start[text] + length[text]):
            word = ids[at]
            if last[word] != text:
                last[word] = text
                count[word] = 0
            count[word] += 1
            most[word] = max(most[word], count[word])
        total += length[text]
    base = np.zeros(words + 1, np.int64)
    for word in range(words):
        base[word + 1] = base[word] + most[word]
    distinct, texts = np.empty(total, np.int32), np.zeros(base[words], np.int32)
    for word in range(words):
        last[word] = -1
    to = 0
    for text in range(len(start)):
        for at in range(start[text], start[text] + length[text]):
            word = ids[at]
            if last[word] != text:
                last[word] = text
                count[word] = 0
            number = base[word] + count[word]
            count[word] += 1
            distinct[to] = number
            texts[number] += 1
            to += 1
    return distinct, texts


@compiled
def rare_first(distinct, begin, rank, texts):  # noqa: ANN001, ANN201
    """Each text's tokens as ranks in rising order, and its signature.

    Args are those of `by_occurrence`, where each text begins there, and each token's rank by frequency, rarest 0. No
    sorting: for each rank in turn, the texts that hold it.
    Returns int32 [tokens], uint64 [texts, 2].
    """
    offset = np.zeros(len(rank) + 1, np.int64)
    for number in range(len(rank)):
        offset[rank[number] + 1] = texts[number]
    for at in range(len(rank)):
        offset[at + 1] += offset[at]
    holders = np.empty(len(distinct), np.int32)
    fill = offset.copy()
    for text in range(len(begin) - 1):
        for at in range(begin[text], begin[text + 1]):
            r = rank[distinct[at]]
            holders[fill[r]] = text
            fill[r] += 1
    ranks, cursor = np.empty(len(distinct), np.int32), begin.copy()
    bits = np.zeros((len(begin) - 1, 2), np.uint64)
    for r in range(len(rank)):
        mixed = np.uint64(r) * MIX
        half, bit = np.int64(mixed >> SIX), ONE << (mixed >> np.uint64(57) & SIX)
        for at in range(offset[r], offset[r + 1]):
            text = holders[at]
            ranks[cursor[text]] = r
            cursor[text] += 1
            bits[text, half] ^= bit
    return ranks, bits


@inlined
def shared(ranks, a, a_end, b, b_end, need):  # noqa: ANN001, ANN201
    """Whether two rising lists share at least `need` numbers."""
    while need > 0:
        if min(a_end - a, b_end - b) < need:
            return False
        if ranks[a] == ranks[b]:
            need -= 1
            a += 1
            b += 1
        elif ranks[a] < ranks[b]:
            a += 1
        else:
            b += 1
    return True


@inlined
def common(ids, a, m, b, n, masks, carry):  # noqa: ANN001, ANN201
    """Length of the longest common subsequence of ids[a:a+m] and ids[b:b+n].

    `masks` is zero for every word and is left so; `carry` holds n items at least.
    """
    for k in range(n):
        carry[k] = 0
    length = 0
    for block in range(a, a + m, 64):
        width = min(64, a + m - block)
        for k in range(width):
            masks[ids[block + k]] |= ONE << np.uint64(k)
        row = ALL
        for k in range(n):
            mask = masks[ids[b + k]]
            both = row & mask
            total = row + both
            out = total < row
            total += np.uint64(carry[k])
            carry[k] = out or (total == ZERO and carry[k] != 0)
            row = total | (row & ~mask)
        free = ~row if width == 64 else ~row & ((ONE << np.uint64(width)) - ONE)
        length += np.int64(ones(free))
        for k in range(width):
            masks[ids[block + k]] = ZERO
    return length


@inlined
def zone(grade, own, far):  # noqa: ANN001, ANN201
    """Which of a token's lists for texts of class `own` has those that reach `far`."""
    return min(max(grade[min(far, CAP)] - own + ZONES // 2, 0), ZONES - 1)


@inlined
def list_of(base, grade, r, n, far):  # noqa: ANN001, ANN201
    """The list of token r that a text of n tokens with that reach is in."""
    if base[r + 1] == base[r] + 1:
        return base[r]
    own = grade[min(n, CAP)]
    return base[r] + own * ZONES + zone(grade, own, far)


@compiled
def layout(begin, ranks, singles, holders, frequent, reach, shortest, grade, grades, skip):  # noqa: ANN001, ANN201
    """The size of the lists of every token that several texts hold, as if every text were kept.

    The lists of a token that more than `frequent` texts hold are split.
    Returns where each token's lists begin, int64 [tokens + 1], and where each list begins, int64 [lists + 1].
    """
    base = np.zeros(len(holders) - singles + 1, np.int64)
    for r in range(len(base) - 1):
        base[r + 1] = base[r] + (grades * ZONES if holders[singles + r] > frequent else 1)
    head = np.zeros(base[-1] + 1, np.int64)
    for text in range(len(begin) - 1):
        n = 0 if skip[text] else begin[text + 1] - begin[text]
        for j in range(n):
            far = reach[n - j] - n
            if far < shortest[n]:
                break
            r = ranks[begin[text] + j] - singles
            if r >= 0:
                head[list_of(base, grade, r, n, far) + 1] += 1
    for k in range(base[-1]):
        head[k + 1] += head[k]
    return base, head


@compiled
def join(  # noqa: ANN201, C901
    ids, start, begin, ranks, bits, singles, masks, carry, need, reach, shortest, grade, base, head, postings, lists,  # noqa: ANN001
    seen, skip, nearest, twin, lcs, since, end,  # noqa: ANN001
):
    """The greedy join of texts that all differ and all have a token, from one text to another: the rest in later calls.

    Args:
        ids, start: their tokens, and where each text's begin there.
        begin, ranks, bits: `rare_first`; text t has tokens begin[t] to begin[t + 1].
        singles: ranks below this are in one text only.
        masks, carry: a zero for every word; as many items as the longest text has.
        need, reach, shortest: see `Limits`; grade: class of each length up to CAP.
        base, head: `layout`.
        postings, lists: what is listed, allocated whole, and where each list begins and where it ends so far.
        seen: -1 for every text.
        skip: texts to leave out.
        nearest: keep every text all the same, and name for each the earlier one of highest F.
        twin, lcs: -1 and 0 for every text; filled with the twin, where a text has one, and their longest common subsequence.
        since, end: the first text of this call, and the first after it; calls follow one another without a gap.

    Returns two counts: pairs that came as far as the signature, and as far as the subsequence.
    """
    count, longest = len(start), len(shortest) - 1
    signed = measured = 0
    for text in range(since, end):
        if skip[text]:
            continue
        first, m = begin[text], begin[text + 1] - begin[text]
        low, high = bits[text, 0], bits[text, 1]
        best, best_lcs, until = count, 0, ALL
        size = np.uint64(min(m, CAP))
        for i in range(m):
            far = min(reach[m - i] - m, longest)
            if far < shortest[m]:
                break
            r = ranks[first + i] - singles
            if r < 0:
                continue
            most = np.uint64(min(far, CAP))
            split = base[r + 1] > base[r] + 1
            g = grade[min(shortest[m], CAP)] if split else 0
            last_g = grade[min(far, CAP)] if split else 0
            while g <= last_g:
                z, last_z = (zone(grade, g, m), ZONES - 1) if split else (0, 0)
                while z <= last_z:
                    which = base[r] + g * ZONES + z
                    z += 1
                    for p in range(np.int64(lists[which, 0]), np.int64(lists[which, 1])):
                        posting = postings[p, 0]
                        if posting >= until:
                            break
                        if (posting >> SIXTEEN & LOW) > most or (posting & LOW) < size:
                            continue
                        signed += 1
                        other = np.int64(posting >> THIRTY_TWO)
                        n = np.int64(posting >> SIXTEEN & LOW)
                        if n == CAP:
                            n = begin[other + 1] - begin[other]
                        least = need[m + n]
                        spare = m + n - 2 * least
                        apart = np.int64(ones(low ^ postings[p, 1]))
                        if apart > spare or apart + np.int64(ones(high ^ bits[other, 1])) > spare or seen[other] == text:
                            continue
                        seen[other] = text
                        if not shared(ranks, first, first + m, begin[other], begin[other + 1], least):
                            continue
                        measured += 1
                        overlap = common(ids, start[text], m, start[other], n, masks, carry)
                        if overlap < least:
                            continue
                        if not nearest:
                            best, best_lcs, until = other, overlap, np.uint64(other) << THIRTY_TWO
                            break
                        if best_lcs:
                            now = twin[text]
                            gain = overlap * (m + begin[now + 1] - begin[now]) - best_lcs * (m + n)
                            if gain < 0 or (gain == 0 and now < other):
                                continue
                        best_lcs, twin[text], lcs[text] = overlap, other, overlap
                g += 1
        if best < count:
            twin[text], lcs[text] = best, best_lcs
            continue
        for j in range(m):
            far = reach[m - j] - m
            if far < shortest[m]:
                break
            r = ranks[first + j] - singles
            if r >= 0:
                which = list_of(base, grade, r, m, far)
                at = np.int64(lists[which, 1])
                postings[at, 0] = np.uint64(text) << THIRTY_TWO | size << SIXTEEN | np.uint64(min(far, CAP))
                postings[at, 1] = low
                lists[which, 1] = at + 1
    return signed, measured
