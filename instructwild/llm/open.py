"""From a model's name and the user's limits to something that answers requests, wherever the model is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256

from instructwild.errors import ConfigError
from instructwild.llm.address import is_loopback, shown_address
from instructwild.llm.client import Endpoint
from instructwild.llm.endpoints import Endpoints
from instructwild.llm.ledger import Ledger
from instructwild.llm.name import ModelName, check_path, understand
from instructwild.llm.price import Price, known_price
from instructwild.llm.request import Request
from instructwild.llm.session import Each, EndpointEngine, LedgerBatchEngine, Session, all_at_once

ENDPOINT_CONCURRENCY = 128
SORTED_OVER = 8
"""Batches that a model in this process looks over to put prompts of like length together, where none depends on another."""
MOST_AT_ONCE = 1_000_000
"""Requests that are gathered into provider batches before the first reply is waited for, where none depends on another."""


@dataclass(frozen=True)
class Limits:
    """What the user allows.

    Args:
        budget: spending limit in US$, never exceeded.
        price: of the model, where it is not the list price.
        rpm: requests a minute.
        tpm: tokens a minute.
        concurrency: requests in flight; 0 for the default.
        timeout: seconds that one answer may take, to its last byte.
        local_only: no address but this machine's own.
        batch: requests that a model in this process answers at once.
        endpoints: addresses that serve the model together, each with its share of the requests; `rpm`, `tpm` and
            `concurrency` hold for each.
        provider_batch: requests to an endpoint go into the provider's batches, at half the price.
    """

    budget: float | None = None
    price: Price | None = None
    rpm: float | None = None
    tpm: float | None = None
    concurrency: int = 0
    timeout: float = 120.0
    local_only: bool = False
    batch: int = 32
    provider_batch: bool = False
    endpoints: tuple[tuple[str, float], ...] = ()


def price_of(name: ModelName, limits: Limits) -> Price | None:
    """What the model costs: the user's price, nothing where it runs here, else its list price, None where none is known.

    Of several endpoints the highest.
    """
    price = limits.price or _listed(name, [url for url, _ in limits.endpoints])
    return price.in_batches if price is not None and limits.provider_batch and name.location == "endpoint" else price


def _listed(name: ModelName, urls: Sequence[str]) -> Price | None:
    if name.location != "endpoint" or not urls:
        return Price() if name.loopback else known_price(name.name, name.url)
    prices = [Price() if is_loopback(url) else known_price(name.name, url) for url in urls]
    known = [price for price in prices if price is not None]
    return max(known, key=lambda price: (price.completion, price.prompt)) if len(known) == len(prices) else None


def check(name: ModelName, limits: Limits) -> Price:
    """Whether the model may be used under these limits, before anything is loaded or sent; returns its price.

    Raises:
        ConfigError: --local-only and an endpoint elsewhere, or a model of the Hub that is not on this machine; a budget
            without a known price.
        ModelError: a folder that does not exist.
    """
    if name.location == "local":
        check_path(name.name)
    if limits.local_only and not name.loopback:
        raise ConfigError(f"--local-only refuses {shown_address(name.url)}, which is not this machine", where="--model",
                          remedy="choose a model that runs here (smollm2, a folder, http://127.0.0.1:PORT/v1#NAME)")
    if limits.local_only and name.on_hub:
        from instructwild.llm.models import cached_from_hub

        if cached_from_hub(name.name) is None:
            raise ConfigError(f"--local-only refuses to fetch {name.name!r} from the Hub", where="--model",
                              remedy=f"fetch it first (hf download {name.name}), or choose a model that is here "
                                     "(smollm2, a folder)")
    if limits.local_only and name.location == "local" and not name.on_hub:
        from instructwild.llm.models import base_on_hub

        if (base := base_on_hub(name.name)) is not None:
            raise ConfigError(f"--local-only refuses to fetch {base!r} from the Hub, the base of the adapter {name.name}",
                              where="--model", remedy=f"fetch it first (hf download {base}), or choose a model that is here")
    for url, _ in limits.endpoints:
        if limits.local_only and not is_loopback(url):
            raise ConfigError(f"--local-only refuses {shown_address(url)}, which is not this machine", where="--endpoint",
                              remedy="leave it out")
    price = price_of(name, limits)
    if price is None and limits.budget is not None:
        raise ConfigError(f"the price of {name.name!r} is not known, so the budget cannot be kept", where="--budget",
                          remedy="give it: --price SENT,RECEIVED in US$ for a million tokens")
    return price or Price()


def check_endpoints(names: Iterable[ModelName], limits: Limits) -> None:
    """Whether options that endpoints alone understand meet one.

    Raises:
        ConfigError: none of the models is behind an endpoint, or the options exclude each other.
    """
    if limits.provider_batch and limits.endpoints:
        raise ConfigError("hands batches in at the endpoint of --model alone", where="--provider-batch",
                          remedy="leave out --endpoint, or --provider-batch")
    option = "--provider-batch" if limits.provider_batch else "--endpoint" if limits.endpoints else ""
    if option and not any(name.location == "endpoint" for name in names):
        raise ConfigError("is for models behind an endpoint, and none is named", where=option,
                          remedy="leave it out, or name one: --model gpt-4o-mini, or URL#NAME")


def window_of(name: ModelName, limits: Limits) -> int:
    """How many requests are in flight: the user's limit, else 128 at an endpoint, one batch in this process."""
    return limits.concurrency or (ENDPOINT_CONCURRENCY if name.location == "endpoint" else limits.batch)


