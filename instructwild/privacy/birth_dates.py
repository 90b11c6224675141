"""The day on which somebody was born: by its label, in a sentence about oneself or one's family, in a question of astrology.

A day of birth in a text about somebody known to all is left: who is meant is not the writer, nor one of the writer's family.
"""

import re

from instructwild.privacy.rule import Rule
from instructwild.text.word_table import any_of, listed

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}"
DAY = "(?:" + any_of(rf"""
    \d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH},? (?:19|20)\d\d
    {_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? (?:19|20)\d\d
    \d{{1,2}}[/.-]\d{{1,2}}[/.-](?:19|20)\d\d
    (?:19|20)\d\d\s?[/.年-]\s?\d{{1,2}}\s?[/.月-]\s?\d{{1,2}}[日号]?
""") + ")"
"""A day with its month and year."""
_LABELS = any_of(r"""
    \bDOB | \bd\.o\.b\.? | \bBIRT\b[\s|\d]{0,9}DATE | \bdate of birth | \bbirth ?date | \b(?:my|his|her) birthday
    \bI was born on
    出生日期 | 出生年月日? | 出生时间 | 生日 | 我出生于
    geburtsdatum | geboren am | fecha de nacimiento | date de naissance | née? le | data di nascita | data de nascimento
    geboortedatum | data urodzenia | дата рождения | doğum tarihi | ngày sinh | 生年月日 | 생년월일
""")
_LABEL_WORDS = listed("""
    dob | d.o.b | birt | birth | born | 生日 | 出生 | geb | naci | naiss | nasc | urodz | рожд | doğum | sinh
    生年月日 | 생년월일
""")
_FAMILY = any_of("""
    wife | husband | son | daughter | mother | father | mom | mum | dad | sister | brother | partner | boyfriend | girlfriend
    grandmother | grandfather | grandma | grandpa | child | baby | kid | niece | nephew | cousin | friend
""")
_FAMILY_ZH = any_of("""
    我 | 本人 | 姓名 | 儿子 | 女儿 | 宝宝 | 孩子 | 老公 | 老婆 | 妻子 | 丈夫 | 爸爸 | 妈妈 | 爷爷 | 奶奶 | 外公 | 外婆 | 姥姥
    姥爷 | 对象 | 男友 | 女友 | 男朋友 | 女朋友 | 弟弟 | 妹妹 | 哥哥 | 姐姐 | 表[哥姐弟妹] | 侄[子女] | 外甥
    孙[子女] | 同学
""")
_STARS = any_of("八字 | 算命 | 命理 | 生辰 | 命盘 | 紫微 | 排盘 | 星盘 | 起名 | 取名")
_STARS_EN = any_of("birth chart | natal chart | horoscope | astrolog\\w+ | numerolog\\w+")
LEAST_YEAR = 1920


def _real_day(match: re.Match[str]) -> bool:
    """A day of birth that is none of every form, where the first of January stands for any, and none of an example."""
    if AN_EXAMPLE.search(match.string[max(0, match.start() - 30):match.start()]):
        return False
    return not re.search(r"\A0?1[/.-]0?1[/.-]|[/.年-]0?1[/.月-]0?1日?\Z", match.group("it"))


AN_EXAMPLE = re.compile(r"(?i)for example|e\.g\.|\bif (?:your|the|a|their)|suppose|例如|比如|假设|如果")


def _of_the_living(match: re.Match[str]) -> bool:
    """The same for a day in a sentence, which may speak of history."""
    year = re.search(r"(?:19|20)\d\d", match.group("it"))
    return year is not None and int(year.group()) >= LEAST_YEAR and _real_day(match)


BIRTH_DATES = (
    Rule("DATE", re.compile(rf"(?i)(?:{_LABELS})\s{{0,2}}(?:is|was|[:：是为])?\s{{0,2}}(?:on )?(?P<it>{DAY})"), _real_day,
         words=_LABEL_WORDS, digits=5),
    Rule("DATE", re.compile(rf"(?i)\b(?:I|my (?:\w{{1,12}} )?(?:{_FAMILY}))"
                            rf"\b[^\n.!?]{{0,30}}?\bborn\b[^\n.!?\d]{{0,24}}?(?P<it>{DAY})"),
         _of_the_living, words=("born",), digits=5),
    Rule("DATE", re.compile(r"\b(?:[Pp]atient:?|[Cc]lient:?|[Tt]enant:?|Mrs?\.?|Ms\.?|Miss) [^\n.!?\d]{3,40}?,? "
                            rf"born (?:on )?(?i:(?P<it>{DAY}))"),
         _of_the_living, words=("born",), digits=5),
    Rule("DATE", re.compile(rf"(?:{_FAMILY_ZH})[^\n。！？]{{0,24}}?(?P<it>{DAY})[^\n。，,]{{0,14}}?(?:出生|生人|生的|"
                            rf"生日|生辰)"),
         _of_the_living, words=listed("出生 | 生人 | 生的 | 生日 | 生辰"), digits=5),
    Rule("DATE", re.compile(rf"(?i)(?:{_STARS}|{_STARS_EN})[^\n。]{{0,50}}?(?P<it>{DAY})"), _of_the_living,
         words=listed("八字 | 算命 | 命理 | 生辰 | 命盘 | 紫微 | 排盘 | 星盘 | 名 | chart | horoscope | astrolog | "
                      "numerolog"),
         digits=5),
)
"""The surest first."""
