"""Prompts and answers that name an earlier turn, other rows that lost a side, and good rows that look like them."""

from functools import cache

import pytest

from tests.clean.rows import flags_by_row

PLAIN = "Gulls swim."
NAMES_WHAT_IS_GONE = [
    "Write eight more verses about terns", "Draw the harbour map in the same style", "Why did you pick the copper hull?",
    "more salt, fewer gulls", "Instead of a ferry, use a raft", "Don't mention the tides", "Go with your second suggestion",
    "Given all of this information, when should we sail?", "Rewrite the third stanza", "Expand section 4",
    "Which one is the fastest?", "put above data into two columns", "Great! Now draw the lighthouse.",
    "Continue from \"the anchor\"", "Make sure the crew has four people",
]
ANSWERED_FROM_A_TALK = [
    ("how tall is the mast?", "In the plan you shared, the mast is twelve metres tall."),
    ("is the keel needed?", "The boat I described has no keel, so it is not needed."),
    ("which port is cheapest?", "Based on our conversation, Bergen is the cheapest."),
    ("that helped, thanks", "You're welcome! Fair winds."),
    ("row to the island", "You reach the island at dusk. A bell rings. What do you do next?"),
    ("The captain is left-handed", "Noted. I have changed that."),
    ("how to splice the rope?", "In the drawing you shared, the rope has three strands. Open them first."),
    ("the history of the harbour is too short", "I apologize for the mistake. Here is the updated history."),
    ("what about the customs?", "As I mentioned earlier, customs are paid at the pier."),
]
OTHER_LOSSES = [
    ("missing_input", "解决数学题。写出步骤。", "12 + 30 = 42，所以答案是42。"),
    ("missing_input", "Summarize the article titled \"Ten Ports in Winter\"", "The article visits ten ports."),
    ("missing_input", "总结一篇题为“冬天的港口”的文章", "文章介绍了冬天的十个港口。"),
    ("translated_code", "写一个查询，列出所有船", "选择 *\n来自船"),
    ("translated_code", "建一个存放船只的表", "创建表 ships (\n  编号 INT\n);"),
    ("lost_indentation", "Write a sum", "def\u00a0total(a,\u00a0b):\nreturn\u00a0a\u00a0+\u00a0b"),
    ("unchanged_input", "删除句子的最后两个词。\n海很平静。", "海很平静。"),
    ("lost_in_translation", "写一个以单词“Harbor”开头的句子。", "港口在清晨醒来。"),
    ("lost_in_translation", "指出句子的主语和动词。\n渔夫修船。", "主题：渔夫，动词：修"),
    ("missing_input", "把下列歌曲分类为民谣或摇滚。", "都是民谣。"),
    ("share_residue", "Name five sails 3 words 15 char Copy Text Copy HTML Export PDF", "Jib, main, genoa, spinnaker, lug."),
    ("swapped_roles", "灯塔的光可以传到二十海里以外。", "灯塔的光可以传多远？"),
]
GOOD = [
    ("If I have five more terns than gulls and two gulls, how many terns have I?", PLAIN),
    ("List three more expensive alternatives than cod", PLAIN),
    ("Describe two twins who dress in the same way as sailors", PLAIN),
    ("Why do you need a keel on a yacht?", PLAIN), ("Instead of butter, what can I bake with?", PLAIN),
    ("Do not go gentle into that good night: who wrote it?", PLAIN), ("Describe the last act of Hamlet", PLAIN),
    ("What happens in chapter 3 of Moby Dick?", PLAIN), ("Which one is larger, the Baltic or the Black Sea?", PLAIN),
    ("How high above sea level is Lhasa?", PLAIN), ("Great Danes: how large do they grow?", PLAIN),
    ("Continue the story from the shipwreck: The mast broke.", PLAIN),
    ("How do you say de nada in English?", "You're welcome."), ("把 de nada 翻译成英语", "You're welcome."),
    ("Answer the e-mail of a guest whose cabin was wet", "Thank you for letting me know. The cabin is dry again."),
    ("A review of the ferry", "As mentioned earlier by other guests, the ferry is slow."),
    ("Start a text adventure on a ship", "You wake in a hammock. What do you do?"),
    ("From now on call me Captain", "Understood, Captain."),
    ("how about build a raft of bottles that carries food to an island", PLAIN),
    ("写一个关于灯塔的问题。", "灯塔的光可以传多远？"), ("把陈述句改成疑问句：灯塔很高。", "灯塔高吗？"),
    ("Summarize the novel titled \"Kim\"", "A boy travels through India."), ("解方程：2x = 8", "x = 4"),
    ("列出以字母“M”开头的国家", "马来西亚、墨西哥"), ("如何在数据库中选择一条船？", "选择 船名 后按回车。"),
    ("What does the code you sent a spy in a novel usually look like?", "It is often a row of numbers."),
]


@cache
def judged():
    """The flags of all rows above, which rules see one by one."""
    rows = [*((prompt, PLAIN) for prompt in NAMES_WHAT_IS_GONE), *ANSWERED_FROM_A_TALK, *(row[1:] for row in OTHER_LOSSES),
            *GOOD]
    return flags_by_row(rows)


@pytest.mark.parametrize("row", [*((prompt, PLAIN) for prompt in NAMES_WHAT_IS_GONE), *ANSWERED_FROM_A_TALK])
def test_what_an_earlier_turn_held_is_missed(row):
    assert "lost_context" in judged()[row]


@pytest.mark.parametrize(("rule", "prompt", "answer"), OTHER_LOSSES)
def test_a_row_that_lost_a_side_is_named(rule, prompt, answer):
    assert rule in judged()[prompt, answer]


@pytest.mark.parametrize("row", GOOD)
def test_a_row_that_stands_alone_is_left_alone(row):
    assert judged()[row] == set()
