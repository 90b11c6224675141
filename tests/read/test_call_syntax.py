"""Calls of tools in the syntax of each family of models: read where they are sure, left as text where not."""

import json

import pytest

from instructwild.read.call_arguments import xml_tools
from instructwild.read.call_syntax import calls_of
from instructwild.read.instructions import read
from instructwild.stage.frames import instructions

TIDE = {"type": "function", "function": {"name": "tide_at", "description": "Height of the tide.", "parameters": {
    "type": "object", "properties": {
        "port": {"type": "string"}, "hours": {"type": "integer"}, "exact": {"type": ["boolean", "null"]},
        "marks": {"type": "array"}}, "required": ["port"]}}}
ARGUMENTS = {"port": "7", "hours": 3}
JSON = json.dumps(ARGUMENTS)
SYNTAXES = {
    "hermes": f'<tool_call>\n{{"name": "tide_at", "arguments": {JSON}}}\n</tool_call>',
    "qwen coder": "<tool_call>\n<function=tide_at>\n<parameter=port>\n7\n</parameter>\n<parameter=hours>\n3\n</parameter>\n"
                  "</function>\n</tool_call>",
    "qwen coder without its frame": "<function=tide_at>\n<parameter=port>\n7\n</parameter>\n<parameter=hours>\n3\n"
                                    "</parameter>\n</function>\n</tool_call>",
    "llama's custom tools": f"<function=tide_at>{JSON}</function><|eom_id|>",
    "llama": f'<|python_tag|>{{"name": "tide_at", "parameters": {JSON}}}<|eom_id|>',
    "mistral": f'[TOOL_CALLS][{{"name": "tide_at", "arguments": {JSON}}}]</s>',
    "mistral's newer one": f"[TOOL_CALLS]tide_at[ARGS]{JSON}",
    "deepseek": "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>tide_at\n```json\n" + JSON +
                "\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜><｜end▁of▁sentence｜>",
    "deepseek 3.1": f"<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>tide_at<｜tool▁sep｜>{JSON}<｜tool▁call▁end｜>"
                    "<｜tool▁calls▁end｜>",
    "deepseek 3.2": '<｜DSML｜function_calls>\n<｜DSML｜invoke name="tide_at">\n'
                    '<｜DSML｜parameter name="port" string="true">7</｜DSML｜parameter>\n'
                    '<｜DSML｜parameter name="hours" string="false">3</｜DSML｜parameter>\n'
                    "</｜DSML｜invoke>\n</｜DSML｜function_calls>",
    "minimax": '<minimax:tool_call>\n<invoke name="tide_at">\n<parameter name="port">7</parameter>\n'
               '<parameter name="hours">3</parameter>\n</invoke>\n</minimax:tool_call>',
    "glm": "<tool_call>tide_at\n<arg_key>port</arg_key>\n<arg_value>7</arg_value>\n<arg_key>hours</arg_key>\n"
           "<arg_value>3</arg_value>\n</tool_call>",
    "kimi": "<|tool_calls_section_begin|><|tool_call_begin|>functions.tide_at:0<|tool_call_argument_begin|>" + JSON +
            "<|tool_call_end|><|tool_calls_section_end|>",
    "granite": f'<|tool_call|>[{{"name": "tide_at", "arguments": {JSON}}}]',
    "phi": f'<|tool_call|>[{{"name": "tide_at", "arguments": {JSON}}}]<|/tool_call|>',
    "command": f'<|START_ACTION|>[{{"tool_call_id": "0", "tool_name": "tide_at", "parameters": {JSON}}}]<|END_ACTION|>',
    "harmony": f"<|channel|>commentary to=functions.tide_at <|constrain|>json<|message|>{JSON}<|call|>",
    "harmony by its template":
        f"<|start|>assistant to=functions.tide_at<|channel|>commentary json<|message|>{JSON}<|call|>",
    "lfm": "<|tool_call_start|>[tide_at(port='7', hours=3)]<|tool_call_end|>",
    "muse": '<atem:function_calls>\n<atem:invoke name="tide_at">\n<atem:parameter name="port">7</atem:parameter>\n'
            '<atem:parameter name="hours">3</atem:parameter>\n</atem:invoke>\n</atem:function_calls>'}
BARE = {"llama 3.1": f'{{"name": "tide_at", "parameters": {JSON}}}',
        "llama 3.2": f'{{"type": "function", "name": "tide_at", "parameters": {JSON}}}',
        "python": "[tide_at(port='7', hours=3)]"}


def rows_of(tmp_path, *rows):
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    table = read([path])
    assert not table.malformed
    return list(instructions(table.frame))


def turns(*pairs):
    return [{"role": role, "content": text} for role, text in pairs]


@pytest.mark.parametrize("name", SYNTAXES)
def test_a_call_in_any_syntax_is_a_call_with_the_words_before_it(name, tmp_path):
    (row,) = rows_of(tmp_path, {"tools": [TIDE], "messages": turns(
        ("user", "涨潮几点?"), ("assistant", "I look it up.\n" + SYNTAXES[name]), ("tool", "2.1 m"), ("assistant", "2.1"))})
    calling = row.messages[1]
    assert (calling.content, [call["function"] for call in json.loads(calling.tool_calls)]) == (
        "I look it up.", [{"name": "tide_at", "arguments": ARGUMENTS}])


