"""How sure the language of a short text in Latin letters is: a word or two look like many languages."""

from typing import Literal

import polars as pl

from instructwild.text.language.clues import WORDS, clues
from instructwild.text.language.shared_script import SharedScript

SHORT = 60                # characters from which on a language is taken as named
CLUES = 1.5               # clues that make a language sure in a shorter text
SOME_CLUES = 0.5          # clues that make it sure where the model agrees and nothing is English
LIKELY_WITH_CLUES = 0.5   # by the model, beside such clues
LIKELY = 0.95             # by the model: makes two words sure without clues, or four of a language that has none
LEAD = 1.5                # times as many as the clues of English
NO_LATIN = frozenset((
    "zh", "ja", "ko", "ru", "uk", "bg", "sr", "mk", "be", "kk", "ky", "mn", "ar", "fa", "ur", "ps", "he", "hi", "mr", "ne",
    "th", "el", "und", "en", "ka", "hy", "bn", "ta", "te", "kn", "ml", "gu", "pa", "si", "my", "km", "lo"))


def doubtful(texts: pl.Series, tags: pl.Series, backend: Literal["fasttext", "langdetect"] = "fasttext") -> pl.Series:
    """Which texts are named a language in Latin letters other than English on too little evidence.

    Args:
        texts: the texts.
        tags: what `languages` named them.
        backend: the model asked about those with few clues.
    """
    frame = pl.DataFrame({"text": texts, "tag": tags})
    suspect = frame.select((~pl.col("tag").str.split("-").list.first().is_in(list(NO_LATIN)))
                           & (pl.col("text").str.len_chars() < SHORT)).to_series().fill_null(False)
    model = SharedScript(backend)
    unsure = [not _sure(text, tag, model) for text, tag in frame.filter(suspect).iter_rows()]
    return suspect.clone().scatter(suspect.arg_true(), pl.Series(unsure, dtype=pl.Boolean)) if unsure else suspect


def _sure(text: str, tag: str, model: SharedScript) -> bool:
    evidence = clues(text)
    english, own = evidence.get("en", 0.0), evidence.get(tag, 0.0)
    if own >= CLUES:
        return own >= LEAD * english
    if english:
        return False
    likely = model.likelihood(text, tag)
    if own >= SOME_CLUES and likely >= LIKELY_WITH_CLUES:
        return True
    return len(text.split()) >= (2 if tag in WORDS else 4) and likely >= LIKELY
