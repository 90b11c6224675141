"""Each kind of dirt in both languages, and beside it good rows that look like it."""

from functools import cache

import pytest

from instructwild.clean.arithmetic import wrong, wrong_row
from instructwild.clean.rows import opened
from instructwild.clean.rules import RULES, Rules
from instructwild.schema import Instruction, Message
from instructwild.stage.frames import instruction_frame
from tests.clean.rows import flags, rows_of

STORY = "The ferry left the quay before dawn. Nobody waved. The fog lay on the water. A bell rang twice. "

DIRT = [
    ("lost_context", "Add a comment to each line", "I apologize for the confusion. Here it is with comments."),
    ("lost_context", "Use tabs", "Sure, here's an updated version of the script that uses tabs."),
    ("lost_context", "Why does it stop?", "In the example I provided earlier, the loop ends at ten."),
    ("lost_context", "Why is it slow?", "The loop runs twice. Most of the time goes into the SCRIPT WE BUILT EARLIER."),
    ("lost_context", "Is it faster?", "It is twice as fast, thanks to the changes you've made."),
    ("lost_context", "Which one is it?", "It is the second name that I used in the script."),
    ("lost_context", "改成用制表符", "这是修改后的代码，它使用制表符。"),
    ("lost_context", "少了一个括号", "抱歉，我之前的回答有误，括号应在行末。"),
    ("lost_context", "这个函数返回什么？", "它返回布尔值。"),
    ("missing_input", "Rate the following recipe", "You have not provided a recipe. Please share the recipe."),
    ("missing_input", "总结这家餐厅的评论。", "抱歉，您没有提供评论。"),
    ("repetition", "List ten ships", "\n".join(f"{number}. The Tern of Harwich" for number in range(1, 40))),
    (
        "repetition",
            "列出十条船",
                "\n".join(["1. 海燕号", "2. 信天翁号", *(f"{number}. 海鸥号停在港口" for number in range(3, 40))])),
    (
        "cut_off", "Tell a "
                   "story", STORY * 10 + "The captain went below to look for the old chart that his father had drawn in the "
                                         "year before"),
    (
        "cut_off", "Write a "
                   "loop", "Here you are:\n```js\nfor (const gull of gulls) {\n  if (gull.flies) {\n    "
                           "console.log(gull.na\n```"),
    (
        "cut_off", "Describe the "
                   "port", "The port has three basins and two locks, and every morning the boats come in with their catch "
                           "and the"),
    ("run_on", "Translate into Dutch.\nthe sea", "de zee\n\nInput: the ship\nOutput: het schip"),
    ("run_on", "找出反义词。\n高", "低\n\n输入：快\n输出：慢"),
    ("role_tags", "Name a bird", "Robin<|eot_id|><|start_header_id|>user"),
    ("role_tags", "Name a bird", "Robin [/INST]"),
    ("role_tags", "Name a bird", "Robin<end_of_turn>\n<start_of_turn>user"),
    ("role_tags", "Name a bird", "Robin\n\nHuman: And a fish?"),
    ("role_tags", "说一种鸟", "知更鸟<｜User｜>再说一种"),
    ("role_tags", "说一种鸟", "知更鸟\n用户：再说一种鱼\n助手：鳕鱼"),
    ("role_tags", "[INST] Name a bird [/INST]", "Robin"),
    ("role_tags", "<|im_start|>user\n说一种鸟<|im_end|>", "知更鸟"),
    ("share_residue", "有多高？", "高九十米。\n\n重新生成\n分享"),
    ("share_residue", "How high is it?", "It is 90 m high.\n\nCopy\n\nRegenerate\n"),
    ("share_residue", "How high is it?", "It is 90 m high【4†source】."),
    ("share_residue", "How high is it?", "It is 90 m high :contentReference[oaicite:2]{index=2}."),
    ("share_residue", "How high is it?", "It is 90 m high. citeturn0search3"),
    ("share_residue", "有多高？", "高九十米【12:3†来源】。"),
    ("share_residue", "Plot it", "Done: [the plot](sandbox:/mnt/data/plot.png)"),
    ("media_as_text", "这是什么鸟？\n[图片]", "是海鸥。"),
    ("media_as_text", "[图片] 这是什么鸟？", "是海鸥。"),
    ("media_as_text", "What is on the pier? [image: DSC_0042.jpg]", "A crane."),
    ("attachment", "请看附件：码头.pdf，总结一下", "码头很旧。"),
    ("attachment", "Sum it up.\nAttachments: pier.docx", "The pier is old."),
    ("media_as_text", "Draw a sail", "![A sail](https://example.com/sail.png)"),
    ("model_identity", "Who are you?", "I'm Claude, an AI assistant made by Anthropic."),
    ("model_identity", "Who made you?", "I was created by Google DeepMind."),
    ("model_identity", "Who are you?", "I am Qwen, a large language model built by Alibaba Cloud."),
    ("model_identity", "你是谁？", "我是通义千问，由阿里云开发。"),
    ("model_identity", "你是谁？", "我是由百度公司研发的人工智能助手。"),
    ("model_identity", "你叫什么？", "您可以叫我豆包。"),
    ("model_identity", "介绍一下你自己", "作为OpenAI训练的语言模型，我可以回答问题。"),
    ("unfilled_placeholder", "Write a poem about {topic}", "Waves roll in."),
    ("unfilled_placeholder", "Plan a day in [Your City].", "Start at the port."),
    ("unfilled_placeholder", "写一篇关于【此处填写主题】的短文", "海风吹过。"),
    ("unfilled_placeholder", "为 [你的产品] 写一句口号", "扬帆起航。"),
    ("unfilled_placeholder", "Greet {{ customer_name }} warmly", "Good day!"),
    ("escaped_markdown", "Name two", "\\*\\*Tern\\*\\* and \\*\\*skua\\*\\*"),
    ("wrong_arithmetic", "How many?", "They have 12 × 4 = 46 crates."),
    ("wrong_arithmetic", "What is 14 + 29?", "53"),
    ("wrong_arithmetic", "一共多少？", "一共 35 + 27 = 52 箱。"),
    ("refusal", "Draw a cat", "I'm sorry, but I cannot create pictures."),
    ("refusal", "画一只猫", "作为一个人工智能，我无法画画。"),
    (
        "half_translated",
            "请讲讲这座港口的历史", "The port is old and it is known to the sailors of the north for its deep basin."),
    ("lost_in_translation", "找出句子中的拼写错误。\n船在港口。", "船在港口。"),
    ("attachment", "Write a caption for this photo", "At rest."),
    ("lost_context", "same for the harbour tour", "The harbour tour takes an hour and starts at the old lock."),
    ("lost_context", "show me a concrete example", "Take a pier of forty metres, for instance."),
    ("lost_context", "do they need a licence", "Yes, both of the boats need one."),
    ("lost_context", "Is the mooring free?", "In the plan I created earlier, the mooring costs nothing."),
    ("lost_context", "Keep going\n\nPlease write in English language.", "and so the ferry left at noon."),
    ("lost_context", "Ferry.swift:12: error: missing argument\nFerry:19: error: no such member\n\nWhat now. Still bad.",
     "I apologize for the oversight. Let's correct both lines."),
    ("lost_emphasis", "Replace the underlined word with its opposite.\nThe tide was high.", "The tide was low."),
    ("lost_emphasis", "用同义词替换划线的词。\n渔船很小。", "渔船不大。"),
    ("lost_in_translation", "给出两个与“船”押韵的单词。", "滑和握。"),
    ("lost_in_translation", "标出每个词的词性。\n船离开了港口。", "的：文章\n船：名词\n离开：动词\n港口：名词"),
    ("lost_in_translation", "将句子里的单词大写。\n船在港口。", "船在港口。"),
    ("lost_in_translation", "说出三种以字母“S”开头的鱼。", "三文鱼、沙丁鱼、剑鱼。"),
    ("wrong_count", "Name three kinds of knots.", "1. Bowline\n2. Reef knot\n3. Clove hitch\n4. Sheet bend"),
    ("wrong_count", "Suggest four names for a ferry.", "- Tern\n- Skua\n- Heron"),
    ("wrong_count", "列出五种海鸟。", "1. 海鸥\n2. 燕鸥\n3. 信天翁"),
    ("wrong_arithmetic", "Find the median of these numbers.\n9, 2, 14, 5, 7", "The median is 14."),
    ("wrong_arithmetic", "计算 6、10 和 17 的平均值。", "12"),
    ("wrong_arithmetic", "What is the largest number in the list: 4, 19, 8?", "8"),
]
GOOD = [
    ("What do the tags [INST] and [/INST] mean to a model?", "They mark a user's turn for the tokenizer."),
    ("Write a regex for `<|im_end|>`", "<\\|im_end\\|>"),
    ("Name two buttons of a page.", "Two of them:\nthe first is called\nShare"),
    ("How do I name an attachment: by date or by title?", "By title."),
    ("Write a short apology for being late", "I apologize for the delay; the ferry left without me."),
    ("Thank you letters: how do I begin one?", "Begin with the person's name."),
    ("What is the moral of the previous century's sea novels?", "That pride sinks ships."),
    ("Nobody in the family swims. But can they sail?", "They can."),
    ("Imagine a ship and write a name for this ship.", "Tern"),
    ("用12字以上描述港口的历史。", "很久以前，这里只是一片沙滩。"),
    ("在 2.0 及之前的版本中有哪些限制？", "只能有一个文件。"),
    ("Write three questions of a survey",
     "\n".join(f"{n}. {q}\na) Never or hardly\nb) Now and then\nc) Very often"
               for n, q in enumerate(["Do you sail at "
                                      "sea?", "Do you swim in "
                                              "lakes?", "Do you fish in rivers?", "Do you row at night?"], 1))),
    ("Make a table of tides", "| day | tide |\n|---|---|\n" + "| Monday | high water |\n" * 12),
    ("Write a letter", STORY * 10 + "I hope to hear from you.\n\nYours sincerely,"),
    ("给教授写信", "尊敬的教授：" + "我想请教一个关于潮汐的问题。" * 6 + "\n\n此致，"),
    ("Write a "
     "post", STORY * 10 + "Come aboard and see it all for yourself in the harbour this weekend with friends #sailing"),
    ("Give sizes", STORY * 10 + "\n\nThe hull is 30 feet long and the cabin door is 27 in"),
    ("Print a smiley", "```\nprint(':)')\n```"),
    ("Give sample input and output for a sorter", "Input: 3 1 2\nOutput: 1 2 3\n\nInput: 9 8\nOutput: 8 9"),
    ("Tell two jokes", "Q: Why did the gull cross?\nA: For chips.\n\nQ: And back?\nA: No vinegar."),
    ("写一段客服对话", "用户：我的船票丢了。\n助手：请告诉我订单号。"),
    ("What does <|im_end|> mean in a chat template?", "<|im_end|> closes a turn."),
    ("Name an array index", "Use turn[0] and turn[1]."),
    ("What is Claude Monet known for?", "Claude Monet painted the sea."),
    ("Who made GPT-4?", "GPT-4 was developed by OpenAI."),
    ("Pretend to be ChatGPT and greet me", "I am ChatGPT, at your service."),
    ("介绍一下文心一言", "文心一言是百度研发的语言模型。"),
    ("What is my sign?", "I'm a Gemini myself, so I like talk."),
    ("Fix this template: Dear [Your Name], hi", "Dear Reader, hello"),
    ("What does f'{name}' do in Python code?", "It formats the value."),
    ("See [the port](https://example.com) and say when it opens", "At nine."),
    ("Write the union in LaTeX", "$a\\_b \\cup c\\_d$"),
    ("How is snake case written?", "As sea_gull and herring_gull."),
    ("How many?", "2 / 3 = 0.67 and 2/3 = 0.66, and 1,200 + 34 = 1,234."),
    ("What is 101 + 1 in binary?", "110"),
    ("Find the mistake: 2 + 2 = 5", "2 + 2 = 5 is wrong."),
    ("When?", "From 2020-01-02 on; see 3.4-5 = chapters."),
    ("Solve x", "2x + 3 = 7, so x = 2."),
    ("写一个道歉", "抱歉让您久等。下面是今天的菜单：鱼和面包。"),
    ("Fix my sentence: he go home", "Sorry for the delay! The correct version is: he goes home."),
    (
        "说出五种流行的软件", "五种流行的软件：Microsoft Office、Google Chrome、Adobe Creative Cloud、Mozilla "
                     "Firefox、Apple iTunes。"),
    ("把 1234 元转换为大写", "壹仟贰佰叁拾肆元"),
    ("什么是元音？", "元音是发音时气流不受阻碍的音。"),
    ("找出句子中的错别字。\n船停在巷口。", "“巷口”应为“港口”。"),
    ("Describe this photo: a boat at rest", "A boat lies still."),
    ("用 HTML 写一个图片标签", "<img src=\"a.png\">"),
    ("Why do they call a ship a she?", "Sailors have long spoken of ships as women."),
    ("What is a real-life example of buoyancy?", "A cork in water."),
    ("Summarize the article.\nGulls moved into cities. Roofs are safe there.",
     "Gulls moved into cities, where roofs are safe."),
    ("Given a photo of a harbour, write a haiku.", "Masts in the grey dawn."),
    ("Replace the underlined word.\nThe *tide* was high.", "The water was high."),
    ("How do I make the underlined text bold in a Word document?", "Press Ctrl+B."),
    ("Name at least three kinds of knots.", "1. Bowline\n2. Reef knot\n3. Clove hitch\n4. Sheet bend"),
    ("Name three kinds of knots and explain each.", "1. Bowline\n2. Reef knot\n3. Clove hitch"),
    ("Write three paragraphs about a port.", "First.\n\n1. Sheds\n2. Cranes"),
    ("列出至少两种海鸟。", "1. 海鸥\n2. 燕鸥\n3. 信天翁"),
    ("How do they build a lighthouse?", "On rock, from the base up."),
    ("给“天”字找两个押韵的字", "年、边"),
    ("什么是押韵的单词？", "韵母相同的字叫押韵。"),
    ("标出每个词的词性。\n船离开港口。", "船：名词\n离开：动词\n港口：名词"),
    ("说出两个以字母“M”开头的国家。", "马来西亚、墨西哥。"),
    ("Find the median of 9, 2, 14, 5 and 7.", "7"),
    ("Find the mean of 1, 2 and 2.", "About 1.67"),
    ("Find the second largest number in 4, 19, 8.", "8"),
    ("Write a function that returns the sum of a list.\n[1, 2, 3]", "sum([1, 2, 3])"),
]


