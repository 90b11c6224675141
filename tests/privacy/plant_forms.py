"""Secrets and identifiers drawn at run time from forms, so that nothing that looks like a working key stands in a file.

A line of a form file is `KIND<tab>TEXT`: `⟦…⟧` marks the secret, `{an24}` is 24 letters and digits, `{luhn:4539:16}` a card
number that passes its check. What a form draws depends on a seed and its line, never on the order of the lines.
"""

import base64
import random
import re
import string
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

ALPHABETS = {"an": string.ascii_letters + string.digits, "lo": string.ascii_lowercase, "UP": string.ascii_uppercase,
             "lon": string.ascii_lowercase + string.digits, "UPN": string.ascii_uppercase + string.digits,
             "hex": "0123456789abcdef", "HEX": "0123456789ABCDEF", "d": string.digits,
             "url": string.ascii_letters + string.digits + "-_"}
B64 = string.ascii_letters + string.digits + "+/"
SIMPLE = re.compile(r"\{(an|lon|lo|UPN|UP|hex|HEX|url|d)(\d+)(n?)\}")
CALL = re.compile(r"\{([a-z_0-9]+)(?::([^{}]*))?\}", re.DOTALL)


class Plant(NamedTuple):
    """A text with secrets in it."""

    kind: str
    text: str
    secrets: tuple[str, ...]


