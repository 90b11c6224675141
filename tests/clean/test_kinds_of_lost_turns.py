"""Ways of going on from a turn that is not in the row, rows that lost their sense, and good rows that begin like them."""

from functools import cache

import pytest

from instructwild.clean.arithmetic import wrong_row
from instructwild.clean.repair import Repair
from instructwild.clean.rules import Rules, strict
from tests.clean.rows import flags_by_row, left, rows_of

PLAIN = "Gulls swim."
GOES_ON = [
    "Great, but can you make the second stanza rhyme?", "And what about the Danish version?", "shorter please",
    "3 more like these",
    "Elaborate on number 4", "Keep going from where you stopped", "Can you put it in a table?",
    "No, I meant the other harbor",
    "What did you change in this?", "Why did you choose those?", "Combine both of these into one",
    "you skipped the last chapter",
    "How does this algorithm scale?", "add an index to it", "ok now the conclusion", "Which of those is the cheapest?",
    "Make the intro of the above funnier", "try again but without adjectives", "Give me 5 more", "10 more please",
    "weiter", "계속",
    "rewrite the code to use tabs", "This is too long", "how about the other pier?", "Where do I put this?",
    "再写得正式一点", "换成英文版本", "继续上面的故事", "上面提到的方法有什么缺点？", "能不能再详细一点",
    "这段代码怎么运行？", "第三种方法中用了哪些参数？", "这个航海程序有哪些变量？",
    "In relation to this charter, which fees are due?", "Who could sponsor these regattas?",
    "change the anchor to a buoy", "Make the captain younger", "Please keep the same rhythm but in prose",
    "翻译成法语给我，就上面那段", "那第二个呢？", "这个脚本中的“潮位”是什么？",
]
ANSWERED_ON = [
    ("pylint says: no member 'tide'", "I apologize for the confusion. Add the member first."),
    ("fails with undefined: quay", "You're right! The package has another name."),
    ("Use snake case", "Certainly! Here's the updated code with snake case."),
    ("how wide is the berth", "With the plan given above, it is four metres wide."),
    ("潮水有多高？", "按照上面提到的方案，潮高两米。"),
    ("any other piers?", "Sure, here are a few more piers: Oslo, Bergen."),
    ("how long is the boat?", "Based on the information you provided, it is nine metres long."),
    ("is it in a folder?", "It is. Here is how to modify my previous example."),
]
BEGINS_LIKE_THEM = [
    "What can be seen in the sky this month?", "Which of a gull's wings is longer, and does this matter?",
    "Are these birds or fish? Gull, cod, tern, eel", "A boat leaks. How would you repair this boat?",
    "Change the word \"boat\" to \"ship\" in: the boat sank",
    "Add the numbers 4 and 19",
    "Make the most of a rainy day: how?",
    "这个世界上最深的海沟在哪里？", "第二种常见的潮汐类型是什么？",
    "What about the moon causes tides?", "You forgot your keys. What do you do?", "It is raining. Suggest an activity.",
    "Again and again the bell rang. Name the device.", "This is my first day at sea. What should I wear?",
    "No man is an island: explain.",
    "Great Britain and Ireland: which is larger?", "Now is the winter of our discontent: who says it?",
    "Yes or no: is ice light?",
    "Explain each of these terms: atom, ion.", "How many more days has March than February?",
    "What is more important, sleep or food?",
    "Give me more reasons to learn chess than checkers.", "Fix the error: He go to sea.",
    "Shorten the title: A Long Story of Gulls",
    "Okay as an adjective: give an example.", "Suggest two ways to save fuel and say why these ways work.",
    "Pick a colour and describe it.",
    "继续教育是什么？", "刚才和刚刚有什么区别？", "上述一词怎么用？", "还有几天过年的倒计时程序怎么写？",
    "再见用英语怎么说？",
    "这两个字怎么读：饕餮？", "那么和那末哪个对？",
]
NO_QUESTION = [
    ("You are an AI assistant. User will give you a task. You must answer in detail.",
    "The pier was built in 1901 for the ferry."),
    ("你是一个AI助手。用户会给你一个任务。你必须详细回答。", "码头建于1901年，为渡船而建。"),
    ("find the Tark file", "I'm sorry, I'm not familiar with that file. Could you provide more context?"),
    ("Translate the text below into Thai", "Na"), ("给下面的文章起一个标题", "海的故事"),
    ("Summarize the attached report", "I'm sorry, but no report was provided."),
]
LOST_SENSE = [
    ("lost_in_translation", "把这些词按字母顺序排列：海、船、帆", "帆、船、海"),
    ("lost_in_translation", "找出句子中的错误。\n海很平静。", "“calms”应为“calm”。"),
    ("translated_code", "写一个循环", "对于我在范围内（5）：\n    打印（i）"),
    ("translated_code", "编写 C++ 程序", "#include <iostream>\n诠释主要（）{\n  返回 0；\n}"),
    ("wrong_length", "用10个字以内描述大海。", "大海辽阔而深邃，潮起潮落，从不停息。"),
    ("wrong_length", "写一篇不少于60字的短文", "海很大。"),
    ("wrong_length", "Write at least 40 words on tides.", "Tides rise and fall."),
    ("lost_in_translation", "用“harbor”和“anchor”造句。", "船在港口抛锚。"),
    ("lost_in_translation", "把这个句子改写成疑问句：The gull flies", "海鸥飞吗？"),
    ("repeated_item", "写出四个描述大海的词", "辽阔、深邃、辽阔、蔚蓝"),
    ("repeated_item", "What do sailors pack?", "- Rope\n- Torch\n- Knife\n- Rope"),
    ("repeated_item", "Suggest words for a storm", "They are wild, loud, dark and loud."),
    ("lost_indentation", "Reverse a list in Python", "def back(items):\nout = []\nreturn items[::-1]"),
    ("lost_indentation", "写一个类", "class Boat:\ndef __init__(self):\n    self.name = 'Ran'\n# def is here"),
    ("unchanged_input", "把这句话翻译成德语。\n海很平静。", "海很平静。"),
    ("unchanged_input", "Rewrite this in the passive:\nGulls eat fish.", "Gulls eat fish."),
    ("media_as_text", "画出销售额柱状图", "[柱状图]"), ("media_as_text", "Draw a lighthouse", "<drawing of a lighthouse>"),
    ("media_as_text", "Make a pie chart of catches", "(Pie chart included)"),
    ("model_identity", "Who are you?", "I am Claude, made by Anthropic."),
    ("model_identity", "你叫什么名字", "我叫 Kimi，由月之暗面开发。"),
    ("unfilled_placeholder", "Write an ad for [PRODUCT NAME].", "Buy it now."),
    ("share_residue", "Write a line", "python\nCopy code\nprint(1)"),
    ("refusal", "Paint a boat", "I'm sorry, but I can't create images."),
    ("role_tags", "<user>: 港口在哪？", "在海边。"),
    ("unseen_page", "总结如下文章\nhttps://news.example.com/2020/tides", "文章说潮水上涨。"),
]
KEEPS_ITS_SENSE = [
    ("按拼音字母顺序排列：张、李、王", "李、王、张"), ("什么是首字母缩略词？", "由各词首字母组成的词。"),
    ("写一个返回最大值的 Python 函数。", "def 最大值(列表):\n    return max(列表)"),
    ("写一段求阶乘的伪代码。", "如果 n == 0：\n    返回 1\n否则：\n    返回 n * 阶乘(n - 1)"),
    ("Give three slogans of at most 4 words each", "Sail far away. Come back home. Rest at sea."),
    ("写一首不少于20字的诗", "潮起潮落海天宽，渔火点点照归船，夜深人静听涛眠。"),
    ("Summarize it in under 9 words: tides", "Seas rise and fall twice each day."),
    ("用“harbor”造句。", "The harbor is calm."),
    ("用中文写一个句子解释 tide", "潮汐是海水的涨落。"),
    ("Sing the scale", "do, re, mi, fa, sol, la, ti, do"),
    ("Mammal, bird or fish? Cat, gull, dog, cod", "mammal, bird, mammal, fish"),
    ("Flip a coin six times", "heads, tails, tails, edge, tails, heads"),
    ("Spell the word banana", "b, a, n, a, n, a"),
    ("Plan my weekly menu", "rice, soup, rice, fish, soup, stew, rice"),
    ("给我一个和弦进行", "Am、Dm、Em、Am"),
    ("What does a shopping list hold?", "bread, milk, salt, rice, eggs, oil, tea, jam, fish, peas, corn, milk"),
    ("Show an empty function", "def wait():\n    pass\n\ndef go(): return 1"),
    ("Show how Ruby defines a method", "def size(x)\n  x + 1\nend"),
    ("Why do I get IndentationError?", "def f():\nreturn 1\nhas no block."),
    ("Correct if needed: She sings well.", "She sings well."), ("Copy the last line.\nRed\nBlue", "Blue"),
    ("请原样重复：海很平静。", "海很平静。"), ("改正错别字：海很平净。", "海很平静。"),
    ("Which part of this is the path?\nhttps://example.com/a/b", "/a/b"),
    ("Cite this page in APA.\nhttps://example.com/articles/tides", "Tides. (n.d.)."),
    ("You are an AI assistant. You will be asked riddles.", "Understood! Please give me the first riddle."),
    ("How can I say that I do not understand?", "\"I'm sorry, could you please provide more context?\""),
    ("把这句话翻译成英文：对不起，我不能提供这个信息。", "I'm sorry, I can't provide that information."),
    ("Reply to this review: The soup was cold.", "We apologize for the mistake and would like to invite you."),
    ("Explain \\n and \\t in strings.", "\\n ends a line.\\nThe other is a tab.\\nUse them in quotes."),
    ("Give the gradient in LaTeX", "$\\nabla f$ and $\\neg p$ and $\\nu$"),
    ("Write the template with [name] filled: Ana", "Dear Ana"),
]


