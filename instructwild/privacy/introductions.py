"""Who introduces themselves or theirs in a text: "my name is …", names under letters, names in forms, 我叫…"""

import re

from instructwild.privacy.introductions_elsewhere import IN_OTHER_LANGUAGES, STOCK
from instructwild.privacy.normal_form import normal_form
from instructwild.privacy.rule import holds
from instructwild.text.scripts import ANY_HAN
from instructwild.text.word_table import any_of, listed

_PART = r"[A-Z][a-zà-öø-ÿ'’]{1,20}(?:-[A-Z][a-zà-öø-ÿ]{1,20})?"
_LONG = "(?:" + any_of(rf"""
    [A-ZÀ-Ö][a-zà-öø-ÿ]{{1,20}}(?:-[A-Z][a-zà-öø-ÿ]{{1,20}})?
    (?:O['’]|[ÓÒ] |N[íi] )[A-Z][a-zà-öø-ÿ]{{1,20}} | Mac[A-Z][a-z]{{1,20}} | Mc[A-Z][a-z]{{1,20}}
    {_PART}
""") + ")"
_TITLE = r"(?:Dr|Mr|Mrs|Ms|Prof)\. "
NAME = rf"(?:{_TITLE})?{_LONG}(?: [A-Z]\.)?(?: (?:(?:van|von|de|der|da|del|al|bin) )?{_LONG}){{0,2}}"
FULL_NAME = rf"{_LONG}(?: [A-Z]\.)? {_LONG}"
_KIN = ("wife|husband|boss|son|daughter|friend|boyfriend|girlfriend|doctor|teacher|manager|colleague|neighbou?r|landlord|"
        "landlady|tenant|mother|father|mom|mum|dad|sister|brother|grandmother|grandfather|grandma|grandpa|aunt|uncle|cousin|"
        "niece|nephew|roommate|flatmate|coworker|supervisor|nanny|fianc[ée]e?|therapist|dentist|godmother|godfather|"
        "paediatrician|pediatrician|midwife|lawyer|solicitor|accountant|line manager|team lead")
_END = r"(?=[ \t]*(?:$|[,;|(]))"
"""Where a name in a form ends."""
_SIGNED = r"(?=[ \t]*(?:[.,]?[ \t]*$|\n))"
"""Where the name under a letter ends."""
_NAMED = any_of(r"""
    \b[Mm]y (?:(?:full|real|first|last|given|family|maiden|legal) )?(?:sur)?name(?: is|'s|’s) | \bI am called
    \b[Mm]y friends call me
    \b[Mm]e llamo | \b[Jj]e m['’]appelle | \b[Ii]ch heiße
""")
_THANKS = any_of("""
    Thanks | Thank you | Many thanks | Best | Cheers | Yours | Yours (?:truly|faithfully) | Best wishes | Regards
    All the best | Love
    Mit freundlichen Grüßen | Viele Grüße | Cordialement | Bien à vous | Saludos | Atentamente | Un saludo
    Cordiali saluti | Distinti saluti | Met vriendelijke groet | Med vänlig hälsning | Com os melhores cumprimentos
""")
_GREETING = (r"(?:(?:[Hh]i|[Hh]ello|[Hh]ey|[Gg]reetings|[Gg]ood (?:morning|afternoon|evening|day))"
             r"(?: there| all| everyone)?[,!.]? )?")
