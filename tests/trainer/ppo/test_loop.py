"""The loop: what it adds up to, that it goes on exactly where it was, and that it stops when it must."""

import math
import time
from random import Random

import pytest
import torch
from kill import killed_after
from ppo_run import PROMPTS, same, shortest, weights
from torch.testing import assert_close

from instructwild_trainer.adapter import load_policy
from instructwild_trainer.ppo import checkpoint
from instructwild_trainer.ppo.actors import POLICY
from instructwild_trainer.ppo.separate import SeparateActors


def expected_reward(actors, liked):
    """The exact mean of `liked` over the first token of a response, over all prompts."""
    policy = actors.set_adapter(POLICY)
    probabilities = [policy(input_ids=torch.tensor([prompt])).logits[0, -1].softmax(-1) for prompt in PROMPTS]
    return (torch.stack(probabilities) @ liked).mean().item()


@pytest.mark.parametrize("shared_trunk", [False, True])
def test_training_moves_policy_and_value_and_raises_the_reward(make_trainer, shared_trunk):
    trainer = make_trainer(max_steps=4, batch_size=48, mini_batch_size=48, per_device_train_batch_size=48, num_ppo_epochs=3,
                           response_length=1, kl_coef=0.0, missing_eos_penalty="none", lr_scheduler_type="constant", ptx=(),
                           shared_trunk=shared_trunk)
    liked = (trainer.actors.base.get_input_embeddings().weight[:, 0] > 0).float()
    trainer.score = lambda experience: liked[experience.response[:, 0]]
    before, weights_before = expected_reward(trainer.actors, liked), weights(trainer)
    history = trainer.train().history
    after, weights_after = expected_reward(trainer.actors, liked), weights(trainer)
    assert after > before + 0.05
    assert all(not torch.equal(weights_before[n], weights_after[n]) for n in weights_before if "lora_B" in n or "head" in n)
    assert history[-1]["kl"] > 1e-5 > history[0]["kl"]


def test_at_the_first_step_nothing_has_moved(make_trainer):
    trainer = make_trainer(num_ppo_epochs=1, mini_batch_size=8)
    experience, figures = trainer.roll_out(0)
    assert figures["kl"] < 1e-9
    assert_close(experience.logprobs, experience.ref_logprobs, atol=1e-5, rtol=1e-5)
    [step] = trainer.read([trainer.step(experience, 0)])
    assert step["policy_clipped"] == 0
    assert step["policy_loss"] == pytest.approx(0, abs=1e-5)         # whitened advantages at ratio 1


def test_without_weight_ptx_is_plain_ppo(make_trainer):
    plain, weightless, mixed = (make_trainer(name, ptx=ptx, ptx_coef=coef) for name, ptx, coef in
                                (("plain", (), 5.0), ("zero", make_trainer().ptx, 0.0), ("mixed", make_trainer().ptx, 5.0)))
    for trainer in (plain, weightless, mixed):
        trainer.train()
    assert same(weights(plain), weights(weightless))
    assert not same(weights(plain), weights(mixed))
    assert "ptx_loss" not in plain.history[0]
    assert mixed.history[0]["ptx_grad"] > 0


def test_mistake_4_ptx_is_added_to_the_gradient_and_not_mixed_into_it(make_trainer):
    trainer = make_trainer(max_grad_norm=0.0)
    experience, _ = trainer.roll_out(0)
    gradients = {}
    for name, ptx, coef in (("ppo", (), 0.0), ("sum", trainer.ptx, 3.0), ("ptx", trainer.ptx, 1.0)):
        again = make_trainer(name, ptx=ptx, ptx_coef=coef, max_grad_norm=0.0)
        if name == "ptx":
            gradients[name] = again._ptx(0, list(again.actors.policy_parameters().values()))[1]
        else:
            again.step(experience, 0)
            gradients[name] = [p.grad for p in again.actors.policy_parameters().values()]
    for whole, ppo, ptx in zip(gradients["sum"], gradients["ppo"], gradients["ptx"], strict=True):
        assert_close(whole, ppo + 3 * ptx, atol=1e-6, rtol=1e-4)


