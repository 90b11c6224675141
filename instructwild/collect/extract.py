"""The prompt out of a post about a prompt.

People publish prompts in a few forms: under a label ("Prompt: …", 提示词：…), as a report ("I asked ChatGPT to …",
我让文心一言…) or a dialogue ("me: … gpt: …"), addressed to a bot ("@grok is this true?"), in quotation marks beside a
model's name, in the description of a screenshot, or bare. Each form has a finder here, the most explicit first.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple


class Candidate(NamedTuple):
    """A stretch of a post that may be a prompt, and the form it was found in."""

    text: str
    form: str
    """label, dialogue, address, report, quote, alt or bare."""


MODEL = (
    r"(?:Chat ?GPT(?:[- ]?\d[\w.]*)?|GPT[- ]?\d?[\w.]*|Open ?AI|Claude(?: [\d.]+| (?:Opus|Sonnet|Haiku))?|"
    r"(?:Google )?Gemini|"
    r"(?:Google )?Bard|(?:Microsoft |GitHub )?Copilot|Bing(?: ?Chat| AI)?|Grok|DeepSeek(?:[- ]\w\d)?|Kimi|Qwen|"
    r"Llama(?:[- ]?\d)?|"
    r"Mistral|Perplexity|(?:the |an |my |this )?(?:AI(?: assistant)?|chat ?bot|LLM|language model|bot)s?|通义(?:千问)?|"
    r"文心(?:一言)?|豆包|(?:讯飞)?星火|元宝|智谱清言|混元|(?:语言)?大模型|语言模型|(?:聊天)?机器人|人工智能)")
NAMES_MODEL = re.compile(rf"(?<![A-Za-z]){MODEL}(?![A-Za-z])|\bprompts?\b|提示词|指令|咒语", re.IGNORECASE)

MENTIONS = re.compile(rf"{NAMES_MODEL.pattern}|instruction|^\s*[!/.@]|[@:：]", re.IGNORECASE)
"""Without any of these a post has no form but the bare one."""

LABEL = re.compile(
    r"(?:^|[\n.!?。！？~👇]\s*)[^\n.!?:：。！？]{0,50}?(?<![A-Za-z])(?:prompt|instruction)s?(?![A-Za-z])(?! ?engineer)"
    r"[^\n.!?:：。！？\"“]{0,40}[:：]\s*(?P<it>.+)", re.IGNORECASE | re.DOTALL)
LABEL_ZH = re.compile(r"(?:^|[\n。！？!?，,👇\s])[^\n。！？:：，,“「\"]{0,12}(?:提示词|提示语|咒语|指令|提问|"
    r"我的问题|问题)"
                      r"[^\n。！？:：“「\"]{0,14}[:：]\s*(?P<it>.+)", re.IGNORECASE | re.DOTALL)
FOR_MODEL = re.compile(rf"(?:^|[\n.!?]\s*)(?:a |my |one |quick )?question for (?:{MODEL})\s*[:：]\s*(?P<it>.+)",
                       re.IGNORECASE | re.DOTALL)
DIALOGUE = re.compile(
    rf"(?:^|\n)\s*(?:me|user|human|you|q|我|用户|问)\s*[:：]\s*(?P<it>.+?)\n\s*(?:{MODEL}|a|answer|assistant|答|"
    rf"回答|它|他)\s*[:：]",
    re.IGNORECASE | re.DOTALL)
ANSWER = re.compile(
    rf"\n\s*[\W_]*(?:(?:its|the|chatgpt'?s?|ai|bot|claude'?s?|gemini'?s?)\s+)?"
    rf"(?:answer|response|output|result|reply|completion|{MODEL}|A|回答|答案|答|输出|结果|回复|它说)\s*[:：]"
    rf"|\n\s*(?:and )?(?:it|{MODEL})\s(?:said|replied|answered|gave|wrote|came|responded|refused)\b"
    r"|\n\s*(?:结果|然后)?(?:它|他|AI|ChatGPT)(?:说|回答|回复|给|居然|竟然)", re.IGNORECASE)

_PUT = (r"(?:ask(?:ed|ing|s)?|told|tell(?:ing)?|prompt(?:ed|ing)?|instructed|requested|challenged|queried|fed|"
        r"gave|giv(?:e|ing)|"
        r"typed? (?:this )?into|said to|got|get(?:ting)?|had|made|mak(?:e|ing)|let|convinced)")
_WHEN = (
    r"(?:\s(?:today|this(?: one)?|again|yesterday|the following|this (?:question|prompt)|a question|"
    r"the (?:prompt|question)|once))*")
QUOTE = r"[\"“「『]|(?<![A-Za-z])['‘](?=[A-Za-z])"
REPORT_SAID = re.compile(rf"\b{_PUT}\s+@?(?:{MODEL}){_WHEN}\s*(?:[:：]|,?\s*(?:to\s+)?(?={QUOTE}))\s*(?P<it>.+)",
                         re.IGNORECASE | re.DOTALL)
REPORT_TO = re.compile(rf"\b{_PUT}\s+@?(?:{MODEL}){_WHEN}\s+to\s+(?P<it>[a-z].+)", re.IGNORECASE | re.DOTALL)
REPORT_BARE = re.compile(rf"\b(?:had|made|let|make|having|making)\s+@?(?:{MODEL})\s+(?P<it>[a-z]{{3,}}\s.+)",
                         re.IGNORECASE | re.DOTALL)
TYPED = re.compile(rf"\b(?:typed|put|entered|pasted|fed|"
    rf"wrote)\s+(?:it\s+)?(?:in\s+)?(?:the prompt\s+)?(?P<it>(?:{QUOTE}).+?)\s*"
                   rf"(?:into|in|to|and)\s+(?:{MODEL})", re.IGNORECASE | re.DOTALL)
SENTENCE = re.compile(r"(?<=[a-z)\"”])[.!?…]+(?=\s|$)|\n")
VERDICT = re.compile(
    r"[,;]?\s*\b(?:and|but|so)\s+(?:it|i|i'm|my|we|he|she|they|now|honestly|wow|omg|the (?:result|answer|"
    r"output)|this)\b.*"
    r"|[,;(—-]\s*(?:\d+\s*/\s*10|it |i |i'm |lol|lmao|haha|results?|honestly|now|omg|wow|art\b|my )[^,]*$|"
    r"\s(?:lol|lmao|haha+)\b.*"
    r"|\s[(（]?\d+\s*/\s*10\b.*", re.IGNORECASE | re.DOTALL)

REPORT_ZH = re.compile(
    rf"(?:问(?:了)?(?:一下|问)?|让|叫|请|跟|对|给|要求|拜托|命令|"
    rf"使唤)\s*@?(?:{MODEL})(?P<link>[^\n，。！？:：“「\"『]{{0,14}}[:：]\s*|\s*[，,]\s*|\s*说?\s*(?=[“「『\"])|)"
    r"\s*(?P<it>.+)", re.IGNORECASE | re.DOTALL)
CONDITION = re.compile(r"(?:要求|并|且|每|不超过|不要|不能|不许|包括|包含|语气|风格|字数|控制|用|以|带|最好|"
    r"其中|限|至少|应聘|主题|分|要|再|然后|同时|内容|格式|"
                       r"一共|两个字|三个字|按|必须|结尾|开头|适合|从|在|对象|岗位|场景|预算|\d)")
DONE = re.compile(r"^(?:帮忙|来)?(?P<verb>写|起|做|画|编|想|出|讲|列|设计|翻译|总结|改|取|拟|推荐|分析|"
    r"解释)了(?=[一两三几个份首篇段封点些\d]|道|条)")

ADDRESS = re.compile(
    rf"^\s*(?:(?:hey|hi|hello|ok|okay|yo|dear|so|嗨|嘿|你好)[,，]?\s+)?(?:@(?:{MODEL})(?![A-Za-z])|(?:hey|hi|ok|"
    rf"okay|dear|yo|hello)\s+(?:{MODEL})(?![A-Za-z]))"
    r"[\s,，:：!！]*(?P<it>.+)", re.IGNORECASE | re.DOTALL)
ADDRESS_END = re.compile(rf"^(?P<it>.+?)\s*@(?:{MODEL})\s*[?？!！.。]?\s*$", re.IGNORECASE | re.DOTALL)
COMMAND = re.compile(r"^\s*[!/.](?:ask|gpt|chat|chatgpt|ai|prompt|claude|bot|q|问|"
    r"提问)\s+(?P<it>.+)", re.IGNORECASE | re.DOTALL)
QUOTED = re.compile(r"“([^”]{6,})”|「([^」]{4,})」|『([^』]{4,})』|\"([^\"]{8,})\"|"
    r"(?<![A-Za-z])['‘]([^'’\n]{12,})['’](?![A-Za-z])"
                    r"|^(?:>|&gt;)\s?(.+)$", re.MULTILINE)
FENCED = re.compile(r"```(?:text|prompt|txt|markdown|md)?\n(.+?)```", re.DOTALL)
TAGS = re.compile(r"(?:\s*(?:#\w+#?|https?://\S+))+\s*$")
LEADING_TAGS = re.compile(r"^(?:#[^#\s]+#\s*|#\w+\s+)+")
PAIRS = ("“”", "「」", "『』", '""', "''", "``", "‘’", "《》")


def candidates(text: str, alt_texts: tuple[str, ...] = ()) -> Iterator[Candidate]:
    """Every stretch that may be a prompt, the most explicit first; the whole post last."""
    body = LEADING_TAGS.sub("", TAGS.sub("", text.strip())).strip()
    finders = (("dialogue", _dialogue), ("label", _labelled), ("address", _addressed), ("report", _reported),
               ("quote", _quoted))
    mentions = MENTIONS.search(body)
    for form, finder in finders if mentions else ():
        if found := finder(body):
            yield Candidate(found, form)
    for alt in alt_texts:
        yield Candidate(_labelled(alt) or _dialogue(alt) or _reported(alt) or alt.strip(), "alt")
    if not (mentions and told_of_model(body)):
        yield Candidate(body, "bare")


def told_of_model(text: str) -> bool:
    """Whether the post tells what a model did, so that the whole of it is no prompt."""
    return any(pattern.search(text) for pattern in (REPORT_SAID, REPORT_TO, REPORT_BARE)) or (
        (match := REPORT_ZH.search(text)) is not None and not match.start())


def _dialogue(text: str) -> str | None:
    match = DIALOGUE.search(text)
    return _clean(match.group("it")) if match else None


def _labelled(text: str) -> str | None:
    match = LABEL.search(text) or LABEL_ZH.search(text) or FOR_MODEL.search(text)
    return _clean(_opening_quote(_before_answer(match.group("it")))) if match else None


def _addressed(text: str) -> str | None:
    match = COMMAND.match(text) or ADDRESS.match(text) or ADDRESS_END.match(text)
    return _clean(match.group("it")) if match else None


def _reported(text: str) -> str | None:
    if match := TYPED.search(text) or REPORT_SAID.search(text):
        told = _opening_quote(_before_answer(match.group("it")).split("\n\n")[0])
        return _clean(VERDICT.sub("", told) if told == match.group("it") else told)
    if match := REPORT_TO.search(text) or REPORT_BARE.search(text):
        told = VERDICT.sub("", SENTENCE.split(match.group("it"))[0]).strip()
        return _clean(told[:1].upper() + told[1:])
    if match := REPORT_ZH.search(text):
        return _reported_zh(match)
    return None


def _reported_zh(match: re.Match[str]) -> str | None:
    told = _before_answer(match.group("it")).split("\n\n")[0]
    quoted = _opening_quote(told)
    if quoted != told:
        return _clean(quoted)
    if match.group("link").strip().endswith((":", "：")):
        return _clean(re.split(r"(?<=[？?。！!])(?=它|居然|竟然|结果|没想到|回答|答得|[^，。]{0,6}搞定)", told)[0])
    clauses = re.split(r"[，,。！!]", told)
    kept = [clauses[0]]
    for clause in clauses[1:]:
        if not CONDITION.match(clause.strip()):
            break
        kept.append(clause)
    return _clean(DONE.sub(lambda done: done.group("verb"), "，".join(kept)))


def _quoted(text: str) -> str | None:
    if not NAMES_MODEL.search(text):
        return None
    if fenced := FENCED.search(text):
        return _clean(fenced.group(1))
    found = [next(filter(None, groups)) for groups in QUOTED.findall(text)]
    return _clean(max(found, key=len)) if found else None


def _before_answer(text: str) -> str:
    match = ANSWER.search(text)
    return text[:match.start()] if match else text


def _opening_quote(text: str) -> str:
    """What a text that begins with a quotation or a code fence quotes; the text itself where it does not."""
    text = text.strip()
    if text.startswith("```") and (fenced := re.match(r"```\w*\n(.+?)```", text, re.DOTALL)):
        return fenced.group(1)
    quoted = QUOTED.match(text) if text[:1] in "“「『\"'‘" else None
    return next(filter(None, quoted.groups())) if quoted else text


def _clean(text: str) -> str:
    """Without the quotation marks, fences, tags and links that wrapped it."""
    text = TAGS.sub("", text.strip()).strip()
    fenced = re.fullmatch(r"```\w*\n?(.*?)\n?```", text, re.DOTALL)
    text = fenced.group(1) if fenced else text
    for left, right in PAIRS:
        if len(text) > 2 and text.startswith(left) and text.endswith(right) and left not in text[1:-1]:
            text = text[1:-1]
    return text.strip()
