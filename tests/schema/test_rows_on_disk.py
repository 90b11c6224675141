"""What the files of a stage hold for a row, read back as the same row: names of columns, JSON of open maps, reasons."""

import json

import pytest
from pydantic import ValidationError

from instructwild.schema import (
    Candidate,
    Dropped,
    Instruction,
    Labels,
    MadeBy,
    Message,
    Origin,
    Ranking,
    RankingRow,
    Reason,
)
from instructwild.schema import columns as on_disk
from instructwild.stage import frames

TOOL = {"type": "function", "function": {"name": "sow", "description": "播种", "parameters": {"type": "object"}}}
ASKED = Message(role="user", content="哪种芦苇?")
WHOLE = Instruction(
    messages=(ASKED, Message(role="assistant", content="芦苇。", reasoning_content="想")), language="zh-Hans",
    origin=(Origin(kind="x", source="posts.json"),), parents=("a" * 16,),
    made_by=MadeBy(model="m", template="t", template_hash="h", sampling={"temperature": 0.7, "词": "é"}, request_id="r",
                   usd=0.25),
    labels=Labels(type="QA", risk=("bias",), flags=("short",)), scores={"b": 2.0, "a": 0.5}, tools=[TOOL],
    extra={"列": [1, None], "when": "今天"})
BARE = Instruction(messages=(ASKED,))


def test_the_fields_of_a_turn_are_those_of_a_message():
    assert tuple(Message.model_fields) == on_disk.MESSAGE_FIELDS


def test_instruction_rows_have_these_columns_on_disk():
    assert set(on_disk.INSTRUCTION) == set(frames.INSTRUCTION.names()) == set(on_disk.instruction_to_columns(BARE))
    assert on_disk.INPUT_LINE == "input_line"           # stands in files that others wrote with earlier versions


def test_open_maps_are_compact_json_in_which_chinese_can_be_read():
    columns = on_disk.instruction_to_columns(WHOLE)
    assert columns["scores"] == [{"name": "b", "value": 2.0}, {"name": "a", "value": 0.5}]
    assert columns["extra"] == '{"列":[1,null],"when":"今天"}'
    assert columns["made_by"]["sampling"] == '{"temperature":0.7,"词":"é"}'
    assert "播种" in columns["tools"]
    assert json.loads(columns["tools"]) == [TOOL]


def test_what_a_row_lacks_is_null_and_no_empty_json():
    columns = on_disk.instruction_to_columns(BARE)
    assert (columns["tools"], columns["extra"], columns["made_by"], columns["response_id"]) == (None, None, None, None)
    assert columns["scores"] == []


@pytest.mark.parametrize("row", [WHOLE, BARE, WHOLE.model_copy(update={"made_by": MadeBy(model="m")})],
                         ids=["whole", "bare", "made by a model without sampling"])
def test_an_instruction_row_is_the_same_after_it_was_on_disk(row):
    assert on_disk.instruction_from_columns(on_disk.instruction_to_columns(row)) == row
    assert [*frames.instructions(frames.instruction_frame([row]))] == [row]


def test_a_row_whose_call_names_no_sampling_is_read():
    columns = on_disk.instruction_to_columns(WHOLE)
    columns["made_by"] = {**columns["made_by"], "sampling": None}
    assert on_disk.instruction_from_columns(columns).made_by.sampling == {}


def test_columns_are_dumped_as_json_would_hold_them():
    """Origins hold dates and the like as text, not as Python's objects."""
    columns = on_disk.instruction_to_columns(WHOLE)
    assert [type(part) for part in (columns["origin"], columns["parents"], columns["labels"]["risk"])] == [list] * 3


RANKED = RankingRow(id="p", messages=(ASKED,), language="zh-Hans", tools=[TOOL],
                    candidates=(Candidate(id="1", text="是"), Candidate(id="2", text="否", model="m")),
                    rankings=(Ranking(annotator="person:a", ranks=(2, 1), seconds=3.5),))


def test_ranking_rows_have_these_columns_on_disk_and_are_the_same_after():
    assert set(on_disk.RANKING) == set(frames.RANKING.names()) == set(on_disk.ranking_to_columns(RANKED))
    assert isinstance(on_disk.ranking_to_columns(RANKED)["candidates"], list)
    for row in (RANKED, RANKED.model_copy(update={"tools": None})):
        columns = on_disk.ranking_to_columns(row)
        assert columns["tools"] == (f"[{on_disk.compact(TOOL)}]" if row.tools else None)
        assert on_disk.ranking_from_columns(columns) == row


def test_dropped_rows_are_plain_strings_with_evidence_and_row_as_json():
    row = Dropped(id="i", step="rules", reason=Reason.RULE, evidence={"规则": "refusal"}, row={"text": "不"})
    columns = on_disk.dropped_to_columns(row)
    assert columns == {"id": "i", "step": "rules", "reason": "rule", "evidence": '{"规则":"refusal"}',
                       "row": '{"text":"不"}'}
    assert tuple(columns) == on_disk.DROPPED == tuple(frames.DROPPED)
    assert frames.dropped_frame([row]).row(0, named=True) == columns


def test_reasons_are_stored_as_the_words_that_files_of_earlier_versions_hold():
    assert {reason.value for reason in Reason} == {reason.name.lower() for reason in Reason} == {
        "malformed", "media", "marked_bad", "not_a_prompt", "repost", "forgotten", "failed", "truncated", "refused",
        "bad_format", "wrong_language", "surplus", "empty", "language", "rule", "exact_duplicate", "near_duplicate",
        "contaminated", "pii", "edited", "too_few_candidates", "not_ranked", "too_long", "no_answer", "no_preference"}


@pytest.mark.parametrize("part", [WHOLE, WHOLE.labels, ASKED, RANKED, RANKED.candidates[0], RANKED.rankings[0],
                                  Dropped(id="", step="read", reason=Reason.MEDIA)], ids=lambda part: type(part).__name__)
def test_no_part_of_a_row_is_changed_in_place_or_takes_a_field_that_it_does_not_know(part):
    name = next(iter(type(part).model_fields))
    with pytest.raises(ValidationError):
        setattr(part, name, getattr(part, name))
    with pytest.raises(ValidationError):
        type(part).model_validate({**part.model_dump(), "colour": "green"})
