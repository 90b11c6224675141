"""What has a form of its own: keys, mails, card, account and identity numbers, phones, addresses of machines and homes.

Each rule is a pattern for candidates and a check that sorts out what only looks like one: checksums where the number
carries one, phone plans by `phonenumbers`, and the words around it elsewhere. Patterns bound themselves with ASCII
classes, because Python counts Chinese characters as word characters.
"""

import ipaddress
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from instructwild.privacy.checksums import hong_kong_id, iban, payment_card, resident_id, taiwan_id
from instructwild.text.scripts import ANY_HAN

Found = tuple[str, int, int, str]
"""type, start, end, key."""


class Rule(NamedTuple):
    """Candidates, and whether one of them is real; group `it` is what gets masked, by default all of the match."""

    type: str
    pattern: re.Pattern[str]
    check: Callable[[re.Match[str]], bool] = lambda match: True
    needs: str = ""
    """Without one of these characters in the text the rule cannot match: a quick way past the pattern."""
    words: tuple[str, ...] = ()
    """Nor without one of these words, in small letters."""


def found(text: str) -> Iterator[Found]:
    """Everything the rules find, rule by rule, the surest first."""
    present, folded = set(text), text.casefold()
    for rule in RULES:
        if (rule.needs and present.isdisjoint(rule.needs)) or (rule.words and not holds(folded, rule.words)):
            continue
        for match in rule.pattern.finditer(text):
            if rule.check(match):
                group = "it" if "it" in rule.pattern.groupindex else 0
                yield rule.type, match.start(group), match.end(group), _key(rule.type, match.group(group))


def holds(folded: str, words: tuple[str, ...]) -> bool:
    """Whether one of the words stands anywhere in the text, both in small letters."""
    return any(word in folded for word in words)


def _key(type_: str, value: str) -> str:
    """What makes two spellings the same: a number without its spaces, and a Chinese phone with or without +86."""
    if type_ not in ("PHONE", "CARD", "ID", "ACCOUNT"):
        return value.casefold()
    plain = re.sub(r"[^0-9A-Za-z]", "", value).upper()
    if type_ == "PHONE" and value.startswith(("+", "00")):
        return re.sub(r"^(?:00)?(?:86(?=1\d{10}$)|1(?=\d{10}$))", "", plain)
    return plain


def _whole(check: Callable[[str], bool]) -> Callable[[re.Match[str]], bool]:
    return lambda match: check(match.group())


def _before(match: re.Match[str], length: int) -> str:
    return match.string[max(0, match.start() - length):match.start()]


def _social_security(match: re.Match[str]) -> bool:
    area, group, serial = match.group().split("-")
    return area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"


def _phone(region: str | None) -> Callable[[re.Match[str]], bool]:
    def check(match: re.Match[str]) -> bool:
        import phonenumbers

        value, after = match.group(), match.string[match.end():match.end() + 3]
        if re.search(r"[=*/^$€£¥￥×÷<>≈][ (]*$", _before(match, 4)) or re.match(r"\s?[*/^=×÷%]|\s?[元块个条年]", after):
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
    """A public address of a machine; versions and section numbers look like one, private networks tell nothing."""
    value = match.group()
    if VERSION.search(_before(match, 12)):
        return False
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        octets = [int(part) for part in value.split(".")]
        ours = any(address in network for network in OWN_NETWORKS)
        return not (ours or max(octets) < 20 or octets[0] in (0, 255) or value in PUBLIC_RESOLVERS)
    return not (address.is_loopback or address.is_unspecified or address.is_link_local) and value.count(":") >= 3


VERSION = re.compile(r"(?:version|ver\.?|v|build|release|firmware|版本|section|chapter|§|[=><~]=|节|章|第)\s*[:：=]?\s*$",
                     re.IGNORECASE)
PUBLIC_RESOLVERS = ("8.8.8.8", "8.8.4.4", "9.9.9.9", "114.114.114.114", "223.5.5.5")
OWN_NETWORKS = tuple(map(ipaddress.ip_network, ("10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
                                                "192.168.0.0/16", "224.0.0.0/4")))


def _mail(match: re.Match[str]) -> bool:
    local, _, domain = match.group().rpartition("@")
    return local != "git" and domain.rpartition(".")[2].lower() not in FILE_ENDINGS


FILE_ENDINGS = {"png", "jpg", "jpeg", "gif", "svg", "webp", "js", "ts", "css", "json", "py", "html"}


def _secret(match: re.Match[str]) -> bool:
    """A value after `password:` and its like: not a blank to fill in, a call or a plain word."""
    value = match.group("it")
    return not BLANK.search(value) and bool(re.search(r"\d", value) and re.search(r"[A-Za-z]", value))


