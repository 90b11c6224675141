"""A model in use: requests go out in order and replies come back in that order, whatever answers them."""

import signal
import threading
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from instructwild.errors import BudgetError
from instructwild.llm.client import Endpoint
from instructwild.llm.endpoints import Endpoints
from instructwild.llm.ledger import Ledger
from instructwild.llm.name import ModelName
from instructwild.llm.price import Price
from instructwild.llm.request import Reply, Request

NextRequest = Callable[[], Request | None]
"""Gives the next request, or None where there is none now."""
Known = Callable[[int], None]
"""Called with how many replies are known."""
Each = Callable[[Callable[[list[Request]], list[Reply]], Iterable[list[Request]]], Iterable[list[Reply]]]
"""Answers batch after batch, as `map` does, perhaps in other processes."""


@dataclass
class Usage:
    """What a session sent and received, and what it cost."""

    requests: int = 0
    cached: int = 0
    failed: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    reasoning_tokens: int = 0
    usd: float = 0.0
    repairs: Counter[str] = field(default_factory=Counter)

    def count(self, reply: Reply) -> None:
        """Add one reply. A cached one was paid for before, by this run or by another."""
        self.requests += 1
        self.cached += reply.cached
        self.failed += reply.finish == "failed"
        self.prompt_tokens += reply.prompt_tokens
        self.completion_tokens += reply.completion_tokens
        self.reasoning_tokens += reply.reasoning_tokens
        self.usd += reply.usd
        self.repairs.update(reply.repairs)


class Engine(Protocol):
    """What answers: an endpoint, a model in this process, or a script."""

    def stream(self, next_request: NextRequest, window: int, known: Known) -> AsyncIterator[tuple[Request, Reply]]:
        """Replies in the order of the requests; see `Session.stream`.

        Args:
            known: called with how many replies are there that were not handed back yet, where that takes a while to tell.
        """
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


@dataclass
class Session:
    """A model in use, with what it was sent and what that cost.

    `window` is how many requests are in flight or in a batch at once. It decides what a request can know of the answers
    before it, so it is part of what determines a result; timing is not.
    """

    name: ModelName
    engine: Engine
    window: int
    price: Price
    ledger: Ledger
    usage: Usage = field(default_factory=Usage)
    stopped: BudgetError | None = None
    on_known: Known = lambda _: None
    """Called as soon as more replies are known: a model in this process answers hundreds before the first is handed back."""
    _known: int = 0

    @property
    def ahead(self) -> int:
        """Replies that are known and were not handed back yet."""
        return self._known - self.usage.requests

    def _report(self, known: int) -> None:
        if known > self._known:
            self._known = known
            self.on_known(known)

    async def stream(self, next_request: NextRequest) -> AsyncIterator[tuple[Request, Reply]]:
        """Send requests and hand back the replies in the order of the requests.

        Args:
            next_request: called for the next request; None means none now. It is called for request i once reply
                i - window has been handed back and the caller has come back for more. The stream ends when nothing is in
                flight and it has nothing.

        Yields:
            each request with its reply. A request that the budget did not cover has a failed reply, and none follows.
        """
        def known(count: int) -> None:
            self._report(self.usage.requests + count)

        async for request, reply in self.engine.stream(lambda: None if self.stopped else next_request(), self.window, known):
            if isinstance(reply, BudgetError):
                self.stopped, reply = reply, Reply("", "failed", problem="budget")
            self.usage.count(reply)
            self._report(self.usage.requests)
            yield request, reply

    async def replies(self, requests: Iterable[Request]) -> list[Reply]:
        """The replies to these requests, in their order, fewer where the budget ends; the session is closed at the end."""
        waiting = iter(requests)
        async with self:
            return [reply async for _, reply in self.stream(lambda: next(waiting, None))]

    async def __aenter__(self) -> "Session":
        return self

    async def __aexit__(self, *_: object) -> None:
        """Let go of connections."""
        await self.engine.close()


