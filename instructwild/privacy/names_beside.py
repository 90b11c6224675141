"""Names that stand beside other personal data: in a form, a list of addresses, an export, above or below a phone number.

A name in a text may be anybody's, in a story too; where a mail address, a number or a home stands in the same text, a name
under a label for one (`Tenant:`, 收件人) or right beside that piece is the person it belongs to.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from instructwild.privacy.introductions import CHINESE_NAME, FULL_NAME, NAME, may_be_a_name
from instructwild.privacy.rule import Match
from instructwild.text.word_table import any_of

OWNED = frozenset(("EMAIL", "PHONE", "ID", "ADDRESS", "CARD", "ACCOUNT", "DATE"))
"""Types of data that belong to somebody."""
TOUCHED = frozenset(("EMAIL", "PHONE", "ID"))
"""Those beside which the name itself stands."""
NO_PERSON = re.compile(r"(?i)\b(?:" + any_of("""
    address | property | phone | mobile | e-?mail | contact | number | office | house | street | united | human | service
    support | sales | team | department | call | card | account | date | birth | fax | tel | street | city | state | id
    public | domain | licen[cs]e | copyright
    please | info | details | customer | general | main | head | new | order | best | kind | regards | press | media
    manager | developer | engineer | designer | organi[sz]er | analyst | director | officer | assistant | coordinator
    consultant | specialist | administrator | representative | executive | editor | president | technician
    operations | division | agency | bureau | ministry | committee | council | corporation | university | college | school
    hospital | clinic | bank | union | association | handbook | benefits | relations | engagement | satisfaction
    success | experience | groups? | resources? | affairs | ownership | programs? | portal | records?
    part(?:y|ies) | events? | wedding | birthday | catering | decorations | entertainment | unlimited | display | secrets?
    islands? | kingdom | republic | emirates | arabia | county | province | district | coast
    website | linkedin | title | position | location | skills? | education | nationality | gender | username | password
""") + r")\b")
"""Words that stand in capitals beside a number and name nobody: labels, trades, parts of a company, occasions."""
_LABELS = any_of(r"""
    (?:full|real|first|last|given|family|legal|display|user|account|card)[ _-]?names?
    (?:contact|customer|patient|client|employee)[ _-]?names?
    name | surname | fn | n | nickname
    patient | client | customer | contact | applicant | student | employee | tenant | landlord | lessor | lessee | guest
    (?:policy|account|card)[ -]?holder | beneficiary | insured | claimant | plaintiff | defendant | witness | guardian
    recipient | consignee | sender | attn\.? | attention | ship(?:ped)? to | bill(?:ed)? to | deliver to | next of kin
    emergency contact | prepared by | signed by | reported by | attendees? | participants? | owner | author_?name | from | to
""")
_SERVED = any_of("patient | client | tenant | customer | employee | student | applicant | insured | claimant | witness "
                 "| guest")
_LABELS_ZH = any_of("""
    姓名 | 名字 | 联系人 | 收件人 | 收货人 | 寄件人 | 发件人 | 患者 | 病人 | 户名 | 开户人 | 持卡人 | 申请人
    举报人 | 投诉人
    报案人
""")
_ROLES_ZH = any_of("""
    甲方 | 乙方 | 出租人 | 承租人 | 房东 | 租客 | 买方 | 卖方 | 委托人 | 受托人 | 原告 | 被告 | 证人
    法定代表人 | 法人
    负责人 | 经办人 | 紧急联系人 | 家长 | 监护人 | 考生 | 学生 | 员工 | 客户 | 顾客 | 会员 | 车主 | 业主 | 投保人 | 被保险人
