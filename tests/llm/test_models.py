"""A model name leads to one folder or to one clear message."""

import pytest

from instructwild.errors import ConfigError, ModelError
from instructwild.llm.models import resolve
from instructwild.llm.name import understand
from instructwild.llm.open import Limits, check


def test_a_model_folder_is_itself_and_a_stage_folder_its_model(tiny_model, tmp_path):
    assert resolve(tiny_model) == tiny_model
    (tmp_path / "model").symlink_to(tiny_model)
    assert resolve(str(tmp_path)) == tmp_path / "model"


def test_an_adapter_folder_needs_no_config(tmp_path):
    (tmp_path / "adapter_config.json").write_text("{}")
    (tmp_path / "adapter_model.safetensors").write_bytes(b"")
    assert resolve(tmp_path) == tmp_path


@pytest.mark.parametrize(("files", "said"), [
    ({}, "no config.json"),
    ({"config.json": "{}"}, "no weights"),
    ({"config.json": "{}", "pytorch_model.bin": "x"}, "pytorch_model.bin, which can run code"),
])
def test_a_folder_that_is_no_model_says_what_it_lacks(tmp_path, files, said):
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(ModelError, match=said):
        resolve(tmp_path)


@pytest.mark.parametrize(("name", "said"), [
    ("./nowhere", "does not exist"), ("a/b/c", "does not exist"), ("nobody/nothing", "Hub cannot be reached"),
    ("not a name!", "neither a folder nor a model id"), ("模型", "neither a folder nor a model id"),
])
def test_a_name_that_leads_nowhere_is_one_message(name, said):
    with pytest.raises(ModelError, match=said):
        resolve(name)


def test_a_file_is_no_model(tmp_path):
    (tmp_path / "weights.gguf").write_text("")
    with pytest.raises(ModelError, match="is a file"):
        resolve(tmp_path / "weights.gguf")


@pytest.mark.parametrize("text", ["smolm2", "SmolLM2", "smollm", "scriptd"])
def test_a_misspelt_own_model_is_not_sent_to_openai(monkeypatch, text):
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    with pytest.raises(ConfigError, match="neither a folder") as raised:
        understand(text)
    assert raised.value.remedy.startswith(("--model smollm2", "--model scripted"))
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:8000/v1")
    assert understand(text).location == "endpoint"


@pytest.mark.parametrize("text", ["nowhere/", "./nowhere", "../nowhere", "/nowhere/model", "~/nowhere", "a/b/c"])
def test_a_folder_that_is_not_there_is_noticed_before_anything_is_planned(text):
    with pytest.raises(ModelError, match="does not exist"):
        check(understand(text), Limits())


def test_what_may_be_a_model_of_the_hub_is_looked_for_only_when_it_is_loaded():
    assert check(understand("Qwen/Qwen3-0.6B"), Limits()).prompt == 0
