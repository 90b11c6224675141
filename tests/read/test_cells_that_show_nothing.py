"""Cells and turns without anything to see, markers of empty cells, and files of which no row is an object."""

import json

import polars as pl
import pytest

from instructwild.errors import InputError
from instructwild.read.instructions import read
from instructwild.text.blank import shows

UNSEEN = ["\u200b", "\ufeff", "\u00ad", "\u2060 \u200d", "\u200e\u200f", "\u3164", "\u2800", "\x00", "\u180e", "\U000e0001"]


def rows(tmp_path, values, columns=None):
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(value) + "\n" for value in values), encoding="utf-8")
    return read([tmp_path / "in.jsonl"], columns=columns)


@pytest.mark.parametrize("unseen", UNSEEN)
def test_an_answer_of_which_nothing_shows_is_none_in_any_layout(tmp_path, unseen):
    assert not shows(unseen)
    table = rows(tmp_path, [{"instruction": "Name a spoon.", "output": unseen},
                            {"messages": [{"role": "user", "content": "Name a fork."},
                                          {"role": "assistant", "content": unseen}]}])
    assert [[turn["role"] for turn in row] for row in table.frame["messages"]] == [["user"], ["user"]]
    assert table.frame["response_id"].to_list() == [None, None]


def test_signs_that_show_are_text():
    assert all(map(shows, ["…", "-", "\u0301", "👩\u200d🍳", "\x80", "½", "a\u200b"]))


@pytest.mark.parametrize("marker", ["nan", "None", "null", r"\N", "#N/A", "(null)"])
def test_markers_of_empty_cells_are_no_system_message_and_no_input(tmp_path, marker):
    table = rows(tmp_path, [{"instruction": "Name a cup.", "input": marker, "output": "Mug.", "system": marker},
                            {"instruction": "Name a pan.", "input": marker, "output": "Wok."}])
    assert [[turn["content"] for turn in row] for row in table.frame["messages"]] == [["Name a cup.", "Mug."],
                                                                                     ["Name a pan.", "Wok."]]


def test_columns_without_a_name_are_called_by_their_place(tmp_path):
    (tmp_path / "in.csv").write_text(",instruction,output,,\n0,Say tea.,Tea.,,\n1,Say 茶.,茶。,x,\n", encoding="utf-8")
    assert read([tmp_path / "in.csv"]).frame["extra"].to_list() == ['{"column 1":"0"}', '{"column 1":"1","column 4":"x"}']


@pytest.mark.parametrize(("line", "problem"), [("[1, 2]", "found list"), ('"a text"', "found str"), ("{cut", "not JSON")])
def test_a_file_without_objects_says_what_its_rows_are_and_should_be(tmp_path, line, problem):
    (tmp_path / "in.jsonl").write_text(line + "\n", encoding="utf-8")
    assert [problem in message and '{"instruction"' in message for message in read([tmp_path / "in.jsonl"]).unread] == [True]


def test_text_of_a_thread_of_assistants_is_read_and_what_stands_beside_it_kept(tmp_path):
    part = {"type": "text", "text": {"value": "Two litres.", "annotations": [{"quote": "p. 3"}]}}
    table = rows(tmp_path, [{"messages": [{"role": "user", "content": "How large is the pot?"},
                                          {"role": "assistant", "content": [part]}]}])
    assert table.frame["messages"][0][1]["content"] == "Two litres."
    assert "p. 3" in table.frame["extra"][0]


def test_words_of_liking_mark_answers_and_columns_of_truth_are_proposed_as_marks(tmp_path):
    table = rows(tmp_path, [{"instruction": "说一种锅。", "output": "炒锅。", "label": "赞"},
                            {"instruction": "说一种勺。", "output": "没有。", "label": "踩"}])
    assert [row.reason.value for row in table.malformed] == ["marked_bad"]
    table = rows(tmp_path, [{"instruction": "Name a lid.", "output": "Pot lid.", "is_correct": True}])
    assert table.inputs[0].read_as.hint == "--map label=is_correct"


def test_columns_that_number_rows_are_proposed_for_nothing(tmp_path):
    (tmp_path / "in.tsv").write_text("qid1\tqid2\tquestion1\n1\t2\tHow long does rice boil?\n", encoding="utf-8")
    assert ["--map prompt=question1" in message for message in read([tmp_path / "in.tsv"]).unread] == [True]
    (tmp_path / "in.csv").write_text("x,b,a\n1,2,3\n", encoding="utf-8")
    assert ["answer=a" in message for message in read([tmp_path / "in.csv"]).unread] == [False]


def test_objects_side_by_side_on_one_line_are_rows(tmp_path):
    (tmp_path / "in.json").write_text('{"instruction":"Name a jar."}{"instruction":"Name a lid."}', encoding="utf-8")
    assert [row[0]["content"] for row in read([tmp_path / "in.json"]).frame["messages"]] == ["Name a jar.", "Name a lid."]


def test_feather_is_arrow_and_a_folder_with_a_stages_file_names_it(tmp_path):
    frame = pl.DataFrame({"instruction": ["Name a bowl."]})
    frame.write_ipc(tmp_path / "in.feather")
    assert read([tmp_path / "in.feather"]).frame.height == 1
    (tmp_path / "set").mkdir()
    frame.write_parquet(tmp_path / "set" / "data.parquet")
    with pytest.raises(InputError) as raised:
        read([tmp_path / "set"])
    assert str(tmp_path / "set" / "data.parquet") in raised.value.remedy
