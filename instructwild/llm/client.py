"""A model behind an OpenAI-compatible endpoint, called with the async openai client."""

import asyncio
import json
import random
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from instructwild.errors import EndpointError
from instructwild.llm.address import LEAST_IN_ANSWERS, Secrets, api_key, is_loopback, shown_address
from instructwild.llm.budget import Budget
from instructwild.llm.ledger import Ledger
from instructwild.llm.pace import ConcurrencyLimiter, Rate
from instructwild.llm.price import Price
from instructwild.llm.reading import LONGEST_WAIT, Failure, failure, reading
from instructwild.llm.request import Reply, Request
from instructwild.llm.thinking import thinking_fields
from instructwild.text.quantity import quantity

if TYPE_CHECKING:
    from openai import AsyncOpenAI

ATTEMPTS = 6
MOST_REFUSALS = 60
"""How often one request may be rate limited; each time it waits as long as the endpoint says."""
LONGEST_REFUSAL = 1800.0
"""Seconds of nothing but refusals after which an endpoint is given up: the run stops, and goes on when started again."""
TELL_AFTER = 20.0
"""Seconds of nothing but refusals after which the user is told what is waited for."""
UNREACHABLE_ATTEMPTS = 3
MOST_BYTES = 4 * 2**20
"""A longer body is no answer: half a million tokens take less."""
MOST_PACKED_BYTES = 2**16
"""The same for a compressed body, which unpacks to a thousand times as much at worst; none is asked for."""


class ResponseTooLongError(ValueError):
    """A response body beyond `MOST_BYTES`."""


