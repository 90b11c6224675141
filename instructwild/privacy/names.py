"""Names of accounts and persons: handles by their form, names where the source or the text says that they are names."""

import re
from collections.abc import Iterator, Sequence

from instructwild.privacy.at_signs import at_syntax, is_syntax
from instructwild.privacy.normal_form import normal_form
from instructwild.privacy.rule import Match, holds
from instructwild.text.scripts import ANY_HAN
from instructwild.text.word_table import any_of, listed

_MODELS = """
anonymous anon somebody someone nobody yourself
chatgpt gpt gpt-3 gpt-4 gpt-4o gpt4 gpt3 openai claude claudeai anthropicai grok gemini bard googlegemini copilot bing
bingchat perplexity perplexity_ai askperplexity deepseek kimi qwen llama mistral ernie bot ai assistant everyone here
channel 文心一言 通义千问 豆包 讯飞星火 元宝 智谱清言
"""
MODELS = frozenset(_MODELS.split())
"""Names that are no person's."""

HANDLE = re.compile(
    r"(?<![0-9A-Za-z_./@`=&\]\\\[])@[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,38}[A-Za-z0-9_])?"
    r"(?:@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,6})?"
    r"(?![0-9A-Za-z_]|(?:-[\w.-]{1,40})?/[a-z]|\\|\(\))|"
    rf"(?<![0-9A-Za-z_./@`=&])@{ANY_HAN}[\w-]{{1,29}}")
REDDITOR = re.compile(r"(?<![0-9A-Za-z_.])/?u/[A-Za-z0-9_-]{3,20}(?![0-9A-Za-z_-])")
_SITES = any_of(r"""
    (?<!pic\.)(?:twitter|x|instagram|facebook|tiktok|weibo)\.com/(?:u/|n/|@)?
    linkedin\.com/in/ | t\.me/ | reddit\.com/(?:u|user)/
    (?<!api\.)github\.com/(?=[A-Za-z0-9]+-?[A-Za-z0-9]+(?![\w./-]))
    threads\.net/@ | paypal\.me/ | venmo\.com/(?:u/)? | cash\.app/\$
    (?:bsky\.app/profile|steamcommunity\.com/(?:id|profiles)|mp\.weixin\.qq\.com/u)/
    zhihu\.com/people/ | space\.bilibili\.com/
""")
PROFILES = re.compile(r"(?<![A-Za-z0-9-])(?:https?://)?(?:(?<![A-Za-z0-9])www\.|m\.)?(?<![A-Za-z0-9-])"
                      rf"(?:{_SITES})(?P<it>[A-Za-z0-9_.%-]{{3,60}})")
NO_PROFILE = frozenset(listed("""
    facebook | twitter | instagram | tiktok | linkedin | telegram
    sharer | sharer.php | profile.php | share | intent | hashtag | status | reel | p | watch
    home | search | i | explore | login | groups | pages | events | marketplace | trending | settings
    features | topics | pricing | orgs | about
    域名 | 用户名 | 主机名 | ip地址 | 服务器 | 邮箱
    johndoe | janedoe | john-doe | jane-doe | johnsmith | janesmith
    username | yourname | examplepage | yourprofile | your-profile
"""))
CONTACT = re.compile(
    r"(?i)(?:微信号?|wechat(?: ?id)?|v信|vx|qq(?:号|群号?|群)?|telegram|skype|line ?id|snapchat|小红书号|抖音号)"
    r"[ \t]{0,3}(?:is|[:：是]|=)[ \t]{0,3}"
    r"(?P<it>@?(?:live:)?[A-Za-z0-9_.-]{5,30}(?:#\d{4})?)(?![A-Za-z0-9_.-]|(?<=[a-z]) [a-z]+ [a-z])")
_LABELS = any_of(r"""
    薇信 | 威信 | weixin | \bwx | \btg | 扣扣(?:群号?|号)? | 企鹅(?:群|号)? | skype | line ?id | snap(?:chat)? | whatsapp
    signal | [+＋➕加]v | 小红书 | 抖音 | 快手号? | 微博 | b站(?:uid|id)? | 哔哩哔哩 | 知乎 | 推特
    insta(?:gram)? | \bins | \big | facebook | twitter | tiktok
    discord | steam(?: friend code| id)? | psn | battletag | kakao(?:talk)? | viber | threema | twitch | bluesky | mastodon
    okcupid | tinder | strava | letterboxd
""")
CONTACT_LABEL = re.compile(
    rf"(?i)(?<![A-Za-z])(?:{_LABELS})(?: ?(?:id|uid|handle|username|account|号|账号|名))?[ \t]{{0,3}}[:：=][ \t]{{0,3}}"
    r"(?P<it>@?(?:live:)?[A-Za-z0-9_.-]{5,30}(?:#\d{4})?)(?![A-Za-z0-9_.-])")
