"""The likelihood of answers does not depend on padding, on the batch, or on what stands beside it."""

import math

import pytest
import torch
from chats import PAIRS, conversation
from hypothesis import given
from hypothesis import strategies as st

from instructwild_trainer.answers import answers
from instructwild_trainer.likelihood import answer_loss, batches, held_out_loss, padded
from instructwild_trainer.templates import IGNORED


@pytest.fixture(scope="module")
def model():
    from instructwild_trainer.adapter import load_policy

    return load_policy("tiny")[0]


@pytest.fixture
def rows(chat):
    return [chat.encode(conversation(*pair)) for pair in PAIRS]


def test_it_is_the_cross_entropy_of_the_trained_tokens(model, rows):
    row = rows[1]
    with torch.no_grad():
        logits = model(torch.tensor([row.input_ids])).logits[0].log_softmax(-1)
    expected = -sum(logits[i - 1, label].item() for i, label in enumerate(row.labels) if label != IGNORED)
    [(total, count)] = answer_loss(model, [row], 0)
    assert total == pytest.approx(expected, rel=1e-5)
    assert count == row.trained


@pytest.mark.parametrize("tokens", [1, 64, 4096])
def test_batches_and_padding_change_nothing(model, rows, tokens):
    alone = [answer_loss(model, [row], 0)[0] for row in rows]
    for (total, count), (expected, expected_count) in zip(answer_loss(model, rows, 0, tokens_at_once=tokens), alone,
                                                          strict=True):
        assert total == pytest.approx(expected, rel=1e-5)
        assert count == expected_count


def test_held_out_loss_is_a_mean_over_tokens(model, rows):
    found = held_out_loss(model, {"en": rows}, 0)
    assert found["en"] == pytest.approx(math.log(1024), abs=0.3)  # a random model knows nothing


@given(st.lists(st.integers(1, 50), max_size=30), st.integers(1, 200))
def test_every_row_is_in_one_batch_and_no_batch_is_too_large(lengths, most):
    found = batches(lengths, most)
    assert sorted(i for batch in found for i in batch) == list(range(len(lengths)))
    assert all(len(batch) == 1 or len(batch) * max(lengths[i] for i in batch) <= most for batch in found)


@pytest.mark.parametrize(("side", "expected"), [("right", [[1, 2], [3, 9]]), ("left", [[1, 2], [9, 3]])])
def test_padding_goes_where_it_is_asked_to(side, expected):
    ids, mask = padded([[1, 2], [3]], 9, side=side)
    assert ids.tolist() == expected
    assert (ids != 9).long().tolist() == mask.tolist()


def test_answers_of_a_batch_are_those_of_each_prompt_alone(model, chat):
    prompts = [chat.prompt_ids(conversation(question, "")[:1]) for question, _ in PAIRS]
    assert answers(model, chat, prompts, 8) == [answers(model, chat, [prompt], 8)[0] for prompt in prompts]
    assert answers(model, chat, [], 8) == []
