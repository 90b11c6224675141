"""Whatever an endpoint sends costs one attempt: nothing hangs, nothing is redirected, no key comes back into a file."""

import asyncio
import json
import socket
import sqlite3
import threading
import time
from base64 import b64encode
from contextlib import contextmanager

import pytest

from instructwild.errors import ConfigError, EndpointError, OutputError
from instructwild.llm import client
from instructwild.llm.address import Secrets, shown_address
from instructwild.llm.charges import charges
from instructwild.llm.ledger import Ledger
from instructwild.llm.name import understand
from instructwild.llm.open import Limits, check, open_model
from instructwild.llm.price import Price
from instructwild.llm.request import Reply, Request, Sampling
from instructwild.schema import Message

PRICE = Price(1.0, 1.0)


@contextmanager
def answering(write):
    """A server on loopback whose every connection is answered by `write(connection, request bytes)`."""
    listener = socket.create_server(("127.0.0.1", 0))
    seen = []

    def one(connection):
        with connection:
            data = b""
            while b"\r\n\r\n" not in data:
                part = connection.recv(65536)
                if not part:
                    return
                data += part
            seen.append(data)
            try:
                write(connection, data)
                connection.shutdown(socket.SHUT_WR)
                connection.recv(65536)
            except OSError:
                pass

    def loop():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=one, args=(connection,), daemon=True).start()

    threading.Thread(target=loop, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1", seen
    finally:
        listener.close()


def sending(body, status="200 OK", headers=()):
    content = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
    head = "".join(f"{name}: {value}\r\n" for name, value in headers)

    def write(connection, _):
        connection.sendall(f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nConnection: close\r\n{head}"
                           f"Content-Length: {len(content)}\r\n\r\n".encode() + content)

    return write


def completion(content, finish="stop", usage=None, **message):
    return {"id": "r", "choices": [{"finish_reason": finish, "message": {"content": content, **message}}],
            "usage": usage or {"prompt_tokens": 3, "completion_tokens": 5}}


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(client.Endpoint, "_backoff", lambda self, tried: 0.001)
    monkeypatch.setattr(client, "ATTEMPTS", 2)


def call(url, *, limits=None, ledger=None, count=1):
    """Send requests; returns the session and the replies."""
    ledger = ledger or Ledger(":memory:")
    session = open_model(f"{url}#m", limits or Limits(price=PRICE, timeout=5), ledger)
    requests = iter([Request(messages=(Message(role="user", content=f"Which knot is number {i}?"),), seed=i,
                             sampling=Sampling(max_tokens=50)) for i in range(count)])

    async def everything():
        async with session:
            return [reply async for _, reply in session.stream(lambda: next(requests, None))]

    return session, asyncio.run(everything())


@pytest.mark.parametrize(("content", "mended"), [
    ('"A sail \\ud83d"', "A sail \ufffd"), ('"A \\udc00 sail"', "A \ufffd sail"), ('"\\ud83d\\ude00"', "😀")])
def test_half_a_surrogate_pair_is_replaced(content, mended, tmp_path):
    body = f'{{"id":"\\ud800","choices":[{{"message":{{"content":{content}}}}}]}}'
    ledger = Ledger(tmp_path / "calls")
    with answering(sending(body)) as (url, _):
        _, (reply,) = call(url, ledger=ledger)
        _, (again,) = call(url, ledger=ledger)
    assert reply.text == again.text == mended
    assert again.cached


@pytest.mark.parametrize("body", [
    "[" * 200_000, '{"a":' * 100_000, json.dumps(completion("x")).replace("3,", f"{10**500},"),
    json.dumps(completion("x", usage={"prompt_tokens": 10**12, "completion_tokens": 1})), "null", "<html>", b"\xff\xfe\x00"])
def test_absurd_bodies_fail_their_attempt_and_may_have_been_charged(body):
    with answering(sending(body)) as (url, _):
        session, (reply,) = call(url)
    assert reply.finish == "failed"
    assert session.ledger.spent().possible > 0


def test_a_body_without_end_is_cut_off_and_a_slow_one_meets_the_deadline():
    def endless(connection, _):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n\"")
        while True:
            connection.sendall(b"a" * 65536)

    def drip(connection, _):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n")
        while True:
            connection.sendall(b" ")
            time.sleep(0.05)

    with answering(endless) as (url, _):
        _, (reply,) = call(url, limits=Limits(price=PRICE, timeout=60))
    assert "a body of more than 4,194,304 bytes" in reply.problem
    began = time.monotonic()
    with answering(drip) as (url, _):
        _, (reply,) = call(url, limits=Limits(price=PRICE, timeout=0.4))
    assert "no answer within 0.4 s" in reply.problem
    assert time.monotonic() - began < 5


