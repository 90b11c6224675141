"""Two answers side by side, in the columns of public data sets, become rankings from the file and the cleaned stage."""

import json

import pytest

from instructwild.clean.pipeline import clean
from instructwild.read.instructions import read
from instructwild.read.rankings import read_rankings

ASK, GOOD, WORSE = "Which knot holds a boat to a ring?", "A bowline.", "A bow tie."


def user(text):
    return {"role": "user", "content": text}


def assistant(text):
    return {"role": "assistant", "content": text}


def written(folder, *rows):
    path = folder / "in.jsonl"
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return path


def shown(rows):
    return [([message.content for message in row.messages],
             sorted(zip([candidate.text for candidate in row.candidates], *[ranking.ranks for ranking in row.rankings],
                        strict=True), key=lambda answer: answer[1]))
            for row in rows]


ROWS = {
    "SHP": {"post_id": "p", "history": ASK, "human_ref_A": WORSE, "human_ref_B": GOOD, "labels": 0, "score_A": 2,
            "score_B": 8},
    "SHP, first better": {"history": ASK, "human_ref_A": GOOD, "human_ref_B": WORSE, "labels": 1},
    "SafeRLHF": {"prompt": ASK, "response_0": WORSE, "response_1": GOOD, "is_response_0_safe": True,
                 "better_response_id": 1, "safer_response_id": 0},
    "SafeRLHF, one dimension": {"prompt": ASK, "response_0": GOOD, "response_1": WORSE, "safer_response_id": 0},
    "arena": {"question_id": "q", "model_a": "m1", "model_b": "m2", "winner": "model_b", "language": "English", "turn": 1,
              "conversation_a": [user(ASK), assistant(WORSE)], "conversation_b": [user(ASK), assistant(GOOD)]},
    "arena, parts": {"winner": "model_a", "conversation_a": [user([{"type": "text", "text": ASK, "image": None}]),
                                                             assistant([{"type": "text", "text": GOOD, "image": None}])],
                     "conversation_b": [user(ASK), assistant(WORSE)]},
    "arena on Kaggle": {"id": 7, "prompt": json.dumps([ASK]), "response_a": json.dumps([GOOD]),
                        "response_b": json.dumps([WORSE]), "winner_model_a": 1, "winner_model_b": 0, "winner_tie": 0},
    "arena in texts": {"prompt": ASK, "response_a": WORSE, "response_b": GOOD, "winner": "model_b"},
    "HelpSteer2": {"prompt": ASK, "response_1": GOOD, "response_2": WORSE, "preference_strength": -2},
    "HelpSteer3": {"context": [user(ASK)], "response1": WORSE, "response2": GOOD, "overall_preference": 3},
    "WebGPT": {"question": {"id": "w", "full_text": ASK}, "answer_0": WORSE, "answer_1": GOOD, "score_0": -1.0,
               "score_1": 1.0},
    "Nectar": {"prompt": f"\n\nHuman: {ASK}\n\nAssistant: ", "turns": 1, "num_responses": 2,
               "answers": [{"answer": WORSE, "model": "m1", "rank": 5.0}, {"answer": GOOD, "model": "m2", "rank": 1.0}]},
    "distilabel": {"instruction": ASK, "generations": [GOOD, WORSE], "ratings": [5, 1], "generation_models": ["m1", "m2"]},
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_the_order_is_the_same_from_the_file_and_from_the_cleaned_stage(tmp_path, row):
    path, expected = written(tmp_path, row), [([ASK], [(GOOD, 1), (WORSE, 2)])]
    assert shown(read_rankings([path]).rows) == expected
    made = clean([path], tmp_path / "clean")
    assert [[turn["role"] for turn in turns] for turns in made.frame()["messages"]] == [["user"]]      # no answer is good
    assert shown(read_rankings([tmp_path / "clean"]).rows) == expected


def test_every_other_column_stays_in_extra(tmp_path):
    table = read([written(tmp_path, ROWS["SHP"])])
    assert json.loads(table.frame["extra"][0]) == {name: value for name, value in ROWS["SHP"].items() if name != "history"}


def test_scores_of_single_answers_make_one_ranking_by_helpfulness(tmp_path):
    scores = {"correctness": 3, "coherence": 4, "complexity": 1, "verbosity": 1}
    path = written(tmp_path, {"prompt": ASK, "response": WORSE, "helpfulness": 1, **scores},
                   {"prompt": ASK, "response": GOOD, "helpfulness": 4, **scores})
    assert shown(read_rankings([path]).rows) == [([ASK], [(GOOD, 1), (WORSE, 2)])]


@pytest.mark.parametrize("winner", ["tie", "tie (bothbad)", "tie (inconsistent)", "both_bad"])
def test_a_tie_of_any_kind_is_no_preference(tmp_path, winner):
    row, = read_rankings([written(tmp_path, ROWS["arena"] | {"winner": winner})]).rows
    assert row.rankings[0].ranks == (1, 1)
    assert [candidate.model for candidate in row.candidates] == ["m1", "m2"]


def test_where_nobody_decided_the_answers_have_no_ranking(tmp_path):
    row, = read_rankings([written(tmp_path, ROWS["arena in texts"] | {"winner": None})]).rows
    assert (row.rankings, len(row.candidates)) == ((), 2)


@pytest.mark.parametrize(("row", "problem"), [
    (ROWS["arena"] | {"winner": "model_c"}, "winner says 'model_c'"),
    (ROWS["HelpSteer2"] | {"preference_strength": "much"}, "preference_strength is no number")])
def test_what_cannot_be_ranked_costs_its_row_and_says_why(tmp_path, row, problem):
    table = read_rankings([written(tmp_path, row, ROWS["SHP"])])
    assert (len(table.rows), len(table.dropped)) == (1, 1)
    assert problem in table.dropped[0].row["problem"]
