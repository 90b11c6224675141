"""What somebody wrote about answers side by side, as ranks: `A`, `Response 2`, `left`, `tie`, `B>A=C`, `回答B更好`."""

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from instructwild.schema.ranking import dense
from instructwild.text.numerals import chinese_number
from instructwild.text.quantity import quantity

TIES = re.compile(r"\b(?:ties?|tied|equal(?:ly)?|same|both|neither|draw|neutral|no (?:preference|difference)|similar|even)\b"
                  r"|一样|相同|相等|平局|平手|打平|差不多|都好|都不好|都差|没有区别|无差别|两者|不分")
WORSE = re.compile(r"\b(?:worse|worst|inferior|weaker|weakest|loses?|lost|fails?)\b|更差|较差|最差|不如|输给|不及")
BETTER = re.compile(r"\b(?:better|best|prefer(?:s|red|able)?|wins?|won|superior|stronger|strongest|beats?)\b"
                    r"|更好|较好|最好|胜|优于|强于")
NONE_BETTER = re.compile(r"\b(?:neither|none|no (?:answer|response|option|one))\b|都不|没有(?:哪个|一个)?更")
DENIED = re.compile(rf"(?:\b(?:not|never|hardly)\b|n['’]t\b|没有|并不|并非|不是|不算|未必)[^,.;，。；]{{0,25}}?"
                    rf"(?:{BETTER.pattern}|{WORSE.pattern})")
NAMED = r"(?:answer|response|model|option|output|completion|candidate|reply|text|system|assistant|选项|回答|答案|回复|模型)"
SIDES = ({"left", "左", "左边", "左侧"}, {"right", "右", "右边", "右侧"})
RANK = re.compile(r"(?:第|no\.?|rank|place|#)?\s*(\d+|[一二三四五六七八九十])(?:\.0+)?\s*(?:st|nd|rd|th|名|位|等)?",
                  re.IGNORECASE)
LETTER = re.compile(r"(?<![A-Za-z])[A-Z](?![A-Za-z])")
ORDERED_BY = re.compile(r"\s*(?:[,;/|、]|->|→)\s*")


def whole_rank(text: str) -> int:
    """A rank from 1 on: `2`, `2.0`, `２`, `2nd`, `第二名`.

    Raises:
        ValueError: it is none.
    """
    match = RANK.fullmatch(unicodedata.normalize("NFKC", text).strip())
    number = 0 if match is None else int(match[1]) if match[1].isdecimal() else chinese_number(match[1])
    if number < 1:
        raise ValueError(f"the rank {text!r} is no whole number from 1 on")
    return number


def plain_verdict(value: Any) -> str:
    """A verdict as text: of Label Studio's `{"selected": …}` or `{"choices": [ … ]}`, also as JSON, what was chosen."""
    if isinstance(value, str) and value.strip()[:1] in ("{", "["):
        try:
            value = json.loads(value)
        except ValueError:
            return str(value).strip()
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, Mapping):
        value = value.get("selected") or value.get("choices") or ""
        value = value[0] if isinstance(value, list) and len(value) == 1 else value
    if isinstance(value, list):
        return ",".join(str(item) for item in value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value).strip()


def ranks_from(text: str, labels: Sequence[str], answers: Sequence[str] = (), *, as_order: bool | None = None
               ) -> tuple[int, ...]:
    """The ranks of answers that stand side by side.

    Args:
        text: an order with > and =, one answer's name (all others are then worse and tied), a word for a tie, one rank for
            each answer, or the names of all answers, best first.
        labels: what the columns of the answers are called.
        answers: their texts, by which the best one may be named too.
        as_order: whether numbers alone name the answers, best first (True) or are their ranks (False); None where that is
            not known, so that numbers that could be both are refused.

    Raises:
        ValueError: it cannot be read, or could mean two things.
    """
    written = unicodedata.normalize("NFKC", text).strip()
    names = _names(labels)
    if written in answers and list(answers).count(written) == 1:
        return tuple(1 if answer == written else 2 for answer in answers)
    if re.search(r"[><]|≻|≺", written):
        return _levels(re.split(r"\s*(?:>+|≻|<+|≺)\s*", written), names, text, turned="<" in written or "≺" in written)
    if re.search(r"\d|\w\s*=", written) and "=" in written:
        return _levels([written], names, text)
    parts = [part for part in ORDERED_BY.split(written.strip("[]()（） ")) if part]
    if len(parts) == len(labels) > 1:
        return _listed(parts, names, text, as_order)
    sentence = written.casefold()
    tied = TIES.search(sentence) and not re.search(r"\bnot\b|不一样|不同", sentence)
    compares = BETTER.search(sentence) or WORSE.search(sentence)
    if NONE_BETTER.search(sentence) if compares else tied:
        return (1,) * len(labels)
    chosen = names.get(sentence)
    if chosen is None:
        chosen = _mentioned(written, names)
    if chosen is None:
        raise ValueError(f"{text[:60]!r} names none of {', '.join(labels)}")
    if tied or DENIED.search(sentence):
        raise ValueError(f"{text[:60]!r} may mean either answer or a tie: write A, B or tie")
    if WORSE.search(sentence):
        if len(labels) != 2:
            raise ValueError(f"{text[:60]!r} names the worst answer only")
        chosen = 1 - chosen
    return tuple(1 if number == chosen else 2 for number in range(len(labels)))


