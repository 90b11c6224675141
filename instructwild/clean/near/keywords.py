"""What a longer request in letters is about: its keywords, without the passing words that say the same in many ways.

Two of them with the same numbers, names, constraints, quoted words and input, in one order, ask for the same where one has
but a few keywords beside those of the other: "a renowned historian specializing in …", "a historian with expertise in …".
For short requests and for Chinese ones the terms of `content` decide alone: one word of them is too much to differ in.
"""

from typing import NamedTuple

from instructwild.clean.near import lexicon
from instructwild.clean.near.content import (
    APOSTROPHE,
    CLITIC,
    HAN,
    INPUT,
    NEGATED,
    NEGATION,
    QUOTE,
    QUOTED,
    spelled_out,
)
from instructwild.clean.near.stems import stem
from instructwild.text.lazy_pattern import LazyPattern
from instructwild.text.tokens import fold, tokens, tokens_of_folded

SIGNS = LazyPattern(r"[^\w\s.,;:!?'\"()\[\]{}\-_/&“”‘’`…–—·，。？！、；：（）]|"
                   r"(?<=[\d)\]])[ ]*-[ ]*(?=[\w(\[])|(?<![\w)\]])-(?=\d)")
NAME = LazyPattern("[A-Z][A-Za-z]*")
COLONS = "\uFE13\uFE55\uFF1A\u2A74"
"""Characters that hold a colon in the form in which texts are compared."""
FROM, LONGEST = 7, 64
"""Words, each counted once and without passing ones, that a request must have, and may have, to be judged by keywords."""
SHARE = 4
"""Keywords that one of two requests has beside those of the other: at most one in so many words of the shorter one."""
LEFT = 2
"""What both must have, besides what is to be done."""
PASSING, WEAK, FIXED, KEYWORD = range(4)
"""What a word is: it says nothing, it may be missing, it must be in both, it counts."""
ENDINGS = frozenset({
    "ization", "isation", "ational", "fulness", "ousness", "iveness", "ication", "ation", "ition", "ement", "ment", "ness",
    "ities", "ity", "ance", "ence", "ancy", "ency", "ally", "ical", "ics", "ic", "al", "ly", "ive", "ize", "ise", "er", "or",
    "ist", "ism", "ing", "ed", "ion", "ent", "ant", "y", "e", "s"})
"""Endings that make another kind of word of one of at least five letters."""
LONGEST_ENDING, BEFORE_AN_ENDING = max(map(len, ENDINGS)), 5
SHORTEST = 6
"""Letters of a word that has such an ending, at least."""


class Keywords(NamedTuple):
    """What a request is about.

    Attributes:
        fixed: numbers, constraints, formats, each once, in their order.
        words: the other keywords, in the same way.
        rest: what follows the first colon or line end.
        size: how many different words there are, those that may be missing counted too.
        order: all of those, in their order.
    """

    fixed: tuple[str, ...]
    words: tuple[str, ...]
    rest: str
    size: int
    order: tuple[str, ...]

    @property
    def differing(self) -> int:
        """How many keywords may differ at most."""
        return self.size // SHARE

    def buckets(self) -> list[tuple[str, ...]]:
        """Two requests that ask for the same share one of these."""
        if not FROM <= self.size <= LONGEST:
            return []
        rarest_first = sorted(self.words, key=lambda word: (-len(word), word))
        if len(rarest_first) <= self.differing:
            rarest_first.append("")
        shared = (*sorted(self.fixed), self.rest)
        return [(*shared, word) for word in rarest_first[:self.differing + 1]]


class _Words(dict[str, tuple[int, str]]):
    """Token -> what it is, and what stands for it."""

    def __missing__(self, token: str) -> tuple[int, str]:
        self[token] = entry = _kind(token)
        return entry


def _kind(token: str) -> tuple[int, str]:
    if (not token.isalpha() and any(map(str.isdigit, token))) or (len(token) == 1 and token not in "ai"):
        return FIXED, token
    if token in _PASSING:
        return PASSING, ""
    word = lexicon.NUMBERS.get(token, token)
    if word.isdigit():
        return FIXED, word
    base = stem(word)
    word = lexicon.ENGLISH_SAME.get(word) or lexicon.ENGLISH_SAME.get(base, base)
    if {token, word} & _FIXED:
        return FIXED, word
    return (WEAK, word) if {token, word} & lexicon.WEAK else (KEYWORD, root(word))


