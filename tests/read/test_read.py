"""Whatever the layout and however bad the input: a row, a drop that names its line, or one clear message."""

import gzip
import json
import struct
from contextlib import suppress

import polars as pl
import pytest
import zstandard
from hypothesis import example, given, settings
from hypothesis import strategies as st

from instructwild.errors import InputError
from instructwild.read.assemble import Reading, from_columns, from_lines
from instructwild.read.build import Builder
from instructwild.read.files import lines_of
from instructwild.read.instructions import read
from instructwild.read.line import Line
from instructwild.read.plain import turn_ids
from instructwild.schema import content_id, response_id
from instructwild.stage.frames import INSTRUCTION, instruction_frame, instructions

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
IDS = st.none() | st.integers() | TEXT | st.sampled_from([content_id([("user", "a")]), "a" * 16])
PLAIN = st.fixed_dictionaries(
    {"instruction": TEXT | st.just("a")},
    optional={"input": TEXT, "output": st.none() | TEXT, "source": TEXT, "language": st.sampled_from(["", "en", "zh-Hans"]),
              "id": IDS, "response_id": IDS})
ODD = st.one_of(
    st.fixed_dictionaries({"instruction": st.integers() | st.none() | TEXT, "system": TEXT}),
    st.fixed_dictionaries({"messages": st.lists(st.fixed_dictionaries(
        {"role": st.sampled_from(["user", "assistant", "system", "judge"]), "content": TEXT}), max_size=3)}),
    st.just({"instruction": "\ud800"}), st.integers(), st.none(), st.lists(TEXT, max_size=2),
    st.dictionaries(TEXT, TEXT | st.integers(), max_size=3))


def read_lines(path, *values):
    path.write_text("\n".join(value if isinstance(value, str) else json.dumps(value) for value in values))
    return read([path])


@given(TEXT)
def test_ids_of_columns_are_the_ids_of_rows(text):
    assert turn_ids("user", pl.Series([text])).to_list() == [content_id([("user", text)])]
    assert turn_ids("assistant", pl.Series([text])).to_list() == [response_id([("user", ""), ("assistant", text)])]


@given(st.lists(PLAIN | ODD, max_size=8))
def test_rows_read_at_once_equal_rows_read_one_by_one_and_none_is_lost(values):
    frame, bad = from_lines([Line(n, value) for n, value in enumerate(values, start=1)], Reading("some.jsonl"))
    builder, unread = Builder("jsonl", "some.jsonl"), []
    for number, value in enumerate(values, start=1):
        try:
            builder.add(value)
        except ValueError:
            unread.append(f"some.jsonl:{number}")
    assert frame.equals(builder.frame())
    assert frame.schema == INSTRUCTION
    assert [row.evidence for row in bad] == unread
    for row in instructions(frame):
        turns = [(message.role, message.content) for message in row.messages]
        assert (row.id, row.response_id) == (content_id(turns), response_id(turns))


@settings(max_examples=40)
@given(st.lists(st.tuples(TEXT | st.just("a"), TEXT, st.none() | TEXT | st.just(content_id([("user", "a")]))), min_size=1))
def test_columns_read_at_once_equal_rows_read_one_by_one(rows):
    values = [dict(zip(("instruction", "output", "id"), row, strict=True)) for row in rows]
    builder = Builder("parquet", "some.parquet")
    for value in values:
        builder.add(value)
    frame, bad = from_columns(pl.DataFrame(values, schema=dict.fromkeys(values[0], pl.String)), Reading("some.parquet"))
    assert frame.equals(builder.frame())
    assert not bad


@pytest.mark.parametrize("text", ["\x1c", "a", "\x1f\n", "\u2003", "\x85nan\x1e", "\x00"])
def test_what_is_white_space_is_the_same_at_once_and_one_by_one(text):
    values = [{"instruction": "a", "input": text, "output": text}]
    builder = Builder("parquet", "some.parquet")
    builder.add(values[0])
    assert from_columns(pl.DataFrame(values), Reading("some.parquet"))[0].equals(builder.frame())


