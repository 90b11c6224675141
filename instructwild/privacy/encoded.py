"""Secrets and mail addresses that stand in a text encoded or in pieces: base64, hexadecimal digits, one sign at a time
(`s k - a b`), broken over lines, glued together from the strings of a program.

A run of such signs is put in its plain form, and what comes out is searched by the same rules; base64 within base64 is
opened up to `LAYERS` times.
"""

import base64
import binascii
import re
from collections.abc import Iterator

from instructwild.privacy.chance import CHANCE
from instructwild.privacy.identifiers import identifiers
from instructwild.privacy.mails import MAILS
from instructwild.privacy.numbers import RESIDENTS
from instructwild.privacy.rule import Match, Rule
from instructwild.privacy.secrets import FORMS, SECRETS
from instructwild.privacy.tokens import BEGINNINGS

LAYERS = 3
LEAST_DIGITS = 3
BASE64 = re.compile(r"(?<![A-Za-z0-9+/_-])(?=[A-Za-z0-9+/_-]{0,40}[A-Z0-9+/_-])(?:[A-Za-z0-9+/_-]{20,20000})"
                    r"={0,2}(?![A-Za-z0-9+/_=-])")
HEXADECIMAL = re.compile(r"(?<![0-9A-Za-z])(?:0x)?(?P<it>(?:[2-7][0-9a-fA-F]){12,10000})(?![0-9A-Za-z])")
SINGLE_SIGNS = re.compile(r"(?<![A-Za-z0-9])[!-~](?:(?P<gap>[ ._·-])[!-~])(?:(?P=gap)[!-~]){9,600}(?![A-Za-z0-9])")
BROKEN = re.compile(rf"(?<![A-Za-z0-9])(?:{BEGINNINGS})[A-Za-z0-9_-]{{6,200}}"
                    r"(?:[ \t]{0,40}[\\`^]?\r?\n[ \t>|]{0,40}[A-Za-z0-9_-]{6,200}){1,3}")
TWO_LINES = re.compile(r"(?m)^[ \t>|]{0,40}[A-Za-z0-9_+/=-]{12,120}\r?\n[ \t>|]{0,40}[A-Za-z0-9_+/=-]{8,120}[ \t]*\r?$")
OF_A_KEY = re.compile(r"(?i)\b(?:key|secret|token|sk|ak|credential)\b|密钥|秘钥|令牌")
"""A word that says that a run broken over two lines is a key."""
SPACED = re.compile(rf"(?<![A-Za-z0-9])(?:{BEGINNINGS})[A-Za-z0-9_-]{{0,20}}(?P<gap>[ .·])[A-Za-z0-9_-]{{4,20}}"
                    r"(?:(?P=gap)[A-Za-z0-9_-]{1,20}){1,20}(?![A-Za-z0-9_-])")
"""A key with a sign put in after every so many of its own."""
SHOUTED = re.compile(rf"(?<![A-Za-z0-9_])(?:{BEGINNINGS.upper()})[A-Z0-9_-]{{20,200}}(?![A-Za-z0-9])")
"""A key in capitals."""
LISTED = re.compile(r"\[\s{0,40}[\"'][^\"'\n]{1,200}[\"'](?:\s{0,40},\s{0,40}[\"'][^\"'\n]{1,200}[\"'])"
                    r"{1,8}\s{0,40},?\s{0,40}\]")
JOINS = ("join", "concat", "implode")
"""Words of a program that puts the strings of a list together."""
GLUED = re.compile(r"[\"'][^\"'\n]{1,200}[\"'](?:\s{0,40}(?:\+|\.|&|\\)?\s{0,40}[\"'][^\"'\n]{1,200}[\"']){1,8}"
                   r"(?!\s{0,3}[:=])")
"""Strings side by side, of which the last is no name that a value follows."""
HIDDEN = (*SECRETS, *MAILS)
SPELLED = (*FORMS, *MAILS, *RESIDENTS)


def encoded(text: str) -> Iterator[Match]:
    """Runs that hide a secret or a mail address.

    Args:
        text: in its normal form.
    """
    for match in BASE64.finditer(text):
        yield from _hidden(match, _base64(match.group()), HIDDEN)
    for match in HEXADECIMAL.finditer(text):
        yield from _hidden(match, _text(bytes.fromhex(match.group("it"))), HIDDEN)
    for match in SINGLE_SIGNS.finditer(text):
        yield from _hidden(match, match.group()[::2], SPELLED)
    for match in BROKEN.finditer(text) if "\n" in text else ():
        yield from _hidden(match, re.sub(r"[\\`^]?\r?\n|[ \t>|]", "", match.group()), FORMS, whole=True)
    for match in TWO_LINES.finditer(text) if "\n" in text and OF_A_KEY.search(text) else ():
        yield from _hidden(match, re.sub(r"[\r\n \t>|]", "", match.group()), CHANCE)
    for match in SPACED.finditer(text):
        pieces = match.group().split(match.group("gap"))
        if len({len(piece) for piece in pieces[1:-1]}) == 1:
            yield from _hidden(match, "".join(pieces), FORMS)
    for match in SHOUTED.finditer(text):
        if len(re.findall(r"\d", match.group())) >= LEAST_DIGITS:
            yield "KEY", match.start(), match.end(), match.group()
    for match in GLUED.finditer(text):
        yield from _glued(match, r"[\"']\s{0,40}[+.&\\]?\s{0,40}[\"']", match.group()[1:-1])
    for match in LISTED.finditer(text) if "[" in text and any(word in text for word in JOINS) else ():
        yield from _glued(match, r"[\"']\s{0,40},\s{0,40}[\"']", match.group().strip("[], \t\r\n")[1:-1])


def _hidden(match: re.Match[str], plain: str, rules: tuple[Rule, ...], *, whole: bool = False) -> Iterator[Match]:
    """The run, where its plain form holds something: with `whole`, a key that reaches into its last piece."""
    if not plain:
        return
    last = len(plain) - len(match.group()) + match.group().rfind("\n") if whole else 0
    if hidden := next((hit for hit in identifiers(plain, bytearray(len(plain)), rules) if hit[2] > last), None):
        yield hidden[0], match.start(), match.end(), match.group()


def _glued(match: re.Match[str], between: str, strings: str) -> Iterator[Match]:
    """The strings of a program, where put together they are a secret, by their form or by the name before them."""
    name = match.string[max(0, match.start() - BEFORE_STRINGS):match.start()].rpartition("\n")[2]
    plain = f'{name}"{re.sub(between, "", strings)}"'
    for type_, _, end, _ in identifiers(plain, bytearray(len(plain)), SECRETS):
        if end > len(name):
            yield type_, match.start(), match.end(), match.group()
            return


BEFORE_STRINGS = 80
"""Characters before the first string in which its name stands."""


def _base64(run: str) -> str:
    """What a run of base64 says, or nothing where that is no text."""
    plain = run
    for _ in range(LAYERS):
        standard = plain.translate(str.maketrans("-_", "+/")).rstrip("=")
        try:
            inner = _text(base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True))
        except (binascii.Error, ValueError):
            inner = ""
        if not inner:
            break
        plain = inner
        if not BASE64.fullmatch(plain):
            break
    return plain if plain is not run else ""


def _text(data: bytes) -> str:
    """Bytes as text, or nothing where they are none."""
    if len(data) < 8 or not data.isascii() or any(byte < 32 and byte not in b"\t\n\r" for byte in data):
        return ""
    return data.decode()
