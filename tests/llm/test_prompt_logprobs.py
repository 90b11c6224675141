"""Log probabilities of texts by echo: where the continuation begins, what is refused, and what is paid once."""

import json
import threading
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from instructwild.errors import BudgetError, EndpointError
from instructwild.llm.ledger import Ledger
from instructwild.llm.name import understand
from instructwild.llm.open import Limits
from instructwild.llm.price import Price
from instructwild.llm.prompt_logprobs import continuation_of, log_likelihoods


def entries(tokens, values, best=None, **more):
    best = best or values
    return {"tokens": tokens, "token_logprobs": values,
            "top_logprobs": [None if value is None else {"x": value} for value in best], **more}


def test_the_tokens_behind_the_context_are_summed_and_the_written_one_is_not():
    logprobs = entries(["On", " a", " hill", "!"], [None, -1.0, -2.0, -9.0])
    assert continuation_of(logprobs, "On a hill", 2) == (-3.0, True)
    assert continuation_of(logprobs, "On a hill", 4) == (-2.0, True)
    assert continuation_of(entries(["On", " a", "!"], [None, -1.0, -9.0], [None, -0.5, -9.0]), "On a", 2) == (-1.0, False)


def test_a_token_that_crosses_the_border_is_of_the_continuation():
    logprobs = entries(["答", "案：A", "。"], [None, -4.0, -9.0])
    assert continuation_of(logprobs, "答案：A", 3) == (-4.0, True)


def test_offsets_of_the_endpoint_count_before_the_spelling_of_tokens():
    logprobs = entries(["<s>", "喝", "bytes:\\xe6", "bytes:\\xb0\\xb4", "?"],
                       [None, -5.0, -1.0, -2.0, -9.0], text_offset=[0, 0, 1, 1, 2])
    assert continuation_of(logprobs, "喝水", 1) == (-3.0, True)


@pytest.mark.parametrize("logprobs", [
    entries(["other", " words"], [None, -1.0]), entries(["On", " a"], [None, None]),
    entries(["On", " a"], [-1.0], text_offset=[0, 2]), {"content": []}, None])
def test_what_is_no_echo_is_an_error(logprobs):
    with pytest.raises((ValueError, KeyError, TypeError)):
        continuation_of(logprobs, "On a", 2)


@pytest.fixture
def endpoint():
    """An endpoint whose tokens are characters of log probability -1; `.sent` are the prompts, `.answer` may change."""
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            server.sent.append(body["prompt"])
            status, answer = server.answer(body)
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            pass

    def letters(body):
        text = body["prompt"] + "x"
        logprobs = entries(list(text), [None, *[-1.0] * (len(text) - 1)])
        return 200, {"choices": [{"text": text, "logprobs": logprobs}],
                     "usage": {"prompt_tokens": len(text) - 1, "completion_tokens": 1}}

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.sent, server.answer = [], letters
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def scores(endpoint, tmp_path, pairs, **limits):
    model = understand(f"http://127.0.0.1:{endpoint.server_port}/v1#m")
    with closing(Ledger(tmp_path / "l.sqlite", "t")) as ledger:
        return log_likelihoods(model, Limits(**limits), ledger, pairs)


def test_pairs_are_scored_once_and_come_back_in_order(endpoint, tmp_path):
    pairs = [("ab", "cd"), ("ab ", "c"), ("ab", "cd")]
    values, usage = scores(endpoint, tmp_path, pairs)
    assert values == [(-2.0, True), (-2.0, True), (-2.0, True)]      # the blank goes with what follows it
    assert sorted(endpoint.sent) == ["ab c", "abcd"]
    assert usage.prompt_tokens == 8
    assert scores(endpoint, tmp_path, pairs)[0] == values
    assert len(endpoint.sent) == 2


@pytest.mark.parametrize(("status", "answer"), [
    (200, {"choices": [{"text": "ab"}]}), (200, {"choices": [{"text": "ab", "logprobs": None}]}), (200, {"choices": []}),
    (400, {"error": {"message": "echo is not supported"}}), (404, {"error": {"message": "no such path"}})])
def test_an_endpoint_without_log_probabilities_is_one_message(endpoint, tmp_path, status, answer):
    endpoint.answer = lambda _: (status, answer)
    with pytest.raises(EndpointError) as raised:
        scores(endpoint, tmp_path, [("a", "b"), ("c", "d")])
    assert raised.value.remedy


def test_an_endpoint_that_is_too_slow_is_told_as_that(endpoint, tmp_path, monkeypatch):
    from instructwild.llm import client

    monkeypatch.setattr(client, "ATTEMPTS", 2)
    endpoint.answer = lambda _: (500, {"error": {"message": "busy"}})
    with pytest.raises(EndpointError, match="does not answer") as raised:
        scores(endpoint, tmp_path, [("a", "b")])
    assert "--timeout" in raised.value.remedy


def test_a_budget_is_kept_and_what_was_scored_is_not_paid_again(endpoint, tmp_path):
    price = Price(1e6, 0)        # a dollar a token sent
    with pytest.raises(BudgetError):
        scores(endpoint, tmp_path, [("ab", "cd"), ("ef", "gh")], price=price, budget=6.0, concurrency=1)
    assert scores(endpoint, tmp_path, [("ab", "cd"), ("ef", "gh")], price=price, budget=100.0)[1].usd == 8.0
    assert len(endpoint.sent) == 2
