"""Agreement against numbers worked by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instructwild_annotation import agreement
from instructwild_annotation.agreement import Agreement, compare
from tests.annotation.rows import row

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
    assert agreement.overall(ROWS) == Agreement(same=3, opposed=3)
    assert agreement.by_language(ROWS) == {"en": Agreement(same=3), "zh-Hans": Agreement(opposed=3)}
    assert agreement.by_annotator(ROWS) == {"person:a": Agreement(same=3, opposed=3), "person:b": Agreement(same=3),
                                            "person:c": Agreement(opposed=3)}


def test_the_prompts_people_disagree_on_are_listed_least_agreement_first():
    rows = [*ROWS, row("four", ["x", "y", "z"], ("person:a", [1, 2, 3]), ("person:b", [1, 3, 2]), ("person:c", [2, 1, 3]))]
    assert [found[0].messages[0].content for found in agreement.second_look(rows, below=0.6)] == ["二", "four"]
    assert agreement.second_look(rows, below=0.0) == []


def test_only_the_last_submitted_ranking_of_an_annotator_counts():
    twice = row("one", ["x", "y"], ("person:a", [1, 2]), ("person:a", [2, 1]), ("person:b", [2, 1]))
    draft = twice.rankings[2].model_copy(update={"status": "draft", "annotator": "person:c"})
    assert agreement.overall([twice.model_copy(update={"rankings": (*twice.rankings, draft)})]) == Agreement(same=1)


def test_alpha_is_one_for_equal_judgements_and_matches_a_hand_worked_case():
    same = [row(f"p{i}", ["x", "y", "z"], ("person:a", [1, 2, 3]), ("person:b", [1, 2, 3])) for i in range(3)]
    assert agreement.alpha(same) == pytest.approx(1.0)
    # Units with values (1,1) and (1,2): o11 = 2, o12 = o21 = 1; n1 = 3, n2 = 1, n = 4. One distance only, so it cancels:
    # alpha = 1 - (n - 1) * o12 / (n1 * n2) = 1 - 3 * 1 / 3 = 0
    tied = row("p", ["x", "y"], ("person:a", [1, 1]), ("person:b", [1, 2]))
    assert agreement.alpha([tied]) == pytest.approx(0.0)


def test_alpha_of_opposite_judgements_is_below_chance():
    # values (1,2), (2,1): o12 = o21 = 2; n1 = n2 = 2: alpha = 1 - 3 * 2 / 4 = -0.5
    assert agreement.alpha([row("p", ["x", "y"], ("person:a", [1, 2]), ("person:b", [2, 1]))]) == pytest.approx(-0.5)


def test_alpha_is_unknown_where_nothing_can_be_compared():
    assert agreement.alpha([]) is None
    assert agreement.alpha([row("p", ["x", "y"], ("person:a", [1, 2]))]) is None
    assert agreement.alpha([row("p", ["x", "y"], ("person:a", [1, 1]), ("person:b", [1, 1]))]) is None


def test_models_are_measured_against_people_and_people_by_themselves():
    rows = [row("one", ["x", "y"], ("person:a", [1, 2]), ("person:b", [1, 2]), ("model:m", [2, 1]), ("scripted:s", [1, 2])),
            row("two", ["x", "y"], ("person:a", [1, 1]), ("model:m", [1, 1]), ("model:n", [1, 2]))]
    found = agreement.with_people(rows)
    assert {who: (one.same, one.half, one.opposed) for who, one in found.items()} == {
        "model:m": (1, 0, 2), "model:n": (0, 1, 0), "scripted:s": (2, 0, 0)}
    assert [[ranking.annotator for ranking in one.rankings] for one in agreement.of_people(rows)] == [
        ["person:a", "person:b"], ["person:a"]]
