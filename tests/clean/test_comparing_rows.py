"""Steps that compare rows: twins, near-twins, evaluation sets; and personal data, which no file of ours may keep."""

import json

import polars as pl
import pytest

from instructwild.clean import rows as clean_rows
from instructwild.clean.contamination import Contamination
from instructwild.clean.exact import Exact
from instructwild.clean.near import request_text
from instructwild.clean.near_step import Near
from instructwild.clean.pii import Pii
from instructwild.clean.pipeline import clean, made
from instructwild.clean.rows import flagged, opened, request_texts
from instructwild.errors import ConfigError
from instructwild.read.instructions import read
from instructwild.schema import Instruction, Message
from instructwild.stage.frames import instruction_frame
from tests.clean.rows import left, rows_of


def evidence(verdicts):
    return [json.loads(told) for told in verdicts.drops["evidence"]]


def test_of_twins_the_first_with_an_answer_stays():
    verdicts = Exact().verdicts(rows_of("什么是 进程", ("什么是  进程", "甲"), ("什么是 进程", "乙"), "😀", " 😀"))
    assert left(verdicts) == [0, 2, 4]
    assert [told["same_answer"] for told in evidence(verdicts)] == [True, False, True]
    assert verdicts.notes["conflicts"] == 1


@pytest.mark.parametrize("prompt", ["a  b", " a\tb ", "a b", "a\u00a0b\n", "", "caf\u0065\u0301  港", "a\x1fb", "\u3000港"])
def test_single_questions_are_read_at_once_as_any_conversation_is(prompt):
    talks = [[("user", prompt)], [("user", prompt), ("assistant", "b")], [("system", prompt), ("user", prompt)],
             [("user", prompt), ("user", prompt)], [("assistant", prompt)], [("tool", prompt), ("assistant", "b")],
             [("user", prompt), ("assistant", prompt), ("user", "c"), ("assistant", "d")]]
    rows = opened(instruction_frame(Instruction(id=str(number), language="en", origin=[], messages=[
        Message(role=role, content=content) for role, content in talk]) for number, talk in enumerate(talks)))
    assert clean_rows.whole_prompts(rows).to_list() == clean_rows._whole_prompts(rows).to_list()
    assert request_texts(rows).to_list() == clean_rows._request_texts(rows).to_list()


def test_canonically_equal_prompts_are_twins():
    assert left(Exact().verdicts(rows_of("caf\u00e9", "cafe\u0301"))) == [1]


def test_of_twins_the_unflagged_one_stays_then_the_answered_then_the_longest_conversation():
    rows = rows_of(("什么是 进程", "甲"), ("什么是 进程", "乙"), ("什么是 进程", None))
    seen = flagged(rows, pl.DataFrame({"at": pl.Series([0], dtype=pl.UInt32), "cut_off": [True]}))
    verdicts = Exact().verdicts(seen)
    assert left(verdicts) == [0, 2]
    assert [told["differs"] for told in evidence(verdicts)] == [["answer", "flags"], ["answer", "turns"]]


def test_talks_whose_earlier_turns_differ_are_neither_exact_nor_near_twins():
    talks = [Instruction(messages=[Message(role=role, content=text) for role, text in (
        ("system", "Be a guide."), ("user", "Name a bird."), ("assistant", bird), ("user", "What does it eat?"),
        ("assistant", "Seeds."))], language="en") for bird in ("A finch.", "A heron.", "A finch.")]
    rows = opened(instruction_frame(talks))
    assert left(Exact().verdicts(rows)) == [2]
    assert left(Near().verdicts(rows)) == [2]
    assert request_texts(rows).to_list() == [
        request_text([(turn.role, turn.content) for turn in talk.messages]) for talk in talks]


def test_near_keeps_what_shares_a_template_and_asks_for_something_else():
    rows = rows_of("translate this sentence to French", "translate this sentence to Spanish",
                   "please translate this sentence to Spanish")
    assert left(Near().verdicts(rows)) == [2]
    assert left(Near(plain=True).verdicts(rows)) == [1, 2]


