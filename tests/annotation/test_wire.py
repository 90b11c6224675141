"""What goes to Argilla comes back as it was: every rank, every tie, every character."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instructwild.schema import Candidate, Message, RankingRow
from instructwild_annotation import wire
from instructwild_annotation.settings import LETTERS, PROMPT, RANKING, ROW, field_name
from tests.annotation.rows import row

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
rows = st.builds(
    lambda turns, answers, language: RankingRow(
        id="0" * 16, language=language, candidates=tuple(Candidate(id=f"{i:016x}", text=t, model=m)
                                                         for i, (t, m) in enumerate(answers)),
        messages=tuple(Message(role=role, content=text) for role, text in turns)),
    st.lists(st.tuples(st.sampled_from(["system", "user", "assistant"]), texts), min_size=1, max_size=4),
    st.lists(st.tuples(texts, st.none() | st.just("smollm2")), min_size=2, max_size=6), st.sampled_from(["en", "zh-Hans"]))


@pytest.fixture(autouse=True)
def _salt(monkeypatch):
    monkeypatch.setenv("INSTRUCTWILD_SALT", "salt and pepper")


def stored(record, *responses):
    """A record as the REST API gives it back: through JSON, with responses."""
    return json.loads(json.dumps({"id": "uuid", "external_id": record["id"], "status": "pending", **record,
                                  "responses": list(responses)}))


def response(value, status="submitted", user="u1", at="2026-11-23T10:00:00", **more):
    return {"user_id": user, "status": status, "updated_at": at,
            "values": {RANKING: {"value": value}, **{name: {"value": given} for name, given in more.items()}}}


@given(rows, st.data())
def test_any_row_and_any_ranks_survive(row, data):
    k = len(row.candidates)
    ranks = tuple(data.draw(st.lists(st.integers(1, k), min_size=k, max_size=k)))
    value = wire.to_value(ranks, wire.slots(row))
    back = wire.from_record(stored(wire.to_record(row), response(value)))
    assert back.row.model_copy(update={"rankings": ()}) == row
    dense = sorted(set(ranks))
    assert back.row.rankings[0].ranks == tuple(dense.index(rank) + 1 for rank in ranks)


def test_a_ranking_is_kept_by_slot_and_read_by_candidate():
    made = row("q", ["a", "b", "c"])
    order = wire.slots(made)
    value = wire.to_value((1, 2, 2), order)
    assert [item["value"] for item in value] == ["answer_a", "answer_b", "answer_c"]
    assert {order[slot]: item["rank"] for slot, item in enumerate(value)} == {0: 1, 1: 2, 2: 2}
    assert wire.from_value([{"value": "answer_a", "rank": 1}, {"value": "answer_b", "rank": 3},
                            {"value": "answer_c", "rank": 3}], [2, 0, 1]) == (2, 2, 1)


def test_answers_stand_in_an_order_that_says_nothing_about_their_makers():
    first = [wire.slots(row(f"prompt {i}", ["x", "y", "z"]))[0] for i in range(300)]
    assert all(70 < first.count(candidate) < 130 for candidate in range(3))
    record = wire.to_record(row("q", ["best", "worst"]).model_copy(update={"candidates": (
        Candidate(id="1", text="best", model="secret-model"), Candidate(id="2", text="worst", model="other-model"))}))
    assert "secret-model" not in json.dumps(record["fields"])
    assert "secret-model" in record["metadata"][ROW]


def test_the_same_prompt_with_other_answers_is_another_record():
    one = row("q", ["a", "b"])
    other = one.model_copy(update={"candidates": (one.candidates[0], Candidate(id="new", text="n"))})
    assert wire.record_id(one) == wire.record_id(row("q", ["a", "b"]))
    assert wire.record_id(one) != wire.record_id(other)


def test_empty_and_very_long_texts_are_shown_and_come_back_whole():
    long = "长" * 30_000
    made = RankingRow(id="1" * 16, messages=(Message(role="user", content=long), Message(role="assistant", content=""),
                                             Message(role="user", content="go on")),
                      candidates=(Candidate(id="1", text=""), Candidate(id="2", text=long), Candidate(id="3", text=" \n")))
    record = wire.to_record(made)
    shown = record["fields"]
    assert all(shown[field_name(slot)].strip() for slot in range(3))
    assert all(0 < len(turn["content"]) <= 20_000 for turn in shown["history"])
    assert shown[PROMPT] == "go on"
    assert wire.from_record(stored(record)).row == made


def test_no_tag_reaches_the_page_and_the_text_comes_back_as_it_was():
    made = row("<b>q</b> &amp;", ["<script>x</script>", "a < b & c"])
    record = wire.to_record(made)
    assert not any("<" in text for text in record["fields"].values())
    assert record["fields"][PROMPT] == "&lt;b&gt;q&lt;/b&gt; &amp;amp;"
    assert wire.from_record(stored(record)).row == made
    turns = (Message(role="assistant", content="&" * 30_000), Message(role="user", content="<i>go</i>"))
    history = wire.to_record(made.model_copy(update={"messages": (*turns, *made.messages)}))["fields"]["history"]
    assert history[1]["content"] == "&lt;i&gt;go&lt;/i&gt;"
    assert len(history[0]["content"]) <= 20_000
    assert history[0]["content"].removesuffix(" …").replace("&amp;", "") == ""


def test_drafts_discards_and_broken_answers_are_counted_and_not_used():
    made = row("q", ["a", "b"])
    good = wire.to_value((1, 1), wire.slots(made))
    back = wire.from_record(stored(wire.to_record(made), response(good, "draft"), response(good, "discarded", "u2"),
                                   response([{"value": "answer_a", "rank": 1}], user="u3"), response(None, user="u4"),
                                   response(good, user="u5")))
    assert [ranking.ranks for ranking in back.row.rankings] == [(1, 1)]
    assert back.others == {"draft": 1, "discarded": 1, "unreadable": 2}


def test_people_come_back_as_salted_hashes():
    made = row("q", ["a", "b"])
    value = wire.to_value((1, 2), wire.slots(made))
    back = wire.from_record(stored(wire.to_record(made), response(value, user="7f3c-anna"), response(value, user="li")))
    names = [ranking.annotator for ranking in back.row.rankings]
    assert len(set(names)) == 2
    assert all(name.startswith("person:") and len(name) == 23 and "anna" not in name for name in names)


def test_other_questions_come_along():
    made = row("q", ["a", "b"])
    value = wire.to_value((1, 2), wire.slots(made))
    answer = wire.from_record(stored(wire.to_record(made), response(
        value, best_rating=4, safety="safe", correction="更好"))).answers[0]
    assert (answer.rating, answer.safety, answer.correction) == (4, "safe", "更好")


@pytest.mark.parametrize("metadata", [None, {}, {"row": "x"}, {"row": "{}"}, {"row": json.dumps({
    **row("q", ["a", "b"]).model_dump(mode="json"), "slots": [0, 0]})}])
def test_records_of_others_are_named(metadata):
    with pytest.raises(ValueError, match="record xyz"):
        wire.from_record({"external_id": "xyz", "metadata": metadata, "responses": []})


def test_there_are_names_for_enough_slots():
    assert len({field_name(slot) for slot in range(len(LETTERS))}) == 26
