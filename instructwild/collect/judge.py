"""Whether a text is an instruction that a model could answer; the reason when it is not.

Two thresholds: what its author presents as a prompt must only be a request at all; a bare post must also stand by itself,
because most questions on social media are put to people, about something that the reader knows and a model does not.
"""

import re

QUESTION = re.compile(
    r"(?:^|[.!?\n,:;]\s*|\b(?:so|and|but|ok|okay|hey|hi|hello|quick question)[,:]?\s+)(?:what|why|how|when|"
    r"where|who|whom|whose|which|"
    r"is|are|was|were|do|does|did|can|could|would|will|should|shall|may|might|has|have|am|isn't|aren't|don't|"
    r"doesn't|in what|"
    r"at what|to what|what's|who's|how's|where's|whats)\b", re.IGNORECASE)
QUESTION_ZH = re.compile(r"什么|怎么|怎样|如何|为什么|为何|多少|几[个种点年岁次天]|哪[里个些种儿位]|谁|是否|"
    r"能不能|可不可以|会不会|有没有|是不是|吗|呢|"
                         r"么[？?]|多[大高长久远重]|咋|何[时处为]|区别")
VERBS = ("write|explain|describe|list|give|tell|make|create|generate|summari[sz]e|translate|compare|suggest|"
    "help|show|find|"
         "name|provide|design|draft|compose|rewrite|rephrase|paraphrase|edit|proofread|correct|fix|improve|"
         "convert|calculate|"
         "compute|solve|prove|plan|outline|act|pretend|imagine|play|roleplay|role-play|invent|recommend|"
         "classify|categori[sz]e|"
         "extract|analy[sz]e|evaluate|review|debug|implement|code|build|develop|teach|define|discuss|brainstorm|"
         "come up|identify|"
         "simplify|shorten|expand|continue|finish|complete|answer|respond|reply|format|sort|rank|count|draw|"
         "propose|prepare|"
         "construct|produce|predict|estimate|estimate|argue|criti(?:que|ci[sz]e)|interpret|turn|transform|"
         "change|replace|remove|add|"
         "fill|choose|pick|select|decide|determine|assume|suppose|consider|let'?s|walk me|quiz|interview|pitch|"
         "narrate|refactor|"
         "optimi[sz]e|simulate|settle|roast|guess|outline|parse|tweet|mimic|use|take|read|rate|retell|train|"
         "teach|break down")
IMPERATIVE = re.compile(
    r"^(?:(?:please|pls|plz|kindly|now|then|first|ok|okay|hey|hi|hello|yes|great|so)[,:!]?\s+)*"
    rf"(?:you are|you're|you will|i want you|i need you|i'd like you|i would like you|your task|as an? |"
    rf"in \d+ \w+|using |given |"
    rf"for (?:each|the following)|(?:{VERBS})\b)", re.IGNORECASE)
LATER_IMPERATIVE = re.compile(
    rf"(?:[.!?;:\n]\s*|\bplease\s+|\b(?:can|could|would|will) you\s+(?:please\s+)?|"
    rf"\bhelp me\s+)(?:please\s+)?(?:{VERBS})\b", re.IGNORECASE)
REQUEST_ZH = re.compile(
    r"^(?:好的?[，,]|那么?[，,]?|现在|首先|接下来|你好[，,！!]?)*(?:请|帮[我忙]|麻烦|给我|给出|为我|替我|写|列|"
    r"用|把|将|以|假设|假如|假装|想象|扮演|你(?:是|现在是|将|要|作为|来)|"
    r"我(?:想|希望|要)(?:让)?你|作为|翻译|总结|概括|解释|介绍|说明|推荐|设计|生成|创作|编|制定|分析|比较|对比|"
    r"改写|润色|续写|扩写|缩写|计算|证明|求|"
    r"解方程|讲|描述|模仿|根据|针对|围绕|按照|回答|告诉我|教我|起|取|拟|画|做|找|举|分类|判断|提取|纠正|检查|"
    r"修改|优化|实现|预测|评价|评论|谈谈|"
    r"说说|列举|阐述|论述|推导|安排|规划|策划|补全|完成|继续|从|在|对|站在|让我们|我们来|选)")
LATER_REQUEST_ZH = re.compile(r"[，,。；;！!\n：:](?:请|帮[我忙]|麻烦|给我|你(?:来|帮|能)|写一|列出|列一|怎么|"
    r"如何|应该)|请你|帮我|给我")
