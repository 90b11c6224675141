"""What an export writes: complete folders that others load, from what can be exported and nothing else."""

import json
import os
import shutil
import subprocess
import sys

import pytest
import torch
from answered import ROWS
from safetensors.torch import load_file, save_file
from typer.testing import CliRunner

from instructwild import stage
from instructwild.errors import ConfigError, GateError, InputError, InstructwildError, ModelError
from instructwild.llm.local import load
from instructwild.llm.quantized import loading, packed_is_quick, quantization_of, settle_on_cpu
from instructwild_trainer.adapter import source_of
from instructwild_trainer.export import tune
from instructwild_trainer.export.calibration import choose
from instructwild_trainer.export.child import ChildError, in_child
from instructwild_trainer.export.gptq import group_size_for
from instructwild_trainer.export.rounding import round_to_nearest
from instructwild_trainer.export.size import ModelShape, shape_of
from instructwild_trainer.export.stage import export, plan_export

pytestmark = pytest.mark.filterwarnings("ignore")   # gptqmodel and its many parts warn as they please

PLAIN: dict = {"bits": 4, "group_size": 128, "samples": 256, "max_length": 512, "held_out": 0.1, "languages": ()}


def plan_of(model, rows, format="gptq", **given):
    return plan_export(str(model), format, [str(rows)] if rows else [], **{**PLAIN, **given})


# Round to nearest, by hand.

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


# The folder of a 4-bit export.

def test_the_folder_is_complete_and_says_what_readers_ask_for(quantized, taught):
    config = json.loads((quantized.model / "config.json").read_text())
    grid = config["quantization_config"]
    # vLLM's GPTQConfig and GPTQMarlinConfig read these; Marlin takes 4 symmetric bits
    assert {key: grid[key] for key in ("quant_method", "bits", "group_size", "desc_act", "sym", "checkpoint_format")} == {
        "quant_method": "gptq", "bits": 4, "group_size": 32, "desc_act": False, "checkpoint_format": "gptq",
        "sym": quantized.manifest.config["symmetric"]}
    assert grid.get("lm_head") in (None, False)
    assert config["architectures"] == ["LlamaForCausalLM"]
    own = json.loads((quantized.model / "quantize_config.json").read_text())          # auto-gptq's readers look here
    assert (own["bits"], own["group_size"]) == (4, 32)
    assert (quantized.model / "chat_template.jinja").read_text() == (taught / "chat_template.jinja").read_text()
    told = json.loads((quantized.model / "generation_config.json").read_text())
    assert told["eos_token_id"] == [2]
    assert told["pad_token_id"] == 0
    assert not (quantized.path / ".work").exists()
    assert not list(quantized.model.rglob("*.bin"))


def test_what_was_not_quantized_is_the_sources_to_the_bit(quantized, taught):
    made, source = load_file(quantized.model / "model.safetensors"), load_file(taught / "model.safetensors")
    kept = {name for name in made if not name.rpartition(".")[2].startswith(("qweight", "qzeros", "scales", "g_idx"))}
    assert {"model.embed_tokens.weight", "model.norm.weight"} <= kept <= set(source)
    assert all(torch.equal(made[name], source[name]) and made[name].dtype == source[name].dtype for name in kept)


def test_the_arithmetic_of_sizes_is_exact(quantized):
    made = load_file(quantized.model / "model.safetensors")
    bytes_of = {name: tensor.numel() * tensor.element_size() for name, tensor in made.items()}
    shape = shape_of(quantized.model)
    assert shape.stored(4, 32, number=4) == sum(bytes_of.values())      # the tiny model keeps float32
    assert shape.packed(4, 32) == sum(size for name, size in bytes_of.items()
                                      if name.rpartition(".")[2] in ("qweight", "qzeros", "scales", "g_idx"))


def test_seven_billion_parameters_take_four_gigabytes():
    shape = shape_of({"model_type": "llama"})      # the defaults are LLaMA-7B's
    assert shape.weights + shape.outside == 6_738_415_616
    assert shape.stored(4, 128) == pytest.approx(3.90e9, rel=0.005)
    assert shape.cached(1) == 2 * 32 * 4096 * 2
    assert shape.stored(4, 128) + shape.cached(256) < 4.05e9
    assert shape.packed(4, 64) / (2 * shape.weights) < 0.28


