"""A model that follows a script: quick, the same every time, and as unreliable as real ones.

It reads from the prompt what to write (a numbered list of new questions, questions with answers, conversations, the text
that continues a list, a judgement, a verdict, or a plain answer) and writes that in the language of the prompt. A stated
share of its answers is refused, cut off, malformed, in the wrong language, or repeats an example. It serves tests,
rehearsals of what a run will cost, and the smoke size of a recipe.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from instructwild.llm.request import Reply, Request
from instructwild.text.scripts import ANY_HAN

ITEM = re.compile(r"(?m)^\s*(\d+)[.、．]\s*(.+)$")
RANGE = re.compile(r"(?:number(?:ed|ing)?|编号)\D{0,20}(\d+)\D{1,10}(\d+)", re.IGNORECASE)
EXAMPLE = re.compile(r"User:|用户：")
PAIRS = re.compile(r"Answer \d|回答\d")
TALKS = re.compile(r"(?m)^Assistant:|^助手：")
VERDICTS = re.compile(r"(?:one word|一个英文词)[:：]\s*([a-z_]+(?:(?:, ?|、| or | 或 )[a-z_]+)+)[.。]?\s*\Z")
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


DEFECTIVE = 0.15
"""Share of rows in which a judge of rows finds a defect."""


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
        rng = random.Random(request.key(self.name))
        prompt = request.prompt_text
        language = "zh" if len(HAN.findall(prompt)) * 4 > len(prompt) else "en"
        sent = tokens_of(prompt)
        if rng.random() < self.faults.refused and not request.text:
            text = REFUSAL[language]
            return Reply(text, "stop", sent, tokens_of(text), request_id=f"scripted-{request.seed}")
        text = self._text(prompt, bool(request.text), language, rng)
        if rng.random() < self.faults.malformed:
            text = text.replace("\n", " ").replace(".", "").replace("：", " ").replace(":", " ")
        finish: Literal["stop", "length"] = "stop"
        limit = request.sampling.max_tokens
        if rng.random() < self.faults.truncated:
            limit = min(limit, max(1, tokens_of(text) * 2 // 3))
        for stop in request.sampling.stop:
            text = text.split(stop)[0] if text.find(stop) > 0 else text
        if tokens_of(text) > limit:
            text, finish = text.encode()[: limit * 4].decode("utf-8", "ignore"), "length"
        return Reply(text, finish, sent, tokens_of(text), request_id=f"scripted-{request.seed}")

    def _text(self, prompt: str, continues: bool, language: str, rng: random.Random) -> str:
        examples = [text for _, text in ITEM.findall(prompt) if not EXAMPLE.match(text)]
        if continues:
            begun = [int(number) for number in re.findall(r"(?m)^\s*(\d+)[.、．]", prompt)]
            first = begun[-1] if begun else 1
            items = [self._item(examples, language, rng) for _ in range(3)]
            return " " + "\n".join([items[0], *(f"{first + i}. {item}" for i, item in enumerate(items[1:], 1))])
        if verdicts := VERDICTS.search(prompt):
            first, *others = re.findall("[a-z_]+", re.sub(" or ", " ", verdicts[1]))
            return f"{answer(language, rng)}\n{rng.choice(others) if rng.random() < DEFECTIVE else first}"
        answers = LETTERED.findall(prompt)
        if len(answers) > 1:
            return self._order(answers, language, rng)
        numbers = RANGE.search(prompt)
        if numbers is None:
            return answer(language, rng)
        return self._list(prompt, examples, range(int(numbers[1]), int(numbers[2]) + 1), language, rng)

    def _order(self, answers: list[tuple[str, str]], language: str, rng: random.Random) -> str:
        """A judgement: the longer answer is better, and equal lengths are a tie; now and then the first one shown wins."""
        biased = rng.random() < self.faults.biased
        lengths = {letter: -index if biased else len(text.strip()) for index, (letter, text) in enumerate(answers)}
        best, *others = sorted(lengths, key=lambda letter: -lengths[letter])
        order, last = best, best
        for letter in others:
            order += f" {'=' if lengths[letter] == lengths[last] else '>'} {letter}"
            last = letter
        return f"{answer(language, rng)}\n{order}"

    def _list(self, prompt: str, examples: list[str], numbers: range, language: str, rng: random.Random) -> str:
        lines = []
        for number in numbers:
            item = self._item(examples, language, rng)
            if PAIRS.search(prompt):
                lines.append(f"Question {number}: {item}\nAnswer {number}: {answer(language, rng)}" if language == "en"
                             else f"问题{number}：{item}\n回答{number}：{answer(language, rng)}")
            elif TALKS.search(prompt):
                more = question(language, rng)
                lines.append(f"{number}. User: {item}\nAssistant: {answer(language, rng)}\nUser: {more}" if language == "en"
                             else f"{number}. 用户：{item}\n助手：{answer(language, rng)}\n用户：{more}")
            else:
                lines.append(f"{number}. {item}")
        return "\n".join(lines)

    def _item(self, examples: list[str], language: str, rng: random.Random) -> str:
        draw = rng.random()
        if examples and draw < self.faults.repeated:
            return rng.choice(examples)
        if examples and draw < self.faults.repeated + self.faults.alike:
            return changed(rng.choice(examples), language, rng)
        if draw > 1 - self.faults.foreign:
            return question("en" if language == "zh" else "zh", rng)
        return question(language, rng)


def question(language: str, rng: random.Random) -> str:
    """A question unlike any before it, most likely: some 10^15 are possible in each language."""
    shapes = [rng.choice(_vocabulary()["questions"][language])]
    shapes += rng.sample(_vocabulary()["settings"][language], rng.choice(BESIDE))
    return ("" if language == "zh" else " ").join(shape.format(**_words(language, rng)) for shape in shapes)


def changed(text: str, language: str, rng: random.Random) -> str:
    """The same text with one word, or one Chinese character, put in the place of another."""
    words: list[str] = list(text) if language == "zh" else text.split(" ")
    words[rng.randrange(len(words))] = rng.choice(_vocabulary()["kinds"][language])
    return ("" if language == "zh" else " ").join(words)


def answer(language: str, rng: random.Random) -> str:
    """Two to six sentences."""
    shapes = [rng.choice(_vocabulary()["answers"][language]) for _ in range(rng.randint(2, 6))]
    return ("" if language == "zh" else " ").join(shape.format(**_words(language, rng)) for shape in shapes)


@cache
def _vocabulary() -> dict[str, dict[str, Any]]:
    import yaml

    lists = yaml.safe_load(files("instructwild.llm").joinpath("scripted.yaml").read_text(encoding="utf-8"))
    return {name: {language: words.split() if isinstance(words, str) else words for language, words in by_language.items()}
            for name, by_language in lists.items()}


def _words(language: str, rng: random.Random) -> dict[str, str]:
    known = _vocabulary()
    things, kinds, acts = (known[name][language] for name in ("things", "kinds", "acts"))
    first, second, third = rng.sample(things, 3)
    name = "".join(rng.choices(known["names"][language], k=rng.choice((2, 3, 3))))
    return {"a": first, "b": second, "c": third, "k": rng.choice(kinds), "l": rng.choice(kinds), "v": rng.choice(acts),
            "w": rng.choice(acts), "n": str(rng.randint(2, 99)), "m": str(rng.randint(20, 900)),
            "y": str(rng.randint(1850, 2024)), "p": name.title(), "t": rng.choice(known["times"][language])}
