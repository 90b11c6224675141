"""`--shards`: every verb that writes rows writes them in several files, and all that read a stage read those."""

import json

import fsspec
import polars as pl
import pytest
from typer.testing import CliRunner

from instructwild import stage
from instructwild.cli import app
from instructwild.stage.remote import fetched

ROWS = [{"instruction": f"Name the {kind} that grows {number} miles from the quay", "output": f"{kind} {number}.",
         "origin": [{"kind": "import", "source": "here", "author": f"{number:016x}", "license": "cc0-1.0"}]}
        for number in range(4) for kind in ("reed", "芦苇", "willow")]
RANKED = [{"messages": [{"role": "user", "content": f"Which quay is older, {number} or {number + 1}?"}],
           "candidates": [{"id": f"a{number}", "text": "The first.", "model": "m1"},
                          {"id": f"b{number}", "text": "The second.", "model": "m2"}],
           "rankings": [{"annotator": "person:ann", "ranks": [1, 2], "status": "submitted"}]} for number in range(5)]
VERBS = {
    "collect": ["collect", "jsonl", "rows.jsonl", "--as-is"],
    "clean": ["clean", "rows.jsonl"],
    "expand": ["expand", "rows.jsonl", "--model", "scripted", "--target", "7", "--languages", "en"],
    "respond": ["respond", "rows.jsonl", "--model", "scripted", "--overwrite"],
    "candidates": ["respond", "rows.jsonl", "--model", "scripted", "-k", "3"],
    "messages": ["convert", "rows.jsonl", "--to", "messages"],
    "preference": ["convert", "ranked.jsonl", "--to", "preference"],
}
VERB = pytest.mark.parametrize("verb", VERBS)


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("INSTRUCTWILD_CACHE", str(tmp_path / "cache"))
    for name, rows in (("rows.jsonl", ROWS), ("ranked.jsonl", RANKED)):
        (tmp_path / name).write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return tmp_path


def ran(*arguments, code=0):
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == code, (result.output, result.exception)
    return result.output


def without_times(frame):
    """The rows without the moments at which they were made."""
    return [json.loads(json.dumps(row, default=str), object_hook=lambda values: {
        name: value for name, value in values.items() if not name.endswith("_at")}) for row in frame.iter_rows(named=True)]


@VERB
def test_rows_in_shards_are_the_rows(here, verb):
    ran(*VERBS[verb], "--out", "whole")
    ran(*VERBS[verb], "--out", "cut", "--shards", "3")
    whole, cut = stage.load("whole"), stage.load("cut")
    assert without_times(cut.frame()) == without_times(whole.frame())
    parts = sorted(path.name for path in (here / "cut" / "data.parquet").iterdir())
    assert parts == [f"part-{number:05d}-of-00003.parquet" for number in range(3)]
    assert cut.manifest.config["shards"] == 3
    records = [record for record in cut.manifest.outputs if record.path.startswith("data.parquet/")]
    assert [record.rows for record in records] == [pl.read_parquet(here / "cut" / record.path).height for record in records]
    assert sum(record.rows for record in records) == len(whole.frame())
    before = (here / "cut" / "manifest.json").read_bytes()
    ran(*VERBS[verb], "--out", "cut", "--shards", "3")
    assert (here / "cut" / "manifest.json").read_bytes() == before, "it was finished"


@pytest.mark.parametrize("verb", ["clean", "preference"])
def test_a_run_with_other_shards_is_another_run(here, verb):
    ran(*VERBS[verb], "--out", "out", "--shards", "2")
    assert CliRunner().invoke(app, [*VERBS[verb], "--out", "out"]).exit_code != 0
    ran(*VERBS[verb], "--out", "out", "--force")
    assert (here / "out" / "data.parquet").is_file()
    ran(*VERBS[verb], "--out", "out", "--shards", "4", "--force")
    assert len(list((here / "out" / "data.parquet").iterdir())) == 4


def test_lines_are_cut_as_the_rows_are(here):
    ran(*VERBS["messages"], "--out", "whole")
    ran(*VERBS["messages"], "--out", "cut", "--shards", "5")
    parts = sorted((here / "cut" / "data.jsonl").iterdir())
    assert [path.name for path in parts] == [f"part-{number:05d}-of-00005.jsonl" for number in range(5)]
    assert b"".join(path.read_bytes() for path in parts) == (here / "whole" / "data.jsonl").read_bytes()
    assert [len(path.read_text(encoding="utf-8").splitlines()) for path in parts] == [
        pl.read_parquet(path).height for path in sorted((here / "cut" / "data.parquet").iterdir())]
    assert without_times(pl.read_ndjson(here / "cut" / "data.jsonl" / "*.jsonl"))


def test_no_file_is_without_rows(here):
    ran(*VERBS["preference"], "--out", "cut", "--shards", "99")
    assert len(list((here / "cut" / "data.parquet").iterdir())) == len(RANKED)


@VERB
def test_shards_go_to_a_store_and_are_read_from_there(here, verb):
    store = fsspec.filesystem("memory")
    try:
        ran(*VERBS[verb], "--out", "memory://bucket/cut", "--shards", "2")
        assert len(store.ls("/bucket/cut/data.parquet")) == 2
        fetched.cache_clear()
        made = stage.load("memory://bucket/cut")
        assert len(made.frame()) == made.manifest.metrics.get("rows_written", made.manifest.rows.kept)
    finally:
        store.rm("/bucket", recursive=True)
        fetched.cache_clear()


def test_a_chain_of_shards_is_read_by_all_that_read_stages(here):
    ran("collect", "jsonl", "rows.jsonl", "--as-is", "--out", "seeds", "--shards", "3")
    ran("clean", "seeds", "--out", "cleaned", "--shards", "2")
    ran("respond", "cleaned", "--model", "scripted", "--overwrite", "--out", "answered", "--shards", "4")
    ran("convert", "answered", "--to", "alpaca", "--out", "alpaca", "--shards", "3")
    row = stage.load("answered").frame().row(0, named=True)
    assert "seeds" in ran("trace", row["id"])
    assert row["id"] in ran("trace", row["id"])
    assert "12 rewritten" in ran("diff", "cleaned", "answered", code=1)
    assert "12 the same" in ran("diff", "seeds", "cleaned")
    ran("publish", "answered", "me/quays", "--dry-run", "--mask", "--unstated-license", "cc0-1.0", "--out", "hub")
    assert sum(pl.read_parquet(path).height for path in (here / "hub").rglob("*.parquet")) == 12
    (here / "rows.jsonl").unlink()
    ran("forget", row["id"], "--yes")
    text = row["messages"][0]["content"]
    for name in ("seeds", "cleaned", "answered", "alpaca"):
        frame = stage.load(name).frame()
        assert text not in json.dumps(frame.to_dicts(), default=str, ensure_ascii=False), name
        assert (here / name / "data.parquet").is_dir(), name
        records = {record.path: record for record in stage.load(name).manifest.outputs}
        assert len([path for path in records if path.startswith("data.parquet/")]) == len(
            list((here / name / "data.parquet").iterdir())), name
    assert text not in "".join(path.read_text(encoding="utf-8") for path in (here / "alpaca" / "data.jsonl").iterdir())
