"""Gateways that send JSON under another type, or under none."""

import pytest

from instructwild.llm.client import json_or_text


@pytest.mark.parametrize(("body", "value"), [
    ('{"choices": []}', {"choices": []}), (' \n{"usage": {"prompt_tokens": 3}}', {"usage": {"prompt_tokens": 3}}),
    ("<html>busy</html>", "<html>busy</html>"), ('{"choices": [', '{"choices": ['), ("", ""), ('"text"', '"text"')])
def test_json_is_read_whatever_the_header_calls_it(body, value):
    assert json_or_text(body) == value
