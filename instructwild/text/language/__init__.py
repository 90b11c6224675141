"""The language of each prompt: script statistics first, then a trained model for the scripts that many languages share."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import polars as pl

from instructwild.text.language import clues, script
from instructwild.text.language.shared_script import SharedScript

Backend = Literal["fasttext", "langdetect"]

UNDETERMINED = "und"
HAN_WEIGHT = 2.5          # a Han character says about as much as two or three Latin letters
HEAD = 300                # characters looked at: a language shows early
LEAST_LETTERS = 2
KANA_SHARE = 0.15         # of Han and Kana together: less is Chinese that quotes a Japanese word
CODE_SHARE = 0.12         # of all characters: more brackets and operators than any prose has
PROSE_CLUES = 2.0         # clues of a language in Latin script that make it the one that asks
PROSE_SHARE = 0.5         # of another script beside the Latin one, above which it is the one that asks

ONE_LANGUAGE = {script.HANGUL: "ko", script.GREEK: "el", script.HEBREW: "he", script.THAI: "th"}
SHARED = (script.LATIN, script.CYRILLIC, script.ARABIC, script.DEVANAGARI)


def languages(texts: pl.Series, backend: Backend = "fasttext") -> pl.Series:
    """The BCP 47 tag of each text: `en`, `zh-Hans`, `zh-Hant`, `ja`, ... and `und` where no language shows.

    Emoji, digits, formulas and code alone are `und`. A prompt that quotes another language has the language that most of
    it is written in.
    """
    shown = texts.alias("head").to_frame().select(
        pl.col("head").fill_null("").str.head(HEAD).str.replace_all(r"https?://\S+", " "))
    heads = shown["head"].to_list()
    counted = script.counts(heads)
    han = counted[:, [script.HAN, script.HANS, script.HANT]].sum(axis=1)
    kana = counted[:, script.KANA]
    weights = counted.astype(np.float64)
    weights[:, script.HAN] = HAN_WEIGHT * (han + kana)
    weights[:, [script.OTHER, script.HANS, script.HANT, script.KANA, script.SYMBOL]] = 0
    main, written = weights.argmax(axis=1), weights.max(axis=1) >= LEAST_LETTERS
    english = main == script.LATIN
    english[english] = clues.english(shown["head"].filter(english)).to_numpy()
    code = counted[:, script.SYMBOL] > CODE_SHARE * counted.sum(axis=1)
    _prefer_the_asking_script(heads, weights, main, english & ~code)
    tags = np.full(len(texts), UNDETERMINED, dtype=object)
    for number, tag in ONE_LANGUAGE.items():
        tags[main == number] = tag
    cjk = main == script.HAN
    tags[cjk] = "zh-Hans"
    tags[cjk & (counted[:, script.HANT] > counted[:, script.HANS])] = "zh-Hant"
    tags[cjk & (kana > KANA_SHARE * (han + kana))] = "ja"
    tags[english & (main == script.LATIN)] = "en"
    judge = SharedScript(backend)
    for index in np.flatnonzero(np.isin(main, SHARED) & (~english | code)):
        tags[index] = judge(heads[index], int(main[index]), bool(code[index]))
    tags[~written] = UNDETERMINED
    return pl.Series("language", tags.tolist(), dtype=pl.String)


def language_of(text: str) -> str:
    """The tag of a single text; for many, `languages` is some hundred times quicker."""
    return str(languages(pl.Series([text], dtype=pl.String))[0])


def _prefer_the_asking_script(heads: Sequence[str], weights: np.ndarray, main: np.ndarray, english: np.ndarray) -> None:
    """Change `main` where Latin letters are most but only name things or are code, as in "什么是 Stack Blocks？"."""
    others = weights.copy()
    others[:, script.LATIN] = 0
    for index in np.flatnonzero((main == script.LATIN) & ~english & (others.max(axis=1) >= LEAST_LETTERS)):
        prose = sum(clues.clues(heads[index]).values()) >= PROSE_CLUES
        if not prose or others[index].max() > PROSE_SHARE * weights[index].max():
            main[index] = others[index].argmax()
