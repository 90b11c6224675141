"""People's and models' rankings of the same answers, brought together out of several stages."""

import pytest

from instructwild import stage
from instructwild.cli import main
from instructwild.schema import Labels, instruction_of
from instructwild.stage.frames import instruction_frame, ranking_frame, rankings
from instructwild_annotation.rows import joined, read_all, types_of
from tests.annotation.rows import row


def made(folder, rows, name="respond", inputs=()):
    with stage.start(folder, name, config={}, inputs=[stage.input_record(one) for one in inputs]) as run:
        run.finish(data=ranking_frame(rows))
    return folder


def run(*args):
    with pytest.raises(SystemExit) as left:
        main(["annotate", *map(str, args)])
    return left.value.code


def turned(one):
    """The same row with its candidates in the opposite order, rankings with them."""
    return one.model_copy(update={"candidates": one.candidates[::-1], "rankings": tuple(
        ranking.model_copy(update={"ranks": ranking.ranks[::-1]}) for ranking in one.rankings)})


def test_rankings_of_the_same_answers_are_united_in_whatever_order_they_stand():
    people = row("one", ["x", "y", "z"], ("person:a", [1, 2, 3]), ("model:old", [1, 1, 1]))
    models = turned(row("one", ["x", "y", "z"], ("model:m", [3, 1, 2]), ("person:a", [2, 2, 1])))
    other = row("two", ["x", "y"], ("model:m", [1, 2]))
    found = joined([people, models, other])
    assert [(ranking.annotator, ranking.ranks) for ranking in found[0].rankings] == [
        ("model:old", (1, 1, 1)), ("model:m", (3, 1, 2)), ("person:a", (2, 2, 1))]      # the last of each annotator
    assert found[1] == other
    assert joined([people]) == [people]


def test_merge_measures_models_against_people_and_lets_people_decide(tmp_path, capsys):
    people = made(tmp_path / "people", [row("one", ["x", "y"], ("person:a", [1, 2]), ("person:b", [1, 2])),
                                        row("二", ["x", "y"], ("person:a", [1, 2]), ("person:b", [2, 1]),
                                            language="zh-Hans")], "pull")
    models = made(tmp_path / "models", [row("one", ["x", "y"], ("model:m", [1, 2])),
                                        row("二", ["x", "y"], ("model:m", [2, 1]), language="zh-Hans"),
                                        row("three", ["x", "y"], ("model:m", [2, 1]))])
    assert run("merge", people, models, "--out", tmp_path / "merged") == 0
    said = capsys.readouterr().err
    assert "people agree on 50% of pairs" in said
    assert "model:m agrees with people on 75% of pairs" in said
    told = stage.load(tmp_path / "merged").manifest.metrics
    assert told["agreement_with_people"] == {"model:m": 0.75}
    assert told["agreement_by_annotator"]["person:b"] == 0.75      # with a: one of two; with m: both
    assert told["agreement_by_language"]["en"] == 1
    assert [one.rankings[0].ranks for one in rankings(stage.load(tmp_path / "merged").frame())] == [
        (1, 2), (1, 1), (2, 1)]


def test_push_of_disagreements_says_how_many_there_are(tmp_path, capsys):
    people = made(tmp_path / "people", [row("one", ["x", "y"], ("person:a", [1, 2])), row("two", ["x", "y"])], "pull")
    models = made(tmp_path / "models", [row(name, ["x", "y"], ("model:m", [2, 1])) for name in ("one", "two")])
    assert run("push", people, models, "--disagreements", "--dry-run") == 0
    shown = capsys.readouterr()
    assert "on 1 of 2 prompts a model and people, or two models, disagree" in shown.err
    assert "1 prompt would go to disagreements-k2" in shown.out


def test_instruction_types_are_found_where_the_candidates_came_from(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    prompts = [instruction_of("Why?", labels=Labels(type="open QA")), instruction_of("How?")]
    with stage.start(tmp_path / "clean", "clean", config={}) as work:
        work.finish(data=instruction_frame(prompts))
    answers = made(tmp_path / "candidates", [row("Why?", ["x", "y"])], inputs=["clean"])
    judged = made(tmp_path / "judged", [row("Why?", ["x", "y"])], inputs=["candidates"])
    assert types_of(answers) == types_of(judged) == {prompts[0].id: "open QA"}
    assert read_all([judged]).types == {prompts[0].id: "open QA"}
    monkeypatch.chdir("/")
    assert types_of(judged) == {prompts[0].id: "open QA"}          # beside it
    (tmp_path / "clean").rename(tmp_path / "elsewhere")
    assert types_of(judged) == {}


def test_push_reads_columns_that_a_map_names_and_the_cleaned_stage_of_them(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pairs.csv").write_text("题,好,差\n说一种苇,芦苇,石头\n说一种鸟,鸬鹚,桌子\n", encoding="utf-8")
    columns = ["--map", "prompt=题", "--map", "chosen=好", "--map", "rejected=差"]
    assert run("push", "pairs.csv", *columns, "--dry-run") == 0
    assert capsys.readouterr().out.startswith("2 prompts would go to rankings-k2")
    with pytest.raises(SystemExit):
        main(["clean", "pairs.csv", "--out", "clean", "--steps", "exact", *columns])
    capsys.readouterr()
    assert run("push", "clean", "--dry-run") == 0
    assert capsys.readouterr().out.startswith("2 prompts would go to rankings-k2")
