"""The sieve's compiled functions that tell which texts meet."""

import numpy as np

from instructwild.clean.near import kernel, keywords
from instructwild.clean.near.compiled import compiled, inlined
from instructwild.clean.near.key_kernel import MARKS

BITS = 64
"""Tokens whose places are the bits of one number."""


@inlined
def root_of(root, text):  # noqa: ANN001, ANN201
    """What stands for the group of a text; the way there is made shorter."""
    while root[text] != text:
        root[text] = root[root[text]]
        text = root[text]
    return text


@inlined
def apart(text, other, since, bits, marks):  # noqa: ANN001, ANN201
    """Whether each of two texts has a term that the other lacks, or both have one of the marks from that one on, and not the
    same.
    """
    parted = ((bits[text, 2] & ~bits[other, 0]) | (bits[text, 3] & ~bits[other, 1])) != kernel.ZERO and \
        ((bits[other, 2] & ~bits[text, 0]) | (bits[other, 3] & ~bits[text, 1])) != kernel.ZERO
    if not parted:
        for which in range(since, MARKS):              # all of them: to leave at the first costs more than it saves
            ours, theirs = marks[text, which], marks[other, which]
            parted |= (ours != theirs) & (ours != kernel.ZERO) & (theirs != kernel.ZERO)
    return parted


@inlined
def bound(later, floors):  # noqa: ANN001, ANN201
    """Above what the F of a text and an earlier one has to be, as a fraction.

    `floors` are the numerator and denominator of one bound, the text from which on another one holds, and those of that.
    """
    return (floors[3], floors[4]) if later >= floors[2] else (floors[0], floors[1])


@inlined
def perhaps_near(text, other, later, floors, bits, length):  # noqa: ANN001, ANN201
    """Whether the F of two texts may be above a bound, by their bits."""
    p, q = bound(later, floors)
    m, n = length[text], length[other]
    missing = np.int64(kernel.ones(bits[text, 0] & ~bits[other, 0]) + kernel.ones(bits[text, 1] & ~bits[other, 1]))
    alien = np.int64(kernel.ones(bits[other, 0] & ~bits[text, 0]) + kernel.ones(bits[other, 1] & ~bits[text, 1]))
    return 2 * min(m - missing, n - alien) * q > p * (m + n)


@inlined
def common(tokens, a, m, b, n):  # noqa: ANN001, ANN201
    """The length of the longest common subsequence of tokens[a:a+m] and tokens[b:b+n], m being 64 at most."""
    row = kernel.ALL
    for k in range(b, b + n):
        mask = kernel.ZERO
        for j in range(m):
            mask |= np.uint64(tokens[a + j] == tokens[k]) << np.uint64(j)
        row = (row + (row & mask)) | (row & ~mask)
    return m - np.int64(kernel.ones(row << np.uint64(64 - m)))


@inlined
def near(text, other, later, floors, length, tokens, written, start, ordered):  # noqa: ANN001, ANN201
    """Whether the F of two texts may be above a bound: by the tokens that they share, then, where one has 64 at most, by
    those that they share in one order.

    The tokens of a text are put in order when they are first looked at: those of most never are. `written` has them as the
    text does, or in order too.
    """
    for each in (text, other):
        if not ordered[each]:
            tokens[start[each]:start[each + 1]].sort()
            ordered[each] = True
    p, q = bound(later, floors)
    need = p * (length[text] + length[other]) // (2 * q) + 1
    if not kernel.shared(tokens, start[text], start[text + 1], start[other], start[other + 1], need):
        return False
    if length[text] > length[other]:
        text, other = other, text
    return length[text] > BITS or \
        common(written, start[text], length[text], start[other], length[other]) >= need


@compiled
def note(keys, table):  # noqa: ANN001, ANN201
    """Set the bit of each key in a table of 2^k words."""
    size = np.uint64(len(table) - 1)
    for at in range(len(keys)):
        mixed = keys[at] * kernel.MIX
        table[np.int64((mixed >> kernel.SIXTEEN) & size)] |= kernel.ONE << (mixed & kernel.SIX)


@compiled
def may_be_noted(keys, table):  # noqa: ANN001, ANN201
    """Which of the keys have their bit set: all that were noted, and a few others; int64 [those]."""
    size = np.uint64(len(table) - 1)
    hits, used = np.empty(len(keys), np.int64), 0
    for at in range(len(keys)):
        mixed = keys[at] * kernel.MIX
        if table[np.int64((mixed >> kernel.SIXTEEN) & size)] >> (mixed & kernel.SIX) & kernel.ONE:
            hits[used] = at
            used += 1
    return hits[:used].copy()


