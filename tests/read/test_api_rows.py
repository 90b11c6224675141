"""Rows in the formats of model providers: Anthropic's blocks, Gemini's contents, Bedrock's conversations, batch requests."""

import json

import pytest

from instructwild.read.instructions import read

ASK, ANSWER = "几号有大潮？", "初一和十五前后。"
SCHEMA = {"type": "object", "properties": {"month": {"type": "integer"}}}
ROWS = {
    "Anthropic": {
        "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}], "max_tokens": 100,
        "tools": [{"name": "tides", "description": "Tide tables.", "input_schema": SCHEMA}],
        "messages": [{"role": "user", "content": ASK},
                     {"role": "assistant", "content": [
                         {"type": "thinking", "thinking": "ask the table", "signature": "sig"},
                         {"type": "tool_use", "id": "t1", "name": "tides", "input": {"month": 3}}]},
                     {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1",
                                                   "content": [{"type": "text", "text": "1, 15"}]}]},
                     {"role": "assistant", "content": [{"type": "text", "text": ANSWER}]}]},
    "Gemini": {
        "systemInstruction": {"role": "system", "parts": [{"text": "Be brief."}]},
        "tools": [{"functionDeclarations": [{"name": "tides", "description": "Tide tables.", "parameters": SCHEMA}]}],
        "contents": [{"role": "user", "parts": [{"text": ASK}]},
                     {"role": "model", "parts": [{"text": "ask the table", "thought": True},
                                                 {"functionCall": {"id": "t1", "name": "tides", "args": {"month": 3}}}]},
                     {"role": "user", "parts": [{"functionResponse": {"id": "t1", "name": "tides", "response": "1, 15"}}]},
                     {"role": "model", "parts": [{"text": ANSWER}]}]},
    "Bedrock": {
        "schemaVersion": "bedrock-conversation-2024", "system": [{"text": "Be brief."}],
        "toolConfig": {"tools": [{"toolSpec": {"name": "tides", "description": "Tide tables.",
                                               "inputSchema": {"json": SCHEMA}}}]},
        "messages": [{"role": "user", "content": [{"text": ASK}]},
                     {"role": "assistant", "content": [
                         {"reasoningContent": {"reasoningText": {"text": "ask the table"}}},
                         {"toolUse": {"toolUseId": "t1", "name": "tides", "input": {"month": 3}}}]},
                     {"role": "user", "content": [{"toolResult": {"toolUseId": "t1", "content": [{"text": "1, 15"}]}}]},
                     {"role": "assistant", "content": [{"text": ANSWER}]}]},
}
CALL = {"id": "t1", "type": "function", "function": {"name": "tides", "arguments": {"month": 3}}}


def written(folder, *rows, name="in.jsonl"):
    path = folder / name
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return path


def turns_of(table, number=0):
    return [(turn["role"], turn["content"]) for turn in table.frame["messages"][number]]


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_a_conversation_with_a_tool_is_the_same_whoever_writes_it(tmp_path, row):
    table = read([written(tmp_path, row)])
    assert turns_of(table) == [("system", "Be brief."), ("user", ASK), ("assistant", ""), ("tool", "1, 15"),
                               ("assistant", ANSWER)]
    asking, result = table.frame["messages"][0][2], table.frame["messages"][0][3]
    assert (asking["reasoning_content"], json.loads(asking["tool_calls"]), result["tool_call_id"]) == (
        "ask the table", [CALL], "t1")
    assert json.loads(table.frame["tools"][0]) == [{"type": "function", "function": {
        "name": "tides", "description": "Tide tables.", "parameters": SCHEMA}}]


def test_what_parts_hold_beside_their_text_stays_in_extra(tmp_path):
    extra = json.loads(read([written(tmp_path, ROWS["Anthropic"])]).frame["extra"][0])
    assert extra["messages_fields"][1] == {"parts": {"0": {"signature": "sig"}}}
    assert extra["max_tokens"] == 100


def test_text_around_results_stays_in_its_order(tmp_path):
    row = {"messages": [{"role": "user", "content": [
        {"type": "tool_result", "tool_use_id": "a", "content": "one"}, {"type": "tool_result", "tool_use_id": "b"},
        {"type": "text", "text": ASK}]}]}
    assert turns_of(read([written(tmp_path, row)])) == [("tool", "one"), ("tool", ""), ("user", ASK)]


REQUESTS = {
    "Anthropic": {"custom_id": "c", "params": {"model": "m", "system": "Be brief.",
                                               "messages": [{"role": "user", "content": ASK}]}},
    "Vertex": {"request": {"systemInstruction": {"parts": [{"text": "Be brief."}]}, "contents": {"parts": [{"text": ASK}]},
                           "model": "m"},
               "response": {"candidates": [{"content": {"role": "model", "parts": [{"text": ANSWER}]}}]}},
    "Bedrock": {"recordId": "c", "modelInput": {"system": [{"text": "Be brief."}], "model": "m",
                                                "messages": [{"role": "user", "content": [{"text": ASK}]}]}},
}


@pytest.mark.parametrize("row", REQUESTS.values(), ids=REQUESTS)
def test_a_request_of_a_batch_file_is_its_conversation_and_keeps_its_settings(tmp_path, row):
    table = read([written(tmp_path, row)])
    assert turns_of(table)[:2] == [("system", "Be brief."), ("user", ASK)]
    assert turns_of(table)[2:] == ([("assistant", ANSWER)] if "response" in row else [])
    extra = json.loads(table.frame["extra"][0])
    assert next(extra[key] for key in ("params", "request", "modelInput") if key in extra) == {"model": "m"}


def test_one_request_printed_over_many_lines_is_one_row(tmp_path):
    path = tmp_path / "in.json"
    path.write_text(json.dumps(ROWS["Gemini"], indent=2, ensure_ascii=False), encoding="utf-8")
    assert turns_of(read([path]))[-1] == ("assistant", ANSWER)


@pytest.mark.parametrize("part", [{"inlineData": {"mimeType": "image/png", "data": "AA=="}}, {"image": {"format": "png"}},
                                  {"type": "document", "source": {}}, {"fileData": {"fileUri": "gs://b/f"}}])
def test_media_leave_in_every_format(tmp_path, part):
    table = read([written(tmp_path, {"messages": [{"role": "user", "content": [{"text": ASK}, part]}]})])
    assert [lost.reason for lost in table.malformed] == ["media"]


def test_a_part_of_an_unknown_kind_costs_its_row_and_is_named(tmp_path):
    table = read([written(tmp_path, {"contents": [{"role": "user", "parts": [{"executableCode": {"code": "1"}}]}]})])
    assert "unknown type 'executableCode'" in table.malformed[0].row["problem"]


def test_pairs_of_any_names_are_a_conversation(tmp_path):
    pairs = [{"input": ASK, "output": ANSWER}, {"input": "谢谢", "output": "不客气"}]
    table = read([written(tmp_path, {"conversation": pairs})])
    assert turns_of(table) == [("user", ASK), ("assistant", ANSWER), ("user", "谢谢"), ("assistant", "不客气")]
