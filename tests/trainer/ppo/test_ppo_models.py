"""Four models on one base: what a row is given depends on nothing but the row."""

import pytest
import torch
from ppo_run import PAD, PROMPTS, PTX, STOP
from torch.testing import assert_close

from instructwild.llm.generation.sampling import drawn
from instructwild_trainer.ppo.actors import POLICY, REFERENCE, VALUE
from instructwild_trainer.ppo.depth import can_be_cut
from instructwild_trainer.ppo.experience import Experience, joined
from instructwild_trainer.ppo.ptx import ptx_loss
from instructwild_trainer.ppo.rollout import generate, left_padded, response_mask
from instructwild_trainer.ppo.supervised import cycled, ptx_forward
from instructwild_trainer.ppo.tokens import token_entropy, token_logprobs
from instructwild_trainer.templates import Encoded

RESPONSES = [[7, 8, STOP], [9, STOP], [10, 11, 12, 13], [14, 15, 16, STOP], [17], [18, 19, STOP]]


def batch(rows=range(6), left=0, right=0):
    """Prompts and responses as one experience, with more padding where asked for."""
    prompt, prompt_mask = left_padded([PROMPTS[i] for i in rows], PAD)
    said = [torch.tensor(RESPONSES[i]) for i in rows]
    response = torch.nn.utils.rnn.pad_sequence(said, batch_first=True, padding_value=PAD)
    mask = torch.arange(response.shape[1]) < torch.tensor([[len(RESPONSES[i])] for i in rows])
    pad = torch.nn.functional.pad
    return Experience(prompt=pad(prompt, (left, 0)), prompt_mask=pad(prompt_mask, (left, 0)), ended=mask.any(1),
                      response=pad(response, (0, right)), mask=pad(mask, (0, right)), row=torch.arange(len(mask)))


def seen(actors, given):
    """Log-probabilities, values and scores on the mask, row by row."""
    with torch.no_grad():
        predicted = actors.predict(POLICY, given)
        found = [token_logprobs(predicted.logits, given.response, 0.7), actors.values(given, predicted),
                 token_entropy(predicted.logits, 0.7)]
    return [torch.stack([x[i][on] for x in found]) for i, on in enumerate(given.mask)]


@pytest.mark.parametrize("shared_trunk", [False, True])
def test_padding_and_the_other_rows_of_a_batch_change_nothing(make_actors, shared_trunk):
    actors = make_actors(stirred=True, shared_trunk=shared_trunk)
    expected = [seen(actors, batch([i]))[0] for i in range(6)]
    for given in (batch(), batch(left=5), batch(right=5), batch(left=1, right=2)):
        assert_close(seen(actors, given), expected, atol=1e-5, rtol=1e-5)
    parts = list(batch().micro_batches(2))
    assert_close([row for _, part in parts for row in seen(actors, part)],
                 [expected[i] for rows, _ in parts for i in rows.tolist()], atol=1e-5, rtol=1e-5)


def test_mistake_5_the_value_of_a_token_is_read_at_the_position_before_it_in_rollout_and_training_alike(make_actors):
    actors = make_actors(stirred=True)
    values = actors.values(batch())
    for i in range(6):
        ids = torch.tensor([PROMPTS[i] + RESPONSES[i]])
        hidden = actors.set_adapter(VALUE).base_model(input_ids=ids).last_hidden_state[0]
        for t in range(len(RESPONSES[i])):
            assert_close(values[i, t], actors.heads[VALUE](hidden[len(PROMPTS[i]) + t - 1]).squeeze(), atol=1e-5, rtol=1e-5)


def test_log_probabilities_are_those_of_the_plain_model(make_actors):
    actors = make_actors(stirred=True)
    predicted = token_logprobs(actors.predict(POLICY, batch()).logits, batch().response, 1.0)
    for i in range(6):
        logits = actors.set_adapter(POLICY)(input_ids=torch.tensor([PROMPTS[i] + RESPONSES[i]])).logits[0].log_softmax(-1)
        for t, token in enumerate(RESPONSES[i]):
            assert_close(predicted[i, t], logits[len(PROMPTS[i]) + t - 1, token], atol=1e-5, rtol=1e-5)


def test_at_the_start_the_policy_is_the_reference_and_later_only_the_policy_moves(make_actors):
    actors = make_actors()
    start = actors.predict(REFERENCE, batch()).logits
    assert torch.equal(actors.predict(POLICY, batch()).logits, start)
    for parameter in actors.parameters().values():
        parameter.data.normal_(std=0.3)
    assert not torch.allclose(actors.predict(POLICY, batch()).logits, start)
    assert torch.equal(actors.predict(REFERENCE, batch()).logits, start)