_GOES_ON = r"(?=,? (?:from|and (?:I|my)|living|writing|your |a |an |the |\d\d\b)|[,.] [Ii](?:'| |’)|[.!]?$)"
_DOES = r"(?=[,.!?;)]|\s*\Z| (?:" + any_of("""
    and | is | was | said | says | has | had | keeps | works | lives | wants | needs | passed | died | will | would | can
    got | went | lost | turned | just | who | whose | about | for | on | at | in | to
""") + r")\b)"
INTRODUCTIONS: tuple[tuple[tuple[str, ...], re.Pattern[str]], ...] = (
    (listed("name | called | call me | llamo | appelle | heisse"), re.compile(
        rf"(?:{_NAMED})[ \t]+({NAME})|"
        rf"^[ \t]*(?:(?:(?:Full|First|Last|Patient|Customer|Your) )?[Nn]ame):[ \t]*({NAME}){_END}|"
        rf"\b[Cc]all me ({FULL_NAME}|{_LONG}(?= please|, please))", re.MULTILINE)),
    ((" by:",), re.compile(
        r"^[ \t]*(?:Taken|Prepared|Written|Submitted|Reported|Recorded|Signed|Approved|Reviewed|Compiled|Minuted|Requested)"
        rf" by:[ \t]*({FULL_NAME}){_END}", re.MULTILINE)),
    (("from:",), re.compile(rf"^From:[ \t]*({FULL_NAME})[ \t]*\n(?:To|Sent|Date|Subject|Cc):", re.MULTILINE)),
    (listed("patient: | contact: | customer:"), re.compile(
        rf"^[ \t]*(?:Patient|Contact|Customer):[ \t]*((?:{_TITLE})?{FULL_NAME}|{_TITLE}{_LONG}){_END}", re.MULTILINE)),
    (listed("signed | regards | sincerely"), re.compile(
        r"(?:\b[Ss]igned,|\b(?:[Bb]est|[Kk]ind|[Ww]arm) [Rr]egards,|\b[Ss]incerely,)"
        rf"(?:[ \t]+|[ \t]*\n[ \t]*)({NAME}){_SIGNED}", re.MULTILINE)),
    (listed("""
        thank | best | cheers | yours | regards | love | grüsse | cordialement | bien à | salud | atentamente | salut | groet
        hälsning | cumprimentos
    """), re.compile(
        rf"^[ \t]*(?:{_THANKS})(?:[,!.][ \t]*(?:\n[ \t]*)?|[ \t]*\n[ \t]*)({FULL_NAME}){_SIGNED}", re.MULTILINE)),
    (listed("i am | i'm | i’m | this is"), re.compile(
        rf"(?:^|(?<=[.!?,] )){_GREETING}(?:I am|I'm|I’m|[Tt]his is) ({FULL_NAME}){_GOES_ON}", re.MULTILINE)),
    (("it's", "it’s", "it is"), re.compile(
        rf"(?:^|(?<=[.!?,] ))(?:[Hh]i|[Hh]ello|[Hh]ey)(?: there| all)?[,!.]? [Ii]t(?:'s|’s| is) ({FULL_NAME})(?=,| again"
        rf"| here| from|[.!]?$)",
        re.MULTILINE)),
    ((" here,", " here.", " here!"), re.compile(rf"^{_GREETING}(?:{_TITLE})?({FULL_NAME}) here[,.!]", re.MULTILINE)),
    (tuple(f"my {kin}" for kin in _KIN.replace("neighbou?r", "neighbor|neighbour").replace("[ée]e?", "").split("|")),
     re.compile(
        rf"\b[Mm]y (?:{_KIN}),? ({FULL_NAME}){_DOES}")),
    (("my name",), re.compile(
        r"\bMY NAME IS ([A-Z]{2,20}(?: (?!AND\b|FROM\b)[A-Z]{2,20}){0,2})(?=[.,!?\n]|$| AND\b| I\b| FROM\b)")),
    (("my name",), re.compile(
        r"(?i:\bmy name is |\bmy name['’]s )([a-z]{3,20} [a-z]{2,20})"
        r"(?=[.,!?\n]|$| and i\b| from\b| i am\b| i'm\b)")),
)
"""Words without which a text introduces nobody so, and how it does."""
_NO_NAME = """
what who why how when where which whose whom is are was were do does did can could would should will shall may might
must the this that these those i you he she it we they my your his her its our their a an and or but not no yes in on
at of to for from with please sit come go let tell write give make list name unknown none null undefined anonymous
confidential here there about as if so then than just only very really important secret mud legion also still now since
never always chatgpt claude siri alexa gpt gemini bard assistant hello hi hey dear based derived taken
certainly absolutely definitely unfortunately sir madam ma'am congratulations
restaurant pizzeria cafe bakery hotel bar club shop store market company corp inc ltd llc agency studio
services solutions technologies consulting marketing online academy university school project app
foundation association landscaping cleaning plumbing roofing photography travel tours fitness gym salon boutique grill
team department management staff committee
foods labs systems software digital media capital partners holdings industries
well okay ok sure alright yeah oh um thanks thank great right wait good sorry excuse actually hmm
"""
NO_NAME = frozenset(_NO_NAME.split())
"""Words that begin no name."""
STOCK_NAMES = [["john", "doe"], ["jane", "doe"], ["john", "smith"], ["jane", "smith"], ["john"], ["jane"], ["doe"],
               ["smith"], ["user"], ["inigo", "montoya"]]
