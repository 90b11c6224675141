"""Phone numbers, plain and in the dress that people give them against robots."""

import re
from collections.abc import Callable

from instructwild.privacy.numbers import N
from instructwild.privacy.rule import Rule, before
from instructwild.text.word_table import any_of, by_first_letter, listed


def _phone_is_meant(match: re.Match[str]) -> bool:
    """Whether the words before digits in other dress speak of a phone."""
    called = (CALLED.search(before(match, 40)) or CALLED_AFTER.match(match.string, match.end())
              or OWN_NUMBER.search(before(match, 100)))
    return bool(called) and len(set(re.findall(r"[^\W_]+", match.group().lower()))) > 2


CALLED = re.compile(any_of(r"""
    phone | \btel\b | \bcall | \bring\b | \btext\b | whatsapp | mobile | number | reach me | ring me | \bcell | contact
    电话 | 手机 | 號碼 | 号码 | 联系 | 微信 | 加我 | 同号 | 打 | 致电 | 電話 | 手機 | [我他她家]的?号[是为:]
"""), re.IGNORECASE)
OWN_NUMBER = re.compile(r"(?i)\b(?:my|his|her|our) (?:phone |cell |mobile )?number\b[^\n]{0,80}\Z")
"""Words that announce a number some way ahead of it."""
CALLED_AFTER = re.compile(r"(?i)\s?(?:is my (?:phone|cell|mobile|number)|[(（]?(?:打我?电话|微信同号|联系我|我的"
                          r"?(?:电话|手机)|加我)|[^\n\d]{1,24}\b(?:mobile|cell(?:phone)?|landline)\b|[^\n\d]{1,10}(?:手机|电话))")
_SPOKEN = r"(?:zero|oh|one|two|three|four|five|six|seven|eight|nine)"


def _phone(region: str | None) -> Callable[[re.Match[str]], bool]:
    def check(match: re.Match[str]) -> bool:
        import phonenumbers

        value, after = re.sub(r"[\s~]+", " ", match.group()), match.string[match.end():match.end() + 3]
        if re.search(r"[=*/^$€£¥￥×÷<>≈][ (]*$", before(match, 4)) or re.match(r"\s?[*/^=×÷%]|\s?[元块个条年]", after):
            return False
        digits = re.sub(r"\D", "", value)
        if STOCK_NUMBER.search(digits) or _service_line(match, value) or len(set(digits)) <= 2 \
                or re.search(r"0{6,}$", digits) or ODDS.match(match.string, match.end()):
            return False
        try:
            number = phonenumbers.parse("+" + value[2:] if value.startswith("00") else value, region)
        except phonenumbers.NumberParseException:
            return False
        return phonenumbers.is_valid_number(number) or (region is None and phonenumbers.is_possible_number(number))

    return check


STOCK_NUMBER = re.compile(r"\A0?98765432\d\Z|\A1?(?:\d{3})?(?:456789\d|1234567|5555555|5551234)\Z|\A(?:852)?12345678\Z"
                          r"|\A1?2345678901\Z")
ODDS = re.compile(r" to \d")
"""Behind a number of a proportion."""
TOLL_FREE = re.compile(r"\A1?8(?:00|33|44|55|66|77|88)\d{7}\Z|\A(?:86)?[48]00\d{7}\Z|\A0(?:800|84[2-5]|87[0-3])\d{6,8}\Z")
"""Numbers of lines for customers, of North America, China and Britain: nobody's own."""
PRICED = re.compile(r"(?i)\b(?:\d{2,3} ?ppm\b|\d{1,3} ?p(?:/| per )min|per min|national rate|land ?line|to claim|prize|"
                    r"award)")
"""Words beside a line that is paid for by the minute."""
CHINESE_MOBILE = re.compile(r"1[3-9]\d(?:\d{8}|[ -]\d{4}[ -]\d{4})")
"""Written so it is no number of North America: 186 1234 5678 begins like 1-866."""
IN_ORDER = re.compile(r"\A(?:0?987654321|[01]?1?23456789?(?:[01]1?|\Z)|1?9876543210?|1234567)\Z")
"""Numbers of every example, and digits in their order: 123-456-7890."""


def _service_line(match: re.Match[str], written: str) -> bool:
    """Whether a number is that of a line for customers, as it is written no mobile of China."""
    digits = re.sub(r"\D", "", written)
    if TOLL_FREE.search(digits):
        return CHINESE_MOBILE.fullmatch(written) is None
    beside = match.string[max(0, match.start() - 150):match.end() + 150]
    return re.fullmatch(r"0(?:8[47]|9\d)\d{7,10}", digits) is not None and PRICED.search(beside) is not None