def unpacked(tensors, name):
    """A layer's weights [out, in] from auto-gptq's layout, in plain arithmetic; stored zero points are one too small."""
    codes, zeros, scales, groups = (tensors[f"{name}.{part}"] for part in ("qweight", "qzeros", "scales", "g_idx"))
    shifts = torch.arange(0, 32, 4)
    code = ((codes[:, None, :] >> shifts[None, :, None]) & 15).flatten(0, 1)           # [in, out]
    zero = (((zeros[:, :, None] >> shifts) & 15).flatten(1) + 1) & 15                  # [groups, out]
    return ((code - zero[groups.long()]) * scales.float()[groups.long()]).T


def dense(layer):
    return layer.weight if isinstance(layer, torch.nn.Linear) else layer.dequantize_weight().T


def test_the_weights_loaded_are_the_numbers_in_the_file(quantized, monkeypatch):
    monkeypatch.setattr("instructwild.llm.quantized.packed_is_quick", lambda bits, group: False)
    model, _ = load(quantized.model, dtype="float32")
    tensors = load_file(quantized.model / "model.safetensors")
    for name, layer in model.named_modules():
        if name.endswith("_proj"):
            assert isinstance(layer, torch.nn.Linear)
            assert torch.allclose(layer.weight, unpacked(tensors, name), atol=2e-3)


def test_packed_and_expanded_weights_answer_alike(quantized, monkeypatch):
    ids = torch.arange(3, 35)[None]
    said = []
    for quick in (True, False):
        monkeypatch.setattr("instructwild.llm.quantized.packed_is_quick", lambda bits, group, quick=quick: quick)
        model, _ = load(quantized.model, dtype="bfloat16")
        assert any(isinstance(layer, torch.nn.Linear) for name, layer in model.named_modules() if name.endswith("_proj")) \
            is not quick
        with torch.inference_mode():
            said.append(torch.log_softmax(model(ids).logits[0].float(), -1))
    assert (said[0].exp() * (said[0] - said[1])).sum(-1).abs().max() < 0.02      # nats


def as_auto_gptq(quantized, folder, **changes):
    """The export as auto-gptq wrote it: its own file for the grid, its own name for the weights, nothing in config.json."""
    shutil.copytree(quantized.model, folder)
    config = json.loads((folder / "config.json").read_text())
    del config["quantization_config"]
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "model.safetensors").rename(folder / "gptq_model-4bit-32g.safetensors")
    grid = {"bits": 4, "group_size": 32, "damp_percent": 0.01, "desc_act": False, "static_groups": False,
            "true_sequential": True, "model_name_or_path": None, "model_file_base_name": "gptq_model-4bit-32g"}
    (folder / "quantize_config.json").write_text(json.dumps({**grid, **changes}))
    return folder


def test_auto_gptqs_own_layout_loads(quantized, tmp_path, monkeypatch):
    monkeypatch.setattr("instructwild.llm.quantized.packed_is_quick", lambda bits, group: False)
    folder = as_auto_gptq(quantized, tmp_path / "auto")
    assert quantization_of(folder)["group_size"] == 32
    model, _ = load(folder, dtype="float32")
    tensors = load_file(folder / "gptq_model-4bit-32g.safetensors")
    assert all(torch.allclose(dense(layer), unpacked(tensors, name), atol=2e-3)
               for name, layer in model.named_modules() if name.endswith("_proj"))
    whole, _ = load(quantized.model, dtype="float32")
    ids = torch.arange(3, 35)[None]
    with torch.inference_mode():
        assert torch.equal(model(ids).logits, whole(ids).logits)


def test_an_order_of_columns_is_obeyed(quantized, tmp_path, monkeypatch):
    """In act-order files the columns of a group lie far apart, and g_idx alone says which scale a column has."""
    monkeypatch.setattr("instructwild.llm.quantized.packed_is_quick", lambda bits, group: False)
    folder = as_auto_gptq(quantized, tmp_path / "auto", desc_act=True)
    file = folder / "gptq_model-4bit-32g.safetensors"
    tensors = load_file(file)
    draw = torch.Generator().manual_seed(0)
    for name in [name for name in tensors if name.endswith("g_idx")]:
        tensors[name] = tensors[name][torch.randperm(len(tensors[name]), generator=draw)].contiguous()
    save_file(tensors, file, metadata={"format": "pt"})
    model, _ = load(folder, dtype="float32")
    assert all(torch.allclose(dense(layer), unpacked(tensors, name), atol=2e-3)
               for name, layer in model.named_modules() if name.endswith("_proj"))


