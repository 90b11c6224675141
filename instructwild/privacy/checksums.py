"""Numbers that carry their own check: cards, bank accounts, identity numbers."""

import re
from datetime import date


def luhn(digits: str) -> bool:
    """Whether the last digit is the Luhn check digit (ISO/IEC 7812-1, annex B)."""
    total = sum(int(d) if i % 2 == 0 else sum(divmod(2 * int(d), 10)) for i, d in enumerate(reversed(digits)))
    return total % 10 == 0


def resident_id(number: str) -> bool:
    """Whether 18 characters are a Chinese resident identity number: a real birth date and the check of GB 11643-1999."""
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    total = sum(int(digit) * (2 ** (17 - position) % 11) for position, digit in enumerate(number[:17]))
    return 1900 <= born.year <= date.today().year and "10X98765432"[total % 11] == number[17].upper()


def taiwan_id(number: str) -> bool:
    """Whether a letter and nine digits are a Taiwanese identity number, by its check digit."""
    letter = "ABCDEFGHJKLMNPQRSTUVXYWZIO".index(number[0].upper()) + 10
    digits = [letter // 10, letter % 10, *map(int, number[1:])]
    return sum(d * w for d, w in zip(digits, (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1), strict=True)) % 10 == 0


def hong_kong_id(number: str) -> bool:
    """Whether one or two letters, six digits and a check are a Hong Kong identity number."""
    plain = re.sub(r"[^0-9A-Z]", "", number.upper()).rjust(9)
    values = [36 if c == " " else ord(c) - 55 if c.isalpha() else int(c) for c in plain[:8]]
    check = (11 - sum(v * w for v, w in zip(values, range(9, 1, -1), strict=True)) % 11) % 11
    return "0123456789A"[check] == plain[8]


def brazilian_id(number: str) -> bool:
    """Whether eleven digits are a CPF: both check digits, and not one digit throughout."""
    digits = [int(char) for char in number if char.isdigit()]
    checks = [sum(digits[i] * (length + 1 - i) for i in range(length)) * 10 % 11 % 10 for length in (9, 10)]
    return len(set(digits)) > 1 and digits[9:] == checks


def korean_id(number: str) -> bool:
    """Whether thirteen digits are a Korean resident number: a real birth date; those given since 2020 carry no check."""
    century = {"1": 19, "2": 19, "5": 19, "6": 19, "3": 20, "4": 20, "7": 20, "8": 20}[number[7]]
    try:
        born = date(int(f"{century}{number[:2]}"), int(number[2:4]), int(number[4:6]))
    except ValueError:
        return False
    return born <= date.today()


def french_id(number: str) -> bool:
    """Whether fifteen characters are a French social security number: its key is 97 less the rest of a division by 97."""
    plain = number.replace(" ", "")
    body, key = plain[:13].replace("2A", "19").replace("2B", "18"), plain[13:]
    return body.isdigit() and 97 - int(body) % 97 == int(key)


def swiss_id(number: str) -> bool:
    """Whether thirteen digits are a Swiss social security number: the check digit of EAN-13."""
    digits = [int(char) for char in number if char.isdigit()]
    return len(digits) == 13 and sum(d * (3 if i % 2 else 1) for i, d in enumerate(digits)) % 10 == 0


def iban(number: str) -> bool:
    """Whether an account number passes the check of ISO 13616 (modulo 97)."""
    plain = re.sub(r"\s", "", number).upper()
    return 15 <= len(plain) <= 34 and int("".join(str(int(c, 36)) for c in plain[4:] + plain[:4])) % 97 == 1


CARD_LENGTHS = ((r"4", (16, 19)), (r"5[1-5]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)", (16,)), (r"3[47]", (15,)),
                (r"62|81", (16, 17, 18, 19)), (r"6011|64[4-9]|65", (16, 19)), (r"35(?:2[89]|[3-8])", (16,)),
                (r"30[0-5]|36|3[89]", (14,)), (r"220[0-4]", (16, 17, 18, 19)), (r"60|82|508|9792|5061", (16,)))


def payment_card(number: str) -> bool:
    """Whether digits are a card of a known scheme: its first digits, its length, and the Luhn check.

    One group four times over (4242 …) is a number for tests.
    """
    digits = re.sub(r"\D", "", number)
    known = any(re.match(prefix, digits) and len(digits) in lengths for prefix, lengths in CARD_LENGTHS)
    return known and digits[:4] * 4 != digits and len(set(digits)) > 1 and luhn(digits)
