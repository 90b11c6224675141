"""Ids follow from content, rankings hold ties, and rows survive the way to disk and back."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instructwild.read.layouts import to_messages
from instructwild.schema import (
    Candidate,
    Instruction,
    MadeBy,
    Message,
    Origin,
    Ranking,
    RankingRow,
    content_id,
    instruction_of,
)
from instructwild.schema.columns import (
    instruction_from_columns,
    instruction_to_columns,
    ranking_from_columns,
    ranking_to_columns,
)
from instructwild.schema.identity import response_id, salted_hash
from instructwild.stage.frames import instruction_frame, instructions

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def test_an_id_is_the_sha256_of_the_canonical_json():
    canonical = '[["user","什么是\\"并列\\"？"]]'.encode()
    assert content_id([("user", '什么是"并列"？')]) == hashlib.sha256(canonical).hexdigest()[:16]


def test_the_answer_does_not_change_the_id_but_an_earlier_turn_does():
    asked = [("user", "hi"), ("assistant", "hello"), ("user", "why?")]
    assert content_id(asked) == content_id([*asked, ("assistant", "because")])
    assert content_id(asked) != content_id([("user", "hi"), ("assistant", "hey"), ("user", "why?")])
    assert response_id(asked) is None
    assert response_id([*asked, ("assistant", "because")]) == content_id([("assistant", "because")])


def test_of_a_single_turn_the_prompt_and_its_answer_have_ids_of_their_own():
    turns = [("user", "why?"), ("assistant", "because")]
    assert content_id(turns) == content_id(turns[:1]) != content_id(turns[1:])
    assert response_id(turns) == content_id(turns[1:])
    assert response_id(turns[1:]) is None, "no question, no answer"


def test_composed_and_decomposed_text_are_one_prompt():
    assert content_id([("user", "café")]) == content_id([("user", "cafe\u0301")])


def test_a_lone_surrogate_has_no_id():
    with pytest.raises(UnicodeEncodeError):
        content_id([("user", "\ud800")])


@given(st.lists(st.tuples(st.sampled_from(["user", "assistant", "system"]), TEXT), min_size=1, max_size=5))
def test_ids_never_collide_by_moving_text_between_turns(turns):
    joined = [("user", "".join(f"{role}{text}" for role, text in turns))]
    assert content_id(turns) != content_id(joined) or turns == joined


def test_a_salted_hash_needs_the_salt():
    assert salted_hash("a", "anna") != salted_hash("b", "anna")
    assert salted_hash("ab", "c") != salted_hash("a", "bc")


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=8))
def test_ranks_are_dense_and_groups_say_the_same(ranks):
    ranking = Ranking(annotator="person:x", ranks=tuple(ranks))
    assert sorted(set(ranking.ranks)) == list(range(1, max(ranking.ranks) + 1))
    assert Ranking.from_groups("person:x", ranking.groups).ranks == ranking.ranks
    assert all(ranks[better] < ranks[worse] for better, worse in ranking.pairs)
    ties = sum(ranks[i] == ranks[j] for i in range(len(ranks)) for j in range(i))
    assert len(ranking.pairs) == len(ranks) * (len(ranks) - 1) // 2 - ties


def test_groups_must_name_each_candidate_once():
    with pytest.raises(ValueError, match="each candidate"):
        Ranking.from_groups("person:x", [[0], [2]])


def test_a_ranking_has_one_rank_for_each_candidate():
    with pytest.raises(ValueError, match="another number of ranks \(2\) than the row has candidates \(1\)"):
        RankingRow(id="x", messages=(Message(role="user", content="?"),), candidates=(Candidate(id="a", text="b"),),
                   rankings=(Ranking(annotator="person:x", ranks=(1, 2)),))


FINITE = st.floats(allow_nan=False, allow_infinity=False)


@given(TEXT.filter(bool), TEXT, st.dictionaries(TEXT.filter(bool), FINITE, max_size=3))
def test_an_instruction_survives_the_way_to_disk(prompt, answer, scores):
    row = instruction_of(prompt, language="zh-Hans", origin=(Origin(kind="x", source="tweets.js", license="CC0-1.0"),),
                         parents=("abc",), made_by=MadeBy(model="m", sampling={"temperature": 0.7}, usd=0.1), scores=scores)
    row = row.answered(answer)
    assert row.response == answer
    assert instruction_from_columns(instruction_to_columns(row)) == row
    assert list(instructions(instruction_frame([row]))) == [row]


def test_a_ranking_row_survives_the_way_to_disk():
    row = RankingRow(id="x", messages=(Message(role="user", content="?"),),
                     candidates=(Candidate(id="a", text="A"), Candidate(id="b", text="B", model="m")),
                     rankings=(Ranking(annotator="scripted:tidy", ranks=(1, 1), seconds=2.5),))
    assert ranking_from_columns(ranking_to_columns(row)) == row


def test_an_unknown_column_is_refused():
    with pytest.raises(ValueError, match="Extra inputs"):
        Instruction.model_validate({"messages": [{"role": "user", "content": "?"}], "lables": {}})


@pytest.mark.parametrize(("row", "turns"), [
    ({"instruction": "问", "input": "", "output": "答"}, [("user", "问"), ("assistant", "答")]),
    ({"instruction": "Sum", "input": "1 2", "output": ""}, [("user", "Sum\n1 2")]),
    ({"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]},
     [("user", "a"), ("assistant", "b")]),
    ({"prompt": "q", "completion": "r", "system": "s"}, [("system", "s"), ("user", "q"), ("assistant", "r")]),
    ({"instruction": "3", "history": [["1", "2"]]}, [("user", "1"), ("assistant", "2"), ("user", "3")]),
])
def test_known_layouts_become_turns(row, turns):
    assert [(turn["role"], turn["content"]) for turn in to_messages(row)] == turns


@pytest.mark.parametrize(("row", "told"), [
    ({"stem": "x"}, "no known layout"),
    ({"messages": []}, "is empty"),
    ({"messages": [{"role": "wizard", "content": "x"}]}, "unknown role 'wizard'"),
    ({"instruction": {"a": 5}}, "should be text, found dict"),
])
def test_unknown_layouts_say_what_was_found(row, told):
    with pytest.raises(ValueError, match=told):
        to_messages(row)
