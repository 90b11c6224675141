"""A run that changed no weight says why, with a remedy that changes some."""

from types import SimpleNamespace

import pytest

from instructwild_trainer.fit import untrained


def trainer(updates, warmup):
    return SimpleNamespace(state=SimpleNamespace(max_steps=updates),
                           args=SimpleNamespace(get_warmup_steps=lambda total: min(warmup, total)))


@pytest.mark.parametrize(("updates", "warmup", "remedy"), [
    (1, 1, "--warmup-steps 0"), (1, 0, "--learning-rate"), (40, 1, "--learning-rate")])
def test_one_update_of_a_rising_rate_is_told_from_a_rate_that_is_too_small(updates, warmup, remedy):
    error = untrained(trainer(updates, warmup), "train sft")
    assert "left every weight as it was" in str(error)
    assert remedy in error.remedy