BLANK = re.compile(r"your|xxx|\*\*\*|\.\.\.|example|[<>({\[]|^\$|changeme|getenv|environ|^(?:os|process|config|self)\.",
                   re.IGNORECASE)


def _address(match: re.Match[str]) -> bool:
    return not FAMOUS.match(match.group())


FAMOUS = re.compile(r"(?:10 Downing|221B? Baker|1600 Pennsylvania|4 Privet|742 Evergreen|42 Wallaby|1 Infinite)")

N, E = r"(?<![0-9A-Za-z_.\-/#])", r"(?![0-9A-Za-z_])"
DIGITS = "0123456789"
HAN = ANY_HAN
PLACE = rf"(?![到在是住于寄送址为从去来请把给]){HAN}"
"""A character of a place's name, and none of the words that lead up to one."""
TOKENS = (
    r"sk-(?:ant-|proj-|or-v1-)?[A-Za-z0-9_-]{20,}", r"gh[pousr]_[A-Za-z0-9]{30,}", r"github_pat_[A-Za-z0-9_]{22,}",
    r"glpat-[A-Za-z0-9_-]{20,}", r"xox[abprs]-[A-Za-z0-9-]{10,}", r"AKIA[0-9A-Z]{16}", r"AIza[0-9A-Za-z_-]{35}",
    r"hf_[A-Za-z0-9]{30,}", r"npm_[A-Za-z0-9]{36}", r"pypi-[A-Za-z0-9_-]{50,}", r"LTAI[A-Za-z0-9]{12,}",
    r"AKID[A-Za-z0-9]{13,}", r"SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}", r"[sr]k_(?:live|test)_[A-Za-z0-9]{16,}",
    r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}", r"\d{8,10}:AA[A-Za-z0-9_-]{30,}")
SECRET_WORDS = (
    r"api[_ -]?key|secret(?:[_ -]?key)?|access[_ -]?token|auth[_ -]?token|passw(?:or)?d|passwd|pwd|密码|口令|密钥")
STREETS = (r"Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Way|Place|Pl|Terrace|Parkway|Pkwy|"
           r"Highway|Hwy|Crescent|Close")

