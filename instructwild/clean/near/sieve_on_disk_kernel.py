"""Compiled functions of the sieve on disk: counts of keys, and which texts of a crowd meet."""

import numpy as np

from instructwild.clean.near.compiled import compiled
from instructwild.clean.near.sieve_kernel import apart, near, perhaps_near, root_of


@compiled
def count_up(numbers, counts):  # noqa: ANN001, ANN201
    """Count how often each number occurs, beside what was counted before."""
    for at in range(len(numbers)):
        counts[numbers[at]] += 1


@compiled
def put_in_order(numbers, start):  # noqa: ANN001, ANN201
    """Sort the numbers of each text."""
    for text in range(len(start) - 1):
        numbers[start[text]:start[text + 1]].sort()


@compiled
def rarest_first(words, start, counts):  # noqa: ANN001, ANN201
    """The words of each text, those that are in the fewest texts first, by a table of 2^k counts."""
    result, last = words.copy(), np.uint32(len(counts) - 1)
    for text in range(len(start) - 1):
        for at in range(start[text] + 1, start[text + 1]):
            word, k = result[at], at
            count = counts[word & last]
            while k > start[text] and (counts[result[k - 1] & last] > count or
                                       (counts[result[k - 1] & last] == count and result[k - 1] > word)):
                result[k] = result[k - 1]
                k -= 1
            result[k] = word
    return result


@compiled
def join_pairs(texts, others, root):  # noqa: ANN001, ANN201
    """Join the groups of each text and the other one."""
    for at in range(len(texts)):
        root[root_of(root, texts[at])] = root_of(root, others[at])
    for text in range(len(root)):
        root[text] = root_of(root, text)


@compiled
def meet_crowd(crowd, holders, lists, bits, marks, length, tokens, written, start, ordered, floors, root):  # noqa: ANN001, ANN201
    """Join the groups of those of a crowd that share a rare token and whose F may be above its bound, as
    `sieve_kernel.meet_rare`.

    Those that hold a token are kept in chains, one for each group they are in so far: a text is compared with no chain of
    its own group, and with one of another only until the two groups are one. Where most are one group, as in a crowd of one
    template, the time grows with the texts rather than with their square.
    """
    p, q = floors[0], floors[1]
    longest = 0
    for token in range(len(lists) - 1):
        longest = max(longest, lists[token + 1] - lists[token])
    follows, head, tail = np.empty(longest, np.int64), np.empty(longest, np.int64), np.empty(longest, np.int64)
    for token in range(len(lists) - 1):
        first, chains = lists[token], 0
        for at in range(lists[token + 1] - first):
            text = holders[first + at]
            m = length[text]
            mine, chain = -1, 0
            while chain < chains:
                joined = root_of(root, crowd[holders[first + head[chain]]]) == root_of(root, crowd[text])
                k = head[chain]
                while not joined and k >= 0:
                    other = holders[first + k]
                    n = length[other]
                    later = max(crowd[text], crowd[other])
                    if 2 * min(m, n) * q > p * (m + n) and not apart(text, other, 0, bits, marks) and \
                            perhaps_near(text, other, later, floors, bits, length) and \
                            near(text, other, later, floors, length, tokens, written, start, ordered):
                        root[root_of(root, crowd[text])] = root_of(root, crowd[other])
                        joined = True
                    k = follows[k]
                if joined and mine >= 0:                 # two chains of one group become one
                    follows[tail[mine]] = head[chain]
                    tail[mine] = tail[chain]
                    chains -= 1
                    head[chain], tail[chain] = head[chains], tail[chains]
                    continue
                if joined:
                    mine = chain
                chain += 1
            follows[at] = -1
            if mine < 0:
                head[chains] = tail[chains] = at
                chains += 1
            else:
                follows[tail[mine]] = at
                tail[mine] = at
