"""Calls of tools that stand as text become calls where all about them is sure, and stay text where not."""

import json

import pytest

from instructwild.read.instructions import read
from instructwild.read.layouts import conversation_of
from instructwild.read.rankings import read_rankings
from instructwild.stage.frames import instructions

FERRY = {"type": "function", "function": {"name": "ferry_times", "description": "Departures of a ferry.", "parameters": {
    "type": "object", "properties": {"line": {"type": "string"}}, "required": ["line"]}}}
HERMES = ("Answer briefly.\n# Tools\nSignatures stand within <tools> </tools> tags.\n<tools>\n" + json.dumps([FERRY]) +
          "\n</tools>\nReturn each call within <tool_call> </tool_call> tags:\n<tool_call>\n"
          "{'arguments': <args>, 'name': <name>}\n</tool_call>\nBe polite.")
CALL = "<tool_call>\n{'arguments': {'line': 'Tasinge'}, 'name': 'ferry_times'}\n</tool_call>"
RESULT = '<tool_response>\n{"name": "ferry_times", "content": {"next": "09:10"}}\n</tool_response>'


def first(tmp_path, *rows):
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    table = read([path])
    assert not table.malformed
    return next(iter(instructions(table.frame))), table.inputs[0].read_as


def sharegpt(*turns):
    return {"conversations": [{"from": who, "value": text} for who, text in turns]}


def calls(message):
    return [(call["function"]["name"], call["function"]["arguments"]) for call in json.loads(message.tool_calls or "[]")]


def test_hermes_tags_become_tools_calls_and_results_and_the_system_text_is_kept(tmp_path):
    row, read_as = first(tmp_path, sharegpt(("system", HERMES), ("human", "When is the next ferry?"),
                                            ("gpt", f"Let me look.\n{CALL}\n{CALL}"), ("tool", RESULT * 2),
                                            ("gpt", "At 09:10.")))
    assert [message.role for message in row.messages] == ["system", "user", "assistant", "tool", "tool", "assistant"]
    system, _, calling, result, _, answer = row.messages
    assert system.content == "Answer briefly.\nBe polite."
    assert row.tools == [FERRY]
    assert (calling.content, calls(calling)) == ("Let me look.", [("ferry_times", {"line": "Tasinge"})] * 2)
    assert (result.name, json.loads(result.content)["content"]) == ("ferry_times", {"next": "09:10"})
    assert answer.content == "At 09:10."
    assert row.extra["system_text"] == HERMES
    assert list(read_as.layouts) == ["messages with tool calls in text"]


def test_tools_one_a_line_and_results_in_a_turn_of_the_user_as_qwen_writes_them(tmp_path):
    other = {"type": "function", "function": {"name": "tide", "parameters": {"type": "object", "properties": {}}}}
    system = f"<tools>\n{json.dumps(FERRY)}\n{json.dumps(other)}\n</tools>"
    row, _ = first(tmp_path, {"messages": [
        {"role": "system", "content": system}, {"role": "user", "content": "Tide?"},
        {"role": "assistant", "content": '<tool_call>\n{"name": "tide", "arguments": {}}\n</tool_call>'},
        {"role": "user", "content": "<tool_response>\nlow\n</tool_response>"},
        {"role": "assistant", "content": "It is low."}]})
    assert [message.role for message in row.messages] == ["user", "assistant", "tool", "assistant"]
    assert row.tools == [FERRY, other]
    assert row.messages[2].content == "low"


@pytest.mark.parametrize("answer", [
    "<tool_call>\n{'name': 'ferry_times', 'arguments': \n</tool_call>",                       # cannot be parsed
    "<tool_call>\n{\"name\": \"bus_times\", \"arguments\": {}}\n</tool_call>",                  # no tool of the row
    CALL + "\nThat was the call.",                                                               # text after it
    "Write <tool_call> before a call."])
def test_what_is_not_sure_stays_text_in_the_whole_conversation(tmp_path, answer):
    row, read_as = first(tmp_path, sharegpt(("system", HERMES), ("human", "Next?"), ("gpt", answer), ("tool", RESULT)))
    assert [message.content for message in row.messages] == [HERMES, "Next?", answer, RESULT]
    assert row.tools is None
    assert list(read_as.layouts) == ["messages"]


def test_tags_that_a_person_asks_about_stay(tmp_path):
    row, _ = first(tmp_path, {"instruction": "What does <tool_call> mean?", "output": f"It opens a call:\n```\n{CALL}\n```"})
    assert row.messages[-1].content == f"It opens a call:\n```\n{CALL}\n```"