def test_what_a_broken_reply_says_it_cost_is_charged(tmp_path):
    usage = {"prompt_tokens": 40, "completion_tokens": 60}
    ledger = Ledger(tmp_path / "calls", "run")
    with answering(sending({"choices": [], "usage": usage})) as (url, seen):
        session, (reply,) = call(url, ledger=ledger)
    cost = charges([session], ledger)
    assert reply.finish == "failed"
    assert (cost.usd, cost.prompt_tokens, cost.completion_tokens) == (pytest.approx(len(seen) * 1e-4), 80, 120)
    with answering(sending({"error": {"message": "late"}, "usage": usage}, "500 Internal Server Error")) as (url, seen):
        session, _ = call(url)
    assert charges([session], session.ledger).usd == pytest.approx(len(seen) * 1e-4)


def test_thoughts_that_only_the_total_counts_are_charged():
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 115}
    with answering(sending(completion("Bowline.", usage=usage, reasoning="A loop."))) as (url, _):
        session, (reply,) = call(url)
    assert (reply.completion_tokens, reply.reasoning, reply.text) == (105, "A loop.", "Bowline.")
    assert session.usage.reasoning_tokens > 0


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"])
def test_no_endpoint_is_redirected(status):
    with answering(sending(completion("no"))) as (elsewhere, reached), \
            answering(sending({}, status, [("Location", elsewhere)])) as (url, _), \
            pytest.raises(EndpointError, match="redirects to"):
        call(url)
    assert not reached


def test_loopback_never_goes_through_a_proxy(monkeypatch):
    with answering(sending(completion("no"))) as (proxy, reached), answering(sending(completion("Sheet."))) as (url, _):
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.removesuffix("/v1"))
        _, (reply,) = call(url)
    assert reply.text == "Sheet."
    assert not reached


@pytest.mark.parametrize(("status", "body"), [
    ("400 Bad Request", {"error": {"message": "FAKE/quay+4711 may not do that"}}),
    ("422 Unprocessable", {"error": {"message": "seen FAKE%2Fquay%2B4711"}}),
    ("400 Bad Request", {"error": {"message": f"seen {b64encode(b'Bearer FAKE/quay+4711 x').decode()}"}}),
    ("200 OK", completion("The header was Bearer FAKE/quay+4711.")), ("200 OK", {"choices": [], "key": "FAKE/quay+4711"})])
def test_a_key_that_comes_back_is_masked(status, body, monkeypatch, tmp_path):
    monkeypatch.setenv("INSTRUCTWILD_API_KEY", "FAKE/quay+4711")
    ledger = Ledger(tmp_path / "calls")
    with answering(sending(body, status)) as (url, seen):
        _, (reply,) = call(url, ledger=ledger)
    ledger.close()
    assert b"FAKE/quay+4711" in seen[0]
    assert "4711" not in f"{reply}" + "".join(sqlite3.connect(tmp_path / "calls").iterdump())


def test_secrets_of_an_address_are_not_shown_and_short_keys_leave_answers_alone():
    assert shown_address("https://ann:pw@host.example/v1?key=1") == "https://host.example/v1"
    secrets = Secrets.of("https://ann:hemlock@host.example/v1", "EMPTY")
    assert secrets.redacted("hemlock EMPTY") == "[KEY] [KEY]"
    assert secrets.redacted("The glass is empty.", 8) == "The glass is empty."


@pytest.mark.parametrize("before", ["", "B", "Bearer ", "Bearer: "])
def test_a_key_is_known_in_base64_wherever_it_stands_and_in_hexadecimal(before):
    secrets = Secrets.of("https://host.example/v1", "FAKE-quay-4711-tide")
    code = b64encode(f"{before}FAKE-quay-4711-tide, or so".encode()).decode()
    assert "[KEY]" in secrets.redacted(code)
    assert len(secrets.redacted(code)) < len(code) - 15
    assert secrets.redacted(b"FAKE-quay-4711-tide".hex().upper()) == "[KEY]"
    assert secrets.redacted("k=FAKE%2Dquay%2D4711%2Dtide") == "k=[KEY]"


