"""What has a form of its own: mails, card, account and identity numbers, phones, addresses of machines and homes.

Each rule is a pattern for candidates and a check that sorts out what only looks like one: checksums where the number
carries one, phone plans by `phonenumbers`, and the words around it elsewhere. Patterns bound themselves with ASCII
classes, because Python counts Chinese characters as word characters.
"""

import ipaddress
import re
from collections.abc import Callable, Iterator

from instructwild.privacy.checksums import hong_kong_id, iban, payment_card, resident_id, taiwan_id
from instructwild.privacy.rule import Match, Rule, holds
from instructwild.privacy.secrets import DIGITS, SECRETS
from instructwild.text.scripts import ANY_HAN


def identifiers(text: str, code: bytearray) -> Iterator[Match]:
    """Everything the rules see, rule by rule, the surest first.

    Args:
        text: in its normal form.
        code: 1 where a character is code.
    """
    present, folded = set(text), text.casefold()
    for rule in RULES:
        if (rule.needs and present.isdisjoint(rule.needs)) or (rule.words and not holds(folded, rule.words)):
            continue
        group = "it" if "it" in rule.pattern.groupindex else 0
        for match in rule.pattern.finditer(text):
            if not (rule.spares_code and code[match.start()]) and rule.check(match):
                yield rule.type, match.start(group), match.end(group), _key(rule.type, match.group(group))


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


def _resident(match: re.Match[str]) -> bool:
    return resident_id(re.sub(r"[ -]", "", match.group()))


def _phone_is_meant(match: re.Match[str]) -> bool:
    """Whether the words before digits in other dress speak of a phone."""
    return bool(CALLED.search(_before(match, 40))) and len(set(re.findall(r"\w+", match.group().lower()))) > 2


CALLED = re.compile(r"phone|\btel\b|\bcall|\btext\b|whatsapp|mobile|number|reach me|\bcell|contact|电话|手机|號碼|号码|"
                    r"联系|微信|打|致电"
        r"|電話|手機",
                    re.IGNORECASE)
_SPOKEN = r"(?:zero|oh|one|two|three|four|five|six|seven|eight|nine)"


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
        if STOCK_NUMBER.search(digits) or len(set(digits)) <= 2 or re.search(r"0{6,}$", digits):
            return False
        try:
            number = phonenumbers.parse("+" + value[2:] if value.startswith("00") else value, region)
        except phonenumbers.NumberParseException:
            return False
        return phonenumbers.is_valid_number(number) or (region is None and phonenumbers.is_possible_number(number))

    return check


STOCK_NUMBER = re.compile(r"\A1?(?:\d{3})?(?:456789\d|1234567|5555555|5551234)\Z|\A(?:852)?12345678\Z")
IN_ORDER = re.compile(r"\A(?:[01]?1?23456789?(?:[01]1?|\Z)|1?9876543210?|1234567)\Z")
"""Numbers of every example, and digits in their order: 123-456-7890."""


def _called_phone(match: re.Match[str]) -> bool:
    """A number that the word before it calls a phone's, unless it stands for any."""
    digits = re.sub(r"\D", "", match.group("it"))
    return not IN_ORDER.search(digits) and len(set(digits)) > 2


def _north_american(match: re.Match[str]) -> bool:
    """A number of ten digits in blanks only may be one of a row of hundreds: `700 800 900 1000`."""
    if " " in match.group() and not re.search(r"[().-]", match.group()) and re.search(r"\d\)?[ ,]\Z", _before(match, 3)):
        return False
    return _phone("US")(match)


def _internet(match: re.Match[str]) -> bool:
    """A public address of a machine; versions and section numbers look like one, private networks tell nothing."""
    value = match.group()
    if VERSION.search(_before(match, 16)):
        return False
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        octets = [int(part) for part in value.split(".")]
        ours = any(address in network for network in OWN_NETWORKS)
        if octets[3] in (0, 255) or SUBNET.search(match.string[match.end():match.end() + 4]):
            return False
        stock = value in PUBLIC_RESOLVERS or value.startswith("123.45.67.")
        return not (ours or max(octets) < 20 or octets[0] in (0, 255) or stock)
    return not (address.is_loopback or address.is_unspecified or address.is_link_local) and value.count(":") >= 3


