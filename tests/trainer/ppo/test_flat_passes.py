"""Passes over rows behind one another give what padded ones give: losses, gradients, scores and figures."""

from dataclasses import replace

import pytest
import torch
from ppo_run import PTX, actors_on, all_weights_on, trainer_on
from torch.testing import assert_close

from instructwild_trainer.adapter import load_reward
from instructwild_trainer.packing import NAME, attend_by_document
from instructwild_trainer.ppo.actors import POLICY, REFERENCE, VALUE
from instructwild_trainer.ppo.flat import flat_rows
from instructwild_trainer.ppo.ptx import ptx_loss
from instructwild_trainer.ppo.rollout import compute_logprobs_values_scores
from instructwild_trainer.ppo.scores import ModelScore, SeparateModelScore
from instructwild_trainer.ppo.supervised import ptx_forward


def both(make, tmp_path, **changes):
    """A trainer with padded passes and one with flat ones, on the same weights, and an experience."""
    padded, flat = (trainer_on(make(), tmp_path / name, changes=changes) for name in ("padded", "flat"))
    assert flat.actors.read_flat()
    experience, _ = padded.roll_out(0)
    return padded, flat, experience


def test_the_indices_by_hand():
    rows = flat_rows([2, 1], [1, 3], (2, 3))
    padded = torch.tensor([[5, 6, 7, 0, 0], [0, 8, 9, 10, 11]])
    assert rows.sequence(padded).tolist() == [[5, 6, 7, 8, 9, 10, 11]]
    assert rows.positions.tolist() == [[0, 1, 2, 0, 1, 2, 3]]
    assert rows.bounds.tolist() == [0, 3, 7]
    assert rows.last.tolist() == [2, 6]
    assert rows.predicting.tolist() == [1, 3, 4, 5]
    assert rows.response(padded[:, 2:]).tolist() == [[7, 9, 10, 11]]
    assert rows.padded_response(rows.response(padded[:, 2:])).tolist() == padded[:, 2:].tolist()
    assert rows.padded_sequence(rows.sequence(padded)).tolist() == padded.tolist()


@pytest.mark.parametrize("kind", ["adapters", "shared trunk", "whole value model", "all weights"])
def test_a_step_moves_every_weight_as_a_padded_one_does(tiny_model, tmp_path, kind):
    def make():
        if kind == "all weights":
            return all_weights_on(tiny_model)
        return actors_on(tiny_model, stirred=True, shared_trunk=kind == "shared trunk",
                         **({"value_layers": 1.0} if kind == "whole value model" else {}))

    padded, flat, experience = both(make, tmp_path, per_device_train_batch_size=3)
    passes = []
    flat.actors.set_adapter(POLICY).get_input_embeddings().register_forward_pre_hook(
        lambda _, args: passes.append(args[0].shape))
    for trainer in (padded, flat):
        trainer.figures = trainer.read([trainer.step(experience, 0)])[0]
    assert passes
    assert all(rows == 1 for rows, _ in passes)
    assert flat.figures == pytest.approx(padded.figures, abs=1e-5, rel=1e-5)
    for name, parameter in flat.actors.parameters().items():
        assert_close(parameter.grad, padded.actors.parameters()[name].grad, atol=1e-5, rtol=1e-4, msg=name)


def test_what_an_update_learns_from_is_the_same(tiny_model, reward_stage, tmp_path):
    padded, flat, experience = both(lambda: actors_on(tiny_model, stirred=True, reward=reward_stage), tmp_path)
    bare = replace(experience, logprobs=None, entropy=None, values=None, ref_logprobs=None, score=None, lower=None)
    known, other = (compute_logprobs_values_scores(
        trainer.actors, bare, ModelScore(trainer.actors, 4), trainer.options) for trainer in (padded, flat))
    for name in ("logprobs", "entropy", "values", "ref_logprobs", "score"):
        assert_close(getattr(other, name), getattr(known, name), atol=1e-5, rtol=1e-5, msg=name)
    on = torch.cat([known.prompt_mask, known.mask], 1)
    assert_close(other.lower[on], known.lower[on], atol=1e-5, rtol=1e-5)


def test_a_reward_model_with_a_base_of_its_own_gives_the_same_scores(tiny_model, reward_stage, tmp_path):
    model = load_reward(reward_stage, dtype=torch.float32)[0].eval()
    _, _, experience = both(lambda: actors_on(tiny_model, stirred=True), tmp_path)
    padded = SeparateModelScore(model, 3)(experience)
    assert attend_by_document(model)
    assert_close(SeparateModelScore(model, 3, flat=True)(experience), padded, atol=1e-5, rtol=1e-5)
    assert padded.std() > 0


def test_in_fp64_hidden_states_and_logits_agree_to_ten_digits(tiny_model, tmp_path):
    padded, flat, experience = both(lambda: actors_on(tiny_model, stirred=True), tmp_path)
    for trainer in (padded, flat):
        trainer.actors.base.double()
    for role in (POLICY, REFERENCE):
        known, other = (trainer.actors.predict(role, experience) for trainer in (padded, flat))
        assert_close(other.logits[0], known.logits[experience.mask], atol=1e-10, rtol=1e-10)
        assert_close(other.hidden[0], known.hidden[experience.mask], atol=1e-10, rtol=1e-10)
    rows, index = flat.actors._rows(experience)
    out, known = flat.actors._trunk(VALUE, rows), padded.actors._trunk(VALUE, padded.actors._rows(experience)[0])
    assert_close(out, index.sequence(known), atol=1e-10, rtol=1e-10)
    losses = [ptx_loss(*ptx_forward(trainer.actors, POLICY, PTX, 0)) for trainer in (padded, flat)]
    assert_close(*losses, atol=1e-6, rtol=1e-6)


def test_rows_are_written_by_slots_and_read_flat_by_the_same_model(tiny_model, tmp_path):
    _, flat, experience = both(lambda: actors_on(tiny_model, stirred=True), tmp_path)
    assert flat.actors.base.config._attn_implementation == NAME
    again, _ = flat.roll_out(0)
    assert again.response.tolist() == experience.response.tolist()


def test_more_rows_go_through_where_padding_does_not_count(tiny_model, tmp_path):
    _, _, experience = both(lambda: actors_on(tiny_model), tmp_path)
    tokens = sum(map(sum, experience.sizes))
    assert len(list(experience.micro_batches(1, tokens, flat=True))) == 1
    assert len(list(experience.micro_batches(1, tokens))) > 1
