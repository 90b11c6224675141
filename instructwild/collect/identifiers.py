"""What has a form of its own: keys, mails, card, account and identity numbers, phones, addresses of machines and homes.

Each rule is a pattern for candidates and a check that sorts out what only looks like one: checksums where the number
carries one, phone plans by `phonenumbers`, and the words around it elsewhere. Patterns bound themselves with ASCII
classes, because Python counts Chinese characters as word characters.
"""

import ipaddress
import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import NamedTuple

Found = tuple[str, int, int, str]
"""type, start, end, key."""


class Rule(NamedTuple):
    """Candidates, and whether one of them is real; group `it` is what gets masked, by default all of the match."""

    type: str
    pattern: re.Pattern[str]
    check: Callable[[re.Match[str]], bool] = lambda match: True
    hint: re.Pattern[str] | None = None
    """Without this somewhere in the text the rule cannot match: a quick way past the pattern."""


def found(text: str) -> Iterator[Found]:
    """Everything the rules find, rule by rule, the surest first."""
    for rule in RULES:
        if rule.hint is not None and not rule.hint.search(text):
            continue
        for match in rule.pattern.finditer(text):
            if rule.check(match):
                group = "it" if "it" in rule.pattern.groupindex and match.group("it") else 0
                yield rule.type, match.start(group), match.end(group), _key(rule.type, match.group(group))


def _key(type_: str, value: str) -> str:
    if type_ in ("PHONE", "CARD", "ID"):
        return re.sub(r"[^0-9A-Za-z]", "", value).removeprefix("0086" if value.startswith("00") else "86"
                                                               if value.startswith("+") else "").upper()
    return value.casefold()


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
    total = sum(int(digit) * (2 ** (17 - place) % 11) for place, digit in enumerate(number[:17]))
    return 1900 <= born.year <= date.today().year and "10X98765432"[total % 11] == number[17].upper()


