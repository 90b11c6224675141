"""Many texts as numbers: the tokens of `tokens`, each word a number, at the speed of compiled code.

A text is walked once, code point by code point, through a table that says what a code point folds to. The table is filled
for the code points that occur. A few stand for several characters or join with a neighbour under NFKC (marks, jamo, "½"):
the texts that hold one of these are folded whole, in Python, and walked through a second table that folds nothing.
Both tables are kept for the next texts.
"""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from instructwild.clean.near.compiled import compiled
from instructwild.text.tokens import fold, is_single, is_text

UNKNOWN, PENDING, AWKWARD, SEPARATOR, OPENS_INPUT, QUOTES, SIGN, SINGLE = -1, -2, -3, 0, 1, 2, 3, 1 << 21
MEANT = {**dict.fromkeys(":\n", OPENS_INPUT), **dict.fromkeys("\"“「『《`'‘(", QUOTES),
         **dict.fromkeys("%#@&*/^-", SIGN)}
"""Separators that mean more: what opens an input, what opens a quotation or a gloss, and signs that may count as words, as
do those of mathematics, money and pictures."""
_CHUNK = 16_384      # texts at a time: their code points stay near the processor
_SEED, _PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)
Scalar = TypeVar("Scalar", bound=np.generic)


@dataclass(frozen=True)
class EncodedTexts:
    """Texts as numbered tokens.

    Attributes:
        ids: the tokens of all texts, int32 [tokens].
        start: where each text begins in `ids`, int64 [texts].
        length: how many tokens it has, int32 [texts].
        input: how many of them are before its first colon or line end, int32 [texts]; all where it has none.
        quotes: whether it holds what opens a quotation or a gloss, bool [texts].
        signs: how many of its characters are signs that may count as words, int32 [texts].
        words: how many different tokens there are; ids are smaller.
        letters: the code points of all different tokens, int32.
        ends: where each token's letters end there, int64 [words].
        hashes: a number of each token that follows from its letters alone, uint64 [words].
    """

    ids: NDArray[np.int32]
    start: NDArray[np.int64]
    length: NDArray[np.int32]
    input: NDArray[np.int32]
    quotes: NDArray[np.bool_]
    signs: NDArray[np.int32]
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
    vocabulary = _Vocabulary()
    start, quotes = np.zeros(len(texts), np.int64), np.zeros(len(texts), np.bool_)
    length, before, signs = (np.zeros(len(texts), np.int32) for _ in range(3))
    parts: list[NDArray[np.int32]] = []
    used = 0

    def read(rows: Sequence[int], chunk: Sequence[str], table: _Table) -> list[int]:
        nonlocal used
        codes = np.frombuffer("".join(chunk).encode("utf-32-le", "surrogatepass"), np.uint32)
        ends = np.cumsum(np.fromiter(map(len, chunk), np.int64, len(chunk)))
        ids, lengths, heads, quoted, signed = vocabulary.number(codes, ends, table.knowing(codes))
        good = lengths >= 0
        at = np.asarray(rows)
        length[at], before[at] = np.where(good, lengths, 0), np.where(good, heads, 0)
        quotes[at], signs[at] = quoted, signed
        start[at] = used + np.cumsum(length[at]) - length[at]
        parts.append(ids)
        used += len(ids)
        return [int(row) for row in at[~good]]

    awkward: list[int] = []
    for begin in range(0, len(texts), _CHUNK):
        rows = range(begin, min(begin + _CHUNK, len(texts)))
        awkward += read(rows, texts[begin:rows.stop], _FOLDING)
    for begin in range(0, len(awkward), _CHUNK):
        whole = awkward[begin:begin + _CHUNK]
        read(whole, [fold(texts[row]) for row in whole], _FOLDED)
    ids = np.concatenate(parts) if parts else np.zeros(0, np.int32)
    return EncodedTexts(ids, start, length, before, quotes, signs, vocabulary.count, vocabulary.letters[:vocabulary.written],
                   vocabulary.ends[:vocabulary.count], vocabulary.hashes[:vocabulary.count])


def _folds_to(char: str) -> int:
    """What a character of a raw text stands for, wherever it stands, or AWKWARD where that depends on its neighbours."""
    normal, folded = unicodedata.normalize("NFKC", char), fold(char)
    if any(_joins(letter) for letter in normal + folded):
        return AWKWARD
    if len(folded) == 1:
        return _stands_for(folded)
    meanings = {*map(_stands_for, folded)} - {SEPARATOR}
    return AWKWARD if len(meanings) > 1 or not meanings <= {OPENS_INPUT, QUOTES} else max(meanings, default=SEPARATOR)


def _joins(char: str) -> bool:
    """Whether NFKC may join or reorder a character with the one before it.

    Only marks, the vowels and finals of Hangul and, since Unicode 16, a few letters beyond the basic plane do.
    """
    if unicodedata.category(char)[0] == "M" or "\u1100" <= char <= "\u11FF":
        return True
    return char > "\uFFFF" and is_text(char) and not is_single(char)


