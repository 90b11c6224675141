"""Names of accounts and persons: handles by their form, names where the source or the text says that they are names."""

import re
from collections.abc import Iterator, Sequence

from instructwild.privacy.normal_form import normal_form
from instructwild.privacy.rule import Match, holds
from instructwild.text.scripts import ANY_HAN

_MODELS = """
chatgpt gpt gpt-3 gpt-4 gpt-4o gpt4 gpt3 openai claude claudeai anthropicai grok gemini bard googlegemini copilot bing
bingchat perplexity perplexity_ai askperplexity deepseek kimi qwen llama mistral ernie bot ai assistant everyone here
channel 文心一言 通义千问 豆包 讯飞星火 元宝 智谱清言
"""
MODELS = frozenset(_MODELS.split())
"""Names that are no person's."""

_CODE_WORDS = """
media import charset keyframes supports container font-face layer namespace page property counter-style apply tailwind
include mixin extend use forward if else elseif endif for each foreach while return function debug warn error at-root
param params returns throws throw see since author version deprecated override overrides test tests before after
beforeeach aftereach beforeall afterall staticmethod classmethod abstractmethod dataclass dataclasses overload final
wraps cached_property lru_cache cache contextmanager fixture pytest jit njit cuda torch tf autowired component service
repository controller restcontroller bean configuration entity table column id generatedvalue transactional
requestmapping getmapping postmapping putmapping deletemapping pathvariable requestbody requestparam responsebody
value qualifier data getter setter builder noargsconstructor allargsconstructor slf4j nullable nonnull notnull
notblank valid size min max email pattern springbootapplication enablewebsecurity suppresswarnings functionalinterface
safevarargs inject singleton module provides injectable input output ngmodule directive pipe hostlistener viewchild
composable preview state binding published main objc escaping available discardableresult mainactor environmentobject
stateobject observedobject time elapsed show inline inbounds simd async sync spawn threads macroexpand benchmark btime
assert testset type types typedef enum interface class exports description example todo fixme file brief details
tparam section yield extends csrf auth guest php json lang js css html
app root src components utils variable var name echo unique default ts-ignore ts-expect-error ts-nocheck end
implementation synthesize startuml enduml updatedat createdat map relation code link package private public readonly
internal inheritdoc pt en de fr mentions tags user username handle yourhandle company companyname brand brandname
websitename account role artist localartist timestamp
href title xml text node attribute param1 param2 query result count sum total i j x y n k symbol at sign everyone here
channel rest_framework decorator decorators annotation click submit change keyup keydown
"""
CODE_WORDS = frozenset(_CODE_WORDS.split())
"""Words of code that stand behind an @."""
NO_HANDLE = re.compile(r"(?:app|pytest|click|discord|bot|client|router|api|flask|tree|mcp|server|cli|celery|task)\.\w+|"
                       r"[\w-]+\.(?"
        r":com|net|org|cn|io|edu|de|uk)",
                       re.IGNORECASE)
"""Decorators of objects, and ends of mail addresses."""
AT_SYNTAX = re.compile(
    r"\b(?:macros?|decorators?|annotations?|xpath|xquery|at-rules?|jsdoc|javadoc|docstring|stored procedure|t-sql|tsql|tr"
    r"ansact|"
    r"attributes?|regex(?:es|p)?|regular expression|powershell|batch file|makefile|perl|my [@%])\b|\bmy [@%]|"
    r"\b(?:what|how) (?:is|are|does|do) (?:the )?@|装饰器|注解|宏|存储过程|正则|裝飾器|註解",
    re.IGNORECASE)
"""A text that speaks about what an @ does in code."""
AT_CODE_LINE = re.compile(
    r"^[^\n]*(?:\b(?:SELECT|DECLARE|SET|EXEC|EXECUTE|UPDATE|INSERT|WHERE|VALUES)\b[^\n]*@|\[@|/@|@\w[\w:-]{0,40}\s{0,3}(?"
    r":[=(\[{]|\+=|:=|INT\b|VARCHAR|N?VARCHAR|"
    r"AS\b)|\$@|@\$)[^\n]*$|^[ \t]*@[A-Za-z_][\w.]*[ \t]*(?:\([^\n]*\))?[ \t]*\n(?=[ \t]*(?:@|(?:async[ \t]+)?(?:def|clas"
    r"s)\b|public|private|protected|"
    r"static|export|function|fn\b|fun\b|struct|interface|abstract|final|void|var\b|let\b|const\b|\w+\())", re.MULTILINE)
