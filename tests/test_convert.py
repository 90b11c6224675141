"""Rows in other tools' layouts, and every strictly ordered pair of a ranking."""

import json

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from instructwild.clean.pipeline import clean
from instructwild.convert import converted, preference_rows
from instructwild.difference import difference as compared
from instructwild.errors import InputError
from instructwild.layout import Layout
from instructwild.layouts_out import in_layout, misfit
from instructwild.read.cells import ABSENT
from instructwild.read.layouts import to_messages
from instructwild.schema import Candidate, Message, Ranking, RankingRow
from instructwild.stage import start
from instructwild.stage.frames import ranking_frame
from instructwild.text.blank import shows
from instructwild.text.thoughts import split_thoughts

# A system prompt that says `None` or `NaN` is what pandas writes for an empty cell, and is read as none. Tags of thoughts
# are read as such.
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8).filter(
    lambda text: split_thoughts(text) == (None, text))
TALK = st.builds(lambda system, pairs, last: [
    *([{"role": "system", "content": system}] if system else []),
    *({"role": role, "content": said} for pair in pairs for role, said in zip(("user", "assistant"), pair, strict=True)),
    *([{"role": "user", "content": last}] if last or not pairs else [])],
    st.none() | TEXT.filter(lambda text: text.strip() not in ABSENT), st.lists(st.tuples(TEXT, TEXT), max_size=3),
    st.none() | TEXT).filter(
        lambda turns: all(shows(turn["content"] or "") for turn in turns))


def ranking_row(*groups, status="submitted"):
    ranking = Ranking.from_groups("person:1", groups, status=status)
    return RankingRow(id="r", messages=(Message(role="user", content="哪个好？"),), rankings=(ranking,),
                      candidates=tuple(Candidate(id=str(n), text=f"answer {n}") for n in range(len(ranking.ranks))))


@given(TALK)
def test_every_layout_reads_back_as_the_same_turns(turns):
    for layout in (Layout.MESSAGES, Layout.SHAREGPT, Layout.ALPACA):
        messages = [Message.model_validate(turn) for turn in turns]
        assert misfit(messages, layout) is None
        assert to_messages(in_layout(messages, layout)) == turns


def test_all_strictly_ordered_pairs_and_none_for_ties():
    pairs = [(pair["chosen"][0]["content"], pair["rejected"][0]["content"])
             for pair in preference_rows(ranking_row([2], [0, 1], [3]))]
    assert sorted(pairs) == [("answer 0", "answer 3"), ("answer 1", "answer 3"), ("answer 2", "answer 0"),
                             ("answer 2", "answer 1"), ("answer 2", "answer 3")]
    assert list(preference_rows(ranking_row([0, 1]))) == []
    assert list(preference_rows(ranking_row([0], [1], status="draft"))) == []


def test_a_ranking_stage_becomes_pairs_with_the_columns_of_trl(tmp_path):
    with start(tmp_path / "ranked", "pull", config={}) as run:
        run.finish(data=ranking_frame([ranking_row([0], [1], [2]), ranking_row([0, 1]),
                                       ranking_row([0], [1], status="draft"), ranking_row([0])]))
    made = converted(tmp_path / "ranked", tmp_path / "out", "preference")
    assert made.frame().columns[:3] == ["prompt", "chosen", "rejected"]
    assert made.frame().height == 3
    assert (made.manifest.rows.in_, made.manifest.rows.kept, made.manifest.reasons) == \
        (4, 1, {"no_preference": 1, "not_ranked": 1, "too_few_candidates": 1})
    lines = (tmp_path / "out" / "data.jsonl").read_text().splitlines()
    assert json.loads(lines[0])["prompt"] == [{"role": "user", "content": "哪个好？"}]
    with pytest.raises(InputError, match="do not become alpaca"):
        converted(tmp_path / "ranked", tmp_path / "alpaca", "alpaca")


