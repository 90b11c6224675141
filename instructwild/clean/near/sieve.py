"""Which of many texts can ask for the same as another one at all, told by their tokens alone, before any of them is read.

Two texts that ask for the same have the same cores (`content.core`) but for a run that may be missing, or few enough
`keywords` that differ, and an F above the threshold. All are tested on numbers: sums of hashes bring texts together, then a
bound on F over the tokens that they share parts most of them. The numbers of a text depend on nothing but the text, so that
texts can be sifted in parts and in any process; what may meet, directly or through others, is one group, and no
verdict depends on a text of another group.
"""

import re
from collections.abc import Iterable, Sequence
from fractions import Fraction
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from instructwild.clean.near import kernel, keywords
from instructwild.clean.near.compiled import compiled, inlined
from instructwild.clean.near.content import HAN, LONGEST, NEGATED, SPARE, SPARE_HAN, content, core, spelled_out
from instructwild.clean.near.encode import EncodedTexts, encode
from instructwild.clean.near.lexicon import PROGRAMMING
from instructwild.text.tokens import fold

CROWD = 256
"""Texts that may meet by their cores beyond which only those are looked at that share a rare token too."""
UNSURE = frozenset({"not", "cannot", "s", "t", "d", "m", "re", "ll", "ve", "us", "usa", "u",
                    *NEGATED, *(f"{verb}n" for verb in NEGATED)})
"""Tokens of which a request reads more than the token shows: don't, I'd."""
CORES = 500_000
"""Tokens whose cores, and terms whose hashes, a process remembers."""


