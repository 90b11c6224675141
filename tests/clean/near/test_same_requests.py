"""Which near-duplicates ask for the same: by the two texts alone, at every size and by every path."""

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instructwild.clean.near import RequestIndex, SameRequests, lexicon, near_duplicate_matches, request_text
from instructwild.clean.near.content import content
from instructwild.clean.near.rule import ask_the_same, keyed

PAIRS = [json.loads(line) for line in (Path(__file__).parent / "pairs.jsonl").read_text("utf-8").splitlines()]
WORDS = ["what", "is", "the", "old", "bridge", "harbour", "made", "of", "please", "list", "three", "3", "not",
         "桥", "什么", "是", "的", "请", "河", "港", "五", "French", "stone", "green", "tall", "Python", "function",
         "returns", "explain", "find", "tale", "story", "解释", "函数", "(TEM)"]
TEXT = st.lists(st.sampled_from(WORDS), min_size=1, max_size=9).map(" ".join)


PARTS = ["the harbour master counts", "boats", "in two", "quiet", "bays", "before dawn", "and writes", "a letter", "to the",
         "mayor", "don't", "won't say", "C++", "'red'", "5", ": north", "I'd", "Oslo", "odd", "numbers", "of the keeper's",
         "lamp", "lamps", "100%", "in the US", "the USA", "US"]
LONGER = st.lists(st.sampled_from(PARTS), min_size=6, max_size=14).map(" ".join)


def same(first, second):
    return ask_the_same(keyed(first), keyed(second))


def variations(drawn):
    """A longer text, and the same with one of its words left out or doubled."""
    text, places = drawn
    words = text.split()
    return [text, *(" ".join(words[:at % len(words)] + words[at % len(words) + 1:] if at % 2 else
                             words + words[at % len(words):][:1]) for at in places)]


def dropped(*texts, **options):
    return [row for row, twin in enumerate(SameRequests(texts, **options).verdicts) if twin is not None]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_of_labelled_pairs_the_same_merge_and_the_different_stay(language):
    near = [pair for pair in PAIRS if pair["language"] == language
            and near_duplicate_matches([pair["first"], pair["second"]], 0.6).dropped]
    count = Counter((pair["same"], bool(dropped(pair["first"], pair["second"]))) for pair in near)
    assert count[False, True] <= 0.1 * (count[False, True] + count[False, False])
    assert count[True, True] >= 0.5 * (count[True, True] + count[True, False])


@pytest.mark.parametrize(("first", "second"), [
    ("Compute 7 + 5.", "Compute 7 - 5."), ("What is 3.5 kg in pounds?", "What is 35 kg in pounds?"),
    ("Explain pointers in C", "Explain pointers in C++"), ("What does 🐝 mean in a chat?", "What does 🐙 mean in a chat?"),
    ("Turn a PNG file into a PDF file", "Turn a PDF file into a PNG file"), ("Man bites dog", "Dog bites man"),
    ("Define the word: a", "Define the word: the"), ("Say 'can' aloud", "Say 'will' aloud"),
    ("Name a large lake that freezes", "Name a large lake that doesn't freeze"),
    ("Explain a function that reverses a list", "Write a function that reverses a list"),
    ("Why are harbours deep and when", "Are harbours deep and when"), ("把句子改成主动语态", "把句子改成被动语态"),
    ("Rewrite this Java code in Python", "Rewrite this Python code in Java"),
    ("Suggest three old harbour walks for painters who like boats",
     "Suggest three old harbour walks for experts who like boats"),
    ("Suggest 3 old harbour walks with new lamps for quiet sailors",
     "Suggest 3 old harbour walks with new lamps for projects"),
    ("What is the tallest tower in the US?", "What is the tallest tower?"), ("Paddle是什么？", "Paddles是什么？"),
    ("这座城市为什么水资源短缺", "这座城市为什么能源短缺"),
    ("Write a short script in Perl that counts the words of a letter and prints the odd ones",
     "Write a short script in Perl that counts the words of a letter and prints the even ones"),
    ("Explain to a young sailor how the tide turns the mill wheel and why it stops at noon",
     "Explain to a young sailor how the wind turns the mill wheel and why it stops at noon"),
    ("Write a Perl program that reads the list of boats in 'a.txt' and prints each name",
     "Write a Perl program that reads the list of boats in 'b.txt' and prints each name"),
    ("Convert the list of boats from a dictionary to a table and print every name",
     "Convert the list of boats from a table to a dictionary and print every name"),
    ("如何模拟潮水", "如何使用旋转来模拟潮水"), ("Distance块能做什么", "Distance to ()块能做什么"),
    ("把红豆换成绿豆要多久", "把绿豆换成红豆要多久"), ("为什么要早睡", "为什么不要早睡"), ("列出三个理由", "列出三十个理由"),
])
def test_what_differs_in_meaning_is_parted(first, second):
    assert not same(first, second)


