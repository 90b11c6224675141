"""A recipe runs what is needed, once, in order, and says what is wrong with it before anything runs."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from instructwild import stage
from instructwild.cli import main
from instructwild.errors import ConfigError, InputError
from instructwild.recipe.command import show_plan
from instructwild.recipe.form import packaged, read_recipe, with_values
from instructwild.recipe.run import Chain
from instructwild.recipe.step import steps_of

ROWS = '{"instruction": "What is a tie?"}\n{"instruction": "什么是并列？"}\n{"instruction": "What is a tie?"}\n'
RECIPE = """
title: Two stages
stages:
  seeds:
    run: collect jsonl {recipe}/rows.jsonl
  clean:
    about: duplicates out
    run: clean @seeds
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "rows.jsonl").write_text(ROWS, encoding="utf-8")
    (tmp_path / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
    return tmp_path


def call_here(command):
    """A stage in this process, which has imported what it needs; the commands that end it from outside run their own."""
    assert command[1:3] == ["-m", "instructwild"]
    try:
        main(command[3:])
    except SystemExit as leaving:
        return leaving.code or 0
    return 0


@pytest.fixture(scope="module", autouse=True)
def stages_run_here():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("instructwild.recipe.run._call", call_here)
        yield


@pytest.fixture(scope="module")
def run_before(tmp_path_factory):
    folder = tmp_path_factory.mktemp("before") / "folder"
    folder.mkdir()
    (folder / "rows.jsonl").write_text(ROWS, encoding="utf-8")
    (folder / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
    chain_in(folder).run()
    return folder


@pytest.fixture
def finished(run_before, folder):
    """The folder with both stages finished; a chain may be moved."""
    shutil.copytree(run_before, folder, dirs_exist_ok=True)
    return folder


def words_of(folder, command, options):
    """The words that follow the command in its step."""
    (folder / "recipe.yaml").write_text(f"title: T\nstages:\n  only: {{run: {command}, options: {options}}}\n",
                                        encoding="utf-8")
    step, = chain_in(folder).steps
    return list(step.words)[len(command.split()):]


def chain_in(folder):
    return Chain(read_recipe(folder / "recipe.yaml"), folder / "out", folder)


def test_a_chain_runs_skips_and_redoes_only_what_changed(folder):
    chain = chain_in(folder)
    chain.run()
    assert [chain.is_current(step) for step in chain.steps] == [True, True]
    first = (folder / "out" / "clean" / "manifest.json").stat().st_mtime_ns
    chain.run()
    assert (folder / "out" / "clean" / "manifest.json").stat().st_mtime_ns == first
    (folder / "rows.jsonl").write_text(ROWS + '{"instruction": "And a draw?"}\n', encoding="utf-8")
    assert [chain.is_current(step) for step in chain.steps] == [False, True]
    chain.run()
    rows = json.loads((folder / "out" / "clean" / "manifest.json").read_text())["rows"]
    assert rows["kept"] == 3
    assert "seeds" in (folder / "out" / "index.html").read_text()


def test_what_makes_a_stage_run_again_is_said_with_its_old_and_new_value(finished, capsys):
    (finished / "recipe.yaml").write_text(RECIPE + "    options: {steps: [exact], rule: needs_web=drop}\n", encoding="utf-8")
    (finished / "rows.jsonl").write_text(ROWS + '{"instruction": "And a draw?"}\n', encoding="utf-8")
    seeds, clean = chain_in(finished).steps
    again, = chain_in(finished).why_again(seeds)
    assert re.fullmatch(r"argument 2: rows.jsonl \(sha256 \w{12}\) → rows.jsonl \(sha256 \w{12}\)", again)
    assert chain_in(finished).why_again(clean) == ["--steps: not there → exact", "--rule: not there → needs_web=drop"]
    capsys.readouterr()
    show_plan(chain_in(finished))
    assert "clean runs again: --steps: not there → exact" in capsys.readouterr().err
    chain_in(finished).run()
    assert "runs again: stage seeds: data.parquet" in capsys.readouterr().err
    assert [chain_in(finished).why_again(step) for step in chain_in(finished).steps] == [[], []]


def test_a_stage_whose_file_was_altered_is_made_again_and_says_so(finished, capsys):
    data = finished / "out" / "seeds" / "data.parquet"
    before = data.read_bytes()
    data.write_bytes(before + b"x")
    seeds, clean = chain_in(finished).steps
    assert "data.parquet was altered after the stage finished" in chain_in(finished).why_again(seeds)[0]
    chain_in(finished).run()
    assert data.read_bytes() == before
    assert not chain_in(finished).why_again(clean)


def test_the_last_line_tells_this_run_from_all_the_work(folder, capsys):
    def told():
        capsys.readouterr()
        chain_in(folder).run()
        return " ".join(capsys.readouterr().err.split())

    assert re.search(r"all 2 stages finished in \d+\.\d min$", told())
    shutil.rmtree(folder / "out" / "clean")
    manifest = folder / "out" / "seeds" / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"seconds": 600}))
    assert re.search(r"finished \(1 of them in this run in \d\.\d min; 10\.\d min of work in all\)$", told())
    assert re.search(r"finished \(before this run; 10\.\d min of work in all\)$", told())


