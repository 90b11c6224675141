"""What chat programs and templates leave in a text: tags of roles, citations, blanks, vendors' names, further tasks."""

import polars as pl

from instructwild.clean.patterns import ANSWER_SIZE, PROMPT_SIZE, holds_any, matches, only_where, where

PROMPT, ANSWER = pl.col("prompt"), pl.col("answer")

_TAG = (r"<\|(?:im_start|im_end|endoftext|eot_id|start_header_id|end_header_id|begin_of_text|user|assistant|system|end"
        r"|start_of_role|end_of_role|eom_id|end_of_turn|im_sep|turn)\|>|<(?:start|end)_of_turn>|\[/?INST\]|<</?SYS>>"
        r"|<｜(?:User|Assistant|begin▁of▁sentence|end▁of▁sentence)｜>|\[\|(?:Human|AI)\|\]|<(?:eoh|eoa|eom)>"
        r"|\[(?:UNUSED_TOKEN_14\d)\]")
_NAMED = (r"(?:\A|\n)(?:#{1,3} ?)?(?:\*\*)?(?:Human|USER|User|用户"
          r"|人类)(?:\*\*)?[:：](?:\*\*)?(?:[^\n]*\n+){1,6}?(?:#{1,3} ?)?(?:\*\*)?"
          r"(?:Assistant|ASSISTANT|AI|助手|机器人)(?:\*\*)?[:：]|\n\n(?:Human|USER|ASSISTANT): |\n#{2,3} ?(?:Response"
          r"|Instruction|Human|Assistant|回答|指令)"
          r"[:：]\s*\n|\A(?:ASSISTANT|Assistant|### ?Response|### ?Assistant|助手)[:：]")
_TALKS = (r"(?i)human|user|dialog|conversation|chat|interview|script|token|template|role|prompt|format|tag|q ?& ?a|scene"
          r"|play"
          r"|对话|聊天|访谈|剧本|角色|模板|格式|标记|提示词|客服|问答|用户")
_ABOUT_TAGS = r"(?i)token|template|chatml|prompt format|special|tokeni|模板|特殊标记|特殊符号|词元"
_MARKS = ("<|", "[INST", "[/INST", "SYS>>", "_of_turn>", "<｜", "[|", "<eo", "[UNUSED")
_MAY_BE_TAGGED = holds_any(ANSWER, _MARKS) | holds_any(PROMPT, _MARKS)
_ABOUT_TAGGED_TEXT = rf"{_ABOUT_TAGS}|`|(?i:\b(?:parse|regex|mean|code|function)\b)|代码|正则|函数|意思"
_MAY_BE_NAMED = ANSWER.str.contains(
    r"(?:Human|USER|User|用户|人类|ASSISTANT|Assistant|AI|助手|机器人|Response|Instruction|回答|指令)(?:\*\*)?[:：]")
ROLE_TAGS = (only_where(_MAY_BE_TAGGED, (matches(ANSWER, _TAG) & ~matches(PROMPT, _ABOUT_TAGS))
                        | (matches(PROMPT, _TAG) & ~matches(PROMPT, _ABOUT_TAGGED_TEXT)))
             | matches(PROMPT, r"(?:\A|\s)<(?:user|bot|human|assistant)>\s*[:：]")
             | only_where(_MAY_BE_NAMED, matches(ANSWER, _NAMED) & ~matches(PROMPT, _TALKS)
                          & ~ANSWER.str.contains("```", literal=True)))

_LEFT_BEHIND = ["Share Prompt", "Copy code", "ChatGPT said:", "You said:", "oaicite", "†", "turn0", "turn1", "turn2",
                "复制代码", "Regenerate response", "重新生成回答", "Copy Text Copy HTML", "sandbox:/mnt", "CopyCopy HTML",
                *"\ue200\ue201\ue202\ue203\ue204\ue205\ue206"]
