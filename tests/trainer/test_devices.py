"""What a run takes on GPUs that are not here: by hand for one model, strategies in order, and the files to launch."""

import json

import pytest
from accelerate.commands.config.config_args import load_config_from_file
from typer.testing import CliRunner

from instructwild.errors import ConfigError
from instructwild_trainer.cli import train
from instructwild_trainer.config import PRESETS, SftOptions
from instructwild_trainer.devices import STRATEGIES, device_plans, known_shapes, launch_command, need_per_rank, transformer
from instructwild_trainer.memory import GIB, shape_of

BY_LAUNCH = {strategy.name: strategy for strategy in STRATEGIES}
OPTIONS = SftOptions(per_device_train_batch_size=1, gradient_checkpointing=True)
SHAPES = known_shapes(16)


def test_the_sizes_of_a_model_follow_from_its_config(tiny):
    real = shape_of(tiny, SftOptions(lora_r=4))
    made = transformer(real.layers, real.hidden, real.intermediate, real.vocabulary, 32, tied=True, lora_r=4)
    assert (made.parameters, made.lora_parameters, made.cached) == (real.parameters, real.lora_parameters, real.cached)


@pytest.mark.parametrize(("name", "billions"), [
    ("1B (Llama-3.2)", 1.236), ("3B (Llama-3.2)", 3.213), ("8B (Llama-3.1)", 8.030), ("14B (Qwen2.5)", 14.77),
    ("32B (Qwen2.5)", 32.76), ("70B (Llama-3.1)", 70.55)])
def test_known_models_have_their_published_numbers_of_weights(name, billions):
    assert SHAPES[name].parameters / 1e9 == pytest.approx(billions, rel=1e-3)


def test_state_is_counted_by_the_weight():
    shape = SHAPES["8B (Llama-3.1)"]

    def per_weight(name, gpus):
        need, host = need_per_rank(BY_LAUNCH[name], shape, OPTIONS, gpus)
        return (need.weights + need.gradients + need.optimizer) / shape.parameters, host / shape.parameters

    assert per_weight("all weights, DDP", 1)[0] == pytest.approx(6 + 4 + 8)
    assert per_weight("all weights, DDP", 8)[0] == pytest.approx(6 + 8 + 8)
    assert per_weight("all weights, FSDP2", 8)[0] == pytest.approx(16 / 8)
    assert per_weight("all weights, ZeRO-2", 8)[0] == pytest.approx(2 + 14 / 8)
    assert per_weight("all weights, ZeRO-3 with CPU offload", 8) == (0, pytest.approx(18 / 8))


def test_more_gpus_never_need_more_each():
    for strategy in STRATEGIES[1:]:
        for shape in SHAPES.values():
            four, eight = (need_per_rank(strategy, shape, OPTIONS, gpus)[0].total for gpus in (4, 8))
            assert eight <= four


@pytest.mark.parametrize(("gpus", "gib", "take"), [
    (8, 80, {"1B (Llama-3.2)": "DDP", "14B (Qwen2.5)": "FSDP2", "70B (Llama-3.1)": "ZeRO-3"}),
    (1, 80, {"1B (Llama-3.2)": "DDP", "14B (Qwen2.5)": "ZeRO-3"}), (1, 4, {"70B (Llama-3.1)": None})])
def test_the_simplest_strategy_that_fits_is_taken(gpus, gib, take):
    options = SftOptions(use_peft=False, per_device_train_batch_size=1, gradient_checkpointing=True)
    plans = {plan.model: plan for plan in device_plans(SHAPES, options, gpus, gib)}
    for name, strategy in take.items():
        plan = plans[name]
        assert (plan.take and strategy in plan.take.name) if strategy else plan.take is None
        if plan.take:
            assert plan.peaks[plan.take.name].total <= gib * GIB


def test_every_strategy_has_its_file_which_accelerate_reads(tmp_path, monkeypatch):
    for strategy in STRATEGIES:
        config = load_config_from_file(str(PRESETS / "accelerate" / f"{strategy.launch}.yaml"))
        assert config.num_processes == 8
        assert f"{strategy.launch}.yaml --num_processes 4 " in launch_command(strategy, "sft", 4)
    assert launch_command(STRATEGIES[0], "sft", 1) == "instructwild train sft"


def test_the_dry_run_reads_no_data_and_needs_no_gpu():
    words = ["sft", "nowhere.json", "--out", "x", "--dry-run", "--gpus", "2", "--gpu-memory", "24", "--model", "tiny"]
    result = CliRunner().invoke(train, [*words, "--json"])
    assert result.exit_code == 0, result.output
    plan = json.loads(result.stdout)
    assert [model["model"] for model in plan["models"]] == ["tiny", *SHAPES]
    assert plan["models"][0]["take"] == "LoRA, DDP"
    with pytest.raises(ConfigError, match="add --dry-run"):
        CliRunner().invoke(train, ["sft", "x", "--out", "x", "--gpus", "2"], catch_exceptions=False)


def test_where_weights_are_shared_out_on_cpus_a_model_is_measured_in_place(monkeypatch):
    import torch

    from instructwild_trainer import placement

    monkeypatch.setattr(placement, "shard_count", lambda: 2)
    monkeypatch.setattr(placement, "device", lambda: "cpu")
    layer = torch.nn.Linear(3, 2)
    with placement.placed(layer) as model:
        assert model is layer
        assert not hasattr(layer, "_hf_hook")
        assert not layer.weight.is_meta
