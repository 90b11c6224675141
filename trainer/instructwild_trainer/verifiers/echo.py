"""What of a response only repeats its prompt: that is no answer, and no instruction is met by it.

A copy is a run of words that stands in the prompt too, whatever its case, blanks and punctuation. Where it begins as a
sentence that asks does, and holds (nearly) all of it, it is an echo and is taken out. A copy of anything else, such as the
text to correct, the code to change or words in quotation marks, stays, since edits and quotations repeat much; but where a
response is made of copies alone, nothing of it is its own, unless the prompt asks for them.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from instructwild.text.tokens import fold, is_single, is_text
from instructwild_trainer.verifiers.prompt_parts import Prompt, sentences_that_ask, texts_of, wants_own_words
from instructwild_trainer.verifiers.shared_runs import SharedRun, shared_runs

PHRASE, SHORT_SENTENCE = 5.0, 2.5
"""Words of a copy that is more than a turn of phrase, and of the shortest sentence whose repetition is an echo."""
CUT_OFF = 1.8
"""Words of an echo that breaks off at the end of a response in which another echo is whole."""
CHARACTER = 0.6
"""A Chinese, Japanese or Korean character in words."""
MOST_OF_IT = 0.8
"""Of a sentence that asks, from its beginning: without its last words it is repeated still."""
MARKS = {"<": ">", "《": "》", "*": "*", "[": "]", "【": "】", '"': '"', "“": "”", "「": "」"}
_POLITE = frozenset(("please", "kindly", "now", "then", "also", "and", "but", "请", "請", "再", "并", "也"))
_PARTICLES = (["吗"], ["嗎"], ["么"], ["麼"], ["吧"])
_END_MARKS = ".。!！?？,，、;；:：…"


@dataclass(frozen=True)
class _LocatedWords:
    """The words of a text as they are compared, and where each begins and ends in it."""

    words: list[str]
    starts: list[int]
    ends: list[int]

    def weight(self, first: int, last: int) -> float:
        """Of the words in [first, last): 1 each, a character less."""
        return sum(CHARACTER if is_single(word[0]) else 1.0 for word in self.words[first:last])


@dataclass(frozen=True)
class _Sentence:
    """A sentence that asks: its words [first, last) of the prompt, polite words before it left out."""

    first: int
    last: int
    question: bool


def own_text(prompt: Prompt, response: str, verbatim: Collection[str] = ()) -> str:
    r"""A response without what only repeats its prompt; empty where nothing else is in it.

    Args:
        prompt: the text or the messages that were answered.
        response: the answer.
        verbatim: texts that the prompt asks for word for word, such as how the answer must end; they are no copies.

    >>> own_text("Write about rain. Use no commas.", "write about RAIN! Use no commas\nRain falls.")
    'Rain falls.'
    >>> own_text("用一句话介绍雨。", "用一句话介绍雨。雨是水。"), own_text("用一句话介绍雨。", "用一句话介绍雨")
    ('雨是水。', '')
    """
    source, sentences, own_words = _read(prompt)
    written = _words(response)
    literal = [_words(text).words for text in verbatim]
    echoed, copied = set[int](), set[int]()
    runs = list(shared_runs(source.words, written.words))
    for run in runs:
        if _stands_in(written.words[run.first:run.last], literal) or _affirms(run, sentences, source):
            continue
        repeated = [sentence for sentence in sentences if _repeats(run, sentence, source, len(written.words))]
        echo = bool(repeated) and _stands_alone(run, sentences, written, response) \
            and not _is_title(run, sentences, written, response) \
            and not (own_words and all(sentence.question for sentence in repeated))
        if echo or written.weight(run.first, run.last) >= PHRASE:
            copied.update(range(run.first, run.last))
        if echo:
            echoed.update(range(run.first, run.last))
    if echoed:
        cut_off = {number for run in runs for number in _cut_off(run, sentences, source, written)}
        echoed |= cut_off
        copied |= cut_off
    if copied and len(copied) == len(written.words) and (echoed or not own_words):
        return ""
    return _without(response, written, sorted(echoed)) if echoed else response


def _stands_in(words: Sequence[str], texts: Sequence[Sequence[str]]) -> bool:
    """Whether words stand in a row in one of the texts."""
    return any(words == text[i:i + len(words)] for text in texts for i in range(len(text) - len(words) + 1))


def _affirms(run: SharedRun, sentences: Sequence[_Sentence], source: _LocatedWords) -> bool:
    """Whether a run is a question of the prompt without its particle: in Chinese an answer."""
    end = run.source + run.last - run.first
    return any(sentence.question and run.source == sentence.first and source.words[end:sentence.last] in _PARTICLES
               for sentence in sentences)


def _repeats(run: SharedRun, sentence: _Sentence, source: _LocatedWords, length: int) -> bool:
    """Whether a run of a response of `length` words repeats a sentence that asks, from its beginning."""
    end = min(run.source + run.last - run.first, sentence.last)
    if run.source > sentence.first or end <= sentence.first:
        return False
    repeated = source.weight(sentence.first, end)
    if repeated < SHORT_SENTENCE:
        return False
    if end == sentence.last or (run.last == length and repeated >= PHRASE):          # all of it, or as far as it was written
        return True
    return not sentence.question and repeated >= MOST_OF_IT * source.weight(sentence.first, sentence.last)


def _cut_off(run: SharedRun, sentences: Sequence[_Sentence], source: _LocatedWords, written: _LocatedWords) -> range:
    """The words of an echo that a response of limited length ends in, its last word perhaps in part."""
    end, length = run.source + run.last - run.first, len(written.words)
    part = run.last == length - 1 and end < len(source.words) and source.words[end].startswith(written.words[-1])
    begins = any(run.source <= sentence.first < end and source.weight(sentence.first, end) >= CUT_OFF
                 for sentence in sentences)
    return range(run.first, length if begins and (part or run.last == length) else run.first)


def _stands_alone(run: SharedRun, sentences: Sequence[_Sentence], written: _LocatedWords, response: str) -> bool:
    """Whether a run is no part of a sentence of the response's own, such as "To do so, …": several sentences never are."""
    end = run.source + run.last - run.first
    if sum(run.source <= sentence.first < end for sentence in sentences) > 1:
        return True
    before, after = response[:written.starts[run.first]], response[written.ends[run.last - 1]:]
    return _parts(before.rstrip(" \t")[-1:]) and _parts(after.lstrip(" \t")[:1])


