"""What a request asks for: the terms of a text that carry meaning, in their order, with other words for the same made one.

A term is a word without its ending, a number, a Chinese character, or a sign of mathematics, money or pictures: "3 + 4" and
"3 - 4" have the same tokens and other terms. Words that may come and go (articles, politeness, 请, 一下) are left out of
instructions, never out of what is quoted, nor out of what follows the first colon or line end, which is the input: "Use
'can'" and "Use 'will'" ask for other things.

The lists are in `lexicon`; nothing depends on other texts, so that the verdict on a pair is the same in any company.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

from instructwild.clean.near import lexicon
from instructwild.clean.near.stems import stem
from instructwild.text.numerals import chinese_number
from instructwild.text.scripts import ANY_HAN
from instructwild.text.tokens import fold, is_single, is_text

HAN = re.compile(ANY_HAN)
INPUT = re.compile(r"[:\n]")
QUOTE = re.compile("[\"“「『《`'‘]")
QUOTED = re.compile(r"\"([^\"\n]{1,400})\"|“([^”\n]{1,400})”|「([^」\n]{1,400})」|『([^』\n]{1,400})』|《([^》\n]{1,400})》|"
                    r"`([^`\n]{1,400})`|(?<![\w'])'([^'\n]{1,400})'(?!\w)|‘([^’\n]{1,400})’")
APOSTROPHE = re.compile("['’]")
NEGATED = ("do", "does", "did", "is", "are", "was", "were", "would", "could", "should", "have", "has", "had", "must", "need",
           "might", "ai", "ca", "wo", "sha")
NEGATION = re.compile(rf"\b({'|'.join(NEGATED)})n[’']t\b")
CLITIC = re.compile(r"(?<=\w)[’'](?:s|re|m|d|ll|ve)\b")
SIGN = re.compile(r"[\d%#@&*/^+-]")
SIGNS = re.compile(r"(?<=[\w)\]])[ ]*([*/^])[ ]*(?=[\w(\[])|"
                   r"(?<=[\d)\]])[ ]*(-)[ ]*(?=[\w(\[])|(?<![\w)\]])(-)(?=\d)|([%#@&])")
PROGRAMMING = re.compile(r"\b([cfjq])(\+\+|#)(?![\w+#])")
THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
DECIMAL = re.compile(r"(?<=\d)[.](?=\d)")
UNDIRECTED = re.compile("对比|比较|给定|给出|给我|为什么|成为|作为|分类?为|归类?为|分组?[为成]|称为|认为|行为|完成|生成|"
                        "当中|工作|作文|写作|作品|作者|作业|作家|作用|操作|制作|创作|合作|当前|适当|(?:^|[,。;、 ])为")
"""Where a directing character stands in another word, or before those for whom something is done."""
NUMERAL = re.compile(r"[零〇一二两三四五六七八九十百千]+")
GLOSS = re.compile(r"(?<=[^\W\da-z])[ ]?\([ ]?([a-z]{2,12}(?: [a-z]{2,12})?)[ ]?\)")
"""One or two Latin words in parentheses behind a Chinese one: 资产定价模型（CAPM）."""
NAME = re.compile(r"(?<=[a-z,] )[A-Z][A-Za-z]*")
"""A word with a capital that does not begin a sentence."""
AMERICAN = re.compile(r"\bUS\b|\bU\.S\.(?:A\.)?(?!\w)")
POINT = "ˑ"
"""A letter that stands for the point of 3.5, so that the number stays one term."""
SPARE, SPARE_HAN = 2, 4
"""Terms, or Chinese characters, that one text may have beside all terms of the other, in one place."""
LEFT, LEFT_HAN = 3, 6
"""Terms, or Chinese characters, that must be left without them."""
FIRM, LOOSE, REPEATED = range(3)
SHARE = 3
"""How many times as long as a longer run that may be missing the rest must be."""
LONGEST = 64
"""Texts of more terms ask for the same only where all terms agree."""
_SIGN_NAMES = {sign: f" {POINT}{name} " for sign, name in
               {"*": "times", "/": "slash", "^": "power", "-": "minus", "%": "percent", "#": "hash", "@": "at",
                "&": "and"}.items()}


class Content(NamedTuple):
    """The terms of a text that carry meaning.

    Attributes:
        terms: in their order.
        loose: for each term whether it may be missing in a text that asks for the same, being neither a number, a name, a
            negation or a constraint, nor quoted, nor part of the input: `FIRM`, `LOOSE`, or `REPEATED` where it may and
            stands elsewhere too.
        directed: whether words stand in the text that give the order of terms a meaning, such as "to" or 比.
    """

    terms: tuple[str, ...]
    loose: tuple[int, ...]
    directed: bool

    def key(self, number: Callable[[str], int] = hash) -> int:
        """Equal for texts of the same terms in any order.

        Args:
            number: of a term. That of `hash` is the same in this process only.
        """
        return sum(map(number, self.terms))

    def shorter(self, number: Callable[[str], int] = hash) -> list[int]:
        """The keys of the texts that have the same terms but for a run that may be missing."""
        if len(self.terms) > LONGEST:
            return []
        hashes, weights, keys = list(map(number, self.terms)), self.weights(), set()
        whole = sum(hashes)
        for begin, loose in enumerate(self.loose):
            if loose:
                without = whole
                for end in self.spare(begin, weights):
                    without -= hashes[end - 1]
                    keys.add(without)
        return list(keys)

    def weights(self) -> tuple[list[int], int]:
        """For each term how many Chinese characters it counts as, 0 where it is none, and how much all of them count."""
        weights = [_CHARACTERS[term[0]] for term in self.terms]
        return weights, sum(weights) + weights.count(0)

    def spare(self, begin: int, weights: tuple[list[int], int]) -> range:
        """Where a run of terms that may be missing, and that begins there, may end.

        Args:
            weights: those of the terms.
        """
        each, whole = weights
        kind = self.loose[begin]
        last = min(begin + SPARE_HAN, len(self.terms))
        end, length = begin, 0
        while end < last and kind and self.loose[end] == kind:
            characters = each[end]
            if not characters:
                last = min(last, begin + SPARE)
            length += characters or 1
            left = whole - length
            if length > SPARE_HAN or left < (LEFT_HAN if characters else LEFT) or (length > 1 and left < SHARE * length):
                break
            end += 1
        return range(begin + 1, min(end, last) + 1)


class _TermSpacing(dict[int, str]):
    """Code point -> what stands for it in a text whose terms are separated by spaces."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        alone = unicodedata.category(char) in {"Sm", "Sc", "So"} or (is_text(char) and is_single(char))
        self[code] = spaced = f" {char} " if alone else char if is_text(char) else " "
        return spaced