def _names(labels: Sequence[str]) -> dict[str, int]:
    """What each answer may be called: its column, its number, its letter, and left or right of two."""
    names: dict[str, int] = {}
    for number, label in enumerate(labels):
        column = unicodedata.normalize("NFKC", label).strip().casefold()
        spellings = {column, re.sub(r"[\s_-]+", " ", column), str(number + 1), chr(ord("a") + number)}
        spellings |= {short for short in [re.sub(rf"^(?:model[\s_-]*)?{NAMED}?[\s_-]*", "", column)] if short}
        for name in spellings | (SIDES[number] if len(labels) == 2 else set()):
            names.setdefault(name, number)
    return names


def _answer_named(part: str, names: dict[str, int], text: str) -> int:
    name = part.strip().casefold()
    number = names.get(name, names.get(re.sub(rf"^{NAMED}[\s_-]*", "", name)))
    if number is None:
        raise ValueError(f"{text[:60]!r}: {part.strip()!r} names no answer")
    return number


def _levels(levels: Sequence[str], names: dict[str, int], text: str, *, turned: bool = False) -> tuple[int, ...]:
    """Ranks from levels between signs of order, answers of one level between signs of equality."""
    if turned and (">" in text or "≻" in text or "＞" in text):
        raise ValueError(f"{text[:60]!r} is ordered both ways")
    ranks: dict[int, int] = {}
    for rank, level in enumerate(reversed(levels) if turned else levels, start=1):
        for part in re.split(r"\s*(?:=+|~|≈|[,、/&+]|\band\b|和)\s*", level.strip()):
            number = _answer_named(part, names, text)
            if number in ranks:
                raise ValueError(f"{text[:60]!r} names an answer twice")
            ranks[number] = rank
    size = len(set(names.values()))
    if len(ranks) != size:
        raise ValueError(f"{text[:60]!r} orders {len(ranks)} of {quantity(size, 'answer')}")
    return dense([ranks[number] for number in range(size)])


def _listed(parts: Sequence[str], names: dict[str, int], text: str, as_order: bool | None) -> tuple[int, ...]:
    """Ranks from as many parts as there are answers: their names, best first, or numbers."""
    if not all(part.isdecimal() for part in parts):
        return _levels(parts, names, text)
    numbers = [int(part) for part in parts]
    is_permutation = sorted(numbers) == list(range(1, len(numbers) + 1))
    order = tuple(numbers.index(number) + 1 for number in range(1, len(numbers) + 1)) if is_permutation else None
    if as_order is False or order is None or (as_order is None and order == tuple(numbers)):
        if as_order or min(numbers) < 1:
            raise ValueError(f"{text[:60]!r} does not name every answer once")
        return dense(numbers)
    if as_order is None:
        raise ValueError(f"{text[:60]!r} may list the answers, best first, or give each its rank: write 3>1>2 for the "
                         "first, or call the column order or ranks")
    return order


def _mentioned(text: str, names: dict[str, int]) -> int | None:
    """The first answer that a sentence names; None where it names none."""
    spelled = sorted((name for name in names if len(name) > 1), key=len, reverse=True)
    named = [match for name in spelled if (match := re.search(rf"(?<!\w){re.escape(name)}(?![a-z0-9])", text.casefold()))]
    named += [match for match in [re.search(rf"{NAMED}[\s_-]*([a-z]|\d+)(?![a-z0-9])", text.casefold()), LETTER.search(text)]
              if match and match.group(match.lastindex or 0).casefold() in names]
    if not named:
        return None
    first = min(named, key=lambda match: match.start())
    return names.get(first.group(first.lastindex or 0).casefold(), names.get(first.group(0).casefold()))
