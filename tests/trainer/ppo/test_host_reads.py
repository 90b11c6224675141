"""A step of PPO leaves its figures where they were made: on a GPU every look at one would wait for all that was launched."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch.testing import assert_close

from instructwild_trainer.ppo.config import PPOOptions
from instructwild_trainer.ppo.plan import tokens_at_once
from instructwild_trainer.ppo.watch import Stopped

LOOKS = ("item", "tolist", "__bool__", "__int__", "__float__", "__index__", "numpy", "nonzero")
ELSEWHERE = {"cycled", "answer_positions", "flat_rows", "_flat_forward", "attention", "_ignore_causal_mask_sdpa"}
"""Functions that look at tensors which are on the CPU whatever the models' device is; attention over documents, which on a
GPU hands their bounds to a kernel; and, the last, none of ours, that in which transformers asks at the head of a pass
whether its rows are padded. AdamW is fused on a GPU, and asks nothing."""


@pytest.fixture
def looks(monkeypatch):
    """Where tensors were looked at since the list was cleared: (function, line of code)."""
    seen = []

    def watched(name, original):
        def look(tensor, *args, **kwargs):
            frame = sys._getframe(1)
            names = set()
            while frame is not None:
                names.add(frame.f_code.co_name)
                frame = frame.f_back
            caller = sys._getframe(1)
            path = Path(caller.f_code.co_filename)
            if not names & ELSEWHERE and path.parent.name != "optim":
                seen.append((name, path.name, caller.f_lineno))
            return original(tensor, *args, **kwargs)
        return look

    for name in LOOKS:
        monkeypatch.setattr(torch.Tensor, name, watched(name, getattr(torch.Tensor, name)))
    return seen


@pytest.mark.parametrize(("shared_trunk", "flat"), [(False, False), (True, False), (False, True), (True, True)])
def test_no_figure_is_read_within_a_step_and_all_are_after_it(make_trainer, looks, shared_trunk, flat):
    trainer = make_trainer(per_device_train_batch_size=2, max_grad_norm=1.0, shared_trunk=shared_trunk)
    assert not flat or trainer.actors.read_flat()
    experience, _ = trainer.roll_out(0)
    minibatch = experience.pick(range(len(experience)))
    looks.clear()
    figures = trainer.step(minibatch, 0)
    assert looks == []
    trainer.read([figures])
    assert {name for name, *_ in looks} == {"tolist"}


def test_micro_batches_by_tokens_are_all_rows_once_within_the_budget_and_give_the_same_gradients(make_trainer, monkeypatch):
    by_rows, by_tokens = (make_trainer(name, per_device_train_batch_size=2, num_ppo_epochs=1) for name in ("rows", "tokens"))
    experience, _ = by_rows.roll_out(0)
    budget = 2 * max(map(sum, zip(*experience.sizes, strict=True)))
    parts = list(experience.micro_batches(2, budget))
    assert sorted(row for rows, _ in parts for row in rows.tolist()) == list(range(len(experience)))
    assert all(len(part) <= 2 or part.prompt.shape[1] * len(part) + part.response.numel() <= budget for _, part in parts)
    assert len(parts) <= len(list(experience.micro_batches(2)))
    by_rows.step(experience, 0)
    monkeypatch.setattr("instructwild_trainer.ppo.loop.tokens_at_once", lambda *_: 10**6)     # all at once
    by_tokens.step(experience, 0)
    assert_close({name: p.grad for name, p in by_tokens.actors.parameters().items()},
                 {name: p.grad for name, p in by_rows.actors.parameters().items()}, atol=1e-5, rtol=1e-4)


def test_tokens_are_counted_on_a_gpu_only_and_never_where_processes_make_each_pass_together():
    options = PPOOptions(per_device_train_batch_size=2, max_length=300)
    gpu, cpu = torch.device("cuda"), torch.device("cpu")
    assert tokens_at_once(options, SimpleNamespace(device=gpu, in_parts=False)) == 600
    assert tokens_at_once(options, SimpleNamespace(device=gpu, in_parts=True)) == 0
    assert tokens_at_once(options, SimpleNamespace(device=cpu, in_parts=False)) == 0


def test_a_figure_that_is_no_number_stops_an_update_though_it_is_read_at_its_end(make_trainer, monkeypatch):
    trainer = make_trainer()
    broken = trainer.actors.values
    monkeypatch.setattr(trainer.actors, "values", lambda *args: broken(*args) * float("nan"))
    experience, _ = make_trainer("whole").roll_out(0)
    with pytest.raises(Stopped, match="value_loss is nan"):
        trainer.learn(0, experience)
