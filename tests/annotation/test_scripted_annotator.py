"""The scripted annotator judges form, in both languages alike."""

import pytest

from instructwild.errors import ConfigError
from instructwild_annotation.scripted import RULES, distinct_share, ends_by_itself, rule_named, same_language
from tests.annotation.rows import row


def ranks(rule, prompt, *answers):
    return RULES[rule].rank(row(prompt, answers)).ranks


def test_tidy_puts_finished_answers_in_the_right_language_first():
    assert ranks("tidy", "What is a tie in a race?", "Two runners who arrive together tie.", "Two runners who arrive",
                 "两个人同时到达就是并列。", "") == (1, 2, 2, 3)
    assert ranks("tidy", "什么是并列？", "并列就是名次相同。", "并列就是名", "Equal ranks are a tie.", "") == (1, 2, 2, 3)


def test_tidy_sees_loops_in_english_and_chinese():
    assert ranks("tidy", "Why?", "Because the sky scatters blue light.", "It is so it is so it is so it is so.") == (1, 2)
    assert ranks("tidy", "为什么？", "因为天空散射蓝光。", "因为所以因为所以因为所以因为所以因为所以。") == (1, 2)


def test_equal_form_is_a_tie():
    assert ranks("tidy", "Name a fruit.", "An apple is a fruit.", "A pear is a fruit.", "A pear is") == (1, 1, 2)
    assert ranks("complete", "Name a fruit.", "Apple.", "Pear!", "Plu", "") == (1, 1, 2, 3)
    assert ranks("brief", "Name a fruit.", "one two", "one two three", "one two three four", "") == (1, 1, 2, 3)


def test_an_answer_ends_by_itself_in_any_punctuation():
    assert all(map(ends_by_itself, ["Yes.", "好。", "“好。”", "(a)", "```\nx\n```", "Done! "]))
    assert not any(map(ends_by_itself, ["and then the", "然后我", "", "1, 2,"]))


def test_distinct_share_by_hand():
    # a b a b a b a: runs abab baba abab baba -> 2 of 4
    assert distinct_share("a b a b a b a") == 0.5
    assert distinct_share("好好好好好") == 0.5
    assert distinct_share("too short") == 1


def test_languages_are_compared_by_their_writing_systems():
    assert same_language("Translate to French", "")
    assert same_language("हिन्दी में लिखो", "यह एक वाक्य है")
    assert not same_language("你好吗", "I am fine")


def test_words_with_vowel_marks_are_whole_words():
    # three words, each once: letters parted at their marks would repeat
    assert distinct_share("हिन्दी हिन्दी हिन्दी", run=1) == pytest.approx(1 / 3)


def test_an_unknown_rule_is_one_clear_message():
    with pytest.raises(ConfigError, match="tidy, complete, brief"):
        rule_named("longest")


def test_rankings_say_that_a_script_made_them():
    assert rule_named("tidy").rank(row("p", ["a", "b"])).annotator == "scripted:tidy"