def test_each_loss_moves_its_own_adapter_and_the_base_never(make_actors):
    actors = make_actors(stirred=True)
    actors.values(batch()).sum().backward()
    assert all(p.grad is None for p in actors.policy_parameters().values())
    assert any((p.grad != 0).any() for name, p in actors.value_parameters().items() if "lora" in name)
    actors.predict(POLICY, batch()).logits.sum().backward()
    assert all(p.grad is not None for p in actors.policy_parameters().values())
    trained = {id(p) for p in actors.parameters().values()}
    assert all(p.grad is None for p in actors.base.parameters() if id(p) not in trained)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_the_value_adapter_is_trained_in_the_last_layers_only_whichever_role_acted_before(make_actors, share):
    actors = make_actors(stirred=True, value_layers=share)
    depth = actors.base.config.num_hidden_layers
    for role in (POLICY, REFERENCE, VALUE):
        actors.set_adapter(role)
    actors.values(batch()).sum().backward()
    moved = {int(name.split("layers.")[1].split(".")[0]) for name, p in actors.base.named_parameters()
             if f".{VALUE}." in name and p.grad is not None}
    assert moved == set(range(round(depth * (1 - share)), depth))
    assert all(p.grad is not None for p in actors.value_parameters().values())


def test_where_the_value_adapter_is_not_trained_it_still_is_what_it_began_as(make_actors):
    given, values = batch(), []
    for share in (0.5, 1.0):
        actors = make_actors(value_layers=share)
        for name, parameter in actors.base.named_parameters():
            if f".{VALUE}." in name and ".lora_B." in name:
                parameter.data.fill_(0.1)
        actors.heads[VALUE].weight.data.fill_(0.01)
        values.append(actors.values(given))
    assert_close(*values)
    assert (values[0] != 0).any()


def test_from_what_the_lower_layers_gave_the_upper_ones_give_the_same_values_however_rows_are_padded(make_actors):
    actors = make_actors(stirred=True)
    expected = [actors.values(batch([i]))[0] for i in range(6)]
    for given in (batch(), batch(left=3), batch(right=2), batch(left=1, right=4)):
        parts = [(rows, part.with_columns(lower=actors.lower(part))) for rows, part in given.micro_batches(4)]
        for rows, known in joined(parts).micro_batches(2):
            values = actors.values(known)
            for i, row in enumerate(rows.tolist()):
                assert_close(values[i, known.mask[i]], expected[row], atol=1e-5, rtol=1e-5)


def test_only_a_trunk_of_like_layers_that_can_be_cut_is_cut(make_actors):
    for share in (0.0, 1.0):
        assert make_actors(value_layers=share).lower(batch()) is None, "nothing is trained, or all"
    actors = make_actors()
    trunk = actors.base.base_model
    assert can_be_cut(trunk, 1)
    trunk.config.layer_types = ["sliding_attention", "full_attention"]
    assert not can_be_cut(trunk, 1)
    trunk.config.layer_types = None
    scaled = trunk.forward
    trunk.forward = lambda inputs_embeds=None, input_ids=None, **given: scaled(
        inputs_embeds=2 * (trunk.embed_tokens(input_ids) if inputs_embeds is None else inputs_embeds), **given)
    assert not can_be_cut(trunk, 1), "it does something to its embeddings that would be done twice"
    assert not can_be_cut(torch.nn.Linear(1, 1), 1)


def sampled(actors, prompts=PROMPTS, rows=None, **changes):
    given = {"length": 8, "stop_ids": (STOP, 3), "pad": PAD, "temperature": 1.0, "seed": 1, "batch_size": 32} | changes
    return generate(actors, POLICY, prompts, rows or list(range(len(prompts))), **given)


def test_a_row_is_sampled_the_same_whatever_it_is_batched_with(make_actors):
    actors = make_actors(stirred=True)
    whole = sampled(actors)
    for size in (1, 2, 4):
        assert torch.equal(sampled(actors, batch_size=size).response, whole.response)
    for i, prompt in enumerate(PROMPTS):
        alone = sampled(actors, [prompt], [i])
        assert alone.response[0].tolist() == whole.response[i, :alone.response.shape[1]].tolist()
    assert not torch.equal(sampled(actors, seed=2).response, whole.response)


