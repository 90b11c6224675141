"""Many texts as numbers: the tokens of `tokens`, each word a number, at the speed of compiled code.

A text is walked once, code point by code point, through a table that says what a code point folds to. The table is filled
for the code points that occur. A few stand for several characters or join with a neighbour under NFKC (marks, jamo, "½"):
the texts that hold one of these are folded whole, in Python, and walked through a second table that folds nothing.
"""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from instructwild.clean.near.compiled import compiled
from instructwild.text.tokens import fold, is_single, is_text

UNKNOWN, PENDING, AWKWARD, SEPARATOR, SINGLE = -1, -2, -3, 0, 1 << 21
_CHUNK = 16_384      # texts at a time: their code points stay near the processor
_SEED, _PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)


@dataclass(frozen=True)
class EncodedTexts:
    """Texts as numbered tokens.

    Attributes:
        ids: the tokens of all texts, int32 [tokens].
        start: where each text begins in `ids`, int64 [texts].
        length: how many tokens it has, int32 [texts].
        words: how many different tokens there are; ids are smaller.
        letters: the code points of all different tokens, int32.
        ends: where each token's letters end there, int64 [words].
        hashes: a number of each token that follows from its letters alone, uint64 [words].
    """

    ids: NDArray[np.int32]
    start: NDArray[np.int64]
    length: NDArray[np.int32]
    words: int
    letters: NDArray[np.int32]
    ends: NDArray[np.int64]
    hashes: NDArray[np.uint64]

    def vocabulary(self) -> list[str]:
        """The different tokens, by number."""
        spelled = (self.letters & (SINGLE - 1)).astype("<u4").tobytes().decode("utf-32-le")
        ends = self.ends.tolist()
        return [spelled[begin:end] for begin, end in zip([0, *ends], ends, strict=False)]


def encode(texts: Sequence[str]) -> EncodedTexts:
    """The tokens of every text as numbers: equal tokens, equal numbers."""
    folding, folded = _Table(_folds_to), _Table(_stands_for)
    vocabulary = _Vocabulary()
    start, length = np.zeros(len(texts), np.int64), np.zeros(len(texts), np.int32)
    parts: list[NDArray[np.int32]] = []
    used = 0

    def read(rows: Sequence[int], chunk: Sequence[str], table: _Table) -> list[int]:
        nonlocal used
        codes = np.frombuffer("".join(chunk).encode("utf-32-le", "surrogatepass"), np.uint32)
        ends = np.cumsum(np.fromiter(map(len, chunk), np.int64, len(chunk)))
        ids, lengths = vocabulary.number(codes, ends, table.knowing(codes))
        good = lengths >= 0
        at = np.asarray(rows)
        length[at] = np.where(good, lengths, 0)
        start[at] = used + np.cumsum(length[at]) - length[at]
        parts.append(ids)
        used += len(ids)
        return at[~good].tolist()

    awkward = []
    for begin in range(0, len(texts), _CHUNK):
        rows = range(begin, min(begin + _CHUNK, len(texts)))
        awkward += read(rows, texts[begin:rows.stop], folding)
    for begin in range(0, len(awkward), _CHUNK):
        rows = awkward[begin:begin + _CHUNK]
        read(rows, [fold(texts[row]) for row in rows], folded)
    ids = np.concatenate(parts) if parts else np.zeros(0, np.int32)
    return EncodedTexts(ids, start, length, vocabulary.count, vocabulary.letters[:vocabulary.written],
                   vocabulary.ends[:vocabulary.count], vocabulary.hashes[:vocabulary.count])


def _folds_to(char: str) -> int:
    """What a character of a raw text stands for, wherever it stands, or AWKWARD where that depends on its neighbours."""
    normal, folded = unicodedata.normalize("NFKC", char), fold(char)
    if any(_joins(letter) for letter in normal + folded):
        return AWKWARD
    if len(folded) == 1:
        return _stands_for(folded)
    return AWKWARD if any(map(is_text, folded)) else SEPARATOR


def _joins(char: str) -> bool:
    """Whether NFKC may join or reorder a character with the one before it.

    Only marks, the vowels and finals of Hangul and, since Unicode 16, a few letters beyond the basic plane do.
    """
    if unicodedata.category(char)[0] == "M" or "\u1100" <= char <= "\u11FF":
        return True
    return char > "\uFFFF" and is_text(char) and not is_single(char)