"""Lines in which an @ is syntax: T-SQL, XPath, calls, and decorators above what they decorate."""

COMMENT_LINE = re.compile(r"\A\s*(?://|/\*|\*[ /]|#include\b|#!|--\s|<%|PS |npm ERR|- ?\(\w+\))")
CODE_LINE = re.compile(
    r"[;{}]\s*\Z|\A\s*(?:import |from \S+ import|def |class |func(?:tion)? |const |let |var |public |private |protected |"
    r"return\b)|\w\([^()\n]*\)\s*[;{:]?\s*\Z|=>|:=|==|&&|\|\||::|"
    r"\b(?:int|string|float|bool|double|char|datetime|boolean)\b[^\n]{0,20}[@=]", re.IGNORECASE)
PROSE = re.compile(rf"(?:[A-Za-z']+,? ){{4}}|{ANY_HAN}{{6}}")
"""A line of a program, whether or not it stands in a fence: a comment, or signs of code and no run of words."""
SPEAKS_OF_SYNTAX = re.compile(r"(?i)[ '\"`”]{0,2}(?:\w+ )?(?:variables?|parameters?|placeholders?|tags?|commands?|"
                              r"keywords?|attribute|column|fields?|mentions)\b|\s?(?:变量|参数|标签|部分|部)")
SYNTAX_BEFORE = re.compile(r"(?i)(?:\bsql\b|\bsyntax|(?:local|domain) part|占位符|本地部分)[^\n]*\Z|"
                           r"[+*] ?\Z|\b(?-i:INTO|SET|EXEC|DECLARE|FETCH) \Z")
"""The words around an @ in prose about code."""

AT_LINE = re.compile(r"^[^@\n]*@[^\n]*$", re.MULTILINE)
CODE_WIDTH = 300
"""Characters of a line by which it is known as code."""

HANDLE = re.compile(r"(?<![0-9A-Za-z_./@`=&\]\\\[])@[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,38}[A-Za-z0-9_])?"
                    r"(?:@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,6})?(?![0-9A-Za-z_]|(?:-[\w.-]{1,40})?/[a-z]|\\|"
                    r"\(\))|"
                    rf"(?<![0-9A-Za-z_./@`=&])@{ANY_HAN}[\w-]{{1,29}}")
REDDITOR = re.compile(r"(?<![0-9A-Za-z_.])/?u/[A-Za-z0-9_-]{3,20}(?![0-9A-Za-z_-])")
PROFILES = re.compile(
    r"(?<![A-Za-z0-9-])(?:https?://)?(?:(?<![A-Za-z0-9])www\.|m\.)?(?<![A-Za-z0-9-])(?:(?:twitter|x|instagram|facebook|ti"
    r"ktok|weibo)\.com/(?:u/|n/|@)?|"
    r"linkedin\.com/in/|t\.me/|"
    r"reddit\.com/(?:u|user)/|(?<!api\.)github\.com/(?=[A-Za-z0-9]+-?[A-Za-z0-9]+(?![\w./-]))|threads\.net/@|"
    r"(?:bsky\.app/profile|"
    r"steamcommunity\.com/(?:id|profiles)|mp\.weixin\.qq\.com/u)/|zhihu\.com/people/|"
    r"space\.bilibili\.com/)(?P<it>[A-Za-z0-9_.%-]{3,60})")
NO_PROFILE = {"facebook", "twitter", "instagram", "tiktok", "linkedin", "telegram", "sharer", "sharer.php", "profile.php",
              "johndoe", "janedoe", "john-doe", "jane-doe", "johnsmith", "janesmith", "username", "yourname", "examplepage",
              "yourprofile", "your-profile",
              "home", "search", "i", "share", "intent", "hashtag", "explore", "login", "watch", "groups", "pages", "events",
              "status", "reel", "p", "features", "topics", "pricing", "orgs", "about", "marketplace", "trending", "settings"}
