"""Merging never makes up an order."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from instructwild_annotation.merge import METHODS, PRIOR, borda, bradley_terry, merged, wins
from tests.annotation.rows import row

many = st.integers(2, 5).flatmap(
    lambda k: st.lists(st.lists(st.integers(1, k), min_size=k, max_size=k), min_size=1, max_size=6))
both = pytest.mark.parametrize("method", METHODS.values(), ids=METHODS.keys())


def test_wins_count_a_tie_as_half():
    # a before b twice, a and c tied once and a before c once
    assert wins([[1, 2, 1], [1, 2, 2]]).tolist() == [[0, 2, 1.5], [0, 0, 0.5], [0.5, 1.5, 0]]


def test_borda_by_hand():
    # a>b>c and b>c>a: a has 2, b 3, c 1 wins
    assert borda([[1, 2, 3], [3, 1, 2]]) == (2, 1, 3)
    # a>b=c and c>b>a: a 2, b 1.5, c 2.5
    assert borda([[1, 2, 2], [3, 2, 1]]) == (2, 3, 1)
    # a>b and b>a: even
    assert borda([[1, 2], [2, 1]]) == (1, 1)


def test_bradley_terry_by_hand():
    assert bradley_terry([[1, 2], [1, 2], [2, 1]]) == (1, 2)
    assert bradley_terry([[1, 2], [2, 1]]) == (1, 1)
    assert bradley_terry([[1, 2, 2]]) == (1, 2, 2)
    assert bradley_terry([[1, 2, 3]] * 50) == (1, 2, 3)


def test_bradley_terry_of_two_is_the_odds_of_their_wins():
    # With two candidates the strengths' ratio is the ratio of wins, the added half-ties included.
    won = wins([[1, 2]] * 3 + [[2, 1]]) + PRIOR / 2 * (1 - np.eye(2))
    assert math.log(won[0, 1] / won[1, 0]) == pytest.approx(math.log(3.25 / 1.25))


@both
@given(many)
def test_a_pair_that_nobody_orders_stays_tied(method, rankings):
    ranks = method(rankings)
    for a in range(len(ranks)):
        for b in range(a):
            if all(r[a] == r[b] for r in rankings):
                assert ranks[a] == ranks[b]


@both
@given(many, st.randoms())
def test_the_order_of_annotators_and_candidates_does_not_matter(method, rankings, random):
    ranks = method(rankings)
    order = random.sample(range(len(ranks)), len(ranks))
    moved = method(random.sample([[r[i] for i in order] for r in rankings], len(rankings)))
    assert moved == tuple(ranks[i] for i in order)


@both
@given(many)
def test_one_annotator_alone_is_repeated(method, rankings):
    dense = sorted(set(rankings[0]))
    assert method([rankings[0]]) == tuple(dense.index(rank) + 1 for rank in rankings[0])


@both
@given(many)
def test_candidates_that_are_put_before_another_by_all_stay_before_it(method, rankings):
    ranks = method(rankings)
    for a in range(len(ranks)):
        for b in range(len(ranks)):
            if all(r[a] < r[b] for r in rankings):
                assert ranks[a] < ranks[b]


def test_people_are_never_mixed_with_scripts():
    mixed = row("p", ["x", "y"], ("person:a", [2, 1]), ("scripted:tidy", [1, 2]), ("model:judge", [1, 2]))
    assert (merged(mixed).annotator, merged(mixed).ranks) == ("person:merged-borda", (2, 1))
    assert merged(mixed, kinds=["scripted"]).annotator == "scripted:merged-borda"
    assert merged(row("p", ["x", "y"])) is None
