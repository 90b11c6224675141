"""Which of many texts can ask for the same as another one at all, told by their tokens alone, before any of them is read.

Two texts that ask for the same have the same cores (`content.core`) but for a run that may be missing, or few enough
`keywords` that differ, and an F above the threshold. All are tested on numbers: sums of hashes bring texts together, then
their digits, the ends of their inputs, and a bound on F over the tokens that they share part most of them. The numbers of a
text depend on nothing but the text, so that texts can be sifted in parts and in any process; what may meet, directly or
through others, is one group, and no verdict depends on a text of another group.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from fractions import Fraction
from hashlib import blake2b
from pathlib import Path
from struct import Struct
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from instructwild.clean.near import kernel, keywords, lexicon
from instructwild.clean.near.compiled import compiled, inlined
from instructwild.clean.near.content import (
    DIGITS,
    FIXED,
    HAN,
    LEFT,
    LEFT_HAN,
    LONGEST,
    NEGATED,
    POINT,
    SHARE,
    SPARE,
    SPARE_HAN,
    UNITS,
    content,
    core,
)
from instructwild.clean.near.encode import EncodedTexts, encode

CROWD = 256
"""Texts that may meet by their cores beyond which only those are looked at that share a rare token too."""
UNSURE = frozenset({"not", "cannot", "s", "t", "d", "m", "re", "ll", "ve", "us", "usa", "u",
                    *NEGATED, *(f"{verb}n" for verb in NEGATED)})
"""Tokens of which a request reads more than the token shows: don't, I'd."""
SPELLED_OUT = frozenset({"u", "s", "us", "usa", "a"})
"""Tokens of the country that is written as "US", "U.S." and "USA" alike."""
MARKS, ENDS = 5, (1, 4, 16)
"""Hashes in `Sifted.marks`; of how many tokens those of ends are."""
UNSTEADY = SPELLED_OUT | lexicon.OR | lexicon.PROGRAMMING | {lexicon.WHAT, lexicon.HOW, lexicon.WHY, lexicon.EXPLAIN}
"""Tokens that the input of one of two texts that ask for the same may hold where that of the other does not."""
REMEMBERED = 500_000
"""Tokens, and terms, whose numbers a process remembers."""


class Sifted(NamedTuple):
    """What tells which texts may meet, of some texts.

    Attributes:
        whole: a key of all cores of each text, uint64 [texts].
        length: how many tokens it has, int64 [texts].
        bits: its tokens as bits, uint64 [texts, 2].
        marks: hashes of what has to be the same in a text that asks for the same, 0 where it need not: numbers and terms
            of constraints; Latin words within Chinese; the end of the input, 1, 4 and 16 tokens of it. uint64 [texts, 5].
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
    words = _words_of(encoded)
    _, number = np.unique(words.core, return_inverse=True)
    counts, order = cores_of(encoded.ids, encoded.start, encoded.length, number, words.core != 0, words.moved)
    row, first = np.repeat(np.arange(len(texts)), counts), _starts(counts)
    total = np.concatenate([np.zeros(1, np.uint64), np.cumsum(words.core[order], dtype=np.uint64)])
    whole = total[first[1:]] - total[first[:-1]]
    room = signs_and_terms(encoded.ids, encoded.start, encoded.length, encoded.signs, words.weight)
    runs = _with_a_run_missing(row, total, words.han[order], first, whole, room)
    bits = sign(encoded.ids, encoded.start, encoded.length, encoded.hashes)
    hashed = rising(encoded.ids, encoded.start, encoded.length, (encoded.hashes >> np.uint64(32)).astype(np.uint32))
    marks = marks_of(encoded.ids, encoded.start, encoded.length, encoded.input, encoded.quotes, words.core, words.han,
                     words.latin, words.firm, words.tail)
    known, number = np.unique(words.word, return_inverse=True)
    about, size, counts, keys = about_of(encoded.ids, encoded.start, encoded.length, encoded.input, words.kind,
                                         words.word, number, (known >> np.uint64(32)).astype(np.uint32), words.rest)
    return Sifted(whole, encoded.length.astype(np.int64), bits, marks, hashed, about, size, counts, keys,
                  np.concatenate([rows for rows, _ in runs]).astype(np.int32), np.concatenate([keys for _, keys in runs]))


def sift_closely(texts: Sequence[str]) -> Sifted:
    """The keys of some texts, those of their cores as `content` gives them: slower than `sift`, and much finer."""
    if len(_NUMBERS) > REMEMBERED:
        _NUMBERS.clear()
    whole, row, shorter = np.zeros(len(texts), np.uint64), list[int](), list[int]()
    for at, text in enumerate(texts):
        asks = content(text)
        whole[at] = asks.key(_NUMBERS.__getitem__) & _ALL
        less = asks.shorter(_NUMBERS.__getitem__)
        row += [at] * len(less)
        shorter += [key & _ALL for key in less]
    return sift(texts)._replace(whole=whole, row=np.array(row, np.int32), shorter=np.array(shorter, np.uint64))


