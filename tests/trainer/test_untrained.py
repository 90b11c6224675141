"""A run that changed no weight says why, with a remedy that changes some."""

from types import SimpleNamespace

import pytest
import torch

from instructwild_trainer.unchanged import is_unchanged, trained_weights, untrained


def trainer(updates, warmup):
    return SimpleNamespace(state=SimpleNamespace(max_steps=updates),
                           args=SimpleNamespace(get_warmup_steps=lambda total: min(warmup, total)))


@pytest.mark.parametrize(("updates", "warmup", "remedy"), [
    (1, 1, "--warmup-steps 0"), (1, 0, "--learning-rate"), (40, 1, "--learning-rate")])
def test_one_update_of_a_rising_rate_is_told_from_a_rate_that_is_too_small(updates, warmup, remedy):
    error = untrained(trainer(updates, warmup), "train sft")
    assert "left every weight as it was" in str(error)
    assert remedy in error.remedy


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_one_weight_that_moved_by_its_last_bit_is_a_change(dtype):
    model = torch.nn.Sequential(torch.nn.Linear(3, 2, dtype=dtype), torch.nn.Linear(2, 1, dtype=dtype))
    model[0].requires_grad_(False)
    before = trained_weights(model)
    assert set(before) == {"1.weight", "1.bias"}
    assert is_unchanged(model, before)
    with torch.no_grad():
        model[0].weight += 1                         # is not trained
        assert is_unchanged(model, before)
        model[1].weight[0, 1] = torch.nextafter(model[1].weight[0, 1], torch.tensor(9.0, dtype=dtype))
    assert not is_unchanged(model, before)


def test_a_model_whose_weights_have_other_names_is_no_unchanged_model():
    assert not is_unchanged(torch.nn.Linear(2, 1), {"score.weight": "0"})
    assert not is_unchanged(torch.nn.Linear(2, 1), {})
