"""Shapes that files, histories and messages come in: tables with a delimiter line, objects around rows, other names."""

import json

import pytest

from instructwild.read.instructions import read
from instructwild.stage.frames import instructions

ASK, SAID = "Where does the eel spawn?", "In the Sargasso Sea."
MUSED = "They ask about the European eel."


def written(folder, name, value):
    path = folder / name
    path.write_text(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1), encoding="utf-8")
    return path


def rows_of(path, **options):
    return list(instructions(read([path], **options).frame))


def said(row):
    return [message.content for message in row.messages]


@pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "SEP=;"])
def test_a_first_line_that_tells_excel_the_delimiter_is_no_header(tmp_path, first):
    table = read([written(tmp_path, "rows.csv", f"{first}\nprompt;response\n{ASK};{SAID}\ntoo;many;cells\n")])
    assert [said(row) for row in instructions(table.frame)] == [[ASK, SAID]]
    assert table.malformed[0].evidence.endswith("rows.csv:4")


SHAPES = {
    "columns": {"instruction": [ASK], "output": [SAID]},
    "one row by its key": {"r1": {"instruction": ASK, "output": SAID}},
    "two objects around a list": {"version": "2", "data": {"count": 1, "items": [{"question": ASK, "answer": SAID}]}},
    "the Hub's viewer": {"features": [{"name": "prompt"}], "num_rows_total": 1,
                         "rows": [{"row_idx": 0, "row": {"prompt": ASK, "response": SAID}}]},
    "UltraChat": [{"id": "0", "data": [ASK, SAID]}],
    "text in place of content": [{"messages": [{"role": "user", "text": ASK}, {"role": "assistant", "text": SAID}]}],
    "message in place of content": [{"conversation": [{"speaker": "Human", "message": ASK},
                                                      {"speaker": "AI", "message": SAID}]}],
    "authors": [{"messages": [{"author": "user", "content": ASK}, {"author": "assistant", "content": SAID}]}]}


@pytest.mark.parametrize("value", SHAPES.values(), ids=SHAPES)
def test_each_shape_holds_the_same_row(tmp_path, value):
    row, = rows_of(written(tmp_path, "rows.json", value))
    assert said(row) == [ASK, SAID]


def test_columns_under_names_that_are_not_read_are_rows_of_a_table_all_the_same(tmp_path):
    path = written(tmp_path, "rows.json", {"问题": ["鳗鱼在哪里产卵?", "为什么?"], "回答": ["马尾藻海。", "没人知道。"]})
    assert "--map 'prompt=问题' --map 'answer=回答'" in read([path]).unread[0]
    assert [said(row) for row in rows_of(path, columns={"prompt": "问题", "answer": "回答"})] == [
        ["鳗鱼在哪里产卵?", "马尾藻海。"], ["为什么?", "没人知道。"]]


@pytest.mark.parametrize("history", [
    [["Hi", "Hello"]], "[['Hi', 'Hello']]", '[["Hi", "Hello"]]', [{"user": "Hi", "bot": "Hello"}],
    [{"q": "Hi", "a": "Hello"}], [{"问": "Hi", "答": "Hello"}], ["Hi", "Hello"], [None, ["Hi", "Hello"]],
    [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]])
def test_a_history_in_any_of_its_shapes_stands_before_the_instruction(tmp_path, history):
    row, = rows_of(written(tmp_path, "rows.json", [{"instruction": ASK, "output": SAID, "history": history}]))
    assert said(row) == ["Hi", "Hello", ASK, SAID]


@pytest.mark.parametrize("messages", [
    [{"role": "user", "utterance": ASK}, {"role": "assistant", "utterance": SAID}],
    [{"role": "customer", "content": ASK}, {"role": "agent", "content": SAID}]])
def test_messages_that_cannot_be_understood_cost_the_row_and_the_gate_says_why(tmp_path, messages):
    table = read([written(tmp_path, "rows.json", [{"messages": messages}])])
    assert table.frame.height == 0
    assert any(words in table.unread[0] for words in ("turn 0 has no content: found the keys role, utterance",
                                                      "turn 0 has the unknown role 'customer'"))
    assert "--map" not in table.unread[0]


@pytest.mark.parametrize("fields", [
    {"reasoning": {"summary": MUSED}}, {"reasoning_details": [{"text": MUSED}]}, {"thought": MUSED},
    {"reasoning_content": "Short.", "thinking": MUSED}, {"parts": MUSED}, {"name": {"first": MUSED}}])
def test_no_field_of_a_message_is_lost(tmp_path, fields):
    row, = rows_of(written(tmp_path, "rows.json", [{"messages": [
        {"role": "user", "content": ASK}, {"role": "assistant", "content": SAID, **fields}]}]))
    assert said(row) == [ASK, SAID]
    assert MUSED in json.dumps(row.extra["messages_fields"])


def test_thoughts_that_two_fields_hold_alike_are_kept_once(tmp_path):
    row, = rows_of(written(tmp_path, "rows.json", [{"messages": [
        {"role": "user", "content": ASK}, {"role": "assistant", "content": SAID, "reasoning": MUSED, "thinking": MUSED}]}]))
    assert (row.messages[-1].reasoning_content, row.extra) == (MUSED, {})


@pytest.mark.parametrize("column", ["thinking", "Complex_CoT", "思维链"])
def test_a_column_of_thoughts_is_kept_and_the_map_that_reads_it_is_proposed(tmp_path, column):
    path = written(tmp_path, "rows.json", [{"question": ASK, "response": SAID, column: MUSED}])
    table = read([path])
    assert table.inputs[0].read_as.hint.replace("'", "") == f"--map reasoning={column}"
    row, = rows_of(path, columns={"reasoning": column})
    assert row.messages[-1].reasoning_content == MUSED


def test_commands_of_moss_plugins_are_kept(tmp_path):
    turns = {"Human": f"<|Human|>: {ASK}<eoh>", "Inner Thoughts": "None", "Commands": '<|Commands|>: Search("eel")<eoc>',
             "Tool Responses": "<|Results|>: a sea<eor>", "MOSS": f"<|MOSS|>: {SAID}<eom>"}
    row, = rows_of(written(tmp_path, "rows.json", [{"meta_instruction": "", "chat": {"turn_1": turns}}]))
    assert (said(row), row.extra["chat"]["turn_1"]["Commands"]) == ([ASK, SAID], turns["Commands"])
    plain = {**turns, "Commands": "<|Commands|>: None<eoc>", "Tool Responses": "<|Results|>: None<eor>"}
    row, = rows_of(written(tmp_path, "rows.json", [{"meta_instruction": "", "chat": {"turn_1": plain}}]))
    assert row.extra == {}
