"""Several endpoints that serve one model: each at its own limits, one ledger and one budget."""

import asyncio
import sys
import time
from collections import deque
from collections.abc import Sequence
from functools import partial
from urllib.parse import urlsplit

from instructwild.errors import ConfigError, EndpointError
from instructwild.llm.address import shown_address
from instructwild.llm.client import MOST_REFUSALS, UNREACHABLE_ATTEMPTS, Endpoint
from instructwild.llm.reading import LONGEST_WAIT, Failure
from instructwild.llm.request import Reply, Request

FIRST_REST, LONGEST_REST = 1.0, 60.0
"""Seconds for which an endpoint that cannot be reached is left out; twice as long each time."""


class Endpoints:
    """Requests shared out by weight to endpoints below their concurrency; one that fails without a charge goes to another.

    A request is given to an endpoint when that takes one more, not before: it would wait there for its turn, and all that
    follow it for it.

    Args:
        endpoints: with the same model, ledger and budget.
        weights: the share of each, in any unit.
    """

    def __init__(self, endpoints: Sequence[Endpoint], weights: Sequence[float]) -> None:
        self._weights = dict(zip(endpoints, weights, strict=True))
        self._in_flight = dict.fromkeys(endpoints, 0)
        self._rests: dict[Endpoint, tuple[int, float]] = {}
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def complete(self, request: Request, key: str) -> Reply:
        """The answer of the endpoint that has the least to do for its weight.

        Raises:
            BudgetError, OutputError: see `Endpoint.complete`.
            EndpointError: of the last endpoint that was left.
        """
        failed: set[Endpoint] = set()
        left = -1
        while True:
            left += 1
            if left > len(self._in_flight):               # refused by all, and by one again
                await asyncio.sleep(min(LONGEST_WAIT, 0.05 * 2.0**min(left, 10)))
            endpoint = await self._with_room(failed)
            self._in_flight[endpoint] += 1
            try:
                outcome = await endpoint.attempts(
                    request, key, partial(self._another, endpoint, failed, left < MOST_REFUSALS))
            except EndpointError as error:
                if len(self._weights) == 1 and endpoint in self._weights:
                    raise
                self._leave_out(endpoint, error)
                continue
            finally:
                self._in_flight[endpoint] -= 1
                self._wake()
            if isinstance(outcome, Reply):
                self._rests.pop(endpoint, None)
                return outcome
            if outcome.unreachable:
                self._rest(endpoint, outcome)
            elif not outcome.rate_limited:
                failed.add(endpoint)

    def _another(self, endpoint: Endpoint, failed: set[Endpoint], may_leave: bool, failure: Failure) -> bool:
        """Whether a request that failed at an endpoint has another one to go to now."""
        if not may_leave:
            return False
        others = [each for each in self._weights
                  if each is not endpoint and not self._resting(each) and not self._pause(each)]
        return bool(others if failure.rate_limited else set(others) - failed)

    async def _with_room(self, failed: set[Endpoint]) -> Endpoint:
        """The endpoint that has the least to do for its weight, of those that take one more request; waits for one."""
        while True:
            fresh = [each for each in self._weights if each not in failed] or list(self._weights)
            free = [each for each in fresh if self._room(each) and not self._pause(each)]
            if free:
                return min(free, key=lambda each: (self._in_flight[each] + 1) / self._weights[each])
            loop = asyncio.get_running_loop()
            turn = loop.create_future()
            self._waiting.append(turn)
            timer = loop.call_later(min([LONGEST_REST, *filter(None, map(self._pause, fresh))]), _set, turn)
            try:
                await turn
            finally:
                timer.cancel()

    def _room(self, endpoint: Endpoint) -> bool:
        return self._in_flight[endpoint] < int(endpoint.limiter.limit)

    def _pause(self, endpoint: Endpoint) -> float:
        """Seconds for which an endpoint wants nothing, or is left alone; 0 where all the others are left alone as well."""
        rest = 0.0 if all(map(self._resting, self._weights)) else self._resting(endpoint)
        return max(rest, endpoint.limiter.pause, 0.0)

    def _resting(self, endpoint: Endpoint) -> float:
        return max(self._rests.get(endpoint, (0, 0.0))[1] - time.monotonic(), 0.0)

    def _rest(self, endpoint: Endpoint, failure: Failure) -> None:
        """Leave an endpoint alone for a while, and for good where it was never there."""
        if self._resting(endpoint):
            return                                        # a request that was sent before says so too
        times, _ = self._rests.get(endpoint, (0, 0.0))
        problem = EndpointError(f"cannot be reached ({failure.problem})", where=shown_address(endpoint.url),
                                remedy="check the address, and that the server is running")
        if not endpoint.answered and times + 1 >= UNREACHABLE_ATTEMPTS and len(self._weights) > 1:
            self._leave_out(endpoint, problem)
            return
        if not times:
            print(f"{problem}; the other endpoints go on, and it is tried again", file=sys.stderr)
        self._rests[endpoint] = times + 1, time.monotonic() + min(LONGEST_REST, FIRST_REST * 2.0**times)

    def _leave_out(self, endpoint: Endpoint, error: EndpointError) -> None:
        if self._weights.pop(endpoint, None) is not None:
            print(f"{error}; the other endpoints go on", file=sys.stderr)

    def _wake(self) -> None:
        """Let as many requests as endpoints can take look for one, those that wait longest first."""
        capacity = sum(max(0, int(each.limiter.limit) - self._in_flight[each]) for each in self._weights)
        while self._waiting and capacity > 0:
            turn = self._waiting.popleft()
            capacity -= not turn.done()
            _set(turn)

    async def close(self) -> None:
        """Close the connections of all."""
        for endpoint in self._in_flight:
            await endpoint.close()


def _set(turn: "asyncio.Future[None]") -> None:
    if not turn.done():
        turn.set_result(None)


def parse_endpoints(texts: Sequence[str]) -> tuple[tuple[str, float], ...]:
    """`URL=WEIGHT` each, the weight 1 where none is given.

    Raises:
        ConfigError: an address is none, or a weight is no positive number.
    """
    parsed = []
    for text in texts:
        url, _, weight = text.rpartition("=") if "=" in text else (text, "", "1")
        try:
            share = float(weight)
        except ValueError:
            share = 0.0
        if not (0 < share < 1e6) or urlsplit(url).scheme.lower() not in ("http", "https"):
            raise ConfigError(f"should be URL=WEIGHT, not {shown_address(text)!r}", where="--endpoint",
                              remedy="such as --endpoint http://127.0.0.1:8001/v1=2")
        parsed.append((url, share))
    return tuple(parsed)
