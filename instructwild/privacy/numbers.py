"""Numbers by which a person, a thing of theirs or an account is known: identity, cards, accounts, plates, devices, wallets.

Each rule is a pattern for candidates and a check that sorts out what only looks like one: checksums where the number
carries one, and the word that names it elsewhere.
"""

import re
from collections.abc import Callable

from instructwild.privacy.checksums import hong_kong_id, iban, payment_card, resident_id, taiwan_id
from instructwild.privacy.rule import Rule
from instructwild.text.scripts import ANY_HAN

N, E = r"(?<![0-9A-Za-z_.\-/#])", r"(?![0-9A-Za-z_])"
DIGITS = "0123456789"
HAN_DIGITS = str.maketrans("零〇一二三四五六七八九壹贰叁肆伍陆柒捌玖", "00123456789123456789")


def _whole(check: Callable[[str], bool]) -> Callable[[re.Match[str]], bool]:
    return lambda match: check(match.group())


def _resident(match: re.Match[str]) -> bool:
    return resident_id(re.sub(r"[\s-]", "", match.group("it" if "it" in match.re.groupindex else 0)).translate(HAN_DIGITS))


def _social_security(match: re.Match[str]) -> bool:
    area, group, serial = match.group().split("-")
    return area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"


def _labelled(match: re.Match[str]) -> bool:
    """What a word before it calls a number of somebody's, unless it stands for any."""
    value = match.group("it")
    digits = re.sub(r"\D", "", value)
    return (bool(re.search(r"\d\d", value)) and len(re.sub(r"\W", "",
    value)) >= 5 and len(set(value)) > 3 and not re.search(r"(?i)x{3}|\A("
        r"?:19|20)\d\d\Z", value)
            and not re.fullmatch(r"1234567890?|123456789|0+", digits))


def _plate(match: re.Match[str]) -> bool:
    digits = re.sub(r"\D", "", match.group())
    return len(digits) >= 2 and len(set(digits)) > 1 and digits not in ("12345", "1234", "123456", "54321", "67890")


def _device(match: re.Match[str]) -> bool:
    """The address of a network card that is no sample: no run in order, no repeated bytes."""
    plain = re.sub(r"[^0-9A-Fa-f]", "", match.group()).lower()
    return len(set(plain)) > 5 and not re.search(r"0123|1234|aabb|ddeeff|abcdef|001122|deadbe|1a2b", plain)


def _vehicle(match: re.Match[str]) -> bool:
    """Seventeen characters whose ninth is their check digit (ISO 3779, 49 CFR 565)."""
    values = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", (1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9),
    strict=True))
    weights = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
    text = match.group()
    if not (re.search(r"\d.*\d.*\d", text) and re.search("[A-Z].*[A-Z]", text)):
        return False
    total = sum(weight * (int(char) if char.isdigit() else values[char]) for char, weight in zip(text, weights, strict=True))
    return "0123456789X"[total % 11] == text[8]


def _real_day(match: re.Match[str]) -> bool:
    """A day of birth that is none of every form: the first of January stands for any."""
    return not re.search(r"\A0?1[/.-]0?1[/.-]|[/.年-]0?1[/.月-]0?1日?\Z", match.group("it"))


def _wallet(match: re.Match[str]) -> bool:
    """An address of a wallet, and no run in order or of zeros."""
    return len(set(match.group("it" if "it" in match.re.groupindex else 0))) > 10 and "123456" not in match.group() \
        and not any(sample in match.group() for sample in KNOWN_WALLETS)


KNOWN_WALLETS = ("1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "3J98t1WpEZ73CNmQviecrnyiWrnqRh"
        "WNLy")
"""Those of every handbook."""


_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}"
_DAY = (rf"(?:\d{{1,2}}(?:st|nd|rd|th)? {_MONTH},? (?:19|20)\d\d|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? (?:19|20)\d\d|"
        rf"\d{{1,2}}[/.-]\d{{1,2}}[/.-](?:19|20)\d\d|"
        r"(?:19|20)\d\d\s?[/.年-]\s?\d{1,2}\s?[/.月-]\s?\d{1,2}日?)")
"""A day with its month and year."""
_CODE = r"(?P<it>[A-Za-z]?[A-Z0-9](?:[ -]?[A-Z0-9]){4,19})"
_PAPERS = (
    r"passport|driver'?s? ?licen[cs]e|driving licen[cs]e|licen[cs]e plate|number plate|plate number|national insurance|nino|"
    r"social security|ssn|"
    r"social insurance|(?-i:SIN|PNR|VAT)|order|tracking|tax (?:file|id|payer|payer id)|taxpayer identification|tfn|itin|ein|"
    r"aadhaar|aadhar|pan card|nric|dni|nie|nhs|curp|cpf|medicare|medicaid|"
    r"booking reference|reservation|health (?:card|insurance)|insurance policy|medical record|mrn|patient id|student id|"
    r"employee id|member(?:ship)? id|voter id|green card|alien registration|visa number|"
    r"national id|identity card|id card|hkid|imei|vin|frequent flyer|loyalty card")
_PAPERS_ZH = (
    r"护照|護照|驾驶证|驾照|駕照|行驶证|军官证|警官证|士兵证|港澳通行证|往来港澳通行证|台胞证|回乡证|通行证|居住证|居留证|"
    r"学生证|工作证|身份证|身分證|社保卡?|社会保障|医保卡?|"
    r"公积金|学号|學號|工号|员工号|会员号|会员卡|保单|病历|病案|门诊|住院|就诊卡|准考证|考生|税号|纳税人识别|"
    r"统一社会信用代码|营业执照|车架|发动机|订单|运单|快递单?|物流单|房产证|不动产权证")