def _called_phone(match: re.Match[str]) -> bool:
    """A number that the word before it calls a phone's, unless it stands for any."""
    digits = re.sub(r"\D", "", match.group("it"))
    years = re.fullmatch(r"(?:1[5-9]|20)\d\d\s?[-–]\s?(?:1[5-9]|20)\d\d", match.group("it"))
    service = _service_line(match, match.group("it"))
    return not (IN_ORDER.search(digits) or STOCK_NUMBER.search(digits) or service or years or len(set(digits)) <= 2)


def _disguised(match: re.Match[str]) -> bool:
    """A Chinese mobile number whose digits are partly written otherwise."""
    plain = match.group("it").translate(AS_DIGITS)
    digits = re.sub(r"\D", "", plain)
    return (plain != match.group("it") and bool(re.fullmatch(r"1[3-9]\d{9}", digits)) and len(set(digits)) > 2
            and not STOCK_NUMBER.search(digits))


AS_DIGITS = {ord(char): digit for chars, digit in (
    ("零〇Oo", "0"), ("一幺壹Il", "1"), ("二两贰貳", "2"), ("三叁參", "3"), ("四肆", "4"),
    ("五伍", "5"), ("六陆陸", "6"), ("七柒", "7"), ("八捌", "8"), ("九玖", "9")) for char in chars}
_ANY_DIGIT = r"[\d零〇一幺二两三四五六七八九壹贰貳叁參肆伍陆陸柒捌玖IlOo]"


def _north_american(match: re.Match[str]) -> bool:
    """A number of ten digits in blanks only may be one of a row of hundreds: `700 800 900 1000`."""
    if " " in match.group() and not re.search(r"[().-]", match.group()) and re.search(r"\d\)?[ ,]\Z", before(match, 3)):
        return False
    return _phone("US")(match)


