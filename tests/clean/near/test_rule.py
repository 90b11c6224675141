"""The verdict on two texts, and the earliest of several that a text duplicates."""

from fractions import Fraction

import pytest

from instructwild.clean.near.content import FIRM, LOOSE, Content
from instructwild.clean.near.request_index import RequestIndex
from instructwild.clean.near.rule import Match, keyed, near, near_duplicate, request_text
from instructwild.clean.near.same_terms import same_terms
from instructwild.text.tokens import tokens

SAME = "Could you please list three large cities?", "Name 3 big cities."
FILLER = tuple(f"word{number}" for number in range(12))


def test_a_match_gives_its_f_exactly_rounded_and_as_evidence():
    match = Match(4, 3, (4, 5))
    assert match.f == Fraction(2, 3)
    assert float(match) == 2 * 3 / 9
    assert match.evidence() == {"index": 4, "f": 0.6667, "lcs": 3, "lengths": [4, 5]}
    assert str(match) == "F = 0.667 with row 4: 3 tokens in common of 4 and 5"
    assert str(Match(0, 1, (1, 2))) == "F = 0.667 with row 0: 1 token in common of 1 and 2"


@pytest.mark.parametrize(("threshold", "matched"), [(Fraction(2, 3), False), (Fraction(199, 300), True)])
def test_f_is_to_be_above_the_threshold_and_not_at_it(threshold, matched):
    assert near(7, "abc", "abx", threshold) == (Match(7, 2, (3, 3)) if matched else None)


def test_near_duplicates_ask_for_the_same_too():
    first, second = map(keyed, SAME)
    assert near_duplicate(2, first, second, tokens(SAME[0]), Fraction(1, 10)) == Match(2, 1, (7, 4))
    assert near_duplicate(2, first, second, tokens(SAME[0]), Fraction(1, 2)) is None
    assert near_duplicate(2, first, keyed("Name 4 big cities."), tokens(SAME[0]), Fraction(0)) is None
    assert near_duplicate(2, first, second, [], Fraction(0)) is None


@pytest.mark.parametrize(("turns", "compared"), [
    ([("system", "Be brief."), ("user", "a"), ("assistant", "b")], "a"),
    ([("user", "a"), ("assistant", "b"), ("user", "c"), ("assistant", "d")], "a\nb\nc"),
    ([("user", "a"), ("assistant", "b"), ("tool", "c"), ("assistant", "d")], "a\nb\nc"),
    ([("system", "Be brief."), ("assistant", "b")], ""), ([], "")])
def test_a_conversation_is_compared_up_to_its_last_question(turns, compared):
    assert request_text(turns) == compared


def asks(*terms, loose=()):
    return Content(terms, tuple(LOOSE if at in loose else FIRM for at in range(len(terms))), False)


@pytest.mark.parametrize(("more", "same"), [(1, True), (4, True), (5, False)])
def test_up_to_four_chinese_characters_may_be_missing(more, same):
    missing = tuple("甲乙丙丁戊"[:more])
    longer = asks(*FILLER, *missing, "end", loose=range(len(FILLER), len(FILLER) + more))
    shorter = asks(*FILLER, "end")
    assert same_terms(longer, shorter) == same_terms(shorter, longer) == same


def test_a_run_between_two_equal_terms_may_begin_at_either():
    longer = asks("x", "y", "x", *FILLER, loose=(0, 1))
    assert same_terms(longer, asks("x", *FILLER))                    # x y is missing, not y x
    assert same_terms(asks("a", "x", "y", "x", *FILLER, loose=(1, 2)), asks("a", "x", *FILLER))
    assert not same_terms(asks("x", "y", "x", *FILLER, loose=(1,)), asks("x", *FILLER))


def test_what_differs_in_its_first_term_is_not_missing_it():
    assert not same_terms(asks("x", *FILLER, "x"), asks(*FILLER, "x"))
    assert same_terms(asks("x", *FILLER, "x", loose=(0,)), asks(*FILLER, "x"))


def test_one_part_moved_past_another_that_holds_a_term_twice():
    assert same_terms(asks("a", "b", "c", "b", "d"), asks("b", "c", "b", "d", "a"))
    assert not same_terms(asks("a", "b", "c", "d"), asks("b", "a", "d", "c"))


def test_the_earliest_of_several_twins_is_named():
    index = RequestIndex()
    for row in range(9):
        index.keep(SAME[0] if row in (1, 8) else f"Write {row + 2} lines on topic number {row + 20}.")
    assert len(index) == 9
    assert index.find(SAME[0]).index == 1


def test_of_pairs_below_the_threshold_the_nearest_is_noted_and_of_equal_ones_the_earliest():
    index = RequestIndex(floor=Fraction(0))
    index.keep("Name 3 big cities, please, if you can and will.")
    for _ in range(2):
        index.keep(SAME[1])
    assert index.add(SAME[0]) is None
    assert index.below[3] == Match(1, 1, (7, 4))
    assert len(index) == 4
