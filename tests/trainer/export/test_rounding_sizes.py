"""Rounding by hand, the arithmetic of sizes, and the groups that layers are quantized in."""


import pytest
import torch
from export_plan import plan_of
from safetensors.torch import load_file

from instructwild import stage
from instructwild.errors import MissingExtraError, ModelError
from instructwild.llm.local import LocalModel
from instructwild.llm.models import resolve
from instructwild.llm.request import Request, Sampling
from instructwild.schema import Message
from instructwild_trainer.export import auto_round
from instructwild_trainer.export.gptq import group_size_for
from instructwild_trainer.export.rounding import round_to_nearest
from instructwild_trainer.export.scale_search import LEAST_SCALE, SCALES, best_scales
from instructwild_trainer.export.size import ModelShape, shape_of
from instructwild_trainer.export.stage import export

pytestmark = pytest.mark.filterwarnings("ignore")   # gptqmodel and its many parts warn as they please


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


def test_a_searched_scale_has_the_smallest_squared_error_of_all_that_are_tried():
    weight = torch.randn(40, 64, generator=torch.Generator().manual_seed(1))
    weight[3], weight[4] = 0, weight[4].abs()                       # nothing to scale; no weight below zero
    scales = best_scales(weight, 4)
    assert scales[3] > 0
    for row, scale in zip(weight, scales, strict=True):
        widest = 2 * max(row.abs().max().item(), 1e-9) / 15
        tried = [widest * (1 - step / SCALES) for step in range(int(SCALES * LEAST_SCALE))]
        errors = [(each * (row / each).round().clamp(-8, 7) - row).square().sum().item() for each in (*tried, scale.item())]
        assert errors[-1] <= min(errors) * 1.0001


def test_more_bits_are_nearer():
    weight = torch.randn(16, 64, generator=torch.Generator().manual_seed(0))
    errors = [(round_to_nearest(weight, bits, 16, symmetric) - weight).square().mean()
              for symmetric in (True, False) for bits in (2, 4, 8)]
    assert errors[0] > errors[1] > errors[2]
    assert errors[3] > errors[4] > errors[5]


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


def test_the_plan_says_how_often_the_fit_of_scales_sees_the_rows(tmp_path, rows):
    model = odd_heads(tmp_path / "odd")
    plan = plan_of(model, rows, fit_scales=3)
    tokens = sum(plan.calibration.tokens.values())
    share = f"{3 * 512 / tokens:.0%} of what the calibration rows hold"
    assert f"then fitting all scales in 3 steps of 512 tokens, {share}" in plan.lines()
    assert not any("fitting all scales" in line for line in plan_of(model, rows).lines())


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


def test_rows_become_sequences_of_one_length_and_few_are_taken_again():
    rows = [list(range(300)), list(range(300, 530))]
    first, second = auto_round.sequences(rows)
    assert first + second == list(range(512))
    assert [len(ids) for ids in auto_round.sequences([[1, 2, 3]])] == [auto_round.TOKENS]


def test_auto_round_is_asked_for_before_anything_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(auto_round, "find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match="auto-round"):
        plan_of(tmp_path / "nothing", None, method="auto-round")


def test_a_layer_that_auto_round_would_leave_out_is_refused(tmp_path, rows, monkeypatch):
    monkeypatch.setattr(auto_round, "find_spec", lambda _: True)
    with pytest.raises(ModelError, match=r"layers of 120 × 128, 128 × 120, of which auto-round takes none"):
        plan_of(odd_heads(tmp_path / "odd"), rows, method="auto-round")
    assert plan_of("tiny", rows, method="auto-round").method == "auto-round"


@pytest.mark.slow
def test_auto_round_leaves_a_folder_that_loads_with_what_it_did_not_touch_to_the_bit(tmp_path, rows, monkeypatch):
    pytest.importorskip("auto_round")
    learned = auto_round.quantize
    monkeypatch.setattr(auto_round, "quantize", lambda *words, **named: learned(*words, **named, iterations=2))
    export("tiny", tmp_path / "out", format="gptq", method="auto-round", calibration=[rows], fit_scales=2)
    made = stage.load(tmp_path / "out", even_failed=True)
    before, after = load_file(resolve("tiny") / "model.safetensors"), load_file(made.model / "model.safetensors")
    assert made.manifest.config["method"] == "auto-round"
    kept = before.keys() & after.keys()
    assert "model.embed_tokens.weight" in kept
    assert all(torch.equal(before[name], after[name]) for name in kept)
    assert {name.removesuffix(".weight") for name in before.keys() - kept} \
        == {name.removesuffix(".qweight") for name in after if name.endswith(".qweight")}
    reply, = LocalModel(made.model).generate([Request(messages=(Message(role="user", content="Is water wet?"),),
                                                      sampling=Sampling(max_tokens=4, temperature=0.0))])
    assert reply.completion_tokens > 0
