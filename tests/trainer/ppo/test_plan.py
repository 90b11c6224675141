"""What a run needs by its arithmetic: presets fit the machines they are named for."""

import dataclasses

import pytest

from instructwild_trainer.config import PRESETS, load
from instructwild_trainer.memory import GIB, Shape
from instructwild_trainer.ppo.config import PPOOptions
from instructwild_trainer.ppo.plan import need, shards_of
from instructwild_trainer.ppo.sharded import check_even

SEVEN_B = Shape(parameters=6_738_415_616, lora_parameters=39_976_960, layers=32, hidden=4096, intermediate=11008,
                vocabulary=32000, context=4096, cached=2 * 32 * 4096)
THIRTEEN_B = Shape(parameters=13_015_864_320, lora_parameters=2 * 62_586_880, layers=40, hidden=5120, intermediate=13824,
                   vocabulary=32000, context=4096, cached=2 * 40 * 5120)


@pytest.mark.parametrize("name", sorted(path.stem for path in PRESETS.glob("ppo-*.yaml")))
def test_every_preset_is_understood(name):
    options = load(PPOOptions, "ppo", name)
    assert options.response_length < options.max_length
    assert options.batch_size % options.mini_batch_size == 0


@pytest.mark.parametrize(("preset", "shape", "free"), [
    ("ppo-24gb-7b", SEVEN_B, 23.5), ("ppo-eight-gpus", dataclasses.replace(SEVEN_B, lora_parameters=79_953_920), 78),
    ("ppo-eight-gpus", THIRTEEN_B, 78)])
def test_presets_fit_the_gpus_they_are_named_for_and_full_training_does_not(preset, shape, free):
    options = load(PPOOptions, "ppo", preset)
    assert need(shape, options, "bfloat16", reward=True).total < free * GIB
    full = dataclasses.replace(options, use_peft=False)
    assert need(shape, full, "float32", reward=True).total > free * GIB


@pytest.mark.parametrize(("shape", "changes", "peak"), [
    (SEVEN_B, {}, 39.1), (SEVEN_B, {"rollout_batch_size": 32}, 51.1), (THIRTEEN_B, {}, 73.5)])
def test_all_weights_of_7b_and_13b_fit_eight_gpus_in_parts_and_one_by_no_means(shape, changes, peak):
    options = load(PPOOptions, "ppo", "ppo-full-eight-gpus", changes)
    parts = shards_of(options, 8)
    assert parts == 8
    assert need(shape, options, "bfloat16", reward=True, parts=parts).total / GIB == pytest.approx(peak, abs=0.05)
    assert need(shape, options, "bfloat16", reward=True).total > 78 * GIB
    check_even(options, parts, ptx=True)


def test_what_is_cut_is_divided_and_what_a_pass_puts_together_is_not():
    options = load(PPOOptions, "ppo", "ppo-full-eight-gpus")
    four, eight = (need(SEVEN_B, options, "bfloat16", reward=True, parts=parts) for parts in (4, 8))
    assert eight.weights == pytest.approx(SEVEN_B.parameters * (2 * 4 + 2 * 2) / 8, abs=1)
    assert eight.gradients == pytest.approx(SEVEN_B.parameters * 3 * 4 / 8, abs=1)   # policy, value and PTX
    assert eight.optimizer == pytest.approx(SEVEN_B.parameters * 2 * 8 / 8, abs=1)
    for name in ("weights", "gradients", "optimizer"):
        assert getattr(four, name) == pytest.approx(2 * getattr(eight, name), abs=2)
    many = need(SEVEN_B, dataclasses.replace(options, rollout_batch_size=64), "bfloat16", reward=True, parts=8)
    assert many.activations + many.gradients == pytest.approx(
        SEVEN_B.parameters * 2 + 64 * (1024 * SEVEN_B.cached * 2 + 32 * SEVEN_B.vocabulary), abs=2)


def test_one_base_serves_all_roles_and_separate_models_are_counted_each():
    options = PPOOptions(rollout_batch_size=1)
    base = SEVEN_B.parameters * 2
    assert need(SEVEN_B, options, "bfloat16", reward=True).weights == base + 3 * 4 * SEVEN_B.lora_parameters
    assert need(SEVEN_B, dataclasses.replace(options, value_trunk="policy"), "bfloat16",
                reward=False).weights == base + 4 * SEVEN_B.lora_parameters
    full = need(SEVEN_B, dataclasses.replace(options, use_peft=False), "float32", reward=False)
    assert full.weights == 3 * 4 * SEVEN_B.parameters
    assert full.optimizer == 2 * 8 * SEVEN_B.parameters
    assert full.gradients == 3 * 4 * SEVEN_B.parameters                              # policy, value and PTX


def test_a_long_rollout_counts_by_its_cache():
    options = PPOOptions(per_device_train_batch_size=1, gradient_checkpointing=True, value_layers=1.0)
    small, large = (need(SEVEN_B, dataclasses.replace(options, rollout_batch_size=n), "bfloat16", reward=False).activations
                    for n in (64, 128))
    assert large == 2 * small == 128 * (1024 * SEVEN_B.cached * 2 + 32 * SEVEN_B.vocabulary)


def test_a_ptx_batch_counts_where_it_has_more_rows_than_a_micro_batch():
    options = PPOOptions(per_device_train_batch_size=2, rollout_batch_size=1, value_layers=1.0)
    two, eight, without = (need(SEVEN_B, dataclasses.replace(options, **changes), "bfloat16", reward=False).activations
                           for changes in ({"ptx_batch_size": 2}, {"ptx_batch_size": 8},
                                           {"ptx_batch_size": 8, "ptx_coef": 0.0}))
    assert eight > 3 * two
    assert without == two


def test_what_the_value_models_lower_layers_gave_counts_where_it_is_kept():
    kept, computed, shared = (need(SEVEN_B, PPOOptions(**changes), "bfloat16", reward=False).activations
                              for changes in ({}, {"value_layers": 1.0}, {"value_trunk": "policy"}))
    assert kept - computed == 64 * 1024 * 4096 * 2
    assert computed == shared


def test_the_estimate_is_above_what_a_run_took():
    smollm2 = Shape(parameters=134_515_008, lora_parameters=2_442_240, layers=30, hidden=576, intermediate=1536,
                    vocabulary=49152, context=8192, cached=2 * 30 * 192)
    options = load(PPOOptions, "ppo", "ppo-demo", {"per_device_train_batch_size": 1, "gradient_checkpointing": True})
    assert 1219 * 2**20 < need(smollm2, options, "bfloat16", reward=False).total < 1.5 * GIB
