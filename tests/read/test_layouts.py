"""Every layout that is read without being told, and that nothing of a row disappears."""

import json

import polars as pl
import pytest

from instructwild.errors import ConfigError, InputError
from instructwild.read.instructions import read
from instructwild.read.names import parse_map, proposed
from instructwild.schema import content_id, response_id
from instructwild.stage.frames import INSTRUCTION, instructions, upgraded


def rows_of(tmp_path, *values, name="in.jsonl", **options):
    (tmp_path / name).write_text("\n".join(json.dumps(value, ensure_ascii=False) for value in values), encoding="utf-8")
    return read([tmp_path / name], **options)


def turns_of(table, number=0):
    return [(turn["role"], turn["content"]) for turn in table.frame["messages"][number]]


QA = [("user", "Name a reed."), ("assistant", "Sedge.")]
TREE = {"message_id": "1", "role": "prompter", "text": "Name a reed.", "replies": [
    {"role": "assistant", "text": "Sand.", "rank": 1, "replies": []},
    {"role": "assistant", "text": "Sedge.", "rank": 0, "replies": []}]}
EXPORT = {"title": "t", "current_node": "c", "mapping": {
    "a": {"message": None, "parent": None, "children": ["b"]},
    "b": {"message": {"author": {"role": "user"}, "content": {"content_type": "text", "parts": ["Name a reed."]}},
          "parent": "a", "children": ["c"]},
    "c": {"message": {"author": {"role": "assistant"}, "content": {"content_type": "text", "parts": ["Sedge."]}},
          "parent": "b", "children": []}}}


@pytest.mark.parametrize("row", [
    {"instruction": "Name a reed.", "output": "Sedge."},
    {"Instruction": "Name a reed.", " RESPONSE": "Sedge."},
    {"prompt": "Name a reed.", "completion": "Sedge."},
    {"prompt": [{"role": "user", "content": "Name a reed."}], "completion": [{"role": "assistant", "content": "Sedge."}]},
    {"question": "Name a reed.", "answer": ["Sedge."]},
    {"instruction": "Name a reed.", "history": None, "input": "", "response": "Sedge."},
    {"conversation": [{"human": "Name a reed.", "assistant": "Sedge."}]},
    {"instruction": "Human: Name a reed.\nAssistant: Sedge.\nHuman: And a rush?\nAssistant:", "output": "Bulrush."},
    {"kind": "qa", "input": "Name a reed.", "target": "Sedge."},
    {"input": [{"role": "user", "content": "Name a reed."}], "ideal": "Sedge."},
    {"custom_id": "1", "method": "POST", "url": "/v1", "body": {"model": "m", "messages": [
        {"role": "user", "content": "Name a reed."}, {"role": "assistant", "content": "Sedge."}]}},
    {"chat": {"turn_1": {"Human": "<|Human|>: Name a reed.<eoh>\n", "MOSS": "<|MOSS|>: Sedge.<eom>\n"}}},
    {"plain_text": "[Human]: Name a reed.<eoh> [MOSS]: Sedge.<eoa>"},
    {"question_id": 1, "turns": ["Name a reed."], "reference": ["Sedge."]},
    {"message_tree_id": "1", "prompt": TREE},
    EXPORT,
    {"text": "### Human: Name a reed.\n### Assistant: Sedge."},
])
def test_layouts_of_exporters_are_read(tmp_path, row):
    table = rows_of(tmp_path, row)
    assert table.malformed == []
    assert turns_of(table)[:2] == QA


@pytest.mark.parametrize("history", [[["a", "b"]], [{"user": "a", "assistant": "b"}], ["a", "b"], '[["a", "b"]]',
                                     [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]])
def test_a_history_in_any_form_stands_before_the_prompt(tmp_path, history):
    table = rows_of(tmp_path, {"instruction": "c", "history": history, "output": "d"})
    assert turns_of(table) == [("user", "a"), ("assistant", "b"), ("user", "c"), ("assistant", "d")]


