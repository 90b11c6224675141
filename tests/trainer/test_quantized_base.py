"""QLoRA: a base in 4 bits under adapters, for SFT, rewards and PPO; what is saved is merged at full precision."""

import json

import pytest
import torch
from typer.testing import CliRunner

from instructwild import stage
from instructwild.errors import ConfigError, ModelError
from instructwild_trainer import quantized_base
from instructwild_trainer.adapter import load_policy, load_reward, source_of
from instructwild_trainer.cli import train
from instructwild_trainer.config import SftOptions, load
from instructwild_trainer.fit import check_scale
from instructwild_trainer.memory import GIB, need_of
from instructwild_trainer.quantized_base import BYTES, has_quantized_base, quantize_base

pytest.importorskip("torchao")
FOUR = SftOptions(base_bits="4")
SMALL = ["--model", "tiny", "--config", "smoke", "--max-length", "96", "--max-steps", "6", "--learning-rate", "0.01",
         "--samples", "0", "--base-bits", "4"]


def run(*words):
    result = CliRunner().invoke(train, [str(word) for word in words], catch_exceptions=False)
    assert result.exit_code == 0, result.output


@pytest.fixture
def answered(tmp_path):
    path = tmp_path / "answered.jsonl"
    path.write_text("".join(json.dumps({"instruction": f"Name rope {n}.", "output": "a sheet", "input": ""}) + "\n"
                            for n in range(12)), encoding="utf-8")
    return path


def test_linear_layers_are_held_in_half_a_byte_and_answer_nearly_alike(tiny):
    model, _ = load_policy(tiny, dtype="float32")
    ids = torch.tensor([[5, 9, 301, 44, 17, 280]])
    with torch.no_grad():
        before = model(input_ids=ids).logits
        assert quantize_base(model, SftOptions(), "cpu") is model
        assert not has_quantized_base(model)
        after = quantize_base(model, FOUR, "cpu")(input_ids=ids).logits
    assert has_quantized_base(model)
    assert 0 < (after - before).std() < before.std() / 2
    layer = model.model.layers[0].mlp.up_proj
    held = sum(t.numel() * t.element_size() for t in (layer.weight.quantized_data, layer.weight.quantized_scalers,
                                                      layer.weight.scaler_mean, layer.weight.quantization_factor))
    assert held / layer.weight.numel() == pytest.approx(BYTES, rel=0.1)
    assert not any("up_proj" in name for name in model.state_dict())
    assert model.get_input_embeddings().weight.dtype == torch.float32
    model.to("cpu")


def test_sft_over_four_bits_saves_adapters_merged_into_the_base_as_it_is_stored(answered, tiny, tmp_path):
    run("sft", answered, "--out", tmp_path / "o", *SMALL)
    made = stage.load(tmp_path / "o")
    assert made.manifest.config["base_bits"] == "4"
    assert made.manifest.metrics["held_out_loss"]["after"]["en"] < made.manifest.metrics["held_out_loss"]["before"]["en"]
    ids = torch.tensor([[5, 9, 301, 44]])
    merged, adapted = (load_policy(folder, dtype="float32")[0] for folder in (made.model, made.model / "adapter"))
    with torch.no_grad():
        assert torch.allclose(merged(input_ids=ids).logits, adapted(input_ids=ids).logits, atol=1e-4)
    assert source_of(made.path).sha256 != source_of(tiny).sha256
    embeddings = (load_policy(folder, dtype="float32")[0].get_input_embeddings().weight for folder in (made.model, tiny))
    assert torch.equal(*embeddings)


def test_rewards_and_ppo_run_over_four_bits(answered, tmp_path):
    ranked = tmp_path / "ranked.jsonl"
    ranked.write_text("".join(json.dumps({"instruction": f"Name rope {n}.", "output": ["a sheet", "no"]}) + "\n"
                              for n in range(12)), encoding="utf-8")
    words = [word for word in SMALL if word not in ("--samples", "0")]
    run("reward", ranked, "--out", tmp_path / "rm", *words)
    load_reward(tmp_path / "rm")
    run("ppo", answered, "--out", tmp_path / "ppo", "--model", "tiny", "--reward", tmp_path / "rm", "--ptx", answered,
        "--config", "ppo-smoke", "--max-steps", "1", "--samples", "0", "--base-bits", "4", "--learning-rate", "0.01")
    assert source_of(tmp_path / "ppo").sha256 != source_of("tiny").sha256


def test_four_bits_without_adapters_and_without_torchao_are_refused(tiny, monkeypatch, tmp_path):
    with pytest.raises(ConfigError, match="all weights are trained"):
        check_scale(SftOptions(base_bits="4", use_peft=False))
    import sys

    monkeypatch.setitem(sys.modules, "torchao.quantization", None)
    monkeypatch.setitem(sys.modules, "torchao.dtypes.nf4tensor", None)
    with pytest.raises(ModelError, match="pip install torchao"):
        quantized_base.quantize_base(load_policy(tiny)[0], FOUR, "cpu")
    (tmp_path / "c.yaml").write_text("base_bits: 4\n")
    assert load(SftOptions, "sft", tmp_path / "c.yaml").base_bits == "4"


def test_the_estimate_counts_half_a_byte_a_weight():
    from instructwild_trainer.devices import known_shapes

    shape = known_shapes(16)["32B (Qwen2.5)"]
    options = SftOptions(base_bits="4", per_device_train_batch_size=1, gradient_checkpointing=True)
    assert need_of(shape, options, "bfloat16").weights / GIB == pytest.approx(20, abs=2)
    assert need_of(shape, options, "bfloat16").total < 48 * GIB