"""Names that stand for any."""
SURNAMES = "".join(listed("""
    王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟
    谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤
    温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂苗谷
    盛曲翁冉骆蓝路游辛靳欧管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤
    阳穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂佟应臧闵苟邬边卞姬师仇栾隋商刁沙荣巫寇
    水云奚昌凤花酆皮湛贝计谈支宣贲滑封邴富巫牧蓬伊钭幸韶印宿鄂索咸籍屠闻贡扶宰郦郤璩燕浦阎容戈居满匡国广禄东殳沃夔厍竺逯盖益冼揭漆元萧
    操宓禹狄伏茅危昝裘钮嵇荀芮羿储汲糜隗郗厉郜蓟邰胥莘逄扈郏濮雍宦茹庾暨阙蔚晁訾阚鞠巢蒯荆
    桑郎甄丛仲虞敖巩明佘池查麻苑迟邝鄢仝谌蔺郁
"""))
"""Chinese surnames, the frequent ones first."""
NO_NAME_ZH = re.compile(any_of(r"""
    何(?:时|处|人|种|为|事|地|物|必|况|以|方|在|故|意|许|謂|谓|時|處) | 任(?:何|意|务|選|选)
    高(?:中|兴|級|级|手|考|興) | 白(?:天|色|痴) | 黄(?:色|昏) | 石头 | 马(?:上|来) | 方(?:法|便|式|向|案)
    万(?:一|能|物) | 程(?:序|度) | 毛(?:病|衣) | 严格 | 向来 | 金(?:融|钱|色) | 段落 | 田(?:地|野) | 陈(?:述|列)
    张(?:三|贴)?$ | 谢谢 | 徐徐 | 曾经 | 于是 | 余下 | 安全 | 周(?:末|围|日|一|二|三|四|五|六)
    雷(?:电|雨) | 孔子 | 江(?:湖|南) | 史(?:诗|料) | 文字 | 常见 | 别人 | 明天 | 和你 | 国家 | 成功 | 时间 | 全部
    易于 | 应该 | 解释 | 高管 | 高工 | 经理 | 成员 | 应届 | 文(?:中|章|件|化|本) | 支(?:持|付)
"""))
_TWO_CHARACTERS = any_of("""
    欧阳 | 司马 | 上官 | 诸葛 | 歐陽 | 司馬 | 諸葛 | 东方 | 皇甫 | 尉迟 | 公孙 | 慕容 | 令狐 | 宇文 | 长孙 | 夏侯
    端木 | 独孤 | 申屠 | 澹台 | 公冶 | 宗政 | 濮阳 | 淳于 | 单于 | 太叔 | 仲孙 | 轩辕 | 钟离 | 鲜于 | 闾丘 | 司徒
    司空 | 赫连 | 闻人 | 万俟 | 南宫 | 西门 | 呼延 | 百里 | 东郭 | 拓跋 | 完颜 | 司寇 | 南门 | 左丘 | 公羊 | 谷梁
""")
_TRADITIONAL = "".join(listed("""
    張劉陳楊黃趙吳孫馬鄭許韓馮鄧蕭錢嚴萬莊蘇盧賈鄒葉蔣韋陸龍賀顧
    龔湯溫齊喬龐顏聶魯關蘭紀單骆藍遊祿華饒農時連麥費衛應師榮叢鞏
"""))
_SURNAME = f"(?:{_TWO_CHARACTERS}|[{SURNAMES}{_TRADITIONAL}])"
CHINESE_NAME = rf"{_SURNAME}{ANY_HAN}{{1,2}}"
_KIN_ZH = any_of("""
    儿子 | 女儿 | 老婆 | 妻子 | 老公 | 丈夫 | 爸爸 | 妈妈 | 父亲 | 母亲 | 哥哥 | 姐姐 | 弟弟 | 妹妹 | 孩子
    爸 | 妈 | 爷爷 | 奶奶 | 外公 | 外婆 | 姥姥 | 姥爷 | 叔叔 | 阿姨 | 舅舅 | 姑姑 | 表哥 | 表姐 | 表弟 | 表妹
    对象 | 媳妇 | 爱人
    同事 | 老板 | 朋友 | 男朋友 | 女朋友 | 领导 | 老师 | 同学 | 室友 | 房东
""")
_NAMED_ZH = any_of(rf"""
    我叫 | 我的(?:中文)?名字[是叫] | 我名叫 | 本人姓名[:：]? | 本人叫
    姓名\s{{0,2}}[:：] | 名字\s{{0,2}}[:：] | 联系人\s{{0,2}}[:：] | 收件人\s{{0,2}}[:：] | 收货人\s{{0,2}}[:：]
    我的真名[是叫] | 患者\s{{0,2}}[:：]
    (?:记录人|填表人|制表人|审核人|整理人|签收人?|领取人|取件人)\s{{0,2}}[:：]
    (?:投保人|被保险人|户主|乘机人|乘车人|入住人)\s{{0,2}}[:：]
    (?:申请人|请假人|求职者|应聘者|检讨人|承诺人|借款人|保证人|报告人|投诉人|落款)\s{{0,2}}[:：]
    (?:我|我的)(?:{_KIN_ZH})(?:名?叫|的名字[是叫]|是)
""")
INTRODUCED_ZH = re.compile(
    rf"(?:{_NAMED_ZH})[ \t]*({CHINESE_NAME}|{ANY_HAN}{{2,6}}[·•・]{ANY_HAN}{{2,8}})"
    r"(?=[，。！？、；,.;!?\s（(|]|$|今年|是|在|来自|來自|的|住|毕业|从|性别|总|老|每)", re.MULTILINE)