def test_a_grid_that_is_none_is_one_message(quantized, tmp_path):
    folder = as_auto_gptq(quantized, tmp_path / "auto", bits=5)
    with pytest.raises(ModelError, match="no grid of GPTQ"):
        loading(folder)


def test_it_loads_in_plain_transformers_and_writes(quantized):
    script = ("import sys, torch; from transformers import AutoModelForCausalLM as M, AutoTokenizer as T; "
              "m = M.from_pretrained(sys.argv[1]); t = T.from_pretrained(sys.argv[1]); "
              "x = t.apply_chat_template([{'role': 'user', 'content': 'Why is the sky blue 3?'}], "
              "add_generation_prompt=True, return_tensors='pt', return_dict=True); "
              "print(m.config.quantization_config.bits, t.decode(m.generate(**x)[0, x['input_ids'].shape[1]:]))")
    found = subprocess.run([sys.executable, "-c", script, str(quantized.model)], capture_output=True, text=True,
                           env={**os.environ, "GPTQMODEL_CPU_WORKERS": "2"})
    assert found.returncode == 0, found.stderr[-2000:]
    assert found.stdout.splitlines()[-1].startswith("4 Because of the air")
    assert found.stdout.strip().endswith("<|im_end|>")


# Merged exports.

@pytest.fixture
def in_this_process(monkeypatch):
    """The gate measures here, which is quicker; that it measures in new processes is what the 4-bit export shows."""
    from instructwild_trainer.export import gate
    from instructwild_trainer.export.probe import Probe, measure

    def here(folder, held, scratch, *, label, grid=None, **given):
        return Probe(**measure({"folder": str(folder), "held": held, "grid": grid, **given}, lambda done: None))

    monkeypatch.setattr(gate, "probe", here)


@pytest.mark.usefixtures("in_this_process")
def test_a_merged_export_is_its_source(taught, rows, tmp_path):
    run = export(str(taught), tmp_path / "out", format="merged", calibration=[rows])
    made = stage.load(tmp_path / "out")
    assert run.finished is None
    assert made.manifest.gate == "passed"
    metrics = made.manifest.metrics
    assert metrics["agreement"] == 1.0
    assert metrics["perplexity"]["source"] == metrics["perplexity"]["export"]
    assert metrics["size_bytes"]["source"] == metrics["size_bytes"]["export"]
    assert metrics["text"]["from"] == ["rows.json"]
    assert (made.model / "model.safetensors").read_bytes() == (taught / "model.safetensors").read_bytes()
    assert export(str(taught), tmp_path / "out", format="merged", calibration=[rows]).finished is not None


@pytest.mark.usefixtures("in_this_process")
def test_a_merged_export_without_rows_is_measured_on_the_gates_own_questions(taught, tmp_path):
    export(str(taught), tmp_path / "out", format="merged")
    made = stage.load(tmp_path / "out")
    assert made.manifest.gate == "passed"
    assert made.manifest.metrics["agreement"] == 1.0
    assert made.manifest.metrics["text"] == {"from": [], "rows": {"en": 3, "zh": 3},
                                             "tokens": made.manifest.metrics["text"]["tokens"]}
    assert "the gate&#39;s own questions" in (tmp_path / "out" / "report.html").read_text() or \
        "the gate's own questions" in (tmp_path / "out" / "report.html").read_text()


def write_adapter(base, folder):
    from peft import LoraConfig, get_peft_model

    from instructwild_trainer.adapter import load_policy, save_adapter

    model, tokenizer = load_policy(base, dtype="float32")
    torch.manual_seed(1)
    tuned = get_peft_model(model, LoraConfig(r=2, target_modules="all-linear", init_lora_weights=False))
    save_adapter(tuned, folder, source_of(base))
    tokenizer.save_pretrained(folder)
    return tuned


