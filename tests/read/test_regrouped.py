"""Files whose rows are not one conversation each: SQuAD's articles, Copilot's history, Gemini's activity, ratings."""

import json

import pytest

from instructwild.read.instructions import read
from instructwild.read.rankings import read_rankings
from instructwild.schema.verdict import Reason
from instructwild.stage.frames import instructions

PASSAGE = "The lighthouse of Skagen was lit in 1858. 灯塔高四十六米。"


def table_of(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text if isinstance(text, str) else json.dumps(text, ensure_ascii=False), encoding="utf-8")
    return read([path])


def talks(table):
    return [[(message.role, message.content) for message in row.messages] for row in instructions(table.frame)]


def answer(text):
    return {"text": text, "answer_start": PASSAGE.index(text)}


SQUAD = {"version": "v2.0", "data": [{"title": "Skagen", "paragraphs": [{"context": PASSAGE, "qas": [
    {"id": "q1", "question": "When was it lit?", "answers": [answer("1858"), answer("1858")], "is_impossible": False},
    {"id": "q2", "question": "灯塔多高?", "answers": [answer("四十六米"), answer("四十六米。")]},
    {"id": "q3", "question": "Who built it?", "answers": [], "is_impossible": True}]}]}]}


def test_squads_articles_are_questions_about_their_passages(tmp_path):
    table = table_of(tmp_path, "squad.json", SQUAD)
    assert not table.malformed
    assert talks(table) == [
        [("user", f"When was it lit?\n{PASSAGE}"), ("assistant", "1858")],
        [("user", f"灯塔多高?\n{PASSAGE}")], [("user", f"Who built it?\n{PASSAGE}")]]
    first, second, _ = instructions(table.frame)
    assert (first.extra["title"], first.extra["id"], len(second.extra["answers"])) == ("Skagen", "q1", 2)


def test_the_same_on_the_hub_and_an_answer_that_stands_elsewhere_is_no_such_row(tmp_path):
    good = {"question": "When was it lit?", "context": PASSAGE, "answers": {"text": ["1858"], "answer_start": [36]}}
    wrong = {**good, "answers": {"text": ["1858"], "answer_start": [3]}}
    table = table_of(tmp_path, "rows.jsonl", "\n".join(map(json.dumps, (good, wrong))))
    assert talks(table) == [[("user", f"When was it lit?\n{PASSAGE}"), ("assistant", "1858")],
                            [("user", "When was it lit?")]]


def test_copilots_history_is_chats_from_the_oldest_message_to_the_newest(tmp_path):
    table = table_of(tmp_path, "copilot-activity-history.csv", (
        "\ufeffConversation,Time,Author,Message\nKnots,2026-01-02T10:00:09,AI,Use a bowline.\n"
        "Knots,2026-01-02T10:00:09,Human,And for a loop?\nKnots,2026-01-02T10:00:00,AI,A clove hitch.\n"
        "Knots,2026-01-02T10:00:00,Human,Which knot holds a post?\n船,2026-01-01T08:00:00,AI,三点。\n"
        "船,2026-01-01T08:00:00,Human,船几点开?\n"))
    assert not table.malformed
    assert talks(table) == [
        [("user", "Which knot holds a post?"), ("assistant", "A clove hitch."), ("user", "And for a loop?"),
         ("assistant", "Use a bowline.")],
        [("user", "船几点开?"), ("assistant", "三点。")]]
    assert next(iter(instructions(table.frame))).extra["conversation_title"] == "Knots"


def record(title, text="Yes.", header="Gemini-Apps"):
    return {"header": header, "title": title, "time": "2026-01-01T08:00:00Z", "products": [header],
            **({"safeHtmlItem": [{"html": f"<p>{text}</p>"}]} if text else {})}


PROMPTS = ("Which knot?", "Wo liegt Skagen?", "When is high water?", "船几点开?", "Name a harbour.", "Is it far?",
           "Wie tief?", "What is a fathom?")


@pytest.mark.parametrize(("before", "after", "header"), [
    ("Prompted ", "", "Gemini Apps"), ("Prompt eingegeben: ", "", "Gemini-Apps"),
    ("「", "」と質問しました", "Gemini アプリ"),
    ("提示：", "", "Gemini 应用"), ("Se ha preguntado «", "»", "Aplicaciones de Gemini")])
def test_what_was_asked_stands_in_the_titles_of_activity_in_any_language(before, after, header, tmp_path):
    table = table_of(tmp_path, "MyActivity.json", [
        *(record(f"{before}{prompt}{after}", header=header) for prompt in PROMPTS), record("Feedback", "", header)])
    assert talks(table) == [[("user", prompt), ("assistant", "Yes.")] for prompt in PROMPTS]
    assert [row.reason for row in table.malformed] == [Reason.MALFORMED]


def test_of_few_records_in_another_language_the_titles_stay_whole(tmp_path):
    table = table_of(tmp_path, "MyActivity.json", [record("Prompt eingegeben: Wie?"), record("Prompt eingegeben: Was?")])
    assert [talk[0][1] for talk in talks(table)] == ["Prompt eingegeben: Wie?", "Prompt eingegeben: Was?"]


def chat(rating=None, **fields):
    messages = {"a": {"id": "a", "parentId": None, "role": "user", "content": "Which knot?"},
                "b": {"id": "b", "parentId": "a", "role": "assistant", "content": "A granny knot.", **fields},
                "c": {"id": "c", "parentId": "a", "role": "assistant", "content": "A bowline."}}
    return {"id": "1", "title": "Knots", "chat": {"history": {"messages": messages, "currentId": "b"}}}


def rating(value, message):
    return {"id": f"f{message}", "user_id": "u", "version": 0, "type": "rating", "data": {"rating": value, "model_id": "m"},
            "meta": {"arena": True, "message_id": message, "chat_id": "1"}, "snapshot": {"chat": chat()}}


def test_ratings_of_open_webui_are_marks_on_the_rated_answers(tmp_path):
    table = table_of(tmp_path, "feedback.json", [rating(-1, "b"), rating(1, "c"), rating("1", "missing")])
    assert talks(table) == [[("user", "Which knot?"), ("assistant", "A bowline.")]]
    assert [row.reason for row in table.malformed] == [Reason.MARKED_BAD, Reason.MALFORMED]
    (ranked,) = read_rankings([tmp_path / "feedback.json"]).rows
    assert [answer.text for answer in ranked.candidates] == ["A granny knot.", "A bowline."]
    assert ranked.rankings[0].ranks == (2, 1)


@pytest.mark.parametrize("mark", [{"annotation": {"rating": -1}}, {"feedback": {"rating": "thumbsDown"}}, {"score": -1}])
def test_an_answer_that_a_person_rated_as_bad_in_its_chat_is_none(mark, tmp_path):
    table = table_of(tmp_path, "chats.json", [chat(**mark)])
    assert [row.reason for row in table.malformed] == [Reason.MARKED_BAD]
    assert not talks(table)
