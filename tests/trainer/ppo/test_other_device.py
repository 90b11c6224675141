"""As on a GPU: every tensor of a pass is where the model is, and none is looked at.

Torch's device `meta` stands for the GPU: it computes shapes alone, refuses tensors of other devices, and has no numbers to
look at. Code that asks whether a device is the CPU goes the way that it goes on a GPU.
"""

import copy
from dataclasses import fields

import pytest
import torch
from ppo_run import actors_on, trainer_on
from torch.nn.functional import scaled_dot_product_attention
from transformers import masking_utils

from instructwild.llm.generation.decoder import Decoder
from instructwild.llm.generation.forward import forward_of
from instructwild.llm.generation.rows import DecodedRow
from instructwild_trainer import packing
from instructwild_trainer.packing import attend_by_document
from instructwild_trainer.ppo.actors import POLICY
from instructwild_trainer.ppo.scores import ModelScore


@pytest.fixture(autouse=True)
def _no_autocast(monkeypatch):
    monkeypatch.setattr(torch, "is_autocast_enabled", lambda *_: False)      # it knows no such device
    # Transformers asks at the head of a pass whether its rows are padded.
    monkeypatch.setattr(masking_utils, "_ignore_causal_mask_sdpa", lambda *_, **__: False)


@pytest.fixture
def kernel(monkeypatch):
    """In place of the GPU's kernel for rows of unequal length; it too takes their bounds as they are."""
    def attention(query, key, value, bounds, scale):
        assert bounds.device == query.device
        groups = query.shape[1] // key.shape[1]
        key, value = key.repeat_interleave(groups, 1), value.repeat_interleave(groups, 1)
        return scaled_dot_product_attention(query, key, value, is_causal=True, scale=scale).transpose(1, 2)

    monkeypatch.setattr(packing, "has_varlen", lambda query: True)
    monkeypatch.setattr(packing, "varlen_attention", attention)


@pytest.fixture(params=["padded", "flat"])
def elsewhere(request, tiny_model, reward_stage, tmp_path, kernel):
    """A trainer whose models are on the other device, and an experience there; the numbers are those of the CPU."""
    trainer = trainer_on(actors_on(tiny_model, reward=reward_stage), tmp_path / "run",
                         changes={"per_device_train_batch_size": 3, "entropy_stop": 0})
    experience, _ = trainer.roll_out(0)
    sizes = experience.sizes
    trainer.actors.base.to("meta")
    trainer.actors.heads.to("meta")
    weights = dict(trainer.actors.base.named_parameters())
    trainer.actors._trainable = {name: weights[name] for name in trainer.actors._trainable}
    if request.param == "flat":
        assert attend_by_document(trainer.actors.base)
        trainer.actors.flat = True
    trainer.__post_init__()                     # its optimiser, on the weights that are there now
    moved = experience.to("meta")
    moved.__dict__["sizes"] = sizes
    return trainer, moved


def test_an_optimiser_step(elsewhere):
    trainer, experience = elsewhere
    for parameter in trainer.actors.parameters().values():
        assert parameter.device.type == "meta"
    figures = trainer.step(experience, 0)
    assert {figure.device.type for name, figure in figures.items()} == {"meta"}
    assert all(parameter.grad.device.type == "meta" for parameter in trainer.actors.parameters().values())


def test_scoring(elsewhere):
    trainer, experience = elsewhere
    lower = trainer.actors.lower(experience)
    known = [trainer.actors.predict(POLICY, experience).logprobs(experience.response, 0.7),
             trainer.actors.values(experience.with_columns(lower=lower)), ModelScore(trainer.actors, 3)(experience)]
    assert [(figure.device.type, figure.shape) for figure in known] == [
        ("meta", experience.response.shape)] * 2 + [("meta", (len(experience),))]
    assert lower.shape[:2] == (len(experience), experience.prompt.shape[1] + experience.response.shape[1])
    assert {getattr(experience, f.name).device.type for f in fields(experience)
            if getattr(experience, f.name) is not None} == {"meta"}


@pytest.mark.parametrize("adapters", [False, True])
def test_steps_of_decoding(tiny_model, adapters):
    actors = actors_on(tiny_model)
    forward = actors.next_token(POLICY) if adapters else forward_of(copy.deepcopy(actors.base))
    actors.base.to("meta")
    if not adapters:
        forward = forward_of(actors.base)
    made = Decoder(forward, actors.base.config, device=torch.device("meta"), dtype=torch.float32, slots=4, columns=64,
                   graphs=lambda: lambda work: work)
    rows = [DecodedRow([5, 6, 7][:n + 1], 20, seed=n, temperature=0.7, top_p=0.9, repetition_penalty=1.1) for n in range(3)]
    with torch.inference_mode():
        made.read(rows)
        while not made.advance():
            pass
        made.join()
        for _ in range(3):
            made._step(None)
        made.leave([0])
        made._step(None)
    assert made.lookahead == 8
    assert made.unrecorded == ""