_RESIDUE = (r"【\d+(?::\d+)?†[^】]*】|:?contentReference\[oaicite|\boaicite:\d+|turn\d+(?:search|view|news|file|image)\d+"
            r"|[\ue200-\ue206]|\]\(sandbox:/mnt/data/|(?:^|\n)(?:ChatGPT said:|Share Prompt|You said:|[a-z]{1,12}Copy code"
            r"|Regenerate response|重新生成回答)\s*(?:\n|\z)|\n\s*(?:Share Prompt|复制代码)\s*\z"
            r"|(?:^|\n)(?:复制代码|Copy code)\s*\n|\d char Copy Text Copy HTML |CopyCopy HTMLRead Aloud")
_BUTTON = (r"(?:重新生成|重新回答|复制|分享|点赞|收藏|Regenerate(?: response)?|Share|Copy|Retry|Try again|Edit|Like"
           r"|(?:Good|Bad) response|Read aloud)")
_BUTTONS = rf"\n[ \t]*{_BUTTON}[ \t]*\n\s*{_BUTTON}\s*\z"
"""Two labels of buttons, each alone on its line: the end of a page."""
SHARE_RESIDUE = pl.any_horizontal(matches(where(holds_any(text, _LEFT_BEHIND), text), _RESIDUE)
                                  | matches(text, _BUTTONS) for text in (PROMPT, ANSWER))

_LAST_OF_ALL = "|".join(f"{count} / {count}" for count in range(1, 31))
_VERSION = rf"[^\s\d+*/×÷=(^−-]\d{{1,2}} / \d{{1,2}}\s*\z|[.?!:…\n]\s*(?:{_LAST_OF_ALL})\s*\z"
"""Glued to the last word, or the last of so many behind a sentence; else it is a fraction: 8 + 4 / 2."""
INTERFACE_LABEL = matches(PROMPT, rf"\S\s*(?:Copy to Clipboard|지금 번역하기)\s*\z|{_VERSION}")
"""The label of a button, or the number of a version, at the end of a prompt that may be good without it."""

_PICTURE = (r"(?:<(?:img|image|picture|图片|图像)\b[^>]*>|!\[[^\]\n]*\]\([^)\n]*\)|[\[【<（](?:an? )?(?:attached "
            r"|the )?(?:image|picture|photo|photograph"
            r"|video|audio|file|gif|sticker|voice message|附?图片|图像|附?照片|插图|语音|视频|动画表情|表情|文件"
            r"|附件)(?: of [^\]\n]{1,60}| attached| here| omitted|: [^\]\n]{1,60})?[\]】>）])")
_WHOLE = (r"(?i)\A\s*[\[(（【<][^\])）】>\n]{0,60}?(?:图|照片|海报|标志|徽标|视频|音频|录音|image|picture|photo"
          r"|diagram|chart|graph"
          r"|drawing|logo|poster|video|audio|sketch|illustration)(?:[^\])）】>\n\w][^\])）】>\n]{0,40}|\p{Han}{0,6})?"
          r"[\])）】>]\W*\z")
"""An answer that is one note in brackets: a picture, chart or recording stood here."""
_ABOUT_MARKUP = r"(?i)html|markdown|\b(?:code|tags?|css|templates?)\b|代码|标签|标记|网页|模板"
_OPENS_A_NOTE = r"[<!\[【（(]"
MEDIA_AS_TEXT = only_where(
    PROMPT.str.contains(_OPENS_A_NOTE) | only_where(ANSWER_SIZE < 300, ANSWER.str.head(120).str.contains(_OPENS_A_NOTE)),
    ~matches(PROMPT, _ABOUT_MARKUP) & (
        ((ANSWER_SIZE < 300) & matches(ANSWER, rf"(?i)\A\W{{0,3}}{_PICTURE}"))
        | ((ANSWER_SIZE < 120) & matches(ANSWER, _WHOLE))
        | matches(PROMPT, rf"(?i)(?:\A|\n)\s*{_PICTURE}\s*(?:\z|\n)|\A\s*{_PICTURE}|{_PICTURE}\W*\z")))
"""A picture or another file that stands as a word where it stood itself."""
_FILE = r"[^\s，。,:：]{1,60}\.(?:pdf|docx?|xlsx?|pptx?|csv|zip|png|jpe?g|gif|mp[34]|wav)\b"
NAMES_AN_ATTACHMENT = only_where(holds_any(PROMPT, ["附件", "ttach"]),
                                 matches(PROMPT, rf"(?i)(?:附件|\battachments?|\battached(?: files?)?)\s*[:：]\s*{_FILE}"))