KEYS = (
    Rule("KEY", re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)),
    Rule("KEY", re.compile(rf"(?<![A-Za-z0-9_-])(?:{'|'.join(TOKENS)})")),
    Rule("KEY", re.compile(r"(?<=/api/webhooks/)\d+/[A-Za-z0-9_-]{20,}"), needs="/"),
    Rule("KEY", re.compile(r"(?<=hooks\.slack\.com/services/)[A-Za-z0-9/]{20,}"), needs="/"),
    Rule("KEY", re.compile(r"(?i)\bbearer\s+(?P<it>[A-Za-z0-9._~+/-]{20,}=*)"), words=("bearer",)),
    Rule("KEY", re.compile(rf"(?i)(?:{SECRET_WORDS})[\"']?\s*(?:is|[:：=是为])\s*[\"'`]?(?P<it>[^\s\"'`,;，。；]{{6,}})"),
         _secret, DIGITS, ("key", "secret", "token", "pass", "pwd", "密码", "口令", "密钥")),
    Rule("KEY", re.compile(r"(?<=://)[^\s/:@]+:[^\s/@]+(?=@)"), needs="@"),
)
MAILS = (
    Rule("EMAIL", re.compile(r"(?<![A-Za-z0-9._%+@-])[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,24}"
                             r"(?![A-Za-z0-9-]|\.[A-Za-z])"), _mail, "@"),
    Rule("EMAIL", re.compile(r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}\s?[\[(]\s?(?:at|AT|艾特)\s?[\])]\s?"
                             r"[A-Za-z0-9-]+(?:\s?[\[(]\s?(?:dot|DOT|点)\s?[\])]\s?|\.)[A-Za-z]{2,24}"), needs="[("),
)
NUMBERS = (
    Rule("ID", re.compile(N + r"[1-9]\d{5}(?:19|20)\d{9}[\dXx]" + E), _whole(resident_id), DIGITS),
    Rule("ID", re.compile(N + r"[A-Z][12]\d{8}" + E), _whole(taiwan_id), DIGITS),
    Rule("ID", re.compile(N + r"[A-Z]{1,2}\d{6}\([0-9A]\)"), _whole(hong_kong_id), "("),
    Rule("ID", re.compile(N + r"\d{3}-\d{2}-\d{4}(?![\d-])"), _social_security, "-"),
    Rule("ID", re.compile(r"(?i)(?:passport(?: (?:no\.?|number))?|护照(?:号码?)?)\s*(?:is|[:：是为#])?\s*"
                          r"(?P<it>[A-Z]{1,2}\d{7,8})" + E), needs=DIGITS),
    Rule("ID", re.compile(r"身份证(?:号码?)?\s*[:：是为]?\s*(?P<it>\d{15}|\d{17}[\dXx])(?!\d)"), needs="证"),
    Rule("CARD", re.compile(N + r"\d(?:[ -]?\d){12,18}" + E), _whole(payment_card), DIGITS),
    Rule("ACCOUNT", re.compile(N + r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?" + E), _whole(iban), DIGITS),
    Rule("ACCOUNT", re.compile(r"(?:银行卡号?|账号|卡号|account (?:no\.?|number))\s*(?:is|[:：是为])?\s*"
                               r"(?P<it>\d(?:[ -]?\d){11,18})(?!\d)", re.IGNORECASE), needs=DIGITS),
)
PHONES = (
    Rule("PHONE", re.compile(r"(?<![0-9A-Za-z_.\-/#+])(?:\+|00)[1-9](?:[ ().-]{0,2}\d){6,14}(?![\d.-]*\d)"),
         _phone(None), "+0"),
    Rule("PHONE", re.compile(N + r"1[3-9]\d([ -]?)\d{4}\1\d{4}(?![0-9A-Za-z_]|[.-]\d)"), _phone("CN"), "1"),
    Rule("PHONE", re.compile(N + r"\(?0(?:10|2\d|[3-9]\d{2})[)-] ?\d{7,8}(?![\d-])"), _phone("CN"), "0"),
    Rule("PHONE", re.compile(r"(?<![0-9A-Za-z_.\-/#(])(?:1[ .-])?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[ .-])[2-9]\d{2}"
                             r"[ .-]\d{4}(?![0-9A-Za-z_]|[.-]\d)"), _phone("US"), DIGITS),
    Rule("PHONE", re.compile(r"(?i)(?:phone|\btel|\bcall|\btext|whatsapp|mobile|电话|手机)(?:号码?)?(?: me)?"
                             r"(?: at| on| number)?\s*(?:is|[:：是])?\s*"
                             r"(?P<it>\(?\d(?:[ ().-]{0,2}\d){6,13})(?![\d.]|\s?[元块%])"), needs=DIGITS,
         words=("phone", "tel", "call", "text", "whatsapp", "mobile", "电话", "手机")),
)
PLACES = (
    Rule("IP", re.compile(r"(?<![0-9A-Za-z_.\-])(?:\d{1,3}\.){3}\d{1,3}(?![0-9A-Za-z_]|\.\d|-)"), _internet, "."),
    Rule("IP", re.compile(r"(?<![0-9A-Za-z_:.])(?:[0-9a-fA-F]{0,4}:){3,7}[0-9a-fA-F]{1,4}(?![0-9A-Za-z_:])"),
         _internet, ":"),
    Rule("ADDRESS", re.compile(
        r"(?<![0-9A-Za-z$#.])\d{1,5}[A-Z]?,? (?:[NSEW]\.? |North |South |East |West )?(?:[A-Z0-9][a-z0-9']+ ){1,3}"
        rf"(?:{STREETS})\b\.?(?:,? (?:Apt|Apartment|Suite|Unit|Flat|#)\.? ?[0-9A-Z-]+)?(?:, [A-Z][a-z]+(?: [A-Z][a-z]+)?)?"
        r"(?:,? [A-Z]{2}\b)?(?: \d{5}(?:-\d{4})?)?"), _address, DIGITS),
    Rule("ADDRESS", re.compile(
        rf"(?:(?:{PLACE}){{2,8}}(?:省|自治区))?(?:(?:{PLACE}){{2,6}}市)?(?:(?:{PLACE}){{1,6}}[区县])?"
        rf"(?:{PLACE}){{1,8}}?(?:路|街|大道|巷|弄|胡同)\s?\d{{1,5}}(?:弄\s?\d{{1,4}})?\s?号(?!线|楼梯)"
        rf"(?:{HAN}{{0,8}}?\d{{1,4}}(?:号楼|栋|幢|座|单元|室|层|楼))*(?:\d{{1,5}}室?)?"), needs="号"),
    Rule("ADDRESS", re.compile(
        rf"(?:{PLACE}){{2,10}}(?:小区|花园|公寓|家园)\s?\d{{1,4}}(?:号楼|栋|幢)(?:\d{{1,3}}单元)?(?:\d{{1,5}}室?)?"),
        needs="楼栋幢"),
)
RULES = (*KEYS, *MAILS, *NUMBERS, *PHONES, *PLACES)