_NO_SELF = "(?:" + any_of("""
    申请 | 应聘 | 应届 | 计划 | 毕业 | 毕竟 | 郑重 | 严格 | 严肃 | 高度 | 安全 | 向来 | 从事 | 任职 | 任何 | 路过 | 温和
    于 | 成 | 左右 | 方向
    安心 | 常年 | 全权 | 全程 | 和 | 时常 | 应 | 万分 | 简单 | 包括 | 连续 | 连日 | 从 | 向 | 宁愿 | 宁可
""") + ")"
"""Verbs and adverbs behind 本人 that begin like surnames."""
_LAST_OF_A_ROLE = "[员生师长者人手家工商民友主任导模粉迷的妈爸婆公]"
"""Characters that end the name of a trade: 高材生, 安全员."""
_SIGNS_ZH = any_of("""
    学生 | 家长 | 员工 | 实习生 | 班主任 | 老师 | 经办人 | 负责人 | 联系人 | 代理人 | 立据人 | 欠款人 | 出借人
    签名 | 签字 | 署名
    此致 | 汇报人 | 辞职人 | 立遗嘱人 | 见证人 | 甲方 | 乙方 | 你的学生 | 您的学生 | 儿 | 女儿 | 儿子
""")
"""Who signs at the foot of a letter."""
_FOOT = r"[ \t]*(?:\n\s{0,9}[^\n]{0,12}[日号][ \t]*)?\s{0,9}\Z"
"""The end of a letter, with its day or without."""
_KNOWN_ZH = any_of("""
    班主任 | 导师 | 辅导员 | 主治医生 | 主任医师 | 房东 | 教练 | 组长 | 我们?经理 | 我领导 | 我们?老板 | 钢琴老师 | 社工
""")
_TITLES_ZH = any_of("老师 | 教授 | 医生 | 主任 | 先生 | 女士 | 阿姨 | 叔叔 | 教练 | 经理 | 总监 | 姐 | 哥")
_CLOSE_ZH = any_of("儿子 | 女儿 | 老婆 | 妻子 | 老公 | 丈夫 | 同事 | 老板 | 男朋友 | 女朋友 | 室友 | 房东")
BESIDE_ZH = re.compile(any_of(rf"""
    ^[ \t]*姓名[ \t]+({CHINESE_NAME})(?=[\s，。,;；]|$)
    本人(?!{_NO_SELF})({_SURNAME}{ANY_HAN}{{2}})(?=[，,])
    本人({CHINESE_NAME})(?=[，,](?:男|女|生于|出生|身份证|\d{{2,4}}))
    (?:^|[，。！？\s])(?:楼主|小弟|在下|鄙人)({CHINESE_NAME})(?=[，,])
    我是[^\n，。！？,]{{2,20}}(?:大学|学院|系|级|班|公司|集团|医院|部|局|中学|小学)的?({CHINESE_NAME})(?=[，,。])
    (?:我|我的)(?:{_CLOSE_ZH})({_SURNAME}{ANY_HAN}{{2}})(?=[，。！？、,.!?\s]|$|总|老是|每|最近|今年|在|是)
    (?:^|\n)[ \t]*({CHINESE_NAME})(?=敬上|敬启|谨上|拜上|顿首)
    敬礼[！!]?[ \t]*\n+[ \t]*({CHINESE_NAME})(?=[ \t]*(?:\n|$))
    (?:我|我的)(?:{_KIN_ZH})({_SURNAME}{ANY_HAN}{{1,2}}?)(?=[，,]?(?:今年|属[鼠牛虎兔龙蛇马羊猴鸡狗猪]|生于|\d))
    我是来自[^\n，。,]{{2,16}}的({CHINESE_NAME})(?=[，,。！!])
    我是{ANY_HAN}{{2,12}}的({_SURNAME}{ANY_HAN}(?!{_LAST_OF_A_ROLE}){ANY_HAN})(?=[，,。！!])
    ^[ \t]*(?:{_SIGNS_ZH})[ \t]?[:：][ \t]{{0,4}}({CHINESE_NAME})(?={_FOOT})
    (?:患者|病人|学生|家长|客户)[ \t]?({CHINESE_NAME})(?=[，,][ ]?(?:男|女|\d))
    (?:叫我|喊我)({CHINESE_NAME})(?=就行|就好|就可以|吧|即可|[，。,.!！])
    (?:{_KNOWN_ZH})[ \t]?({_SURNAME}{ANY_HAN}{{1,2}}?)(?={_TITLES_ZH}|老是|总是)
    我姓[^\s，,]{{1,2}}[，,](?:名叫|名|叫)({ANY_HAN}{{1,2}})(?=[，。！？,.!?\s]|$)
    (?:我叫|我的英文名(?:字)?[是叫])[ \t]*([A-Z][a-z]{{1,20}}(?: [A-Z][a-z]{{1,20}}){{1,2}})
    (?:私の名前は|わたしの名前は)({ANY_HAN}{{3,5}})(?=です|と|。)
    (?:제 이름은|내 이름은)[ ]?([가-힣]{{2,4}}?)(?=입니다|이고|이야|예요|이에요)
"""), re.MULTILINE)
SELF_ZH = re.compile(rf"(?:^|[，。！？,.!?\s])(?:大家好|你好|您好|大家好呀)?[，,]?\s?我是({_SURNAME}{ANY_HAN}{{1,2}})"
                     rf"(?=[，,](?:今年|来自|住在|毕业|一名|是一|在{ANY_HAN}{{2}}))", re.MULTILINE)
