"""Every message that the page on troubleshooting explains is what a command says in the case that the page describes."""

import json
import re
import shutil
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from filelock import FileLock

from instructwild.cli import main
from instructwild.llm.scripted_server import serve_scripted

PAGES = [Path(__file__).resolve().parents[2] / "docs" / f"troubleshooting{suffix}.md" for suffix in ("", ".zh-CN")]
QUOTED, IN_CHINESE = (re.findall(r"^\| (.+?) … \|", page.read_text(encoding="utf-8"), re.MULTILINE) for page in PAGES)
QUESTIONS = ["What does a tide table show?", "How is rye bread made?", "Name three rivers of Asia.", "为什么海水是咸的？",
             "Which stars are seen in summer?", "How do I mend a puncture?", "请列出三种绿茶。", "What is a leap year?"]
ELSEWHERE = "https://models.example/v1#some-model"
SMOKE = ("--model", "tiny", "--config", "smoke")
CASES = {}


def case(*messages):
    """Mark a function as the one that provokes these messages, in their order on the page, by its last command."""
    return lambda provoke: CASES.update(dict.fromkeys(messages, provoke)) or provoke


@pytest.fixture
def shell(tmp_path, monkeypatch, capfd):
    """Run commands in an empty folder with an empty environment; a call returns all that a command wrote."""
    monkeypatch.chdir(tmp_path)
    for name in ("OPENAI_API_KEY", "INSTRUCTWILD_API_KEY", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("INSTRUCTWILD_SALT", "the salt of these tests")

    def run(*words):
        capfd.readouterr()
        try:
            main([str(word) for word in words])
        except SystemExit as ended:
            run.code = ended.code
        return " ".join(capfd.readouterr().err.split())

    run.folder, run.set = tmp_path, monkeypatch
    return run


def rows(path="my.json", answers=True):
    """A file of answered rows."""
    Path(path).write_text(json.dumps([{"prompt": question, **({"answer": f"Answer {number}."} if answers else {})}
                                      for number, question in enumerate(QUESTIONS)]), encoding="utf-8")
    return path


def respond(shell, *words):
    return shell("respond", rows(answers=False), "--out", "answers", *words)


@case("holds no row that can be read")
def _(shell):
    Path("my.csv").write_text("frage,antwort\nWas ist das?,Ein Satz.\n")
    return shell("view", "my.csv")


@case("no row could be read, because none of its columns has a name that is read")
def _(shell):
    Path("my.csv").write_text("frage,antwort\nWas ist das?,Ein Satz.\n")
    return shell("clean", "my.csv", "--out", "clean")


@case("is not in the encoding it was read with")
def _(shell):
    Path("old.json").write_bytes('[{"prompt": "为什么海水是咸的？"}]'.encode("gb18030"))
    return shell("clean", "old.json", "--out", "clean")


@case("is not JSON from line")
def _(shell):
    Path("broken.json").write_text('[{"prompt": "a"},\n {"prompt": b}]')
    return shell("clean", "broken.json", "--out", "clean")


@case("is a folder without a manifest.json")
def _(shell):
    Path("stage/.work").mkdir(parents=True)
    return shell("clean", "stage", "--out", "clean")


@case("needs the reader of Excel files")
def _(shell):
    shell.set.setitem(sys.modules, "openpyxl", None)
    Path("my.xlsx").write_bytes(b"PK")
    return shell("clean", "my.xlsx", "--out", "clean")


@case("holds the result of another run")
def _(shell):
    shell("clean", rows(), "--out", "clean")
    return shell("clean", "my.json", "--out", "clean", "--threshold", "0.9")


@case("is being written by another instructwild process")
def _(shell):
    Path("clean/.work").mkdir(parents=True)
    with FileLock("clean/.work/lock"):
        return shell("clean", rows(), "--out", "clean")


@case("the gate of this")
def _(shell):
    shell("clean", rows(), "--out", "clean")
    manifest = json.loads(Path("clean/manifest.json").read_text())
    Path("clean/manifest.json").write_text(json.dumps({**manifest, "gate": "failed"}))
    return shell("respond", "clean", "--model", "scripted", "--out", "answers")


@case("was trained on rows that were forgotten since")
def _(shell):
    shell("train", "sft", seeds(shell, answered=True), "--out", "sft", *SMOKE, "--max-steps", "2")
    shell("forget", shell.row, "--yes")
    return shell("publish", "sft", "me/model", "--dry-run")


@case("was collected with another salt")
def _(shell):
    seeds(shell)
    shell.set.setenv("INSTRUCTWILD_SALT", "another salt of these tests")
    return shell("forget", shell.row, "--yes")


def seeds(shell, *, answered=False):
    """A stage of collected posts, whose first row is `shell.row`."""
    Path("posts.jsonl").write_text("".join(json.dumps({"text": f"Prompt: {question}", "author": "a"}) + "\n"
                                           for question in QUESTIONS))
    shell("collect", "jsonl", "posts.jsonl", "--license", "CC0-1.0", "--out", "seeds")
    from instructwild import stage

    shell.row = stage.load("seeds").frame()["id"][0]
    if answered:
        shell("respond", "seeds", "--model", "scripted", "--out", "answers")
    return "answers" if answered else "seeds"


@case("needs a key, and none is set")
def _(shell):
    return respond(shell, "--model", "gpt-4o-mini")


@case("is an address without a model's name")
def _(shell):
    return respond(shell, "--model", "http://127.0.0.1:9/v1")


@case("cannot be reached")
def _(shell):
    return respond(shell, "--model", "http://127.0.0.1:9/v1#m")


@case("is not known, so the budget cannot be kept")
def _(shell):
    return respond(shell, "--model", ELSEWHERE, "--budget", "1")


@case("--local-only refuses")
def _(shell):
    return respond(shell, "--model", ELSEWHERE, "--local-only")


@case("is reached: US$")
def _(shell):
    with serve_scripted() as (url, _):
        return respond(shell, "--model", f"{url}#m", "--price", "1000,1000", "--budget", "0.001")


class Unknown(BaseHTTPRequestHandler):
    """A server that has no model of the name."""

    def do_POST(self):
        self.send_response(404)
        self.end_headers()

    def log_message(self, *_):
        pass


@case("does not know the model")
def _(shell):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Unknown)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        return respond(shell, "--model", f"http://127.0.0.1:{server.server_port}/v1#m")
    finally:
        server.shutdown()
        server.server_close()


