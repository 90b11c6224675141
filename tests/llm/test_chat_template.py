"""Chat templates are found in every place that keeps them, and a model without one is asked by another's."""

import json
import shutil

import pytest
from typer.testing import CliRunner

from instructwild.cli import app
from instructwild.errors import InputError, ModelError
from instructwild.llm.chat_template import FILE, template_in, template_named
from instructwild.llm.ledger import Ledger
from instructwild.llm.local import LocalModel
from instructwild.llm.models import resolve
from instructwild.llm.open import Limits, open_model
from instructwild.llm.request import Request
from instructwild.schema import Message

TEMPLATE = "{% for message in messages %}<{{ message['role'] }}>{{ message['content'] }}{% endfor %}<assistant>"
QUESTION = Request(messages=(Message(role="user", content="Why is the sky blue?"),))


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """The tiny model without its template."""
    folder = tmp_path_factory.mktemp("models") / "base"
    shutil.copytree(resolve("tiny"), folder)
    (folder / FILE).unlink(missing_ok=True)
    config = json.loads((folder / "tokenizer_config.json").read_text())
    config.pop("chat_template", None)
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    return folder


@pytest.mark.parametrize("kept", [
    {"tokenizer_config.json": json.dumps({"chat_template": TEMPLATE})},
    {"tokenizer_config.json": json.dumps({"chat_template": [{"name": "tool_use", "template": "other"},
                                                            {"name": "default", "template": TEMPLATE}]})},
    {"tokenizer_config.json": "{}", FILE: TEMPLATE},
    {FILE: TEMPLATE}])
def test_a_template_is_found_where_tokenizers_keep_it(kept, tmp_path):
    for name, text in kept.items():
        (tmp_path / name).write_text(text)
    assert template_in(tmp_path) == TEMPLATE


def test_a_folder_without_a_tokenizer_and_one_of_broken_json_are_one_message(tmp_path):
    with pytest.raises(ModelError, match="has no tokenizer"):
        template_in(tmp_path)
    (tmp_path / "tokenizer_config.json").write_text("{")
    with pytest.raises(ModelError, match="is not valid JSON"):
        template_in(tmp_path)


def test_a_template_is_named_by_a_file_or_by_a_model_that_has_one(base, tmp_path):
    (tmp_path / "own.jinja").write_text(TEMPLATE)
    assert template_named(str(tmp_path / "own.jinja")) == TEMPLATE
    assert template_named("tiny") == template_in(resolve("tiny"))
    with pytest.raises(ModelError, match="has no chat template"):
        template_named(str(base))
    (tmp_path / "own.jinja").write_bytes(b"\xff")
    with pytest.raises(InputError, match="cannot be read"):
        template_named(str(tmp_path / "own.jinja"))


def test_only_a_model_without_a_template_takes_another_one(base):
    own = LocalModel("tiny")
    bare, both = LocalModel(base, chat_template=TEMPLATE), LocalModel("tiny", chat_template=TEMPLATE)
    assert bare.prompt_text([{"role": "user", "content": "Why?"}]).startswith("<user>Why?")
    assert both.encode(QUESTION) == own.encode(QUESTION)


def test_answers_by_another_template_are_kept_apart(base):
    def label(**more):
        return open_model(str(base), Limits(), Ledger(":memory:"), **more).engine.label

    assert len({label(), label(chat_template=TEMPLATE), label(chat_template=TEMPLATE + " ")}) == 3


def test_respond_refuses_a_model_without_a_template_before_another_answers(base, tmp_path):
    prompts = tmp_path / "prompts.jsonl"
    prompts.write_text(json.dumps({"prompt": "Why is the sky blue?"}))
    words = ["respond", str(prompts), "--model", "tiny", "--model", str(base), "--out", str(tmp_path / "out"), "-k", "2",
             "--max-tokens", "4", "--truncated", "keep", "--attempts", "1"]
    assert "has no chat template" in str(CliRunner().invoke(app, words).exception)
    assert not (tmp_path / "out").exists()
    assert CliRunner().invoke(app, [*words, "--chat-template", "tiny"]).exit_code in (0, 1)       # tiny may write nothing
    assert (tmp_path / "out" / "manifest.json").is_file()