def test_generation_agrees_with_the_whole_pass_and_stops_at_the_first_stop_token(make_actors):
    actors = make_actors(stirred=True)
    found = sampled(actors, seed=None, length=40)
    logits = actors.predict(POLICY, found).logits
    assert (logits.argmax(-1) == found.response)[found.mask].all()
    for tokens, mask, ended in zip(found.response, found.mask, found.ended, strict=True):
        said = tokens[mask].tolist()
        assert all(token not in (STOP, 3) for token in said[:-1])
        assert ended == (said[-1] in (STOP, 3))
        assert (tokens[~mask] == PAD).all()


@pytest.mark.parametrize("shared_trunk", [False, True])
def test_what_the_sampling_pass_knew_is_what_the_whole_pass_says(make_actors, shared_trunk):
    actors = make_actors(stirred=True, shared_trunk=shared_trunk)
    said = sampled(actors, temperature=0.7)
    expected = torch.cat(seen(actors, said), dim=1)
    found = [said.logprobs[said.mask], said.entropy[said.mask]]
    assert_close(found, [expected[0], expected[2]], atol=1e-4, rtol=1e-4)
    if shared_trunk:
        assert_close(said.values[said.mask], expected[1], atol=1e-4, rtol=1e-4)
    else:
        assert said.values is None


def test_a_response_ends_with_its_first_stop_token_and_holds_it():
    response = torch.tensor([[5, STOP, PAD, PAD], [STOP, STOP, 5, 6], [5, 6, 7, 8]])
    assert response_mask(response, torch.tensor([STOP])).int().tolist() == [[1, 1, 0, 0], [1, 0, 0, 0], [1, 1, 1, 1]]


def test_tokens_are_drawn_by_their_probability_and_never_with_probability_zero():
    probabilities = torch.tensor([0.5, 0.0, 0.2, 0.3])
    uniform = (torch.arange(1000, dtype=torch.float64) + 0.5) / 1000
    tokens = drawn(probabilities.expand(1000, 4), uniform)
    assert torch.bincount(tokens, minlength=4).tolist() == [500, 0, 200, 300]
    assert drawn(probabilities.expand(1, 4), torch.zeros(1, dtype=torch.float64)).item() == 0
    edges = torch.tensor([0.0, 0.25, 0.75, 0.0]).expand(2, 4)
    assert drawn(edges, torch.tensor([0.0, 1 - 1e-12], dtype=torch.float64)).tolist() == [1, 2]


def test_micro_batches_put_together_again_are_the_whole():
    whole = batch().with_columns(logprobs=torch.randn(6, 4) * batch().mask)
    again = joined(list(whole.micro_batches(4)))
    for name in ("prompt", "prompt_mask", "response", "mask", "ended", "row", "logprobs"):
        assert torch.equal(getattr(again, name), getattr(whole, name))


def test_mistake_1_ids_labels_and_mask_of_a_ptx_batch_are_of_the_same_rows(make_actors):
    actors = make_actors(stirred=True)
    losses = [ptx_loss(*ptx_forward(actors, POLICY, [row], PAD)) for row in PTX]
    tokens = [row.trained for row in PTX]
    together = ptx_loss(*ptx_forward(actors, POLICY, PTX, PAD))
    assert_close(together, sum(loss * n for loss, n in zip(losses, tokens, strict=True)) / sum(tokens))
    for row, loss in zip(PTX, losses, strict=True):
        logits = actors.set_adapter(POLICY)(input_ids=torch.tensor([row.input_ids])).logits
        assert_close(ptx_loss(logits, torch.tensor([row.labels])), loss)


def test_a_ptx_row_of_several_answers_learns_all_of_them(make_actors):
    actors = make_actors(stirred=True)
    row = Encoded([5, 6, STOP, 7, 8, STOP], [-100, 6, STOP, -100, 8, STOP])
    logits = actors.set_adapter(POLICY)(input_ids=torch.tensor([row.input_ids])).logits
    expected = ptx_loss(logits, torch.tensor([row.labels]))
    assert_close(ptx_loss(*ptx_forward(actors, POLICY, [PTX[5], row], PAD)) * 7
                 - ptx_loss(*ptx_forward(actors, POLICY, [PTX[5]], PAD)) * 3, expected * 4)


def test_the_ptx_loader_gives_every_row_once_a_round_and_depends_on_its_number_alone():
    twice = [row for number in range(6) for row in cycled(PTX, number, 2, seed=3)]
    assert all(sum(row is other for other in twice[:6]) == 1 for row in PTX)
    assert all(sum(row is other for other in twice) == 2 for row in PTX)
    assert cycled(PTX, 4, 2, seed=3) == twice[8:10]
    assert len(cycled(PTX, 0, 15, seed=3)) == 15
