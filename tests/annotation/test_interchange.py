"""Rankings to spreadsheets and Label Studio and back: every rank, tie and text, and files as other tools write them."""

import json
import random
import xml.etree.ElementTree as ElementTree

import pytest

from instructwild import stage
from instructwild.cli import main
from instructwild.schema import Message
from instructwild.stage.frames import rankings
from instructwild_annotation.interchange.label_studio import from_tasks, labelling_config, to_tasks
from instructwild_annotation.interchange.spreadsheet import from_table, to_csv
from instructwild_annotation.people import person
from tests.annotation.rows import row

TEXTS = ["plain", "two\nlines",
         'quotes " and, commas; tabs\t', "=SUM(A1)", "中文，句子。", "", "emoji 🐳", "<b>&amp;", " edges "]


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)


def made(count=40):
    rng = random.Random(5)
    rows = []
    for number in range(count):
        size = rng.randint(2, 6)
        ranked = [(who, [rng.randint(1, size) for _ in range(size)])
                  for who in rng.sample(["person:a", "person:b", "model:m/x", "scripted:tidy"], rng.randint(0, 4))]
        each = row(f"Question {number}? {rng.choice(TEXTS)}", [f"{rng.choice(TEXTS)} {i}" for i in range(size)], *ranked,
                   language=rng.choice(["en", "zh-Hans", "und"]))
        if number % 3 == 0:
            each = each.model_copy(update={"messages": (
                Message(role="system", content="Be brief."), Message(role="user", content="Hello?"),
                Message(role="assistant", content="Yes?"), Message(role="user", content=f"再问 {number}"))})
        each = each.model_copy(update={
            "rankings": tuple(ranking.model_copy(update={"seconds": rng.choice([None, 12.5]),
                                                         "status": rng.choice(["submitted", "submitted", "discarded"])})
                              for ranking in each.rankings if ranking.annotator.startswith("person:"))
            + tuple(ranking for ranking in each.rankings if not ranking.annotator.startswith("person:"))})
        rows.append(each)
    return rows


def test_a_table_comes_back_unchanged(tmp_path):
    rows = made()
    (tmp_path / "out.csv").write_bytes(to_csv(rows).encode())
    assert from_table(tmp_path / "out.csv", "nobody") == (rows, [], [])


def test_tasks_of_label_studio_come_back_unchanged(tmp_path):
    rows = made()
    (tmp_path / "tasks.json").write_text(json.dumps(to_tasks(rows, with_models=True)), encoding="utf-8")
    assert from_tasks(tmp_path / "tasks.json", "nobody") == (rows, [])
    config = ElementTree.fromstring(labelling_config(6))
    assert [bucket.get("name") for bucket in config.iter("Bucket")] == [f"rank_{rank}" for rank in range(1, 7)]
    assert {"prompt", "history", "answers"} <= set(to_tasks(rows)[0]["data"])


def test_tasks_to_be_ranked_name_no_model_unless_they_are_to():
    each = row("Which?", ["x", "y"])
    each = each.model_copy(update={"candidates": tuple(candidate.model_copy(update={"model": "secret-model"})
                                                       for candidate in each.candidates)})
    assert "secret-model" not in json.dumps(to_tasks([each]))
    assert "secret-model" in json.dumps(to_tasks([each], with_models=True))


@pytest.mark.parametrize(("text", "options", "encoding"), [
    ("问题,回答,名次,标注者\n码头在哪？,东边。,1,李雷\n码头在哪？,西边。,2,李雷\n", (), "utf-8"),
    ("问题,回答,名次,标注者\n码头在哪？,东边。,1,李雷\n码头在哪？,西边。,2,李雷\n", ("--encoding", "gb18030"), "gb18030"),
    ("Question;Response;Rank;Rater\nWhere?;East.;1;李雷\nWhere?;West.;2;李雷\n", (), "utf-8-sig"),
    ("q,a,stars,prompt_id\nWhere?,East.,1,\nWhere?,West.,2,\n",
     ("--map", "prompt=q", "--map", "answer=a", "--map", "rank=stars", "--annotator", "李雷"), "utf-8")])
def test_tables_whose_columns_have_other_names_are_read(tmp_path, monkeypatch, text, options, encoding):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other.csv").write_bytes(text.encode(encoding))
    assert run("import", "other.csv", "--out", "imported", *options) == 0
    imported, = rankings(stage.load(tmp_path / "imported").frame())
    assert [(ranking.annotator, ranking.ranks) for ranking in imported.rankings] == [(person("李雷"), (1, 2))]


