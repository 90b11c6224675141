"""Personal data leaves further columns of a row too, and is looked for there before publishing."""

import json

import polars as pl
import pytest

from instructwild.clean.pii import Pii
from instructwild.clean.pipeline import clean
from instructwild.errors import InputError
from instructwild.publish.prepare import prepare

ROW = {"instruction": "Write to ann.lee@mail.example about the tide.", "output": "Done.", "contact": "ann.lee@mail.example",
       "notes": [{"by": "reviewer", "text": "or call kim@post.example"}], "score": 3}


def test_a_column_that_nothing_reads_is_masked_with_the_row(tmp_path):
    (tmp_path / "in.jsonl").write_text(json.dumps(ROW) + "\n", encoding="utf-8")
    row = clean([tmp_path / "in.jsonl"], tmp_path / "out", [Pii()]).frame().to_dicts()[0]
    extra = json.loads(row["extra"])
    assert row["messages"][0]["content"] == "Write to [EMAIL_1] about the tide."
    assert extra["contact"] == "[EMAIL_1]"
    assert extra["notes"] == [{"by": "reviewer", "text": "or call [EMAIL_2]"}]
    assert extra["score"] == 3


def test_what_stands_in_such_a_column_is_refused_before_publishing(tmp_path):
    (tmp_path / "in.jsonl").write_text(json.dumps({**ROW, "instruction": "Write about the tide."}) + "\n", encoding="utf-8")
    clean([tmp_path / "in.jsonl"], tmp_path / "raw", ["exact"])
    with pytest.raises(InputError, match="EMAIL"):
        prepare(tmp_path / "raw", tmp_path / "hub", "Tides", unstated="cc0-1.0")
    clean([tmp_path / "raw"], tmp_path / "masked", [Pii()])
    prepare(tmp_path / "masked", tmp_path / "hub", "Tides", unstated="cc0-1.0")
    assert "mail.example" not in str(pl.read_parquet(tmp_path / "hub/sft/*.parquet").to_dicts())


def test_thoughts_and_arguments_of_tool_calls_are_masked_and_searched_too(tmp_path):
    call = [{"id": "c", "type": "function", "function": {"name": "send", "arguments": json.dumps({"to": "kim@post.example",
    "n": 1})}}]
    row = {"messages": [{"role": "user", "content": "Tell Kim about the tide."},
                        {"role": "assistant", "content": "", "tool_calls": call, "reasoning_content": "kim@post.example it i"
        "s"},
                        {"role": "tool", "tool_call_id": "c", "content": "sent to kim@post.example"},
                        {"role": "assistant", "content": "Told."}]}
    (tmp_path / "in.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    clean([tmp_path / "in.jsonl"], tmp_path / "raw", ["exact"])
    with pytest.raises(InputError, match="EMAIL in 1 row"):
        prepare(tmp_path / "raw", tmp_path / "hub", "Tides", unstated="cc0-1.0")
    turns = clean([tmp_path / "raw"], tmp_path / "out", [Pii()]).frame().to_dicts()[0]["messages"]
    assert turns[1]["reasoning_content"] == "[EMAIL_1] it is"
    assert json.loads(json.loads(turns[1]["tool_calls"])[0]["function"]["arguments"]) == {"to": "[EMAIL_1]", "n": 1}
    assert turns[2]["content"] == "sent to [EMAIL_1]"
    prepare(tmp_path / "out", tmp_path / "hub", "Tides", unstated="cc0-1.0")
