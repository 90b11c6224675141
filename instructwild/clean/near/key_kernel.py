"""The sieve's compiled functions that make the keys of texts."""

import numpy as np

from instructwild.clean.near import kernel
from instructwild.clean.near.compiled import compiled
from instructwild.clean.near.content import LEFT, LEFT_HAN, LONGEST, SHARE, SPARE, SPARE_HAN
from instructwild.clean.near.token_hashes import COUNTS, MAYBE, MUST, NOTHING, OTHER_SCRIPT

MARKS, ENDS = 5, (1, 4, 16)
"""Hashes in `Sifted.marks`; of how many tokens those of ends are."""


@compiled
def cores_of(ids, start, length, number, core, moved):  # noqa: ANN001, ANN201
    """Which tokens of each text have a core that it has not had yet, those to be moved first.

    Returns how many, the key of all of them, and the tokens, one text after another.
    """
    last = np.full(len(number) + 1, -1, np.int64)
    counts, whole = np.zeros(len(start), np.int32), np.zeros(len(start), np.uint64)
    order = np.empty(length.sum(), np.int32)
    used = 0
    for text in range(len(start)):
        begin = used
        for first in (True, False):
            for at in range(start[text], start[text] + length[text]):
                token = ids[at]
                if core[token] != kernel.ZERO and moved[token] == first and last[number[token]] != text:
                    last[number[token]] = text
                    whole[text] += core[token]
                    order[used] = token
                    used += 1
        counts[text] = used - begin
    return counts, whole, order[:used].copy()


@compiled
def with_a_run_missing(counts, whole, order, core, han, spare):  # noqa: ANN001, ANN201
    """For each run of cores that may be missing its text, and the key of that text without it: int32, uint64 [runs].

    Args are those of `cores_of`, whether a token is Chinese, and what the terms of each text weigh, at most: enough has to
    be left of them, as `Content.spare` says.
    """
    row, keys = np.empty(SPARE_HAN * len(order), np.int32), np.empty(SPARE_HAN * len(order), np.uint64)
    used, begin = 0, 0
    for text in range(len(counts)):
        end = begin + counts[text]
        for first in range(begin, end if counts[text] <= LONGEST else begin):
            without, chinese = whole[text], True
            for size in range(1, min(SPARE_HAN, end - first) + 1):
                token = order[first + size - 1]
                without -= core[token]
                chinese &= han[token]
                if size > SPARE and not chinese:
                    break
                if spare[text] >= ((LEFT_HAN if chinese else LEFT) + 1 if size == 1 else (SHARE + 1) * size):
                    row[used], keys[used] = text, without
                    used += 1
        begin = end
    return row[:used].copy(), keys[:used].copy()


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


@compiled
def hashes_of(ids, start, length, hashes):  # noqa: ANN001, ANN201
    """Hashes of the tokens of each text, one text after another."""
    result = np.empty(length.sum(), hashes.dtype)
    used = 0
    for text in range(len(start)):
        for at in range(start[text], start[text] + length[text]):
            result[used] = hashes[ids[at]]
            used += 1
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
