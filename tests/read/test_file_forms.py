"""Forms that programs write files in: JSON around rows, zip archives, workbooks, bars, lists as Python prints them."""

import json
import zipfile

import polars as pl
import pytest

from instructwild.errors import InputError
from instructwild.read.instructions import read
from instructwild.read.rankings import read_rankings
from instructwild.stage.frames import instructions

ROW = {"instruction": "Name a moss.", "output": "Peat moss."}
TURNS = [("user", "Name a moss."), ("assistant", "Peat moss.")]


def rows_of(path):
    table = read([path])
    assert not table.malformed
    return [*instructions(table.frame)], table.inputs[0].read_as


def written(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def said(row):
    return [(message.role, message.content) for message in row.messages]


@pytest.mark.parametrize(("value", "extra"), [
    ({"columns": [*ROW], "index": [0], "data": [[*ROW.values()]]}, {}),
    ({"r1": ROW, "r2": ROW}, {"key": "r1"}),
    ({"version": "2", "license": "CC0-1.0", "rows": 1, "data": [ROW]}, {"version": "2", "rows": 1}),
    ([{"role": role, "content": text} for role, text in TURNS], {}),
])
def test_json_around_rows(tmp_path, value, extra):
    rows, _ = rows_of(written(tmp_path, "rows.json", json.dumps(value)))
    assert said(rows[0]) == TURNS
    assert rows[0].extra == extra
    if "license" in value:
        assert rows[0].origin[0].license == "CC0-1.0"


def test_several_lists_of_rows_in_one_object_are_named(tmp_path):
    with pytest.raises(InputError, match="several lists of rows: train, test"):
        read([written(tmp_path, "rows.json", json.dumps({"train": [ROW], "test": [ROW]}))])


def test_a_line_that_is_a_list_of_messages(tmp_path):
    rows, _ = rows_of(written(tmp_path, "rows.jsonl", json.dumps([{"role": role, "content": text} for role, text in TURNS])))
    assert said(rows[0]) == TURNS


@pytest.mark.parametrize("apart", [", ", "\n "])
def test_messages_as_python_and_numpy_print_them_in_a_table(tmp_path, apart):
    cell = "[" + apart.join(str({"role": role, "content": text + "\nit's"}) for role, text in TURNS) + "]"
    rows, _ = rows_of(written(tmp_path, "rows.csv", "messages,nr\n\"" + cell.replace('"', '""') + "\",7\n"))
    assert said(rows[0]) == [(role, text + "\nit's") for role, text in TURNS]


def test_columns_parted_by_bars(tmp_path):
    rows, _ = rows_of(written(tmp_path, "rows.csv", "instruction|output|note\nName a moss.|Peat moss.|a, b\n"))
    assert said(rows[0]) == TURNS
    assert rows[0].extra == {"note": "a, b"}


def test_a_zip_of_one_file_is_read_and_of_several_named(tmp_path):
    for name, members in (("one.zip", ["a.jsonl"]), ("two.zip", ["a.jsonl", "b.jsonl"])):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr("README.md", "about")
            for member in members:
                archive.writestr(member, json.dumps(ROW))
    assert said(rows_of(tmp_path / "one.zip")[0][0]) == TURNS
    with pytest.raises(InputError, match="2 files of rows"):
        read([tmp_path / "two.zip"])
    (tmp_path / "bad.zip").write_bytes(b"PK\x03\x04 no archive")
    with pytest.raises(InputError, match="damaged"):
        read([tmp_path / "bad.zip"])


def test_a_title_above_the_header_of_a_sheet_and_a_column_without_a_name(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for cells in (["Mosses of our bog", None, None], [None, None, None], ["Question", "Answer", None],
                  ["Name a moss.", "Peat moss.", "seen"], ["How many?", 12, None]):
        book.active.append(cells)
    book.save(tmp_path / "mosses.xlsx")
    rows, _ = rows_of(tmp_path / "mosses.xlsx")
    assert said(rows[0]) == TURNS
    assert said(rows[1])[-1] == ("assistant", "12")
    assert rows[0].extra == {"column 3": "seen", "sheet_title": "Mosses of our bog"}


def test_a_sheet_whose_one_named_column_is_known_has_its_header_in_the_first_row(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for cells in (["Prompt", None], ["Name a moss.", "seen"]):
        book.active.append(cells)
    book.save(tmp_path / "mosses.xlsx")
    [row], _ = rows_of(tmp_path / "mosses.xlsx")
    assert (said(row), row.extra) == (TURNS[:1], {"column 2": "seen"})


def test_files_of_several_splits_are_not_mixed(tmp_path):
    for name in ("train-0", "train-1", "test-0"):
        pl.DataFrame([ROW]).write_parquet(tmp_path / f"{name}.parquet")
    with pytest.raises(InputError, match="several splits: test, train"):
        read([tmp_path])
    (tmp_path / "test-0.parquet").unlink()
    assert read([tmp_path]).frame.height == 2


def test_a_column_that_is_probably_the_answer_is_named_and_not_read(tmp_path):
    rows, read_as = rows_of(written(tmp_path, "rows.csv", "question,réponse,system_prompt\nQui?,Moi.,Bref.\n"))
    assert said(rows[0]) == [("user", "Qui?")]
    assert read_as.hint == "--map system=system_prompt --map 'answer=réponse'"
    assert "perhaps to be read too" in read_as.summary()
    assert rows_of(written(tmp_path, "b.csv", "question,answer,A,B\nq,A,x,y\n"))[1].hint == ""


def test_the_proposed_map_names_no_ids_and_finds_conversations(tmp_path):
    table = read([written(tmp_path, "a.jsonl", json.dumps({"id": 1, "items": [{"from": "human", "value": "q"}]}))])
    assert table.unread[0].endswith("--map messages=items")
    table = read([written(tmp_path, "b.jsonl", json.dumps({"uuid": "x", "heading": "h"}))])
    assert table.unread[0].endswith("--map prompt=heading")


def test_messages_that_end_with_a_question_take_the_answer_beside_them(tmp_path):
    rows, _ = rows_of(written(tmp_path, "a.jsonl", json.dumps({"messages": [{"role": "user", "content": TURNS[0][1]}],
                                                                "response": TURNS[1][1], "model": "m"})))
    assert said(rows[0]) == TURNS
    assert rows[0].extra == {"model": "m"}


def test_a_rejected_response_beside_an_answer_is_a_pair(tmp_path):
    path = written(tmp_path, "a.jsonl", json.dumps({"messages": [{"role": role, "content": text} for role, text in TURNS],
                                                     "rejected_response": "Oak."}))
    [row] = read_rankings([path]).rows
    assert ([each.text for each in row.candidates], row.rankings[0].ranks) == (["Peat moss.", "Oak."], (1, 2))


def test_a_line_of_many_megabytes_is_one_malformed_row_and_the_next_line_is_read(tmp_path):
    path = tmp_path / "long.jsonl"
    with path.open("wb") as handle:
        handle.write(b'{"instruction": "')
        for _ in range(40):
            handle.write(b"a" * (1 << 20))
        handle.write(b'"}\n{"instruction": "Name two tides.", "output": "Spring, neap."}\n')
    table = read([path])
    assert table.frame.height == 1
    assert [row.row["problem"] for row in table.malformed] == ["the line is longer than 16 MiB"]
