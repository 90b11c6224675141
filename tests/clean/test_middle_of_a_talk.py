"""Rows out of the middle of a talk, tasks that lost their sense in Chinese, and good rows that look like them."""

import json

import polars as pl
import pytest

from instructwild.clean import talk
from instructwild.clean.pipeline import clean
from instructwild.clean.rules import Rules, strict
from instructwild.clean.talk import stand_in_a_talk, weights
from instructwild.clean.word_weights import UNIT, WordWeights

DIRTY = [
    ("mid_conversation", "Can you do step 2 of the plan with these boats",
     "Sure, here's a summary of the key information you might want:"),
    ("mid_conversation", "Give sample table data for above piers and boats",
     "Sure, here's some sample table data for the piers:"),
    ("mid_conversation", "But gulls do not swim", "Yes, you are correct. While gulls float, they do not swim."),
    ("lost_in_translation", "写出单词“anchor”的复数形式。", "锚。"),
    ("lost_in_translation", "找出单词 brave 的反义词。\nbrave", "胆小的"),
    ("lost_in_translation", "改写句子，避免使用动词“to be”。\n船很旧。", "这条船用了很多年。"),
    ("lost_in_translation", "把这句话翻译成法语：“船在港口里。”", "船停在港口里。"),
    ("lost_in_translation", "用正确的英语语法重写下面的句子。\n他昨天去钓鱼。", "他昨天去钓鱼了。"),
    ("translated_code", "写一个显示渡轮时刻的网页。", "&lt;html&gt;\n&lt;头&gt;\n&lt;/头&gt;\n&lt;/html&gt;"),
    ("translated_code", "写代码交换两个数", "让 a = 3;\n让 b = 5;"),
    ("unchanged_input", "给出下面单词的同义词。\n勇敢", "勇敢"),
    ("unchanged_input", "删除句子中不需要的词。\n海面十分平静。", "海面十分平静。"),
    ("missing_input", "患者咳嗽两周，应做哪些检查？", "根据知识库，应做胸片检查。"),
    ("missing_input", "Classify the following song as fast or slow.", "This song is slow."),
    ("missing_input", "指出文章中的病句。", "“船在海里游泳”"),
    ("missing_input", "总结文章“冬天的港口”。", "文章介绍了冬天的港口。"),
    ("unfilled_placeholder", "Write a caption for this picture.\n<attach picture here>", "A calm harbour at dawn."),
    ("unfilled_placeholder", "请概括这本书，[作者] [书名]。", "这本书讲述了航海。"),
    ("wrong_count", "Create a list of 4 knots.", "1. Bowline\n2. Clove hitch\n3. Reef knot"),
    ("wrong_count", "生成一个包含4个港口的列表。", "1. 青岛\n2. 大连\n3. 厦门"),
    ("wrong_arithmetic", "Solve 5x - 3 = 12.", "x = 4"), ("wrong_arithmetic", "求 2(3x + 1) = 20 时 x 的值。", "x = 4"),
    ("lost_context", "这篇文章主要介绍了什么？", "这篇文章介绍了潮汐。"),
    ("lost_context", "finish it\n\nx = 1\nprint(x", "Apologies for the incomplete code in my previous response."),
    ("cut_off", "Plan a week on a small boat for a beginner.",
     "1. Learn the names of the ropes and the three knots that matter "
     "most.\n2. Sail along the coast in the morning, when the wind is light.\n3."),
]
GOOD = [
    ("Can you write a short poem about ferries?", "Sure! Here is one:\nA ferry hums across the bay."),
    ("How do I sort a list in Python?", "You can use `sorted(list)` or `list.sort()`."),
    ("Please explain how tides work.", "Certainly! The moon pulls at the sea."),
    ("I have an error when I import numpy: ModuleNotFoundError. How do I fix it?",
     "To fix it, install NumPy: `pip install numpy`."),
    ("Write a thank-you note to a ferry captain.", "Thank you for the safe crossing in last week's storm."),
    ("What is the difference between this and that in English grammar?",
     "This points at what is near, that at what is far."),
    ("Could you suggest a name for a small sailing club?", "Sure! How about “Lee Shore Sailors”?"),
    ("Write an e-mail in which a shop says sorry for a late parcel.",
     "I apologize for the delay. Your parcel left us today."),
    ("Solve 3x + 5 = 26.", "x = 7"), ("Solve 7x + 12 = 15 and give a decimal.", "x = 0.43"),
    ("Write 4x + 6 = 20 in a simpler form.", "4x = 14"), ("What is x if 2x - 9 = 0?", "x = 9/2"),
    ("Create a list of 3 rivers.", "1. Oder\n2. Elbe\n3. Po"),
    ("Make a list of two pros and two cons of ferries.", "1. Cheap\n2. Calm\n3. Slow\n4. Crowded"),
    ("Write the recipe of a fish soup. Make this recipe vegetarian.", "Use kelp and mushrooms in place of the fish."),
    ("Describe a photo of a harbour for a blind reader.", "Masts stand against a red sky."),
    ("Write an ad for a raincoat. This product should sound warm.", "Wrap up in sunshine, even in the rain."),
    ("Is the sentence “I am agree” right?", "No: “I agree” is right."),
    ("Yes or no: do gulls swim?", "Yes, they do."), ("Now is the time: which speech is that from?", "It is a typing drill."),
    ("单词“anchor”的复数形式是什么？", "anchors"), ("把“船在港口里”翻译成英语。", "The boat is in the harbour."),
    ("“Happy”是什么词性？", "形容词"), ("把 The sea is calm. 翻译成中文。", "海面平静。"),
    ("英语语法好学吗？", "需要多读多写。"), ("给出“勇敢”的同义词。", "无畏"), ("用“因为”造句。", "因为下雨，所以船没开。"),
    ("写一封给英语老师的感谢信。", "敬爱的老师，谢谢您的教导。"), ("写一份介绍法语课程的文案。", "零基础也能学会的法语课。"),
    ("用XML写一艘船的记录。", "<船>\n  <标题>海燕</标题>\n</船>"), ("写一个网页的标题标签。", "<title>渡轮时刻</title>"),
    ("解方程 4x - 8 = 12。", "x = 5"), ("生成一个包含3个港口的列表。", "1. 青岛\n2. 大连\n3. 厦门"),
    ("总结文章《背影》。", "文章写父亲送别儿子的背影。"),
    ("这篇文章主要介绍了什么？\n潮汐由月球引起。", "介绍了潮汐的成因。"),
    ("知识图谱是什么？", "根据知识之间的关系组织信息的图。"), ("确定最接近的整数。\n7", "7"),
    ("让我们荡起双桨是哪部电影的歌？", "《祖国的花朵》。"), ("删除列表中的重复项。\n船, 锚, 船", "船, 锚"),
    ("指出下面文章中的病句。\n船在海里游泳。鱼在飞。", "“船在海里游泳”应为“船在海里航行”。"),
]


