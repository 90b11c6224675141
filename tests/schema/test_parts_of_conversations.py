"""Prompt, context and answer of a row; messages as they are stored, shown and sent; candidates that are conversations."""

import json

import pytest
from pydantic import ValidationError

from instructwild.schema import Candidate, Instruction, Message, Ranking, RankingRow, instruction_of, prompt_text
from instructwild.schema.message import chat_message, list_as_text, readable_calls

SYSTEM = Message(role="system", content="Be brief.")
FIRST, SECOND = Message(role="user", content="Which reed?"), Message(role="user", content="And which sedge?")
REED, SEDGE = Message(role="assistant", content="Common reed."), Message(role="assistant", content="Saw sedge.")
TOOL = Message(role="tool", content="three", tool_call_id="c")
CALLS = [{"id": "c", "type": "function", "function": {"name": "数", "arguments": '{"b": 1, "a": "苇"}'}}]


def test_the_prompt_ends_with_the_last_user_turn_and_the_response_follows_it():
    row = Instruction(messages=(SYSTEM, FIRST, REED, SECOND, SEDGE))
    assert row.prompt == (SYSTEM, FIRST, REED, SECOND)
    assert row.response == "Saw sedge."
    assert row.answer == SEDGE
    assert row.language == "und"


def test_a_row_that_nobody_answered_has_no_response_and_no_answer():
    row = Instruction(messages=(FIRST, REED, SECOND))
    assert (row.prompt, row.response, row.answer, row.response_id) == (row.messages, None, None, None)


def test_a_text_without_a_prompt_is_all_answer():
    row = Instruction(messages=(REED,))
    assert (row.prompt, row.context, row.response, row.answer) == ((), (), "Common reed.", REED)


def test_of_several_turns_after_the_prompt_the_last_is_the_response():
    row = Instruction(messages=(FIRST, Message(role="assistant", content="", tool_calls=CALLS), TOOL, REED))
    assert row.response == "Common reed."
    assert row.context == row.messages[:3]
    assert Instruction(messages=row.messages[:3]).answer is None


def test_an_empty_turn_of_the_assistant_is_no_answer_and_a_user_is_none():
    assert Instruction(messages=(FIRST, Message(role="assistant", content=""))).answer is None
    assert Instruction(messages=(FIRST,)).answer is None


def test_another_answer_changes_the_answers_id_alone():
    row = Instruction(messages=(SYSTEM, FIRST, REED), language="en")
    other = row.answered("Giant reed.", language="zh-Hans")
    assert (other.id, other.language, other.response) == (row.id, "zh-Hans", "Giant reed.")
    giant = Message(role="assistant", content="Giant reed.")
    assert other.response_id == Instruction(messages=(SYSTEM, FIRST, giant)).response_id
    assert other.messages[:2] == row.messages[:2]


def test_ids_follow_from_the_messages_unless_they_are_there_already():
    row = Instruction(messages=(FIRST, REED))
    assert Instruction(id="kept", messages=(FIRST, REED)).id == "kept"
    assert Instruction.model_validate({"messages": [FIRST.model_dump(), REED.model_dump()]}) == row
    assert len(row.id) == len(row.response_id) == 16
    with pytest.raises(ValidationError):
        Instruction(messages=())


def test_a_text_alone_is_a_prompt_of_one_user_turn():
    assert instruction_of("Which reed?", language="en") == Instruction(messages=(FIRST,), language="en")


@pytest.mark.parametrize(("messages", "text"), [
    ([SYSTEM, FIRST, REED, SECOND, SEDGE], "Be brief.\nWhich reed?\nAnd which sedge?"),
    ([FIRST], "Which reed?"),
    ([REED], ""),
    ([FIRST, TOOL, SECOND], "Which reed?\nthree\nAnd which sedge?")])
def test_duplicates_are_judged_on_what_all_but_the_assistant_said(messages, text):
    assert prompt_text(iter(messages)) == text


def test_calls_are_stored_as_compact_json_and_sent_as_a_list():
    turn = Message(role="assistant", content="", tool_calls=CALLS)
    assert turn.tool_calls == json.dumps(CALLS, ensure_ascii=False, separators=(",", ":"))
    assert turn.chat() == {"role": "assistant", "content": "", "tool_calls": CALLS}
    assert chat_message({"role": "user", "content": "x", "name": None, "tool_calls": CALLS}) == {
        "role": "user", "content": "x", "tool_calls": CALLS}
    assert turn.turn == Message.model_validate(turn.model_dump()).turn
    assert TOOL.turn == ("tool", "three", "", "c")
    assert [list_as_text(value) for value in ((), [], None, "[1]", ("数",))] == [None, None, None, "[1]", '["数"]']


def test_fields_that_hold_nothing_are_left_out_of_a_dump():
    assert FIRST.model_dump() == {"role": "user", "content": "Which reed?"}
    assert TOOL.model_dump() == {"role": "tool", "content": "three", "tool_call_id": "c"}
    for role in ("system", "user", "assistant", "tool"):
        assert Message(role=role, content="").role == role
    with pytest.raises(ValidationError):
        Message(role="developer", content="")


@pytest.mark.parametrize(("stored", "shown"), [
    (json.dumps(CALLS), '数({"a": "苇", "b": 1})'),
    (json.dumps([*CALLS, {"name": "none"}]), '数({"a": "苇", "b": 1})\nnone({})'),
    (json.dumps([{"function": {"name": "f", "arguments": {"b": 2, "a": 1}}}]), 'f({"a": 1, "b": 2})'),
    ('["no call"]', "no call"), ('[{"function": "f"}]', "{'function': 'f'}"), ("not json", "not json"), (None, "")])
def test_stored_calls_are_shown_to_people_whatever_they_hold(stored, shown):
    assert readable_calls(stored) == shown


TURNS = [REED.model_dump(), SECOND.model_dump()]
WHOLE = Candidate(id="1", text="Saw sedge.", turns=TURNS)


def test_a_candidate_may_be_a_conversation_of_which_the_answer_is_the_end():
    assert WHOLE.messages == [REED, SECOND, SEDGE]
    assert WHOLE.message == SEDGE
    assert json.loads(WHOLE.turns) == TURNS
    assert WHOLE.shown == "[assistant]\nCommon reed.\n\n[user]\nAnd which sedge?\n\n[assistant]\nSaw sedge."
    calling = Candidate(id="2", text="Look:", tool_calls=CALLS, turns=TURNS)
    assert calling.shown.endswith('[assistant]\nLook:\n数({"a": "苇", "b": 1})')


def test_a_candidate_that_is_one_answer_has_no_turns_of_its_own():
    alone = Candidate(id="1", text="Saw sedge.", turns=[])
    assert (alone.turns, alone.messages, alone.shown) == (None, [SEDGE], "Saw sedge.")
    assert Candidate(id="1", text="", tool_calls=CALLS).shown == '数({"a": "苇", "b": 1})'


def test_conversations_that_end_alike_are_a_pair_where_they_differ_before():
    other = Candidate(id="2", text="Saw sedge.", turns=[{"role": "assistant", "content": "No idea."}, TURNS[1]])
    row = RankingRow(id="p", messages=(FIRST,), candidates=(WHOLE, other, WHOLE.model_copy(update={"id": "3"})),
                     rankings=(Ranking(annotator="person:a", ranks=(1, 3, 2)),))
    assert [(pair.chosen, pair.rejected) for pair in row.preference_pairs()] == [(0, 1)]
