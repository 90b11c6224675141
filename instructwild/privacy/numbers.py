"""Numbers by which a person, a thing of theirs or an account is known: identity, cards, accounts, plates, devices, wallets.

Each rule is a pattern for candidates and a check that sorts out what only looks like one: checksums where the number
carries one, and the word that names it elsewhere.
"""

import re
from collections.abc import Callable
from itertools import cycle

from instructwild.privacy.checksums import (
    brazilian_id,
    french_id,
    hong_kong_id,
    iban,
    korean_id,
    payment_card,
    resident_id,
    swiss_id,
    taiwan_id,
)
from instructwild.privacy.rule import Rule
from instructwild.text.scripts import ANY_HAN
from instructwild.text.word_table import any_of, by_first_letter, listed

N, E = r"(?<![0-9A-Za-z_.\-/#])", r"(?![0-9A-Za-z_])"
DIGITS = "0123456789"
IN_ORDER = ("01234567890123456789", "98765432109876543210", "123456789123456789", "0" * 20)
"""What a number that stands for any is cut from."""
HAN_DIGITS = str.maketrans("零〇一二三四五六七八九壹贰叁肆伍陆柒捌玖", "00123456789123456789")


def _whole(check: Callable[[str], bool]) -> Callable[[re.Match[str]], bool]:
    return lambda match: check(match.group())


def _resident(match: re.Match[str]) -> bool:
    return resident_id(re.sub(r"[\s-]", "", match.group("it" if "it" in match.re.groupindex else 0)).translate(HAN_DIGITS))


def _bank(match: re.Match[str]) -> bool:
    return iban(re.sub(r"[^0-9A-Za-z]", "", match.group("it")))


def _social_security(match: re.Match[str]) -> bool:
    digits = re.sub(r"\D", "", match.group("it" if "it" in match.re.groupindex else 0))
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    return area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"


def _labelled(match: re.Match[str]) -> bool:
    """What a word before it calls a number of somebody's, unless it stands for any."""
    value = match.group("it")
    digits = re.sub(r"\D", "", value)
    if A_WORD.search(value):
        return False
    return (bool(re.search(r"\d\d|\d[A-Z]+\d", value)) and len(re.sub(r"\W", "", value)) >= 5 and len(set(value)) > 3
            and not re.search(r"(?i)x{3}|\A(?:19|20)\d\d\Z", value)
            and not (re.sub(r"\W", "", value) == digits and any(digits in run for run in IN_ORDER)))


A_WORD = re.compile(r"(?:^| )[A-Z]{4,}(?: |$)")
"""A word in the midst of what would be a number: `ORDER BY ID DESC LIMIT 10`."""


def _plate(match: re.Match[str]) -> bool:
    digits = re.sub(r"\D", "", match.group())
    return len(digits) >= 2 and len(set(digits)) > 1 and digits not in ("12345", "1234", "123456", "54321", "67890")


def _device(match: re.Match[str]) -> bool:
    """The address of a network card that is no sample: no run in order, no repeated bytes."""
    plain = re.sub(r"[^0-9A-Fa-f]", "", match.group("it" if "it" in match.re.groupindex else 0)).lower()
    if A_QUESTION.search(match.string[max(0, match.start() - 200):match.start()]):
        return False
    return len(set(plain)) > 5 and not re.search(r"0123|1234|aabb|ddeeff|abcdef|001122|deadbe|1a2b", plain)


def _machine_readable(match: re.Match[str]) -> bool:
    """The second line of a passport's machine-readable zone, by the check digits of its number and day (ICAO 9303)."""
    line = match.group()
    if len(line) == PASSPORT_LINE and "<<" in line:
        return True
    if re.search(r"(?i)\bmrz\b|passport|护照", match.string[max(0, match.start() - 60):match.start()]):
        return True
    return _check_digit(line[:9]) == line[9] and _check_digit(line[13:19]) == line[19]


