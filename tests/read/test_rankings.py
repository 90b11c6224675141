"""Rankings of every known layout become the same typed rows."""

import json

import pytest

from instructwild import stage
from instructwild.errors import InputError
from instructwild.read.rankings import read_rankings
from instructwild.schema import Candidate, Message, Ranking, RankingRow, Reason, instruction_of
from instructwild.stage.frames import instruction_frame, ranking_frame


def row(ranks, *texts, annotators=("person:a",), status="submitted"):
    """A ranked prompt; one tuple of ranks for each annotator."""
    return RankingRow(
        id="q", messages=(Message(role="user", content="问题？"),),
        candidates=tuple(Candidate(id=str(i), text=text) for i, text in enumerate(texts)),
        rankings=tuple(Ranking(annotator=name, ranks=given, status=status)
                       for name, given in zip(annotators, ranks, strict=True)))


def read_lines(tmp_path, *values):
    path = tmp_path / "in.jsonl"
    path.write_text("".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values), encoding="utf-8")
    return read_rankings([path])


def only(found):
    [one] = found.rows
    [ranking] = one.rankings
    return one.messages[-1].content, [candidate.text for candidate in one.candidates], ranking.ranks


def test_a_ranking_stage_keeps_ties_and_annotators(tmp_path):
    made = row([(1, 1, 2), (2, 1, 3)], "甲", "乙", "丙", annotators=("person:a", "scripted:longest"))
    with stage.start(tmp_path / "s", "annotate", config={}) as run:
        run.finish(data=ranking_frame([made]))
    assert read_rankings([tmp_path / "s"]).rows == [made]


def test_a_list_from_best_to_worst(tmp_path):
    found = read_lines(tmp_path, {"instruction": "说一种颜色", "input": "", "output": ["蓝", "红", "灰"], "history": []})
    assert only(found) == ("说一种颜色", ["蓝", "红", "灰"], (1, 2, 3))


@pytest.mark.parametrize("pair", [
    {"prompt": "q", "chosen": "a", "rejected": "b"},
    {"prompt": [{"role": "user", "content": "q"}], "chosen": [{"role": "assistant", "content": "a"}],
     "rejected": [{"role": "assistant", "content": "b"}]},
    {"chosen": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}],
     "rejected": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "b"}]},
    {"context": [{"from": "user", "content": "q"}], "chosen": [{"from": "assistant", "content": "a"}],
     "rejected": [{"from": "assistant", "content": "b"}]},
    {"conversations": [{"from": "human", "value": "q"}], "chosen": {"from": "gpt", "value": "a"},
     "rejected": {"from": "gpt", "value": "b"}}])
def test_pairs_in_every_form(tmp_path, pair):
    assert only(read_lines(tmp_path, pair)) == ("q", ["a", "b"], (1, 2))


def test_scored_answers_to_one_prompt_become_one_ranking_with_ties(tmp_path):
    # ChatLLaMA's layout
    given = [{"user_input": "q", "completion": text, "score": score} for text, score in
             [("a", 2.0), ("b", 4.5), ("c", 2.0)]]
    found = read_lines(tmp_path, *given, {"user_input": "other", "completion": "d", "score": 1},
                       {"user_input": "q", "completion": "e", "score": None})
    assert [candidate.text for candidate in found.rows[0].candidates] == ["a", "b", "c"]
    assert found.rows[0].rankings[0].ranks == (2, 1, 2)
    assert len(found.rows) == 2
    assert [one.reason for one in found.dropped] == [Reason.MALFORMED]
    assert "null" in found.dropped[0].row["problem"]


def test_a_message_tree_gives_a_ranking_for_each_question_with_ranked_answers(tmp_path):
    def said(role, text, rank=None, *replies):
        return {"role": role, "text": text, "rank": rank, "lang": "en", "replies": list(replies)}

    tree = {"prompt": said("prompter", "q", None, said("assistant", "a", 1),
                           said("assistant", "b", 0, said("prompter", "q2", None, said("assistant", "c", 0),
                                                          said("assistant", "d", 1))))}
    first, second = read_lines(tmp_path, tree).rows
    assert ([one.text for one in first.candidates], first.rankings[0].ranks) == (["a", "b"], (2, 1))
    assert [message.content for message in second.messages] == ["q", "b", "q2"]
    assert second.language == "en"


def test_a_row_of_no_known_layout_costs_that_row_and_is_named(tmp_path):
    found = read_lines(tmp_path, {"instruction": "q", "output": ["a", "b"]}, {"weather": 1}, [1],
                       {"prompt": "q", "chosen": 3, "rejected": None})
    assert len(found.rows) == 1
    assert [one.evidence.rpartition(":")[2] for one in found.dropped] == ["2", "3", "4"]


def test_instructions_where_rankings_are_wanted_are_refused(tmp_path):
    with stage.start(tmp_path / "s", "clean", config={}) as run:
        run.finish(data=instruction_frame([instruction_of("q")]))
    with pytest.raises(InputError, match="not candidates or rankings"):
        read_rankings([tmp_path / "s"])
