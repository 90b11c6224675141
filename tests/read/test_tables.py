"""Tables as programs write them: delimiters, byte order marks, encodings, Excel, lists of structs in Parquet and Arrow."""

import builtins
import codecs

import polars as pl
import pytest

from instructwild.errors import InputError
from instructwild.read import read

TEXT = "instruction{0}output{0}nr\n说一种苇。{0}芦苇，{0}1\n"


def turns(table):
    return [[turn["content"] for turn in row] for row in table.frame["messages"]]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize(("encoding", "named"), [
    ("utf-8", None), ("utf-8-sig", None), ("utf-16", None), ("gb18030", "gb18030"), ("utf-16-le", "utf-16-le")])
def test_delimiters_and_encodings(tmp_path, delimiter, encoding, named):
    (tmp_path / "in.csv").write_bytes(TEXT.format(delimiter).encode(encoding))
    table = read([tmp_path / "in.csv"], named)
    assert turns(table) == [["说一种苇。", "芦苇，"]]
    assert table.frame["extra"].to_list() == ['{"nr":"1"}']


def test_a_byte_order_mark_counts_before_the_named_encoding(tmp_path):
    (tmp_path / "in.csv").write_bytes(codecs.BOM_UTF8 + TEXT.format(",").encode())
    assert turns(read([tmp_path / "in.csv"], "gb18030")) == [["说一种苇。", "芦苇，"]]


def test_text_in_an_encoding_that_nobody_named_is_one_message_with_the_remedy(tmp_path):
    (tmp_path / "in.csv").write_bytes(TEXT.format(",").encode("gb18030"))
    with pytest.raises(InputError, match="--encoding gb18030"):
        read([tmp_path / "in.csv"])


def test_a_workbook_is_read_where_its_reader_is_installed(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in (["question", "answer", "nr"], ["说一种苇。", "芦苇", 1], ["Add 3 and 4.", 7, None]):
        book.active.append(row)
    book.save(tmp_path / "in.xlsx")
    table = read([tmp_path / "in.xlsx"])
    assert turns(table) == [["说一种苇。", "芦苇"], ["Add 3 and 4.", "7"]]


def test_a_workbook_without_its_reader_is_one_message(tmp_path, monkeypatch):
    load = builtins.__import__
    monkeypatch.setattr(builtins, "__import__", lambda name, *rest: (_ for _ in ()).throw(ImportError(name))
                        if name.partition(".")[0] == "openpyxl" else load(name, *rest))
    (tmp_path / "in.xlsx").write_bytes(b"PK\x03\x04 no workbook")
    with pytest.raises(InputError, match=r"reader of Excel files(.|\n)*pip install openpyxl"):
        read([tmp_path / "in.xlsx"])


@pytest.mark.parametrize("ending", ["parquet", "arrow"])
def test_lists_of_structs_are_conversations(tmp_path, ending):
    rows = [{"conversations": [{"from": "human", "value": "说一种苇。", "weight": None},
                               {"from": "gpt", "value": "芦苇", "weight": 1.0}], "id": 4},
            {"conversations": [{"from": "human", "value": "And a rush?", "weight": None}], "id": 5}]
    frame = pl.DataFrame(rows)
    frame.write_parquet(tmp_path / "in.parquet") if ending == "parquet" else frame.write_ipc(tmp_path / "in.arrow")
    table = read([tmp_path / f"in.{ending}"])
    assert turns(table) == [["说一种苇。", "芦苇"], ["And a rush?"]]
    assert '"weight":1.0' in table.frame["extra"][0]
