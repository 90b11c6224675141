"""Whatever JSON an endpoint sends is an answer or a failure, and never a stop of the run."""

from hypothesis import given
from hypothesis import strategies as st

from instructwild.llm.price import Price
from instructwild.llm.reading import Bill, Failure, reading
from instructwild.llm.request import Reply, Request
from instructwild.schema import Message

PRICE = Price(1.0, 4.0)
ASKED = Request(messages=(Message(role="user", content="你好"),))
NAMES = st.sampled_from(["choices", "message", "content", "text", "refusal", "finish_reason", "usage", "prompt_tokens",
                         "completion_tokens", "id"])
JSON = st.recursive(st.none() | st.booleans() | st.integers(-3, 3) | st.floats(allow_nan=False) | st.text(max_size=3),
                    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=12)


@given(JSON | st.fixed_dictionaries({"choices": st.lists(st.fixed_dictionaries(
    {"message": JSON, "finish_reason": JSON}), max_size=2), "usage": JSON}))
def test_any_json_is_a_reply_or_a_failure(answer):
    outcome = reading(answer, ASKED, PRICE)
    assert isinstance(outcome, Failure) or isinstance(outcome.text, str)
    if isinstance(outcome, Reply):
        assert 0 <= outcome.usd <= max(PRICE.at_most(ASKED), PRICE.of(3, 3))


def test_an_answer_a_refusal_and_a_cut_one():
    def answer(message, reason="stop", **rest):
        return {"id": "a", "choices": [{"message": message, "finish_reason": reason}], **rest}

    usage = {"prompt_tokens": 3, "completion_tokens": 5}
    assert reading(answer({"content": "好"}, usage=usage), ASKED, PRICE) == Reply("好", "stop", 3, 5, PRICE.of(3, 5), "a")
    cut = Reply("好", "length", 0, 0, PRICE.at_most(ASKED), "a")
    assert reading(answer({"content": "好"}, "length"), ASKED, PRICE) == cut
    assert reading(answer({"content": None, "refusal": "no"}, usage=usage), ASKED, PRICE).finish == "refused"
    assert reading(answer({"content": None}, "content_filter", usage=usage), ASKED, PRICE).finish == "refused"
    assert reading(answer({"content": None}, usage=usage), ASKED, PRICE) == Failure(
        "a response without text", charged=True, bill=Bill(3, 5, PRICE.of(3, 5)))
    assert "without choices ('<html>" in reading("<html>", ASKED, PRICE).problem