def open_model(model: str | ModelName, limits: Limits, ledger: Ledger, *, sort: int = 1,
               each: Each | None = None, vllm: bool = False, chat_template: str = "") -> Session:
    """Get a model ready for requests: the same for an endpoint, a model in this process, and a script.

    Args:
        model: its name as the user writes it, or parsed by `understand`.
        limits: what the user allows.
        ledger: where calls and answers are kept.
        sort: how many batches a model in this process may look over to put requests of like length together. 1 where
            requests depend on earlier replies.
        each: what has the batches of a model that runs on this machine answered, in other processes; None for this one.
        vllm: whether vLLM runs the model, where it is no endpoint.
        chat_template: for a model that runs here and has none of its own.

    Raises:
        ConfigError: `check` refuses it.
        MissingExtraError: vLLM is named and not installed.
        ModelError: the model cannot be found or loaded, or its key is not set.
    """
    from instructwild.llm.budget import Budget

    name = understand(model) if isinstance(model, str) else model
    price = check(name, limits)
    ledger.give_up_open_calls()
    if name.location == "endpoint":
        window = window_of(name, limits)
        budget = Budget(limits.budget, ledger.spent().total)
        if limits.provider_batch:
            from instructwild.llm.batches.engine import ProviderBatchEngine

            batches = ProviderBatchEngine(name.url, name.name, name.label, ledger=ledger, budget=budget, price=price,
                                          timeout=limits.timeout)
            independent = sort > 1 and not limits.concurrency
            return Session(name, batches, MOST_AT_ONCE if independent else window, price, ledger)
        shares = limits.endpoints or ((name.url, 1.0),)
        endpoints = [Endpoint(url, name.name, ledger=ledger, budget=budget, price=price, rpm=limits.rpm, tpm=limits.tpm,
                              most=window, timeout=limits.timeout) for url, _ in shares]
        for endpoint in endpoints:
            _ = endpoint.client
        several = endpoints[0] if len(endpoints) == 1 else Endpoints(endpoints, [weight for _, weight in shares])
        return Session(name, EndpointEngine(several, name.label), window, price, ledger)
    window = window_of(name, limits) * sort
    if name.location == "scripted":
        from instructwild.llm.scripted import Script

        return Session(name, LedgerBatchEngine(Script().replies, all_at_once, ledger, name.label, each or map),
                       window, price, ledger)
    from instructwild.llm.chat_template import template_in
    from instructwild.llm.local import LocalModel, answered
    from instructwild.llm.models import resolve

    if limits.local_only and name.on_hub:
        from instructwild.llm.models import cached_from_hub

        source = cached_from_hub(name.name) or name.name
    else:
        source = name.name
    kept_by = name.key
    if chat_template and not template_in(resolve(source)):
        kept_by += " " + sha256(chat_template.encode()).hexdigest()[:12]
    if vllm:
        from instructwild.llm.vllm_model import VLLMModel

        model_in_vllm = VLLMModel(source, batch=limits.batch, chat_template=chat_template)
        return Session(name, LedgerBatchEngine(model_in_vllm.generate, all_at_once, ledger, f"{kept_by} vllm",
                                               release=model_in_vllm.close), window, price, ledger)
    local = LocalModel(source, batch=limits.batch, chat_template=chat_template) if each is None \
        else LocalModel.without_weights(source, limits.batch, chat_template)

    def by_length(requests: list[Request]) -> list[list[int]]:
        return local.batches([len(local.encode(request)) for request in requests])

    answer = local.generate if each is None else partial(answered, str(source), limits.batch, chat_template)
    return Session(name, LedgerBatchEngine(answer, by_length, ledger, kept_by, each or map), window, price, ledger)
