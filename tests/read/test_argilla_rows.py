"""Records that Argilla exports, in its nested, flat and older form: the prompt, and what annotators ranked."""

import json

import pytest

from instructwild.clean.pipeline import clean
from instructwild.read.instructions import read
from instructwild.read.rankings import read_rankings

ASK, FIRST, SECOND = "Wie lange reift ein Bergkäse?", "Einen Tag.", "Sechs Monate und länger."
FIELDS = {"prompt": ASK, "answer-1": FIRST, "answer-2": SECOND}
USERS = ["5f0c", "77aa"]
ROWS = {
    "nested": {"id": "r", "status": "completed", "_server_id": "s", "fields": FIELDS, "metadata": {"page": 3},
               "suggestions": {},
               "responses": {"order": [{"value": ["answer-2", "answer-1"], "user_id": user} for user in USERS],
                             "note": [{"value": "fine", "user_id": USERS[0]}]}, "vectors": {}},
    "flat": {"id": "r", "status": "completed", "_server_id": "s", **FIELDS, "page": 3,
             "order.responses": [["answer-2", "answer-1"]] * 2, "order.responses.users": USERS,
             "order.responses.status": ["submitted"] * 2, "note.responses": ["fine"], "note.responses.users": USERS[:1]},
    "version 1": {**FIELDS, "external_id": "r", "metadata": "{}", "order": [
        {"user_id": user, "status": "submitted",
         "value": [{"rank": 2, "value": "answer-1"}, {"rank": 1, "value": "answer-2"}]} for user in USERS]},
    "version 1, columns": {**FIELDS, "order": [
        {"user_id": user, "status": "submitted", "value": {"rank": [2, 1], "value": ["answer-1", "answer-2"]}}
        for user in USERS]},
}


def written(folder, *rows):
    path = folder / "in.jsonl"
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return path


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_every_annotator_has_a_ranking_from_the_file_and_from_the_cleaned_stage(tmp_path, row):
    path = written(tmp_path, row)
    table = read([path])
    assert [turn["content"] for turn in table.frame["messages"][0]] == [ASK]
    clean([path], tmp_path / "clean")
    for source in (path, tmp_path / "clean"):
        ranked, = read_rankings([source]).rows
        assert [message.content for message in ranked.messages] == [ASK]
        assert [candidate.text for candidate in ranked.candidates] == [FIRST, SECOND]
        assert [ranking.ranks for ranking in ranked.rankings] == [(2, 1), (2, 1)]
        assert len({ranking.annotator for ranking in ranked.rankings}) == 2
        assert not any(user in ranked.model_dump_json() for user in USERS)


def test_drafts_are_kept_as_drafts_and_ties_of_version_1_stay(tmp_path):
    row = FIELDS | {"order": [{"user_id": "u", "status": "draft", "value": [
        {"rank": 1, "value": "answer-1"}, {"rank": 1, "value": "answer-2"}]}]}
    ranked, = read_rankings([written(tmp_path, row)]).rows
    assert [(ranking.status, ranking.ranks) for ranking in ranked.rankings] == [("draft", (1, 1))]


def test_fields_that_are_a_conversation_and_answers_to_other_questions_stay(tmp_path):
    turns = [{"role": "user", "content": ASK}, {"role": "assistant", "content": SECOND}]
    row = {"_server_id": "s", "fields": {"messages": turns, "hint": "cheese"},
           "responses": {"good": [{"value": "yes", "user_id": "u"}]}}
    table = read([written(tmp_path, row)])
    assert [turn["content"] for turn in table.frame["messages"][0]] == [ASK, SECOND]
    extra = json.loads(table.frame["extra"][0])
    assert (extra["fields"], extra["responses"]) == ({"hint": "cheese"}, row["responses"])