CONTACT = re.compile(r"(?i)(?:微信号?|wechat(?: ?id)?|v信|vx|qq(?:号|群号?|群)?|telegram|skype|line ?id|snapchat|小红书号|"
                     r"抖音号)"
                     r"[ \t]*(?:is|[:：是]|=)[ \t]*(?P<it>@?(?:live:)?[A-Za-z0-9_.-]{5,30}(?:#\d{4})?)(?![A-Za-z0-9_.-]|"
                     r"(?<=[a-z]) [a-z]+ [a-z])")
CONTACT_LABEL = re.compile(r"(?i)(?<![A-Za-z])(?:薇信|威信|weixin|\bwx|\btg|扣扣号?|企鹅号?|skype|line ?id|snap(?:chat)?|"
                           r"whatsapp|signal|"
                           r"小红书|抖音|快手号?|微博|b站(?:uid|id)?|哔哩哔哩|"
                           r"知乎|推特|instagram|\bins|\big|facebook|twitter|tiktok|discord|steam(?: friend code| id)?|psn|"
                           r"battletag)"
                           r"(?: ?(?:id|uid|handle|username|account|号|账号|名))?[ \t]*[:：=][ \t]*"
                           r"(?P<it>@?(?:live:)?[A-Za-z0-9_.-]{5,30}(?:#\d{4})?)(?![A-Za-z0-9_.-])")
CONTACT_BESIDE = re.compile(r"(?i)(?:加(?:我|个|一下)?(?:的)?(?:微信|薇信|威信|v信|vx|wx|v|qq|q|扣扣)|微信号?|薇信|"
                            r"(?<![a-z])(?:vx|wx|wechat|"
                            r"qq(?:号|群号?|群)?)|扣扣号?|企鹅号?|威❤|v❤|抖音号|小红书号|快手号|"
                            r"b站(?:uid|id)|steam friend code|discord(?: is)?|telegram|"
                            r"skype)[ \t]*[:：是]?[ \t]*(?P<it>@?[A-Za-z0-9][A-Za-z0-9_-]{4,19}(?:#\d{4})?)(?![A-Za-z0-9_.-]"
                            r")")
"""An account without a word between it and the messenger's name: it holds a digit."""
CONTACT_WORDS = ("微信", "薇信", "威信", "威❤", "v❤", "wechat", "weixin", "v信", "vx", "wx", "qq", "加v", "加q", "加我",
        "扣扣", "企鹅",
"telegram", " tg", "tg:", "skype", "line id", "line:",
                 "line is", "snap", "whatsapp", "signal:", "signal is", "小红书", "抖音", "快手", "微博", "b站", "哔哩",
                 "知乎", "推特",
                 "instagram", " ins:", " ins is", " ig:", " ig is",
                 "facebook", "twitter", "tiktok", "discord", "steam ", "steam:", "psn", "battletag")
"""Without one of them there is no contact: a quick way past the pattern."""
_PART = r"[A-Z][a-zà-öø-ÿ'’]{1,20}(?:-[A-Z][a-zà-öø-ÿ]{1,20})?"
_LONG = (
    rf"(?:[A-ZÀ-Ö][a-zà-öø-ÿ]{{1,20}}(?:-[A-Z][a-zà-öø-ÿ]{{1,20}})?|O['’][A-Z][a-z]{{1,20}}|Mac[A-Z][a-z]{{1,20}}|"
    rf"Mc[A-Z][a-z]{{1,20}}|{_PART})")
