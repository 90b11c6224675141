"""Seeds become more rows: every candidate is kept or dropped for a reason, and the result depends on content only."""

import json
import random

import pytest

from instructwild import stage
from instructwild.clean.near import near_duplicates
from instructwild.errors import ConfigError, InputError
from instructwild.expand.growth import Growth
from instructwild.expand.run import Plan, expand
from instructwild.expand.template import template
from instructwild.llm.open import Limits
from instructwild.llm.request import Reply
from instructwild.llm.scripted import question
from instructwild.schema import instruction_of
from instructwild.stage.frames import instructions


@pytest.fixture
def seeds(tmp_path):
    path = tmp_path / "seeds.jsonl"
    dice = random.Random(5)
    rows = [question(language, dice) for language in ("en", "zh") for _ in range(12)]
    path.write_text("".join(json.dumps({"instruction": row}, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def test_the_output_holds_only_new_rows_that_name_their_parents_and_maker(seeds, tmp_path):
    made = expand([seeds], tmp_path / "out", "scripted", Plan(target=60))
    rows = list(instructions(made.frame()))
    people = {row.id for row in instructions(stage.read([seeds]).frame)}
    names = people | {row.id for row in rows}
    assert len(rows) == 60
    counts = {language: sum(row.language.startswith(language) for row in rows) for language in ("en", "zh")}
    assert counts == {"en": 30, "zh": 30}
    for row in rows:
        assert row.id not in people
        assert row.parents
        assert set(row.parents) <= names
        assert row.made_by.model == "scripted"
        assert row.made_by.template_hash == template(row.language[:2], "chat").digest
    assert any(set(row.parents) - people for row in rows), "some examples were made by the model, the InstructionWild way"
    texts = [row.messages[0].content for row in [*instructions(stage.read([seeds]).frame), *rows]]
    assert near_duplicates(texts) == [None] * len(texts)


def test_every_candidate_that_was_not_taken_says_why(seeds, tmp_path):
    made = expand([seeds], tmp_path / "out", "scripted", Plan(target=300))
    lost = made.dropped()
    assert made.manifest.rows.in_ == 300 + lost.height
    reasons = set(lost["reason"])
    assert {"exact_duplicate", "wrong_language", "truncated"} <= reasons
    for reason, evidence, row in lost.select("reason", "evidence", "row").iter_rows():
        assert json.loads(row)["made_by"]["template"]
        if reason == "near_duplicate":
            assert json.loads(evidence)["of"]


def test_the_same_command_gives_the_same_rows_and_another_seed_others(seeds, tmp_path):
    def ids(out, **options):
        return expand([seeds], tmp_path / out, "scripted", Plan(target=50, **options)).frame()["id"].to_list()

    assert ids("a") == ids("b")
    assert ids("a") != ids("c", seed=1)


def test_a_model_that_cannot_write_a_language_is_given_up_with_a_word_of_advice(seeds, tmp_path, capsys):
    english_only = Reply("6. Please describe the old harbor of our quiet town\n7. Sell me a lantern quickly")
    growth = Growth({"zh": [instruction_of("什么是进程？")]}, {"zh": 5}, {"zh": template("zh", "chat")}, "m", patience=3)
    while (request := growth.ask()) is not None:
        growth.accept(request, english_only)
    assert growth.done
    assert growth.given_up == {"zh": {"wrong_language": 6}}
    assert not growth.kept


def test_replies_are_judged_in_the_order_of_requests_whatever_the_window(seeds, tmp_path):
    wide = expand([seeds], tmp_path / "wide", "scripted", Plan(target=40), limits=Limits(window=4))
    assert wide.manifest.config["window"] == 4
    assert wide.frame().height == 40


def test_seeds_that_lack_a_wanted_language_are_one_message(tmp_path):
    (tmp_path / "en.jsonl").write_text('{"instruction": "How do I plant a lemon tree?"}\n')
    with pytest.raises(InputError, match="no seed in zh"):
        expand([tmp_path / "en.jsonl"], tmp_path / "out", "scripted", Plan(target=5))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("options", "said"), [
    ({"style": "loud"}, "no style 'loud'"), ({"languages": ("en", "xx")}, "no seed in xx"),
    ({"template": "nothing"}, "no template 'nothing'"), ({"template": "nowhere.yaml"}, "cannot be read"),
])
def test_a_wrong_option_is_one_message(seeds, tmp_path, options, said):
    with pytest.raises((ConfigError, InputError), match=said):
        expand([seeds], tmp_path / "out", "scripted", Plan(target=5, **options))


def test_local_only_refuses_an_endpoint_elsewhere_before_anything_is_read(tmp_path):
    with pytest.raises(ConfigError, match="--local-only refuses"):
        expand(["absent"], tmp_path / "out", "gpt-4o-mini", Plan(target=5), limits=Limits(local_only=True))