@compiled
def meet(askers, groups, begin, members, bits, marks, length, tokens, written, start, ordered, floors, root):  # noqa: ANN001, ANN201
    """Join the groups of each asker and member of its group whose F may be above its bound."""
    p, q = floors[0], floors[1]
    for at in range(len(askers)):
        text, group = askers[at], groups[at]
        m = length[text]
        for k in range(begin[group], begin[group + 1]):
            other = members[k]
            n = length[other]
            if 2 * n * q <= p * (m + n):
                continue
            if 2 * m * q <= p * (m + n):
                break
            if not apart(text, other, 0, bits, marks) and root_of(root, text) != root_of(root, other) and \
                    perhaps_near(text, other, max(text, other), floors, bits, length) and \
                    near(text, other, max(text, other), floors, length, tokens, written, start, ordered):
                root[root_of(root, text)] = root_of(root, other)
    for text in range(len(root)):
        root[text] = root_of(root, text)


@compiled
def meet_rare(crowd, own, holders, lists, bits, marks, length, tokens, written, start, ordered, floors, root):  # noqa: ANN001, ANN201
    """Join the groups of those of a crowd that share a rare token and whose F may be above its bound.

    The first `own` of the crowd have its key themselves, the others without a run: of these no two meet by that key. What
    parts texts is that of the crowd alone, so that it lies close together.
    """
    p, q = floors[0], floors[1]
    for token in range(len(lists) - 1):
        for k in range(lists[token], lists[token + 1]):
            other = holders[k]
            if other >= own:
                break
            n = length[other]
            for at in range(k + 1, lists[token + 1]):
                text = holders[at]
                m = length[text]
                if 2 * min(m, n) * q > p * (m + n) and not apart(text, other, 0, bits, marks) and \
                        root_of(root, crowd[text]) != root_of(root, crowd[other]) and \
                        perhaps_near(text, other, max(crowd[text], crowd[other]), floors, bits, length) and \
                        near(text, other, max(crowd[text], crowd[other]), floors, length, tokens, written, start, ordered):
                    root[root_of(root, crowd[text])] = root_of(root, crowd[other])
    for text in range(len(root)):
        root[text] = root_of(root, text)


@compiled
def meet_about(  # noqa: ANN201
    owner, bucket, size, start, words, bits, marks, length, tokens, written, begin, ordered, floors, root,  # noqa: ANN001
):
    """Join the groups of those that share a bucket and differ in few enough keywords, and whose F may be above its bound."""
    low = 0
    while low < len(owner):
        high = low + 1
        while high < len(owner) and bucket[high] == bucket[low]:
            high += 1
        for at in range(low + 1, high):
            text = owner[at]
            for k in range(low, at):
                other = owner[k]
                if apart(text, other, 2, bits, marks) or root_of(root, text) == root_of(root, other):
                    continue
                allowed = min(size[text], size[other]) // keywords.SHARE
                ours, theirs = start[text + 1] - start[text], start[other + 1] - start[other]
                need = (ours + theirs - allowed + 1) // 2
                if kernel.shared(words, start[text], start[text + 1], start[other], start[other + 1], need) and \
                        perhaps_near(text, other, max(text, other), floors, bits, length) and \
                        near(text, other, max(text, other), floors, length, tokens, written, begin, ordered):
                    root[root_of(root, text)] = root_of(root, other)
        low = high
    for text in range(len(root)):
        root[text] = root_of(root, text)


@compiled
def listed(about, size, start, words):  # noqa: ANN001, ANN201
    """Under which numbers each text that is judged by keywords meets others: whose, and the numbers."""
    owner, bucket = np.empty(len(words) + len(size), np.int32), np.empty(len(words) + len(size), np.uint64)
    used = 0
    for text in range(len(size)):
        if size[text] < keywords.FROM:
            continue
        count, allowed = start[text + 1] - start[text], size[text] // keywords.SHARE
        for k in range(min(count, allowed + 1)):
            owner[used], bucket[used] = text, (about[text] ^ np.uint64(words[start[text] + k] + 1)) * kernel.MIX
            used += 1
        if count <= allowed:
            owner[used], bucket[used] = text, about[text] * kernel.MIX
            used += 1
    return owner[:used], bucket[:used]