@pytest.mark.parametrize(("row", "said"), [
    ({"instruction": "Add", "input": "1, 2", "output": "3"}, [("user", "Add\n1, 2"), ("assistant", "3")]),
    ({"prompt": "你好", "response": ""}, [("user", "你好")]),
    ({"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Ho"}]},
     [("user", "Hi"), ("assistant", "Ho")]),
    ({"instruction": "c", "history": [["a", "b"]], "output": "d", "system": "s"},
     [("system", "s"), ("user", "a"), ("assistant", "b"), ("user", "c"), ("assistant", "d")]),
])
def test_every_known_layout_becomes_messages(tmp_path, row, said):
    table = read_lines(tmp_path / "in.jsonl", row)
    assert [(message["role"], message["content"]) for message in table.frame["messages"][0]] == said


def test_a_row_of_ours_survives_json_lines(tmp_path):
    row = {"messages": [{"role": "user", "content": "hi"}],
           "labels": {"type": "chat", "risk": ["R"], "flags": ["url_in_prompt"]},
           "made_by": {"model": "m", "sampling": {"temperature": 0.5}, "usd": 1}, "scores": {"reward": 2}, "parents": ["p"],
           "origin": [{"kind": "x", "source": "s", "author": "a"}], "language": "en"}
    read = next(instructions(read_lines(tmp_path / "in.jsonl", row).frame))
    assert read.labels.flags == ("url_in_prompt",)
    assert (read.made_by.sampling, read.made_by.usd) == ({"temperature": 0.5}, 1.0)
    assert (read.scores, read.parents, read.origin[0].author) == ({"reward": 2.0}, ("p",), "a")


def test_a_parquet_of_ours_is_taken_as_it_is(tmp_path):
    frame = read_lines(tmp_path / "in.jsonl", {"instruction": "a", "special_tag": ["R1"]}, {"instruction": "b"}).frame
    frame.write_parquet(tmp_path / "data.parquet")
    assert read([tmp_path / "data.parquet"]).frame.equals(frame)


def test_a_parquet_with_other_columns_costs_rows_or_names_what_it_found(tmp_path):
    pl.DataFrame({"instruction": ["a", None], "output": ["b", "c"], "pixels": [1, 2]}).write_parquet(tmp_path / "a.parquet")
    table = read([tmp_path / "a.parquet"])
    assert table.frame.height == 1
    assert [row.evidence for row in table.malformed] == [f"{tmp_path / 'a.parquet'}:2"]
    pl.DataFrame({"pixels": [1, 2]}).write_parquet(tmp_path / "b.parquet")
    assert [row.row["problem"] for row in read([tmp_path / "b.parquet"]).malformed] == [
        "no known layout: expected messages, conversations or instruction; found the keys pixels"] * 2


def test_hostile_lines_cost_only_themselves(tmp_path):
    bomb = "[" * 100_000 + "]" * 100_000
    table = read_lines(tmp_path / "in.jsonl", {"instruction": "fine"}, "{", bomb, '{"instruction": "\\ud800"}',
                       '{"instruction": 5}', '{"instruction": "a\\u0000b"}', '"text"',
                       '{"instruction": "x", "scores": {"s": 1e999}}',
                       '{"instruction": "y", "scores": {"s": 1' + "0" * 400 + "}}", '{"instruction": "好"}')
    assert table.frame["messages"].list.first().struct.field("content").to_list() == [
        "fine", "5", "a\0b", "x", "好"], "a number is a text that a person wrote"
    assert [row.evidence.rpartition(":")[2] for row in table.malformed] == ["2", "3", "4", "7", "9"]
    assert all(row.row["problem"] for row in table.malformed)


def test_a_line_too_long_to_hold_costs_itself(tmp_path, monkeypatch):
    monkeypatch.setattr("instructwild.read.json_files.LONGEST_LINE", 1000)
    table = read_lines(tmp_path / "in.jsonl", {"instruction": "a"}, {"instruction": "b" * 5000}, {"instruction": "c"})
    assert table.frame.height == 2
    assert "longer than" in table.malformed[0].row["problem"]