_CALL = by_first_letter(r"""
    (?<!i)phone | \btel\b | téléphone | telefon | tél\b | \bcall | \btext | \bring | whatsapp | \bmobile | \bcell | \bfax
    (?:my|our|his|her) number
    num[eé]ro | número | celular | móvil | handy | llám\w+ | appelle\w* | звони\w* | телефон | тел\.
    连络 | 電話 | 电话 | 手机 | 手機 | 座机 | 传真 | 联系方式 | 联系 | 连系 | 致电 | 来电 | 热线
    연락처 | 전화(?:번호)? | 휴대폰 | 携帯
    sđt | điện thoại | teléfono | telefono | telefoon | telefone | puhelin | telefonu | numer telefonu | هاتف | جوال | โทร
    फ़ोन | मोबाइल
""")
_CALL_WORDS = listed("""
    phone | tel | tél | call | text | ring | whatsapp | mobile | cell | fax | number
    numéro | numero | número | celular | móvil | handy | llám | appelle | звони | телефон | тел.
    电话 | 電話 | 手机 | 手機 | 座机 | 传真 | 联系 | 致电 | 来电 | 热线
    연락처 | 전화 | 휴대폰 | 携帯 | sđt | điện thoại | puhelin | هاتف | جوال | โทร | फ़ोन | मोबाइल
""")
PHONES = (
    Rule("PHONE", re.compile(r"(?<![0-9A-Za-z_.\-/#+])(?:\+|00)[1-9]\d{0,2} ?(?:\(0\) ?)?\d{2,5} ?/(?:[ -]{0,2}\d){5,9}"
                             r"(?![\d.-]*\d)"),
         _phone(None), "/", digits=7),
    Rule("PHONE", re.compile(r"(?<![0-9A-Za-z_.\-/#+])(?:\+|00)[1-9](?:(?:[ ().~-]{0,2}|-\r?\n)\d){6,14}(?![\d.-]*\d)"),
         _phone(None), "+0", digits=7),
    Rule("PHONE", re.compile(N + r"1[3-9]\d([ -]?)\d{4}\1\d{4}(?![0-9A-Za-z_]|[.-]\d)"), _phone("CN"), "1", digits=11),
    Rule("PHONE", re.compile(N + r"\(?0(?:10|2\d|[3-9]\d{2})[)-] ?\d{7,8}(?![\d-])"), _phone("CN"), "0", digits=10),
    Rule("PHONE", re.compile(N + r"09\d{2}-\d{3}-\d{3}(?![\d-])"), _phone("TW"), "0"),
    Rule("PHONE", re.compile(r"(?<![0-9A-Za-z_.\-/#(])(?:1[ .-])?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[ .-])[2-9]\d{2}"
                             r"[ .-]\d{4}(?![0-9A-Za-z_]|[.-]\d)"), _north_american, digits=10),
    Rule("PHONE", re.compile(N + r"0[67](?P<gap>[ .])\d\d(?:(?P=gap)\d\d){3}(?![ .]?\d)"), _phone("FR"), "0", digits=10),
    Rule("PHONE", re.compile(N + r"01[016789]-\d{3,4}-\d{4}(?![\d-])"), _phone("KR"), "0", digits=10),
    Rule("PHONE", re.compile(N + r"0[789]0-\d{4}-\d{4}(?![\d-])"), _phone("JP"), "0", digits=11),
    Rule("PHONE", re.compile(N + r"8[ -]?\(?9\d\d\)?[ -]?\d{3}-\d\d-\d\d(?![\d-])"), _phone("RU"), "8", digits=11),
    Rule("PHONE", re.compile(N + r"0[689]\d-\d{3}-\d{4}(?![\d-])"), _phone("TH"), "0", digits=10),
    Rule("PHONE", re.compile(N + r"07\d{3} (?:\d{6}|\d{3} \d{3})(?! ?\d)"), _phone("GB"), "0", digits=11),
    Rule("PHONE", re.compile(N + r"\(?0(?:1\d{2,3}|2\d)\)? \d{3,4} \d{3,4}(?! ?\d)"), _phone("GB"), "0", digits=10),
    Rule("PHONE", re.compile(N + r"04\d\d \d{3} \d{3}(?! ?\d)"), _phone("AU"), "0", digits=10),
    Rule("PHONE", re.compile(r"(?<![\w.\-/#+])\(\d\d\) ?9\d{4}-\d{4}(?![\d-])"), _phone("BR"), "(", digits=11),
    Rule("PHONE", re.compile(r"(?i)\b(?:tel:|wa\.me/|api\.whatsapp\.com/send\?phone=)(?P<it>\+?\d[\d().-]{6,18}\d)"),
         _called_phone, needs=":/", words=("tel:", "wa.me", "whatsapp.com"), digits=8),
    Rule("PHONE", re.compile(
        rf"(?i)(?:{_CALL})(?:号码?|號碼?)?(?:-moi| me| us| him| her)?(?: at| on| number| no\.?| al?| au| unter){{0,3}}\.?"
        r"\s{0,4}(?:is|es|est|ist|[:：是为])?\s{0,4}"
        r"(?P<it>\(?\d(?:[ ()./_-]{0,3}\d){6,13})(?![\d.]|\s?[元块%])"), _called_phone, words=_CALL_WORDS, digits=7),
)
SPELLED_PHONES = (
    Rule("PHONE", re.compile(r"(?<![一二三四五六七八九零〇幺两十百千万])[一幺][三四五六七八九](?:[-, 、，]{0,2}"
                             r"[零〇一幺二两三四五六七八九]){9}"
                             r"(?![零〇一二三四五六七八九十百千万])"), _phone_is_meant, needs="一幺"),
    Rule("PHONE", re.compile(r"(?<![一二三四五六七八九零〇幺两十百千万])"
                             r"[一幺][三四五六七八九](?:[- ]?[零〇一幺二两三四五六七八九]){9}"
                             r"(?![零〇一二三四五六七八九十百千万])"), needs="一幺"),
    Rule("PHONE", re.compile(rf"(?<![0-9A-Za-z一二三四五六七八九])"
                             rf"(?P<it>[1一幺壹][ -]?[3-9三四五六七八九叁肆伍陆柒捌玖](?:[ -]?{_ANY_DIGIT}){{9}})"
                             rf"(?![0-9A-Za-z一二三四五六七八九十百千万])"), _disguised, needs="1一幺壹"),
    Rule("PHONE", re.compile(
        r"(?<![0-9A-Za-z_.\-/#+])(?P<it>1[3-9]\d\s?[(（/_·.\-\s]\s?\d{4}\s?[)）/_·.\-\s]\s?\d{4}|"
        r"1[3-9]\d{5}\s\d{4}|1[3-9]\d(?:[ -]\d\d){4}|1[3-9]\d{2}\s\d{3}\s\d{4})(?![0-9A-Za-z_])"), _phone_is_meant, "1"),
    Rule("PHONE", re.compile(r"(?<!\d[ .-])(?<![\d.])(?:\d[ .·_/-]{1,3}){6,13}\d(?![ .-]?\d)"), _phone_is_meant, digits=7),
    Rule("PHONE", re.compile(rf"(?i)\b(?:{_SPOKEN}[ ,-]{{1,3}}){{6,13}}{_SPOKEN}\b"), _phone_is_meant,
         words=("one ", "two ", "three ", "one-", "one,", "two,", "two-")),
    Rule("PHONE", re.compile(r"(?i)(?<![\d.])\d{2,4}(?: dot | dash |点|杠)\d{3,4}(?: dot | dash |点|杠)\d{3,4}(?!\d)"),
         _phone_is_meant, words=("dot", "dash", "点", "杠")),
    Rule("PHONE", re.compile(
        r"(?<![0-9A-Za-z_.\-/#+])1[3-9]\d(?P<gap>[-–·._]{1,2}|\s{2,3}|\s?[-–]\s?)\d{4}(?P=gap)\d{4}(?!\d)"),
         _phone_is_meant, "1"),
)
