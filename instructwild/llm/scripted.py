"""A model that follows a script: quick, the same every time, and as unreliable as real ones.

It reads from the prompt what is wanted (a numbered list of new questions, questions with answers, conversations, the text
that continues a list, a judgement, or a plain answer) and writes that in the language of the prompt. A stated share of its
answers is refused, cut off, malformed, in the wrong language, or repeats an example. It serves tests, rehearsals of what a
run will cost, and the smoke size of a recipe.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from instructwild.llm.request import Reply, Request
from instructwild.text.scripts import ANY_HAN

ITEM = re.compile(r"(?m)^\s*(\d+)[.、．]\s*(.+)$")
RANGE = re.compile(r"(?:number(?:ed|ing)?|编号)\D{0,20}(\d+)\D{1,10}(\d+)", re.IGNORECASE)
EXAMPLE = re.compile(r"User:|用户：")
PAIRS = re.compile(r"Answer \d|回答\d")
TALKS = re.compile(r"(?m)^Assistant:|^助手：")
LETTERED = re.compile(r"(?ms)^\[([A-Z])\]\n(.*?)(?=\n\n\[[A-Z]\]\n|\n\n[^\n]*\Z)")
HAN = re.compile(ANY_HAN)

REFUSAL = {"en": "I'm sorry, but I can't help with that request.", "zh": "抱歉，我无法协助处理这个请求。"}


@dataclass(frozen=True)
class Faults:
    """Shares of answers that go wrong, of list items that repeat an example, with or without a word changed, or come in the
    other language, and of judgements that go by the place an answer stands in.
    """

    refused: float = 0.01
    truncated: float = 0.02
    malformed: float = 0.02
    repeated: float = 0.05
    foreign: float = 0.02
    alike: float = 0.04
    biased: float = 0.15


NONE = Faults(0, 0, 0, 0, 0, 0, 0)
BESIDE = (0, 1, 1, 1, 2, 2, 2, 2, 2, 2)
"""Sentences beside a question, each as likely; the fewer there are, the likelier it is to be much like an earlier one."""


def tokens_of(text: str) -> int:
    """How many tokens the script says a text has: a quarter of its UTF-8 bytes."""
    return max(1, len(text.encode("utf-8", "replace")) // 4)


class Script:
    """The scripted model.

    Args:
        faults: how often it fails; `NONE` makes it faultless.
        name: told apart from other scripts by it: another name gives other answers.
    """

    def __init__(self, faults: Faults | None = None, name: str = "scripted") -> None:
        self.faults = Faults() if faults is None else faults
        self.name = name

    def replies(self, requests: Sequence[Request]) -> list[Reply]:
        """Answers to all, in order."""
        return [self.reply(request) for request in requests]

    def reply(self, request: Request) -> Reply:
        """The answer to one request: the same request always has the same."""
        dice = random.Random(request.key(self.name))
        prompt = request.said
        language = "zh" if len(HAN.findall(prompt)) * 4 > len(prompt) else "en"
        sent = tokens_of(prompt)
        if dice.random() < self.faults.refused and not request.text:
            text = REFUSAL[language]
            return Reply(text, "stop", sent, tokens_of(text), request_id=f"scripted-{request.seed}")
        text = self._text(prompt, bool(request.text), language, dice)
        if dice.random() < self.faults.malformed:
            text = text.replace("\n", " ").replace(".", "").replace("：", " ").replace(":", " ")
        finish = "stop"
        limit = request.sampling.max_tokens
        if dice.random() < self.faults.truncated:
            limit = min(limit, max(1, tokens_of(text) * 2 // 3))
        for stop in request.sampling.stop:
            text = text.split(stop)[0] if text.find(stop) > 0 else text
        if tokens_of(text) > limit:
            text, finish = text.encode()[: limit * 4].decode("utf-8", "ignore"), "length"
        return Reply(text, finish, sent, tokens_of(text), request_id=f"scripted-{request.seed}")

    def _text(self, prompt: str, continues: bool, language: str, dice: random.Random) -> str:
        examples = [text for _, text in ITEM.findall(prompt) if not EXAMPLE.match(text)]
        if continues:
            begun = [int(number) for number in re.findall(r"(?m)^\s*(\d+)[.、．]", prompt)]
            first = begun[-1] if begun else 1
            items = [self._item(examples, language, dice) for _ in range(3)]
            return " " + "\n".join([items[0], *(f"{first + i}. {item}" for i, item in enumerate(items[1:], 1))])
        answers = LETTERED.findall(prompt)
        if len(answers) > 1:
            return self._order(answers, language, dice)
        wanted = RANGE.search(prompt)
        if wanted is None:
            return answer(language, dice)
        return self._list(prompt, examples, range(int(wanted[1]), int(wanted[2]) + 1), language, dice)

    def _order(self, answers: list[tuple[str, str]], language: str, dice: random.Random) -> str:
        """A judgement: the longer answer is better, and equal lengths are a tie; now and then the first one shown wins."""
        biased = dice.random() < self.faults.biased
        lengths = {letter: -place if biased else len(text.strip()) for place, (letter, text) in enumerate(answers)}
        best, *others = sorted(lengths, key=lambda letter: -lengths[letter])
        order, last = best, best
        for letter in others:
            order += f" {'=' if lengths[letter] == lengths[last] else '>'} {letter}"
            last = letter
        return f"{answer(language, dice)}\n{order}"

    def _list(self, prompt: str, examples: list[str], numbers: range, language: str, dice: random.Random) -> str:
        lines = []
        for number in numbers:
            item = self._item(examples, language, dice)
            if PAIRS.search(prompt):
                lines.append(f"Question {number}: {item}\nAnswer {number}: {answer(language, dice)}" if language == "en"
                             else f"问题{number}：{item}\n回答{number}：{answer(language, dice)}")
            elif TALKS.search(prompt):
                more = question(language, dice)
                lines.append(f"{number}. User: {item}\nAssistant: {answer(language, dice)}\nUser: {more}" if language == "en"
                             else f"{number}. 用户：{item}\n助手：{answer(language, dice)}\n用户：{more}")
            else:
                lines.append(f"{number}. {item}")
        return "\n".join(lines)

    def _item(self, examples: list[str], language: str, dice: random.Random) -> str:
        draw = dice.random()
        if examples and draw < self.faults.repeated:
            return dice.choice(examples)
        if examples and draw < self.faults.repeated + self.faults.alike:
            return changed(dice.choice(examples), language, dice)
        if draw > 1 - self.faults.foreign:
            return question("en" if language == "zh" else "zh", dice)
        return question(language, dice)


def question(language: str, dice: random.Random) -> str:
    """A question that nobody has asked before, most likely: some 10^15 are possible in each language."""
    said = [dice.choice(_vocabulary()["questions"][language])]
    said += dice.sample(_vocabulary()["settings"][language], dice.choice(BESIDE))
    return ("" if language == "zh" else " ").join(shape.format(**_words(language, dice)) for shape in said)


def changed(text: str, language: str, dice: random.Random) -> str:
    """The same text with one word, or one Chinese character, put in the place of another."""
    words: list[str] = list(text) if language == "zh" else text.split(" ")
    words[dice.randrange(len(words))] = dice.choice(_vocabulary()["kinds"][language])
    return ("" if language == "zh" else " ").join(words)


def answer(language: str, dice: random.Random) -> str:
    """Two to six sentences."""
    shapes = [dice.choice(_vocabulary()["answers"][language]) for _ in range(dice.randint(2, 6))]
    return ("" if language == "zh" else " ").join(shape.format(**_words(language, dice)) for shape in shapes)


@cache
def _vocabulary() -> dict[str, dict[str, Any]]:
    import yaml

    found = yaml.safe_load(files("instructwild.llm").joinpath("scripted.yaml").read_text(encoding="utf-8"))
    return {name: {language: given.split() if isinstance(given, str) else given for language, given in parts.items()}
            for name, parts in found.items()}


def _words(language: str, dice: random.Random) -> dict[str, str]:
    known = _vocabulary()
    things, kinds, acts = (known[name][language] for name in ("things", "kinds", "acts"))
    first, second, third = dice.sample(things, 3)
    name = "".join(dice.choices(known["names"][language], k=dice.choice((2, 3, 3))))
    return {"a": first, "b": second, "c": third, "k": dice.choice(kinds), "l": dice.choice(kinds), "v": dice.choice(acts),
            "w": dice.choice(acts), "n": str(dice.randint(2, 99)), "m": str(dice.randint(20, 900)),
            "y": str(dice.randint(1850, 2024)), "p": name.title(), "t": dice.choice(known["times"][language])}
