"""A model behind an OpenAI-compatible endpoint, asked with the async openai client."""

import asyncio
import random
from typing import TYPE_CHECKING, Any

from instructwild.errors import EndpointError
from instructwild.llm.address import api_key
from instructwild.llm.budget import Budget
from instructwild.llm.ledger import Ledger
from instructwild.llm.pace import Rate, Slots
from instructwild.llm.price import Price
from instructwild.llm.reading import LONGEST_WAIT, Failure, failure, reading
from instructwild.llm.request import Reply, Request

if TYPE_CHECKING:
    from openai import AsyncOpenAI

ATTEMPTS = 6
PATIENCE = 60
"""How often one request may be turned away for being one too many; each time it waits as long as the endpoint says."""
UNREACHABLE_ATTEMPTS = 3


class Endpoint:
    """One model of one endpoint, within its limits and the user's.

    Args:
        url: the base address, such as https://api.openai.com/v1.
        name: the model's name there.
        ledger, budget, price: what was asked before, what may be spent, what it costs.
        rpm, tpm: requests and tokens a minute, None for no limit.
        most: requests on their way at once, at most.
        timeout: seconds after which an answer is no longer waited for.
    """

    def __init__(self, url: str, name: str, *, ledger: Ledger, budget: Budget, price: Price, rpm: float | None = None,
                 tpm: float | None = None, most: int = 256, timeout: float = 120.0) -> None:
        self.url, self.name = url, name
        self.ledger, self.budget, self.price = ledger, budget, price
        self.requests_rate, self.tokens_rate = Rate(rpm), Rate(tpm)
        self.slots = Slots(most)
        self.timeout = timeout
        self.retries = 0
        self.answered = 0
        self._client: AsyncOpenAI | None = None
        self._dice = random.Random(0)

    @property
    def client(self) -> "AsyncOpenAI":
        """The openai client, made on first use; retrying is ours, so that each attempt reserves its price.

        Its own connection pool is kept: one of httpx in its place took three times as long for each request.
        """
        if self._client is None:
            from openai import AsyncOpenAI

            self._client = AsyncOpenAI(base_url=self.url, api_key=api_key(self.url), max_retries=0, timeout=self.timeout)
        return self._client

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()

    async def complete(self, request: Request, key: str) -> Reply:
        """The answer to one request, asked again while that helps; a cached one costs nothing.

        Raises:
            BudgetError: the budget does not cover the request.
            EndpointError: the endpoint cannot be reached or does not let us in.
        """
        known = self.ledger.get(key)
        if known is not None:
            return known
        bound = self.price.at_most(request)
        problem, tried, refusals = "", 0, 0
        while tried < ATTEMPTS and refusals < PATIENCE:
            if problem:
                self.retries += 1
                await asyncio.sleep(self._backoff(tried))
            await self.budget.reserve(bound)
            outcome = await self._attempt(request, key, bound)
            if isinstance(outcome, Reply):
                self.answered += 1
                return outcome
            problem = outcome.problem
            if outcome.turned_away:
                refusals += 1
                continue
            tried += 1
            if outcome.unreachable and not self.answered and tried >= UNREACHABLE_ATTEMPTS:
                raise EndpointError(f"cannot be reached ({problem})", where=self.url,
                                    remedy="check the address, and that the server is running")
        return Reply("", "failed", problem=f"{tried + refusals} attempts: {problem}")

    def _backoff(self, attempt: int) -> float:
        return min(LONGEST_WAIT, 0.25 * 2**attempt) * self._dice.uniform(0.75, 1.25)

    async def _attempt(self, request: Request, key: str, bound: float) -> Reply | Failure:
        """One attempt, its price reserved by the caller: a reply, or why there is none and another attempt may help."""
        tokens = request.characters / 4 + request.sampling.max_tokens
        await self.requests_rate.take()
        await self.tokens_rate.take(tokens)
        charged = bound
        try:
            outcome = await self._in_a_slot(request, key, bound)
            if isinstance(outcome, Reply):
                charged = outcome.usd
                await self.ledger.settle(key, outcome)
                self.tokens_rate.give_back(tokens - outcome.prompt_tokens - outcome.completion_tokens)
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

    async def _in_a_slot(self, request: Request, key: str, bound: float) -> Reply | Failure:
        """Send the request once there is a slot; the slot is free again before the outcome is written down."""
        entered = await self.slots.enter()
        turned_away, pause = False, 0.0
        try:
            self.ledger.send(key, bound)
            outcome = await self._outcome(request, key)
            if isinstance(outcome, Failure):
                turned_away, pause = outcome.turned_away, outcome.pause
            return outcome
        finally:
            self.slots.leave(entered, refused=turned_away, pause=pause)

    async def _outcome(self, request: Request, key: str) -> Reply | Failure:
        import openai

        try:
            return reading(await self._ask(request, key), request, self.price)
        except (openai.OpenAIError, ValueError) as error:
            return failure(error, self.url, self.name, self.timeout)

    async def _ask(self, request: Request, key: str) -> Any:
        """What the endpoint sent, as plain JSON, or as text where it is none.

        The client's `post` is used, since `create` walks its types for every request and builds a typed answer: a third of
        what a request costs.
        """
        sampling = request.sampling
        body: dict[str, Any] = {"model": self.name, "max_tokens": sampling.max_tokens, "temperature": sampling.temperature,
                                "seed": request.seed}
        if sampling.top_p < 1:
            body["top_p"] = sampling.top_p
        if sampling.stop:
            body["stop"] = list(sampling.stop)
        if request.text:
            path, body["prompt"] = "/completions", request.text
        else:
            path, body["messages"] = "/chat/completions", request.spoken()
        return await self.client.post(path, cast_to=object, body=body, options={"headers": {"Idempotency-Key": key}})
