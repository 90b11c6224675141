"""Equations of plain numbers in a text, such as "12 × 3 + 4 = 40", and whether each holds."""

import re
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

import polars as pl

from instructwild.clean.equations import MAY_ASK as MAY_ASK_FOR_A_ROOT
from instructwild.clean.equations import wrong_root
from instructwild.clean.list_values import LONGEST_ANSWER, LONGEST_PROMPT, MAY_ASK, wrong_list_value
from instructwild.clean.patterns import only_where, row_by_row, where
from instructwild.text.lazy_pattern import LazyPattern

_NUMBER = r"[$¥€£]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_SIGN = r" ?[+×*/÷x−-] ?"
_SUM = rf"{_NUMBER}(?:{_SIGN}{_NUMBER}){{1,6}}"
_EQUALS = r"(?: ?= ?| equals | is equal to | ?等于 ?)"
CANDIDATE = rf"{_SUM}{_EQUALS}[$¥€£]?-?\d"
"""What a text without an equation does not match; the same in Rust's syntax as in Python's."""
_BEHIND_ITS_FIRST_SIGN = (r"(?:(?<=\d)(?:\d{0,2}(?:,\d{3})+|\d*)|(?<!\d)(?:\d{1,3}(?:,\d{3})+|\d+))(?:\.\d+)?")
"""The rest of a number: a pattern that begins with a class is tried only where one of its signs stands."""
_EQUATION = LazyPattern(
    rf"(?P<left>[$¥€£\d](?<![\w.,)\]}}^+×*/÷<>%√·'\"−–—⁄$¥€£-].)(?<![\d.)\]%] .)(?<!\b[A-Za-z] .)(?<!\d, .)"
    rf"(?<![+×*/÷<>−–—⁄^-] .){_BEHIND_ITS_FIRST_SIGN}(?:{_SIGN}{_NUMBER}){{1,6}}){_EQUALS}"
    r"(?P<right>[$¥€£]?-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)(?![\d.,]*\d)(?! \d)(?! ?[+×*/÷=^%(\[√π°−:⁄-])(?!\.\.\.|…|\w)"
    r"(?! ?(?:r|R|rem|remainder|mod|cents?|¢|余|又|万|亿|k|K|million|billion|x)\b)")
_LINE_END = LazyPattern(r"\n|\\n(?![a-z])")
"""A line end may be spelled as a backslash and an n."""
_ASKS = LazyPattern(rf"(?i)\A\W*(?:please )?(?:calculate|compute|evaluate|solve|what(?:'s| is)|determine|find|计算|求"
                   rf"|请计算)(?P<lead>[^\d\n]{{0,40}}?)"
                   rf"(?<![\w.^/])(?P<left>{_SUM})\s*=?\s*[?？.。]?\s*(?:的?(?:值|结果|和|积|差)|(?:是|等于)多少|等于"
                   rf"|是什么)?\W*\Z")
_TERM = rf"\(*{_NUMBER}\)*"
_IN_PARENTHESES = rf"{_TERM}(?:{_SIGN}{_TERM}){{1,8}}"
_ASKS_IN_PARENTHESES = LazyPattern(
    rf"(?i)\A[^\d()=]{{0,90}}(?<![\w.^/])(?P<left>{_IN_PARENTHESES})\s*(?:=\s*)?[?？.。,，]?\s*"
    rf"(?:的?(?:值|结果)|(?:是|等于)多少|(?:what(?:'s| is) )?the (?:result|value|answer))?\W*\Z")
_ASKS_FOR_A_VALUE = LazyPattern(r"(?i)\b(?:calculate|compute|evaluate|solve|what|value|simplify)\b|计算|求|等于|多少")
_RANGE = LazyPattern(r"(?i)\b(?:from|between|range|numbers|years|odd|even)\b")
_SHORT = 120
"""Characters of an answer that is hardly more than the result."""
_NUMBERS, _SIGNS = LazyPattern(_NUMBER), LazyPattern(r"[+×*/÷x−-]")
_FRACTION = 20
"""Below it, what is written as 1/4 is a part of something that was named before: "1/4 = 15 cups"."""
_LONGEST = 12
"""Digits of a number beyond which an equation is no sum of daily life."""
NOT_DECIMAL = LazyPattern(r"(?i)binary|hexadecimal|octal|base[- ]?\d|modul|\bmod\b|XOR|string|concaten|operator|joke|riddle"
                         r"|puzzle"
                         r"|pattern|sequence|if \d+ ?[+x*] ?\d+|wrong|incorrect|mistake|error|false|正确|错误|二进制|进制"
                         r"|规律|字符串|谜|如果\d")