class Sifted(NamedTuple):
    """What tells which texts may meet, of some texts.

    Attributes:
        whole: a key of all cores of each text, uint64 [texts].
        length: how many tokens it has, int64 [texts].
        bits: its tokens as bits, uint64 [texts, 2].
        tokens: hashes of its tokens, rising in each text, uint32 [tokens].
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
    row, hashes, han = _cores(encoded)
    total = np.concatenate([np.zeros(1, np.uint64), np.cumsum(hashes, dtype=np.uint64)])
    first = np.searchsorted(row, np.arange(len(texts) + 1))
    whole = total[first[1:]] - total[first[:-1]]
    runs = _with_a_run_missing(row, total, han, first, whole)
    bits = sign(encoded.ids, encoded.start, encoded.length, encoded.hashes)
    hashed = rising(encoded.ids, encoded.start, encoded.length, (encoded.hashes >> np.uint64(32)).astype(np.uint32))
    kind, number, word, word_hash = _keywords_of(encoded.vocabulary())
    about, size, counts, words = about_of(encoded.ids, encoded.start, encoded.length, kind, number, word, word_hash)
    about += np.fromiter(map(_rest, texts), np.uint64, len(texts))
    return Sifted(whole, encoded.length.astype(np.int64), bits, hashed, about, size, counts, words,
                  np.concatenate([rows for rows, _ in runs]).astype(np.int32), np.concatenate([keys for _, keys in runs]))


def sift_closely(texts: Sequence[str]) -> Sifted:
    """The keys of some texts, those of their cores as `content` gives them: slower than `sift`, and much finer."""
    if len(_NUMBERS) > CORES:
        _NUMBERS.clear()
    whole, row, shorter = np.zeros(len(texts), np.uint64), list[int](), list[int]()
    for at, text in enumerate(texts):
        asks = content(text)
        whole[at] = asks.key(_NUMBERS.__getitem__) & _ALL
        less = asks.shorter(_NUMBERS.__getitem__)
        row += [at] * len(less)
        shorter += [key & _ALL for key in less]
    return sift(texts)._replace(whole=whole, row=np.array(row, np.int32), shorter=np.array(shorter, np.uint64))


def grouped(parts: Sequence[Sifted], floor: Fraction) -> NDArray[np.int32]:
    """For each text the first text of its group, int32 [texts]: itself where it can meet none before it.

    Args:
        parts: the keys of all texts, in their order.
        floor: below it no pair counts.
    """
    whole, length, about, size, counts, words = (
        np.concatenate([np.zeros(0, dtype), *(getattr(part, name) for part in parts)]) for name, dtype in _COLUMNS)
    texts = Texts(np.concatenate([np.zeros((0, 2), np.uint64), *(part.bits for part in parts)]), length,
                  np.concatenate([np.zeros(0, np.uint32), *(part.tokens for part in parts)]), _starts(length))
    keys, group, count = np.unique(whole, return_inverse=True, return_counts=True)
    members = np.lexsort((length, group))                   # texts of the same cores lie together, the shortest first
    askers = [np.flatnonzero((count > 1)[group])]
    groups = [group[askers[0]]]
    before = 0
    for part in parts:
        at = np.minimum(np.searchsorted(keys, part.shorter), max(len(keys) - 1, 0))
        known = keys[at] == part.shorter if len(keys) else np.zeros(0, np.bool_)
        askers.append(part.row[known].astype(np.int64) + before)
        groups.append(at[known])
        before += len(part.whole)
    root = np.arange(len(whole), dtype=np.int32)
    bound = floor.numerator, floor.denominator
    asker, target = np.concatenate(askers), np.concatenate(groups)
    begin = _starts(count)
    crowded = np.bincount(target, minlength=len(count)) > CROWD
    few = ~crowded[target]
    meet(asker[few], target[few], begin, members, *texts, *bound, root)
    for group_at in np.flatnonzero(crowded):
        crowd = np.union1d(members[begin[group_at]:begin[group_at + 1]], asker[target == group_at])
        meet_rare(crowd, *_rare_tokens(crowd, texts, floor), *texts, *bound, root)
    start = _starts(counts)
    owner, bucket = listed(about, size, start, words)
    order = np.argsort(bucket, kind="stable")
    meet_about(owner[order], bucket[order], size, start, words, *texts, *bound, root)
    first = np.full(len(whole), len(whole), np.int32)
    np.minimum.at(first, root, np.arange(len(whole), dtype=np.int32))
    return first[root]


class Texts(NamedTuple):
    """What bounds F: bits and hashes of the tokens of each text, as in `Sifted`, and where they begin."""

    bits: NDArray[np.uint64]
    length: NDArray[np.int64]
    tokens: NDArray[np.uint32]
    start: NDArray[np.int64]


def _rare_tokens(crowd: NDArray[np.int64], texts: "Texts", floor: Fraction) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Of some texts the rarest tokens, one of which two of them share where their F is above the floor.

    Returns for each such token which of the texts it is in, one token after another, and where each token's begin.
    """
    length = texts.length[crowd]
    within = _starts(length)
    at = np.repeat(texts.start[crowd] - within[:-1], length) + np.arange(within[-1])
    _, token, count = np.unique(texts.tokens[at], return_inverse=True, return_counts=True)
    rank = np.empty(len(count), np.int64)
    rank[np.argsort(count, kind="stable")] = np.arange(len(count))
    owner = np.repeat(np.arange(len(crowd)), length)
    order = np.lexsort((rank[token], owner))
    least = floor.numerator * length // (2 * floor.denominator - floor.numerator) + 1     # tokens that a twin shares
    rare = order[np.arange(within[-1]) - within[:-1][owner] <= (length - least)[owner]]
    holders = np.unique(rank[token[rare]] * len(crowd) + owner[rare])
    listed_rank, holder = np.divmod(holders, max(len(crowd), 1))
    return holder, np.append(np.flatnonzero(np.append(True, np.diff(listed_rank) > 0)), len(holder))


_COLUMNS = (("whole", np.uint64), ("length", np.int64), ("about", np.uint64), ("size", np.int32), ("counts", np.int32),
            ("words", np.uint32))


def _starts(counts: NDArray[np.int64] | NDArray[np.int32]) -> NDArray[np.int64]:
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


def _cores(encoded: EncodedTexts) -> tuple[NDArray[np.int64], NDArray[np.uint64], NDArray[np.bool_]]:
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


NOTHING, WEAK, MUST, COUNTS, MAYBE, OTHER_SCRIPT = range(6)


def _keywords_of(vocabulary: Sequence[str]) -> tuple[NDArray[np.int8], NDArray[np.uint64], NDArray[np.int32],
                                                     NDArray[np.uint32]]:
    """Of each token: what it is, a hash, the number of the word that stands for it; and a hash of each of these words."""
    named: dict[str, int] = {}
    entries = [_KEYWORDS[token] for token in vocabulary]
    word = np.fromiter((named.setdefault(entry[1], len(named)) for entry in entries), np.int32, len(entries))
    hashes = np.fromiter((_NUMBERS[name] for name in named), np.uint64, len(named))
    return (np.fromiter((entry[0] for entry in entries), np.int8, len(entries)), hashes[word], word,
            (hashes >> np.uint64(32)).astype(np.uint32))


