"""An endpoint is asked as fast as it bears, within the budget, and its bad days lose and double nothing."""

import asyncio

import pytest

from instructwild.errors import BudgetError, ConfigError, EndpointError, ModelError
from instructwild.llm import client
from instructwild.llm.ledger import Ledger
from instructwild.llm.name import understand
from instructwild.llm.open import Limits, open_model
from instructwild.llm.price import Price, parse_price
from instructwild.llm.request import Reply, Request, Sampling
from instructwild.llm.scripted import NONE, Script
from instructwild.llm.scripted_server import FaultInjection, serve_scripted
from instructwild.schema import Message

PRICE = Price(1.0, 4.0)


def questions(count, max_tokens=200):
    return [Request(messages=(Message(role="user", content=f"Tell me about star number {i}. 谢谢"),), seed=i,
                    sampling=Sampling(max_tokens=max_tokens)) for i in range(count)]


def run(url, requests, limits=None, ledger=None):
    """Ask all and hand back session and replies in order."""
    session = open_model(f"{url}#scripted", limits or Limits(price=PRICE), ledger or Ledger(":memory:"))
    asked = iter(requests)

    async def all_of_them():
        async with session:
            return [(request, reply) async for request, reply in session.stream(lambda: next(asked, None))]

    return session, asyncio.run(all_of_them())


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(client.Endpoint, "_backoff", lambda self, tried: 0.001)


def test_replies_come_in_the_order_of_requests_with_what_they_cost():
    requests = questions(50)
    with serve_scripted(Script(NONE), FaultInjection(latency=0.01)) as (url, server):
        session, replies = run(url, requests)
    assert [request for request, _ in replies] == requests
    assert [reply.text for _, reply in replies] == [Script(NONE).reply(request).text for request in requests]
    assert session.usage.usd == pytest.approx(server.bill.usd(1.0, 4.0))
    assert len(server.bill.charged) == 50


def test_a_text_to_continue_goes_to_the_other_endpoint():
    with serve_scripted(Script(NONE)) as (url, server):
        _, [(_, reply)] = run(url, [Request(text="1. One\n2.")])
    assert reply.text.startswith(" ")
    assert server.bill.seen["/v1/completions"] == 1


def test_requests_turned_away_come_back_until_they_are_answered():
    with serve_scripted(Script(NONE), FaultInjection(latency=0.2, capacity=2, retry_after=0.05)) as (url, server):
        session, replies = run(url, questions(20), Limits(price=PRICE, concurrency=20))
    limiter = session.engine.endpoint.limiter
    assert all(reply.finish == "stop" for _, reply in replies)
    assert server.bill.seen["429"] == limiter.rate_limited > 0
    assert limiter.in_flight == 0
    assert len(server.bill.charged) == 20


def test_an_endpoint_that_only_refuses_is_waited_for_and_given_up(monkeypatch, capsys):
    monkeypatch.setattr(client, "TELL_AFTER", 0.05)
    monkeypatch.setattr(client, "LONGEST_REFUSAL", 0.4)
    with (serve_scripted(Script(NONE), FaultInjection(capacity=0, retry_after=0.06)) as (url, server),
          pytest.raises(EndpointError, match=r"has refused every request for 0 minutes.*429") as stopped):
        run(url, questions(5), Limits(price=PRICE))
    assert "it goes on" in str(stopped.value)
    assert capsys.readouterr().err.count("refuses requests for now") == 1
    assert not server.bill.charged


def test_refusals_between_answers_give_nothing_up(monkeypatch):
    monkeypatch.setattr(client, "LONGEST_REFUSAL", 0.4)
    with serve_scripted(Script(NONE), FaultInjection(latency=0.05, capacity=1, retry_after=0.02)) as (url, server):
        _, replies = run(url, questions(20), Limits(price=PRICE, concurrency=8))
    assert all(reply.finish == "stop" for _, reply in replies)
    assert server.bill.seen["429"]


def test_bad_days_lose_and_double_nothing():
    faults = FaultInjection(server_errors=0.08, half_answers=0.06, html=0.05, wrong_json=0.05, slow_drips=0.05, capacity=40,
                      retry_after=0.01)
    requests = questions(120)
    with serve_scripted(Script(NONE), faults) as (url, server):
        session, replies = run(url, requests, Limits(price=PRICE))
    expected = [Script(NONE).reply(request).text for request in requests]
    assert [reply.text for _, reply in replies] == expected
    assert session.usage.usd == pytest.approx(server.bill.usd(1.0, 4.0))
    spent = session.ledger.spent()
    assert spent.settled == pytest.approx(server.bill.usd(1.0, 4.0))
    assert spent.possible > 0, "attempts that were cut off may have been charged, and count"
    assert not session.ledger.open_calls()


@pytest.mark.parametrize("faults", [FaultInjection(), FaultInjection(half_answers=0.2, server_errors=0.1, idempotent=False)])
@pytest.mark.parametrize("budget", [0.0, 0.002, 0.01])
def test_the_budget_is_never_exceeded_and_nothing_paid_is_left_out(faults, budget):
    with serve_scripted(Script(NONE), faults) as (url, server):
        session, replies = run(url, questions(200), Limits(price=PRICE, budget=budget))
    billed = server.bill.usd(1.0, 4.0)
    assert billed <= budget
    answered = [reply for _, reply in replies if reply.finish != "failed"]
    assert sum(reply.usd for reply in answered) == pytest.approx(session.ledger.spent().settled)
    assert isinstance(session.stopped, BudgetError)
    bound = PRICE.at_most(questions(1)[0])
    assert session.ledger.spent().total > budget - bound, "what is left would not have covered one more request"