def test_no_good_row_is_dropped_or_changed_by_strict(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps({"prompt": prompt, "completion": answer}, ensure_ascii=False) + "\n"
                            for prompt, answer in GOOD), encoding="utf-8")
    kept = clean([path], tmp_path / "out", ["repair", "language", Rules(strict()), "exact"]).frame()
    assert [tuple(turn["content"] for turn in turns) for turns in kept["messages"].to_list()] == GOOD


def stands_in_a_talk(prompt, answer):
    return stand_in_a_talk(pl.Series([prompt]), pl.Series([answer])).item()


def test_what_plain_words_show_is_not_weighed(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps({"prompt": "Great, now add the ferry times to that table as well",
                                "completion": "Sure, here's the updated table:\n| pier | time |"}), encoding="utf-8")

    def flags(out, actions):
        return clean([path], tmp_path / out, [Rules(actions)]).frame()["labels"].struct.field("flags").to_list()

    assert flags("all", {}) == [["lost_context"]]
    assert flags("weighed", {"lost_context": "off"}) == [["mid_conversation"]]


def test_the_opening_of_an_answer_alone_decides_nothing():
    assert not stands_in_a_talk("Name a knot.", "Sure! I apologize for the confusion. Here's the updated code:")


def test_weights_are_read_once_and_are_those_of_the_file():
    known, stored = weights(), json.loads(talk.FILE.read_text(encoding="utf-8"))
    assert weights() is known
    assert known.intercept == stored["intercept"]
    assert dict(known.known.select("feature", pl.col("units") / UNIT).iter_rows()) == pytest.approx(stored["weights"])


def test_the_sum_of_weights_is_the_exact_one(monkeypatch):
    words = [f"{first}{second}" for first in "abcd" for second in "ghijk"]
    monkeypatch.setattr(talk, "weights", lambda: WordWeights.of(0.0, dict.fromkeys(words, 0.3)))
    assert sum([0.3] * len(words)) < talk.LEAST                # one after another they come to less than six
    assert stands_in_a_talk(" ".join(words), "Sure!")
    assert not stands_in_a_talk(" ".join(words[1:]), "Sure!")


def test_each_row_is_judged_by_its_own_words_and_a_word_counts_once(monkeypatch):
    known = dict.fromkeys(["reef", "bow 2", "bow #", ">aye", ">aye >,"], 1.0)
    monkeypatch.setattr(talk, "weights", lambda: WordWeights.of(4.0, known))
    prompts = pl.Series(["Reef, reef", "Reef, reef", "", "bow 12", "bow 12"])
    assert stand_in_a_talk(prompts, pl.Series(["Aye", "reef", "Aye, aye", "It’s so", "Yes, aye"])).to_list() == [
        True, False, False, False, True]