INTRODUCING_ZH = listed("""
    导师 | 辅导员 | 主治 | 房东 | 教练 | 组长 | 经理 | 社工 | 学生 | 家长 | 员工 | 老师 | 实习 | 班主任 | 签 | 署 | 此致
    方 | 儿 | 户主 | 我 | 楼主 | 小弟 | 在下 | 鄙人 | 姓名 | 名字 | 人 | 患者 | 敬 | 上 | の名前 | 이름
""")


TITLED_ZH = re.compile(r".{1,2}(?:某+|某[甲乙丙丁]|先生?|女士?|小姐?|氏|同学|老师|医生|总|阿姨|大爷|大妈|"
                       r"爷爷|奶奶|叔叔?|伯伯?|姨|哥|姐|嫂|婆婆|师傅|教授|经理|主任|导)")
"""A surname with 某 or a title, as patients and parties are called in order not to name them."""
NOT_GIVEN = re.compile("[的了着吗呢吧们是很不]")
"""Characters that no given name has: 幸运的."""
AFTER_A_NAME = 60
OF_SOMETHING_ELSE = re.compile(
    r"(?is).*?\b(?:breed|species)\s?[:：]|.*?(?:品种|物种)\s?[:：]|"
    r"[ \t]*\n[ \t-]*(?:version|summary|(?:\w{1,20}_)?type|kind|uses|run|image|namespace|steps|path|command|script"
    r"|schema|module|package|licen[cs]e|architecture|homepage"
    r"|price|(?:sub-?)?category|brand|ingredients|calories|sku|stock|quantity|manufacturer|genre|publisher|platform"
    r"|size|life ?span|habitat|diet|cuisine|founded|headquarters|sector|capital|population|currency)\s?:")
