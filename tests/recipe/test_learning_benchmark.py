"""The benchmark of the learning recipes: its tables show what is finished, and nothing else."""

import json

import pytest

from benchmarks import learning
from instructwild import stage
from instructwild.report.page import Page


def finished(folder, name, metrics):
    with stage.start(folder, name, config={}, inputs=[]) as run:
        run.finish(rows=stage.Rows(**{"in": 0, "kept": 0, "dropped": 0}), report=Page(title=name), metrics=metrics)


def figure(value, low, high, rows=10):
    return {"value": value, "low": low, "high": high, "rows": rows}


def test_nothing_finished_is_no_table(tmp_path):
    assert learning.tables(tmp_path, "smollm2") == []
    assert learning.notes(tmp_path, finished=False)[0].startswith("Not all")


def test_scores_and_differences_stand_beside_what_would_show_them(tmp_path, monkeypatch):
    monkeypatch.setattr(learning, "rescored", learning.metrics)      # of a stage without responses
    part = {"bench": {"sft": {"en": figure(0.5, 0.3, 0.7)}, "base": {"en": figure(0.4, 0.2, 0.6)}},
            "more_than": {"base": {"en": figure(0.1, -0.1, 0.3)}}}
    finished(tmp_path / "cleaned-rows" / "instructions", "evaluate bench", part)
    (table,) = learning.tables(tmp_path, "models/base")
    assert [row[:2] for row in table["rows"]] == [["en", "sft"], ["en", "base"]]
    assert table["rows"][1][-1] == "40"


@pytest.mark.parametrize(("of", "says"), [(figure(0.2, 0.1, 0.3), "shown"), (figure(0.0, -0.1, 0.1), "no difference"),
                                          (figure(0.05, -0.05, 0.15, 100), "400")])
def test_how_many_items_would_show_a_difference(of, says):
    assert learning.enough(of, 0.0) == says


def test_every_share_of_rankings_keeps_the_same_held_out_prompts(tmp_path):
    rows = [{"instruction": f"Which of {n} boats is the fastest?", "input": "", "output": ["The red one.", "None."]}
            for n in range(60)]
    file = tmp_path / "rankings.json"
    file.write_text(json.dumps(rows), encoding="utf-8")
    kept = {share: json.loads(learning.thinned(file, share, tmp_path / f"{share}.json").read_text(encoding="utf-8"))
            for share in (0.0, 0.5, 1.0)}
    assert 0 < len(kept[0.0]) < len(kept[0.5]) < len(kept[1.0]) == 60
    assert [row for row in kept[0.5] if row in kept[0.0]] == kept[0.0]