TO_PEOPLE = re.compile(
    r"\b(?:anyone|anybody|any(?:one)? else|does any|has any|who else|you guys|y'?all|guys|folks|everyone|"
    r"somebody|someone|thoughts\?|"
    r"am i the only|is it just me|tell me i'm not|dm me|link in bio|rt if|retweet|upvote|subscribe|follow me|"
    r"check out|join us|"
    r"who wants|who's (?:in|coming|ready|excited|going)|did (?:you|u) (?:see|watch|hear|know)|have you (?:seen|"
    r"tried|heard|ever)|"
    r"where (?:are|r) (?:you|u)|what are you (?:doing|up to|all)|how are (?:you|u)|how was your|wyd|hmu|"
    r"can we (?:talk|please))\b", re.IGNORECASE)
TO_PEOPLE_ZH = re.compile(r"有人|有没有人|有谁|谁(?:能|知道|有|懂|也|来|要|在|想)|大家|你们|各位|求(?:推荐|助|"
    r"问|教|带)|兄弟们?|姐妹们?|家人们|宝子|友友|楼主|"
                          r"群友|网友|同学们|在吗|在不在|转发|点赞|关注我|私信|评论区|扫码|加群|报名|早安|晚安|"
                          r"打卡|打扰")
TALK = re.compile(
    r"\b(?:lol|lmao|rofl|haha+|omg|wtf|smh|tbh|imo|imho|ngl|fr fr)\b|^(?:i|i'm|i've|i'll|i'd|my|we|we're|our|he|"
    r"she|they|this|that|it|"
    r"it's|these|those|just|today|yesterday|finally|still|wow|thanks|thank you|congrats|happy|good (?:morning|"
    r"night|evening)|so (?:i|my|the))\b",
    re.IGNORECASE)
TALK_ZH = re.compile(r"哈哈|笑死|呜呜|绝了|牛[逼啊]|太[^，。]{1,4}了|我[^，。？?]{0,6}(?:了|觉得|感觉|今天|昨天|"
    r"刚)|^今天|^昨天|^终于|^刚刚?|^谢谢|^感谢|^祝|^恭喜")
IMAGE = re.compile(r"^/imagine\b|--(?:ar|v|niji|stylize|s|q) ?[\d:]+|\b(?:masterpiece|best quality|8k|"
    r"octane render|trending on artstation)\b",
                   re.IGNORECASE)
DANGLING = re.compile(
    r"^(?:and |but |or )?(?:why|what|how|is|was|who|when|where|does|did|can|should|will)(?:'s| is| was| does|"
    r" did| would| can)?\s+"
    r"(?:he|she|they|this|that|it|these|those|there|everyone|nobody|no one|y'all|my|we|our|i|i'm|"
    r"am i)\b", re.IGNORECASE)
HAN = re.compile(r"[\u3400-\u9fff]")
WORD = re.compile(r"[A-Za-z0-9]+(?:['’-][A-Za-z]+)*|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_]+")
SHORTEST, SHORTEST_BARE, LONGEST = 2, 4, 8000


def refusal(text: str, *, presented: bool) -> str | None:
    """Why the text is no instruction; None where it is one.

    Args:
        text: the stretch of a post, without tags and trailing links.
        presented: its author called it a prompt or put it to a model.
    """
    words = WORD.findall(re.sub(r"https?://\S+|@\w+", " ", text))
    chinese = len(HAN.findall(text)) > len(words) / 3
    if not words:
        return "no words"
    if len(words) < (SHORTEST if presented else SHORTEST_BARE):
        return "too short to tell"
    if len(text) > LONGEST:
        return "too long for a prompt"
    if IMAGE.search(text):
        return "a prompt for pictures"
    asks = _asks_zh(text) if chinese else _asks(text)
    if not asks:
        return "neither a question nor a request"
    return None if presented else _talk_zh(text, asks) if chinese else _talk(text, asks)


def _asks(text: str) -> str | None:
    if IMPERATIVE.match(text):
        return "request"
    if LATER_IMPERATIVE.search(text):
        return "later request"
    if ("?" in text or "？" in text) or QUESTION.match(text):
        return "question"
    return None


def _asks_zh(text: str) -> str | None:
    if REQUEST_ZH.match(text):
        return "request"
    if LATER_REQUEST_ZH.search(text):
        return "later request"
    if "？" in text or "?" in text or QUESTION_ZH.search(text):
        return "question"
    return None


def _talk(text: str, asks: str) -> str | None:
    if TO_PEOPLE.search(text):
        return "put to people"
    if asks != "request" and TALK.search(text):
        return "talk, not an instruction"
    if asks == "question":
        if not QUESTION.match(text):
            return "talk, not an instruction"
        if DANGLING.match(text):
            return "asks about something that is not told"
    return None


def _talk_zh(text: str, asks: str) -> str | None:
    if TO_PEOPLE_ZH.search(text):
        return "put to people"
    if asks != "request" and TALK_ZH.search(text):
        return "talk, not an instruction"
    return None
