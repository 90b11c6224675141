"""Checkable instructions: each kind by hand in both languages, and what holds of all of them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instructwild.errors import ConfigError, InputError
from instructwild_trainer.ppo.scores import reward_function
from instructwild_trainer.verifiers import VERIFIERS, Check, satisfied, verified
from instructwild_trainer.verifiers.reward import checks_of, share_met

BY_HAND = [  # kind, arguments, responses that meet it, responses that do not
    ("includes", {"words": ["sea", "海"]}, ["The sea. 大海。"], ["The seas. 大海。", "sea"]),
    ("excludes", {"words": ["非常"]}, ["很好"], ["非常好"]),
    ("word_exactly", {"word": "tea", "count": 2}, ["Tea and tea.", "tea, teapot, TEA"], ["tea", "tea tea tea"]),
    ("word_at_least", {"word": "茶", "count": 2}, ["茶和茶"], ["茶"]),
    ("char_at_least", {"char": "e", "count": 2}, ["Eve"], ["eat"]),
    ("word_in_sentence", {"word": "rain", "number": 2}, ["Sun. Rain falls."], ["Rain. Sun.", "Rain."]),
    ("numbers", {"count": 2}, ["3 and 4.5", "有3个和1,000个"], ["3", "v2 and 3"]),
    ("no_digits", {}, ["three"], ["3", "３"]),
    ("one_of", {"options": ["yes", "是"]}, ["Yes.", "是。"], ["yes and no", "maybe"]),
    ("language", {"language": "zh"}, ["今天天气很好，我们去公园散步吧。"], ["The weather is fine today, let us walk."]),
    ("words_between", {"least": 2, "most": 3}, ["Don't go", "你好吗"], ["Go", "一二三四"]),
    ("different_words", {"count": 3}, ["a b c"], ["a b a B"]),
    ("sentences_between", {"least": 2, "most": 2}, ["One 3.5. Two!", "一。二！"], ["One.", "一。二。三。"]),
    ("paragraphs", {"count": 2}, ["a\n\nb", "一\n \n二"], ["a\nb"]),
    ("short_sentences", {"count": 3}, ["One two three. Four."], ["One two three four."]),
    ("growing_sentences", {"count": 1}, ["One. One two. 一二三。"], ["One.", "One. One two three."]),
    ("starts_with", {"start": "好的"}, [" 好的，我来"], ["不好的"]),
    ("ends_with", {"end": "Done."}, ["It is. Done.\n"], ["Done. Bye"]),
    ("quoted", {}, ['"all of it"', "“全部”", "「全部」"], ['"half" of it', '"'] ),
    ("repeats", {"request": "为什么 天蓝？"}, ["为什么天蓝？因为"], ["因为"]),
    ("postscript", {"marker": "P.S."}, ["Hello\nP.S. bye"], ["P.S. bye", "Hello\nP.S."]),
    ("chained", {}, ["I see rain. Rain falls.", "我看雨。雨下。"], ["I see rain. Sun."]),
    ("bullets", {"count": 2}, ["- a\n* b"], ["- a", "a - b\nc"]),
    ("numbered_list", {"count": 2}, ["1. a\n2) b", "一、甲\n二、乙"], ["1. a"]),
    ("json_only", {}, ['{"a": 1}', "```json\n[1]\n```"], ['Here: {"a": 1}', "1", "{'a': 1}"]),
    ("titled", {}, ["<<Rain>>\nIt", "《雨》"], ["<Rain>"]),
    ("highlights", {"count": 2}, ["*a* and **b**"], ["*a*", "2 * 3 * 4"]),
    ("placeholders", {"count": 2}, ["[name] [地址]", "【姓名】[x]"], ["[]"]),
    ("code_block", {}, ["```py\nx = 1\n```"], ["```\n```", "`x`"]),
    ("table", {}, ["| a | b |\n|---|---|\n| 1 | 2 |"], ["| a | b |"]),
    ("two_answers", {}, ["a\n******\nb"], ["a ****** a", "a"]),
    ("sentence_a_line", {}, ["One.\nTwo."], ["One. Two."]),
    ("word_a_line", {}, ["One\ntwo"], ["One two", "One"]),
    ("stairs", {}, ["a\n b\n  c"], ["a\nb", "a"]),
    ("no_commas", {}, ["a b"], ["a, b", "一，二", "一、二"]),
    ("no_whitespace", {}, ["你好 \n"], ["a b"]),
    ("lower_case", {}, ["all small 好"], ["Not", "123"]),
    ("upper_case", {}, ["ALL"], ["All", "123"]),
    ("emoji_ends", {}, ["Yes 🌊\n好🌊", "A 🌊 B 🌊"], ["Yes", "One. Two 🌊"]),
    ("no_alliteration", {}, ["one two four"], ["two trees"]),
    ("nested_brackets", {"depth": 2}, ["(a [b])"], ["(a) [b]", "([)]"]),
]


@pytest.mark.parametrize(("kind", "arguments", "good", "bad"), BY_HAND, ids=[item[0] for item in BY_HAND])
def test_a_kind_by_hand(kind, arguments, good, bad):
    for text in good:
        assert satisfied(Check(kind, arguments), text), text
    for text in bad:
        assert not satisfied(Check(kind, arguments), text), text


def test_every_kind_is_tried_and_asked_in_both_languages():
    assert {item[0] for item in BY_HAND} == set(VERIFIERS)
    assert len(VERIFIERS) >= 30
    for verifier in VERIFIERS.values():
        assert "{" not in verifier.instruction("en", verifier.example)
        assert any("\u4e00" <= char <= "\u9fff" for char in verifier.instruction("zh-Hans", verifier.example))


@given(st.text(max_size=200))
def test_any_text_has_a_verdict_and_nothing_meets_nothing(text):
    for kind, verifier in VERIFIERS.items():
        assert satisfied(Check(kind, verifier.example), text) in (True, False)
        assert not satisfied(Check(kind, verifier.example), " \n")


@given(st.text(max_size=200))
def test_opposites_never_hold_together(text):
    both = [("includes", {"words": ["a"]}), ("excludes", {"words": ["a"]})]
    assert not all(satisfied(Check(kind, arguments), text) for kind, arguments in both)
    assert not (satisfied(Check("no_digits", {}), text) and satisfied(Check("numbers", {"count": 1}), text))
    assert not (satisfied(Check("lower_case", {}), text) and satisfied(Check("upper_case", {}), text)
                and text.lower() != text.upper())


@given(st.lists(st.sampled_from(["sun", "海", "rain"]), min_size=1, max_size=8))
def test_blanks_around_a_text_change_no_count(words):
    text = " ".join(words)
    for kind, arguments in (("word_exactly", {"word": "海", "count": words.count("海")}),
                            ("words_between", {"least": len(words), "most": len(words)})):
        assert satisfied(Check(kind, arguments), text)
        assert satisfied(Check(kind, arguments), f"\n {text} \n")


def test_a_kind_that_does_not_exist_or_other_arguments_are_told():
    with pytest.raises(ConfigError, match="no_such"):
        Check("no_such", {})
    with pytest.raises(ConfigError, match="count") as raised:
        Check("numbers", {"number": 2})
    assert json.loads(raised.value.remedy.removeprefix("write ")) == {"kind": "numbers", "count": 2}


@pytest.mark.parametrize(("kind", "arguments"), [
    ("numbers", {"count": "two"}), ("numbers", {"count": 2.5}), ("no_commas", {"count": 1}), ("includes", {"words": "rain"}),
    ("starts_with", {"start": 3}), ("words_between", {"least": True, "most": 2})])
def test_arguments_of_another_kind_are_told_before_anything_is_asked(kind, arguments):
    with pytest.raises(ConfigError, match=kind):
        checks_of([{"kind": kind, **arguments}])


def test_whole_numbers_may_come_as_floats():
    assert satisfied(Check("numbers", {"count": 1.0}), "just 7")


# As a reward.

def test_the_reward_is_the_share_that_is_met():
    checks = [{"kind": "no_commas"}, {"kind": "numbers", "count": 1}]
    completions = [[{"role": "assistant", "content": text}] for text in ("one 1", "a, b", "a, 1")]
    assert verified(["Count."] * 3, completions, [checks, json.dumps(checks), checks]) == [1.0, 0.0, 0.5]
    assert verified(["Count."], ["x"], [None]) == [None]
    assert share_met([], "x", "Count.") == 1.0


def test_training_loads_it_as_a_reward_function():
    from instructwild_trainer.verifiers import reward

    assert reward_function(f"{reward.__file__}:verified")(["Say it."], ["a"], [[{"kind": "no_commas"}]]) == [1.0]


def test_a_rows_own_columns_reach_the_reward(tmp_path, chat):
    from instructwild.read.instructions import read
    from instructwild_trainer.ppo.config import PPOOptions
    from instructwild_trainer.ppo.rows import prepared

    rows = [{"instruction": f"Question {number}?", "output": "Yes.", "checks": [{"kind": "numbers", "count": number}]}
            for number in range(4)]
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    prompts = prepared(read([str(path)]), read([]), chat, PPOOptions(max_length=256, response_length=32)).prompts
    assert prompts
    for prompt in prompts:
        (check,) = checks_of(prompt.columns["checks"])
        assert prompt.messages[0]["content"] == f"Question {check.arguments['count']}?"


@pytest.mark.parametrize("value", ["{", "{}", "[1]", '[{"count": 1}]'])
def test_a_column_of_something_else_is_told(value):
    with pytest.raises(InputError, match="checks"):
        checks_of(value)
