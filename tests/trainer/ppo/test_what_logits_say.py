"""Log-probabilities worked out a row at a time are those of log_softmax, and so is their gradient."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.testing import assert_close

from instructwild_trainer.ppo.tokens import token_entropy, token_logprobs


def plainly(logits, tokens, temperature):
    return (logits.float() / temperature).log_softmax(-1).gather(-1, tokens.unsqueeze(-1)).squeeze(-1)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@given(st.integers(0, 3), st.integers(0, 4), st.integers(1, 9), st.sampled_from([0.1, 0.7, 1.0, 3.0]), st.integers(0, 10**6))
def test_they_and_their_gradient_are_those_of_log_softmax(dtype, rows, length, words, temperature, seed):
    draw = torch.Generator().manual_seed(seed)
    logits = (5 * torch.randn(rows, length, words, generator=draw)).to(dtype)
    tokens, weights = torch.randint(words, (rows, length), generator=draw), torch.randn(rows, length, generator=draw)
    found = []
    for way in (token_logprobs, plainly):
        leaf = logits.clone().requires_grad_()
        logprobs = way(leaf, tokens, temperature)
        (logprobs * weights).sum().backward()
        found.append((logprobs.detach(), leaf.grad))
    assert found[0][1].dtype == dtype
    near = 1e-5 if dtype == torch.float32 else 2e-2
    assert_close(found[0], found[1], atol=near / min(temperature, 1.0), rtol=near)   # what is divided by it, rounding too


def test_by_hand():
    logits = torch.tensor([[[0.0, 0.0, 0.0, 0.0]]], requires_grad=True)
    logprobs = token_logprobs(logits, torch.tensor([[2]]), 0.5)
    logprobs.sum().backward()
    assert_close(logprobs.detach(), torch.tensor([[-1.3862944]]))
    assert_close(logits.grad, torch.tensor([[[-0.5, -0.5, 1.5, -0.5]]]))
    assert_close(token_entropy(logits, 0.5), torch.tensor([[1.3862944]]))


def test_what_came_in_is_left_as_it_was():
    logits, tokens = torch.randn(2, 3, 5), torch.zeros(2, 3, dtype=torch.long)
    before = logits.clone()
    token_logprobs(logits, tokens, 0.7)
    token_entropy(logits, 0.7)
    assert torch.equal(logits, before)