@pytest.mark.parametrize(("content", "told"), [
    ('{"instruction": "你好"}\n'.encode("gb18030"), "--encoding gb18030"),
    (gzip.compress(b'{"instruction": "a"}\n' * 100, mtime=0)[:-20], "damaged"),
    (b"", "empty"),
    (b"\n\n", "no rows"),
    (zstandard.compress(b'{"instruction": "a"}\n' * 100)[:-5], "middle of a frame"),
    (b"\x28\xb5\x2f\xfd no frame", "damaged"),
])
def test_a_file_that_cannot_be_read_is_one_clear_message(tmp_path, content, told):
    path = tmp_path / {b"\x1f\x8b": "in.jsonl.gz", b"\x28\xb5": "in.jsonl.zst"}.get(content[:2], "in.jsonl")
    path.write_bytes(content)
    with pytest.raises(InputError) as raised:
        read([path])
    assert told in str(raised.value)
    assert str(path) in str(raised.value)


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("kind", ["jsonl", "json", "csv"])
def test_byte_order_marks_are_obeyed(tmp_path, codec, kind):
    text = {"jsonl": '{"instruction": "你好"}\n', "json": '[{"instruction": "你好"}]', "csv": "instruction\n你好\n"}[kind]
    path = tmp_path / f"in.{kind}"
    path.write_bytes(text.encode(codec))
    assert read([path]).frame["id"].to_list() == [content_id([("user", "你好")])]


@pytest.mark.parametrize(("name", "content", "told"), [
    ("in.json", '[{"instruction": "a"}] [{"instruction": "b"}]', "goes on after its closing"),
    ("in.json", '[{"instruction": "a"}, {"instr', "not JSON from line 1"),
    ("in.json", '[{"instruction": "a"}', "not JSON"),
    ("in.json", "[" * 100_000, "nested too deeply"),
    ("in.json", "[]", "no rows"),
    ("in.csv", "instruction,instruction\na,b\n", "'instruction' more than once"),
    ("in.csv", "instruction,output\n", "no rows"),
    ("in.txt", "a", "unknown kind"),
    ("in.parquet", "PAR1 no more", "cannot be read as Parquet"),
    ("in.jsonl.gz", '{"instruction": "a"}', "damaged"),
    ("in.jsonl.zst", '{"instruction": "a"}', "damaged"),
])
def test_a_file_of_the_wrong_form_is_one_clear_message(tmp_path, name, content, told):
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=told):
        read([tmp_path / name])


def test_a_file_packed_with_the_longest_window_is_read(tmp_path):
    """As Reddit's dumps are: `zstd --long=31`."""
    long = zstandard.ZstdCompressionParameters(window_log=31, enable_ldm=True)
    path = tmp_path / "in.jsonl.zst"
    with path.open("wb") as handle, zstandard.ZstdCompressor(compression_params=long).stream_writer(handle) as packed:
        packed.write(b'{"instruction": "a"}\n' * 9)
    assert read([path]).frame.height == 9


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
@pytest.mark.parametrize("kind", ["jsonl", "json", "csv"])
def test_a_compressed_file_reads_as_the_plain_one_and_no_beginning_of_it_reads_as_less(tmp_path, kind, pack):
    rows = [f"问题 {n} {n * 7919 % 1009}" for n in range(60)]
    text = {"jsonl": "\n".join(json.dumps({"instruction": row}) for row in rows),
            "json": json.dumps([{"instruction": row} for row in rows]), "csv": "\n".join(["instruction", *rows])}[kind]
    path = tmp_path / f"in.{kind}.{'gz' if pack is gzip.compress else 'zst'}"
    half = len(text) // 2
    path.write_bytes(pack(text[:half].encode()) + pack(text[half:].encode()))       # two members, two frames
    assert [row[0]["content"] for row in read([path]).frame["messages"]] == rows
    whole = pack(text.encode())
    for end in range(1, len(whole), 7):
        path.write_bytes(whole[:end])
        with pytest.raises(InputError):
            read([path])


PARTS = ["[", "]", "{", "}", '"', ",", ":", "instruction", "\n", "\r", "\x00", "你", "\ufeff", "\\", "1e999", "null",
         '"messages"', '"role"', "\\ud800", " "]
HOSTILE = st.binary(max_size=60) | st.lists(st.sampled_from(PARTS), max_size=25).map(lambda parts: "".join(parts).encode())


@settings(max_examples=60)
@given(HOSTILE, st.sampled_from(["in.jsonl", "in.json", "in.csv", "in.tsv", "in.parquet", "in.jsonl.gz", "in.jsonl.zst"]),
       st.sampled_from([None, "gb18030", "utf-16", "nonsense"]))
@example(b"\xff\xfe\x00", "in.csv", None)
@example(b"instruction\na\x00b", "in.csv", None)
@example(b"\x00\x00", "in.csv", "utf-16")
def test_whatever_a_file_holds_it_is_read_or_refused_in_one_message(tmp_path_factory, content, name, encoding):
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(content)
    with suppress(InputError):
        table = read([path], encoding)
        assert table.inputs[0].rows == table.frame.height + len(table.malformed)


