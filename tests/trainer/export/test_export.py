"""An export is measured against its source before anything may be built on it."""

import json
import subprocess
import sys

import pytest
import torch

from instructwild import stage
from instructwild.errors import GateError, InputError, ModelError
from instructwild_trainer.export.gate import Verdict, _loops, judge
from instructwild_trainer.export.gptq import group_size_for
from instructwild_trainer.export.measure import repetition
from instructwild_trainer.export.rounding import round_to_nearest
from instructwild_trainer.export.stage import export

PAIRS = (("Why is the sky blue", "Because of the air"), ("天空为什么是蓝色的", "因为空气"))
ROWS = [{"instruction": f"{question} {number}?", "output": f"{answer} {number}."}
        for number in range(12) for question, answer in PAIRS]


@pytest.fixture
def rows(tmp_path):
    path = tmp_path / "rows.json"
    path.write_text(json.dumps(ROWS, ensure_ascii=False), encoding="utf-8")
    return str(path)


def test_rounding_to_two_bits_by_hand():
    weight = torch.tensor([[-1.0, 0.0, 0.4, 2.0]])
    # asymmetric: from -1 to 2 in steps of 1
    assert round_to_nearest(weight, 2, 4, symmetric=False).tolist() == [[-1.0, 0.0, 0.0, 2.0]]
    # symmetric: scale 2*2/3, zero point 2, grid -8/3, -4/3, 0, 4/3
    assert round_to_nearest(weight, 2, 4, symmetric=True).tolist()[0] == pytest.approx([-4 / 3, 0, 0, 4 / 3])


def test_each_group_has_its_own_scale():
    weight = torch.tensor([[0.001, 0.002, 0.003, 0.004, 100.0, 200.0, 300.0, 400.0]])
    made = round_to_nearest(weight, 4, 4, symmetric=False)
    assert (made - weight).abs()[0, :4].max() < 0.001
    assert torch.equal(round_to_nearest(torch.zeros(2, 8), 4, 4, symmetric=True), torch.zeros(2, 8))


def test_more_bits_are_nearer():
    weight = torch.randn(16, 64, generator=torch.Generator().manual_seed(0))
    errors = [(round_to_nearest(weight, bits, 16, symmetric) - weight).square().mean()
              for symmetric in (True, False) for bits in (2, 4, 8)]
    assert errors[0] > errors[1] > errors[2]
    assert errors[3] > errors[4] > errors[5]


def test_the_group_is_halved_until_it_divides_the_widths():
    assert group_size_for({"hidden_size": 576, "intermediate_size": 1536}, 128) == 64
    assert group_size_for({"hidden_size": 4096, "intermediate_size": 11008}, 128) == 128
    with pytest.raises(ModelError, match="no group size"):
        group_size_for({"hidden_size": 100}, 128)


def test_a_loop_is_told_from_an_answer_in_both_languages():
    assert repetition("Paris is the capital of France.") == 0
    assert repetition("no no no no no no no no no no") > 0.8
    assert repetition("光合作用是植物利用光的过程。") == 0
    assert repetition("好的好的好的好的好的好的好的") > 0.7
    assert repetition("") == 0


def verdict_with(**changes):
    given = {"perplexity": {"source": {"en": 10.0, "all": 10.0}, "export": {"en": 11.0, "all": 11.0},
                            "rtn symmetric": {"all": 14.0}, "rtn asymmetric": {"all": 13.0}},
             "agreement": 0.9, "size": {}, "answers": []}
    return Verdict(**{**given, **changes})


def test_the_gap_closed_is_measured_from_the_better_rounding():
    assert verdict_with().gap_closed == pytest.approx(2 / 3)


def test_a_model_that_has_begun_to_loop_fails_and_one_unlucky_answer_does_not():
    fresh, loop = "a quick brown fox jumps over it", "so so so so so so so so so so so"
    said = [{"question": "?", "source": source, "export": export}
            for source, export in ((fresh, loop), (fresh, fresh), (fresh, fresh), (loop, loop))]
    assert _loops(verdict_with(answers=said)) == []
    said[1] = {"question": "为什么？", "source": "因为空气会散射阳光。", "export": "好的好的好的好的好的好的好的好的"}
    assert len(_loops(verdict_with(answers=said))) == 2


def test_a_merged_export_is_its_source_and_a_stage_of_its_own(tiny_model, rows, tmp_path):
    run = export(str(tiny_model), tmp_path / "out", format="merged", calibration=[rows])
    made = stage.load(tmp_path / "out")
    assert run.finished is None
    assert made.manifest.gate == "passed"
    assert made.manifest.metrics["agreement"] == 1.0
    assert made.manifest.metrics["perplexity"]["source"] == made.manifest.metrics["perplexity"]["export"]
    assert export(str(tiny_model), tmp_path / "out", format="merged", calibration=[rows]).finished is not None


@pytest.mark.filterwarnings("ignore")   # gptqmodel and its many parts warn as they please
def test_four_bits_load_in_plain_transformers_and_pass_the_gate(tiny_model, rows, tmp_path):
    export(str(tiny_model), tmp_path / "out", format="gptq", calibration=[rows], samples=8)
    made = stage.load(tmp_path / "out")
    config = json.loads((made.model / "config.json").read_text())
    assert config["quantization_config"]["bits"] == 4
    assert config["quantization_config"]["group_size"] == made.manifest.metrics["group_size"] == 64
    assert (made.model / "chat_template.jinja").read_text() == (tiny_model / "chat_template.jinja").read_text()
    assert not (tmp_path / "out" / ".work").exists()
    script = ("import sys; from transformers import AutoModelForCausalLM as M; m = M.from_pretrained(sys.argv[1]); "
              "print(m.config.quantization_config.bits)")
    found = subprocess.run([sys.executable, "-c", script, str(made.model)], capture_output=True, text=True,
                           env={**__import__("os").environ, "GPTQMODEL_CPU_WORKERS": "2"})
    assert found.stdout.strip().endswith("4"), found.stderr[-2000:]


def test_a_spoilt_export_fails_the_gate_and_is_refused(tiny_model, rows, tmp_path):
    import shutil

    from safetensors.torch import load_file, save_file

    spoilt = tmp_path / "spoilt"
    shutil.copytree(tiny_model, spoilt)
    weights = load_file(spoilt / "model.safetensors")
    for name, weight in weights.items():
        if "mlp" in name or "attn" in name:
            weights[name] = weight + torch.randn(weight.shape, generator=torch.Generator().manual_seed(1))
    save_file(weights, spoilt / "model.safetensors", metadata={"format": "pt"})
    verdict = judge(tiny_model, spoilt, {"en": [list(range(3, 40))]}, bits=None, group=None, questions=["Why?"])
    assert not verdict.passed
    with stage.start(tmp_path / "out", "export", config={}) as run:
        run.finish(rows=stage.Rows(**{"in": 0, "kept": 0, "dropped": 0}), gate="failed")
    with pytest.raises(GateError):
        stage.load(tmp_path / "out")


def test_gptq_without_rows_is_one_message(tiny_model, tmp_path):
    with pytest.raises(InputError, match="needs rows to calibrate"):
        export(str(tiny_model), tmp_path / "out", format="gptq")
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_no_model_is_one_message(tmp_path, rows):
    with pytest.raises(ModelError, match="no model"):
        export(str(tmp_path), tmp_path / "out", format="merged", calibration=[rows])
