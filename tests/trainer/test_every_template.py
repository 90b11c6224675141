"""For every chat template that TRL ships, what is trained on are the tokens at use."""

import pytest
from template_runs import chat_of, conversations, holds, names


def run(name, count):
    chat = chat_of(name)
    return sum(holds(chat, messages, tools) for messages, tools in conversations(name, count))


@pytest.mark.parametrize("name", names())
def test_training_tokens_are_the_tokens_at_use(name):
    assert run(name, 20) > 3


@pytest.mark.slow
@pytest.mark.parametrize("name", names())
def test_training_tokens_are_the_tokens_at_use_in_many_conversations(name):
    assert run(name, 200) > 30
