"""Whole numbers in Chinese characters: 三, 十二, 二百零五, 一九八四."""

DIGITS = dict(zip("零〇一二两三四五六七八九", (0, 0, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9), strict=True))
UNITS = {"十": 10, "百": 100, "千": 1000}


def chinese_number(text: str) -> int:
    """What characters of `DIGITS` and `UNITS` say.

    >>> chinese_number("三"), chinese_number("十二"), chinese_number("二百零五"), chinese_number("一九八四")
    (3, 12, 205, 1984)
    """
    total, digit = 0, None
    for char in text:
        if char in UNITS:
            total, digit = total + UNITS[char] * (1 if digit is None else digit), None
        else:
            digit = (digit or 0) * 10 + DIGITS[char]
    return total + (digit or 0)