"""What stands behind a name in a form or a list that is a pet's, a package's, a field's, of goods or of a country."""
GOODS_BEFORE = re.compile(r"(?im)^[ \t]*(?:(?:sub-?)?category|product|item|brand|sku)\s?:[^\n]{0,40}\n\Z")
"""The line before the name of goods."""
BEFORE_A_NAME = 64


def introduced(text: str) -> list[str]:
    """Names that the text itself presents as somebody's own."""
    text = normal_form(text).text
    folded = text.casefold()
    patterns = [*(pattern for words, pattern in (*INTRODUCTIONS, *IN_OTHER_LANGUAGES) if holds(folded, words)),
                *([INTRODUCED_ZH, BESIDE_ZH] if holds(folded, INTRODUCING_ZH) else []),
                *([SELF_ZH] if "我是" in folded else [])]
    names = [next(filter(None, match.groups())) for pattern in patterns for match in pattern.finditer(text)
             if not OF_SOMETHING_ELSE.match(text, match.end(), match.end() + AFTER_A_NAME)
             and not GOODS_BEFORE.search(text, max(0, match.start() - BEFORE_A_NAME), match.start())]
    return list(dict.fromkeys(name for name in names if may_be_a_name(name)))


def may_be_a_name(name: str) -> bool:
    """Whether what has the form of a name is no word that begins like one, and no name that stands for any."""
    if name.casefold() in STOCK:
        return False
    if name[0] > "\u3000":
        return not NO_NAME_ZH.match(name) and not TITLED_ZH.fullmatch(name) and not NOT_GIVEN.search(name, 1)
    words = name.casefold().removeprefix("dr. ").replace(".", "").split()
    return words not in STOCK_NAMES and not any(word in NO_NAME for word in words)