def test_a_plain_text_is_learnt_without_a_prompt(tmp_path):
    table = rows_of(tmp_path, {"text": "Reeds grow by the water."})
    assert turns_of(table) == [("assistant", "Reeds grow by the water.")]


@pytest.mark.parametrize("content", [
    '{"version": 1, "data": [{"instruction": "Name a reed.", "output": "Sedge."}]}',
    '{\n "instruction": "Name a reed.",\n "output": "Sedge."\n}\n{\n "instruction": "b"\n}',
    '{"instruction": ["Name a reed.", "b"], "output": ["Sedge.", "c"]}',
    '{"instruction": {"0": "Name a reed."}, "output": {"0": "Sedge."}}',
    '{"rows": [{"row_idx": 0, "row": {"instruction": "Name a reed.", "output": "Sedge."}}]}',
])
def test_json_in_other_forms_is_read(tmp_path, content):
    (tmp_path / "in.json").write_text(content)
    table = read([tmp_path / "in.json"])
    assert table.malformed == []
    assert turns_of(table) == QA


def test_folders_of_shards_are_read_in_order_and_splits_are_named(tmp_path):
    (tmp_path / "shards").mkdir()
    for number in (2, 1):
        pl.DataFrame({"instruction": [f"q{number}"]}).write_parquet(tmp_path / "shards" / f"part-{number}.parquet")
    assert [turn[0]["content"] for turn in read([tmp_path / "shards"]).frame["messages"]] == ["q1", "q2"]
    datasets = pytest.importorskip("datasets")
    saved = datasets.Dataset.from_dict({"instruction": ["Name a reed."], "output": ["Sedge."]})
    saved.save_to_disk(tmp_path / "saved")
    assert turns_of(read([tmp_path / "saved"])) == QA
    datasets.DatasetDict({"train": saved}).save_to_disk(tmp_path / "single")
    assert turns_of(read([tmp_path / "single"])) == QA                         # one split leaves nothing to choose
    datasets.DatasetDict({"train": saved, "test": saved}).save_to_disk(tmp_path / "splits")
    with pytest.raises(InputError, match="several splits: test, train"):
        read([tmp_path / "splits"])


def test_every_column_that_nothing_reads_is_extra_on_both_paths(tmp_path):
    rows = [{"instruction": "a", "output": "b", "nr": 7, "tags": ["x"], "empty": None, "odd": float("nan")},
            {"messages": [{"role": "user", "content": "a", "weight": 0}], "id": "mine", "nr": 8}]
    first, second = instructions(rows_of(tmp_path, *rows).frame)
    assert first.extra == {"nr": 7, "tags": ["x"]}
    assert second.extra == {"nr": 8, "id": "mine", "messages_fields": [{"weight": 0}]}


def test_tools_calls_and_thoughts_are_kept_and_count_in_ids_where_they_should(tmp_path):
    call = {"id": "c", "type": "function", "function": {"name": "depth", "arguments": "{}"}}
    asking = [{"role": "developer", "content": "Be brief."}, {"role": "user", "content": "How deep?"}]
    said = [{"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c", "content": "4"},
            {"role": "assistant", "content": "<think>four</think>4 m", "name": "pilot"}]
    row, = instructions(rows_of(tmp_path, {"messages": [*asking, *said], "tools": [{"name": "depth"}]}).frame)
    assert [message.role for message in row.messages] == ["system", "user", "assistant", "tool", "assistant"]
    assert row.messages[2].chat() == {"role": "assistant", "content": "", "tool_calls": [call]}
    assert (row.messages[3].tool_call_id, row.messages[4].reasoning_content, row.response) == ("c", "four", "4 m")
    assert row.tools == [{"name": "depth"}]
    assert row.id == content_id([("system", "Be brief."), ("user", "How deep?")])
    plain, = instructions(rows_of(tmp_path, {"messages": [*asking, said[2]]}).frame)
    bare, = instructions(rows_of(tmp_path, {"messages": [*asking, {"role": "assistant", "content": "4 m"}]}).frame)
    assert plain.response_id == bare.response_id != row.response_id