class _Characters(dict[str, int]):
    """First letter of a term -> how many Chinese characters the term counts as; a word of the lexicon counts as two."""

    def __missing__(self, char: str) -> int:
        self[char] = count = 2 if char == lexicon.WORD else int(HAN.match(char) is not None)
        return count


class _Terms(dict[str, tuple[str, bool]]):
    """Word -> its term, or nothing where it says nothing, and whether it may be missing."""

    def __missing__(self, word: str) -> tuple[str, bool]:
        term = _term(word)
        spare = FIXED.isdisjoint((word, term)) and not word[0].isdigit() and not term[:1].isdigit() and POINT not in term
        self[word] = entry = (term, spare)
        return entry


def content(text: str) -> Content:
    """What a text asks for.

    >>> content("Could you please list three large cities?").terms == content("Name 3 big cities.").terms
    True
    """
    text = spelled_out(text)
    folded = _undecorated(fold(text))
    if SIGN.search(folded):
        folded = _numbers(folded)
    split = INPUT.search(folded)
    head, tail = (folded[:split.start()], folded[split.end():]) if split else (folded, "")
    fixed = frozenset(name.casefold() for name in NAME.findall(text[:len(head) + 1]))
    terms: list[str] = []
    loose: list[bool] = []
    directed, begin = bool(tail), 0
    for quoted in QUOTED.finditer(head) if QUOTE.search(head) else ():
        directed |= _instruction(head[begin:quoted.start()], fixed, terms, loose)
        terms += _words(quoted.group())
        loose += [False] * (len(terms) - len(loose))
        begin = quoted.end()
    directed |= _instruction(head[begin:], fixed, terms, loose)
    terms += _words(tail)
    if not terms:
        terms = _words(head)
    loose += [False] * (len(terms) - len(loose))
    return Content(*_shortened(terms, loose), directed)


