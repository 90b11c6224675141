"""What an answer follows and what it is, with calls of tools; ranking rows of earlier versions are read."""

import json

import polars as pl

from instructwild.schema import Candidate, Instruction, Message, RankingRow
from instructwild.schema.message import readable_calls
from instructwild.stage.frames import RANKING, ranking_frame, rankings, upgraded

CALL = {"id": "c1", "type": "function", "function": {"name": "tide", "arguments": '{"port": "Ribe", "day": 1}'}}
ASK = Message(role="user", content="When is high tide?")
CALLING = Message(role="assistant", content="", tool_calls=[CALL])
RESULT = Message(role="tool", content="05:10", tool_call_id="c1")


def test_the_answer_follows_the_last_user_or_tool_turn():
    row = Instruction(messages=(ASK, CALLING, RESULT))
    assert (row.context, row.answer) == ((ASK, CALLING, RESULT), None)
    answered = row.answered("At ten past five.")
    assert [message.role for message in answered.messages] == ["user", "assistant", "tool", "assistant"]
    assert answered.id == row.id
    calling = Instruction(messages=(ASK, CALLING))
    assert (calling.context, calling.answer) == ((ASK,), CALLING)
    assert row.answered(CALLING).answer == CALLING


def test_calls_are_shown_without_their_ids_and_with_sorted_arguments():
    assert readable_calls(json.dumps([CALL])) == 'tide({"day": 1, "port": "Ribe"})'
    assert readable_calls(json.dumps([{"function": {"name": "f", "arguments": "port=Ribe"}}])) == "f(port=Ribe)"
    candidate = Candidate(id="a", text="Let me look.", tool_calls=[CALL])
    assert candidate.shown == 'Let me look.\ntide({"day": 1, "port": "Ribe"})'


def test_ranking_rows_keep_calls_and_tools_and_earlier_ones_gain_the_columns():
    calling = Candidate(id="a", text="", tool_calls=[CALL])
    row = RankingRow(id="r", messages=(ASK,), candidates=(calling,), tools=[{"name": "tide"}])
    frame = ranking_frame([row])
    assert [*rankings(frame)] == [row]
    for fields in (("id", "text", "model"), ("id", "text", "model", "reasoning_content"),
                   ("id", "text", "model", "reasoning_content", "tool_calls")):
        earlier = {"id": "r", "messages": [{"role": "user", "content": "q"}], "language": "en", "rankings": [],
                   "candidates": [dict.fromkeys(fields, "x")]}
        old = pl.DataFrame([earlier], schema_overrides={"rankings": RANKING["rankings"]})
        assert upgraded(old).select(RANKING.names()).schema == RANKING
