"""Tables as programs write them: delimiters, byte order marks, encodings, Excel, lists of structs in Parquet and Arrow."""

import codecs
import re
import sys
import time
import zipfile

import polars as pl
import pytest

from instructwild.errors import InputError
from instructwild.read.instructions import read

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


def test_a_workbook_of_several_sheets_loses_none_without_a_word(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.title = "one"
    for sheet in (book.active, book.create_sheet("two")):
        sheet.append(["question", "answer"])
        sheet.append([f"Which reed grows in {sheet.title}?", "Common reed."])
    book.create_sheet("empty")
    book.save(tmp_path / "in.xlsx")
    with pytest.raises(InputError, match="several sheets with rows: one, two"):
        read([tmp_path / "in.xlsx"])
    del book["two"]
    book.save(tmp_path / "in.xlsx")
    assert turns(read([tmp_path / "in.xlsx"])) == [["Which reed grows in one?", "Common reed."]]


def test_a_workbook_without_its_reader_is_one_message(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "openpyxl", None)
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


def rewritten_sheet(path, change):
    """A workbook whose first sheet is another text."""
    with zipfile.ZipFile(path) as archive:
        parts = {info.filename: archive.read(info) for info in archive.infolist()}
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = change(parts[sheet])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def test_a_sheet_that_claims_the_largest_size_is_read_as_far_as_it_goes(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in (("instruction", "output"), ("Name a tide.", "Spring tide.")):
        book.active.append(row)
    book.save(tmp_path / "in.xlsx")
    rewritten_sheet(tmp_path / "in.xlsx", lambda sheet: re.sub(rb'ref="A1:B2"', b'ref="A1:XFD1048576"', sheet).replace(
        b"</sheetData>",
        b'<row r="1048576"><c r="A1048576" t="inlineStr"><is><t>Name a wave.</t></is></c></row></sheetData>'))
    began = time.process_time()
    table = read([tmp_path / "in.xlsx"])
    assert table.frame.height == 2
    assert time.process_time() - began < 20


def test_a_workbook_made_to_fill_the_memory_is_refused(tmp_path, monkeypatch):
    openpyxl = pytest.importorskip("openpyxl")
    monkeypatch.setattr("instructwild.read.excel.LARGE", 1 << 20)
    book = openpyxl.Workbook()
    book.active.append(("instruction", "output"))
    book.save(tmp_path / "in.xlsx")
    rewritten_sheet(tmp_path / "in.xlsx", lambda sheet: sheet + b" " * (4 << 20))
    with pytest.raises(InputError, match="unpacks to 4 MiB"):
        read([tmp_path / "in.xlsx"])
