"""What says the same in other words, and what says nothing, in the two languages in which requests are compared.

The lists are in `lexicon_en.txt` and `lexicon_zh.txt`. They are closed: no word's role depends on the texts at hand, and
a word that is in no list carries meaning. Their sections:

- light: words that may come and go without another thing being asked for. Not `from`, `or`, `not`, `without`.
- same: one meaning a line; the first word stands for all.
- phrases: several words, and what stands for them (nothing where they say nothing).
- fixed: terms of a constraint, a format, a language, a sex, a grade: a text with one of them asks for something else.
- directed: words that give the order of what stands around them a meaning.
- questions: words in which questions of examinations are put, besides the light ones.
"""

from importlib.resources import files

GIVE, EXPLAIN, WHAT, HOW, WHY = "give", "explain", "what", "how", "why"


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


_EN, _ZH = _sections("lexicon_en.txt"), _sections("lexicon_zh.txt")
ENGLISH_LIGHT, CHINESE_LIGHT = _words(_EN["light"]), _words(_ZH["light"])
ENGLISH_SAME = _classes(_EN["same"])
"""A word, without its ending -> the word that stands for all of its meaning."""
ENGLISH_PHRASES = _pairs(_EN["phrases"])
CHINESE_PHRASES = {**dict.fromkeys(CHINESE_LIGHT, ""), **_classes(_ZH["same"])}
"""A word -> the one that stands for all of its meaning, or nothing where it says nothing."""
NUMBERS = _pairs(_EN["numbers"])
FIXED_ENGLISH, FIXED_CHINESE = _words(_EN["fixed"]), _words(_ZH["fixed"])
DIRECTED, DIRECTED_CHINESE = _words(_EN["directed"]), _words(_ZH["directed"])
QUESTIONS_ENGLISH, QUESTIONS_CHINESE = _words(_EN["questions"]) | ENGLISH_LIGHT, _words(_ZH["questions"]) | CHINESE_LIGHT
"""What a question may hold without being told from others by it."""
