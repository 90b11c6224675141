"""Weights of annotators, against numbers worked by hand and against people simulated with a known ability."""

import random
from math import log

import pytest

from instructwild_annotation.merge import bradley_terry, merged, wins
from instructwild_annotation.reliability import reliabilities
from tests.annotation.rows import row


def test_weights_of_a_case_worked_by_hand():
    # Ten pairs: a and b agree on all, c opposes both. First round: a has b with and c against: no majority, half; c is
    # wrong ten times: ability 1/12. a and b: (5 + 1)/12, weight 0; nobody is left, so that all weigh alike.
    rows = [row(f"p{i}", ["x", "y"], ("person:a", [1, 2]), ("person:b", [1, 2]), ("person:c", [2, 1])) for i in range(10)]
    assert reliabilities(rows) == {"person:a": 1, "person:b": 1, "person:c": 1}
    # With a fourth who agrees, a, b and d have a majority behind them: (10 + 1)/(10 + 2).
    four = [each.model_copy(update={"rankings": (*each.rankings, each.rankings[0].model_copy(
        update={"annotator": "person:d"}))}) for each in rows]
    weights = reliabilities(four)
    assert weights["person:c"] == 0
    assert weights["person:a"] == pytest.approx(log(11))
    assert reliabilities([]) == {}


def test_ties_and_single_rankings_say_nothing():
    rows = [row("p", ["x", "y"], ("person:a", [1, 1]), ("person:b", [1, 2])), row("q", ["x", "y"], ("person:a", [1, 2]))]
    assert reliabilities(rows) == {}


def test_weights_find_the_true_order_more_often_than_counting_heads():
    rng = random.Random(4)
    ability = {"person:a": 0.95, "person:b": 0.6, "person:c": 0.55, "person:d": 0.55, "person:e": 0.95}
    rows = [row(f"p{i}", ["x", "y"], *[(who, [1, 2] if rng.random() < right else [2, 1]) for who, right in ability.items()])
            for i in range(600)]
    weights = reliabilities(rows)
    assert min(weights["person:a"], weights["person:e"]) > 3 * max(weights["person:b"], weights["person:c"])
    right = {name: sum(merged(each, "bradley-terry", weights=votes).ranks == (1, 2) for each in rows)
             for name, votes in (("equal", None), ("weighed", weights))}
    assert right["weighed"] > right["equal"] + 20


def test_weighted_wins_are_votes():
    assert wins([[1, 2], [2, 1]], [2.0, 0.5]).tolist() == [[0, 2.0], [0.5, 0]]
    assert bradley_terry([[1, 2], [2, 1], [2, 1]], [3.0, 1.0, 1.0]) == (1, 2)
    assert wins([[1, 1]]).tolist() == [[0, 0.5], [0.5, 0]]