class Endpoint:
    """One model of one endpoint, within its limits and the user's.

    Requests are never redirected, those to this machine never go through a proxy, and the key stands in nothing that comes
    back: neither in replies nor in messages.

    Args:
        url: the base address, such as https://api.openai.com/v1.
        name: the model's name there.
        ledger, budget, price: calls made before, what may be spent, what it costs.
        rpm, tpm: requests and tokens a minute, None for no limit.
        most: requests in flight, at most.
        timeout: seconds after which an answer is no longer waited for, from sending to its last byte.
    """

    def __init__(self, url: str, name: str, *, ledger: Ledger, budget: Budget, price: Price, rpm: float | None = None,
                 tpm: float | None = None, most: int = 256, timeout: float = 120.0) -> None:
        self.url, self.name = url, name
        self.ledger, self.budget, self.price = ledger, budget, price
        self.requests_rate, self.tokens_rate = Rate(rpm), Rate(tpm)
        self.limiter = ConcurrencyLimiter(most)
        self.timeout = timeout
        self.retries = 0
        self.answered = 0
        self._refused_since: float | None = None
        self._refused_last = 0.0
        self._refusal_shown = False
        self._client: AsyncOpenAI | None = None
        self._secrets = Secrets()
        self._rng = random.Random(0)

    @property
    def client(self) -> "AsyncOpenAI":
        """The openai client, made on first use; retrying is ours, so that each attempt reserves its price.

        Its connection pool has the client's own limits: one with httpx's defaults took three times as long a request.
        """
        if self._client is None:
            from openai import AsyncOpenAI, DefaultAsyncHttpxClient

            key = api_key(self.url)
            self._secrets = Secrets.of(self.url, key)
            http = DefaultAsyncHttpxClient(base_url=self.url, timeout=self.timeout, follow_redirects=False,
                                           trust_env=not is_loopback(self.url), event_hooks={"response": [_bounded]})
            self._client = AsyncOpenAI(base_url=self.url, api_key=key, max_retries=0, timeout=self.timeout, http_client=http,
                                       default_headers={"Accept-Encoding": "identity"})
        return self._client

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()

    async def complete(self, request: Request, key: str) -> Reply:
        """The answer to one request, sent again while that helps; a cached one costs nothing.

        Raises:
            BudgetError: the budget does not cover the request.
            EndpointError: the endpoint cannot be reached, refuses the key, redirects, or has limited every request for half
                an hour.
            OutputError: the ledger cannot be written.
        """
        outcome = await self.attempts(request, key, lambda _: False)
        assert isinstance(outcome, Reply)
        return outcome

    async def attempts(self, request: Request, key: str, leave: Callable[[Failure], bool]) -> Reply | Failure:
        """As `complete`, but a failed attempt that was certainly not charged is handed back where `leave` says so."""
        cached = self.ledger.get(key)
        if cached is not None:
            return cached
        bound = self.price.at_most(request)
        problem, attempts, refusals, charged = "", 0, 0, False
        while attempts < ATTEMPTS and refusals < MOST_REFUSALS:
            if problem:
                self.retries += 1
                await asyncio.sleep(self._backoff(attempts))
            await self.budget.reserve(bound)
            outcome = await self._attempt(request, key, bound)
            if isinstance(outcome, Reply):
                self.answered += 1
                self._refused_since = None
                return outcome
            problem, charged = outcome.problem, outcome.charged or outcome.bill is not None
            if not charged and leave(outcome):
                return outcome
            if outcome.rate_limited:
                refusals += 1
                self._note_refusal(outcome)
                continue
            self._refused_since = None
            attempts += 1
            if outcome.unreachable and not self.answered and attempts >= UNREACHABLE_ATTEMPTS:
                raise EndpointError(f"cannot be reached ({problem})", where=shown_address(self.url),
                                    remedy="check the address, and that the server is running")
        return Reply("", "failed", problem=f"{quantity(attempts + refusals, 'attempt')}: {problem}",
                     charged_for_nothing=charged)

    def _note_refusal(self, refusal: Failure) -> None:
        """Count how long the endpoint has answered nothing; tell the user once, and stop where it goes on for too long."""
        now = time.monotonic()
        if self._refused_since is None or now - self._refused_last > LONGEST_WAIT + self.timeout:
            self._refused_since = now
        self._refused_last = now
        since = now - self._refused_since
        if since + refusal.pause > LONGEST_REFUSAL:
            raise EndpointError(f"has refused every request for {since / 60:.0f} minutes ({refusal.problem})",
                                where=shown_address(self.url),
                                remedy="look at its limits (--rpm, --tpm, --concurrency), then run the same command again: "
                                       "it goes on")
        if since + refusal.pause > TELL_AFTER and not self._refusal_shown:
            self._refusal_shown = True
            print(f"{shown_address(self.url)}: refuses requests for now ({refusal.problem}); waiting as long as it asks, a "
                  f"minute at most each time, and stopping after {LONGEST_REFUSAL / 60:.0f} minutes without an answer",
                  file=sys.stderr)

    def _backoff(self, attempt: int) -> float:
        return min(LONGEST_WAIT, 0.25 * 2.0**attempt) * self._rng.uniform(0.75, 1.25)

    async def _attempt(self, request: Request, key: str, bound: float) -> Reply | Failure:
        """One attempt, its price reserved by the caller: a reply, or why there is none and another attempt may help."""
        tokens = request.characters / 4 + request.sampling.max_tokens
        charged = bound
        try:
            await self.requests_rate.take()
            await self.tokens_rate.take(tokens)
            outcome = await self._send_when_free(request, key, bound)
            if isinstance(outcome, Reply):
                charged = outcome.usd
                await self.ledger.settle(key, outcome)
                self.tokens_rate.give_back(tokens - outcome.prompt_tokens - outcome.completion_tokens)
            elif outcome.bill is not None:
                charged = outcome.bill.usd
                await self.ledger.bill(key, outcome.bill.prompt_tokens, outcome.bill.completion_tokens, charged)
            elif outcome.charged:
                await self.ledger.lose(key, bound)
            else:
                charged = 0.0
                await self.ledger.withdraw(key)
            return outcome
        except EndpointError:
            charged = 0.0
            await self.ledger.withdraw(key)
            raise
        finally:
            # A cancelled call stays written down as open: whoever goes on counts it as possibly charged.
            self.budget.settle(bound, charged)

    async def _send_when_free(self, request: Request, key: str, bound: float) -> Reply | Failure:
        """Send the request once the limiter lets it; its place is free again before the outcome is written down."""
        entered = await self.limiter.acquire()
        rate_limited, pause = False, 0.0
        try:
            self.ledger.send(key, bound)
            outcome = await self._outcome(request, key)
            if isinstance(outcome, Failure):
                rate_limited, pause = outcome.rate_limited, outcome.pause
            return outcome
        finally:
            self.limiter.release(entered, rate_limited=rate_limited, pause=pause)

    async def _outcome(self, request: Request, key: str) -> Reply | Failure:
        import openai

        try:
            async with asyncio.timeout(self.timeout):
                answer = await self._post(request, key)
            return without_secrets(reading(answer, request, self.price), self._secrets)
        except (openai.OpenAIError, ValueError, TimeoutError, RecursionError, OverflowError) as error:
            return failure(error, self.url, self.name, self.timeout, self.price, self._secrets)

    async def _post(self, request: Request, key: str) -> Any:
        """What the endpoint sent, as plain JSON, or as text where it is none.

        The client's `post` is used, since `create` walks its types for every request and builds a typed answer: a third of
        what a request costs.
        """
        path, body = completion_call(self.url, self.name, request)
        return await self.answer_to(path, body, key)

    async def answer_to(self, path: str, body: Mapping[str, Any], key: str) -> Any:
        """What the endpoint answers to a body: JSON also where no header calls it so, as with some gateways."""
        answer: Any = await self.client.post(path, cast_to=object, body=body, options={"headers": {"Idempotency-Key": key}})
        return json_or_text(answer) if isinstance(answer, str) else answer