def test_a_gate_that_may_fail_skips_what_needs_it_and_the_chain_goes_on(folder, capsys, monkeypatch):
    (folder / "recipe.yaml").write_text(
        "title: gates\nstages:\n"
        "  seeds:\n    run: collect jsonl rows.jsonl --as-is\n"
        "  small:\n    run: export model\n    gate_may_fail: true\n"
        "  needs-it:\n    run: clean @small\n"
        "  clean:\n    run: clean @seeds\n", encoding="utf-8")

    def call(command):
        out = Path(command[command.index("--out") + 1])
        ran.append(out.name)
        gate = "failed" if out.name == "small" else None
        metrics = {"failures": ["0.81 of tokens agree, at least 0.9"]} if gate else {}
        with stage.start(out, "x", config={}, force=True) as run:
            run.finish(rows=stage.Rows(**{"in": 0, "kept": 0, "dropped": 0}), gate=gate, metrics=metrics)
        return int(gate == "failed")

    ran = []
    monkeypatch.setattr("instructwild.recipe.run._call", call)
    monkeypatch.chdir(folder)
    chain_in(folder).run()
    shown = " ".join(capsys.readouterr().err.split())
    assert ran == ["seeds", "small", "clean"]
    assert "2 of 4 stages finished" in shown
    assert "small: its gate failed: 0.81 of tokens agree" in shown
    assert "needs-it: skipped: it needs small" in shown
    chain_in(folder).run()
    assert ran == ["seeds", "small", "clean"]      # what failed by chance is not run again


def test_a_failing_stage_ends_the_chain_with_its_exit_code(folder):
    (folder / "rows.jsonl").unlink()
    with pytest.raises(SystemExit) as leaving:
        chain_in(folder).run()
    assert leaving.value.code == 2
    assert not (folder / "out" / "clean").exists()


def test_the_command_prints_the_page_last_and_a_dry_run_does_nothing(folder):
    def call(*args):
        return subprocess.run([sys.executable, "-m", "instructwild", "run", "recipe.yaml", *args], cwd=folder,
                              capture_output=True, text=True)

    planned = call("--dry-run")
    assert planned.returncode == 0
    assert not (folder / "recipe").exists()
    done = call()
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "recipe/index.html"


def _holds_lock(scratch):
    from filelock import FileLock, Timeout

    try:
        with FileLock(scratch / "lock", timeout=0):
            return False
    except Timeout:
        return True


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupt_reaches_the_stage_whose_finished_work_is_kept(folder, number, code):
    (folder / "recipe.yaml").write_text(
        "title: slow\nstages:\n  more:\n    run: expand rows.jsonl --languages zh --model scripted --target 90000\n",
        encoding="utf-8")
    child = subprocess.Popen([sys.executable, "-m", "instructwild", "run", "recipe.yaml"], cwd=folder,
                             stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)
    ledger = folder / "recipe" / "more" / ".work" / "calls.sqlite"
    deadline = time.monotonic() + 120
    try:
        while not ledger.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.5)
        (os.killpg if number == signal.SIGINT else os.kill)(child.pid, number)     # a service manager ends one process
        _, told = child.communicate(timeout=120)
        while _holds_lock(ledger.parent) and time.monotonic() < deadline:
            time.sleep(0.05)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
    assert child.returncode == code, told
    assert b"Traceback" not in told
    assert b"goes on from there" in told
    assert not _holds_lock(ledger.parent), "the stage goes on behind its back"
    assert ledger.exists(), "what was finished is kept"


@pytest.mark.parametrize(("text", "told"), [
    ("title: x\nstagess: {}\n", "did you mean stages"),
    ("title: x\nstages: {a: {runs: clean}}\n", "did you mean run"),
    ("title: x\nstages: {}\n", "stages"),
    ("title: [\n", "is not YAML"),
])
def test_a_recipe_that_is_wrong_says_where_and_what_was_meant(tmp_path, text, told):
    path = tmp_path / "r.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=told):
        read_recipe(path)