_MESSENGERS = any_of(r"""
    [加➕](?:我|个|一下)?(?:的)?(?:微信|薇信|威信|v信|vx|wx|v|qq|q|扣扣) | (?:交流群|粉丝群|群号)(?=[:：])
    微信号? | 薇信 | 威信 | steam好友(?:代)?码 | 好友代码 | (?<![a-z0-9])(?:vx|wx|wechat|qq(?:号|群号?|群)?)
    扣扣(?:群号?|号)? | 企鹅(?:群|号)? | [薇威]❤ | v❤
    抖音号 | 小红书号 | 快手号 | b站(?:uid|id)
    steam friend code | discord(?: is)? | telegram | skype
""")
CONTACT_OWN = re.compile(
    rf"(?i)(?:\b(?:my|our|his|her)|我的)[ \t]?(?:{_LABELS}|insta|ins)(?: ?(?:id|handle|username|account|号|账号|名))?"
    r"[ \t]{0,3}(?:is|是)[ \t]{0,3}"
    r"(?P<it>@?(?=[A-Za-z]*[0-9._])[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*)(?![A-Za-z0-9_-]|\.[A-Za-z0-9])")
"""Somebody's own account in a sentence: it holds a digit, a dot or a low line."""
CONTACT_BESIDE = re.compile(
    rf"(?i)(?:{_MESSENGERS})[ \t]{{0,3}}[:：是]?[ \t]{{0,3}}"
    rf"(?P<it>@?[A-Za-z0-9][A-Za-z0-9_-]{{4,19}}(?:#\d{{4}})?)(?![A-Za-z0-9_.-])")
"""An account without a word between it and the messenger's name: it holds a digit."""
CONTACT_CALLED = re.compile(
    rf"(?i)(?<![A-Za-z])(?:{_LABELS}|telegram|wechat) ?(?:id|uid|handle|user ?name|account|账号|号)[ \t]{{1,3}}(?:is[ \t])?"
    r"(?P<it>@?(?=[A-Za-z]*[0-9._])[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*)(?![A-Za-z0-9_-]|\.[A-Za-z0-9])")
"""An account behind `username` and the like: it holds a digit, a dot or a low line."""
SKYPE = re.compile(r"(?i)\bskype[^\n]{0,20}?(?P<it>live:[A-Za-z0-9_.-]{4,40})")
V_ALONE = re.compile(rf"(?i)(?<![A-Za-z0-9_.])v:[ ]?(?P<it>[a-z][a-z0-9_-]{{5,19}})(?=[\s,.。;]{{0,2}}(?:{ANY_HAN}|\Z))")
"""微信 by its first letter, with Chinese behind the account."""
QQ = re.compile(r"(?i)(?:(?<![a-z])qq|扣扣|企鹅|(?<!\w)群)[号群]{0,2}[ \t]{0,3}[:：是]?[ \t]{0,3}"
                r"(?P<it>[1-9]\d{2,3}(?:[ -]\d{3,4}){1,2})(?![\d.]|[ -]?\d)")
"""A number of QQ with blanks in its midst."""
QQ_SPELLED = re.compile(
    r"(?i)(?:(?<![a-z])qq|扣扣|企鹅|微信|(?<![a-z])[vw]x)[号群]{0,2}[ \t]{0,3}[:：是]?[ \t]{0,3}"
    r"(?P<it>(?=[\d -]{0,20}[零〇一幺二三四五六七八九])[\d零〇一幺二三四五六七八九](?:[ -]?[\d零〇一幺二三四五六七八九])"
    r"{4,11})"
    r"(?![\d零〇一幺二三四五六七八九十百千万])")
