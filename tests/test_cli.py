"""The command line: quick, light, and one message for what the user can mend."""

import json
import re
import subprocess
import sys
import types

import pytest

from instructwild.cli import COMMANDS, main
from instructwild.errors import install_command


def call(*args, **options):
    return subprocess.run([sys.executable, "-m", "instructwild", *args], capture_output=True, text=True, **options)


def loaded_after(statement):
    code = f"import sys; {statement}; print(' '.join(sys.modules))"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


HEAVY = {"torch", "transformers", "datasets", "argilla", "openai", "polars", "numba", "numpy", "trl"}


def test_importing_the_package_loads_nothing_heavy():
    assert not loaded_after("import instructwild") & HEAVY


def test_help_lists_every_verb_without_loading_anything_heavy():
    statement = "import instructwild.cli as c\ntry: c.main(['--help'])\nexcept SystemExit: pass"
    printed = subprocess.run([sys.executable, "-c", f"import sys\n{statement}\nprint('|', ' '.join(sys.modules))"],
                             capture_output=True, text=True, check=True).stdout
    text, _, modules = printed.rpartition("|")
    slow_to_import = {"pydantic", "jinja2", "rich.console", "instructwild.schema", "instructwild.collect.answerable"}
    assert not set(modules.split()) & (HEAVY | slow_to_import)
    assert [verb for verb in COMMANDS if verb not in text] == []


@pytest.mark.parametrize("args", [["clean", "nowhere.jsonl"], ["convert", "nowhere", "--to", "alpaca"],
                                  ["run", "nowhere.yaml"]])
def test_a_missing_input_is_one_message_and_exit_2(args, tmp_path):
    out = ["--out", str(tmp_path / "out")]
    found = call(*args, *out)
    assert found.returncode == 2
    assert "Traceback" not in found.stderr
    assert "nowhere" in found.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("args", "missing"), [(["posts.zip"], "one of x, discord"), (["mastodon"], "no export is named")])
def test_collect_without_a_kind_or_an_export_says_which_is_missing(args, missing, tmp_path):
    called = call("collect", *args, "--out", str(tmp_path / "out"))
    assert called.returncode == 2
    assert missing in called.stderr


def test_an_unknown_verb_and_an_unknown_option_are_exit_2():
    assert call("polish").returncode == 2
    found = call("clean", "x.jsonl", "--outt", "y")
    assert found.returncode == 2
    assert "--out" in found.stderr


@pytest.mark.parametrize(("args", "name"), [(["cleen"], "clean"), (["train", "rewrad"], "reward"),
                                             (["annotate", "termnal"], "terminal"), (["clean", "x", "--treshold", "1"],
                                                                                     "--threshold")])
def test_a_wrong_name_is_answered_with_the_nearest(args, name):
    result = call(*args)
    assert result.returncode == 2
    assert name in result.stderr


@pytest.mark.parametrize("args", [[], ["clean"], ["train"], ["train", "sft"], ["train", "ppo"], ["respond"], ["annotate"]])
def test_help_at_80_columns_cuts_no_name_and_no_sentence(args, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    shown = call(*args, "--help").stdout
    cut = [line for line in shown.splitlines() if re.search(r"--[\w-]*…|\w\.\.\.$", line)]
    assert not cut
    assert max(map(len, shown.splitlines())) <= 80


def test_shell_completion_knows_commands_and_options(monkeypatch):
    monkeypatch.setenv("_INSTRUCTWILD_COMPLETE", "complete_bash")
    for words, expected in (("instructwild cle", "clean"), ("instructwild train re", "reward"),
                            ("instructwild clean --thr", "--threshold")):
        monkeypatch.setenv("COMP_WORDS", words)
        monkeypatch.setenv("COMP_CWORD", str(len(words.split()) - 1))
        assert expected in call().stdout.split()


@pytest.mark.parametrize(("command", "package", "extra"), [
    ("", "trl", "train"), ("train", "torch", "train"), ("serve", "torch", "serve"), ("serve", "peft", "train"),
    ("chat", "torch", "local"), ("export", "trl", "export"), ("train", "numba", "fast")])
def test_a_module_that_is_not_installed_names_the_extra_that_the_command_wants(monkeypatch, capsys, command, package, extra):
    def missing(*_, **__):
        raise ModuleNotFoundError(f"No module named {package!r}", name=package)

    monkeypatch.setattr("instructwild.cli.app", missing)
    with pytest.raises(SystemExit) as leaving:
        main([command] if command else [])
    assert leaving.value.code == 2
    assert f"[{extra}]" in capsys.readouterr().err


def test_a_bug_of_ours_is_not_hidden(monkeypatch):
    def broken(*_, **__):
        raise ModuleNotFoundError("No module named 'instructwild.nowhere'", name="instructwild.nowhere")

    monkeypatch.setattr("instructwild.cli.app", broken)
    with pytest.raises(ModuleNotFoundError):
        main([])


def test_json_puts_the_manifest_and_nothing_else_on_stdout(tmp_path):
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"instruction": "What is a tie?"}\n{"instruction": "什么是并列？"}\nbroken\n', encoding="utf-8")
    found = call("clean", str(rows), "--out", str(tmp_path / "out"), "--json")
    assert found.returncode == 0, found.stderr
    manifest = json.loads(found.stdout)
    assert manifest["rows"] == {"in": 3, "kept": 2, "dropped": 1}
    assert manifest["reasons"] == {"malformed": 1}


