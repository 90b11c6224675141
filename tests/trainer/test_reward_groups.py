"""Ranked prompts become groups: what is learned from, with which weights."""

import json

import pytest

from instructwild.errors import ConfigError, ModelError
from instructwild.schema import Candidate, Message, Ranking, RankingRow, Reason
from instructwild_trainer.dpo.pairs import pair_dataset
from instructwild_trainer.reward.groups import groups, weight_of, weights


def row(ranks, *texts, annotators=("person:a",), status="submitted"):
    """A ranked prompt; one tuple of ranks for each annotator."""
    return RankingRow(
        id="q", messages=(Message(role="user", content="问题？"),),
        candidates=tuple(Candidate(id=str(i), text=text) for i, text in enumerate(texts)),
        rankings=tuple(Ranking(annotator=name, ranks=given, status=status)
                       for name, given in zip(annotators, ranks, strict=True)))


def test_what_cannot_be_learned_from_leaves_with_a_reason(chat):
    rows = [row([(1, 2)], "好", "坏"), row([(1,)], "一个"), row([(1, 1)], "同", "样"),
            row([(1, 2)], "草", "稿", status="draft"), row([(1, 2)], "长" * 500, "短")]
    kept, dropped = groups(rows, chat, 200)
    assert [group.texts for group in kept] == [["好", "坏"]]
    assert [one.reason for one in dropped] == [Reason.TOO_FEW_CANDIDATES, Reason.NO_PREFERENCE, Reason.NOT_RANKED,
                                               Reason.TOO_LONG]


def test_a_candidate_too_long_leaves_alone(chat):
    [group], dropped = groups([row([(2, 1, 3)], "长" * 500, "短", "中")], chat, 200)
    assert group.texts == ["短", "中"]
    assert group.orders[0].pairs == [(0, 1)]
    assert not dropped


def test_annotators_share_a_prompt_by_their_weights(chat):
    ranked = row([(1, 2), (2, 1), (1, 1)], "甲", "乙", annotators=("person:a", "scripted:longest", "person:b"))
    [group], _ = groups([ranked], chat, 200, weights("person:a=3, scripted:=1"))
    assert [order.weight for order in group.orders] == [0.75, 0.25]
    [group], _ = groups([ranked], chat, 200, weights("scripted:=0"))
    assert [order.ranks for order in group.orders] == [(1, 2)]


def test_a_weight_is_found_by_name_then_by_kind():
    given = weights("model:=0.5,model:judge=2")
    assert [weight_of(name, given) for name in ("model:judge", "model:other", "person:x")] == [2.0, 0.5, 1.0]


@pytest.mark.parametrize("text", ["person:a", "=3", "person:a=-1", "person:a=much"])
def test_weights_that_cannot_be_read_are_refused(text):
    with pytest.raises(ConfigError, match="no annotator with a weight"):
        weights(text)


def test_candidates_end_with_the_stop_token_as_generated_answers_do(chat):
    [group], _ = groups([row([(1, 2)], "好", "a longer answer")], chat, 128)
    asked = chat.prompt_ids(group.messages)
    for one in group.encoded:
        assert one.input_ids[-1] in chat.stop_ids
        assert one.input_ids[: len(asked)] == asked


def test_a_template_that_cannot_write_calls_is_named_in_plain_words(chat):
    call = {"type": "function", "function": {"name": "tide", "arguments": {"port": "Ribe"}}}
    ranked = row([(1, 2)], "", "Low.")
    calling = ranked.candidates[0].model_copy(update={"tool_calls": json.dumps([call])})
    ranked = ranked.model_copy(update={"candidates": (calling, ranked.candidates[1])})
    with pytest.raises(ModelError, match="calls of tools"):
        groups([ranked], chat, 200)
    kept, dropped = groups([ranked, row([(1, 2)], "好", "坏")], chat, 200)
    assert (len(kept), [lost.reason for lost in dropped]) == (1, [Reason.BAD_FORMAT])
    assert "calls of tools" in dropped[0].evidence


def test_candidates_that_are_conversations_are_encoded_whole_and_part_where_they_differ(chat):
    sides = [[("assistant", "Knee deep."), ("user", "And after rain?"), ("assistant", "Waist deep.")],
             [("assistant", "Deep."), ("user", "How deep?"), ("assistant", "Very.")]]
    candidates = tuple(Candidate(id=str(number), text=turns[-1][1],
                                 turns=[{"role": role, "content": text} for role, text in turns[:-1]])
                       for number, turns in enumerate(sides))
    ranked = row([(1, 2)], "a", "b").model_copy(update={"candidates": candidates})
    [group], dropped = groups([ranked], chat, 400)
    assert not dropped
    for encoded, turns in zip(group.encoded, sides, strict=True):
        written = chat.tokenizer.decode(encoded.input_ids)
        assert all(text in written for _, text in turns)
    pair = pair_dataset([group])[0]
    assert pair["prompt_ids"] + pair["chosen_ids"] == group.encoded[0].input_ids
    assert "Knee" in chat.tokenizer.decode(pair["chosen_ids"])
    assert "Deep." in chat.tokenizer.decode(pair["prompt_ids"] + pair["rejected_ids"])
