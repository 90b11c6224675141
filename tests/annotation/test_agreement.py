"""Agreement against numbers worked by hand."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instructwild_annotation import agreement
from instructwild_annotation import alpha as krippendorff
from instructwild_annotation.agreement import Agreement, compare
from instructwild_annotation.alpha import alpha_of, coincidences
from instructwild_annotation.comparisons import Comparisons, second_look, share_interval
from tests.annotation.rows import row


def alpha(rows):
    return krippendorff.alpha(Comparisons.of(rows))


def alpha_interval(rows):
    return krippendorff.alpha_interval(Comparisons.of(rows))


def totals(groups):
    return {name: group.total for name, group in groups.items()}


ranks = st.integers(2, 6).flatmap(lambda k: st.tuples(*[st.lists(st.integers(1, k), min_size=k, max_size=k)] * 2))


def test_every_pair_is_the_same_half_or_opposed():
    # pairs (a,b) (a,c) (b,c): first says < < =, second says < > >
    assert compare([1, 2, 2], [2, 3, 1]) == Agreement(same=1, half=1, opposed=1)
    assert compare([1, 1], [3, 3]) == Agreement(same=1)


@given(ranks)
def test_comparing_is_symmetric_and_counts_every_pair_once(two):
    one, other = two
    assert compare(one, other) == compare(other, one)
    assert compare(one, other).pairs == len(one) * (len(one) - 1) // 2
    assert compare(one, one).share == 1
    backwards = [-rank for rank in one]
    assert compare(one, backwards).opposed == sum(one[i] != one[j] for i in range(len(one)) for j in range(i))


def test_rankings_of_different_candidates_cannot_be_compared():
    with pytest.raises(ValueError, match="2 and 3 candidates"):
        compare([1, 2], [1, 2, 3])


ROWS = [
    row("one", ["x", "y", "z"], ("person:a", [1, 2, 3]), ("person:b", [1, 2, 3])),
    row("二", ["x", "y", "z"], ("person:a", [1, 2, 3]), ("person:c", [3, 2, 1]), language="zh-Hans"),
    row("three", ["x", "y"], ("person:a", [1, 2])),
]


def test_agreement_is_told_apart_by_annotator_and_language():
    compared = Comparisons.of(ROWS)
    assert compared.overall().total == Agreement(same=3, opposed=3)
    assert totals(compared.by_label([each.language for each in ROWS])) == {
        "en": Agreement(same=3), "zh-Hans": Agreement(opposed=3)}
    assert totals(compared.by_annotator()) == {
        "person:a": Agreement(same=3, opposed=3), "person:b": Agreement(same=3), "person:c": Agreement(opposed=3)}
    assert totals(compared.by_kinds()) == {("person", "person"): Agreement(same=3, opposed=3)}
    assert compared.with_people() == {}
    assert Comparisons.of([]).by_annotator() == Comparisons.of([]).by_kinds() == {}


def test_comparing_many_at_once_equals_comparing_two_by_two():
    rows = chance_rows((2, 3, 7), 60, people=5)
    compared = Comparisons.of(rows)
    sums = [sum((compare(one.ranks, other.ranks) for i, one in enumerate(each.rankings) for other in each.rankings[:i]),
                Agreement()) for each in rows]
    assert compared.overall().total == sum(sums, Agreement())
    prompts, counts = compared.by_prompt()
    assert {int(number): Agreement(*count) for number, count in zip(prompts, counts.tolist(), strict=True)} == dict(
        enumerate(sums))
    units = {size: [values for each in rows if len(each.candidates) == size
                    for values in zip(*(ranking.ranks for ranking in each.rankings), strict=True)] for size in (2, 3, 7)}
    assert alpha(rows) == pytest.approx(alpha_of(coincidences(values, size) for size, values in units.items()))


def test_the_prompts_people_disagree_on_are_listed_least_agreement_first():
    rows = [*ROWS, row("four", ["x", "y", "z"], ("person:a", [1, 2, 3]), ("person:b", [1, 3, 2]), ("person:c", [2, 1, 3]))]
    assert [found[0].messages[0].content for found in second_look(rows, Comparisons.of(rows), below=0.6)] == ["二", "four"]
    assert second_look(rows, Comparisons.of(rows), below=0.0) == []


def test_only_the_last_submitted_ranking_of_an_annotator_counts():
    twice = row("one", ["x", "y"], ("person:a", [1, 2]), ("person:a", [2, 1]), ("person:b", [2, 1]))
    draft = twice.rankings[2].model_copy(update={"status": "draft", "annotator": "person:c"})
    rows = [twice.model_copy(update={"rankings": (*twice.rankings, draft)})]
    assert Comparisons.of(rows).overall().total == Agreement(same=1)


def test_alpha_is_one_for_equal_judgements_and_matches_a_hand_worked_case():
    same = [row(f"p{i}", ["x", "y", "z"], ("person:a", [1, 2, 3]), ("person:b", [1, 2, 3])) for i in range(3)]
    assert alpha(same) == pytest.approx(1.0)
    # Units with values (1,1) and (1,2): o11 = 2, o12 = o21 = 1; n1 = 3, n2 = 1, n = 4. One distance only, so it cancels:
    # alpha = 1 - (n - 1) * o12 / (n1 * n2) = 1 - 3 * 1 / 3 = 0
    tied = row("p", ["x", "y"], ("person:a", [1, 1]), ("person:b", [1, 2]))
    assert alpha([tied]) == pytest.approx(0.0)


def test_alpha_of_opposite_judgements_is_below_chance():
    # values (1,2), (2,1): o12 = o21 = 2; n1 = n2 = 2: alpha = 1 - 3 * 2 / 4 = -0.5
    assert alpha([row("p", ["x", "y"], ("person:a", [1, 2]), ("person:b", [2, 1]))]) == pytest.approx(-0.5)


def test_alpha_is_unknown_where_nothing_can_be_compared():
    assert alpha([]) is None
    assert alpha([row("p", ["x", "y"], ("person:a", [1, 2]))]) is None
    assert alpha([row("p", ["x", "y"], ("person:a", [1, 1]), ("person:b", [1, 1]))]) is None


def test_models_are_measured_against_people_and_people_by_themselves():
    rows = [row("one", ["x", "y"], ("person:a", [1, 2]), ("person:b", [1, 2]), ("model:m", [2, 1]), ("scripted:s", [1, 2])),
            row("two", ["x", "y"], ("person:a", [1, 1]), ("model:m", [1, 1]), ("model:n", [1, 2]))]
    assert totals(Comparisons.of(rows).with_people()) == {
        "model:m": Agreement(1, 0, 2), "model:n": Agreement(0, 1, 0), "scripted:s": Agreement(2, 0, 0)}
    assert [[ranking.annotator for ranking in one.rankings] for one in agreement.of_people(rows)] == [
        ["person:a", "person:b"], ["person:a"]]


NA = None
CODERS = [      # Krippendorff 2011, section C: four observers, twelve units, missing data
    [1, 2, 3, 3, 2, 1, 4, 1, 2, NA, NA, NA],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NA, 3],
    [NA, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NA],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NA],
]


def test_alpha_gives_the_ordinal_figure_that_krippendorff_published():
    units = [[value for value in unit if value is not None] for unit in zip(*CODERS, strict=True)]
    assert alpha_of([coincidences(units, 5)]) == pytest.approx(0.815, abs=0.0005)


def chance_rows(sizes, count, people=2, seed=1):
    rng = random.Random(seed)
    rows = []
    for number in range(count):
        k = rng.choice(sizes)
        rows.append(row(f"p{number}", [f"a{i}" for i in range(k)],
                        *[(f"person:{who}", [rng.randint(1, k) for _ in range(k)] if rng.random() < 0.3 else
                           rng.sample(range(1, k + 1), k)) for who in range(people)]))
    return rows


@pytest.mark.parametrize("sizes", [(2, 10), (2, 2, 2, 8), (3,), (4, 9)])
def test_alpha_of_chance_is_zero_whatever_numbers_of_answers_are_mixed(sizes):
    values = [alpha(chance_rows(sizes, 300, seed=seed)) for seed in range(10)]
    assert abs(sum(values) / len(values)) < 0.03


def test_alpha_of_one_number_of_answers_is_not_changed_by_others_that_agree_as_far():
    rows = [row(f"p{i}", ["x", "y", "z"], ("person:a", [1, 2, 3]), ("person:b", [1, 3, 2])) for i in range(8)]
    pairs = [row(f"q{i}", ["x", "y"], ("person:a", [1, 2]), ("person:b", [1, 2])) for i in range(8)]
    assert alpha(rows) < alpha([*rows, *pairs]) < 1


def test_the_interval_of_alpha_holds_the_true_value_and_narrows_with_more_prompts():
    few, many = alpha_interval(chance_rows((2, 5), 60)), alpha_interval(chance_rows((2, 5), 900))
    assert few[0] < 0 < few[1]
    assert many[1] - many[0] < (few[1] - few[0]) / 2
    assert alpha_interval([ROWS[0]]) is None


def test_the_interval_of_a_share_is_about_as_wide_as_the_binomial_says():
    low, high = share_interval([(i % 2, 1) for i in range(400)])
    assert (low, high) == pytest.approx((0.45, 0.55), abs=0.012)      # 1.96 * sqrt(0.25 / 400) = 0.049
    assert share_interval([(1, 1)]) is None