"""What a row speaks of where such a line may mean something else, or may be meant to be wrong."""


def wrong_row(prompt: str, answer: str) -> bool:
    """Whether the answer holds an equation that is wrong, or is no right result of what the prompt has computed.

    >>> wrong_row("What is 12 + 9?", "22"), wrong_row("What is 12 + 9?", "It is 21.")
    (True, False)
    """
    return (wrong(answer) or _no_result(prompt, answer) or wrong_list_value(prompt, answer)
            or wrong_root(prompt, answer)) and not any(
        map(NOT_DECIMAL.search, (prompt, answer)))


def _no_result(prompt: str, answer: str) -> bool:
    """Whether the prompt is one sum, and no number of a short answer is its result."""
    if len(answer) >= _SHORT or len(prompt) >= _SHORT:
        return False
    if "(" in prompt:
        return _other_value(prompt, answer)
    asks = _ASKS.match(prompt)
    if asks is None or "/" in asks["left"] or _RANGE.search(asks["lead"]):
        return False
    return _is_none_of(asks["left"], _results(answer, asks["left"]))


def _results(answer: str, left: str) -> list[str]:
    """The numbers that an answer states, without those of the sum that it repeats."""
    return [number.lstrip("$¥€£") for number in re.findall(_NUMBER, answer.replace(left.strip(), " "))]


def _is_none_of(left: str, results: list[str]) -> bool:
    return bool(results) and not any(_holds(left, sign + number) for number in results for sign in ("", "-"))


def _other_value(prompt: str, answer: str) -> bool:
    """Whether the prompt asks for the value of an expression with parentheses, and no number of the answer is it."""
    asks = _ASKS_IN_PARENTHESES.match(prompt) if _ASKS_FOR_A_VALUE.search(prompt) else None
    if asks is None or not {"(", ")"} <= set(asks["left"]):
        return False
    left = asks["left"]
    while innermost := re.search(rf"(?<![\d)])\(({_SUM}|{_NUMBER})\)(?!\d|\()", left):
        value = _value_of(innermost[1])
        if value is None or value < 0 or value.denominator != 1:
            return False
        left = left[:innermost.start()] + str(value) + left[innermost.end():]
    return not {"(", ")"} & set(left) and _is_none_of(left, _results(answer, asks["left"]))


def _value_of(text: str) -> Fraction | None:
    """The value of a sum of plain numbers."""
    numbers = [number.lstrip("$¥€£").replace(",", "") for number in re.findall(_NUMBER, text)]
    signs = re.findall(r"[+×*/÷x−-]", re.sub(_NUMBER, " ", text))
    return _value(list(map(Fraction, numbers)), signs) if len(signs) == len(numbers) - 1 else None


def wrong(text: str) -> bool:
    """Whether an equation in the text does not hold, its last digit taken as rounded or cut.

    >>> wrong("She has 12 + 9 = 21 shells."), wrong("She has 12 + 9 = 22 shells."), wrong("2 / 3 = 0.66")
    (False, True, False)
    """
    return any(not _holds(left, right) for left, right in _equations(text))


def _equations(text: str) -> Iterator[tuple[str, str]]:
    lines = _LINE_END.split(text) if "\\n" in text else text.split("\n")
    for line in lines:                                    # no equation goes over a line end, and few lines hold one
        if "=" in line or "equal" in line or "等于" in line:
            yield from _EQUATION.compiled.findall(line)


