"""What `evaluate pairwise` compares: models by their names, and stages and files by their answers."""

import json
import shutil

import pytest

from instructwild.clean.pipeline import clean
from instructwild.errors import ConfigError, ModelError
from instructwild.llm.chat_template import FILE, template_in
from instructwild.llm.models import resolve
from instructwild.llm.open import Limits
from instructwild.stage import remote
from instructwild_trainer.evaluate.models import compared_model, with_templates
from instructwild_trainer.templates import PLAIN


def test_the_address_of_a_model_is_asked_for_answers_and_never_fetched_to_see_whether_it_is_a_stage(monkeypatch):
    monkeypatch.setattr(remote, "fetched", lambda url: pytest.fail(f"{url} was fetched"))
    assert compared_model("http://127.0.0.1:9/v1#qwen3:0.6b", Limits()).model.name == "qwen3:0.6b"
    with pytest.raises(ConfigError, match="without a model's name"):
        compared_model("http://127.0.0.1:9/v1", Limits())


def test_a_file_and_a_stage_are_compared_by_the_answers_they_hold(tmp_path):
    path = tmp_path / "answers.jsonl"
    path.write_text(json.dumps({"prompt": "Which oar is longer?", "response": "The sweep."}), encoding="utf-8")
    clean([path], tmp_path / "stage")
    for spec in (path, tmp_path / "stage"):
        compared = compared_model(str(spec), Limits())
        assert [row.response for row in compared.rows.values()] == ["The sweep."]
        assert compared.model is None


def test_a_gguf_file_is_run_by_other_programs(tmp_path):
    file = tmp_path / "model.GGUF"
    file.write_bytes(b"GGUF")
    with pytest.raises(ModelError, match="is a GGUF file"):
        compared_model(str(file), Limits())


def test_a_base_without_a_template_is_asked_by_that_of_the_model_it_is_compared_with(tmp_path, capsys):
    base = tmp_path / "base"
    shutil.copytree(resolve("tiny"), base)
    (base / FILE).unlink(missing_ok=True)
    config = json.loads((base / "tokenizer_config.json").read_text())
    (base / "tokenizer_config.json").write_text(json.dumps(config | {"chat_template": None}))
    bare, chat = (compared_model(name, Limits()) for name in (str(base), "tiny"))
    for pair in ([chat, bare], [bare, chat]):
        assert {each.name: each.chat_template for each in with_templates(pair)} == {
            bare.name: template_in(resolve("tiny")), chat.name: ""}
        assert f"note: base has no chat template and is asked by that of {chat.name}" in capsys.readouterr().err
    assert [each.chat_template for each in with_templates([bare, bare])] == [PLAIN, PLAIN]
