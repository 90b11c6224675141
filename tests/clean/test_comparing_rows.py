"""Steps that compare rows: twins, near-twins, evaluation sets; and personal data, which no file of ours may keep."""

import json

import polars as pl
import pytest

from instructwild.clean.contamination import Contamination
from instructwild.clean.exact import Exact
from instructwild.clean.pii import Pii
from instructwild.clean.pipeline import clean, made
from instructwild.clean.resemblance import Near
from instructwild.errors import ConfigError
from tests.clean.rows import left, rows_of


def evidence(verdicts):
    return [json.loads(told) for told in verdicts.drops["evidence"]]


def test_of_twins_the_first_with_an_answer_stays():
    found = Exact().verdicts(rows_of("什么是 进程", ("什么是  进程", "甲"), ("什么是 进程", "乙"), "😀", " 😀"))
    assert left(found) == [0, 2, 4]
    assert [told["same_answer"] for told in evidence(found)] == [True, False, True]
    assert found.notes["conflicts"] == 1


def test_canonically_equal_prompts_are_twins():
    assert left(Exact().verdicts(rows_of("caf\u00e9", "cafe\u0301"))) == [1]


def test_the_guard_keeps_what_shares_a_template_and_asks_for_something_else():
    other = [f"{word} topic number {n} please" for n, word in enumerate(["alpha", "beta", "gamma", "delta"])]
    filler = [f"write about {n} {n * 7} {n * 13} things" for n in range(400)]
    prompts = ["translate this sentence to French", "translate this sentence to Spanish",
               "translate this sentence to Spanish now"]
    rows = rows_of(*prompts, *other, *filler)
    assert {1, 2} <= set(left(Near().verdicts(rows)))
    guarded = Near(guard=True).verdicts(rows)
    assert 1 not in left(guarded)
    assert 2 in left(guarded)
    assert guarded.notes["kept_by_guard"] >= 1


def test_evaluation_prompts_are_found_by_thirteen_words_and_by_resemblance(tmp_path):
    target = tmp_path / "eval.jsonl"
    words = "list the three largest rivers of the country and say where each of them ends"
    target.write_text("\n".join(json.dumps({"instruction": text}) for text in
                                (words, "What is the boiling point of water?", "What is the boiling point of water now?")))
    step = Contamination(against=[str(target)])
    found = step.verdicts(rows_of(f"Here is a long story about nothing that ends so: {words} in the sea, as they all do",
                                  "What is the boiling point of pure water?", "What is a river?"))
    assert left(found) == [0, 1]
    first, second = evidence(found)
    assert len(first["shared"].split()) == 13
    assert second["f"] == pytest.approx(14 / 15, abs=1e-4)
    assert str(tmp_path) not in json.dumps(clean([target], tmp_path / "out", [step]).manifest.config)


def test_personal_data_is_masked_in_rows_and_in_what_is_written_about_dropped_ones(tmp_path):
    source = tmp_path / "in.jsonl"
    mail = "ann.lee@corp-mail.net"
    source.write_text("\n".join(json.dumps(row) for row in (
        {"instruction": f"Write to\n{mail} for me"}, {"instruction": f"Write to {mail}"},
        {"instruction": f"Write to {mail}"}, {"instruction": "Nothing here"})))
    steps = ["pii", made("exact")]
    stage = clean([source], tmp_path / "out", ["exact", "pii"])
    assert stage.dropped().height == 1
    for name in ("data.parquet", "dropped.parquet"):
        assert mail not in pl.read_parquet(tmp_path / "out" / name).write_json()
    assert mail not in (tmp_path / "out" / "report.html").read_text()
    assert stage.manifest.metrics["steps"]["pii"]["rows"] == 2
    raw = clean([source], tmp_path / "raw", ["exact", "pii"], keep_raw=True)
    assert mail in raw.dropped().write_json()
    assert clean([source], tmp_path / "other", steps).manifest.rows.kept == 3


def test_personal_data_can_be_flagged_or_dropped_instead():
    rows = rows_of("Mail ann.lee@corp-mail.net", "Hello")
    dropped = Pii("drop").verdicts(rows)
    assert left(dropped) == [0]
    assert evidence(dropped) == [{"kinds": ["EMAIL"]}]
    assert Pii("flag").verdicts(rows).rows["prompt"][0] == "Mail ann.lee@corp-mail.net"
    with pytest.raises(ConfigError, match="cannot be 'burn'"):
        made("pii", action="burn")