@pytest.mark.parametrize("name", ["HTTP://models.example/v1#m", "Https://models.example/v1#m", " http://models.example/v1#m",
                                  "someone/some-model-that-is-not-here"])
def test_nothing_slips_by_local_only(name):
    with pytest.raises(ConfigError, match="--local-only refuses"):
        check(understand(name), Limits(local_only=True))


@pytest.mark.parametrize("name", ["http://127.0.0.1\\@models.example/v1#m", "http://127.0.0.1\t.example/v1#m"])
def test_an_address_that_can_be_read_in_two_ways_is_refused(name):
    with pytest.raises(ConfigError, match="is no address"):
        understand(name)


@pytest.mark.timeout(30)
def test_every_waiter_is_told_that_a_write_failed():
    async def scene():
        ledger = Ledger(":memory:")
        ledger._db.execute("DROP TABLE replies")
        waiting = [ledger.settle(str(i), Reply("x")) for i in range(5)]
        return await asyncio.gather(*waiting, return_exceptions=True)

    assert [type(outcome) for outcome in asyncio.run(scene())] == [OutputError] * 5


@pytest.mark.timeout(30)
def test_a_value_that_cannot_be_written_reaches_its_waiters():
    async def scene():
        ledger = Ledger(":memory:")
        return await asyncio.gather(ledger.settle("a", Reply("\ud800")), ledger.settle("b", Reply("fine")),
                                    return_exceptions=True)

    assert all(isinstance(outcome, OutputError) for outcome in asyncio.run(scene()))


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
GOOD = json.dumps(completion("Yes.")).encode()


@pytest.mark.parametrize("raw", [
    HEAD + b"Content-Length: 99999\r\n\r\n" + GOOD, HEAD + b"Content-Length: -5\r\n\r\n" + GOOD,
    HEAD + b"Content-Length: 5\r\nContent-Length: 7\r\n\r\n" + GOOD, HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc",
    HEAD + b"Content-Encoding: gzip\r\nContent-Length: 10\r\n\r\nnotgzip!!!",
    HEAD + b"Content-Encoding: " + b", ".join([b"gzip"] * 20) + b"\r\nContent-Length: 3\r\n\r\nabc",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00", b"HTTP/1.1 abc OK\r\n\r\n",
    b"HTTP/1.1 204 No\r\n\r\n",
    b"HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\n\r\n", b"HTTP/1.1 200 OK\r\nX\x00: a\r\n\r\n", b""])
def test_what_is_no_http_as_agreed_fails_its_attempt(raw):
    with answering(lambda connection, _: connection.sendall(raw)) as (url, _):
        _, (reply,) = call(url, limits=Limits(price=PRICE, timeout=20))
    assert reply.finish == "failed"


@pytest.mark.parametrize("location", ["file:///etc/passwd", "//elsewhere.example/v1", "http://[::1/", "data:text/plain,x"])
def test_a_permanent_redirect_to_any_scheme_is_refused(location):
    with answering(sending(b"{}", "308 Moved", [("Location", location)])) as (url, _), \
            pytest.raises(EndpointError, match="redirects to"):
        call(url)


@pytest.mark.parametrize("usage", [
    {"prompt_tokens": -5, "completion_tokens": -1}, {"prompt_tokens": 3.7, "completion_tokens": 2.0},
    {"prompt_tokens": "3", "completion_tokens": "x"}, {"prompt_tokens": True}, [1], {"prompt_tokens": {"a": 1}}])
def test_odd_usage_beside_an_answer_loses_no_answer_and_earns_nothing(usage):
    with answering(sending({**completion("Yes."), "usage": usage})) as (url, _):
        session, (reply,) = call(url)
    assert reply.text == "Yes."
    assert session.ledger.spent().settled >= 0


@pytest.mark.parametrize("choices", [
    None, {}, "x", 7, [None], ["a"], [{}], [{"message": "hi"}], [{"message": {"content": 5}}],
    [{"message": {"content": None, "tool_calls": "x"}}], [{"message": {"content": None, "tool_calls": [{"id": "1"}]}}],
    [{"message": {"content": None, "tool_calls": [
        {"id": "1", "type": "function", "function": {"name": "f", "arguments": "[" * 100_000}}]}}]],
    ids=lambda value: str(value)[:24])
def test_choices_of_another_shape_fail_their_attempt(choices):
    with answering(sending({"id": "r", "choices": choices})) as (url, _):
        _, (reply,) = call(url)
    assert reply.finish == "failed"
