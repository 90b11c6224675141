"""A card says what the manifests and the rows say, in a form the Hub accepts."""

import pytest
from huggingface_hub import DatasetCard, ModelCard

from instructwild.report.card import contents, dataset_card, licence_of, model_card
from instructwild.report.licence import terms_of, together
from instructwild.schema import (
    Candidate,
    Instruction,
    MadeBy,
    Message,
    Origin,
    Ranking,
    RankingRow,
    instruction_of,
)
from instructwild.stage import FileRecord, Manifest, Rows
from instructwild.stage.frames import instruction_frame, ranking_frame

SEED = instruction_of("什么是并列？", language="zh-Hans",
                      origin=(Origin(kind="x", source="a|<b>.js", license="CC BY-SA 4.0"),))
MADE = Instruction(messages=(Message(role="user", content="Name a river."), Message(role="assistant", content="The Nile.")),
                   language="en", parents=(SEED.id,),
                   made_by=MadeBy(model="smollm2", template="self_instruct/en", template_hash="abc123"))
RANKED = RankingRow(id=MADE.id, messages=MADE.messages[:1], language="en",
                    candidates=(Candidate(id="1", text="a", model="smollm2"), Candidate(id="2", text="b", model="gpt")),
                    rankings=(Ranking(annotator="scripted:length", ranks=(1, 2)),
                              Ranking(annotator="person:x", ranks=(2, 1)),
                              Ranking(annotator="person:y", ranks=(1, 1), status="draft")))
CHAIN = [
    Manifest(stage="collect", config={"kind": "x", "license": None}, rows=Rows(**{"in": 9, "kept": 4, "dropped": 5}),
             reasons={"not_a_prompt": 5}, metrics={"masked": {"EMAIL": 3}}),
    Manifest(stage="clean", config={"threshold": "7/10"}, rows=Rows(**{"in": 4, "kept": 2, "dropped": 2}),
             reasons={"near_duplicate": 1, "exact_duplicate": 1}, usd=0.25),
]
TRAINED = Manifest(stage="sft", config={"learning_rate": 1e-4}, rows=Rows(**{"in": 2, "kept": 2, "dropped": 0}),
                   inputs=[FileRecord(path="clean", sha256="f" * 64, rows=2)],
                   outputs=[FileRecord(path="model", sha256="e" * 64)],
                   metrics={"held_out_loss": {"before": {"en": 3.5}, "after": {"en": 2.5}}, "scripted_rule": "longer wins"})


def card(**options):
    sft, ranking = contents("sft", instruction_frame([SEED, MADE])), contents("ranking", ranking_frame([RANKED]))
    return dataset_card("野 <b>", [sft, ranking], CHAIN, files={"sft": "sft/*.parquet", "ranking": "ranking/*.parquet"},
                        version="v1", **options)


def test_the_hub_can_read_the_front_matter():
    data = DatasetCard(card()).data
    assert data.license == "cc-by-sa-4.0"
    assert data.language == ["en", "zh"]
    assert data.size_categories == "n<1K"
    assert [config["config_name"] for config in data.to_dict()["configs"]] == ["sft", "ranking"]
    assert [config.get("default", False) for config in data.to_dict()["configs"]] == [True, False]


@pytest.mark.parametrize("said", ["self_instruct/en", "abc123", "US$ 0.25", "near_duplicate", "EMAIL 3",
                                  "Duplicates among them, exact and near: 2.", "1 rows have no answer",
                                  "not checked against any evaluation set", "version v1", "zh-Hans 1 (50.0%)"])
def test_everything_a_reader_must_know_is_there(said):
    assert said in card()


def test_scripted_rankings_are_marked_and_drafts_do_not_count():
    assert "**1 of these rankings are `scripted:`**" in card()
    assert "| people | 1 |" in card()
    model = model_card("m", [*CHAIN, TRAINED], base="smollm2", annotators={"scripted": 5})
    assert "**5 of these rankings are `scripted:`**" in model
    assert "longer wins" in model
    assert "Its preferences come from a script" in model


def test_text_from_the_world_cannot_break_a_table_or_run():
    assert "a\\|&lt;b&gt;.js" in card()
    assert "# 野 &lt;b&gt;" in card()


def test_a_model_card_names_its_data_by_hash_and_its_figures():
    text = model_card("m", [*CHAIN, TRAINED], base="HuggingFaceTB/SmolLM2-135M-Instruct", license="apache-2.0")
    data = ModelCard(text).data
    assert (data.base_model, data.license) == ("HuggingFaceTB/SmolLM2-135M-Instruct", "apache-2.0")
    for said in ("f" * 64, "held_out_loss.after.en", "| 2.5 |", "learning_rate"):
        assert said in text


@pytest.mark.parametrize(("licenses", "id"), [
    (["MIT"], "mit"), (["MIT", "CC BY 4.0"], "cc-by-4.0"), (["cc-by-4.0", "CC-BY-SA-4.0"], "cc-by-sa-4.0"),
    (["Apache-2.0", "cc by-nc 4.0"], "cc-by-nc-4.0"), (["cc-by-nc-4.0", "cc-by-nc-sa-4.0"], "cc-by-nc-sa-4.0"),
    (["cc-by-sa-4.0", "cc-by-nc-4.0"], "other"), (["cc-by-sa-4.0", "gpl-3.0"], "other"), (["CC0"], "cc0-1.0"),
    (["non-commercial research"], "other"), ([], "other"),
])
def test_the_strictest_licence_results(licenses, id):
    found = together(licenses)
    assert found.id == id
    assert not found.forbidden


@pytest.mark.parametrize("license", [None, "cc-by-nd-4.0", "CC BY-NC-ND 4.0", "All rights reserved", "版权所有", "ours"])
def test_what_forbids_publishing_says_why(license):
    assert terms_of(license).forbids
    assert together(["MIT", license]).forbidden


def test_the_publisher_can_state_the_licence_of_rows_that_name_none():
    bare = contents("sft", instruction_frame([instruction_of("x", origin=(Origin(kind="jsonl", source="a"),))]))
    assert licence_of([bare]).forbidden
    assert licence_of([bare], "cc-by-4.0").id == "cc-by-4.0"
