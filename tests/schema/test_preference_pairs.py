"""One definition of a preference pair: strictly ordered, texts differ, people before models, by majority, one id each."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instructwild.schema import Candidate, Message, Ranking, RankingRow


def row(texts, *rankings):
    """A row whose rankings are (annotator, ranks) pairs."""
    return RankingRow(id="q", messages=(Message(role="user", content="哪个好？"),),
                      candidates=tuple(Candidate(id=f"c{i}", text=text) for i, text in enumerate(texts)),
                      rankings=tuple(Ranking(annotator=name, ranks=ranks) for name, ranks in rankings))


def ordered(ranked):
    return [(pair.chosen, pair.rejected) for pair in ranked.preference_pairs()]


def test_where_people_ranked_models_do_not_count():
    ranked = row("ab", ("model:m", (2, 1)), ("person:1", (1, 2)), ("scripted:longest", (2, 1)))
    assert ordered(ranked) == [(0, 1)]
    assert ranked.preference_pairs()[0].annotator == "person"


def test_models_count_before_scripts_and_scripts_count_last():
    assert ordered(row("ab", ("scripted:longest", (2, 1)), ("model:m", (1, 2)))) == [(0, 1)]
    alone = row("ab", ("scripted:longest", (2, 1)))
    assert (ordered(alone), alone.preference_pairs()[0].annotator) == ([(1, 0)], "scripted")


@pytest.mark.parametrize("status", ["draft", "discarded"])
def test_what_a_person_did_not_submit_does_not_count(status):
    ranked = row("ab", ("model:m", (2, 1)))
    unfinished = Ranking(annotator="person:1", ranks=(1, 2), status=status)
    assert ordered(ranked.model_copy(update={"rankings": (*ranked.rankings, unfinished)})) == [(1, 0)]


def test_a_majority_decides_and_an_even_split_gives_no_pair():
    three = row("ab", ("person:1", (1, 2)), ("person:2", (1, 2)), ("person:3", (2, 1)))
    assert ordered(three) == [(0, 1)]
    assert three.preference_pairs()[0].agreement == 2 / 3
    assert ordered(row("ab", ("person:1", (1, 2)), ("person:2", (2, 1)))) == []


def test_equal_texts_are_one_candidate():
    assert ordered(row(["x", "y", "x"], ("person:1", (1, 3, 2)))) == [(0, 1)]
    assert ordered(row(["x", "y", "x"], ("person:1", (1, 2, 3)))) == []      # y between two copies of x


def test_the_last_ranking_of_a_person_counts():
    assert ordered(row("ab", ("person:1", (1, 2)), ("person:1", (2, 1)))) == [(1, 0)]


@given(st.lists(st.sampled_from("abc"), min_size=2, max_size=5), st.data())
def test_no_pair_twice_none_reversed_none_of_equal_texts(texts, data):
    ranks = st.tuples(*[st.integers(1, 4)] * len(texts))
    ranked = row(texts, *[(f"person:{i}", data.draw(ranks)) for i in range(data.draw(st.integers(0, 4)))])
    pairs = ranked.preference_pairs()
    by_text = [(texts[pair.chosen], texts[pair.rejected]) for pair in pairs]
    assert len(set(by_text)) == len(by_text) == len({pair.id for pair in pairs})
    assert all(chosen != rejected and (rejected, chosen) not in by_text for chosen, rejected in by_text)