"""The list of files below a mail, as a word."""

_VENDOR = (r"(?:OpenAI|Anthropic|Google(?: DeepMind| AI)?|DeepMind|Microsoft|Meta(?: AI)?|Baidu|Alibaba(?: Cloud)?|Tencent"
           r"|ByteDance"
           r"|iFlytek|Zhipu(?: AI)?|Moonshot(?: AI)?|DeepSeek|xAI|Mistral(?: AI)?|Cohere|LAION|Stability AI|Inflection"
           r"|01\.AI|Databricks)")
_HAN_VENDOR = (r"(?:OpenAI|Anthropic|谷歌|微软|Meta|百度|阿里(?:巴巴|云)?|腾讯|字节(?:跳动)?|科大讯飞|讯飞|智谱(?:AI|华章)?"
               r"|月之暗面|深度求索|DeepSeek"
               r"|百川智能|商汤|华为|昆仑万维|零一万物|LAION|复旦(?:大学)?|清华(?:大学)?)")
_MODEL = (r"(?:ChatGPT|GPT-?[345](?:\.5|o|\.1)?|Google Bard|Bing Chat|Microsoft Copilot|GitHub Copilot|Open ?Assistant"
          r"|Vicuna"
          r"|ERNIE Bot|Wenxin Yiyan|Tongyi Qianwen|Qwen(?:[\d.-]\w*)?|DeepSeek(?:-\w+)?|ChatGLM(?:-?\w+)?|InternLM|StableLM"
          r"|Kimi"
          r"|Doubao|Grok|LLaMA|Llama [23](?:\.\d)?|Mixtral|Le Chat)")
_COMMON_NAME = r"(?:Claude|Gemini|Bard|Copilot|Llama|Alpaca|Mistral|Pi|Koala|Spark)"
_HAN_MODEL = (r"(?:ChatGPT|GPT-?[345](?:\.5|o)?|文心一言|文心大模型|通义千问|讯飞星火|星火认知大模型|智谱清言|Kimi|豆包"
              r"|混元助手|腾讯混元|DeepSeek|深度求索"
              r"|Claude|Gemini|百川大模型|天工|盘古大模型|MOSS|ChatGLM|Open ?Assistant|小度|通义)")
_IDENTITY = (rf"\b(?:I am|I'm|I’m|[Mm]y name is|[Yy]ou can call me|[Cc]all me)(?: an?| the)?(?: AI| language| large| model"
             rf"| assistant"
             rf"| chatbot| named| called|,)* {_MODEL}(?:\W|\z)"
             rf"|\b[Aa]s {_MODEL}, I\b"
             rf"|\b(?:I am|I'm|I’m|[Mm]y name is) {_COMMON_NAME}(?:,| -| –|\.)? ?(?:(?:an?|the|your|from) (?:\w+ )*(?:AI"
             rf"|language model|assistant|chatbot)|(?:made|created|developed|built|trained) by {_VENDOR})"
             rf"|\b(?:I am|I'm|I’m|[Aa]s)(?: just| only| simply)? an? (?:[\w-]+ ){{0,4}}(?:model|AI|assistant|chatbot"
             rf"|program|system)(?: named \w+)?,?"
             rf"(?: that (?:was|is|has been))? (?:trained|developed|created|made|built|designed"
             rf"|powered)(?: and \w+)? by {_VENDOR}\b"
             rf"|\bI (?:was|am|have been|'ve been) (?:trained|developed|created|made|built"
             rf"|designed)(?: and \w+)? by {_VENDOR}\b"
             rf"|\b{_VENDOR} (?:trained|developed|created|made|built|designed) me\b|\b[Mm]y (?:creators?|developers?"
             rf"|makers?) (?:at|is|are),? {_VENDOR}\b"
             rf"|我(?:是|叫|的名字是|的名字叫|可以被称为)(?:一[个款名]|由)?(?:名为|叫做?|名叫)?[“\" ]?{_HAN_MODEL}(?:\W|\z"
             rf"|[，。！、是的]|一)|(?:叫|称呼)我(?:为|作)?[“\"]?{_HAN_MODEL}"
             rf"|(?:我是|作为)(?:一[个款名])?(?:由|来自|基于)?{_HAN_VENDOR}(?:公司|团队|实验室)?(?:所|自主|独立)?(?:训练"
             rf"|开发|研发|推出|创建|打造|创造|设计)"
             rf"|我(?:是)?(?:由|被){_HAN_VENDOR}(?:公司|团队)?.{{0,6}}(?:训练|开发|研发|创建|打造|创造|设计)")
