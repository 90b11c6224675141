"""`evaluate bench` by lm-evaluation-harness: names, files, local data, log probabilities, and what is refused."""

import json

import pytest
from typer.testing import CliRunner

from instructwild.cli import app
from instructwild.errors import InputError
from instructwild_trainer.evaluate.bench import suites
from instructwild_trainer.evaluate.bench.harness.local_data import LocalData, local_data
from instructwild_trainer.evaluate.bench.run import BenchPlan, bench
from instructwild_trainer.evaluate.bench.suites import load_suite

GSM = [{"question": f"Bo picks {n} plums and eats one. How many are left?",
        "answer": f"{n}-1\n#### {n - 1}"} for n in range(2, 8)]
CSV = (",Question,A,B,C,D,Answer\n0,一周有几天,五,六,七,八,C\n1,冰是什么的固体,水,油,铁,盐,A\n"
       "2,几月是一年的第一个月,一月,二月,三月,四月,A\n")
CHOICES = [{"question": "Which is cold?", "options": ["ice", "fire"], "right": 0},
           {"question": "Which is hot?", "options": ["ice", "fire"], "right": 1}]
TASK = """task: warmth
dataset_path: json
dataset_kwargs:
  data_files: {test: choices.jsonl}
test_split: test
output_type: multiple_choice
doc_to_text: "{{question}}\\nAnswer:"
doc_to_choice: "{{options}}"
doc_to_target: right
metric_list:
  - metric: acc
"""


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    (folder / "cmmlu" / "test").mkdir(parents=True)
    (folder / "gsm8k_test.jsonl").write_text("".join(json.dumps(row) + "\n" for row in GSM), encoding="utf-8")
    (folder / "cmmlu" / "test" / "agronomy.csv").write_text(CSV, encoding="utf-8")
    (folder / "choices.jsonl").write_text("".join(json.dumps(row) + "\n" for row in CHOICES), encoding="utf-8")
    (folder / "warmth.yaml").write_text(TASK, encoding="utf-8")
    return folder


@pytest.fixture
def _harness(monkeypatch, tmp_path):
    pytest.importorskip("lm_eval", reason="the extra [bench] is not installed")
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "datasets"))


# Without lm-evaluation-harness.

def test_the_files_of_a_task_are_found_by_its_name_its_subject_or_its_group(tmp_path):
    config = {"dataset_name": "agronomy", "test_split": "test", "fewshot_split": "dev"}
    for stem in ("cmmlu_agronomy_test.jsonl", "cmmlu_agronomy/test.json", "cmmlu/test/agronomy.csv",
                 "cmmlu/test/agronomy_test.parquet", "cmmlu/agronomy_test.csv"):
        file = tmp_path / stem.replace("/", "-") / stem
        file.parent.mkdir(parents=True)
        file.touch()
        folder = tmp_path / stem.replace("/", "-")
        assert local_data(folder, "cmmlu_agronomy", config).files == {"test": file}
    assert local_data(tmp_path, "cmmlu_agronomy", config).files == {}


def test_rows_of_several_shapes_become_one_table(tmp_path):
    pytest.importorskip("datasets")
    file = tmp_path / "x.jsonl"
    file.write_text('{"a": 1, "kwargs": [{"n": 1}]}\n{"a": 2, "b": "x", "kwargs": [{"word": "y"}]}\n', encoding="utf-8")
    rows = list(LocalData({"test": file}).dataset()()["test"])
    assert [row["a"] for row in rows] == [1, 2]
    assert rows[0]["b"] is None


def test_without_the_package_a_name_is_one_message_with_the_remedy(monkeypatch):
    monkeypatch.setattr(suites, "find_spec", lambda _: None)
    with pytest.raises(InputError, match="mmlu") as raised:
        load_suite("mmlu,gsm8k", None)
    assert "[bench]" in raised.value.remedy


def test_examples_are_for_the_harness_alone():
    with pytest.raises(InputError, match="lm-evaluation-harness"):
        load_suite("bilingual", None, fewshot=2)


# With it.

@pytest.mark.usefixtures("_harness")
def test_our_own_instructions_score_the_same_through_the_harness(tmp_path):
    plans = {name: BenchPlan("bilingual", limit=6, harness=name == "harness") for name in ("own", "harness")}
    made = {name: bench("tiny", tmp_path / name, plan) for name, plan in plans.items()}
    rows = {name: sorted((row["id"], row["score"]) for row in each.frame().iter_rows(named=True))
            for name, each in made.items()}
    assert rows["own"] == rows["harness"]
    assert made["harness"].manifest.config["harness"].startswith("lm-evaluation-harness 0.")


