"""From a model's name to something that answers requests, wherever the model is."""

import os
import signal
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from instructwild.errors import BudgetError, ConfigError, ModelError
from instructwild.llm.address import is_loopback
from instructwild.llm.client import Endpoint
from instructwild.llm.ledger import Ledger
from instructwild.llm.price import Price, known_price
from instructwild.llm.request import Reply, Request

OPENAI = "https://api.openai.com/v1"
OWN = ("smollm2", "tiny", "scripted")
ENDPOINT_WINDOW = 128

Place = Literal["endpoint", "local", "scripted"]
Ask = Callable[[], Request | None]


@dataclass(frozen=True)
class ModelName:
    """What the user called a model, understood.

    Args:
        name: the model's own name: at the endpoint, in a folder, on the Hub.
        place: where it runs.
        url: the endpoint's address, empty for a model that runs here.
        content: the hash of its folder, where that is known; its answers are kept by it.
        alike: another model in the same command has the same label.
    """

    name: str
    place: Place
    url: str = ""
    content: str = ""
    alike: bool = False

    @property
    def loopback(self) -> bool:
        """Whether nothing leaves this machine."""
        return self.place != "endpoint" or is_loopback(self.url)

    @property
    def label(self) -> str:
        """The name that is noted in rows: no path of this machine, no address."""
        path = Path(self.name)
        if self.place == "local" and path.is_dir():
            full = path.resolve()
            own = full.parent.name if full.name == "model" else full.name
            return f"{own}@{self.content[:8]}" if self.alike else own
        return self.name

    @property
    def key(self) -> str:
        """The name that its answers are kept by in a ledger."""
        return f"{self.label} {self.content}".strip()


def understand(given: str) -> ModelName:
    """`URL#NAME`, `smollm2`, `tiny`, `scripted`, a folder, a Hub id (OWNER/NAME), else the name of an OpenAI model.

    Raises:
        ConfigError: an address without a model's name.
    """
    if given.startswith(("http://", "https://")):
        url, _, name = given.partition("#")
        if not name:
            raise ConfigError("is an address without a model's name", where=given,
                              remedy=f"write {url.rstrip('/')}#NAME; GET {url.rstrip('/')}/models lists the names")
        return ModelName(name, "endpoint", url.rstrip("/"))
    if given == "scripted":
        return ModelName(given, "scripted")
    if given in OWN or "/" in given or given.startswith((".", "~")) or Path(given).is_dir():
        return ModelName(given, "local")
    return ModelName(given, "endpoint", os.environ.get("OPENAI_BASE_URL", OPENAI).rstrip("/"))


@dataclass
class Usage:
    """What a session asked for and what it cost."""

    requests: int = 0
    cached: int = 0
    failed: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    usd: float = 0.0

    def count(self, reply: Reply) -> None:
        """Add one reply. A cached one was paid for before, by this run or by another."""
        self.requests += 1
        self.cached += reply.cached
        self.failed += reply.finish == "failed"
        self.prompt_tokens += reply.prompt_tokens
        self.completion_tokens += reply.completion_tokens
        self.usd += reply.usd


class Engine(Protocol):
    """What answers: an endpoint, a model in this process, or a script."""

    def stream(self, ask: Ask, window: int) -> AsyncIterator[tuple[Request, Reply]]:
        """See `Session.stream`."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


@dataclass
class Session:
    """A model that is being asked, with what has been asked and spent.

    `window` is how many requests are on their way or in a batch at once. It decides what a request can know of the answers
    before it, so it is part of what determines a result; timing is not.
    """

    name: ModelName
    engine: Engine
    window: int
    price: Price
    ledger: Ledger
    usage: Usage = field(default_factory=Usage)
    stopped: BudgetError | None = None

    async def stream(self, ask: Ask) -> AsyncIterator[tuple[Request, Reply]]:
        """Ask and hand back the replies in the order of the requests.

        Args:
            ask: called for the next request; None means none now. Request i is asked for once reply i - window has been
                handed back and the caller has come back for more. The stream ends when nothing is on its way and `ask`
                has nothing.

        Yields:
            each request with its reply. A request that the budget did not cover has a failed reply, and none follows.
        """
        async for request, reply in self.engine.stream(lambda: None if self.stopped else ask(), self.window):
            if isinstance(reply, BudgetError):
                self.stopped, reply = reply, Reply("", "failed", problem="budget")
            self.usage.count(reply)
            yield request, reply

    async def __aenter__(self) -> "Session":
        return self

    async def __aexit__(self, *_: object) -> None:
        """Let go of connections."""
        await self.engine.close()


class EndpointEngine:
    """Many requests on their way at once; replies in the order of the requests."""

    def __init__(self, endpoint: Endpoint, label: str) -> None:
        self.endpoint, self.label = endpoint, label

    async def stream(self, ask: Ask, window: int) -> AsyncIterator[tuple[Request, Any]]:
        """See `Session.stream`."""
        import asyncio

        flying: deque[tuple[Request, asyncio.Task[Reply]]] = deque()
        try:
            while True:
                while len(flying) < window and (request := ask()) is not None:
                    flying.append((request, asyncio.create_task(self.endpoint.complete(request, request.key(self.label)))))
                if not flying:
                    return
                request, task = flying[0]
                try:
                    answer: Any = await task
                except BudgetError as error:
                    answer = error
                flying.popleft()
                yield request, answer
        finally:
            for _, task in flying:
                task.cancel()
            await asyncio.gather(*(task for _, task in flying), return_exceptions=True)

    async def close(self) -> None:
        """Close the connections."""
        await self.endpoint.close()


class BatchEngine:
    """Requests answered in batches by something that answers many at once; each batch is kept whole or not at all."""

    def __init__(self, answer: Callable[[list[Request]], list[Reply]], batches: Callable[[list[Request]], list[list[int]]],
                 ledger: Ledger, label: str) -> None:
        self.answer, self.batches, self.ledger, self.label = answer, batches, ledger, label

    async def stream(self, ask: Ask, window: int) -> AsyncIterator[tuple[Request, Reply]]:
        """See `Session.stream`."""
        _interrupt_at_once()
        waiting: deque[Request] = deque()
        ready: deque[Reply] = deque()
        while True:
            while len(waiting) < window and (request := ask()) is not None:
                waiting.append(request)
            if not waiting:
                return
            if not ready:
                ready.extend(self._answered(list(waiting)))
            yield waiting.popleft(), ready.popleft()

    def _answered(self, requests: list[Request]) -> list[Reply]:
        """Replies to all, batch by batch. A batch is formed before looking at what is known, and asked again whole when any
        of it is missing: what a row is batched with can decide its rounding.
        """
        replies: list[Reply | None] = [None] * len(requests)
        for batch in self.batches(requests):
            keys = [requests[i].key(self.label) for i in batch]
            known = [self.ledger.get(key) for key in keys]
            if any(reply is None for reply in known):
                known = list(self.answer([requests[i] for i in batch]))
                self.ledger.settle_all((key, reply) for key, reply in zip(keys, known, strict=True) if reply is not None)
            for i, reply in zip(batch, known, strict=True):
                replies[i] = reply
        return [reply for reply in replies if reply is not None]

    async def close(self) -> None:
        """Nothing is held open."""


def _interrupt_at_once() -> None:
    """Let Ctrl-C raise in the midst of a batch: asyncio would hold it back until its loop turns, after the batch."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.default_int_handler)