def test_adapters_are_merged_at_full_precision_and_kept(taught, tmp_path, monkeypatch):
    from instructwild_trainer.export import gate
    from instructwild_trainer.export import stage as exporting

    tuned = write_adapter(taught, tmp_path / "adapter")
    monkeypatch.setattr(gate, "judge", lambda *given, **named: pytest.fail("judged"))
    plan = plan_of(tmp_path / "adapter", None, "merged")
    with stage.start(tmp_path / "out", "export", config={}) as run:
        merged = exporting._merged(run, plan)
        shutil.copytree(merged, run.folder / "model", ignore=shutil.ignore_patterns("adapter"))
        exporting._keep_adapter(run.folder / "model", run.folder / "model", plan.source.folder)
        exporting._complete(run.folder / "model", merged, plan.chat)
    folder = tmp_path / "out" / "model"
    ids = torch.arange(3, 35)[None]
    with torch.inference_mode():
        assert torch.allclose(load(folder, dtype="float32")[0](ids).logits, tuned.eval()(ids).logits, atol=1e-4)
    assert abs((folder / "model.safetensors").stat().st_size - (taught / "model.safetensors").stat().st_size) < 2000
    assert (folder / "adapter" / "adapter_model.safetensors").read_bytes() \
        == (tmp_path / "adapter" / "adapter_model.safetensors").read_bytes()
    again, _ = load(folder / "adapter", dtype="float32")           # its base is found from the new place
    with torch.inference_mode():
        assert torch.allclose(again(ids).logits, tuned(ids).logits, atol=1e-4)
    assert json.loads((folder / "generation_config.json").read_text())["eos_token_id"] == [2]
    assert (tmp_path / "adapter" / "adapter_model.safetensors").is_file()


# A gate that failed.

@pytest.mark.usefixtures("in_this_process")
def test_a_failed_gate_exits_1_and_nothing_is_built_on_it(taught, rows, tmp_path, monkeypatch):
    from instructwild.cli import app
    from instructwild.publish.gather import gather
    from instructwild_trainer.export import gate

    monkeypatch.setattr(gate, "MAX_PERPLEXITY_RATIO_MERGED", 0.5)
    words = ["export", str(taught), "--format", "merged", "--calibration", rows, "--out", str(tmp_path / "out")]
    shown = CliRunner().invoke(app, words)
    assert shown.exit_code == 1
    assert "gate: perplexity on held-out" in shown.stderr
    assert "The gate: failed" in shown.stderr
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["gate"] == "failed"
    assert len(manifest["metrics"]["failures"]) == 3
    assert (tmp_path / "out" / "model" / "config.json").is_file()              # there to be looked at
    assert CliRunner().invoke(app, words).exit_code == 1                       # skipped, and still failed
    for use in (lambda: source_of(tmp_path / "out"), lambda: stage.load(tmp_path / "out"), lambda: gather(tmp_path / "out")):
        with pytest.raises(GateError):
            use()


def test_the_figures_reach_the_model_card(quantized):
    from instructwild.publish.model_card import model_card

    card = model_card("a model", [quantized.manifest])
    for figure in ("perplexity.source.", "perplexity.rtn asymmetric.", "peak_bytes.export", "linear_bytes.export",
                   "agreement", "gap_closed.all.low", "template", "answers_that_loop.export"):
        assert figure in card, figure


# What is refused, in one message with its remedy.

def test_gptq_without_rows_is_one_message(taught, tmp_path):
    with pytest.raises(InputError, match="needs rows to calibrate"):
        export(str(taught), tmp_path / "out", format="gptq")
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_no_model_is_one_message(tmp_path, rows):
    with pytest.raises(ModelError, match="no model"):
        plan_of(tmp_path, rows, "merged")


@pytest.mark.parametrize("format", ["gptq", "merged"])
def test_what_is_quantized_already_is_refused(quantized, rows, format):
    with pytest.raises(ModelError, match=r"quantized already \(gptq, 4 bits\)"):
        plan_of(quantized.path, rows, format)


def test_an_adapter_on_a_quantized_base_is_refused(taught, quantized, tmp_path, rows):
    write_adapter(taught, tmp_path / "adapter")
    (tmp_path / "adapter" / "base.json").write_text(json.dumps({"name": "4 bit", "path": os.path.relpath(
        quantized.model, tmp_path / "adapter")}))
    with pytest.raises(ModelError, match="adapter on a quantized base"):
        plan_of(tmp_path / "adapter", rows)


def written(tmp_path, rows):
    path = tmp_path / "some.json"
    path.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    return path


def test_too_few_rows_are_refused(taught, tmp_path):
    with pytest.raises(InputError, match="too few to calibrate"):
        plan_of(taught, written(tmp_path, ROWS[:8]))


def test_rows_without_answers_are_refused(taught, tmp_path):
    with pytest.raises(InputError, match="none of 3 rows has an answer"):
        plan_of(taught, written(tmp_path, [{"instruction": f"Why {n}?"} for n in range(3)]))


