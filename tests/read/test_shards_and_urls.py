"""Inputs and outputs in several files and behind URLs: folders of shards, fsspec's `memory://`, what is not installed."""

import json

import fsspec
import polars as pl
import pytest

from instructwild import stage
from instructwild.clean.pipeline import clean
from instructwild.errors import InputError, MissingExtraError, OutputError
from instructwild.read.instructions import read
from instructwild.read.rankings import read_rankings
from instructwild.stage.content import sha256_of
from instructwild.stage.remote import fetched, public

ROWS = [{"instruction": f"Name the bird number {number} of the northern coast", "output": f"Bird {number}."}
        for number in range(9)]


@pytest.fixture
def memory(monkeypatch, tmp_path_factory):
    monkeypatch.setenv("INSTRUCTWILD_CACHE", str(tmp_path_factory.mktemp("cache")))
    store = fsspec.filesystem("memory")
    fetched.cache_clear()
    yield store
    store.rm("/", recursive=True)
    fetched.cache_clear()


def jsonl(rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


def test_a_folder_of_shards_is_read_in_the_order_of_names_and_a_bad_line_names_its_file(tmp_path):
    folder = tmp_path / "rows"
    folder.mkdir()
    (folder / "part-10.jsonl").write_text(jsonl(ROWS[6:]))
    (folder / "part-02.jsonl").write_text(jsonl(ROWS[:6]) + "{broken\n")
    table = read([folder])
    assert [row[0]["content"] for row in table.frame["messages"]] == [row["instruction"] for row in ROWS]
    assert table.malformed[0].evidence == f"{folder / 'part-02.jsonl'}:7"
    assert [(record.rows, record.sha256) for record in table.inputs] == [(10, sha256_of(folder))]
    assert {row[0]["source"] for row in table.frame["origin"]} == {"part-02.jsonl", "part-10.jsonl"}


def test_every_kind_of_file_is_read_from_a_url(memory, tmp_path):
    pl.DataFrame(ROWS).write_parquet(tmp_path / "rows.parquet")
    memory.put_file(str(tmp_path / "rows.parquet"), "/in/rows.parquet")
    memory.pipe_file("/in2/rows.jsonl", jsonl(ROWS).encode())
    memory.pipe_file("/in3/a.csv", b"instruction,output\nName a bird,Owl\n")
    table = read(["memory://in/rows.parquet", "memory://in2", "memory://in3/a.csv"])
    assert table.frame.height == 19
    assert [record.path for record in table.inputs] == ["memory://in/rows.parquet", "memory://in2", "memory://in3/a.csv"]
    assert table.inputs[0].sha256 == sha256_of(tmp_path / "rows.parquet")
    memory.pipe_file("/in4/pairs.jsonl", jsonl([{"prompt": "Hi", "chosen": "Hello", "rejected": "No"}]).encode())
    assert len(read_rankings(["memory://in4/pairs.jsonl"]).rows) == 1


def test_what_is_wrong_at_a_url_is_told_by_the_url(memory):
    memory.pipe_file("/bad/rows.parquet", b"no parquet")
    with pytest.raises(InputError, match=r"memory://bad/rows\.parquet: cannot be read as Parquet"):
        read(["memory://bad/rows.parquet"])
    with pytest.raises(InputError, match="memory://nothing: does not exist"):
        read(["memory://nothing"])
    memory.pipe_file("/half/a.jsonl", b"{broken\n")
    assert read(["memory://half/a.jsonl"]).malformed[0].evidence == "memory://half/a.jsonl:1"


def test_a_store_whose_package_is_missing_is_one_message(monkeypatch):
    def missing(url):
        raise ImportError("Install s3fs to access S3")

    fetched.cache_clear()
    monkeypatch.setattr(fsspec.core, "url_to_fs", missing)
    with pytest.raises(MissingExtraError, match=r"s3:// needs s3fs, which is not installed\n.*pip install s3fs"):
        read(["s3://bucket/rows.jsonl"])


def test_an_unknown_scheme_is_one_message():
    with pytest.raises(InputError, match="nosuch:// is no file system that fsspec knows"):
        read(["nosuch://bucket/rows.jsonl"])


def test_no_secret_of_a_url_is_shown():
    assert public("https://ann:pass@host/a/b.jsonl?X-Signature=abc#x") == "https://host/a/b.jsonl"


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "in.jsonl"
    path.write_text(jsonl([*ROWS, ROWS[0]]))
    return path


def test_a_stage_of_several_files_is_read_as_one_is(source, tmp_path):
    whole, parts = clean([source], tmp_path / "whole"), clean([source], tmp_path / "parts", shards=4)
    assert parts.frame().equals(whole.frame())
    assert sorted(path.name for path in (parts.path / "data.parquet").iterdir()) == [
        f"part-0000{number}-of-00004.parquet" for number in range(4)]
    records = {record.path: record for record in parts.manifest.outputs}
    assert [records[f"data.parquet/part-0000{number}-of-00004.parquet"].rows for number in range(4)] == [2, 2, 2, 3]
    assert records["data.parquet"].rows == 9
    assert all(sha256_of(parts.path / name) == record.sha256 for name, record in records.items())
    again = clean([parts.path], tmp_path / "again", ["exact"])
    assert again.frame().equals(whole.frame())
    assert again.manifest.inputs[0].sha256 == records["data.parquet"].sha256
    assert read([parts.path / "data.parquet"]).frame.equals(whole.frame())
    assert clean([source], tmp_path / "parts", shards=4).existed
    with pytest.raises(OutputError, match="shards"):
        clean([source], tmp_path / "parts", shards=3)


def test_a_file_of_several_that_was_altered_is_noticed(source, tmp_path):
    parts = clean([source], tmp_path / "parts", shards=2)
    first = next(iter(sorted((parts.path / "data.parquet").iterdir())))
    pl.read_parquet(first).head(1).write_parquet(first)
    with pytest.raises(InputError, match="was altered"):
        stage.load(parts.path)


def test_a_stage_is_written_to_a_url_and_read_from_there(memory, source, tmp_path):
    here = clean([source], tmp_path / "here", shards=2)
    made = clean([source], "memory://bucket/out", shards=2)
    assert made.url == "memory://bucket/out"
    assert made.manifest.outputs[0].sha256 == here.manifest.outputs[0].sha256
    assert {name.partition("/out/")[2] for name in memory.find("/bucket/out")} == {
        "data.parquet/part-00000-of-00002.parquet", "data.parquet/part-00001-of-00002.parquet", "dropped.parquet",
        "manifest.json", "report.html"}
    assert stage.load("memory://bucket/out").frame().equals(here.frame())
    assert read(["memory://bucket/out"]).frame.equals(here.frame())
    assert clean([source], "memory://bucket/out", shards=2).existed
    with pytest.raises(OutputError, match="another run"):
        clean([source], "memory://bucket/out")
    forced = clean([source], "memory://bucket/out", force=True)
    fetched.cache_clear()
    assert forced.manifest.config.get("shards") is None
    assert stage.load("memory://bucket/out").frame().equals(here.frame())
    memory.pipe_file("/other/notes.txt", b"mine")
    with pytest.raises(OutputError, match="no finished stage"):
        clean([source], "memory://other")