SUBNET = re.compile(r"\A/\d")
VERSION = re.compile(r"(?:versions?(?: is| of)?|ver\.?|v|build|release|firmware|版本|section|chapter|§|[=><~]=|节|章|第)"
                     r"\s*[:：=]?\s*$", re.IGNORECASE)
PUBLIC_RESOLVERS = ("8.8.8.8", "8.8.4.4", "9.9.9.9", "114.114.114.114", "223.5.5.5")
OWN_NETWORKS = tuple(map(ipaddress.ip_network, ("10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
                                                "192.168.0.0/16", "224.0.0.0/4")))


def _mail(match: re.Match[str]) -> bool:
    local, _, domain = match.group().rpartition("@")
    after = match.string[match.end():match.end() + 1]
    top = domain.rpartition(".")[2]
    if (top[:1].isupper() and not domain.isupper() and domain[:1].islower()) or re.match(r"v\d", domain):
        return False  # the end of a sentence, or a version: `actions/cache@v3.When`
    return (local != "git" and top.lower() not in FILE_ENDINGS and after not in ("(", "$") and len(domain) > 4
            and not STOCK_DOMAIN.fullmatch(domain) and not STOCK_LOCAL.fullmatch(local))


def _mailbox(match: re.Match[str]) -> bool:
    """A mailbox at a provider for everybody: `jane.doe` may be somebody there, `user` is nobody.

    Gmail gives no name below six characters (Google Account Help, "Create a username").
    """
    local, _, domain = match.group().rpartition("@")
    if domain.lower() == "gmail.com" and len(local.partition("+")[0].replace(".", "")) < 6:
        return False
    return bool(re.match(r"(?i)j(?:ohn|ane|on)?[._-]?(?:doe|smith)", local)) or _mail(match)


STOCK_DOMAIN = re.compile(r"(?i)(?:[a-z0-9-]+\.)*(?:example\d?|email|e-?mail|domain|your-?domain|my-?domain|your-?company"
        r"|company|test|"
                          r"abc|xyz|foo|bar|site|website|placeholder|acme|abccompany|xyzcompany|sample)\.(?:com|org|net|c"
                          r"n|io|co|edu)")
STOCK_LOCAL = re.compile(r"(?i)(?:john|jane|jon)?[._-]?(?:doe|smith)?\d{0,3}|j\.?doe|j\.?smith|user(?:name)?\d{0,3}|test("
        r"?:er|user|mail)?"
                         r"\d{0,3}|example\d{0,3}|you|(?:your|some|my|an?[._-])(?:[._-]?(?:own|user|name|e-?mail|address|id|account|sender|gmail))*|e?mail|name|some(?:one"
                         r"|body|name|thing)|"
                         r"foo|bar|abc\d{0,3}|xyz|xxx+|alice|bob|carol|charlie|dave|recipient|sender|from|to|(?:do-?not|no)[._-]?reply|"
                         r"alerts?|notifications?|mailer-daemon|postmaster|first(?:name)?[._]las"
                         r"t(?:name)?")
"""Mailboxes that stand for any: the reserved domains, and the names of every example."""


def _spelled(match: re.Match[str]) -> bool:
    """An address spelled out; between plain words `at` also means a place: `look at example dot com` names no mailbox."""
    value = match.group()
    if "://" in match.string[max(0, match.start() - 8):match.start()]:
        return False
    plain = re.search(r"(?i)\sat\s", value)
    if plain is None:
        return True
    return bool(re.search(r"(?i)\sdot\s|\s点\s", value)) and not NOT_A_NAME.fullmatch(value[:plain.start()])


NOT_A_NAME = re.compile(r"(?i)look|site|page|available|found|us|me|it|them|more|online|is|be|visit|website|or|and|here|li"
        r"ve|hosted|in|"
                        r"server|host|domain|running|up|me\.|go|read|blog")


FILE_ENDINGS = {"png", "jpg", "jpeg", "gif", "svg", "webp", "js", "ts", "css", "json", "py", "html"}