PASSPORT_LINE = 44
"""Signs of a line in a passport; one with fillers has no other form that is like it."""


def _check_digit(field: str) -> str:
    values = (0 if char == "<" else int(char, 36) for char in field)
    return str(sum(value * weight for value, weight in zip(values, cycle((7, 3, 1)), strict=False)) % 10)


A_QUESTION = re.compile(r"(?i)(?:下列|以下|下面|which of (?:these|the following)|valid)[^\n]{0,24}mac\b")
"""Of an examination, about what such an address looks like."""


def _vehicle(match: re.Match[str]) -> bool:
    """Seventeen characters whose ninth is their check digit (ISO 3779, 49 CFR 565)."""
    values = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", map(int, "12345678123457923456789"), strict=True))
    weights = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
    text = match.group()
    if not (re.search(r"\d.*\d.*\d", text) and re.search("[A-Z].*[A-Z]", text)):
        return False
    total = sum(weight * (int(char) if char.isdigit() else values[char]) for char, weight in zip(text, weights, strict=True))
    return "0123456789X"[total % 11] == text[8]


def _wallet(match: re.Match[str]) -> bool:
    """An address of a wallet, and no run in order or of zeros."""
    return len(set(match.group("it" if "it" in match.re.groupindex else 0))) > 10 and "123456" not in match.group() \
        and not any(sample in match.group() for sample in KNOWN_WALLETS)


KNOWN_WALLETS = listed("""
    1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2
    1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa
    3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy
""")
"""Those of every handbook."""