def json_or_text(body: str) -> Any:
    """The object of JSON that a body holds; the body itself where it holds none."""
    if not body.lstrip().startswith("{"):
        return body
    try:
        return json.loads(body)
    except ValueError:
        return body


def completion_call(url: str, model: str, request: Request) -> tuple[str, dict[str, Any]]:
    """The path and body by which an OpenAI-compatible endpoint is asked.

    Args:
        url: the endpoint's address; some fields are a provider's own.
        model: its name there.
        request: what is asked.
    """
    sampling = request.sampling
    body: dict[str, Any] = {"model": model, "max_tokens": sampling.max_tokens, "temperature": sampling.temperature,
                            "seed": request.seed}
    if sampling.top_p < 1:
        body["top_p"] = sampling.top_p
    if sampling.stop:
        body["stop"] = list(sampling.stop)
    if request.text:
        return "/completions", {**body, "prompt": request.text}
    return "/chat/completions", {**body, "messages": request.chat_messages(), **thinking_fields(url, sampling.thinking)}


def without_secrets(outcome: Reply | Failure, secrets: Secrets) -> Reply | Failure:
    """The outcome without what let us in, should the endpoint repeat it."""
    if isinstance(outcome, Failure):
        return replace(outcome, problem=secrets.redacted(outcome.problem))
    texts: dict[str, Any] = {name: secrets.redacted(text, LEAST_IN_ANSWERS) for name in ("text", "reasoning", "request_id")
                             if (text := getattr(outcome, name))}
    return replace(outcome, **texts)


async def _bounded(response: Any) -> None:
    """Let no more of a body in than `MOST_BYTES`; a hook of httpx, before the body is read."""
    packed = response.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity")
    kind = _bounded_kind(type(response.stream))  # type: ignore[arg-type]
    response.stream = kind(response.stream, MOST_PACKED_BYTES if packed else MOST_BYTES)


@cache
def _bounded_kind(stream: Any) -> type["_BoundedStream"]:
    """A stream of the kind that the client's HTTP library, httpx or httpx2, takes for one."""
    base = next(kind for kind in stream.__mro__ if kind.__name__ == "AsyncByteStream")
    return type("BoundedStream", (_BoundedStream, base), {})


class _BoundedStream:
    """A body that breaks off with `ResponseTooLongError` past a number of bytes."""

    def __init__(self, stream: Any, most: int) -> None:
        self.stream, self.most = stream, most

    async def __aiter__(self) -> AsyncIterator[bytes]:
        count = 0
        async for part in self.stream:
            count += len(part)
            if count > self.most:
                raise ResponseTooLongError(f"a body of more than {self.most:,} bytes")
            yield part

    async def aclose(self) -> None:
        """Close the connection's stream."""
        await self.stream.aclose()
