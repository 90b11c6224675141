"""The sieve's compiled functions: keys of texts, and which texts meet."""

import numpy as np

from instructwild.clean.near import kernel, keywords
from instructwild.clean.near.compiled import compiled, inlined
from instructwild.clean.near.token_hashes import COUNTS, MAYBE, MUST, NOTHING, OTHER_SCRIPT

MARKS, ENDS = 5, (1, 4, 16)
"""Hashes in `Sifted.marks`; of how many tokens those of ends are."""


@compiled
def cores_of(ids, start, length, number, counted, moved):  # noqa: ANN001, ANN201
    """Which tokens of each text have a core that it has not had yet, those to be moved first: how many, and the tokens."""
    last = np.full(len(number) + 1, -1, np.int64)
    counts, order = np.zeros(len(start), np.int32), np.empty(length.sum(), np.int32)
    used = 0
    for text in range(len(start)):
        begin = used
        for first in (True, False):
            for at in range(start[text], start[text] + length[text]):
                token = ids[at]
                if counted[token] and moved[token] == first and last[number[token]] != text:
                    last[number[token]] = text
                    order[used] = token
                    used += 1
        counts[text] = used - begin
    return counts, order[:used].copy()


@compiled
def signs_and_terms(ids, start, length, signs, weight):  # noqa: ANN001, ANN201
    """What the terms of each text weigh, at most: its signs and tokens."""
    spare = signs.copy()
    for text in range(len(start)):
        for at in range(start[text], start[text] + length[text]):
            spare[text] += weight[ids[at]]
    return spare


@compiled
def marks_of(ids, start, length, before, quotes, core, han, latin, firm, tail):  # noqa: ANN001, ANN201
    """The `marks` of each text, uint64 [texts, MARKS]."""
    marks = np.zeros((len(start), MARKS), np.uint64)
    for text in range(len(start)):
        begin, end = start[text], start[text] + length[text]
        total, words, chinese = kernel.ONE, kernel.ONE, False
        for at in range(begin, end):
            token = ids[at]
            if firm[token] == kernel.ALL:
                total = kernel.ZERO
            elif total != kernel.ZERO:
                total += firm[token]
            if latin[token]:
                words += core[token]
            chinese |= han[token] and at < begin + before[text]
        marks[text, 0] = total
        if chinese and not quotes[text]:
            marks[text, 1] = words
        if before[text] == length[text] or tail[ids[end - 1]] == kernel.ALL:
            continue
        mixed, seen, which = kernel.ZERO, 0, 0
        for at in range(end - 1, begin + before[text] - 1, -1):
            if tail[ids[at]] != kernel.ZERO:
                mixed = (mixed ^ tail[ids[at]]) * kernel.MIX
                mixed ^= mixed >> kernel.THIRTY_TWO
                seen += 1
                if seen == ENDS[which]:
                    marks[text, 2 + which] = mixed
                    which += 1
                    if which == len(ENDS):
                        break
    return marks


@compiled
def sign(ids, start, length, hashes):  # noqa: ANN001, ANN201
    """The tokens of each text as bits, uint64 [texts, 2]: a token always sets the same bit of 128."""
    bits = np.zeros((len(start), 2), np.uint64)
    for text in range(len(start)):
        for at in range(start[text], start[text] + length[text]):
            mixed = hashes[ids[at]] * np.uint64(0x9E3779B97F4A7C15)
            bits[text, np.int64(mixed >> np.uint64(63))] |= np.uint64(1) << ((mixed >> np.uint64(57)) & np.uint64(63))
    return bits


@compiled
def sign_solid(ids, start, length, hashes, solid, phrase, after, ends, whole):  # noqa: ANN001, ANN201
    """The same bits, uint64 [texts, 2], of the characters that no word of the lexicon may cover: see `chinese_phrases`.

    What stands between tokens is not seen, so that words may cover more here than they do. Beside them, of each
    text, how many words it may hold that stay whole, int32 [texts].
    """
    bits, kept = np.zeros((len(start), 2), np.uint64), np.zeros(len(start), np.int32)
    for text in range(len(start)):
        covered = start[text]                        # up to here
        for at in range(start[text], start[text] + length[text]):
            node, ahead = 0, at
            while ahead < start[text] + length[text] and phrase[ids[ahead]]:
                node = after[node, phrase[ids[ahead]]]
                if not node:
                    break
                ahead += 1
                if ends[node] and whole[node]:       # its characters are terms as they are without it
                    kept[text] += 1
                elif ends[node]:
                    covered = max(covered, ahead)
            if covered <= at and solid[ids[at]]:
                mixed = hashes[ids[at]] * np.uint64(0x9E3779B97F4A7C15)
                bits[text, np.int64(mixed >> np.uint64(63))] |= np.uint64(1) << ((mixed >> np.uint64(57)) & np.uint64(63))
    return bits, kept


@inlined
def root_of(root, text):  # noqa: ANN001, ANN201
    """What stands for the group of a text; the way there is made shorter."""
    while root[text] != text:
        root[text] = root[root[text]]
        text = root[text]
    return text


@inlined
def apart(text, other, since, marks):  # noqa: ANN001, ANN201
    """Whether both texts have one of the marks from that one on, and not the same."""
    for which in range(since, MARKS):
        ours, theirs = marks[text, which], marks[other, which]
        if ours != theirs and ours != kernel.ZERO and theirs != kernel.ZERO:
            return True
    return False