_CODE = r"(?P<it>[A-Za-z]?[A-Z0-9](?:[ -]?[A-Z0-9]){4,19}|\d{4}(?: - \d{4}){2,3})"
_PAPERS = by_first_letter(r"""
    passport | driver'?s? ?licen[cs]e | driving licen[cs]e
    licen[cs]e plate | number plate | plate number
    national insurance | nino | ni number | social security | ssn | social insurance
    (?-i:SIN|TIN|PNR|VAT|PAN|BSN|NIF|CURP|RFC|NIK)
    (?<!executive )(?<!general )(?<!court )order | tracking
    tax[ _-]?(?:file|id|payer|payer id) | taxpayer identification | tfn | itin | ein
    aadhaar | aadhar | pan card | nric | dni | nie | nhs | curp | cpf | cnpj | pesel | personnummer | bsn | cuit | cuil
    tc kimlik | kimlik | rodné číslo | henkilötunnus | cnp | oib | jmbg | amka | afm | cédula | cedula | rut | egn
    dowód osobisty | cccd | cmnd
    steuer-?id(?:entifikationsnummer)? | steuernummer | sozialversicherungsnummer | personalausweis(?:nummer)? | reisepass
    codice fiscale | numéro de sécurité sociale | n° de sécurité sociale
    passeport | pasaporte | passaporto | паспорт | инн | снилс
    medicare | medicaid
    booking reference | reservation
    health (?:card|insurance) | insurance policy | policy(?= (?:no|nu|#)) | medical record | mrn
    (?:patient|student|employee|staff|member(?:ship)?|voter)(?: id|(?= (?:no\b|nu|\#)))
    green card | alien registration | visa number
    national id | identity card | id card | hkid
    imei | vin
    frequent flyer | loyalty card
""")
_PAPER_WORDS = (" id", *listed("""
    policy | tin
    passport | licen | plate | insurance | nino | social | ssn | tax | tfn | itin | ein | aadha | pan card | card
    nric | dni | nie | nhs | curp | cpf | cnpj | medic | health | mrn | imei | vin | plate number | sin | pnr | ni number
    patient no | patient nu | student no | student nu | employee no | employee nu | staff no | staff nu | member
    order | tracking | booking | reserv | vat | pan | bsn | nif | rfc | nik | pesel | personnummer | cuit | cuil
    steuer | sozialvers | personalausweis | reisepass | fiscale | sécurité sociale | passeport | pasaporte | passaporto
    паспорт | инн | снилс | kimlik | rodné | henkilö | cnp | oib | jmbg | amka | afm | cédula | cedula | rut | egn | dowód
    cccd | cmnd
"""))
_PAPERS_ZH = any_of("""
    护照 | 護照 | 驾驶证 | 驾照 | 駕照 | 行驶证
    军官证 | 警官证 | 士兵证
    港澳通行证 | 往来港澳通行证 | 台胞证 | 回乡证 | 通行证 | 居住证 | 居留证 | 签证
    学生证 | 工作证 | 身份证 | 身分證
    社保卡? | 社会保障 | 医保卡? | 公积金
    学号 | 學號 | 工号 | 员工号 | 会员号 | 会员卡
    保单 | 病历 | 病案 | 门诊 | 住院 | 就诊卡
    准考证 | 考生
    税号 | 纳税人识别 | 统一社会信用代码 | 营业执照
    车架 | 发动机
    订单 | 运单 | 快递单? | 物流单
    房产证 | 不动产权证
""")
_ELSEWHERE = any_of("""
    マイナンバー | 個人番号 | パスポート番号 | 免許証番号
    주민등록번호 | 주민번호 | 여권번호 | 외국인등록번호 | 운전면허번호
""")
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_HAN_DIGIT = "零〇一二三四五六七八九壹贰叁肆伍陆柒捌玖"
_ACCOUNTS = any_of(r"""
    银行卡号? | 银行账[号户] | 账号 | 帳號 | 卡号 | 卡號 | 支付宝账?号?
    acc(?:oun)?t(?: no\.?| number| ?\#)? | a/c(?: no\.?)? | routing(?: number)? | sort code | bank account
""")
_DEVICES = any_of(r"\bmac\b | \b(?:ch|hw|ll)addr\b | \bbssid\b | 物理地址 | 网卡")
_DEVICE_WORDS = ("mac", "addr", "bssid", "物理地址", "网卡")
_WALLETS = any_of("wallet | btc | bitcoin | usdt | trx | ltc | doge | address | 地址 | 钱包")
NATIONAL = (
    Rule("ID", re.compile(N + r"\d{3}\.\d{3}\.\d{3}-\d{2}(?!\d)"), _whole(brazilian_id), ".", digits=11),
    Rule("ID", re.compile(N + r"756\.\d{4}\.\d{4}\.\d{2}(?!\d)"), _whole(swiss_id), ".", digits=13),
    Rule("ID", re.compile(N + r"\d{6}-[1-8]\d{6}(?![\d-])"), _whole(korean_id), "-", digits=13),
    Rule("ID", re.compile(N + r"[12] ?\d\d ?(?:0[1-9]|1[0-2]) ?\d[\dAB] ?\d{3} ?\d{3} ?\d\d(?![\d-])"),
         _whole(french_id), digits=14),
    Rule("ID", re.compile(N + r"[A-Z9]{5}\d[0156]\d[0-3]\d{2}[A-Z9]{2}\d[A-Z]{2}" + E), digits=6, run=True),
    Rule("ID", re.compile(r"(?i)\bcpf\b[^\n]{0,60}?(?<!\d)(?P<it>\d{11})(?!\d)"),
         lambda match: brazilian_id(match.group("it")), digits=11, words=("cpf",)),
    Rule("ID", re.compile(N + r"(?:EAC|WAC|LIN|SRC|MSC|IOE|NBC|YSC)-?\d{2}-?\d{3}-?\d{5}" + E), digits=10),
    Rule("ID", re.compile(N + r"[A-Z]{6}\d\d[A-EHLMPR-T]\d\d[A-Z]\d{3}[A-Z]" + E), digits=7, run=True),
    Rule("ID", re.compile(N + r"[A-Z][AEIOUX][A-Z]{2}\d{6}[HM][A-Z]{5}[A-Z0-9]\d" + E), digits=7, run=True),
    Rule("ID", re.compile(rf"(?:{_ELSEWHERE})\s{{0,2}}(?:[:：]|は|是|は、|는|은)?\s{{0,2}}"
                          r"(?P<it>\d(?:[ -]?\d){7,13})(?!\d)"),
         _labelled, words=tuple(_ELSEWHERE.split("|")), digits=8),
)
"""Identity numbers of other countries that have a form or a check of their own."""
RESIDENTS = (
    Rule("ID", re.compile(N + r"[1-9]\d{5}[ -]?(?:19|20)\d{6}[ -]?\d{3}[\dXx]" + E), _resident, digits=17),
    Rule("ID", re.compile(N + r"(?P<it>[1-9]\d(?:\s?\d){4}\s?(?:1\s?9|2\s?0)(?:\s?\d){6}(?:\s?\d){3}\s?[\dXx])" + E),
         _resident, digits=17),
    Rule("ID", re.compile(rf"(?P<it>[{_HAN_DIGIT[2:]}1-9][{_HAN_DIGIT}\d]{{16}}[{_HAN_DIGIT}\dXx])"),
         _resident, needs=_HAN_DIGIT[2:]),
)
"""Chinese resident identity numbers, in figures and in characters."""
NUMBERS = (
    *RESIDENTS,
    Rule("ID", re.compile(N + r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] \d\d \d\d \d\d [A-D]" + E), digits=6),
    Rule("ID", re.compile(r"(?<![A-Z0-9<])[PIACV][A-Z<][A-Z<]{3}[A-Z]{1,30}(?:<[A-Z]{1,30}){0,4}<<[A-Z<]{4,40}(?:\s{1,4}"
                          r"[A-Z0-9<]{28,44})?"
                          r"|(?<![A-Z0-9<])[IACV][A-Z<][A-Z]{3}[A-Z0-9<]{25}\s{1,4}[A-Z0-9<]{30}\s{1,4}"
                          r"[A-Z<]{30}"), needs="<"),
    Rule("ID", re.compile(r"(?i)\b(?:number plate|licen[cs]e plate|plate|reg(?:istration)?)(?: number| no\.?)?(?: is)?"
                          r"[:#= ]{0,3}"
                          r"(?-i:(?P<it>[A-Z]{2}\d{2} ?[A-Z]{3}))" + E), digits=2, words=("plate", "reg")),
    Rule("ID", re.compile(r"(?<![A-Z0-9<])[A-Z0-9<]{9}\d[A-Z][A-Z<]{2}\d{7}[MFX<]"
                          r"(?:[\d<]{7}[A-Z0-9<]{14}[\d<]\d)?(?![A-Za-z])"),
         _machine_readable, digits=14),
    Rule("ID", re.compile(r"(?i)(?:\b(?:number|licen[cs]e)? ?plates?)(?: number| no\.?)?(?: is|:|,|#)?\s{1,2}"
                          r"(?-i:(?P<it>(?=[A-Z0-9 -]{0,8}\d)(?=[A-Z0-9 -]{0,8}[A-Z])[A-Z0-9]{1,4}[ -]?[A-Z0-9]{2,5}))" + E),
         _labelled, digits=2, words=("plate",)),
    Rule("ID", re.compile(N + r"[A-Z][12]\d{8}" + E), _whole(taiwan_id), digits=9),
    Rule("ID", re.compile(N + r"[A-Z]{1,2}\d{6}\([0-9A]\)"), _whole(hong_kong_id), "("),
    Rule("ID", re.compile(N + r"\d{3}-\d{2}-\d{4}(?![\d-])"), _social_security, "-"),
    Rule("ID", re.compile(rf"(?i)\b(?:{_PAPERS})(?: (?:no\.?|nr\.?|number|num|code))?(?![A-Za-z0-9])[)\]]?"
                          rf"(?: is| es| é| è| est| ist)?[:#= ]{{0,4}}(?-i:{_CODE})" + E),
         _labelled, digits=2, words=_PAPER_WORDS),
    Rule("ID", re.compile(r"(?i)\b(?:my|his|her) (?:social|ssn)\b(?! (?:media|life|work|skill|circle|net|class|stud|anx))"
                          r"[^\n]{0,80}?(?<![\d.,$-])"
                          r"(?P<it>\d{3}[ .-]?\d{2}[ .-]?\d{4})(?![\d-]|[.,]\d)"), _social_security, digits=9,
         words=("social", "ssn")),
    Rule("ID", re.compile(rf"(?i)\b(?:my|his|her|our) (?:{_PAPERS})\b[^\n.!?\d]{{0,40}}?(?<![A-Za-z0-9])"
                          r"(?-i:(?P<it>[A-Z]{0,2}\d{6,12}[A-Z]?))(?![A-Za-z0-9]|[.,]\d)"), _labelled, digits=6,
         words=_PAPER_WORDS),
    Rule("ID", re.compile(rf"(?:{_PAPERS_ZH})(?:[，,]?档案)?(?:号码?|號碼?|编号|證|证)?\s{{0,2}}"
                          rf"(?:[:：是为為=]|号是)?\s{{0,2}}"
                          rf"(?P<it>{ANY_HAN}{{0,2}}字?第?[A-Z0-9](?:[ -]?[A-Z0-9()]){{4,19}})" + E),
         _labelled, "证證照保学號号工员会单病院诊考税信营车发", digits=4),
    Rule("ID", re.compile(rf"[{_PROVINCES}]"
                          r"[A-HJ-NP-Z]\s?[·•.\-]?\s?"
                          r"[A-HJ-NP-Z0-9]{4,5}[A-HJ-NP-Z0-9挂学警港澳](?![A-Za-z0-9])"),
         _plate, digits=2, needs=_PROVINCES),
    Rule("ID", re.compile(rf"[{_PROVINCES}](?P<gap>[ -])[A-HJ-NP-Z](?:(?P=gap)[A-HJ-NP-Z0-9]){{5,6}}(?![A-Za-z0-9])"),
         _plate, digits=2, needs=_PROVINCES),
    Rule("ID", re.compile(r"(?i)\b(?:car|van|lorry|truck|vehicle|motorbike|parked|driver)\b[^\n]{0,40}?"
                          r"(?-i:(?<![A-Za-z0-9])(?P<it>[A-Z]{2}[0-7]\d [A-HJ-PR-Z]{3}))" + E), digits=2,
         words=listed("car | van | lorry | truck | vehicle | motorbike | parked | driver")),
    Rule("ID", re.compile(N + r"[A-HJ-NPR-Z0-9]{8}[0-9X][A-HJ-NPR-Z0-9]{8}" + E), _vehicle, digits=4, run=True),
    Rule("ID", re.compile(r"(?i)(?<![0-9A-Fa-f:-])(?:[0-9A-F]{2}:){5}[0-9A-F]{2}(?![0-9A-Fa-f:-])|"
                          r"(?<![0-9A-Fa-f:-])(?:[0-9A-F]{2}-){5}[0-9A-F]{2}(?![0-9A-Fa-f:-])"),
         _device, needs=":-", digits=3, run=True),
    Rule("ID", re.compile(rf"(?i)(?:{_DEVICES})[^\n]{{0,24}}?(?<![0-9A-Za-z])(?P<it>[0-9A-F]{{12}})(?![0-9A-Za-z])"),
         _device, digits=3, words=_DEVICE_WORDS),
    Rule("ID", re.compile(rf"(?i)(?:{_DEVICES})[^\n]{{0,60}}?(?<![0-9A-Za-z.])(?P<it>(?:[0-9A-F]{{4}}\.){{2}}[0-9A-F]{{4}})"
                          r"(?![0-9A-Za-z])"), _device, needs=".", digits=3, words=_DEVICE_WORDS),
    Rule("ID", re.compile(r"(?i)(?:\*#06#|\bimei\d?|串号)[^\n\d]{0,20}(?P<it>\d(?:[ -]?\d){13,15})(?!\d)"),
         _labelled, digits=14, words=("*#06#", "imei", "串号")),
    *NATIONAL,
    Rule("ID", re.compile(N + r"1Z[A-Z0-9]{16}" + E), digits=3, needs="Z", run=True),
    Rule("ID", re.compile(N + r"\d{3}-\d{7}-\d{7}(?![\d-])"), needs="-", digits=17),
    Rule("ID", re.compile(r"(?:单号|運單|運单)(?:是|为|[:：])?\s{0,2}(?P<it>[A-Z]{0,4}\d{10,15})"
                          + E + "|" + N + r"SF\d{12,13}" + E),
         digits=10, words=("单号", "運單", "運单", "sf")),
    Rule("CARD", re.compile(N + r"\d{13,19}" + E), _whole(payment_card), digits=13),
    Rule("CARD", re.compile(N + r"\d{4}(?P<gap>[ -]| \| )\d{4}(?P=gap)\d{4}(?P=gap)\d{4}(?!\d|[ -]?\d{4}| \| \d)|"
                            + N + r"3[47]\d\d(?P<space>[ .-])\d{6}(?P=space)\d{5}(?!\d)"), _whole(payment_card), digits=15),
    Rule("CARD", re.compile(N + r"(?:\d(?:[ -]?\d){12,18}|\d{4}(?:\.\d{4}){3})" + E + r"(?!-[0-9A-Za-z])"),
         _whole(payment_card), digits=13),
    Rule("ACCOUNT", re.compile(N + r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?" + E), _whole(iban), digits=6),
    Rule("ACCOUNT", re.compile(r"(?i)(?<![\w.@-])[a-z0-9][a-z0-9._-]{1,48}@(?:ok(?:hdfcbank|icici|sbi|axis)|ybl|ibl|axl"
                               r"|paytm|upi|apl|yapl)(?![\w.@-])"),
         needs="@"),
    Rule("ACCOUNT", re.compile(N + r"(?P<it>[A-Za-z]{2}\d{2}(?:\.[A-Za-z0-9]{4}){2,7}(?:\.[A-Za-z0-9]{1,4})?)" + E), _bank,
         ".", digits=6),
    Rule("ACCOUNT", re.compile(r"(?i)\biban\W{0,4}(?P<it>[a-z]{2}\d{2}(?:[ -]?[a-z0-9]){11,30})"
                               r"(?![a-z0-9])"), _bank, words=("iban",),
         digits=6),
    Rule("ACCOUNT", re.compile(rf"(?:{_ACCOUNTS})\s*(?:is|[:：是为])?\s*(?P<it>\d(?:[ -]?\d){{7,18}})(?!\d)", re.IGNORECASE),
         _labelled, words=listed("卡 | 账 | 帳 | 支付宝 | account | acct | a/c | routing | sort code"), digits=8),
    Rule("ACCOUNT", re.compile(r"(?<![0-9A-Za-z])(?:bc1[02-9ac-hj-np-z]{20,71}|0x[0-9a-fA-F]{40})(?![0-9A-Za-z])"), _wallet,
         "bx", run=True),
    Rule("ACCOUNT", re.compile(r"(?<![0-9A-Za-z])bc1[02-9ac-hj-np-z]{8,50}\r?\n[02-9ac-hj-np-z]{8,50}(?![0-9A-Za-z])"),
         lambda match: len("".join(match.group().split())) in (42, 62), "b", words=("bc1",)),
    Rule("ACCOUNT", re.compile(rf"(?i)(?:{_WALLETS})[^\n]{{0,16}}?(?<![0-9A-Za-z])"
                               r"(?P<it>(?-i:[13TLD][1-9A-HJ-NP-Za-km-z]{25,34}))(?![0-9A-Za-z])"),
         _wallet, words=tuple(_WALLETS.split("|")), run=True),
)
"""The surest first."""
