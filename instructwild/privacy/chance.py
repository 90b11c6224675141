"""Signs drawn by chance: how a key or a password is known where neither its form nor its name is in any table.

Three looks, from the strictest on the signs to the strictest on the words: a long run that stands alone; a run in quotes on
a line that speaks of signing in; a password in a sentence ("… is the password", 密码改成了…).
"""

import re
from itertools import pairwise

from instructwild.privacy.rule import Rule
from instructwild.privacy.secret_values import A_RUN, ALGORITHM, BLANK, SAMPLE, SPEAKS, base64_text, named
from instructwild.privacy.tokens import PROVIDERS
from instructwild.text.word_table import any_of, by_first_letter, listed

CHANGES_ALONE = 0.42
"""Share of neighbours of different kinds (small, capital, digit) in a run that stands alone; of 62 signs drawn, 0.62 are."""
DISTINCT_ALONE = 14
HEXADECIMAL = re.compile(r"(?:0x)?[0-9a-f]{24,128}|(?:0x)?[0-9A-F]{24,128}")
UUID_OR_DATE = re.compile(r"(?i)[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[\d.:/-]+")
SEPARATOR = re.compile(r"[_.-]")
OPEN_TO_ALL = re.compile(r"[13][1-9A-HJ-NP-Za-km-z]{25,34}|0x[0-9a-fA-F]{40}|AAAA[BC]3NzaC1[A-Za-z0-9]*")
"""Addresses of wallets, and public keys: not secret, whatever they are beside."""
PUBLIC_BEFORE = re.compile(r"(?i)(?:integrity|checksum|digest|sha\d*|md5|hash|etag|nonce|commit|revision|trace|request|"
                           r"cf-id|fingerprint|inchi|smiles|sequence|base ?64|image/\w+;base64)[^\n]{0,20}\Z")
"""Words before runs that open nothing: sums of files, traces of requests, formulas of molecules."""
PATH_OR_QUERY = re.compile(r"//|^[./]|/.*\.[a-z]\w{0,3}$|^\*|&.*=|=.*&|\?.*=|^\w+=[\w.]*$|^[\w/-]+@v?\d{1,3}(?:\.\d+)*$")


def kinds_changes(value: str) -> int:
    """How often small letters, capital letters, digits and other signs follow one another in a value."""
    kinds = ["a" if char.islower() else "A" if char.isupper() else "0" if char.isdigit() else "_" for char in value]
    return sum(left != right for left, right in pairwise(kinds))


def drawn_alone(match: re.Match[str]) -> bool:
    """A long run without any word beside it: all three kinds of signs, changing as often as chance has them change."""
    value = match.group("it")
    if not (re.search(r"[a-z]", value) and re.search(r"[A-Z]", value) and re.search(r"\d.*\d.*\d", value)):
        return False
    plain = SEPARATOR.sub("", value)
    return (kinds_changes(plain) >= CHANGES_ALONE * len(plain) and len(set(plain)) >= DISTINCT_ALONE
            and not A_RUN.search(value) and not re.search(r"(?i)xxxx|example|sample|your", value)
            and not OPEN_TO_ALL.fullmatch(value) and not base64_text(value)
            and not PUBLIC_BEFORE.search(match.string[max(0, match.start() - 40):match.start()]))


