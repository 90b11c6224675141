"""Rankings that other tools and people's own tables hold, through `annotate import`."""

import json

import pytest

from instructwild import stage
from instructwild.cli import main
from instructwild.stage.frames import rankings
from instructwild_annotation.interchange.label_studio import is_export
from instructwild_annotation.interchange.verdicts import plain_verdict, ranks_from, whole_rank
from instructwild_annotation.people import person

TWO, THREE = ["Answer A", "Answer B"], ["response_1", "response_2", "response_3"]


@pytest.mark.parametrize(("text", "labels", "ranks"), [
    ("A", TWO, (1, 2)), (" answer b ", TWO, (2, 1)), ("2", TWO, (2, 1)), ("left", TWO, (1, 2)), ("右边", TWO, (2, 1)),
    ("tie", TWO, (1, 1)), ("They are about the same", TWO, (1, 1)), ("都不好", TWO, (1, 1)), ("B>A", TWO, (2, 1)),
    ("B is a bit better", TWO, (2, 1)), ("回答Ｂ更好", TWO, (2, 1)), ("B比A好", TWO, (2, 1)), ("A is worse", TWO, (2, 1)),
    ("A＝B", TWO, (1, 1)), ("A is better because B does not answer", TWO, (1, 2)), ("A loses to B", TWO, (2, 1)),
    ("neither is better", TWO, (1, 1)), ("两个都不更好", TWO, (1, 1)), ("回答A输给回答B", TWO, (2, 1)),
    ("A beats B", TWO, (1, 2)), ("2>1=3", THREE, (2, 1, 2)), ("1 < 3 < 2", THREE, (3, 1, 2)), ("3 > 1, 2", THREE, (2, 2, 1)),
    ("B, C, A", THREE, (3, 1, 2)),
    ("1,2,2", THREE, (1, 2, 2)), ("1,3,2", THREE, (1, 3, 2)), ("Response 3", THREE, (2, 2, 1)), ("1=2=3", THREE, (1, 1, 1))])
def test_what_people_write_about_answers_side_by_side(text, labels, ranks):
    assert ranks_from(text, labels) == ranks


@pytest.mark.parametrize(("text", "labels"), [
    ("maybe", TWO), ("", TWO), ("B>A", THREE), ("A>A>B", TWO), ("A>B<C", THREE), ("3,1,2", THREE), ("D", TWO),
    ("A is worst", THREE), ("A is better, even if longer", TWO), ("A is not better than B", TWO),
    ("回答A并不比回答B更好", TWO), ("Both are fine but B wins", TWO)])
def test_what_says_nothing_or_two_things_is_refused(text, labels):
    with pytest.raises(ValueError, match=r"."):
        ranks_from(text, labels)


def test_numbers_are_an_order_or_ranks_as_the_column_says():
    assert ranks_from("3,1,2", THREE, as_order=True) == (2, 3, 1)
    assert ranks_from("3,1,2", THREE, as_order=False) == (3, 1, 2)
    with pytest.raises(ValueError, match="every answer once"):
        ranks_from("3,3,2", THREE, as_order=True)


def test_ranks_in_words_and_verdicts_in_json():
    assert [whole_rank(text) for text in ("1", "2.0", "２", "2nd", "第二名", "第3名", "No. 4")] == [1, 2, 2, 2, 2, 3, 4]
    with pytest.raises(ValueError, match="no whole number"):
        whole_rank("1.5")
    assert [plain_verdict(value) for value in ('[{"selected": "left"}]', {"choices": ["A"]}, 2.0, None, "[2, 1]")] == [
        "left", "A", "2", "", "2,1"]


