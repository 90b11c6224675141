"""The tiny model and its tokenizer."""

import pytest


@pytest.fixture(scope="session")
def tiny():
    """The folder of the tiny model."""
    from instructwild.llm.models import resolve

    return resolve("tiny")


@pytest.fixture
def tokenizer(tiny):
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(tiny)


@pytest.fixture
def chat(tokenizer):
    from instructwild_trainer.templates import ready

    return ready(tokenizer)
