"""What has a form of its own: secrets, links that let in, mails, numbers, phones, addresses of machines and homes.

Patterns bound themselves with ASCII classes, because Python counts Chinese characters as word characters.
"""

import re
from collections.abc import Iterator, Sequence

from instructwild.privacy.birth_dates import BIRTH_DATES
from instructwild.privacy.chance import CHANCE
from instructwild.privacy.links import LINKS
from instructwild.privacy.mails import MAILS
from instructwild.privacy.numbers import DIGITS, NUMBERS
from instructwild.privacy.phones import PHONES, SPELLED_PHONES
from instructwild.privacy.places import HOMES, PLACES
from instructwild.privacy.rule import Match, Rule, WordSearch
from instructwild.privacy.secrets import SECRETS

RUN = re.compile(r"[A-Za-z0-9_+/=.:%$~-]{16}")
RULES = (*SECRETS, *LINKS, *MAILS, *NUMBERS, *BIRTH_DATES, *PHONES, *SPELLED_PHONES, *PLACES, *HOMES, *CHANCE)
WORDS = WordSearch(word for rule in RULES for word in rule.words)
"""What any of the rules needs; many need the same, so each is looked for once."""


def identifiers(text: str, code: bytearray, rules: Sequence[Rule] = RULES) -> Iterator[Match]:
    """Everything the rules see, rule by rule, the surest first.

    Args:
        text: in its normal form.
        code: 1 where a character is code.
        rules: those of `RULES` that look.
    """
    present, folded = set(text), text.casefold()
    digits, run = sum(map(text.count, DIGITS)), bool(RUN.search(text))
    words = WORDS.within(folded)
    for rule in rules:
        if (rule.digits > digits or rule.run > run or (rule.needs and present.isdisjoint(rule.needs))
                or (rule.words and words.isdisjoint(rule.words))):
            continue
        group = "it" if "it" in rule.pattern.groupindex else 0
        for match in rule.pattern.finditer(text):
            if not (rule.spares_code and code[match.start()]) and rule.check(match):
                yield rule.type, match.start(group), match.end(group), _key(rule.type, match.group(group))


def _key(type_: str, value: str) -> str:
    """What makes two spellings the same: a number without its spaces, and a Chinese phone with or without +86."""
    if type_ not in ("PHONE", "CARD", "ID", "ACCOUNT"):
        return value.casefold()
    plain = re.sub(r"[^0-9A-Za-z]", "", value).upper() or value
    if type_ == "PHONE" and value.startswith(("+", "00")):
        return re.sub(r"^(?:00)?(?:86(?=1\d{10}$)|1(?=\d{10}$))", "", plain)
    return plain