@pytest.mark.parametrize(("first", "second"), [
    ("List 3 lakes", "List three lakes"), ("列出三个湖", "列出3个湖"), ("Compare tea and coffee", "Compare coffee and tea"),
    ("What's a fjord?", "What is a fjord?"), ("好处有哪些", "有哪些好处"),
    ("🌊 How do tides work", "How do tides work 🌊🌊"),
    ("Describe and explain the old harbour", "Explain the old harbour"),
    ("What are the parts of a boat?", "Name the parts of a boat"),
    ("Find the depth of the lake", "What is the depth of the lake?"),
    ("In Python, write a function that sorts boats", "Write a Python function that sorts boats"),
    ("Write a Java method that returns the mean of an array of integers",
     "Create a Java function that calculates the average of an array of numbers"),
    ("Summarize this passage in one sentence", "Summarize in one sentence"),
    ("You are an esteemed lighthouse keeper. Explain the importance of lamps and the storms they face.",
     "Imagine you are a lighthouse keeper. Explain the importance of lamps and the storms that they currently face."),
    ("Create a Perl function that accepts a list of boats and returns the names of all boats that are red",
     "Write a Perl function which takes a list of boats as input and returns the names of all the red boats in that list"),
    ("将下列物品分类为船或车", "将以下对象分类为船和车"), ("以最安静的方式合并两支乐队", "用最安静的方式将两支乐队合并"),
    ("为渔民创建一份潮汐数据的说明", "创建一份渔民潮汐数据的说明"),
    ("告诉我三种船", "列出三种船"), ("解释潮汐锁定", "什么是潮汐锁定"), ("识别五种海鸟", "列出5种海鸟"),
    ("什么是潮汐能发电模型？", "什么是潮汐能发电模型（TEM）？"), ("把这段对话转换为英语", "将这段对话改成英语"),
    ("写一封谢绝邀请的邮件", "写一封谢绝邀请的电子邮件")])
def test_other_words_for_the_same_are_the_same(first, second):
    assert same(first, second)
    assert same(second, first)


@pytest.mark.parametrize(("first", "second"), [
    ("How many gulls are 1,000 gulls and twelve?", "How many gulls are 1000 gulls and 12?"),
    ("Name three tall lighthouses of the US", "Name 3 tall lighthouses of the U.S.A."),
    ("Translate into Danish: the U.S. harbour", "Translate into Danish: the USA harbour"),
    ("Rewrite the line: the ferry is late. Why", "Rewrite the line. The ferry is late: why"),
    ("Sort these quay numbers: 7, 12, 3", "Please sort these quay numbers: 7, 12, 3"),
    ("Spell the sign: cafe\u030c", "Spell the sign: cafe"),
    ("Find a harbour near one of these", "Find one harbour near one of these"),
    ("什么是潮汐能的Turbine组件？", "潮汐能的turbine组件是什么？"), ("列出十二种贝壳的名称", "列出12种贝壳的名称"),
    ("什么是潮汐能（tide）发电模型？", "什么是潮汐能发电模型？"), ("解释“tide”和“ebb”的意思", "请解释“tide”和“ebb”的意思"),
    ("把下面的句子译成丹麦语：渡轮晚点了 late", "请把下面的句子译成丹麦语：渡轮晚点了 late"),
    ("渡五鸥小时", "海渡五鸥小时"), ("列出三种能源的用途", "请列出三种能源的主要用途"),
])
def test_the_sieve_lets_through_what_the_definition_merges(first, second):
    definition = SameRequests([first, second], sifted=False).verdicts
    assert SameRequests([first, second], sifted=True).verdicts == definition
    assert SameRequests([second, first], sifted=True).verdicts == SameRequests([second, first], sifted=False).verdicts