def _stands_for(char: str) -> int:
    """What a character of a folded text stands for."""
    if is_text(char):
        return ord(char) | (SINGLE if is_single(char) else 0)
    return MEANT.get(char, SIGN if unicodedata.category(char) in {"Sm", "Sc", "So"} else SEPARATOR)


class _Table:
    """Code point -> what it stands for, filled for those that occur."""

    def __init__(self, meaning: Callable[[str], int]) -> None:
        self.values = np.full(0x110000, UNKNOWN, np.int32)
        self.meaning = meaning
        self._lock = Lock()

    def knowing(self, codes: NDArray[np.uint32]) -> NDArray[np.int32]:
        with self._lock:                             # a thread that compiles ahead reads texts too
            for code in unseen(codes, self.values).tolist():
                self.values[code] = self.meaning(chr(code))
        return self.values


_FOLDING, _FOLDED = _Table(_folds_to), _Table(_stands_for)


class _Vocabulary:
    """The different tokens so far: an open-addressing hash table that compares letters, so that no two are confused."""

    def __init__(self) -> None:
        self.count = self.written = 0
        self.slots = np.zeros(1 << 16, np.int32)     # number of a token + 1; 0 is free
        self.hashes: NDArray[np.uint64] = np.zeros(0, np.uint64)
        self.ends: NDArray[np.int64] = np.zeros(0, np.int64)            # where each token's letters end
        self.letters: NDArray[np.int32] = np.zeros(0, np.int32)

    def number(self, codes: NDArray[np.uint32], ends: NDArray[np.int64],
               table: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32],
                                                  NDArray[np.bool_], NDArray[np.int32]]:
        """Token numbers of the texts that end at `ends`; of each its `length`, `input`, `quotes` and `signs`, as
        `EncodedTexts` has them: its length is -1 where it holds an awkward character.
        """
        self.hashes = _wider(self.hashes, self.count, len(codes))
        self.ends = _wider(self.ends, self.count, len(codes))
        self.letters = _wider(self.letters, self.written, len(codes))
        ids = np.empty(len(codes), np.int32)
        lengths, heads, signed = (np.empty(len(ends), np.int32) for _ in range(3))
        quoted = np.empty(len(ends), np.bool_)
        done = used = 0
        while done < len(ends):
            done, self.count, self.written, used = number_tokens(
                codes, ends, table, self.slots, self.hashes, self.ends, self.letters, self.count, self.written, ids, lengths,
                heads, quoted, signed, done, used)
            if done < len(ends):
                self.slots = more_slots(self.slots, self.hashes, self.count)
        return ids[:used].copy(), lengths, heads, quoted, signed


def _wider(array: NDArray[Scalar], used: int, more: int) -> NDArray[Scalar]:
    """An array with its first so many numbers, and space for so many more."""
    if used + more <= len(array):
        return array
    wider = np.empty(max(used + more, 2 * len(array)), array.dtype)
    wider[:used] = array[:used]
    return wider


@compiled
def unseen(codes, table):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201, D103
    fresh = np.empty(min(len(codes), len(table)), np.uint32)
    count = 0
    for code in codes:
        if table[code] == UNKNOWN:
            table[code] = PENDING
            fresh[count] = code
            count += 1
    return fresh[:count]


@compiled
def more_slots(slots, hashes, count):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201, D103
    wider = np.zeros(4 * len(slots), np.int32)
    for known in range(count):
        slot = np.int64(hashes[known]) & (len(wider) - 1)
        while wider[slot]:
            slot = (slot + 1) & (len(wider) - 1)
        wider[slot] = known + 1
    return wider


@compiled
def number_tokens(  # type: ignore[no-untyped-def]  # noqa: ANN201, C901
    codes, text_ends, table, slots, hashes, ends, letters, count, written, ids, lengths, heads, quoted, signed,  # noqa: ANN001
    since, used,  # noqa: ANN001
):
    """Walk the texts from one on, up to one for whose tokens slots may be lacking; each token that the vocabulary lacks is
    added to it. See `_Vocabulary.number`.
    """
    at = text_ends[since - 1] if since else 0
    for text in range(since, len(text_ends)):
        text_end = text_ends[text]
        if 2 * (count + text_end - at) > len(slots):
            return text, count, written, used
        begin, head, quotes, signs = used, -1, False, 0
        while at < text_end:
            value = table[codes[at]]
            if SEPARATOR <= value <= SIGN:
                if value == OPENS_INPUT and head < 0:
                    head = used - begin
                quotes |= value == QUOTES
                signs += value == SIGN
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
                if value <= SIGN or value >= SINGLE:
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
                        k = 0
                        while k < size and letters[other + k] == letters[first + k]:
                            k += 1
                        if k == size:
                            written = first
                            break
                slot = (slot + 1) & (len(slots) - 1)
            ids[used] = known
            used += 1
        if at < text_end:
            used = begin
            at = text_end
            lengths[text] = -1
        else:
            lengths[text] = used - begin
        heads[text] = head if head >= 0 else used - begin
        quoted[text], signed[text] = quotes, signs
    return len(text_ends), count, written, used