@pytest.mark.parametrize(("row", "reason"), [
    ({"prompt": "a", "completion": "b", "label": False}, "marked_bad"),
    ({"instruction": "a", "output": "b", "kto_tag": "False"}, "marked_bad"),
    ({"messages": [{"role": "user", "content": [{"type": "image", "url": "x"}]}]}, "media"),
])
def test_a_row_that_is_understood_and_left_out_says_why(tmp_path, row, reason):
    table = rows_of(tmp_path, row, {"prompt": "c"})
    assert [lost.reason for lost in table.malformed] == [reason]
    assert json.loads(table.malformed[0].row["value"]) == row


@pytest.mark.parametrize("row", [
    {"prompt": "Name a wind.", "chosen": "The foehn.", "rejected": "A stone."},
    {"chosen": [{"role": "user", "content": "Name a wind."}, {"role": "assistant", "content": "The foehn."}],
     "rejected": [{"role": "user", "content": "Name a wind."}, {"role": "assistant", "content": "A stone."}]},
    {"chosen": "\n\nHuman: Name a wind.\n\nAssistant: The foehn.",
     "rejected": "\n\nHuman: Name a wind.\n\nAssistant: A stone."},
    {"instruction": "Name a wind.",
     "completions": [{"response": "The foehn.", "score": 5}, {"response": "A stone.", "score": 1}]},
    {"prompt": "Name a wind.", "response": ["The foehn.", "A stone."]},
])
def test_preferences_are_prompts_without_an_answer_and_both_sides_are_kept(tmp_path, row):
    table = rows_of(tmp_path, row)
    assert turns_of(table) == [("user", "Name a wind.")]
    assert "A stone." in table.frame["extra"][0]


def test_a_table_that_is_not_understood_names_its_columns_and_a_map(tmp_path):
    rows = [{"题面": "谁？", "答案": "我"}]
    table = rows_of(tmp_path, *rows)
    assert table.frame.is_empty()
    assert "题面, 答案" in table.unread[0]
    assert "--map" in table.unread[0]
    read_by_name = rows_of(tmp_path, *rows, columns=parse_map(["prompt=题面", "answer=答案"]))
    assert turns_of(read_by_name) == [("user", "谁？"), ("assistant", "我")]
    assert proposed(["problem", "solution"]) == {"prompt": "problem", "answer": "solution"}


@pytest.mark.parametrize("pair", ["prompt", "wizard=x", "prompt="])
def test_a_map_that_names_nothing_is_refused(pair):
    with pytest.raises(ConfigError, match="names no column"):
        parse_map([pair])


def test_a_map_of_a_column_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="no input has: prompt=wo"):
        rows_of(tmp_path, {"a": "b"}, columns={"prompt": "wo"})


def test_a_mapped_column_replaces_the_one_of_its_role(tmp_path):
    row, = instructions(rows_of(tmp_path, {"instruction": "old", "better": "new"}, columns={"prompt": "better"}).frame)
    assert (row.messages[0].content, row.extra) == ("new", {"instruction": "old"})


def test_an_old_frame_gains_the_columns_it_lacks(tmp_path):
    frame = rows_of(tmp_path, {"instruction": "a", "output": "b"}).frame
    turn = pl.element().struct
    old = frame.drop("tools", "extra").with_columns(pl.col("messages").list.eval(
        pl.struct(turn.field("role"), turn.field("content"))))
    assert upgraded(old).schema == INSTRUCTION
    assert upgraded(old).equals(frame)


def test_ids_of_plain_rows_are_those_they_always_had():
    turns = [("system", "简短。"), ("user", 'Name a "reed".\n芦苇'), ("assistant", "Sedge."), ("user", "cafe\u0301?"),
             ("assistant", "Yes.")]
    assert content_id([("user", "Name a reed.")]) == "aba24deac277a32f"
    assert (content_id(turns), response_id(turns)) == ("86af962e64639733", "19f9a448fb51fee6")
