"""The roots of an equation of one unknown, or of a number, that a prompt asks for, and whether a short answer names them."""

from fractions import Fraction

from instructwild.text.lazy_pattern import LazyPattern

_NUMBER = r"\d{1,6}(?:\.\d{1,4})?"
_UNKNOWN = r"[a-zA-Z](?![a-zA-Z])"
_SIDE = rf"[-−(]?(?:{_NUMBER}|{_UNKNOWN})(?:[ ]?(?:[-+*·/^−–()²³]|{_NUMBER}|(?<![a-zA-Z]){_UNKNOWN}))*"
_EQUATION = LazyPattern(rf"(?<![\w.^+*/)−-])(?<![+*/−-] )(?P<left>{_SIDE}) ?= ?(?P<right>{_SIDE})"
                        r"(?![\w^=]|\.\d| ?[+*/^(−-])")
_POWER = LazyPattern(r"(?<=[a-zA-Z])(?=[23](?!\d))")
"""Where x² lost its form, and is x2."""
_TOKEN = LazyPattern(rf"{_NUMBER}|[a-zA-Z]|[-+*/^()]")
_STATED = LazyPattern(r"(?<![\w.)])(?P<name>[a-zA-Z]) ?(?:=|is|等于|是|为) ?(?P<root>-?\d+(?:\.\d+)?(?:/\d+)?)"
                      r"(?![\d.,]*\w| ?[-+*/×÷=(^−±√°%]| \d)")
_ASKS_FOR_ROOTS = r"(?:solv|solution|roots?\b|equation|value|find|answer|problem|解|根|方程|求|值|答案)"
_OTHERWISE = LazyPattern(r"(?i)inequal|\bmod\b|base|two ways|graph|slope|derivative|integra|intercept|vertex|function|system"
                         r"|factor|differen|simplif|convert|equivalent|转换|等价|不等式|两种|斜率|图|模|导数|积分|函数|因式")
_ROOT_OF_A_NUMBER = LazyPattern(r"(?i)\b(?P<kind>square|cube) root of (?P<number>\d{1,9})(?![\d.,]*\d| ?[-+*/^%x×])")
_DECIMAL = LazyPattern(r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?")
LONGEST_PROMPT, LONGEST_ANSWER = 160, 120
MAY_ASK = rf"(?i){_ASKS_FOR_ROOTS}"
"""What a prompt that asks for none does not hold; the same in Rust's syntax as in Python's."""
_ASKS = LazyPattern(MAY_ASK)


def wrong_root(prompt: str, answer: str) -> bool:
    """Whether a prompt gives one equation of one unknown, and a short answer states a root that is none.

    >>> wrong_root("Solve 4x - 2 = 10.", "x = 6"), wrong_root("Solve 4x – 2 = 10.", "x = 3")
    (True, False)
    >>> wrong_root("Solve x^2 - 5x + 6 = 0", "x = 2 or x = 3"), wrong_root("Solve x^2 - 5x + 6 = 0", "x = 1")
    (False, True)
    >>> wrong_root("What is the square root of 10?", "3.26"), wrong_root("What is the square root of 10?", "3.16")
    (True, False)
    """
    if len(prompt) > LONGEST_PROMPT or len(answer) > LONGEST_ANSWER:
        return False
    of_a_number = _ROOT_OF_A_NUMBER.search(prompt) if "=" not in prompt else None
    if (of_a_number is None and prompt.count("=") != 1) or _OTHERWISE.search(prompt):
        return False
    if of_a_number is not None:
        return _is_another_root(int(of_a_number["number"]), 2 if of_a_number["kind"].lower() == "square" else 3, answer)
    equation = _EQUATION.search(prompt) if _ASKS.search(prompt) else None
    if equation is None:
        return False
    names = {name for side in ("left", "right") for name in equation[side] if name.isalpha()}
    stated = [match["root"] for match in _STATED.finditer(answer) if match["name"] in names]
    sides = equation["left"], equation["right"]
    return len(names) == 1 and bool(stated) and any(_is_no_root(*sides, root) for root in stated)


def _is_another_root(number: int, power: int, answer: str) -> bool:
    """Whether an answer states numbers, and none of them, nor the number itself with a smaller one, is the root."""
    stated = [text.rstrip(",").replace(",", "") for text in _DECIMAL.findall(answer)]
    others = [text for text in stated if text != str(number)]
    return bool(others) and "√" not in answer and "sqrt" not in answer and not any(
        (abs(Fraction(text)) - _step(text)) ** power <= number <= (abs(Fraction(text)) + _step(text)) ** power
        for text in others)


def _step(text: str) -> Fraction:
    """The worth of a number's last decimal, by which it may be rounded or cut; of a whole number none."""
    decimals = len(text.partition(".")[2])
    return Fraction(1, 10 ** decimals) if decimals else Fraction(0)


def _is_no_root(left: str, right: str, stated: str) -> bool:
    """Whether the two sides differ at a stated number, and on both sides of it where it may be rounded, in one direction."""
    root, step = _fraction(stated), _step(stated)
    gaps = [_gap(left, right, value) for value in {root - step, root, root + step}]
    return None not in gaps and 0 not in gaps and len({gap > 0 for gap in gaps if gap is not None}) == 1


def _fraction(text: str) -> Fraction:
    above, _, below = text.partition("/")
    return Fraction(above) / int(below) if below and int(below) else Fraction(above)


def _gap(left: str, right: str, value: Fraction) -> Fraction | None:
    """By how much the left side is greater than the right one; None where a side is not understood."""
    try:
        return _value(left, value) - _value(right, value)
    except (ValueError, ZeroDivisionError, IndexError):
        return None


def _value(side: str, value: Fraction) -> Fraction:
    """The value of one side of an equation where the unknown has a value."""
    plain = side.replace("−", "-").replace("–", "-").replace("·", "*").replace("²", "^2").replace("³", "^3")
    tokens = [*_TOKEN.findall(_POWER.sub("^", plain)), ""]
    total = _sum(tokens, value)
    if tokens != [""]:
        raise ValueError(side)
    return total


def _sum(tokens: list[str], value: Fraction) -> Fraction:
    """The value of a sum at the head of the tokens, which it takes away."""
    total = -_product(tokens, value) if tokens[0] == "-" and tokens.pop(0) else _product(tokens, value)
    while tokens[0] in ("+", "-"):
        total += (1 if tokens.pop(0) == "+" else -1) * _product(tokens, value)
    return total


def _product(tokens: list[str], value: Fraction) -> Fraction:
    """Of powers; a product needs no sign."""
    total = _power(tokens, value)
    while tokens[0] and tokens[0] not in "+-)^":
        sign = tokens.pop(0) if tokens[0] in "*/" else "*"
        factor = _power(tokens, value)
        total = total * factor if sign == "*" else total / factor
    return total


def _power(tokens: list[str], value: Fraction) -> Fraction:
    token = tokens.pop(0)
    if token == "(":
        base = _sum(tokens, value)
        if tokens.pop(0) != ")":
            raise ValueError("an open bracket")
    else:
        base = value if token.isalpha() else Fraction(token)
    if tokens[0] != "^":
        return base
    tokens.pop(0)
    return base ** int(tokens.pop(0))
