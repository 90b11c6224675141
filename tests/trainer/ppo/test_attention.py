"""Attention by plain products is the attention it stands in for."""

from unittest import mock

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from peft import LoraConfig
from torch.nn.functional import scaled_dot_product_attention
from torch.testing import assert_close

from instructwild_trainer import lora
from instructwild_trainer.adapter import load_policy
from instructwild_trainer.ppo import attention
from instructwild_trainer.ppo.actors import POLICY, Actors
from instructwild_trainer.ppo.attention import NAME, attend
from instructwild_trainer.ppo.rollout import generate
from instructwild_trainer.ppo.tokens import token_logprobs


@settings(max_examples=60)
@given(st.integers(1, 3), st.sampled_from([(4, 4), (4, 2), (6, 2), (3, 1)]), st.integers(1, 5), st.integers(0, 4),
       st.booleans(), st.sampled_from([1, 2, 128]), st.integers(0, 10**6))
def test_it_equals_torchs_fused_kernel_on_every_shape(batch, heads, queries, earlier, masked, block, seed):
    with mock.patch.object(attention, "BLOCK", block):
        check(batch, heads, queries, earlier, masked, seed)


def check(batch, heads, queries, earlier, masked, seed):
    draw = torch.Generator().manual_seed(seed)
    keys = queries + earlier
    q = torch.randn(batch, heads[0], queries, 8, generator=draw)
    k, v = torch.randn(2, batch, heads[1], keys, 8, generator=draw)
    causal = torch.ones(queries, keys, dtype=torch.bool).tril(earlier)
    mask = causal.expand(batch, 1, queries, keys).clone()
    if masked:
        mask[0, :, :, 0] = False                       # the first row is padded on the left
        mask[0, :, :, -1] = True                       # and no query is left with nothing to see
    expected = scaled_dot_product_attention(q, k, v, attn_mask=mask, scale=0.3, enable_gqa=True).transpose(1, 2)
    found, weights = attend(torch.nn.Module(), q, k, v, mask if masked or (earlier and queries > 1) else None, scaling=0.3)
    assert weights is None
    assert_close(found, expected, atol=1e-5, rtol=1e-5)


def test_a_mask_that_lets_queries_see_later_keys_is_heeded():
    q = torch.randn(1, 2, 4, 8)
    all_of_it = torch.ones(1, 1, 4, 4, dtype=torch.bool)
    with mock.patch.object(attention, "BLOCK", 1):
        found, _ = attend(torch.nn.Module(), q, q, q, all_of_it)
    assert_close(found, scaled_dot_product_attention(q, q, q).transpose(1, 2))


def test_a_query_that_sees_nothing_gets_no_nan():
    q = torch.randn(1, 2, 3, 8)
    nothing = torch.zeros(1, 1, 3, 3, dtype=torch.bool)
    assert attend(torch.nn.Module(), q, q, q, nothing)[0].isfinite().all()


@pytest.mark.parametrize("more", [{"dropout": 0.5}, {"is_causal": False}])
def test_what_it_does_not_know_is_left_to_the_fused_kernel(more, monkeypatch):
    import transformers.integrations.sdpa_attention as theirs

    monkeypatch.setattr(theirs, "sdpa_attention_forward", lambda *given, **kwargs: "theirs")
    q = torch.randn(1, 2, 3, 8)
    assert attend(torch.nn.Module(), q, q, q, None, **more) == "theirs"


def test_a_model_in_bfloat16_uses_it_in_every_pass_and_agrees_with_itself_in_fp32(tiny_model):
    found = {}
    for dtype in (torch.float32, torch.bfloat16):
        base, _ = load_policy(tiny_model, dtype=dtype)
        actors = Actors(base, LoraConfig(r=2, target_modules="all-linear", task_type="CAUSAL_LM"))
        assert (base.config._attn_implementation == NAME) == (dtype == torch.bfloat16)
        if dtype == torch.float32:
            said = generate(actors, POLICY, [[5, 6, 7, 8], [9], [11, 12]], range(3), length=6, stop_ids=(2,), pad=0, seed=1)
        found[dtype] = token_logprobs(actors.predict(POLICY, said).logits, said.response, 1.0)
    assert_close(found[torch.bfloat16], found[torch.float32], atol=0.05, rtol=0.05)


def test_adapters_on_a_base_in_bfloat16_are_kept_in_fp32_compute_in_bfloat16_and_learn_in_fp32(tiny_model, monkeypatch):
    base, _ = load_policy(tiny_model, dtype=torch.bfloat16)
    actors = Actors(base, LoraConfig(r=2, target_modules="all-linear", task_type="CAUSAL_LM"))
    seen, multiply = [], lora._Fused.apply

    def noted(x, weight, bias, first, second, scale):
        out = multiply(x, weight, bias, first, second, scale)
        seen.append({tensor.dtype for tensor in (x, weight, first, second, out)})
        return out

    monkeypatch.setattr(lora._Fused, "apply", noted)
    said = generate(actors, POLICY, [[5, 6, 7, 8], [9]], range(2), length=4, stop_ids=(2,), pad=0, seed=1)
    token_logprobs(actors.predict(POLICY, said).logits, said.response, 1.0).sum().backward()
    assert seen
    assert all(dtypes == {torch.bfloat16} for dtypes in seen)
    assert {(p.dtype, p.grad.dtype) for p in actors.policy_parameters().values()} == {(torch.float32, torch.float32)}
