"""A file that was altered after its stage finished is noticed before anything builds on it; looking costs little."""

import json
import os
import shutil

import pytest

from instructwild import stage
from instructwild.errors import InputError, OutputError
from instructwild.schema import instruction_of
from instructwild.stage import check
from instructwild.stage.content import sha256_of
from instructwild.stage.frames import instruction_frame

ROWS = instruction_frame([instruction_of("What is a tie?"), instruction_of("什么是并列？")])


def make(out, **options):
    with stage.start(out, "clean", config={}, **options) as run:
        return run.finished or run.finish(data=ROWS, report="<p>")


@pytest.fixture
def folder(tmp_path):
    make(tmp_path / "out")
    return tmp_path / "out"


def alter(path):
    path.write_bytes(path.read_bytes()[::-1])


@pytest.mark.parametrize("name", ["data.parquet", "dropped.parquet"])
def test_loading_names_the_file_both_hashes_and_a_remedy(folder, name):
    before = sha256_of(folder / name)
    alter(folder / name)
    with pytest.raises(InputError, match="--force") as caught:
        stage.load(folder)
    assert all(text in str(caught.value) for text in (name, before, sha256_of(folder / name)))
    with pytest.raises(InputError, match="was altered"):
        stage.input_record(folder)
    assert stage.load(folder, even_failed=True).path == folder


def test_a_finished_stage_is_not_skipped_when_its_file_was_altered(folder):
    alter(folder / "data.parquet")
    with pytest.raises(OutputError, match=r"data\.parquet was altered"):
        make(folder)
    assert not make(folder, force=True).existed
    assert make(folder).existed


@pytest.mark.parametrize("name", ["data.parquet", "dropped.parquet"])
def test_a_stage_whose_file_is_gone_is_not_taken_for_finished(folder, name):
    (folder / name).unlink()
    with pytest.raises(OutputError, match="is gone since the stage finished"):
        make(folder)
    assert not make(folder, force=True).existed
    assert (folder / name).exists()


@pytest.mark.parametrize(("change", "message"), [
    (lambda outputs: [], "not named in its manifest"),
    (lambda outputs: [*outputs, {**outputs[0], "path": "/dev/zero"}], "outside the folder"),
    (lambda outputs: [*outputs, {**outputs[0], "path": "../rows.jsonl"}], "outside the folder")])
def test_a_manifest_that_names_other_files_is_not_believed(folder, change, message):
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["outputs"] = change(manifest["outputs"])
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(InputError, match=message):
        stage.load(folder)


def test_a_page_may_be_edited_and_a_missing_file_is_for_those_who_need_it(folder):
    (folder / "report.html").write_text("mine")
    (folder / "dropped.parquet").unlink()
    assert stage.load(folder).frame().equals(ROWS)


def test_an_older_file_put_in_the_place_of_another_is_noticed(folder, tmp_path):
    other = instruction_frame([instruction_of("What is a win?"), instruction_of("什么是胜利？")])
    other.write_parquet(tmp_path / "older")
    os.utime(tmp_path / "older", (1, 1))
    shutil.copy2(tmp_path / "older", folder / "data.parquet")
    with pytest.raises(InputError, match="was altered"):
        stage.load(folder)


def test_nothing_is_read_where_nothing_changed_and_a_copied_folder_is_read_once(folder, tmp_path, monkeypatch):
    read = []
    monkeypatch.setattr(check, "sha256_of", lambda path: read.append(path.name) or sha256_of(path))
    stage.load(folder)
    assert read == []
    shutil.copytree(folder, tmp_path / "copy")
    stage.load(tmp_path / "copy")
    assert "data.parquet" in read
    read.clear()
    stage.load(tmp_path / "copy")
    assert read == []


def test_a_model_is_a_folder_of_files(tmp_path):
    with stage.start(tmp_path / "m", "sft", config={}) as run:
        with run.atomic("model") as path:
            path.mkdir()
            (path / "config.json").write_text("{}")
            (path / "model.safetensors").write_bytes(b"weights")
        run.finish(rows=stage.Rows(**{"in": 0, "kept": 0, "dropped": 0}))
    assert stage.load(tmp_path / "m").model.is_dir()
    (tmp_path / "m" / "model" / "config.json").write_text("[]")
    with pytest.raises(InputError, match="model was altered"):
        stage.load(tmp_path / "m")