def root(word: str) -> str:
    """A word without the endings that make another kind of word of it: bioluminescent, bioluminescence."""
    if len(word) < SHORTEST or not (word.isascii() and word.isalpha()):
        return word
    return _without_ending(_without_ending(word))


def _without_ending(word: str) -> str:
    for size in range(min(LONGEST_ENDING, len(word) - BEFORE_AN_ENDING), 0, -1):
        if word[-size:] in ENDINGS:
            return word[:-size]
    return word


def keywords(text: str) -> Keywords | None:
    """What a request is about; None where it is written in Chinese characters."""
    folded = fold(spelled_out(text))
    if HAN.search(folded):
        return None
    split = INPUT.search(folded)
    head, rest = (folded[:split.start()], rest_of(folded)) if split else (folded, "")
    if APOSTROPHE.search(head):
        head = CLITIC.sub(" ", NEGATION.sub(r" \1 not ", head))
    fixed, words, order = dict[str, None](), dict[str, None](), dict[str, None]()
    for token in tokens_of_folded(head):
        kind, word = WORDS[token]
        if kind == PASSING:
            continue
        order[word] = None
        if kind == FIXED:
            fixed[word] = None
        elif kind == KEYWORD:
            words[word] = None
    return Keywords(tuple(fixed), tuple(words), rest, len(order), tuple(order))


def rest_of(folded: str) -> str:
    """What follows the first colon or line end of a folded text, with single spaces."""
    split = INPUT.search(folded)
    return " ".join(folded[split.end():].split()) if split else ""


def same_keywords(first: Keywords | None, second: Keywords | None, texts: tuple[str, str]) -> bool:
    """Whether two requests are about the same.

    Args:
        first, second: their keywords.
        texts: as they are written.
    """
    if first is None or second is None or first.rest != second.rest or not alike(first, second):
        return False
    if {*first.order} == {*second.order} and first.order != second.order:
        return False                                   # the same words in another order: `content` decides
    other = {*first.words} ^ {*second.words}
    heads = [text[:split.start()] if (split := INPUT.search(fold(text))) else text for text in texts]
    if any(not other.isdisjoint(_names(head)) for head in heads):
        return False
    return _signs(heads[0]) == _signs(heads[1]) and _quoted(*heads) and _quoted(*heads[::-1])


def alike(first: Keywords, second: Keywords) -> bool:
    """Whether what must be in both is, and few enough keywords differ, and the common ones stand in one order."""
    smaller, larger = sorted((first.size, second.size))
    if smaller < FROM or larger > LONGEST or sorted(first.fixed) != sorted(second.fixed):
        return False
    ours, theirs = {*first.words}, {*second.words}
    common = ours & theirs
    ordered = common.union(first.fixed) - lexicon.TASKS
    if len(ordered) < LEFT or len(ours ^ theirs) > smaller // SHARE or not (ours <= theirs or theirs <= ours):
        return False
    if ours != theirs:                                 # "for beginners" is not "for projects"
        longer, shorter = (first, second) if len(ours) > len(theirs) else (second, first)
        if not lexicon.WEAK_NOUNS.isdisjoint({*shorter.order} - {*longer.order}):
            return False
    languages = lexicon.PROGRAMMING & ordered
    if len(languages) == 1:                            # "in Python, write …" and "write a Python …"
        ordered -= languages
    return [word for word in first.order if word in ordered] == [word for word in second.order if word in ordered]


def _names(head: str) -> set[str]:
    return {WORDS[token][1] for name in NAME.findall(head) for token in tokens(name)}


def _signs(head: str) -> list[str]:
    return sorted(sign.strip() for sign in SIGNS.findall(head))


def _quoted(head: str, other: str) -> bool:
    """Whether all words that are quoted in the one are in the other."""
    if not QUOTE.search(head):
        return True
    return {*tokens(" ".join(match.group() for match in QUOTED.finditer(head)))} <= {*tokens(other)}


_PASSING = lexicon.ENGLISH_LIGHT | {*NEGATED, "one"}
_FIXED = (lexicon.FIXED_ENGLISH - lexicon.WEAK - lexicon.FREE) | lexicon.TASKS | lexicon.PROGRAMMING
LISTED = _PASSING | _FIXED | lexicon.WEAK | lexicon.NUMBERS.keys() | lexicon.ENGLISH_SAME.keys()
"""Words that are more than keywords, or stand for others."""
WORDS = _Words()
