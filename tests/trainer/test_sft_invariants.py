"""One update of SFT is the same update however its rows are batched, packed or recomputed."""

from types import SimpleNamespace

import pytest
import torch
from chats import PAIRS, conversation

from instructwild_trainer.adapter import load_chat, load_policy, source_of
from instructwild_trainer.config import SftOptions
from instructwild_trainer.data import Conversation, Split
from instructwild_trainer.fit import score_trained_positions, silence_libraries
from instructwild_trainer.packing import sequences
from instructwild_trainer.sft import _trainer
from instructwild_trainer.templates import IGNORED

ALONE = {"max_steps": 1, "per_device_train_batch_size": 8, "learning_rate": 0.05, "lr_scheduler_type": "constant",
         "warmup_steps": 0, "dtype": "float32", "use_peft": False, "max_length": 512}


@pytest.fixture(scope="module")
def chat():
    return load_chat(source_of("tiny"))


def after_one_update(chat, folder, **options):
    """All weights after one step of plain gradient descent on the same eight rows, and how many tokens were computed."""
    rows = [Conversation(str(n), str(n), "en", [], chat.encode(conversation(f"{question} {'很' * n}", answer * (1 + n % 3))))
            for n, (question, answer) in enumerate(PAIRS * 2)]
    model, _ = load_policy(source_of("tiny"))
    with silence_libraries():
        asked = SftOptions(**{**ALONE, **options})
        trainer = _trainer(model, asked, SimpleNamespace(scratch=folder), chat, Split(rows, {}), {})
        trainer.optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
        computed = []
        model.model.embed_tokens.register_forward_pre_hook(lambda _, args: computed.append(args[0].numel()))
        trainer.train()
    return torch.cat([weights.detach().flatten() for weights in model.parameters()]), sum(computed), rows


@pytest.fixture(scope="module")
def alone(chat, tmp_path_factory):
    return after_one_update(chat, tmp_path_factory.mktemp("alone"))


def test_the_update_changes_the_weights(alone):
    start, _ = load_policy(source_of("tiny"))
    assert not torch.allclose(alone[0], torch.cat([weights.detach().flatten() for weights in start.parameters()]), atol=1e-4)


@pytest.mark.parametrize("options", [
    {"per_device_train_batch_size": 4, "gradient_accumulation_steps": 2}, {"packing": True},
    {"gradient_checkpointing": True}], ids=["accumulated", "packed", "recomputed"])
def test_it_is_the_same_update_however_the_rows_are_computed(chat, tmp_path, alone, options):
    weights, _, _ = after_one_update(chat, tmp_path, **options)
    assert torch.allclose(weights, alone[0], atol=1e-5)


def test_packed_rows_are_computed_without_padding(chat, tmp_path, alone):
    _, computed, rows = after_one_update(chat, tmp_path, packing=True)
    assert computed == sum(len(row.encoded.input_ids) for row in rows) < alone[1]


@pytest.mark.parametrize("longest", [60, 100, 512])
def test_as_many_packed_sequences_are_told_as_the_trainer_makes(chat, tmp_path, alone, longest):
    rows = alone[2]
    options = SftOptions(**{**ALONE, "packing": True, "max_length": longest})
    with silence_libraries():
        trainer = _trainer(load_policy(source_of("tiny"))[0], options, SimpleNamespace(scratch=tmp_path), chat,
                           Split(rows, {}), {})
    assert len(trainer.train_dataset) == sequences([example for row in rows for example in row.examples], longest)


def test_on_a_cpu_logits_are_computed_where_a_token_is_trained_on(chat, tmp_path, alone, monkeypatch):
    from trl.trainer import utils

    own, scored = utils._ChunkedLogProbFunction, []

    class Counting(own):
        @staticmethod
        def forward(ctx, hidden, *others):
            scored.append(len(hidden))
            return own.forward(ctx, hidden, *others)

    monkeypatch.setattr(utils, "_ChunkedLogProbFunction", Counting)
    score_trained_positions()
    weights, _, rows = after_one_update(chat, tmp_path)
    assert scored == [sum(label != IGNORED for row in rows for label in row.encoded.labels[1:])]
    assert torch.allclose(weights, alone[0], atol=1e-5)
