"""English words without the endings of their plurals and verb forms."""

from instructwild.clean.near import lexicon

VOWEL = frozenset("aeiouy")
REMEMBERED = 500_000
"""Words whose stems a process remembers."""


class _Stems(dict[str, str]):
    """Word -> the word without its ending; of the last words only."""

    def __missing__(self, word: str) -> str:
        if len(self) > REMEMBERED:
            self.clear()
        self[word] = short = _stem(word)
        return short


def stem(word: str) -> str:
    """A word of the Latin alphabet without the ending of its plural or of its verb form."""
    return word if len(word) < 4 or not word.isascii() else _STEMS[word]


def _stem(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    if word.endswith("ied") and len(word) > 4:
        return word[:-3] + "y"
    for ending in ("ing", "ed"):
        base = word.removesuffix(ending)
        if base != word and len(base) >= 3 and not base.endswith("e") and not VOWEL.isdisjoint(base):
            if len(base) > 3 and base[-1] == base[-2] and base[-1] not in "sl":
                return base[:-1]
            return base + "e" if base not in lexicon.ENGLISH_SAME and base + "e" in lexicon.ENGLISH_SAME else base
    return word


_STEMS = _Stems()