@pytest.mark.parametrize("shared_trunk", [False, True])
def test_a_batch_of_eight_equals_two_times_four_accumulated(make_trainer, shared_trunk):
    found = []
    for size in (8, 4, 3):
        trainer = make_trainer(str(size), mini_batch_size=8, num_ppo_epochs=1, per_device_train_batch_size=size,
                               shared_trunk=shared_trunk)
        experience, _ = trainer.roll_out(0)
        [figures] = trainer.read([trainer.step(experience, 0)])
        found.append((figures, {n: p.grad.clone() for n, p in trainer.actors.parameters().items()}))
    for figures, gradients in found[1:]:
        assert figures == pytest.approx(found[0][0], abs=1e-5)
        assert_close(gradients, found[0][1], atol=1e-5, rtol=1e-4)


def test_computing_activations_twice_changes_nothing(make_trainer):
    plain, twice = (make_trainer(str(on), gradient_checkpointing=on, max_steps=2) for on in (False, True))
    plain.train()
    twice.train()
    assert_close(weights(twice), weights(plain), atol=1e-6, rtol=1e-5)


def test_running_the_value_models_lower_layers_once_a_rollout_changes_nothing(make_trainer, monkeypatch):
    cut = make_trainer("cut", num_ppo_epochs=2)
    monkeypatch.setattr("instructwild_trainer.ppo.actors.can_be_cut", lambda *_: False)
    whole = make_trainer("whole", num_ppo_epochs=2)
    assert cut.roll_out(0)[0].lower is not None
    assert whole.roll_out(0)[0].lower is None
    cut.train()
    whole.train()
    assert_close(weights(cut), weights(whole), atol=1e-5, rtol=1e-4)      # rows were padded otherwise when it was computed


@pytest.mark.parametrize("shared_trunk", [False, True])
def test_all_weights_can_be_trained_with_models_of_their_own(make_trainer, tiny_model, shared_trunk):
    policy, reference, value = (load_policy(tiny_model, dtype="float32")[0] for _ in range(3))
    actors = SeparateActors(policy, reference, None if shared_trunk else value)
    trainer = make_trainer(actors=actors, learning_rate=1e-3)
    before, frozen = weights(trainer), reference.state_dict()["model.norm.weight"].clone()
    history = trainer.train().history
    after = weights(trainer)
    assert history[0]["kl"] < 1e-6 < history[-1]["kl"]
    assert all(not torch.equal(before[name], after[name]) for name in before if "proj" in name or "head" in name)
    assert torch.equal(reference.state_dict()["model.norm.weight"], frozen)
    resumed = make_trainer(actors=SeparateActors(*(load_policy(tiny_model, dtype="float32")[0] for _ in range(2)),
                                                 None if shared_trunk else value))
    assert resumed.restore() == 2
    assert same(weights(resumed), after)


def test_all_prompts_are_asked_once_a_round(make_trainer):
    trainer = make_trainer()
    asked = [i for update in range(3) for i in trainer._rows(update)]
    assert len(asked) == 24
    for start in range(0, 24, len(PROMPTS)):
        assert sorted(asked[start:start + len(PROMPTS)]) == list(range(len(PROMPTS)))


class Killed(Exception):
    pass


@pytest.mark.parametrize("moment", ["roll_out", "step", "on_update"])
def test_mistake_10_an_interrupted_run_ends_in_the_same_weights_bit_for_bit(make_trainer, moment):
    options = {"max_steps": 3, "kl_target": 1.0, "kl_horizon": 20.0, "save_steps": 2 if moment == "step" else 1}
    whole = make_trainer("whole", **options)
    history = whole.train().history
    cut = make_trainer("cut", **options)
    calls, original = [], getattr(cut, moment)

    def dying(*given):
        calls.append(1)
        if len(calls) == 3:
            raise Killed
        return original(*given)

    setattr(cut, moment, dying)
    with pytest.raises(Killed):
        cut.train()
    resumed = make_trainer("cut", **options)
    again = resumed.train().history
    assert same(weights(whole), weights(resumed))
    timeless = [{k: v for k, v in row.items() if "second" not in k} for row in history]
    assert [{k: v for k, v in row.items() if "second" not in k} for row in again] == timeless
    assert resumed.kl.coef == whole.kl.coef != 0.05