_NAME = rf"(?:(?:Dr|Mr|Mrs|Ms|Prof)\. )?{_LONG}(?: [A-Z]\.)?(?: (?:(?:van|von|de|der|da|del|al|bin) )?{_LONG}){{0,2}}"
_FULL = rf"{_LONG}(?: [A-Z]\.)? {_LONG}"
_KIN = r"wife|husband|boss|son|daughter|friend|boyfriend|girlfriend|doctor|teacher|manager|colleague|neighbou?r|landlord"
INTRODUCTIONS: tuple[tuple[tuple[str, ...], re.Pattern[str]], ...] = (
    (("name", "called", "call me", "llamo", "appelle", "heisse"), re.compile(
        rf"(?:\b[Mm]y (?:full |real )?name(?: is|'s|’s)|\bI am called|\b[Mm]y friends call me|\b[Mm]e llamo|"
        rf"\b[Jj]e m['’]appelle|\b[Ii]ch heiße)[ \t]+({_NAME})|"
        rf"^[ \t]*(?:(?:(?:Full|First|Last|Patient|Customer|Your) )?[Nn]ame):[ \t]*({_NAME})(?=[ \t]*(?:$|[,;|(]))|"
        rf"\b[Cc]all me ({_FULL}|{_LONG}(?= please|, please))", re.MULTILINE)),
    (("patient:", "contact:", "customer:"), re.compile(rf"^[ \t]*(?:Patient|Contact|Customer):[ \t]*({_NAME})(?=[ \t]*(?:$|"
                                                       rf"[,;|(]))", re.MULTILINE)),
    (("signed", "regards", "sincerely"), re.compile(
        rf"(?:\b[Ss]igned,|\b(?:[Bb]est|[Kk]ind|[Ww]arm) [Rr]egards,|\b[Ss]incerely,)(?:[ \t]+|"
        rf"[ \t]*\n[ \t]*)({_NAME})(?=[ \t]*(?:[.,]?[ \t]*$|\n))",
        re.MULTILINE)),
    (("thank", "best", "cheers", "yours", "regards", "love"), re.compile(
        rf"^[ \t]*(?:Thanks|Thank you|Many thanks|Best|Cheers|Yours|Yours (?:truly|faithfully)|Best wishes|Regards|"
        rf"All the best|Love)[,!.][ \t]*(?:\n[ \t]*)?({_FULL})"
        r"(?=[ \t]*(?:[.,]?[ \t]*$|\n))", re.MULTILINE)),
    (("i am", "i'm", "i’m", "this is"), re.compile(
        rf"(?:^|(?<=[.!?,] ))(?:(?:[Hh]i|[Hh]ello|[Hh]ey),? )?(?:I am|I'm|I’m|[Tt]his is) ({_FULL})(?=,? (?:from|and (?:I|"
        rf"my)"
        rf"|living|writing|a |an |the |\d\d\b)|[,.] [Ii](?:'| |’)|[.!]?$)", re.MULTILINE)),
    ((" here,", " here.", " here!"), re.compile(rf"^(?:(?:[Hh]i|[Hh]ello|[Hh]ey),? )?({_FULL}) here[,.!]", re.MULTILINE)),
    (tuple(f"my {kin}" for kin in _KIN.replace("neighbou?r", "neighbor|neighbour").split("|")), re.compile(
        rf"\b[Mm]y (?:{_KIN}),? ({_FULL})(?=[,.!?]| (?:and|is|was|said|says|has|keeps|works|lives|wants)\b)")),
    (("my name",), re.compile(r"\bMY NAME IS ([A-Z]{2,20}(?: [A-Z]{2,20}){0,2})(?=[.,!?\n]|$| AND\b| I\b| FROM\b)")),
    (("my name",), re.compile(r"(?i:\bmy name is |\bmy name['’]s )([a-z]{3,20} [a-z]{2,20})(?=[.,!?\n]|$| and i\b| from\b|"
                              r" i am\b| i'm\b)")),
)
"""Words without which a text introduces nobody so, and how it does."""
_NO_NAME = """
what who why how when where which whose whom is are was were do does did can could would should will shall may might
must the this that these those i you he she it we they my your his her its our their a an and or but not no yes in on
at of to for from with please sit come go let tell write give make list name unknown none null undefined anonymous
confidential here there about as if so then than just only very really important secret mud legion also still now
never always chatgpt claude siri alexa gpt gemini bard assistant hello hi hey dear based derived taken
well okay ok sure alright yeah oh um thanks thank great right wait good sorry excuse actually hmm
"""
NO_NAME = frozenset(_NO_NAME.split())
"""Words that begin no name."""
STOCK_NAMES = [["john", "doe"], ["jane", "doe"], ["john", "smith"], ["jane", "smith"], ["john"], ["jane"], ["user"],
               ["inigo", "montoya"]]
