"""A folder of 4-bit weights: what is in it, and that others load the same numbers from it."""

import json
import os
import shutil
import subprocess
import sys

import pytest
import torch
from export_plan import plan_of
from safetensors.torch import load_file, save_file

from instructwild.errors import ModelError
from instructwild.llm.local import load
from instructwild.llm.quantized import loading, packed_is_quick, quantization_of, settle
from instructwild_trainer.export import tune

pytestmark = pytest.mark.filterwarnings("ignore")   # gptqmodel and its many parts warn as they please


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


def test_packed_weights_stay_packed_only_where_the_kernel_knows_them(monkeypatch):
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX512")
    assert packed_is_quick(4, 64)
    assert not packed_is_quick(4, 16)
    assert not packed_is_quick(8, 64)
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX2")
    assert not packed_is_quick(4, 64)


@pytest.mark.parametrize(("inputs", "outputs", "packed"), [(64, 32, True), (64, 24, False), (48, 32, False)])
def test_a_layer_that_the_packed_kernel_refuses_becomes_dense(inputs, outputs, packed, monkeypatch):
    from gptqmodel.nn_modules.qlinear.torch_aten_kernel import TorchAtenLinear

    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX512")
    layer = TorchAtenLinear(bits=4, group_size=32, sym=True, desc_act=False, in_features=inputs, out_features=outputs)
    draw = torch.Generator().manual_seed(0)
    layer.qweight.random_(generator=draw)
    layer.scales.uniform_(0.01, 0.02, generator=draw)
    layer.qzeros.fill_(-0x77777778)                                  # eight zero points of 8, as they lie after loading
    layer.post_init()
    weight = layer.dequantize_weight().T[:outputs, :inputs].float()
    model = torch.nn.ModuleDict({"proj": layer})
    model.dtype = torch.bfloat16
    settled = settle(model, "cpu")["proj"]
    assert isinstance(settled, torch.nn.Linear) is not packed
    x = torch.randn(3, inputs, generator=draw).bfloat16()
    with torch.no_grad():
        assert torch.allclose(settled(x).float(), x.float() @ weight.T, atol=0.05)


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


def test_scales_are_fitted_on_sequences_of_one_length_in_turn(tmp_path, monkeypatch):
    plans = []
    monkeypatch.setattr(tune, "in_child", lambda work, plan, scratch, **_: plans.append(plan))
    monkeypatch.setattr(tune, "TOKENS", 4)
    tune.tune(tmp_path, tmp_path, tmp_path, [[1, 2, 3], [4], [5, 6]], 3, bits=4, scratch=tmp_path)
    assert plans[0]["rows"] == [[1, 2, 3, 4], [5, 6], [1, 2, 3, 4]]


def test_a_layer_of_codes_and_scales_is_the_file_s(quantized):
    tensors = load_file(quantized.model / "model.safetensors")
    name = "model.layers.0.mlp.down_proj"
    codes = tune.unpacked(tensors[f"{name}.qweight"], tensors[f"{name}.qzeros"], 4)
    layer = tune.scaled_linear(codes, tensors[f"{name}.scales"], None, torch.float32)
    x = torch.randn(3, 128, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(layer(x), x @ unpacked(tensors, name).T, atol=1e-4)


def test_settling_leaves_a_full_precision_model_alone(taught):
    model, _ = load(taught, dtype="float32")
    assert settle(model, "cpu") is model
