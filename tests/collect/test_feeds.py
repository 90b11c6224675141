"""Feeds: one post in a hundred is a prompt, and what is kept must be one."""

import json
from pathlib import Path

import pytest

from instructwild.collect.answerable import THRESHOLD
from instructwild.collect.post import Post
from instructwild.collect.row import Terms, prompt_of
from instructwild.collect.signs import signs
from instructwild.schema import Dropped

FILE = Path(__file__).with_name("labelled_feeds.jsonl")
FEEDS = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]


def kept(rows, recall="default"):
    terms = Terms("x", "s", recall=recall)
    return sum(not isinstance(prompt_of(Post("f#1", row["post"]), terms), Dropped) for row in rows)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(("split", "recall", "wrong"), [
    ("tune", 0.77, 0.01), ("test", 0.9, 0.01), ("fresh", 0.9, 0.01), ("more", 0.85, 0.01), ("aside", 0.65, 0.012),
    ("voices", 0.8, 0.015), ("timelines", 0.85, 0.015)])   # all but `aside`, `voices` and `timelines` are tuned on
def test_most_prompts_of_a_feed_are_kept_and_little_else(language, split, recall, wrong):
    rows = [row for row in FEEDS if (row["split"], row["language"]) == (split, language)]
    prompts, others = [row for row in rows if row["prompt"]], [row for row in rows if not row["prompt"]]
    assert len(others) >= {"fresh": 60, "aside": 170, "more": 380, "voices": 400, "timelines": 180}.get(split, 500)
    assert kept(prompts) / len(prompts) >= recall
    assert kept(prompts, "high") / len(prompts) >= (0.85 if split in ("aside", "tune") else 0.9)
    assert kept(others) / len(others) <= wrong


@pytest.mark.parametrize("post", [
    "Why is the sky blue?", "Summarise the plot of Macbeth in four sentences.", "天空为什么是蓝色的？",
    "用三句话概括《西游记》的情节。"])
def test_a_prompt_keeps_its_score(post):
    row = prompt_of(Post("f#1", post), Terms("x", "s")).row
    assert THRESHOLD <= row.scores["prompt"] <= 1


@pytest.mark.parametrize("post", ["How was your flight back from Leeds?", "What does he see in her?", "你们几点下班？"])
def test_talk_says_what_speaks_for_and_against_it(post):
    lost = prompt_of(Post("f#1", post), Terms("x", "s", recall="default"))
    assert lost.row["text"] == post
    if lost.evidence["why"] == "reads like talk among people":
        assert lost.evidence["score"] < THRESHOLD
        assert all(isinstance(word, str) for word in (*lost.evidence["for"], *lost.evidence["against"]))
        assert lost.evidence["against"]


@pytest.mark.parametrize("post", [
    "it has a reader for 8 cards and a bag, which is very helpful", "Two dogs and 3 cats, 5 bowls, which nobody ever fills",
    "A sad film about a baker with a lovely ending.", "Start today. The sun was never this loud.",
    "As a first time host, I made something of myself", "Did a workout for 1 hour and felt good",
    "其他暂时没发现什么。", "没有使用说明，光盘里的说明也没多少内容。", "屏幕是1024*576，显示不全，不知道谁设计的。"])
def test_statements_with_numbers_and_question_words_ask_nothing(post):
    assert isinstance(prompt_of(Post("f#1", post), Terms("x", "s")), Dropped)


@pytest.mark.parametrize(("text", "named"), [
    ("start", False), ("startled", False), ("been", False), ("warm", False), ("generally", False), ("a star", True),
    ("bees", True), ("two wars", True), ("molecules", True), ("electricity", True)])
def test_words_about_the_world_are_whole_words(text, named):
    assert ("world" in signs(text, chinese=False)) is named


def test_the_threshold_moves_what_is_kept_and_what_a_model_may_decide():
    rows = [row for row in FEEDS if row["split"] == "aside" and row["prompt"]]
    counts = [sum(not isinstance(prompt_of(Post("f#1", row["post"]), Terms("x", "s", threshold=least)), Dropped)
                  for row in rows) for least in (0.0, 0.5, THRESHOLD, 0.99)]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[2] > counts[3] > 0
    open_rows = [prompt_of(Post("f#1", row["post"]), Terms("x", "s", keep_unsure=True)) for row in rows]
    kept_too = [row for row in open_rows if not isinstance(row, Dropped)]
    assert len(kept_too) > counts[2]
    assert all(row.unsure for row in kept_too if row.row.scores["prompt"] < THRESHOLD and row.form in ("bare", "quote"))