def test_an_empty_file_is_refused(taught, tmp_path):
    with pytest.raises(InstructwildError, match="rows"):
        plan_of(taught, written(tmp_path, []))


def test_rows_in_the_wrong_language_alone_are_refused(taught, tmp_path):
    chinese = written(tmp_path, ROWS[1::2])
    with pytest.raises(InputError, match="no row is in en, a language that the model was trained on; the rows are in zh"):
        plan_of(taught, chinese, languages=("en", "zh"))
    assert set(plan_of(taught, chinese).calibration.rows) == {"zh"}


@pytest.mark.parametrize("size", [0, 100, 7, -1, 256])
def test_a_group_that_no_kernel_knows_is_refused(taught, rows, size):
    with pytest.raises(ConfigError, match="is no group size"):
        plan_of(taught, rows, group_size=size)


def widths(*layers):
    """A shape with the named layers, each (name, out, in)."""
    return ModelShape(tuple((out, width) for _, out, width in layers), 0, 0, tuple(name for name, _, _ in layers))


def test_the_group_is_halved_until_it_divides_the_widths_of_every_layer():
    assert group_size_for(widths(("up", 1536, 576), ("down", 576, 1536)), 128) == 64
    assert group_size_for(widths(("up", 11008, 4096), ("down", 4096, 11008)), 128) == 128
    assert group_size_for(widths(("up", 256, 256), ("o", 128, 96)), 128) == 32       # the heads decide, not the hidden size
    with pytest.raises(ModelError, match=r"no group size from 128 down to 16 divides its layers' widths \[100\]"):
        group_size_for(widths(("up", 400, 100), ("q", 100, 100)), 128)


def test_a_layer_that_no_group_divides_stays_and_is_named():
    shape = widths(("self_attn.o_proj", 128, 120), ("mlp.up_proj", 256, 128), ("self_attn.o_proj", 128, 120))
    assert group_size_for(shape, 128) == 128
    assert shape.unquantized(4, 128) == ["self_attn.o_proj"]
    # codes 4/8 * 256 * 128, one group of zero points and scales (4/8 + 2) * 256, g_idx 4 * 128; o_proj twice in 16 bit
    assert shape.packed(4, 128) == 16384 + 640 + 512 + 2 * (2 * 128 * 120)
    assert widths(("up", 100, 128)).unquantized(4, 128) == ["up"]                    # 400 bits do not fill 32-bit words


def odd_heads(folder):
    """A model whose heads together are as wide as no group divides: 3 of 40."""
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    from instructwild.llm.models import resolve

    torch.manual_seed(0)
    tokenizer = AutoTokenizer.from_pretrained(resolve("tiny"))
    config = AutoConfig.for_model("qwen3", vocab_size=1024, hidden_size=128, num_hidden_layers=2, num_attention_heads=3,
                                  num_key_value_heads=3, head_dim=40, intermediate_size=256, max_position_embeddings=512,
                                  tie_word_embeddings=True, eos_token_id=2, pad_token_id=0, bos_token_id=1)
    AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def test_the_plan_names_what_stays_unquantized(tmp_path, rows):
    plan = plan_of(odd_heads(tmp_path / "odd"), rows)
    assert plan.grid == (4, 128)
    assert any("not quantized, because no group divides them: self_attn.o_proj" in line for line in plan.lines())


def test_a_config_that_nests_its_text_model_has_a_shape():
    from transformers import AutoConfig

    text = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 2,
            "num_key_value_heads": 1, "head_dim": 32, "vocab_size": 100}
    vision = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    config = AutoConfig.for_model("gemma3", text_config=text, vision_config=vision)
    assert "self_attn.o_proj" in shape_of(config).names
    assert shape_of(config).cache == 2 * 2 * 1 * 32


@pytest.mark.slow
def test_a_model_with_odd_heads_is_quantized_without_them_and_loads(tmp_path, rows):
    export(str(odd_heads(tmp_path / "odd")), tmp_path / "out", format="gptq", calibration=[rows], fit_scales=0)
    made = stage.load(tmp_path / "out")
    assert made.manifest.metrics["unquantized"] == ["self_attn.o_proj"]
    names = load_file(made.model / "model.safetensors")
    assert "model.layers.0.self_attn.o_proj.weight" in names
    assert "model.layers.0.self_attn.q_proj.qweight" in names