NUMBERS = (
    Rule("ID", re.compile(N + r"[1-9]\d{5}[ -]?(?:19|20)\d{6}[ -]?\d{3}[\dXx]" + E), _resident, digits=17),
    Rule("ID", re.compile(N + r"(?P<it>[1-9]\d(?:\s?\d){4}\s?(?:1\s?9|2\s?0)(?:\s?\d){6}(?:\s?\d){3}\s?[\dXx])" + E),
         _resident, digits=17),
    Rule("ID", re.compile(r"(?P<it>[一二三四五六七八九壹贰叁肆伍陆柒捌玖1-9][零〇一二三四五六七八九壹贰叁肆伍陆柒捌玖\d]"
                          r"{16}[零〇一二三四五六七八九壹贰叁肆伍陆柒捌玖\dXx])"),
         _resident, needs="一二三四五六七八九壹贰叁肆伍陆柒捌玖"),
    Rule("ID", re.compile(N + r"[A-Z][12]\d{8}" + E), _whole(taiwan_id), digits=9),
    Rule("ID", re.compile(N + r"[A-Z]{1,2}\d{6}\([0-9A]\)"), _whole(hong_kong_id), "("),
    Rule("ID", re.compile(N + r"\d{3}-\d{2}-\d{4}(?![\d-])"), _social_security, "-"),
    Rule("ID", re.compile(rf"(?i)\b(?:{_PAPERS})(?: (?:no\.?|number|num|code))?(?![A-Za-z0-9])(?: is|:|#|"
                          rf"=)?\s{{0,2}}#?(?-i:{_CODE})" + E),
         _labelled, digits=4, words=("passport", "licen", "plate", "insurance", "nino", "social", "ssn", "tax", "tfn",
         "itin", "ein", "aadha", "pan card", "card",
                                                     "nric", "dni", "nie", "nhs", "curp", "cpf", "medic", "health", "mrn",
                                                     " id", "imei", "vin", "plate number", "sin", "pnr", "order",
                                                     "tracking", "booking", "reserv", "vat")),
    Rule("ID", re.compile(rf"(?:{_PAPERS_ZH})(?:号码?|號碼?|编号|證|证)?\s{{0,2}}(?:[:：是为為=]|"
                          rf"号是)?\s{{0,2}}(?P<it>{ANY_HAN}{{0,2}}字?第?[A-Z0-9](?:[ -]?[A-Z0-9()]){{4,19}})" + E),
         _labelled, "证證照保学號号工员会单病院诊考税信营车发", digits=4),
    Rule("ID", re.compile(r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]"
                          r"[A-HJ-NP-Z]\s?[·•.\-]?\s?"
                          r"[A-HJ-NP-Z0-9]{4,5}[A-HJ-NP-Z0-9挂学警港澳](?![A-Za-z0-9])"), _plate, digits=2,
                          needs="京津沪渝冀豫云辽黑湘皖鲁新苏"
        "浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"),
    Rule("ID", re.compile(N + r"[A-HJ-NPR-Z0-9]{8}[0-9X][A-HJ-NPR-Z0-9]{8}" + E), _vehicle, digits=4, run=True),
    Rule("ID", re.compile(r"(?i)(?<![0-9A-Fa-f:-])(?:[0-9A-F]{2}:){5}[0-9A-F]{2}(?![0-9A-Fa-f:-])|"
                          r"(?<![0-9A-Fa-f:-])(?:[0-9A-F]{2}-){5}[0-9A-F]{2}(?![0-9A-Fa-f:-])"),
         _device, needs=":-", digits=3, run=True),
    Rule("DATE", re.compile(rf"(?i)(?:\bDOB|\bdate of birth|\bbirth ?date|\bmy birthday|\bI was born on|出生日期|"
                            rf"出生年月日?|生日|"
                            rf"我出生于)\s{{0,2}}(?:is|[:：是为])?\s{{0,2}}(?P<it>{_DAY})"),
         _real_day, "", ("dob", "birth", "born", "生日", "出生"), digits=5),
    Rule("CARD", re.compile(N + r"(?:\d(?:[ -]?\d){12,18}|\d{4}(?:\.\d{4}){3})" + E), _whole(payment_card), digits=13),
    Rule("ACCOUNT", re.compile(N + r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?" + E), _whole(iban), digits=6),
    Rule("ACCOUNT", re.compile(r"(?:银行卡号?|银行账[号户]|账号|帳號|卡号|卡號|支付宝账?号?|account (?:no\.?|number)|"
                               r"routing(?: number)?|"
                               r"sort code|bank account)\s*(?:is|[:：是为])?\s*"
                               r"(?P<it>\d(?:[ -]?\d){7,18})(?!\d)", re.IGNORECASE), _labelled, words=("卡", "账", "帳",
                               "支付宝",
                               "account", "routing", "sort code"), digits=8),
    Rule("ACCOUNT", re.compile(r"(?<![0-9A-Za-z])(?:bc1[02-9ac-hj-np-z]{20,71}|0x[0-9a-fA-F]{40})(?![0-9A-Za-z])"), _wallet,
         "bx", run=True),
    Rule("ACCOUNT", re.compile(r"(?i)(?:wallet|btc|bitcoin|usdt|trx|ltc|doge|address|地址|"
                               r"钱包)[^\n]{0,16}?(?<![0-9A-Za-z])(?P<it>(?-i:[13TLD][1-9A-HJ-NP-Za-km-z]{25,34}))"
                               r"(?![0-9A-Za-z])"), _wallet,
         words=("wallet", "btc", "bitcoin", "usdt", "trx", "ltc", "doge", "address", "地址", "钱包"), run=True),
)
"""The surest first."""
