"""The root of a linear equation that a prompt gives, and whether a short answer names it."""

from fractions import Fraction

from instructwild.text.lazy_pattern import LazyPattern

_PLAIN = r"(?P<factor>\d{0,4}) ?[*×·]? ?(?P<name>[a-zA-Z]) ?(?P<sign>[+−-]) ?(?P<term>\d{1,5})"
_EQUATION = LazyPattern(
    rf"(?<![\w.^+*/(−-])(?<![+*/−-] )(?:(?P<outer>\d{{1,4}}) ?[*×·]? ?\( ?(?=[^()]*\))|(?!\())"
    rf"{_PLAIN}(?P<close> ?\))? ?= ?(?P<right>-?\d{{1,6}})(?![\w^]|\.\d| ?[+*/^(−-])")
_ONE_ROOT = LazyPattern(r"(?<![\w.)])(?P<name>[a-zA-Z]) ?(?:=|is|等于|是|为) ?(?P<root>-?\d+(?:\.\d+)?(?:/\d+)?)"
                        r"(?![\d.]*\w| ?[-+*/×÷=(^−])")
_OTHERWISE = LazyPattern(r"(?i)inequal|\bmod\b|base|two (?:solutions|roots|ways)|graph|slope|不等式|两种|两个|斜率|图|模")
LONGEST_PROMPT, LONGEST_ANSWER = 160, 80
MAY_ASK = r"[a-zA-Z] ?[+−-] ?\d{1,5}(?: ?\))? ?= ?-?\d"
"""What a prompt without such an equation does not hold; the same in Rust's syntax as in Python's."""


def wrong_root(prompt: str, answer: str) -> bool:
    """Whether a prompt gives one linear equation of one unknown, and a short answer states another root of it.

    >>> wrong_root("Solve 4x - 2 = 10.", "x = 6"), wrong_root("Solve 4x - 2 = 10.", "x = 3")
    (True, False)
    """
    if len(prompt) > LONGEST_PROMPT or len(answer) > LONGEST_ANSWER or prompt.count("=") != 1 or _OTHERWISE.search(prompt):
        return False
    equation, stated = _EQUATION.search(prompt), [*_ONE_ROOT.finditer(answer)]
    if equation is None or len(stated) != 1 or stated[0]["name"].lower() != equation["name"].lower():
        return False
    if bool(equation["outer"]) != bool(equation["close"]):
        return False
    term = Fraction(equation["term"]) * (1 if equation["sign"] == "+" else -1)
    factor, outer = Fraction(equation["factor"] or 1), Fraction(equation["outer"] or 1)
    if not factor or not outer:
        return False
    root = (Fraction(equation["right"]) / outer - term) / factor
    return not _agrees(root, stated[0]["root"])


def _agrees(root: Fraction, stated: str) -> bool:
    """Whether a stated number is the root, rounded or cut where it has decimals."""
    if "/" in stated:
        above, _, below = stated.partition("/")
        return int(below) != 0 and "." not in above and root == Fraction(int(above), int(below))
    step = Fraction(1, 10 ** len(stated.partition(".")[2]))
    return root == Fraction(stated) or ("." in stated and abs(root - Fraction(stated)) < step)