"""A number of QQ with digits in characters."""
CONTACT_FIND = re.compile(
    rf"(?i)(?:(?:find|add|follow|dm|message|msg|hit|reach|friend) me (?:up )?(?:on|at|via|over on) (?:{_LABELS}|"
    rf"telegram|wechat)"
    r"(?: as| at| under|:|,| -)?|"
    rf"(?:{_LABELS}|微信|qq)(?:上|里)?(?:搜索?一?下?|找我?|关注我?)[:：]?)[ \t]{{0,2}}"
    r"(?P<it>@?(?=[A-Za-z]*[0-9._])[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*)(?![A-Za-z0-9_-]|\.[A-Za-z0-9])")
"""An account that others are asked to look for: it holds a digit, a dot or a low line."""
CONTACT_WORDS = ("kakao", "viber", "threema", "twitch", "bluesky", "mastodon", "strava", " tg", "v:", "群 ", "好友",
                 " ins:", " ins is", " ig:", " ig is", " insta is", "steam ", *listed("""
    +v | ＋v | 微信 | 薇信 | 威信 | 薇❤ | 威❤ | v❤ | wechat | weixin | v信 | vx | wx | qq | 加v | 加q | 加我 | ➕v
    ➕q | ➕微 | 扣扣 | 企鹅
    交流群 | 粉丝群 | 群号
    telegram | tg: | skype | line id | line: | line is | snap | whatsapp | signal: | signal is | signal user | insta
    小红书 | 抖音 | 快手 | 微博 | b站 | 哔哩 | 知乎 | 推特
    instagram | facebook | twitter | tiktok | discord | steam: | psn | battletag
"""))


BY_LABEL = (CONTACT_LABEL, CONTACT_FIND, CONTACT_OWN, CONTACT_BESIDE, CONTACT_CALLED, V_ALONE)
"""Patterns whose value is looked at once more: it has to be an account."""


def name_matches(text: str, code: bytearray, people: Sequence[Sequence[str]] = ()) -> Iterator[Match]:
    """Handles, profile addresses and known names. One person's names share their key.

    Args:
        text: in its normal form.
        code: 1 where a character is code.
        people: persons known to occur, each by all names they go by.
    """
    whose = {name.casefold().lstrip("@"): f"person {number}" for number, person in enumerate(people) for name in person}
    patterns = [*([HANDLE] if "@" in text else []), *([REDDITOR, PROFILES] if "/" in text else []),
                *([CONTACT, *BY_LABEL, SKYPE, QQ, QQ_SPELLED] if holds(text.casefold(), CONTACT_WORDS) else [])]
    syntax = at_syntax(text, code) if HANDLE in patterns else code
    for pattern in patterns:
        group = "it" if "it" in pattern.groupindex else 0
        for match in pattern.finditer(text):
            name = re.sub(r"^/?u/|^@", "", match.group(group)).casefold()
            if name in MODELS or name in NO_PROFILE or (code[match.start()] and pattern is not PROFILES):
                continue
            if pattern in BY_LABEL and not _is_account(name.rstrip(".")):
                continue
            if pattern is HANDLE and (syntax[match.start()] or is_syntax(match, name)):
                continue
            yield "USER", match.start(group), match.end(group), whose.get(name, name)
    yield from _known(text, code, people)


def _is_account(name: str) -> bool:
    """Whether what stands beside a messenger's name is an account there: digits, or letters with others among them."""
    return bool(ACCOUNT.fullmatch(name)) and not STOCK_ACCOUNT.search(name)


ACCOUNT = re.compile(r"[1-9]\d{5,11}|(?=[a-z0-9_-]*\d)(?=[0-9_-]*[a-z])[a-z0-9_-]{6,20}|.*#\d{4}|@.*|\w+(?:[_.-]\w+)+")
STOCK_ACCOUNT = re.compile(r"123456|xxxx|abc123|\A(?:19|20)\d\d\Z")


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
            owner = numbers.get(text[at:end]) if end <= len(text) else None
            if owner is not None and not code[at] and _alone(text, at, end):
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
    return " " in name or (len(name) >= 3 and (bool(re.search(r"[\d_]|^[A-Z].*[a-z]", name))
                                                    or (name[0].isupper() and not name.isascii())))


def _alone(text: str, start: int, end: int) -> bool:
    """Whether a stretch is no part of a longer word."""
    return not (_joins(text[start - 1:start] if start else "", text[start]) or _joins(text[end:end + 1], text[end - 1]))


def _joins(neighbour: str, edge: str) -> bool:
    return edge.isascii() and neighbour.isascii() and (neighbour.isalnum() or neighbour == "_")
