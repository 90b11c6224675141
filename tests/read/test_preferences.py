"""Preferences of every layout become rankings, from the raw file and the cleaned stage alike; nothing marked bad is good."""

import json

import pytest

from instructwild.clean.pipeline import clean
from instructwild.convert import converted
from instructwild.errors import ConfigError, InputError
from instructwild.read.instructions import read
from instructwild.read.rankings import read_rankings

ASK, GOOD, WORSE = "Which reed is used for thatch?", "Common reed.", "Concrete."
USER, BETTER, BAD = ({"role": role, "content": text} for role, text in
                     (("user", ASK), ("assistant", GOOD), ("assistant", WORSE)))
EARLIER = [{"role": "user", "content": "Hello."}, {"role": "assistant", "content": "Good day."}]


def written(folder, *rows, name="in.jsonl"):
    path = folder / name
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return path


def shown(rows):
    return [([message.content for message in row.messages], [candidate.text for candidate in row.candidates],
             [ranking.ranks for ranking in row.rankings]) for row in rows]


ROWS = {
    "explicit": {"prompt": [USER], "chosen": [BETTER], "rejected": [BAD]},
    "explicit strings": {"prompt": ASK, "chosen": GOOD, "rejected": WORSE},
    "implicit": {"chosen": [USER, BETTER], "rejected": [USER, BAD]},
    "prompt and whole conversations": {"prompt": ASK, "chosen": [USER, BETTER], "rejected": [USER, BAD],
                                       "score_chosen": 8.5},
    "HH": {"chosen": f"\n\nHuman: {ASK}\n\nAssistant: {GOOD}", "rejected": f"\n\nHuman: {ASK}\n\nAssistant: {WORSE}"},
    "ShareGPT": {"conversations": [{"from": "human", "value": ASK}], "chosen": {"from": "gpt", "value": GOOD},
                 "rejected": {"from": "gpt", "value": WORSE}},
    "Alpaca": {"instruction": ASK, "input": "", "chosen": GOOD, "rejected": WORSE},
    "UltraFeedback": {"instruction": ASK, "completions": [{"model": "b", "response": GOOD, "overall_score": 7.5},
                                                          {"model": "a", "response": WORSE, "overall_score": 2}]},
    "scores beside": {"prompt": ASK, "responses": [GOOD, WORSE], "scores": [0.9, 0.1]},
    "best to worst": {"instruction": ASK, "output": [GOOD, WORSE]},
    "OpenAI": {"input": {"messages": [USER]}, "preferred_output": [BETTER], "non_preferred_output": [BAD]},
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_a_pair_is_the_same_from_the_file_and_from_the_cleaned_stage(tmp_path, row):
    path = written(tmp_path, row)
    expected = [([ASK], [GOOD, WORSE], [(1, 2)])]
    assert shown(read_rankings([path]).rows) == expected
    clean([path], tmp_path / "clean")
    assert shown(read_rankings([tmp_path / "clean"]).rows) == expected


def test_the_prompt_of_a_pair_is_all_that_both_sides_share(tmp_path):
    path = written(tmp_path, {"prompt": "Hello.", "chosen": [*EARLIER, USER, BETTER], "rejected": [*EARLIER, USER, BAD]})
    assert shown(read_rankings([path]).rows) == [(["Hello.", "Good day.", ASK], [GOOD, WORSE], [(1, 2)])]


def test_several_rejected_answers_tie_and_answers_that_nobody_ordered_have_no_ranking(tmp_path):
    path = written(tmp_path, {"prompt": ASK, "chosen": GOOD, "rejected": [WORSE, "Glass."]},
                   {"prompt": "说一种苇", "answers": ["芦苇", "荻"]})
    assert shown(read_rankings([path]).rows) == [([ASK], [GOOD, WORSE, "Glass."], [(1, 2, 2)]),
                                                 (["说一种苇"], ["芦苇", "荻"], [])]


def test_models_and_thoughts_stay_with_their_answers(tmp_path):
    path = written(tmp_path, {"instruction": ASK, "completions": [
        {"model": "m1", "response": f"<think>roofs</think>{GOOD}", "score": 2},
        {"model": "m2", "response": WORSE, "score": 1}]})
    row, = read_rankings([path]).rows
    assert [(one.model, one.reasoning_content) for one in row.candidates] == [("m1", "roofs"), ("m2", None)]
    made = converted(path, tmp_path / "pairs", "preference")
    assert made.frame()["chosen"][0].to_list() == [{"role": "assistant", "content": GOOD, "reasoning_content": "roofs"}]


MARKS = [(True, False), (1, 0), ("true", "False"), ("1", "0"), (1.0, 0.0)]


@pytest.mark.parametrize(("good", "bad"), MARKS)
@pytest.mark.parametrize("name", ["label", "kto_tag"])
def test_marks_of_one_prompt_make_a_ranking_and_the_bad_answer_is_never_a_good_one(tmp_path, name, good, bad):
    other = [{"role": "user", "content": "说一种苇"}, {"role": "assistant", "content": "石头"}]
    path = written(tmp_path, {"prompt": ASK, "completion": GOOD, name: good},
                   {"prompt": ASK, "completion": WORSE, name: bad}, {"messages": other, name: bad})
    made = clean([path], tmp_path / "clean")
    assert [turns[-1]["content"] for turns in made.frame()["messages"]] == [GOOD]
    assert made.manifest.reasons == {"marked_bad": 2}
    expected = [([ASK], [GOOD, WORSE], [(1, 2)]), (["说一种苇"], ["石头"], [(1,)])]
    for source in (path, tmp_path / "clean"):
        assert shown(read_rankings([source]).rows) == expected


def test_a_repaired_prompt_is_still_the_one_that_its_bad_answer_is_to(tmp_path):
    ask = ASK + " \n no input"
    path = written(tmp_path, {"prompt": ask, "completion": GOOD, "label": True},
                   {"prompt": ask, "completion": WORSE, "label": False})
    made = clean([path], tmp_path / "clean")
    prompt = made.frame()["messages"][0][0]["content"]
    assert prompt != ask
    assert shown(read_rankings([tmp_path / "clean"]).rows) == [([prompt], [GOOD, WORSE], [(1, 2)])]


def test_a_cleaned_stage_that_is_cleaned_again_keeps_its_bad_answers(tmp_path):
    ask = ASK + " \n no input"
    path = written(tmp_path, {"prompt": ask, "completion": GOOD, "label": True},
                   {"prompt": ask, "completion": WORSE, "label": False})
    first = clean([path], tmp_path / "first")
    again = clean([first.path], tmp_path / "again")
    thrice = clean([again.path], tmp_path / "thrice")
    for made in (again, thrice):
        assert made.manifest.reasons == {"marked_bad": 1}
        assert (made.manifest.rows.in_, made.manifest.rows.kept) == (2, 1)
        assert shown(read_rankings([made.path]).rows) == shown(read_rankings([first.path]).rows) != []


def test_labels_that_are_classes_are_no_marks_unless_they_are_named(tmp_path):
    path = written(tmp_path, *({"prompt": f"{ASK} {number}", "completion": GOOD, "label": number} for number in range(3)))
    table = read([path])
    assert (table.frame.height, table.malformed) == (3, [])
    assert json.loads(table.frame["extra"][0]) == {"label": 0}
    assert [lost.reason for lost in read([path], columns={"label": "label"}).malformed] == ["marked_bad"]


def test_a_map_names_the_sides_and_a_cleaned_stage_remembers_it(tmp_path):
    path = written(tmp_path, {"题": "说一种苇", "好": "芦苇", "差": "石头"})
    columns = {"prompt": "题", "chosen": "好", "rejected": "差"}
    expected = [(["说一种苇"], ["芦苇", "石头"], [(1, 2)])]
    assert shown(read_rankings([path], columns=columns).rows) == expected
    clean([path], tmp_path / "clean", columns=columns)
    assert shown(read_rankings([tmp_path / "clean"]).rows) == expected
    with pytest.raises(ConfigError, match=r"chosen=better\n.*did you mean bettr"):
        read_rankings([written(tmp_path, {"prompt": ASK, "bettr": GOOD, "rejected": WORSE})], columns={"chosen": "better"})
    with pytest.raises(InputError, match="--map prompt=topic --map chosen=better --map rejected=worse"):
        read_rankings([written(tmp_path, {"topic": ASK, "better": GOOD, "worse": WORSE})])


@pytest.mark.parametrize(("row", "problem"), [
    ({"prompt": ASK, "chosen": "", "rejected": WORSE}, "no known layout"),
    ({"chosen": [USER, BETTER], "rejected": [{"role": "user", "content": "Else?"}, BAD]}, "no known layout"),
    ({"prompt": ASK, "chosen": [BETTER, USER], "rejected": [BAD]}, "begin and to end with an answer"),
    ({"prompt": ASK, "chosen": [{"role": "user", "content": "Else?"}, BETTER], "rejected": [BAD]},
     "begin and to end with an answer"),
    ({"prompt": ASK, "completion": GOOD, "score": "high"}, "score is no number"),
    ({"prompt": ASK, "completions": [{"weight": 3}]}, "answer without text"),
])
def test_a_preference_that_cannot_be_ranked_costs_its_row_and_says_why(tmp_path, row, problem):
    table = read_rankings([written(tmp_path, row, ROWS["explicit"])])
    assert len(table.rows) == 1
    assert problem in table.dropped[0].row["problem"]


def test_a_chain_of_replies_of_any_depth_is_read(tmp_path):
    tree = {"role": "prompter", "text": "q", "replies": [{"role": "assistant", "text": "a", "rank": 0, "replies": []},
                                                         {"role": "assistant", "text": "b", "rank": 1, "replies": []}]}
    for number in range(150):
        tree = {"role": "prompter", "text": f"{number}", "replies": [{"role": "assistant", "text": "x", "rank": 0,
                                                                       "replies": [tree]}]}
    row, = read_rankings([written(tmp_path, {"prompt": tree})]).rows
    assert (len(row.messages), [one.text for one in row.candidates]) == (301, ["a", "b"])


CALL = {"id": "c7", "type": "function", "function": {"name": "tide", "arguments": {"port": "Brest", "day": 2}}}
SAME_CALL = {"id": "x9", "type": "function", "function": {"name": "tide", "arguments": '{"day": 2, "port": "Brest"}'}}
TOOLS = [{"type": "function", "function": {"name": "tide", "parameters": {"type": "object", "properties": {}}}}]


def test_answers_that_call_tools_are_ranked_from_the_file_the_clean_stage_and_what_convert_wrote(tmp_path):
    calls = [{"role": "assistant", "content": None, "tool_calls": [CALL]}]
    rows = [{"prompt": ASK, "chosen": calls, "rejected": [BAD], "tools": TOOLS},
            {"messages": [USER, *calls], "label": True}, {"messages": [USER, BAD], "label": False}]
    file = written(tmp_path, *rows)
    table = read_rankings([file])
    assert not table.dropped
    pair, marked = table.rows
    assert (pair.candidates[0].text, pair.candidates[0].shown) == ("", 'tide({"day": 2, "port": "Brest"})')
    assert pair.tools == TOOLS
    assert json.loads(pair.candidates[0].tool_calls) == [CALL]
    assert len(marked.preference_pairs()) == 1
    clean([file], tmp_path / "clean", ["exact"])
    again = read_rankings([tmp_path / "clean"])
    assert {row.candidates[0].tool_calls for row in again.rows} == {pair.candidates[0].tool_calls}
    stage = converted(tmp_path / "clean", tmp_path / "pairs", "preference")
    written_rows = [json.loads(line) for line in (tmp_path / "pairs" / "data.jsonl").read_text().splitlines()]
    assert written_rows[0]["chosen"] == [{"role": "assistant", "content": "", "tool_calls": [CALL]}]
    assert written_rows[0]["tools"] == TOOLS
    back = read_rankings([stage.path])
    assert [row.candidates[0].shown for row in back.rows] == [row.candidates[0].shown for row in again.rows]
    assert back.rows[0].tools == TOOLS


def test_two_answers_that_make_the_same_call_are_no_pair(tmp_path):
    sides = {name: [{"role": "assistant", "content": "", "tool_calls": [call]}]
             for name, call in (("chosen", CALL), ("rejected", SAME_CALL))}
    [row] = read_rankings([written(tmp_path, {"prompt": ASK, **sides})]).rows
    assert row.preference_pairs() == []


def test_candidates_may_be_messages(tmp_path):
    [row] = read_rankings([written(tmp_path, {"prompt": ASK, "candidates": [
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "assistant", "content": "<think>low</think>\nAt six."},
        "At seven."]})]).rows
    assert [(each.text, each.reasoning_content) for each in row.candidates] == [
        ("", None), ("At six.", "low"), ("At seven.", None)]


