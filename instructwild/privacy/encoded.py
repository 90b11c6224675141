"""Secrets and mail addresses that stand in a text encoded: base64 or hexadecimal digits.

A run of such signs is decoded, and what comes out is searched by the same rules, once: nothing is decoded twice.
"""

import base64
import binascii
import re
from collections.abc import Iterator

from instructwild.privacy.contact import MAILS
from instructwild.privacy.identifiers import identifiers
from instructwild.privacy.rule import Match
from instructwild.privacy.secrets import SECRETS

BASE64 = re.compile(r"(?<![A-Za-z0-9+/_=-])(?=[A-Za-z0-9+/_-]{0,40}[A-Z0-9+/_-])(?:[A-Za-z0-9+/_-]{20,20000})"
                    r"={0,2}(?![A-Za-z0-9+/_=-])")
HEXADECIMAL = re.compile(r"(?<![0-9A-Za-z])(?:[2-7][0-9a-fA-F]){12,10000}(?![0-9A-Za-z])")
RULES = (*SECRETS, *MAILS)


def encoded(text: str) -> Iterator[Match]:
    """Runs that hide a secret or a mail address.

    Args:
        text: in its normal form.
    """
    for pattern, plain_of in ((BASE64, _base64), (HEXADECIMAL, _hexadecimal)):
        for match in pattern.finditer(text):
            plain = plain_of(match.group())
            if plain and (hidden := next(identifiers(plain, bytearray(len(plain)), RULES), None)):
                yield hidden[0], match.start(), match.end(), match.group()


def _base64(run: str) -> str:
    """What a run of base64 says, or nothing where that is no text."""
    standard = run.translate(str.maketrans("-_", "+/")).rstrip("=")
    try:
        return _text(base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True))
    except (binascii.Error, ValueError):
        return ""


def _hexadecimal(run: str) -> str:
    return _text(bytes.fromhex(run))


def _text(data: bytes) -> str:
    """Bytes as text, or nothing where they are none."""
    if len(data) < 8 or not data.isascii() or any(byte < 32 and byte not in b"\t\n\r" for byte in data):
        return ""
    return data.decode()
