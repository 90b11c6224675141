"""Diversity is measured by counts that can be checked by hand."""

import pytest

from instructwild.expand.diversity import diversity


def test_counts_by_hand():
    found = diversity(["the cat sat", "the cat ran", "a dog"])
    assert found.rows == 3
    assert found.distinct_1 == pytest.approx(6 / 8)
    assert found.distinct_2 == pytest.approx(4 / 5)
    assert found.openings == pytest.approx(2 / 3, abs=1e-4)
    assert found.nearest_self == pytest.approx((2 / 3 + 2 / 3 + 0) / 3, abs=1e-4)
    assert found.nearest_seed is None


def test_chinese_is_counted_by_characters():
    found = diversity(["什么是进程", "什么是线程"], seeds=["什么是进程"])
    assert found.distinct_1 == pytest.approx(6 / 10)
    assert found.nearest_seed == pytest.approx((1 + 4 / 5) / 2)


def test_nothing_is_no_error():
    assert diversity([]).rows == 0
    assert diversity(["one"]).nearest_self == 0


def test_topics_are_counted_against_the_seeds_by_hand():
    found = diversity(["repair a clock"], seeds=["repair a bicycle", "boil an egg"])
    assert (found.covered, found.beyond) == (pytest.approx(2 / 6, abs=1e-4), pytest.approx(1 / 3, abs=1e-4))
    found = diversity(["修理钟表"], seeds=["修理水车"])
    assert (found.covered, found.beyond) == (pytest.approx(1 / 3, abs=1e-4), pytest.approx(2 / 3, abs=1e-4))


def test_words_that_most_rows_have_are_no_topic():
    made, seeds = ([f"tell me about {word}" for word in words] for words in (("rust", "tea", "ice"), ("tea", "owls", "fog")))
    found = diversity(made, seeds)
    assert (found.covered, found.beyond) == (pytest.approx(1 / 3, abs=1e-4), pytest.approx(2 / 3, abs=1e-4))