def drawn(value: str) -> bool:
    """Whether a value beside a word for a secret looks drawn by chance rather than written: its kinds change often."""
    if (BLANK.search(value) or SAMPLE.fullmatch(value) or A_RUN.search(value) or UUID_OR_DATE.fullmatch(value)
            or PATH_OR_QUERY.search(value) or OPEN_TO_ALL.fullmatch(value)):
        return False
    if HEXADECIMAL.fullmatch(value):
        return len(set(value)) > 8
    plain = SEPARATOR.sub("", value)
    changes = kinds_changes(plain)
    if "/" in value and not (len(value) >= 30 and changes >= len(value) // 3):
        return False
    digits = len(re.findall(r"\d", value))
    return (digits > 0 and (digits > 1 or changes >= 0.4 * len(plain)) and len(set(plain)) > 5
            and bool(re.search(r"[A-Za-z]", value)) and not (SPEAKS.search(value) and changes < len(plain) // 2)
            and (changes >= max(3, len(plain) // 4) or _letters_and_digits(plain)))


def _letters_and_digits(value: str) -> bool:
    """Letters that make no syllable, then digits: `qzxw4821`."""
    return bool(re.fullmatch(r"[b-df-hj-np-tv-xz]{3,12}\d{3,8}[!@#$%^&*]?", value))


def drawn_beside(match: re.Match[str]) -> bool:
    """A long run right behind the word for a secret."""
    return drawn(match.group("it").rstrip(".")) and named(match)


def in_quotes(match: re.Match[str]) -> bool:
    """A literal on a line that signs in, signs or opens something."""
    value = match.group("it")
    return drawn(value) and named(match) and not ALGORITHM.fullmatch(value)


def in_sentence(match: re.Match[str]) -> bool:
    """What a sentence calls a password: letters with digits, and no word with a number."""
    value = match.group("it").rstrip(".!?)")
    if LINE_BREAK.search(value):
        return False
    if (not named(match) or ALGORITHM.fullmatch(value) or PATH_OR_QUERY.search(value) or "/" in value
            or SLUGS.fullmatch(value) or OPEN_TO_ALL.fullmatch(value) or UUID_OR_DATE.fullmatch(value)):
        return False
    return (len(re.findall(r"\d", value)) >= 4 or kinds_changes(SEPARATOR.sub("", value)) >= 3
            or bool(re.search(r"[!@#$%^&*]", value))) and len(set(value)) > 4


LINE_BREAK = re.compile(r"\\[nrt](?![a-z])")
"""A break written as in a program's text: two words of two lines stand around it."""
def set_to(match: re.Match[str]) -> bool:
    """What somebody was reset to, or signs in with: small and capital letters, digits and a sign, as policies ask for."""
    value = match.group("it").rstrip(".?)")
    return all(re.search(kind, value) for kind in ("[a-z]", "[A-Z]", r"\d", "[!@#$%^&*?+_-]")) and in_sentence(match)


SLUGS = re.compile(r"(?:[a-z]+\d?[_.-])+[a-z]+\d?|(?:[a-z]+\d{0,3}_){2,9}[a-z]+\d?|[A-Z]+-?[A-Z]*\d{1,2}")
"""Names of settings, functions and products: `europe-west1_inventory`, `pkcs11_copy_x509_privkey2`, `ORB-SLAM2`."""


def by_prefix(match: re.Match[str]) -> bool:
    """A run behind a prefix that says what it is, as providers give their keys: `acme_live_…`, `svc-token-…`."""
    value = match.group("it")
    return drawn(value) and bool(re.search(r"[A-Za-z]", value)) and not base64_text(value)


def in_a_variable(match: re.Match[str]) -> bool:
    """The value of a variable in capitals, where it is a sum of no file."""
    value = match.group("it")
    return (not NO_SECRET_NAME.search(match.group()[:-len(value)]) and not BLANK.search(value) and drawn(value)
            and not base64_text(value))


NO_SECRET_NAME = re.compile(r"HASH|SHA|MD5|SUM|DIGEST|COMMIT|REV|VERSION|UUID|GUID|INTEGRITY|ETAG|PUBLIC|ADDRESS|HEX|DATA|"
                            r"IMAGE|TX|BLOCK|COLOR|MODEL")


_TOKEN = r"(?P<it>(?=[^\s\"'`“”‘’<>(){}\[\],;，。；、：|]{0,63}\d)[^\s\"'`“”‘’<>(){}\[\],;，。；、：|]{6,64})"
_PASSWORDS = by_first_letter("""
    password | passwd | passcode | passphrase | passkey | pwd | pw | login | credentials? | creds
    key content | (?:wep|wpa|network|wi-?fi|encryption|unlock|recovery|signing|secret|private|access|product|api) key
    secret | token
""")
_PASSWORDS_ZH = any_of("密码 | 密碼 | 口令 | 密钥 | 秘钥 | 令牌 | 授权码 | 凭证 | 激活码 | 序列号 | 解压码 | 登录码"
                       " | 邀请码")
_PASSWORD_WORDS = listed("pass | pwd | pw | login | cred | key | secret | token | 密 | 口令 | 令牌 | 码 | 凭证 | 序列号")
_SIGNS_IN = by_first_letter(r"""
    password | passwd | secret | token | api_?key | auth | login | credential | wi-?fi | hmac | encrypt | decrypt | fernet
    create_?hmac | create_?(?:de)?cipher(?:iv)? | jwt | wallet | signer | private_?key | sign\( | cipher | passphrase
""")
_SEGMENTS = by_first_letter("""
    sk | ak | rk | pk | api | apikey | key | tok | token | pat | secret | sec | live | prod | access | auth | srv | server
    client | admin | svc | sa | oauth | refresh | bot
""")
CHANCE = (
    Rule("KEY", re.compile(rf"(?i)(?<![A-Za-z])(?:{_SIGNS_IN})[^\n]{{0,60}}?[\"'`](?P<it>(?=[^\s\"'`]{{0,99}}\d)"
                           r"(?!(?:aes|sha|rsa|hmac|utf|base|des)[-_]?\d)[A-Za-z0-9_+/=.!@#$%^&*~-]{8,200})[\"'`]"),
         in_quotes, "\"'`", words=listed("""
        passw | secret | token | key | auth | login | credential | wifi | wi-fi | hmac | crypt | fernet | jwt | wallet | sign
        cipher | passphrase
    """)),
    Rule("KEY", re.compile(rf"(?i)(?<![A-Za-z])(?:{PROVIDERS})(?=[^\n]{{0,60}}?[\"'`](?=[^\s\"'`]{{0,99}}\d)"
                           r"(?P<it>[A-Za-z0-9_-]{20,200})[\"'`])"), in_quotes, "\"'`", run=True),
    Rule("KEY", re.compile(rf"(?<![A-Za-z])(?i:secret|token|(?:app|api|access|secret|auth)?[ _-]?key|password|pwd)"
                           rf"[^\n，。；,;A-Za-z]{{0,12}}?"
                           rf"(?:是|为|為|成|用|填|了)\s{{0,3}}[\"'“「『]?{_TOKEN}"), in_sentence, "是为為成用填了",
         words=listed("secret | token | key | password | pwd")),
    Rule("KEY", re.compile(rf"(?i)(?<![A-Za-z])(?:{_PASSWORDS}|{_PASSWORDS_ZH}|auth|api[ _-]?key|key|(?:app|api|client)"
                           rf"[ _-]?secret)"
                           r"(?:\s{0,2}[(（][^()（）\n]{1,20}[)）]\s{0,3}|\s{1,3})[\"'`“]?"
                           r"(?P<it>[A-Za-z0-9+/_=.-]{16,200})"
                           r"(?![A-Za-z0-9_+/=-])"), drawn_beside, "0123456789", words=_PASSWORD_WORDS, run=True),
    Rule("KEY", re.compile(rf"(?i)(?<![A-Za-z])(?:{_PASSWORDS})(?![A-Za-z])[^\n]{{0,40}}?"
                           rf"(?:\b(?:is|to|was|now|as|from)\b|[:=/|,]|->|→)\s{{0,3}}[\"'`“]?{_TOKEN}"), in_sentence,
         "0123456789", words=_PASSWORD_WORDS),
    Rule("KEY", re.compile(rf"(?i)(?:\b(?:vpn|router|admin|nas|server|ftp|ssh|rdp|cpanel|account|user(?:name)?|login|"
                           rf"creds|wi-?fi|wlan"
                           rf"|hotspot)\b|无线|账号|帐"
                           rf"号|后台|用户名?)"
                           rf"[^\n]{{0,24}}?(?<![\w/.])[\w.@-]{{2,40}}\s{{1,2}}/\s{{1,2}}{_TOKEN}"), in_sentence, "/",
         words=listed("wifi | wi-fi | wlan | hotspot | 无线 | vpn | router | admin | nas | server | ftp | ssh | rdp "
                      "| cpanel | account | user | login | creds | 账号 | 帐号 | 后台 "
                      "| 用户")),
    Rule("KEY", re.compile(rf"(?i)(?<![^\s\"'`“‘:：，。(（]){_TOKEN}[\"'`”’]?\s(?:is|as|was)"
                           r"(?: (?:the|my|our|your|his|her|their|a))?(?: [a-z'-]{1,12}){0,2} "
                           r"(?:password|passcode|pass|pin|pw|secret|token|key)\b"), in_sentence,
         "0123456789", words=listed("password | passcode | pass | pin | pw | secret | token | key")),
    Rule("KEY", re.compile(rf"(?i)(?:\b(?:reset|changed?|set|logs? ?in|logged in|signs? in|signed in)"
                           rf"\b[^\n.]{{0,40}}?\b(?:to|as|with|using)"
                           rf"\s{{1,2}}|(?:重置|修改|改|设置?|登[录陆])[^\n，。A-Za-z]{{0,10}}?(?:成了?|为|到|用|是)\s{{0,2}})[\"'`“「]?{_TOKEN}"),
         set_to, "0123456789", words=listed("""
        log in | login | logon | log on | sign in | account | locked out | password | user | 登录 | 登陆 | 账号 | 帐号 | 密码
    """)),
    Rule("KEY", re.compile(rf"(?:{_PASSWORDS_ZH})[^\n，。；,;]{{0,12}}?(?:是|为|為|成了?|从|用|填|了|[:：=]|->|→)\s{{0,3}}"
                           rf"[\"'“「『]?{_TOKEN}"), in_sentence, "0123456789",
         words=listed("密码 | 密碼 | 口令 | 密钥 | 秘钥 | 令牌 | 授权码 | 凭证 | 激活码 | 序列号 | 解压码 | 登录码 "
                      "| 邀请码")),
    Rule("KEY", re.compile(rf"(?:{_PASSWORDS_ZH})[^\n。；;]{{0,14}}?(?:好像|应该|可能|大概|现在|原来|以前|之前|就|一直)"
                           rf"[是叫用]\s?[\"'“「『]?{_TOKEN}"),
         in_sentence, "0123456789", words=listed("密码 | 密碼 | 口令 | 密钥 | 令牌 | 授权码")),
    Rule("KEY", re.compile(rf"(?<![A-Za-z0-9_@.-]){_TOKEN}[\"'”」]?\s?(?:就?是|为|為|作为?|当)(?:我|你|他|她|咱)?们?的?"
                           rf"[^\n，。；,;A-Za-z0-9]{{0,6}}(?:{_PASSWORDS_ZH})"), in_sentence, "0123456789",
         words=listed("密码 | 密碼 | 口令 | 密钥 | 秘钥 | 令牌 | 授权码 | 凭证")),
    Rule("KEY", re.compile(r"(?m)(?:^|(?<=[\s\"']))(?:export |set |ENV |\$env:)?[A-Z][A-Z0-9_]{1,40}\s{0,3}[:=]\s{0,3}[\"']?"
                           r"(?P<it>[A-Za-z0-9_+/=-]{20,200})[\"']?(?![^\s\"',;])"), in_a_variable, "0123456789", run=True),
    Rule("KEY", re.compile(rf"(?i)(?<![A-Za-z0-9])(?:[a-z0-9]{{1,12}}[_-]){{0,3}}(?:{_SEGMENTS})(?:[_-][a-z0-9]{{1,8}}"
                           rf"){{0,2}}"
                           r"[_-](?P<it>[A-Za-z0-9]{20,128})(?![A-Za-z0-9])"), by_prefix, "_-", run=True),
    Rule("KEY", re.compile(r"(?i)(?<![A-Za-z])(?:key_?pair|secret_?key|private_?key|wallet)[\"']?[^\n\[]{0,20}"
                           r"(?P<it>\[(?:\s{0,3}\d{1,3}\s{0,3},){31,127}\s{0,3}\d{1,3}\s{0,3}\])"), needs="[",
         words=listed("keypair | key_pair | secret | private | wallet")),
    Rule("KEY", re.compile(r"(?<![A-Za-z0-9_+/=.%&?#@~:\\-])(?P<it>[A-Za-z0-9_-]{28,200})(?![A-Za-z0-9_+/=-]|\.[A-Za-z"
                           r"0-9])"),
         drawn_alone, "0123456789", run=True),
)
"""The surest first."""
