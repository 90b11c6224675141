"""What a row or a message says beside its text: thumbs of users, thoughts in lists, columns named in any language."""

import json

import pytest

from instructwild.read.instructions import read
from instructwild.schema.verdict import Reason
from instructwild.stage.frames import instructions

ANSWERED = {"prompt": "Name a river.", "response": "The Skjern."}


def table_of(tmp_path, *rows):
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return read([path])


@pytest.mark.parametrize("mark", [{"feedback": "thumbs_down"}, {"vote": "👎"}, {"user_feedback": "Dislike"},
                                  {"thumbs": "thumbsDown"}, {"feedback": {"rating": "thumbsDown"}}])
def test_a_thumb_down_is_a_mark_of_bad(mark, tmp_path):
    table = table_of(tmp_path, {**ANSWERED, **mark}, {**ANSWERED, "feedback": "thumbs_up"})
    assert [row.reason for row in table.malformed] == [Reason.MARKED_BAD]
    assert table.frame.height == 1


@pytest.mark.parametrize("beside", [{"feedback": "It was the wrong one."}, {"vote": "-1"}, {"vote": 0}, {"feedback": None}])
def test_a_text_or_a_number_there_is_none(beside, tmp_path):
    assert table_of(tmp_path, {**ANSWERED, **beside}).frame.height == 1


def message(**fields):
    return {"messages": [{"role": "user", "content": "Name a river."}, {"role": "assistant", **fields}]}


@pytest.mark.parametrize("fields", [
    {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "West"}, {"type": "text", "text": "coast"}]},
                 {"type": "text", "text": "The Skjern."}]},
    {"content": [{"type": "reasoning", "summary": [{"type": "summary_text", "text": "West\ncoast"}]},
                 {"type": "output_text", "text": "The Skjern."}]},
    {"content": "The Skjern.", "reasoning_details": [{"type": "reasoning.text", "text": "West"},
                                                     {"type": "reasoning.summary", "summary": "coast"},
                                                     {"type": "reasoning.encrypted", "data": "zzz"}]}])
def test_thoughts_in_lists_are_thoughts(fields, tmp_path):
    (row,) = instructions(table_of(tmp_path, message(**fields)).frame)
    answer = row.messages[1]
    assert (answer.reasoning_content, answer.content) == ("West\ncoast", "The Skjern.")


@pytest.mark.parametrize(("columns", "options"), [
    (("السؤال", "الجواب"), "--map 'prompt=السؤال' --map 'answer=الجواب'"),
    (("Kysymys", "Vastaus"), "--map prompt=Kysymys --map answer=Vastaus")])
def test_two_columns_in_any_language_get_a_command(columns, options, tmp_path):
    assert options in table_of(tmp_path, dict.fromkeys(columns, "x y")).unread[0]


def test_rows_that_are_single_messages_are_told_what_to_do(tmp_path):
    (remedy,) = table_of(tmp_path, {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}).unread
    assert "each is a single message" in remedy
    assert "--map" not in remedy


def test_turns_as_pairs_are_a_conversation(tmp_path):
    (row,) = instructions(table_of(tmp_path, {"turns": [{"user": "A river?", "assistant": "Skjern."}]}).frame)
    assert [turn.content for turn in row.messages] == ["A river?", "Skjern."]