def test_the_sieve_lets_all_labelled_pairs_through():
    texts = [text for pair in PAIRS for text in (pair["first"], pair["second"])]
    assert SameRequests(texts, sifted=True).verdicts == SameRequests(texts, sifted=False).verdicts


def test_in_a_crowd_the_sieve_lets_through_what_the_definition_merges(monkeypatch):
    monkeypatch.setattr("instructwild.clean.near.sieve.CROWD", 0)
    texts = [text for pair in PAIRS for text in (pair["first"], pair["second"])]
    assert SameRequests(texts, sifted=True).verdicts == SameRequests(texts, sifted=False).verdicts


def test_a_word_of_the_lexicon_is_taken_out_of_chinese_and_never_out_of_a_longer_latin_word():
    assert content("给Maibell写广告").terms == ("maibell", "give", "广", "告")
    assert content("什么是webhook").terms == ("give", "webhook")
    assert content("用AI写歌").terms == content("用人工智能写歌").terms
    assert content("把forgives译成法语").terms != content("把for gives译成法语").terms
    assert not same("给Maibell写广告", "给M人工智能bell写广告")


def test_a_word_may_be_missing_unless_it_carries_a_constraint():
    assert same("Suggest a sturdy warm coat for windy days", "Suggest a warm coat for windy days")
    assert not same("Suggest a warm coat for windy days in Norway", "Suggest a warm coat for windy days")
    assert not same("Suggest 4 warm coats for windy days", "Suggest warm coats for windy days")
    assert not same("Suggest a warm coat for windy days in a table", "Suggest a warm coat for windy days")


def test_rows_parted_from_one_twin_go_on_to_the_next():
    # F of all three pairs is above 0.7; the third asks what the second asks
    line = "translate this line to"
    assert dropped(f"{line} French", f"{line} Danish", f"please {line} Danish") == [2]


def test_a_text_without_a_token_is_never_a_duplicate():
    assert dropped("🌊", "🌊", "?", "?") == []


def test_of_a_conversation_all_turns_up_to_the_last_question_count():
    talk = [("system", "s"), ("user", "a"), ("assistant", "b"), ("user", "c"), ("assistant", "d")]
    assert request_text(talk) == "a\nb\nc"
    assert request_text(talk[:3]) == "a"
    assert request_text(talk[:1]) == ""


@given(st.lists(TEXT, max_size=12) | st.tuples(LONGER, st.lists(st.integers(0, 9), max_size=11)).map(variations))
@settings(deadline=None, max_examples=50)
def test_all_paths_agree_with_the_definition(texts):
    kept, expected = [], []
    for row, text in enumerate(texts):
        twin = next((other for other in kept if same(text, texts[other])
                     and near_duplicate_matches([texts[other], text]).dropped), None)
        expected.append(twin)
        if twin is None:
            kept.append(row)
    assert SameRequests(texts, sifted=False).verdicts == expected
    assert SameRequests(texts, sifted=True).verdicts == expected
    index = RequestIndex()
    assert [None if match is None else match.index for match in map(index.add, texts)] == expected


@given(TEXT | LONGER, TEXT | LONGER)
@settings(deadline=None)
def test_the_verdict_is_the_same_either_way_round(first, second):
    assert same(first, second) == same(second, first)
    assert same(first, first)


def test_no_word_has_two_meanings_in_the_lexicon():
    assert not set(lexicon.ENGLISH_SAME) & lexicon.ENGLISH_LIGHT
    assert all(lexicon.ENGLISH_SAME.get(term, term) == term for term in lexicon.ENGLISH_SAME.values())
