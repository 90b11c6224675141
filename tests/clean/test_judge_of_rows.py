"""`clean --model`: a model reads what the other steps keep; it flags, drops only where that is asked for, and pays once."""

import json
import subprocess
import sys
import time
from contextlib import closing

import polars as pl
import pytest
from typer.testing import CliRunner

from instructwild.clean import chunks, judge_step, judging, on_disk, pipeline
from instructwild.clean.edit_file import HEADER
from instructwild.clean.judge_step import Judge
from instructwild.clean.judge_words import DEFECTS, JUDGED, WORDS
from instructwild.clean.pipeline import DEFAULT, clean, made
from instructwild.cli import app
from instructwild.errors import ConfigError, ModelError
from instructwild.llm.ledger import CALLS, Ledger
from instructwild.llm.open import Limits
from instructwild.llm.price import Price
from instructwild.llm.request import Reply
from instructwild.llm.scripted import Script
from instructwild.llm.scripted_server import FaultInjection, serve_scripted
from instructwild.llm.session import LedgerBatchEngine, Session, all_at_once
from instructwild.stage import FileRecord, start
from instructwild.stage.content import SCRATCH, sha256_of

PRICE = Price(1.0, 10.0)


class Editor(Script):
    """A model that says of a row what stands in it behind a hash sign, and counts what it is asked."""

    def __init__(self):
        super().__init__(name="editor")
        self.seen = []

    def reply(self, request):
        text = request.messages[-1].content
        row = text[max(text.rfind(f"\n{words.headings['begin']}\n") for words in WORDS.values()):]
        mark = row.partition("#")[2].partition("#")[0]
        self.seen.append((row, request.seed))
        if mark == "refused":
            return Reply("", "refused")
        if mark == "failed":
            return Reply("", "failed", problem="no answer")
        if mark == "odd" or (mark == "later" and request.seed == 0):
            return Reply("I cannot say.", "stop", 100, 10)
        if mark == "cut":
            return Reply("I think\nwrong", "length", 100, 10)
        return Reply(f"Because of that.\n{mark if mark in DEFECTS else 'keep'}", "stop", 100, 10)


def rows(*marks, language="en"):
    """Rows that differ in more than their number, each with a mark."""
    frame, answer = {"en": ("Name what town {0} in land {0}{0} is known for. #{1}#", "Its old port."),
                     "zh": ("请说出第{0}个地方{0}{0}以什么闻名。#{1}#", "古老的港口。")}[language]
    return [{"instruction": frame.format(f"{number:03d}", mark), "output": answer} for number, mark in enumerate(marks)]


def written(path, listed):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in listed), encoding="utf-8")
    return path


def flags_of(frame):
    """The judge's flags of each row, by its mark."""
    return {row["messages"][0]["content"].split("#")[1]: row["labels"]["flags"] for row in frame.iter_rows(named=True)}


@pytest.fixture
def editor(monkeypatch):
    """A model in this process in place of any that is named."""
    script = Editor()

    def opened(name, limits, ledger, sort=1):
        return Session(name, LedgerBatchEngine(script.replies, all_at_once, ledger, name.key), 4, Price(), ledger)

    monkeypatch.setattr(judge_step, "open_model", opened)
    return script


@pytest.fixture
def served():
    script = Editor()
    with serve_scripted(script) as (url, server):
        yield f"{url}#editor", script, server


@pytest.mark.parametrize("language", ["en", "zh"])
def test_each_defect_flags_and_the_model_s_words_are_kept(tmp_path, editor, language):
    source = written(tmp_path / "a.jsonl", rows(*DEFECTS, "keep", language=language))
    done = clean([source], tmp_path / "out", [*DEFAULT, Judge("scripted")])
    assert flags_of(done.frame()) == {**{name: [f"judged_{name}"] for name in DEFECTS}, "keep": []}
    assert done.manifest.rows.dropped == 0
    readings = pl.read_parquet(tmp_path / "out" / "judgements.parquet")
    assert readings["verdict"].to_list() == [*DEFECTS, "keep"]
    assert readings["said"][0] == f"Because of that.\n{next(iter(DEFECTS))}"
    assert readings["words"].unique().to_list() == [WORDS[language].digest]
    assert readings["id"].to_list() == done.frame()["id"].to_list()
    assert done.manifest.metrics["steps"]["judge"]["named"] == dict.fromkeys(DEFECTS, 1)


