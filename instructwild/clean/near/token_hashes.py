"""What the sieve knows of a token, whatever text it stands in: hashes of what it says, and what kind of word it is."""

import unicodedata
from hashlib import blake2b
from struct import Struct
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from instructwild.clean.near import keywords, lexicon
from instructwild.clean.near.chinese_phrases import CHARACTERS, OTHERWISE_A_TERM
from instructwild.clean.near.content import FIXED, HAN, NEGATED, POINT
from instructwild.clean.near.cores import LISTED, core
from instructwild.clean.near.encode import EncodedTexts
from instructwild.clean.near.stems import stem
from instructwild.text.numerals import DIGITS, UNITS

UNSURE = frozenset({"not", "cannot", "s", "t", "d", "m", "re", "ll", "ve", "us", "usa", "u",
                    *NEGATED, *(f"{verb}n" for verb in NEGATED)})
"""Tokens of which a request reads more than the token shows: don't, I'd."""
SPELLED_OUT = frozenset({"u", "s", "us", "usa", "a"})
"""Tokens of the country that is written as "US", "U.S." and "USA" alike."""
UNSTEADY = SPELLED_OUT | lexicon.OR | lexicon.PROGRAMMING | {lexicon.WHAT, lexicon.HOW, lexicon.WHY, lexicon.EXPLAIN}
"""Tokens that the input of one of two texts that ask for the same may hold where that of the other does not."""
REMEMBERED = 500_000
"""Tokens, and terms, whose numbers a process remembers."""


def number_of(text: str) -> int:
    """A hash that is the same in every process."""
    return int.from_bytes(_eight_bytes(text), "little")


def _eight_bytes(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()


class HashedTerms(dict[str, int]):
    """Term -> its hash."""

    def __missing__(self, term: str) -> int:
        self[term] = number = number_of(term)
        return number


NUMBERS, ALL = HashedTerms(), (1 << 64) - 1
NOTHING, WEAK, MUST, COUNTS, MAYBE, OTHER_SCRIPT = range(6)
"""What a token is to a request that is judged by keywords: as `keywords` has it, or it may be more, or not English."""
_WORD = Struct("<5QB3?B?H")
_PACKED = np.dtype([*((name, "<u8") for name in ("core", "word", "firm", "tail", "rest")), ("kind", "i1"), ("han", "?"),
                    ("moved", "?"), ("latin", "?"), ("weight", "i1"), ("solid", "?"), ("phrase", "<u2")])


class TokenEntries(dict[str, bytes]):
    """Token -> what there is to know of it, packed.

    core: a hash of what remains of it wherever it stands, 0 where nothing does; moved: whether that is a programming
    language, which comes first in the terms of a text that names but one; han, latin: of which letters it is. word, kind:
    what stands for it as a keyword, and what it is. firm, tail, rest: what it adds to the hashes of numbers and constraints,
    of an input's end, and of a whole input. weight: what it counts for in `Content.weights`, at most. solid: whether it is a
    Chinese character that is a term wherever no word of the lexicon covers it; phrase: its number in these words.
    """

    def __missing__(self, token: str) -> bytes:
        if token.isascii() and token.isalpha() and len(token) > 1 and token not in _LISTED:
            base = stem(token)
            if base not in _LISTED:
                self[token] = entry = _of_a_word(token, base)
                return entry
        own, (kind, word), name, ascii_ = core(token), keywords.WORDS[token], number_of(token), token.isascii()
        han = not ascii_ and HAN.match(token) is not None
        known = OTHER_SCRIPT if han else MAYBE if token in UNSURE else kind
        steady = token not in UNSTEADY and (token.isalpha() or not any(map(str.isdigit, token))) and POINT not in token
        marked = not ascii_ and unicodedata.category(token[-1])[0] == "M"
        self[token] = entry = _WORD.pack(
            name if own == token else number_of(own) if own else 0, name if word == token else NUMBERS[word],
            _firm(token, own), ALL if marked else name if steady else 0, 0 if token in SPELLED_OUT else name, known,
            han and own != "", own in lexicon.PROGRAMMING, ascii_,
            2 if han and lexicon.CHINESE_PHRASES.get(token, token)[:1] == lexicon.WORD else 1,
            han and token not in _OPEN, CHARACTERS.get(token, 0))
        return entry


def _of_a_word(token: str, base: str) -> bytes:
    """What there is to know of a word that is in no list, nor is it without its ending: nearly all are."""
    name, root = _eight_bytes(token), keywords.root(base)
    own = name if base == token else _eight_bytes(base)
    return own + (name if root == token else own if root == base else _eight_bytes(root)) + _NO_NUMBER + name + name + _PLAIN


def _firm(token: str, own: str) -> int:
    """What a token adds to the numbers and constraints of its text; `ALL` where that is open.

    A number is in both of two texts that ask for the same, in digits or as an English word. Open is what other characters
    touch (h2o, 3rd), and what may be a number or not: Chinese numerals, and a number word within a phrase that says
    something else.
    """
    if own and own in FIXED:
        return number_of(own)
    number = token if token.isdigit() else "" if token in _IN_PHRASES else lexicon.NUMBERS.get(token, "")
    if number:
        return sum(map(NUMBERS.__getitem__, number)) & ALL
    return 0 if token.isascii() and token.isalpha() and token not in _IN_PHRASES else ALL if (
        token in _IN_PHRASES or POINT in token or not _NUMERALS.isdisjoint(token) or any(map(str.isdigit, token))) else 0


_IN_PHRASES = lexicon.NUMBERS.keys() & {word for phrase in lexicon.ENGLISH_PHRASES for word in phrase.split()}
_NUMERALS = frozenset({*DIGITS, *UNITS})
_OPEN = _NUMERALS | lexicon.OR | OTHERWISE_A_TERM
"""Chinese characters that may be left out, or stand for others, of which other texts have the term without them."""
_NO_NUMBER, _PLAIN = bytes(8), _WORD.pack(0, 0, 0, 0, 0, COUNTS, False, False, True, 1, False, 0)[40:]
_LISTED = LISTED | UNSURE | UNSTEADY | SPELLED_OUT | _IN_PHRASES | keywords.LISTED
_WORDS = TokenEntries()


class TokenColumns(NamedTuple):
    """What there is to know of each token, by its number: see `TokenEntries`."""

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
    solid: NDArray[np.bool_]
    phrase: NDArray[np.uint16]


def columns_of_tokens(encoded: EncodedTexts) -> TokenColumns:
    """What there is to know of each token of some texts, by its number there."""
    if len(_WORDS) > REMEMBERED:
        _WORDS.clear()
    packed = np.frombuffer(b"".join(map(_WORDS.__getitem__, encoded.vocabulary())), _PACKED)
    return TokenColumns(*(np.ascontiguousarray(packed[name]) for name in TokenColumns._fields))