def test_a_hanging_endpoint_is_not_waited_for_and_may_have_charged():
    with serve_scripted(Script(NONE), FaultInjection(hangs=1.0)) as (url, _):
        session, [(request, reply)] = run(url, questions(1), Limits(price=PRICE, timeout=0.2))
    assert reply.problem == "6 attempts: no answer within 0.2 s"
    assert session.ledger.spent().possible == pytest.approx(6 * PRICE.at_most(request))


def test_answers_are_kept_and_another_run_gets_them_free(tmp_path):
    with serve_scripted(Script(NONE)) as (url, server):
        _, first = run(url, questions(20), ledger=Ledger(tmp_path / "calls", "one"))
        session, second = run(url, questions(30), ledger=Ledger(tmp_path / "calls", "two"))
    assert [reply for _, reply in second[:20]] == [reply for _, reply in first]
    assert session.usage.cached == 20
    assert len(server.bill.charged) == 30
    assert session.ledger.spent().settled == pytest.approx(sum(reply.usd for _, reply in second[20:]))


def test_a_call_left_open_by_a_killed_run_counts_as_spent(tmp_path):
    before = Ledger(tmp_path / "calls", "run")
    before.send("some key", 0.5)
    before.close()
    with serve_scripted(Script(NONE)) as (url, server):
        session, replies = run(url, questions(5), Limits(price=PRICE, budget=0.5), Ledger(tmp_path / "calls", "run"))
    assert session.stopped is not None
    assert not server.bill.charged
    assert all(reply.problem == "budget" for _, reply in replies)


@pytest.mark.parametrize(("faults", "path", "said"), [
    (FaultInjection(key="right"), "", "does not accept the key"), (FaultInjection(), "/nowhere", "does not know the model"),
])
def test_what_no_further_request_can_mend_stops_at_once(faults, path, said):
    with serve_scripted(Script(NONE), faults) as (url, server), pytest.raises(EndpointError, match=said):
        run(url + path, questions(3), Limits(price=PRICE, concurrency=1))
    assert sum(server.bill.seen.values()) == 1


def test_an_address_where_nobody_listens_is_one_message():
    with pytest.raises(EndpointError, match="cannot be reached"):
        run("http://127.0.0.1:9/v1", questions(2))


def test_an_answer_without_usage_is_charged_at_its_bound(monkeypatch):
    from instructwild.llm import scripted_server

    completion = scripted_server._completion
    monkeypatch.setattr(scripted_server, "_completion", lambda *given: {**completion(*given), "usage": None})
    with serve_scripted(Script(NONE)) as (url, _):
        _, [(request, reply)] = run(url, questions(1))
    assert reply.usd == PRICE.at_most(request)


def test_keys_go_to_their_own_provider_only(monkeypatch):
    from instructwild.llm.address import api_key

    for name in ("OPENAI_API_KEY", "DEEPSEEK_API_KEY", "INSTRUCTWILD_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    assert api_key("https://api.openai.com/v1") == "secret"
    assert api_key("http://127.0.0.1:1/v1") == "none"
    assert api_key("https://example.org/v1") == "none"
    with pytest.raises(ModelError, match="needs a key") as told:
        api_key("https://api.deepseek.com/v1")
    assert "DEEPSEEK_API_KEY" in told.value.remedy
    assert "secret" not in str(told.value)


@pytest.mark.parametrize(("given", "place", "loopback"), [
    ("http://127.0.0.1:8000/v1#m", "endpoint", True), ("http://localhost/v1#org/m", "endpoint", True),
    ("http://[::1]:8000/v1#m", "endpoint", True), ("https://127.0.0.1.example.org/v1#m", "endpoint", False),
    ("http://0.0.0.0/v1#m", "endpoint", False), ("http://user@localhost.evil.org#m", "endpoint", False),
    ("gpt-4o-mini", "endpoint", False), ("smollm2", "local", True), ("Qwen/Qwen3-0.6B", "local", True),
    ("./model", "local", True), ("scripted", "scripted", True),
])
def test_a_model_name_says_where_it_runs(given, place, loopback, monkeypatch):
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    assert (understand(given).location, understand(given).loopback) == (place, loopback)


def test_an_address_without_a_name_is_one_message():
    with pytest.raises(ConfigError, match="without a model's name"):
        understand("http://127.0.0.1:8000/v1")


def test_a_budget_needs_a_price():
    with pytest.raises(ConfigError, match="price of 'mine' is not known"):
        open_model("https://example.org/v1#mine", Limits(budget=1.0), Ledger(":memory:"))


@pytest.mark.parametrize("given", ["1", "a,b", "1,2,3", "-1,2", "nan,1", ""])
def test_a_price_is_two_numbers(given):
    with pytest.raises(ConfigError, match="two prices"):
        parse_price(given)


def test_the_bound_of_a_request_covers_what_any_vocabulary_makes_of_it(tiny_model):
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    for text in ("a" * 50, "柠檬树🙂𠮷" * 9, "\n\t{}[]" * 20, "word " * 100):
        request = Request(messages=(Message(role="user", content=text),), sampling=Sampling(max_tokens=0))
        made = tokenizer.apply_chat_template([{"role": "user", "content": text}], add_generation_prompt=True)
        assert Price(1e6, 0).at_most(request) >= len(made["input_ids"])


def test_a_failed_reply_is_not_remembered():
    with serve_scripted(Script(NONE), FaultInjection(server_errors=1.0)) as (url, _):
        session, [(request, reply)] = run(url, questions(1))
    assert reply == Reply("", "failed", problem="6 attempts: status 500")
    assert session.ledger.get(request.key("scripted")) is None