def test_calibration_takes_the_languages_in_turn_and_the_same_rows_every_time(taught, rows):
    parts = plan_of(taught, rows, samples=10).calibration
    assert parts.rows == {"en": 5, "zh": 5}
    assert parts.ids == plan_of(taught, rows, samples=10).calibration.ids
    with pytest.raises(InputError, match="too few"):
        choose([], 10)


def test_a_dry_run_plans_and_writes_nothing(taught, rows, tmp_path):
    from instructwild.cli import app

    shown = CliRunner().invoke(app, ["export", str(taught), "--calibration", rows, "--out", str(tmp_path / "out"),
                                     "--dry-run"])
    assert shown.exit_code == 0
    assert "calibrating on" in shown.stdout
    assert "4 bits in groups of 64" in shown.stdout
    assert "held-out rows: en" in shown.stdout
    assert not (tmp_path / "out").exists()


# A process of its own.

def test_a_child_answers_and_its_failure_is_its_last_line(tmp_path):
    (tmp_path / "work.py").write_text("def double(plan, step):\n    step(1)\n    return plan['n'] * 2\n"
                                      "def broken(plan, step):\n    print('noise')\n    raise ValueError('too hot')\n")
    sys.path.insert(0, str(tmp_path))
    try:
        assert in_child("work:double", {"n": 21}, tmp_path / "a", label="doubling", total=1) == 42
        with pytest.raises(ChildError, match="ValueError: too hot"):
            in_child("work:broken", {}, tmp_path / "b", label="breaking", total=1)
    finally:
        sys.path.remove(str(tmp_path))


def test_packed_weights_stay_packed_only_where_the_kernel_knows_them(monkeypatch):
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX512")
    assert packed_is_quick(4, 64)
    assert not packed_is_quick(4, 16)
    assert not packed_is_quick(8, 64)
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX2")
    assert not packed_is_quick(4, 64)


def test_what_a_child_finished_is_not_done_again(tmp_path, monkeypatch):
    (tmp_path / "work.py").write_text("from pathlib import Path\n"
                                      "def count(plan, step):\n    with Path('ran').open('a') as told:\n"
                                      "        told.write('x')\n    return plan['n']\n")
    monkeypatch.syspath_prepend(tmp_path)
    ask = {"label": "counting", "total": 1}
    assert [in_child("work:count", {"n": 1}, tmp_path / "a", **ask) for _ in range(2)] == [1, 1]
    assert (tmp_path / "a" / "ran").read_text() == "x"
    assert in_child("work:count", {"n": 2}, tmp_path / "a", **ask) == 2      # another plan
    assert (tmp_path / "a" / "ran").read_text() == "xx"


# Fitting the scales.

def test_fitting_scales_brings_the_model_nearer_and_leaves_the_codes(quantized, taught, rows, tmp_path):
    before = load_file(quantized.model / "model.safetensors")
    rough = tmp_path / "rough"
    shutil.copytree(quantized.model, rough)
    draw = torch.Generator().manual_seed(0)
    save_file({name: tensor * (1 + 0.05 * torch.randn(tensor.shape, generator=draw)).to(tensor.dtype)
               if name.endswith(".scales") else tensor for name, tensor in before.items()}, rough / "model.safetensors",
              metadata={"format": "pt"})
    ids = plan_of(taught, rows).calibration.ids
    plan = {"source": str(taught), "folder": str(rough), "out": str(tmp_path / "out"), "bits": 4, "rows": (ids * 3)[:80]}
    losses = tune.fit(plan, lambda done: None)
    assert sum(losses[-10:]) < 0.7 * sum(losses[:10])
    after = load_file(tmp_path / "out" / "model.safetensors")
    assert after.keys() == before.keys()
    for name, tensor in after.items():
        assert tensor.dtype == before[name].dtype
        assert torch.equal(tensor, before[name]) is not name.endswith(".scales")


def test_a_layer_of_codes_and_scales_is_the_file_s(quantized):
    tensors = load_file(quantized.model / "model.safetensors")
    name = "model.layers.0.mlp.down_proj"
    codes = tune.unpacked(tensors[f"{name}.qweight"], tensors[f"{name}.qzeros"], 4)
    layer = tune.scaled_linear(codes, tensors[f"{name}.scales"], None, torch.float32)
    x = torch.randn(3, 128, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(layer(x), x @ unpacked(tensors, name).T, atol=1e-4)


def test_settling_leaves_a_full_precision_model_alone(taught):
    model, _ = load(taught, dtype="float32")
    assert settle_on_cpu(model) is model
