"""For every chat template that TRL ships, what is trained on are the tokens at use."""

import pytest
from template_runs import names, outcome


@pytest.mark.parametrize("name", names())
def test_training_tokens_are_the_tokens_at_use(name):
    assert outcome(name, 20)[0] > 3


@pytest.mark.slow
@pytest.mark.parametrize("name", names())
def test_training_tokens_are_the_tokens_at_use_in_many_conversations(name):
    assert outcome(name, 200)[0] > 30
