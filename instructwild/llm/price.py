"""What a model costs: from genai-prices, from --price, or nothing for a model that runs here."""

import json
from dataclasses import dataclass

from instructwild.errors import ConfigError
from instructwild.llm.request import Request

MESSAGE_OVERHEAD = 16
"""Tokens that a chat template puts around one message, at most; an assumption, wide for all templates known."""


@dataclass(frozen=True)
class Price:
    """US$ for a million tokens sent and for a million received."""

    prompt: float = 0.0
    completion: float = 0.0

    def of(self, prompt_tokens: int, completion_tokens: int) -> float:
        """US$ for so many tokens."""
        return (prompt_tokens * self.prompt + completion_tokens * self.completion) / 1_000_000

    def at_most(self, request: Request) -> float:
        """US$ that the request can cost at most.

        No vocabulary in use splits text finer than into bytes, so the bytes bound the tokens.
        """
        texts = [request.text] if request.text else [
            "".join(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
                    for name, value in message.items() if name != "role") for message in request.chat_messages()]
        tokens = sum(len(text.encode("utf-8", "replace")) + MESSAGE_OVERHEAD for text in texts) + MESSAGE_OVERHEAD
        return self.of(tokens, request.sampling.max_tokens)

    @property
    def in_batches(self) -> "Price":
        """The price in a provider's batch: half (OpenAI, DashScope and Anthropic alike, by their price lists of 2026)."""
        return Price(self.prompt / 2, self.completion / 2)

    @property
    def free(self) -> bool:
        """Whether nothing is ever charged."""
        return not self.prompt and not self.completion


def parse_price(text: str) -> Price:
    """`0.15,0.6`: US$ for a million tokens sent, and received.

    Raises:
        ConfigError: it is not two numbers from zero to below a million.
    """
    try:
        sent, received = (float(part) for part in text.split(","))
    except ValueError:
        sent = received = -1.0
    if not (0 <= sent < 1e6 and 0 <= received < 1e6):
        raise ConfigError(f"should be two prices, each below 1,000,000, not {text!r}", where="--price",
                          remedy="US$ for a million tokens sent and received, such as --price 0.15,0.6")
    return Price(sent, received)


def known_price(model: str, base_url: str) -> Price | None:
    """The list price of a model by its name and address, or None where genai-prices does not know it."""
    from decimal import Decimal

    from genai_prices import Usage, calc_price

    usage = Usage(input_tokens=1_000_000, output_tokens=1_000_000)
    for address in (base_url, None):
        try:
            listed = calc_price(usage, model_ref=model, provider_api_url=address)
        except LookupError:
            continue
        return Price(float(listed.input_price or Decimal()), float(listed.output_price or Decimal()))
    return None