@dataclass(frozen=True)
class Limits:
    """What the user allows: US$, requests and tokens a minute, requests on their way at once, and no address but this
    machine's own.
    """

    budget: float | None = None
    price: Price | None = None
    rpm: float | None = None
    tpm: float | None = None
    window: int = 0
    timeout: float = 120.0
    local_only: bool = False
    batch: int = 32


def price_of(name: ModelName, limits: Limits) -> Price | None:
    """What the model costs: as given, nothing where it runs here, else its list price, None where none is known."""
    if limits.price is not None:
        return limits.price
    return Price() if name.loopback else known_price(name.name, name.url)


def check(name: ModelName, limits: Limits) -> Price:
    """Whether the model may be asked under these limits, before anything is loaded or sent; returns its price.

    Raises:
        ConfigError: --local-only and an endpoint elsewhere; a budget without a known price.
    """
    if limits.local_only and not name.loopback:
        raise ConfigError(f"--local-only refuses {name.url}, which is not this machine", where="--model",
                          remedy="choose a model that runs here (smollm2, a folder, http://127.0.0.1:PORT/v1#NAME)")
    price = price_of(name, limits)
    if price is None and limits.budget is not None:
        raise ConfigError(f"the price of {name.name!r} is not known, so the budget cannot be kept", where="--budget",
                          remedy="give it: --price SENT,RECEIVED in US$ for a million tokens")
    return price or Price()


def window_of(name: ModelName, limits: Limits) -> int:
    """How many requests are on their way at once: as given, else 128 at an endpoint, one batch in this process."""
    return limits.window or (ENDPOINT_WINDOW if name.place == "endpoint" else limits.batch)


def open_model(given: str | ModelName, limits: Limits, ledger: Ledger, *, sort: int = 1) -> Session:
    """Get a model ready to be asked: the same for an endpoint, a model in this process, and a script.

    Args:
        given: the model as the user names it, or understood; see `understand`.
        limits: what the user allows.
        ledger: where calls and answers are kept.
        sort: how many batches a model in this process may look over to put requests of like length together. 1 where
            requests depend on earlier replies.

    Raises:
        ConfigError: see `check`.
        ModelError: the model cannot be found or loaded, or its key is not set.
    """
    from instructwild.llm.budget import Budget

    name = understand(given) if isinstance(given, str) else given
    price = check(name, limits)
    ledger.give_up_open_calls()
    if name.place == "endpoint":
        window = window_of(name, limits)
        budget = Budget(limits.budget, ledger.spent().total)
        endpoint = Endpoint(name.url, name.name, ledger=ledger, budget=budget, price=price,
                            rpm=limits.rpm, tpm=limits.tpm, most=window, timeout=limits.timeout)
        _ = endpoint.client
        return Session(name, EndpointEngine(endpoint, name.label), window, price, ledger)
    window = window_of(name, limits) * sort
    if name.place == "scripted":
        from instructwild.llm.scripted import Script

        return Session(name, BatchEngine(Script().replies, all_at_once, ledger, name.label), window, price, ledger)
    from instructwild.llm.local import LocalModel

    model = LocalModel(name.name, batch=limits.batch)

    def alike(requests: list[Request]) -> list[list[int]]:
        return model.batches([len(model.encode(request)) for request in requests])

    return Session(name, BatchEngine(model.generate, alike, ledger, name.key), window, price, ledger)


def all_at_once(requests: list[Request]) -> list[list[int]]:
    """One batch."""
    return [list(range(len(requests)))]


def has_chat_template(given: str) -> bool:
    """Whether a model that runs here was made for conversations.

    Raises:
        ModelError: the model cannot be found.
    """
    from instructwild.llm.models import resolve

    folder = resolve(given)
    if (folder / "chat_template.jinja").is_file():
        return True
    try:
        return "chat_template" in (folder / "tokenizer_config.json").read_text(encoding="utf-8")
    except OSError:
        raise ModelError("has no tokenizer", where=str(folder), remedy="save the tokenizer beside the model") from None
