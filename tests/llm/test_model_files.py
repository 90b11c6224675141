"""A model folder brings safetensors of its own and no code."""

import json
import os
import shutil
import struct
from pathlib import Path

import pytest

from instructwild.errors import ConfigError, ModelError
from instructwild.llm.local import load
from instructwild.llm.model_files import read_json
from instructwild.llm.models import base_of, model_folder
from instructwild.llm.name import understand
from instructwild.llm.open import Limits, check


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


@pytest.mark.parametrize("name", ["model.safetensors", "vocab.json", "parts/model-1.safetensors"])
def test_a_pipe_in_the_folder_is_refused_before_anything_waits_for_it(folder, name):
    (folder / "parts").mkdir()
    (folder / "model.safetensors").rename(folder / "parts" / "model-2.safetensors")
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {
        "a": "parts/model-1.safetensors", "b": "parts/model-2.safetensors"}}))
    os.mkfifo(folder / name)
    with pytest.raises(ModelError, match="is a pipe or a device"):
        model_folder(folder)


def test_a_tokenizer_that_is_code_is_refused_in_one_line(folder):
    (folder / "own.py").write_text("raise SystemExit('was run')\nclass T: pass\n")
    change(folder / "tokenizer_config.json", tokenizer_class="Own", auto_map={"AutoTokenizer": ["own.T", "own.T"]})
    with pytest.raises(ModelError, match="needs Python code of its own"):
        load(folder)


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


def adapter_folder(folder, **config):
    folder.mkdir()
    (folder / "adapter_config.json").write_text(json.dumps({"peft_type": "LORA", "r": 1, **config}))
    (folder / "adapter_model.safetensors").write_bytes(struct.pack("<Q", 2) + b"{}")
    return folder


def test_more_layers_than_tensors_and_endless_headers_are_refused_before_anything_is_built(folder):
    whole = (folder / "model.safetensors").read_bytes()
    change(folder / "config.json", num_hidden_layers=10**9)
    with pytest.raises(ModelError, match="asks for 1,000,000,000 layers"):
        model_folder(folder)
    change(folder / "config.json", num_hidden_layers=2, text_config={"n_layer": 10**7})
    with pytest.raises(ModelError, match="asks for 10,000,000 layers"):
        model_folder(folder)
    change(folder / "config.json", text_config={})
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", 40_000_000) + whole[8:])
    with pytest.raises(ModelError, match="a header of 40,000,000 bytes"):
        model_folder(folder)


def test_a_device_in_place_of_a_config_is_not_read(folder):
    (folder / "tokenizer_config.json").unlink()
    (folder / "tokenizer_config.json").symlink_to("/dev/zero")
    assert read_json(folder / "tokenizer_config.json") == {}


@pytest.mark.parametrize("fields", [{"num_attention_heads": 0}, {"num_attention_heads": "8"}, {"model_type": ["llama"]},
                                    {"quantization_config": [1]}, {"dtype": "load", "torch_dtype": "os.system"}],
                         ids=["no heads", "heads as text", "types", "quantization", "dtype"])
def test_whatever_a_config_makes_the_libraries_raise_is_one_message(folder, fields):
    change(folder / "config.json", **fields)
    with pytest.raises(ModelError, match="cannot be loaded"):
        load(folder)


def test_an_adapter_as_a_pickle_beside_a_whole_model_is_refused(folder):
    (folder / "adapter_config.json").write_text(json.dumps({"peft_type": "LORA"}))
    (folder / "adapter_model.bin").write_bytes(b"no pickle")
    with pytest.raises(ModelError, match=r"adapter only as adapter_model\.bin"):
        model_folder(folder)


@pytest.mark.parametrize("noted", ['["x"]', "{", '{"path": 5, "name": ["x"]}'], ids=["list", "cut", "odd"])
def test_odd_names_of_a_base_are_one_message(tmp_path, noted):
    folder = adapter_folder(tmp_path / "adapter", base_model_name_or_path=5)
    (folder / "base.json").write_text(noted)
    with pytest.raises(ModelError, match=r"names no base model|is no JSON object"):
        base_of(folder)


def test_local_only_fetches_no_base_of_an_adapter(folder, tmp_path):
    far = adapter_folder(tmp_path / "far", base_model_name_or_path="quay/some-base")
    with pytest.raises(ConfigError, match="'quay/some-base' from the Hub, the base of the adapter"):
        check(understand(str(far)), Limits(local_only=True))
    near = adapter_folder(tmp_path / "near", base_model_name_or_path=str(folder))
    assert base_of(near) == Path(folder).resolve()
    check(understand(str(near)), Limits(local_only=True))


def _replace(pattern, content):
    return {"type": "Replace", "pattern": {"String": pattern}, "content": content}


@pytest.mark.parametrize(("fields", "message"), [
    ({"normalizer": _replace("a", "ab" * 500)}, "1,000 times"),
    ({"normalizer": {"type": "Sequence", "normalizers": [_replace("a", "aaaa")] * 40}}, "normalizer that makes"),
    ({"normalizer": {"type": "Prepend", "prepend": "tide " * 3000}}, "15,000 characters"),
    ({"decoder": {"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"Regex": "."}, "content": "x" * 99}]}},
     "decoder that makes"),
    ({"post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "S", "type_id": 0}}], "pair": [],
                         "special_tokens": {"S": {"id": "S", "ids": [0] * 20000, "tokens": ["S"] * 20000}}}},
     "20,000 tokens")])
def test_a_tokenizer_that_makes_texts_endless_is_refused_before_it_is_loaded(folder, fields, message):
    change(folder / "tokenizer.json", **fields)
    with pytest.raises(ModelError, match=message):
        model_folder(folder)


def test_a_tokenizer_that_writes_another_sign_for_a_space_is_taken(folder):
    change(folder / "tokenizer.json", normalizer={"type": "Sequence", "normalizers": [
        {"type": "Prepend", "prepend": "\u2581"}, _replace(" ", "\u2581"), _replace("\n", "<0x0A>")]})
    assert model_folder(folder) == folder