def _holds(left: str, right: str) -> bool:
    """Whether both sides agree as far as the digits of the right one go."""
    numbers = [number.lstrip("$¥€£").replace(",", "") for number in _NUMBERS.findall(left)]
    signs = _SIGNS.findall(left)
    if len(signs) != len(numbers) - 1 or _surely_holds(numbers, signs, right):
        return True
    if len(signs) > 1 and set(signs) & set("/÷"):       # what is divided by what is told by the writer's spaces at most
        return True
    if any(len(number) > _LONGEST or (number[:1] == "0" and number[1:2].isdigit()) for number in numbers):
        return True
    values = [Fraction(number) for number in numbers]
    if "/" in signs and " " not in left and max(values) < _FRACTION:
        return True
    value = _value(values, signs)
    stated = Decimal(right.lstrip("$¥€£").replace(",", "").replace("$", ""))
    if value is None or _other_unit(value, Fraction(stated)):
        return True
    step = Fraction(10) ** int(stated.as_tuple().exponent)
    rounded = "/" in signs or "÷" in signs or any("." in number for number in numbers)
    return abs(value - Fraction(stated)) < step if rounded else value == Fraction(stated)


_SURE = 1_000_000_000
"""Below it, floating-point numbers decide whether sums of daily life are equal."""


def _surely_holds(numbers: list[str], signs: list[str], right: str) -> bool:
    """Whether both sides are equal, as most are, told without fractions."""
    terms = [float(numbers[0])]
    for sign, number in zip(signs, map(float, numbers[1:]), strict=True):
        if sign in "×*x":
            terms[-1] *= number
        elif sign in "/÷":
            if number == 0:
                return False
            terms[-1] /= number
        else:
            terms.append(number if sign == "+" else -number)
    value = sum(terms)
    return abs(value) < _SURE and abs(value - float(right.replace("$", "").lstrip("¥€£").replace(",", ""))) < 1e-7


def _other_unit(value: Fraction, stated: Fraction) -> bool:
    """Whether the two differ by a power of ten: kilograms of grams, dollars of cents."""
    ratio = abs(value / stated) if stated and value else Fraction(0)
    return ratio != 1 and set(str(max(ratio.numerator, ratio.denominator))) <= {
        "0", "1"} and min(ratio.numerator, ratio.denominator) == 1


def _value(numbers: list[Fraction], signs: list[str]) -> Fraction | None:
    """The value by the order of operations; None where something is divided by zero."""
    terms = [numbers[0]]
    for sign, number in zip(signs, numbers[1:], strict=True):
        if sign in "×*x":
            terms[-1] *= number
        elif sign in "/÷":
            if number == 0:
                return None
            terms[-1] /= number
        else:
            terms.append(number if sign == "+" else -number)
    return sum(terms, Fraction(0))


_ANSWER, _PROMPT = pl.col("answer"), pl.col("prompt")
_SHORT_ROW = (_ANSWER.str.len_bytes() < 3 * _SHORT) & (_PROMPT.str.len_bytes() < 3 * _SHORT)
_SHORT_LIST = (_ANSWER.str.len_bytes() < 3 * LONGEST_ANSWER) & (_PROMPT.str.len_bytes() < 3 * LONGEST_PROMPT)
_MAY_ASK = only_where(
    _SHORT_ROW | _SHORT_LIST, only_where(
        _PROMPT.str.contains(r"[\d=]"),
        (_SHORT_ROW & _PROMPT.str.contains(_IN_PARENTHESES))
        | only_where(_SHORT_ROW & _PROMPT.str.contains("=|root of "), _PROMPT.str.contains(MAY_ASK_FOR_A_ROOT))
        | only_where(_SHORT_LIST & _PROMPT.str.contains(r"\d[ ,，、;；][^\n]*\d[ ,，、;；]"),
                     _PROMPT.str.contains(MAY_ASK))))
"""What a short answer may be the wrong one to: a sum, a root, or a value of a list."""
_MAY_EQUAL = where(pl.any_horizontal(_ANSWER.str.contains(sign, literal=True) for sign in ("=", "equal", "等于")), _ANSWER)
WRONG_ARITHMETIC = only_where(_MAY_EQUAL.str.contains(CANDIDATE).fill_null(False) | _MAY_ASK, row_by_row(wrong_row))