def test_evaluation_prompts_are_seen_within_other_texts_and_by_what_they_ask(tmp_path):
    target = tmp_path / "eval.jsonl"
    words = "list the three largest rivers of the country and say where each of them ends"
    asked = (words, "What is the boiling point of water?")
    target.write_text("\n".join(json.dumps({"instruction": text}) for text in asked))
    step = Contamination(against=[str(target)])
    verdicts = step.verdicts(rows_of(
        f"Here is a long story about nothing that ends so: {words} in the sea, as they all do",
        "What is the boiling point of pure water?", "What is a river?", ("Say it", f"I was told to {words}."),
        "list the three largest lakes of the country and say where each of them lies"))
    assert left(verdicts) == [0, 1, 3]
    first, second, third = evidence(verdicts)
    assert first["shared"] == third["shared"] == words
    assert second["f"] == pytest.approx(14 / 15, abs=1e-4)
    assert str(tmp_path) not in json.dumps(clean([target], tmp_path / "out", [step]).manifest.config)


def test_phrases_in_which_questions_are_put_are_no_contamination(tmp_path):
    target = tmp_path / "eval.jsonl"
    asked = "阅读下面的材料，然后回答后面的问题：谁修建了这座灯塔的第一层？"
    target.write_text("\n".join(json.dumps({"instruction": text}, ensure_ascii=False) for text in (
        asked, "Read the passage and choose the correct answer to the question below. Who painted the harbour chapel?")))
    verdicts = Contamination(against=[str(target)]).verdicts(rows_of(
        "阅读下面的材料，然后回答后面的问题：蜜蜂怎样找到回家的路？", asked,
        "Read the passage and choose the correct answer to the question below. Where do eels spawn?"))
    assert left(verdicts) == [1]


def test_who_names_the_subject_of_a_short_question_does_not_ask_it(tmp_path):
    target = tmp_path / "eval.jsonl"
    target.write_text("\n".join(json.dumps({"instruction": text}, ensure_ascii=False) for text in (
        "下列不属于显微镜的是", "Which of the following statements about lighthouses is not correct?")))
    verdicts = Contamination(against=[str(target)]).verdicts(rows_of(
        "我想买一台显微镜给孩子，请介绍一下显微镜的种类。",
        ("出一道题。", "第一题：下列不属于显微镜的是（）。甲、目镜，乙、灯塔。"),
        ("Tell me about the coast.", "Statements about lighthouses differ: some were built on rocks, others on sand."),
        ("Set a quiz.", "1. Which of the following statements about lighthouses is not correct? a) They shine.")))
    assert left(verdicts) == [1, 3]


def test_a_word_left_out_of_a_short_question_does_not_hide_it(tmp_path):
    target = tmp_path / "eval.jsonl"
    target.write_text(json.dumps({"instruction": "Name four rivers that cross the old border and flow into the grey sea."}))
    verdicts = Contamination(against=[str(target)]).verdicts(rows_of(
        ("Set a quiz.", "Name four rivers that cross the border and flow into the grey sea. Then draw them."),
        ("Set a quiz.", "Name four towns that lie at the old border and look at the grey sea.")))
    assert left(verdicts) == [0]


def test_the_whole_row_is_searched_for_questions_of_an_evaluation(tmp_path):
    asked = "A cook peels nine turnips in an hour and drops every third one. How many turnips reach the pot?"
    (tmp_path / "eval.jsonl").write_text(json.dumps({"instruction": asked}))
    (tmp_path / "in.jsonl").write_text("\n".join(json.dumps({"messages": [
        {"role": "system", "content": system}, {"role": "user", "content": "Go on with number two."},
        {"role": "assistant", "content": "Six.", "reasoning_content": thoughts}]}) for system, thoughts in (
            (f"Example: {asked} Six.", ""), ("Be brief.", f"The task says: {asked}"), ("Be brief.", "Nine less three."))))
    verdicts = Contamination(against=[str(tmp_path / "eval.jsonl")]).verdicts(opened(read([tmp_path / "in.jsonl"]).frame))
    assert left(verdicts) == [0, 1]


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
