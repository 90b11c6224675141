"""Rollouts by vLLM (a stand-in): the policy's adapter goes by request as it is, and another engine's odds are corrected."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from ppo_run import actors_on, loud_model, trainer_on
from torch.testing import assert_close
from transformers import AutoTokenizer

from instructwild.errors import ConfigError, MissingExtraError
from instructwild_trainer.ppo.advantages import truncated_weights
from instructwild_trainer.ppo.config import PPOOptions
from instructwild_trainer.ppo.rollout import compute_advantages
from instructwild_trainer.ppo.vllm_rollouts import VLLMRollouts, check_vllm
from tests import vllm_stub

SHORT = {"engine": "vllm", "max_length": 32, "batch_size": 4}


@pytest.fixture(scope="module")
def loud_folder(tiny_model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("loud")
    loud_model(tiny_model).save_pretrained(folder)
    AutoTokenizer.from_pretrained(tiny_model).save_pretrained(folder)
    return folder


def test_tokens_are_drawn_from_the_policy_as_it_is_at_each_update(monkeypatch, tiny_model, loud_folder, tmp_path):
    seen = vllm_stub.install(monkeypatch)
    actors = actors_on(tiny_model, stirred=True)
    trainer = trainer_on(actors, tmp_path / "run", changes=SHORT | {"response_length": 4})
    trainer.vllm = VLLMRollouts(loud_folder, trainer.options, tmp_path)
    history = trainer.train().history
    assert [figures["sampler_difference"] < 1e-4 for figures in history] == [True, True]
    assert [call.lora.lora_int_id for call in seen.calls] == [1, 2]
    assert len({each.seed for call in seen.calls for each in call.params}) == 2 * 4
    assert (seen.made["max_lora_rank"], seen.made["dtype"], seen.states) == (8, "float32", [])


def test_another_engines_rounding_becomes_a_weight_that_is_cut_off(monkeypatch, tiny_model, loud_folder, tmp_path):
    seen = vllm_stub.install(monkeypatch)
    trainer = trainer_on(actors_on(tiny_model, stirred=True), tmp_path / "run",
                         changes=SHORT | {"max_steps": 1, "response_length": 3})
    trainer.vllm = VLLMRollouts(loud_folder, trainer.options, tmp_path)
    for off, weight in ((-0.5, 1.6487), (-1.0, 2.0), (0.5, 0.6065)):
        seen.off = off
        experience, figures = trainer.roll_out(0)
        plain = compute_advantages(replace(experience, sampler_logprobs=None), trainer.options, trainer.kl.coef)
        assert_close(experience.advantages, weight * plain.advantages, atol=1e-3, rtol=1e-3)
        assert_close(experience.returns, plain.returns)
        assert figures["sampler_difference"] == pytest.approx(abs(off), abs=1e-3)
    whole = compute_advantages(experience, replace(trainer.options, importance_cap=0.0), trainer.kl.coef)
    assert_close(whole.advantages, plain.advantages)


def test_weights_by_hand():
    ours, theirs = torch.log(torch.tensor([[0.5, 0.2, 0.3]])), torch.log(torch.tensor([[0.25, 0.4, 0.05]]))
    assert_close(truncated_weights(ours, theirs, torch.tensor([[1, 1, 1]]), 2.5), torch.tensor([[2.0, 0.5, 2.5]]))
    broken = torch.tensor([[0.0, float("nan"), float("inf")]])
    assert_close(truncated_weights(broken, broken, torch.tensor([[1, 0, 0]]), 2.0), torch.tensor([[1.0, 0.0, 0.0]]))


@pytest.mark.parametrize(("changes", "world", "remedy"), [
    ({"use_peft": False}, 1, "--use-peft"), ({"algorithm": "grpo"}, 1, "--algorithm"), ({}, 2, "one process"),
    ({"base_bits": "4"}, 1, "--base-bits")])
def test_runs_that_vllm_cannot_write_for_say_so_with_a_remedy(monkeypatch, tmp_path, changes, world, remedy):
    base = SimpleNamespace(folder=tmp_path, label="base")
    with pytest.raises(MissingExtraError, match="pip install vllm"):
        check_vllm(base, PPOOptions(engine="vllm"), 1)
    check_vllm(base, PPOOptions(**changes), world)      # our own decoder
    vllm_stub.install(monkeypatch)
    check_vllm(base, PPOOptions(engine="vllm"), 1)
    with pytest.raises(ConfigError, match="this run") as error:
        check_vllm(base, PPOOptions(engine="vllm", **changes), world)
    assert remedy in str(error.value)


def test_an_adapter_that_is_not_merged_is_no_base_for_vllm(monkeypatch, tmp_path):
    vllm_stub.install(monkeypatch)
    (tmp_path / "adapter_config.json").write_text("{}")
    with pytest.raises(ConfigError, match="not merged"):
        check_vllm(SimpleNamespace(folder=tmp_path, label="base"), PPOOptions(engine="vllm"), 1)