def _parts(mark: str) -> bool:
    """Whether a character between two words parts sentences: no comma, letter or digit."""
    return not mark or not (is_text(mark) or mark in ",，、")


def _is_title(run: SharedRun, sentences: Sequence[_Sentence], written: _LocatedWords, response: str) -> bool:
    """Whether a run is a whole question of the prompt and nothing else, in brackets or marks of the response's own."""
    before = response[:written.starts[run.first]][-1:]
    after = response[written.ends[run.last - 1]:].lstrip(f"{_END_MARKS} ")[:1]
    if not before or MARKS.get(before) != after:
        return False
    last = run.source + run.last - run.first
    return any(sentence.question and (sentence.first, sentence.last) == (run.source, last) for sentence in sentences)


def _without(response: str, written: _LocatedWords, removed: Sequence[int]) -> str:
    """The response without these words and the end marks behind them; a line that holds no other word goes as a whole."""
    kept, at = [], 0
    for first, last in _rows(removed):
        kept.append(response[at:written.starts[first]])
        at = written.ends[last]
        while at < len(response) and response[at] in _END_MARKS:
            at += 1
    lines = "\0".join([*kept, response[at:]]).split("\n")
    return "\n".join(line.replace("\0", "") for line in lines if "\0" not in line or any(map(is_text, line))).strip()


def _rows(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Ascending numbers as (first, last) of each row without a gap."""
    first = None
    for index, number in enumerate(numbers):
        if first is None:
            first = number
        if index + 1 == len(numbers) or numbers[index + 1] != number + 1:
            yield first, number
            first = None


def _words(text: str) -> _LocatedWords:
    """Runs of letters and digits; Chinese, Japanese and Korean characters each by itself."""
    made, start = _LocatedWords([], [], []), -1

    def add(first: int, last: int) -> None:
        made.words.append(fold(text[first:last]))
        made.starts.append(first)
        made.ends.append(last)

    for at, char in enumerate(f"{text} "):
        inside, single = is_text(char), is_single(char)
        if start >= 0 and (not inside or single):
            add(start, at)
            start = -1
        if inside and single:
            add(at, at + 1)
        elif inside and start < 0:
            start = at
    return made


def _read(prompt: Prompt) -> tuple[_LocatedWords, list[_Sentence], bool]:
    """The words of a prompt, its sentences that ask, and whether it wants some of its own words repeated."""
    everything, sentences, repetition = _LocatedWords([], [], []), [], False
    for role, text in texts_of(prompt):
        words, before = _words(text), len(everything.words)
        everything.words.extend(words.words)
        if role in ("assistant", "tool"):
            continue
        for part in sentences_that_ask(text):
            first, last = bisect_left(words.starts, part.first), bisect_left(words.starts, part.last)
            while first < last - 1 and words.words[first] in _POLITE:
                first += 1
            if first < last:
                sentences.append(_Sentence(before + first, before + last, part.question))
            repetition = repetition or wants_own_words(text[part.first:part.last])
    return everything, sentences, repetition
