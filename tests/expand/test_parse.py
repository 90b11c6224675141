"""What a model said becomes candidates, and what is wrong with one has a name."""

import pytest

from instructwild.expand.parse import proposals, refused, tidy
from instructwild.expand.template import template
from instructwild.llm.request import Reply
from instructwild.schema import Reason

CHAT, BASE = template("en", "chat"), template("en", "base")
PAIRS, TALKS = template("en", "pairs"), template("zh", "talks")


def texts(found):
    return [candidate.messages[0].content for candidate in found]


@pytest.mark.parametrize("text", [
    "6. How do I plant a tree?\n7. Name three stars.", "6) How do I plant a tree?\n\n7) Name three stars.",
    "Sure! Here they are:\n\n**6.** How do I plant a tree?\n**7.** Name three stars.",
    '6. "How do I plant a tree?"\n7. “Name three stars.”', "6、How do I plant a tree?\n7．Name three stars.",
    "6. Instruction: How do I plant a tree?\n7. Question: Name three stars.",
])
def test_items_are_found_however_the_list_is_written(text):
    found = proposals(Reply(text), CHAT, 6)
    assert texts(found) == ["How do I plant a tree?", "Name three stars."]
    assert all(candidate.reason is None for candidate in found)


def test_a_continued_list_begins_with_the_item_itself():
    assert texts(proposals(Reply(" How do I plant a tree?"), BASE, 6)) == ["How do I plant a tree?"]
    assert texts(proposals(Reply(" Keep going 7. how could I do that"), BASE, 6)) == ["Keep going"]


@pytest.mark.parametrize(("language", "text", "reason"), [
    ("en", " I am so excited to be working with my team!", Reason.BAD_FORMAT), ("en", " Name three stars.", None),
    ("zh", "今天的天气真不错啊。", Reason.BAD_FORMAT), ("zh", "请说出三颗星星的名字。", None),
])
def test_what_continues_a_list_without_asking_anything_is_no_instruction(language, text, reason):
    found, = proposals(Reply(text), template(language, "base"), 6)
    assert found.reason == reason


def test_an_item_may_have_several_lines():
    found = proposals(Reply("6. Shorten this:\nThe sea is wide.\nIt is also deep.\n7. Name three stars."), CHAT, 6)
    assert texts(found)[0] == "Shorten this:\nThe sea is wide.\nIt is also deep."


@pytest.mark.parametrize(("reply", "reason"), [
    (Reply("", "failed", problem="6 attempts"), Reason.FAILED), (Reply("", "refused"), Reason.REFUSED),
    (Reply("I'm sorry, but I can't help with that."), Reason.REFUSED), (Reply("抱歉，我无法协助。"), Reason.REFUSED),
    (Reply(""), Reason.EMPTY), (Reply("Here are some nice ones for you"), Reason.BAD_FORMAT),
    (Reply("6. ???"), Reason.EMPTY), (Reply("6. Why"), Reason.BAD_FORMAT), (Reply("6. " + "very " * 500), Reason.TOO_LONG),
    (Reply("6. Write to [insert name] about ____"), Reason.BAD_FORMAT), 
    (Reply("6. How do I pla", "length"), Reason.TRUNCATED),
])
def test_what_is_wrong_has_a_name(reply, reason):
    assert [candidate.reason for candidate in proposals(reply, CHAT, 6)] == [reason]


def test_only_the_last_item_of_a_cut_list_is_lost():
    found = proposals(Reply("6. How do I plant a tree?\n7. Name thr", "length"), CHAT, 6)
    assert [candidate.reason for candidate in found] == [None, Reason.TRUNCATED]


