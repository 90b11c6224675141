"""Prompts without their subject or input, answers in another language or of another length, and good rows beside them."""

import polars as pl

from instructwild.clean import unnamed_subject
from instructwild.clean.exact_lengths import far_from_its_length
from instructwild.clean.unnamed_subject import ANSWER_WEIGHTS, beside_prompts, name_no_subject

HARBOUR = ("The harbour office of Oddeness keeps three lists: berths, pilots and tides. Berths are given to the boats "
           "of the fishing fleet first, then to yachts. Pilots of the harbour office meet each boat beyond the mole. The "
           "tides are those of the gauge at Oddeness, which the harbour office reads each hour and writes into the log of "
           "the fleet.")
TIDES = ("The tides rise and fall because the moon and the sun pull at the sea. Spring tides come when both pull along one "
         "line, at new and full moon; neap tides come at the quarters. In a bay the tides may be higher than on an open "
         "coast, because the bay narrows, and the time of the tides shifts by about fifty minutes from day to day.")
DIRTY = [
    ("unnamed_subject", "Draft the section about fees for the article", HARBOUR),
    ("unnamed_subject", "should the fees be paid before or after", HARBOUR),
    ("unnamed_subject", "Draft the intro section for the article", HARBOUR),
    ("missing_input", "给定一个句子，把它改写得更正式。", "敬请各位旅客按时登船。"),
    ("missing_input", "判断这个句子是否通顺。", "通顺。"),
    ("missing_input", "为以下产品写一段广告词。", "轻盈透气，风雨无阻。"),
    ("missing_input", "从段落中提取所有地名。", "青岛、大连、厦门"),
    ("missing_input", "给这张照片起个名字。\n附上照片", "归航"),
    ("missing_input", "Describe the mood of the recording.\n[Audio file]", "It is calm."),
    ("missing_input", "Which pier has most boats?\n[Attached table]", "The north pier."),
    ("wrong_language", "把“大海很平静”翻译成英语。", "大海十分平静。"),
    ("wrong_language", "将下面的句子翻译成日语：船已经靠岸了。", "船已經停靠在岸邊。"),
    ("wrong_language", "请把这句话译成韩文：“海鸥飞走了”", "海鸥飞走了。"),
    ("foreign_grammar", "改正下面句子的语法。\n船昨天到港了", "船昨天到港了。"),
    ("foreign_grammar", "找出句子中最长的单词。\n平静的海面映着晚霞。", "最长的单词是“reflects”。"),
    ("foreign_grammar", "把句子改成被动语态。\n水手修好了船帆。", "水手修好了船帆。"),
    ("foreign_grammar", "解释“港口”和“港口”这两个词的区别。", "“港口”比“港口”大。"),
    ("wrong_length", "Write a 20-word note about a ferry.", "The ferry hums across the bay at dawn. " * 5),
    ("wrong_length", "Describe a lighthouse in 50 words.", "A white tower with a lamp."),
    ("cut_off", "Name two kinds of boats and say what they are for.",
     "There are many kinds of boats, and each has its own use.\n\n1. The ferry (a boat that carries people and cars)\n"
     "2. The trawler (a boat that drags a net"),
    ("cut_off", "How do I moor a small boat at a pier on a windy day?",
     "First, look where the wind comes from. Come in slowly against it. Put out fenders on the side of the pier. "
     "Throw the bow line first. Then let the wind push the stern to the pier and make fast. Check the lines of your boat "
     "and their"),
    ("cut_off", "How is a small boat moored by one person on a calm day?",
     "1. Come in slowly against the wind and the current.\n2. Put out all of the fenders first.\n3. At the pier,"),
    ("placeholder_answer", "Design a poster for a ferry line.", "No output required"),
    ("placeholder_answer", "设计一张渡轮海报。", "无需输出"),
    ("share_residue", "more of the storm\n \n \n 지금 번역하기\n CopyCopy HTMLRead Aloud7 chars | 2 words",
     "The wind rose."),
]
GOOD = [
    ("What are the causes of the tides, and when are they highest?", TIDES),
    ("Tell me how the moon and the sun cause the tides in a bay", TIDES),
    ("Describe the work of the harbour office and the lists that it keeps", HARBOUR),
    ("Write the first scene of a story in which the harbour office of Oddeness loses its log", HARBOUR),
    ("Summarize this text:\n" + HARBOUR, "A harbour office keeps lists of berths, pilots and tides."),
    ("给定一个句子，把它改写得更正式。\n大家快上船吧！", "请各位旅客尽快登船。"),
    ("判断这个句子是否通顺：船在港口里停着。", "通顺。"), ("将下列句子改得更正式。船来了", "船只已到港。"),
    ("给定一个字符串，编写一个函数来反转它。", "def 反转(s):\n    return s[::-1]"),
    ("什么样的句子算通顺的句子？", "主谓搭配得当、没有多余成分的句子。"),
    ("在一个段落中解释潮汐的成因。", "潮汐主要由月球的引力引起。"),
    ("为应该学游泳的人写一段鼓励的话。", "下水吧，海会托住你。"),
    ("写一段关于这座城市的话：青岛", "青岛红瓦绿树，碧海蓝天。"),
    ("Describe a table for a small kitchen.\nIt folds [to the wall].", "It is light and folds away."),
    ("把“大海很平静”翻译成英语。", "The sea is calm."),
    ("把“The sea is calm”翻译成中文。", "大海很平静。"),
    ("如何把中文句子翻译成英语？", "先找主语，再找谓语，最后调整语序。"),
    ("为什么机器难以把诗翻译成法语？", "诗的韵律和意象难以兼顾。"),
    ("为下面的句子加上标点符号。\n船昨天到港了", "船昨天到港了。"),
    ("判断下面的句子有没有语病。\n船昨天到港了。", "船昨天到港了。"),
    ("改正下面句子的语法。\n船昨天到港了被。", "船昨天到港了。"),
    ("英语句子“The sea is calm”中最长的单词是什么？", "最长的单词是“calm”。"),
    ("解释下面句子的意思。\n条条大路通罗马。", "相当于英语的“all roads lead to Rome”。"),
    ("把句子改成被动语态。\n水手修好了船帆。", "船帆被水手修好了。"),
    ("去掉句子中的被动语态。\n船帆被水手修好了。", "水手修好了船帆。"),
    ("解释“港口”和“码头”这两个词的区别。", "港口包括码头。"),
    ("Write a 20-word note about a ferry.", "The ferry hums across the bay at dawn, and the gulls follow it home through "
     "the rain and the fog."),
    ("List the 20 words that sailors use most.", "mast, sail, rope"),
    ("Give the topic of a 500-word essay about ferries and write an outline.", "Ferries and towns. I. Past II. Now"),
    ("Name a boat.", "A ferry :("), ("How does a letter to an old captain and good friend close when it is a long one?",
                                     "It closes with a wish for a fair wind and the name:\n\nWith kind regards,"),
    ("介绍这位诗人。\n李白", "李白是唐代诗人。"),
    ("List two kinds of boats.", "a) ferry\nb) trawler"),
    ("Where does one press Copy HTML in this editor?", "In the menu behind the three dots."),
]