def test_rules_drop_all_that_is_named_or_one_defect_with_the_evidence(tmp_path, editor):
    source = written(tmp_path / "a.jsonl", rows(*DEFECTS, "keep", "odd"))
    some = clean([source], tmp_path / "some", [Judge("scripted", {"judged_wrong": "drop", "judged_garbled": "off"})])
    assert [json.loads(text) for text in some.dropped()["evidence"]] == [
        {"rules": ["judged_wrong"], "model": "scripted", "said": "Because of that.\nwrong"}]
    assert some.dropped().select("step", "reason").row(0) == ("judge", "rule")
    assert flags_of(some.frame())["garbled"] == []
    every = clean([source], tmp_path / "all", [Judge("scripted", {"judged": "drop", "judged_no_answer": "flag"})])
    assert flags_of(every.frame()) == {"no_answer": ["judged_no_answer"], "keep": [], "odd": ["not_judged"]}


def test_what_gives_no_verdict_stays_and_is_asked_about_once_more_only_where_it_could_not_be_read(tmp_path, editor, capsys):
    source = written(tmp_path / "a.jsonl", rows("odd", "later", "cut", "refused", "failed", "keep"))
    done = clean([source], tmp_path / "out", [Judge("scripted", {"judged": "drop"})])
    assert flags_of(done.frame()) == {"odd": ["not_judged"], "later": [], "cut": ["not_judged"], "refused": ["not_judged"],
                                      "failed": ["not_judged"], "keep": []}
    times = {row.split("#")[1]: [seed for other, seed in editor.seen if other == row] for row, _ in editor.seen}
    assert times == {"odd": [0, 1], "later": [0, 1], "cut": [0, 1], "refused": [0], "failed": [0], "keep": [0]}
    note = done.manifest.metrics["steps"]["judge"]
    assert note["judged"] == 2
    assert note["not_judged"] == {"unreadable": 2, "refused": 1, "failed": 1}
    message = "4 rows were not judged (unreadable: 2, refused: 1, failed: 1; first failure: no answer) and stay"
    assert message in capsys.readouterr().err


def test_only_rows_that_every_other_step_keeps_are_sent_and_an_empty_table_sends_nothing(tmp_path, editor):
    twin = {"instruction": "Name a town. #wrong#", "output": "Kiel."}
    source = written(tmp_path / "a.jsonl", [twin, twin, {"instruction": "Name a colour. #x#", "output": "n/a"}])
    clean([source], tmp_path / "out", [*DEFAULT, Judge("scripted")])
    assert [row.split("#")[1] for row, _ in editor.seen] == ["wrong"]
    nothing = written(tmp_path / "b.jsonl", [{"instruction": "Name a colour. #x#", "output": "n/a"}])
    done = clean([nothing], tmp_path / "empty", [*DEFAULT, Judge("scripted")])
    assert len(editor.seen) == 1
    assert done.manifest.metrics["steps"]["judge"]["judged"] == 0
    assert pl.read_parquet(tmp_path / "empty" / "judgements.parquet").is_empty()


def test_a_conversation_is_shown_whole_and_a_later_judge_s_flags_replace_earlier_ones(tmp_path, editor):
    talk = {"messages": [{"role": "user", "content": "Name a town. #wrong#"}, {"role": "assistant", "content": "Kiel."},
                         {"role": "user", "content": "And another?"}, {"role": "assistant", "content": "Lima."}]}
    first = clean([written(tmp_path / "a.jsonl", [talk])], tmp_path / "one", [Judge("scripted")])
    row, _ = editor.seen[0]
    headings = [line for line in row.splitlines() if line.startswith("[")]
    assert headings == ["[Row begins]", "[User]", "[Assistant]", "[User]", "[Assistant]", "[Row ends]"]
    assert flags_of(first.frame()) == {"wrong": ["judged_wrong"]}
    editor.reply = lambda request: Reply("Fine.\nkeep", "stop", 100, 10)
    assert flags_of(clean([first.path], tmp_path / "two", [Judge("scripted")]).frame()) == {"wrong": []}


