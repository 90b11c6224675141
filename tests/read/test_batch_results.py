"""What providers send back for batches: beside its request, or in a file of its own that is read with the requests."""

import json

import pytest

from instructwild.clean.pipeline import clean
from instructwild.read.instructions import read

ASK, SAID = "Which knot holds a wet rope?", "The sheet bend."
REQUEST = {"custom_id": "r-1", "method": "POST", "url": "/v1/chat/completions",
           "body": {"model": "m", "messages": [{"role": "system", "content": "Be brief."},
                                               {"role": "user", "content": ASK}]}}
CHAT = {"id": "chat-1", "object": "chat.completion", "model": "m-2", "usage": {"total_tokens": 9},
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": SAID}}]}
RESPONSE = {"id": "batch-1", "custom_id": "r-1", "error": None,
            "response": {"status_code": 200, "request_id": "q", "body": CHAT}}
CLAUDE = {"custom_id": "r-1", "params": {"model": "c", "max_tokens": 9, "system": "Be brief.", "messages": [
    {"role": "user", "content": ASK}]}}
CLAUDE_RESULT = {"custom_id": "r-1", "result": {"type": "succeeded", "message": {
    "type": "message", "role": "assistant", "model": "c", "content": [{"type": "thinking", "thinking": "Wet."},
                                                                       {"type": "text", "text": SAID}]}}}
GEMINI = {"key": "r-1", "request": {"contents": [{"parts": [{"text": ASK}]}],
                                    "system_instruction": {"parts": [{"text": "Be brief."}]}}}
GEMINI_RESULT = {"key": "r-1", "response": {"candidates": [{"content": {"role": "model", "parts": [{"text": SAID}]}}]}}
FILES = {"OpenAI": (REQUEST, RESPONSE), "Anthropic": (CLAUDE, CLAUDE_RESULT), "Gemini": (GEMINI, GEMINI_RESULT)}


def written(folder, name, *rows):
    path = folder / name
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return path


def texts(frame):
    return [[(turn["role"], turn["content"]) for turn in row] for row in frame["messages"].to_list()]


WHOLE = [("system", "Be brief."), ("user", ASK), ("assistant", SAID)]


@pytest.mark.parametrize("provider", FILES)
@pytest.mark.parametrize("answers_first", [True, False], ids=["answers first", "requests first"])
def test_a_request_is_read_with_the_answer_that_another_file_holds(tmp_path, provider, answers_first):
    request, result = FILES[provider]
    files = [written(tmp_path, "requests.jsonl", request), written(tmp_path, "answers.jsonl", result)]
    table = read(files[::-1] if answers_first else files)
    assert texts(table.frame) == [WHOLE]
    assert table.malformed == []
    extra = json.loads(table.frame["extra"][0])
    assert extra.get("custom_id", extra.get("key")) == "r-1"


def test_a_folder_of_both_is_read_as_one(tmp_path):
    written(tmp_path, "batch_output.jsonl", RESPONSE)
    written(tmp_path, "batch_requests.jsonl", REQUEST)
    assert texts(read([tmp_path]).frame) == [WHOLE]


def test_requests_that_failed_or_were_not_answered_stay_prompts_and_answers_of_none_say_what_they_lack(tmp_path):
    failed = {**RESPONSE, "custom_id": "r-2", "response": {"status_code": 500, "body": {"error": {"message": "no"}}}}
    stray = {**RESPONSE, "custom_id": "r-9"}
    requests = written(tmp_path, "in.jsonl", REQUEST, {**REQUEST, "custom_id": "r-2"}, {**REQUEST, "custom_id": "r-3"})
    table = read([requests, written(tmp_path, "out.jsonl", RESPONSE, failed, stray)])
    assert texts(table.frame) == [WHOLE, WHOLE[:2], WHOLE[:2]]
    assert json.loads(table.frame["extra"][1])["response"]["status_code"] == 500
    lost, = table.malformed
    assert (lost.evidence.rpartition("/")[2], "without its request" in lost.row["problem"]) == ("out.jsonl:3", True)


def test_answers_alone_fail_the_gate_and_the_message_names_what_to_give(tmp_path):
    made = clean([written(tmp_path, "out.jsonl", RESPONSE)], tmp_path / "clean")
    assert made.manifest.gate == "failed"
    assert "Give the file of the requests in the same command" in json.dumps(made.manifest.metrics)


@pytest.mark.parametrize("row", [
    {**REQUEST, "response": RESPONSE["response"]},
    {"request": REQUEST["body"], "response": CHAT},
    {"recordId": "1", "modelInput": {"system": "Be brief.", "messages": [{"role": "user", "content": [
        {"type": "text", "text": ASK}]}]}, "modelOutput": CLAUDE_RESULT["result"]["message"]},
    {"custom_id": "1", "body": {"model": "m", "instructions": "Be brief.", "input": ASK},
     "response": {"status_code": 200, "body": {"output": [
         {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Wet."}]},
         {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": SAID}]}]}}}],
    ids=["OpenAI", "a log of calls", "Bedrock", "OpenAI's responses"])
def test_an_answer_beside_its_request_is_the_answer(tmp_path, row):
    table = read([written(tmp_path, "rows.jsonl", row)])
    assert texts(table.frame) == [WHOLE]


def test_items_of_the_responses_api_are_turns_with_their_calls_and_thoughts(tmp_path):
    items = [{"role": "user", "content": ASK}, {"type": "reasoning", "summary": [{"text": "Look it up."}]},
             {"type": "function_call", "call_id": "c", "name": "knots", "arguments": '{"wet":true}'},
             {"type": "function_call_output", "call_id": "c", "output": "sheet bend"},
             {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": SAID}]}]
    table = read([written(tmp_path, "rows.jsonl", {"custom_id": "1", "body": {"model": "m", "input": items}})])
    user, call, result, answer = table.frame["messages"].to_list()[0]
    assert (user["content"], call["reasoning_content"], answer["content"]) == (ASK, "Look it up.", SAID)
    assert json.loads(call["tool_calls"])[0]["function"]["name"] == "knots"
    assert (result["role"], result["content"], result["tool_call_id"]) == ("tool", "sheet bend", "c")


def test_of_several_choices_none_is_the_answer(tmp_path):
    two = {**CHAT, "choices": CHAT["choices"] * 2}
    table = read([written(tmp_path, "rows.jsonl", {**REQUEST, "response": {"status_code": 200, "body": two}})])
    assert texts(table.frame) == [WHOLE[:2]]
    assert len(json.loads(table.frame["extra"][0])["response"]["body"]["choices"]) == 2