_ASSISTANT = pl.when(pl.col("messages").list.len() > 2).then(
    pl.col("messages").list.eval(pl.when(pl.element().struct.field("role") == "assistant")
                                 .then(pl.element().struct.field(
                                     "content"))).list.drop_nulls().list.join("\n")).otherwise(ANSWER)
_PLAYS = (r"(?i)pretend|role-?play|act as|imagine (?:that )?you|you are now|speak as|translate|story|dialogue|script|joke"
          r"|poem"
          r"|扮演|假设你是|假装|故事|翻译|剧本|对话|代码")
# Each of the two holds few enough names for a search of literals; of both as one pattern the engine makes an automaton.
_NAMES_ONE = (matches(_ASSISTANT, rf"{_VENDOR}|{_MODEL}|{_COMMON_NAME}")
              | matches(_ASSISTANT, rf"{_HAN_VENDOR}|{_HAN_MODEL}"))
MODEL_IDENTITY = only_where(_NAMES_ONE,
                            only_where(matches(_ASSISTANT, _IDENTITY), ~matches(PROMPT, _PLAYS), "messages"), "messages")

_MAY_BE_BLANK = (PROMPT_SIZE < 300) & PROMPT.str.contains(r"[\[<［【{（(]|XXX|TODO")
_INPUT_TO_COME = (r"(?i)(?:\n|: ?)[<\[(（【] ?(?:insert|attach(?:ed)?|upload(?:ed)?|(?:在此|请)?(?:插入|上传|附))"
                  r"[^>\])\n]{0,24}(?:photo|photograph|image|picture|painting|video|audio|article|text|logo|图|画|照片|视频|文章|文本)"
                  r"[^>\])）】\n]{0,12}[>\])）】]\W*\z")
UNFILLED_PLACEHOLDER = only_where(_MAY_BE_BLANK, matches(PROMPT, _INPUT_TO_COME) | matches(PROMPT,
    r"(?i)\[(?:insert|paste|your|fill in|(?:enter|type) (?:your|the|a|name|topic|text|here)) ?[^\]\n]{0,60}\](?:[^(]|\z)"
    r"|<(?:insert|paste|your|enter) [^>\n]{1,60}>|［(?:插入|填写|输入)"
    r"|\[(?:插入|填写|粘贴|在此|请|你的|您的)[^\]\n]{0,20}\](?:[^(]|\z)|【(?:此处|在此|请|待)?(?:填写|插入|粘贴|输入|补充"
    r"|填入)[^】\n]{0,14}】|【(?:你|您)的[^】\n]{1,10}】"
    r"|\[\p{Han}{2,6}\] ?\[\p{Han}{2,6}\]"
    r"|[（(](?:此处|在此|请在此)?(?:填写|插入|粘贴|填入)[^）)\n]{0,14}[）)]|\{\{ ?[a-z_]{2,30} ?\}\}"
    r"|\b(?:about|on|for|of|titled|named|called|to|in|with|from|by|is|my|a|an|the) \{[a-z][a-z_ ]{1,24}\}|(?:关于"
    r"|主题[是为：:]?|一篇|题目[是为：:]?|[写用在是为]) ?\{\p{Han}{1,8}\}"
    r"|(?-i:\[(?:[A-Z]+[ _])*(?:NAME|TOPIC|PRODUCT|COMPANY|CITY|DATE|LOCATION|BRAND|INDUSTRY|SUBJECT|TITLE|COUNTRY"
    r"|KEYWORDS?|AUDIENCE"
    r"|SERVICE|PLACE|PERSON|YOUR)(?:[ _][A-Z]+)*\])(?:[^(]|\z)|\bX{3,}\b(?: company| product|公司)|\bTODO\b:? ?(?:insert"
    r"|fill)") & ~matches(PROMPT,
    r"(?i)template|placeholder|jinja|\w ?= ?\w|f-?string|format string|mail ?merge|regex|html|code|function|def |模板|占位"
    r"|变量|代码|函数|字符串|正则|\bjson\b|```"
    r"|\b(?:dear|hi|hello) [\[{<]|(?:regards|sincerely|thanks),?\s*[\[{<]|此致|敬礼|尊敬的[\[【{]"))