@pytest.fixture
def imported(tmp_path, monkeypatch):
    """What `annotate import` makes of a file: {prompt: [(annotator, {answer: rank})]}."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)

    def read(name, content, *options):
        (tmp_path / name).write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        with pytest.raises(SystemExit) as left:
            main(["annotate", "import", name, "--out", "imported", *options])
        assert left.value.code == 0
        return {row.messages[-1].content: [
            (ranking.annotator, dict(zip([each.text for each in row.candidates], ranking.ranks, strict=True)))
            for ranking in row.rankings] for row in rankings(stage.load("imported").frame())}

    return read


def test_a_form_with_one_line_for_each_answered_question(imported):
    table = ("Timestamp,Email Address,Question,Answer A,Answer B,Which answer is better?\n"
             "1,zoë@x.org,Where?,East,West,Answer A\n2,b@x.org,Where?,East,West,They are equal\n"
             "3,zoë@x.org,谁？,甲,乙,Answer B\n4,b@x.org,谁？,甲,乙,maybe\n")
    assert imported("form.csv", table) == {
        "Where?": [(person("zoë@x.org"), {"East": 1, "West": 2}), (person("b@x.org"), {"East": 1, "West": 1})],
        "谁？": [(person("zoë@x.org"), {"甲": 2, "乙": 1})]}
    assert stage.load("imported").manifest.rows.dropped == 1        # "maybe" says nothing


def test_a_chinese_table_with_three_answers_and_an_order(imported):
    table = "题目;回答1;回答2;回答3;排序;姓名\n桥？;东;西;南;2>1=3;王芳\n桥？;东;西;南;3,1,2;李雷\n船？;东;西;;1>2;韩梅\n"
    assert imported("table.csv", table) == {
        "桥？": [(person("王芳"), {"东": 2, "西": 1, "南": 2}), (person("李雷"), {"东": 2, "西": 3, "南": 1})],
        "船？": [(person("韩梅"), {"东": 1, "西": 2})]}


def test_a_table_with_a_column_of_ranks_for_each_person(imported):
    table = "prompt,response,Rank (anna),rank_李雷\nWhich?,x,1,2nd\nWhich?,y,2,1st\n"
    assert imported("people.csv", table) == {
        "Which?": [(person("anna"), {"x": 1, "y": 2}), (person("李雷"), {"x": 2, "y": 1})]}


def test_any_layout_of_preferences_is_taken_and_the_annotator_named(imported):
    rows = [{"chosen": "\n\nHuman: Where?\n\nAssistant: Here.", "rejected": "\n\nHuman: Where?\n\nAssistant: Nowhere."}]
    assert imported("hh.json", rows, "--annotator", "model:judge") == {
        "Where?": [("model:judge", {"Here.": 1, "Nowhere.": 2})]}


CHOICE = {"type": "choices", "from_name": "better"}
STUDIO = [
    ({"question": "Which?", "response_a": "x", "response_b": "y"}, [
        [{**CHOICE, "value": {"choices": ["Response B"]}}, {**CHOICE, "value": {"choices": ["polite"]}}],
        [{**CHOICE, "value": {"choices": ["一样好"]}}]], [(2, 1), (1, 1)]),
    ({"prompt": "Which?", "answer1": "x", "answer2": "y"}, [
        [{"type": "rating", "to_name": f"answer{n}", "value": {"rating": stars}} for n, stars in ((1, 2), (2, 5))]],
        [(2, 1)]),
    ({"prompt": "Which?", "answer1": "x", "answer2": "y", "answer3": "z"}, [
        [{"type": "ranker", "value": {"ranker": ["answer2", "answer3", "answer1"]}}]], [(3, 1, 2)])]


@pytest.mark.parametrize(("data", "results", "ranks"), STUDIO, ids=["choices", "ratings", "three columns"])
def test_other_labelling_interfaces_of_label_studio(imported, data, results, ranks):
    task = {"id": 1, "data": data, "annotations": [{"result": each, "completed_by": number}
                                                  for number, each in enumerate(results)]}
    read = imported("export.json", [task])["Which?"]
    assert [tuple(each.values()) for _, each in read] == ranks
    assert [who for who, _ in read] == [person(f"label-studio {number}") for number in range(len(ranks))]


def test_the_short_export_of_label_studio(imported, tmp_path):
    tasks = [{"id": 1, "prompt": "Which?", "answer1": "x", "answer2": "y", "comparison": [{"selected": "left"}],
              "annotator": 1, "annotation_id": 3, "lead_time": 3.1},
             {"id": 2, "prompt": "Who?", "answer1": "p", "answer2": "q", "comparison": "right", "annotator": 2,
              "annotation_id": 4}]
    assert imported("short.json", tasks) == {"Which?": [(person("label-studio 1"), {"x": 1, "y": 2})],
                                             "Who?": [(person("label-studio 2"), {"p": 2, "q": 1})]}
    assert is_export(tmp_path / "short.json")


def test_a_salt_that_hides_nobody_stops_the_import(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("INSTRUCTWILD_SALT", "s")
    (tmp_path / "t.csv").write_text("prompt,answer,rank\nWhy?,x,1\nWhy?,y,2\n")
    with pytest.raises(SystemExit) as left:
        main(["annotate", "import", str(tmp_path / "t.csv"), "--out", str(tmp_path / "out")])
    assert left.value.code == 2
    assert "INSTRUCTWILD_SALT" in capsys.readouterr().err