def _home(match: re.Match[str]) -> bool:
    """A home folder of somebody, and of no example or system account."""
    return not ANYBODY.fullmatch(match.group("it"))


ANYBODY = re.compile(
    r"(?i)<?\[?\{?(?:your|my|the)?[_-]?(?:user(?:_?name)?|name|account|home|folder|path|dir|project|login)\d*\]?>?\}?|you"
    r"|me|ubuntu|"
    r"admin(?:istrator)?|root|public|default|shared|runner|vagrant|pi|ec2-user|hadoop|jovyan|foo|bar|baz|alice|bob|john|j"
    r"ane|"
    r"john_?doe|jdoe|jane_?doe|test|tester|dev|developer|app|node|git|www|www-data|ftp|guest|student|linuxbrew|docker|vsc"
    r"ode|postgres|"
    r"mac-?book(?:-?(?:air|pro))?|i?mac|lenovo|dell|hp|asus|acer|toshiba|samsung|windows|pc|(?:my|home)-?pc|laptop|desktop|"
    r"documents|downloads|computer|owner|vsts|vscode|appveyor|gitlab-runner|builder|build|ci|"
    r"centos|debian|opc|azureuser|circleci|travis|jenkins|deploy|work|web|site|data|pages?|index|about|contact|products?|"
    r"news|"
    r"\.+|%\w+%?|example|someone|somebody|xxx+|abc")


def _address(match: re.Match[str]) -> bool:
    value = match.group()
    return not FAMOUS.match(value) and not (A_YEAR.match(value) and "," not in value) and not NO_STREET.match(value)


A_YEAR = re.compile(r"(?:19|20)\d\d ")
NO_STREET = re.compile(r"\d+ (?:\w+ )?(?:Supreme|District|High|Superior|Federal|Crown|Milky|Feet|Foot) (?:Court|Way|Road)\b")
"""A court, a galaxy, and a road of so many feet."""


FAMOUS = re.compile(r"(?:(?:12|123|1234|12345|23456|45|456|67|789|101|321) |\d+ (?:Main|Elm|Oak|Maple|Any|Fake|Example) |"
        r"(?:19|20)\d\d, |10 Downing|221B? Baker|1600 Pennsylvania|4 Privet|742 Evergreen|42 Wallaby|1 Infinite)")

N, E = r"(?<![0-9A-Za-z_.\-/#])", r"(?![0-9A-Za-z_])"
HAN = ANY_HAN
PLACE = rf"(?![到在是住于寄送址为从去来请把给]){HAN}"
"""A character of a place's name, and none of the words that lead up to one."""
STREETS = (r"Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Way|Place|Pl|Terrace|Parkway|Pkwy|"
           r"Highway|Hwy|Crescent|Close")

MAILBOXES = (r"gmail|googlemail|outlook|hotmail|live|msn|yahoo|icloud|me|proton|protonmail|aol|gmx|qq|foxmail|163|126|yea"
        r"h|sina|sohu|"
             r"139|189|aliyun|tom|21cn|mail|zoho|yandex")
TOP = (r"com|net|org|edu|gov|io|cn|tw|hk|de|uk|fr|jp|kr|ru|nl|ch|at|au|ca|eu|us|info|dev|app|ai|co|xyz|example|test|email"
       r"|biz")
