"""What `evaluate pairwise` compares: models by their names, and stages and files by their answers."""

import json

import pytest

from instructwild.clean.pipeline import clean
from instructwild.errors import ConfigError, ModelError
from instructwild.llm.open import Limits
from instructwild.stage import remote
from instructwild_trainer.evaluate.models import compared_model


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