def plants(path: Path, seed: int = 1) -> list[Plant]:
    """All forms of a file, drawn once."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line and line[0] != "#"]
    return [_plant(line, random.Random(f"{seed} {line}")) for line in lines]


def leaks(plant: Plant, text: str) -> bool:
    """Whether more than half of one of the secrets still stands in a text in a stretch."""
    for secret in plant.secrets:
        width = max(4, len(secret) // 2 + 1)
        if any(secret[at:at + width] in text for at in range(max(1, len(secret) - width + 1))):
            return True
    return False


def _plant(line: str, rng: random.Random) -> Plant:
    kind, _, text = line.partition("\t")
    text = re.sub(r"\\(n|\\)", lambda match: "\n" if match.group(1) == "n" else "\\", text)
    before = ""
    while before != text:
        before = text
        text = SIMPLE.sub(lambda match: _run(rng, match.group(1), int(match.group(2)), bool(match.group(3))), text)
        text = CALL.sub(lambda match: FORMS[match.group(1)](rng, match.group(2) or "") if match.group(1) in FORMS
                        else match.group(), text)
    return Plant(kind, re.sub("[⟦⟧]", "", text), tuple(re.findall("⟦(.*?)⟧", text, re.DOTALL)))


def _run(rng: random.Random, alphabet: str, length: int, no_zero: bool) -> str:
    run = "".join(rng.choices(ALPHABETS[alphabet], k=length))
    if no_zero and run[0] == "0":
        run = rng.choice("456789") + run[1:]
    if alphabet in ("an", "lon", "UPN", "url") and length > 7:  # a key of letters only is a word
        at = rng.randrange(1, length - 1)
        run = run[:at] + rng.choice("2345679") + run[at + 1:]
    return run


def _digits(rng: random.Random, length: int) -> str:
    return rng.choice("123456789") + "".join(rng.choices("0123456789", k=length - 1))


def _luhn(number: str) -> str:
    total = sum(int(d) if i % 2 else sum(divmod(2 * int(d), 10)) for i, d in enumerate(reversed(number)))
    return number + str(-total % 10)


def _card(rng: random.Random, argument: str) -> str:
    prefix, _, length = argument.partition(":")
    return _luhn(prefix + "".join(rng.choices("0123456789", k=int(length) - len(prefix) - 1)))


def _iban(rng: random.Random, argument: str) -> str:
    country, _, length = argument.partition(":")
    account = "".join(rng.choices("0123456789", k=int(length)))
    value = int("".join(str(int(char, 36)) for char in account + country + "00"))
    return f"{country}{98 - value % 97:02}{account}"


def _grouped(text: str, width: int = 4) -> str:
    return " ".join(text[at:at + width] for at in range(0, len(text), width))


def _weighed(digits: str, weights: tuple[int, ...]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False))


def _resident(rng: random.Random) -> str:
    body = (rng.choice(["320506", "420106", "510107"]) + f"{rng.randint(1960, 2004)}{rng.randint(1, 12):02}"
            f"{rng.randint(1, 28):02}{rng.randint(100, 999)}")
    return body + "10X98765432"[_weighed(body, tuple(2 ** (17 - i) % 11 for i in range(17))) % 11]


def _taiwan(rng: random.Random) -> str:
    letter, body = rng.choice("ABCDEFGH"), rng.choice("12") + "".join(rng.choices("0123456789", k=7))
    code = "ABCDEFGHJKLMNPQRSTUVXYWZIO".index(letter) + 10
    return letter + body + str(-(code // 10 + code % 10 * 9 + _weighed(body, (8, 7, 6, 5, 4, 3, 2, 1))) % 10)


def _hong_kong(rng: random.Random) -> str:
    letter, body = rng.choice("CDEGK"), "".join(rng.choices("0123456789", k=6))
    check = -(36 * 9 + (ord(letter) - 55) * 8 + _weighed(body, (7, 6, 5, 4, 3, 2))) % 11
    return f"{letter}{body}({'0123456789A'[check]})"


def _cpf(rng: random.Random) -> str:
    body = _digits(rng, 9)
    for _ in range(2):
        body += str(_weighed(body, tuple(range(len(body) + 1, 1, -1))) * 10 % 11 % 10)
    return f"{body[:3]}.{body[3:6]}.{body[6:9]}-{body[9:]}"


def _dni(rng: random.Random) -> str:
    number = _digits(rng, 8)
    return number + "TRWAGMYFPDXBNJZSQVHLCKE"[int(number) % 23]


def _insurance_fr(rng: random.Random) -> str:
    body = f"{rng.choice('12')}{rng.randint(50, 99)}{rng.randint(1, 12):02}{rng.randint(10, 95)}{rng.randint(100, 900)}" \
           f"{rng.randint(100, 900)}"
    return f"{body[0]} {body[1:3]} {body[3:5]} {body[5:7]} {body[7:10]} {body[10:]} {97 - int(body) % 97:02}"


def _aadhaar(rng: random.Random) -> str:
    return _grouped(rng.choice("23456789") + "".join(rng.choices("0123456789", k=11)))


def _bsn(rng: random.Random) -> str:
    while True:
        body = _digits(rng, 8)
        check = _weighed(body, (9, 8, 7, 6, 5, 4, 3, 2)) % 11
        if check < 10:
            return body + str(check)


def _pesel(rng: random.Random) -> str:
    body = f"{rng.randint(50, 99)}{rng.randint(1, 12):02}{rng.randint(1, 28):02}{rng.randint(1000, 9999)}"
    return body + str(-_weighed(body, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)) % 10)


def _korean(rng: random.Random) -> str:
    born = f"{rng.randint(50, 99)}{rng.randint(1, 12):02}{rng.randint(1, 28):02}"
    body = f"{born}{rng.choice('12')}{rng.randint(10000, 99999)}"
    return f"{body[:6]}-{body[6:]}{(11 - _weighed(body, (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)) % 11) % 10}"


def _codice(rng: random.Random) -> str:
    return "".join(rng.choices("BCDFGLMNPRSTV", k=6)) + f"{rng.randint(50, 99)}{rng.choice('ABCDEHLMPRST')}" \
        f"{rng.randint(1, 28):02}{rng.choice('ABCDFGHL')}{rng.randint(100, 999)}{rng.choice('ABCDEFGHIJKLMNOP')}"


def _curp(rng: random.Random) -> str:
    letters = "".join(rng.choices("BCDFGLMNPRSTV", k=6))
    born = f"{rng.randint(50, 99)}{rng.randint(1, 12):02}{rng.randint(1, 28):02}"
    state = rng.choice(["HDF", "MDF", "HJC", "MNL"])
    return f"{letters[0]}A{letters[1:3]}{born}{state}{letters[3:]}0{rng.randint(1, 9)}"


def _routing(rng: random.Random) -> str:
    body = "0" + "".join(rng.choices("123", k=1)) + "".join(rng.choices("0123456789", k=6))
    return body + str(-_weighed(body, (3, 7, 1, 3, 7, 1, 3, 7)) % 10)


def _mobile(rng: random.Random) -> str:
    while True:
        number = rng.choice(["136", "139", "152", "177", "186", "198"]) + "".join(rng.choices("0123456789", k=8))
        if not re.search(r"(\d)\1\1|123|234|345|456|567|678|789", number):
            return number


def _as_digits(text: str, digits: str) -> str:
    return "".join(digits[int(char)] if char.isdigit() and char.isascii() else char for char in text)


def _us_area(rng: random.Random, _: str) -> str:
    return rng.choice(["415", "617", "312", "206", "503", "702", "713", "512"])


Form = Callable[[random.Random, str], str]
FORMS: dict[str, Form] = {
    "b64": lambda rng, text: "".join(rng.choices(B64, k=int(text))) if text.isdecimal()
    else base64.b64encode(text.encode()).decode(),
    "b64cred": lambda rng, _: base64.b64encode(f"wren:{_run(rng, 'an', 14, False)}".encode()).decode(),
    "uuid": lambda rng, _: "-".join("".join(rng.choices("0123456789abcdef", k=k)) for k in (8, 4, 4, 4, 12)),
    "luhn": _card, "luhn4": lambda rng, text: _grouped(_card(rng, text)),
    "luhnamex": lambda rng, text: re.sub(r"(\d{4})(\d{6})", r"\1 \2 ", _card(rng, text)),
    "iban": lambda rng, text: _grouped(_iban(rng, text)), "ibanflat": _iban, "aba": lambda rng, _: _routing(rng),
    "cnid": lambda rng, _: _resident(rng),
    "cnid6": lambda rng, _: re.sub(r"(\d{6})(\d{8})(.{4})", r"\1 \2 \3", _resident(rng)),
    "twid": lambda rng, _: _taiwan(rng), "hkid": lambda rng, _: _hong_kong(rng),
    "ssn": lambda rng, _: f"{rng.randint(100, 600)}-{rng.randint(10, 99)}-{rng.randint(1000, 9999)}",
    "sin": lambda rng, _: _grouped(_luhn(rng.choice("1234567") + "".join(rng.choices("0123456789", k=7))), 3),
    "nino": lambda rng, _: f"{rng.choice('ABCEHJ')}{rng.choice('ABCEHJ')} {rng.randint(10, 99)} {rng.randint(10, 99)} "
    f"{rng.randint(10, 99)} {rng.choice('ABCD')}",
    "cpf": lambda rng, _: _cpf(rng), "dni": lambda rng, _: _dni(rng), "rrn": lambda rng, _: _korean(rng),
    "mynumber": lambda rng, _: _grouped(_digits(rng, 12)), "aadhaar": lambda rng, _: _aadhaar(rng),
    "pan": lambda rng, _: "".join(rng.choices(string.ascii_uppercase, k=3)) + "P" + rng.choice(string.ascii_uppercase)
    + f"{rng.randint(1000, 9999)}" + rng.choice(string.ascii_uppercase),
    "insee": lambda rng, _: _insurance_fr(rng), "steuer": lambda rng, _: _digits(rng, 11),
    "codice": lambda rng, _: _codice(rng), "bsn": lambda rng, _: _bsn(rng), "pesel": lambda rng, _: _pesel(rng),
    "curp": lambda rng, _: _curp(rng),
    "nric": lambda rng, _: f"S{_digits(rng, 7)}{rng.choice('ABCDEFGHIZJ')}",
    "passport": lambda rng, _: _digits(rng, 9), "cnphone": lambda rng, _: _mobile(rng),
    "cnphone335": lambda rng, _: re.sub(r"(\d{3})(\d{3})(\d{5})", r"\1 \2 \3", _mobile(rng)), "us3": _us_area,
    "fw": lambda rng, text: "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text),
    "zw": lambda rng, text: "\u200b".join(text), "spaced": lambda rng, text: " ".join(text),
    "dotted": lambda rng, text: ".".join(text), "rev": lambda rng, text: text[::-1],
    "hexof": lambda rng, text: text.encode().hex(), "pct": lambda rng, text: "".join(f"%{ord(char):02X}" for char in text),
    "tag": lambda rng, text: "".join(chr(0xE0000 + ord(char)) for char in text),
    "circled": lambda rng, text: _as_digits(text, "⓪①②③④⑤⑥⑦⑧⑨"),
    "zhd": lambda rng, text: _as_digits(text, "零一二三四五六七八九"), "keycap": lambda rng, text: "".join(
        f"{char}\ufe0f\u20e3" for char in text),
}