def taiwan_id(number: str) -> bool:
    """Whether a letter and nine digits are a Taiwanese identity number, by its check digit."""
    place = "ABCDEFGHJKLMNPQRSTUVXYWZIO".index(number[0].upper()) + 10
    digits = [place // 10, place % 10, *map(int, number[1:])]
    return sum(d * w for d, w in zip(digits, (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1), strict=True)) % 10 == 0


def hong_kong_id(number: str) -> bool:
    """Whether one or two letters, six digits and a check are a Hong Kong identity number."""
    plain = re.sub(r"[^0-9A-Z]", "", number.upper()).rjust(9)
    values = [36 if c == " " else ord(c) - 55 if c.isalpha() else int(c) for c in plain[:8]]
    check = (11 - sum(v * w for v, w in zip(values, range(9, 1, -1), strict=True)) % 11) % 11
    return "0123456789A"[check] == plain[8]


def iban(number: str) -> bool:
    """Whether an account number passes the check of ISO 13616 (modulo 97)."""
    plain = re.sub(r"\s", "", number).upper()
    return 15 <= len(plain) <= 34 and int("".join(str(int(c, 36)) for c in plain[4:] + plain[:4])) % 97 == 1


CARD_LENGTHS = ((r"4", (13, 16, 19)), (r"5[1-5]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)", (16,)), (r"3[47]", (15,)),
                (r"62|81", (16, 17, 18, 19)), (r"6011|64[4-9]|65", (16, 19)), (r"35(?:2[89]|[3-8])", (16,)),
                (r"30[0-5]|36|3[89]", (14,)))


def payment_card(number: str) -> bool:
    """Whether digits are a card of a known scheme: its first digits, its length, and the Luhn check."""
    digits = re.sub(r"\D", "", number)
    known = any(re.match(prefix, digits) and len(digits) in lengths for prefix, lengths in CARD_LENGTHS)
    return known and len(set(digits)) > 2 and luhn(digits)


def _social_security(match: re.Match[str]) -> bool:
    area, group, serial = match.group("it").split("-")
    return area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"


def _phone(region: str | None) -> Callable[[re.Match[str]], bool]:
    def check(match: re.Match[str]) -> bool:
        import phonenumbers

        before, value, after = _around(match, 6), match.group(), match.string[match.end():match.end() + 2]
        if re.search(r"[=*/^$€£¥￥×÷<>]\s*$", before) or re.match(r"\s?[*/^=×÷元块]", after):
            return False
        digits = re.sub(r"\D", "", value)
        if len(set(digits)) <= 2 or re.search(r"0{6,}$", digits):
            return False
        try:
            number = phonenumbers.parse("+" + value[2:] if value.startswith("00") else value, region)
        except phonenumbers.NumberParseException:
            return False
        return phonenumbers.is_valid_number(number) or (region is None and phonenumbers.is_possible_number(number))

    return check


def _internet(match: re.Match[str]) -> bool:
    value = match.group()
    if re.search(r"(?:version|ver\.?|v|build|release|版本|section|chapter|§|==|>=|<=|~=|节|章)\s*[:：=]?\s*$",
                 _around(match, 12), re.IGNORECASE):
        return False
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        octets = [int(part) for part in value.split(".")]
        if max(octets) < 10 or octets[0] in (0, 255) or value in ("8.8.8.8", "8.8.4.4", "114.114.114.114"):
            return False
        return not any(address in network for network in OWN_NETWORKS)
    return not (address.is_loopback or address.is_unspecified or address.is_link_local) and value.count(":") >= 3


OWN_NETWORKS = tuple(map(ipaddress.ip_network, ("10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
                                                "192.168.0.0/16", "224.0.0.0/4")))


def _around(match: re.Match[str], length: int) -> str:
    return match.string[max(0, match.start() - length):match.start()]


def _mail(match: re.Match[str]) -> bool:
    local, _, domain = match.group().rpartition("@")
    return local != "git" and domain.rpartition(".")[2].lower() not in FILE_ENDINGS


FILE_ENDINGS = {"png", "jpg", "jpeg", "gif", "svg", "webp", "js", "ts", "css", "json", "py", "html"}


def _secret(match: re.Match[str]) -> bool:
    """A value after `password:` and its like: not a placeholder, a call or a plain word."""
    value = match.group("it")
    if re.search(r"your|xxx|\*\*\*|\.\.\.|example|<|>|\(|\{|^\$|changeme|getenv|environ|^(?:os|process|"
        r"config)\.", value,
                 re.IGNORECASE):
        return False
    return bool(re.search(r"\d", value) and re.search(r"[A-Za-z]", value))


def _address(match: re.Match[str]) -> bool:
    return not re.match(r"(?:10 Downing|221B? Baker|1600 Pennsylvania|4 Privet|742 Evergreen)", match.group())


_N, _E = r"(?<![0-9A-Za-z_.\-/#])", r"(?![0-9A-Za-z_])"
STREETS = (r"Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Way|Place|Pl|Terrace|Parkway|Pkwy|"
           r"Highway|Hwy|Crescent|Close")

RULES = (
    Rule("KEY", re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)),
    Rule("KEY", re.compile(
        r"(?<![A-Za-z0-9_-])(?:sk-(?:ant-|proj-|or-v1-)?[A-Za-z0-9_-]{20,}|gh[pousr]_[A-Za-z0-9]{30,}"
        r"|github_pat_[A-Za-z0-9_]{22,}|glpat-[A-Za-z0-9_-]{20,}|xox[abprs]-[A-Za-z0-9-]{10,}|AKIA[0-9A-Z]{16}"
        r"|AIza[0-9A-Za-z_-]{35}|hf_[A-Za-z0-9]{30,}|npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_-]{50,}|LTAI[A-Za-z0-9]{12,}"
        r"|AKID[A-Za-z0-9]{13,}|SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}|[sr]k_(?:live|test)_[A-Za-z0-9]{16,}"
        r"|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}|\d{8,10}:AA[A-Za-z0-9_-]{30,})")),
    Rule("KEY", re.compile(r"(?<=/api/webhooks/)\d+/[A-Za-z0-9_-]{20,}|"
        r"(?<=hooks\.slack\.com/services/)[A-Za-z0-9/]{20,}")),
    Rule("KEY", re.compile(r"(?i)\bbearer\s+(?P<it>[A-Za-z0-9._~+/-]{20,}=*)")),
    Rule("KEY", re.compile(
        r"(?i)(?:api[_ -]?key|secret(?:[_ -]?key)?|access[_ -]?token|auth[_ -]?token|passw(?:or)?d|passwd|pwd|"
        r"密码|口令|密钥)"
        r"[\"']?\s*(?:is|[:：=是为])\s*[\"'`]?(?P<it>[^\s\"'`,;，。；]{6,})"), _secret),
    Rule("KEY", re.compile(r"(?<=://)[^\s/:@]+:[^\s/@]+(?=@)")),
    Rule("EMAIL", re.compile(r"(?<![A-Za-z0-9._%+@-])[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,24}"
                             r"(?![A-Za-z0-9-]|\.[A-Za-z])"), _mail, re.compile("@")),
    Rule("EMAIL", re.compile(r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}\s?[\[(]\s?(?:at|AT|"
        r"艾特)\s?[\])]\s?[A-Za-z0-9-]+"
                             r"(?:\s?[\[(]\s?(?:dot|DOT|点)\s?[\])]\s?|\.)[A-Za-z]{2,24}")),
    Rule("ID", re.compile(_N + r"[1-9]\d{5}(?:19|20)\d{9}[\dXx]" + _E), lambda match: resident_id(match.group())),
    Rule("ID", re.compile(_N + r"[A-Z][12]\d{8}" + _E), lambda match: taiwan_id(match.group())),
    Rule("ID", re.compile(_N + r"[A-Z]{1,2}\d{6}\([0-9A]\)"), lambda match: hong_kong_id(match.group())),
    Rule("ID", re.compile(_N + r"(?P<it>\d{3}-\d{2}-\d{4})(?![\d-])"), _social_security),
    Rule("ID", re.compile(r"(?i)(?:passport(?: (?:no\.?|number))?|护照(?:号码?)?)\s*(?:is|"
        r"[:：是为#])?\s*(?P<it>[A-Z]{1,2}\d{7,8})"
                          + _E)),
    Rule("ID", re.compile(r"身份证(?:号码?)?\s*[:：是为]?\s*(?P<it>\d{15}|\d{17}[\dXx])(?!\d)")),
    Rule("CARD", re.compile(_N + r"\d(?:[ -]?\d){12,18}" + _E), lambda match: payment_card(match.group())),
    Rule("ACCOUNT", re.compile(_N + r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?" + _E),
         lambda match: iban(match.group())),
    Rule("PHONE", re.compile(r"(?<![0-9A-Za-z_.\-/#+])(?:\+|"
        r"00)[1-9](?:[ ().-]{0,2}\d){6,14}(?![\d.-]*\d)"), _phone(None)),
    Rule("PHONE", re.compile(_N + r"1[3-9]\d([ -]?)\d{4}\1\d{4}(?![0-9A-Za-z_]|[.-]\d)"), _phone("CN")),
    Rule("PHONE", re.compile(_N + r"\(?0(?:10|2\d|[3-9]\d{2})[)-] ?\d{7,8}(?![\d-])"), _phone("CN")),
    Rule("PHONE", re.compile(r"(?<![0-9A-Za-z_.\-/#(])(?:1[ .-])?(?:\([2-9]\d{2}\) ?|"
        r"[2-9]\d{2}[ .-])[2-9]\d{2}[ .-]\d{4}"
                             r"(?![0-9A-Za-z_]|[.-]\d)"), _phone("US")),
    Rule("PHONE", re.compile(r"(?i)(?:phone|tel|call|text|whatsapp|mobile|电话|手机)(?: me)?(?: at| on|"
        r" number)?\s*(?:is|[:：是])?\s*"
                             r"(?P<it>\(?\d(?:[ ().-]{0,2}\d){6,13})(?!\d)")),
    Rule("IP", re.compile(r"(?<![0-9A-Za-z_.\-])(?:\d{1,3}\.){3}\d{1,3}(?![0-9A-Za-z_]|\.\d|-)"), _internet),
    Rule("IP", re.compile(r"(?<![0-9A-Za-z_:.])(?:[0-9a-fA-F]{0,4}:){3,7}[0-9a-fA-F]{1,4}(?![0-9A-Za-z_:])"), _internet),
    Rule("ADDRESS", re.compile(
        rf"(?<![0-9A-Za-z$#.])\d{{1,5}}[A-Z]?,? (?:[NSEW]\.? |North |South |East |"
        rf"West )?(?:[A-Z0-9][a-z0-9']+ ){{1,3}}(?:{STREETS})\b"
        r"\.?(?:,? (?:Apt|Apartment|Suite|Unit|Flat|#)\.? ?[0-9A-Z-]+)?(?:,? [A-Z][a-z]+(?: [A-Z][a-z]+)?)?"
        r"(?:,? [A-Z]{2})?(?: \d{5}(?:-\d{4})?)?"), _address),
    Rule("ADDRESS", re.compile(
        r"(?:[\u4e00-\u9fff]{2,8}(?:省|自治区))?(?:[\u4e00-\u9fff]{2,6}市)?(?:[\u4e00-\u9fff]{1,6}[区县])?"
        r"(?:(?!住在|位于|地址|寄到|送到|家在)[\u4e00-\u9fff]){1,8}?(?:路|街|大道|巷|弄|"
        r"胡同)\s?\d{1,5}(?:弄\s?\d{1,4})?\s?号"
        r"(?:[\u4e00-\u9fff]{0,8}?\d{1,4}(?:号楼|栋|幢|座|单元|室|层|楼))*(?:\d{1,5}室?)?"), hint=re.compile("号")),
    Rule("ADDRESS", re.compile(r"[\u4e00-\u9fff]{2,10}(?:小区|花园|公寓|家园)\s?\d{1,4}(?:号楼|栋|"
        r"幢)(?:\d{1,3}单元)?(?:\d{1,5}室?)?")),
)