class _Kinds(dict[str, tuple[int, str]]):
    """Token -> what it is to a request that is judged by keywords, and the word that stands for it."""

    def __missing__(self, token: str) -> tuple[int, str]:
        kind, word = keywords.WORDS[token]
        known = OTHER_SCRIPT if HAN.match(token) else MAYBE if token in UNSURE else kind
        self[token] = entry = (known, word)
        return entry


_KEYWORDS = _Kinds()
_INPUT = re.compile("[:\n" + "".join(keywords.COLONS) + "]")


def _rest(text: str) -> int:
    """A hash of the input of a request, 0 where it has none."""
    rest = keywords.rest_of(fold(spelled_out(text))) if _INPUT.search(text) else ""
    return _number(rest) if rest else 0


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


@inlined
def near(text, other, bits, length, tokens, start, p, q):  # noqa: ANN001, ANN201
    """Whether the F of two texts may be above p/q: a bound by their bits, then by the tokens that they share."""
    m, n = length[text], length[other]
    missing = np.int64(kernel.ones(bits[text, 0] & ~bits[other, 0]) + kernel.ones(bits[text, 1] & ~bits[other, 1]))
    alien = np.int64(kernel.ones(bits[other, 0] & ~bits[text, 0]) + kernel.ones(bits[other, 1] & ~bits[text, 1]))
    if 2 * min(m - missing, n - alien) * q <= p * (m + n):
        return False
    need = p * (m + n) // (2 * q) + 1
    return kernel.shared(tokens, start[text], start[text + 1], start[other], start[other + 1], need)


@compiled
def meet(askers, groups, begin, members, bits, length, tokens, start, p, q, root):  # noqa: ANN001, ANN201
    """Join the groups of each asker and member of its group whose F may be above p/q."""
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
            if root_of(root, text) != root_of(root, other) and near(text, other, bits, length, tokens, start, p, q):
                root[root_of(root, text)] = root_of(root, other)
    for text in range(len(root)):
        root[text] = root_of(root, text)


@compiled
def meet_rare(crowd, holders, lists, bits, length, tokens, start, p, q, root):  # noqa: ANN001, ANN201
    """Join the groups of those of a crowd that share a rare token and whose F may be above p/q."""
    for token in range(len(lists) - 1):
        for at in range(lists[token] + 1, lists[token + 1]):
            text = crowd[holders[at]]
            m = length[text]
            for k in range(lists[token], at):
                other = crowd[holders[k]]
                n = length[other]
                if 2 * min(m, n) * q > p * (m + n) and root_of(root, text) != root_of(root, other) and \
                        near(text, other, bits, length, tokens, start, p, q):
                    root[root_of(root, text)] = root_of(root, other)
    for text in range(len(root)):
        root[text] = root_of(root, text)


@compiled
def meet_about(owner, bucket, size, start, words, bits, length, tokens, begin, p, q, root):  # noqa: ANN001, ANN201
    """Join the groups of those that share a bucket and differ in few enough keywords, and whose F may be above p/q."""
    low = 0
    while low < len(owner):
        high = low + 1
        while high < len(owner) and bucket[high] == bucket[low]:
            high += 1
        for at in range(low + 1, high):
            text = owner[at]
            for k in range(low, at):
                other = owner[k]
                if root_of(root, text) == root_of(root, other):
                    continue
                allowed = min(size[text], size[other]) // keywords.SHARE
                ours, theirs = start[text + 1] - start[text], start[other + 1] - start[other]
                need = (ours + theirs - allowed + 1) // 2
                if kernel.shared(words, start[text], start[text + 1], start[other], start[other + 1], need) and \
                        near(text, other, bits, length, tokens, begin, p, q):
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
def about_of(ids, start, length, kind, number, word, word_hash):  # noqa: ANN001, ANN201
    """What must be in both of each text, its words, and its keywords: see `Sifted`."""
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
        if other_script:
            size[text], used = 0, first
        counts[text] = used - first
        words[first:used].sort()
    return about, size, counts, words[:used].copy()