@pytest.mark.parametrize(("good", "bad"), [("chosen", "rejected"), ("Good", "BAD"), ("desirable", "undesirable"), (1, -1),
                                           ("thumbs_up", "thumbs_down"), ("好", "坏"), ("1", "-1")])
def test_words_that_mark_an_answer_as_bad_keep_it_out_of_the_answers(tmp_path, good, bad):
    rows = [{"prompt": ASK, "completion": text, "label": label} for text, label in ((GOOD, good), (WORSE, bad))]
    file = written(tmp_path, *rows)
    table = read([file])
    assert ([row[-1]["content"] for row in table.frame["messages"]], [lost.reason for lost in table.malformed]) == (
        [GOOD], ["marked_bad"])
    [ranked] = read_rankings([file]).rows
    assert ranked.rankings[0].ranks == (1, 2)


@pytest.mark.parametrize("labels", [("yes", "no"), ("positive", "negative"), (-1, 0), ("good", "neutral")])
def test_labels_of_other_kinds_are_classes(tmp_path, labels):
    rows = [{"prompt": f"{ASK} {label}", "completion": GOOD, "label": label} for label in labels]
    table = read([written(tmp_path, *rows)])
    assert table.frame.height == 2


def test_choices_of_an_api_with_scores_are_candidates(tmp_path):
    [row] = read_rankings([written(tmp_path, {"prompt": ASK, "completions": [
        {"message": {"role": "assistant", "tool_calls": [CALL]}, "score": 1, "model": "m"},
        {"message": {"role": "assistant", "content": WORSE}, "score": 0}]})]).rows
    assert ([each.model for each in row.candidates], row.rankings[0].ranks) == (["m", None], (1, 2))