def test_pairs_hold_question_and_answer():
    text = ("Question 6: Name a star.\nAnswer 6: Vega is one.\nIt is bright.\n\n**Question 7:** Say it in French.\n"
            "**Answer 7:** I'm sorry, but I can't help.\nQuestion 8: And the moon?")
    found = proposals(Reply(text), PAIRS, 6)
    assert [(m.role, m.content) for m in found[0].messages] == [("user", "Name a star."),
                                                                ("assistant", "Vega is one.\nIt is bright.")]
    assert [candidate.reason for candidate in found] == [None, Reason.REFUSED, Reason.NO_ANSWER]


def test_conversations_end_with_the_user():
    text = ("4. 用户：你好，请推荐一本书。\n助手：可以读《城南旧事》。\n用户：还有呢？\n助手：还有别的。\n\n"
            "5. 用户：只有一句。\n6. 用户：一\n用户：二\n助手：三\n用户：四")
    found = proposals(Reply(text), TALKS, 4)
    assert [message.role for message in found[0].messages] == ["user", "assistant", "user"]
    assert found[0].text == "你好，请推荐一本书。\n还有呢？"
    assert [candidate.reason for candidate in found] == [None, Reason.BAD_FORMAT, Reason.BAD_FORMAT]


@pytest.mark.parametrize("text", ["I can't believe it is snowing, what should I do?", "Sorry, what is a bond?",
                                  "如何写一封道歉信？", "As an AI student, how do I begin?", "抱"])
def test_a_prompt_that_sounds_like_a_refusal_is_none(text):
    assert not refused(text)


@pytest.mark.parametrize(("given", "tidied"), [
    ('"Quoted"', "Quoted"), ('He said "no" and "yes"', 'He said "no" and "yes"'), ("**Bold**", "Bold"), ("“引用”", "引用"),
    ("", ""),
])
def test_tidying_takes_off_only_what_is_around(given, tidied):
    assert tidy(given) == tidied


def test_only_numbers_at_the_first_indentation_in_order_begin_an_item():
    text = ("My plan:\n1. think of a task\n2. write it down\n\n6. **Ropes**: List the parts of a rope.\n"
            "7. Write a script that:\n   1. reads a log\n   2. counts the lines\n8) Explain **tension** and **shear**.\n"
            "9. Do this in order:\n1. tie a knot\n2. untie it\n10. Name three stars.")
    assert texts(proposals(Reply(text), CHAT, 6)) == [
        "Ropes: List the parts of a rope.", "Write a script that:\n   1. reads a log\n   2. counts the lines",
        "Explain **tension** and **shear**.", "Do this in order:\n1. tie a knot\n2. untie it", "Name three stars."]


def test_a_list_may_count_from_one_or_skip_a_number():
    assert texts(proposals(Reply("1. Name a star.\n2. Name a moon."), CHAT, 6)) == ["Name a star.", "Name a moon."]
    assert texts(proposals(Reply("6. Name a star.\n8. Name a moon."), CHAT, 6)) == ["Name a star.", "Name a moon."]


@pytest.mark.parametrize("item", ["Write to [Recipient's Name] about rent.", "给【收件人姓名】写一封信。",
                                  "Plan a day in [City].", "Describe [Your Company] briefly.",
                                  "Greet <your friend> warmly today."])
def test_a_placeholder_is_no_instruction(item):
    assert [each.reason for each in proposals(Reply(f"6. {item}"), CHAT, 6)] == [Reason.BAD_FORMAT]


@pytest.mark.parametrize("item", ["Sum the list [1, 2, 3] in Python.", "Explain what x[name] does in a loop.",
                                  "Read [this page](http://a.example) aloud.", "翻译这句话：[笑] 好的。"])
def test_brackets_that_hold_content_stay(item):
    assert [each.reason for each in proposals(Reply(f"6. {item}"), CHAT, 6)] == [None]


def test_a_reply_whose_thoughts_were_cut_off_is_truncated():
    found = proposals(Reply("", "length", reasoning="1. Name a star.", completion_tokens=9), CHAT, 6)
    assert [each.reason for each in found] == [Reason.TRUNCATED]