"""Names that stand for any."""
SURNAMES = ("王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟"
            "谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
            "温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂苗谷"
            "盛曲翁冉骆蓝路游辛靳欧管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤"
            "阳穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂佟应臧闵苟邬边卞姬师仇栾隋商刁沙荣巫寇"
            "桑郎甄丛仲虞敖巩明佘池查麻苑迟邝鄢仝谌蔺郁")
"""Chinese surnames, the frequent ones first."""
NO_NAME_ZH = re.compile(r"何(?:时|处|人|种|为|事|地|物|必|况|以|方|在|故|意|许|謂|谓|時|處)|任(?:何|意|务|選|选)|高(?:中|"
                        r"兴|級|级|手|考|興)|白(?:天|色|痴)|黄(?:色"
        r"|昏)|石头|马(?:上|来)|方(?:法|便|式|向|案)|"
                        r"万(?:一|能|物)|程(?:序|度)|毛(?:病|衣)|严格|向来|金(?:融|钱|色)|段落|田(?:地|野)|陈(?:述|列)|"
                        r"张(?:三|贴)?$|谢谢|徐徐|曾经|于是|余下|安全"
                        r"|周(?:末|围|日|一|二|三|四|五|六)|"
                        r"雷(?:电|雨)|孔子|江(?:湖|南)|史(?:诗|料)|文字|常见|别人|明天|和你|国家|成功|时间|全部|易于|应该|"
                        r"解释")
_SURNAME = (rf"(?:欧阳|司马|上官|诸葛|歐陽|司馬|諸葛|东方|皇甫|尉迟|公孙|慕容|令狐|宇文|长孙|夏侯|端木|独孤|"
            rf"[{SURNAMES}張劉陳楊黃趙吳孫馬鄭許韓馮鄧蕭錢嚴萬莊蘇盧賈鄒葉蔣韋陸龍賀顧龔湯溫齊喬龐顏聶魯關蘭紀單骆"
            rf"藍遊祿華饒農時連麥費衛應師榮叢鞏])")
INTRODUCED_ZH = re.compile(
    rf"(?:我叫|我的名字[是叫]|我名叫|本人姓名[:：]?|本人叫|姓名\s{{0,2}}[:：]|名字\s{{0,2}}[:：]|联系人\s{{0,2}}[:：]|"
    rf"收件人\s{{0,2}}[:：]|收货人\s{{0,2}}[:：]|"
    rf"我的真名[是叫]|"
    rf"患者\s{{0,2}}[:：]|(?:我|我的)(?:儿子|女儿|老婆|妻子|老公|丈夫|爸爸|妈妈|父亲|母亲|哥哥|姐姐|弟弟|妹妹|孩子|同事|"
    rf"老板|朋友|男朋友|女朋友|领导|老师|同学|室友|房东)(?:名?叫|"
    rf"的名字[是叫]|是))[ \t]*({_SURNAME}"
    rf"{ANY_HAN}{{1,2}})(?=[，。！？、；,.;!?\s（(|]|$|今年|是|在|来自|來自|的|住|毕业|从|性别|总|老|每)", re.MULTILINE)
BESIDE_ZH = re.compile(
    rf"^[ \t]*姓名[ \t]+({_SURNAME}{ANY_HAN}{{1,2}})(?=[\s，。,;；]|$)|"
    rf"本人({_SURNAME}{ANY_HAN}{{1,2}})(?=[，,](?:男|女|生于|出生|身份证|\d{{2,4}}))|"
    rf"(?:我|我的)(?:儿子|女儿|老婆|妻子|老公|丈夫|同事|老板|男朋友|女朋友|室友|"
    rf"房东)({_SURNAME}{ANY_HAN}{{2}})(?=[，。！？、,.!?\s]|$|总|老是|每|最近|今年|在|是)|"
    rf"(?:^|\n)[ \t]*({_SURNAME}{ANY_HAN}{{1,2}})(?=敬上|敬启|谨上|拜上|顿首)|"
    rf"敬礼[！!]?[ \t]*\n+[ \t]*({_SURNAME}{ANY_HAN}{{1,2}})(?=[ \t]*(?:\n|$))|"
    rf"我姓[^\s，,]{{1,2}}[，,](?:名叫|名|叫)({ANY_HAN}{{1,2}})(?=[，。！？,.!?\s]|$)|"
    rf"我叫[ \t]*([A-Z][a-z]{{1,20}}(?: [A-Z][a-z]{{1,20}}){{1,2}})|(?:私の名前は|わたしの名前は)({ANY_HAN}{{3,5}})(?=です|"
    rf"と|。)|(?:제 이름은|"
    rf"내 이름은)[ ]?([가-힣]{{2,4}}?)(?=입니다|이고|이야|예요|이에요)",
    re.MULTILINE)
