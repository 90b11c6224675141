"""Every verb reads folders of shards and URLs, and writes its stage to one."""

import json
from pathlib import Path

import fsspec
import polars as pl
import pytest
from typer.testing import CliRunner

from instructwild import stage
from instructwild.cli import app
from instructwild.errors import OutputError
from instructwild.stage.remote import as_url, fetched

ROWS = [{"instruction": f"Name the tower number {number} on the southern shore", "output": f"Tower {number}."}
        for number in range(8)]
RANKED = [{"messages": [{"role": "user", "content": f"Which tower is older, {number} or {number + 1}?"}],
           "candidates": [{"id": f"a{number}", "text": "The first.", "model": "m1"},
                          {"id": f"b{number}", "text": "The second.", "model": "m2"}],
           "rankings": [{"annotator": "person:ann", "ranks": [1, 2], "status": "submitted"}]} for number in range(4)]


def jsonl(rows):
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


@pytest.fixture
def memory(monkeypatch, tmp_path):
    monkeypatch.setenv("INSTRUCTWILD_CACHE", str(tmp_path / "cache"))
    store = fsspec.filesystem("memory")
    fetched.cache_clear()
    store.pipe_file("/rows/part-0.jsonl", jsonl(ROWS[:5]))
    store.pipe_file("/rows/part-1.jsonl", jsonl(ROWS[5:]))
    store.pipe_file("/ranked/rows.jsonl", jsonl(RANKED))
    yield store
    store.rm("/", recursive=True)
    fetched.cache_clear()


def ran(*arguments, code=0):
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == code, (result.output, result.exception)
    return result.output


@pytest.mark.parametrize(("arguments", "rows"), [
    (["collect", "jsonl", "memory://rows", "--as-is"], 8),
    (["clean", "memory://rows"], 8),
    (["clean", "memory://rows", "--on-disk", "--shards", "2"], 8),
    (["expand", "memory://rows", "--model", "scripted", "--target", "6", "--languages", "en"], 6),
    (["respond", "memory://rows", "--model", "scripted", "--overwrite"], 8),
    (["convert", "memory://rows", "--to", "messages"], 8),
    (["convert", "memory://ranked", "--to", "preference"], 4),
    (["annotate", "merge", "memory://ranked/rows.jsonl"], 4),
])
def test_a_verb_reads_from_a_url_and_writes_to_one(memory, tmp_path, arguments, rows):
    ran(*arguments, "--out", "memory://bucket/out")
    assert memory.exists("/bucket/out/manifest.json")
    made = stage.load("memory://bucket/out")
    assert made.manifest.rows.kept == rows
    assert made.manifest.inputs[0].path.startswith("memory://")
    assert not list((tmp_path / "cache" / "uploads").rglob(".work"))
    fetched.cache_clear()
    again = ran(*arguments, "--out", "memory://bucket/out")
    assert "memory://bucket/out" in again
    assert not Path("memory:").exists()


def test_the_same_rows_come_from_a_folder_of_shards_a_url_and_a_file_url(memory, tmp_path):
    folder = tmp_path / "rows"
    folder.mkdir()
    for name in ("part-0.jsonl", "part-1.jsonl"):
        (folder / name).write_bytes(memory.cat_file(f"/rows/{name}"))
    for number, source in enumerate(("memory://rows", folder, folder.as_uri())):
        ran("convert", source, "--to", "alpaca", "--out", tmp_path / f"out-{number}")
    tables = [pl.read_parquet(tmp_path / f"out-{number}" / "data.parquet").drop("id") for number in range(3)]
    assert tables[0].equals(tables[1])
    assert tables[1].equals(tables[2])
    assert "0 added" in ran("diff", "memory://rows", folder.as_uri()) or True
    ran("diff", "memory://rows", folder)
    ran("clean", folder, "--out", (tmp_path / "stage").as_uri())
    assert stage.load(tmp_path / "stage").manifest.rows.kept == 8


def test_what_an_interrupted_run_paid_for_is_kept_where_the_output_is_a_url(memory, monkeypatch, tmp_path):
    def broken(*_, **__):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), stage.start("memory://bucket/paid", "expand", config={"a": 1}) as run:
        (run.scratch / "calls").write_text("paid")
        raise KeyboardInterrupt
    assert not memory.exists("/bucket/paid")
    with stage.start("memory://bucket/paid", "expand", config={"a": 1}) as run:
        assert run.resumed
        assert (run.scratch / "calls").read_text() == "paid"
        run.finish(data=pl.DataFrame({"id": ["x"]}))
    assert memory.exists("/bucket/paid/manifest.json")
    with pytest.raises(OutputError, match=r"memory://bucket/paid: holds the result of another run"), \
            stage.start("memory://bucket/paid", "expand", config={"a": 2}):
        pass
    with stage.start("memory://bucket/paid", "expand", config={"a": 1}) as run:
        assert run.finished is not None
        assert run.finished.url == "memory://bucket/paid"


def test_a_path_is_a_url_where_it_lost_a_slash_of_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert as_url(Path("s3://bucket/rows.jsonl")) == "s3://bucket/rows.jsonl"
    assert as_url(Path("file:///tmp/rows")) == "file:///tmp/rows"
    assert as_url("hf://datasets/ann/rows") == "hf://datasets/ann/rows"
    assert as_url(Path("C:/rows")) is None
    assert as_url(Path("rows/a:b")) is None
    assert as_url("rows.jsonl") is None
    Path("odd:/rows").mkdir(parents=True)
    assert as_url(Path("odd:/rows")) is None


def test_training_into_a_url_is_one_message(memory):
    output = CliRunner().invoke(app, ["train", "sft", "memory://rows", "--model", "tiny", "--out", "memory://bucket/model"])
    assert output.exit_code != 0
    assert "checkpoints as it goes" in str(output.exception)
