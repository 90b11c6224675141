"""Accuracy, its baselines, its uncertainty and calibration, against numbers worked by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from instructwild_trainer.reward.groups import Group, Order
from instructwild_trainer.reward.measure import (
    calibration,
    correct,
    differences,
    estimate,
    judged,
    longer_wins,
    pairs_of,
)

GROUPS = [Group("a", "a", "en", [], ["xx", "x" * 10, "x" * 11], [], [Order((1, 2, 3), 1.0)]),
          Group("b", "b", "zh", [], ["好", "很好"], [], [Order((2, 1), 0.5), Order((1, 1), 0.5)])]


def test_every_strictly_ordered_pair_of_every_ranking_is_there():
    pairs = pairs_of(GROUPS)
    assert list(zip(pairs.prompt, pairs.first, pairs.second, strict=True)) == [(0, 0, 1), (0, 0, 2), (0, 1, 2), (1, 1, 0)]
    assert pairs.distance.tolist() == [1, 2, 1, 1]
    assert pairs.near.tolist() == [False, False, True, False]


def test_margins_are_better_minus_worse():
    assert pairs_of(GROUPS).margins([[3.0, 1.0, 2.0], [0.0, 5.0]]).tolist() == [2.0, 1.0, -1.0, 5.0]


def test_a_tie_of_scores_counts_half():
    assert correct(np.array([2.0, 0.0, -1.0])).tolist() == [1.0, 0.5, 0.0]


def test_the_judge_of_length_is_right_where_the_longer_is_better():
    assert correct(longer_wins(pairs_of(GROUPS))).tolist() == [0.0, 0.0, 0.0, 1.0]


def test_slices_part_the_pairs_by_language_distance_and_length():
    pairs = pairs_of(GROUPS)
    found = judged(pairs, {"m": pairs.margins([[3.0, 1.0, 2.0], [0.0, 5.0]])})
    assert {name: (one["m"].pairs, one["m"].value) for name, one in found.items()} == {
        "all pairs": (4, 0.75), "language en": (3, pytest.approx(2 / 3)), "language zh": (1, 1.0),
        "1 rank apart": (3, pytest.approx(2 / 3)),
        "2 ranks apart": (1, 1.0), "lengths within 25%": (1, 0.0), "the longer is better": (1, 1.0),
        "the shorter is better": (2, 1.0)}


def test_no_pairs_at_all_is_no_error():
    pairs = pairs_of([])
    assert judged(pairs, {"m": pairs.margins([])}) == {}


def test_the_interval_is_over_prompts_not_pairs():
    # one prompt of 50 right pairs and one of 50 wrong ones: two observations, not a hundred
    values, prompt = np.array([1.0] * 50 + [0.0] * 50), np.array([0] * 50 + [1] * 50)
    found = estimate(values, prompt)
    assert (found.value, found.low, found.high, found.prompts) == (0.5, 0.0, 1.0, 2)
    assert estimate(values, np.arange(100)).low == pytest.approx(0.4, abs=0.02)


def test_a_paired_difference_is_tighter_than_its_two_parts():
    rng = np.random.default_rng(1)
    pairs = pairs_of([Group(str(i), "", "en", [], ["a", "b"], [], [Order((1, 2), 1.0)]) for i in range(300)])
    one = rng.normal(0.3, 1, 300)
    other = one + rng.normal(0, 0.1, 300)
    found = differences(pairs, {"m": one, "n": other}, "m")["all pairs"]["n"]
    alone = judged(pairs, {"m": one})["all pairs"]["m"]
    assert found.high - found.low < (alone.high - alone.low) / 2


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 5)), min_size=1, max_size=40))
def test_an_interval_holds_its_value_and_stays_in_range(items):
    values, prompt = (np.array(column) for column in zip(*items, strict=True))
    found = estimate(values.astype(float), prompt, resamples=200)
    assert 0 <= found.low <= found.high <= 1
    assert found.low - 0.3 <= found.value <= found.high + 0.3


def test_calibration_of_a_model_that_is_as_sure_as_it_is_right():
    margin = np.log(0.8 / 0.2)  # 80% sure
    rows, error = calibration(np.array([margin] * 8 + [-margin] * 2))
    assert rows == [(pytest.approx(0.8), 0.8, 10)]
    assert error == pytest.approx(0.0, abs=1e-9)


def test_calibration_of_a_model_that_is_too_sure():
    _, error = calibration(np.array([20.0] * 5 + [-20.0] * 5))
    assert error == pytest.approx(0.5, abs=1e-6)
