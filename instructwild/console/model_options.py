"""Options that commands share which send requests to a model: what may be spent, how fast, and where."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

if TYPE_CHECKING:
    from instructwild.llm.open import Limits

Budget = Annotated[float | None, typer.Option("--budget", help="Spending limit in US$, never exceeded.", min=0)]
ListPrice = Annotated[str, typer.Option("--price", help="US$ per million tokens sent,received; known for most models.")]
Rpm = Annotated[float | None, typer.Option("--rpm", help="Max requests per minute.", min=0.1)]
Tpm = Annotated[float | None, typer.Option("--tpm", help="Max tokens per minute.", min=1)]
Concurrency = Annotated[int, typer.Option(
    "--concurrency", help="Max concurrent requests; 0 means 128, and one batch for a local model.", min=0)]
Timeout = Annotated[float, typer.Option(
    "--timeout", help="Seconds that one reply of an endpoint may take as a whole.", min=0.1)]
ProviderBatch = Annotated[bool, typer.Option(
    "--provider-batch", help="Use the provider's batches: half the price, answers within a day.")]
Endpoints = Annotated[list[str] | None, typer.Option(
    "--endpoint", help="URL=WEIGHT of a server of the same model, instead of the model's own; repeatable.",
    show_default=False)]
Batch = Annotated[int, typer.Option("--batch", help="Batch size of a local model.", min=1)]
LocalOnly = Annotated[bool, typer.Option("--local-only", help="Refuse every endpoint but this machine's own, and the Hub.")]
Engine = Literal["local", "ray", "vllm"]
AnswerEngine = Annotated[Engine, typer.Option(
    "--engine", help="What runs models that are no endpoint: this program; Ray's processes, of the cluster that RAY_ADDRESS "
                     "names, else of this machine (the output is identical); or vLLM, where it is installed (a GPU, other "
                     "random numbers).")]
Cache = Annotated[Path | None, typer.Option("--cache", help="A file of paid replies that several runs share.")]
Thinking = Annotated[Literal["on", "off"] | None, typer.Option(
    "--thinking", help="Let a model that can reason do so before it answers, or not; default: as the model does.",
    show_default=False)]
ThoughtsKept = Literal["keep", "drop"]


def as_switch(thinking: str | None) -> bool | None:
    """`on`, `off` or nothing, as True, False or None."""
    return None if thinking is None else thinking == "on"


def limits_of(price: str = "", endpoint: Sequence[str] | None = None, **others: Any) -> "Limits":
    """What a command's options allow.

    Args:
        price: as `--price` has it.
        endpoint: as `--endpoint` has them.
        others: fields of `Limits` by the names of their options.

    Raises:
        ConfigError: a price or an endpoint cannot be understood.
    """
    from instructwild.llm.endpoints import parse_endpoints
    from instructwild.llm.open import Limits
    from instructwild.llm.price import parse_price

    return Limits(price=parse_price(price) if price else None, endpoints=parse_endpoints(endpoint or ()), **others)