@cache
def flags_of(case):
    """The flags of all rows of `dirt` by the default actions, or of `good` rows by all rules; rules see rows one by one."""
    rows = [row[-2:] for row in (DIRT if case == "dirt" else GOOD)]
    rules = Rules() if case == "dirt" else Rules(dict.fromkeys(RULES, "flag"))
    return dict(zip(rows, map(set, flags(rules.verdicts(rows_of(*rows)).rows)), strict=True))


@pytest.mark.parametrize(("rule", "prompt", "answer"), DIRT)
def test_dirt_is_named(rule, prompt, answer):
    assert rule in flags_of("dirt")[prompt, answer]


@pytest.mark.parametrize(("prompt", "answer"), GOOD)
def test_what_looks_like_it_is_left_alone(prompt, answer):
    assert flags_of("good")[prompt, answer] <= {"url_in_prompt"}


def test_a_foreign_name_in_any_answer_of_a_talk_is_seen():
    talk = [Message(role="user", content="Hello"), Message(role="assistant", content="I am ChatGPT."),
            Message(role="user", content="Name a bird.")]
    rows = opened(instruction_frame([Instruction(messages=talk).answered("Tern")]))
    assert flags(Rules().verdicts(rows).rows) == [["model_identity"]]


@pytest.mark.parametrize(("text", "expected"), [
    ("7 + 8 = 15", False), ("7 + 8 = 16", True), ("$4,200 + $3,000 = $7,200", False), ("10 + 6 * 7 - 58 = 48", True),
    ("108 / 6 = 18.5", True), ("10 / 3 = 3.3", False), ("10 / 3 = 3.33...", False), ("17 / 5 = 3 remainder 2", False),
    ("v = 3 * 2 = 6 * 1", False), ("1/ 1/2 = 2", False), ("12 * 11 / 2 * 1 = 66", False), ("三加四：3 + 4 等于 8", True)])
def test_an_equation_is_judged_by_the_digits_it_shows(text, expected):
    assert wrong(text) is expected


def test_a_bare_sum_is_judged_by_its_result():
    assert wrong_row("计算 12 * 12", "结果是 140。")
    assert not wrong_row("计算 12 * 12", "结果是 144。")
    assert not wrong_row("What is the sum of the numbers from 1-50?", "1275")