@cache
def judged():
    """The flags of all rows above, which rules see one by one, and which of them `--strict` drops; both by row."""
    rows = [*((prompt, PLAIN) for prompt in (*GOES_ON, *BEGINS_LIKE_THEM)), *ANSWERED_ON, *NO_QUESTION,
            *(row[1:] for row in LOST_SENSE), *KEEPS_ITS_SENSE]
    dropped = {rows[at] for at in left(Rules(strict()).verdicts(rows_of(*rows)))}
    return flags_by_row(rows), dropped


def seen(prompt, answer=PLAIN):
    return judged()[0][prompt, answer]


@pytest.mark.parametrize("prompt", GOES_ON)
def test_ways_of_going_on_are_seen(prompt):
    assert "lost_context" in seen(prompt)


@pytest.mark.parametrize(("prompt", "answer"), ANSWERED_ON)
def test_an_answer_within_a_talk_shows_the_lost_turn(prompt, answer):
    assert "lost_context" in seen(prompt, answer)


@pytest.mark.parametrize("prompt", BEGINS_LIKE_THEM)
def test_a_request_that_only_begins_like_one_is_left_alone(prompt):
    assert not seen(prompt)


@pytest.mark.parametrize(("prompt", "answer"), NO_QUESTION)
def test_a_question_or_text_that_is_gone_is_missed(prompt, answer):
    assert "missing_input" in seen(prompt, answer)