@inlined
def near(text, other, bits, length, tokens, start, floors):  # noqa: ANN001, ANN201
    """Whether the F of two texts may be above its bound: a bound by their bits, then by the tokens that they share.

    It is not asked of two that have each a term which the other lacks. `floors` are the numerator and denominator of the
    bound, the text from which on another one holds, and those of that.
    """
    p, q = (floors[3], floors[4]) if max(text, other) >= floors[2] else (floors[0], floors[1])
    if ((bits[text, 2] & ~bits[other, 0]) | (bits[text, 3] & ~bits[other, 1])) != kernel.ZERO and \
            ((bits[other, 2] & ~bits[text, 0]) | (bits[other, 3] & ~bits[text, 1])) != kernel.ZERO:
        return False
    m, n = length[text], length[other]
    missing = np.int64(kernel.ones(bits[text, 0] & ~bits[other, 0]) + kernel.ones(bits[text, 1] & ~bits[other, 1]))
    alien = np.int64(kernel.ones(bits[other, 0] & ~bits[text, 0]) + kernel.ones(bits[other, 1] & ~bits[text, 1]))
    if 2 * min(m - missing, n - alien) * q <= p * (m + n):
        return False
    need = p * (m + n) // (2 * q) + 1
    return kernel.shared(tokens, start[text], start[text + 1], start[other], start[other + 1], need)


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
def meet(askers, groups, begin, members, bits, marks, length, tokens, start, floors, root):  # noqa: ANN001, ANN201
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
            if not apart(text, other, 0, marks) and \
                    root_of(root, text) != root_of(root, other) and near(text, other, bits, length, tokens, start, floors):
                root[root_of(root, text)] = root_of(root, other)
    for text in range(len(root)):
        root[text] = root_of(root, text)


@compiled
def meet_rare(crowd, own, holders, lists, bits, marks, length, tokens, start, floors, root):  # noqa: ANN001, ANN201
    """Join the groups of those of a crowd that share a rare token and whose F may be above its bound.

    The first `own` of the crowd have its key themselves, the others without a run: of these no two meet by that key.
    """
    p, q = floors[0], floors[1]
    for token in range(len(lists) - 1):
        for k in range(lists[token], lists[token + 1]):
            if holders[k] >= own:
                break
            other = crowd[holders[k]]
            n = length[other]
            for at in range(k + 1, lists[token + 1]):
                text = crowd[holders[at]]
                m = length[text]
                if 2 * min(m, n) * q > p * (m + n) and not apart(text, other, 0, marks) and \
                        root_of(root, text) != root_of(root, other) and \
                        near(text, other, bits, length, tokens, start, floors):
                    root[root_of(root, text)] = root_of(root, other)
    for text in range(len(root)):
        root[text] = root_of(root, text)


@compiled
def meet_about(owner, bucket, size, start, words, bits, marks, length, tokens, begin, floors, root):  # noqa: ANN001, ANN201
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
                if apart(text, other, 2, marks) or root_of(root, text) == root_of(root, other):
                    continue
                allowed = min(size[text], size[other]) // keywords.SHARE
                ours, theirs = start[text + 1] - start[text], start[other + 1] - start[other]
                need = (ours + theirs - allowed + 1) // 2
                if kernel.shared(words, start[text], start[text + 1], start[other], start[other + 1], need) and \
                        near(text, other, bits, length, tokens, begin, floors):
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


@compiled
def rising(ids, start, length, hashes):  # noqa: ANN001, ANN201
    """Hashes of the tokens of each text, rising, one text after another."""
    result = np.empty(length.sum(), hashes.dtype)
    at = 0
    for text in range(len(start)):
        for k in range(length[text]):
            result[at + k] = hashes[ids[start[text] + k]]
        result[at:at + length[text]].sort()
        at += length[text]
    return result


@compiled
def about_of(ids, start, length, before, kind, number, word, word_hash, rest):  # noqa: ANN001, ANN201
    """What must be in both of each text, its input among it, its words, and its keywords: see `Sifted`."""
    about, size, counts = np.zeros(len(start), np.uint64), np.zeros(len(start), np.int32), np.zeros(len(start), np.int32)
    words, last = np.empty(length.sum(), np.uint32), np.full(len(word_hash), -1, np.int32)
    used = 0
    for text in range(len(start)):
        first, other_script = used, False
        for at in range(start[text], start[text] + length[text]):
            token = ids[at]
            what, which = kind[token], word[token]
            if what == OTHER_SCRIPT:
                other_script = True
                break
            if what == NOTHING:
                continue
            if what == MAYBE:
                size[text] += 1
                continue
            if last[which] == text:
                continue
            last[which] = text
            size[text] += 1
            if what == MUST:
                about[text] += number[token]
            elif what == COUNTS:
                words[used] = word_hash[which]
                used += 1
        mixed = kernel.ZERO
        for at in range(start[text] + before[text], start[text] + length[text]):
            if rest[ids[at]] != kernel.ZERO:
                mixed = (mixed ^ rest[ids[at]]) * kernel.MIX
                mixed ^= mixed >> kernel.THIRTY_TWO
        about[text] += mixed
        if other_script:
            size[text], used = 0, first
        counts[text] = used - first
        words[first:used].sort()
    return about, size, counts, words[:used].copy()
