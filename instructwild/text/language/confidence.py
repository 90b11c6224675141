"""How sure the language of a short text in Latin letters is: a word or two look like many languages."""

import polars as pl

from instructwild.text.language.clues import clues

SHORT = 60                # characters from which on a language is taken as named
CLUES = 1.5               # clues that make a language sure in a shorter text
LEAD = 1.5                # times as many as the clues of English
NO_LATIN = "zh ja ko ru uk bg sr mk be kk ky mn ar fa ur ps he hi mr ne th el und en ka hy bn ta te kn ml gu pa si my km lo".split()
MARKED = r"[ąćęłńśźżğışőűčďěňřšťůžøåæđășțâîă]"
"""Letters that English borrows no word with."""


def doubtful(texts: pl.Series, tags: pl.Series) -> pl.Series:
    """Which texts are named a language in Latin letters other than English on too little evidence.

    Args:
        texts: the texts.
        tags: what `languages` named them.
    """
    frame = pl.DataFrame({"text": texts, "tag": tags})
    suspect = frame.select((~pl.col("tag").str.split("-").list.first().is_in(NO_LATIN))
                           & (pl.col("text").str.len_chars() < SHORT)).to_series().fill_null(False)
    unsure = [not _sure(text, tag) for text, tag in frame.filter(suspect).iter_rows()]
    return suspect.clone().scatter(suspect.arg_true(), pl.Series(unsure, dtype=pl.Boolean)) if unsure else suspect


def _sure(text: str, tag: str) -> bool:
    told = clues(text)
    if tag in told:
        return told[tag] >= CLUES and told[tag] >= LEAD * told.get("en", 0.0)
    words = text.split()
    return len(words) >= 4 and not told.get("en") and pl.Series([text.lower()]).str.contains(MARKED)[0]
