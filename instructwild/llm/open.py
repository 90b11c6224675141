"""From a model's name and what the user allows to something that answers requests, wherever the model is."""

from dataclasses import dataclass

from instructwild.errors import ConfigError
from instructwild.llm.client import Endpoint
from instructwild.llm.ledger import Ledger
from instructwild.llm.name import ModelName, understand
from instructwild.llm.price import Price, known_price
from instructwild.llm.request import Request
from instructwild.llm.session import BatchEngine, EndpointEngine, Session, all_at_once

ENDPOINT_WINDOW = 128


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