def test_weights_are_words_a_person_can_read():
    from instructwild.collect.score import readable, weights

    for language in ("en", "zh"):
        intercept, known = weights(language)
        assert -4 < intercept < 0
        assert all(abs(weight) < 6 for weight in known.values())
        assert "…" not in "".join(map(readable, list(known)[:50]))
    assert readable("^what is") == "opens with “what is”"
    assert readable("<own>") == "own"


def test_rows_that_hold_an_answer_are_masked_only_on_request():
    from instructwild.schema.message import Message

    turns = (Message(role="user", content="Who wrote to [x]?"),
             Message(role="assistant", content="Ada, at ada@mail.example"))
    for mask, shown in ((None, "ada@mail.example"), ("values", "[EMAIL_1]"), ("names", "ada@mail.example"),
                        ("all", "[EMAIL_1]")):
        row = prompt_of(Post("f#1", messages=turns), Terms("json", "s", mask=mask))
        assert shown in row.row.messages[1].content


BRINGS_ITS_TEXT = [
    "ELI5 how do vaccines train the immune system",
    "eli5: what is a mortgage",
    "Explain like I'm five: why does ice float?",
    "Fix this SQL query: SELECT * FORM users WHERE id = 3;",
    "Debug this function:\ndef f(x):\n  retrun x",
    "Shorten this paragraph: The committee, having met on several occasions over the summer, was unable to agree.",
    "Correct the grammar of the following sentence: She don't likes apples",
    "Please turn this list into a table: apples 3, pears 4, plums 9",
    "Can you simplify this legal text: The lessee shall indemnify the lessor against all claims arising therefrom.",
    "Optimize this loop: for i in range(len(a)): b.append(a[i]*2)",
    "Translate this into Spanish: We will arrive on Thursday.",
    "summarize this article: \"Bees in cities do better than bees in fields, a study of hives says.\"",
    "Convert this CSV to JSON:\nname,age\nAda,36",
    "Rephrase this e-mail so that it is polite: Send me the file now.",
    "帮我看下这段代码：for i in range(10) print(i)",
    "求帮忙改下这个正则：^\\d{3,4}-?\\d{7}$ 匹配不到带括号的区号",
    "麻烦翻译下这句英文：All that glitters is not gold.",
    "把下面的句子改成被动语态：猫吃了鱼。",
    "帮忙润色一下这封邮件：您好，东西没收到，快点发。",
    "请总结以下内容：会议决定，从下月起所有部门的报销改为线上提交，纸质单据不再受理。",
    "翻译成中文：The ferry does not run on Sundays.",
    "解释一下这段Python：[x for x in range(10) if x % 2]",
    "优化这条SQL：select * from t where date(create_time) = '2024-01-01'",
    "通俗解释一下什么是贝叶斯定理",
    "帮我把这段文字缩写到五十字以内：老街拆迁的消息传开以后，茶馆里天天坐满了人，谁也不肯先签字。",
]
SPEAKS_BEFORE_A_COLON = [
    "Fix this: more buses on Sundays.",
    "Explain this: my rent went up and the lift is still broken.",
    "Review this place: 2 stars",
    "Translation: he's not coming",
    "总结：这部片子值得二刷，配乐尤其好，演员也都在线",
    "翻译一下就是没钱",
    "帮我看下这件衣服：好看吗",
    "改改你的毛病：少抽烟多睡觉",
    "求这首歌：前奏是钢琴那种，抖音上很火",
    "Check this out: my new bike",
    "Change this: nothing",
    "ELI5 why is my boss like this",
    "TLDR: we lost",
    "TL;DR: the vet says he'll be fine",
    "Make this go viral: my grandma's bakery opens tomorrow",
    "Finish the sentence: my weekend was ____",
    "看看这个标题：绝了",
    "这段代码谁写的：一行注释没有",
]


@pytest.mark.parametrize("post", BRINGS_ITS_TEXT)
def test_an_order_that_brings_its_text_along_is_a_prompt(post):
    assert prompt_of(Post("f#1", post), Terms("x", "s")).row.messages[0].content == post


@pytest.mark.parametrize("post", SPEAKS_BEFORE_A_COLON)
def test_a_remark_before_a_colon_is_none(post):
    assert isinstance(prompt_of(Post("f#1", post), Terms("x", "s")), Dropped)