def test_a_prompt_that_names_what_its_answer_is_about_is_told_from_one_that_does_not():
    prompts = pl.Series(["show me the berths, pilots and tides of the harbour office of Oddeness",
                         "can you also give the other half of the table in the same way"])
    assert name_no_subject(prompts, pl.Series([HARBOUR, HARBOUR])).to_list() == [False, True]


def test_an_answer_is_read_where_its_opening_does_not_decide_alone(monkeypatch):
    prompts = pl.Series(["can you also make it shorter and add the same thing to that again?",
                         "can you also give the other half of the table in the same way"])
    answers = pl.Series(["Sure, here's the updated version of the second one with the change you asked for:", HARBOUR])
    compared = []

    def beside(*texts):
        compared.extend(texts[1])
        return beside_prompts(*texts)

    monkeypatch.setattr(unnamed_subject, "beside_prompts", beside)
    assert name_no_subject(prompts, answers).to_list() == [True, True]
    assert compared == [HARBOUR]
    against = [weight for name, weight in ANSWER_WEIGHTS.items() if name != "words" and weight < 0]
    assert sum(against) > unnamed_subject._MOST_AGAINST


def test_what_a_first_sentence_points_at_is_new_where_the_prompt_names_no_word_of_it():
    prompts = pl.Series(["Describe the harbour", "Describe the harbour", "Describe the harbour"])
    answers = pl.Series(["The harbours of the north coast and your boat. The mole too", "No such thing",
                         "These\nthe mole and the berths"])
    assert beside_prompts(prompts, answers)["the new"].to_list() == [2, 0, 0]


def test_a_length_counts_beyond_a_slip_alone():
    assert not far_from_its_length("Write a 10-word note.", "word " * 15)
    assert far_from_its_length("Write a 10-word note.", "word " * 16)
    assert not far_from_its_length("Write a 1,000-word essay.", "word " * 500)
    assert far_from_its_length("Write a 1,000-word essay.", "word " * 499)
