"""The ranking loss against numbers worked by hand."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import logsigmoid

from instructwild_trainer.reward.loss import centring_loss, ranking_loss


def loss_of(scores, group, rank, weight=None, dtype=torch.float32):
    weights = None if weight is None else torch.tensor(weight)
    return ranking_loss(torch.tensor(scores, dtype=dtype), torch.tensor(group), torch.tensor(rank), weights)


def test_three_candidates_give_the_mean_of_their_three_pairs():
    # margins 1, 3 and 2: log(1 + e^-1) = 0.313262, log(1 + e^-3) = 0.048587, log(1 + e^-2) = 0.126928
    assert loss_of([2.0, 1.0, -1.0], [7, 7, 7], [1, 2, 3]).item() == pytest.approx(0.162926, abs=1e-6)


def test_each_prompt_counts_once_however_many_candidates_it_has():
    three, two = loss_of([2.0, 1.0, -1.0], [0, 0, 0], [1, 2, 3]), loss_of([0.0, 1.0], [0, 0], [1, 2])
    assert two.item() == pytest.approx(1.313262, abs=1e-6)
    both = loss_of([2.0, 0.0, 1.0, 1.0, -1.0], [5, 9, 5, 9, 5], [1, 1, 2, 2, 3])
    assert both.item() == pytest.approx((three.item() + two.item()) / 2, abs=1e-6)


def test_a_tie_gives_no_pair():
    # only (a, c) and (b, c) count, at margins 1 and 4
    expected = (math.log1p(math.exp(-1)) + math.log1p(math.exp(-4))) / 2
    assert loss_of([1.0, 4.0, 0.0], [0, 0, 0], [1, 1, 2]).item() == pytest.approx(expected, abs=1e-6)


def test_all_tied_rankings_train_nothing():
    scores = torch.tensor([3.0, -1.0, 2.0], requires_grad=True)
    loss = ranking_loss(scores, torch.tensor([0, 0, 1]), torch.tensor([1, 1, 1]))
    loss.backward()
    assert loss.item() == 0.0
    assert scores.grad.tolist() == [0.0, 0.0, 0.0]


def test_a_prompt_without_a_pair_leaves_the_mean_of_the_others_alone():
    alone = loss_of([1.0, 0.0], [0, 0], [1, 2])
    assert loss_of([1.0, 0.0, 5.0, 5.0, 9.0], [0, 0, 1, 1, 2], [1, 2, 1, 1, 1]).item() == pytest.approx(alone.item())


@given(better=st.floats(-30, 30), worse=st.floats(-30, 30))
def test_two_candidates_are_bradley_terry(better, worse):
    expected = -logsigmoid(torch.tensor(better) - torch.tensor(worse)).item()
    assert loss_of([better, worse], [0, 0], [1, 2]).item() == pytest.approx(expected, abs=1e-5)


def by_loop(scores, group, rank):
    prompts = []
    for prompt in sorted(set(group)):
        pairs = [math.log1p(math.exp(scores[j] - scores[i])) for i in range(len(scores)) for j in range(len(scores))
                 if group[i] == group[j] == prompt and rank[i] < rank[j]]
        if pairs:
            prompts.append(sum(pairs) / len(pairs))
    return sum(prompts) / len(prompts) if prompts else 0.0


@settings(max_examples=60)
@given(st.lists(st.tuples(st.floats(-8, 8), st.integers(0, 3), st.integers(1, 4)), min_size=1, max_size=14))
def test_vectorised_equals_the_loop(rows):
    scores, group, rank = (list(column) for column in zip(*rows, strict=True))
    assert loss_of(scores, group, rank).item() == pytest.approx(by_loop(scores, group, rank), abs=1e-5)


@given(shift=st.floats(-5, 5))
def test_only_differences_of_scores_count(shift):
    moved = loss_of([2.0 + shift, 1.0 + shift, -1.0 + shift], [0, 0, 0], [1, 2, 3])
    assert moved.item() == pytest.approx(loss_of([2.0, 1.0, -1.0], [0, 0, 0], [1, 2, 3]).item(), abs=1e-5)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_scores_with_wide_margins_stay_finite(dtype):
    # log(sigmoid(x)) in fp16 is -inf from a margin of -12 on, and its gradient NaN (ColossalAI #3490)
    scores = torch.tensor([-6.0, 6.0, -3000.0, 3000.0], dtype=dtype, requires_grad=True)
    loss = ranking_loss(scores, torch.tensor([0, 0, 1, 1]), torch.tensor([1, 2, 1, 2]))
    loss.backward()
    assert loss.dtype == torch.float32
    assert loss.item() == pytest.approx((12.0 + 6000.0) / 2, rel=1e-2)
    assert scores.grad.isfinite().all()
    assert scores.grad.float().abs().min() > 0.2


@pytest.mark.parametrize("dtype", [torch.bool, torch.uint8, torch.int8, torch.int16, torch.uint16, torch.int32, torch.int64])
def test_groups_and_ranks_of_any_integer_type_give_the_same(dtype):
    group, rank = torch.tensor([1, 0, 1, 0]), torch.tensor([0, 1, 1, 0])
    scores = torch.tensor([2.0, 0.0, 1.0, 1.0])
    assert torch.equal(ranking_loss(scores, group.to(dtype), rank.to(dtype)), ranking_loss(scores, group, rank))


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("rank", [[1, 2, 2], [1, 1, 1]])
def test_the_loss_is_in_fp32_whatever_the_scores_are_in(dtype, rank):
    scores = torch.tensor([1.0, 0.0, 3.0], dtype=dtype, requires_grad=True)
    loss = ranking_loss(scores, torch.zeros(3, dtype=torch.int32), torch.tensor(rank))
    loss.backward()
    assert (loss.dtype, loss.shape, scores.grad.dtype) == (torch.float32, (), dtype)


@pytest.mark.parametrize("scores", [[], [5.0], [float("inf"), float("nan")]])
def test_without_a_pair_the_loss_is_0_with_a_graph_whatever_the_scores(scores):
    given = torch.tensor(scores, requires_grad=True)
    loss = ranking_loss(given, torch.arange(len(scores)), torch.ones(len(scores), dtype=torch.long))
    loss.backward()
    assert loss.item() == 0.0
    assert given.grad.tolist() == [0.0] * len(scores)


def test_a_prompt_without_a_pair_poisons_no_other():
    scores = torch.tensor([1.0, 0.0, float("nan")], requires_grad=True)
    loss = ranking_loss(scores, torch.tensor([0, 0, 1]), torch.tensor([1, 2, 1]))
    loss.backward()
    assert loss.isfinite()
    assert scores.grad.isfinite().all()


@pytest.mark.parametrize("shapes", [((4, 1), (4,), (4,)), ((4,), (3,), (4,)), ((4,), (4,), (1,)), ((2, 2), (2, 2), (2, 2)),
                                    ((), (), ())])
def test_shapes_that_would_be_broadcast_into_something_else_are_refused(shapes):
    scores, group, rank = (torch.ones(shape) for shape in shapes)
    with pytest.raises(ValueError, match="vectors of one length"):
        ranking_loss(scores, group.long(), rank.long())


def test_a_weight_says_how_much_a_prompt_counts():
    first, second = loss_of([1.0, 0.0], [0, 0], [1, 2]).item(), loss_of([0.0, 2.0], [0, 0], [1, 2]).item()
    weighted = loss_of([1.0, 0.0, 0.0, 2.0], [0, 0, 1, 1], [1, 2, 1, 2], [3.0, 3.0, 1.0, 1.0])
    assert weighted.item() == pytest.approx((3 * first + second) / 4, abs=1e-6)
    alike = loss_of([1.0, 0.0, 0.0, 2.0], [0, 0, 1, 1], [1, 2, 1, 2], [2.0] * 4)
    assert alike.item() == pytest.approx((first + second) / 2, abs=1e-6)


def test_gradient_pushes_the_better_answer_up_and_the_worse_down():
    scores = torch.zeros(3, requires_grad=True)
    ranking_loss(scores, torch.zeros(3, dtype=torch.long), torch.tensor([2, 1, 3])).backward()
    assert scores.grad[1] < 0 < scores.grad[2]
    assert scores.grad.sum().item() == pytest.approx(0.0, abs=1e-7)


def test_centring_is_the_squared_mean_of_each_prompt():
    loss = centring_loss(torch.tensor([1.0, 3.0, -2.0]), torch.tensor([0, 0, 1]))
    assert loss.item() == pytest.approx((4.0 + 4.0) / 2)