def test_the_same_bytes_come_out_by_every_path(tmp_path, editor, monkeypatch):
    marks = ["wrong", "keep", "odd", "later", "garbled", "keep", "off_topic"] * 30
    listed = rows(*marks) + rows(*marks, language="zh")
    source = written(tmp_path / "a.jsonl", listed + listed[:20])
    for module in (chunks, on_disk):
        monkeypatch.setattr(module, "CHUNK", 50)
    monkeypatch.setattr(judge_step, "KEPT_LINES", 33)
    steps = ["repair", "rules", "exact", Judge("scripted", {"judged_wrong": "drop"})]
    ways = {"memory": {"on_disk": False}, "disk": {"on_disk": True}, "workers": {"on_disk": True, "workers": 2}}
    folders = [clean([source], tmp_path / name, steps, **options).path for name, options in ways.items()]
    for file in ("data.parquet", "dropped.parquet", "judgements.parquet"):
        assert len({sha256_of(folder / file) for folder in folders}) == 1, file
    shards = clean([source], tmp_path / "shards", steps, shards=3)
    assert shards.frame().equals(pl.read_parquet(tmp_path / "memory" / "data.parquet"))
    notes = [json.loads((tmp_path / name / "manifest.json").read_text())["metrics"]["steps"]["judge"] for name in ways]
    assert all(note | {"seconds": 0} == notes[0] | {"seconds": 0} for note in notes)
    assert notes[0]["in"] == 420
    assert notes[0]["not_judged"] == {"unreadable": 60}


def test_edits_of_people_hold_against_a_model(tmp_path, editor):
    source = written(tmp_path / "a.jsonl", rows("wrong", "garbled", "keep"))
    steps = [Judge("scripted", {"judged": "drop"})]
    first = clean([source], tmp_path / "one", steps)
    wrong = json.loads(first.dropped()["row"][0])
    edits = written(tmp_path / "edits.jsonl", [HEADER, {"edit": "restore", "id": wrong["id"],
                                                        "response_id": wrong["response_id"]}])
    again = clean([source], tmp_path / "two", steps, edits=edits)
    assert set(flags_of(again.frame())) == {"wrong", "keep"}


def test_a_dry_run_tells_rows_requests_tokens_price_and_time_and_sends_nothing(tmp_path, served):
    model, script, server = served
    twin = {"instruction": "Name a town. #wrong#", "output": "Kiel."}
    source = written(tmp_path / "a.jsonl", [twin, twin, *rows("keep", "keep")])
    command = ["clean", str(source), "--out", str(tmp_path / "out"), "--model", model, "--dry-run"]
    priced = CliRunner().invoke(app, [*command, "--price", "1,10", "--rpm", "1"])
    assert priced.exit_code == 0, priced.output
    assert "4 rows in, 3 kept (dropped: exact 1)" in priced.stdout
    assert "judge editor: 3 rows, 3 requests, about " in priced.stdout
    assert "US$ 0.0" in priced.stdout
    assert "about 3 minutes" in priced.stdout
    assert "Nothing was sent" in priced.stdout
    for option in ("--on-disk", "--in-memory"):
        plain = json.loads(CliRunner().invoke(app, [*command, "--price", "1,10", "--json", option]).stdout)
        assert (plain["rows"], plain["kept"], plain["judge"]["requests"]) == (4, 3, 3)
        assert 0 < plain["judge"]["usd"] < plain["judge"]["usd_at_most"]
    assert not script.seen
    assert not server.bill.seen
    assert not (tmp_path / "out").exists()
    without = CliRunner().invoke(app, ["clean", str(source), "--out", str(tmp_path / "out"), "--dry-run"])
    assert "4 rows in, 3 kept" in without.stdout


def test_an_unknown_price_is_said_and_a_budget_needs_one(tmp_path):
    source = written(tmp_path / "a.jsonl", rows("keep"))
    command = ["clean", str(source), "--out", str(tmp_path / "out"), "--model", "http://models.example/v1#unheard-of"]
    assert "price unknown" in CliRunner().invoke(app, [*command, "--dry-run"]).stdout
    with pytest.raises(ConfigError, match="budget cannot be kept"):
        Judge("http://models.example/v1#unheard-of", limits=Limits(budget=1.0))
    with pytest.raises(ConfigError, match="--local-only refuses"):
        Judge("http://models.example/v1#unheard-of", limits=Limits(local_only=True))


