"""The command line of serve and chat: what stops it before it starts, how it ends, and what it hands to vLLM."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys

import httpx
import pytest
import typer.testing

from instructwild import cli, stage
from instructwild.errors import ConfigError, GateError, InputError, ModelError
from instructwild_trainer.chat import terminal
from instructwild_trainer.serve import vllm
from instructwild_trainer.serve.command import KEY, key_of
from instructwild_trainer.serve.loaded_model import LoadedModel, named, opened, sources
from instructwild_trainer.serve.server import taken
from instructwild_trainer.serve.votes import Votes


def refused(*args):
    found = typer.testing.CliRunner().invoke(cli.app, list(args))
    assert found.exception is not None
    return found.exception


@pytest.fixture
def stopped(tiny_model, tmp_path):
    """A stage whose gate failed."""
    with stage.start(tmp_path / "gptq", "export", config={}) as run:
        with run.atomic("model") as folder:
            shutil.copytree(tiny_model, folder)
        run.finish(rows=stage.Rows(**{"in": 0, "kept": 0, "dropped": 0}), gate="failed")
    return tmp_path / "gptq"


@pytest.mark.parametrize("verb", ["serve", "chat"])
def test_what_is_no_model_or_may_not_be_used_is_one_message(verb, tmp_path, stopped):
    assert isinstance(refused(verb, str(tmp_path)), ModelError)
    assert "no config.json" in str(refused(verb, str(tmp_path)))
    assert "does not exist" in str(refused(verb, "./nowhere"))
    gate = refused(verb, str(stopped))
    assert isinstance(gate, GateError)
    assert "mend the cause" in gate.remedy


def test_a_port_in_use_is_one_message_before_any_model_is_loaded(tiny_model):
    with taken("127.0.0.1", 0) as held:
        port = held.getsockname()[1]
        found = refused("serve", str(tiny_model), "--port", str(port))
    assert isinstance(found, InputError)
    assert (found.where, "--port" in found.remedy) == (f"127.0.0.1:{port}", True)
    assert isinstance(refused("serve", str(tiny_model), "--port", "0", "--host", "203.0.113.1"), ConfigError)
    with pytest.raises(InputError, match="cannot be listened on"):
        taken("203.0.113.1", 0)


def test_others_are_let_in_only_with_a_key(tiny_model, monkeypatch, tmp_path):
    monkeypatch.delenv(KEY, raising=False)
    assert "no API key" in str(refused("serve", str(tiny_model), "--host", "0.0.0.0"))
    assert key_of(None) is None
    monkeypatch.setenv(KEY, "from the environment")
    monkeypatch.setenv("OTHER", "another")
    (tmp_path / "key").write_text("from a file\n")
    found = [key_of(None), key_of("OTHER"), key_of(str(tmp_path / "key"))]
    assert found == ["from the environment", "another", "from a file"]
    with pytest.raises(ConfigError) as told:
        key_of("sk-the-key-itself")
    assert "sk-the-key-itself" not in str(told.value)


def test_models_have_names_of_their_own(tiny_model):
    assert named([str(tiny_model), "owner/model", "smollm2"], None) == ["tiny", "model", "smollm2"]
    for models, names in ((["a", "a"], None), (["a"], ["x", "y"])):
        with pytest.raises(ConfigError):
            named(models, names)
    assert "votes are between two" in str(refused("serve", str(tiny_model), "--votes", "v"))
    assert "votes are between two" in str(refused("chat", str(tiny_model), "--votes", "v"))
    assert isinstance(refused("serve", "a", "b", "c"), ConfigError)


@pytest.mark.parametrize(("template", "what"), [
    ("{{ messages[0].nothing.more }}", "cannot write"), ("", "writes nothing"), ("{% for %}", "cannot write"),
    ("{{ raise_exception('no') }}", "cannot write")])
def test_a_template_that_does_not_render_is_one_message(tiny_model, tmp_path, template, what):
    folder = tmp_path / "model"
    shutil.copytree(tiny_model, folder)
    (folder / "chat_template.jinja").write_text(template or "{# nothing #}")
    with pytest.raises(ModelError, match=what) as told:
        opened(sources([str(folder)])[0], "broken")
    assert "chat_template.jinja" in told.value.remedy


def test_a_template_and_its_tokenizer_say_where_an_answer_ends(tiny_model, tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(tiny_model, folder)
    config = json.loads((folder / "generation_config.json").read_text())
    (folder / "generation_config.json").write_text(json.dumps({**config, "eos_token_id": 7}))
    loaded = opened(sources([str(folder)])[0], "tiny")
    assert {7, loaded.local.tokenizer.convert_tokens_to_ids("<|im_end|>")} <= loaded.local.ends


def test_vllm_gets_our_limits_and_the_key_by_its_environment(tiny_model, tmp_path):
    """Against a stub on PATH, because vLLM itself needs a GPU: this shows what is handed over, not that vLLM runs."""
    stub = tmp_path / "vllm"
    stub.write_text(f"#!{sys.executable}\nimport json, os, sys\n"
                    f"print(json.dumps([sys.argv[1:], os.environ.get('{vllm.KEY}')]))\n")
    stub.chmod(0o755)
    script = ("from pathlib import Path; from instructwild_trainer.serve import vllm; import sys; "
              "vllm.become(Path(sys.argv[1]), 'mine', host='127.0.0.1', port=9, slots=3, context=50, key='s3cret')")
    found = subprocess.run([sys.executable, "-c", script, str(tiny_model)], capture_output=True, text=True,
                           env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"})
    words, key = json.loads(found.stdout)
    assert words == ["serve", str(tiny_model), "--served-model-name", "mine", "--host", "127.0.0.1", "--port", "9",
                     "--max-num-seqs", "3", "--max-model-len", "50"]
    assert key == "s3cret"
    assert "pip install vllm" in str(refused("serve", str(tiny_model), "--engine", "vllm"))
    two = refused("serve", str(tiny_model), "tiny", "--name", "a", "--name", "b", "--engine", "vllm")
    assert "one whole model" in str(two)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130),
                                                pytest.param(signal.SIGTERM, 0, marks=pytest.mark.slow)])
def test_it_starts_answers_and_ends_by_signal(tiny_model, number, status):
    command = [sys.executable, "-m", "instructwild", "serve", str(tiny_model), "--port", "0", "--max-tokens", "400"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            url = re.findall(r"chat at (http://127.0.0.1:\d+)/", process.stderr.readline())[0]
            body = {"model": "tiny", "messages": [{"role": "user", "content": "tea"}], "max_tokens": 400, "stream": True}
            with httpx.stream("POST", f"{url}/v1/chat/completions", json=body, timeout=60) as answer:
                lines = answer.iter_lines()
                next(lines)
                process.send_signal(number)
                assert list(lines)[-2:] == ["data: [DONE]", ""]
            assert process.wait(timeout=60) == status
            assert process.stderr.read().strip() == "", "the command that was stopped by hand ends quietly"
            with pytest.raises(OSError), socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))):
                pass
        finally:
            process.kill()


@pytest.fixture
def typed(monkeypatch):
    """What a person types at the terminal, line by line."""
    def lines(*said):
        left = list(said)

        def read(prompt=""):
            if not left:
                raise EOFError
            return left.pop(0)

        monkeypatch.setattr(terminal.console, "input", read)

    return lines


def test_a_conversation_in_the_terminal_goes_on_is_kept_and_found_again(loaded_models, typed, capsys, tmp_path):
    file = tmp_path / "kept" / "history.jsonl"
    typed("tea", "and sea?", "/new", "sky", "")
    terminal.converse(loaded_models[:1], 8, 0.0, history=file)
    first, second = [json.loads(line)["messages"] for line in file.read_text().splitlines()]
    assert [turn["content"] for turn in first][::2] == ["tea", "and sea?"]
    assert second[0]["content"] == "sky"
    assert all(turn["content"].strip("\n") in capsys.readouterr().out for turn in first[1:2])
    typed("/back", "and rain?")
    terminal.converse(loaded_models[:1], 8, 0.0, history=file)
    [_, again] = [json.loads(line)["messages"] for line in file.read_text().splitlines()]
    assert [turn["content"] for turn in again][::2] == ["sky", "and rain?"]


def test_votes_in_the_terminal_are_kept_and_the_better_answer_is_gone_on_from(loaded_models, typed, tmp_path):
    votes = Votes(tmp_path / "votes")
    typed("tea", "2", "and sea?", "", "")
    history = tmp_path / "history.jsonl"
    terminal.converse(loaded_models, 8, 0.0, votes, history)
    [row] = votes.rows()
    better = row.candidates[row.rankings[0].ranks.index(1)]
    turns = json.loads(history.read_text())["messages"]
    assert [turn["content"] for turn in turns[:3]] == ["tea", better.text, "and sea?"]
    assert len(turns) == 4


def test_an_answer_is_stopped_by_the_keyboard_and_the_rest_goes_on(loaded_models, typed, monkeypatch, tmp_path):
    calls = []

    def interrupted(self):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(terminal.Shown, "more", interrupted)
    typed("tea", "sea")
    history = tmp_path / "history.jsonl"
    terminal.converse(loaded_models[:1], 60, 0.0, history=history)
    turns = json.loads(history.read_text())["messages"]
    assert [turn["content"] for turn in turns][::2] == ["tea", "sea"]
    assert len(turns[1]["content"]) < len(turns[3]["content"])


def test_what_a_model_says_cannot_steer_the_terminal(loaded_models):
    loaded = LoadedModel("x", loaded_models[0].source, loaded_models[0].local)
    answer = terminal.ShownAnswer(loaded, "a\x1b]0;title\x07b\x9b2J\r\nc\td")
    assert answer.plain == "a]0;titleb2J\nc\td"
