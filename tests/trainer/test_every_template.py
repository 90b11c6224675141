"""For every chat template that TRL ships, what is trained on are the tokens at use."""

import pytest
from template_runs import chat_of, check, conversations, names, refused

from instructwild.errors import ModelError


def run(name, count):
    chat, done = chat_of(name), 0
    for messages, tools in conversations(name, count):
        if refused(chat, messages, tools):
            with pytest.raises(ModelError):
                chat.examples(messages, tools)
            continue
        check(chat, messages, tools)
        done += 1
    return done


@pytest.mark.parametrize("name", names())
def test_training_tokens_are_the_tokens_at_use(name):
    assert run(name, 20) > 3


@pytest.mark.slow
@pytest.mark.parametrize("name", names())
def test_training_tokens_are_the_tokens_at_use_in_many_conversations(name):
    assert run(name, 200) > 30