def _stands_for(char: str) -> int:
    """What a character of a folded text stands for."""
    return (ord(char) | (SINGLE if is_single(char) else 0)) if is_text(char) else SEPARATOR


class _Table:
    """Code point -> what it stands for, filled for those that occur."""

    def __init__(self, meaning: Callable[[str], int]) -> None:
        self.values = np.full(0x110000, UNKNOWN, np.int32)
        self.meaning = meaning

    def knowing(self, codes: NDArray[np.uint32]) -> NDArray[np.int32]:
        for code in unseen(codes, self.values).tolist():
            self.values[code] = self.meaning(chr(code))
        return self.values


class _Vocabulary:
    """The different tokens so far: an open-addressing hash table that compares letters, so that no two are confused."""

    def __init__(self) -> None:
        self.count = self.written = 0
        self.slots = np.zeros(1 << 16, np.int32)     # number of a token + 1; 0 is free
        self.hashes = np.zeros(0, np.uint64)
        self.ends = np.zeros(0, np.int64)            # where each token's letters end
        self.letters = np.zeros(0, np.int32)

    def number(self, codes: NDArray[np.uint32], ends: NDArray[np.int64],
               table: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Token numbers of the texts that end at `ends`, and how many each has: -1 where it holds an awkward character."""
        self.hashes = _room(self.hashes, self.count + len(codes))
        self.ends = _room(self.ends, self.count + len(codes))
        self.letters = _room(self.letters, self.written + len(codes))
        ids, lengths = np.empty(len(codes), np.int32), np.empty(len(ends), np.int32)
        self.slots, self.count, self.written, used = number_tokens(
            codes, ends, table, self.slots, self.hashes, self.ends, self.letters, self.count, self.written, ids, lengths)
        return ids[:used].copy(), lengths


def _room(array: NDArray, size: int) -> NDArray:
    if size <= len(array):
        return array
    wider = np.zeros(max(size, 2 * len(array)), array.dtype)
    wider[:len(array)] = array
    return wider


@compiled
def unseen(codes, table):  # noqa: ANN001, ANN201, D103
    fresh = np.empty(min(len(codes), len(table)), np.uint32)
    count = 0
    for code in codes:
        if table[code] == UNKNOWN:
            table[code] = PENDING
            fresh[count] = code
            count += 1
    return fresh[:count]


@compiled
def number_tokens(codes, text_ends, table, slots, hashes, ends, letters, count, written, ids, lengths):  # noqa: ANN001, ANN201, C901
    """Walk the texts; each token that the vocabulary lacks is added to it. See `_Vocabulary.number`."""
    used = 0
    at = 0
    for text in range(len(text_ends)):
        begin = used
        text_end = text_ends[text]
        while at < text_end:
            value = table[codes[at]]
            if value == SEPARATOR:
                at += 1
                continue
            if value < 0:
                break
            first = written
            mixed = _SEED
            while True:
                letters[written] = value
                written += 1
                mixed = (mixed ^ np.uint64(value)) * _PRIME
                mixed ^= mixed >> _SHIFT
                at += 1
                if value >= SINGLE or at == text_end:
                    break
                value = table[codes[at]]
                if value <= SEPARATOR or value >= SINGLE:
                    break
            slot = np.int64(mixed) & (len(slots) - 1)
            while True:
                known = slots[slot] - 1
                if known < 0:
                    known = count
                    hashes[count] = mixed
                    ends[count] = written
                    count += 1
                    slots[slot] = count
                    break
                if hashes[known] == mixed:
                    size = written - first
                    other = ends[known] - size
                    if other == (ends[known - 1] if known else 0):
                        same = True
                        for k in range(size):
                            same &= letters[other + k] == letters[first + k]
                        if same:
                            written = first
                            break
                slot = (slot + 1) & (len(slots) - 1)
            ids[used] = known
            used += 1
            if 2 * count > len(slots):
                slots = np.zeros(4 * len(slots), np.int32)
                for k in range(count):
                    slot = np.int64(hashes[k]) & (len(slots) - 1)
                    while slots[slot]:
                        slot = (slot + 1) & (len(slots) - 1)
                    slots[slot] = k + 1
        if at < text_end:
            used = begin
            at = text_end
            lengths[text] = -1
        else:
            lengths[text] = used - begin
    return slots, count, written, used