SELF_ZH = re.compile(rf"(?:^|[，。！？,.!?\s])(?:大家好|你好|您好|大家好呀)?[，,]?\s?我是({_SURNAME}{ANY_HAN}{{1,2}})"
                     rf"(?=[，,](?:今年|来自|住在|毕业|一名|是一|在{ANY_HAN}{{2}}))", re.MULTILINE)
CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]+`", re.DOTALL)


def code_in(text: str) -> bytearray:
    """1 for every character in backticks or a fence, 0 for the others."""
    marked = bytearray(len(text))
    if "`" in text:
        for match in CODE.finditer(text):
            marked[match.start():match.end()] = b"\1" * (match.end() - match.start())
    return marked


def introduced(text: str) -> list[str]:
    """Names that the text itself presents as somebody's own."""
    text = normal_form(text).text
    folded = text.casefold()
    patterns = [*(pattern for words, pattern in INTRODUCTIONS if holds(folded, words)),
                *([INTRODUCED_ZH, BESIDE_ZH] if holds(folded, ("我", "姓名", "名字", "人", "患者", "敬", "上", "の名前",
                "이름")) else []),
                *([SELF_ZH] if "我是" in folded else [])]
    names = [next(filter(None, match.groups())) for pattern in patterns for match in pattern.finditer(text)]
    return list(dict.fromkeys(name for name in names if _may_be_a_name(name)))


def _may_be_a_name(name: str) -> bool:
    if name[0] > "\u3000":
        return not NO_NAME_ZH.match(name)
    words = name.casefold().removeprefix("dr. ").replace(".", "").split()
    return words not in STOCK_NAMES and not any(word in NO_NAME for word in words)


def name_matches(text: str, code: bytearray, people: Sequence[Sequence[str]] = ()) -> Iterator[Match]:
    """Handles, profile addresses and known names. One person's names share their key.

    Args:
        text: in its normal form.
        code: 1 where a character is code.
        people: persons known to occur, each by all names they go by.
    """
    whose = {name.casefold().lstrip("@"): f"person {number}" for number, person in enumerate(people) for name in person}
    patterns = [*([HANDLE] if "@" in text else []), *([REDDITOR, PROFILES] if "/" in text else []),
                *([CONTACT, CONTACT_LABEL, CONTACT_BESIDE] if holds(text.casefold(), CONTACT_WORDS) else [])]
    syntax = _at_syntax(text, code) if HANDLE in patterns else code
    for pattern in patterns:
        group = "it" if "it" in pattern.groupindex else 0
        for match in pattern.finditer(text):
            name = re.sub(r"^/?u/|^@", "", match.group(group)).casefold()
            if name in MODELS or name in NO_PROFILE or (code[match.start()] and pattern is not PROFILES):
                continue
            if pattern in (CONTACT_LABEL, CONTACT_BESIDE) and not _is_account(name.rstrip(".")):
                continue
            if pattern is HANDLE and (syntax[match.start()] or _is_syntax(match, name)):
                continue
            yield "USER", match.start(group), match.end(group), whose.get(name, name)
    yield from _known(text, code, people)


def _is_account(name: str) -> bool:
    """Whether what stands beside a messenger's name is an account there: digits, or letters with others among them."""
    return bool(ACCOUNT.fullmatch(name)) and not STOCK_ACCOUNT.search(name)


