"""A card says what the manifests and the rows say, in a form the Hub accepts."""

import polars as pl
import pytest
from huggingface_hub import DatasetCard, ModelCard

from instructwild.publish.dataset_card import contents, dataset_card, lengths_of, licence_of
from instructwild.publish.licence import terms_of, together
from instructwild.publish.model_card import curves_of, model_card
from instructwild.report import figures
from instructwild.report.standalone import standalone
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
                                  "Duplicates among them, exact and near: 2.", "1 row has no answer",
                                  "not checked against any evaluation set", "version v1", "zh-Hans 1 (50.0%)"])
def test_everything_a_reader_must_know_is_there(said):
    assert said in card()


def test_scripted_rankings_are_marked_and_drafts_do_not_count():
    assert "**Of these rankings 1 is `scripted:`**" in card()
    assert "| people | 1 |" in card()
    model = model_card("m", [*CHAIN, TRAINED], base="smollm2", annotators={"scripted": 5})
    assert "**Of these rankings 5 are `scripted:`**" in model
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


MEASURED = [
    Manifest(stage="evaluate perplexity", config={}, rows=Rows(**{"in": 2, "kept": 2, "dropped": 0}), metrics={
        "perplexity": {"smollm2": {"en": {"value": 20.5, "low": 18.0, "high": 23.0, "rows": 12}},
                       "sft": {"en": {"value": 10.25, "low": 9.0, "high": 12.0, "rows": 12}}}}),
    Manifest(stage="evaluate pairwise", config={}, rows=Rows(**{"in": 2, "kept": 2, "dropped": 0}), metrics={
        "sides": ["sft", "a|b"], "judge": "gpt<4>", "consistent": 0.75, "win_rate": {
            "en": {"value": 0.625, "low": 0.5, "high": 0.75, "rows": 4}}, "by_category": {},
        "results": {"en": {"wins": 2, "ties": 1, "losses": 1}}}),
]
EXPORTED = Manifest(stage="export", config={"bits": 4}, rows=Rows(**{"in": 2, "kept": 2, "dropped": 0}), gate="passed",
                    outputs=[FileRecord(path="model", sha256="d" * 64)], metrics={
    "perplexity": {"source": {"en": 10.0}, "export": {"en": 11.5}, "rtn symmetric": {"en": 14.0}}, "group_size": 64,
    "size_bytes": {"source": 269e6, "export": 114.6e6}})


def test_a_models_card_shows_evaluation_quantization_curves_and_use():
    text = model_card("wild", [*CHAIN, TRAINED, EXPORTED], base="smollm2", evaluations=MEASURED, repo_id="me/wild",
                      drawn={"figures/sft-loss.svg": "sft: loss"})
    for said in ("| sft | 10.25 (9 to 12) |", "Evaluation: sft against a\\|b",
                 "| en | 4 | 2 | 1 | 1 | 62% (50% to 75%) |",
                 "gpt&lt;4&gt;", "agreed on 75%", "| export | 11.5 | 114.6 |", "4 bits in groups of 64", "gate: passed",
                 "![sft: loss](figures/sft-loss.svg)", 'model="me/wild"', "| en | 3.5 | 2.5 |",
                 "smollm2 by InstructWild: sft → export"):
        assert said in text
    assert "gptqmodel" in text
    assert "gptqmodel" not in model_card("wild", [*CHAIN, TRAINED], base="smollm2")


BENCHED = Manifest(stage="evaluate bench", config={"model": "sft"}, rows=Rows(**{"in": 4, "kept": 4, "dropped": 0}),
                   metrics={
    "suite": "quick", "bench": {"sft": {"gsm8k": {"value": 0.25, "low": 0.2, "high": 0.3, "rows": 40}},
                                "base": {"gsm8k": {"value": 0.125, "low": 0.1, "high": 0.2, "rows": 40}}},
    "more_than": {"base": {"gsm8k": {"value": 0.125, "low": 0.05, "high": 0.2, "rows": 40}}},
    "in_training": {"gsm8k": 0.025}})


def test_benchmarks_stand_in_the_card_and_in_the_hubs_own_form():
    from huggingface_hub import ModelCard

    text = model_card("wild", [*CHAIN, TRAINED], base="smollm2", evaluations=[BENCHED])
    assert "| sft | 25% (20% to 30%) |" in text
    assert "| more than base | 12% (5% to 20%) |" in text
    assert "| items in the training rows | 2.5% |" in text
    (result,) = ModelCard(text).data.eval_results
    assert (result.dataset_name, result.metric_value, result.metric_type) == ("gsm8k", 0.25, "accuracy")


def test_a_card_says_how_lm_evaluation_harness_measured():
    from huggingface_hub import ModelCard

    how = {"metric": "acc,none", "by": "lm-evaluation-harness 0.4.13", "measured_by": "log probabilities", "fewshot": 5}
    benched = BENCHED.model_copy(update={"metrics": {**BENCHED.metrics, "harness": {"gsm8k": how}}})
    text = model_card("wild", [*CHAIN, TRAINED], base="smollm2", evaluations=[benched])
    (result,) = ModelCard(text).data.eval_results
    for place in (text, result.metric_name):
        assert "acc,none by lm-evaluation-harness 0.4.13 over log probabilities, 5 examples in the prompt" in place


def test_a_gguf_card_says_how_it_is_run():
    exported = EXPORTED.model_copy(update={"config": {"format": "gguf", "quant": "q4_k_m"}, "metrics": {
        **EXPORTED.metrics, "kl": {"mean": 0.01, "p99": 0.2}, "runtime": "llama.cpp"}})
    text = model_card("wild", [*CHAIN, TRAINED, exported], base="smollm2", repo_id="me/wild")
    assert "ollama create wild -f Modelfile" in text
    assert "KL from the source 0.01 nats" in text


def test_curves_of_manifests_are_pictures_of_their_own():
    from xml.etree import ElementTree

    curves = {"loss": {"training <b>": [[1, 3.0], [2, 2.0]], "held out": [[2, 2.5]]}}
    drawn = curves_of([TRAINED, TRAINED.model_copy(update={"metrics": {"curves": curves}})])
    (path, (said, svg)), = drawn.items()
    assert (path, said) == ("figures/sft-loss.svg", "sft: loss")
    root = ElementTree.fromstring(svg)
    texts = ["".join(one.itertext()) for one in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "sft: loss" in texts
    assert len(list(root.iter("{http://www.w3.org/2000/svg}path"))) == 1


def test_lengths_are_drawn_by_language_with_a_legend():
    long = Instruction(messages=(Message(role="user", content="one two three"), Message(role="assistant", content="x")),
                       language="en")
    drawn = lengths_of(instruction_frame([SEED, MADE, long]))
    assert set(drawn) == {"figures/prompts.svg", "figures/answers.svg"}
    assert ">en</text>" in drawn["figures/prompts.svg"][1]
    assert ">zh</text>" in drawn["figures/prompts.svg"][1]


def test_a_pair_is_no_ranking():
    pairs = contents("preference", pl.DataFrame({"id": ["1"], "language": ["en"], "annotator": ["scripted"]}))
    assert pairs.annotators == {}


@pytest.mark.parametrize("figure", [figures.bars({"a": 1}), figures.lines({})])
def test_only_plots_stand_alone(figure):
    with pytest.raises(ValueError, match="is no plot"):
        standalone(figure)