def test_the_budget_ends_in_order_and_the_rest_stays(tmp_path, served, capsys):
    model, _, server = served
    source = written(tmp_path / "a.jsonl", rows(*["wrong"] * 30))
    done = clean([source], tmp_path / "out", [Judge(model, limits=Limits(budget=0.012, price=PRICE, concurrency=1))])
    flags = [row["flags"] for row in done.frame()["labels"]]
    judged = flags.count(["judged_wrong"])
    assert 0 < judged < 30
    assert flags == [["judged_wrong"]] * judged + [["not_judged"]] * (30 - judged)
    assert done.manifest.usd <= 0.012
    assert done.manifest.usd == pytest.approx(server.bill.usd(1.0, 10.0))
    assert done.manifest.metrics["steps"]["judge"]["not_judged"] == {"budget": 30 - judged}
    assert f"{30 - judged} rows were not judged (budget: {30 - judged}) and stay" in capsys.readouterr().err
    assert "Not judged" in (done.path / "report.html").read_text(encoding="utf-8")


def test_other_actions_cost_nothing_with_a_shared_cache(tmp_path, served):
    model, script, _ = served
    source = written(tmp_path / "a.jsonl", rows("wrong", "keep"))
    limits, cache = Limits(price=PRICE), tmp_path / "calls.sqlite"
    first = clean([source], tmp_path / "one", [Judge(model, limits=limits, cache=cache)])
    again = clean([source], tmp_path / "two", [Judge(model, {"judged": "drop"}, limits=limits, cache=cache)])
    assert len(script.seen) == 2
    assert first.manifest.rows.dropped == 0
    assert again.manifest.rows.dropped == 1
    assert again.manifest.metrics["steps"]["judge"]["cached_requests"] == 2


def test_a_killed_run_goes_on_and_no_request_is_made_twice(tmp_path):
    script = Editor()
    with serve_scripted(script, FaultInjection(latency=0.03, idempotent=False)) as (url, server):
        source = written(tmp_path / "a.jsonl", rows(*["wrong", "keep", "later"] * 30))
        command = [sys.executable, "-m", "instructwild", "clean", str(source), "--out", str(tmp_path / "out"), "--model",
                   f"{url}#editor", "--price", "1,10", "--concurrency", "3", "--steps", "exact"]
        first = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 120
        while len(script.seen) < 20 and time.monotonic() < deadline:
            time.sleep(0.01)
        first.kill()
        first.wait()
        before = len(server.bill.charged)
        assert 15 < before < 90
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    assert server.bill.twice.total() <= 3, "only what was on its way is requested again"
    assert len(server.bill.charged) == 120
    frame = pl.read_parquet(tmp_path / "out" / "data.parquet")
    assert [row["flags"] for row in frame["labels"]] == [["judged_wrong"], [], []] * 30


def test_an_endpoint_that_sends_rubbish_or_drips_costs_a_row_each_and_no_key_is_written(tmp_path, monkeypatch):
    monkeypatch.setenv("INSTRUCTWILD_API_KEY", "sk-very-secret-key")
    faults = FaultInjection(html=0.2, wrong_json=0.2, slow_drips=0.2, key="sk-very-secret-key")
    with serve_scripted(Editor(), faults) as (url, _):
        source = written(tmp_path / "a.jsonl", rows(*["wrong"] * 12))
        done = clean([source], tmp_path / "out", [Judge(f"{url}#editor", limits=Limits(price=PRICE))])
    flags = [row["flags"] for row in done.frame()["labels"]]
    assert len(flags) == 12
    assert all(flag in (["judged_wrong"], ["not_judged"]) for flag in flags)
    assert flags.count(["judged_wrong"]) > 6
    for file in done.path.rglob("*"):
        assert b"very-secret" not in (file.read_bytes() if file.is_file() else b"")


def test_a_model_that_a_stage_made_is_an_input_on_every_path(tmp_path, editor, monkeypatch):
    record = FileRecord(path="sft", sha256="0" * 64)
    monkeypatch.setattr(judge_step, "model_inputs", lambda names: [record] if names == ["scripted"] else [])
    folder = tmp_path / "rows"
    folder.mkdir()
    for name in ("a", "b"):
        written(folder / f"{name}.jsonl", rows(name))
    for on_disk_too in (False, True):
        done = clean([folder], tmp_path / f"out-{on_disk_too}", [Judge("scripted")], on_disk=on_disk_too)
        assert [each.path.rpartition("/")[2] for each in done.manifest.inputs] == ["rows", "sft"]
        assert done.manifest.inputs[-1] == record


