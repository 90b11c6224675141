"""Packed rows do not see one another: each token has the probability that it has when its row is alone."""

import itertools

import pytest
import torch
from chats import PAIRS, conversation

from instructwild.errors import ModelError
from instructwild_trainer.adapter import load_chat, load_policy, source_of
from instructwild_trainer.packing import attend_by_document, bounds_or_mask, check_apart


@pytest.fixture(scope="module")
def chat():
    return load_chat(source_of("tiny"))


@pytest.fixture
def model():
    return load_policy("tiny")[0].eval()


def joined(rows):
    """Rows one after another, as TRL's collator gives them to a model."""
    from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

    batch = DataCollatorForLanguageModeling(pad_token_id=0, padding_free=True)(
        [{"input_ids": row.input_ids, "labels": row.labels} for row in rows])
    return {key: value for key, value in batch.items() if key != "labels"}


@torch.no_grad()
def logits(model, **inputs):
    return model(**inputs, use_cache=False).logits


def alone(model, rows):
    return torch.cat([logits(model, input_ids=torch.tensor([row.input_ids])) for row in rows], 1)


def test_a_packed_token_has_the_probabilities_it_has_alone(model, chat):
    rows = [chat.encode(conversation(question, answer * n)) for n, (question, answer) in enumerate(PAIRS, 1)]
    expected = alone(model, rows)
    assert attend_by_document(model)
    assert torch.allclose(logits(model, **joined(rows)), expected, atol=1e-6)
    seen_by_all = logits(model, input_ids=joined(rows)["input_ids"])    # what the first row's end would do to the others
    assert not torch.allclose(seen_by_all, expected, atol=1e-2)


def test_no_gradient_flows_from_one_row_into_another(model, chat):
    rows = [chat.encode(conversation(*pair)) for pair in PAIRS[:2]]
    attend_by_document(model)
    batch = joined(rows)
    words = model.get_input_embeddings()(batch.pop("input_ids")).detach().requires_grad_()
    first = len(rows[0].input_ids)
    model(inputs_embeds=words, **batch, use_cache=False).logits[0, first:].sum().backward()
    assert words.grad[0, :first].abs().max() == 0
    assert words.grad[0, first:].abs().max() > 0


def test_what_is_not_packed_is_computed_as_before(model, chat):
    ids = torch.tensor([chat.encode(conversation(*PAIRS[0])).input_ids] * 2)
    mask = torch.ones_like(ids)
    mask[1, -4:] = 0
    inputs = [{"input_ids": ids}, {"input_ids": ids, "attention_mask": mask}, {"input_ids": ids[:1]}]
    before = [logits(model, **given) for given in inputs]
    written = model.generate(ids[:1], max_new_tokens=4, do_sample=False)
    attend_by_document(model)
    assert all(torch.equal(logits(model, **given), found) for given, found in zip(inputs, before, strict=True))
    assert torch.equal(model.generate(ids[:1], max_new_tokens=4, do_sample=False), written)


def test_a_window_that_cuts_documents_keeps_its_mask(chat):
    from transformers import MistralConfig, MistralForCausalLM

    torch.manual_seed(0)
    model = MistralForCausalLM(MistralConfig(
        vocab_size=1024, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, sliding_window=8, pad_token_id=0)).eval()
    rows = [chat.encode(conversation(*pair)) for pair in PAIRS]
    expected = alone(model, rows)
    attend_by_document(model)
    assert torch.allclose(logits(model, **joined(rows)), expected, atol=1e-6)


def test_a_model_with_a_kernel_of_its_own_is_left_as_it_is(model):
    model.set_attn_implementation("eager")
    assert not attend_by_document(model)
    assert model.config._attn_implementation == "eager"


