"""What was read as what stands in the manifest and in the report of every stage that reads files."""

import json

import polars as pl
import pytest

from instructwild.clean.pipeline import clean
from instructwild.convert import converted
from instructwild.errors import OutputError
from instructwild.read.columns_read import MOST
from instructwild.read.instructions import read, read_several
from instructwild.stage.manifest import Manifest, ReadAs

ROWS = [{"Instruction": "Name a reed.", "Output": "Sedge.", "nr": 7},
        {"messages": [{"role": "user", "content": "And a rush?"}, {"role": "assistant", "content": "Bulrush."}],
         "mood": "calm"}]


@pytest.fixture
def path(tmp_path):
    (tmp_path / "in.jsonl").write_text("\n".join(map(json.dumps, ROWS)))
    return tmp_path / "in.jsonl"


def test_layouts_columns_and_what_stayed_in_extra_are_told(path):
    assert read([path]).inputs[0].read_as == ReadAs(
        layouts={"prompt and answer": 1, "messages": 1},
        columns={"Instruction": "prompt", "Output": "answer", "messages": "messages"}, extra=("nr", "mood"))


def test_manifest_and_report_say_it_and_a_stage_folder_is_not_told_of(path, tmp_path):
    made = clean([path], tmp_path / "clean")
    manifest = Manifest.model_validate_json((tmp_path / "clean" / "manifest.json").read_text())
    assert manifest.inputs[0].read_as == made.manifest.inputs[0].read_as is not None
    assert "Instruction → prompt" in (tmp_path / "clean" / "report.html").read_text()
    assert converted(tmp_path / "clean", tmp_path / "out", "alpaca").manifest.inputs[0].read_as is None


def test_tables_of_columns_say_it_as_well(tmp_path):
    pl.DataFrame({"题面": ["谁？"], "答案": ["我"], "页": [3]}).write_parquet(tmp_path / "in.parquet")
    read_as = read([tmp_path / "in.parquet"], columns={"prompt": "题面", "answer": "答案"}).inputs[0].read_as
    assert (read_as.columns, read_as.extra) == ({"题面": "prompt", "答案": "answer"}, ("页",))


def test_a_file_of_many_columns_keeps_the_manifest_short(tmp_path):
    rows = [json.dumps({"instruction": "a", f"k{number}": 1}) for number in range(90)]
    (tmp_path / "wide.jsonl").write_text("\n".join(rows))
    read_as = read([tmp_path / "wide.jsonl"]).inputs[0].read_as
    assert (len(read_as.extra), read_as.more) == (MOST, 90 - MOST)


def test_the_same_file_read_by_another_map_is_another_run(tmp_path):
    (tmp_path / "in.csv").write_text("a,b,c\n1,2,3\n")
    converted(tmp_path / "in.csv", tmp_path / "out", "alpaca", columns={"prompt": "a", "answer": "b"})
    with pytest.raises(OutputError, match="holds the result of another run"):
        converted(tmp_path / "in.csv", tmp_path / "out", "alpaca", columns={"prompt": "a", "answer": "c"})


def test_of_several_groups_one_has_to_have_a_named_column(tmp_path):
    (tmp_path / "prompts.csv").write_text("ask\nWho?\n")
    (tmp_path / "answered.csv").write_text("ask,reply\nWho?,I.\n")
    columns = {"prompt": "ask", "answer": "reply"}
    tables = read_several([[tmp_path / "prompts.csv"], [tmp_path / "answered.csv"]], columns=columns)
    assert [table.frame["response_id"].null_count() for table in tables] == [1, 0]