class EndpointEngine:
    """Many requests in flight at once; replies in the order of the requests."""

    def __init__(self, endpoint: Endpoint | Endpoints, label: str) -> None:
        self.endpoint, self.label = endpoint, label

    async def stream(self, next_request: NextRequest, window: int, known: Known) -> AsyncIterator[tuple[Request, Any]]:
        """Replies in the order of the requests, or the error of the budget in place of one."""
        import asyncio

        in_flight: deque[tuple[Request, asyncio.Task[Reply]]] = deque()
        try:
            while True:
                while len(in_flight) < window and (request := next_request()) is not None:
                    call = self.endpoint.complete(request, request.key(self.label))
                    in_flight.append((request, asyncio.create_task(call)))
                if not in_flight:
                    return
                request, task = in_flight[0]
                try:
                    answer: Any = await task
                except BudgetError as error:
                    answer = error
                in_flight.popleft()
                yield request, answer
        finally:
            for _, task in in_flight:
                task.cancel()
            await asyncio.gather(*(task for _, task in in_flight), return_exceptions=True)

    async def close(self) -> None:
        """Close the connections."""
        await self.endpoint.close()


async def in_batches(next_request: NextRequest, window: int, answer: Callable[[list[Request]], Awaitable[Sequence[Any]]],
                     ) -> AsyncIterator[tuple[Request, Any]]:
    """Requests gathered until `window` of them wait, answered together, and handed back one by one in their order.

    Args:
        next_request, window: as in `Session.stream`.
        answer: gives one answer to each of the requests.
    """
    waiting: deque[Request] = deque()
    ready: deque[Any] = deque()
    while True:
        while len(waiting) < window and (request := next_request()) is not None:
            waiting.append(request)
        if not waiting:
            return
        if not ready:
            ready.extend(await answer(list(waiting)))
        yield waiting.popleft(), ready.popleft()


class LedgerBatchEngine:
    """Requests answered in batches by something that answers many at once; each batch is kept whole or not at all."""

    def __init__(self, answer: Callable[[list[Request]], list[Reply]], batches: Callable[[list[Request]], list[list[int]]],
                 ledger: Ledger, label: str, each: Each = map, release: Callable[[], None] = lambda: None) -> None:
        self.answer, self.batches, self.ledger, self.label, self.each = answer, batches, ledger, label, each
        self.release = release

    async def stream(self, next_request: NextRequest, window: int, known: Known) -> AsyncIterator[tuple[Request, Reply]]:
        """Replies in the order of the requests."""
        _interrupt_at_once()

        async def answers(requests: list[Request]) -> list[Reply]:
            return self._answered(requests, known)

        async for answered in in_batches(next_request, window, answers):
            yield answered

    def _answered(self, requests: list[Request], known: Known) -> list[Reply]:
        """Replies to all, batch by batch. A batch is formed before looking at what is known, and answered again whole when
        any of it is missing: what a row is batched with can decide its rounding.
        """
        replies: list[Reply | None] = [None] * len(requests)
        looked_up: deque[tuple[list[int], list[str], list[Reply | None]]] = deque()

        def unknown() -> Iterator[list[Request]]:
            for batch in self.batches(requests):
                keys = [requests[i].key(self.label) for i in batch]
                looked_up.append((batch, keys, [self.ledger.get(key) for key in keys]))
                if None in looked_up[-1][2]:
                    yield [requests[i] for i in batch]

        answers = iter(self.each(self.answer, unknown()))
        while True:
            answered = next(answers, None)
            while looked_up and None not in looked_up[0][2]:
                batch, _, kept = looked_up.popleft()
                for i, reply in zip(batch, kept, strict=True):
                    replies[i] = reply
            if answered is None:
                break
            batch, keys, _ = looked_up.popleft()
            self.ledger.settle_all(zip(keys, answered, strict=True))
            for i, reply in zip(batch, answered, strict=True):
                replies[i] = reply
            known(sum(reply is not None for reply in replies))
        return [reply for reply in replies if reply is not None]

    async def close(self) -> None:
        """Let go of what answers."""
        self.release()


def _interrupt_at_once() -> None:
    """Let Ctrl-C raise in the midst of a batch: asyncio would hold it back until its loop turns, after the batch."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.default_int_handler)


def all_at_once(requests: list[Request]) -> list[list[int]]:
    """One batch."""
    return [list(range(len(requests)))]