def test_what_does_not_fit_a_layout_says_why(tmp_path):
    path = tmp_path / "in.jsonl"
    odd = [{"role": "assistant", "content": "hi"}, {"role": "user", "content": "ho"}]
    path.write_text("\n".join(json.dumps(row) for row in ({"instruction": "好"}, {"messages": odd})) + "\n{")
    made = converted(path, tmp_path / "out", "alpaca")
    assert pl.read_ndjson(tmp_path / "out" / "data.jsonl")["instruction"].to_list() == ["好"]
    assert made.manifest.reasons == {"bad_format": 1, "malformed": 1}
    with pytest.raises(InputError, match="holds no row with candidates"):
        converted(path, tmp_path / "pairs", "preference")


OTHERS = {"nr": 3, "topic": "moor", "ratio": 0.5, "seen": [1, 2], "id": "mine"}
BACK = {"nr": 3, "topic": "moor", "ratio": 0.5, "seen": [1, 2], "extra_id": "mine"}
ASK, GOOD, WORSE = "Which moss holds the most water?", "Peat moss.", "None."


def written(folder, *rows):
    path = folder / "in.jsonl"
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return path


@pytest.mark.parametrize("layout", [layout.value for layout in Layout])
@pytest.mark.parametrize("cleaned", [False, True])
def test_every_further_column_comes_back_in_every_layout_and_diff_says_nothing_is_lost(tmp_path, layout, cleaned):
    path = written(tmp_path, {"prompt": ASK, "chosen": GOOD, "rejected": WORSE, **OTHERS} if layout == "preference" else
                   {"instruction": ASK, "output": GOOD, **OTHERS})
    source = clean([path], tmp_path / "clean").path if cleaned else path
    frame = converted(source, tmp_path / "out", layout).frame()
    assert {name: frame[name].to_list()[0] for name in BACK} == BACK
    assert frame["language"].to_list() == ["en" if cleaned else "und"]
    again = converted(tmp_path / "out", tmp_path / "again", layout)
    assert {name: again.frame()[name].to_list()[0] for name in BACK if name != "extra_id"} == \
        {name: value for name, value in BACK.items() if name != "extra_id"}
    assert compared(tmp_path / "out", tmp_path / "again").columns.keys() <= {"extra_id", "extra_extra_id"}


def test_diff_names_a_column_that_pairs_lost(tmp_path):
    row = {"prompt": ASK, "chosen": GOOD, "rejected": WORSE}
    for name, value in (("with", row | {"topic": "moor"}), ("without", row)):
        converted(written(tmp_path, value), tmp_path / name, "preference")
    assert compared(tmp_path / "with", tmp_path / "without").columns == {"topic": (1, 0)}


def test_answers_that_stood_in_rows_of_their_own_keep_what_each_row_held(tmp_path):
    path = written(tmp_path, {"prompt": ASK, "completion": GOOD, "label": True, "topic": "moor", "by": "a"},
                   {"prompt": ASK, "completion": WORSE, "label": False, "topic": "moor", "by": "b"})
    row, = converted(path, tmp_path / "out", "preference").frame().iter_rows(named=True)
    assert (row["topic"], row["by"]) == ("moor", ["a", "b"])


def test_models_stand_beside_a_pair_and_are_read_back(tmp_path):
    path = written(tmp_path, {"prompt": ASK, "answers": [{"answer": GOOD, "model": "m1", "rank": 1},
                                                         {"answer": WORSE, "model": "m2", "rank": 2}]})
    for source, out in ((path, tmp_path / "out"), (tmp_path / "out", tmp_path / "again")):
        row, = converted(source, out, "preference").frame().iter_rows(named=True)
        assert (row["chosen_model"], row["rejected_model"]) == ("m1", "m2")


CALL = {"type": "function", "id": "c1", "function": {"name": "depth", "arguments": {"bog": "north"}}}
TALK_WITH_TOOLS = {"messages": [
    {"role": "system", "content": "Be brief."}, {"role": "user", "content": ASK},
    {"role": "assistant", "content": "", "reasoning_content": "look it up", "tool_calls": [CALL]},
    {"role": "tool", "content": "2 m", "tool_call_id": "c1"}, {"role": "assistant", "content": GOOD}],
    "tools": [{"type": "function", "function": {"name": "depth"}}]}


