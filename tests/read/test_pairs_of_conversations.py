"""Two sides that are conversations of several turns: candidates whole, written back whole, judged by their ends."""

import json

import polars as pl
import pytest

from instructwild.clean.pipeline import clean
from instructwild.convert import converted
from instructwild.privacy.turns import texts_of, with_texts_of
from instructwild.publish.gather import best_answers, preference_frame
from instructwild.read.rankings import read_rankings
from instructwild.stage.frames import INSTRUCTION, ranking_frame, rankings


def user(text):
    return {"role": "user", "content": text}


def answer(text, **fields):
    return {"role": "assistant", "content": text, **fields}


ASK, AGAIN = "How deep is the ford at Elm Mill?", "And after a day of rain?"
BETTER = [answer("Knee deep."), user(AGAIN), answer("Waist deep: wait.", reasoning_content="It is fed by the fell.")]
WORSE = [answer("Deep."), user("How deep?"), answer("Very deep.")]
PAIR = {"chosen": [user(ASK), *BETTER], "rejected": [user(ASK), *WORSE], "source": "ford"}
ARENA = {"question_id": 7, "model_a": "m1", "model_b": "m2", "winner": "model_b", "judge": "expert_1", "turn": 2,
         "conversation_a": PAIR["rejected"], "conversation_b": PAIR["chosen"]}
HH = {name: "".join(f"\n\n{'Human' if turn['role'] == 'user' else 'Assistant'}: {turn['content']}" for turn in turns)
      for name, turns in (("chosen", PAIR["chosen"]), ("rejected", PAIR["rejected"]))}
LAYOUTS = {"implicit prompt": PAIR, "explicit prompt": {"prompt": ASK, "chosen": BETTER, "rejected": WORSE}, "arena": ARENA,
           "labelled text": HH}


def written(folder, *rows):
    path = folder / "rows.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return path


def contents(messages):
    return [message.content for message in messages]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_side_is_a_candidate_with_all_its_turns(tmp_path, layout):
    row, = read_rankings([written(tmp_path, LAYOUTS[layout])]).rows
    assert contents(row.messages) == [ASK]
    pair, = row.preference_pairs()
    chosen, rejected = row.candidates[pair.chosen], row.candidates[pair.rejected]
    assert contents(chosen.messages) == [turn["content"] for turn in BETTER]
    assert contents(rejected.messages) == [turn["content"] for turn in WORSE]
    if layout != "labelled text":
        assert chosen.message.reasoning_content == "It is fed by the fell."
    assert chosen.shown.startswith("[assistant]\nKnee deep.\n\n[user]\n")


def test_what_only_the_first_answer_was_judged_on_is_cut_there(tmp_path):
    row, = read_rankings([written(tmp_path, ARENA | {"turn": 1, "winner": "model_a"})]).rows
    assert [contents(candidate.messages) for candidate in row.candidates] == [["Deep."], ["Knee deep."]]
    assert row.rankings[0].ranks == (1, 2)


def test_turns_that_both_sides_share_are_the_prompt_and_not_twice(tmp_path):
    shared = [user(ASK), answer("Knee deep."), user(AGAIN)]
    row, = read_rankings([written(tmp_path, {"prompt": ASK, "chosen": [*shared, answer("Waist.")],
                                             "rejected": [*shared, answer("No."), user("No?"), answer("Maybe.")]})]).rows
    assert contents(row.messages) == [ASK, "Knee deep.", AGAIN]
    assert [contents(candidate.messages) for candidate in row.candidates] == [["Waist."], ["No.", "No?", "Maybe."]]


def test_a_cleaned_stage_and_a_converted_one_hold_the_same_conversations(tmp_path):
    path = written(tmp_path, PAIR, ARENA | {"winner": "model_a"})
    rows = read_rankings([path]).rows
    clean([path], tmp_path / "clean")
    cleaned = read_rankings([tmp_path / "clean"]).rows
    assert [row.candidates for row in cleaned] == [rows[0].candidates]              # the same prompt twice is one row
    stage = converted(path, tmp_path / "pairs", "preference")
    first = json.loads((stage.path / "data.jsonl").read_text(encoding="utf-8").splitlines()[0])
    assert (first["prompt"], first["source"]) == ([user(ASK)], "ford")
    assert (first["chosen"], first["rejected"]) == (BETTER, WORSE)
    assert [[candidate.messages for candidate in row.candidates] for row in read_rankings([stage.path]).rows] == [
        [candidate.messages for candidate in rows[0].candidates], [candidate.messages for candidate in rows[1].candidates]]


def test_a_stage_keeps_them_and_they_are_published_and_searched_whole(tmp_path):
    row, = read_rankings([written(tmp_path, PAIR)]).rows
    frame = ranking_frame([row])
    assert [*rankings(frame)] == [row]
    pair = preference_frame([row]).row(0, named=True)
    assert [turn["content"] for turn in pair["chosen"]] == [turn["content"] for turn in BETTER]
    best = best_answers(pl.DataFrame(schema=INSTRUCTION), frame).row(0, named=True)
    assert [turn["content"] for turn in best["messages"]] == [ASK, *(turn["content"] for turn in BETTER)]
    candidates = frame["candidates"].to_list()[0]
    texts = [text for _, text in texts_of(candidates)]
    assert {"Knee deep.", AGAIN, "Very deep."} <= {*texts}
    masked = with_texts_of(candidates, iter(text and text.replace("Knee", "[X]") for text in texts))
    assert json.loads(masked[0]["turns"])[0]["content"] == "[X] deep."


def test_llama_factory_gets_the_pairs_it_can_hold_and_the_others_are_told(tmp_path):
    short = {"prompt": ASK, "chosen": "Knee deep.", "rejected": "Deep."}
    stage = converted(written(tmp_path, PAIR, short), tmp_path / "pairs", "preference", with_dataset_info=True)
    lines = (stage.path / "llamafactory.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["chosen"]["value"] for line in lines] == ["Knee deep."]
    assert "lacks 1 pair" in stage.manifest.metrics["notes"][0]
    assert stage.manifest.rows.kept == 2