@pytest.mark.parametrize(("rule", "prompt", "answer"), LOST_SENSE)
def test_what_lost_its_sense_is_seen(rule, prompt, answer):
    assert rule in seen(prompt, answer)


@pytest.mark.parametrize(("prompt", "answer"), KEEPS_ITS_SENSE)
def test_what_looks_lost_and_is_not_is_left_alone(prompt, answer):
    assert seen(prompt, answer) <= {"url_in_prompt", "repeats_input"}
    assert (prompt, answer) not in judged()[1]


@pytest.mark.parametrize(("prompt", "answer", "wrong"), [
    ("What is (3 - 2) * (7 + 5)?", "It is 24.", True), ("What is (3 - 2) * (7 + 5)?", "It is 12.", False),
    ("求 (6 + 4) × 5 的值", "等于 60。", True), ("Evaluate 4 * (9 - 2)", "28", False), ("Calculate 2 * (3 - 5)",
    "-4", False),
    ("Solve (2 + 3) * ((4 + 1) - 2)", "16", True), ("Evaluate 3(2 + 4)", "19", False), ("Is (2 + 2) a sum of 5?",
    "No", False),
    ("Given the equation: (8 - 3) * (2 + 2), what is the result?", "The result is 21.", True)])
def test_a_sum_in_parentheses_is_judged_by_its_result(prompt, answer, wrong):
    assert wrong_row(prompt, answer) is wrong


def test_none_that_was_asked_for_is_an_answer():
    rows = rows_of(("Which field is empty? Write N/A if none.\nName: Li, Age: 30", "N/A"), ("Write a song", "N/A"),
                   ("Extract the phone number from: Call me later.", "N/A"), ("表中第二行的地址是哪里？\n李,30", "不适用"))
    assert left(Rules().verdicts(rows)) == [1]


def test_a_placeholder_in_backticks_is_taken_out():
    rows = Repair().verdicts(rows_of(("写一首短歌。\n`<无输入>`", "海"), ("What is this?\n`noinput`", "A word"))).rows
    assert rows["prompt"].to_list() == ["写一首短歌。", "What is this?\n`noinput`"]


def test_line_ends_that_are_spelled_out_are_put_in_when_asked_for():
    row = rows_of(("Which one swims?\\nOptions:\\n- a stone\\n- a gull", "A gull"), ("printf(\"a\\nb\\nc\")", "prints \\n"))
    assert Repair().verdicts(row).rows.equals(row)
    assert Repair({"spelled_line_ends": "repair"}).verdicts(row).rows["prompt"].to_list() == [
        "Which one swims?\nOptions:\n- a stone\n- a gull", "printf(\"a\\nb\\nc\")"]