class SiftedTexts:
    """The keys of many texts, gathered part by part.

    Args:
        folder: where the keys of texts without a run of cores, by far the most, lie meanwhile; None for in memory.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder, self._count = folder, 0
        self._parts: dict[str, list[NDArray[Any]]] = {name: [] for name in _COLUMNS}
        self._runs: list[tuple[int, NDArray[np.int32], NDArray[np.uint64]]] = []

    def add(self, part: Sifted) -> None:
        """Take the keys of the next texts."""
        for name, column in self._parts.items():
            column.append(getattr(part, name))
        row, shorter = part.row, part.shorter
        if self._folder is not None:
            row, shorter = (self._stored(f"{name}-{len(self._runs):06d}", keys) for name, keys in (
                ("row", row), ("shorter", shorter)))
        self._runs.append((self._count, row, shorter))
        self._count += len(part.whole)

    def _stored(self, name: str, keys: NDArray[Any]) -> NDArray[Any]:
        assert self._folder is not None
        path = self._folder / f"{name}.npy"
        np.save(path, keys)
        return np.load(path, mmap_mode="r", allow_pickle=False) if len(keys) else keys

    def _column(self, name: str) -> NDArray[Any]:
        return np.concatenate([_COLUMNS[name], *self._parts.pop(name)])

    @property
    def length(self) -> NDArray[np.int64]:
        """How many tokens each text has."""
        return np.concatenate([_COLUMNS["length"], *self._parts["length"]])

    def grouped(self, floor: Fraction) -> NDArray[np.int32]:
        """For each text the first text of its group, int32 [texts]: itself where it can meet none before it.

        The keys are used up.

        Args:
            floor: below it no pair counts.
        """
        whole, length = self._column("whole"), self._column("length")
        texts = Texts(self._column("bits"), self._column("marks"), length, self._column("tokens"), _starts(length))
        keys, group, count = np.unique(whole, return_inverse=True, return_counts=True)
        members = np.lexsort((length, group))                   # texts of the same cores lie together, the shortest first
        askers = [np.flatnonzero((count > 1)[group])]
        groups = [group[askers[0]]]
        for before, row, shorter in self._runs:
            at = np.minimum(np.searchsorted(keys, shorter), max(len(keys) - 1, 0))
            known = keys[at] == shorter if len(keys) else np.zeros(0, np.bool_)
            askers.append(row[known].astype(np.int64) + before)
            groups.append(at[known])
        self._runs = []
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
        size, counts, words = self._column("size"), self._column("counts"), self._column("words")
        start = _starts(counts)
        owner, bucket = listed(self._column("about"), size, start, words)
        order = np.argsort(bucket, kind="stable")
        meet_about(owner[order], bucket[order], size, start, words, *texts, *bound, root)
        first = np.full(len(whole), len(whole), np.int32)
        np.minimum.at(first, root, np.arange(len(whole), dtype=np.int32))
        return first[root]


class Texts(NamedTuple):
    """What parts texts: bits, marks and hashes of the tokens of each text, as in `Sifted`, and where they begin."""

    bits: NDArray[np.uint64]
    marks: NDArray[np.uint64]
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


_COLUMNS: dict[str, NDArray[Any]] = {
    "whole": np.zeros(0, np.uint64), "length": np.zeros(0, np.int64), "bits": np.zeros((0, 2), np.uint64),
    "marks": np.zeros((0, MARKS), np.uint64), "tokens": np.zeros(0, np.uint32), "about": np.zeros(0, np.uint64),
    "size": np.zeros(0, np.int32), "counts": np.zeros(0, np.int32), "words": np.zeros(0, np.uint32)}
"""What `Sifted` has of texts, rather than of runs, none of it."""


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
                        first: NDArray[np.int64], whole: NDArray[np.uint64],
                        room: NDArray[np.int32]) -> list[tuple[NDArray[np.int64], NDArray[np.uint64]]]:
    """For each length of a run that may be missing, the texts and the keys that they have without one of their runs.

    Args:
        row, han: of each core its text, and whether it is Chinese; total: sums of the hashes of all before each.
        first, whole: of each text where its cores begin, and the key of all.
        room: what its terms weigh, at most: enough has to be left of them, as `Content.spare` says.
    """
    han_so_far = np.concatenate([np.zeros(1, np.int64), np.cumsum(han)])
    short = (first[1:] - first[:-1] <= LONGEST)[row]
    result = []
    for size in range(1, SPARE_HAN + 1):
        begin = np.arange(max(0, len(row) - size + 1))
        begin = begin[(row[begin] == row[begin + size - 1]) & short[begin]]
        if size == 1:
            begin = begin[room[row[begin]] > np.where(han[begin], LEFT_HAN, LEFT)]
        else:
            begin = begin[room[row[begin]] >= (SHARE + 1) * size]
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


_NUMBERS, _ALL = _Numbers(), (1 << 64) - 1
NOTHING, WEAK, MUST, COUNTS, MAYBE, OTHER_SCRIPT = range(6)
"""What a token is to a request that is judged by keywords: as `keywords` has it, or it may be more, or not English."""
_WORD = Struct("<5QB3?B")
_PACKED = np.dtype([*((name, "<u8") for name in ("core", "word", "firm", "tail", "rest")), ("kind", "i1"), ("han", "?"),
                    ("moved", "?"), ("latin", "?"), ("weight", "i1")])


class _Words(dict[str, bytes]):
    """Token -> what there is to know of it, packed.

    core: a hash of what remains of it wherever it stands, 0 where nothing does; moved: whether that is a programming
    language, which comes first in the terms of a text that names but one; han, latin: of which letters it is. word, kind:
    what stands for it as a keyword, and what it is. firm, tail, rest: what it adds to the hashes of numbers and constraints,
    of an input's end, and of a whole input. weight: what it counts for in `Content.weights`, at most.
    """

    def __missing__(self, token: str) -> bytes:
        own, (kind, word), name, ascii_ = core(token), keywords.WORDS[token], _number(token), token.isascii()
        han = not ascii_ and HAN.match(token) is not None
        known = OTHER_SCRIPT if han else MAYBE if token in UNSURE else kind
        steady = token not in UNSTEADY and (token.isalpha() or not any(map(str.isdigit, token))) and POINT not in token
        marked = not ascii_ and unicodedata.category(token[-1])[0] == "M"
        self[token] = entry = _WORD.pack(
            name if own == token else _number(own) if own else 0, name if word == token else _NUMBERS[word],
            _firm(token, own), _ALL if marked else name if steady else 0, 0 if token in SPELLED_OUT else name, known,
            han and own != "", own in lexicon.PROGRAMMING, ascii_,
            2 if han and lexicon.CHINESE_PHRASES.get(token, token)[:1] == lexicon.WORD else 1)
        return entry


def _firm(token: str, own: str) -> int:
    """What a token adds to the numbers and constraints of its text; `_ALL` where that is open.

    A number is in both of two texts that ask for the same, in digits or as an English word. Open is what other characters
    touch (h2o, 3rd), and what may be a number or not: Chinese numerals, and a number word within a phrase that says
    something else.
    """
    if own and own in FIXED:
        return _number(own)
    number = token if token.isdigit() else "" if token in _IN_PHRASES else lexicon.NUMBERS.get(token, "")
    if number:
        return sum(map(_NUMBERS.__getitem__, number)) & _ALL
    return 0 if token.isascii() and token.isalpha() and token not in _IN_PHRASES else _ALL if (
        token in _IN_PHRASES or POINT in token or not _NUMERALS.isdisjoint(token) or any(map(str.isdigit, token))) else 0


_IN_PHRASES = lexicon.NUMBERS.keys() & {word for phrase in lexicon.ENGLISH_PHRASES for word in phrase.split()}
_NUMERALS = frozenset({*DIGITS, *UNITS})
_WORDS = _Words()


class _WordColumns(NamedTuple):
    """What there is to know of each token, by its number: see `_Words`."""

    core: NDArray[np.uint64]
    word: NDArray[np.uint64]
    firm: NDArray[np.uint64]
    tail: NDArray[np.uint64]
    rest: NDArray[np.uint64]
    kind: NDArray[np.int8]
    han: NDArray[np.bool_]
    moved: NDArray[np.bool_]
    latin: NDArray[np.bool_]
    weight: NDArray[np.int8]


def _words_of(encoded: EncodedTexts) -> _WordColumns:
    if len(_WORDS) > REMEMBERED:
        _WORDS.clear()
    packed = np.frombuffer(b"".join(map(_WORDS.__getitem__, encoded.vocabulary())), _PACKED)
    return _WordColumns(*(np.ascontiguousarray(packed[name]) for name in _WordColumns._fields))


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
    room = signs.copy()
    for text in range(len(start)):
        for at in range(start[text], start[text] + length[text]):
            room[text] += weight[ids[at]]
    return room


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
def meet(askers, groups, begin, members, bits, marks, length, tokens, start, p, q, root):  # noqa: ANN001, ANN201
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
            if not apart(text, other, 0, marks) and \
                    root_of(root, text) != root_of(root, other) and near(text, other, bits, length, tokens, start, p, q):
                root[root_of(root, text)] = root_of(root, other)
    for text in range(len(root)):
        root[text] = root_of(root, text)


@compiled
def meet_rare(crowd, holders, lists, bits, marks, length, tokens, start, p, q, root):  # noqa: ANN001, ANN201
    """Join the groups of those of a crowd that share a rare token and whose F may be above p/q."""
    for token in range(len(lists) - 1):
        for at in range(lists[token] + 1, lists[token + 1]):
            text = crowd[holders[at]]
            m = length[text]
            for k in range(lists[token], at):
                other = crowd[holders[k]]
                n = length[other]
                if 2 * min(m, n) * q > p * (m + n) and \
                        not apart(text, other, 0, marks) and \
                        root_of(root, text) != root_of(root, other) and near(text, other, bits, length, tokens, start, p, q):
                    root[root_of(root, text)] = root_of(root, other)
    for text in range(len(root)):
        root[text] = root_of(root, text)


@compiled
def meet_about(owner, bucket, size, start, words, bits, marks, length, tokens, begin, p, q, root):  # noqa: ANN001, ANN201
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
                if apart(text, other, 2, marks) or root_of(root, text) == root_of(root, other):
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