def test_a_stage_can_only_read_earlier_ones(folder):
    (folder / "recipe.yaml").write_text("title: x\nstages:\n  a: {run: clean @b}\n  b: {run: clean x}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="@b is no earlier stage"):
        chain_in(folder)


def test_a_map_may_be_written_as_a_map(folder):
    (folder / "recipe.yaml").write_text(
        "title: x\nstages:\n  a:\n    run: clean in.csv\n    options: {map: {prompt: 问题, answer: 回答}}\n",
        encoding="utf-8")
    assert chain_in(folder).steps[0].words == ("clean", "in.csv", "--map", "prompt=问题", "--map", "answer=回答")


def test_options_become_flags(folder):
    (folder / "recipe.yaml").write_text(
        "title: x\nstages:\n  a: {run: clean in, options: {ask: [one two, 三], k: 3, force_it: true, never: false}}\n",
        encoding="utf-8")
    step, = steps_of(read_recipe(folder / "recipe.yaml"), folder, folder)
    assert step.words == ("clean", "in", "--ask", "one two", "--ask", "三", "--k", "3", "--force-it", "--never", "false")


def test_an_earlier_stage_can_stand_behind_a_word_and_publish_is_never_forced(folder):
    (folder / "recipe.yaml").write_text(
        "title: x\nstages:\n  a: {run: clean in}\n  b: {run: evaluate pairwise tiny tiny --judge reward:@a}\n"
        "  c: {run: publish @a me/x --dry-run}\n", encoding="utf-8")
    _, judged, published = steps_of(read_recipe(folder / "recipe.yaml"), folder, folder)
    assert judged.words[-1] == f"reward:{folder / 'a'}"
    assert judged.reads == (folder / "a",)
    assert "--force" in judged.command
    assert "--force" not in published.command


def test_what_was_published_is_skipped_until_its_stage_changes(finished):
    (finished / "recipe.yaml").write_text(
        RECIPE + "  hub:\n    run: publish @clean me/x --dry-run --unstated-license cc0-1.0\n", encoding="utf-8")
    chain = chain_in(finished)
    chain.run()
    hub = chain.steps[-1]
    assert (hub.folder / "README.md").is_file()
    assert chain.is_current(hub)
    page = chain.index.read_text(encoding="utf-8")
    assert "hub/README.md" in page
    assert "Read the card" in page
    assert "All 3 stages are finished." in page
    with (finished / "rows.jsonl").open("a", encoding="utf-8") as handle:
        handle.write('{"instruction": "Name a river in Asia."}\n')
    assert not chain_in(finished).is_current(chain.steps[0])
    chain_in(finished).run()
    assert "3 rows" in (hub.folder / "README.md").read_text(encoding="utf-8")


def test_the_plan_tells_time_and_the_most_it_can_cost(folder, run_before, capsys):
    more = "  more:\n    run: expand @clean --model gpt --budget 2.50\n  judged:\n    run: respond @more\n    usd: 0.5\n"
    (folder / "recipe.yaml").write_text(f"{RECIPE}    minutes: 7\n{more}", encoding="utf-8")
    show_plan(chain_in(folder))
    assert "4 of 4 stages to run, about 7 min, US$ 3.00 at most" in capsys.readouterr().err
    shutil.copytree(run_before / "out", folder / "out")
    (folder / "recipe.yaml").write_text(RECIPE + "    minutes: 7\n", encoding="utf-8")
    (folder / "rows.jsonl").write_text(ROWS.replace("tie", "draw"), encoding="utf-8")
    capsys.readouterr()
    show_plan(chain_in(folder))
    assert "about 1 min, US$ 0.00 at most" in capsys.readouterr().err  # as long as it took before


def test_a_plan_says_which_finished_stages_may_follow_one_that_runs_again(finished, capsys):
    (finished / "rows.jsonl").write_text(ROWS.replace("tie", "draw"), encoding="utf-8")
    chain = chain_in(finished)
    assert chain.may_change([chain.steps[0]]) == {"clean": ["seeds"]}
    assert chain.may_change(chain.steps) == chain.may_change([]) == {}
    show_plan(chain)
    shown = capsys.readouterr().err
    assert "clean runs again where seeds writes other rows than before" in shown
    assert "1 of 2 stages to run" in shown
    assert "(and 1 more where their input changes)" in shown


def test_a_plan_reads_what_a_stage_told_before_once(finished, monkeypatch):
    from instructwild.stage import manifest

    (finished / "rows.jsonl").write_text(ROWS.replace("tie", "draw"), encoding="utf-8")
    chain, read = chain_in(finished), []
    monkeypatch.setattr(Chain, "is_current", lambda chain, step: False)
    real = manifest.read_manifest
    monkeypatch.setattr(manifest, "read_manifest", lambda place: read.append(place) or real(place))
    show_plan(chain)
    read.clear()
    assert all(step.minutes >= 0 for step in chain.steps)
    assert read == []


def test_the_packaged_recipes_are_whole():
    given = {"instructionwild-104k": {"posts": "a b", "model": "scripted"}}
    for name in ("demo", "smoke", "instructionwild-104k"):
        recipe, folder = packaged(name)
        assert Chain(with_values(recipe, given.get(name, {}), name), folder, folder).steps


VALUED = """
title: x
values: {posts: null, kind: x, price: ""}
stages:
  a: {run: "collect {kind} {posts}", options: {price: "{price}", list: ["{kind}=1", 2]}}
"""


def test_values_are_filled_in_from_outside_and_empty_ones_leave_their_option_out(folder):
    (folder / "recipe.yaml").write_text(VALUED, encoding="utf-8")
    recipe = read_recipe(folder / "recipe.yaml")
    step, = steps_of(with_values(recipe, {"posts": "in 'my posts'"}, "r"), folder, folder)
    assert step.words == ("collect", "x", "in", "my posts", "--list", "x=1", "--list", "2")
    step, = steps_of(with_values(recipe, {"posts": "in", "price": "1,2"}, "r"), folder, folder)
    assert step.words[3:5] == ("--price", "1,2")


def test_what_a_value_holds_is_not_filled_in_again(folder):
    (folder / "recipe.yaml").write_text(VALUED, encoding="utf-8")
    recipe = read_recipe(folder / "recipe.yaml")
    step, = steps_of(with_values(recipe, {"posts": "'{kind}'", "kind": "{posts}", "price": "{kind}"}, "r"), folder, folder)
    assert step.words == ("collect", "{posts}", "{kind}", "--price", "{kind}", "--list", "{posts}=1", "--list", "2")


def test_each_word_of_a_value_has_the_option_before_it(folder):
    run = "train --ptx {posts} --x {price} -k {kind}"
    (folder / "recipe.yaml").write_text(VALUED.replace("collect {kind} {posts}", run))
    recipe = read_recipe(folder / "recipe.yaml")
    step, = steps_of(with_values(recipe, {"posts": "'my rows' {kind}"}, "r"), folder, folder)
    assert step.words[:7] == ("train", "--ptx", "my rows", "--ptx", "{kind}", "-k", "x")


@pytest.mark.parametrize("run", ["collect {posts}", "train --ptx {posts}"])
def test_a_quotation_mark_that_is_not_closed_is_one_message(folder, run):
    (folder / "recipe.yaml").write_text(VALUED.replace("collect {kind} {posts}", run))
    recipe = read_recipe(folder / "recipe.yaml")
    with pytest.raises(ConfigError, match="no closing quotation"):
        list(steps_of(with_values(recipe, {"posts": "it's"}, "r"), folder, folder))
    step, = steps_of(with_values(recipe, {"posts": r"it\'s"}, "r"), folder, folder)
    assert "it's" in step.words


@pytest.mark.parametrize(("given", "told"), [({}, "no default for posts"), ({"post": "in"}, "has no value 'post'")])
def test_a_value_that_is_missing_or_unknown_is_one_message(folder, given, told):
    (folder / "recipe.yaml").write_text(VALUED, encoding="utf-8")
    with pytest.raises(ConfigError, match=told):
        with_values(read_recipe(folder / "recipe.yaml"), given, "r")


@pytest.mark.parametrize(("model", "usd"), [
    ("https://api.example.com/v1#m", None), ("gpt-4o-mini", None), ("http://127.0.0.1:8000/v1#m", 0.0), ("smollm2", 0.0),
])
def test_a_plan_never_says_that_an_unknown_price_is_none(folder, model, usd):
    (folder / "recipe.yaml").write_text(
        f"title: x\nstages:\n  a: {{run: expand rows.jsonl --model {model}}}\n  b: {{run: respond @a --model {model} "
        "--budget 2.5}\n  c: {run: train sft @b --model gpt}\n"
        f"  d: {{run: clean @b --model {model}}}\n", encoding="utf-8")
    steps = list(steps_of(read_recipe(folder / "recipe.yaml"), folder / "out", folder))
    assert [step.usd for step in steps] == [usd, 2.5, 0.0, usd]


@pytest.mark.parametrize(("command", "options", "words"), [
    ("train sft rows.jsonl", "{use_peft: false}", ["--no-use-peft"]),
    ("train dpo rows.jsonl", "{use-peft: true, gradient_checkpointing: false}",
     ["--use-peft", "--no-gradient-checkpointing"]),
    ("clean rows.jsonl", "{strict: false, plain: false}", ["--no-strict"]),   # --plain is off and has no opposite
    ("export sft", "{symmetric: false}", ["--asymmetric"]),
    ("clean rows.jsonl", "{steps: false, striict: false}", ["--steps", "false", "--striict", "false"]),
    ("clean rows.jsonl", "{steps: null, rule: ''}", []),
])
def test_a_false_option_switches_off_what_is_on_and_an_unknown_one_is_kept(folder, command, options, words):
    assert words_of(folder, command, options) == words
