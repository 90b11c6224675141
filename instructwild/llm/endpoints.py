"""Several endpoints that serve one model: each at its own limits, one ledger and one budget."""

import sys
from collections.abc import Sequence
from urllib.parse import urlsplit

from instructwild.errors import ConfigError, EndpointError
from instructwild.llm.address import shown_address
from instructwild.llm.client import Endpoint
from instructwild.llm.request import Reply, Request


class Endpoints:
    """Requests shared out by weight; one whose endpoint fails goes to another.

    Args:
        endpoints: with the same model, ledger and budget.
        weights: the share of each, in any unit.
    """

    def __init__(self, endpoints: Sequence[Endpoint], weights: Sequence[float]) -> None:
        self._weights = dict(zip(endpoints, weights, strict=True))
        self._in_flight = dict.fromkeys(endpoints, 0)

    async def complete(self, request: Request, key: str) -> Reply:
        """The answer of the endpoint that has the least to do for its weight.

        Raises:
            BudgetError, OutputError: see `Endpoint.complete`.
            EndpointError: of the last endpoint that was left.
        """
        while True:
            endpoint = min(self._weights, key=lambda each: (self._in_flight[each] + 1) / self._weights[each])
            self._in_flight[endpoint] += 1
            try:
                return await endpoint.complete(request, key)
            except EndpointError as error:
                if len(self._weights) == 1 and endpoint in self._weights:
                    raise
                if self._weights.pop(endpoint, None) is not None:
                    print(f"{error}; the other endpoints go on", file=sys.stderr)
            finally:
                self._in_flight[endpoint] -= 1

    async def close(self) -> None:
        """Close the connections of all."""
        for endpoint in self._in_flight:
            await endpoint.close()


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