_AT = r"(?:\s?[\[({<]\s?(?:at|艾特|@)\s?[\])}>]\s?|\s?(?:艾特|#艾特#|\(at\))\s?|&#(?:64|x40);|%40|\sat\s)"
_DOT = r"(?:\s?[\[({<]\s?(?:dot|点|\.)\s?[\])}>]\s?|\s(?:dot|点)\s|点|\.|&#46;|%2[eE])"
MAILS = (
    Rule("EMAIL", re.compile(rf"(?i)(?<![A-Za-z0-9._%+@-])[A-Za-z0-9._+-]{{1,64}}@(?:vip\.)?(?:{MAILBOXES})\.[a-z]{{2,6}}"
                             r"(?:\.[a-z]{2})?(?![A-Za-z0-9-]|\.[A-Za-z])"), _mailbox, "@"),
    Rule("EMAIL", re.compile(r"(?<![A-Za-z0-9._%+@-])[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}"
                             r"(?![A-Za-z0-9-]|\.[A-Za-z])"), _mail, "@", spares_code=True),
    Rule("EMAIL", re.compile(rf"(?i)(?<![A-Za-z0-9._%+-])[A-Za-z0-9._+-]{{1,64}}{_AT}(?:[A-Za-z0-9-]{{1,63}}{_DOT}){{1,3"
            rf"}}(?:{TOP})"
                             r"(?![A-Za-z0-9-])"), _spelled, words=("at", "艾特", "@", "&#", "%40"), spares_code=True),
    Rule("EMAIL",
         re.compile(r"(?i)(?:e-?mail|mailbox|邮箱|郵箱|邮件)[^\n]{0,12}?(?<![A-Za-z0-9._-])(?P<it>[A-Za-z0-9._-]{2,40}"
                             rf"(?:\s?#\s?|\s?\*\s?|\s+at\s+)(?:{MAILBOXES})\.(?:{TOP}))(?![A-Za-z0-9-])"),
         words=("mail", "邮", "郵")),
)
NUMBERS = (
    Rule("ID", re.compile(N + r"[1-9]\d{5}[ -]?(?:19|20)\d{6}[ -]?\d{3}[\dXx]" + E), _resident, DIGITS),
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
                             r"[ .-]\d{4}(?![0-9A-Za-z_]|[.-]\d)"), _north_american, DIGITS),
    Rule("PHONE", re.compile(r"(?i)(?:(?<!i)phone|\btel|\bcall|\btext|whatsapp|mobile|电话|手机)(?:号码?)?(?: me)?"
                             r"(?: at| on| number)?\s*(?:is|[:：是])?\s*"
                             r"(?P<it>\(?\d(?:[ ().-]{0,2}\d){6,13})(?![\d.]|\s?[元块%])"), _called_phone, needs=DIGITS,
         words=("phone", "tel", "call", "text", "whatsapp", "mobile", "电话", "手机")),
)
SPELLED_PHONES = (
    Rule("PHONE", re.compile(r"(?<![一二三四五六七八九零〇幺两十百千万])[一幺][三四五六七八九]"
                             r"(?:[- ]?[零〇一幺二两三四五六七八九]){9}"
                             r"(?![零〇一二三四五六七八九十百千万])"), needs="一幺"),
    Rule("PHONE", re.compile(r"(?<!\d[ .-])(?<![\d.])(?:\d[ .·_/-]){6,13}\d(?![ .-]?\d)"), _phone_is_meant, DIGITS),
    Rule("PHONE", re.compile(rf"(?i)\b(?:{_SPOKEN}[ ,-]{{1,3}}){{6,13}}{_SPOKEN}\b"), _phone_is_meant,
         words=("one", "two", "five")),
    Rule("PHONE", re.compile(r"(?<![0-9A-Za-z_.\-/#+])1[3-9]\d(?P<gap>[-–·._]{1,2}|\s{2,3}|\s?[-–]\s?)\d{4}(?P=gap)\d{4}("
            r"?!\d)"),
         _phone_is_meant, "1"),
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
HOMES = (
    Rule("USER", re.compile(r"(?<![A-Za-z0-9.~])/(?:home|Users)/(?P<it>[A-Za-z0-9._-]{2,40})(?=/[A-Za-z0-9._~-])"), _home,
         "/"),
    Rule("USER", re.compile(r"(?i)\b[A-Z]:(?:\\{1,2}|/)(?:Users|Documents and Settings)(?:\\{1,2}|/)"
                            r"(?P<it>[^\\/:*?\"<>|\s]{2,40})(?=[\\/])"), _home, ":"),
    Rule("USER", re.compile(r"(?i)/mnt/c/Users/(?P<it>[A-Za-z0-9._-]{2,40})(?=/)"), _home, "/"),
)
RULES = (*SECRETS, *MAILS, *NUMBERS, *PHONES, *SPELLED_PHONES, *PLACES, *HOMES)