def test_a_run_that_replaces_another_names_the_batches_that_nobody_waits_for(tmp_path, served, capsys):
    model, _, _ = served
    source = written(tmp_path / "a.jsonl", rows("keep"))
    scratch = tmp_path / "out" / SCRATCH
    with start(tmp_path / "out", "clean", config={"steps": "others"}), closing(Ledger(scratch / CALLS, "run")) as ledger, \
            ledger.changes() as db:
        db.execute("INSERT INTO batches VALUES ('b', 'run', 'http://there', 'batch-7', 0, '{}', 0)")
    clean([source], tmp_path / "out", [Judge(model)], force=True)
    assert "batch-7 at http://there was handed in by the run that is replaced here" in capsys.readouterr().err


def test_a_key_that_is_missing_is_told_before_the_other_steps_run(tmp_path, monkeypatch):
    for name in ("OPENAI_API_KEY", "INSTRUCTWILD_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pipeline, "cleaned_rows", lambda *_: pytest.fail("rows were cleaned"))
    with pytest.raises(ModelError, match="needs a key"):
        clean([written(tmp_path / "a.jsonl", rows("keep"))], tmp_path / "out", [*DEFAULT, Judge("gpt-4o-mini")])


def test_the_manifest_names_model_and_words_and_no_limit_that_decides_nothing(tmp_path, editor):
    source = written(tmp_path / "a.jsonl", rows("keep"))
    configs = [clean([source], tmp_path / name, [Judge("scripted", limits=limits)]).manifest.config["steps"][0]
               for name, limits in (("a", Limits()), ("b", Limits(rpm=7.0, batch=3, timeout=9.0)))]
    assert configs[0] == configs[1] == {"step": "judge", "model": "scripted", "rules": {}, "budget": None,
                                        "words": {name: words.digest for name, words in WORDS.items()}}


def test_dropped_rows_and_words_are_masked_where_personal_data_is(tmp_path, editor):
    mail = "jo.ray@post-mail.net"
    editor.reply = lambda request: Reply(f"Write to {mail}.\nwrong", "stop", 100, 10)
    source = written(tmp_path / "a.jsonl", rows("x"))
    done = clean([source], tmp_path / "out", [made("pii"), Judge("scripted", {"judged": "drop"})])
    assert mail not in done.dropped()["evidence"][0]
    assert mail not in pl.read_parquet(tmp_path / "out" / "judgements.parquet")["said"][0]


@pytest.mark.parametrize(("options", "message"), [
    (["--rule", "judged_wrong=drop"], "name one: --model M"), (["--steps", "judge"], "the step judge needs a model"),
    (["--rule", "judgd=drop", "--model", "scripted"], "judged_unanswerable"),
    (["--rule", "judged=repair", "--model", "scripted"], "cannot 'repair'")])
def test_what_is_missing_or_misspelt_is_named(tmp_path, options, message):
    source = written(tmp_path / "a.jsonl", rows("keep"))
    result = CliRunner().invoke(app, ["clean", str(source), "--out", str(tmp_path / "out"), *options])
    assert result.exit_code != 0
    assert message in " ".join(f"{result.output} {result.exception}".split())


def test_strict_does_not_drop_by_a_model(tmp_path):
    source = written(tmp_path / "a.jsonl", rows(*["keep"] * 60))
    command = ["clean", str(source), "--out", str(tmp_path / "out"), "--model", "scripted", "--strict"]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    frame = pl.read_parquet(tmp_path / "out" / "data.parquet")
    named = [flag for row in frame["labels"] for flag in row["flags"] if flag in JUDGED]
    assert named
    assert frame.height == 60


def test_thoughts_that_took_all_tokens_are_not_paid_for_again():
    taken = judging.RowJudgements()
    replies = [Reply("a\nkeep"), Reply("", "length"), Reply("", "failed", problem="budget")]
    verdicts = [taken.take(number, "en", reply) for number, reply in enumerate(replies)]
    assert verdicts == ["keep", "not_judged", "not_judged"]
    taken.fill(5)
    assert taken.counts()["not_judged"] == {"budget": 3, "thoughts": 1}
    assert taken.unreadable == []
