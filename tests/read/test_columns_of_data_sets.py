"""Columns as data sets and tools name them: pairs, marks, scores, context, media; and what is proposed for others."""

import json
import shlex

import pytest

from instructwild.clean.pipeline import clean
from instructwild.errors import InputError
from instructwild.read.instructions import read
from instructwild.read.names import parse_map
from instructwild.read.rankings import read_rankings
from instructwild.stage.frames import instructions

ASK, GOOD, WORSE = "Which wood floats best?", "Balsa.", "Ebony."
USER = {"role": "user", "content": ASK}


def answer(text):
    return {"role": "assistant", "content": text}


def written(folder, *rows, name="rows.jsonl"):
    path = folder / name
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return path


def ranked(path, **options):
    """Each ranking as texts from best to worst, ties as a set."""
    return [[{row.candidates[i].text for i in group} for group in row.rankings[0].groups]
            for row in read_rankings([path], **options).rows]


PAIRS = {
    "Argilla's math": {"instruction": ASK, "chosen_response": GOOD, "rejected_response": WORSE, "chosen_rating": "5"},
    "DeepSpeed-Chat": {"question": ASK, "response_chosen": GOOD, "response_rejected": WORSE},
    "StackExchange": {"qid": 1, "question": ASK, "response_j": GOOD, "response_k": WORSE},
    "turbo-alignment": {"context": [USER], "answer_winning": {"role": "bot", "content": GOOD},
                        "answer_losing": {"role": "bot", "content": WORSE}},
    "Unified-Feedback": {"conv_A": [USER, answer(WORSE)], "conv_B": [USER, answer(GOOD)], "conv_A_rating": 0.0,
                         "conv_B_rating": 1.0},
    "AlpacaFarm": {"instruction": ASK, "output_1": WORSE, "output_2": GOOD, "preference": 2, "generator_1": "a"},
    "AlpacaEval": {"instruction": ASK, "output_1": GOOD, "output_2": WORSE, "preference": 1.2, "generator_2": "b"}}


@pytest.mark.parametrize("row", PAIRS.values(), ids=PAIRS)
def test_a_pair_is_read_under_its_own_names_and_from_the_stage_it_was_cleaned_into(tmp_path, row):
    path = written(tmp_path, row)
    assert ranked(path) == [[{GOOD}, {WORSE}]]
    clean([path], tmp_path / "clean")
    assert ranked(tmp_path / "clean") == [[{GOOD}, {WORSE}]]


@pytest.mark.parametrize("value", [0, 1.5])
def test_a_preference_for_neither_is_a_tie(tmp_path, value):
    assert ranked(written(tmp_path, PAIRS["AlpacaFarm"] | {"preference": value})) == [[{GOOD, WORSE}]]


def test_a_preference_beyond_both_says_so(tmp_path):
    table = read_rankings([written(tmp_path, PAIRS["AlpacaFarm"], PAIRS["AlpacaFarm"] | {"preference": 3})])
    assert (len(table.rows), "preference is 3" in table.dropped[0].row["problem"]) == (1, True)


def test_several_answers_on_either_side_tie_with_those_of_their_side(tmp_path):
    row = {"prompt": ASK, "chosen": [GOOD], "rejected": [WORSE, "Oak.", "Teak."], "subset": "floats"}
    assert ranked(written(tmp_path, row)) == [[{GOOD}, {WORSE, "Oak.", "Teak."}]]
    both = {"prompt": ASK, "chosen": [GOOD, "Cork."], "rejected": WORSE}
    assert ranked(written(tmp_path, both)) == [[{GOOD, "Cork."}, {WORSE}]]


def test_what_stands_beside_each_of_several_answers_is_kept(tmp_path):
    completions = [{"response": GOOD, "model": "a", "overall_score": 9, "fine-grained_score": 4.5, "critique": "Right."},
                   {"response": WORSE, "model": "b", "overall_score": 2, "annotations": {"honesty": {"Rating": "1"}}}]
    path = written(tmp_path, {"instruction": ASK, "models": ["a", "b"], "completions": completions})
    table = read_rankings([path])
    assert ranked(path) == [[{GOOD}, {WORSE}]]
    assert table.extra[0]["completions_fields"] == [
        {"fine-grained_score": 4.5, "critique": "Right."}, {"annotations": {"honesty": {"Rating": "1"}}}]


@pytest.mark.parametrize("mark", [{"is_safe": False}, {"is_desirable": False}, {"preference": "rejected"},
                                  {"kto_tag": False}])