""")
_CAPITALS = r"[A-Z]{2,20}(?: [A-Z]{2,20}){1,3}"
LABELLED = re.compile(
    rf"(?im)(?<![A-Za-z])(?:{_LABELS})[\"']?\s{{0,2}}(?::|=>?)[ \t]{{0,3}}[\"']?(?-i:(?P<it>{NAME}|{_CAPITALS}))"
    r"(?=\s{0,2}(?:$|[,;|(\"'<\[\t]))|"
    rf"(?:(?:{_LABELS_ZH})[\"']?\s{{0,2}}(?:[:：（(=]|是|为)?|(?:{_ROLES_ZH})[\"']?\s{{0,2}}(?:[:：（(=\t]|是|为))"
    rf"\s{{0,3}}[\"']?(?P<zh>{CHINESE_NAME})"
    r"(?=[\s，,。；;、|\"'）)（(]|$)|"
    rf"(?<![A-Za-z])(?:{_SERVED}) (?-i:(?P<served>{FULL_NAME}))(?=,| \(|;)|"
    rf"^\[[\d/.:, -]{{6,24}}(?:[AP]M)?\] (?-i:(?P<chat>{FULL_NAME})):|"
    rf"\b(?:between|of|by|for|from) (?-i:(?P<party>{FULL_NAME}))(?=,? (?:v\.|vs\.?|residing|of \d|born|\(|\[))")
"""A name behind a label, or as a party of a contract."""
_CALLED = any_of("电话 | 手机号? | 联系电话 | 联系方式 | 身份证号?码? | 邮箱 | tel | phone | mobile | e-?mail | cell | DOB")
_GAP = r"[\s,;|<>(（\[\"'：:，、/-]{1,5}"
BEFORE = re.compile(rf"(?:^|(?<=[\s,;|(\"'：:，、>]))(?:(?P<it>{FULL_NAME})|(?P<zh>{CHINESE_NAME})){_GAP}(?:(?i:{_CALLED})"
                    rf"[:：.]?\s?)?\Z")
AFTER = re.compile(rf"{_GAP}(?:(?P<it>{FULL_NAME})|(?P<zh>{CHINESE_NAME}))(?=[\s,;|)）>\"'，。]|\Z)")
"""A name that touches a piece of personal data, but for a comma, a bracket or a line's end."""
ABOVE = re.compile(rf"(?m:^)(?:[^\n:：]{{0,20}}[:：][ \t]?)?(?:(?:Mr|Mrs|Ms|Dr)\.? )?"
                   rf"(?:(?P<it>{FULL_NAME})|(?P<zh>{CHINESE_NAME}))[ \t,]{{0,3}}\n\Z")
"""A name that is all of the line above an address: of `Division of Toll Operations` no part is."""
FIRST_LINE = re.compile(rf"\s{{0,9}}(?:(?i:resume|résumé|cv|curriculum vitae|个人简历|简历)[ \t:：]{{0,4}}\n\s{{0,9}})"
                        rf"?(?:(?P<it>{FULL_NAME})|(?P<zh>{CHINESE_NAME}))[ \t]{{0,9}}\n")
HEAD = 300
"""Characters of the head of a curriculum vitae: a name alone on the first line, and how its owner is reached."""
BESIDE = 48
"""Characters before a piece that are looked at."""
SAME_PERSON = 400
"""Characters between a label and the piece of data whose owner it may name; further off it names a thing of its own."""


def names_beside(text: str, pieces: Sequence[tuple[str, int, int]]) -> Iterator[Match]:
    """The names in a text that holds personal data already.

    Args:
        text: in its normal form.
        pieces: (type, start, end) of what was seen in it, something `OWNED` among it.
    """
    starts = sorted(start for type_, start, _ in pieces if type_ in OWNED)
    matches = [match for match in LABELLED.finditer(text) if _is_near(starts, match)]
    if any(type_ in TOUCHED and start < HEAD for type_, start, _ in pieces):
        matches += filter(None, (FIRST_LINE.match(text),))
    for type_, start, end in pieces:
        if type_ in TOUCHED:
            touching = BEFORE.search(text, max(0, start - BESIDE), start), AFTER.match(text, end, end + BESIDE)
            matches += filter(None, touching)
        elif type_ == "ADDRESS":
            matches += filter(None, (ABOVE.search(text, max(0, start - BESIDE), start),))
    for match in matches:
        group = match.lastgroup or "it"
        if is_a_person(match.group(group)):
            yield "NAME", match.start(group), match.end(group), match.group(group).casefold()


def is_a_person(name: str) -> bool:
    """Whether what has the form of a name may be one, and is neither a label, a trade nor an occasion."""
    return may_be_a_name(name) and not NO_PERSON.search(name)


def _is_near(starts: Sequence[int], match: re.Match[str]) -> bool:
    """Whether a piece of somebody's data begins near a label."""
    index = bisect_left(starts, match.start() - SAME_PERSON)
    return index < len(starts) and starts[index] <= match.end() + SAME_PERSON