def test_half_a_checkpoint_is_none(make_trainer, tmp_path):
    trainer = make_trainer("run")
    trainer.train()
    (tmp_path / "run" / "update-000009").mkdir()
    (tmp_path / "run" / checkpoint.TEMPORARY).mkdir()
    (tmp_path / "run" / checkpoint.TEMPORARY / checkpoint.STATE).write_text("{")
    assert checkpoint.latest(tmp_path / "run").name == "update-000002"
    assert make_trainer("run").restore() == 2
    assert make_trainer("nowhere").restore() == 0


def spoiled(after, value):
    """The usual score, until after so many updates it is `value`."""
    calls = []

    def score(experience):
        calls.append(1)
        found = shortest(experience)
        return found if len(calls) <= after else torch.full_like(found, value)
    return score


@pytest.mark.parametrize(("changes", "reason"), [
    ({"score": spoiled(2, math.nan)}, "is nan"),
    ({"kl_stop": 1e-6}, "nats per sequence, beyond kl_stop"),
    ({"entropy_stop": 100.0}, "below entropy_stop"),
    ({"endless_stop": 2, "response_length": 1}, "no response ended .* in 2 updates in a row"),
])
def test_a_run_that_must_not_go_on_stops_with_its_reason_and_its_last_good_weights(make_trainer, changes, reason):
    trainer = make_trainer("bad", max_steps=5, **changes)
    kept = {}
    trainer.on_update = lambda done, total, figures: kept.update({done: weights(trainer)})
    kept[0] = weights(trainer)
    outcome = trainer.train()
    assert __import__("re").search(reason, outcome.stopped)
    assert len(outcome.history) < 5
    assert same(weights(trainer), kept[len(outcome.history)])
    assert outcome.last is not None
    assert all(torch.isfinite(p).all() for p in trainer.actors.parameters().values())
    assert len(list((trainer.checkpoints).glob("update-*"))) >= 1


def test_a_gradient_that_is_no_number_is_never_stepped_on(make_trainer, monkeypatch):
    trainer = make_trainer("nan")
    before = weights(trainer)
    original = trainer.actors.values
    monkeypatch.setattr(trainer.actors, "values",
                        lambda *given: original(*given) * (math.nan if torch.is_grad_enabled() else 1))
    outcome = trainer.train()
    assert "is nan" in outcome.stopped
    assert same(weights(trainer), before)


def test_the_learning_rate_rises_and_falls(make_trainer):
    trainer = make_trainer(max_steps=2, warmup_steps=2.0, learning_rate=1.0, num_ppo_epochs=2)   # 2 × 4 steps
    assert [trainer._schedule(n) for n in range(8)] == pytest.approx([0.5, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125])
    assert make_trainer(lr_scheduler_type="constant", learning_rate=1.0)._schedule(7) == 1.0


def killed_again_and_again(make_trainer, kills, seed):
    """Runs that are killed with -9 at seeded random moments, two times each, and then let end: the weights of each."""
    random, began, number = Random(seed), time.monotonic(), 0
    make_trainer("timed", **KILLED).train()
    whole = time.monotonic() - began
    while kills > 0:
        number += 1
        for _ in range(2):
            kills -= killed_after(random.uniform(0, whole), make_trainer(f"killed-{number}", **KILLED).train)
        resumed = make_trainer(f"killed-{number}", **KILLED)
        resumed.train()
        yield weights(resumed)


KILLED = {"max_steps": 3, "kl_target": 1.0, "kl_horizon": 20.0, "batch_size": 4, "mini_batch_size": 2,
          "whiten_rewards": True}


def test_a_run_killed_with_signal_9_ends_in_the_same_weights_bit_for_bit(make_trainer):
    whole = make_trainer("whole", **KILLED)
    whole.train()
    for found in killed_again_and_again(make_trainer, kills=2, seed=1):
        assert same(found, weights(whole))


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_slow_twenty_four_kills_at_random_moments_change_no_bit(make_trainer):
    whole = make_trainer("whole", **KILLED)
    whole.train()
    found = list(killed_again_and_again(make_trainer, kills=24, seed=2))
    assert len(found) >= 12
    assert all(same(one, weights(whole)) for one in found)
