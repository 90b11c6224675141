"""What remains of a token wherever it stands, as the sieve tells texts apart before any of them is read."""

from instructwild.clean.near import lexicon
from instructwild.clean.near.content import CHINESE_TERMS, FIXED, NEGATED
from instructwild.clean.near.stems import stem
from instructwild.text.numerals import DIGITS, UNITS


def _classes_that_stay() -> dict[str, str]:
    """Word -> the word that stands for it, of the classes none of whose words may vanish or come from other words."""
    words = {*lexicon.ENGLISH_LIGHT, *lexicon.NUMBERS, *lexicon.NUMBERS.values(), *lexicon.OPENERS, *lexicon.OF_PROGRAMS,
             *lexicon.OF_PROGRAMS.values(), *NEGATED, *CHINESE_TERMS, *lexicon.CHINESE_PHRASES, lexicon.HOW, lexicon.WHY}
    for phrase, stands_for in lexicon.ENGLISH_PHRASES.items():
        words.update(phrase.split(), stands_for.split())
    unsteady = {lexicon.ENGLISH_SAME.get(form, form) for word in words for form in (word, stem(word))}
    return {word: head for word, head in lexicon.ENGLISH_SAME.items() if head not in unsteady}


_STEADY = _classes_that_stay()
_CHANGING = frozenset({*lexicon.ENGLISH_LIGHT, *(lexicon.ENGLISH_SAME.keys() - _STEADY.keys()), *lexicon.NUMBERS,
                       *(f"{verb}n" for verb in NEGATED), *NEGATED, *lexicon.OR, "can", "re", "ll", "ve", *DIGITS, *UNITS,
                       *(word for phrase in lexicon.ENGLISH_PHRASES for word in phrase.split()),
                       *(word for term in lexicon.ENGLISH_PHRASES.values() for word in term.split()),
                       *(char for phrase in lexicon.CHINESE_PHRASES for char in phrase)})
LISTED = _CHANGING | _STEADY.keys() | FIXED | lexicon.PROGRAMMING
"""Words of which `core` makes more than the word without its ending, or whose term must be in both of two texts."""


def core(token: str) -> str:
    """What remains of a token of `text.tokens` wherever it stands, or nothing where that depends on its neighbours.

    Two texts that ask for the same have the same of these, but for a run that may be missing.
    """
    if token in _CHANGING or (token.isascii() and len(token) == 1) or not (
            token.isalpha() or not any(map(str.isdigit, token))):
        return ""
    if token in _STEADY:
        return _STEADY[token]
    base = stem(token)
    return "" if base in _CHANGING else _STEADY.get(base, base)
