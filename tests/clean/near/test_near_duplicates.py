"""Verdicts: hand-worked cases, and the definition itself as brute force beside every path."""

import random
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instructwild.clean.near import Index, Match, NearDuplicates, kernel, near_duplicates, tokens
from instructwild.errors import ConfigError

THRESHOLDS = [Fraction(0), Fraction(1, 3), Fraction(1, 2), Fraction(3, 5), Fraction(7, 10), Fraction(9, 10), Fraction(1),
              Fraction(2**70 // 3, 2**70)]


def common(first, second):
    """Length of the longest common subsequence, by the textbook's table."""
    row = [0] * (len(second) + 1)
    for a in first:
        diagonal = 0
        for j, b in enumerate(second, 1):
            diagonal, row[j] = row[j], diagonal + 1 if a == b else max(row[j], row[j - 1])
    return row[-1]


def f(first, second):
    """ROUGE-L's F1, by the same table; 0 where neither has a token."""
    ours, theirs = tokens(first), tokens(second)
    return Fraction(2 * common(ours, theirs), max(len(ours) + len(theirs), 1))


def brute_force(texts, threshold=Fraction(7, 10)):
    """The definition, word for word."""
    verdicts = []
    for i, text in enumerate(texts):
        twins = [j for j in range(i) if verdicts[j] is None and tokens(text) and tokens(texts[j])
                 and f(text, texts[j]) > threshold]
        verdicts.append(min(twins, default=None))
    return verdicts


# few words, so that generated texts are often alike
TEXT = st.lists(st.sampled_from(["what", "is", "the", "of", "什", "么", "是", "进", "程", "Ａ", "5", "é", "👍", "，"]),
                max_size=14).map(" ".join)


@settings(max_examples=80, deadline=None)
@given(st.lists(TEXT, max_size=25), st.sampled_from(THRESHOLDS))
def test_verdicts_are_those_of_brute_force_by_every_path_and_at_any_threshold(texts, threshold):
    expected = brute_force(texts, threshold)
    assert near_duplicates(texts, threshold) == expected
    assert NearDuplicates(texts, threshold, compiled=False).verdicts == expected
    assert NearDuplicates(texts, threshold, compiled=True).verdicts == expected


@pytest.mark.parametrize("frequent", [0, 3, 512])
@settings(max_examples=30, deadline=None)
@given(texts=st.lists(TEXT, max_size=25), threshold=st.sampled_from(THRESHOLDS), floor=st.sampled_from(THRESHOLDS))
def test_both_paths_give_the_same_evidence_and_the_same_pairs_near_the_threshold(frequent, texts, threshold, floor):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("instructwild.clean.near.corpus.FREQUENT", frequent)        # whose lists are split
        patch.setattr("instructwild.clean.near.corpus.AT_ONCE", frequent + 2)     # texts joined by one call
        compiled = NearDuplicates(texts, threshold, compiled=True)
        found = compiled.just_kept(100, floor), compiled.dropped_at([floor])
    plain = NearDuplicates(texts, threshold, compiled=False)
    assert compiled.matches == plain.matches
    assert found == (plain.just_kept(100, floor), plain.dropped_at([floor]))


def varied(rows, seed):
    """Texts of very different lengths from few words, many of them altered copies of an earlier one."""
    rng = random.Random(seed)
    words = [*"的是在了有和人这中大", *(f"w{i}" for i in range(80))]
    made = []
    for _ in range(rows):
        if made and rng.random() < 0.5:
            text = rng.choice(made).split()
            for _ in range(rng.randrange(1 + len(text) // 2)):
                at = rng.randrange(len(text))
                text[at:at + 1] = rng.choices(words, k=rng.choice([0, 1, 1, 2])) if len(text) > 1 else [rng.choice(words)]
        else:
            text = rng.choices(words, k=min(int(rng.expovariate(1 / 20)) + 1, 300))
        made.append(" ".join(text))
    return made


@pytest.mark.parametrize("threshold", [Fraction(1, 2), Fraction(7, 10), Fraction(17, 20)])
def test_paths_agree_on_many_texts_of_very_different_lengths(threshold):
    texts = varied(1500, seed=7)
    compiled, plain = (NearDuplicates(texts, threshold, compiled=either) for either in (True, False))
    assert compiled.matches == plain.matches
    assert 100 < compiled.dropped < 1400
    assert compiled.just_kept(50) == plain.just_kept(50)


def test_paths_agree_on_texts_of_more_tokens_than_sixteen_bits_count():
    book = [f"w{i % 9973}" for i in range(70_000)]
    texts = [" ".join(book), " ".join(book[:66_000] + ["other"] * 30_000), "short one", " ".join(book[5_000:])]
    compiled, plain = (NearDuplicates(texts, compiled=either) for either in (True, False))
    assert compiled.matches == plain.matches
    assert compiled.matches[1] == Match(0, 66_000, (96_000, 70_000))


@pytest.mark.parametrize(("texts", "verdicts"), [
    (["What is a process?", "what is a PROCESS", "What is a thread?"], [None, 0, 0]),     # 3 of 4 shared: 6/8 > 0.7
    (["什么是进程？", "什么是线程？", "什么是多线程？"], [None, 0, 0]),                       # 4 of 5 and 4 of 5: 8/10; 8/11
    (["How do I cook rice?", "怎么煮饭？", "怎么煮米饭？"], [None, None, 1]),
    (["Ｗｈａｔ　ｉｓ　ＡＩ？", "what is ai"], [None, 0]),
    (["!?", "…", ""], [None, None, None]),                                                # no token: near to nothing
    (["5", "年份 5", "5 岁"], [None, None, None]),       # 2/4 each: Chinese is not the residue that rouge_score leaves
    ([], []),
])
def test_hand_worked(texts, verdicts):
    assert near_duplicates(texts) == verdicts == brute_force(texts)


@pytest.mark.parametrize(("first", "second"), [
    ("a b c d e f g x y z", "a b c d e f g p q r"),          # 14/20
    ("我 们 今 天 去 吃 饭 吧 好 吗", "我 们 今 天 去 吃 饭 了 没 有"),
    ("a b c d e f g", "a b c d e f g 1 2 3 4 5 6"),           # 14/20, of unequal length
])
def test_exactly_seven_tenths_is_kept_and_one_token_more_is_not(first, second):
    assert f(first, second) == Fraction(7, 10)
    assert near_duplicates([first, second]) == [None, None]
    assert near_duplicates([first, second], Fraction(7, 10) - Fraction(1, 10**30)) == [None, 0]
    assert near_duplicates([first + " same", second + " same"]) == [None, 0]


def test_the_evidence_is_the_earliest_kept_row_not_the_nearest():
    texts = ["a b c d e f g h", "a b c d e f g z", "q r s t", "z b c d e f g z"]
    # row 3 equals row 1 but for its first token (7/8); row 1 was dropped for row 0, and row 0 shares only 6 of 8 with row 3
    assert near_duplicates(texts) == [None, 0, None, 0] == brute_force(texts)


def test_a_chain_keeps_its_far_end():
    """0 ~ 1 and 1 ~ 2 but not 0 ~ 2: row 1 is gone, so nothing drops row 2."""
    texts = ["a b c d e f g h", "a b c d e f y z", "a b c d w x y z"]
    assert near_duplicates(texts) == [None, 0, None] == brute_force(texts)
    assert near_duplicates([texts[1], texts[0], texts[2]]) == [None, 0, 0]


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXT, max_size=20), st.sampled_from(THRESHOLDS))
def test_texts_added_one_at_a_time_meet_the_same_verdicts(texts, threshold):
    index = Index(threshold)
    for i, (text, verdict) in enumerate(zip(texts, brute_force(texts, threshold), strict=True)):
        found = index.find(text)
        added = index.add(text)
        assert found == added
        assert (None if added is None else added.index) == verdict
        if added is not None:
            assert added.f == f(text, texts[verdict]) > threshold
            assert added.lengths == (len(tokens(text)), len(tokens(texts[verdict])))
        assert index.seen == i + 1


def test_an_index_takes_texts_longer_than_any_before_and_more_than_it_began_with():
    index = Index()
    for i in range(200):
        assert index.add(f"{i} of many {i} different {i}") is None
    long = " ".join(map(str, range(1000)))
    assert index.add(long) is None
    assert index.add(long + " end") == Match(200, 1000, (1001, 1000))


@pytest.mark.parametrize("threshold", [-0.1, 1.5, "many", float("nan"), Fraction(11, 10), None])
def test_a_threshold_that_is_no_similarity_is_refused(threshold):
    with pytest.raises(ConfigError, match="is no similarity"):
        near_duplicates(["a"], threshold)


def test_a_decimal_threshold_means_its_digits():
    seven = ["a b c d e f g x y z", "a b c d e f g p q r"]
    assert near_duplicates(seven, 0.7) == near_duplicates(seven, "0.7") == [None, None]


def test_a_match_tells_what_it_found():
    match = Index().add("a") or Match(12, 7, (10, 9))
    assert str(match) == "F = 0.737 with row 12: 7 tokens in common of 10 and 9"
    assert match.evidence() == {"index": 12, "f": 0.7368, "lcs": 7, "lengths": [10, 9]}


def test_no_call_of_the_kernel_is_so_long_that_an_interruption_would_wait_for_it(monkeypatch):
    calls, join = [], kernel.join
    monkeypatch.setattr(kernel, "join", lambda *args: calls.append(args[-2:]) or join(*args))
    texts = [f"text number {number} of {number * 7}" for number in range(2500)]
    assert NearDuplicates(texts, compiled=True).verdicts == [None] * 2500
    assert calls == [(0, 1000), (1000, 2000), (2000, 2500)]