def test_bounds_are_where_positions_begin_anew():
    positions = torch.tensor([0, 1, 2, 0, 0, 1])
    part = torch.tensor([0, 0, 0, 1, 2, 2])

    def sees(_, __, query, key):
        return (part[query] == part[key]) & (positions[key] <= positions[query])

    assert bounds_or_mask(1, 6, 6, mask_function=sees, allow_is_causal_skip=False).tolist() == [0, 3, 4, 6]


def test_a_model_that_keeps_packed_rows_apart_is_told_by_asking_it(model):
    attend_by_document(model)
    check_apart(model, "tiny")
    assert not model.training


@pytest.mark.parametrize("kind", ["opt", "mamba2"])
def test_a_model_in_which_packed_rows_see_each_other_is_refused(kind):
    from transformers import AutoConfig, AutoModelForCausalLM

    sizes = {"opt": {"num_attention_heads": 4, "ffn_dim": 64, "word_embed_proj_dim": 32},
             "mamba2": {"num_heads": 8, "head_dim": 8, "state_size": 8, "n_groups": 1, "chunk_size": 8}}
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(kind, vocab_size=512, hidden_size=32, num_hidden_layers=2,
                                                                **sizes[kind]))
    attend_by_document(model)
    with pytest.raises(ModelError, match="packed rows"):
        check_apart(model, kind)


def test_positions_that_are_counted_over_the_whole_row_are_noticed():
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(0)
    model = GPT2LMHeadModel(GPT2Config(vocab_size=512, n_embd=32, n_layer=2, n_head=2, n_positions=64))
    assert attend_by_document(model)
    check_apart(model, "gpt2")
    table = model.transformer.wpe.forward
    model.transformer.wpe.forward = lambda positions: table(torch.arange(positions.shape[-1])[None])
    with pytest.raises(ModelError, match="its place"):
        check_apart(model, "gpt2")


@pytest.mark.parametrize("newer", [True, False])
def test_the_kernel_for_unequal_lengths_gives_what_each_document_gives_alone(monkeypatch, newer):
    """On a CPU with the kernel's two interfaces, of torch 2.10 and of later ones, by PyTorch's own attention."""
    from torch.nn.attention import varlen

    from instructwild_trainer import packing

    def documents(query, key, value, bounds, other, longest, grouped, scale):
        assert longest == query.shape[0]
        assert bounds.dtype == other.dtype == torch.int32
        ends = bounds.tolist()
        return torch.cat([torch.nn.functional.scaled_dot_product_attention(
            *(states[a:b].transpose(0, 1)[None] for states in (query, key, value)), is_causal=True, enable_gqa=grouped,
            scale=scale)[0].transpose(0, 1) for a, b in itertools.pairwise(ends)])

    def later(query, key, value, cu_seq_q, cu_seq_k, max_q, max_k, *, window_size=(-1, -1), enable_gqa=False, scale=None):
        assert window_size == (-1, 0)
        return documents(query, key, value, cu_seq_q, cu_seq_k, max_q, enable_gqa, scale)

    def earlier(query, key, value, cu_seq_q, cu_seq_k, max_q, max_k, is_causal=False):
        assert is_causal
        return documents(query, key, value, cu_seq_q, cu_seq_k, max_q, False, None)

    monkeypatch.setattr(varlen, "varlen_attn", later if newer else earlier)
    torch.manual_seed(0)
    query, key, value = torch.randn(1, 4, 12, 8), torch.randn(1, 2, 12, 8), torch.randn(1, 2, 12, 8)
    bounds = torch.tensor([0, 5, 6, 12])
    module = torch.nn.Module()
    module.num_key_value_groups, module.is_causal = 2, True
    for scaling in (None, 0.2):
        expected, _ = packing.attention(module, query, key, value, bounds, scaling=scaling)
        monkeypatch.setattr(packing, "has_varlen", lambda query: True)
        result, _ = packing.attention(module, query, key, value, bounds, scaling=scaling)
        monkeypatch.setattr(packing, "has_varlen", lambda query: False)
        assert torch.allclose(result, expected, atol=1e-6)