_ESCAPE = r"\w\\_\w|\\\*\\\*|(?:^|\n)\\(?:#|-|\*|\d+\\\.) |\\`\w|\\\[[^\]\n]{1,60}\\\]\("
_MAY_BE_ESCAPED = where(ANSWER.str.contains("\\", literal=True), ANSWER)
ESCAPED_MARKDOWN = ((_MAY_BE_ESCAPED.str.count_matches(_ESCAPE) >= 2)
                    & ~matches(_MAY_BE_ESCAPED, r"\$[^$\n]*\\_|\\begin\{|\\text|\\documentclass"))

_FURTHER = (r"(?:\A|\n\s*\n?)(?:Input|Instruction|输入|指令|问题)\s*\d*[:：][^\n]*\n+(?:[^\n]*\n+){0,3}?(?:Output|Response"
            r"|输出|回答|答案)\s*\d*[:：]")
_MAY_RUN_ON = holds_any(ANSWER, ["Input", "Instruction", "输入", "指令", "问题"])
RUN_ON = only_where(
    _MAY_RUN_ON, matches(ANSWER, _FURTHER) & ~matches(ANSWER, "```|def |#include|function ")
    & ~matches(PROMPT, r"(?i)inputs?\b|instructions?|输入|指令"
                                                                      r"|examples?|test case|generate (?:a|some|\d+)"
                                                                      r" (?:task"
                             r"|question)|challenge|few-shot|prompts?\b|questions?|algorithm"
                                 r"|problems?|pseudo|faq|interview|quiz|tasks?\b|q ?& ?a|示例|例子|用例|伪代码|算法|问题"
                                 r"|任务|问答|题目|面试"))
"""The model wrote the next example of the list that it was shown."""

_CANNOT = (r"(?i)\A\W*(?:(?:i'?m |i am )?(?:very |so |really )?sorry,? (?:but|i|as)\b|(?:i )?apologi(?:es|[sz]e),? but\b"
           r"|as an ai(?: language model| assistant| model| chatbot)?,? i (?:can|do|am|don)"
           r"|i (?:cannot|can'?t) (?:assist|help|provide|fulfil|comply|answer|do |access|browse|generate|create|see|open"
           r"|view|give|write|continue|engage)"
           r"|i(?: a|')m (?:not able|unable)|unfortunately, (?:i|as an)|i do(?:n't| not) have (?:access|the ability|enough))"
           r"|\A\W*(?:对不起|抱歉|很抱歉|非常抱歉|十分抱歉|不好意思|作为一[个名款](?:AI|人工智能|语言模型|大型语言模型)"
           r"|我(?:无法|不能|没有办法|没法))")
_USEFUL = (r"(?i)here (?:is|are)\b|here's|instead,|for example|such as\b|in general,|generally,|however, (?:i can\s|here"
           r"|you can|it is)|but i can\s"
           r"|the (?:correct|right) (?:answer|version|code|one)\b|should (?:be|have been)\b|\n\s*(?:\d+[.)、]|[-*•]) |```"
           r"|以下是|下面是|这是(?:一[个份篇]|修改|更正)|但我可以|但是我可以|不过，?我可以|例如|比如|您可以|你可以|建议您"
           r"|正确的|应该是|应为")
_BEGINS = matches(ANSWER.str.head(60), _CANNOT) & (ANSWER.str.len_bytes() < 1800) & (ANSWER_SIZE < 600)
_QUOTES_ONE = r"(?i)translat|paraphras|rewrite|\brefus|phrase|repeat|翻译|翻譯|改写|重复|拒绝"
REFUSAL = only_where(_BEGINS, ~matches(ANSWER, _USEFUL) & ~matches(PROMPT, _QUOTES_ONE))
"""An answer that begins with an apology and says nothing of use after it."""
