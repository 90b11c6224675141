"""Whether what stands where a secret would is one: not a blank to fill in, a variable, a sample or a plain word."""

import base64
import binascii
import re

from instructwild.text.word_table import any_of

_OBJECTS = any_of("""
    os | process | config | self | settings | this | request | env | args | params | data | user | row | req | res | event
    context | session | form | obj | result | response | options | props | state
""")
BLANK = re.compile(any_of(rf"""
    your | xxx | \*\*\* | \.\.\. | … | example | changeme | [<>({{\[] | ^[$%](?!2[aby]?\$|[156]\$|apr1) | ^[\[(]?KEY_
    getenv | environ
    ^(?:{_OBJECTS})\.
    ^[A-Z]+_[A-Z_]+$ | ^[A-Za-z]+(?:_[A-Za-z]+)*(?:_?\d)?$ | ^[a-z]+\d?(?:[_.][A-Za-z]+\d?)+\)?$ | ^\w+\.\w+$ | ^\w+:$
    _12345 | arn: | ^0x(?![0-9a-fA-F]{{64}}) | \w\( | ^https?: | ^.{{0,19}}[+*/]\s*$ | (?-i:^[A-Z]{{2,6}}-?\d{{2,}}$)
"""), re.IGNORECASE)
"""What stands after `password =` and is none: a blank to fill in, a call, a variable, a plain word."""
_ADJECTIVES = any_of("my | new | old | db | the | a | super | user | test | secret | strong | secure | some | root | admin")
_NOUNS = any_of("""
    pass | password | passwd | pwd | pw | secret | token | key | test | admin | root | user | postgres | guest
    foo | bar | mysql | example
""")
SAMPLE = re.compile(rf"(?:(?:{_ADJECTIVES})[_-]?)*(?:{_NOUNS})[\d_!@#$-]{{0,4}}|p[a@][s$]{{2}}w0rd|1234\d*|\*+|x+|"
                    r"[<{\[$%].*|.*[>}\]]", re.IGNORECASE)
"""A password that stands for any."""
_LEET = str.maketrans("01345@$!", "oleasasi")
STANDS_FOR_ANY = re.compile(r"abc(?:def)?123|(?:abc|def|ghi|xyz)\d{3}|"
                            r"(?:(?:my|your|new|super|secret|example|test|sample)*(?:password|passwd|secret|token|key))"
                            r"[\W_\d]{0,5}[il]?", re.IGNORECASE)
"""Samples, with digits in the place of letters or without: `P@ssw0rd1`, `eXamPl3T0K3n`, `abc123`."""
A_RUN = re.compile(r"0123456789|9876543210|abcdefghij", re.IGNORECASE)
"""Signs in their order, of which no key is drawn."""
IN_ORDER = re.compile(r"0?123456789(?:0?abcdef)?|abcdef(?:0?123456789)?|fedcba9876543210", re.IGNORECASE)
INVENTED = re.compile(r"(?i)(?<![./@])\b(?:random(?:ly)?|generated?|strong|sample|example|suggested|possible|secure|co"
                      r"uld be)\b[^\n.:/]{0,40}"
                      r"\Z|(?:随机|生成|合理的|符合|例如|示例|建议|强)[^\n。：:/]{0,16}\Z")
"""What stands before a password that was made up on the spot."""
_ALGORITHMS = any_of("""
    sha | md | aes | rsa | pbkdf | base | utf | bcrypt | argon | des | ed | hmac | rc | blake
    uint | int | float | win | http | python | php | java | mysql | ip | oauth | web | id | col | var | arg | v | x
""")
ALGORITHM = re.compile(rf"(?i)(?:{_ALGORITHMS})[-_]?\d+(?:[-_]?\w{{1,4}})?\W?|"
                       r"\d+(?:st|nd|rd|th|px|ms|kb|mb|gb|bits?|chars?|characters?|days?|x\d+)?\W?")
"""Words with digits that stand after `password` in prose: `SHA256`, `8chars`."""
SAMPLE_CODE = re.compile(r"1234|2345|5678|0000|1111|6789|4321|\A(?:123|666|888)")


SLUG = re.compile(r"(?:[a-z]+\d?|[a-z]{1,2}\d[a-z]{0,2}|[a-z]+\d{2,3}[a-z]?)(?:-[a-z]+){1,4}")
"""Plain words with hyphens between them, as names of settings are."""
_OTHERS = "object|primary|foreign|partition|sort|cache|storage|s3"
OTHER_KEY = re.compile(rf"(?i)\b(?:{_OTHERS})[ _-]?(?:keys?[\"'`:=\s]{{0,6}})?\Z")
"""Keys that open nothing: of an object in a store, of a row in a table."""


