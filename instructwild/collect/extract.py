"""The prompt out of a post about a prompt.

People publish prompts in a few forms: under a label ("Prompt: …", 提示词：…), as a report ("I asked ChatGPT to …",
我让文心一言…) or a dialogue ("me: … gpt: …"), addressed to a bot ("@grok is this true?"), in quotation marks beside a
model's name, in the description of a screenshot, or bare. Each form has a finder here, the most explicit first.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple


class ExtractedPrompt(NamedTuple):
    """A stretch of a post that may be a prompt, and the form it had there."""

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
NAMES_MODEL = re.compile(rf"(?<![A-Za-z]){MODEL}(?![A-Za-z])|\b(?:prompt|(?:any|every|most|all) model)s?\b"
                         r"|提示词|指令|咒语", re.IGNORECASE)

MENTIONS = re.compile(rf"{NAMES_MODEL.pattern}|instruction|^\s*[!/.@]|[@:：]", re.IGNORECASE)
"""Without any of these a post has no form but the bare one."""

LABEL = re.compile(
    r"(?:^|[\n.!?。！？~👇]\s{0,4})[^\n.!?:：。！？]{0,50}?(?<![A-Za-z])(?:prompt|instruction)s?(?![A-Za-z])(?! ?engineer)"
    r"[^\n.!?:：。！？\"“👇]{0,40}[:：👇]{1,2}\s*(?P<it>.+)", re.IGNORECASE | re.DOTALL)
LABEL_ZH = re.compile(r"(?:^|[\n。！？!?，,👇\s])[^\n。！？:：，,“「\"]{0,12}(?:提示词|提示语|咒语|指令|提问|"
    r"我的问题|问题)"
                      r"[^\n。！？:：“「\"👇]{0,14}[:：👇]{1,2}\s*(?P<it>.+)", re.IGNORECASE | re.DOTALL)
FOR_MODEL = re.compile(rf"(?:^|[\n.!?]\s{0,4})(?:a |my |one |quick )?question for (?:{MODEL})\s*[:：]\s*(?P<it>.+)",
                       re.IGNORECASE | re.DOTALL)
ASKER = re.compile(r"(?:^|\n)\s{0,4}(?:me|user|human|you|q|我|用户|问)\s{0,4}[:：]\s{0,4}", re.IGNORECASE)
ANSWERER = re.compile(rf"\n\s{{0,4}}(?:{MODEL}|a|answer|assistant|助手|答|回答|它|他)\s{{0,4}}[:：]", re.IGNORECASE)
ANSWER = re.compile(
    rf"\n\s{{0,4}}[\W_]{{0,6}}(?:(?:its|the|chatgpt'?s?|ai|bot|claude'?s?|gemini'?s?)\s+)?"
    rf"(?:answer|response|output|result|reply|completion|{MODEL}|A|回答|答案|答|输出|结果|回复|它说)\s*[:：]"
    rf"|\n\s{{0,4}}(?:and )?(?:it|{MODEL})\s(?:said|replied|answered|gave|wrote|came|responded|refused)\b"
    r"|\n\s{0,4}(?:结果|然后)?(?:它|他|AI|ChatGPT)(?:说|回答|回复|给|居然|竟然)", re.IGNORECASE)

_PUT = (r"(?:ask(?:ed|ing|s)?|told|tell(?:ing)?|prompt(?:ed|ing)?|instructed|requested|challenged|queried|fed|"
        r"gave|giv(?:e|ing)|"
        r"typed? (?:this )?into|said to|got|get(?:ting)?|had|made|mak(?:e|ing)|let|convinced)")
_WHEN = (
    r"(?:\s(?:today|this(?: one)?|again|yesterday|the following|this (?:question|prompt)|a question|"
    r"the (?:prompt|question)|once))*")
QUOTE = r"[\"“「『]|(?<![A-Za-z])['‘](?=[A-Za-z])"
REPORT_QUOTED = re.compile(rf"\b{_PUT}\s+@?(?:{MODEL}){_WHEN}\s*(?:[:：]|,?\s*(?:to\s+)?(?={QUOTE}))\s*(?P<it>.+)",
                         re.IGNORECASE | re.DOTALL)
REPORT_TO = re.compile(rf"\b{_PUT}\s+@?(?:{MODEL}){_WHEN}\s+to\s+(?P<it>[a-z].+)", re.IGNORECASE | re.DOTALL)
REPORT_BARE = re.compile(rf"\b(?:had|made|let|make|having|making)\s+@?(?:{MODEL})\s+(?P<it>[a-z]{{3,}}\s.+)",
                         re.IGNORECASE | re.DOTALL)
TYPED = re.compile(rf"\b(?:typed|put|entered|pasted|fed|"
    rf"wrote)\s+(?:it\s+)?(?:in\s+)?(?:the prompt\s+)?(?P<it>(?:{QUOTE}).{{1,150}}?)\s{{0,4}}"
                   rf"(?:into|in|to|and)\s+(?:{MODEL})", re.IGNORECASE | re.DOTALL)
SENTENCE = re.compile(r"(?<=[a-z)\"”])[.!?…]+(?=\s|$)|\n")
VERDICT = re.compile(
    r"[,;]?\s{0,3}\b(?:and|but|so)\s{1,3}(?:it|i|i'm|my|we|he|she|they|now|honestly|wow|omg|the (?:result|answer|"
    r"output)|this)\b.*"
    r"|[,;(—-]\s{0,3}(?:\d{1,3}\s?/\s?10|it |i |i'm |lol|lmao|haha|results?|honestly|now|omg|wow|art\b|my )[^,]{0,200}$|"
    r"\s(?:lol|lmao|haha+)\b.*"
    r"|\s[(（]?\d{1,3}\s?/\s?10\b.*", re.IGNORECASE | re.DOTALL)

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
ADDRESS_END = re.compile(rf"\s@(?:{MODEL})[\s?？!！.。]{{0,8}}$", re.IGNORECASE)
ADDRESS_END_LENGTH = 80
COMMAND = re.compile(r"^\s*[!/.](?:ask|gpt|chat|chatgpt|ai|prompt|claude|bot|q|问|"
    r"提问)\s+(?P<it>.+)", re.IGNORECASE | re.DOTALL)
QUOTATIONS = (("“", "”", 6), ("「", "」", 4), ("『", "』", 4), ('"', '"', 8))
"""How quotations open and close, and from how many characters on one may be a prompt."""
APOSTROPHES = re.compile(r"(?<![A-Za-z])['‘]([^'’\n]{12,2000})['’](?![A-Za-z])")
BLOCK_QUOTE = re.compile(r"^(?:>|&gt;)\s?(.+)$", re.MULTILINE)
FENCED = re.compile(r"```(?:text|prompt|txt|markdown|md)?\n(.+?)```", re.DOTALL)
TAG = re.compile(r"#\w+#?|https?://\S+")
TAGS_GLUED = re.compile(r"(?:#\w{1,40}#?){1,30}$")
LEADING_TAGS = re.compile(r"^(?:#[^#\s]+#\s*|#\w+\s+)+")
LONGEST_ALT = 40_000
PAIRS = tuple((pair[0], pair[1]) for pair in ("“”", "「」", "『』", '""', "''", "``", "‘’", "《》"))


def candidates(text: str, alt_texts: tuple[str, ...] = ()) -> Iterator[ExtractedPrompt]:
    """Every stretch that may be a prompt, the most explicit first; the whole post last."""
    body = LEADING_TAGS.sub("", _without_tags(text)).strip()
    finders = (("dialogue", _dialogue), ("label", _labelled), ("address", _addressed), ("report", _reported),
               ("quote", _quoted))
    mentions = MENTIONS.search(body)
    for form, finder in finders if mentions else ():
        if prompt := finder(body):
            yield ExtractedPrompt(prompt, form)
    for alt in alt_texts:
        if prompt := _labelled(alt[:LONGEST_ALT]) or _dialogue(alt[:LONGEST_ALT]):
            yield ExtractedPrompt(prompt, "alt")
    if not (mentions and reports_a_model(body)):
        yield ExtractedPrompt(body, "bare")


def reports_a_model(text: str) -> bool:
    """Whether the post tells what a model did, so that the whole of it is no prompt."""
    return any(pattern.search(text) for pattern in (REPORT_QUOTED, REPORT_TO, REPORT_BARE)) or (
        (match := REPORT_ZH.search(text)) is not None and not match.start())


def _dialogue(text: str) -> str | None:
    asker = ASKER.search(text)
    answerer = ANSWERER.search(text, asker.end() + 1) if asker else None
    return _clean(text[asker.end():answerer.start()]) if asker and answerer else None


def _labelled(text: str) -> str | None:
    match = LABEL.search(text) or LABEL_ZH.search(text) or FOR_MODEL.search(text)
    return _clean(_opening_quote(_before_answer(match.group("it")))) if match else None


def _addressed(text: str) -> str | None:
    if match := COMMAND.match(text) or ADDRESS.match(text):
        return _clean(match.group("it"))
    match = ADDRESS_END.search(text, max(0, len(text) - ADDRESS_END_LENGTH))
    return _clean(text[:match.start()]) if match else None


def _reported(text: str) -> str | None:
    if match := TYPED.search(text) or REPORT_QUOTED.search(text):
        stretch = _opening_quote(_before_answer(match.group("it")).split("\n\n")[0])
        return _clean(VERDICT.sub("", stretch) if stretch == match.group("it") else stretch)
    if match := REPORT_TO.search(text) or REPORT_BARE.search(text):
        stretch = VERDICT.sub("", SENTENCE.split(match.group("it"), maxsplit=1)[0]).strip()
        return _clean(stretch[:1].upper() + stretch[1:])
    if match := REPORT_ZH.search(text):
        return _reported_zh(match)
    return None


def _reported_zh(match: re.Match[str]) -> str | None:
    stretch = _before_answer(match.group("it")).split("\n\n")[0]
    quoted = _opening_quote(stretch)
    if quoted != stretch:
        return _clean(quoted)
    if match.group("link").strip().endswith((":", "：")):
        return _clean(re.split(r"(?<=[？?。！!])(?=它|居然|竟然|结果|没想到|回答|答得|[^，。]{0,6}搞定)", stretch)[0])
    clauses = re.split(r"[，,。！!]", stretch)
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
    quotations = [*_quotations(text), *APOSTROPHES.findall(text), *BLOCK_QUOTE.findall(text)]
    return _clean(max(quotations, key=len)) if quotations else None


def _quotations(text: str) -> Iterator[str]:
    """What stands in quotation marks; each mark is looked at once, however many are never closed."""
    for opening, closing, shortest in QUOTATIONS:
        start = text.find(opening)
        while start >= 0 and (end := text.find(closing, start + 1)) >= 0:
            if end - start > shortest:
                yield text[start + 1:end]
            start = text.find(opening, end + 1)


def _without_tags(text: str) -> str:
    """A text without the hashtags and links at its end."""
    text = text.rstrip()
    while text:
        last = text[text.rfind(" ") + 1:].rpartition("\n")[2]
        if TAG.fullmatch(last):
            text = text[:len(text) - len(last)].rstrip()
        elif match := TAGS_GLUED.search(last[-2000:]):
            return text[:len(text) - len(match.group())].rstrip()
        else:
            break
    return text.lstrip()


def _before_answer(text: str) -> str:
    match = ANSWER.search(text)
    return text[:match.start()] if match else text


def _opening_quote(text: str) -> str:
    """What a text that begins with a quotation or a code fence quotes; the text itself where it does not."""
    text = text.strip()
    if text.startswith("```") and (fenced := re.match(r"```\w*\n(.+?)```", text, re.DOTALL)):
        return fenced.group(1)
    for opening, closing, shortest in (*QUOTATIONS, ("'", "'", 12), ("‘", "’", 12)):
        if text.startswith(opening) and (end := text.find(closing, 1)) > shortest:
            return text[1:end]
    return text


def _clean(text: str) -> str:
    """Without the quotation marks, fences, tags and links that wrapped it."""
    text = _without_tags(text)
    fenced = re.fullmatch(r"```\w*\n?(.*?)\n?```", text, re.DOTALL)
    text = fenced.group(1) if fenced else text
    for left, right in PAIRS:
        if len(text) > 2 and text.startswith(left) and text.endswith(right) and left not in text[1:-1]:
            text = text[1:-1]
    return text.strip()
