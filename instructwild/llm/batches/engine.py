"""Requests answered by a provider's batches: half the price, within a day, and never paid twice.

A batch is written down with the most that it can cost before anything of it is sent, and carries its own name at the
provider. Whoever goes on after a kill finds it there by that name, and hands it in only where it never arrived.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import replace
from typing import Any

from instructwild.errors import BudgetError, EndpointError
from instructwild.llm.address import shown_address
from instructwild.llm.batches.http import FETCH_ATTEMPTS, LATE_ATTEMPTS, BatchHttp, NotThere, Unanswered
from instructwild.llm.batches.protocol import BatchState, key_of
from instructwild.llm.batches.providers import Provider, provider_at
from instructwild.llm.batches.record import BatchRecord, OpenBatch
from instructwild.llm.budget import Budget
from instructwild.llm.client import completion_call, without_secrets
from instructwild.llm.ledger import Ledger
from instructwild.llm.price import Price
from instructwild.llm.reading import Failure
from instructwild.llm.request import Reply, Request
from instructwild.llm.session import Known, NextRequest, in_batches
from instructwild.schema.message import Message
from instructwild.text.quantity import quantity

ATTEMPTS = 3
"""How often a request is handed in again that a batch left without an answer."""
HAND_IN_ATTEMPTS = 8
LOOKS, LOOK_PAUSE = 3, 3.0
"""How often a batch is looked for that may have arrived: a list of batches can be late; seconds between."""
FIRST_POLL, LONGEST_POLL, GROWTH = 0.2, 60.0, 1.5
SAID_EVERY = 30.0
"""Seconds between two lines on how far the batches are."""
ANY_CHAT = Request(messages=(Message(role="user", content="-"),))


class ProviderBatchEngine:
    """Requests gathered into batches of the provider; replies in the order of the requests.

    Args:
        url, model: the endpoint and the model's name there.
        label: the name under which answers are kept: the same as in live calls, so that both share them.
        ledger, budget: what was paid before, and what may be.
        price: of a batch, the discount included.
        timeout: seconds that one call about a batch may take.
    """

    def __init__(self, url: str, model: str, label: str, *, ledger: Ledger, budget: Budget, price: Price,
                 timeout: float = 120.0) -> None:
        self.url, self.model, self.label = url, model, label
        self.ledger, self.budget, self.price = ledger, budget, price
        self.http = BatchHttp(url, timeout)
        self.record = BatchRecord(ledger, f"{shown_address(url)} {model}")
        self.batches = 0
        self._provider: Provider | None = None
        self._lost: set[str] = set()
        self._said = 0.0

    async def close(self) -> None:
        """Close the connections."""
        await self.http.close()

    async def stream(self, next_request: NextRequest, window: int, known: Known) -> AsyncIterator[tuple[Request, Any]]:
        """Replies in the order of the requests, or the error of the budget in place of one."""
        async for answered in in_batches(next_request, window, self._answered):
            yield answered

    async def _answered(self, requests: Sequence[Request]) -> list[Reply | BudgetError]:
        """A reply to each request, in as many rounds of batches as it takes."""
        of_key = {request.key(self.label): request for request in requests}
        problems: dict[str, str] = {}
        rest: BudgetError | None = None
        if any(self.ledger.get(key) is None for key in of_key):
            earlier = self.record.waiting()
            for batch in earlier:
                self.budget.reopen(batch.usd)
            await self._collect(earlier, of_key, problems, earlier=True)
        for _ in range(ATTEMPTS):
            missing = {key: request for key, request in of_key.items() if self.ledger.get(key) is None}
            while missing:
                affordable, rest = await self._reserved(missing)
                if not affordable:
                    break
                batches = [self.record.open(part, self.http.now) for part in await self._parts(affordable, of_key)]
                self.batches += len(batches)
                await self._collect(batches, of_key, problems)
                missing = {key: request for key, request in missing.items() if key not in affordable}
        return [self._reply(key, problems, rest) for key in (request.key(self.label) for request in requests)]

    def _reply(self, key: str, problems: dict[str, str], rest: BudgetError | None) -> Reply | BudgetError:
        reply = self.ledger.get(key)
        if reply is not None:
            return replace(reply, charged_for_nothing=True) if key in self._lost else reply
        if key in problems:
            return Reply("", "failed", problem=problems[key])
        return rest or Reply("", "failed", problem="the batch held no answer")

    async def _reserved(self, missing: dict[str, Request]) -> tuple[dict[str, float], BudgetError | None]:
        """What of these the budget covers, reserved, with the most each can cost; and why no more."""
        bounds: dict[str, float] = {}
        for key, request in missing.items():
            bound = self.price.at_most(request)
            if not self.budget.covers(bound) and bounds:
                break
            try:
                await self.budget.reserve(bound)
            except BudgetError as error:
                return bounds, error
            bounds[key] = bound
        return bounds, None

    async def _parts(self, bounds: dict[str, float], of_key: dict[str, Request]) -> list[dict[str, float]]:
        """The calls in as many batches as the provider's limits ask for; calls to different paths apart."""
        provider = await self._api()
        parts: dict[str, list[dict[str, float]]] = {}
        sizes: dict[str, int] = {}
        for key, bound in bounds.items():
            path, body = completion_call(self.url, self.model, of_key[key])
            size = 6 * len(str(body)) + 200
            last = parts.setdefault(path, [{}])
            if len(last[-1]) >= provider.most_requests or sizes.get(path, 0) + size > provider.most_bytes:
                last.append({})
                sizes[path] = 0
            last[-1][key] = bound
            sizes[path] = sizes.get(path, 0) + size
        return [part for each in parts.values() for part in each]

    async def _api(self) -> Provider:
        if self._provider is None:
            self._provider = await provider_at(self.http, self.url, self.model)
        return self._provider

    async def _collect(self, batches: Iterable[OpenBatch], of_key: dict[str, Request], problems: dict[str, str], *,
                       earlier: bool = False) -> None:
        """Wait for batches, each handed in where it is not there yet, and note what they brought.

        Args:
            batches: written down.
            of_key: the requests by their keys.
            problems: why a request has no answer, to be added to.
            earlier: another process wrote them down, and may have handed them in.

        Raises:
            EndpointError: the provider refuses a batch; it is forgotten, for nothing of it was answered.
        """
        provider = await self._api()
        there = [await self._there(provider, batch, of_key, earlier) for batch in batches]
        on_its_way = [batch for batch in there if batch is not None]
        pause = FIRST_POLL
        while on_its_way:
            left, states = [], []
            for batch in on_its_way:
                state = await provider.state(batch.provider_id or "")
                states.append(state)
                if state.ending == "waiting":
                    left.append(batch)
                else:
                    await self._close(provider, batch, state, of_key, problems)
            on_its_way = left
            if on_its_way:
                self._say(states)
                await asyncio.sleep(pause)
                pause = min(LONGEST_POLL, pause * GROWTH)

    async def _there(self, provider: Provider, batch: OpenBatch, of_key: dict[str, Request],
                     may_be_there: bool) -> OpenBatch | None:
        """The batch with the provider's name of it: found there, or handed in; None where nothing of it is needed."""
        if batch.provider_id:
            return batch
        for attempt in range(HAND_IN_ATTEMPTS):
            if may_be_there and (identity := await self._looked_for(provider, batch)) is not None:
                return self.record.arrived(batch, identity)
            requests = [(key, of_key[key]) for key in batch.bounds if key in of_key]
            if len(requests) < len(batch.bounds):
                self._forget(batch)
                return None
            try:
                identity = await provider.hand_in(batch, requests)
            except Unanswered:
                may_be_there = True
                await asyncio.sleep(min(LONGEST_POLL, 0.5 * 2**attempt))
                continue
            except ValueError as error:
                self._forget(batch)
                raise EndpointError(str(error), where=shown_address(self.url), remedy="leave out --provider-batch") from None
            except EndpointError:
                self._forget(batch)
                raise
            return self.record.arrived(batch, identity)
        raise EndpointError("does not take the batch", where=shown_address(self.url),
                            remedy="run the same command again later: it looks for the batch first")

    async def _looked_for(self, provider: Provider, batch: OpenBatch) -> str | None:
        """The provider's name of a batch that may have arrived, looked for more than once."""
        for look in range(LOOKS):
            if look:
                await asyncio.sleep(LOOK_PAUSE)
            if (identity := await provider.find(batch)) is not None:
                return identity
        return None

    def _forget(self, batch: OpenBatch) -> None:
        """Nothing of the batch was answered or will be: its price is free again."""
        self.record.close(batch)
        self.budget.settle(batch.usd, 0.0)

    async def _close(self, provider: Provider, batch: OpenBatch, state: BatchState, of_key: dict[str, Request],
                     problems: dict[str, str]) -> None:
        """Read the results of a batch that has ended, and note them.

        What the provider counts as answered and does not send may have been charged, and is not requested again.
        """
        if state.ending == "failed":
            self._forget(batch)
            raise EndpointError(f"could not answer the batch: {self.http.secrets.redacted(state.problem)}",
                                where=shown_address(self.url),
                                remedy="lower --concurrency for smaller batches, or leave out --provider-batch")
        replies, failures, complete = await self._results(provider, batch, state, of_key)
        bills = [failure.bill for failure in failures.values() if failure.bill is not None]
        lost = sum(batch.bounds[key] for key, failure in failures.items() if failure.charged and failure.bill is None)
        if not complete:
            missing = batch.bounds.keys() - replies.keys() - failures.keys()
            replies |= {key: Reply("", "failed", problem="counted as answered, but not in the results") for key in missing}
            lost += sum(batch.bounds[key] for key in missing)
            self._lost |= missing
            print(f"{self.label}: batch {batch.provider_id} counts {quantity(state.lines, 'answer')} and sends fewer; "
                  f"{quantity(len(missing), 'row')} without one may have been charged; no second request is "
                  "made", file=sys.stderr)
        self.record.close(batch, replies.items(), bills, lost)
        charged = sum(reply.usd for reply in replies.values()) + sum(bill.usd for bill in bills) + lost
        self.budget.settle(batch.usd, charged)
        problems.update({key: failure.problem for key, failure in failures.items()})
        problems.update({key: "the batch held no answer" for key in batch.bounds.keys() - replies.keys() - failures.keys()})

    async def _results(self, provider: Provider, batch: OpenBatch, state: BatchState, of_key: dict[str, Request],
                       ) -> tuple[dict[str, Reply], dict[str, Failure], bool]:
        """The replies and failures in a batch's results, and whether they are as many as the provider counts.

        The first line of a request counts, but an answer more than a failure.
        """
        problem = ""
        for attempt in range(FETCH_ATTEMPTS):
            if problem:
                await asyncio.sleep(min(LONGEST_POLL, 0.5 * 2**attempt))
                state = await provider.state(batch.provider_id or "")
            replies: dict[str, Reply] = {}
            failures: dict[str, Failure] = {}
            try:
                async for line in provider.lines(batch.provider_id or "", state):
                    key = key_of(line.get("custom_id"), batch.name)
                    if key is None or key not in batch.bounds or key in replies:
                        continue
                    outcome = self._outcome(provider, line, of_key.get(key))
                    if isinstance(outcome, Reply):
                        replies[key] = outcome
                        failures.pop(key, None)
                    else:
                        failures.setdefault(key, outcome)
            except Unanswered as error:
                if isinstance(error, NotThere) and attempt + 1 >= LATE_ATTEMPTS:
                    raise self.http.gone(f"the results of {batch.provider_id}", error) from None
                problem = str(error)
                continue
            complete = len(replies) + len(failures) >= min(state.lines, len(batch.bounds))
            if complete or attempt + 1 >= LATE_ATTEMPTS:
                return replies, failures, complete
            problem = "fewer than the provider counts"
        raise EndpointError(f"the results cannot be fetched ({problem})", where=shown_address(self.url),
                            remedy="run the same command again later: the batch is kept")

    def _outcome(self, provider: Provider, line: Any, request: Request | None) -> Reply | Failure:
        """What a line says; a request that is not at hand, because the command changed, is read as any other chat."""
        return without_secrets(provider.result(line, request or ANY_CHAT, self.price), self.http.secrets)

    def _say(self, states: Sequence[BatchState]) -> None:
        """A line on stderr, now and then."""
        now = time.monotonic()
        if now - self._said >= SAID_EVERY:
            self._said = now
            answered, total = sum(state.answered for state in states), sum(state.total for state in states)
            print(f"{self.label}: {quantity(len(states), 'batch')} at the provider, {answered:,} of "
                  f"{quantity(total, 'request')} answered; stop at will, the same command goes on", file=sys.stderr)