DOTTED = re.compile(r"(?=[A-Za-z]{0,20}\d+[a-z])[A-Za-z0-9]{3,20}\.[A-Za-z0-9]{3,20}")
"""Two words with a dot between them and digits among their letters: in quotes it is no member of an object."""


NO_SYLLABLE = re.compile(r"[A-Z]?[b-df-hj-np-tv-xz]{3}|[B-DF-HJ-NP-TV-XZ][b-df-hj-np-tv-xz]{2}(?![a-z])")
"""Small letters among which no vowel stands, as words hardly have them."""
SPEAKS = re.compile("(?i)" + any_of("""
    pass | secret | token | key | user | name | admin | test | example | value | string | data | auth | config | here | xxx
    str | btn | ctrl | mgr | http | html | xml | sql | cmd | src | img | tmp | ptr | css | pwd | hash | md5 | url | api
"""))
LEAST_CHANGES = 4


def letters(match: re.Match[str]) -> bool:
    """A secret without a digit: letters drawn by chance, as small and capital ones change often and no word is seen."""
    value = match.group("it")
    if INVENTED.search(match.string[max(0, match.start() - 60):match.start()]):
        return False
    if not re.fullmatch(r"[A-Za-z]{8,64}", value) or SPEAKS.search(value) or not NO_SYLLABLE.search(value):
        return False
    return len(re.findall(r"(?<=[a-z])[A-Z]|(?<=[A-Z])[a-z]", value)) >= LEAST_CHANGES


def letters_drawn(match: re.Match[str]) -> bool:
    """A long signature of letters alone or with digits: its kinds change often, as base64 does."""
    value = match.group("it")
    changes = len(re.findall(r"(?<=[a-z])[A-Z0-9]|(?<=[A-Z0-9])[a-z]", value))
    return changes >= len(value) // 4 and len(set(value)) > 9 and not re.search(r"(?i)your|xxxx|example", value)


VOWELS_OF_WORDS = 0.22
"""Share of vowels below which small letters are no word: a word has 0.4 of them, sixteen letters drawn 0.19."""


def unspeakable(match: re.Match[str]) -> bool:
    """A secret of small letters alone, as QQ and Gmail give them to programs: few vowels, or four consonants in a row."""
    value = match.group("it")
    before = match.string[max(0, match.start() - 60):match.start()]
    if SPEAKS.search(value) or len(set(value)) < 7 or INVENTED.search(before):
        return False
    vowels = sum(map(value.count, "aeiou"))
    return vowels < VOWELS_OF_WORDS * len(value) or bool(re.search("[b-df-hj-np-tv-xz]{5}", value))


def not_blank(match: re.Match[str]) -> bool:
    """An answer to a question for safety, and no place for one."""
    return not re.search(r"(?i)your|xxx|answer|example|\.\.\.|blank|enter|请|填", match.group("it"))


def phrase(match: re.Match[str]) -> bool:
    """Words that open something, and not those of every explanation."""
    value = match.group("it").lower()
    return not re.search(r"correct.horse|battery.staple|your|example|my.pass|the |secret", value) \
        and not INVENTED.search(match.string[max(0, match.start() - 60):match.start()])


def mixed(match: re.Match[str]) -> bool:
    """Whether a run of letters is drawn by chance: digits among letters, and no slug of plain words."""
    value = match.group("it" if "it" in match.re.groupindex else 0)
    drawn = bool(re.search(r"\d", value)) or bool(re.search(r"[A-Za-z]{32}", value))
    return drawn and len(set(value)) > 6 and not re.search(r"(?i)your|xxxx|<|\.\.\.", value)


def random_run(match: re.Match[str]) -> bool:
    """A long run of signs beside a bare word for a key: digits and letters well mixed, and no word of a program."""
    value = match.group("it")
    changes = len(re.findall(r"(?<=\d)[A-Za-z]|(?<=[A-Za-z])\d", value))
    return (changes >= 4 or letters_drawn(match)) and len(set(value.lower())) > 8 and named(match)


