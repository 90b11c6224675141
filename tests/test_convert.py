"""Rows in other tools' layouts, and every strictly ordered pair of a ranking."""

import json

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from instructwild.convert import converted, preference_rows
from instructwild.errors import InputError
from instructwild.layouts_out import Layout, in_layout, misfit
from instructwild.read.layouts import to_messages
from instructwild.schema import Candidate, Message, Ranking, RankingRow
from instructwild.stage import start
from instructwild.stage.frames import ranking_frame

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
TALK = st.builds(lambda system, pairs, last: [
    *([{"role": "system", "content": system}] if system else []),
    *({"role": role, "content": said} for pair in pairs for role, said in zip(("user", "assistant"), pair, strict=True)),
    *([{"role": "user", "content": last}] if last or not pairs else [])],
    st.none() | TEXT, st.lists(st.tuples(TEXT, TEXT), max_size=3), st.none() | TEXT).filter(
        lambda turns: all((turn["content"] or "").strip() for turn in turns))


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
