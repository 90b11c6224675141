"""Figures show every value, at its place, whatever the values are."""

import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instructwild.report import figures
from instructwild.report.scale import bins, labels, ticks

FINITE = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12)


def test_a_bar_is_as_long_as_its_share_of_the_longest():
    html = figures.bars({"few": 25, "many": 100, "none": 0}).html()
    assert re.findall(r'class="f0" width="([\d.]+)%"', html) == ["100", "25", "0"]
    assert html.index("many") < html.index("few") < html.index("none")


def test_names_beyond_the_most_are_added_up_not_lost():
    html = figures.bars({f"r{n}": 1 for n in range(30)}, most=10).html()
    assert "20 others" in html
    assert re.findall(r'class="value">([^<]*)', html)[-1] == "20"


def test_a_group_without_a_value_keeps_its_place():
    html = figures.grouped_bars({"en": {"base": 2.0, "SFT": 1.0}, "中文": {"base": 4.0}}).html()
    assert re.findall(r'class="value">([^<]*)', html) == ["2", "1", "4", "–"]
    assert re.findall(r'class="f(\d)" width="([\d.]+)%"', html) == [("0", "50"), ("1", "25"), ("0", "100"), ("1", "0")]


def test_shares_fill_the_row():
    html = figures.stacked({"in": {"en": 60, "zh-Hans": 40}}).html()
    assert 'x="0%" width="60%"' in html
    assert 'x="60%" width="40%"' in html


@settings(deadline=None)
@given(st.lists(FINITE, min_size=1, max_size=60))
def test_every_value_falls_into_a_bin(values):
    found = bins(values)
    assert list(found.edges) == sorted(set(found.edges))
    assert sum(found.count(values)) == len(values)


@settings(deadline=None)
@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=60))
def test_every_length_falls_into_a_bin(values):
    assert sum(bins(values).count(values)) == len(values)


@settings(deadline=None)
@given(st.floats(-1e9, 1e9), st.floats(1e-3, 1e9))
def test_no_two_ticks_read_the_same(low, span):
    found = labels(ticks(low, low + max(span, abs(low) * 1e-4)))
    assert len(set(found)) == len(found)


@pytest.mark.parametrize(("marks", "read"), [
    ([0.0, 0.25, 0.5], ["0", "0.25", "0.50"]),
    ([6.8981, 6.8982, 6.8983], ["6.8981", "6.8982", "6.8983"]),
    ([0.0, 500.0, 1000.0, 1500.0], ["0", "500", "1,000", "1,500"]),
    ([0.0, 25_000.0, 50_000.0], ["0", "25k", "50k"]),
    ([0.0, 2e-5, 4e-5], ["0", "2e-05", "4e-05"]),
])
def test_ticks_have_the_digits_that_tell_them_apart(marks, read):
    assert labels(marks) == read


def test_counted_steps_are_marked_at_whole_numbers_and_long_labels_get_room():
    html = figures.lines({"kl": [0.0, -0.0015]}, x="update").html()
    assert re.findall(r'text-anchor="middle">([^<]+)', html) == ["1", "2", "update"]
    left = float(re.search(r'class="grid" x1="([\d.]+)"', html).group(1))
    assert left >= 6 * len("-0.0015")


@settings(deadline=None)
@given(FINITE, FINITE)
def test_ticks_are_few_and_reach_around_the_values(a, b):
    low, high = min(a, b), max(a, b)
    found = ticks(low, high)
    assert 2 <= len(found) <= 12
    slack = 1e-6 * max(abs(low), abs(high), 1e-9)
    assert found[0] <= low + slack
    assert found[-1] >= high - slack


def test_small_whole_numbers_have_a_bin_each():
    assert bins([1, 2, 2, 4]).edges == (0.5, 1.5, 2.5, 3.5, 4.5)


def test_a_long_tail_is_shown_with_growing_bins():
    assert bins([*range(1, 100), 100_000]).log
    assert not bins(list(range(1, 100))).log
    assert "bins grow by a factor" in figures.histogram([*range(1, 100), 100_000], label="length").html()


@settings(deadline=None)
@given(st.lists(st.one_of(st.floats(), st.none()), max_size=40))
def test_curves_and_histograms_survive_any_numbers(values):
    for figure in (figures.lines({"loss": values}), figures.histogram({"loss": values})):
        drawn = figure.html()
        assert not re.search(r'(?:d|x|y|width|height)="[^"]*(?:nan|inf)', drawn)


def test_a_gap_in_a_curve_stays_a_gap():
    html = figures.lines({"loss": [3.0, math.nan, 2.0, 1.0]}).html()
    assert re.search(r'd="(M[^"]*)"', html)[1].count("M") == 2


def test_a_long_curve_keeps_its_spike_and_little_else():
    values = [0.0] * 50_000
    values[31_234] = 99.0
    html = figures.lines({"loss": values}).html()
    assert len(html) < 12_000
    top = min(float(y) for y in re.findall(r"[ML][\d.]+ ([\d.]+)", html))
    assert top < 20


def test_a_point_lies_where_its_values_say():
    html = figures.lines({"a": [(0, 0.0), (10, 10.0)]}).html()
    start, end = re.findall(r"[ML]([\d.]+) ([\d.]+)", html)
    assert (float(start[0]), float(end[0])) == (figures.LEFT, figures.WIDTH - figures.RIGHT)
    assert (float(start[1]), float(end[1])) == (figures.HEIGHT - figures.BOTTOM, figures.TOP)


def test_shares_make_sets_of_unlike_size_alike():
    """Two rows of 1 and 2 beside 1,000 of each: the same shape, drawn as bars and as an outline of the same height."""
    html = figures.histogram({"seeds": [1, 2], "new": [1, 2] * 1000}, percent=True).html()
    bars = re.findall(r'<rect class="f0 under" x="[\d.]+" y="([\d.]+)"', html)
    assert bars == re.findall(r"V([\d.]+)H", html[html.index("<path"):])
    assert ">0%<" in html
    assert "seeds: 1 (50.0%) from 0.5 to 1.5" in html
    counted = figures.histogram({"seeds": [1, 2], "new": [1, 2] * 1000}).html()
    assert "%<" not in counted
    assert len({*re.findall(r'<rect class="f0 under" x="[\d.]+" y="([\d.]+)"', counted),
                *re.findall(r"V([\d.]+)H", counted[counted.index("<path"):])}) == 2


@pytest.mark.parametrize("draw", [figures.bars, figures.grouped_bars, figures.stacked, figures.histogram, figures.lines])
def test_nothing_is_said_plainly(draw):
    html = draw({}).html()
    assert "none" in html or "nothing to show" in html


def test_a_screen_reader_is_told_what_the_picture_shows():
    html = figures.histogram({"before": [1, 2, 3], "after": [2]}, label="长度").html()
    assert 'aria-label="Histogram of 长度. before: 3 values, median 2, 1 to 3; after: 1 value, median 2, 2 to 2."' in html
