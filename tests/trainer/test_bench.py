"""Benchmarks: what is right, what is missing, what was trained on, and scores on the same items."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from instructwild import stage
from instructwild.cli import app
from instructwild.errors import InputError
from instructwild.report.page import Page
from instructwild_trainer.adapter import load_chat
from instructwild_trainer.evaluate.bench import run as run_module
from instructwild_trainer.evaluate.bench.items import BenchItem
from instructwild_trainer.evaluate.bench.overlap import rows_behind, seen_in
from instructwild_trainer.evaluate.bench.run import BenchPlan, Measured, bench, figures_of
from instructwild_trainer.evaluate.bench.suites import load_suite, own_instructions

GSM = [{"question": f"Ann has {n} pens and buys 2 more. How many has she?",
        "answer": f"{n}+2=<<{n}+2={n + 2}>>\n#### {n + 2}"} for n in range(4)]
IF = [{"prompt": "Write about rain. Include exactly 2 numbers.", "instruction_id_list": ["count:numbers"],
       "kwargs": [{"N": 2.0}]},
      {"prompt": "Write about snow.", "instruction_id_list": ["custom:csv_city"], "kwargs": [{}]}]
CSV = ",Question,A,B,C,D,Answer\n0,水的化学式是什么,CO2,H2O,O2,N2,B\n1,一年有几个月,十,十一,十二,十三,C\n"


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    (folder / "cmmlu" / "test").mkdir(parents=True)
    for name, rows in (("gsm8k_test.jsonl", GSM), ("IFBench_test.jsonl", IF)):
        (folder / name).write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    (folder / "cmmlu" / "test" / "chemistry.csv").write_text(CSV, encoding="utf-8")
    return folder


def item(id_, task="t", question="q", **fields):
    return BenchItem(id_, task, "en", question, question, 8, **fields)


@pytest.mark.parametrize(("expected", "right", "wrong"), [
    ("18", ["so #### 18", "It is $18.00", "6, then 18."], ["18 then 9", "#### 8", "eighteen"]),
    ("1,024", ["1024", "#### 1,024.0"], ["1", "1025"]),
    ("B", ["B", "答案是B", "The answer is (B).", "B. because A is wrong"], ["A", "Because", "答案：C"])])
def test_what_is_right(expected, right, wrong):
    for response in right:
        assert item("a", expected=expected).score(response) == 1.0, response
    for response in wrong:
        assert item("a", expected=expected).score(response) == 0.0, response


def test_quick_reads_its_three_files_and_counts_what_it_cannot_check(data):
    suite = load_suite("quick", data)
    assert [(item.task, item.expected) for item in suite.items] == [
        *(("gsm8k", str(n + 2)) for n in range(4)), ("ifbench", ""), ("cmmlu", "B"), ("cmmlu", "C")]
    assert suite.left_out == {"ifbench": 1}
    assert suite.items[-1].language == "zh"


@pytest.mark.parametrize("missing", ["gsm8k_test.jsonl", "IFBench_test.jsonl", "cmmlu"])
def test_a_suite_whose_data_is_absent_names_the_file(data, missing):
    import shutil

    (shutil.rmtree if (data / missing).is_dir() else type(data).unlink)(data / missing)
    with pytest.raises(InputError, match=missing):
        load_suite("quick", data)


@pytest.mark.parametrize(("name", "content", "says"), [
    ("x.jsonl", '{"text": "a"}\n', "text"), ("x.jsonl", "not json\n", "cannot be read"), ("x.jsonl", "", "nothing"),
    ("x.json", '[{"prompt": "a", "checks": []}]', "no item"), ("x.csv", "a,b\n1,2\n", "a, b"),
    ("x.jsonl", '{"question": 3, "answer": null}\n', "row 1"),
    ("x.jsonl", '{"prompt": "a", "checks": [{"kind": "no_comas"}]}\n', "row 1: 'no_comas' is no kind"),
    ("x.jsonl", '{"prompt": "a", "checks": [{"kind": "numbers", "count": "two"}]}\n', "row 1: count of numbers is 'two'"),
    ("x.jsonl", '{"prompt": "a", "checks": "no_commas"}\n', "row 1: is no JSON")])
def test_a_file_of_something_else_is_one_message(tmp_path, name, content, says):
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=says):
        load_suite(str(path), None)


@pytest.mark.parametrize("name", ["mmlu-max", "my-suite.jsonl"])
def test_a_suite_that_does_not_exist_exits_2(tmp_path, name):
    shown = CliRunner().invoke(app, ["evaluate", "bench", "tiny", "--suite", name, "--out", str(tmp_path / "o")])
    assert shown.exit_code == 2 or isinstance(shown.exception, InputError)


def test_own_instructions_are_as_many_in_both_languages_but_for_what_letters_have():
    own = own_instructions()
    assert len({item.id for item in own}) == len(own)
    by = {language: {item.checks[0].kind for item in own if item.language == language} for language in ("en", "zh")}
    assert len(by["zh"]) >= 30
    assert by["zh"] < by["en"]


def test_items_in_training_rows_are_found_whatever_stands_around_them():
    long = "Ann walks to the market with nine baskets of apples and sells them one by one"
    questions = [item("a", question=long), item("b", question="水的化学式是什么"),
                 item("c", question="Another thing entirely")]
    assert seen_in(questions, ["Before. " + long.upper() + "! After", "问：水的化学式是什么？"]) == [True, True, False]
    assert seen_in(questions, []) == [False] * 3


def stage_of(folder, name, inputs):
    with stage.start(folder, name, config={}, inputs=inputs) as run:
        with run.atomic("model") as made:
            made.mkdir()
        run.finish(rows=stage.Rows(**{"in": 0, "kept": 0, "dropped": 0}), report=Page(title=name))
    return folder


def test_what_a_model_was_trained_on_is_known_from_its_stages(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("taught", "voted", "replayed"):
        Path(f"{name}.jsonl").write_text(json.dumps({"prompt": name, "response": "yes"}) + "\n", encoding="utf-8")
    base = stage.FileRecord(path="smollm2", sha256="0")
    rows = [stage.input_record(f"{name}.jsonl", rows=1) for name in ("taught", "voted", "replayed")]
    stage_of(tmp_path / "sft", "sft", [rows[0], base])
    stage_of(tmp_path / "judge", "reward", [rows[1], base])
    stage_of(tmp_path / "ppo", "ppo", [rows[2], stage.FileRecord(path="sft", sha256="1"),
                                       stage.FileRecord(path="judge", sha256="2")])
    assert sorted(rows_behind("ppo")) == ["replayed.jsonl", "taught.jsonl"]
    assert rows_behind("smollm2") == []
    Path("taught.jsonl").write_text("{}", encoding="utf-8")
    assert rows_behind("ppo") == []


def test_differences_are_on_the_same_items_by_hand():
    questions = [item("a"), item("b"), item("c", task="u")]
    first = Measured("new", {"a": 1.0, "b": 1.0, "c": 0.0}, {}, {})
    other = Measured("old", {"a": 0.0, "c": 0.0}, {}, {})
    figures = figures_of(questions, [first, other], [True, False, False])
    assert figures["bench"]["new"]["t"]["value"] == 1.0
    assert figures["more_than"]["old"]["t"] == {"value": 1.0, "low": 1.0, "high": 1.0, "rows": 1}
    assert figures["more_than"]["old"]["u"]["value"] == 0.0
    assert figures["in_training"] == {"t": 0.5, "u": 0.0}


def test_a_bench_runs_resumes_and_is_compared_with_another(tmp_path, data, monkeypatch):
    rows = tmp_path / "rows.jsonl"
    rows.write_text(json.dumps({"instruction": GSM[0]["question"], "output": "2"}) + "\n", encoding="utf-8")
    plan = BenchPlan(str(data / "gsm8k_test.jsonl"), trained_on=(str(rows),), limit=2)

    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(run_module, "_finish", interrupted)
        with pytest.raises(KeyboardInterrupt):
            bench("tiny", tmp_path / "a", plan)
    with monkeypatch.context() as patched:
        patched.setattr("instructwild.llm.local.LocalModel.generate", interrupted)     # all answers are in the ledger
        made = bench("tiny", tmp_path / "a", plan)
    assert made.manifest.metrics["bench"]["tiny"]["gsm8k"]["rows"] == 2
    assert made.manifest.metrics["in_training"]["gsm8k"] == 0.5
    again = bench("tiny", tmp_path / "b", BenchPlan(plan.suite, against=(str(tmp_path / "a"),), limit=2))
    assert again.manifest.metrics["more_than"]["tiny (2)"]["gsm8k"]["value"] == 0.0
    assert "gsm8k" in (tmp_path / "b" / "report.html").read_text(encoding="utf-8")


def test_responses_are_no_longer_than_is_said(tmp_path, data):
    made = bench("tiny", tmp_path / "o", BenchPlan(str(data / "gsm8k_test.jsonl"), limit=1, max_tokens=3))
    tokens = load_chat("tiny").tokenizer(made.frame()["response"][0], add_special_tokens=False)["input_ids"]
    assert len(tokens) <= 4
    assert made.manifest.config["max_tokens"] == 3


def test_a_forecast_sends_nothing(tmp_path, data, capsys):
    assert bench("tiny", tmp_path / "o", BenchPlan("quick", data), dry_run=True) is None
    shown = capsys.readouterr().out
    assert "ifbench: 1 item; 1 more that nothing here can check are left out" in shown
    assert "tokens sent" in shown
    assert not (tmp_path / "o").exists()
