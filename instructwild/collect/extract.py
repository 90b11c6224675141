"""The prompt out of a post about a prompt.

People publish prompts in a few forms: under a label ("Prompt: …", 提示词：…), as a report ("I asked ChatGPT to …",
我让文心一言…), addressed to a bot ("@grok is this true?"), in quotation marks beside a model's name, in the description of a
screenshot, or bare. Each form has a finder here; all of them yield what they find, the most explicit first.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple


class Candidate(NamedTuple):
    """A stretch of a post that may be a prompt, and the form it was found in."""

    text: str
    form: str
    """label, report, address, quote, alt or bare."""


MODEL = (r"(?:Chat ?GPT(?:[- ]?\d[\w.]*)?|GPT[- ]?\d?[\w.]*|Open ?AI|Claude(?: [\d.]+| (?:Opus|Sonnet|Haiku))?|"
    r"Gemini|Bard|"
         r"(?:Microsoft |GitHub )?Copilot|Bing(?: ?Chat| AI)?|Grok|DeepSeek(?:[- ]\w+)?|Kimi|Qwen|"
         r"Llama(?:[- ]?\d)?|Mistral|"
         r"Perplexity|(?:the |an |my )?(?:AI|chat ?bot|LLM|language model|bot)s?|通义(?:千问)?|文心(?:一言)?|"
         r"豆包|(?:讯飞)?星火|"
         r"元宝|智谱清言|混元|大模型|语言模型|机器人|人工智能)")
NAMES_MODEL = re.compile(rf"(?<![A-Za-z]){MODEL}(?![A-Za-z])", re.IGNORECASE)

LABEL = re.compile(
    r"(?:^|[\n。！!…~）)】]|[.?]\s)[\W_]*(?:(?:my|the|full|exact|actual|this|here(?:'s|’s| is)(?: my| the|"
    r" a)?)\s+){0,2}"
    r"(?:(?:chatgpt|gpt[- ]?\d*|ai|system|best|favou?rite|winning)\s+)?(?:prompt|instruction|提示词|提示语|咒语|指令)s?"
    r"(?:\s(?:was|is|i used|i use|used|below|of the day))?(?:如下|是|为|"
    r"分享)?\s*[:：]\s*(?P<it>.+)", re.IGNORECASE | re.DOTALL)
LABEL_ZH = re.compile(r"(?:提示词|提示语|咒语|指令|提问|我的问题|我的prompt|问题)(?:是这样的|如下|是|为|"
    r"分享)?\s*[:：]\s*(?P<it>.+)",
                      re.IGNORECASE | re.DOTALL)
ANSWER = re.compile(
    r"\n\s*[\W_]*(?:(?:its|the|chatgpt'?s?|gpt-?\d?|ai|bot|claude'?s?|gemini'?s?)\s+)?"
    r"(?:answer|response|output|result|reply|completion|chatgpt|gpt-?\d?|claude|gemini|bot|A|回答|答案|答|输出|"
    r"结果|回复|它说|AI)\s*[:：]"
    r"|\n\s*(?:and )?(?:it|chatgpt|gpt-?\d?|the (?:ai|bot|model))\s(?:said|replied|answered|gave|wrote|came|"
    r"responded|refused)\b"
    r"|\n\s*(?:结果|然后)?(?:它|他|AI|ChatGPT)(?:说|回答|回复|给|居然|竟然)", re.IGNORECASE)
AFTER_REPORT = re.compile(
    r"[,;.!?\s]*(?:\band it|\band (?:got|the (?:result|answer|output))|\bbut it|\bit (?:said|gave|did|wrote|"
    r"refused|came|actually|even)|"
    r"\band (?:I'm|I am|wow|omg|now)|\bI'm (?:dying|crying|impressed|shocked)|\b(?:lol|lmao|haha)+\b|"
    r"\bthe (?:answer|result|output) )"
    r".*", re.IGNORECASE | re.DOTALL)
AFTER_REPORT_ZH = re.compile(r"[，,。！!；\s]*(?:结果|它(?:居然|竟然|说|回答|给|回复|写)|没想到|居然|竟然|效果|"
    r"写得|答得|笑死|哈哈).*", re.DOTALL)

REPORT = re.compile(
    rf"\b(?:ask(?:ed|ing)?|told|tell(?:ing)?|prompt(?:ed|ing)?|got|had|made|gave|giving|instructed|requested|"
    rf"challenged|typed into|"
    rf"queried)\s+(?:@?{MODEL})(?:\s(?:today|this|again|yesterday|the following|this question|this prompt|a question))*"
    r"\s*(?P<link>[:：]|,?\s*(?=[\"“「'‘])|\s(?=to\s))\s*(?P<it>.+)", re.IGNORECASE | re.DOTALL)
REPORT_ZH = re.compile(
    rf"(?:问(?:了)?(?:一下|问)?|让|叫|请|跟|对|给|要求|拜托|用)\s*@?(?:{MODEL})\s*(?:了)?(?:一个问题|一句|说|"
    rf"提问|下指令|输入)?(?:了)?"
    r"\s*(?P<link>[:：,，]|(?=[「“\"『])|"
    r"(?=[帮给写把用扮翻总推设解讲列编画分做]))\s*(?P<it>.+)", re.IGNORECASE | re.DOTALL)
ADDRESS = re.compile(rf"^\s*(?:hey |hi |hello |ok |okay |yo |嗨|嘿|你好)?[,，]?\s*(?:@(?:{MODEL}|bot)\b|(?:hey|"
    rf"hi|ok|okay)\s+{MODEL}\b)"
                     r"[\s,，:：!！]*(?P<it>.+)", re.IGNORECASE | re.DOTALL)
ADDRESS_END = re.compile(rf"^(?P<it>.+?[?？。.!！]?)\s*@(?:{MODEL})\s*$", re.IGNORECASE | re.DOTALL)
COMMAND = re.compile(r"^\s*[!/.](?:ask|gpt|chat|chatgpt|ai|prompt|claude|bot|q|问|"
    r"提问)\s+(?P<it>.+)", re.IGNORECASE | re.DOTALL)
QUOTED = re.compile(r"“([^”]{6,})”|「([^」]{4,})」|『([^』]{4,})』|\"([^\"]{8,})\"|"
    r"(?<![A-Za-z])'([^'\n]{12,})'(?![A-Za-z])|^>\s?(.+)$",
                    re.MULTILINE)
FENCED = re.compile(r"```(?:text|prompt|txt|markdown|md)?\n(.+?)```", re.DOTALL)
LINK = re.compile(r"https?://\S+")
TAGS = re.compile(r"(?:\s*(?:#[\w\u4e00-\u9fff]+#?|https?://\S+))+\s*$")
LEADING_TAGS = re.compile(r"^(?:#[^#\s]+#\s*|#\w+\s+)+")


def candidates(text: str, alt_texts: tuple[str, ...] = ()) -> Iterator[Candidate]:
    """Every stretch that may be a prompt, the most explicit first; the whole post last, unless it talks about a model."""
    body = LEADING_TAGS.sub("", TAGS.sub("", text.strip())).strip()
    about = NAMES_MODEL.search(body) is not None
    for form, found in (("label", _labelled(body)), ("address", _addressed(body)), ("report", _reported(body)),
                        ("quote", _quoted(body) if about else None)):
        if found:
            yield Candidate(found, form)
    for alt in alt_texts:
        yield Candidate(_labelled(alt) or _reported(alt) or alt.strip(), "alt")
    yield Candidate(body, "bare")


def _labelled(text: str) -> str | None:
    match = LABEL.search(text) or LABEL_ZH.search(text)
    return _clean(_before_answer(match.group("it"))) if match else None


def _addressed(text: str) -> str | None:
    match = COMMAND.match(text) or ADDRESS.match(text) or ADDRESS_END.match(text)
    return _clean(match.group("it")) if match else None


def _reported(text: str) -> str | None:
    for pattern, after in ((REPORT, AFTER_REPORT), (REPORT_ZH, AFTER_REPORT_ZH)):
        match = pattern.search(text)
        if not match:
            continue
        told = _before_answer(match.group("it"))
        quoted = QUOTED.match(told)
        if quoted:
            return _clean(next(filter(None, quoted.groups())))
        told = after.sub("", told.split("\n\n")[0])
        if told[:3].lower() == "to ":
            told = told[3:].strip()
            told = told[:1].upper() + told[1:]
        return _clean(told)
    return None


def _quoted(text: str) -> str | None:
    fenced = FENCED.search(text)
    if fenced:
        return _clean(fenced.group(1))
    found = [next(filter(None, groups)) for groups in QUOTED.findall(text)]
    return _clean(max(found, key=len)) if found else None


def _before_answer(text: str) -> str:
    match = ANSWER.search(text)
    return text[:match.start()] if match else text


def _clean(text: str) -> str:
    """Without the quotation marks, fences, tags and links that wrapped it."""
    text = TAGS.sub("", text.strip()).strip()
    fenced = re.fullmatch(r"```\w*\n?(.*?)\n?```", text, re.DOTALL)
    text = fenced.group(1) if fenced else text
    for left, right in (("“", "”"), ("「", "」"), ("『", "』"), ('"', '"'), ("'", "'"), ("`", "`"), ("‘", "’")):
        if len(text) > 2 and text.startswith(left) and text.endswith(right) and left not in text[1:-1]:
            text = text[1:-1]
    return text.strip()
