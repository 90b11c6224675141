"""What of a turn counts in ids, worked by hand."""

import hashlib

from instructwild.schema.identity import content_id, response_id, turn_of

CALLS = [{"function": {"name": "tides", "arguments": "{}"}, "id": "t1"}]
CALLS_TEXT = '[{"function":{"arguments":"{}","name":"tides"},"id":"t1"}]'


def sixteen(canonical):
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def test_role_and_content_count_and_calls_with_sorted_keys_and_the_call_that_is_answered():
    assert turn_of({"role": "user", "content": "When?", "name": "ann", "reasoning_content": "so"}) == ("user", "When?")
    assert turn_of({"role": "assistant", "content": None, "tool_calls": CALLS}) == ("assistant", "", CALLS_TEXT)
    assert turn_of({"role": "assistant", "content": "", "tool_calls": CALLS_TEXT}) == ("assistant", "", CALLS_TEXT)
    assert turn_of({"role": "tool", "content": "1, 15", "tool_call_id": "t1"}) == ("tool", "1, 15", "", "t1")
    assert turn_of({"role": "tool", "content": "潮", "tool_calls": [{"a": "潮"}], "tool_call_id": 7}) == (
        "tool", "潮", '[{"a":"潮"}]', "7")


def test_several_turns_are_one_canonical_list_up_to_the_last_question():
    turns = [("user", "a"), ("assistant", "b"), ("user", "c"), ("assistant", "d"), ("tool", "e", "", "t1")]
    assert content_id(turns) == sixteen('[["user","a"],["assistant","b"],["user","c"]]')
    assert response_id(turns) == sixteen('[["assistant","d"],["tool","e","","t1"]]')


def test_without_a_question_all_turns_are_the_prompt():
    turns = [("system", "s"), ("assistant", "b")]
    assert content_id(turns) == sixteen('[["system","s"],["assistant","b"]]')
    assert response_id(turns) is None