def named(match: re.Match[str]) -> bool:
    """The value beside a name for secrets: letters with digits, and nothing that stands for any."""
    value = match.group("it").rstrip(".!?)。！？")
    literal = DOTTED.fullmatch(value) and match.string[match.start("it") - 1:match.start("it")] in ("'", '"')
    if (BLANK.search(value) and not literal) or SAMPLE.fullmatch(value) or IN_ORDER.fullmatch(value) or A_RUN.search(value):
        return False
    if not (re.search(r"\d", value) and re.search(r"[A-Za-z]", value)):
        return False
    before = match.string[max(0, match.start() - 60):match.start()]
    label = match.string[max(0, match.start("it") - 60):match.start("it")]
    if (OTHER_KEY.search(before) or OTHER_KEY.search(label) or SLUG.fullmatch(value)
            or match.group().casefold().startswith("publickeytoken")):
        return False
    if INVENTED.search(label):
        return False
    stock = any(map(STANDS_FOR_ANY.fullmatch, (value, value.translate(_LEET))))
    return not stock and not INVENTED.search(before)


def spoken(match: re.Match[str]) -> bool:
    """A password that stands behind the bare word."""
    return named(match) and not ALGORITHM.fullmatch(match.group("it"))


def login(match: re.Match[str]) -> bool:
    """`user:password`, unless the password is one that stands for any."""
    password = match.group("it").partition(":")[2] or match.group("it")
    return not SAMPLE.fullmatch(password) and not re.match(r"(?i)your|example|\.+\Z", password)


def setting(match: re.Match[str]) -> bool:
    """The password of a connection string, and no variable of a program."""
    value = match.group("it")
    if re.fullmatch(r"[a-z]+(?:_[a-z]+)+", value.rstrip(",;)")):
        return False
    return login(match) and not SAMPLE.fullmatch(value.rstrip(",;)")) and not re.search(r"[\[({]", value)


def option(match: re.Match[str]) -> bool:
    """The value of an option that takes a password."""
    return bool(re.search(r"[\d!@#%^&*]", match.group("it"))) and login(match) and not BLANK.search(match.group("it"))


def argument(match: re.Match[str]) -> bool:
    """The second argument of a call that signs in: digits among letters, and none that stands for any."""
    return option(match) and named(match)


def code(match: re.Match[str]) -> bool:
    """A secret of digits only, as a bank or a login sends it, and none of every example."""
    value = match.group("it").rstrip("#*")
    least = 2 if len(value) > 3 else 1
    if INVENTED.search(match.string[max(0, match.start() - 60):match.start()]):
        return False
    return not SAMPLE_CODE.search(value) and len(set(value)) > least and not re.match(r"(?:19|20)\d\d\Z", value)


def spelled_code(match: re.Match[str]) -> bool:
    """Digits in characters, and none of every example: 一二三四."""
    digits = match.group("it").translate(HAN_DIGITS)
    return not SAMPLE_CODE.search(digits) and len(set(digits)) > 2


HAN_DIGITS = str.maketrans("零〇一幺二三四五六七八九", "001123456789")


def apart(match: re.Match[str]) -> bool:
    """Groups of letters drawn by chance, and not those of every example: `abcd-efgh-…`, `xxxx-xxxx-…`."""
    value = match.group("it").lower()
    return len(set(value)) > 7 and not value.startswith(("abcd", "aaaa", "xxxx", "your"))


def credentials(match: re.Match[str]) -> bool:
    """Whether base64 hides `user:password`."""
    value = match.group("it")
    try:
        plain = base64.b64decode(value + "=" * (-len(value) % 4), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return named(match)
    return ":" not in plain or not SAMPLE.fullmatch(plain.partition(":")[2])


def name_and_password(match: re.Match[str]) -> bool:
    """Whether base64 is `user:password` and nothing else."""
    value = match.group("it")
    try:
        plain = base64.b64decode(value + "=" * (-len(value) % 4), validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return False
    user, colon, password = plain.partition(":")
    return bool(colon and user and password) and plain.isprintable() and not SAMPLE.fullmatch(password)


def three_kinds(match: re.Match[str]) -> bool:
    """A run near an id of a key: small letters, capital letters and digits, many of them different."""
    value = match.group("it")
    return all(re.search(kind, value) for kind in ("[a-z]", "[A-Z]", r"\d")) and len(set(value)) > 14


def base64_text(run: str) -> bool:
    """Whether a run is the base64 of plain text: letters, digits and signs, and no bytes of another kind."""
    body = run.rstrip("=")
    try:
        plain = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        try:
            plain = base64.b64decode(body[:len(body) // 4 * 4])
        except (binascii.Error, ValueError):
            return False
    return plain.isascii() and not any(byte < 32 and byte not in b"\t\n\r" for byte in plain)