ACCOUNT = re.compile(r"[1-9]\d{5,11}|(?=[a-z0-9_-]*\d)(?=[0-9_-]*[a-z])[a-z0-9_-]{6,20}|.*#\d{4}|@.*|\w+(?:[_.-]\w+)+")
STOCK_ACCOUNT = re.compile(r"123456|xxxx|abc123|\A(?:19|20)\d\d\Z")


def _is_syntax(match: re.Match[str], name: str) -> bool:
    """Whether what stands behind an @ is a word of code or no name at all, by itself and by the words beside it."""
    if name in CODE_WORDS or name.isdigit() or len(name) < 2 or NO_HANDLE.fullmatch(name):
        return True
    text, start, end = match.string, match.start(), match.end()
    return (text[max(0, start - 1):start] in ("{", "#") or bool(SPEAKS_OF_SYNTAX.match(text, end, end + BESIDE))
            or bool(SYNTAX_BEFORE.search(text[max(0, start - BESIDE):start])))


BESIDE = 40
"""Characters on either side of an @ that are looked at."""


def _at_syntax(text: str, code: bytearray) -> bytearray:
    """1 wherever an @ would be syntax: in code, in lines of it, or all over a text that speaks about such syntax."""
    if AT_SYNTAX.search(text):
        return bytearray(b"\1" * len(text))
    marked = bytearray(code)
    for match in AT_CODE_LINE.finditer(text):
        marked[match.start():match.end()] = b"\1" * (match.end() - match.start())
    for match in AT_LINE.finditer(text):
        line = match.group()[:CODE_WIDTH]
        if COMMENT_LINE.search(line) or (CODE_LINE.search(line) and not PROSE.search(line)):
            marked[match.start():match.end()] = b"\1" * (match.end() - match.start())
    return marked


def _known(text: str, code: bytearray, people: Sequence[Sequence[str]]) -> Iterator[Match]:
    """Where known names stand as words of their own, with the @ before them; Chinese names need no space around them.

    Names are looked up by their first two characters and their lengths, so that many names take no more passes than one.
    """
    numbers: dict[str, int] = {}
    for number, person in enumerate(people):
        for name in person:
            if _stands_out(name := normal_form(name).text):
                numbers.setdefault(name, number)
    if not numbers:
        return
    handles = {number for number, person in enumerate(people) if len(person) > 1 or _is_handle(person[0])}
    lengths: dict[str, list[int]] = {}
    for name in sorted(numbers, key=len, reverse=True):
        if len(name) not in (listed := lengths.setdefault(name[:2], [])):
            listed.append(len(name))
    begins = re.compile(f"(?={'|'.join(map(re.escape, lengths))})") if len(lengths) < MANY else re.compile(r"(?s)(?=(..))")
    for match in begins.finditer(text):
        at = match.start()
        for length in lengths.get(text[at:at + 2], ()):
            end = at + length
            if (owner := numbers.get(text[at:end])) is not None and not code[at] and _alone(text, at, end):
                yield ("USER" if owner in handles else "NAME"), at - (text[at - 1:at] == "@"), end, f"person {owner}"
                break


MANY = 50
"""First two characters of names above which every place of the text is looked at instead."""


def _is_handle(name: str) -> bool:
    return bool(re.fullmatch(r"@?[a-z0-9_.-]+|.*[\d_].*", name))


def _stands_out(name: str) -> bool:
    """Whether a name can be told from an ordinary word: `will` cannot, `will_92`, `Will Porter` and 王小明 can."""
    if name.casefold() in MODELS:
        return False
    if name[0] > "\u3000":
        return len(name) >= 2
    return " " in name or (len(name) >= 3 and bool(re.search(r"[\d_]|^[A-Z].*[a-z]", name)))


def _alone(text: str, start: int, end: int) -> bool:
    """Whether a stretch is no part of a longer word."""
    return not (_joins(text[start - 1:start] if start else "", text[start]) or _joins(text[end:end + 1], text[end - 1]))


def _joins(neighbour: str, edge: str) -> bool:
    return edge.isascii() and neighbour.isascii() and (neighbour.isalnum() or neighbour == "_")