def test_doctor_names_what_is_missing_and_how_to_get_it():
    found = call("doctor", "--json", "--offline")
    assert found.returncode == 0
    findings = {finding["what"]: finding for finding in json.loads(found.stdout)}
    assert findings["Python"]["state"] == "ok"
    assert findings["data (base)"]["state"] == "ok"


@pytest.mark.parametrize(("device", "capability", "kernel"), [
    (None, "AVX512", "on this CPU: torch's packed 4-bit kernel"), (None, "AVX2", "on this CPU: dense weights"),
    ("cuda", "8.0", "on this GPU: torch's packed 4-bit kernel"), ("cuda", "7.5", "on this GPU: OfTheCard"),
    ("none", "7.5", "has no kernel for this GPU (none is")])
def test_doctor_names_the_kernel_of_4_bit_models_without_loading_one(monkeypatch, device, capability, kernel):
    import torch

    from instructwild import doctor
    from instructwild.llm import quantized

    monkeypatch.setattr(torch.cuda, "is_available", lambda: device is not None)
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: capability)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: tuple(map(int, capability.split("."))))
    monkeypatch.setattr(doctor, "_installed", lambda package: "1.0")
    if device is not None:
        importer, chosen = types.ModuleType("gptqmodel.utils.importer"), {}

        def select(**wanted):
            if device == "none":
                raise ValueError("none is valid")
            chosen.update(wanted)
            return types.SimpleNamespace(__name__="OfTheCard")

        importer.hf_select_quant_linear_v2 = select
        monkeypatch.setitem(sys.modules, "gptqmodel.utils.importer", importer)
        monkeypatch.setattr(quantized, "prepare", lambda: None)
    four, base = doctor._four_bits()
    assert kernel in four.value
    assert (base.what, base.state) == ("train --base-bits 4", "ok")
    if device == "cuda" and capability == "7.5":
        assert (chosen["device_map"], chosen["backend"], chosen["pack"]) == ({"": "cuda"}, "auto", False)
    monkeypatch.setattr(doctor, "_installed", lambda package: None if package in ("optimum", "torchao") else "1.0")
    assert [(finding.state, finding.remedy) for finding in doctor._four_bits()] == [
        ("missing", install_command("export")), ("missing", "pip install torchao")]


@pytest.mark.parametrize(("verb", "told"), [("clean", True), ("annotate", True), ("serve", False), ("chat", False)])
def test_an_interruption_says_how_to_go_on_where_there_is_something_to_go_on_with(verb, told, monkeypatch, capsys):
    def interrupted(group, context):
        raise KeyboardInterrupt

    monkeypatch.setattr("typer.core.TyperGroup.invoke", interrupted)
    with pytest.raises(SystemExit) as leaving:
        main([verb, "x"])
    assert leaving.value.code == 130
    assert ("goes on from there" in capsys.readouterr().err) is told
