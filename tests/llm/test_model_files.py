"""A model folder brings safetensors of its own and no code."""

import json
import shutil

import pytest

from instructwild.errors import ModelError
from instructwild.llm.local import load
from instructwild.llm.models import model_folder


@pytest.fixture
def folder(tiny_model, tmp_path):
    return shutil.copytree(tiny_model, tmp_path / "model")


def change(path, **fields):
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))


@pytest.mark.parametrize(("name", "message"), [
    ("pytorch_model.bin", "not safetensors"), ("../other/model.safetensors", "outside the folder"),
    ("/tmp/model.safetensors", "outside the folder"), ("..\\x.safetensors", "outside the folder")])
def test_an_index_names_safetensors_of_the_folder_only(folder, name, message):
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"lm_head.weight": name}}))
    with pytest.raises(ModelError, match=message):
        model_folder(folder)
    (folder / "model.safetensors.index.json").unlink()
    change(folder / "config.json", transformers_weights=name)
    with pytest.raises(ModelError, match=message):
        model_folder(folder)


def test_a_pickle_is_not_taken_where_another_safetensors_file_stands_beside_it(folder):
    (folder / "model.safetensors").rename(folder / "notes.safetensors")
    (folder / "pytorch_model.bin").write_bytes(b"no pickle")
    with pytest.raises(ModelError, match=r"only as pytorch_model\.bin"):
        model_folder(folder)


def test_code_that_is_not_needed_is_ignored_and_said(folder, capsys):
    (folder / "own.py").write_text("raise SystemExit('was run')\nclass M: pass\n")
    change(folder / "config.json", auto_map={"AutoConfig": "own.M", "AutoModelForCausalLM": "own.M"})
    change(folder / "tokenizer_config.json", auto_map={"AutoTokenizer": ["own.M", None]})
    load(folder)
    assert "is ignored" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(("fields", "message"), [
    ({"model_type": "harbour", "auto_map": {"AutoConfig": "own.M"}}, "needs Python code of its own"),
    ({"attn_implementation": "someone/kernel"}, "asks for attention code of the Hub")])
def test_code_that_would_be_needed_refuses_the_folder(folder, fields, message):
    change(folder / "config.json", **fields)
    with pytest.raises(ModelError, match=message):
        load(folder)