@case("is neither a folder nor a model id")
def _(shell):
    return shell("train", "sft", rows(), "--out", "sft", "--model", "my model")


@case("is no folder here, and the Hub cannot be reached")
def _(shell):
    return respond(shell, "--model", "nobody/nothing")


def model(shell, without=(), **files):
    """A folder with the tiny model, some files left out and others written."""
    from instructwild.llm.models import resolve

    shutil.copytree(resolve("tiny"), "model", ignore=lambda _, names: {name for name in names if name in without})
    for name, text in files.items():
        Path("model", name.replace("__", ".")).write_text(text)
    return "model"


@case("which is not safetensors and can run code")
def _(shell):
    weights = json.dumps({"weight_map": {"model.embed_tokens.weight": "pytorch_model.bin"}})
    return respond(shell, "--model", model(shell, without={"model.safetensors"}, model__safetensors__index__json=weights))


@case("which can run code when it is loaded")
def _(shell):
    return respond(shell, "--model", model(shell, without={"model.safetensors"}, pytorch_model__bin=""))


@case("has no chat template")
def _(shell):
    return respond(shell, "--model", model(shell, without={"chat_template.jinja"}))


@case("the chat template does not write a conversation within")
def _(shell):
    from instructwild.llm import template_limit

    shell.set.setattr(template_limit, "SECONDS", 0.2)
    loops = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
    return respond(shell, "--model", model(shell, chat_template__jinja=loops))


@case("none is left to train on")
def _(shell):
    return shell("train", "sft", rows(), "--out", "sft", *SMOKE, "--max-length", "8")


@case("training left every weight as it was")
def _(shell):
    return shell("train", "sft", rows(), "--out", "sft", *SMOKE, "--max-steps", "1", "--warmup-steps", "1")


@case("packed rows see each other")
def _(shell):
    from transformers import AutoConfig, AutoModelForCausalLM

    folder = model(shell, without={"model.safetensors", "config.json", "generation_config.json"})
    AutoModelForCausalLM.from_config(AutoConfig.for_model("opt", vocab_size=1024, hidden_size=32, num_hidden_layers=1,
                                     num_attention_heads=4, ffn_dim=64, word_embed_proj_dim=32)).save_pretrained(folder)
    return shell("train", "sft", rows(), "--out", "sft", *SMOKE, "--model", folder, "--packing")


@case("has another vocabulary than the policy")
def _(shell):
    from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model(shell, without={"model.safetensors"}))
    tokenizer.add_tokens("tide")
    tokenizer.save_pretrained("model")
    config = AutoConfig.from_pretrained("model", vocab_size=len(tokenizer), num_labels=1)
    AutoModelForSequenceClassification.from_config(config).save_pretrained("model")
    return shell("train", "ppo", rows(), "--out", "ppo", "--model", "tiny", "--config", "ppo-smoke", "--reward", "model")


@case("GPTQ needs rows to calibrate with")
def _(shell):
    return shell("export", "tiny", "--format", "gptq", "--out", "four-bits")


@case("still holds personal data or secrets")
def _(shell):
    Path("mine.json").write_text(json.dumps([{"prompt": "Write to rider@lindenbach-rad.de.", "answer": "Done."}]))
    shell("clean", "mine.json", "--steps", "exact", "--out", "mine")
    return shell("publish", "mine", "me/data", "--unstated-license", "cc0-1.0", "--dry-run")


@case("needs a token")
def _(shell):
    from huggingface_hub import constants

    shell.set.setattr(constants, "HF_TOKEN_PATH", "no/token")
    shell("clean", rows(), "--out", "clean")
    return shell("publish", "clean", "me/data", "--unstated-license", "cc0-1.0")


@case("this needs the package")
def _(shell):
    shell.set.setitem(sys.modules, "openai", None)
    return respond(shell, "--model", "http://127.0.0.1:9/v1#m")


@pytest.mark.parametrize("message", CASES)
def test_a_message_of_the_page_is_what_the_program_says(message, shell):
    assert message in CASES[message](shell)
    assert shell.code in (1, 2)


def test_every_message_of_the_page_is_provoked():
    assert set(QUOTED) == set(CASES)
    assert QUOTED == IN_CHINESE
