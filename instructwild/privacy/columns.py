"""Personal data and secrets in tables: a cell is read as `header: value`, by the rules that read a line of a form so.

CSV with commas or semicolons, tabs, and tables of Markdown; a table goes on as long as its lines have as many cells as its
header.
"""

import re
from bisect import bisect
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from instructwild.privacy.birth_dates import BIRTH_DATES
from instructwild.privacy.identifiers import identifiers
from instructwild.privacy.introductions import CHINESE_NAME, NAME
from instructwild.privacy.names import name_matches
from instructwild.privacy.names_beside import is_a_person
from instructwild.privacy.numbers import NUMBERS
from instructwild.privacy.phones import PHONES
from instructwild.privacy.rule import Match
from instructwild.privacy.secrets import SECRETS
from instructwild.text.scripts import HANGUL, characters
from instructwild.text.word_table import any_of

_BEFORE = any_of("""
    user | login | initial | admin | db | database | smtp | wifi | wi-fi | default | temp | temporary | new | old
    current | root | account | auth | access | api | client | refresh | bearer | session | app | e-?mail | web | ftp
    ssh | vpn | portal | secret
""")
_SECRETS = any_of(rf"""
    (?:(?:{_BEFORE})[ _-]?){{0,2}}(?:password|passwd|pass|pwd|pw|passcode|passphrase|secret|token)
    (?:(?:{_BEFORE})[ _-]?){{0,2}}(?:api|access|secret|private)[ _-]?key
    [^\s,;|，]{{0,4}}(?:密码|密碼|口令|密钥|令牌)
""")
_NUMBERS = any_of(r"""
    (?:[a-z]{1,20}[ _-])?(?:phone|mobile|telephone|tel|cell|fax)(?:[ _-]?(?:no\.?|number))?
    [^\s,;|，]{0,2}(?:手机|电话|手機|電話|座机)号?码? | 联系方式
    passport(?:[ _-]?(?:no\.?|number))? | ssn | social security(?: number)? | iban | account[ _-](?:no\.?|number)
    licen[cs]e plate | number plate | plate[ _-](?:no\.?|number) | driver'?s? licen[cs]e | national id
    (?:身份证|身分證|护照|護照|驾驶证|驾照|社保|银行卡|卡|账|帳)[号號]?[码碼]? | 车牌号?码?
    wechat | weixin | telegram | whatsapp | skype | qq | 微信号? | qq号
""")
_NAMES = any_of(r"""
    (?:full|first|last|given|family|contact|customer|patient|client|employee|user)?[ _-]?name | surname | contact | recipient
    patient | client | customer | student | tenant | owner
    姓名 | 名字 | 联系人 | 收件人 | 收货人 | 客户 | 患者 | 学生 | 员工 | 业主 | 车主 | 名前 | 氏名 | 이름 | 성명
    nombre | nome | nom | имя | фио
""")
_EDGE = r"[ \t\"'`*]{0,4}"
_LABELLED = r"(?im)(?:^|(?<=[,;|\t，])){edge}(?:{labels}){edge}(?=[,;|\t，]|$)"
SECRET_OR_NUMBER = re.compile(_LABELLED.format(edge=_EDGE, labels=f"(?P<secret>{_SECRETS})|{_NUMBERS}"))
NAMED = re.compile(_LABELLED.format(edge=_EDGE, labels=_NAMES))
"""Cells of a header that say what stands below them."""
DELIMITERS = ("\t", "|", ";", ",", "，")
LONGEST_HEADER, LONGEST_CELL = 40, 200
_QUOTED = re.compile(r'"[^"\n]*"')
_RULE = re.compile(r"[\s|:+-]+")
FORM_RULES = (*SECRETS, *NUMBERS, *BIRTH_DATES, *PHONES)


class _Column(NamedTuple):
    """Stretches of a text that stand below one cell of a header."""

    label: str
    secret: bool
    cells: list[tuple[int, int]]


