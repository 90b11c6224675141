"""Names of accounts and persons: handles by their form, names where the source or the text says that they are names."""

import re
from collections.abc import Iterator, Sequence

from instructwild.privacy.identifiers import Found, holds
from instructwild.text.scripts import ANY_HAN

MODELS = frozenset(re.split(" ", (
    "chatgpt gpt gpt-3 gpt-4 gpt-4o gpt4 gpt3 openai claude claudeai anthropicai grok gemini bard googlegemini copilot bing "
    "bingchat perplexity perplexity_ai askperplexity deepseek kimi qwen llama mistral ernie bot ai assistant everyone here "
    "channel 文心一言 通义千问 豆包 讯飞星火 元宝 智谱清言")))
"""Names that are no person's."""

NO_HANDLE = re.compile(
    r"(?:media|import|param|returns?|throws|override|test|property|staticmethod|classmethod|dataclass|autowired|component|types?|id|"
    r"context|charset|keyframes|supports|deprecated|fixture|app\.\w+|pytest\.\w+|click\.\w+|[\w-]+\.(?:com|net|org|cn|io|edu|de|uk))",
    re.IGNORECASE)
"""Words of code, and ends of mail addresses, that stand behind an @ too."""

HANDLE = re.compile(r"(?<![0-9A-Za-z_./@`=&\]])@[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,38}[A-Za-z0-9_])?"
                    r"(?:@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)?(?![0-9A-Za-z_]|/[a-z])|"
                    rf"(?<![0-9A-Za-z_./@`=&])@{ANY_HAN}[\w-]{{1,29}}")
REDDITOR = re.compile(r"(?<![0-9A-Za-z_.])/?u/[A-Za-z0-9_-]{3,20}(?![0-9A-Za-z_-])")
PROFILES = re.compile(
    r"(?:https?://)?(?:www\.|m\.)?(?:(?:twitter|x|instagram|facebook|tiktok|weibo)\.com/(?:u/|n/|@)?|"
    r"linkedin\.com/in/|t\.me/|"
    r"reddit\.com/(?:u|user)/|zhihu\.com/people/|space\.bilibili\.com/)(?P<it>[A-Za-z0-9_.%-]{3,60})")
NO_PROFILE = {"home", "search", "i", "share", "intent", "hashtag", "explore", "login", "watch", "groups", "pages", "events",
              "status", "reel", "p"}
CONTACT = re.compile(r"(?i)(?:微信号?|wechat(?: ?id)?|v信|vx|qq(?:号|群)?|telegram|skype|line ?id|snapchat|"
    r"小红书号|抖音号)"
                     r"\s*(?:is|[:：是]|=)\s*(?P<it>@?[A-Za-z0-9_.-]{5,30})")
CONTACT_WORDS = ("微信", "wechat", "v信", "vx", "qq", "telegram", "skype", "line", "snapchat", "小红书", "抖音")
"""Without one of them there is no contact: a quick way past the pattern."""
INTRODUCED_WORDS = ("name", "called", "signed", "regards", "sincerely", "patient")
INTRODUCED = re.compile(
    r"(?:[Mm]y name is|[Mm]y name's|[Mm]y full name is|I am called|[Ss]igned,|(?:[Bb]est|[Kk]ind|"
    r"[Ww]arm) [Rr]egards,|[Ss]incerely,|"
    r"(?m:^)Name:|(?m:^)Patient:)\s+((?:(?:Dr|Mr|Mrs|Ms|Prof)\.\s)?[A-Z][a-z'’-]{1,20}(?:\s[A-Z][a-z'’-]{1,20}){0,2})")
SURNAMES = ("王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟"
            "谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤")
INTRODUCED_ZH = re.compile(
    rf"(?:我叫|我的名字[是叫]|本人姓名[:：]?|姓名\s*[:：]|联系人\s*[:：]|收件人\s*[:：]|"
    rf"患者\s*[:：])\s*((?:欧阳|司马|上官|诸葛|[{SURNAMES}])"
    rf"{ANY_HAN}{{1,2}})(?=[，。！？、；,.;!?\s（(]|$|今年|是|在|来自|的)")
CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]+`", re.DOTALL)


def introduced(text: str) -> list[str]:
    """Names that the text itself presents as somebody's own."""
    patterns = (INTRODUCED, INTRODUCED_ZH) if holds(text.casefold(), INTRODUCED_WORDS) else (INTRODUCED_ZH,)
    named = [match.group(1) for pattern in patterns for match in pattern.finditer(text)]
    return list(dict.fromkeys(named))


def found(text: str, people: Sequence[Sequence[str]] = ()) -> Iterator[Found]:
    """Handles, profile addresses and known names. One person's names share their key."""
    code = [match.span() for match in CODE.finditer(text)]
    whose = {name.casefold().lstrip("@"): f"person {number}" for number, person in enumerate(people) for name in person}
    handles = {number for number, person in enumerate(people) if len(person) > 1 or _is_handle(person[0])}
    patterns = [*([HANDLE] if "@" in text else []), *([REDDITOR, PROFILES] if "/" in text else []),
                *([CONTACT] if holds(text.casefold(), CONTACT_WORDS) else [])]
    for pattern in patterns:
        for match in pattern.finditer(text):
            group = "it" if "it" in pattern.groupindex else 0
            name = re.sub(r"^/?u/|^@", "", match.group(group)).casefold()
            if name in MODELS or name in NO_PROFILE:
                continue
            if pattern is HANDLE and (_within(match.start(), code) or NO_HANDLE.fullmatch(name)):
                continue
            yield "USER", match.start(group), match.end(group), whose.get(name, name)
    known = [(name, number) for number, person in enumerate(people) for name in person if _stands_out(name)]
    for name, number in sorted(known, key=lambda pair: -len(pair[0])):
        for start, end in _standing(name, text):
            yield "USER" if number in handles else "NAME", start, end, f"person {number}"


def _is_handle(name: str) -> bool:
    return bool(re.fullmatch(r"@?[a-z0-9_.-]+|.*[\d_].*", name))


def _stands_out(name: str) -> bool:
    """Whether a name can be told from an ordinary word: `will` cannot, `will_92`, `Will Porter` and 王小明 can."""
    if name.casefold() in MODELS:
        return False
    if re.search(ANY_HAN, name):
        return len(name) >= 2
    return len(name) >= 3 and bool(re.search(r"[\d_]|^[A-Z].*[a-z]", name))


def _standing(name: str, text: str) -> Iterator[tuple[int, int]]:
    """Where a name stands as a word of its own, with the @ before it; Chinese names need no space around them."""
    at = text.find(name)
    while at >= 0:
        end = at + len(name)
        left, right = text[at - 1:at], text[end:end + 1]
        if not (_joins(left, name[0]) or _joins(right, name[-1])):
            yield at - (left == "@"), end
        at = text.find(name, end)


def _joins(neighbour: str, edge: str) -> bool:
    return edge.isascii() and neighbour.isascii() and (neighbour.isalnum() or neighbour == "_")


def _within(place: int, stretches: Sequence[tuple[int, int]]) -> bool:
    return any(start <= place < end for start, end in stretches)