@pytest.mark.usefixtures("_harness")
def test_tasks_from_local_files_run_resume_and_stand_in_the_same_tables(tmp_path, data, monkeypatch):
    rows = tmp_path / "rows.jsonl"
    rows.write_text(json.dumps({"instruction": GSM[0]["question"], "output": "1"}) + "\n", encoding="utf-8")
    plan = BenchPlan("gsm8k,cmmlu", data, trained_on=(str(rows),))

    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("instructwild_trainer.evaluate.bench.run._finish", interrupted)
        with pytest.raises(KeyboardInterrupt):
            bench("tiny", tmp_path / "a", plan)
    with monkeypatch.context() as patched:
        patched.setattr("instructwild.llm.local.LocalModel.generate", interrupted)
        patched.setattr("lm_eval.models.huggingface.HFLM.loglikelihood", interrupted)
        made = bench("tiny", tmp_path / "a", plan)
    metrics = made.manifest.metrics
    assert {task: part["rows"] for task, part in metrics["bench"]["tiny"].items()} == {"gsm8k": 6, "cmmlu": 3}
    assert metrics["in_training"] == {"gsm8k": round(1 / 6, 4), "cmmlu": 0.0}
    assert metrics["harness"]["cmmlu"]["measured_by"] == "log probabilities"
    assert set(metrics["harness"]["gsm8k"]["means"]["tiny"]) == {"exact_match,strict-match", "exact_match,flexible-extract"}
    assert any("agronomy" not in note and "cmmlu" in note for note in metrics["notes"])
    assert any("train split" in note for note in metrics["notes"])
    page = (tmp_path / "a" / "report.html").read_text(encoding="utf-8")
    assert "log probabilities" in page
    again = bench("tiny", tmp_path / "b", BenchPlan("cmmlu", data, against=(str(tmp_path / "a"),)))
    assert again.manifest.metrics["more_than"]["tiny (2)"]["cmmlu"]["value"] == 0.0


@pytest.mark.usefixtures("_harness")
def test_a_task_file_reads_paths_from_its_own_folder_and_scores_as_the_model_does(tmp_path, data):
    import torch

    from instructwild_trainer.adapter import load_policy

    made = bench("tiny", tmp_path / "o", BenchPlan(str(data / "warmth.yaml")))
    model, tokenizer = load_policy("tiny", dtype="float32")

    def likelihood(context, option):
        ids = tokenizer(context + option)["input_ids"]
        start = len(tokenizer(context)["input_ids"])
        with torch.inference_mode():
            logits = model(torch.tensor([ids])).logits[0].log_softmax(-1)
        return sum(float(logits[i - 1, ids[i]]) for i in range(start, len(ids)))

    expected = []
    for row in CHOICES:
        values = [likelihood(f"{row['question']}\nAnswer:", f" {option}") for option in row["options"]]
        expected.append(float(values[row["right"]] == max(values)))
    assert made.frame()["score"].to_list() == expected
    assert made.manifest.metrics["harness"]["warmth"]["metric"] == "acc,none"


@pytest.mark.usefixtures("_harness")
@pytest.mark.parametrize(("suite", "says"), [
    ("mmlu-max", "mmlu-max"), ("gsm8k,nothing_of_that_name", "nothing_of_that_name"), ("wikitext", "wikitext"),
    ("arc_easy", "arc_easy")])
def test_names_that_cannot_be_measured_are_one_message(data, suite, says):
    with pytest.raises(InputError) as raised:
        load_suite(suite, data)
    assert says in str(raised.value)
    assert raised.value.remedy


@pytest.mark.usefixtures("_harness")
@pytest.mark.parametrize("content", ["a: [", "just text", "tasks: []", "task: x\n", TASK.replace("choices", "absent"),
                                     TASK.replace("{{options}}", "{{nothing}}"),
                                     TASK.replace("multiple_choice", "loglikelihood_rolling")])
def test_a_task_file_of_something_else_is_one_message(data, content):
    path = data / "bad.yaml"
    path.write_text(content, encoding="utf-8")
    result = CliRunner().invoke(app, ["evaluate", "bench", "tiny", "--suite", str(path), "--out", str(data / "o"),
                                      "--dry-run"])
    assert isinstance(result.exception, InputError), result.output
    assert result.exception.remedy


@pytest.mark.usefixtures("_harness")
def test_a_file_of_other_columns_is_one_message(tmp_path, data):
    (data / "gsm8k_test.jsonl").write_text('{"text": "a", "label": 1}\n', encoding="utf-8")
    with pytest.raises(InputError, match="text, label"):
        bench("tiny", tmp_path / "o", BenchPlan("gsm8k", data), dry_run=True)


@pytest.mark.usefixtures("_harness")
def test_examples_need_a_file_of_examples_and_stand_in_the_prompt(tmp_path, data, capsys):
    with pytest.raises(InputError, match="examples"):
        load_suite("gsm8k", data, fewshot=2)
    examples = [{"question": f"Cy has {n} cups?", "answer": f"#### {n}"} for n in range(4)]
    (data / "gsm8k_train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in examples), encoding="utf-8")
    made = bench("tiny", tmp_path / "o", BenchPlan("gsm8k", data, limit=1, fewshot=2, chat=False))
    assert made.manifest.metrics["harness"]["gsm8k"]["fewshot"] == 2
    page = (tmp_path / "o" / "report.html").read_text(encoding="utf-8")
    assert page.count("Cy has") >= 2