def test_an_answer_that_is_marked_bad_under_any_name_is_no_good_answer(tmp_path, mark):
    name = next(iter(mark))
    path = written(tmp_path, {"prompt": ASK, "response": WORSE, **mark},
                   {"prompt": ASK, "response": GOOD, name: "chosen" if name == "preference" else True})
    table = read([path])
    assert [row.response for row in instructions(table.frame)] == [GOOD]
    assert [lost.reason for lost in table.malformed] == ["marked_bad"]
    assert ranked(path) == [[{GOOD}, {WORSE}]]


def test_a_preference_that_is_a_number_is_no_mark(tmp_path):
    table = read([written(tmp_path, {"prompt": ASK, "response": GOOD, "preference": 0})])
    assert (table.frame.height, table.malformed) == (1, [])


def test_messages_as_context_are_the_conversation_that_a_response_answers(tmp_path):
    row, = instructions(read([written(tmp_path, {"context": [USER], "response": GOOD, "feedback": ["Short."]})]).frame)
    assert ([message.content for message in row.messages], row.extra) == ([ASK, GOOD], {"feedback": ["Short."]})
    dolly, = instructions(read([written(tmp_path, {"instruction": ASK, "context": "Wood.", "response": GOOD})]).frame)
    assert dolly.extra == {"context": "Wood."}


@pytest.mark.parametrize("row", [
    {"messages": [{"role": "user", "content": "<image>What is it?"}, answer(GOOD)], "images": ["1.jpg"]},
    {"instruction": "What is it? <image>", "output": GOOD, "image": {"bytes": "x", "path": "1.jpg"}},
    {"conversations": [{"from": "human", "value": "<audio>\nWho sings?"}, {"from": "gpt", "value": GOOD}],
     "audios": ["1.wav"]}])
def test_a_text_that_shows_where_media_of_another_column_stand_leaves_as_media(tmp_path, row):
    assert [lost.reason for lost in read([written(tmp_path, row)]).malformed] == ["media"]
    column = next(name for name in row if name not in ("messages", "instruction", "output", "conversations"))
    table = read([written(tmp_path, {**row, column: [] if isinstance(row[column], list) else None})])
    assert table.malformed == []


def test_a_generation_of_distilabel_is_the_answer_and_another_column_of_that_name_is_not(tmp_path):
    rows = [{"instruction": ASK, "generation": GOOD, "model_name": "m"}, {"instruction": ASK, "generation": "third"}]
    first, second = instructions(read([written(tmp_path, *rows)]).frame)
    assert (first.response, second.response, second.extra) == (GOOD, None, {"generation": "third"})


PROPOSALS = {
    "values that are no text": {"info": {"post": ASK}, "题干": ASK, "summaries": [{"text": GOOD}]},
    "messages in a column": {"id": "7", "dialogue": [USER, answer(GOOD)]},
    "German": {"Nr.": 3, "Frage": ASK, "Antwort": GOOD},
    "numbers": {"row": 1, "Pregunta": ASK, "Respuesta": 7}}


@pytest.mark.parametrize("row", PROPOSALS.values(), ids=PROPOSALS)
@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_the_map_that_a_failed_gate_proposes_reads_the_file(tmp_path, row, kind):
    path = written(tmp_path, row)
    if kind == "parquet":
        import polars as pl

        pl.DataFrame([row]).write_parquet(path.with_suffix(".parquet"))
        path = path.with_suffix(".parquet")
    message, = read([path]).unread
    options = shlex.split(message.partition("for example with ")[2])
    assert options[::2] == ["--map"] * (len(options) // 2)
    table = read([path], columns=parse_map(options[1::2]))
    assert (table.frame.height, table.malformed) == (1, [])


def test_where_no_column_holds_text_nothing_is_proposed(tmp_path):
    message, = read([written(tmp_path, {"segments": [{"label": True, "text": GOOD}]})]).unread
    assert "--map" not in message
    assert "holds text" in message


def test_for_rankings_only_what_is_missing_is_proposed(tmp_path):
    with pytest.raises(InputError, match=r"for example --map chosen=pos_resp --map rejected=neg_resp$"):
        read_rankings([written(tmp_path, {"prompt": ASK, "pos_resp": GOOD, "neg_resp": WORSE, "type": "x"})])
    with pytest.raises(InputError, match=r"or a score$"):
        read_rankings([written(tmp_path, {"prompt": ASK, "response": GOOD, "topic": "wood"})])