@pytest.mark.parametrize("name", BARE)
def test_a_text_that_is_nothing_but_a_call_of_a_tool_of_the_row_is_a_call(name, tmp_path):
    (row,) = rows_of(tmp_path, {"tools": [TIDE], "messages": turns(("user", "Tide?"), ("assistant", BARE[name]))})
    (call,) = json.loads(row.messages[1].tool_calls)
    assert call["function"] == {"name": "tide_at", "arguments": ARGUMENTS}
    (row,) = rows_of(tmp_path, {"messages": turns(("user", "Write the call."), ("assistant", BARE[name]))})
    assert row.messages[1].content == BARE[name]


@pytest.mark.parametrize("text", [
    SYNTAXES["deepseek"].replace("tide_at", "bus_at"),                          # no tool of the row
    SYNTAXES["qwen coder"].replace("\n3\n", "\nthree\n"),                           # not of its type
    SYNTAXES["qwen coder"].replace("=hours", "=port"),                             # an argument twice
    SYNTAXES["harmony"] + " and so on",
    SYNTAXES["kimi"].replace("<|tool_call_end|>", ""),
    "The template writes `<｜tool▁calls▁begin｜>` before a call."])
def test_what_is_not_sure_stays_text(text, tmp_path):
    (row,) = rows_of(tmp_path, {"tools": [TIDE], "messages": turns(("user", "Tide?"), ("assistant", text))})
    assert (row.messages[1].content, row.messages[1].tool_calls) == (text, None)


def test_an_answer_in_json_is_no_call_and_hinders_none(tmp_path):
    (row,) = rows_of(tmp_path, {"tools": [TIDE], "messages": turns(
        ("user", "A person as JSON."), ("assistant", '{"name": "Ada", "parameters": {}}'), ("user", "Tide?"),
        ("assistant", SYNTAXES["kimi"]))})
    assert [bool(message.tool_calls) for message in row.messages] == [False, False, False, True]
    assert row.messages[1].content == '{"name": "Ada", "parameters": {}}'


def test_arguments_without_types_are_of_the_types_that_the_tool_names():
    schema = {"tide_at": TIDE["function"]["parameters"]}
    text = "<function=tide_at><parameter=port>\n[1]\n</parameter><parameter=exact>\ntrue\n</parameter>" \
           "<parameter=marks>\n[1, \"二\"]\n</parameter></function>"
    _, (call,) = calls_of(text, schema)
    assert call["function"]["arguments"] == {"port": "[1]", "exact": True, "marks": [1, "二"]}
    _, (call,) = calls_of("<function=f><parameter=a>\nnorth pier\n</parameter></function>", {"f": {}})
    assert call["function"]["arguments"] == {"a": "north pier"}
    assert calls_of("<function=f><parameter=a>\n7\n</parameter></function>", {"f": {}}) is None       # 7 or "7"


def test_a_call_that_a_result_follows_is_one_although_no_tools_are_named(tmp_path):
    results = "<｜tool▁outputs▁begin｜><｜tool▁output▁begin｜>2.1 m<｜tool▁output▁end｜><｜tool▁outputs▁end｜>"
    answered, open_ended = rows_of(
        tmp_path,
        {"messages": turns(("user", "Tide?"), ("assistant", SYNTAXES["deepseek"]), ("user", results), ("assistant", "2.1"))},
        {"messages": turns(("user", "Tide?"), ("assistant", SYNTAXES["deepseek"]))})
    assert [message.role for message in answered.messages] == ["user", "assistant", "tool", "assistant"]
    assert answered.messages[2].content == "2.1 m"
    assert open_ended.messages[1].content == SYNTAXES["deepseek"]


def test_thoughts_and_calls_of_one_harmony_text_are_told_apart(tmp_path):
    text = "<|channel|>analysis<|message|>The user wants the tide.<|end|><|start|>assistant" + SYNTAXES["harmony"]
    (row,) = rows_of(tmp_path, {"tools": [TIDE], "messages": turns(("user", "Tide?"), ("assistant", text))})
    calling = row.messages[1]
    assert (calling.reasoning_content, calling.content) == ("The user wants the tide.", "")
    assert json.loads(calling.tool_calls)[0]["function"] == {"name": "tide_at", "arguments": ARGUMENTS}


def test_tools_that_a_system_turn_writes_as_xml_are_read(tmp_path):
    system = ("# Tools\n\nYou have access to the following functions:\n\n<tools>\n<function>\n<name>tide_at</name>\n"
              "<description>Height of the tide.</description>\n<parameters>\n<parameter>\n<name>port</name>\n"
              "<type>string</type>\n<description>1 or 2</description>\n</parameter>\n<parameter>\n<name>hours</name>\n"
              '<type>integer</type>\n<enum>[3, 6]</enum>\n</parameter>\n<required>["port"]</required>\n</parameters>\n'
              "</function>\n</tools>\n\nIf you choose to call a function ONLY reply like this:\n\n<tool_call>\n"
              "<function=example>\n<parameter=a>\nvalue\n</parameter>\n</function>\n</tool_call>\n\n<IMPORTANT>\nBe exact.\n"
              "</IMPORTANT>\n\nYou are a pilot.")
    (row,) = rows_of(tmp_path, {"messages": turns(
        ("system", system), ("user", "Tide?"), ("assistant", SYNTAXES["qwen coder"]))})
    assert row.messages[0].content == "You are a pilot."
    assert row.tools == [{"type": "function", "function": {
        "name": "tide_at", "description": "Height of the tide.", "parameters": {
            "type": "object", "properties": {"port": {"type": "string", "description": "1 or 2"},
                                             "hours": {"type": "integer", "enum": [3, 6]}}, "required": ["port"]}}}]
    assert json.loads(row.messages[2].tool_calls)[0]["function"]["arguments"] == ARGUMENTS
    assert row.extra["system_text"] == system
    assert xml_tools("<function><name>a</name></function> and more") == []