def read_by_llama_factory(folder):
    """The rows as LLaMA-Factory's readers of its two formats align them: (prompt, answers, system, tools) each."""
    info, = json.loads((folder / "dataset_info.json").read_text()).values()
    names = info["columns"]
    rows = []
    for line in (folder / info["file_name"]).read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if info["formatting"] == "alpaca":
            asked = "\n".join(filter(None, (row[names["prompt"]], row[names["query"]])))
            rows.append(([text for pair in row[names["history"]] for text in pair] + [asked], [row[names["response"]]],
                         row[names["system"]], row.get(names.get("tools"), "")))
            continue
        tags, turns = info["tags"], row[names["messages"]]
        system = turns.pop(0)[tags["content_tag"]] if turns[0][tags["role_tag"]] == tags["system_tag"] else ""
        accepted = (tags["user_tag"], tags["observation_tag"]), (tags["assistant_tag"], tags["function_tag"])
        assert all(turn[tags["role_tag"]] in accepted[number % 2] for number, turn in enumerate(turns))
        assert len(turns) % 2 == bool(info.get("ranking"))
        texts = [turn[tags["content_tag"]] for turn in turns]
        if info.get("ranking"):
            sides = [row[names[side]] for side in ("chosen", "rejected")]
            assert all(isinstance(side, dict) and side[tags["role_tag"]] in accepted[1] for side in sides)
            rows.append((texts, [side[tags["content_tag"]] for side in sides], system, ""))
        else:
            rows.append((texts[:-1], texts[-1:], system, row.get(names.get("tools"), "")))
    return rows


@pytest.mark.parametrize("layout", ["messages", "sharegpt"])
def test_llama_factory_reads_tools_thoughts_and_system_of_conversations(tmp_path, layout):
    converted(written(tmp_path, TALK_WITH_TOOLS), tmp_path / "out", layout, with_dataset_info=True)
    (prompt, answers, system, tools), = read_by_llama_factory(tmp_path / "out")
    assert (prompt[0], prompt[2], answers, system) == (ASK, "2 m", [GOOD], "Be brief.")
    assert json.loads(tools) == TALK_WITH_TOOLS["tools"]
    assert json.loads(prompt[1].rpartition("\n")[2]) == {"name": "depth", "arguments": {"bog": "north"}}


def test_llama_factory_reads_alpaca_rows_and_pairs(tmp_path):
    path = written(tmp_path, {"instruction": ASK, "input": "In Ireland.", "output": GOOD,
                              "history": [["Hello.", "Good day."]]})
    converted(path, tmp_path / "alpaca", "alpaca", with_dataset_info=True)
    assert read_by_llama_factory(tmp_path / "alpaca") == [
        (["Hello.", "Good day.", f"{ASK}\nIn Ireland."], [GOOD], "", "")]
    path = written(tmp_path, {"system": "Be brief.", "prompt": ASK, "chosen": GOOD, "rejected": WORSE})
    converted(path, tmp_path / "pairs", "preference", with_dataset_info=True)
    assert read_by_llama_factory(tmp_path / "pairs") == [([ASK], [GOOD, WORSE], "Be brief.", "")]


@pytest.mark.parametrize("layout", ["messages", "alpaca", "sharegpt"])
def test_the_type_and_the_origin_that_a_column_gave_come_back_as_columns(tmp_path, layout):
    row = {"instruction": "Name a whisk.", "output": "Balloon whisk.", "category": "brainstorming", "source": "a forum",
           "url": "https://kitchen.example/1", "license": "CC-BY-4.0"}
    (tmp_path / "in.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    clean([tmp_path / "in.jsonl"], tmp_path / "o", ["repair"])
    converted(tmp_path / "o", tmp_path / "c", layout)
    written = json.loads((tmp_path / "c" / "data.jsonl").read_text(encoding="utf-8"))
    assert {name: written[name] for name in ("category", "source", "url", "license")} == {
        name: row[name] for name in ("category", "source", "url", "license")}