def in_columns(text: str) -> Iterator[Match]:
    """What the cells of tables hold, by the label above them.

    Args:
        text: in its normal form.
    """
    parts: list[str] = []
    origins: list[tuple[int, int]] = []         # where each cell stands among the parts, and in the text
    at = 0
    for column in _columns(text, SECRET_OR_NUMBER):
        label, close = ('password: "', '"') if column.secret else (f"{column.label}: ", "")
        for start, end in column.cells:
            parts.append(f"{label}{text[start:end]}{close}\n")
            origins.append((at + len(label), start))
            at += len(parts[-1])
    if not parts:
        return
    form = "".join(parts)
    code = bytearray(len(form))
    hits = sorted((*identifiers(form, code, FORM_RULES), *name_matches(form, code)), key=lambda hit: hit[1])
    index = 0
    for type_, start, end, key in hits:
        while index + 1 < len(origins) and origins[index + 1][0] <= start:
            index += 1
        begin, origin = origins[index]
        if begin <= start and "\n" not in form[start:end]:
            yield type_, origin + start - begin, origin + end - begin, key


def names_in_columns(text: str, pieces: Sequence[tuple[str, int, int]]) -> Iterator[Match]:
    """Names below a header for names, on lines that hold other personal data.

    Args:
        text: in its normal form.
        pieces: (type, start, end) of what belongs to somebody in it.
    """
    columns = list(_columns(text, NAMED))
    if not columns:
        return
    ends = [match.start() for match in re.finditer("\n", text)]
    lines = {bisect(ends, start) for _, start, _ in pieces}
    for column in columns:
        if any(_is_label(text[start:end]) for start, end in column.cells):
            continue
        for start, end in column.cells:
            name = text[start:end]
            if bisect(ends, start) in lines and _NAME.fullmatch(name) and is_a_person(name):
                yield "NAME", start, end, name.casefold()


def _is_label(cell: str) -> bool:
    """Whether a cell is itself a label, so that its column holds the labels of a form that lies on its side."""
    return bool(SECRET_OR_NUMBER.fullmatch(cell) or NAMED.fullmatch(cell))


_NAME = re.compile(rf"{NAME}|{CHINESE_NAME}|[{characters(HANGUL)}]{{2,4}}|[А-ЯЁ][а-яё]+(?: [А-ЯЁ][а-яё]+){{0,2}}")


def _columns(text: str, header: re.Pattern[str]) -> Iterator[_Column]:
    """The columns below every cell that the pattern sees in a header."""
    done = -1
    for match in header.finditer(text) if "\n" in text else ():
        if match.start() < done:
            continue
        begin = text.rfind("\n", 0, match.start()) + 1
        end = _line_end(text, begin)
        delimiter = max(DELIMITERS, key=lambda sign: text.count(sign, begin, end))
        cells = _cells(text, begin, end, delimiter)
        if len(cells) < 2 or any(stop - start > LONGEST_HEADER for start, stop in cells):
            done = end
            continue
        rows, done = _rows(text, end, delimiter, len(cells))
        for number, (start, stop) in enumerate(cells):
            label = header.fullmatch(text[start:stop])
            if label is not None and rows:
                yield _Column(text[start:stop], bool(label.groupdict().get("secret")),
                              [row[number] for row in rows if 3 <= row[number][1] - row[number][0] <= LONGEST_CELL])


def _rows(text: str, end: int, delimiter: str, width: int) -> tuple[list[list[tuple[int, int]]], int]:
    """The cells of the lines behind a header that have as many, and where the last of these lines ends."""
    rows = []
    while end < len(text):
        begin, stop = end + 1, _line_end(text, end + 1)
        if not (delimiter == "|" and _RULE.fullmatch(text, begin, stop)):
            cells = _cells(text, begin, stop, delimiter)
            if len(cells) != width:
                break
            rows.append(cells)
        end = stop
    return rows, end


def _line_end(text: str, begin: int) -> int:
    end = text.find("\n", begin)
    return len(text) if end < 0 else end


def _cells(text: str, begin: int, end: int, delimiter: str) -> list[tuple[int, int]]:
    """Where the cells of a line stand, without blanks, quotes and the bars around a row of Markdown."""
    cells = []
    at = begin
    line = _QUOTED.sub(lambda match: match.group().replace(delimiter, " "), text[begin:end]) if delimiter != "|" else \
        text[begin:end]
    for part in line.split(delimiter):
        stripped = part.strip(" \t\r\"'`*")
        start = at + part.find(stripped)
        cells.append((start, start + len(stripped)))
        at += len(part) + 1
    if delimiter == "|" and len(cells) > 2:
        cells = cells[cells[0][0] == cells[0][1]:len(cells) - (cells[-1][0] == cells[-1][1])]
    return cells
