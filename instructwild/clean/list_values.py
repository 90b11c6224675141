"""The mean, median, sum and extremes of numbers that a prompt lists, and whether a short answer names them."""

from collections.abc import Callable
from fractions import Fraction

from instructwild.text.lazy_pattern import LazyPattern


def _median(values: list[Fraction]) -> Fraction:
    import statistics

    return statistics.median(values)


def _variances(values: list[Fraction]) -> list[Fraction]:
    """Of all values, and as a sample of more."""
    import statistics

    return [statistics.pvariance(values), statistics.variance(values)]


def _modes(values: list[Fraction]) -> list[Fraction]:
    import statistics

    return statistics.multimode(values)


_KINDS: dict[str, Callable[[list[Fraction]], list[Fraction]]] = {
    r"mean|average|平均值|平均数|均值|平均年龄|平均分": lambda values: [sum(values, Fraction(0)) / len(values)],
    r"median|中位数|中值|中位年龄": lambda values: [_median(values)],
    r"mode|众数": _modes,
    r"variance|方差": _variances,
    r"sum|总和|之和": lambda values: [sum(values, Fraction(0))],
    r"largest|maximum|highest|greatest|biggest|最大值|最大数|最大的数": lambda values: [max(values)],
    r"smallest|minimum|lowest|最小值|最小数|最小的数": lambda values: [min(values)],
}
_KIND = {name: LazyPattern(rf"(?i)(?<![a-z])(?:{name})(?![a-z])") for name in _KINDS}
MAY_ASK = rf"(?i){'|'.join(_KINDS)}"
"""What a prompt without one of these words does not ask; the same in Rust's syntax as in Python's."""
_OTHERWISE = LazyPattern(
    r"(?i)\b(?:function|code|program|script|algorithm|python|java|javascript|c\+\+|sql|query|haskell|ruby|second|third"
    r"|two|squares?|cubes?|even|odd|prime|index|differences?|product|pairs?|weighted|geometric|harmonic|round(?:ed)?"
    r"|nearest|moving|weights?|without|except|excluding|if|first|last|digits?|absolute|subarray|sub-?sequence|each|every"
    r"|common|numbers? (?:between|from)|reduce|standard|table|per|add|write|create|construct|position|remove"
    r"|order|sort(?:ed)?|arrange)\b"
    r"|函数|代码|程序|脚本|算法|第二|第三|两个|平方|立方|偶数|奇数|质数|素数|索引|(?<!方)差|乘积|加权|几何|四舍五入|取整"
    r"|标准差|协方差"
    r"|整除|倍数|\bdivisible\b|\bmultiples?\b|不包括|除了|如果|每|绝对|位置|删除|去掉|公[约倍]数|公因")
"""Prompts that ask for something else, or for more."""
_NUMBER = r"-?\d+(?:\.\d+)?"
_LIST = LazyPattern(
    rf"(?<![\w.%$]){_NUMBER}(?:(?:\s*[,，、;；]\s*(?:and |和)?|\s+and\s+|\s*和\s*|\s+){_NUMBER}){{2,}}(?![\w%/])")
_NUMBERS, _STATED = LazyPattern(_NUMBER), LazyPattern(r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?")
_NO_NUMBER = LazyPattern(r"\d,\d{3}(?!\d)|\d[/:]\d|[=(]{1}[^)]*\)|=")
LONGEST_PROMPT, LONGEST_ANSWER = 200, 160


def wrong_list_value(prompt: str, answer: str) -> bool:
    """Whether a prompt asks for one value of one list of numbers, and a short answer of numbers does not hold it.

    >>> wrong_list_value("Find the median of 4, 9 and 2.", "9")
    True
    >>> wrong_list_value("Find the median of 4, 9 and 2.", "It is 4.")
    False
    """
    if len(prompt) > LONGEST_PROMPT or len(answer) > LONGEST_ANSWER or "```" in answer or "def " in answer:
        return False
    lists = [tuple(_NUMBERS.findall(numbers)) for numbers in _LIST.findall(prompt)]
    if len({*lists}) != 1:
        return False
    kinds = [name for name, pattern in _KIND.items() if pattern.search(prompt)]
    if len(kinds) != 1 or _OTHERWISE.search(prompt) or _NO_NUMBER.search(prompt):
        return False
    values = [Fraction(number) for number in lists[0]]
    if len(_NUMBERS.findall(prompt)) != len(values) * len(lists):
        return False
    stated = [number.rstrip(",").replace(",", "") for number in _STATED.findall(_LIST.sub(" ", answer))]
    right = _KINDS[kinds[0]](values)
    return bool(stated) and not any(_agrees(value, number) for value in right for number in stated)


def _agrees(value: Fraction, stated: str) -> bool:
    """Whether a stated number is the value, rounded or cut where it has decimals; a whole number is no half or quarter."""
    step = Fraction(1, 10 ** len(stated.partition(".")[2]))
    if "." not in stated and 100 % value.denominator == 0:
        return value == Fraction(stated)
    return abs(value - Fraction(stated)) < step if value.denominator > 1 else value == Fraction(stated)
