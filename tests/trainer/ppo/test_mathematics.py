"""The pure functions of PPO against numbers worked by hand, against plain loops, and on hostile input."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import tensor
from torch.testing import assert_close

from instructwild_trainer.ppo.advantages import gae, whiten
from instructwild_trainer.ppo.kl import AdaptiveKL, FixedKL, k1, k3, per_sequence
from instructwild_trainer.ppo.loss import policy_loss, value_loss
from instructwild_trainer.ppo.masked import masked_mean
from instructwild_trainer.ppo.ptx import ptx_loss
from instructwild_trainer.ppo.rewards import last_token, penalised, token_rewards

NAN = math.nan
DTYPES = [torch.bool, torch.int64, torch.uint8, torch.float32, torch.bfloat16, torch.float16]
MASK = tensor([[1, 1, 1], [1, 1, 0]])


def batch(rows=3, columns=5, seed=0):
    """Random [B, T] tensors and a mask whose rows end at different places."""
    generator = torch.Generator().manual_seed(seed)
    lengths = torch.randint(1, columns + 1, (rows,), generator=generator)
    mask = torch.arange(columns) < lengths.unsqueeze(1)
    return [torch.randn(rows, columns, generator=generator) for _ in range(4)], mask


def spoiled(x, mask):
    """The same on the mask; off it, the worst that padding may hold."""
    return torch.where(mask != 0, x, tensor(NAN))


def test_token_rewards_by_hand():
    rewards = token_rewards(score=tensor([7.0, -0.5]), logprobs=tensor([[-1.0, -2.0, -3.0], [-1.0, -1.0, -9.0]]),
                            ref_logprobs=tensor([[-1.5, -2.0, -2.0], [-2.0, -0.5, -1.0]]), mask=MASK, kl_coef=0.1,
                            score_clip=5.0)
    assert_close(rewards, tensor([[-0.05, 0.0, 0.1 + 5.0], [-0.1, 0.05 - 0.5, 0.0]]))


def test_gae_by_hand():
    rewards, values = tensor([[1.0, 0.0, 2.0], [0.0, 4.0, 99.0]]), tensor([[0.5, 1.0, 1.5], [2.0, 1.0, 77.0]])
    # row 0, gamma 0.9, lam 0.5: d2 = 2-1.5 = 0.5; d1 = 0+1.35-1 = 0.35, A1 = 0.35+0.45*0.5 = 0.575;
    # d0 = 1+0.9-0.5 = 1.4, A0 = 1.4+0.45*0.575 = 1.65875. row 1 ends at t=1: A1 = 3; A0 = 0+0.9-2+0.45*3 = 0.25.
    advantages, returns = gae(rewards, values, MASK, gamma=0.9, lam=0.5)
    assert_close(advantages, tensor([[1.65875, 0.575, 0.5], [0.25, 3.0, 0.0]]))
    assert_close(returns, tensor([[2.15875, 1.575, 2.0], [2.25, 4.0, 0.0]]))


def test_whiten_by_hand_with_the_biased_variance():
    assert_close(whiten(tensor([[1.0, 3.0, 5.0], [7.0, 9.0, 1e9]]), MASK),
                 tensor([[-4.0, -2.0, 0.0], [2.0, 4.0, 0.0]]) / math.sqrt(8.0))


def test_policy_loss_by_hand():
    # ratios 2, 1, 0.5 | 2, 0.5; advantages 1, -3, 1 | -1, -1. max(-A*r, -A*clip(r, .8, 1.2)):
    # -1.2 (clipped), 3, -0.5 (the plain side is larger) | 2 (plain), 0.8 (clipped)
    logprobs = tensor([[2.0, 1.0, 0.5], [2.0, 0.5, 1.0]]).log()
    loss, clipped = policy_loss(logprobs, torch.zeros(2, 3), tensor([[1.0, -3.0, 1.0], [-1.0, -1.0, 50.0]]), MASK, clip=0.2)
    assert_close(loss, tensor((-1.2 + 3 - 0.5 + 2 + 0.8) / 5))
    assert_close(clipped, tensor(2 / 5))


def test_value_loss_by_hand():
    # V 1, 0, 2 | 0.1, 3; old 0, 0, 2 | 0, 0; R 2, 1, 2 | 0, 3; clip 0.2 -> clipped V 0.2, 0, 2 | 0.1, 0.2
    # squares: max(1, 3.24), max(1, 1), 0 | max(0.01, 0.01), max(0, 7.84)
    loss, clipped = value_loss(tensor([[1.0, 0.0, 2.0], [0.1, 3.0, 8.0]]), tensor([[0.0, 0.0, 2.0], [0.0, 0.0, 0.0]]),
                               tensor([[2.0, 1.0, 2.0], [0.0, 3.0, 5.0]]), MASK, clip=0.2)
    assert_close(loss, tensor(0.5 * (3.24 + 1 + 0 + 0.01 + 7.84) / 5))
    assert_close(clipped, tensor(2 / 5))


def test_ptx_loss_by_hand():
    probabilities = tensor([[0.5, 0.25, 0.25], [0.1, 0.2, 0.7], [0.3, 0.3, 0.4], [0.9, 0.05, 0.05]])
    # labels are shifted: position 0 predicts token 1, and so on; the first token is never predicted
    labels = tensor([[2, 1, -100, 0], [-100, -100, 2, -100]])
    loss = ptx_loss(probabilities.log().expand(2, 4, 3), labels)
    assert_close(loss, tensor(-(math.log(0.25) + math.log(0.3) + math.log(0.7)) / 3))


def test_k1_and_k3_by_hand():
    logprobs, ref = tensor([[0.5, 0.25]]).log(), tensor([[0.25, 0.25]]).log()
    assert_close(k1(logprobs, ref), tensor([[math.log(2.0), 0.0]]))
    assert_close(k3(logprobs, ref), tensor([[0.5 - 1 + math.log(2.0), 0.0]]))
    assert_close(per_sequence(tensor([[1.0, 2.0, 4.0], [8.0, 16.0, 999.0]]), MASK), tensor((7 + 24) / 2))


def test_k1_and_k3_have_the_same_expectation():
    p, q = tensor([0.7, 0.2, 0.1]), tensor([0.3, 0.3, 0.4])
    exact = (p * (p / q).log()).sum()
    assert_close((p * k1(p.log(), q.log())).sum(), exact)
    assert_close((p * k3(p.log(), q.log())).sum(), exact)


@given(st.lists(st.tuples(st.floats(-60, 0, width=32), st.floats(-60, 0, width=32)), min_size=1, max_size=8))
def test_k3_is_never_negative(pairs):
    logprobs, ref = tensor(pairs).T
    assert (k3(logprobs, ref) >= 0).all()
    assert (k3(logprobs, logprobs) == 0).all()


def test_adaptive_kl_steers_by_clipped_error():
    kl = AdaptiveKL(coef=0.1, target=4.0, horizon=1000)
    kl.update(400.0, n=100)                        # error 99, held at 0.2
    assert kl.coef == pytest.approx(0.1 * 1.02)
    kl.update(0.0, n=100)                          # error -1, held at -0.2
    assert kl.coef == pytest.approx(0.1 * 1.02 * 0.98)
    kl.update(4.4, n=100)                          # error 0.1 as it is
    assert kl.coef == pytest.approx(0.1 * 1.02 * 0.98 * 1.01)
    fixed = FixedKL(0.1)
    fixed.update(400.0, n=100)
    assert fixed.coef == 0.1
    with pytest.raises(ValueError, match="above 0"):
        AdaptiveKL(coef=0.1, target=0.0, horizon=10)


@settings(max_examples=60)
@given(st.integers(1, 4), st.integers(1, 7), st.floats(0, 1), st.floats(0, 1), st.integers(0, 10**6))
def test_gae_equals_the_plain_loop_over_each_row(rows, columns, gamma, lam, seed):
    (rewards, values, *_), mask = batch(rows, columns, seed)
    advantages, returns = gae(rewards, values, mask, gamma, lam)
    for row in range(rows):
        n = int(mask[row].sum())
        deltas = [rewards[row, t] + gamma * (values[row, t + 1] if t + 1 < n else 0) - values[row, t] for t in range(n)]
        for t in range(columns):
            expected = sum((gamma * lam) ** (k - t) * deltas[k] for k in range(t, n)) if t < n else 0.0
            assert advantages[row, t].item() == pytest.approx(float(expected), abs=1e-4)
            assert returns[row, t].item() == pytest.approx(float(expected + values[row, t]) if t < n else 0.0, abs=1e-4)


@settings(max_examples=60)
@given(st.integers(0, 4), st.integers(1, 6), st.floats(0, 1), st.floats(0.05, 0.5), st.floats(0.1, 3), st.integers(0, 10**6),
       st.sampled_from(DTYPES))
def test_rewards_and_losses_equal_plain_loops_over_tokens(rows, columns, kl_coef, clip, score_clip, seed, dtype):
    (a, b, c, d), mask = batch(rows, columns, seed)
    score = 2 * a.sum(1)
    on = [(i, t) for i in range(rows) for t in range(columns) if mask[i, t]]
    last = {i: max(t for row, t in on if row == i) for i, _ in on}
    rewards = token_rewards(score, a, b, mask.to(dtype), kl_coef, score_clip)
    assert [rewards[i, t].item() for i, t in on] == pytest.approx(
        [-kl_coef * (a[i, t] - b[i, t]).item() + (t == last[i]) * max(-score_clip, min(score_clip, score[i].item()))
         for i, t in on], abs=1e-5)
    assert rewards[~mask].abs().sum() == 0
    count = max(len(on), 1)
    ratios = {place: math.exp((a[place] - b[place]).item()) for place in on}
    sides = [(-c[p].item() * ratios[p], -c[p].item() * max(1 - clip, min(1 + clip, ratios[p]))) for p in on]
    found = policy_loss(a, b, c, mask.to(dtype), clip)
    assert found[0].item() == pytest.approx(sum(map(max, sides)) / count, rel=1e-4, abs=1e-5)
    assert found[1].item() == pytest.approx(sum(clipped > plain for plain, clipped in sides) / count, abs=1e-6)
    squares = [((a[p] - d[p]).item() ** 2, (max(b[p] - clip, min(b[p] + clip, a[p])) - d[p]).item() ** 2) for p in on]
    found = value_loss(a, b, d, mask.to(dtype), clip)
    assert found[0].item() == pytest.approx(0.5 * sum(map(max, squares)) / count, rel=1e-4, abs=1e-5)


def test_gae_with_lambda_one_is_the_sum_of_rewards_to_come_minus_the_value():
    (rewards, values, *_), mask = batch()
    _, returns = gae(rewards, values, mask, gamma=1.0, lam=1.0)
    to_come = (rewards * mask).flip(1).cumsum(1).flip(1) * mask
    assert_close(returns, to_come)


@settings(max_examples=80)
@given(st.lists(st.floats(-2.0**100, 2.0**100, width=32), min_size=2, max_size=12), st.data())
def test_whitened_values_have_mean_zero_and_variance_one_or_do_not_differ(values, data):
    mask = tensor([data.draw(st.lists(st.booleans(), min_size=len(values), max_size=len(values)))])
    white = whiten(tensor([values]), mask)
    assert (white[~mask] == 0).all()
    on = white[mask]
    if on.numel() and (on != 0).any():
        assert on.mean().item() == pytest.approx(0.0, abs=1e-4)
        assert on.var(unbiased=False).item() == pytest.approx(1.0, abs=1e-3)


def test_values_that_do_not_differ_are_whitened_to_nothing():
    for same in (0.0, 0.1, 1e30, -3e-30):
        assert (whiten(torch.full((3, 1001), same), torch.ones(3, 1001)) == 0).all()
    assert (whiten(torch.randn(2, 3), torch.zeros(2, 3)) == 0).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_mask_of_any_dtype_gives_the_same_numbers(dtype):
    (a, b, c, d), mask = batch()
    score = tensor([1.0, -2.0, 3.0])
    for given_mask, expected in [(mask.to(dtype), mask)]:
        assert_close(token_rewards(score, a, b, given_mask, 0.1, 5.0), token_rewards(score, a, b, expected, 0.1, 5.0))
        assert_close(gae(a, b, given_mask, 0.9, 0.95), gae(a, b, expected, 0.9, 0.95))
        assert_close(whiten(a, given_mask), whiten(a, expected))
        assert_close(policy_loss(a, b, c, given_mask, 0.2), policy_loss(a, b, c, expected, 0.2))
        assert_close(value_loss(a, b, d, given_mask, 0.2), value_loss(a, b, d, expected, 0.2))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_results_are_fp32_whatever_comes_in(dtype):
    (a, b, c, d), mask = batch()
    a, b, c, d, score = (x.to(dtype) for x in (a, b, c, d, tensor([1.0, 2.0, 3.0])))
    found = [token_rewards(score, a, b, mask, 0.1, 5.0), *gae(a, b, mask, 1.0, 0.95), whiten(a, mask), masked_mean(a, mask),
             *policy_loss(a, b, c, mask, 0.2), *value_loss(a, b, d, mask, 0.2), k1(a, b), k3(a, b),
             penalised(score, mask[:, 0], -1.0),
             ptx_loss(torch.randn(1, 3, 4).to(dtype), tensor([[0, 1, 2]]))]
    assert [x.dtype for x in found] == [torch.float32] * len(found)


def test_what_padding_holds_changes_neither_results_nor_gradients():
    (a, b, c, d), mask = batch()
    score = tensor([1.0, -2.0, 3.0])
    sa, sb, sc, sd = (spoiled(x, mask) for x in (a, b, c, d))
    assert_close(token_rewards(score, sa, sb, mask, 0.1, 5.0), token_rewards(score, a, b, mask, 0.1, 5.0))
    assert_close(gae(sa, sb, mask, 1.0, 0.95), gae(a, b, mask, 1.0, 0.95))
    assert_close(whiten(sa, mask), whiten(a, mask))
    for loss, clean in ((lambda x: policy_loss(x, sb, sc, mask, 0.2)[0], lambda x: policy_loss(x, b, c, mask, 0.2)[0]),
                        (lambda x: value_loss(x, sb, sd, mask, 0.2)[0], lambda x: value_loss(x, b, d, mask, 0.2)[0])):
        x, y = sa.clone().requires_grad_(), a.clone().requires_grad_()
        loss(x).backward()
        clean(y).backward()
        assert_close(x.grad, y.grad)
        assert (x.grad[~mask] == 0).all()


def test_nothing_on_the_mask_is_a_loss_of_zero_with_a_graph():
    x = torch.randn(2, 3, requires_grad=True)
    none = torch.zeros(2, 3, dtype=torch.bool)
    logits = torch.randn(2, 3, 4, requires_grad=True)
    losses = [policy_loss(x, x, x, none, 0.2)[0], value_loss(x, x, x, none, 0.2)[0],
              ptx_loss(logits, torch.full((2, 3), -100))]
    assert [loss.item() for loss in losses] == [0.0, 0.0, 0.0]
    sum(losses).backward()
    assert (x.grad == 0).all()
    assert (logits.grad == 0).all()


def test_more_padding_changes_nothing():
    (a, b, c, _), mask = batch()
    wide = [torch.nn.functional.pad(x, (0, 4), value=5.0) for x in (a, b, c)]
    wide_mask = torch.nn.functional.pad(mask, (0, 4))
    assert_close(policy_loss(*wide, wide_mask, 0.2), policy_loss(a, b, c, mask, 0.2))
    for x, y in zip(gae(wide[0], wide[1], wide_mask, 0.9, 0.9), gae(a, b, mask, 0.9, 0.9), strict=True):
        assert_close(x[:, :5], y)
        assert (x[:, 5:] == 0).all()


def test_the_old_policy_and_the_advantages_get_no_gradient():
    (a, b, c, d), mask = batch()
    old, advantages = b.requires_grad_(), c.requires_grad_()
    (policy_loss(a.requires_grad_(), old, advantages, mask, 0.2)[0] + value_loss(a, old, d, mask, 0.2)[0]).backward()
    assert old.grad is None
    assert advantages.grad is None
    assert (a.grad[mask] != 0).any()


def test_the_returns_and_the_old_values_get_no_gradient():
    values, old, returns = (torch.randn(2, 3, requires_grad=True) for _ in range(3))
    value_loss(values, old, returns, torch.ones(2, 3), clip=0.2)[0].backward()
    assert values.grad is not None
    assert old.grad is None
    assert returns.grad is None


def test_at_the_sampling_policy_the_gradient_is_minus_the_mean_advantage():
    (a, _, c, _), mask = batch()
    logprobs = a.clone().requires_grad_()
    policy_loss(logprobs, a, c, mask, 0.2)[0].backward()
    assert_close(logprobs.grad, -c * mask / mask.sum())


def test_a_ratio_that_would_overflow_gives_a_finite_loss():
    for difference in (1e4, -1e4):
        logprobs = tensor([[difference]], requires_grad=True)
        loss, _ = policy_loss(logprobs, tensor([[0.0]]), tensor([[-1.0]]), tensor([[1]]), 0.2)
        loss.backward()
        assert math.isfinite(loss.item())
        assert math.isfinite(logprobs.grad.item())


def test_an_unfinished_response_gets_the_penalty_in_place_of_its_score():
    score = tensor([3.0, 3.0], dtype=torch.float16)
    assert penalised(score, tensor([True, False]), -1.0).tolist() == [3.0, -1.0]
    assert penalised(score, tensor([0, 1]), None).tolist() == [3.0, 3.0]


# The mistakes that other implementations shipped, by their number in the list of the design.


def test_mistake_2_advantages_are_estimated_token_by_token_not_as_score_minus_value():
    rewards, values = tensor([[0.0, 0.0, 1.0]]), tensor([[0.2, 0.4, 0.6]])
    advantages, _ = gae(rewards, values, torch.ones(1, 3), gamma=1.0, lam=0.0)
    assert_close(advantages, tensor([[0.2, 0.2, 0.4]]))                # V_{t+1} - V_t, not 1 - V_t
    assert not torch.allclose(advantages, 1.0 - values)


def test_mistake_3_the_score_is_given_once_and_never_to_padding():
    rewards = token_rewards(tensor([1.0, 1.0]), torch.zeros(2, 3), torch.zeros(2, 3), MASK, 0.1, 5.0)
    assert rewards.tolist() == [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0]]


def test_mistake_4_half_precision_gives_finite_losses():
    far = tensor([[-14.0, 2.0]], dtype=torch.float16, requires_grad=True)
    loss = policy_loss(far, torch.zeros(1, 2).half(), torch.ones(1, 2).half(), torch.ones(1, 2), 0.2)[0]
    ptx = ptx_loss(tensor([[[60000.0, -60000.0], [0.0, 0.0]]], dtype=torch.float16, requires_grad=True), tensor([[0, 0]]))
    (loss + ptx).backward()
    assert torch.isfinite(far.grad).all()


def test_mistake_6_the_score_is_on_the_eos_itself_and_not_on_the_token_after_it():
    eos, pad = 2, 0
    tokens = tensor([[5, 6, eos, pad, pad], [5, 6, 7, 8, 9]])
    mask = tensor([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]])
    assert tokens[last_token(mask)].tolist() == [eos, 9]
    rewards = token_rewards(tensor([1.0, 2.0]), torch.zeros(2, 5), torch.zeros(2, 5), mask, 0.1, None)
    assert rewards[0].tolist() == [0, 0, 1, 0, 0]
    assert rewards[1].tolist() == [0, 0, 0, 0, 2]


def test_a_response_without_a_token_is_rewarded_nowhere():
    assert (token_rewards(tensor([9.0]), torch.zeros(1, 3), torch.ones(1, 3), torch.zeros(1, 3), 0.1, 5.0) == 0).all()