def test_a_table_without_a_rank_says_how_to_name_it(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other.csv").write_text("prompt,answer,stars\nWhere?,East.,1\n", encoding="utf-8")
    assert run("import", "other.csv", "--out", "imported") == 2
    assert "--map rank=COLUMN" in capsys.readouterr().err


def test_pairwise_tasks_of_label_studio_are_read(tmp_path):
    task = {"data": {"prompt": "Which?", "answer_a": "x", "answer_b": "y"}, "annotations": [
        {"completed_by": {"email": "anna"}, "lead_time": 4.0,
         "result": [{"type": "pairwise", "value": {"selected": side}}]} for side in ("left", "right")]}
    (tmp_path / "pairs.json").write_text(json.dumps([task]), encoding="utf-8")
    (read,), dropped = from_tasks(tmp_path / "pairs.json", "nobody")
    assert [candidate.text for candidate in read.candidates] == ["x", "y"]
    assert ([ranking.ranks for ranking in read.rankings], dropped) == ([(1, 2), (2, 1)], [])


def test_a_table_that_somebody_wrote_by_hand_needs_a_prompt_answers_and_ranks(tmp_path):
    (tmp_path / "hand.csv").write_text(
        "prompt,answer,annotator,rank,mood\nWhy?,Because.,李雷,1,good\nWhy?,No.,李雷,2,bad\nWhy?,Because.,anna,1,\nWhy?,No.,anna,1,\n"
        "Who?,Me.,anna,1,\nWho?,You.,anna,first,\nWhen?,Now.,anna,1,\nWhen?,Later.,李雷,1,\n", encoding="utf-8")
    rows, dropped, unknown = from_table(tmp_path / "hand.csv", "nobody")
    assert unknown == ["mood"]
    first = rows[0]
    assert {ranking.annotator: ranking.ranks for ranking in first.rankings} == {
        person("李雷"): (1, 2), person("anna"): (1, 1)}
    problems = [each.row["problem"] for each in dropped]
    assert "the rank 'first' is no whole number from 1 on" in problems
    assert sum("ranks 1 of 2 answers" in problem for problem in problems) == 3
    assert [len(each.rankings) for each in rows[1:]] == [0, 0]


@pytest.mark.parametrize(("value", "ranks"), [
    ({"ranking": ["b", "a"]}, (2, 1)), (["b", "a"], (2, 1)), ({"rank_1": ["a", "b"], "_": []}, (1, 1)),
    ({"place 2": ["a"], "place 1": ["b"]}, (2, 1))])
def test_what_label_studio_itself_writes_is_read(tmp_path, value, ranks):
    task = {"id": 7, "data": {"prompt": "Why?", "items": [{"id": "a", "title": "A", "body": "Because."},
                                                         {"id": "b", "title": "B", "body": "No."}]},
            "annotations": [{"completed_by": {"id": 1, "email": "anna@example.org"}, "lead_time": 9.5, "result": [
                {"type": "ranker", "from_name": "rank", "to_name": "items", "value": {"ranker": value}}]}]}
    (tmp_path / "export.json").write_text(json.dumps([task]), encoding="utf-8")
    (each,), dropped = from_tasks(tmp_path / "export.json", "nobody")
    assert dropped == []
    assert [(ranking.annotator, ranking.ranks, ranking.seconds) for ranking in each.rankings] == [
        (person("label-studio anna@example.org"), ranks, 9.5)]
    assert [candidate.text for candidate in each.candidates] == ["Because.", "No."]


@pytest.mark.parametrize("value", [{"ranking": ["a"]}, {"good": ["a"], "bad": ["b"]},
                                   {"rank_1": ["a", "a"], "rank_2": ["b"]},
                                   {"rank_1": ["a"], "_": ["b"]}, {}, None, {"rank_1": ["a"], "rank_2": ["c"]}])
def test_a_task_that_does_not_rank_all_answers_is_named(tmp_path, value):
    task = {"data": {"prompt": "Why?", "items": [{"id": "a", "body": "x"}, {"id": "b", "body": "y"}]},
            "annotations": [{"result": [{"type": "ranker", "value": {"ranker": value}}]}]}
    (tmp_path / "export.json").write_text(json.dumps([task, {"data": {"image": "x.png"}}, 3]), encoding="utf-8")
    (each,), dropped = from_tasks(tmp_path / "export.json", "nobody")
    assert each.rankings == ()
    assert len(dropped) == 3
    assert all(entry.evidence.startswith(str(tmp_path / "export.json")) for entry in dropped)


def run(*args):
    with pytest.raises(SystemExit) as left:
        main(["annotate", *map(str, args)])
    return left.value.code


@pytest.mark.parametrize(("format", "name"), [("csv", "out.csv"), ("label-studio", "tasks.json")])
def test_export_and_import_by_command(tmp_path, capsys, format, name):
    rows = [each for each in made() if len(each.candidates) > 1]
    (tmp_path / "rows.jsonl").write_text("".join(each.model_dump_json() + "\n" for each in rows), encoding="utf-8")
    assert run("export", "rows.jsonl", "--format", format, "--out", name) == 0
    assert run("export", "rows.jsonl", "--format", format, "--out", name) == 2
    assert "is there already" in capsys.readouterr().err
    assert run("import", name, "--out", "back") == 0
    assert list(rankings(stage.load("back").frame())) == rows
    (tmp_path / "empty.csv").write_text("prompt,answer\nWhy?,No.\n", encoding="utf-8")
    assert run("import", "empty.csv", "--out", "nothing") == 2
    assert "has no column for rank" in " ".join(capsys.readouterr().err.split())