def test_ids_of_the_file_are_not_believed(tmp_path):
    table = read_lines(tmp_path / "in.jsonl", {"id": "x", "instruction": "a"}, {"id": "x", "instruction": "b"})
    assert table.frame["id"].to_list() == [content_id([("user", text)]) for text in "ab"]


def test_a_named_encoding_reads_a_gbk_file(tmp_path):
    path = tmp_path / "in.jsonl"
    path.write_bytes('{"instruction": "你好"}\n'.encode("gb18030"))
    assert read([path], encoding="gb18030").frame["id"].to_list() == [content_id([("user", "你好")])]


def test_a_table_is_read_as_it_comes_and_tells_where_its_encoding_ends(tmp_path):
    path = tmp_path / "in.csv"
    path.write_bytes(b"instruction,output\n" + b"a,b\n" * 50_000 + '"你好",c\n'.encode("gb18030"))
    from instructwild.read.files import lines_of

    lines = lines_of(path)
    assert next(lines).value == {"instruction": "a", "output": "b"}, "a row is there before the file has been read"
    with pytest.raises(InputError, match=r"after line \d+ is not utf-8"):
        list(lines)
    assert read([path], encoding="gb18030").frame.height == 50_001


def test_rows_of_several_sources_keep_their_order(tmp_path):
    read_lines(tmp_path / "b.jsonl", {"instruction": "1"}, {"messages": [{"role": "user", "content": "2"}]}, {"prompt": "3"})
    frame = read([tmp_path / "b.jsonl", tmp_path / "b.jsonl"]).frame
    assert [row[0]["content"] for row in frame["messages"]] == ["1", "2", "3"] * 2


def test_an_empty_frame_of_rows_has_the_columns_of_a_full_one():
    assert Builder("x", "y").frame().schema == instruction_frame([]).schema == INSTRUCTION


def test_a_mistyped_path_is_never_asked_of_the_hub(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    for name in ("data/rows", "exports/rows.jsonl", "somebody/rows.json.gz"):
        with pytest.raises(InputError, match="does not exist"):
            read([name])


def test_a_json_file_in_which_no_text_ends_is_refused_before_it_fills_the_memory(tmp_path):
    path = tmp_path / "zeros.json"
    with path.open("wb") as handle:
        handle.write(b'[{"instruction": "')
        handle.truncate(2 * 2**30)                       # sparse: it takes no room
    with pytest.raises(InputError, match="nothing that is a row for more than 16 MiB"):
        list(lines_of(path))


def test_a_line_of_a_table_that_is_too_long_costs_itself(tmp_path, monkeypatch):
    monkeypatch.setattr("instructwild.read.tables.LONGEST_LINE", 1 << 10)
    path = tmp_path / "long.csv"
    path.write_text("instruction,output\n" + "a" * 5000 + ',b\nWhy is rain wet?,So.\n"' + "q" * 3000 + '",x\n'
                    + ",".join(["wide"] * 500) + '\nAnd snow?,"Yes,\nmostly."\n')
    lines = list(lines_of(path))
    assert [line.problem is None for line in lines] == [False, True, False, False, True]
    assert lines[1].value == {"instruction": "Why is rain wet?", "output": "So."}
    assert lines[4].value == {"instruction": "And snow?", "output": "Yes,\nmostly."}
    assert all("is longer than" in line.problem for line in lines if line.problem)


def test_an_archive_whose_list_of_files_fills_the_memory_is_refused(tmp_path):
    name, entry = b"%07d.txt", struct.Struct("<4s6H3I5H2I")
    listing = b"".join(entry.pack(b"PK\x01\x02", 20, 20, 0, 0, 0, 0, 0, 0, 0, 11, 0, 0, 0, 0, 0, 0) + name % number
                       for number in range(600_000))
    end = (struct.pack("<4sQ2H2I4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 600_000, 600_000, len(listing), 0)
           + struct.pack("<4sIQI", b"PK\x06\x07", 0, len(listing), 1)
           + struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 0xffff, 0xffff, 0xffffffff, 0xffffffff, 0))
    path = tmp_path / "many.zip"
    path.write_bytes(listing + end)
    with pytest.raises(InputError, match="its list of files is 32 MiB long"):
        list(lines_of(path))