def test_xlam_answers_are_calls_of_its_tools(tmp_path):
    tool = {"name": "spell", "description": "Spells a word.", "parameters": {"word": {"type": "str"}}}
    row, read_as = first(tmp_path, {"id": 4, "query": "Spell fjord.", "tools": json.dumps([tool]),
                                    "answers": json.dumps([{"name": "spell", "arguments": {"word": "fjord"}}])})
    assert calls(row.messages[-1]) == [("spell", {"word": "fjord"})]
    assert row.tools == [{"type": "function", "function": tool}]
    assert row.extra == {"id": 4}
    assert list(read_as.layouts) == ["query and calls"]


def test_glaive_turns_and_functions(tmp_path):
    system = ("SYSTEM: You are a helpful assistant with access to the following functions. Use them if required -\n"
              f"{json.dumps(FERRY['function'])}\n")
    chat = ("USER: When is the ferry?\n\n\nASSISTANT: Which line?  <|endoftext|>\n\n\nUSER: Lemmer's\n\n\n"
            "ASSISTANT: <functioncall> {\"name\": \"ferry_times\", \"arguments\": '{\"line\": \"Lemmer\\'s\"}'} "
            "<|endoftext|>\n\n\nFUNCTION RESPONSE: "
            "{\"next\": \"10:00\"}\n\n\nASSISTANT: At ten. <|endoftext|>\n\n\n")
    row, read_as = first(tmp_path, {"system": system, "chat": chat})
    assert [(message.role, message.content) for message in row.messages] == [
        ("system", "You are a helpful assistant."), ("user", "When is the ferry?"), ("assistant", "Which line?"),
        ("user", "Lemmer's"), ("assistant", ""), ("tool", '{"next": "10:00"}'), ("assistant", "At ten.")]
    assert calls(row.messages[4]) == [("ferry_times", {"line": "Lemmer's"})]
    assert row.tools == [FERRY]
    assert row.extra["system_text"] == system.strip().removeprefix("SYSTEM: ")
    assert list(read_as.layouts) == ["Glaive"]


def test_glaive_calls_that_cannot_be_parsed_stay_text(tmp_path):
    row, _ = first(tmp_path, {"system": "SYSTEM: Helpful.",
                              "chat": "USER: Hi\n\n\nASSISTANT: <functioncall> {\"name\": broken <|endoftext|>"})
    assert [message.content for message in row.messages] == ["Helpful.", "Hi", '<functioncall> {"name": broken']


def test_sides_of_a_pair_are_read_like_its_prompt(tmp_path):
    path = tmp_path / "pairs.jsonl"
    path.write_text(json.dumps({"prompt": [{"role": "system", "content": HERMES}, {"role": "user", "content": "Next?"}],
                                "chosen": CALL, "rejected": "No idea."}), encoding="utf-8")
    [row] = read_rankings([path]).rows
    assert [each.shown for each in row.candidates] == ['ferry_times({"line": "Tasinge"})', "No idea."]
    assert row.tools == [FERRY]


TIDES = [{"type": "function", "function": {"name": "tides", "parameters": {"type": "object"}}}]


@pytest.mark.parametrize("text", [
    'One moment.\n[TOOL_CALLS] [{"name": "tides", "arguments": {"port": "Ribe"}}]</s>',
    'One moment.\n[TOOL_CALLS]tides[ARGS]{"port": "Ribe"}',
    'One moment.\n<|python_tag|>{"name": "tides", "parameters": {"port": "Ribe"}}<|eom_id|>'],
    ids=["Mistral's list", "Mistral's names", "Llama"])
def test_calls_after_a_mark_of_mistral_or_llama_are_calls(text):
    turns = [{"role": "user", "content": "High tide?"}, {"role": "assistant", "content": text},
             {"role": "tool", "content": {"at": "05:10"}}, {"role": "assistant", "content": "At ten past five."}]
    conversation = conversation_of({"messages": turns, "tools": TIDES})
    _, calling, result, _ = conversation.turns
    assert calling["content"] == "One moment."
    call, = json.loads(calling["tool_calls"])
    assert call["function"] == {"name": "tides", "arguments": {"port": "Ribe"}}
    assert result["content"] == '{"at":"05:10"}'


@pytest.mark.parametrize("text", ['[TOOL_CALLS] [{"name": "other", "arguments": {}}]', "[TOOL_CALLS] later",
                                  "<|python_tag|>1 + 1", '[TOOL_CALLS]tides[ARGS]{"port": '])
def test_marks_without_a_call_of_a_known_tool_stay_text(text):
    turns = [{"role": "user", "content": "High tide?"}, {"role": "assistant", "content": text}]
    assert conversation_of({"messages": turns, "tools": TIDES}).turns == turns
