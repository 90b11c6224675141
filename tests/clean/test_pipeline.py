"""Nothing disappears without a reason, whatever the steps and their order."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instructwild import stage
from instructwild.clean.pipeline import clean, made
from instructwild.errors import ConfigError
from instructwild.stage.frames import DROPPED, INSTRUCTION

ROWS = [
    {"instruction": "什么是进程？", "output": "进程是正在运行的程序。"},
    {"instruction": "What is the capital of France?", "output": "Paris."},
    {"instruction": "What is the  capital of France?", "output": "Lyon."},
    {"instruction": "What is the capital of France now?", "output": "Paris."},
    {"instruction": "Name a colour.", "output": "n/a"},
    {"instruction": "什么是进程？", "output": "进程是正在运行的程序。", "source": "elsewhere",
     "instruction_type": "Open QA", "special_tag": ["sensitive"]},
]


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "in.jsonl"
    path.write_text("\n".join([*(json.dumps(row, ensure_ascii=False) for row in ROWS), "{broken"]), encoding="utf-8")
    return path


def test_every_row_is_kept_or_dropped_with_its_step_reason_evidence_and_row(source, tmp_path):
    made = clean([source], tmp_path / "out")
    assert made.manifest.rows.in_ == 7
    lost = {(row["step"], row["reason"]): (json.loads(row["evidence"]), json.loads(row["row"]))
            for row in made.dropped().iter_rows(named=True)}
    assert lost["read", "malformed"][0] == f"{source}:7"
    assert lost["rules", "rule"][0] == {"rules": ["placeholder_answer"]}
    assert lost["near", "near_duplicate"][0]["f"] == pytest.approx(12 / 13, abs=1e-4)
    assert lost["near", "near_duplicate"][1]["messages"][0]["content"] == "What is the capital of France now?"
    assert made.manifest.reasons == {"exact_duplicate": 2, "malformed": 1, "near_duplicate": 1, "rule": 1}
    assert made.frame().schema == INSTRUCTION


def test_a_kept_row_takes_over_the_origins_and_labels_of_its_exact_twins(source, tmp_path):
    kept = clean([source], tmp_path / "out").frame()
    assert kept["labels"].to_list() == [{"type": "Open QA", "risk": ["sensitive"], "flags": []},
                                        {"type": None, "risk": [], "flags": []}]
    assert [place["source"] for place in kept["origin"][0]] == ["in.jsonl", "elsewhere"]


def test_one_prompt_with_two_answers_is_a_counted_conflict(source, tmp_path):
    made = clean([source], tmp_path / "out", ["exact"])
    assert made.manifest.metrics["steps"]["exact"]["conflicts"] == 1


def test_steps_run_in_the_order_given_and_an_unknown_one_is_named(source, tmp_path):
    assert list(clean([source], tmp_path / "out", ["near", "exact"]).manifest.metrics["steps"]) == ["near", "exact"]
    with pytest.raises(ConfigError, match="unknown step 'nead'"):
        made("nead")
    with pytest.raises(ConfigError, match="step near"):
        made("near", treshold=0.7)


def test_the_same_work_is_not_done_twice(source, tmp_path):
    first = clean([source], tmp_path / "out")
    assert clean([source], tmp_path / "out").manifest == first.manifest
    assert stage.load(tmp_path / "out").manifest == first.manifest


PROMPTS = ["什么是进程？", "什么是进程", "什么是线程？", "Write to ann.lee@corp-mail.net", "a\x00b", "？",
           "Name a bird.\nno input",
           "Name a bird.", " ", "&lt;无输入&gt;你好"]
ANY = st.fixed_dictionaries(
    {"instruction": st.sampled_from(PROMPTS) | st.text(max_size=12)},
    optional={"output": st.sampled_from(["", "n/a", "好", "Donâ€™t", "抱歉，我不能"]), "instruction_type": st.just("QA")})


@settings(max_examples=20)
@given(st.lists(ANY | st.integers(), min_size=1, max_size=8),
       st.permutations(["repair", "language", "rules", "pii", "exact", "near"]), st.integers(1, 6))
def test_whatever_the_rows_and_the_steps_each_row_is_kept_or_dropped_once_and_in_order(tmp_path_factory, rows, steps, count):
    folder = tmp_path_factory.mktemp("any")
    (folder / "in.jsonl").write_text("\n".join(map(json.dumps, rows)))
    made = clean([folder / "in.jsonl"], folder / "out", steps[:count])
    kept, lost = made.frame(), made.dropped()
    assert made.manifest.rows.in_ == len(rows) == kept.height + lost.height
    assert (kept.schema, lost.schema) == (INSTRUCTION, DROPPED)
    assert set(lost["step"]) <= {"read", *steps[:count]}
    assert all(json.loads(evidence) and json.loads(row) for evidence, row in lost.select("evidence", "row").iter_rows())


def test_rows_of_unwanted_languages_say_which_they_have(source, tmp_path):
    step = made("language", keep=("zh",))
    lost = clean([source], tmp_path / "out", [step]).dropped()
    assert lost.filter(lost["step"] == "language")["evidence"].unique().to_list() == ['{"language":"en"}']
