"""Models that stages ask: inputs where a stage made them, and never two under one name."""

import shutil

import pytest

from instructwild import stage
from instructwild.errors import GateError
from instructwild.llm.name import understand
from instructwild.llm.stage_models import model_inputs, models_asked


def trained(folder, model, gate=None):
    """A finished stage with that model."""
    with stage.start(folder, "sft", config={}) as run:
        with run.atomic("model") as path:
            shutil.copytree(model, path)
        run.finish(rows=stage.Rows(**{"in": 0, "kept": 0, "dropped": 0}), gate=gate)
    return folder


def test_a_model_that_a_stage_made_is_an_input_however_it_is_named(tiny_model, tmp_path):
    made = trained(tmp_path / "sft", tiny_model)
    (made / "model" / "adapter").mkdir()
    known = stage.input_record(made)
    assert model_inputs([str(made), f"{made}/", str(made / "model"), str(made / "model/adapter")]) == [known] * 4
    assert model_inputs([str(made), str(made)]) == [known]
    assert model_inputs(["tiny", "scripted", "gpt-4o", "http://127.0.0.1:1/v1#sft", "owner/name", str(tiny_model)]) == []


def test_a_model_whose_gate_failed_is_not_asked(tiny_model, tmp_path):
    with pytest.raises(GateError):
        model_inputs([str(trained(tmp_path / "sft", tiny_model, gate="failed"))])


def test_different_models_never_share_a_label_and_the_same_one_keeps_it(tiny_model, tmp_path):
    one, two = (trained(tmp_path / name / "sft", tiny_model) for name in "ab")
    (two / "model" / "chat_template.jinja").write_text("another")
    first, second, third = models_asked([str(one), str(two), str(one / "model")])
    assert first.label.startswith("sft@")
    assert first.label == third.label != second.label
    assert stage.input_record(one).sha256.startswith(first.label.removeprefix("sft@"))
    assert [name.label for name in models_asked([str(one)])] == ["sft"]
    assert len({first.key, second.key}) == 2


def test_the_answers_of_a_model_trained_again_in_its_place_are_its_own(tiny_model, tmp_path):
    made = trained(tmp_path / "sft", tiny_model)
    before, = models_asked([str(made)])
    (made / "model" / "config.json").write_text("{}")
    after, = models_asked([str(made)])
    assert before.label == after.label
    assert before.key != after.key


def test_names_that_are_no_stage_are_as_they_were(tiny_model):
    for given in ("tiny", "scripted", "gpt-4o", "http://127.0.0.1:1/v1#sft", "owner/name", str(tiny_model)):
        assert models_asked([given]) == [understand(given)]
        assert understand(given).key == understand(given).label
