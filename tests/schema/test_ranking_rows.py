"""Rankings as they are kept: orders, groups, turns, and that nobody changes one in place."""

import pytest
from pydantic import ValidationError

from instructwild.schema import Candidate, Message, Ranking, RankingRow

CALL = '[{"type":"function","function":{"name":"tides","arguments":{"month":3}}}]'


def test_groups_and_ranks_say_the_same_order_best_first():
    ranking = Ranking.from_groups("person:a", [[2], [0, 1]])
    assert ranking.ranks == (2, 2, 1)
    assert ranking.groups == ((2,), (0, 1))
    assert ranking.pairs == ((2, 0), (2, 1))


def test_a_candidate_is_a_turn_of_the_assistant_with_its_thoughts_and_calls():
    turn = Candidate(id="1", text="It rises.", reasoning_content="The moon.", tool_calls=CALL).message
    assert (turn.role, turn.content, turn.reasoning_content) == ("assistant", "It rises.", "The moon.")
    assert turn.tool_calls == CALL
    bare = Candidate(id="1", text="It rises.", reasoning_content="").message
    assert (bare.reasoning_content, bare.tool_calls) == (None, None)


def test_nothing_of_a_ranking_row_is_changed_in_place_and_no_language_is_und():
    row = RankingRow(id="p", messages=(Message(role="user", content="Which?"),),
                     candidates=(Candidate(id="1", text="a"), Candidate(id="2", text="b")),
                     rankings=(Ranking(annotator="person:a", ranks=(1, 2)),))
    assert row.language == "und"
    for part, name in ((row, "language"), (row.candidates[0], "text"), (row.rankings[0], "annotator")):
        with pytest.raises(ValidationError):
            setattr(part, name, "other")


def test_pairs_come_in_the_order_of_the_candidates():
    row = RankingRow(id="p", messages=(Message(role="user", content="Which?"),),
                     candidates=tuple(Candidate(id=str(number), text=text) for number, text in enumerate("abca")),
                     rankings=(Ranking(annotator="person:x", ranks=(3, 2, 1, 3)),))
    assert [(pair.chosen, pair.rejected) for pair in row.preference_pairs()] == [(1, 0), (2, 0), (2, 1)]
