"""What says the same in other words, and what says nothing, in the two languages in which requests are compared.

The lists are in `lexicon_en.txt` and `lexicon_zh.txt`. They are closed: no word's role depends on the texts at hand, and
a word that is in no list carries meaning. Their sections:

- light: words that may come and go without another thing being asked for. Not `from`, `or`, `not`, `without`.
- same: one meaning a line; the first word stands for all.
- whole: words that hold a character which by itself says nothing.
- phrases: several words, and what stands for them (nothing where they say nothing).
- fixed: terms of a constraint, a format, a language, a sex, a grade: a text with one of them asks for something else.
- works: what can be made as well as explained: a text with one of them keeps "write" and "explain" apart.
- programming: languages whose name may stand before or behind what is to be written in it.
- directed: words that give the order of what stands around them a meaning.
- questions: words in which questions of examinations are put, besides the light ones.
- weak: in a longer request, words that say little beside the others.
- nouns: those of them that stand for a thing: one of them in place of another word is another thing.
- free: terms of a constraint that, in a longer request, weigh no more than other words.
- tasks: what a longer request wants to have done, and what else must be in both of two that ask for the same.
"""

from importlib.resources import files

GIVE, EXPLAIN, WHAT, HOW, WHY = "give", "explain", "what", "how", "why"
CODE, FIND, CLASSIFY = "code", "find", "classify"
OR = frozenset({"or", "或"})
OF_PROGRAMS = {"calculate": FIND, "return": FIND, "check": FIND, "print": FIND, "way": CODE}
"""Terms that of a program say the same: a Java method "finds", "returns" or "calculates" what a Java function does."""
OPENERS = frozenset({GIVE, EXPLAIN, WHAT, FIND, "calculate"})
"""Terms that at the beginning of a request say only that something is asked for."""
WORD = "ʐ"
"""A letter that begins the term of a Chinese word of the lexicon, so that it is not split into characters."""


def _sections(name: str) -> dict[str, list[str]]:
    """The lines of each section of a list."""
    sections: dict[str, list[str]] = {}
    for line in (files(__package__) / name).read_text("utf-8").splitlines():
        if line.startswith("["):
            sections[line.strip("[]")] = lines = []
        elif line:
            lines.append(line)
    return sections


def _words(lines: list[str]) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split())


def _classes(lines: list[str]) -> dict[str, str]:
    """Each word of a line -> the line's first word."""
    return {word: line.split()[0] for line in lines for word in line.split()}


def _pairs(lines: list[str]) -> dict[str, str]:
    return {phrase.strip(): term.strip() for phrase, _, term in (line.partition("=") for line in lines)}


def _chinese_classes(lines: list[str]) -> dict[str, str]:
    """The same for Chinese, where a term of several characters is a word of its own."""
    return {word: f"{WORD}{number}" if len(stands_for) > 1 and not stands_for.isascii() else stands_for
            for number, line in enumerate(lines) for stands_for in line.split()[:1] for word in line.split()}


_EN, _ZH = _sections("lexicon_en.txt"), _sections("lexicon_zh.txt")
ENGLISH_LIGHT, CHINESE_LIGHT = _words(_EN["light"]), _words(_ZH["light"])
ENGLISH_SAME = _classes(_EN["same"])
"""A word, without its ending -> the word that stands for all of its meaning."""
ENGLISH_PHRASES = _pairs(_EN["phrases"])
CHINESE_PHRASES = {**dict.fromkeys(CHINESE_LIGHT, ""), **{word: f"{WORD}{word}" for word in _words(_ZH["whole"])},
                   **_chinese_classes(_ZH["same"])}
"""A word -> the one that stands for all of its meaning, or nothing where it says nothing."""
NUMBERS = _pairs(_EN["numbers"])
FIXED_ENGLISH = _words(_EN["fixed"])
FIXED_CHINESE = frozenset(CHINESE_PHRASES.get(word, word) for word in _words(_ZH["fixed"]))
WORKS = _words(_EN["works"]) | {CHINESE_PHRASES.get(word, word) for word in _words(_ZH["works"])}
PROGRAMMING = _words(_EN["programming"])
WEAK = frozenset(ENGLISH_SAME.get(word, word) for word in _words(_EN["weak"]))
WEAK_NOUNS = frozenset(ENGLISH_SAME.get(word, word) for word in _words(_EN["nouns"]))
FREE, TASKS = _words(_EN["free"]), frozenset(ENGLISH_SAME.get(word, word) for word in _words(_EN["tasks"]))
DIRECTED, DIRECTED_CHINESE = _words(_EN["directed"]), _words(_ZH["directed"])
QUESTIONS_ENGLISH, QUESTIONS_CHINESE = _words(_EN["questions"]) | ENGLISH_LIGHT, _words(_ZH["questions"]) | CHINESE_LIGHT
"""What a question may hold without being told from others by it."""