def spelled_out(text: str) -> str:
    """The text with the country that is written like a pronoun as another word."""
    return AMERICAN.sub("USA", text) if "US" in text or "U.S" in text else text


def _undecorated(text: str) -> str:
    """The text without the pictures that it begins and ends with, unless it is nothing but them."""
    begin, end = 0, len(text)
    while begin < end and not text[begin].isalnum() and unicodedata.category(text[begin]) in _DECORATION:
        begin += 1
    while begin < end and not text[end - 1].isalnum() and unicodedata.category(text[end - 1]) in _DECORATION:
        end -= 1
    return text[begin:end] or text


_DECORATION = frozenset({"So", "Sk", "Cf", "Mn", "Me", "Zs"})


def _shortened(terms: list[str], loose: list[bool]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """The terms without repetitions ("describe and explain"), and in one order where several orders ask the same.

    Question words come first: 有哪些好处 and 好处是什么 ask the same. So does a programming language where no second is
    named: "in Python, write a function" and "write a Python function".
    """
    present = {*terms}
    of_programs = not lexicon.PROGRAMMING.isdisjoint(present)
    if lexicon.CODE in present or of_programs:
        terms = [lexicon.OF_PROGRAMS.get(term, term) if spare else term for term, spare in zip(terms, loose, strict=True)]
    if lexicon.CLASSIFY in present:                  # into "wild or tame" asks what "wild and tame" does
        spares = [spare for term, spare in zip(terms, loose, strict=True) if term not in lexicon.OR]
        terms, loose = [term for term in terms if term not in lexicon.OR], spares
    apart, asks = loose, not _QUESTIONS.isdisjoint(present)
    kept = [at for at, term in enumerate(terms)
            if not (asks and term == lexicon.EXPLAIN) and not (at and apart[at] and term == terms[at - 1])]
    if asks:
        kept.sort(key=lambda at: terms[at] not in _QUESTIONS)
    begin = _opening(terms, apart, kept)
    ordered = [terms[at] for at in kept[begin:]]
    spares = [loose[at] for at in kept[begin:]]
    if begin:
        ordered.insert(0, lexicon.GIVE)
        spares.insert(0, True)
    named = tuple(lexicon.PROGRAMMING.intersection(ordered)) if of_programs else ()
    if len(named) == 1:
        at = ordered.index(named[0])
        ordered.insert(0, ordered.pop(at))
        spares.insert(0, spares.pop(at))
    if len({*ordered}) == len(ordered):
        return tuple(ordered), tuple([LOOSE if spare else FIRM for spare in spares])
    count = Counter(ordered)
    return tuple(ordered), tuple([(REPEATED if count[term] > 1 else LOOSE) if spare else FIRM
                                  for term, spare in zip(ordered, spares, strict=True)])


def _opening(terms: list[str], loose: list[bool], kept: list[int]) -> int:
    """How many of the kept terms only open the request: "what are", "name", "find", and "explain" of what exists.

    A story or a program may be written or explained, which are two requests.
    """
    openers = lexicon.OPENERS if lexicon.WORKS.isdisjoint(terms) else lexicon.OPENERS - {lexicon.EXPLAIN}
    begin = 0
    while begin < len(kept) and terms[kept[begin]] in openers and loose[kept[begin]]:
        begin += 1
    return begin if begin < len(kept) else 0


def _instruction(text: str, names: frozenset[str], terms: list[str], loose: list[bool]) -> bool:
    """Add the terms of a part of the instruction; whether its order carries meaning."""
    if not text or text.isspace():
        return False
    if APOSTROPHE.search(text):
        text = CLITIC.sub(" ", NEGATION.sub(r" \1 not ", text))
    chinese = HAN.search(text) is not None
    if chinese:
        directed = not lexicon.DIRECTED_CHINESE.isdisjoint(UNDIRECTED.sub("", text))
        words = NUMERAL.sub(_arabic, _with_chinese_words(text)).translate(_SPACING).split()
    else:
        words = text.translate(_SPACING).split()
        directed = not lexicon.DIRECTED.isdisjoint(words)
        if not _FIRST_PAIRS.isdisjoint(pairwise(words)):
            words = _with_phrases(words)
    glosses = " ".join(GLOSS.findall(text)).split() if chinese and "(" in text else ()
    for word in words:
        term, spare = _TERMS[word]
        if chinese and word.isascii() and (not term or term == stem(word)):    # "Go to", "Blocks" are names in Chinese
            term, spare = word, spare and bool(term)
        if term:
            terms.append(term)
            latin = chinese and term.isascii() and term not in CHINESE_TERMS
            loose.append(spare and (word in glosses or (word not in names and not latin)))
    return directed


def _with_chinese_words(text: str) -> str:
    """The text with each Chinese word of the lexicon, the longest first, as the word that stands for its meaning."""
    parts, at, end = [], 0, len(text)
    while at < end:
        char = text[at]
        for size in _SIZES.get(char, ()):
            word = lexicon.CHINESE_PHRASES.get(text[at:at + size])
            if word is not None and not (char.isascii() and _within_a_word(text, at, at + size)):
                parts.append(f" {word} ")
                at += size
                break
        else:
            parts.append(char)
            at += 1
    return "".join(parts)


def _within_a_word(text: str, begin: int, end: int) -> bool:
    """Whether a piece in letters is part of a longer word: "ai" of "email"."""
    around = text[max(0, begin - 1):begin] + text[end:end + 1]
    return any(is_text(char) and not is_single(char) for char in around)


def _with_phrases(words: list[str]) -> list[str]:
    """The words with each English phrase of the lexicon, the longest first, as the word that stands for its meaning."""
    result, at = [], 0
    while at < len(words):
        for phrase, stands_for in _PHRASES.get(words[at], ()):
            if words[at:at + len(phrase)] == phrase:
                if stands_for:
                    result.append(stands_for)
                at += len(phrase)
                break
        else:
            result.append(words[at])
            at += 1
    return result


def _arabic(match: re.Match[str]) -> str:
    """A Chinese number in digits."""
    return f" {chinese_number(match.group())} "


def _numbers(text: str) -> str:
    """Numbers, signs and names of programming languages made one word each."""
    text = DECIMAL.sub(POINT, THOUSANDS.sub("", text))
    text = PROGRAMMING.sub(lambda match: match.group(1) + POINT + ("plus" if match.group(2) == "++" else "sharp"), text)
    return SIGNS.sub(lambda match: _SIGN_NAMES[next(filter(None, match.groups()))], text)


def _words(text: str) -> list[str]:
    return text.translate(_SPACING).split()


def _term(word: str) -> str:
    if word in lexicon.ENGLISH_LIGHT:
        return ""
    word = lexicon.NUMBERS.get(word, word)
    if word in lexicon.ENGLISH_SAME:
        return lexicon.ENGLISH_SAME[word]
    base = stem(word)
    return lexicon.ENGLISH_SAME.get(base, base)


def _by_first_word() -> dict[str, list[tuple[list[str], str]]]:
    table: dict[str, list[tuple[list[str], str]]] = {}
    for phrase in sorted(lexicon.ENGLISH_PHRASES, key=len, reverse=True):
        words = phrase.split()
        table.setdefault(words[0], []).append((words, lexicon.ENGLISH_PHRASES[phrase]))
    return table


def _sizes_by_first_character() -> dict[str, list[int]]:
    sizes: dict[str, set[int]] = {}
    for word in lexicon.CHINESE_PHRASES:
        sizes.setdefault(word[0], set()).add(len(word))
    return {first: sorted(lengths, reverse=True) for first, lengths in sizes.items()}


_PHRASES = _by_first_word()
_FIRST_PAIRS = frozenset((phrase[0], phrase[1]) for phrases in _PHRASES.values() for phrase, _ in phrases)
_SIZES = _sizes_by_first_character()
FIXED = lexicon.FIXED_ENGLISH | lexicon.FIXED_CHINESE
"""Words and terms that are never missing in a text that asks for the same."""
CHINESE_TERMS = frozenset(lexicon.CHINESE_PHRASES.values())
_QUESTIONS = frozenset({lexicon.WHAT, lexicon.HOW, lexicon.WHY})
"""With one of them, "explain" adds nothing: explain why the sky is blue, why is the sky blue."""
_SPACING, _TERMS, _CHARACTERS = _TermSpacing(), _Terms(), _Characters()
